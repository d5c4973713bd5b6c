/** Reads YAML into nodes that know where they are written. */
import {
  type Alias,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { EmbeddedText } from "../embedded.ts";
import { maxNesting, tooDeep, tooDeepInYaml } from "../nesting.ts";
import type { Parsed, Problem, TextRange } from "../text.ts";
import { type AliasNode, type DataNode, type MapEntry, reasonOf } from "./nodes.ts";
import { blockScalar, doubleQuotedScalar, plainScalar, singleQuotedScalar } from "./yaml-scalars.ts";

/** The documents of a YAML stream. Never throws: what cannot be read is left out, and has a problem. */
export function readYamlData(text: string): Parsed<readonly DataNode[]> {
  const deep = tooDeepInYaml(text);
  if (deep !== null) return { value: [], problems: [tooDeep(deep)] };
  try {
    const documents = parseAllDocuments(text, {
      keepSourceTokens: true,
      prettyErrors: false,
      // Comparing every key with every other takes seconds in long maps.
      uniqueKeys: false,
      logLevel: "silent",
      // Tags are names for us; what they would make of a value does not matter.
      customTags: [],
    });
    if (!Array.isArray(documents)) return { value: [], problems: [] };
    const value = documents.map((document) => new Reader(text).read(document as Document));
    return { value, problems: documents.flatMap((document) => problemsOf(document as Document, text)) };
  } catch (error) {
    // Nesting that exhausts the stack ends here.
    const range = { start: 0, end: Math.min(1, text.length) };
    return {
      value: [],
      problems: [{ range, severity: "error", message: `This YAML cannot be read: ${reasonOf(error)}` }],
    };
  }
}

/** The first error of a document: those behind it are mostly consequences. */
function problemsOf(document: Document, text: string): readonly Problem[] {
  const error = document.errors[0];
  if (error === undefined) return [];
  const end = Math.min(Math.max(error.pos[0] + 1, error.pos[1]), text.length);
  // An error at the very end is shown on the last character: an empty range shows nothing.
  const start = Math.max(0, Math.min(error.pos[0], end - 1));
  return [
    { range: { start, end }, severity: "error", message: `This is not valid YAML: ${reasonOf(error)}` },
  ];
}

class Reader {
  readonly #text: string;
  /** What is written at each anchor, of those read so far. */
  readonly #anchors = new Map<string, Exclude<DataNode, AliasNode>>();

  constructor(text: string) {
    this.#text = text;
  }

  read(document: Document): DataNode {
    return this.#node(document.contents, 0);
  }

  #node(node: unknown, depth: number): DataNode {
    if (isAlias(node)) return this.#alias(node);
    const read = this.#plainNode(node, depth);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, read);
    return read;
  }

  #plainNode(node: unknown, depth: number): Exclude<DataNode, AliasNode> {
    if (depth <= maxNesting) {
      if (isMap(node)) return this.#map(node, depth);
      if (isSeq(node)) return this.#list(node, depth);
      if (isScalar(node)) return this.#scalar(node);
    }
    return { kind: "other", range: rangeOf(node), tag: null, value: null };
  }

  #alias(node: Alias): AliasNode {
    const target = this.#anchors.get(node.source) ?? null;
    return { kind: "alias", range: rangeOf(node), tag: null, target };
  }

  #map(node: YAMLMap, depth: number): DataNode & { kind: "map" } {
    const entries = node.items.flatMap((pair: Pair): readonly MapEntry[] => {
      const key = this.#node(pair.key, depth + 1);
      if (key.kind !== "text" && key.kind !== "other") return [];
      const value = this.#node(pair.value, depth + 1);
      return [{ key: String(key.value), keyRange: key.range, value }];
    });
    return { kind: "map", range: rangeOf(node), tag: tagOf(node), entries };
  }

  #list(node: YAMLSeq, depth: number): DataNode & { kind: "list" } {
    const items = node.items.map((item) => this.#node(item, depth + 1));
    return { kind: "list", range: rangeOf(node), tag: tagOf(node), items };
  }

  #scalar(node: Scalar): Exclude<DataNode, AliasNode> {
    const range = rangeOf(node);
    const tag = tagOf(node);
    const { value } = node;
    if (typeof value === "string") {
      let embedded: EmbeddedText | null = null;
      const read = () => {
        embedded ??= scalarText(this.#text, node);
        return embedded;
      };
      return { kind: "text", range, tag, value, embedded: read };
    }
    const isPlain = typeof value === "number" || typeof value === "boolean";
    return { kind: "other", range, tag, value: isPlain ? value : null };
  }
}

function tagOf(node: Scalar | YAMLMap | YAMLSeq): string | null {
  const { srcToken } = node;
  if (srcToken === undefined || node.tag === undefined) return null;
  return node.tag.startsWith("tag:yaml.org,2002:") ? null : node.tag;
}

/** Where a value is written, without the blanks and comments behind it. */
function rangeOf(node: unknown): TextRange {
  const range = (node as { range?: readonly number[] | null } | null)?.range;
  const [start = 0, end = start] = range ?? [];
  return { start, end };
}

function scalarText(source: string, node: Scalar): EmbeddedText {
  const token = node.srcToken as CST.BlockScalar | CST.FlowScalar | undefined;
  const range = rangeOf(node);
  if (token?.type === "block-scalar") return blockText(source, token);
  const written =
    token === undefined ? range : { start: token.offset, end: token.offset + token.source.length };
  if (token?.type === "double-quoted-scalar") return doubleQuotedScalar(source, written);
  if (token?.type === "single-quoted-scalar") return singleQuotedScalar(source, written);
  return plainScalar(source, written);
}

function blockText(source: string, token: CST.BlockScalar): EmbeddedText {
  const header = token.props.find((prop) => prop.type === "block-scalar-header");
  const written = header !== undefined && "source" in header ? header.source : "|";
  const start = token.props.reduce(
    (sum, prop) => sum + ("source" in prop ? prop.source.length : 0),
    token.offset,
  );
  const explicit = Number(/[1-9]/.exec(written)?.[0] ?? 0);
  return blockScalar(
    source,
    { start, end: start + token.source.length },
    {
      isFolded: written.startsWith(">"),
      chomping: (/[-+]/.exec(written)?.[0] ?? "") as "" | "-" | "+",
      indentation: explicit === 0 ? null : Math.max(0, token.indent) + explicit,
    },
  );
}
