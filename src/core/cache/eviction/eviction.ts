import type { NodeId, RadixTree } from "../../tree/radix-tree.ts";
import type { SequenceHistory } from "../sequence-history.ts";

/**
 * How a request used a node: it resumed from it, made a checkpoint at it (where it left what was cached, or at its own end),
 * or merely ended at it.
 */
export type Use = "resumed" | "branch" | "end" | "ended";

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
  /** Whether a request could resume at the node's end. */
  canResumeAt(node: NodeId): boolean;
  /** Bytes that evicting the node would free: all of a leaf, the checkpoint of a node with children. */
  freedBytes(node: NodeId): number;
  /** What was sent before, the request being served included; `null` where the cache keeps no history. */
  readonly history: SequenceHistory | null;
}

/**
 * Names the next victim. It owns its own columns, indexed by node, and is told of every event;
 * it never changes the tree.
 */
export interface Eviction {
  /** How much FLOP efficiency weighs against recency; left out where nothing is weighed. */
  alpha?: number;
  onAdd(node: NodeId): void;
  /** `upper` is new and stands between `lower` and its former parent. */
  onSplit(upper: NodeId, lower: NodeId): void;
  /** `gone` was joined with its only child. */
  onMerge(gone: NodeId, child: NodeId): void;
  onRemove(node: NodeId): void;
  /** The node, which is not the root, got or lost a child. */
  onChildCount(node: NodeId): void;
  onUse(node: NodeId, use: Use): void;
  /** An unpinned node that frees bytes; NONE when nothing may go. Of a node with children only the checkpoint goes. */
  victim(): NodeId;
  /** The same state over a copied cache. */
  copy(view: EvictionView): Eviction;
}
