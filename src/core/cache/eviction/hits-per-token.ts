/**
 * Hits per token (sgl-project/sglang #30300, open): the victim is the leaf with the fewest hits per token of its edge; of
 * equals the least recently used. A hit counts for all nodes on the path to where a request resumes, as SGLang counts them;
 * both halves of a node that is split keep its hits.
 */
import { Float64Column, Int32Column } from "../../tokens/columns.ts";
import { NONE, type NodeId, ROOT } from "../../tree/radix-tree.ts";
import type { Eviction, EvictionView, Use } from "./eviction.ts";
import { NodeSet } from "./node-set.ts";
import { goesBefore } from "./order.ts";

export class HitsPerTokenEviction implements Eviction {
  private readonly view: EvictionView;
  private nodes = new NodeSet();
  private lastUsed = new Float64Column(64);
  private hits = new Int32Column(64);

  constructor(view: EvictionView) {
    this.view = view;
  }

  onAdd(node: NodeId): void {
    for (const column of [this.lastUsed, this.hits]) column.reserve(node + 1);
    this.lastUsed.data[node] = this.view.now;
    this.hits.data[node] = 0;
    this.nodes.add(node);
  }

  onSplit(upper: NodeId, lower: NodeId): void {
    this.onAdd(upper);
    this.lastUsed.data[upper] = this.lastUsed.data[lower];
    this.hits.data[upper] = this.hits.data[lower];
  }

  /** The merged node has what was used more. */
  onMerge(gone: NodeId, child: NodeId): void {
    this.lastUsed.data[child] = Math.max(this.lastUsed.data[child], this.lastUsed.data[gone]);
    this.hits.data[child] = Math.max(this.hits.data[child], this.hits.data[gone]);
    this.onRemove(gone);
  }

  onRemove(node: NodeId): void {
    this.nodes.remove(node);
  }

  onChildCount(): void {}

  onUse(node: NodeId, use: Use): void {
    const { tree, now } = this.view;
    for (let visited = node; visited !== ROOT && visited !== NONE; visited = tree.parent(visited)) {
      this.lastUsed.data[visited] = now;
      if (use === "resumed") this.hits.data[visited]++;
    }
  }

  victim(): NodeId {
    const { tree } = this.view;
    let victim = NONE;
    let lowest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.nodes.size; i++) {
      const node = this.nodes.at(i);
      if (tree.childCount(node) > 0 || this.view.freedBytes(node) <= 0 || this.view.isPinned(node)) continue;
      const score = this.hits.data[node] / this.view.edgeTokens(node);
      if (score > lowest || (score === lowest && !goesBefore(this.view, this.lastUsed.data, node, victim)))
        continue;
      lowest = score;
      victim = node;
    }
    return victim;
  }

  copy(view: EvictionView): HitsPerTokenEviction {
    const copy = new HitsPerTokenEviction(view);
    copy.nodes = this.nodes.copy();
    copy.lastUsed = this.lastUsed.copy();
    copy.hits = this.hits.copy();
    return copy;
  }
}
