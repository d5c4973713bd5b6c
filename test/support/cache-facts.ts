/** What can be read off a cache from outside its own bookkeeping: its nodes, and every invariant recounted. */
import { DensityEviction } from "../../src/core/cache/eviction/density.ts";
import { LruEviction } from "../../src/core/cache/eviction/lru.ts";
import { UtilityEviction } from "../../src/core/cache/eviction/utility.ts";
import type { PrefixCache } from "../../src/core/cache/prefix-cache.ts";
import { NONE, type NodeId, type RadixTree, ROOT } from "../../src/core/tree/radix-tree.ts";
import type { NaiveOptions, NodeFacts } from "./naive-cache.ts";

/** Sorted by path. */
export function nodesOf(cache: PrefixCache): NodeFacts[] {
  const { tree } = cache;
  const ageOf = agesIn(cache);
  const nodes: NodeFacts[] = [];
  tree.forEachPreorder((node) => {
    const path = pathOf(tree, node).join(" ");
    nodes.push([path, tree.edgeLength(node), cache.cached.boundaries.has(node), ageOf(node)]);
  });
  return nodes.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** See `NodeFacts`. Density asks for the age of a checkpoint, so a node without one has none. */
function agesIn(cache: PrefixCache): (node: NodeId) => number {
  const { eviction } = cache;
  if (eviction instanceof LruEviction) {
    const places = placesIn(eviction);
    return (node) => places.get(node)!;
  }
  if (eviction instanceof UtilityEviction) return (node) => eviction["lastUsed"].data[node]!;
  if (eviction instanceof DensityEviction) {
    return (node) => (cache.cached.boundaries.has(node) ? eviction["lastUsed"].data[node]! : 0);
  }
  throw new Error("an eviction that the twin does not know");
}

/** Where each node stands in the list, oldest first. */
function placesIn(eviction: LruEviction): Map<NodeId, number> {
  const places = new Map<NodeId, number>();
  for (let node = eviction["recency"].oldest; node !== NONE; node = eviction["recency"].newerThan(node)) {
    if (places.has(node)) throw new Error(`node ${node} stands in the list twice`);
    places.set(node, places.size);
  }
  return places;
}

/** Symbols from the root to the node's end. */
export function pathOf(tree: RadixTree, node: NodeId): number[] {
  const path: number[] = [];
  for (let at = node; at !== ROOT; at = tree.parent(at)) {
    const edge = Array.from({ length: tree.edgeLength(at) }, (_, i) => tree.edgeSymbol(at, i));
    path.unshift(...edge);
  }
  return path;
}

export function brokenInvariants(cache: PrefixCache, options: NaiveOptions): string[] {
  const { tree } = cache;
  const broken = brokenTreeInvariants(tree);
  const isHybrid = options.cost.checkpointBytes > 0 || options.windows !== undefined;
  let kvBytes = 0;
  let checkpoints = 0;
  tree.forEachPreorder((node) => {
    const isMarked = cache.cached.boundaries.has(node);
    kvBytes += tree.edgeLength(node) * options.cost.kvBytesPerToken * options.blockTokens;
    if (isMarked) checkpoints++;
    if (isMarked || cache.cached.pins.isEndOfRunning(node)) return;
    if (tree.childCount(node) === 1) broken.push(`node ${node} should be one with its child`);
    if (isHybrid && tree.childCount(node) === 0) broken.push(`node ${node} is dead KV`);
  });
  const contents = cache.contents();
  // What windows hold, the twin counts.
  const counted = options.windows === undefined ? contents.kvBytes : kvBytes;
  if (kvBytes !== counted) broken.push(`${contents.kvBytes} KV bytes counted, ${kvBytes} held`);
  const checkpointBytes = checkpoints * options.cost.checkpointBytes;
  if (checkpointBytes !== contents.checkpointBytes) {
    broken.push(`${contents.checkpointBytes} checkpoint bytes counted, ${checkpointBytes} held`);
  }
  if (cache.usedBytes !== contents.kvBytes + checkpointBytes)
    broken.push("used bytes are not the sum of all states");
  if (cache.usedBytes > options.capacityBytes) {
    broken.push(`${cache.usedBytes} bytes used of ${options.capacityBytes}`);
  }
  if (cache.eviction instanceof LruEviction) broken.push(...brokenLruOrder(cache.eviction, tree));
  return broken;
}

/** Structure only: ends, sibling lists, child counts and the edge table agree with each other. */
export function brokenTreeInvariants(tree: RadixTree): string[] {
  const broken: string[] = [];
  let count = 0;
  const checkChildren = (node: NodeId): void => {
    const children: NodeId[] = [];
    let previous = NONE;
    for (let child = tree.firstChild(node); child !== NONE; child = tree.nextSibling(child)) {
      if (tree.parent(child) !== node) broken.push(`child ${child} does not know its parent ${node}`);
      if (tree["previousSiblings"].data[child] !== previous) broken.push(`siblings of ${child} disagree`);
      if (tree.child(node, tree.edgeSymbol(child, 0)) !== child) broken.push(`no edge to ${child}`);
      children.push(child);
      previous = child;
    }
    if (tree["lastChildren"].data[node] !== previous) broken.push(`last child of ${node} is not ${previous}`);
    if (tree.childCount(node) !== children.length) broken.push(`node ${node} counts its children wrongly`);
  };
  checkChildren(ROOT);
  tree.forEachPreorder((node) => {
    count++;
    checkChildren(node);
    if (tree.edgeLength(node) <= 0) broken.push(`node ${node} has an empty edge`);
    if (tree.end(node) !== tree.end(tree.parent(node)) + tree.edgeLength(node)) {
      broken.push(`node ${node} ends at ${tree.end(node)}`);
    }
    if (node >= tree.idCount) broken.push(`node ${node} is beyond the id limit`);
  });
  if (count !== tree.nodeCount) broken.push(`${tree.nodeCount} nodes counted, ${count} found`);
  if (tree["edges"]["count"] !== count) broken.push(`${tree["edges"]["count"]} edges for ${count} nodes`);
  return broken;
}

/** The list holds every node once, and no node before one of its descendants. */
function brokenLruOrder(eviction: LruEviction, tree: RadixTree): string[] {
  const broken: string[] = [];
  const places = placesIn(eviction);
  let previous = NONE;
  for (const node of places.keys()) {
    if (eviction["recency"]["older"].data[node] !== previous)
      broken.push(`the list is not linked back at ${node}`);
    previous = node;
  }
  if (eviction["recency"].newest !== previous) broken.push("the newest node is not the last of the list");
  if (places.size !== tree.nodeCount) broken.push(`${places.size} of ${tree.nodeCount} nodes in the list`);
  tree.forEachPreorder((node) => {
    const parent = tree.parent(node);
    const isNewer = parent === ROOT || (places.get(parent) ?? -1) > (places.get(node) ?? -1);
    if (!isNewer) broken.push(`node ${parent} is older than its child ${node}`);
  });
  return broken;
}
