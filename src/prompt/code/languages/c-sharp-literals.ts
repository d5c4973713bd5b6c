/**
 * Texts of C# as the program has them.
 * https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/lexical-structure#6456-string-literals,
 * https://learn.microsoft.com/dotnet/csharp/language-reference/proposals/csharp-11.0/raw-string-literal
 */
import type { Node } from "web-tree-sitter";
import { EmbeddedTextBuilder } from "../../embedded.ts";
import type { TextRange } from "../../text.ts";
import { literal, type Piece } from "../pieces.ts";

export type TextForm =
  | "regular"
  | "verbatim"
  | "raw"
  | "interpolated"
  | "interpolated verbatim"
  | "interpolated raw";

/** What stands between the quotes; of a raw text on several lines what stands between its first and its last line. */
export function insideOf({ startIndex, endIndex, text }: Node, form: TextForm): TextRange {
  const opening = /^[$@]{0,16}("+|')?/.exec(text)!;
  const quotes = opening[1] ?? "";
  const width = form.endsWith("raw") ? quotes.length : Math.min(quotes.length, 1);
  const start = startIndex + opening[0].length - quotes.length + width;
  const coding = /"u8$/i.test(text) ? 2 : 0;
  const isClosed = text.length - coding >= opening[0].length - quotes.length + 2 * width && width > 0;
  const end = Math.max(
    start,
    isClosed && text.endsWith(quotes[0] ?? '"', text.length - coding) ? endIndex - coding - width : endIndex,
  );
  if (!form.endsWith("raw")) return { start, end };
  const inner = text.slice(start - startIndex, end - startIndex);
  const first = /^[ \t]*\r?\n/.exec(inner)?.[0].length;
  if (first === undefined) return { start, end };
  const last = inner.lastIndexOf("\n");
  const isAlone = /^[ \t]*$/.test(inner.slice(last + 1));
  const until = isAlone ? (inner[last - 1] === "\r" ? last - 1 : last) : inner.length;
  return { start: start + first, end: Math.max(start + first, start + until) };
}

/** The blanks before the closing quotes of a raw text, which all of its lines begin with; `null` for one line. */
export function marginOf(source: string, { start, end }: TextRange, form: TextForm): string | null {
  if (!form.endsWith("raw") || source[start - 1] !== "\n") return null;
  return /^\r?\n([ \t]*)/.exec(source.slice(end, end + 1000))?.[1] ?? "";
}

const regular = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{1,4})|([0abefnrtv'"\\]))|\{\{|\}\}/g;
const doubledQuotes = /""|\{\{|\}\}/g;

const simpleEscapes: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The text that is written at `range`, a part of the literal `whole`. */
export function saidText(
  source: string,
  { start, end }: TextRange,
  form: TextForm,
  margin: string | null,
  whole: TextRange = { start, end },
): readonly Piece[] {
  const builder = new EmbeddedTextBuilder(source);
  if (form.endsWith("raw")) addLines(builder, source, { start, end }, margin);
  else addEscaped(builder, source, { start, end }, form);
  return literal(builder.build(whole));
}

function addEscaped(
  builder: EmbeddedTextBuilder,
  source: string,
  { start, end }: TextRange,
  form: TextForm,
): void {
  const isVerbatim = form.endsWith("verbatim");
  const hasPlaces = form.startsWith("interpolated");
  let at = start;
  for (const match of source.slice(start, end).matchAll(isVerbatim ? doubledQuotes : regular)) {
    const [written, short, long, hex, simple] = match;
    if (/^[{}]/.test(written) && !hasPlaces) continue;
    const from = start + match.index;
    builder.slice(at, from);
    at = from + written.length;
    builder.unit(escaped(written, short ?? long ?? hex, simple), from, at);
  }
  builder.slice(at, end);
}

function escaped(written: string, code: string | undefined, simple: string | undefined): string {
  if (simple !== undefined) return simpleEscapes[simple] ?? simple;
  if (code === undefined) return written[0]!;
  const point = Number.parseInt(code, 16);
  return point > 0x10_ff_ff ? "\uFFFD" : String.fromCodePoint(point);
}

/** Lines without the margin; a blank line may have less of it. */
function addLines(
  builder: EmbeddedTextBuilder,
  source: string,
  { start, end }: TextRange,
  margin: string | null,
): void {
  let at = start;
  while (at < end) {
    const next = source.indexOf("\n", at);
    const lineEnds = next < 0 || next >= end ? end : next + 1;
    if (margin !== null && source[at - 1] === "\n") {
      let width = 0;
      while (width < margin.length && at + width < lineEnds && source[at + width] === margin[width]) width++;
      at += width;
    }
    builder.slice(at, lineEnds);
    at = lineEnds;
  }
}

/** `Environment.NewLine` on the systems that servers run on; it is written at `range`. */
export function lineEnd(source: string, range: TextRange): readonly Piece[] {
  const builder = new EmbeddedTextBuilder(source);
  builder.unit("\n", range.start, range.end);
  return literal(builder.build(range));
}
