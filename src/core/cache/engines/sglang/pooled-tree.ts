/**
 * SGLang's radix tree: nodes own the KV of their edge and at most one recurrent state, valid at the node's end. KV and
 * states lie in two pools, of which the running request takes its share, and have an order of recency each.
 * States of the tree can have a pool of their own. A node that lost its state and has others below it stays as a tombstone:
 * KV that can be matched, but not resumed from.
 * Source: sgl-project/sglang `srt/mem_cache/unified_radix_cache.py` and `srt/mem_cache/radix_cache.py` at 8905cbd.
 *
 * Lengths are in symbols: tokens, or pages of tokens.
 */
import { invariant } from "../../../invariant.ts";
import { Int32Column } from "../../../tokens/columns.ts";
import { NONE, type NodeId, RadixTree, ROOT } from "../../../tree/radix-tree.ts";
import type { Served } from "../../cache-system.ts";
import { RecencyList } from "../../recency-list.ts";

export interface PooledTreeOptions {
  /** Symbols in the KV pool; infinite where it is never full. */
  readonly kvSymbols: number;
  /** 0 without recurrent layers. */
  readonly stateSlots: number;
  /** See `SglangPools`. */
  readonly checkpointSlots?: number;
  readonly bytesPerSymbol: number;
  readonly stateBytes: number;
}

/** Where a sequence leaves the tree below a node. */
export interface Walk {
  /** The deepest node whose edge agrees completely. */
  readonly node: NodeId;
  readonly matched: number;
}

export class PooledTree {
  /** What the running request holds beside the tree. */
  ownSymbols = 0;
  ownSlots = 0;
  /** Symbols and states in the tree. */
  symbolCount = 0;
  stateCount = 0;
  protected readonly options: PooledTreeOptions;
  protected readonly tree = new RadixTree();
  private readonly stateAt = new Int32Column(64);
  /** The request that uses the node's KV. */
  private readonly lockedBy = new Int32Column(64);
  /** A path locks KV only, its end the state too. */
  private lockedEnd: NodeId = ROOT;
  protected readonly kvRecency = new RecencyList();
  private readonly stateRecency = new RecencyList();
  private now = 0;
  private readonly path: NodeId[] = [];

  constructor(options: PooledTreeOptions) {
    this.options = options;
  }

  get freeSymbols(): number {
    return this.options.kvSymbols - this.symbolCount - this.ownSymbols;
  }

  /** In the pool of the running request. */
  get freeSlots(): number {
    const { stateSlots, checkpointSlots } = this.options;
    return stateSlots - this.ownSlots - (checkpointSlots === undefined ? this.stateCount : 0);
  }

  /** In the pool of the tree's states. */
  get freeCheckpointSlots(): number {
    const { checkpointSlots } = this.options;
    return checkpointSlots === undefined ? this.freeSlots : checkpointSlots - this.stateCount;
  }

  /** Whether the pools hold so much when nothing else is in them. */
  canHold(symbols: number, slots: number): boolean {
    return symbols <= this.options.kvSymbols && slots <= this.options.stateSlots;
  }

  /** Symbols of what the running request holds behind `from` that become the tree's up to `target`, where `walk` ended. */
  addedSymbols(_from: NodeId, walk: Walk, target: number): number {
    return target - walk.matched;
  }

  /** Whether so much of what the running request holds can become the tree's. */
  canAdd(symbols: number, states: number): boolean {
    return this.symbolCount + symbols <= this.options.kvSymbols && states <= this.freeCheckpointSlots;
  }

  end(node: NodeId): number {
    return this.tree.end(node);
  }

  holdsState(node: NodeId): boolean {
    return this.stateAt.data[node] === 1;
  }

  /** The node itself, or the nearest above it with a state. */
  resumable(node: NodeId): NodeId {
    let found = node;
    while (found !== ROOT && !this.holdsState(found)) found = this.tree.parent(found);
    return found;
  }

  /** Positions of the states on the path to `node`, ascending. */
  statesAlong(node: NodeId): number[] {
    const positions: number[] = [];
    for (let visited = node; visited !== ROOT; visited = this.tree.parent(visited))
      if (this.holdsState(visited)) positions.push(this.tree.end(visited));
    return positions.reverse();
  }

  /** As far as the sequence agrees below `from`, which lies on it. Changes nothing. */
  matchedFrom(from: NodeId, sequence: Int32Array, limit: number): Walk {
    let node = from;
    let matched = this.tree.end(from);
    while (matched < limit) {
      const child = this.tree.child(node, sequence[matched]);
      if (child === NONE) break;
      const agreed = this.tree.agreement(child, sequence, matched, limit);
      matched += agreed;
      if (agreed < this.tree.edgeLength(child)) break;
      node = child;
    }
    return { node, matched };
  }

  /** The node at whose end a walk ends; splits the edge that agrees in part. */
  nodeAt({ node, matched }: Walk, sequence: Int32Array): NodeId {
    const end = this.tree.end(node);
    return matched === end ? node : this.split(this.tree.child(node, sequence[end]), matched - end);
  }

  beginRequest(): void {
    this.now++;
    this.lockedEnd = ROOT;
    this.ownSymbols = 0;
    this.ownSlots = 0;
  }

  endRequest(): void {
    this.ownSymbols = 0;
    this.ownSlots = 0;
    this.lockedEnd = ROOT;
    this.now++;
  }

  /** The path to `node` cannot go, nor its state; those of its ancestors can. */
  lock(node: NodeId): void {
    this.lockedEnd = node;
    for (let visited = node; visited !== ROOT; visited = this.tree.parent(visited)) {
      if (this.lockedBy.data[visited] === this.now) return;
      this.lockedBy.data[visited] = this.now;
    }
  }

