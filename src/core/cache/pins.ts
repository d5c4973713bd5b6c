/** Which nodes the request being served uses: those may not be evicted, nor joined or removed, until it is done. */
import { Int32Column } from "../tokens/columns.ts";
import type { NodeId } from "../tree/radix-tree.ts";

export class Pins {
  /** Counts requests, from 1. */
  now = 0;
  private isServing = false;
  /** The request by which a node is pinned. */
  private readonly pinnedBy: Int32Column;

  constructor(pinnedBy = new Int32Column(64)) {
    this.pinnedBy = pinnedBy;
  }

  beginRequest(): void {
    this.now++;
    this.isServing = true;
  }

  endRequest(): void {
    this.isServing = false;
  }

  isPinned(node: NodeId): boolean {
    return this.isServing && this.pinnedBy.data[node] === this.now;
  }

  pin(node: NodeId): void {
    this.pinnedBy.data[node] = this.now;
  }

  /** A node came to be, whose id may have been pinned before. */
  added(node: NodeId): void {
    this.pinnedBy.reserve(node + 1);
    this.pinnedBy.data[node] = 0;
  }

  /** Between two requests. */
  copy(): Pins {
    const copy = new Pins(this.pinnedBy.copy());
    copy.now = this.now;
    return copy;
  }
}
