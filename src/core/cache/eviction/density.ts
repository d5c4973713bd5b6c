/**
 * Density over age: the victim is the state that saves the least prefill per byte and per request since its last use,
 *   score = w x (1 + n)^phi x [F(T) - F(P)] / bytes / (q - last + 1),
 * with T the state's position, P the nearest position above from which a request could resume, F the prefill FLOPs up to a
 * position, bytes what evicting the state frees, q the number of the request, and `last` that of the state's last use.
 * n counts uses where uses repeat, at branch points; w is below 1 for the end of a conversation that has gone on.
 * Nothing is scaled over the candidates, so that no state's rank hangs on another's, and nothing is tuned.
 *
 * With `weighsContinuation` the end of a conversation that has not gone on counts with the share of conversations that did
 * go on after as many turns, as far as the history of ids knows.
 *
 * Where the rule and its parameters come from, where it wins and where it loses: docs/density.md.
 */
import { Float64Column, Int32Column } from "../../tokens/columns.ts";
import { NONE, type NodeId, ROOT } from "../../tree/radix-tree.ts";
import type { StateCost } from "../cache-system.ts";
import type { Eviction, EvictionView, Use } from "./eviction.ts";
import { NodeSet } from "./node-set.ts";
import { goesBefore, resumableAbove } from "./order.ts";

export interface DensityOptions {
  /** Nodes looked at for each victim, drawn at random from a fixed seed; all of them where it is left out. */
  readonly sample?: number;
  /** Needs a cache that keeps a history. */
  readonly weighsContinuation?: boolean;
}

/** phi. */
const useExponent = 0.5;
/** omega. */
const supersededWeight = 0.3;

const BRANCH = -1;

export class DensityEviction implements Eviction {
  private readonly view: EvictionView;
  private readonly cost: StateCost;
  private readonly options: DensityOptions;
  private random = 0x9e3779b9;
  private nodes = new NodeSet();
  /** The request that used the state last, or made it. */
  private lastUsed = new Float64Column(64);
  private uses = new Int32Column(64);
  /** For a state at a conversation's end the turn of it, else `BRANCH`. */
  private turn = new Int32Column(64);
  /** FLOPs saved, and the position above that they were computed for; -1 before. */
  private saved = new Float64Column(64);
  private savedFrom = new Int32Column(64);

  constructor(view: EvictionView, cost: StateCost, options: DensityOptions = {}) {
    this.view = view;
    this.cost = cost;
    this.options = options;
  }

  onAdd(node: NodeId): void {
    const { lastUsed, uses, turn, saved, savedFrom } = this;
    for (const column of [lastUsed, uses, turn, saved, savedFrom]) column.reserve(node + 1);
    this.nodes.add(node);
    lastUsed.data[node] = this.view.now;
    uses.data[node] = 0;
    turn.data[node] = BRANCH;
    savedFrom.data[node] = -1;
  }

  /** The upper part holds no state of its own yet; its KV is as old as the edge that it was cut from. */
  onSplit(upper: NodeId, lower: NodeId): void {
    this.onAdd(upper);
    this.lastUsed.data[upper] = this.lastUsed.data[lower];
  }

  onMerge(gone: NodeId): void {
    this.onRemove(gone);
  }

  onRemove(node: NodeId): void {
    this.nodes.remove(node);
  }

  onChildCount(): void {}

  /** Only the state that a request resumed from is refreshed, not one that it passed, or merely ended at. */
  onUse(node: NodeId, use: Use): void {
    if (node === ROOT || use === "ended") return;
    this.lastUsed.data[node] = this.view.now;
    if (use === "resumed") {
      this.uses.data[node]++;
      return;
    }
    this.uses.data[node] = 0;
    this.turn.data[node] = use === "branch" ? BRANCH : (this.view.history?.turn ?? 0);
  }

  victim(): NodeId {
    const { nodes } = this;
    const sample = this.options.sample ?? nodes.size;
    if (nodes.size <= sample) return this.lowest(0, nodes.size);
    for (let i = 0; i < sample; i++) nodes.swap(i, i + (this.nextRandom() % (nodes.size - i)));
    const victim = this.lowest(0, sample);
    // None of the sample may go: then the first of the others that may is as good as any.
    return victim === NONE ? this.lowest(sample, nodes.size) : victim;
  }

  copy(view: EvictionView): DensityEviction {
    const copy = new DensityEviction(view, this.cost, this.options);
    copy.random = this.random;
    copy.nodes = this.nodes.copy();
    copy.lastUsed = this.lastUsed.copy();
    copy.uses = this.uses.copy();
    copy.turn = this.turn.copy();
    copy.saved = this.saved.copy();
    copy.savedFrom = this.savedFrom.copy();
    return copy;
  }

  /** Of equal scores the least recently used goes, then the deepest. */
  private lowest(from: number, to: number): NodeId {
    const { view, nodes } = this;
    let victim = NONE;
    let lowest = Number.POSITIVE_INFINITY;
    for (let i = from; i < to; i++) {
      const node = nodes.at(i);
      const bytes = view.freedBytes(node);
      if (bytes <= 0 || view.isPinned(node)) continue;
      const score = this.score(node, bytes);
      if (score > lowest || (score === lowest && !goesBefore(view, this.lastUsed.data, node, victim)))
        continue;
      lowest = score;
      victim = node;
    }
    return victim;
  }

  private score(node: NodeId, bytes: number): number {
    const age = this.view.now - this.lastUsed.data[node] + 1;
    return (this.weight(node) * this.savedBy(node)) / bytes / age;
  }

  /** w x (1 + n)^phi. */
  private weight(node: NodeId): number {
    const children = this.view.tree.childCount(node);
    const turn = this.turn.data[node];
    if (turn === BRANCH || children > 1) return (1 + this.uses.data[node]) ** useExponent;
    if (children === 1) return supersededWeight;
    if (this.options.weighsContinuation !== true) return 1;
    return this.view.history?.continuationRate(turn) ?? 1;
  }

  /** What every request computes anyway, such as the logits of its last token, is not saved. */
  private savedBy(node: NodeId): number {
    const { view, cost, saved, savedFrom } = this;
    const start = view.endTokens(resumableAbove(view, node));
    if (savedFrom.data[node] !== start) {
      const end = view.endTokens(node);
      savedFrom.data[node] = start;
      saved.data[node] = cost.prefillFlops(start, end) - cost.prefillFlops(end, end);
    }
    return saved.data[node];
  }

  /** xorshift32. */
  private nextRandom(): number {
    let x = this.random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.random = x;
    return x >>> 0;
  }
}
