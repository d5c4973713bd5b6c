/** States of every recurrent layer, all of one size: one at each boundary, and a request can resume there only. */
import { type Match, type NodeId, ROOT } from "../../tree/radix-tree.ts";
import type { Component, StateView } from "./component.ts";

export class CheckpointComponent implements Component {
  readonly needsBoundaries = true;
  readonly reportedAs = "checkpoint";
  private readonly view: StateView;
  private readonly bytesEach: number;

  constructor(view: StateView, bytesEach: number) {
    this.view = view;
    this.bytesEach = bytesEach;
  }

  get bytes(): number {
    return this.view.boundaries.count * this.bytesEach;
  }

  bytesAt(node: NodeId): number {
    return this.isUsable(node) ? this.bytesEach : 0;
  }

  boundaryBytesAt(node: NodeId): number {
    return this.bytesAt(node);
  }

  isUsable(node: NodeId): boolean {
    return this.view.boundaries.has(node);
  }

  resumeAt(match: Match, depth: number): number {
    const { tree, boundaries } = this.view;
    let { node } = match;
    while (node !== ROOT && (!boundaries.has(node) || tree.end(node) > depth)) node = tree.parent(node);
    return tree.end(node);
  }

  weigh(_tokens: number, boundaries: readonly number[]): number {
    return boundaries.length * this.bytesEach;
  }

  onAdd(): void {}
  onSplit(): void {}
  onMerge(): void {}
  onRemove(): void {}
  onKeep(): void {}
  onDrop(): void {}

  copy(view: StateView): CheckpointComponent {
    return new CheckpointComponent(view, this.bytesEach);
  }
}
