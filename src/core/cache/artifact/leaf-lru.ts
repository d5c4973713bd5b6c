import { type NodeId, type RadixTree, ROOT } from "../../tree/radix-tree.ts";
import { TimeHeap } from "./time-heap.ts";

/**
 * Removes least recently used leaves until `target` bytes are freed or only the root is left.
 * `times` are those of the last access, by node; `remove` takes a leaf out and returns the bytes it counted for.
 */
export function evictLeastRecentLeaves(
  tree: RadixTree,
  times: Float64Array,
  target: number,
  remove: (leaf: NodeId) => number,
): void {
  const leaves: NodeId[] = [];
  tree.forEachPreorder((node) => {
    if (tree.childCount(node) === 0) leaves.push(node);
  });
  if (leaves.length === 0) leaves.push(ROOT);
  const heap = new TimeHeap(leaves, times);
  let freed = 0;
  while (freed < target && heap.size > 0) {
    const leaf = heap.pop();
    if (leaf === ROOT) return;
    const parent = tree.parent(leaf);
    freed += remove(leaf);
    if (tree.childCount(parent) === 0) heap.push(parent);
  }
}
