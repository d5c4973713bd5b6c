/**
 * Everything that was ever sent to a provider, in a radix tree: when each part was last stored, and the units, prefixes
 * that are kept as a whole. It forgets nothing, so that what has expired can be told from what was never there.
 */

import { Float64Column } from "../tokens/columns.ts";
import { concatTokens } from "../tokens/common-prefix.ts";
import { Match, NONE, type NodeId, RadixTree, ROOT } from "../tree/radix-tree.ts";
import { boundaryAt } from "../tree/walk.ts";
import type { ProviderRequest } from "./request.ts";

const NEVER = Number.NEGATIVE_INFINITY;

/** A prefix that is, or was, kept as a whole. */
export interface StoredUnit {
  readonly node: NodeId;
  /** Length of the prefix in tokens. */
  readonly end: number;
  readonly isAlive: boolean;
  /** Alive, and readable by now. */
  readonly isReadable: boolean;
}

/** A run of tokens that was last stored by one request. */
export interface StoredRun {
  readonly end: number;
  /** `-Infinity` when the run was sent, but never stored. */
  readonly storedSeconds: number;
}

export class PrefixStore {
  private readonly tree = new RadixTree();
  private readonly match = new Match();
  private readonly splitAt = (node: NodeId, keep: number): NodeId => this.split(node, keep);
  private readonly storedAt = new Float64Column(64);
  private readonly unitUsedAt = new Float64Column(64);
  private readonly unitReadableAt = new Float64Column(64);
  private readonly unitLifetime = new Float64Column(64);

  constructor() {
    this.enter(ROOT, NEVER);
  }

  /** Leading tokens that agree with what was sent before. */
  matchedTokens(tokens: Int32Array): number {
    return this.tree.match(tokens, tokens.length, this.match).matched;
  }

  /** Runs that cover the matched tokens in order. A run is never stored later than the one before it. */
  runs(tokens: Int32Array): StoredRun[] {
    return this.path(tokens).map((node) => ({
      end: Math.min(this.tree.end(node), this.match.matched),
      storedSeconds: this.storedAt.data[node],
    }));
  }

  /** Units that are prefixes of the tokens, shortest first. */
  units(tokens: Int32Array, nowSeconds: number): StoredUnit[] {
    const units: StoredUnit[] = [];
    for (const node of this.path(tokens)) {
      const end = this.tree.end(node);
      if (end > this.match.matched || this.unitUsedAt.data[node] === NEVER) continue;
      const isAlive = this.isAlive(node, nowSeconds);
      units.push({ node, end, isAlive, isReadable: isAlive && this.unitReadableAt.data[node] <= nowSeconds });
    }
    return units;
  }

  /** Remembers prompt and answer as sent, and returns the node at whose end they end. */
  remember(request: ProviderRequest): NodeId {
    const tokens = concatTokens(request.promptTokens, request.outputTokens);
    const match = this.tree.match(tokens, tokens.length, this.match);
    const node = match.partial === NONE ? match.node : this.split(match.partial, match.partialLength);
    if (match.matched === tokens.length) return node;
    const leaf = this.tree.addLeaf(node, tokens, match.matched, tokens.length);
    this.enter(leaf, NEVER);
    return leaf;
  }

  /** Marks the way to the node as stored. */
  storeRuns(node: NodeId, nowSeconds: number): void {
    for (let at = node; at !== ROOT; at = this.tree.parent(at)) this.storedAt.data[at] = nowSeconds;
  }

  /**
   * Writes the unit of the first `end` tokens on the way to `leaf`. An entry that is alive, but could not be read
   * yet, is made anew: it is readable as early, and lives as long, as either of the two.
   */
  writeUnit(leaf: NodeId, end: number, now: number, readableSeconds: number, lifetimeSeconds: number): void {
    const node = boundaryAt(this.tree, leaf, end, this.splitAt);
    const isAlive = this.isAlive(node, now);
    const readable = isAlive ? Math.min(this.unitReadableAt.data[node], readableSeconds) : readableSeconds;
    const goneAt = isAlive ? this.unitUsedAt.data[node] + this.unitLifetime.data[node] : NEVER;
    this.unitReadableAt.data[node] = readable;
    this.unitLifetime.data[node] = Math.max(lifetimeSeconds, goneAt - now);
    this.unitUsedAt.data[node] = now;
  }

  /** Starts the lifetime of a unit, and of all living units inside it, anew. */
  renewUnits(node: NodeId, nowSeconds: number): void {
    for (let at = node; at !== ROOT; at = this.tree.parent(at)) {
      if (this.isAlive(at, nowSeconds)) this.unitUsedAt.data[at] = nowSeconds;
    }
  }

  /** Whether a living unit of exactly `end` tokens lies on the way to `leaf`. */
  hasUnit(leaf: NodeId, end: number, nowSeconds: number): boolean {
    for (let at = leaf; at !== ROOT && this.tree.end(at) >= end; at = this.tree.parent(at)) {
      if (this.tree.end(at) === end) return this.isAlive(at, nowSeconds);
    }
    return false;
  }

  private isAlive(node: NodeId, nowSeconds: number): boolean {
    const usedAt = this.unitUsedAt.data[node];
    return usedAt !== NEVER && nowSeconds - usedAt <= this.unitLifetime.data[node];
  }

  /** Nodes from the first below the root to the deepest that agrees at least in part. Leaves the match as it found it. */
  private path(tokens: Int32Array): NodeId[] {
    const match = this.tree.match(tokens, tokens.length, this.match);
    const nodes: NodeId[] = [];
    let node = match.partial === NONE ? match.node : match.partial;
    for (; node !== ROOT; node = this.tree.parent(node)) nodes.push(node);
    return nodes.reverse();
  }

  /** The lower part keeps the unit; both were stored at the same time. */
  private split(node: NodeId, keep: number): NodeId {
    const upper = this.tree.split(node, keep);
    this.enter(upper, this.storedAt.data[node]);
    return upper;
  }

  private enter(node: NodeId, storedAt: number): void {
    for (const column of [this.storedAt, this.unitUsedAt, this.unitReadableAt, this.unitLifetime]) {
      column.reserve(node + 1);
    }
    this.storedAt.data[node] = storedAt;
    this.unitUsedAt.data[node] = NEVER;
    this.unitReadableAt.data[node] = 0;
    this.unitLifetime.data[node] = 0;
  }
}
