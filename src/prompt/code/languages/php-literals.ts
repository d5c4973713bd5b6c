/** Texts of PHP: quotes, heredocs and nowdocs. https://www.php.net/manual/en/language.types.string.php */
import type { Node } from "web-tree-sitter";
import { EmbeddedTextBuilder } from "../../embedded.ts";
import type { TextRange } from "../../text.ts";
import type { Expression, TextPart } from "../expression.ts";
import { literal } from "../pieces.ts";

/** What no rule knows stays as it is written, with its backslash. */
const escapes = /\\(?:([nrtvef\\$])|u\{([0-9a-fA-F]{1,8})\}|x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(["']))/g;

const simpleEscapes: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  e: "\x1b",
  f: "\f",
};

interface Style {
  /** Of the text: only its own quote is escaped; `null` in heredocs, where none is. */
  readonly quote: "'" | '"' | null;
  readonly hasEscapes: boolean;
  /** Blanks that every line loses, as many as stand before the closing name. */
  readonly margin: number;
}

export function lowerQuoted(node: Node, source: string): Expression {
  const open = node.child(0);
  const quote = source[(open?.endIndex ?? node.startIndex + 1) - 1] === "'" ? "'" : '"';
  const start = open === null || open.isNamed ? node.startIndex + 1 : open.endIndex;
  const last = node.child(node.childCount - 1);
  const isClosed = last !== null && node.childCount > 1 && !last.isNamed && last.startIndex >= start;
  const inside = { start, end: isClosed ? last.startIndex : Math.max(start, node.endIndex) };
  const style = { quote, hasEscapes: quote === '"', margin: 0 } as const;
  return textOf(partsOf(node, inside, style, source));
}

/** `<<<NAME` and `<<<'NAME'`: the last line's end, and the blanks before the closing name, are no part of it. */
export function lowerHeredoc(node: Node, source: string): Expression {
  const opening = node.childForFieldName("identifier");
  const closing = node.childForFieldName("end_tag");
  const body = node.childForFieldName("value");
  if (opening === null) return { kind: "unknown", parts: [] };
  const firstLine = source.indexOf("\n", opening.endIndex) + 1;
  if (firstLine === 0 || firstLine > node.endIndex) return textOf([]);
  const name = closing === null ? node.endIndex : closing.endIndex - closing.text.trim().length;
  const lastLine = closing === null ? node.endIndex : source.lastIndexOf("\n", name - 1) + 1;
  const lineEnd = source[lastLine - 2] === "\r" ? 2 : 1;
  const end = closing === null ? lastLine : Math.max(firstLine, lastLine - lineEnd);
  const isRaw = node.type === "nowdoc";
  const style = { quote: null, hasEscapes: !isRaw, margin: closing === null ? 0 : name - lastLine };
  return textOf(partsOf(isRaw ? null : body, { start: firstLine, end }, style, source));
}

function textOf(parts: readonly TextPart[]): Expression {
  return { kind: "text", parts, isFilled: parts.some(({ kind }) => kind === "value") };
}

const ownTypes: ReadonlySet<string> = new Set([
  "string_content",
  "escape_sequence",
  "nowdoc_string",
  "heredoc_start",
  "heredoc_end",
]);

function partsOf(holder: Node | null, inside: TextRange, style: Style, source: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let at = inside.start;
  for (const node of style.hasEscapes ? (holder?.namedChildren ?? []) : []) {
    if (node === null || ownTypes.has(node.type)) continue;
    const range = withBraces(node);
    if (range.start < at || range.end > inside.end) continue;
    if (range.start > at) parts.push(said(source, { start: at, end: range.start }, style));
    parts.push({ kind: "value", node, range, format: null });
    at = range.end;
  }
  if (inside.end > at) parts.push(said(source, { start: at, end: inside.end }, style));
  return parts;
}

/** `{$name}` is written with its braces. */
function withBraces(node: Node): TextRange {
  const [before, behind] = [node.previousSibling, node.nextSibling];
  const start =
    before?.type === "{" && before.endIndex === node.startIndex ? before.startIndex : node.startIndex;
  const end = start < node.startIndex && behind?.type === "}" ? behind.endIndex : node.endIndex;
  return { start, end };
}

function said(source: string, range: TextRange, { quote, hasEscapes, margin }: Style): TextPart {
  const builder = new EmbeddedTextBuilder(source);
  const { start, end } = range;
  const line = (from: number) => (margin === 0 ? from : Math.min(end, withoutMargin(source, from, margin)));
  let at = start > 0 && source[start - 1] === "\n" ? line(start) : start;
  const copy = (to: number) => {
    while (at < to) {
      const next = margin === 0 ? -1 : source.indexOf("\n", at);
      const stop = next < 0 || next >= to ? to : next + 1;
      builder.slice(at, stop);
      at = source[stop - 1] === "\n" ? line(stop) : stop;
    }
  };
  for (const match of hasEscapes || quote !== null ? source.slice(start, end).matchAll(escapes) : []) {
    const unit = unescaped(match, quote, hasEscapes);
    const from = start + match.index;
    if (unit === null || from < at) continue;
    copy(from);
    at = from + match[0].length;
    builder.unit(unit, from, at);
  }
  copy(end);
  return { kind: "said", pieces: literal(builder.build(range)) };
}

/** `null` for what stands for itself. */
function unescaped(match: RegExpMatchArray, quote: Style["quote"], hasEscapes: boolean): string | null {
  const [, simple, long, byte, octal, quoted] = match;
  if (quoted !== undefined) return quoted === quote ? quoted : null;
  if (!hasEscapes) return simple === "\\" ? "\\" : null;
  if (simple !== undefined) return simpleEscapes[simple] ?? simple;
  if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8) & 0xff);
  const code = Number.parseInt((long ?? byte)!, 16);
  return code > 0x10_ff_ff ? "\uFFFD" : String.fromCodePoint(code);
}

function withoutMargin(source: string, from: number, margin: number): number {
  let at = from;
  while (at < from + margin && (source[at] === " " || source[at] === "\t")) at++;
  return at;
}
