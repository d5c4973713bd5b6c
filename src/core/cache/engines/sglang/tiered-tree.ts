/**
 * HiCache: SGLang's radix tree whose nodes lie on the GPU, in host memory, or in both. An insertion that passes a node often
 * enough copies its KV and its state to the host; where the GPU's pools are short, copied leaves stay there, and others go.
 * Source: sgl-project/sglang `srt/mem_cache/unified_cache/unified_tree_core.py` at 018c3bd, `components/{full,mamba}.py` at
 * b8f7466, and `srt/mem_cache/unified_radix_cache.py` (`load_back`, `_execute_kv_backup`) at 0010677.
 *
 * Copying takes no time: nothing waits for it, and nothing is held for it. Lengths are in symbols.
 */
import { Int32Column } from "../../../tokens/columns.ts";
import { type NodeId, ROOT } from "../../../tree/radix-tree.ts";
import type { Served } from "../../cache-system.ts";
import { RecencyList } from "../../recency-list.ts";
import { PooledTree, type PooledTreeOptions, type Walk } from "./pooled-tree.ts";

export interface TieredTreeOptions extends PooledTreeOptions {
  readonly hostSymbols: number;
  readonly hostStateSlots: number;
  /** Insertions that pass a node before it is copied. */
  readonly copiedAfter: number;
}

export class TieredTree extends PooledTree {
  /** In host memory. */
  hostSymbolCount = 0;
  hostStateCount = 0;
  private readonly tierOptions: TieredTreeOptions;
  /** 1 where the KV is on the host alone. */
  private readonly away = new Int32Column(64);
  private readonly copied = new Int32Column(64);
  private readonly stateCopied = new Int32Column(64);
  private readonly passes = new Int32Column(64);
  /** Children whose KV is on the GPU. */
  private readonly childrenHere = new Int32Column(64);
  /** States that are on the host alone. */
  private readonly hostStateRecency = new RecencyList();

  constructor(options: TieredTreeOptions) {
    super(options);
    this.tierOptions = options;
    this.enter(ROOT);
  }

  /** The node itself, or the nearest above it with a state on the GPU or the host. */
  override resumable(node: NodeId): NodeId {
    let found = node;
    while (found !== ROOT && !this.holdsStateAnywhere(found)) found = this.tree.parent(found);
    return found;
  }

  /** The same on the GPU alone; `needsState` where KV is not enough. */
  resumableHere(node: NodeId, needsState: boolean): NodeId {
    let found = node;
    while (found !== ROOT && (this.isAway(found) || (needsState && !this.holdsState(found))))
      found = this.tree.parent(found);
    return found;
  }

  override statesAlong(node: NodeId): number[] {
    const positions: number[] = [];
    for (let visited = node; visited !== ROOT; visited = this.tree.parent(visited))
      if (this.holdsStateAnywhere(visited)) positions.push(this.tree.end(visited));
    return positions.reverse();
  }

  /** Symbols on the path to `node` that are on the host alone. */
  awaySymbols(node: NodeId): number {
    let symbols = 0;
    for (let visited = node; visited !== ROOT && this.isAway(visited); visited = this.tree.parent(visited))
      symbols += this.tree.edgeLength(visited);
    return symbols;
  }

  /** All of the path to `node` is on the GPU too, and the state at its end where one is on the host. Pools have room. */
  bringBack(node: NodeId): void {
    for (let visited = node; visited !== ROOT && this.isAway(visited); visited = this.tree.parent(visited))
      this.arrive(visited);
    if (this.stateCopied.data[node] === 1 && !this.holdsState(node)) this.keepState(node);
  }

  override addedSymbols(from: NodeId, _walk: Walk, target: number): number {
    return target - this.tree.end(from);
  }

  /** KV that was on the host alone is on the GPU as the request computed it; what has been passed often enough is copied. */
  override pass(node: NodeId, isChunk: boolean): void {
    const path: NodeId[] = [];
    for (let visited = node; visited !== ROOT; visited = this.tree.parent(visited)) path.push(visited);
    for (const passed of path.reverse()) {
      if (this.isAway(passed)) this.arrive(passed);
      this.passNew(passed, isChunk);
    }
  }

  override passNew(node: NodeId, isChunk: boolean): void {
    if (isChunk || node === ROOT) return;
    this.passes.data[node]++;
    const isDue = this.passes.data[node] >= this.tierOptions.copiedAfter;
    if (isDue && this.copied.data[node] === 0) this.copyPath(node);
  }

  override append(parent: NodeId, sequence: Int32Array, end: number): NodeId {
    const leaf = super.append(parent, sequence, end);
    this.childrenHere.data[parent]++;
    return leaf;
  }

