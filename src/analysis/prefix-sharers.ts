/** Which templates begin with the same tokens, and how far: by a tree of all stable prefixes. */
import { every } from "../core/steps.ts";
import { type NodeId, RadixTree, ROOT } from "../core/tree/radix-tree.ts";
import { insertSequence } from "../core/tree/walk.ts";
import type { StaticPrefix } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { TemplateReport } from "./report.ts";

const sharersShown = 5;

/** Templates between two steps, so that a step takes a few milliseconds. */
const stepTemplates = 128;

type Sharers = TemplateReport["sharesPrefixWith"];

/** For each template the others that share most of its stable prefix; of those that share as much, the earlier ones. */
export function* prefixSharers(
  templates: readonly Template[],
  prefixes: readonly StaticPrefix[],
): Generator<void, readonly Sharers[], void> {
  const isTime = every(stepTemplates);
  const tree = new RadixTree();
  const ends: NodeId[] = [];
  for (const { tokens } of prefixes) {
    ends.push(insertSequence(tree, tokens));
    if (isTime(1)) yield;
  }
  const members = new Map<NodeId, number[]>();
  for (const [index, end] of ends.entries()) {
    for (let node = end; node !== ROOT; node = tree.parent(node)) {
      const known = members.get(node);
      if (known === undefined) members.set(node, [index]);
      else known.push(index);
    }
  }
  const sharers: Sharers[] = [];
  for (const [index, end] of ends.entries()) {
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
    sharers.push(found);
    if (isTime(1)) yield;
  }
  return sharers;
}
