/** What functions make of text: template tags that take indentation away, and `replace`. */
import { type EmbeddedText, sliceEmbedded } from "../../embedded.ts";
import type { TextRange } from "../../text.ts";
import { fill, filterUnits, literal, type Piece, trimPieces } from "../pieces.ts";
import { type CodeValue, piecesOf } from "../values.ts";

/** The blanks that every indented line begins with go, and the blanks around the text: `dedent`, `outdent` and the like. */
const marginTags =
  /^(?:(?:ts)?[dD]edent|outdent|endent|undent|stripIndent|codeBlock|heredoc|trimIndent)(?:\.\w+)?$/;

/** All blanks that lines begin with go. */
const lineTags = /^(?:stripIndents|trimLines)$/;

/** Tags that leave the text as it is, and only say what it is. */
const plainTags = /^(?:prompt|systemPrompt|md|markdown|text|txt|plain|xml)$/;

/** The text of a template under a tag, or of a call with that name; `null` for tags that make anything else of it. */
export function taggedText(tag: string, pieces: readonly Piece[]): readonly Piece[] | null {
  if (marginTags.test(tag)) return trimPieces(withoutMargin(pieces, false), "both");
  if (lineTags.test(tag)) return trimPieces(withoutMargin(pieces, true), "both");
  return plainTags.test(tag) ? pieces : null;
}

/**
 * Lines without any blanks before them do not count: the first one begins behind the quote.
 * https://github.com/dmnd/dedent
 */
function withoutMargin(pieces: readonly Piece[], isWhole: boolean): readonly Piece[] {
  return filterUnits(pieces, (text) => {
    const kept = new Uint8Array(text.length).fill(1);
    const lines = [...text.matchAll(/^([ \t]+)(\S?)/gm)];
    const widths = lines.filter(([, , rest]) => rest !== "").map(([, blanks]) => blanks!.length);
    const margin = isWhole ? Number.POSITIVE_INFINITY : widths.reduce((a, b) => Math.min(a, b), text.length);
    for (const { index, 1: blanks = "" } of lines) {
      kept.fill(0, index, index + Math.min(blanks.length, margin));
    }
    return kept;
  });
}

/** A regular expression that only matches itself, as the text that it matches; `null` for any other. */
export function literalPattern(
  expression: string,
): { readonly text: string; readonly isGlobal: boolean } | null {
  const match = /^\/((?:\\[^A-Za-z0-9\n]|[^\\/.*+?()[\]|^$\n])+)\/([a-z]*)$/.exec(expression);
  if (match === null || /[^\\]\{\d/.test(match[1]!) || match[2]!.includes("i")) return null;
  return { text: match[1]!.replace(/\\(.)/g, "$1"), isGlobal: match[2]!.includes("g") };
}

export interface Replacement {
  readonly text: string;
  /** Whether all places are replaced, or the first only. */
  readonly isGlobal: boolean;
  readonly value: CodeValue;
}

/** The pieces with a value in place of a text that stands in one of them. */
export function replaceText(pieces: readonly Piece[], replacement: Replacement): readonly Piece[] {
  let left = replacement.isGlobal ? Number.POSITIVE_INFINITY : 1;
  const inPiece = (piece: Piece): readonly Piece[] => {
    switch (piece.kind) {
      case "literal": {
        const parts = cut(piece.text, replacement.text, left);
        left -= parts.length >> 1;
        return parts.flatMap((part, index) =>
          index % 2 === 0 ? literal(part) : filled(part.range, replacement),
        );
      }
      case "reference":
        return [{ ...piece, pieces: piece.pieces.flatMap(inPiece) }];
      case "loop":
        return [{ ...piece, body: piece.body.flatMap(inPiece) }];
      case "choice":
        return [{ ...piece, body: piece.body.flatMap(inPiece), otherwise: piece.otherwise.flatMap(inPiece) }];
      case "segment":
        return [piece];
    }
  };
  return pieces.flatMap(inPiece);
}

/** The text between the places and, at odd indices, the places. */
function cut(embedded: EmbeddedText, text: string, most: number): readonly EmbeddedText[] {
  const parts: EmbeddedText[] = [];
  let at = 0;
  for (let count = 0; count < most && text !== ""; count++) {
    const next = embedded.text.indexOf(text, at);
    if (next < 0) break;
    parts.push(sliceEmbedded(embedded, at, next), sliceEmbedded(embedded, next, next + text.length));
    at = next + text.length;
  }
  return [...parts, sliceEmbedded(embedded, at, embedded.text.length)];
}

/** A value keeps the name that its place has, such as `question` for `{{question}}`. */
function filled(range: TextRange, { text, value }: Replacement): readonly Piece[] {
  const own = value.hole();
  const name = /[\p{L}_][\p{L}\p{N}_.]*/u.exec(text)?.[0] ?? own.name;
  return fill({ ...own, name, range }, piecesOf(value), "place");
}
