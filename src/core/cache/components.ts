/**
 * The kinds of model state that a prefix cache keeps along its tree. Each declares its own answer to the same questions;
 * the tree never asks which kind it holds. KV divides at any symbol; a recurrent checkpoint is usable only where it was kept.
 */
import { Int32Column } from "../tokens/columns.ts";
import { type Match, type NodeId, type RadixTree, ROOT } from "../tree/radix-tree.ts";
import type { EdgeTokens } from "./edge-tokens.ts";

export interface Component {
  readonly bytes: number;
  /** Bytes that this component holds at the node. */
  bytesAt(node: NodeId): number;
  /** Deepest position, in symbols, at most `depth`, from which this component can resume along the match. */
  resumeAt(match: Match, depth: number): number;
}

/** Keys and values of every attention layer, one entry per token. */
export class KvComponent implements Component {
  private readonly edges: EdgeTokens;
  private readonly bytesPerToken: number;
  private tokens = 0;

  constructor(edges: EdgeTokens, bytesPerToken: number) {
    this.edges = edges;
    this.bytesPerToken = bytesPerToken;
  }

  get bytes(): number {
    return this.tokens * this.bytesPerToken;
  }

  bytesAt(node: NodeId): number {
    return node === ROOT ? 0 : this.edges.edge(node) * this.bytesPerToken;
  }

  resumeAt(_match: Match, depth: number): number {
    return depth;
  }

  added(node: NodeId): void {
    this.tokens += this.edges.edge(node);
  }

  /** Call before the node leaves the tree. */
  removed(node: NodeId): void {
    this.tokens -= this.edges.edge(node);
  }

  copy(edges: EdgeTokens): KvComponent {
    const copy = new KvComponent(edges, this.bytesPerToken);
    copy.tokens = this.tokens;
    return copy;
  }
}

/**
 * States of every recurrent layer, kept at the ends of some nodes.
 * With `bytesEach` 0 (no recurrent layer) the marks remain as boundaries at which a policy wants nodes to end,
 * cost nothing, and resuming does not need them.
 */
export class CheckpointComponent implements Component {
  readonly bytesEach: number;
  private readonly tree: RadixTree;
  private readonly kept: Int32Column;
  private keptCount = 0;

  constructor(tree: RadixTree, bytesEach: number, kept = new Int32Column(64)) {
    this.tree = tree;
    this.bytesEach = bytesEach;
    this.kept = kept;
  }

  get isRequired(): boolean {
    return this.bytesEach > 0;
  }

  get count(): number {
    return this.isRequired ? this.keptCount : 0;
  }

  get bytes(): number {
    return this.keptCount * this.bytesEach;
  }

  bytesAt(node: NodeId): number {
    return this.has(node) ? this.bytesEach : 0;
  }

  has(node: NodeId): boolean {
    return this.kept.data[node] === 1;
  }

  resumeAt(match: Match, depth: number): number {
    if (!this.isRequired) return depth;
    let node = match.node;
    while (node !== ROOT && (!this.has(node) || this.tree.end(node) > depth)) node = this.tree.parent(node);
    return this.tree.end(node);
  }

  /** A node came to be; ids are reused, so what an earlier node had must go. */
  added(node: NodeId): void {
    this.kept.reserve(node + 1);
    this.kept.data[node] = 0;
  }

  keep(node: NodeId): void {
    if (this.has(node)) return;
    this.kept.data[node] = 1;
    this.keptCount++;
  }

  drop(node: NodeId): void {
    if (!this.has(node)) return;
    this.kept.data[node] = 0;
    this.keptCount--;
  }

  copy(tree: RadixTree): CheckpointComponent {
    const copy = new CheckpointComponent(tree, this.bytesEach, this.kept.copy());
    copy.keptCount = this.keptCount;
    return copy;
  }
}
