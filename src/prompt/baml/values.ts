/** Values in the `args` of a test, as samples: texts by the name that a prompt calls them by. */
import { rawText } from "./raw-text.ts";
import type { Token } from "./tokens.ts";

type Value = string | readonly Value[] | { readonly [key: string]: Value };

/** Deeper than anybody nests the arguments of a test. */
const maxDepth = 30;

/** `tokens` are those between the braces of `args`. */
export function argumentsOf(source: string, tokens: readonly Token[]): ReadonlyMap<string, string> {
  const samples = new Map<string, string>();
  addSamples(samples, "", new Reader(source, tokens).map(0), 0);
  return samples;
}

function addSamples(samples: Map<string, string>, name: string, value: Value, depth: number): void {
  if (typeof value === "string") {
    samples.set(name, value);
    return;
  }
  if (name !== "") samples.set(name, JSON.stringify(value, null, 2));
  if (Array.isArray(value) || depth > maxDepth) return;
  for (const [key, inner] of Object.entries(value)) {
    addSamples(samples, name === "" ? key : `${name}.${key}`, inner, depth + 1);
  }
}

class Reader {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(source: string, tokens: readonly Token[]) {
    this.#source = source;
    this.#tokens = tokens;
  }

  /** Keys with their values, up to the brace that closes them. */
  map(depth: number): Value {
    const entries: [string, Value][] = [];
    while (this.#at < this.#tokens.length && this.#symbol() !== "}") {
      const key = this.#tokens[this.#at]!;
      this.#at++;
      if (key.kind === "symbol") continue;
      entries.push([this.#source.slice(key.inside.start, key.inside.end), this.#value(depth + 1)]);
    }
    this.#at++;
    return Object.fromEntries(entries);
  }

  #list(depth: number): Value {
    const items: Value[] = [];
    while (this.#at < this.#tokens.length && this.#symbol() !== "]") {
      if (this.#symbol() === ",") this.#at++;
      else items.push(this.#value(depth + 1));
    }
    this.#at++;
    return items;
  }

  #value(depth: number): Value {
    const token = this.#tokens[this.#at];
    if (token === undefined) return "";
    this.#at++;
    const symbol = token.kind === "symbol" ? this.#source[token.range.start] : "";
    if (symbol === "{" && depth < maxDepth) return this.map(depth);
    if (symbol === "[" && depth < maxDepth) return this.#list(depth);
    if (token.kind === "raw") return rawText(this.#source, token.inside, false).text;
    if (token.kind === "string") return unquoted(this.#source.slice(token.inside.start, token.inside.end));
    return this.#words(token);
  }

  /** Text without quotes reaches to the end of its line, or to what separates values. */
  #words(first: Token): string {
    let { end } = first.range;
    for (let next = this.#tokens[this.#at]; next !== undefined; next = this.#tokens[this.#at]) {
      const isSeparator = next.kind === "symbol" && /[,{}[\]]/.test(this.#source[next.range.start]!);
      if (isSeparator || this.#source.slice(end, next.range.start).includes("\n")) break;
      end = next.range.end;
      this.#at++;
    }
    return this.#source.slice(first.range.start, end);
  }

  #symbol(): string | null {
    const token = this.#tokens[this.#at];
    return token?.kind === "symbol" ? this.#source[token.range.start]! : null;
  }
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

function unquoted(written: string): string {
  return written.replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
}
