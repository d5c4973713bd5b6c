/**
 * The tree of what is cached, and everything that has to change along with it: the states, the pins, and what the eviction
 * knows of each node. Whoever changes the tree does it here, so that none of them is forgotten.
 *
 * Invariant: a node other than the root has a boundary, or several children, or is a leaf that can be resumed from.
 * Positions are in symbols: tokens, whole blocks, or spans.
 */
import { invariant } from "../invariant.ts";
import { type Match, NONE, type NodeId, RadixTree, ROOT } from "../tree/radix-tree.ts";
import { boundaryAt, nodeCovering } from "../tree/walk.ts";
import { Boundaries } from "./boundaries.ts";
import type { Served } from "./cache-system.ts";
import type { CreateComponent } from "./components/component.ts";
import { States } from "./components/states.ts";
import type { EdgeTokens } from "./edge-tokens.ts";
import type { Eviction, EvictionView } from "./eviction/eviction.ts";
import { Pins } from "./pins.ts";
import type { SequenceHistory } from "./sequence-history.ts";
import { CacheView } from "./view.ts";

interface Parts {
  readonly tree: RadixTree;
  readonly edges: EdgeTokens;
  readonly boundaries: Boundaries;
  readonly states: States;
  readonly pins: Pins;
  readonly history: SequenceHistory | null;
}

export class CachedTree {
  readonly tree: RadixTree;
  readonly edges: EdgeTokens;
  readonly boundaries: Boundaries;
  readonly states: States;
  readonly pins: Pins;
  readonly view: EvictionView;
  readonly eviction: Eviction;
  private readonly splitAt = (node: NodeId, keep: number): NodeId => this.split(node, keep);

  constructor(parts: Parts, createEviction: (view: EvictionView) => Eviction) {
    const { tree, edges, boundaries, states, pins, history } = parts;
    this.tree = tree;
    this.edges = edges;
    this.boundaries = boundaries;
    this.states = states;
    this.pins = pins;
    this.view = new CacheView(tree, edges, states, pins, history);
    this.eviction = createEviction(this.view);
  }

  static empty(
    edgesOf: (tree: RadixTree) => EdgeTokens,
    components: readonly CreateComponent[],
    history: SequenceHistory | null,
    createEviction: (view: EvictionView) => Eviction,
  ): CachedTree {
    const tree = new RadixTree();
    const edges = edgesOf(tree);
    const boundaries = new Boundaries();
    const states = States.none({ tree, edges, boundaries }, components);
    return new CachedTree({ tree, edges, boundaries, states, pins: new Pins(), history }, createEviction);
  }

  /** An independent one between two requests, over a tree with this one's nodes. Costs a copy of columns. */
  copy(tree: RadixTree, edges: EdgeTokens, history: SequenceHistory | null): CachedTree {
    const boundaries = this.boundaries.copy();
    const states = this.states.copy({ tree, edges, boundaries });
    const parts = { tree, edges, boundaries, states, pins: this.pins.copy(), history };
    return new CachedTree(parts, (view) => this.eviction.copy(view));
  }

  /** Whether a boundary is kept at this position of the path to `node`. */
  isKept(node: NodeId, position: number): boolean {
    const covering = nodeCovering(this.tree, node, position);
    return this.tree.end(covering) === position && this.boundaries.has(covering);
  }

  /** The boundaries on the path to `node`, in tokens, ascending. */
  keptAlong(node: NodeId): number[] {
    const kept: number[] = [];
    for (let visited = node; visited !== ROOT; visited = this.tree.parent(visited)) {
      if (this.boundaries.has(visited)) kept.push(this.edges.end(visited));
    }
    return kept.reverse();
  }

  /** The node at whose end the match ends; splits the edge that agrees in part. */
  endOf(match: Match): NodeId {
    return match.partial === NONE ? match.node : this.split(match.partial, match.partialLength);
  }

  /** A request resumed at this position of the path to `node`. */
  resumed(node: NodeId, position: number): void {
    this.eviction.onUse(nodeCovering(this.tree, node, position), "resumed");
  }

  keepAt(node: NodeId, position: number, sequence: Int32Array): void {
    this.keep(boundaryAt(this.tree, node, position, this.splitAt), sequence);
  }

  keep(node: NodeId, sequence: Int32Array): void {
    this.states.keep(node);
    this.eviction.onUse(node, this.tree.end(node) === sequence.length ? "end" : "branch");
  }

  /** Gives up so many boundaries of the path to `node`, deepest first. */
  supersede(node: NodeId, boundaries: number, out: Served): void {
    if (boundaries === 0) return;
    const before = this.states.bytes;
    for (let visited = node, left = boundaries; left > 0; visited = this.tree.parent(visited)) {
      if (!this.boundaries.has(visited)) continue;
      this.states.drop(visited);
      out.evictedNodes++;
      left--;
    }
    out.evictedBytes += before - this.states.bytes;
  }

