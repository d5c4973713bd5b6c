/**
 * Reads TOML into nodes that know where they are written. No package gives offsets within a string, so that the strings are
 * read here, and the little around them too; a property test holds it to what `smol-toml` reads.
 * https://toml.io/en/v1.1.0
 */
import { type EmbeddedText, EmbeddedTextBuilder } from "../embedded.ts";
import { afterByteOrderMark } from "../frontmatter.ts";
import { maxNesting, tooDeep } from "../nesting.ts";
import type { Parsed, Problem, TextRange } from "../text.ts";
import type { DataNode, MapEntry, MapNode } from "./nodes.ts";

/** Never throws: what cannot be read is left out up to the next line, and has a problem. */
export function readTomlData(text: string): Parsed<MapNode> {
  return new TomlReader(text).document();
}

type Value = Exclude<DataNode, { kind: "alias" }>;

interface Table {
  readonly kind: "map";
  readonly tag: null;
  range: TextRange;
  readonly entries: MapEntry[];
  /** The same by key. */
  readonly byKey: Map<string, Value>;
}

interface Key {
  readonly name: string;
  readonly range: TextRange;
}

/** Ends the reading of one line, or of everything. */
class Fault extends Error {
  readonly problem: Problem;
  readonly isLast: boolean;

  constructor(problem: Problem, isLast = false) {
    super(problem.message);
    this.problem = problem;
    this.isLast = isLast;
  }
}

const lists = new WeakMap<Value, Value[]>();

