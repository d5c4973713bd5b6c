/** A first analysis that takes its time says so. Later ones only turn the icon of the status bar. */
import { type Disposable, ProgressLocation, window } from "vscode";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";

const patienceMilliseconds = 1500;

export function showFirstProgress(analysis: Analysis): Disposable {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let finish: (() => void) | null = null;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
    finish?.();
    finish = null;
  };
  const start = () => {
    timer = setTimeout(() => {
      void window.withProgress(
        { location: ProgressLocation.Window, title: t("Analysing prompts") },
        () => new Promise<void>((resolve) => (finish = resolve)),
      );
    }, patienceMilliseconds);
  };
  const listener = analysis.onDidChangeStatus(() => {
    if (analysis.status.kind !== "running") stop();
    else if (timer === undefined && analysis.analysed === null) start();
  });
  return {
    dispose() {
      listener.dispose();
      stop();
    },
  };
}
