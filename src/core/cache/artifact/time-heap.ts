/**
 * A binary heap whose order among equal times is the artifact's, which uses Python's heapq.
 * Equal times happen regularly, so the exact sift rules decide which of them goes first.
 */
import type { NodeId } from "../../tree/radix-tree.ts";

export class TimeHeap {
  private readonly nodes: NodeId[];
  private readonly times: Float64Array;

  /** Takes over `nodes` and orders them by their `times`, which are indexed by node. */
  constructor(nodes: NodeId[], times: Float64Array) {
    this.nodes = nodes;
    this.times = times;
    for (let i = (nodes.length >> 1) - 1; i >= 0; i--) this.sink(i);
  }

  get size(): number {
    return this.nodes.length;
  }

  push(node: NodeId): void {
    this.nodes.push(node);
    this.rise(0, this.nodes.length - 1);
  }

  /** Removes and returns the node with the smallest time; the heap must not be empty. */
  pop(): NodeId {
    const last = this.nodes.pop()!;
    if (this.nodes.length === 0) return last;
    const top = this.nodes[0];
    this.nodes[0] = last;
    this.sink(0);
    return top;
  }

  /** Moves the smaller child up all the way down, the right one unless the left is strictly smaller, then rises. */
  private sink(start: number): void {
    const { nodes, times } = this;
    const node = nodes[start];
    let hole = start;
    let child = 2 * hole + 1;
    while (child < nodes.length) {
      const right = child + 1;
      if (right < nodes.length && !(times[nodes[child]] < times[nodes[right]])) child = right;
      nodes[hole] = nodes[child];
      hole = child;
      child = 2 * hole + 1;
    }
    nodes[hole] = node;
    this.rise(start, hole);
  }

  private rise(start: number, from: number): void {
    const { nodes, times } = this;
    const node = nodes[from];
    let hole = from;
    while (hole > start) {
      const parent = (hole - 1) >> 1;
      if (!(times[node] < times[nodes[parent]])) break;
      nodes[hole] = nodes[parent];
      hole = parent;
    }
    nodes[hole] = node;
  }
}
