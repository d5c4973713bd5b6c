/** Asks how often a value changes, and writes the answer where it belongs. */
import { window, workspace } from "vscode";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";
import { workspaceEdit } from "./fix-edits.ts";
import { showInformation } from "./notices.ts";
import { promptPlace } from "./prompt-place.ts";

export async function declareScope(analysis: Analysis, given?: unknown): Promise<void> {
  const place = promptPlace(analysis, given);
  const analysed = analysis.all.find(({ folder }) => folder === place?.folder);
  const told =
    place === null
      ? null
      : await analysis.ask(place.folder, { kind: "declare", path: place.path, offset: place.offset });
  const choices = told?.kind === "declare" ? told.value : [];
  if (analysed === undefined || choices.length === 0) {
    void showInformation(t("There is no hole of a prompt here: put the cursor into one."));
    return;
  }
  const picked = await window.showQuickPick(
    choices.map((fix) => ({ label: fix.title, fix })),
    {
      title: t("How Often It Changes"),
      placeHolder: t("What is declared is written into the file, or into promptcache.json"),
    },
  );
  const edit = picked === undefined ? null : workspaceEdit(picked.fix.edits, analysed);
  if (edit !== null) await workspace.applyEdit(edit);
}
