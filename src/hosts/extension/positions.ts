/** Ranges of a report as ranges of the editor. */
import { Position, Range, type TextDocument, workspace } from "vscode";
import type { TextRange } from "../../prompt/text.ts";
import { LineIndex } from "../../show/line-index.ts";
import { shiftBetween } from "../../show/text-shift.ts";
import type { Analysed } from "./analysis.ts";
import { uriOf } from "./workspace-paths.ts";

/** `null` for a range whose text has changed since it was analysed. */
export type ToRange = (range: TextRange) => Range | null;

/** In the document as it is now. */
export function rangesIn(document: TextDocument, analysedText: string): ToRange {
  const shift = shiftBetween(analysedText, document.getText());
  return (range) => {
    const shifted = shift(range);
    if (shifted === null) return null;
    return new Range(document.positionAt(shifted.start), document.positionAt(shifted.end));
  };
}

/** In a file that no editor holds. */
export function rangesInText(text: string): ToRange {
  const index = new LineIndex(text);
  const position = (offset: number) => {
    const { line, character } = index.placeAt(offset);
    return new Position(line, character);
  };
  return ({ start, end }) => new Range(position(start), position(end));
}

/** In the open document of this path, else in the text that was analysed. */
export function rangesOf(analysed: Analysed, path: string): ToRange {
  const uri = uriOf({ folder: analysed.folder, path })?.toString();
  const document = workspace.textDocuments.find((candidate) => candidate.uri.toString() === uri);
  const text = analysed.texts.get(path);
  if (text === undefined) return () => null;
  return document === undefined ? rangesInText(text) : rangesIn(document, text);
}
