/**
 * Nodes in the order of a number that each has, smallest first; equal numbers by a second number, then by node.
 * They lie in blocks of bounded length, so that a change moves one block and not all that follows; places are found by
 * binary search, first of the block and then in it, and reading in order is a walk along arrays.
 */
import { Float64Column, Int32Column } from "../../tokens/columns.ts";
import type { NodeId } from "../../tree/radix-tree.ts";

/** Where an entry stands, valid until the next change: the number of its block and its number there. */
export type Place = number;
export const NO_PLACE: Place = -1;

const blockBits = 8;
const blockLength = 1 << blockBits;
/** One less, so that the end of a full block has a place that is no other's. */
const mostNodes = blockLength - 1;

export class SortedNodes {
  /** Never empty ones. */
  private blocks: Int32Array[] = [];
  private lengths: number[] = [];
  /** By block: the smallest second number of its nodes, `NaN` where it has to be looked for. */
  private leastTies: number[] = [];
  /** By node; meaningful where `isEntered` is 1. */
  private keys = new Float64Column(64);
  private ties = new Float64Column(64);
  private isEntered = new Int32Column(64);

  /** `NO_PLACE` when there are no nodes. */
  get first(): Place {
    return this.blocks.length === 0 ? NO_PLACE : 0;
  }

  get last(): Place {
    const block = this.blocks.length - 1;
    return block < 0 ? NO_PLACE : block * blockLength + this.lengths[block] - 1;
  }

  nodeAt(place: Place): NodeId {
    return this.blocks[place >> blockBits][place & (blockLength - 1)];
  }

  /** `NO_PLACE` behind the last. */
  next(place: Place): Place {
    return this.valid(place + 1);
  }

  /** `NO_PLACE` before the first. */
  previous(place: Place): Place {
    if ((place & (blockLength - 1)) > 0) return place - 1;
    const block = (place >> blockBits) - 1;
    return block < 0 ? NO_PLACE : block * blockLength + this.lengths[block] - 1;
  }

  /** The first place behind this one whose second number is at most so much. Blocks that have none cost one look. */
  nextWithTieAtMost(place: Place, most: number): Place {
    let next = this.next(place);
    while (next !== NO_PLACE) {
      const block = next >> blockBits;
      if (this.leastTie(block) <= most) {
        const nodes = this.blocks[block];
        for (let offset = next & (blockLength - 1); offset < this.lengths[block]; offset++) {
          if (this.ties.data[nodes[offset]] <= most) return block * blockLength + offset;
        }
      }
      next = block + 1 < this.blocks.length ? (block + 1) * blockLength : NO_PLACE;
    }
    return NO_PLACE;
  }

  has(node: NodeId): boolean {
    return this.isEntered.data[node] === 1;
  }

  keyAt(place: Place): number {
    return this.keys.data[this.nodeAt(place)];
  }

  /** The number of a node that is in the list, and the second one. */
  keyOf(node: NodeId): number {
    return this.keys.data[node];
  }

  tieOf(node: NodeId): number {
    return this.ties.data[node];
  }

  /** Enters the node, or moves it to its new place. */
  set(node: NodeId, key: number, tie: number): void {
    if (this.has(node) && this.keys.data[node] === key && this.ties.data[node] === tie) return;
    this.delete(node);
    this.keys.data[node] = key;
    this.ties.data[node] = tie;
    this.isEntered.data[node] = 1;
    const isFirst = this.blocks.length === 0;
    if (isFirst) this.addBlock(0, new Int32Array(blockLength), 0, Number.POSITIVE_INFINITY);
    let place = isFirst ? 0 : this.lowerBound(key, tie, node);
    if (this.lengths[place >> blockBits] === mostNodes) {
      this.halve(place >> blockBits);
      place = this.lowerBound(key, tie, node);
    }
    const block = place >> blockBits;
    const offset = place & (blockLength - 1);
    this.blocks[block].copyWithin(offset + 1, offset, this.lengths[block]);
    this.blocks[block][offset] = node;
    this.lengths[block]++;
    if (tie < this.leastTies[block]) this.leastTies[block] = tie;
  }

  /** Nothing happens to a node that is not in the list. */
  delete(node: NodeId): void {
    this.keys.reserve(node + 1);
    this.ties.reserve(node + 1);
    this.isEntered.reserve(node + 1);
    if (!this.has(node)) return;
    const place = this.valid(this.lowerBound(this.keys.data[node], this.ties.data[node], node));
    const block = place >> blockBits;
    const offset = place & (blockLength - 1);
    this.blocks[block].copyWithin(offset, offset + 1, this.lengths[block]);
    this.lengths[block]--;
    this.isEntered.data[node] = 0;
    if (this.ties.data[node] === this.leastTies[block]) this.leastTies[block] = Number.NaN;
    if (this.lengths[block] > 0) return;
    this.blocks.splice(block, 1);
    this.lengths.splice(block, 1);
    this.leastTies.splice(block, 1);
  }

  copy(): SortedNodes {
    const copy = new SortedNodes();
    copy.blocks = this.blocks.map((block) => block.slice());
    copy.lengths = this.lengths.slice();
    copy.leastTies = this.leastTies.slice();
    copy.keys = this.keys.copy();
    copy.ties = this.ties.copy();
    copy.isEntered = this.isEntered.copy();
    return copy;
  }

  private addBlock(at: number, nodes: Int32Array, length: number, leastTie: number): void {
    this.blocks.splice(at, 0, nodes);
    this.lengths.splice(at, 0, length);
    this.leastTies.splice(at, 0, leastTie);
  }

  private halve(block: number): void {
    const half = mostNodes >> 1;
    const upper = new Int32Array(blockLength);
    upper.set(this.blocks[block].subarray(half, mostNodes));
    this.lengths[block] = half;
    this.leastTies[block] = Number.NaN;
    this.addBlock(block + 1, upper, mostNodes - half, Number.NaN);
  }

  private leastTie(block: number): number {
    const known = this.leastTies[block];
    if (!Number.isNaN(known)) return known;
    const nodes = this.blocks[block];
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < this.lengths[block]; at++) least = Math.min(least, this.ties.data[nodes[at]]);
    this.leastTies[block] = least;
    return least;
  }

  /** The place itself, or the start of the next block where it is the end of one; `NO_PLACE` at the end of all. */
  private valid(place: Place): Place {
    const block = place >> blockBits;
    if (block >= this.blocks.length) return NO_PLACE;
    if ((place & (blockLength - 1)) < this.lengths[block]) return place;
    return block + 1 < this.blocks.length ? (block + 1) * blockLength : NO_PLACE;
  }

  /** Among at least one: behind the last entry that is before these numbers and this node, in the block of that entry. */
  private lowerBound(key: number, tie: number, node: NodeId): Place {
    // What was used last comes last, which is where most entries go.
    const end = this.last;
    if (this.isBefore(this.nodeAt(end), key, tie, node)) return end + 1;
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.isBefore(this.blocks[middle][0], key, tie, node)) low = middle + 1;
      else high = middle;
    }
    const block = Math.max(0, low - 1);
    const nodes = this.blocks[block];
    low = 0;
    high = this.lengths[block];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.isBefore(nodes[middle], key, tie, node)) low = middle + 1;
      else high = middle;
    }
    return block * blockLength + low;
  }

  private isBefore(other: NodeId, key: number, tie: number, node: NodeId): boolean {
    const otherKey = this.keys.data[other];
    if (otherKey !== key) return otherKey < key;
    const otherTie = this.ties.data[other];
    return otherTie !== tie ? otherTie < tie : other < node;
  }
}
