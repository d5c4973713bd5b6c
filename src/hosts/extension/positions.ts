/** Ranges of a report as ranges of the editor. */
import { Range, type TextDocument, workspace } from "vscode";
import type { TextRange } from "../../prompt/text.ts";
import type { ShownRange } from "../../protocol/editor.ts";
import type { Analysed } from "../../protocol/folder-answers.ts";
import { shiftBetween } from "../../show/text-shift.ts";
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

/** In the open document of this path, else where the range was when the file was analysed. */
export function rangesOf(analysed: Analysed, path: string): (range: ShownRange) => Range | null {
  const text = analysed.texts.get(path);
  const uri = text === undefined ? undefined : uriOf({ folder: analysed.folder, path })?.toString();
  const document = workspace.textDocuments.find((candidate) => candidate.uri.toString() === uri);
  if (text === undefined || document === undefined) {
    return ({ from, to }) => new Range(from.line, from.character, to.line, to.character);
  }
  return rangesIn(document, text);
}
