/** Shows a place of the analysis in an editor. */
import {
  type Location,
  type LogOutputChannel,
  NotebookEditorRevealType,
  NotebookRange,
  Selection,
  TextEditorRevealType,
  type Uri,
  ViewColumn,
  window,
  workspace,
} from "vscode";
import type { TextRange } from "../../prompt/text.ts";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";
import { cellsOf, notebookAt } from "./notebooks.ts";
import { messageOf, showError } from "./notices.ts";
import { locationsOf } from "./positions.ts";
import { uriOf } from "./workspace-paths.ts";

/** Opens documents of the analysis only: the page that asks is not trusted with any other path. */
export async function openRange(
  analysis: Analysis,
  path: string,
  range: TextRange,
  log: LogOutputChannel,
): Promise<void> {
  const { analysed } = analysis;
  const isKnown = analysed?.files.has(path) === true || analysed?.texts.has(path) === true;
  const uri = analysed !== null && isKnown ? uriOf({ folder: analysed.folder, path }) : null;
  if (uri === null) {
    log.warn(`${path} was asked for, but is no document of this workspace.`);
    return;
  }
  try {
    await reveal(uri, () => locationsOf(analysed!, path)(range));
  } catch (error) {
    showError(t("{path} cannot be opened: {error}", { path, error: messageOf(error) }));
  }
}

/** Opens a file, or the notebook in it, and shows a place, which is asked for when it is open; `null` for its beginning. */
export async function reveal(uri: Uri, placeOf: () => Location | null): Promise<void> {
  // Beside the dashboard, in the editors that are there.
  const viewColumn = window.visibleTextEditors[0]?.viewColumn ?? ViewColumn.Beside;
  const shown = notebookAt(uri);
  if (shown !== undefined || uri.path.endsWith(".ipynb")) {
    const notebook = shown ?? (await workspace.openNotebookDocument(uri));
    const place = placeOf();
    const cell = cellsOf(notebook).findIndex(
      ({ document }) => document.uri.toString() === place?.uri.toString(),
    );
    const range = new NotebookRange(Math.max(0, cell), Math.max(0, cell) + 1);
    const editor = await window.showNotebookDocument(notebook, { viewColumn, selections: [range] });
    editor.revealRange(range, NotebookEditorRevealType.InCenterIfOutsideViewport);
    return;
  }
  const editor = await window.showTextDocument(await workspace.openTextDocument(uri), { viewColumn });
  const place = placeOf();
  if (place === null) return;
  editor.revealRange(place.range, TextEditorRevealType.InCenterIfOutsideViewport);
  editor.selection = new Selection(place.range.start, place.range.end);
}
