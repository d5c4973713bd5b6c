/** The prefix tree as the rows of a tree list: which are shown, and where the keyboard leads. */
import type { PrefixNode } from "../../src/analysis/report.ts";
import type { ReportOverview } from "../../src/protocol/report-parts.ts";
import { t } from "../../src/words/l10n.ts";
import { bytes, count, plural, shareOf } from "../../src/words/numbers.ts";

export interface PrefixTree {
  readonly nodes: readonly PrefixNode[];
  /** Names a node by its path, so that it is found again in the next report. */
  readonly keys: readonly string[];
  readonly indexOfKey: ReadonlyMap<string, number>;
  readonly roots: readonly number[];
  readonly children: readonly (readonly number[])[];
}

export interface TreeRow {
  readonly node: number;
  /** From 1, as `aria-level` counts. */
  readonly level: number;
  /** From 1, among its siblings. */
  readonly position: number;
  readonly siblings: number;
  /** `null` for a leaf. */
  readonly isExpanded: boolean | null;
}

/** Siblings stand in order of requests, as in the drawing. */
export function buildPrefixTree(nodes: readonly PrefixNode[]): PrefixTree {
  const children: number[][] = nodes.map(() => []);
  const roots: number[] = [];
  const keys: string[] = [];
  const indexOfKey = new Map<string, number>();
  nodes.forEach((node, index) => {
    (node.parent < 0 ? roots : children[node.parent]!).push(index);
    const above = node.parent < 0 ? "" : keys[node.parent]!;
    let key = hash(`${above}/${node.tokens}/${node.label}`);
    for (let twin = 1; indexOfKey.has(key); twin++)
      key = hash(`${above}/${node.tokens}/${node.label}/${twin}`);
    keys.push(key);
    indexOfKey.set(key, index);
  });
  const byRequests = (a: number, b: number) => nodes[b]!.requests - nodes[a]!.requests;
  roots.sort(byRequests);
  for (const list of children) list.sort(byRequests);
  return { nodes, keys, indexOfKey, roots, children };
}

/** FNV-1a over UTF-16 code units, twice with different seeds: short, and unlikely to collide. */
function hash(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x01000195);
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36);
}

/** Keys to expand at first: whole levels, as long as not more than `most` rows are shown. */
export function initiallyExpanded(tree: PrefixTree, most: number): Set<string> {
  const expanded = new Set<string>();
  let shown = tree.roots.length;
  let level = tree.roots;
  while (level.length > 0) {
    const next = level.flatMap((node) => tree.children[node]!);
    if (next.length === 0 || shown + next.length > most) break;
    for (const node of level) if (tree.children[node]!.length > 0) expanded.add(tree.keys[node]!);
    shown += next.length;
    level = next;
  }
  return expanded;
}

export function visibleRows(tree: PrefixTree, expanded: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = [];
  const open: TreeRow[] = [];
  const push = (list: readonly number[], level: number) => {
    for (let i = list.length - 1; i >= 0; i--) {
      const node = list[i]!;
      const isLeaf = tree.children[node]!.length === 0;
      const isExpanded = isLeaf ? null : expanded.has(tree.keys[node]!);
      open.push({ node, level, position: i + 1, siblings: list.length, isExpanded });
    }
  };
  push(tree.roots, 1);
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    rows.push(row);
    if (row.isExpanded) push(tree.children[row.node]!, row.level + 1);
  }
  return rows;
}

/** The keys with every ancestor of the node added, so that its row is shown. */
export function expandedTo(tree: PrefixTree, expanded: ReadonlySet<string>, node: number): Set<string> {
  const more = new Set(expanded);
  for (let up = tree.nodes[node]!.parent; up >= 0; up = tree.nodes[up]!.parent) more.add(tree.keys[up]!);
  return more;
}

export type TreeStep =
  | { readonly kind: "select"; readonly node: number }
  | { readonly kind: "expand" | "collapse"; readonly node: number };

