/** Jinja2 expressions as lexemes, and ways to cut a list of them where brackets allow it. */
import type { TextRange } from "../text.ts";
import { skipString } from "./lexer.ts";

export interface Lexeme {
  readonly kind: "name" | "string" | "number" | "operator";
  readonly text: string;
  readonly range: TextRange;
}

export type Lexemes = readonly Lexeme[];

/** Cuts the expression at `range` of `source`. */
export type LexemesOf = (source: string, range: TextRange) => Lexemes;

const word = /[\p{L}_][\p{L}\p{N}_]*/uy;
const number = /\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

const nesting: Readonly<Record<string, number>> = { "(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1 };

/** Brackets in brackets: what lies deeper is passed over, so that reading an expression stays bounded. */
const maxBrackets = 100;

export function lexemesOf(source: string, range: TextRange): Lexemes {
  const lexemes: Lexeme[] = [];
  let at = range.start;
  let depth = 0;
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
    at = end;
    const step = kind === "operator" ? (nesting[char] ?? 0) : 0;
    if (step > 0) depth++;
    if (depth <= maxBrackets) lexemes.push({ kind, text: source.slice(start, end), range: { start, end } });
    if (step < 0) depth = Math.max(0, depth - 1);
  }
  return lexemes;
}

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

/** `lexemes` is not empty. */
export function rangeOf(lexemes: Lexemes): TextRange {
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
