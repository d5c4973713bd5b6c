/** Reads Jinja2 expressions as far as segments need it: names, calls, filters, string constants, choices. */
import type { TextSegment } from "../template.ts";
import type { TextRange } from "../text.ts";
import { skipString } from "./lexer.ts";

export interface Lexeme {
  readonly kind: "name" | "string" | "number" | "operator";
  readonly text: string;
  readonly range: TextRange;
}

export type Lexemes = readonly Lexeme[];

const word = /[\p{L}_][\p{L}\p{N}_]*/uy;
const number = /\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

export function lexemesOf(source: string, range: TextRange): Lexemes {
  const lexemes: Lexeme[] = [];
  let at = range.start;
  while (at < range.end) {
    const start = at;
    const char = source[at]!;
    let kind: Lexeme["kind"] = "operator";
    let end = at + 1;
    if (/\s/.test(char)) {
      at++;
      continue;
    }
    if (char === '"' || char === "'") {
      const close = skipString(source, at, range.end);
      kind = "string";
      end = close < 0 ? range.end : close + 1;
    } else {
      for (const [pattern, name] of [[word, "name"] as const, [number, "number"] as const]) {
        pattern.lastIndex = at;
        const match = pattern.exec(source);
        if (match === null) continue;
        kind = name;
        end = Math.min(at + match[0].length, range.end);
      }
      if (kind === "operator" && /^(?:==|!=|<=|>=|\/\/|\*\*)/.test(source.slice(at, at + 2))) end = at + 2;
    }
    lexemes.push({ kind, text: source.slice(start, end), range: { start, end } });
    at = end;
  }
  return lexemes;
}

