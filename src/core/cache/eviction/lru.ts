/**
 * Least recently used leaf. A use refreshes the whole path to the root, as in SGLang's radix cache and in vLLM's free list,
 * whose blocks go tail first.
 * The order is a doubly linked list in columns, oldest first. Ancestors are always newer than their descendants,
 * so the oldest unpinned node is a leaf, and a victim costs O(1) plus the pinned nodes passed over.
 */
import { NONE, type NodeId, ROOT } from "../../tree/radix-tree.ts";
import { RecencyList } from "../recency-list.ts";
import type { Eviction, EvictionView } from "./eviction.ts";

export class LruEviction implements Eviction {
  private readonly view: EvictionView;
  private readonly recency: RecencyList;

  constructor(view: EvictionView, recency = new RecencyList()) {
    this.view = view;
    this.recency = recency;
  }

  onAdd(node: NodeId): void {
    this.recency.append(node);
  }

  onSplit(upper: NodeId, lower: NodeId): void {
    this.recency.insertAfter(upper, lower);
  }

  /** The merged node is as recent as the more recent of the two, which is the one nearer to the root. */
  onMerge(gone: NodeId, child: NodeId): void {
    this.recency.remove(child);
    this.recency.insertAfter(child, gone);
    this.recency.remove(gone);
  }

  onRemove(node: NodeId): void {
    this.recency.remove(node);
  }

  /** A parent is newer than its children, so that it need not be known to have become a leaf. */
  onChildCount(): void {}

  onUse(node: NodeId): void {
    for (let visited = node; visited !== ROOT && visited !== NONE; visited = this.view.tree.parent(visited)) {
      this.recency.remove(visited);
      this.recency.append(visited);
    }
  }

  victim(): NodeId {
    let node = this.recency.oldest;
    while (node !== NONE && (this.view.isPinned(node) || this.view.tree.childCount(node) > 0)) {
      node = this.recency.newerThan(node);
    }
    return node;
  }

  copy(view: EvictionView): LruEviction {
    return new LruEviction(view, this.recency.copy());
  }
}
