/**
 * The prefix tree as boxes: along one axis the tokens of a prompt, along the other the requests.
 * A box's area is therefore the tokens that its edge stood for in the whole workload, and where a box divides,
 * prompts part. Columns in breadth-first order, so that the children of a box lie side by side.
 */
import { type HierarchyRectangularNode, hierarchy, partition } from "d3-hierarchy";
import type { PrefixNode } from "../../src/analysis/report.ts";

/** `tokens`: lengths are true. `steps`: every edge is equally long, so that short ones can be seen. */
export type IcicleScale = "tokens" | "steps";

export interface Icicle {
  readonly boxes: number;
  /** Index of the box's node in the report's list; -1 for box 0, the root, which has no extent of its own. */
  readonly node: Int32Array;
  readonly parent: Int32Array;
  readonly firstChild: Int32Array;
  readonly children: Int32Array;
  readonly depth: Int32Array;
  /** Along the prompt: where the edge starts and ends, and the furthest end below it. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly reach: Float64Array;
  /** Across: shares of all requests, from 0 to 1. */
  readonly top: Float64Array;
  readonly bottom: Float64Array;
  /** Box of every node of the report's list. */
  readonly boxOfNode: Int32Array;
}

interface Branch {
  readonly index: number;
  readonly children: Branch[];
}

export function buildIcicle(nodes: readonly PrefixNode[], scale: IcicleScale): Icicle {
  const ordered = layOut(nodes).descendants();
  const icicle = emptyIcicle(ordered.length, nodes.length);
  const boxOf = new Map(ordered.map((branch, box) => [branch, box]));
  ordered.forEach((branch, box) => {
    const node = branch.data.index;
    icicle.node[box] = node;
    icicle.depth[box] = branch.depth;
    icicle.parent[box] = branch.parent === null ? -1 : boxOf.get(branch.parent)!;
    icicle.children[box] = branch.children?.length ?? 0;
    icicle.firstChild[box] = branch.children === undefined ? -1 : boxOf.get(branch.children[0]!)!;
    icicle.top[box] = branch.x0;
    icicle.bottom[box] = branch.x1;
    if (node >= 0) {
      icicle.boxOfNode[node] = box;
      const { endTokens, tokens } = nodes[node]!;
      icicle.start[box] = scale === "tokens" ? endTokens - tokens : branch.depth - 1;
      icicle.end[box] = scale === "tokens" ? endTokens : branch.depth;
    }
  });
  fillReach(icicle);
  return icicle;
}

function layOut(nodes: readonly PrefixNode[]): HierarchyRectangularNode<Branch> {
  const branches = nodes.map((_, index): Branch => ({ index, children: [] }));
  const root: Branch = { index: -1, children: [] };
  const own = nodes.map((node) => node.requests);
  nodes.forEach((node, index) => {
    (node.parent < 0 ? root : branches[node.parent]!).children.push(branches[index]!);
    if (node.parent >= 0) own[node.parent]! -= node.requests;
  });
  // A node's own share is what ends there: its requests without those of its children.
  const tree = hierarchy(root, (branch) => (branch.children.length > 0 ? branch.children : null))
    .sum((branch) => (branch.index < 0 ? 0 : Math.max(0, own[branch.index]!)))
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  return partition<Branch>()(tree);
}

function emptyIcicle(boxes: number, nodes: number): Icicle {
  return {
    boxes,
    node: new Int32Array(boxes),
    parent: new Int32Array(boxes),
    firstChild: new Int32Array(boxes),
    children: new Int32Array(boxes),
    depth: new Int32Array(boxes),
    start: new Float64Array(boxes),
    end: new Float64Array(boxes),
    reach: new Float64Array(boxes),
    top: new Float64Array(boxes),
    bottom: new Float64Array(boxes),
    boxOfNode: new Int32Array(nodes).fill(-1),
  };
}

/** Children stand after their parents, so one walk backwards carries every end up to the root. */
function fillReach({ boxes, parent, end, reach }: Icicle): void {
  for (let box = boxes - 1; box >= 0; box--) {
    reach[box] = Math.max(reach[box]!, end[box]!);
    const up = parent[box]!;
    if (up >= 0) reach[up] = Math.max(reach[up]!, reach[box]!);
  }
}

/** Part of the icicle that is shown, in its own units. */
export interface Viewport {
  readonly start: number;
  readonly end: number;
  readonly top: number;
  readonly bottom: number;
}

/** The whole subtree of a box, with a strip of what precedes it, so that one can find the way back. */
export function viewportOf(icicle: Icicle, box: number): Viewport {
  const start = icicle.start[box]!;
  const end = Math.max(icicle.reach[box]!, start + 1e-9);
  const lead = Math.min(start, (end - start) * 0.06);
  return { start: start - lead, end, top: icicle.top[box]!, bottom: icicle.bottom[box]! };
}

/** Box at a place in the icicle's own units, found by one binary search per level; -1 where no prompt reaches. */
export function hitTest(icicle: Icicle, along: number, across: number): number {
  let box = 0;
  while (icicle.children[box]! > 0) {
    const child = childAt(icicle, box, across);
    if (child < 0 || along < icicle.start[child]!) return -1;
    if (along < icicle.end[child]!) return child;
    box = child;
  }
  return -1;
}

/** Child of a box whose share of the requests holds `across`; -1 when the box's own end lies there. */
function childAt(icicle: Icicle, box: number, across: number): number {
  let low = icicle.firstChild[box]!;
  let high = low + icicle.children[box]! - 1;
  if (across < icicle.top[low]! || across >= icicle.bottom[high]!) return -1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (across >= icicle.bottom[middle]!) low = middle + 1;
    else high = middle;
  }
  return low;
}

export type Direction = "left" | "right" | "up" | "down";

/** Where an arrow key leads from a box: parent, largest child, or the neighbour at the same depth. */
export function neighbour(icicle: Icicle, box: number, direction: Direction): number {
  switch (direction) {
    case "left":
      return icicle.parent[box]! > 0 ? icicle.parent[box]! : box;
    case "right":
      return icicle.children[box]! > 0 ? icicle.firstChild[box]! : box;
    case "up":
      return sameDepth(icicle, box, box - 1);
    case "down":
      return sameDepth(icicle, box, box + 1);
    default:
      return direction satisfies never;
  }
}

function sameDepth(icicle: Icicle, box: number, other: number): number {
  return other > 0 && other < icicle.boxes && icicle.depth[other] === icicle.depth[box] ? other : box;
}
