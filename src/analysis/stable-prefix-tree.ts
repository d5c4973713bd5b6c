/** The stable prefixes of templates in one tree, and which of them go through which node. */
import { every } from "../core/steps.ts";
import { type NodeId, RadixTree, ROOT } from "../core/tree/radix-tree.ts";
import { insertSequence } from "../core/tree/walk.ts";

/** Templates between two steps, so that a step takes a few milliseconds. */
const stepTemplates = 128;

export interface StablePrefixTree {
  readonly tree: RadixTree;
  /** The node at which each prefix ends; the root for an empty one. */
  readonly ends: readonly NodeId[];
  /** Indices of the prefixes that go through a node or end there, ascending; none of the root. */
  readonly members: ReadonlyMap<NodeId, readonly number[]>;
}

export function* stablePrefixTree(prefixes: readonly Int32Array[]): Generator<void, StablePrefixTree, void> {
  const isTime = every(stepTemplates);
  const tree = new RadixTree();
  const ends: NodeId[] = [];
  for (const tokens of prefixes) {
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
  return { tree, ends, members };
}
