/** YAML in front of a prompt, with exact offsets. */
import { type Document, isCollection, isScalar, parseDocument, Scalar, visit } from "yaml";
import { tooDeep, tooDeepInYaml } from "./nesting.ts";
import type { Parsed, Problem, TextRange } from "./text.ts";

export interface Frontmatter {
  /** The YAML text, without the `---` lines; `null` when the document has none. */
  readonly range: TextRange | null;
  /** Top-level values; empty when there is none or it cannot be read. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Where the prompt begins. */
  readonly bodyStart: number;
}

/** Longer than any frontmatter. */
const maxLength = 100_000;

/** Lines that may stand before the opening `---`: blank ones, and licence headers in `#` comments. */
const preamble = /^\uFEFF?(?:[ \t]*(?:#[^\n]*)?\r?\n)*/;
const fence = /^---[ \t]*\r?$/;

export interface LineSpan extends TextRange {
  /** Start of the next line, or the end of the text. */
  readonly next: number;
}

export function lineAt(text: string, start: number): LineSpan {
  const newline = text.indexOf("\n", start);
  return newline < 0
    ? { start, end: text.length, next: text.length }
    : { start, end: newline, next: newline + 1 };
}

/** Where the line that `from` lies in ends, without its newline, looking no further than `limit`. */
export function lineEndBefore(text: string, from: number, limit: number): number {
  const newline = text.slice(from, limit).indexOf("\n");
  const end = newline < 0 ? Math.max(from, limit) : from + newline;
  return end > from && text[end - 1] === "\r" ? end - 1 : end;
}

/** A byte order mark is how the file is stored, not what it says. */
export function afterByteOrderMark(text: string): number {
  return text.startsWith("\uFEFF") ? 1 : 0;
}

function findFences(text: string): { yaml: TextRange; bodyStart: number } | null {
  const open = lineAt(text, preamble.exec(text)?.[0].length ?? 0);
  if (!fence.test(text.slice(open.start, open.end))) return null;
  let line = open;
  while (line.next < text.length) {
    line = lineAt(text, line.next);
    if (fence.test(text.slice(line.start, line.end))) {
      return { yaml: { start: open.next, end: line.start }, bodyStart: line.next };
    }
  }
  return null;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What does not fit into YAML as a document can be read. */
interface Fault {
  readonly pos: readonly [number, number];
  readonly message: string;
}

function firstOf(left: Fault | undefined, right: Fault | undefined): Fault | undefined {
  return left === undefined || (right !== undefined && right.pos[0] < left.pos[0]) ? right : left;
}

function repeatedKey(document: Document): Fault | undefined {
  let found: Fault | undefined;
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const [start = 0, end = start] = key.range ?? [];
        if (seen.has(key.value)) {
          found = firstOf(found, { pos: [start, end], message: "Map keys must be unique" });
          break;
        }
        seen.add(key.value);
      }
    },
  });
  return found;
}

/** A key that is a collection, as in `{{ x }}`, is called what is written: the library writes it anew at every level. */
function nameKeys(document: Document, written: string): void {
  visit(document, {
    Pair: (_, pair) => {
      if (!isCollection(pair.key)) return;
      const [start = 0, end = start] = pair.key.range ?? [];
      pair.key = new Scalar(written.slice(start, end));
    },
  });
}

/** Reads YAML that lies at `range` of `text`; problems point into `text`. */
export function readYaml(text: string, range: TextRange): Parsed<Readonly<Record<string, unknown>>> {
  const problems: Problem[] = [];
  const written = text.slice(range.start, range.end);
  if (written.length > maxLength) {
    const message = `The frontmatter is longer than ${maxLength} characters, so it is not read: shorten it.`;
    problems.push({ range: { start: range.start, end: range.start + 1 }, severity: "error", message });
    return { value: {}, problems };
  }
  const deep = tooDeepInYaml(written);
  if (deep !== null) return { value: {}, problems: [tooDeep(range.start + deep)] };
  try {
    // Comparing every key with every other takes seconds in long maps: repeated ones are looked for below.
    const document = parseDocument(written, { prettyErrors: false, uniqueKeys: false });
    // What follows the first error is mostly a consequence of it.
    const error = firstOf(document.errors[0], repeatedKey(document));
    nameKeys(document, written);
    if (error !== undefined) {
      const end = Math.min(range.start + Math.max(error.pos[0] + 1, error.pos[1]), range.end);
      // An error at the very end is shown on the last character: an empty range shows nothing.
      const start = Math.max(range.start, Math.min(range.start + error.pos[0], end - 1));
      const message = `The frontmatter is not valid YAML: ${error.message}`;
      problems.push({ range: { start, end }, severity: "error", message });
    }
    const values: unknown = document.toJS({ maxAliasCount: 100 });
    return { value: isRecord(values) ? values : {}, problems };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({ range, severity: "error", message: `The frontmatter cannot be read: ${reason}` });
    return { value: {}, problems };
  }
}

/** Splits a document into frontmatter and prompt. A document without frontmatter is all prompt. */
export function readFrontmatter(text: string): Parsed<Frontmatter> {
  const fences = findFences(text);
  if (fences === null) {
    return { value: { range: null, values: {}, bodyStart: afterByteOrderMark(text) }, problems: [] };
  }
  const { value, problems } = readYaml(text, fences.yaml);
  return { value: { range: fences.yaml, values: value, bodyStart: fences.bodyStart }, problems };
}

/** A sample value as the text that it would render to; `null` for values that say nothing. */
export function sampleText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return JSON.stringify(value) ?? null;
}

/** Adds every value of `record` to `samples`, by name. */
export function addSamples(samples: Map<string, string>, record: unknown): void {
  if (!isRecord(record)) return;
  for (const [name, value] of Object.entries(record)) {
    const text = sampleText(value);
    if (text !== null) samples.set(name, text);
  }
}

export function textValue(values: Readonly<Record<string, unknown>>, key: string): string | null {
  const value = values[key];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}
