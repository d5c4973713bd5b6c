/**
 * Nodes in the order of a number that each has, smallest first; equal numbers by node.
 * One flat array per column: finding a place is a binary search, taking it a block move, which is fast for the
 * tens of thousands of entries that a cache of large states holds, and reading in order is a walk along an array.
 */
import { Float64Column, Int32Column } from "../../tokens/columns.ts";
import type { NodeId } from "../../tree/radix-tree.ts";

export class SortedNodes {
  count = 0;
  private nodes = new Int32Column(64);
  private keys = new Float64Column(64);
  /** By node; meaningful where `isEntered` is 1. */
  private keyOfNode = new Float64Column(64);
  private isEntered = new Int32Column(64);

  nodeAt(place: number): NodeId {
    return this.nodes.data[place];
  }

  keyAt(place: number): number {
    return this.keys.data[place];
  }

  /** The number of a node that is in the list. */
  keyOf(node: NodeId): number {
    return this.keyOfNode.data[node];
  }

  /** Enters the node, or moves it to its new place. */
  set(node: NodeId, key: number): void {
    this.delete(node);
    this.nodes.reserve(this.count + 1);
    this.keys.reserve(this.count + 1);
    const place = this.placeOf(node, key);
    this.nodes.data.copyWithin(place + 1, place, this.count);
    this.keys.data.copyWithin(place + 1, place, this.count);
    this.nodes.data[place] = node;
    this.keys.data[place] = key;
    this.keyOfNode.data[node] = key;
    this.isEntered.data[node] = 1;
    this.count++;
  }

  /** Nothing happens to a node that is not in the list. */
  delete(node: NodeId): void {
    this.keyOfNode.reserve(node + 1);
    this.isEntered.reserve(node + 1);
    if (this.isEntered.data[node] === 0) return;
    const place = this.placeOf(node, this.keyOfNode.data[node]);
    this.nodes.data.copyWithin(place, place + 1, this.count);
    this.keys.data.copyWithin(place, place + 1, this.count);
    this.isEntered.data[node] = 0;
    this.count--;
  }

  copy(): SortedNodes {
    const copy = new SortedNodes();
    copy.count = this.count;
    copy.nodes = this.nodes.copy();
    copy.keys = this.keys.copy();
    copy.keyOfNode = this.keyOfNode.copy();
    copy.isEntered = this.isEntered.copy();
    return copy;
  }

  /** First place whose entry is not before (key, node). */
  private placeOf(node: NodeId, key: number): number {
    const nodes = this.nodes.data;
    const keys = this.keys.data;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      const isBefore = keys[middle] < key || (keys[middle] === key && nodes[middle] < node);
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
