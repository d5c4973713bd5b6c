/**
 * A radix tree over symbols (tokens, or pages interned to symbols).
 * It knows structure only: nothing of bytes, policies or time. Whoever keeps facts about nodes keeps them in columns
 * of its own, indexed by node id; ids are reused after removal.
 *
 * Nodes are columns; an edge is (offset, length) into an append-only arena. Children keep the order in which they were
 * added; a child that is replaced by a split or a merge keeps its place (the order decides ties in the Marconi artifact).
 * Start reading at `match`; `match` never changes the tree.
 */
import { invariant } from "../invariant.ts";
import { TokenArena } from "../tokens/arena.ts";
import { Int32Column } from "../tokens/columns.ts";
import { commonPrefixLength } from "../tokens/common-prefix.ts";
import { EdgeTable } from "./edge-table.ts";

/** Index into the node columns. */
export type NodeId = number;
export const NONE: NodeId = -1;
export const ROOT: NodeId = 0;

/** Where a sequence leaves the tree. The caller owns it; `match` fills it. */
export class Match {
  /** Symbols that agree with the tree. */
  matched = 0;
  /** Deepest node whose edge agrees completely; ROOT when none does. */
  node: NodeId = ROOT;
  /** Child of `node` whose edge agrees in part, or NONE. */
  partial: NodeId = NONE;
  /** Symbols of that edge that agree; 0 without a partial child. */
  partialLength = 0;
}

/** Symbols; a smaller arena is not worth the walk. */
const smallestCompaction = 1 << 16;

export class RadixTree {
  private readonly parents: Int32Column;
  private readonly firstChildren: Int32Column;
  private readonly lastChildren: Int32Column;
  private readonly nextSiblings: Int32Column;
  private readonly previousSiblings: Int32Column;
  private readonly edgeStarts: Int32Column;
  private readonly edgeLengths: Int32Column;
  private readonly ends: Int32Column;
  private readonly childCounts: Int32Column;
  private edges = new EdgeTable();
  private arena = new TokenArena();
  /** Memory for the next compaction. */
  private spareArena: TokenArena | null = null;
  private freeIds: number[] = [];
  /** One more than the largest id in use. */
  private idLimit = 1;
  private live = 0;
  /** Symbols on all edges. */
  private liveSymbols = 0;

  constructor() {
    const column = () => new Int32Column(64);
    this.parents = column();
    this.firstChildren = column();
    this.lastChildren = column();
    this.nextSiblings = column();
    this.previousSiblings = column();
    this.edgeStarts = column();
    this.edgeLengths = column();
    this.ends = column();
    this.childCounts = column();
    for (const links of [this.parents, this.firstChildren, this.lastChildren]) links.data[ROOT] = NONE;
    for (const links of [this.nextSiblings, this.previousSiblings]) links.data[ROOT] = NONE;
  }

  /** Nodes without the root. */
  get nodeCount(): number {
    return this.live;
  }

  /** Columns of others must hold at least this many entries. */
  get idCount(): number {
    return this.idLimit;
  }

  parent(node: NodeId): NodeId {
    return this.parents.data[node];
  }

  firstChild(node: NodeId): NodeId {
    return this.firstChildren.data[node];
  }

  nextSibling(node: NodeId): NodeId {
    return this.nextSiblings.data[node];
  }

  childCount(node: NodeId): number {
    return this.childCounts.data[node];
  }

  /** Symbols on the edge from the parent. */
  edgeLength(node: NodeId): number {
    return this.edgeLengths.data[node];
  }

  /** Symbols that edges are stored in, dead ones included. */
  get storedSymbols(): number {
    return this.arena.length;
  }

  /** Symbols from the root to the node's end. */
  end(node: NodeId): number {
    return this.ends.data[node];
  }

  /** Symbol number `index` of the node's edge. */
  edgeSymbol(node: NodeId, index: number): number {
    return this.arena.data[this.edgeStarts.data[node] + index];
  }

  child(node: NodeId, symbol: number): NodeId {
    return this.edges.get(node, symbol);
  }

  /** Symbols that the node's edge has in common with `symbols[start, limit)`. */
  agreement(node: NodeId, symbols: Int32Array, start: number, limit: number): number {
    return commonPrefixLength(
      this.arena.data,
      this.edgeStarts.data[node],
      symbols,
      start,
      Math.min(this.edgeLengths.data[node], limit - start),
    );
  }

