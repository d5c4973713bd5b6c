import type { NodeId, RadixTree } from "../../tree/radix-tree.ts";

/** What an eviction policy may see of the cache. */
export interface EvictionView {
  readonly tree: RadixTree;
  /** Counts requests, from 1. */
  readonly now: number;
  /** Tokens from the root to the node's end, and on its edge. */
  endTokens(node: NodeId): number;
  edgeTokens(node: NodeId): number;
  /** In use by the request being served. */
  isPinned(node: NodeId): boolean;
  /** All bytes of the node's own states: the KV of its edge and the checkpoint at its end. */
  bytesAt(node: NodeId): number;
  /** Bytes that evicting the node would free: all of a leaf, the checkpoint of a node with one child. */
  freedBytes(node: NodeId): number;
}

/**
 * Names the next victim. It owns its own columns, indexed by node, and is told of every event;
 * it never changes the tree.
 */
export interface Eviction {
  onAdd(node: NodeId): void;
  /** `upper` is new and stands between `lower` and its former parent. */
  onSplit(upper: NodeId, lower: NodeId): void;
  /** `gone` was joined with its only child. */
  onMerge(gone: NodeId, child: NodeId): void;
  onRemove(node: NodeId): void;
  /** The node, which is not the root, got or lost a child. */
  onChildCount(node: NodeId): void;
  /** A request resumed from this node, made a checkpoint at its end, or ended at it. */
  onUse(node: NodeId): void;
  /** An unpinned leaf, or an unpinned node with one child, that frees bytes; NONE when nothing may go. */
  victim(): NodeId;
  /** The same state over a copied cache. */
  copy(view: EvictionView): Eviction;
}
