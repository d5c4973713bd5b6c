/**
 * Marconi's eviction (arXiv 2411.19379, section 4.2, equation 2): the victim is the entry with the lowest
 *   recency + alpha x FLOP efficiency,
 * both scaled to [0, 1] over the candidates, which are the nodes with at most one child.
 * FLOP efficiency is the prefill that the entry saves beyond its parent, per byte of the entry's own states.
 * Recency is 1 / age in requests: the paper gives no formula, the artifact has this one.
 * On ties the least recently used goes, and of what one request used, which lies on one path, the deepest.
 * A score changes for all when one candidate leaves, so each victim costs a pass over the candidates.
 */
import { Float64Column, Int32Column } from "../../tokens/columns.ts";
import { NONE, type NodeId, ROOT } from "../../tree/radix-tree.ts";
import type { StateCost } from "../cache-system.ts";
import type { Eviction, EvictionView } from "./eviction.ts";

export class UtilityEviction implements Eviction {
  alpha: number;
  private readonly view: EvictionView;
  private readonly cost: StateCost;
  private lastUsed = new Float64Column(64);
  /** FLOPs saved beyond the parent; NaN until it is needed. */
  private savedFlops = new Float64Column(64);
  /** All nodes, densely, and where each stands in the list. */
  private nodes = new Int32Column(64);
  private places = new Int32Column(64);
  private count = 0;
  private candidates = new Int32Column(64);
  private efficiencies = new Float64Column(64);
  private recencies = new Float64Column(64);

  constructor(view: EvictionView, cost: StateCost, alpha: number) {
    this.view = view;
    this.cost = cost;
    this.alpha = alpha;
  }

  onAdd(node: NodeId): void {
    this.enter(node);
    this.lastUsed.data[node] = this.view.now;
  }

  /** The upper part is as old as the edge that it was cut from. */
  onSplit(upper: NodeId, lower: NodeId): void {
    this.enter(upper);
    this.lastUsed.data[upper] = this.lastUsed.data[lower];
    this.savedFlops.data[lower] = Number.NaN;
  }

  onMerge(gone: NodeId, child: NodeId): void {
    this.lastUsed.data[child] = Math.max(this.lastUsed.data[child], this.lastUsed.data[gone]);
    this.savedFlops.data[child] = Number.NaN;
    this.leave(gone);
  }

  onRemove(node: NodeId): void {
    this.leave(node);
  }

  /** Only the node itself: its ancestors were of use through it alone. */
  onUse(node: NodeId): void {
    if (node !== ROOT) this.lastUsed.data[node] = this.view.now;
  }

  victim(): NodeId {
    const count = this.collect();
    if (count === 0) return NONE;
    const efficiencies = this.efficiencies.data;
    const recencies = this.recencies.data;
    const efficiency = range(efficiencies, count);
    const recency = range(recencies, count);
    let victim = NONE;
    let lowest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const score = scaled(recencies[i], recency) + this.alpha * scaled(efficiencies[i], efficiency);
      const node = this.candidates.data[i];
      if (score < lowest || (score === lowest && this.goesBefore(node, victim))) {
        lowest = score;
        victim = node;
      }
    }
    return victim;
  }

  copy(view: EvictionView): UtilityEviction {
    const copy = new UtilityEviction(view, this.cost, this.alpha);
    copy.lastUsed = this.lastUsed.copy();
    copy.savedFlops = this.savedFlops.copy();
    copy.nodes = this.nodes.copy();
    copy.places = this.places.copy();
    copy.count = this.count;
    return copy;
  }

  /** Fills the candidate columns; returns how many there are. */
  private collect(): number {
    const { view } = this;
    this.candidates.reserve(this.count);
    this.efficiencies.reserve(this.count);
    this.recencies.reserve(this.count);
    let candidateCount = 0;
    for (let i = 0; i < this.count; i++) {
      const node = this.nodes.data[i];
      if (view.tree.childCount(node) > 1 || view.isPinned(node) || view.freedBytes(node) === 0) continue;
      this.candidates.data[candidateCount] = node;
      this.efficiencies.data[candidateCount] = this.savedBy(node) / view.bytesAt(node);
      this.recencies.data[candidateCount] = 1 / Math.max(1, view.now - this.lastUsed.data[node]);
      candidateCount++;
    }
    return candidateCount;
  }

  private goesBefore(node: NodeId, other: NodeId): boolean {
    const age = this.lastUsed.data[other] - this.lastUsed.data[node];
    return age > 0 || (age === 0 && this.view.tree.end(node) > this.view.tree.end(other));
  }

  private savedBy(node: NodeId): number {
    const known = this.savedFlops.data[node];
    if (!Number.isNaN(known)) return known;
    const end = this.view.endTokens(node);
    const start = end - this.view.edgeTokens(node);
    // What every request computes anyway, such as the logits of its last token, is no saving.
    const saved = this.cost.prefillFlops(start, end) - this.cost.prefillFlops(end, end);
    this.savedFlops.data[node] = saved;
    return saved;
  }

  private enter(node: NodeId): void {
    this.lastUsed.reserve(node + 1);
    this.savedFlops.reserve(node + 1);
    this.places.reserve(node + 1);
    this.nodes.reserve(this.count + 1);
    this.savedFlops.data[node] = Number.NaN;
    this.places.data[node] = this.count;
    this.nodes.data[this.count++] = node;
  }

  private leave(node: NodeId): void {
    const place = this.places.data[node];
    const last = this.nodes.data[--this.count];
    this.nodes.data[place] = last;
    this.places.data[last] = place;
  }
}

interface Range {
  readonly smallest: number;
  readonly span: number;
}

function range(values: Float64Array, count: number): Range {
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    if (values[i] < smallest) smallest = values[i];
    if (values[i] > largest) largest = values[i];
  }
  return { smallest, span: largest - smallest };
}

/** 1 for all when there is nothing to tell apart. */
function scaled(value: number, { smallest, span }: Range): number {
  return span === 0 ? 1 : (value - smallest) / span;
}
