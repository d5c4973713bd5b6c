/** An analysis that fails is told once; after that the status bar goes on saying it. */
import { commands, type Disposable, type LogOutputChannel } from "vscode";
import { section } from "../../config/editor-settings.ts";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";
import { showWarning } from "./notices.ts";

export function tellFailures(analysis: Analysis, log: LogOutputChannel): Disposable {
  let told = "";
  return analysis.onDidChangeStatus(async () => {
    const { status } = analysis;
    if (status.kind !== "failed") {
      // A success makes the same failure news again; a new attempt does not.
      if (status.kind === "idle") told = "";
      return;
    }
    if (status.message === told) return;
    told = status.message;
    const openSettings = t("Open Settings");
    const showLog = t("Show Log");
    const answer = await showWarning(status.message, openSettings, showLog);
    if (answer === openSettings) await commands.executeCommand("workbench.action.openSettings", section);
    if (answer === showLog) log.show();
  });
}
