/**
 * What was sent before, as ids alone: a radix tree of recent sequences without any states. It knows where sequences fork,
 * and how often a conversation goes on, long after a cache has evicted their states. Costs 4 bytes per symbol.
 */
import { Int32Column } from "../tokens/columns.ts";
import { Match, NONE, type NodeId, RadixTree, ROOT } from "../tree/radix-tree.ts";
import { RecencyList } from "./recency-list.ts";

/** Turns from this one on are one class. */
const lastTurn = 6;

const NO_END = -1;

export class SequenceHistory {
  /** Of the prompt just looked up: how many sequences, one within the other, it goes on from; at most 6. */
  turn = 0;
  /**
   * Of the prompt just looked up: the deepest position where it and a known sequence go different ways, or where two others
   * did. Where an earlier sequence merely ended and the prompt goes on from there is no fork. 0 without one.
   */
  deepestFork = 0;
  private readonly limit: number;
  private tree = new RadixTree();
  /** Nodes that nothing known follows, least recently sent first. */
  private leaves = new RecencyList();
  private leafCount = 0;
  /** Per node the turn of the sequence that ended there, or `NO_END`, and whether another went on from it. */
  private turnAt = new Int32Column(64);
  private isContinued = new Int32Column(64);
  /** Sequences by turn, and those of them that another went on from. */
  private ended = new Float64Array(lastTurn + 1);
  private continued = new Float64Array(lastTurn + 1);
  private readonly match = new Match();

  /** Remembers about `limit` sequences, those that were sent last. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Looks the prompt up, and then remembers it with its output. */
  observe(sequence: Int32Array, promptSymbols: number): void {
    this.look(sequence, promptSymbols);
    this.add(sequence);
  }

  /** The share of sequences of this turn that another went on from. 1 before anything is known. */
  continuationRate(turn: number): number {
    return (this.continued[turn] + 1) / (this.ended[turn] + 1);
  }

  copy(): SequenceHistory {
    const copy = new SequenceHistory(this.limit);
    copy.turn = this.turn;
    copy.deepestFork = this.deepestFork;
    copy.tree = this.tree.copy();
    copy.leaves = this.leaves.copy();
    copy.leafCount = this.leafCount;
    copy.turnAt = this.turnAt.copy();
    copy.isContinued = this.isContinued.copy();
    copy.ended = this.ended.slice();
    copy.continued = this.continued.slice();
    return copy;
  }

  private look(sequence: Int32Array, promptSymbols: number): void {
    const { matched, node, partial } = this.tree.match(sequence, promptSymbols, this.match);
    this.turn = this.turnAfter(node);
    // Inside an edge, or at a node that something known follows, the prompt leaves what is known, or ends before it does.
    const leavesKnown = partial !== NONE || this.tree.childCount(node) > 0;
    this.deepestFork = leavesKnown ? matched : this.tree.end(this.forkAbove(node));
  }

  /** Counts the continuation of the deepest end at or above the node. */
  private turnAfter(node: NodeId): number {
    let end = node;
    while (end !== ROOT && this.turnAt.data[end] === NO_END) end = this.tree.parent(end);
    if (end === ROOT) return 0;
    const turn = this.turnAt.data[end];
    if (this.isContinued.data[end] === 0) {
      this.isContinued.data[end] = 1;
      this.continued[turn]++;
    }
    return Math.min(lastTurn, turn + 1);
  }

  private forkAbove(node: NodeId): NodeId {
    let fork = node;
    while (fork !== ROOT && this.tree.childCount(fork) < 2) fork = this.tree.parent(fork);
    return fork;
  }

  private add(sequence: Int32Array): void {
    const { matched, node, partial, partialLength } = this.tree.match(sequence, sequence.length, this.match);
    if (matched === sequence.length) {
      if (partial === NONE) this.refresh(node);
      return;
    }
    const parent = partial === NONE ? node : this.splitAt(partial, partialLength);
    if (parent !== ROOT && this.tree.childCount(parent) === 0) this.dropLeaf(parent);
    const leaf = this.tree.addLeaf(parent, sequence, matched, sequence.length);
    this.setEnd(leaf, this.turn);
    this.ended[this.turn]++;
    this.leaves.append(leaf);
    this.leafCount++;
    while (this.leafCount > this.limit) this.removeOldest();
  }

  private splitAt(node: NodeId, keep: number): NodeId {
    const upper = this.tree.split(node, keep);
    this.setEnd(upper, NO_END);
    return upper;
  }

  private setEnd(node: NodeId, turn: number): void {
    this.turnAt.reserve(node + 1);
    this.isContinued.reserve(node + 1);
    this.turnAt.data[node] = turn;
    this.isContinued.data[node] = 0;
  }

  /** The same sequence came again. */
  private refresh(node: NodeId): void {
    if (node === ROOT || this.tree.childCount(node) > 0) return;
    this.leaves.remove(node);
    this.leaves.append(node);
  }

  private dropLeaf(leaf: NodeId): void {
    this.leaves.remove(leaf);
    this.leafCount--;
  }

  /** With it goes what it went on from, unless others did too. */
  private removeOldest(): void {
    let node = this.leaves.oldest;
    this.dropLeaf(node);
    do {
      const gone = node;
      node = this.tree.parent(gone);
      this.tree.removeLeaf(gone);
    } while (node !== ROOT && this.tree.childCount(node) === 0);
    const isPlain = node !== ROOT && this.tree.childCount(node) === 1 && this.turnAt.data[node] === NO_END;
    if (isPlain) this.tree.mergeIntoChild(node);
  }
}
