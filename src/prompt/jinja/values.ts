/** What a Jinja2 tag prints or names: constants, joined strings, choices, filtered values. */
import type { TextSegment } from "../template.ts";
import type { TextRange } from "../text.ts";
import { closingBracket, type Lexeme, type Lexemes, rangeOf, splitAtTop, splitOnce } from "./lexemes.ts";

export interface Filter {
  readonly name: string;
  /** As written, with its arguments. */
  readonly text: string;
  readonly arguments: Lexemes;
}

/** What an output tag or an include names; `range` is without the tag's delimiters. */
export type Value =
  | { readonly kind: "literal"; readonly range: TextRange; readonly lexeme: Lexeme }
  | { readonly kind: "joined"; readonly range: TextRange; readonly parts: readonly Value[] }
  | {
      readonly kind: "choice";
      readonly range: TextRange;
      readonly test: Lexemes;
      readonly chosen: Value;
      readonly otherwise: Value | null;
    }
  | OtherValue;

export interface OtherValue {
  readonly kind: "other";
  readonly range: TextRange;
  readonly base: Lexemes;
  readonly filters: readonly Filter[];
}

const maxNesting = 20;

/** `lexemes` is not empty. */
export function readValue(lexemes: Lexemes, nested = 0): Value {
  const whole = withoutParentheses(lexemes);
  const range = rangeOf(lexemes);
  const other: Value = { kind: "other", range, base: whole, filters: [] };
  if (nested > maxNesting) return other;
  const [chosen, condition] = splitOnce(whole, "if");
  if (condition !== null) return choiceOf(chosen, condition, range, nested) ?? other;
  const parts = splitAtTop(whole, ["+", "~"]);
  if (parts.length > 1 && parts.every((part) => part.length > 0)) {
    const values = parts.map((part) => readValue(part, nested + 1));
    // Numbers are added; only where a string takes part is `+` certain to join.
    const isText = values.some((value) => value.kind === "literal" && value.lexeme.kind === "string");
    return isText ? { kind: "joined", range, parts: values } : other;
  }
  const [base = [], ...filters] = splitAtTop(whole, ["|"]);
  if (filters.length > 0) {
    return { kind: "other", range, base: withoutParentheses(base), filters: filters.map(filterOf) };
  }
  const only = whole[0]!;
  if (whole.length === 1 && only.kind !== "name" && only.kind !== "operator") {
    return { kind: "literal", range, lexeme: only };
  }
  if (whole.length > 1 && whole.every((lexeme) => lexeme.kind === "string")) {
    const literals = whole.map((lexeme): Value => ({ kind: "literal", range: lexeme.range, lexeme }));
    return { kind: "joined", range, parts: literals };
  }
  return other;
}

function choiceOf(chosen: Lexemes, condition: Lexemes, range: TextRange, nested: number): Value | null {
  const [test, otherwise] = splitOnce(condition, "else");
  if (chosen.length === 0 || otherwise?.length === 0) return null;
  return {
    kind: "choice",
    range,
    test,
    chosen: readValue(chosen, nested + 1),
    otherwise: otherwise === null ? null : readValue(otherwise, nested + 1),
  };
}

function withoutParentheses(lexemes: Lexemes): Lexemes {
  let inner = lexemes;
  while (inner[0]?.text === "(" && closingBracket(inner, 0) === inner.length - 1 && inner.length > 2) {
    inner = inner.slice(1, -1);
  }
  return inner;
}

export function filterOf(lexemes: Lexemes): Filter {
  const name = lexemes[0]?.text ?? "";
  const text = lexemes.map((lexeme) => lexeme.text).join("");
  // Liquid writes `filter: first, second`.
  if (lexemes[1]?.text === ":") return { name, text, arguments: lexemes.slice(2) };
  const hasArguments = lexemes[1]?.text === "(";
  return { name, text, arguments: hasArguments ? lexemes.slice(2, closingBracket(lexemes, 1)) : [] };
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\x07",
};

/** What a string or number prints: a slice of the source, or text with offsets where it has escapes. */
export function literalSegments(lexeme: Lexeme): readonly TextSegment[] {
  const quoted = lexeme.kind === "string";
  const start = lexeme.range.start + (quoted ? 1 : 0);
  const closed = quoted && lexeme.text.length > 1 && lexeme.text.endsWith(lexeme.text[0]!);
  const written = lexeme.text.slice(quoted ? 1 : 0, closed ? -1 : undefined);
  const range = { start, end: start + written.length };
  if (written === "") return [];
  if (!quoted || !written.includes("\\")) return [{ kind: "text", range, text: written }];
  const units: string[] = [];
  const offsets: number[] = [];
  for (let at = 0; at < written.length; ) {
    const { text, length } = unescapeAt(written, at);
    for (let unit = 0; unit < text.length; unit++) {
      units.push(text[unit]!);
      offsets.push(start + at);
    }
    at += length;
  }
  offsets.push(range.end);
  return [{ kind: "text", range, text: units.join(""), sourceOffsets: Int32Array.from(offsets) }];
}

const hexEscape = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;

function unescapeAt(written: string, at: number): { text: string; length: number } {
  const next = written[at + 1];
  if (written[at] !== "\\" || next === undefined) return { text: written[at]!, length: 1 };
  if (escapes[next] !== undefined) return { text: escapes[next], length: 2 };
  if (next === "\\" || next === "'" || next === '"') return { text: next, length: 2 };
  if (next === "\n") return { text: "", length: 2 };
  hexEscape.lastIndex = at;
  const hex = hexEscape.exec(written);
  const code = Number.parseInt(hex?.[1] ?? hex?.[2] ?? hex?.[3] ?? "", 16);
  if (hex !== null && code <= 0x10ffff) return { text: String.fromCodePoint(code), length: hex[0].length };
  return { text: "\\", length: 1 };
}
