/** Ranges of a report as ranges of the editor, and back. */
import { Location, type NotebookDocument, type Position, Range, type TextDocument, workspace } from "vscode";
import type { TextRange } from "../../prompt/text.ts";
import type { ShownRange } from "../../protocol/editor.ts";
import type { Analysed } from "../../protocol/folder-answers.ts";
import { shiftBetween } from "../../show/text-shift.ts";
import { type CellText, cellsOf, notebookAt, notebookOfCell, textOfNotebook } from "./notebooks.ts";
import { uriOf } from "./workspace-paths.ts";

/** `null` for a range whose text has changed since it was analysed, or that stands in another document. */
export type ToRange = (range: TextRange) => Range | null;

/** A document beside the text that was analysed of its file. */
export interface Shown {
  readonly toRange: ToRange;
  /** In the analysed text; `null` where the text there has changed since. */
  offsetAt(position: Position): number | null;
  /** Whether nothing has changed since. */
  readonly isCurrent: boolean;
}

/** In the document as it is now; of a cell only what stands in it. */
export function shownIn(document: TextDocument, analysedText: string): Shown {
  const notebook = notebookOfCell(document.uri);
  return notebook === undefined
    ? shownInFile(document, analysedText)
    : shownInCell(document, notebook, analysedText);
}

function shownInFile(document: TextDocument, analysedText: string): Shown {
  const text = document.getText();
  const [shift, back] = [shiftBetween(analysedText, text), shiftBetween(text, analysedText)];
  return {
    toRange: (range) => {
      const shifted = shift(range);
      if (shifted === null) return null;
      return new Range(document.positionAt(shifted.start), document.positionAt(shifted.end));
    },
    offsetAt: (position) => {
      const offset = document.offsetAt(position);
      return back({ start: offset, end: offset })?.start ?? null;
    },
    isCurrent: text === analysedText,
  };
}

function shownInCell(document: TextDocument, notebook: NotebookDocument, analysedText: string): Shown {
  const { text } = textOfNotebook(notebook);
  const cell = cellsOf(notebook).find((each) => each.document === document);
  const [shift, back] = [shiftBetween(analysedText, text), shiftBetween(text, analysedText)];
  return {
    toRange: (range) => {
      const shifted = shift(range);
      return cell === undefined || shifted === null ? null : rangeInCell(cell, shifted);
    },
    offsetAt: (position) => {
      if (cell === undefined) return null;
      const offset = cell.place.inFile(document.offsetAt(position));
      return back({ start: offset, end: offset })?.start ?? null;
    },
    isCurrent: text === analysedText,
  };
}

/** `null` where it does not stand in the cell as a whole. */
function rangeInCell({ document, place }: CellText, { start, end }: TextRange): Range | null {
  if (start < place.start || end > place.end) return null;
  return new Range(document.positionAt(place.inCell(start)), document.positionAt(place.inCell(end)));
}

/** A range, with its lines where they are known. */
type PlacedRange = TextRange & Partial<Pick<ShownRange, "from" | "to">>;

/** Where a range of a file is shown: in its open document or one of its cells, else in the lines that it was in. */
export function locationsOf(analysed: Analysed, path: string): (range: PlacedRange) => Location | null {
  const text = analysed.texts.get(path);
  const uri = uriOf({ folder: analysed.folder, path });
  if (uri === null) return () => null;
  const notebook = text === undefined ? undefined : notebookAt(uri);
  if (text !== undefined && notebook !== undefined) return inNotebook(notebook, text);
  const address = uri.toString();
  const document = workspace.textDocuments.find((candidate) => candidate.uri.toString() === address);
  if (text === undefined || document === undefined) {
    return ({ from, to }) =>
      from === undefined || to === undefined
        ? null
        : new Location(uri, new Range(from.line, from.character, to.line, to.character));
  }
  const { toRange } = shownIn(document, text);
  return (range) => {
    const place = toRange(range);
    return place === null ? null : new Location(uri, place);
  };
}

/** What begins in a cell and goes on in others is shown up to its end. */
function inNotebook(notebook: NotebookDocument, analysedText: string): (range: TextRange) => Location | null {
  const shift = shiftBetween(analysedText, textOfNotebook(notebook).text);
  const cells = cellsOf(notebook);
  return (range) => {
    const shifted = shift(range);
    const start = shifted?.start ?? -1;
    const cell = cells.find(({ place }) => start >= place.start && start <= place.end);
    if (cell === undefined || shifted === null) return null;
    const place = rangeInCell(cell, { start, end: Math.min(shifted.end, cell.place.end) });
    return place === null ? null : new Location(cell.document.uri, place);
  };
}
