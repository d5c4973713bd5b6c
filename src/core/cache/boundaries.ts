/**
 * The nodes at whose ends a policy wants states to be kept whole. What that means, and costs, each component says for itself;
 * where no component needs it, a boundary is a mark that keeps a node from being joined with its child.
 */
import { Int32Column } from "../tokens/columns.ts";
import type { NodeId } from "../tree/radix-tree.ts";

export class Boundaries {
  private readonly kept: Int32Column;
  private keptCount = 0;

  constructor(kept = new Int32Column(64)) {
    this.kept = kept;
  }

  get count(): number {
    return this.keptCount;
  }

  has(node: NodeId): boolean {
    return this.kept.data[node] === 1;
  }

  /** A node came to be; ids are reused, so what an earlier node had must go. */
  added(node: NodeId): void {
    this.kept.reserve(node + 1);
    this.kept.data[node] = 0;
  }

  /** The node must have none yet. */
  keep(node: NodeId): void {
    this.kept.data[node] = 1;
    this.keptCount++;
  }

  /** The node must have one. */
  drop(node: NodeId): void {
    this.kept.data[node] = 0;
    this.keptCount--;
  }

  copy(): Boundaries {
    const copy = new Boundaries(this.kept.copy());
    copy.keptCount = this.keptCount;
    return copy;
  }
}
