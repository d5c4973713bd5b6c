/** The nodes of a cache in no order, for evictions that look at all of them. Adding and removing cost O(1). */
import { Int32Column } from "../../tokens/columns.ts";
import type { NodeId } from "../../tree/radix-tree.ts";

export class NodeSet {
  private nodes: NodeId[] = [];
  /** Where each node stands in the list. */
  private place = new Int32Column(64);

  get size(): number {
    return this.nodes.length;
  }

  at(index: number): NodeId {
    return this.nodes[index];
  }

  add(node: NodeId): void {
    this.place.reserve(node + 1);
    this.place.data[node] = this.nodes.length;
    this.nodes.push(node);
  }

  remove(node: NodeId): void {
    this.swap(this.place.data[node], this.nodes.length - 1);
    this.nodes.pop();
  }

  swap(i: number, j: number): void {
    const { nodes, place } = this;
    const node = nodes[i];
    nodes[i] = nodes[j];
    nodes[j] = node;
    place.data[nodes[i]] = i;
    place.data[nodes[j]] = j;
  }

  copy(): NodeSet {
    const copy = new NodeSet();
    copy.nodes = this.nodes.slice();
    copy.place = this.place.copy();
    return copy;
  }
}
