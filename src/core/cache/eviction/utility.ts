/**
 * Marconi's eviction (arXiv 2411.19379, section 4.2, equation 2): the victim is the entry with the lowest
 *   recency + alpha x FLOP efficiency,
 * both scaled to [0, 1] over the candidates, which are the nodes with at most one child.
 * FLOP efficiency is the prefill that the entry saves beyond its parent, per byte of the entry's own states.
 * Recency is 1 / age in requests: the paper gives no formula, the artifact has this one.
 * On ties the least recently used goes, and of what one request used, which lies on one path, the deepest.
 *
 * Scaling changes all scores when one candidate leaves, but never the order of either part, and a node that is neither
 * less efficient nor less recent than another one cannot have a lower score. So the search goes through the candidates by
 * efficiency, least first, and looks only at those that are less recent than all before (the skyline of both parts), until
 * nothing behind can have a lower score than the best so far, however old it is.
 * What was tried and measured: docs/adr/0010-utility-eviction-by-skyline.md.
 */
import { Float64Column, Int32Column } from "../../tokens/columns.ts";
import { NONE, type NodeId, ROOT } from "../../tree/radix-tree.ts";
import type { StateCost } from "../cache-system.ts";
import type { Eviction, EvictionView } from "./eviction.ts";
import { goesBefore, rangeOf, scaled } from "./order.ts";
import { NO_PLACE, type Place, SortedNodes } from "./sorted-nodes.ts";

export class UtilityEviction implements Eviction {
  alpha: number;
  /** Nodes that the last search looked at, for measuring. */
  lastSearchSteps = 0;
  private readonly view: EvictionView;
  private readonly cost: StateCost;
  private lastUsed = new Float64Column(64);
  /** Candidates and pinned nodes that will be, as of the last search: by last use, and by FLOPs saved per byte and then last use. */
  private recency = new SortedNodes();
  private efficiency = new SortedNodes();
  /** Nodes whose places are to be found anew before the next search; each once. */
  private stale: NodeId[] = [];
  private isStale = new Int32Column(64);

  constructor(view: EvictionView, cost: StateCost, alpha: number) {
    this.view = view;
    this.cost = cost;
    this.alpha = alpha;
  }

  onAdd(node: NodeId): void {
    this.lastUsed.reserve(node + 1);
    this.lastUsed.data[node] = this.view.now;
    this.markStale(node);
  }

  /** The upper part is as old as the edge that it was cut from. */
  onSplit(upper: NodeId, lower: NodeId): void {
    this.lastUsed.reserve(upper + 1);
    this.lastUsed.data[upper] = this.lastUsed.data[lower];
    this.markStale(upper);
    this.markStale(lower);
  }

  onMerge(gone: NodeId, child: NodeId): void {
    this.lastUsed.data[child] = Math.max(this.lastUsed.data[child], this.lastUsed.data[gone]);
    this.markStale(child);
    this.onRemove(gone);
  }

  onRemove(node: NodeId): void {
    this.recency.delete(node);
    this.efficiency.delete(node);
    this.isStale.data[node] = 0;
  }

  onChildCount(node: NodeId): void {
    if (this.recency.has(node) !== this.canGo(node)) this.markStale(node);
  }

  /** Only the node itself: its ancestors were of use through it alone. */
  onUse(node: NodeId): void {
    if (node === ROOT) return;
    this.lastUsed.data[node] = this.view.now;
    // A use may have come with a new checkpoint, which changes the node's bytes.
    this.markStale(node);
  }