  /** Walks as far as `symbols[0, limit)` agrees with the tree. O(matched symbols). */
  match(symbols: Int32Array, limit: number, out: Match): Match {
    let node = ROOT;
    let position = 0;
    out.partial = NONE;
    out.partialLength = 0;
    while (position < limit) {
      const child = this.edges.get(node, symbols[position]);
      if (child === NONE) break;
      const agreed = this.agreement(child, symbols, position, limit);
      position += agreed;
      if (agreed < this.edgeLengths.data[child]) {
        out.partial = child;
        out.partialLength = agreed;
        break;
      }
      node = child;
    }
    out.node = node;
    out.matched = position;
    return out;
  }

  /**
   * Divides the node's edge after `keep` symbols (0 < keep < edge length).
   * Returns the new upper node; the node itself becomes its only child and keeps its id.
   */
  split(node: NodeId, keep: number): NodeId {
    const length = this.edgeLengths.data[node];
    invariant(keep > 0 && keep < length, `split after ${keep} of ${length} symbols`);
    const upper = this.allocate();
    const start = this.edgeStarts.data[node];
    const parent = this.parents.data[node];
    this.edgeStarts.data[upper] = start;
    this.edgeLengths.data[upper] = keep;
    this.ends.data[upper] = this.ends.data[node] - length + keep;
    this.takePlace(node, upper, parent);
    this.edges.set(parent, this.arena.data[start], upper);
    this.edgeStarts.data[node] = start + keep;
    this.edgeLengths.data[node] = length - keep;
    this.append(upper, node);
    return upper;
  }

  /** Adds `symbols[start, end)` (not empty) as a new last child of `parent`, which must have none with that first symbol. */
  addLeaf(parent: NodeId, symbols: Int32Array, start: number, end: number): NodeId {
    invariant(end > start, `leaf with ${end - start} symbols`);
    const leaf = this.allocate();
    this.edgeStarts.data[leaf] = this.arena.append(symbols, start, end);
    this.edgeLengths.data[leaf] = end - start;
    this.liveSymbols += end - start;
    this.ends.data[leaf] = this.ends.data[parent] + end - start;
    this.append(parent, leaf);
    return leaf;
  }

  removeLeaf(node: NodeId): void {
    invariant(node !== ROOT && this.childCounts.data[node] === 0, `node ${node} is no leaf`);
    const parent = this.parents.data[node];
    this.edges.delete(parent, this.arena.data[this.edgeStarts.data[node]]);
    this.liveSymbols -= this.edgeLengths.data[node];
    this.unlink(node, parent);
    this.release(node);
    this.compactIfSparse();
  }

  /** Joins a node with its only child, which keeps its id, takes the node's place and is returned. */
  mergeIntoChild(node: NodeId): NodeId {
    invariant(node !== ROOT && this.childCounts.data[node] === 1, `node ${node} has not one child`);
    const child = this.firstChildren.data[node];
    const parent = this.parents.data[node];
    const start = this.edgeStarts.data[node];
    const length = this.edgeLengths.data[node];
    this.edges.delete(node, this.arena.data[this.edgeStarts.data[child]]);
    this.edgeStarts.data[child] = this.joinEdges(node, child);
    this.edgeLengths.data[child] += length;
    this.takePlace(node, child, parent);
    this.edges.set(parent, this.arena.data[start], child);
    this.release(node);
    this.compactIfSparse();
    return child;
  }

  /** Calls `visit` for every node but the root, parents before children, children in their order. No recursion. */
  forEachPreorder(visit: (node: NodeId) => void): void {
    let node = this.firstChildren.data[ROOT];
    while (node !== NONE) {
      visit(node);
      let next = this.firstChildren.data[node];
      while (next === NONE && node !== ROOT) {
        next = this.nextSiblings.data[node];
        if (next === NONE) node = this.parents.data[node];
      }
      node = next;
    }
  }

  /** An independent tree with equal nodes and ids. Costs a copy of columns. */
  copy(): RadixTree {
    const copy = new RadixTree();
    for (const name of columnNames) copy[name].data = this[name].data.slice();
    copy.edges = this.edges.copy();
    copy.arena = this.arena.copy();
    copy.freeIds = this.freeIds.slice();
    copy.idLimit = this.idLimit;
    copy.live = this.live;
    copy.liveSymbols = this.liveSymbols;
    return copy;
  }

