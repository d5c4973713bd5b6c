/** Literals of Go: texts and runes, with the place of each character. */
import type { Node } from "web-tree-sitter";
import { EmbeddedTextBuilder } from "../../embedded.ts";
import type { TextRange } from "../../text.ts";
import type { Expression } from "../expression.ts";
import { literal } from "../pieces.ts";

/** Between the quotes, also of a literal that is not closed. */
export function insideOf({ startIndex, endIndex, text }: Node): TextRange {
  const isClosed = text.length > 1 && text.at(-1) === text[0];
  return { start: startIndex + 1, end: Math.max(startIndex + 1, isClosed ? endIndex - 1 : endIndex) };
}

/** https://go.dev/ref/spec#String_literals: `\xe4` and `\344` are bytes, of which several make one character. */
const anyEscape =
  /\\(?:([abfnrtv\\'"])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|((?:\\x[0-9a-fA-F]{2}|\\[0-7]{3})+)|\r/g;

const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Carriage returns are left out of raw texts. */
export function textOf(source: string, node: Node, inside: TextRange, hasEscapes: boolean): Expression {
  const builder = new EmbeddedTextBuilder(source);
  let at = inside.start;
  for (const match of source.slice(inside.start, inside.end).matchAll(anyEscape)) {
    const [written, simple, short, long, bytes] = match;
    if (written !== "\r" && !hasEscapes) continue;
    const start = inside.start + match.index;
    builder.slice(at, start);
    at = start + written.length;
    if (bytes !== undefined) writeBytes(builder, bytes, start);
    else if (written !== "\r") builder.unit(escaped(simple, short ?? long), start, at);
  }
  builder.slice(at, inside.end);
  const range = { start: node.startIndex, end: node.endIndex };
  return { kind: "text", parts: [{ kind: "said", pieces: literal(builder.build(range)) }], isFilled: false };
}

function escaped(simple: string | undefined, code: string | undefined): string {
  if (simple !== undefined) return simpleEscapes[simple] ?? simple;
  const point = Number.parseInt(code!, 16);
  return point > 0x10_ff_ff || (point >= 0xd8_00 && point < 0xe0_00) ? "\uFFFD" : String.fromCodePoint(point);
}

/** Units of one escape of a byte: `\xff`, `\377`. */
const byteUnits = 4;

/** The characters that bytes are in UTF-8, each at the escapes that it is written with. */
function writeBytes(builder: EmbeddedTextBuilder, written: string, start: number): void {
  const bytes = Array.from({ length: written.length / byteUnits }, (_, index) => {
    const one = written.slice(index * byteUnits + 1, (index + 1) * byteUnits);
    return one.startsWith("x") ? Number.parseInt(one.slice(1), 16) : Number.parseInt(one, 8) & 0xff;
  });
  for (let at = 0; at < bytes.length; ) {
    const { text, length } = characterAt(bytes, at);
    builder.unit(text, start + at * byteUnits, start + (at + length) * byteUnits);
    at += length;
  }
}

/** One character of UTF-8; U+FFFD for a byte that is part of none. https://www.rfc-editor.org/rfc/rfc3629#section-3 */
function characterAt(
  bytes: readonly number[],
  at: number,
): { readonly text: string; readonly length: number } {
  const first = bytes[at]!;
  const length =
    first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  const rest = bytes.slice(at + 1, at + length);
  const isWhole = length > 0 && rest.length === length - 1 && rest.every((byte) => (byte & 0xc0) === 0x80);
  if (!isWhole) return { text: "\uFFFD", length: 1 };
  const head = length === 1 ? first : first & (0x7f >> length);
  const point = rest.reduce((value, byte) => value * 64 + (byte & 0x3f), head);
  const isAllowed = point <= 0x10_ff_ff && (point < 0xd8_00 || point >= 0xe0_00);
  return { text: isAllowed ? String.fromCodePoint(point) : "\uFFFD", length };
}
