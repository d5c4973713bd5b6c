/** What a YAML or JSON document says, with the places where it says it: one tree for both languages. */
import { composeEmbedded, type EmbeddedText, outerRange } from "../embedded.ts";
import type { TextRange } from "../text.ts";

export type DataNode = MapNode | ListNode | TextNode | OtherNode | AliasNode;

interface Written {
  readonly range: TextRange;
  /** Its YAML tag as written, such as `!Template`; `null` where there is none. */
  readonly tag: string | null;
}

export interface MapNode extends Written {
  readonly kind: "map";
  /** In the order in which they are written. Of two entries with one key the later one counts. */
  readonly entries: readonly MapEntry[];
}

export interface MapEntry {
  readonly key: string;
  readonly keyRange: TextRange;
  readonly value: DataNode;
}

export interface ListNode extends Written {
  readonly kind: "list";
  readonly items: readonly DataNode[];
}

export interface TextNode extends Written {
  readonly kind: "text";
  readonly value: string;
  /** The same text with the place of each of its units; made when it is asked for. */
  embedded(): EmbeddedText;
}

/** Numbers, booleans, nothing, and what could not be read. */
export interface OtherNode extends Written {
  readonly kind: "other";
  readonly value: number | boolean | null;
}

/**
 * A YAML alias. What it stands for is written elsewhere, so that a walk over everything that is written must not enter
 * it: a few hundred characters can stand for billions.
 */
export interface AliasNode extends Written {
  readonly kind: "alias";
  /** `null` when no anchor before it has its name. Never an alias itself. */
  readonly target: Exclude<DataNode, AliasNode> | null;
}

/** What a node stands for. */
export function resolved(node: DataNode | null): Exclude<DataNode, AliasNode> | null {
  return node?.kind === "alias" ? node.target : node;
}

/** The value of a key, through aliases and merge keys (`<<`); `null` when there is none. */
export function valueAt(node: DataNode | null, key: string): Exclude<DataNode, AliasNode> | null {
  return lookUp(resolved(node), key, new Set());
}

/** More maps than anybody merges into one. */
const maxMerged = 100;

/** A map that is merged again, or into itself, holds nothing new. */
function lookUp(
  node: DataNode | null,
  key: string,
  seen: Set<DataNode>,
): Exclude<DataNode, AliasNode> | null {
  if (node?.kind !== "map" || seen.has(node) || seen.size > maxMerged) return null;
  seen.add(node);
  const own = node.entries.findLast((entry) => entry.key === key);
  if (own !== undefined) return resolved(own.value);
  for (const { key: name, value } of node.entries) {
    if (name !== "<<") continue;
    const merged = resolved(value);
    for (const source of merged?.kind === "list" ? merged.items : [merged]) {
      const found = lookUp(resolved(source), key, seen);
      if (found !== null) return found;
    }
  }
  return null;
}

export function mapAt(node: DataNode | null, key: string): MapNode | null {
  const value = valueAt(node, key);
  return value?.kind === "map" ? value : null;
}

export function listAt(node: DataNode | null, key: string): ListNode | null {
  const value = valueAt(node, key);
  return value?.kind === "list" ? value : null;
}

export function textAt(node: DataNode | null, key: string): TextNode | null {
  const value = valueAt(node, key);
  return value?.kind === "text" ? value : null;
}

/** The text of a key without the place that it is written at; `null` where there is none, or something else. */
export function stringAt(node: DataNode | null, key: string): string | null {
  return textAt(node, key)?.value ?? null;
}

/** The number at a key, also where it is written as a text; `null` where there is none. */
export function numberAt(node: DataNode | null, key: string): number | null {
  const value = valueAt(node, key);
  if (value?.kind === "other" && typeof value.value === "number") return value.value;
  return value?.kind === "text" && /^\d{1,9}$/.test(value.value.trim()) ? Number(value.value) : null;
}

/** Whether a switch is on. */
export function isOn(node: DataNode | null, key: string): boolean {
  const value = valueAt(node, key);
  return value?.kind === "other" && value.value === true;
}

export function has(node: DataNode | null, key: string): boolean {
  return valueAt(node, key) !== null;
}

/** The items of a list with what aliases among them stand for; none for anything else. */
export function itemsOf(node: DataNode | null): readonly Exclude<DataNode, AliasNode>[] {
  const list = resolved(node);
  if (list?.kind !== "list") return [];
  return list.items.flatMap((item) => resolved(item) ?? []);
}

/** A node that was read from the text of another document's node, with places in that document. */
export function nodeWithin(node: DataNode, outer: EmbeddedText): DataNode {
  const range = outerRange(outer, node.range);
  switch (node.kind) {
    case "text":
      return { ...node, range, embedded: () => composeEmbedded(outer, node.embedded()) };
    case "list":
      return { ...node, range, items: node.items.map((item) => nodeWithin(item, outer)) };
    case "map": {
      const entries = node.entries.map(({ key, keyRange, value }) => ({
        key,
        keyRange: outerRange(outer, keyRange),
        value: nodeWithin(value, outer),
      }));
      return { ...node, range, entries };
    }
    default:
      return { ...node, range };
  }
}

/** Why a package could not read a document, in words for whoever wrote it. */
export function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return /call stack/.test(reason) ? "its values are nested too deeply. Flatten them." : reason;
}