  /** A tree with equal nodes, ids and order, in which each edge carries the symbols that are given for its node. */
  withSymbols(symbolsOf: (node: NodeId) => Int32Array): RadixTree {
    const result = this.copy();
    result.edges = new EdgeTable();
    result.arena = new TokenArena();
    this.forEachPreorder((node) => {
      const symbols = symbolsOf(node);
      const parent = this.parents.data[node];
      result.edgeStarts.data[node] = result.arena.append(symbols, 0, symbols.length);
      result.edgeLengths.data[node] = symbols.length;
      result.ends.data[node] = result.ends.data[parent] + symbols.length;
      result.edges.set(parent, symbols[0], node);
    });
    result.liveSymbols = result.arena.length;
    return result;
  }

  /** Offset of the joined edges of a node and its only child; copies them unless they already stand side by side. */
  private joinEdges(node: NodeId, child: NodeId): number {
    const start = this.edgeStarts.data[node];
    const length = this.edgeLengths.data[node];
    const childStart = this.edgeStarts.data[child];
    if (start + length === childStart) return start;
    const joined = this.arena.append(this.arena.data, start, start + length);
    this.arena.append(this.arena.data, childStart, childStart + this.edgeLengths.data[child]);
    return joined;
  }

  /**
   * Copies the edges that are left into another arena once half of this one is dead, so that memory follows what the tree
   * holds and each symbol is copied a bounded number of times. Pre-order keeps a node beside its first child,
   * which makes a later merge of the two free. The two arenas take turns: fresh memory would cost more than the copy.
   */
  private compactIfSparse(): void {
    if (this.arena.length < smallestCompaction || this.arena.length < 2 * this.liveSymbols) return;
    const arena = this.spareArena ?? new TokenArena(new Int32Column(2 * this.liveSymbols));
    arena.clear();
    const { data } = this.arena;
    this.forEachPreorder((node) => {
      const start = this.edgeStarts.data[node];
      this.edgeStarts.data[node] = arena.append(data, start, start + this.edgeLengths.data[node]);
    });
    const isTooLarge = data.length > 8 * Math.max(this.liveSymbols, smallestCompaction);
    this.spareArena = isTooLarge ? null : this.arena;
    this.arena = arena;
  }

  /** A node without children; its edge and its place are the caller's to set. */
  private allocate(): NodeId {
    const node = this.freeIds.pop() ?? this.idLimit++;
    // All columns are of one length.
    if (node >= this.parents.data.length) {
      for (const name of columnNames) this[name].reserve(this.idLimit);
    }
    this.firstChildren.data[node] = NONE;
    this.lastChildren.data[node] = NONE;
    this.childCounts.data[node] = 0;
    this.live++;
    return node;
  }

  private release(node: NodeId): void {
    this.live--;
    this.freeIds.push(node);
  }

  /** Makes `child` the last child of `parent` and enters it in the edge table. */
  private append(parent: NodeId, child: NodeId): void {
    const last = this.lastChildren.data[parent];
    this.parents.data[child] = parent;
    this.previousSiblings.data[child] = last;
    this.nextSiblings.data[child] = NONE;
    if (last === NONE) this.firstChildren.data[parent] = child;
    else this.nextSiblings.data[last] = child;
    this.lastChildren.data[parent] = child;
    this.childCounts.data[parent]++;
    this.edges.set(parent, this.arena.data[this.edgeStarts.data[child]], child);
  }

  /** Puts `next` where `old` stands among the children of `parent`. */
  private takePlace(old: NodeId, next: NodeId, parent: NodeId): void {
    const before = this.previousSiblings.data[old];
    const after = this.nextSiblings.data[old];
    this.parents.data[next] = parent;
    this.previousSiblings.data[next] = before;
    this.nextSiblings.data[next] = after;
    if (before === NONE) this.firstChildren.data[parent] = next;
    else this.nextSiblings.data[before] = next;
    if (after === NONE) this.lastChildren.data[parent] = next;
    else this.previousSiblings.data[after] = next;
  }

  private unlink(node: NodeId, parent: NodeId): void {
    const before = this.previousSiblings.data[node];
    const after = this.nextSiblings.data[node];
    if (before === NONE) this.firstChildren.data[parent] = after;
    else this.nextSiblings.data[before] = after;
    if (after === NONE) this.lastChildren.data[parent] = before;
    else this.previousSiblings.data[after] = before;
    this.childCounts.data[parent]--;
  }
}

const columnNames = [
  "parents",
  "firstChildren",
  "lastChildren",
  "nextSiblings",
  "previousSiblings",
  "edgeStarts",
  "edgeLengths",
  "ends",
  "childCounts",
] as const;
