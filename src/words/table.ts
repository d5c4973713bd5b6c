/** Tables for terminals, where every character takes one column, two or none. */
import { harmless } from "./foreign.ts";

/** Of what Unicode calls wide and full-width: from Hangul to the ideographs. Emoji have a property of their own. */
const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Drawn on the character before, or not at all. */
const narrowest = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]+$/u;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Columns that a text takes in a terminal. */
export function displayWidth(text: string): number {
  // Nearly all of them.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

function graphemeWidth(grapheme: string): number {
  if (narrowest.test(grapheme)) return 0;
  // U+FE0F asks for a picture where there is a letter too.
  return wide.test(grapheme) || grapheme.includes("\ufe0f") ? 2 : 1;
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - displayWidth(text))) + text;
}

/** The end of a text that is too wide: of a path, that is what tells it from others. */
export function clipStart(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const parts = Array.from(graphemes.segment(text), ({ segment }) => segment);
  let left = width - 1;
  let first = parts.length;
  while (first > 0) {
    left -= graphemeWidth(parts[first - 1]!);
    if (left < 0) break;
    first--;
  }
  return `…${parts.slice(first).join("")}`;
}

/** Lines with a column for each cell; those that `rightAligned` names hold numbers. Cells may be foreign text. */
export function textTable(
  rows: readonly (readonly string[])[],
  rightAligned: (column: number) => boolean,
): string[] {
  const cells = rows.map((row) => row.map(harmless));
  const columns = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...cells.map((row) => displayWidth(row[column] ?? ""))),
  );
  return cells.map((row) =>
    row
      .map((cell, column) => (rightAligned(column) ? padStart : padEnd)(cell, widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}