const nesting: Readonly<Record<string, number>> = { "(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1 };

/** Calls `visit` for every lexeme outside brackets. */
function eachAtTop(lexemes: Lexemes, visit: (lexeme: Lexeme, index: number) => void): void {
  let depth = 0;
  for (const [index, lexeme] of lexemes.entries()) {
    const step = lexeme.kind === "operator" ? (nesting[lexeme.text] ?? 0) : 0;
    if (depth === 0 && step === 0) visit(lexeme, index);
    depth = Math.max(0, depth + step);
  }
}

export function splitAtTop(lexemes: Lexemes, separators: readonly string[]): readonly Lexemes[] {
  const parts: Lexemes[] = [];
  let start = 0;
  eachAtTop(lexemes, (lexeme, index) => {
    if (lexeme.kind === "string" || !separators.includes(lexeme.text)) return;
    parts.push(lexemes.slice(start, index));
    start = index + 1;
  });
  parts.push(lexemes.slice(start));
  return parts;
}

/** Index of the closing bracket that belongs to the opening one at `open`; the end when it is missing. */
export function closingBracket(lexemes: Lexemes, open: number): number {
  let depth = 0;
  for (let index = open; index < lexemes.length; index++) {
    if (lexemes[index]!.kind === "operator") depth += nesting[lexemes[index]!.text] ?? 0;
    if (depth <= 0) return index;
  }
  return lexemes.length;
}

/** A value that an expression reads. */
export interface Read {
  /** Dotted path, such as `customer.name` or `messages[0].content`. */
  readonly path: string;
  /** The arguments, when it is called. */
  readonly call: Lexemes | null;
  /** Index of the lexeme after it. */
  readonly next: number;
}

const keywords = new Set(
  "and or not in is if else true false none True False None recursive defined".split(" "),
);

/** Methods of strings, lists and mappings: what they are called on is what is read. */
const valueMethods = new Set(
  (
    "items keys values get strip lstrip rstrip split splitlines join replace format upper lower title capitalize " +
    "startswith endswith count index copy append pop"
  ).split(" "),
);

/** Reads the path that begins with the name at `start`. */
export function readPath(lexemes: Lexemes, start: number): Read {
  let path = lexemes[start]!.text;
  let at = start + 1;
  for (;;) {
    const lexeme = lexemes[at];
    if (lexeme?.kind !== "operator") break;
    const following = lexemes[at + 1];
    if (lexeme.text === "." && (following?.kind === "name" || following?.kind === "number")) {
      if (valueMethods.has(following.text) && lexemes[at + 2]?.text === "(") break;
      path += `.${following.text}`;
      at += 2;
    } else if (lexeme.text === "[" && lexemes[at + 2]?.text === "]" && following?.kind === "string") {
      path += `.${following.text.slice(1, -1)}`;
      at += 3;
    } else if (lexeme.text === "[" && lexemes[at + 2]?.text === "]" && following?.kind === "number") {
      path += `[${following.text}]`;
      at += 3;
    } else {
      break;
    }
  }
  const called = lexemes[at]?.text === "(" && lexemes[at]?.kind === "operator";
  if (!called) return { path, call: null, next: at };
  const close = closingBracket(lexemes, at);
  return { path, call: lexemes.slice(at + 1, close), next: close + 1 };
}

/** Everything that an expression reads, arguments of calls included; names of filters, tests and keywords are not. */
export function readsOf(lexemes: Lexemes): readonly Read[] {
  const reads: Read[] = [];
  for (let at = 0; at < lexemes.length; ) {
    const lexeme = lexemes[at]!;
    const before = lexemes[at - 1]?.text;
    const isValue =
      lexeme.kind === "name" &&
      !keywords.has(lexeme.text) &&
      before !== "|" &&
      before !== "." &&
      !isTestName(lexemes, at) &&
      !(lexemes[at + 1]?.text === "=" && (before === undefined || before === "(" || before === ","));
    if (!isValue) {
      at++;
      continue;
    }
    const read = readPath(lexemes, at);
    reads.push(read);
    // Arguments are read as part of what follows; the path itself is done.
    at = read.call === null ? read.next : read.next - read.call.length - 1;
  }
  return reads;
}

function isTestName(lexemes: Lexemes, at: number): boolean {
  const before = lexemes[at - 1]?.text;
  return before === "is" || (before === "not" && lexemes[at - 2]?.text === "is");
}

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
      readonly then: Value;
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
export function valueOf(lexemes: Lexemes, nested = 0): Value {
  const whole = withoutParentheses(lexemes);
  const range = rangeOf(lexemes);
  const other: Value = { kind: "other", range, base: whole, filters: [] };
  if (nested > maxNesting) return other;
  const [then, condition] = splitOnce(whole, "if");
  if (condition !== null) return choiceOf(then, condition, range, nested) ?? other;
  const parts = splitAtTop(whole, ["+", "~"]);
  if (parts.length > 1 && parts.every((part) => part.length > 0)) {
    const values = parts.map((part) => valueOf(part, nested + 1));
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

function choiceOf(then: Lexemes, condition: Lexemes, range: TextRange, nested: number): Value | null {
  const [test, otherwise] = splitOnce(condition, "else");
  if (then.length === 0 || otherwise?.length === 0) return null;
  return {
    kind: "choice",
    range,
    test,
    then: valueOf(then, nested + 1),
    otherwise: otherwise === null ? null : valueOf(otherwise, nested + 1),
  };
}

function rangeOf(lexemes: Lexemes): TextRange {
  return { start: lexemes[0]!.range.start, end: lexemes.at(-1)!.range.end };
}

export function textOf(source: string, lexemes: Lexemes): string {
  if (lexemes.length === 0) return "";
  const { start, end } = rangeOf(lexemes);
  return source.slice(start, end);
}

/** The part before the first `keyword` outside brackets, and the part after it; `null` when there is none. */
export function splitOnce(lexemes: Lexemes, keyword: string): readonly [Lexemes, Lexemes | null] {
  const parts = splitAtTop(lexemes, [keyword]);
  const first = parts[0]!;
  return parts.length === 1 ? [first, null] : [first, lexemes.slice(first.length + 1)];
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