/** What a key does in the list, by the WAI-ARIA tree pattern; `null` for keys that mean nothing here. */
export function treeStep(
  tree: PrefixTree,
  rows: readonly TreeRow[],
  at: number,
  key: string,
  page: number,
): TreeStep | null {
  const row = rows[at];
  if (row === undefined) return rows.length > 0 ? { kind: "select", node: rows[0]!.node } : null;
  const select = (index: number): TreeStep => ({
    kind: "select",
    node: rows[Math.max(0, Math.min(rows.length - 1, index))]!.node,
  });
  switch (key) {
    case "ArrowDown":
      return select(at + 1);
    case "ArrowUp":
      return select(at - 1);
    case "PageDown":
      return select(at + page);
    case "PageUp":
      return select(at - page);
    case "Home":
      return select(0);
    case "End":
      return select(rows.length - 1);
    case "ArrowRight":
      if (row.isExpanded === false) return { kind: "expand", node: row.node };
      return row.isExpanded ? select(at + 1) : null;
    case "ArrowLeft": {
      if (row.isExpanded) return { kind: "collapse", node: row.node };
      const { parent } = tree.nodes[row.node]!;
      return parent < 0 ? null : { kind: "select", node: parent };
    }
    default:
      return null;
  }
}

/** A label on one line; line ends are shown, runs of white space are not. */
export function labelText(label: string): string {
  const text = label.replace(/\r?\n/g, " ⏎ ").replace(/\s+/g, " ").trim();
  return text === "" ? t("(white space)") : text;
}

export interface NodeFact {
  readonly name: string;
  readonly value: string;
}

/** Everything that is known of a node, for the details beside the drawing. */
export function nodeFacts(node: PrefixNode, templateNames: ReadonlyMap<string, string>): NodeFact[] {
  const templates = node.templates.map((id) => templateNames.get(id) ?? id).join(", ");
  return [
    { name: t("Tokens"), value: count(node.tokens) },
    { name: t("Ends at token"), value: count(node.endTokens) },
    { name: t("Requests"), value: count(node.requests) },
    { name: t("Hits"), value: `${count(node.hits)} (${shareOf(node.hits, node.requests)})` },
    { name: "KV", value: bytes(node.kvBytes) },
    { name: t("In cache"), value: plural(node.cachedTokens, "token") },
    { name: t("Checkpoints"), value: count(node.checkpoints) },
    { name: t("Templates"), value: templates === "" ? t("none") : templates },
  ];
}

/** A node in one sentence, for a screen reader. */
export function nodeSummary(node: PrefixNode): string {
  return [
    `“${labelText(node.label)}”`,
    t("{tokens}, ends at token {endTokens}", {
      tokens: plural(node.tokens, "token"),
      endTokens: count(node.endTokens),
    }),
    `${plural(node.requests, "request")}, ${plural(node.hits, "hit")}`,
    isCached(node) ? t("cached") : t("not cached"),
    ...(node.checkpoints > 0 ? [plural(node.checkpoints, "checkpoint")] : []),
  ].join("; ");
}

/** Whether most of the edge is held: of the last block of a prompt, a cache of blocks holds nothing. */
export function isCached({ tokens, cachedTokens }: Pick<PrefixNode, "tokens" | "cachedTokens">): boolean {
  return 2 * cachedTokens >= tokens && cachedTokens > 0;
}

/** The whole drawing in one sentence; `memory` is that of the same report, which holds answers too. */
export function treeSummary(
  nodes: readonly PrefixNode[],
  { endCheckpoints, host }: Pick<ReportOverview["memory"], "endCheckpoints" | "host">,
): string {
  const sum = (of: (node: PrefixNode) => number) => nodes.reduce((all, node) => all + of(node), 0);
  const tokens = sum((node) => node.tokens);
  const cached = sum((node) => node.cachedTokens);
  const checkpoints = sum((node) => node.checkpoints);
  const all = endCheckpoints + (host?.checkpoints ?? 0);
  const kept =
    all > checkpoints
      ? t("{checkpoints} of {all}; the others lie behind prompts, in answers", {
          checkpoints: count(checkpoints),
          all: plural(all, "checkpoint"),
        })
      : plural(checkpoints, "checkpoint");
  return t("{nodes}, {cached} of {tokens} cached, {kept}.", {
    nodes: plural(nodes.length, "node"),
    cached: shareOf(cached, tokens),
    tokens: plural(tokens, "token"),
    kept,
  });
}
