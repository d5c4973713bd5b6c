/**
 * Texts of Ruby: quotes, `%q()`, symbols and heredocs. https://docs.ruby-lang.org/en/3.4/syntax/literals_rdoc.html
 */
import type { Node, Tree } from "web-tree-sitter";
import { EmbeddedTextBuilder } from "../../embedded.ts";
import type { TextRange } from "../../text.ts";
import type { Expression, TextPart } from "../expression.ts";
import { children } from "../nodes.ts";
import { literal } from "../pieces.ts";

/** `\u{…}` holds several code points; a line that ends in `\` goes on in the next one. */
const escapes =
  /\\(?:u\{([^{}\n]{0,200})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(\r?\n)|([^\n]))|\r\n/g;

const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  s: " ",
  t: "\t",
  v: "\v",
};

interface Style {
  /** Signs that a backslash stands before in texts without escapes; `null` where all escapes count. */
  readonly guarded: string | null;
  /** Columns that lines lose at their start, as in `<<~`. */
  readonly margin: number;
}

/** Literals side by side are one text. */
export function lowerStrings(strings: readonly Node[], source: string): Expression {
  const parts = strings.flatMap((node) => partsOfString(node, source));
  return { kind: "text", parts, isFilled: parts.some(({ kind }) => kind === "value") };
}

function partsOfString(node: Node, source: string): readonly TextPart[] {
  const open = node.child(0);
  const start = open === null || open.isNamed ? node.startIndex : open.endIndex;
  const close = node.childCount > 1 ? node.child(node.childCount - 1) : null;
  const isClosed = close !== null && !close.isNamed && close.startIndex >= start;
  const inside = { start, end: isClosed ? close.startIndex : Math.max(start, node.endIndex) };
  const opening = open === null || open.isNamed ? "" : open.text;
  const isRaw = opening.startsWith("'") || opening.startsWith("%q") || opening === ":'";
  const guarded = isRaw ? `\\${opening.at(-1) ?? ""}${isClosed ? close.text : ""}` : null;
  return partsOf(node, inside, { guarded, margin: 0 }, source);
}

/** A symbol as the text that it is written as in a request. */
export function lowerSymbol(node: Node, source: string): Expression {
  if (node.type === "delimited_symbol") return lowerStrings([node], source);
  const start = node.type === "simple_symbol" ? node.startIndex + 1 : node.startIndex;
  return textOf([said(source, { start, end: node.endIndex }, { guarded: "", margin: 0 })]);
}

/** A word of `%w[…]`. */
export function lowerBare(node: Node, source: string): Expression {
  const range = { start: node.startIndex, end: node.endIndex };
  return textOf(partsOf(node, range, { guarded: null, margin: 0 }, source));
}

function textOf(parts: readonly TextPart[]): Expression {
  return { kind: "text", parts, isFilled: parts.some(({ kind }) => kind === "value") };
}

/** The text that `<<~NAME` stands for; `body` begins behind the line of the name. */
export function lowerHeredoc(body: Node, opening: string, source: string): Expression {
  const { startIndex, endIndex } = body;
  const firstLine = source.indexOf("\n", startIndex) + 1;
  const start = firstLine > startIndex && firstLine <= endIndex ? firstLine : startIndex;
  const closing = body.lastNamedChild?.type === "heredoc_end" ? body.lastNamedChild : null;
  const lastLine = closing === null ? endIndex : source.lastIndexOf("\n", closing.startIndex - 1) + 1;
  const inside = { start, end: Math.max(start, lastLine) };
  const isRaw = opening.includes("'");
  const holes = isRaw ? [] : interpolations(body);
  const margin = opening.startsWith("<<~") ? marginOf(source, inside, holes) : 0;
  return textOf(partsOf(body, inside, { guarded: isRaw ? "" : null, margin }, source));
}

/** The body of each heredoc by the node that names it: bodies follow in the order of the names on a line. */
const bodies = new WeakMap<Tree, ReadonlyMap<number, Node>>();
const openings = new WeakMap<Tree, ReadonlyMap<number, string>>();

export function heredocBody(beginning: Node): Node | null {
  return heredocsOf(beginning).get(beginning.id) ?? null;
}

/** How a heredoc with this body is opened, such as `<<~'NAME'`. */
export function heredocOpening(body: Node): string {
  heredocsOf(body);
  return openings.get(body.tree)?.get(body.id) ?? "<<";
}

