/**
 * SegLen (sgl-project/sglang #22172, closed): the victim is the state with the lowest
 *   w x replay length + (1 - w) x recency,   w = 0.85,
 * where the replay length are the tokens from the nearest position above from which a request could resume to the state's
 * own. It stands for Marconi's FLOP efficiency where nobody wants to count FLOPs; both parts are scaled to [0, 1] over the
 * candidates as there, which the pull request says nothing of. A match renews the state that it ends at, and no other.
 */
import { Float64Column } from "../../tokens/columns.ts";
import { NONE, type NodeId, ROOT } from "../../tree/radix-tree.ts";
import type { Eviction, EvictionView } from "./eviction.ts";
import { NodeSet } from "./node-set.ts";
import { goesBefore, rangeOf, resumableAbove, scaled } from "./order.ts";

/** w, its default. */
const lengthWeight = 0.85;

export class SegmentLengthEviction implements Eviction {
  private readonly view: EvictionView;
  private nodes = new NodeSet();
  private lastUsed = new Float64Column(64);

  constructor(view: EvictionView) {
    this.view = view;
  }

  onAdd(node: NodeId): void {
    this.lastUsed.reserve(node + 1);
    this.lastUsed.data[node] = this.view.now;
    this.nodes.add(node);
  }

  onSplit(upper: NodeId, lower: NodeId): void {
    this.onAdd(upper);
    this.lastUsed.data[upper] = this.lastUsed.data[lower];
  }

  onMerge(gone: NodeId, child: NodeId): void {
    this.lastUsed.data[child] = Math.max(this.lastUsed.data[child], this.lastUsed.data[gone]);
    this.onRemove(gone);
  }

  onRemove(node: NodeId): void {
    this.nodes.remove(node);
  }

  onChildCount(): void {}

  onUse(node: NodeId): void {
    if (node !== ROOT) this.lastUsed.data[node] = this.view.now;
  }

  victim(): NodeId {
    const candidates: NodeId[] = [];
    let [shortest, longest] = [Number.POSITIVE_INFINITY, 0];
    let [oldest, newest] = [Number.POSITIVE_INFINITY, 0];
    for (let i = 0; i < this.nodes.size; i++) {
      const node = this.nodes.at(i);
      if (this.view.freedBytes(node) <= 0 || this.view.isPinned(node)) continue;
      candidates.push(node);
      const length = this.replayTokens(node);
      const recency = this.recency(node);
      shortest = Math.min(shortest, length);
      longest = Math.max(longest, length);
      oldest = Math.min(oldest, recency);
      newest = Math.max(newest, recency);
    }
    const lengths = rangeOf(shortest, longest);
    const recencies = rangeOf(oldest, newest);
    let victim = NONE;
    let lowest = Number.POSITIVE_INFINITY;
    for (const node of candidates) {
      const length = scaled(this.replayTokens(node), lengths);
      const score = lengthWeight * length + (1 - lengthWeight) * scaled(this.recency(node), recencies);
      if (score > lowest || (score === lowest && !goesBefore(this.view, this.lastUsed.data, node, victim)))
        continue;
      lowest = score;
      victim = node;
    }
    return victim;
  }

  copy(view: EvictionView): SegmentLengthEviction {
    const copy = new SegmentLengthEviction(view);
    copy.nodes = this.nodes.copy();
    copy.lastUsed = this.lastUsed.copy();
    return copy;
  }

  private replayTokens(node: NodeId): number {
    return this.view.endTokens(node) - this.view.endTokens(resumableAbove(this.view, node));
  }

  private recency(node: NodeId): number {
    return 1 / Math.max(1, this.view.now - this.lastUsed.data[node]);
  }
}
