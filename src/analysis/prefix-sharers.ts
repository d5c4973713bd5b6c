/** Which templates begin with the same tokens, and how far: by a tree of all stable prefixes. */
import { type NodeId, RadixTree, ROOT } from "../core/tree/radix-tree.ts";
import { insertSequence } from "../core/tree/walk.ts";
import type { StaticPrefix } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { TemplateReport } from "./report.ts";

const sharersShown = 5;

type Sharers = TemplateReport["sharesPrefixWith"];

/** For each template the others that share most of its stable prefix; of those that share as much, the earlier ones. */
export function prefixSharers(
  templates: readonly Template[],
  prefixes: readonly StaticPrefix[],
): readonly Sharers[] {
  const tree = new RadixTree();
  const ends = prefixes.map(({ tokens }) => insertSequence(tree, tokens));
  const members = new Map<NodeId, number[]>();
  for (const [index, end] of ends.entries()) {
    for (let node = end; node !== ROOT; node = tree.parent(node)) {
      const known = members.get(node);
      if (known === undefined) members.set(node, [index]);
      else known.push(index);
    }
  }
  return ends.map((end, index) => {
    const found: { id: string; tokens: number }[] = [];
    let below: ReadonlySet<number> = new Set([index]);
    for (let node = end; node !== ROOT && found.length < sharersShown; node = tree.parent(node)) {
      const here = members.get(node) ?? [];
      for (const other of here) {
        if (found.length === sharersShown) break;
        if (!below.has(other)) found.push({ id: templates[other]!.id, tokens: tree.end(node) });
      }
      if (here.length > below.size) below = new Set(here);
    }
    return found;
  });
}
