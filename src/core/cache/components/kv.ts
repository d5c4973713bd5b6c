/** Keys and values of every attention layer, one entry per token. A request can resume behind any of them. */
import { type Match, type NodeId, ROOT } from "../../tree/radix-tree.ts";
import type { Component, StateView } from "./component.ts";

export class KvComponent implements Component {
  readonly needsBoundaries = false;
  readonly reportedAs = "kv";
  private readonly view: StateView;
  private readonly bytesPerToken: number;
  private tokens = 0;

  constructor(view: StateView, bytesPerToken: number) {
    this.view = view;
    this.bytesPerToken = bytesPerToken;
  }

  get bytes(): number {
    return this.tokens * this.bytesPerToken;
  }

  bytesAt(node: NodeId): number {
    return node === ROOT ? 0 : this.view.edges.edge(node) * this.bytesPerToken;
  }

  boundaryBytesAt(): number {
    return 0;
  }

  isUsable(): boolean {
    return true;
  }

  resumeAt(_match: Match, depth: number): number {
    return depth;
  }

  weigh(tokens: number): number {
    return tokens * this.bytesPerToken;
  }

  onAdd(leaf: NodeId): void {
    this.tokens += this.view.edges.edge(leaf);
  }

  onRemove(leaf: NodeId): void {
    this.tokens -= this.view.edges.edge(leaf);
  }

  onSplit(): void {}
  onMerge(): void {}
  onKeep(): void {}
  onDrop(): void {}

  copy(view: StateView): KvComponent {
    const copy = new KvComponent(view, this.bytesPerToken);
    copy.tokens = this.tokens;
    return copy;
  }
}
