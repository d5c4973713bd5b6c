/** Reads JSON, with comments and trailing commas, into nodes that know where they are written. */
import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { type EmbeddedText, EmbeddedTextBuilder } from "../embedded.ts";
import { afterByteOrderMark } from "../frontmatter.ts";
import { maxNesting, tooDeep, tooDeepInJson } from "../nesting.ts";
import type { Parsed, Problem, TextRange } from "../text.ts";
import { type DataNode, type MapEntry, reasonOf } from "./nodes.ts";

/** Never throws: what cannot be read is left out, and has a problem. No value at all for a document without one. */
export function readJsonData(text: string): Parsed<DataNode | null> {
  const start = afterByteOrderMark(text);
  // A byte order mark is no blank in JSON: a real one keeps the offsets.
  return readJsonAt(text, { start, end: text.length });
}

/** One value in a part of a document, such as a line; ranges are those of the document. */
export function readJsonAt(text: string, within: TextRange): Parsed<DataNode | null> {
  const errors: ParseError[] = [];
  const { start, end } = within;
  const source = text.slice(start, end);
  const deep = tooDeepInJson(source);
  if (deep !== null) return { value: null, problems: [movedBy(tooDeep(deep), start)] };
  try {
    const root = parseTree(source, errors, { allowTrailingComma: true });
    const value = root === undefined ? null : readNode({ text, start, end }, root, 0);
    // What follows the first error is mostly a consequence of it.
    const problems = errors.slice(0, 1).map(({ error, offset, length }) => {
      const to = Math.min(Math.max(offset + length, offset + 1), source.length);
      return {
        range: { start: start + Math.max(0, Math.min(offset, to - 1)), end: start + to },
        severity: "error" as const,
        message: `This is not valid JSON: ${wordsOf(printParseErrorCode(error))}.`,
      };
    });
    return { value, problems };
  } catch (error) {
    // Nesting that exhausts the stack ends here.
    const range = { start, end: Math.min(start + 1, end) };
    return {
      value: null,
      problems: [{ range, severity: "error", message: `This JSON cannot be read: ${reasonOf(error)}` }],
    };
  }
}

function movedBy(problem: Problem, offset: number): Problem {
  const { start, end } = problem.range;
  return { ...problem, range: { start: start + offset, end: end + offset } };
}

/** `CommaExpected` as words: "comma expected". */
function wordsOf(code: string): string {
  return code.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

/** A document, and the part of it that was parsed. */
interface Source extends TextRange {
  readonly text: string;
}

function readNode(source: Source, node: Node, depth: number): Exclude<DataNode, { kind: "alias" }> {
  const at = (offset: number) => Math.min(source.start + offset, source.end);
  const range = { start: at(node.offset), end: at(node.offset + node.length) };
  const tag = null;
  if (depth <= maxNesting) {
    if (node.type === "object") {
      const entries = (node.children ?? []).flatMap((property): readonly MapEntry[] => {
        const [key, value] = property.children ?? [];
        if (key === undefined || value === undefined) return [];
        const keyRange = { start: at(key.offset), end: at(key.offset + key.length) };
        return [{ key: String(key.value), keyRange, value: readNode(source, value, depth + 1) }];
      });
      return { kind: "map", range, tag, entries };
    }
    if (node.type === "array") {
      const items = (node.children ?? []).map((item) => readNode(source, item, depth + 1));
      return { kind: "list", range, tag, items };
    }
    if (node.type === "string") {
      let embedded: EmbeddedText | null = null;
      const read = () => {
        embedded ??= jsonString(source.text, range);
        return embedded;
      };
      return { kind: "text", range, tag, value: String(node.value), embedded: read };
    }
  }
  const { value } = node;
  const isPlain = typeof value === "number" || typeof value === "boolean";
  return { kind: "other", range, tag, value: isPlain ? value : null };
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

const escapeSequence = /\\(?:u([0-9a-fA-F]{4})|([^\r\n]?))/g;

/** What a JSON string says, unit by unit. `range` covers its quotes; the second may be missing. */
export function jsonString(source: string, range: TextRange): EmbeddedText {
  const builder = new EmbeddedTextBuilder(source);
  const start = range.start + 1;
  const isClosed = range.end > start && source[range.end - 1] === '"';
  const end = Math.max(start, isClosed ? range.end - 1 : range.end);
  let at = start;
  for (const match of source.slice(start, end).matchAll(escapeSequence)) {
    const from = start + match.index;
    builder.slice(at, from);
    const [written, code, letter = ""] = match;
    at = from + written.length;
    // An escape that is none says nothing; the document has a problem for it.
    builder.unit(
      code === undefined ? (escapes[letter] ?? "") : String.fromCharCode(Number.parseInt(code, 16)),
      from,
      at,
    );
  }
  builder.slice(at, end);
  return builder.build(range);
}