  override keepState(node: NodeId): void {
    super.keepState(node);
    if (this.stateCopied.data[node] === 1) this.hostStateRecency.remove(node);
  }

  protected override enter(node: NodeId): void {
    super.enter(node);
    for (const column of [this.away, this.copied, this.stateCopied, this.passes, this.childrenHere]) {
      column.reserve(node + 1);
      column.data[node] = 0;
    }
  }

  /** A copied state stays with the lower half. */
  protected override split(node: NodeId, keep: number): NodeId {
    const upper = super.split(node, keep);
    for (const column of [this.away, this.copied, this.passes]) column.data[upper] = column.data[node];
    this.childrenHere.data[upper] = this.isAway(node) ? 0 : 1;
    return upper;
  }

  protected override isLeaf(node: NodeId): boolean {
    return !this.isAway(node) && this.childrenHere.data[node] === 0;
  }

  protected override evictLeaf(leaf: NodeId, out: Served): void {
    this.childrenHere.data[this.tree.parent(leaf)]--;
    if (this.copied.data[leaf] === 0) {
      this.remove(leaf, out);
      return;
    }
    const symbols = this.tree.edgeLength(leaf);
    this.away.data[leaf] = 1;
    this.symbolCount -= symbols;
    out.evictedBytes += symbols * this.options.bytesPerSymbol;
    out.evictedNodes++;
    if (this.holdsState(leaf)) this.dropState(leaf, out);
  }

  protected override dropState(node: NodeId, out: Served): void {
    super.dropState(node, out);
    if (this.stateCopied.data[node] === 1) this.hostStateRecency.append(node);
  }

  private isAway(node: NodeId): boolean {
    return this.away.data[node] === 1;
  }

  private holdsStateAnywhere(node: NodeId): boolean {
    return this.holdsState(node) || this.stateCopied.data[node] === 1;
  }

  private arrive(node: NodeId): void {
    this.away.data[node] = 0;
    this.symbolCount += this.tree.edgeLength(node);
    this.childrenHere.data[this.tree.parent(node)]++;
  }

  /** The node and those above it that are not copied yet, from the top, until the host has no room. */
  private copyPath(node: NodeId): void {
    const path: NodeId[] = [];
    for (let above = node; above !== ROOT && this.copied.data[above] === 0; above = this.tree.parent(above))
      path.push(above);
    for (const next of path.reverse()) if (!this.copy(next)) return;
  }

  private copy(node: NodeId): boolean {
    const symbols = this.tree.edgeLength(node);
    const missing = this.hostSymbolCount + symbols - this.tierOptions.hostSymbols;
    if (missing > 0 && this.evictHostKv(missing) < missing) return false;
    const hasState = this.holdsState(node);
    if (hasState && this.hostStateCount >= this.tierOptions.hostStateSlots) this.evictHostState();
    if (hasState && this.hostStateCount >= this.tierOptions.hostStateSlots) return false;
    this.copied.data[node] = 1;
    this.hostSymbolCount += symbols;
    if (!hasState) return true;
    this.stateCopied.data[node] = 1;
    this.hostStateCount++;
    return true;
  }

  /** Oldest leaves that are on the host alone go until so much was freed, or none is left. Returns how much was. */
  private evictHostKv(symbols: number): number {
    let freed = 0;
    while (freed < symbols) {
      let leaf = this.kvRecency.oldest;
      while (leaf >= 0 && !this.isHostLeaf(leaf)) leaf = this.kvRecency.newerThan(leaf);
      if (leaf < 0) break;
      freed += this.tree.edgeLength(leaf);
      this.removeFromHost(leaf);
    }
    return freed;
  }

  /** The oldest that is on the host alone, with a leaf its KV. */
  private evictHostState(): void {
    const node = this.hostStateRecency.oldest;
    if (node < 0) return;
    if (this.isHostLeaf(node)) this.removeFromHost(node);
    else this.forgetStateCopy(node);
  }

  private isHostLeaf(node: NodeId): boolean {
    return this.isAway(node) && this.tree.childCount(node) === 0;
  }

  private forgetStateCopy(node: NodeId): void {
    this.stateCopied.data[node] = 0;
    this.hostStateCount--;
    this.hostStateRecency.remove(node);
  }

  private removeFromHost(leaf: NodeId): void {
    if (this.stateCopied.data[leaf] === 1) this.forgetStateCopy(leaf);
    this.hostSymbolCount -= this.tree.edgeLength(leaf);
    this.kvRecency.remove(leaf);
    this.tree.removeLeaf(leaf);
  }
}
