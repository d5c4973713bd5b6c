/**
 * A kind of model state that a prefix cache keeps along its tree. Each kind answers for itself: what it weighs, where a
 * request can resume, what a boundary costs, what giving one up frees. The cache asks all of them and never which kind it
 * holds, so a new kind is a file beside this one and a line where the components of a model are listed.
 */
import type { Match, NodeId, RadixTree } from "../../tree/radix-tree.ts";
import type { Boundaries } from "../boundaries.ts";
import type { EdgeTokens } from "../edge-tokens.ts";

/** What a component may see of the cache. */
export interface StateView {
  readonly tree: RadixTree;
  readonly edges: EdgeTokens;
  readonly boundaries: Boundaries;
}

export interface Component {
  /** Whether it is there at and around boundaries only, so that what is cached behind the last boundary is of no use. */
  readonly needsBoundaries: boolean;
  /** Under which of the two heads a report counts its bytes. */
  readonly reportedAs: "kv" | "checkpoint";
  /** Of all its states. */
  readonly bytes: number;
  /** Bytes that it holds on the node's edge and at its end. */
  bytesAt(node: NodeId): number;
  /** Bytes that giving up the boundary at the end of a node with children would free, wherever they are. */
  boundaryBytesAt(node: NodeId): number;
  /** Whether a request could resume at the node's end, or somewhere on its edge. */
  isUsable(node: NodeId): boolean;
  /** Deepest position, in symbols, at most `depth`, from which this component can resume along the match. */
  resumeAt(match: Match, depth: number): number;
  /**
   * Bytes of a sequence of so many tokens that is alone in the cache, with boundaries behind these numbers of tokens,
   * ascending. More tokens or boundaries never weigh less.
   */
  weigh(tokens: number, boundaries: readonly number[]): number;
  /** A leaf came to be, without a boundary. */
  onAdd(leaf: NodeId): void;
  /** `upper`, which has no boundary, is new and stands between `lower` and its former parent. */
  onSplit(upper: NodeId, lower: NodeId): void;
  /** `gone`, which had no boundary, was joined with its only child. */
  onMerge(gone: NodeId, child: NodeId): void;
  /** The leaf, which has no boundary any more, is about to leave the tree. */
  onRemove(leaf: NodeId): void;
  /** The node has a boundary now, or no longer. */
  onKeep(node: NodeId): void;
  onDrop(node: NodeId): void;
  /** The same states over a copied tree. */
  copy(view: StateView): Component;
}

export type CreateComponent = (view: StateView) => Component;
