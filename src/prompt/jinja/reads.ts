/** What a Jinja2 expression reads: dotted paths and calls. */
import { closingBracket, type Lexemes } from "./lexemes.ts";

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

/** A value that an expression reads, by its place among the lexemes. */
export interface ReadPlace {
  readonly path: string;
  /** Index of its first lexeme. */
  readonly start: number;
  /** Index of the first lexeme of its arguments; `null` when it is not called. */
  readonly given: number | null;
  /** Index of the lexeme after it. */
  readonly next: number;
}

/** Reads the path that begins with the name at `start`. */
export function readPath(lexemes: Lexemes, start: number): Read {
  const { path, given, next } = placeOf(lexemes, start);
  return { path, call: given === null ? null : lexemes.slice(given, next - 1), next };
}

function placeOf(lexemes: Lexemes, start: number): ReadPlace {
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
  if (!called) return { path, start, given: null, next: at };
  return { path, start, given: at + 1, next: closingBracket(lexemes, at) + 1 };
}

/**
 * Everything that an expression reads, in order, arguments of calls behind the call; names of filters, tests and keywords
 * are not.
 */
export function readsOf(lexemes: Lexemes): readonly ReadPlace[] {
  const reads: ReadPlace[] = [];
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
    const read = placeOf(lexemes, at);
    reads.push(read);
    // Arguments are read as part of what follows; the path itself is done.
    at = read.given ?? read.next;
  }
  return reads;
}

function isTestName(lexemes: Lexemes, at: number): boolean {
  const before = lexemes[at - 1]?.text;
  return before === "is" || (before === "not" && lexemes[at - 2]?.text === "is");
}
