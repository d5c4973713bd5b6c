/** How deep JSON and YAML are nested, told before parsers that call themselves for every level see it. */
import { Lexer } from "yaml";
import type { Problem } from "./text.ts";

/** Far more levels than people write, and few enough for every parser and every walk behind it. */
export const maxNesting = 200;

/** Where JSON, with comments or without, goes deeper than `maxNesting`; `null` where it does not. */
export function tooDeepInJson(text: string): number | null {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === "/" && (text[at + 1] === "/" || text[at + 1] === "*")) at = endOfComment(text, at);
    else if (char === "{" || char === "[") {
      if (++depth > maxNesting) return at;
    } else if ((char === "}" || char === "]") && depth > 0) depth--;
  }
  return null;
}

/** A string without its second quote ends with its line. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at];
    if (char === "\\") at++;
    else if (char === '"' || char === "\n" || char === "\r") return at;
  }
  return text.length;
}

function endOfComment(text: string, start: number): number {
  const end = text[start + 1] === "/" ? text.indexOf("\n", start) : text.indexOf("*/", start + 2) + 1;
  return end <= 0 ? text.length : end;
}

/** Comes before text in what the lexer gives: the text itself is no sign, whatever it says. */
const scalarFollows = "\x1f";
const withoutLength = new Set(["\x02", "\x18", scalarFollows]);

/** Where YAML goes deeper than `maxNesting`, in brackets or by indentation; `null` where it does not. */
export function tooDeepInYaml(text: string): number | null {
  let at = 0;
  let lineStart = 0;
  let brackets = 0;
  let isScalar = false;
  /** Columns at which the collections around this place begin. */
  const columns: number[] = [];
  for (const token of new Lexer().lex(text)) {
    if (withoutLength.has(token)) {
      isScalar = token === scalarFollows;
      continue;
    }
    if (!isScalar && (token === "{" || token === "[")) brackets++;
    else if (!isScalar && (token === "}" || token === "]")) brackets = Math.max(0, brackets - 1);
    else if (brackets === 0 && !/^\s*$/.test(token)) {
      const column = at - lineStart;
      while (columns.length > 0 && columns.at(-1)! >= column) columns.pop();
      columns.push(column);
    }
    if (brackets + columns.length > maxNesting) return at;
    isScalar = false;
    at += token.length;
    const newline = token.lastIndexOf("\n");
    if (newline >= 0) lineStart = at - token.length + newline + 1;
  }
  return null;
}

/** Where code that is nested by indentation goes deeper than `maxNesting`; `null` where it does not. */
export function tooDeepByIndentation(text: string): number | null {
  const columns: number[] = [];
  for (const { 0: blanks, index } of text.matchAll(/^[ \t]*(?=\S)/gm)) {
    while (columns.length > 0 && columns.at(-1)! >= blanks.length) columns.pop();
    columns.push(blanks.length);
    if (columns.length > maxNesting) return index;
  }
  return null;
}

/** What to say of a document that is not read for its depth. */
export function tooDeep(at: number): Problem {
  const message = `This is nested more than ${maxNesting} deep here, so the file is not read: split it, or nest less.`;
  return { range: { start: at, end: at + 1 }, severity: "error", message };
}