  /** A new, pinned leaf with the symbols from the end of `parent` up to `end`. */
  append(parent: NodeId, sequence: Int32Array, end: number): NodeId {
    const leaf = this.tree.addLeaf(parent, sequence, this.tree.end(parent), end);
    this.states.added(leaf);
    this.pins.added(leaf);
    this.pins.pin(leaf);
    this.eviction.onAdd(leaf);
    if (parent !== ROOT) this.eviction.onChildCount(parent);
    return leaf;
  }

  /** The request was served up to `node`, and ends. Returns the symbols of its path that are still held. */
  endRequest(node: NodeId): number {
    this.pins.endRequest();
    return this.tidyPath(node);
  }

  /** The same, but that it runs on, so that its path stays pinned. */
  keepRunning(node: NodeId, conversation: number | null): number {
    this.pins.keepRunning(node, conversation);
    return this.tidyPath(node);
  }

  /** Of the running requests, of which there must be one. */
  endOldest(): void {
    this.tidyPath(this.pins.endOldest());
  }

  pinPath(node: NodeId): void {
    for (let visited = node; visited !== ROOT; visited = this.tree.parent(visited)) this.pins.pin(visited);
  }

  /** Returns whether anything had to go. Where all that is left is in use, it waits for running requests to end. */
  evictUntil(targetBytes: number, out: Served): boolean {
    const { tree, states, eviction } = this;
    const evictedBefore = out.evictedNodes;
    for (let held = states.bytes; held > targetBytes; ) {
      const victim = eviction.victim();
      if (victim === NONE) {
        const canWait = this.pins.runningRequests > 0;
        if (!canWait) invariant(false, `nothing to evict, ${held} bytes held, ${targetBytes} allowed`);
        this.endOldest();
        out.evictedBytes += held - states.bytes;
        held = states.bytes;
        continue;
      }
      if (tree.childCount(victim) === 0) {
        this.remove(victim);
      } else {
        states.drop(victim);
        this.tidyUp(victim);
      }
      out.evictedNodes++;
      out.evictedBytes += held - states.bytes;
      held = states.bytes;
    }
    return out.evictedNodes > evictedBefore;
  }

  /** Returns the symbols of the path that are still held: what made room for its end may have left dead states. */
  private tidyPath(node: NodeId): number {
    let held = this.tree.end(node);
    let isDead = true;
    for (let visited = node, parent = NONE; visited !== ROOT; visited = parent) {
      parent = this.tree.parent(visited);
      // What is dead and pinned goes when it is not.
      const children = this.tree.childCount(visited);
      isDead &&= !this.states.areUsable(visited) && children <= (visited === node ? 0 : 1);
      if (isDead) held = this.tree.end(parent);
      this.tidy(visited);
    }
    return held;
  }

  private split(node: NodeId, keep: number): NodeId {
    const upper = this.tree.split(node, keep);
    this.states.wasSplit(upper, node);
    this.pins.wasSplit(upper, node);
    this.eviction.onSplit(upper, node);
    return upper;
  }

  private remove(leaf: NodeId): void {
    const parent = this.tree.parent(leaf);
    this.dropLeaf(leaf);
    this.tidyUp(parent);
  }

  private dropLeaf(leaf: NodeId): void {
    const parent = this.tree.parent(leaf);
    this.states.remove(leaf);
    this.eviction.onRemove(leaf);
    this.tree.removeLeaf(leaf);
    if (parent !== ROOT) this.eviction.onChildCount(parent);
  }

  /** Tidies the node and then its ancestors, as far as something changes. */
  private tidyUp(node: NodeId): void {
    for (let visited = node, parent = NONE; visited !== ROOT; visited = parent) {
      parent = this.tree.parent(visited);
      if (!this.tidy(visited)) return;
    }
  }

  /** A leaf that nothing can resume from. */
  private isDead(node: NodeId): boolean {
    return this.tree.childCount(node) === 0 && !this.states.areUsable(node);
  }

  /** Joins a node that ends nowhere in particular with its child; removes a leaf that nothing can resume from. */
  private tidy(node: NodeId): boolean {
    if (this.boundaries.has(node) || this.pins.isInUse(node)) return false;
    if (this.tree.childCount(node) === 1) {
      if (this.pins.isEndOfRunning(node)) return false;
      const child = this.tree.mergeIntoChild(node);
      this.states.wasMerged(node, child);
      this.eviction.onMerge(node, child);
      return true;
    }
    if (this.pins.isPinned(node) || !this.isDead(node)) return false;
    this.dropLeaf(node);
    return true;
  }
}
