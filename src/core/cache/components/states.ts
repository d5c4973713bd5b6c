/** All components of a cache as one: what they hold together, and the boundaries that they share. */
import type { Match, NodeId } from "../../tree/radix-tree.ts";
import type { CacheContents } from "../cache-system.ts";
import type { Component, CreateComponent, StateView } from "./component.ts";

export class States {
  /** Whether what is cached behind the last boundary is of no use. */
  readonly needBoundaries: boolean;
  private readonly view: StateView;
  private readonly components: readonly Component[];
  /** Those that need boundaries: no other frees anything with one, or is of no use without. */
  private readonly atBoundaries: readonly Component[];

  constructor(view: StateView, components: readonly Component[]) {
    this.view = view;
    this.components = components;
    this.atBoundaries = components.filter(({ needsBoundaries }) => needsBoundaries);
    this.needBoundaries = this.atBoundaries.length > 0;
  }

  /** Of an empty cache. */
  static none(view: StateView, create: readonly CreateComponent[]): States {
    return new States(
      view,
      create.map((createComponent) => createComponent(view)),
    );
  }

  get bytes(): number {
    let bytes = 0;
    for (const component of this.components) bytes += component.bytes;
    return bytes;
  }

  bytesAt(node: NodeId): number {
    let bytes = 0;
    for (const component of this.components) bytes += component.bytesAt(node);
    return bytes;
  }

  boundaryBytesAt(node: NodeId): number {
    let bytes = 0;
    for (const component of this.atBoundaries) bytes += component.boundaryBytesAt(node);
    return bytes;
  }

  /** Whether a request could resume at the node's end, or somewhere on its edge. */
  areUsable(node: NodeId): boolean {
    for (const component of this.atBoundaries) if (!component.isUsable(node)) return false;
    return true;
  }

  /** Deepest position, at most `limit`, from which every component can resume. */
  resumeAt(match: Match, limit: number): number {
    let depth = Math.min(match.matched, limit);
    for (let settled = false; !settled; ) {
      settled = true;
      for (const component of this.components) {
        const deepest = component.resumeAt(match, depth);
        if (deepest < depth) settled = false;
        depth = deepest;
      }
    }
    return depth;
  }

  /** See `Component.weigh`. */
  weigh(tokens: number, boundaries: readonly number[]): number {
    let bytes = 0;
    for (const component of this.components) bytes += component.weigh(tokens, boundaries);
    return bytes;
  }

  contents(): CacheContents {
    let kvBytes = 0;
    let checkpointBytes = 0;
    for (const { reportedAs, bytes } of this.components) {
      if (reportedAs === "kv") kvBytes += bytes;
      else checkpointBytes += bytes;
    }
    return { kvBytes, checkpointBytes, checkpoints: this.needBoundaries ? this.view.boundaries.count : 0 };
  }

  added(leaf: NodeId): void {
    this.view.boundaries.added(leaf);
    for (const component of this.components) component.onAdd(leaf);
  }

  wasSplit(upper: NodeId, lower: NodeId): void {
    this.view.boundaries.added(upper);
    for (const component of this.components) component.onSplit(upper, lower);
  }

  wasMerged(gone: NodeId, child: NodeId): void {
    for (const component of this.components) component.onMerge(gone, child);
  }

  /** The leaf is about to leave the tree. */
  remove(leaf: NodeId): void {
    this.drop(leaf);
    for (const component of this.components) component.onRemove(leaf);
  }

  keep(node: NodeId): void {
    if (this.view.boundaries.has(node)) return;
    this.view.boundaries.keep(node);
    for (const component of this.components) component.onKeep(node);
  }

  drop(node: NodeId): void {
    if (!this.view.boundaries.has(node)) return;
    this.view.boundaries.drop(node);
    for (const component of this.components) component.onDrop(node);
  }

  copy(view: StateView): States {
    return new States(
      view,
      this.components.map((component) => component.copy(view)),
    );
  }
}
