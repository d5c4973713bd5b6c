/** The cache report as a document that follows the analysis while it is open. */
import { commands, EventEmitter, Uri, window, workspace } from "vscode";
import { reportMarkdown, reportTitle } from "../../show/report-markdown.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";

export const reportScheme = "prompt-cache-report";
export const reportUri = () => Uri.from({ scheme: reportScheme, path: `/${reportTitle()}.md` });

export function registerReportDocument(analysis: Analysis): DisposableStore {
  const store = new DisposableStore();
  const changed = store.add(new EventEmitter<Uri>());
  store.add(analysis.onDidAnalyse(() => changed.fire(reportUri())));
  store.add(
    analysis.onDidChangeStatus(() => {
      if (analysis.status.kind === "failed") changed.fire(reportUri());
    }),
  );
  store.add(
    workspace.registerTextDocumentContentProvider(reportScheme, {
      onDidChange: changed.event,
      async provideTextDocumentContent() {
        const folder = analysis.analysed?.folder;
        const { status } = analysis;
        const failure = status.kind === "failed" ? status.message : null;
        const told = folder === undefined ? null : await analysis.ask(folder, { kind: "markdown", failure });
        if (told?.kind === "markdown") return told.value;
        return reportMarkdown({ report: null, status: analysis.status, texts: new Map() });
      },
    }),
  );
  return store;
}

/** Rendered where the editor can, as text where its Markdown support is switched off. */
export async function showReport(): Promise<void> {
  try {
    await commands.executeCommand("markdown.showPreview", reportUri());
  } catch {
    await window.showTextDocument(await workspace.openTextDocument(reportUri()), { preview: true });
  }
}
