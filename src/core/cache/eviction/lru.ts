/**
 * Least recently used leaf. A use refreshes the whole path to the root, as in SGLang's radix cache and in vLLM's free list,
 * whose blocks go tail first.
 * The order is a doubly linked list in columns, oldest first. Ancestors are always newer than their descendants,
 * so the oldest unpinned node is a leaf, and a victim costs O(1) plus the pinned nodes passed over.
 */
import { Int32Column } from "../../tokens/columns.ts";
import { NONE, type NodeId, ROOT } from "../../tree/radix-tree.ts";
import type { Eviction, EvictionView } from "./eviction.ts";

export class LruEviction implements Eviction {
  private readonly view: EvictionView;
  private older: Int32Column;
  private newer: Int32Column;
  private oldest: NodeId = NONE;
  private newest: NodeId = NONE;

  constructor(view: EvictionView) {
    this.view = view;
    this.older = new Int32Column(64);
    this.newer = new Int32Column(64);
  }

  onAdd(node: NodeId): void {
    this.older.reserve(node + 1);
    this.newer.reserve(node + 1);
    this.linkAfter(node, this.newest);
  }

  onSplit(upper: NodeId, lower: NodeId): void {
    this.older.reserve(upper + 1);
    this.newer.reserve(upper + 1);
    this.linkAfter(upper, lower);
  }

  /** The merged node is as recent as the more recent of the two, which is the one nearer to the root. */
  onMerge(gone: NodeId, child: NodeId): void {
    this.unlink(child);
    this.linkAfter(child, gone);
    this.unlink(gone);
  }

  onRemove(node: NodeId): void {
    this.unlink(node);
  }

  onUse(node: NodeId): void {
    for (let visited = node; visited !== ROOT && visited !== NONE; visited = this.view.tree.parent(visited)) {
      this.unlink(visited);
      this.linkAfter(visited, this.newest);
    }
  }

  victim(): NodeId {
    let node = this.oldest;
    while (node !== NONE && (this.view.isPinned(node) || this.view.tree.childCount(node) > 0)) {
      node = this.newer.data[node];
    }
    return node;
  }

  copy(view: EvictionView): LruEviction {
    const copy = new LruEviction(view);
    copy.older = this.older.copy();
    copy.newer = this.newer.copy();
    copy.oldest = this.oldest;
    copy.newest = this.newest;
    return copy;
  }

  /** Makes `node` the next newer one after `before`; `before` NONE stands for an empty list. */
  private linkAfter(node: NodeId, before: NodeId): void {
    const after = before === NONE ? NONE : this.newer.data[before];
    this.older.data[node] = before;
    this.newer.data[node] = after;
    if (before === NONE) this.oldest = node;
    else this.newer.data[before] = node;
    if (after === NONE) this.newest = node;
    else this.older.data[after] = node;
  }

  private unlink(node: NodeId): void {
    const before = this.older.data[node];
    const after = this.newer.data[node];
    if (before === NONE) this.oldest = after;
    else this.newer.data[before] = after;
    if (after === NONE) this.newest = before;
    else this.older.data[after] = before;
  }
}
