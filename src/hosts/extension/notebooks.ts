/** Notebooks that are open: their cells are documents of their own, and analysed as the text of one file. */
import { NotebookCellKind, type NotebookDocument, type TextDocument, type Uri, workspace } from "vscode";
import { type CellPlace, type NotebookText, notebookText } from "../../show/notebook-text.ts";

const cellScheme = "vscode-notebook-cell";

const known = new WeakMap<
  NotebookDocument,
  { readonly version: number; readonly versions: string; readonly text: NotebookText }
>();

/** Of the cells as they are now. */
export function textOfNotebook(notebook: NotebookDocument): NotebookText {
  const cells = notebook.getCells();
  const versions = cells.map(({ document }) => document.version).join();
  const before = known.get(notebook);
  if (before?.version === notebook.version && before.versions === versions) return before.text;
  const code = cells.filter(({ kind }) => kind === NotebookCellKind.Code);
  const text = notebookText(
    cells.map(({ kind, document }) => ({
      isCode: kind === NotebookCellKind.Code,
      text: document.getText(),
    })),
    code[0]?.document.languageId ?? "python",
  );
  known.set(notebook, { version: notebook.version, versions, text });
  return text;
}

/** The notebook that shows a file. */
export function notebookAt(uri: Uri): NotebookDocument | undefined {
  const address = uri.toString();
  return shownNotebooks().find((notebook) => notebook.uri.toString() === address);
}

/** The notebook that a document, or its address, is a cell of. */
export function notebookOfCell(uri: Uri): NotebookDocument | undefined {
  if (uri.scheme !== cellScheme) return undefined;
  const address = uri.toString();
  return shownNotebooks().find((notebook) =>
    notebook.getCells().some(({ document }) => document.uri.toString() === address),
  );
}

/** Whether it is a cell, of a notebook that is open or not. */
export function isCell({ uri }: Pick<TextDocument, "uri">): boolean {
  return uri.scheme === cellScheme;
}

/** Files that we read; other notebooks may be anything. */
export function isRead({ uri }: NotebookDocument): boolean {
  return uri.path.endsWith(".ipynb");
}

export function shownNotebooks(): readonly NotebookDocument[] {
  return workspace.notebookDocuments.filter((notebook) => isRead(notebook) && !notebook.isClosed);
}

export interface CellText {
  readonly document: TextDocument;
  readonly place: CellPlace;
}

export function cellsOf(notebook: NotebookDocument): readonly CellText[] {
  const { cells } = textOfNotebook(notebook);
  return notebook.getCells().map(({ document, index }) => ({ document, place: cells[index]! }));
}
