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
    const lengths = new Range();
    const recencies = new Range();
    for (let i = 0; i < this.nodes.size; i++) {
      const node = this.nodes.at(i);
      if (this.view.freedBytes(node) <= 0 || this.view.isPinned(node)) continue;
      candidates.push(node);
      lengths.add(this.replayTokens(node));
      recencies.add(this.recency(node));
    }
    let victim = NONE;
    let lowest = Number.POSITIVE_INFINITY;
    for (const node of candidates) {
      const length = lengths.scaled(this.replayTokens(node));
      const score = lengthWeight * length + (1 - lengthWeight) * recencies.scaled(this.recency(node));
      if (score > lowest || (score === lowest && !this.goesBefore(node, victim))) continue;
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
    const { tree } = this.view;
    let above = tree.parent(node);
    while (above !== ROOT && !this.view.canResumeAt(above)) above = tree.parent(above);
    return this.view.endTokens(node) - this.view.endTokens(above);
  }

  private recency(node: NodeId): number {
    return 1 / Math.max(1, this.view.now - this.lastUsed.data[node]);
  }

  /** The least recently used goes, then the deepest. */
  private goesBefore(node: NodeId, other: NodeId): boolean {
    const age = this.lastUsed.data[other] - this.lastUsed.data[node];
    return age > 0 || (age === 0 && this.view.tree.end(node) > this.view.tree.end(other));
  }
}

class Range {
  private smallest = Number.POSITIVE_INFINITY;
  private largest = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    this.smallest = Math.min(this.smallest, value);
    this.largest = Math.max(this.largest, value);
  }

  /** 1 for all when there is nothing to tell apart. */
  scaled(value: number): number {
    const span = this.largest - this.smallest;
    return span === 0 ? 1 : (value - this.smallest) / span;
  }
}
