/** Reads what stands inside Handlebars and Mustache tags: a name or helper, its arguments, named ones, block names. */
import type { TextRange } from "../text.ts";

export interface PathArgument {
  readonly kind: "path";
  /** As written, such as `../user.name`. */
  readonly path: string;
}

export type Argument =
  | PathArgument
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "call"; readonly call: Call };

export interface Call {
  readonly head: Argument;
  readonly positional: readonly Argument[];
  readonly named: ReadonlyMap<string, Argument>;
  /** Names in `as |item index|`. */
  readonly blockNames: readonly string[];
}

const lexeme =
  /\s+|"((?:[^"\\]|\\.)*)"?|'((?:[^'\\]|\\.)*)'?|(\d+(?:\.\d+)?)(?![\w.])|([()|=])|((?:\[[^\]]*\]?|[^\s"'()|=])+)/gsy;

interface Lexeme {
  readonly kind: "literal" | "path" | "mark";
  readonly text: string;
}

function lexemesOf(text: string): readonly Lexeme[] {
  const lexemes: Lexeme[] = [];
  lexeme.lastIndex = 0;
  for (let match = lexeme.exec(text); match !== null && match[0] !== ""; match = lexeme.exec(text)) {
    const literal = match[1] ?? match[2] ?? match[3];
    if (literal !== undefined) lexemes.push({ kind: "literal", text: literal });
    else if (match[4] !== undefined) lexemes.push({ kind: "mark", text: match[4] });
    else if (match[5] !== undefined) lexemes.push(pathOrLiteral(match[5]));
  }
  return lexemes;
}

function pathOrLiteral(text: string): Lexeme {
  return { kind: /^(?:true|false|null|undefined)$/.test(text) ? "literal" : "path", text };
}

/** `null` when the tag is empty. */
export function callOf(source: string, inside: TextRange): Call | null {
  const reader = { lexemes: lexemesOf(source.slice(inside.start, inside.end)), at: 0 };
  return readCall(reader, 0);
}

interface Reader {
  readonly lexemes: readonly Lexeme[];
  at: number;
}

const maxNesting = 20;

function readCall(reader: Reader, nested: number): Call | null {
  const head = readArgument(reader, nested);
  if (head === null) return null;
  const positional: Argument[] = [];
  const named = new Map<string, Argument>();
  let blockNames: readonly string[] = [];
  for (let next = reader.lexemes[reader.at]; next !== undefined; next = reader.lexemes[reader.at]) {
    if (next.text === ")" && next.kind === "mark") break;
    const following = reader.lexemes[reader.at + 1];
    if (next.text === "as" && following?.text === "|") {
      blockNames = readBlockNames(reader);
    } else if (next.kind === "path" && following?.kind === "mark" && following.text === "=") {
      reader.at += 2;
      const value = readArgument(reader, nested);
      if (value !== null) named.set(next.text, value);
    } else {
      const argument = readArgument(reader, nested);
      if (argument === null) reader.at++;
      else positional.push(argument);
    }
  }
  return { head, positional, named, blockNames };
}

function readArgument(reader: Reader, nested: number): Argument | null {
  const next = reader.lexemes[reader.at];
  if (next === undefined) return null;
  if (next.kind !== "mark") {
    reader.at++;
    return next.kind === "literal" ? { kind: "literal", text: next.text } : { kind: "path", path: next.text };
  }
  if (next.text !== "(" || nested >= maxNesting) return null;
  reader.at++;
  const call = readCall(reader, nested + 1);
  if (reader.lexemes[reader.at]?.text === ")") reader.at++;
  return call === null ? null : { kind: "call", call };
}

function readBlockNames(reader: Reader): readonly string[] {
  const names: string[] = [];
  reader.at += 2;
  for (let next = reader.lexemes[reader.at]; next !== undefined; next = reader.lexemes[reader.at]) {
    reader.at++;
    if (next.text === "|") break;
    names.push(next.text);
  }
  return names;
}

/** The literal text of an argument; `null` for one that is computed. */
export function literalOf(argument: Argument | undefined): string | null {
  return argument?.kind === "literal" ? argument.text : null;
}