class TomlReader {
  readonly #text: string;
  readonly #problems: Problem[] = [];
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = afterByteOrderMark(text);
  }

  document(): Parsed<MapNode> {
    const root = table(0, this.#text.length);
    let open = root;
    for (this.#skip(/[\s]|#[^\n]*/y); this.#at < this.#text.length; this.#skip(/[\s]|#[^\n]*/y)) {
      try {
        if (this.#text[this.#at] === "[") open = this.#header(root);
        else this.#entry(open, 0);
        this.#lineEnd();
      } catch (fault) {
        if (!(fault instanceof Fault)) throw fault;
        // What follows the first fault is mostly a consequence of it.
        if (this.#problems.length === 0) this.#problems.push(fault.problem);
        if (fault.isLast) break;
        const newline = this.#text.indexOf("\n", this.#at);
        this.#at = newline < 0 ? this.#text.length : newline;
      }
    }
    return { value: root, problems: this.#problems };
  }

  /** `[a.b]`, or `[[a.b]]` for a further item of a list. */
  #header(root: Table): Table {
    const start = this.#at;
    const isItem = this.#text.startsWith("[[", start);
    this.#at += isItem ? 2 : 1;
    const keys = this.#keys();
    this.#expect(isItem ? "]]" : "]");
    const owner = this.#owner(root, keys.slice(0, -1));
    const last = keys.at(-1)!;
    if (!isItem) return this.#owner(owner, [last]);
    const item = table(start, this.#at);
    const list = owner.byKey.get(last.name);
    const items = list === undefined ? undefined : lists.get(list);
    if (items !== undefined) items.push(item);
    else {
      const made: Value[] = [item];
      const node: Value = { kind: "list", range: { start, end: this.#at }, tag: null, items: made };
      lists.set(node, made);
      put(owner, last, node);
    }
    return item;
  }

  /** The table that keys lead to; of a list of tables its last item. */
  #owner(from: Table, keys: readonly Key[]): Table {
    let owner = from;
    for (const key of keys) {
      const known = owner.byKey.get(key.name);
      const last = known?.kind === "list" ? lists.get(known)?.at(-1) : known;
      if (last !== undefined && isTable(last)) owner = last;
      else {
        const made = table(key.range.start, key.range.end);
        put(owner, key, made);
        owner = made;
      }
    }
    return owner;
  }

  #entry(into: Table, depth: number): void {
    const keys = this.#keys();
    this.#expect("=");
    const value = this.#value(depth);
    put(this.#owner(into, keys.slice(0, -1)), keys.at(-1)!, value);
  }

  #keys(): readonly Key[] {
    const keys: Key[] = [];
    do {
      this.#blanks();
      keys.push(this.#key());
      this.#blanks();
      if (keys.length > maxNesting) throw new Fault(tooDeep(this.#at), true);
    } while (this.#take("."));
    return keys;
  }

  #key(): Key {
    const start = this.#at;
    const quote = this.#text[start];
    if (quote === '"' || quote === "'") {
      const { value, range } = this.#string();
      return { name: value, range };
    }
    const bare = /[\p{L}\p{N}_-]+/uy;
    bare.lastIndex = start;
    const name = bare.exec(this.#text)?.[0];
    if (name === undefined) throw this.#fault("a name is expected");
    this.#at += name.length;
    return { name, range: { start, end: this.#at } };
  }

  #value(depth: number): Value {
    this.#blanks();
    if (depth > maxNesting) throw new Fault(tooDeep(this.#at), true);
    const start = this.#at;
    switch (this.#text[start]) {
      case '"':
      case "'":
        return this.#string();
      case "[": {
        const items: Value[] = [];
        this.#items("]", () => items.push(this.#value(depth + 1)));
        return { kind: "list", range: { start, end: this.#at }, tag: null, items };
      }
      case "{": {
        const made = table(start, start);
        this.#items("}", () => this.#entry(made, depth + 1));
        made.range = { start, end: this.#at };
        return made;
      }
      default:
        return this.#plain();
    }
  }

  /** Numbers, booleans and times: only whether something is on or off, and how many, is asked. */
  #plain(): Value {
    const start = this.#at;
    const written = /[^,\]}#\r\n]*/y;
    written.lastIndex = start;
    const word = written.exec(this.#text)![0].trimEnd();
    if (word === "") throw this.#fault("a value is expected");
    this.#at += word.length;
    const number = /^[+-]?[\d_.]+(?:e[+-]?\d+)?$/i.test(word) ? Number(word.replaceAll("_", "")) : null;
    const value = word === "true" ? true : word === "false" ? false : number;
    return { kind: "other", range: { start, end: this.#at }, tag: null, value };
  }

  #items(close: string, read: () => void): void {
    this.#at++;
    for (;;) {
      this.#skip(/\s|#[^\n]*/y);
      if (this.#take(close)) return;
      read();
      this.#skip(/\s|#[^\n]*/y);
      if (this.#take(close)) return;
      this.#expect(",");
    }
  }

  #string(): Value & { readonly kind: "text" } {
    const start = this.#at;
    const quote = this.#text[start]!;
    const isLong = this.#text.startsWith(quote.repeat(3), start);
    const end = isLong ? longEnd(this.#text, start, quote) : shortEnd(this.#text, start, quote);
    if (end === null) {
      const { length } = this.#text;
      const newline = this.#text.indexOf("\n", start);
      this.#at = isLong || newline < 0 ? length : newline;
      throw new Fault(problemAt(start, start + 1, "this text is not closed"), isLong);
    }
    this.#at = end;
    const range = { start, end };
    let embedded: EmbeddedText | null = null;
    const read = () => {
      embedded ??= tomlString(this.#text, range);
      return embedded;
    };
    return { kind: "text", range, tag: null, value: read().text, embedded: read };
  }

  #lineEnd(): void {
    this.#blanks();
    const next = this.#text[this.#at];
    if (next !== undefined && !/[\r\n#]/.test(next)) throw this.#fault("the end of the line is expected");
  }

  #blanks(): void {
    this.#skip(/[ \t]/y);
  }

  /** Behind all that `pattern` matches from here on. */
  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    while (pattern.test(this.#text)) this.#at = pattern.lastIndex;
  }

  #take(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #expect(word: string): void {
    this.#blanks();
    if (!this.#take(word)) throw this.#fault(`\`${word}\` is expected`);
  }

  #fault(what: string): Fault {
    // What is missing at the end of a line is missed behind its last character.
    const isEnd = this.#at > 0 && /^[\r\n]?$/.test(this.#text[this.#at] ?? "");
    const start = isEnd ? this.#at - 1 : this.#at;
    return new Fault(problemAt(start, Math.min(start + 1, this.#text.length), what));
  }
}

function problemAt(start: number, end: number, what: string): Problem {
  return { range: { start, end }, severity: "error", message: `This is not valid TOML: ${what}.` };
}

function table(start: number, end: number): Table {
  return { kind: "map", tag: null, range: { start, end }, entries: [], byKey: new Map() };
}

function isTable(value: Value): value is Table {
  return value.kind === "map";
}

function put(into: Table, { name, range }: Key, value: Value): void {
  into.entries.push({ key: name, keyRange: range, value });
  into.byKey.set(name, value);
}

function shortEnd(text: string, start: number, quote: string): number | null {
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === quote) return at + 1;
    if (character === "\n") return null;
    if (character === "\\" && quote === '"') at++;
  }
  return null;
}

/** Up to two quotes in front of the three that close belong to the text. */
function longEnd(text: string, start: number, quote: string): number | null {
  for (let at = start + 3; at < text.length; at++) {
    if (text[at] === "\\" && quote === '"') at++;
    else if (text.startsWith(quote.repeat(3), at)) {
      let end = at + 3;
      while (end < at + 5 && text[end] === quote) end++;
      return end;
    }
  }
  return null;
}

const escapes: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  e: "\u001b",
  '"': '"',
  "\\": "\\",
};

const escapeSequence =
  /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([ \t]*\r?\n\s*)|([^\r\n]))/g;

/** What a string says, unit by unit. `range` covers its quotes. */
function tomlString(source: string, range: TextRange): EmbeddedText {
  const quote = source[range.start]!;
  const isLong = source.startsWith(quote.repeat(3), range.start) && range.end - range.start >= 6;
  const marks = isLong ? 3 : 1;
  let at = range.start + marks;
  if (isLong) at += /^\r?\n/.exec(source.slice(at, at + 2))?.[0].length ?? 0;
  const end = range.end - marks;
  const builder = new EmbeddedTextBuilder(source);
  const first = at;
  for (const match of quote === '"' ? source.slice(first, end).matchAll(escapeSequence) : []) {
    const from = first + match.index;
    builder.slice(at, from);
    const [written, short, four, eight, , letter] = match;
    at = from + written.length;
    const code = short ?? four ?? eight;
    // A line break behind a backslash is left out, with the blanks behind it.
    builder.unit(
      code === undefined ? (letter === undefined ? "" : (escapes[letter] ?? "")) : character(code),
      from,
      at,
    );
  }
  builder.slice(at, end);
  return builder.build(range);
}

/** An escape that is none says nothing. */
function character(code: string): string {
  const point = Number.parseInt(code, 16);
  return point <= 0x10ffff ? String.fromCodePoint(point) : "";
}