  victim(): NodeId {
    this.refresh();
    const { recency, efficiency } = this;
    const oldest = this.forward(recency, recency.first);
    if (oldest === NO_PLACE) return NONE;
    const leastEfficient = this.forward(efficiency, efficiency.first);
    const newest = this.backward(recency, recency.last);
    const mostEfficient = this.backward(efficiency, efficiency.last);
    const recencies = rangeOf(this.recencyAt(oldest), this.recencyAt(newest));
    const efficiencies = rangeOf(efficiency.keyAt(leastEfficient), efficiency.keyAt(mostEfficient));
    const scoreOf = (recent: number, efficient: number) =>
      scaled(recent, recencies) + this.alpha * scaled(efficient, efficiencies);

    let victim = NONE;
    let lowest = Number.POSITIVE_INFINITY;
    let oldestUse = Number.POSITIVE_INFINITY;
    this.lastSearchSteps = 0;
    for (let place = leastEfficient; place !== NO_PLACE; ) {
      this.lastSearchSteps++;
      const node = efficiency.nodeAt(place);
      const efficient = efficiency.keyOf(node);
      if (lowest < scoreOf(this.recencyAt(oldest), efficient)) break;
      if (!this.view.isPinned(node)) {
        const score = scoreOf(this.recencyOf(node), efficient);
        if (score < lowest || (score === lowest && goesBefore(this.view, this.lastUsed.data, node, victim))) {
          lowest = score;
          victim = node;
        }
        // Those of the same request are of equal recency, and looked at too: the deepest goes where scores are equal.
        oldestUse = efficiency.tieOf(node);
      }
      place = efficiency.nextWithTieAtMost(place, oldestUse);
    }
    return victim;
  }

  copy(view: EvictionView): UtilityEviction {
    const copy = new UtilityEviction(view, this.cost, this.alpha);
    copy.lastUsed = this.lastUsed.copy();
    copy.recency = this.recency.copy();
    copy.efficiency = this.efficiency.copy();
    copy.stale = this.stale.slice();
    copy.isStale = this.isStale.copy();
    return copy;
  }

  /** A candidate, unless it is pinned. */
  private canGo(node: NodeId): boolean {
    return this.view.tree.childCount(node) <= 1 && this.view.freedBytes(node) > 0;
  }

  /** The next place of a candidate in this order, `place` included. */
  private forward(order: SortedNodes, place: Place): Place {
    let next = place;
    while (next !== NO_PLACE && this.view.isPinned(order.nodeAt(next))) next = order.next(next);
    return next;
  }

  /** The one before; there must be a candidate. */
  private backward(order: SortedNodes, place: Place): Place {
    let next = place;
    while (this.view.isPinned(order.nodeAt(next))) next = order.previous(next);
    return next;
  }

  private recencyOf(node: NodeId): number {
    return 1 / Math.max(1, this.view.now - this.lastUsed.data[node]);
  }

  private recencyAt(place: Place): number {
    return this.recencyOf(this.recency.nodeAt(place));
  }

  private markStale(node: NodeId): void {
    this.isStale.reserve(node + 1);
    if (this.isStale.data[node] === 1) return;
    this.isStale.data[node] = 1;
    this.stale.push(node);
  }

  /** What is pinned cannot go now, and is likely to be used once more before it can: its places are found later. */
  private refresh(): void {
    const { stale } = this;
    let later = 0;
    for (let index = 0; index < stale.length; index++) {
      const node = stale[index];
      if (this.isStale.data[node] === 0) continue;
      if (this.view.isPinned(node)) {
        stale[later++] = node;
        continue;
      }
      this.isStale.data[node] = 0;
      this.place(node);
    }
    stale.length = later;
  }

  private place(node: NodeId): void {
    if (this.canGo(node)) {
      const used = this.lastUsed.data[node];
      this.recency.set(node, used, 0);
      this.efficiency.set(node, this.savedBy(node) / this.view.bytesAt(node), used);
    } else {
      this.recency.delete(node);
      this.efficiency.delete(node);
    }
  }

  /** FLOPs saved beyond the parent. What every request computes anyway, such as the logits of its last token, is none. */
  private savedBy(node: NodeId): number {
    const end = this.view.endTokens(node);
    const start = end - this.view.edgeTokens(node);
    return this.cost.prefillFlops(start, end) - this.cost.prefillFlops(end, end);
  }
}
