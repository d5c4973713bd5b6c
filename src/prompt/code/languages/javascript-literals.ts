/**
 * Strings and template literals of JavaScript, as the text that they stand for.
 * https://tc39.es/ecma262/#sec-literals-string-literals, #sec-template-literal-lexical-components
 */
import type { Node } from "web-tree-sitter";
import { EmbeddedTextBuilder } from "../../embedded.ts";
import type { TextRange } from "../../text.ts";
import { literal, type Piece } from "../pieces.ts";

/** How a literal is read: `raw` templates keep their backslashes (`String.raw`). */
export type LiteralForm = "string" | "template" | "raw";

/** Between the quotes; to the end of the node where the closing one is missing. */
export function insideOf(node: Node): TextRange {
  const closing = node.lastChild;
  const start = Math.min(node.startIndex + 1, node.endIndex);
  const isClosed = closing !== null && closing.startIndex >= start && /^["'`]$/.test(closing.type);
  return { start, end: isClosed ? closing.startIndex : node.endIndex };
}

const special = /\\(?:\r\n|[\s\S])|\r\n?/g;

/** The static text at `range`, which holds no substitution. */
export function staticText(source: string, range: TextRange, form: LiteralForm): readonly Piece[] {
  const builder = new EmbeddedTextBuilder(source);
  let at = range.start;
  // Searched in a copy: in the whole source a search would run on behind the literal.
  const inside = source.slice(range.start, range.end);
  const pattern = new RegExp(special);
  for (let match = pattern.exec(inside); match !== null; match = pattern.exec(inside)) {
    const start = range.start + match.index;
    const unit = unitAt(inside, match.index, match[0], form);
    if (unit === null) {
      // A backslash that stands for itself: what follows it may be a line break still.
      if (match[0].startsWith("\\")) pattern.lastIndex = match.index + 1;
      continue;
    }
    builder.slice(at, start);
    at = start + unit.length;
    builder.unit(unit.text, start, at);
    pattern.lastIndex = match.index + unit.length;
  }
  builder.slice(at, range.end);
  return literal(builder.build(range));
}

/** What stands for another text, and how long it is written; `null` where it stands for itself. */
function unitAt(
  inside: string,
  start: number,
  written: string,
  form: LiteralForm,
): { readonly text: string; readonly length: number } | null {
  // Line breaks of templates are `\n`, whatever the file has.
  if (written[0] === "\r") return form === "string" ? null : { text: "\n", length: written.length };
  if (form === "raw") return null;
  const simple = simpleEscapes.get(written[1] ?? "");
  if (simple !== undefined) return { text: simple, length: written.length };
  numericEscape.lastIndex = start;
  const match = numericEscape.exec(inside);
  if (match !== null) return numeric(match);
  // The letter itself: `\d` is `d`. What begins as a numeric escape and is none is an error of the code: it stays.
  return written.length < 2 || /\\[xu]/.test(written) ? null : { text: written.slice(1), length: 2 };
}

function numeric([written, braces, short, hex, octal]: RegExpExecArray): {
  readonly text: string;
  readonly length: number;
} | null {
  const code =
    octal === undefined ? Number.parseInt((braces ?? short ?? hex)!, 16) : Number.parseInt(octal, 8);
  return code > 0x10_ff_ff ? null : { text: String.fromCodePoint(code), length: written.length };
}

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["\n", ""],
  ["\r", ""],
  ["\u2028", ""],
  ["\u2029", ""],
]);

const numericEscape = /\\(?:u\{([0-9a-fA-F]{1,8})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3]?[0-7]{1,2}))/y;