function heredocsOf({ tree }: Node): ReadonlyMap<number, Node> {
  const known = bodies.get(tree);
  if (known !== undefined) return known;
  const found = new Map<number, Node>();
  const opened = new Map<number, string>();
  const pending: Node[] = [];
  for (const node of tree.rootNode.descendantsOfType(["heredoc_beginning", "heredoc_body"])) {
    if (node === null) continue;
    if (node.type === "heredoc_beginning") {
      if (pending.length < mostPending) pending.push(node);
      continue;
    }
    const closing = node.lastNamedChild?.text.trim();
    const named = pending.findIndex((each) => nameOf(each) === closing);
    const [beginning] = pending.splice(Math.max(0, named), 1);
    if (beginning === undefined) continue;
    found.set(beginning.id, node);
    opened.set(node.id, beginning.text);
  }
  bodies.set(tree, found);
  openings.set(tree, opened);
  return found;
}

/** Heredocs on a line, those of broken code left out. */
const mostPending = 20;

function nameOf(beginning: Node): string {
  return beginning.text.replace(/^<<[~-]?/, "").replace(/^(["'`])(.*)\1$/, "$2");
}

function interpolations(node: Node): readonly Node[] {
  return node.namedChildren.filter((child): child is Node => child?.type === "interpolation");
}

function partsOf(node: Node, inside: TextRange, style: Style, source: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let at = inside.start;
  for (const hole of style.guarded === null ? interpolations(node) : []) {
    if (hole.startIndex < at || hole.endIndex > inside.end) continue;
    if (hole.startIndex > at) parts.push(said(source, { start: at, end: hole.startIndex }, style));
    const values = children(hole);
    const [only] = values;
    const range = { start: hole.startIndex, end: hole.endIndex };
    if (only !== undefined)
      parts.push({ kind: "value", node: values.length === 1 ? only : hole, range, format: null });
    at = hole.endIndex;
  }
  if (inside.end > at) parts.push(said(source, { start: at, end: inside.end }, style));
  return parts;
}

function said(source: string, range: TextRange, { guarded, margin }: Style): TextPart {
  const builder = new EmbeddedTextBuilder(source);
  const { start, end } = range;
  let at = start;
  const line = (from: number) => (margin === 0 ? from : Math.min(end, withoutMargin(source, from, margin)));
  if (start > 0 && source[start - 1] === "\n") at = line(start);
  const copy = (to: number) => {
    while (at < to) {
      const next = margin === 0 ? -1 : source.indexOf("\n", at);
      const stop = next < 0 || next >= to ? to : next + 1;
      builder.slice(at, stop);
      at = stop === to && source[to - 1] !== "\n" ? stop : line(stop);
    }
  };
  for (const match of source.slice(start, end).matchAll(escapes)) {
    const from = start + match.index;
    const to = from + match[0].length;
    if (from < at) continue;
    const unit = match[0] === "\r\n" ? "\n" : unescaped(match, guarded);
    if (unit === null) continue;
    copy(from);
    builder.unit(unit, from, to);
    at = match[0].endsWith("\n") ? line(to) : to;
  }
  copy(end);
  return { kind: "said", pieces: literal(builder.build(range)) };
}

/** `null` for what stands for itself. */
function unescaped(match: RegExpExecArray | RegExpMatchArray, guarded: string | null): string | null {
  const [written, several, short, byte, octal, continued, simple] = match;
  if (guarded !== null) return simple !== undefined && guarded.includes(simple) ? simple : null;
  if (continued !== undefined) return "";
  if (several !== undefined) return several.trim().split(/\s+/).map(character).join("");
  const code = short ?? byte;
  if (code !== undefined) return character(code);
  if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8) & 0xff);
  return simple === undefined ? written : (simpleEscapes[simple] ?? simple);
}

function character(code: string): string {
  const value = Number.parseInt(code, 16);
  return value <= 0x10_ff_ff ? String.fromCodePoint(value) : "\uFFFD";
}

/** Blanks that all lines of a `<<~` begin with: lines of nothing else do not count, and tabs go to multiples of eight. */
function marginOf(source: string, { start, end }: TextRange, holes: readonly Node[]): number {
  let margin = Number.POSITIVE_INFINITY;
  let hole = 0;
  for (let at = start; at < end; ) {
    while (hole < holes.length && holes[hole]!.endIndex <= at) hole++;
    const within = holes[hole];
    if (within === undefined || within.startIndex >= at) {
      let [column, from] = [0, at];
      for (; from < end && (source[from] === " " || source[from] === "\t"); from++)
        column = after(column, source[from]!);
      if (from < end && source[from] !== "\n" && source[from] !== "\r") margin = Math.min(margin, column);
    }
    const next = source.indexOf("\n", at);
    at = next < 0 ? end : next + 1;
  }
  return margin === Number.POSITIVE_INFINITY ? 0 : margin;
}

function after(column: number, blank: string): number {
  return blank === "\t" ? (Math.floor(column / 8) + 1) * 8 : column + 1;
}

function withoutMargin(source: string, from: number, margin: number): number {
  let [at, column] = [from, 0];
  while (source[at] === " " || source[at] === "\t") {
    const next = after(column, source[at]!);
    if (next > margin) break;
    column = next;
    at++;
  }
  return at;
}