  /** The path from below `above` to `node` can go again. */
  unlock(above: NodeId, node: NodeId): void {
    for (let visited = node; visited !== above; visited = this.tree.parent(visited))
      this.lockedBy.data[visited] = 0;
  }

  /** The KV of the path becomes the newest, from the root to its end; of states only the one at the end. */
  renew(node: NodeId): void {
    const { path } = this;
    path.length = 0;
    for (let visited = node; visited !== ROOT; visited = this.tree.parent(visited)) path.push(visited);
    for (let index = path.length - 1; index >= 0; index--) {
      this.kvRecency.remove(path[index]);
      this.kvRecency.append(path[index]);
    }
    if (this.holdsState(node)) this.renewState(node);
  }

  /** The KV of `sequence[end(parent), end)`, which nobody held, is the tree's. */
  append(parent: NodeId, sequence: Int32Array, end: number): NodeId {
    const leaf = this.tree.addLeaf(parent, sequence, this.tree.end(parent), end);
    this.enter(leaf);
    this.kvRecency.append(leaf);
    this.symbolCount += this.tree.edgeLength(leaf);
    return leaf;
  }

  keepState(node: NodeId): void {
    invariant(!this.holdsState(node), `node ${node} holds a state already`);
    this.stateAt.data[node] = 1;
    this.stateCount++;
    this.stateRecency.append(node);
  }

  /** Oldest leaves go until so many symbols were freed, or none is left that can go. */
  evictKv(symbols: number, out: Served): void {
    for (let freed = 0; freed < symbols; ) {
      let leaf = this.kvRecency.oldest;
      while (leaf >= 0 && (this.isLocked(leaf) || !this.isLeaf(leaf))) leaf = this.kvRecency.newerThan(leaf);
      if (leaf < 0) return;
      freed += this.tree.edgeLength(leaf);
      this.evictLeaf(leaf, out);
    }
  }

  /** So many of the oldest states go, or as many as can: with a leaf its KV, of any other node the state alone. */
  evictStates(states: number, out: Served): void {
    let node = this.stateRecency.oldest;
    for (let evicted = 0; evicted < states && node >= 0; ) {
      const next = this.stateRecency.newerThan(node);
      if (node !== this.lockedEnd) {
        evicted++;
        if (this.isLeaf(node)) this.evictLeaf(node, out);
        else {
          this.dropState(node, out);
          out.evictedNodes++;
        }
      }
      node = next;
    }
  }

  /** An insertion that is not of a chunk, or is, has passed the path to `node`. For caches that count them. */
  pass(_node: NodeId, _isChunk: boolean): void {}

  /** The same of a node that it added. */
  passNew(_node: NodeId, _isChunk: boolean): void {}

  /**
   * Gives up states of the path to `tail`, the shallowest first, but its own, that of the request that is locked, and those
   * whose node is no link of a chain: forks and leaves. A state that stands above a fork, and not at it, goes.
   * `unified_cache/components/mamba.py` (`_evict_excess_path_states`) at b8f7466.
   */
  thinPath(tail: NodeId, most: number, out: Served): void {
    if (most === Number.POSITIVE_INFINITY) return;
    const holders: NodeId[] = [];
    for (let visited = tail; visited !== ROOT; visited = this.tree.parent(visited))
      if (this.holdsState(visited)) holders.push(visited);
    let excess = holders.length - most;
    for (const node of holders.reverse()) {
      if (excess <= 0 || node === tail) return;
      if (node === this.lockedEnd || this.tree.childCount(node) !== 1 || this.isLeaf(node)) continue;
      this.dropState(node, out);
      out.evictedNodes++;
      excess--;
    }
  }

  private renewState(node: NodeId): void {
    this.stateRecency.remove(node);
    this.stateRecency.append(node);
  }

  /** Both halves become the newest; a state stays with the lower one, and is renewed. */
  protected split(node: NodeId, keep: number): NodeId {
    const upper = this.tree.split(node, keep);
    this.enter(upper);
    this.lockedBy.data[upper] = this.lockedBy.data[node];
    this.kvRecency.append(upper);
    this.kvRecency.remove(node);
    this.kvRecency.append(node);
    if (this.holdsState(node)) this.renewState(node);
    return upper;
  }

  protected enter(node: NodeId): void {
    this.stateAt.reserve(node + 1);
    this.lockedBy.reserve(node + 1);
    this.stateAt.data[node] = 0;
    this.lockedBy.data[node] = 0;
  }

  protected isLocked(node: NodeId): boolean {
    return this.lockedBy.data[node] === this.now;
  }

  /** Whether its KV can go before that of others. */
  protected isLeaf(node: NodeId): boolean {
    return this.tree.childCount(node) === 0;
  }

  protected evictLeaf(leaf: NodeId, out: Served): void {
    this.remove(leaf, out);
  }

  protected dropState(node: NodeId, out: Served): void {
    this.stateAt.data[node] = 0;
    this.stateCount--;
    this.stateRecency.remove(node);
    out.evictedBytes += this.options.stateBytes;
  }

  /** Its parent stays, even without a state and with nothing below it: it goes when it is the oldest leaf. */
  protected remove(leaf: NodeId, out: Served): void {
    if (this.holdsState(leaf)) this.dropState(leaf, out);
    const symbols = this.tree.edgeLength(leaf);
    this.symbolCount -= symbols;
    out.evictedBytes += symbols * this.options.bytesPerSymbol;
    out.evictedNodes++;
    this.kvRecency.remove(leaf);
    this.tree.removeLeaf(leaf);
  }
}
