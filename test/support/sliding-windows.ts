/**
 * A third kind of state, to hold the promise that one is a file: KV of sliding-window layers, of which resuming needs the last
 * tokens before the position and none before those. Kept are the windows before all boundaries; where they overlap they are
 * held once. For caches whose symbols are tokens, and evictions that do not remember bytes.
 */
import type { Component, StateView } from "../../src/core/cache/components/component.ts";
import { Int32Column } from "../../src/core/tokens/columns.ts";
import { type Match, NONE, type NodeId, ROOT } from "../../src/core/tree/radix-tree.ts";
import { nodeCovering } from "../../src/core/tree/walk.ts";

export interface Windows {
  /** Tokens that a resume needs. */
  readonly tokens: number;
  readonly bytesPerToken: number;
}

export class SlidingWindowComponent implements Component {
  readonly needsBoundaries = true;
  readonly reportedAs = "kv";
  private readonly view: StateView;
  private readonly windows: Windows;
  /** Per node: so many tokens before its end lie in the window of a boundary at its end or below. */
  private readonly needed: Int32Column;
  private heldTokens = 0;

  constructor(view: StateView, windows: Windows, needed = new Int32Column(64)) {
    this.view = view;
    this.windows = windows;
    this.needed = needed;
  }

  get bytes(): number {
    return this.heldTokens * this.windows.bytesPerToken;
  }

  bytesAt(node: NodeId): number {
    return this.heldAt(node, this.needed.data[node]!) * this.windows.bytesPerToken;
  }

  boundaryBytesAt(node: NodeId): number {
    let freed = 0;
    this.forEachChange(node, this.neededBelow(node), (changed, needed) => {
      freed += this.heldAt(changed, this.needed.data[changed]!) - this.heldAt(changed, needed);
    });
    return freed * this.windows.bytesPerToken;
  }

  isUsable(node: NodeId): boolean {
    return this.canResumeAt(node, this.view.tree.end(node));
  }

  resumeAt(match: Match, depth: number): number {
    const deepest = match.partial === NONE ? match.node : match.partial;
    let position = depth;
    while (position > 0 && !this.canResumeAt(nodeCovering(this.view.tree, deepest, position), position)) {
      position--;
    }
    return position;
  }

  weigh(_tokens: number, boundaries: readonly number[]): number {
    let tokens = 0;
    let before = 0;
    for (const boundary of boundaries) {
      tokens += boundary - Math.max(before, boundary - this.windows.tokens);
      before = boundary;
    }
    return tokens * this.windows.bytesPerToken;
  }

  onAdd(leaf: NodeId): void {
    this.enter(leaf, 0);
  }

  onSplit(upper: NodeId): void {
    this.enter(upper, this.neededBelow(upper));
  }

  onKeep(node: NodeId): void {
    this.change(node, this.windows.tokens);
  }

  onDrop(node: NodeId): void {
    this.change(node, this.neededBelow(node));
  }

  /** The joined edge holds what the two held: the windows of the upper one were all of nodes below it. */
  onMerge(): void {}
  onRemove(): void {}

  copy(view: StateView): SlidingWindowComponent {
    const copy = new SlidingWindowComponent(view, this.windows, this.needed.copy());
    copy.heldTokens = this.heldTokens;
    return copy;
  }

  private enter(node: NodeId, needed: number): void {
    this.needed.reserve(node + 1);
    this.needed.data[node] = needed;
  }

  private change(node: NodeId, needed: number): void {
    this.forEachChange(node, needed, (changed, now) => {
      this.heldTokens += this.heldAt(changed, now) - this.heldAt(changed, this.needed.data[changed]!);
      this.needed.data[changed] = now;
    });
  }

  /** The node and those above it that need more or less once the node needs so much. */
  private forEachChange(
    node: NodeId,
    needed: number,
    visit: (changed: NodeId, needed: number) => void,
  ): void {
    const { tree, boundaries } = this.view;
    let now = needed;
    for (let at = node; at !== ROOT && now !== this.needed.data[at]; ) {
      const above = tree.parent(at);
      const aboveNeeds = boundaries.has(above)
        ? this.windows.tokens
        : Math.max(0, now - tree.edgeLength(at), this.neededBelow(above, at));
      visit(at, now);
      at = above;
      now = aboveNeeds;
    }
  }

  /** What the children of the node, but for one, need of the tokens before its end. */
  private neededBelow(node: NodeId, but: NodeId = NONE): number {
    const { tree } = this.view;
    let needed = 0;
    for (let child = tree.firstChild(node); child !== NONE; child = tree.nextSibling(child)) {
      if (child === but) continue;
      needed = Math.max(needed, this.needed.data[child]! - tree.edgeLength(child));
    }
    return needed;
  }

  private heldAt(node: NodeId, needed: number): number {
    return Math.min(needed, this.view.tree.edgeLength(node));
  }

  /** Whether the tokens right before this position of the node's edge are held, as far as a resume needs them. */
  private canResumeAt(node: NodeId, position: number): boolean {
    const { tree } = this.view;
    const from = Math.max(0, position - this.windows.tokens);
    for (let at = node; at !== ROOT && tree.end(at) > from; at = tree.parent(at)) {
      const heldFrom = tree.end(at) - this.needed.data[at]!;
      if (heldFrom > Math.max(from, tree.end(tree.parent(at)))) return false;
    }
    return true;
  }
}
