/** Walks up a radix tree, for whoever keeps facts along it. */
import { Match, NONE, type NodeId, type RadixTree, ROOT } from "./radix-tree.ts";

/** The node on the path to `node` whose edge holds symbol number `position`, counted from 1; the root for 0. */
export function nodeCovering(tree: RadixTree, node: NodeId, position: number): NodeId {
  let covering = node;
  while (covering !== ROOT && tree.end(tree.parent(covering)) >= position) covering = tree.parent(covering);
  return covering;
}

/**
 * The node on the path to `node` that ends at `position`, at most the node's own end. Where there is none yet an edge is
 * split after `keep` symbols: `split` returns the upper node, as `RadixTree.split` does, and sees to its facts.
 */
export function boundaryAt(
  tree: RadixTree,
  node: NodeId,
  position: number,
  split: (node: NodeId, keep: number) => NodeId,
): NodeId {
  const covering = nodeCovering(tree, node, position);
  const end = tree.end(covering);
  return end === position ? covering : split(covering, tree.edgeLength(covering) - (end - position));
}

/** Enters a sequence; gives the node at its end, whose id stays when others are entered. `match` is used for looking up. */
export function insertSequence(tree: RadixTree, sequence: Int32Array, match = new Match()): NodeId {
  tree.match(sequence, sequence.length, match);
  const { node, partial, partialLength, matched } = match;
  const end = partial === NONE ? node : tree.split(partial, partialLength);
  return matched < sequence.length ? tree.addLeaf(end, sequence, matched, sequence.length) : end;
}
