/**
 * String literals of Python, as the text that they stand for.
 * https://docs.python.org/3/reference/lexical_analysis.html#string-and-bytes-literals
 */
import type { Node } from "web-tree-sitter";
import { EmbeddedTextBuilder } from "../../embedded.ts";
import type { TextRange } from "../../text.ts";
import { literal, type Piece } from "../pieces.ts";
import { characterNamed } from "./python-character-names.ts";

export interface LiteralParts {
  /** Stands for bytes, which are no text. */
  readonly isBytes: boolean;
  readonly isRaw: boolean;
  readonly isFormatted: boolean;
  /** Between the quotes; to the end of the node where the closing ones are missing. */
  readonly inside: TextRange;
  readonly interpolations: readonly Node[];
}

/** The parts of a `string` node. */
export function literalParts(node: Node): LiteralParts {
  const children = node.children.filter((child) => child !== null);
  const opening = children.find(({ type }) => type === "string_start");
  const closing = children.findLast(({ type }) => type === "string_end");
  const prefix = /^[A-Za-z]*/.exec(opening?.text ?? "")![0].toLowerCase();
  const start = opening?.endIndex ?? node.startIndex;
  return {
    isBytes: prefix.includes("b"),
    isRaw: prefix.includes("r"),
    isFormatted: prefix.includes("f") || prefix.includes("t"),
    inside: { start, end: Math.max(start, closing?.startIndex ?? node.endIndex) },
    interpolations: children.filter(({ type }) => type === "interpolation"),
  };
}

/** The static text of a literal at `range`, which lies between two interpolations. */
export function staticText(
  source: string,
  range: TextRange,
  { isRaw, isFormatted }: Pick<LiteralParts, "isRaw" | "isFormatted">,
): readonly Piece[] {
  const builder = new EmbeddedTextBuilder(source);
  addStaticText(builder, source, range, { isRaw, isFormatted });
  return literal(builder.build(range));
}

const special = /\\(?:\r\n|[\s\S])|\r\n?|\{\{|\}\}/g;

/** Adds what the source at `range` stands for. */
export function addStaticText(
  builder: EmbeddedTextBuilder,
  source: string,
  range: TextRange,
  { isRaw, isFormatted }: Pick<LiteralParts, "isRaw" | "isFormatted">,
): void {
  // Searched in a copy: in the whole source a search would run on behind the literal.
  const inside = source.slice(range.start, range.end);
  const pattern = new RegExp(special);
  let at = range.start;
  for (let match = pattern.exec(inside); match !== null; match = pattern.exec(inside)) {
    const [written] = match;
    const start = range.start + match.index;
    const unit = unitAt(source, { start, end: range.end }, written, { isRaw, isFormatted });
    if (unit === null) {
      // A raw backslash stands for itself, and what follows it may be a line break still.
      if (written.startsWith("\\")) pattern.lastIndex = match.index + 1;
      continue;
    }
    builder.slice(at, start);
    builder.unit(unit.text, start, unit.end);
    at = unit.end;
    pattern.lastIndex = at - range.start;
  }
  builder.slice(at, range.end);
}

/** What the special text stands for and where it ends; `null` where it stands for itself. */
function unitAt(
  source: string,
  { start, end }: TextRange,
  written: string,
  { isRaw, isFormatted }: Pick<LiteralParts, "isRaw" | "isFormatted">,
): { text: string; end: number } | null {
  if (written[0] === "\r") return { text: "\n", end: Math.min(end, start + written.length) };
  if (written[0] !== "\\") return isFormatted ? { text: written[0]!, end: start + 2 } : null;
  return isRaw ? null : escapeAt(source, start, end);
}

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["\n", ""],
  ["\r", ""],
]);

const numericEscape =
  /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|N\{([^}\n]+)\})/y;

function escapeAt(source: string, start: number, limit: number): { text: string; end: number } | null {
  const letter = source[start + 1] ?? "";
  const simple = start + 1 < limit ? simpleEscapes.get(letter) : undefined;
  if (simple !== undefined) {
    const isPair = letter === "\r" && source[start + 2] === "\n" && start + 2 < limit;
    return { text: simple, end: start + (isPair ? 3 : 2) };
  }
  numericEscape.lastIndex = start;
  const match = numericEscape.exec(source);
  if (match === null || numericEscape.lastIndex > limit) return null;
  const [written, octal, hex, short, long, name] = match;
  const end = start + written.length;
  if (name !== undefined) return { text: characterNamed(name) ?? unknownCharacter, end };
  const code = octal === undefined ? Number.parseInt((hex ?? short ?? long)!, 16) : Number.parseInt(octal, 8);
  return code > 0x10_ff_ff ? null : { text: String.fromCodePoint(code), end };
}

/** Stands for a character whose name we do not know. */
const unknownCharacter = "\uFFFD";
