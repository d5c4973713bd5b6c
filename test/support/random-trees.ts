/** Random operations on the tree and its table, each compared with a plain structure. They throw at the first difference. */
import { EdgeTable } from "../../src/core/tree/edge-table.ts";
import { Match, NONE, type NodeId, RadixTree, ROOT } from "../../src/core/tree/radix-tree.ts";
import { createRandom, pick, type Random, wholeNumber } from "../../src/workload/random.ts";
import { brokenTreeInvariants, pathOf } from "./cache-facts.ts";

/** Few keys and many deletions, so that clusters form, wrap around and are cut. */
export function randomEdgeOperations(seed: number, operations: number): void {
  const random = createRandom(seed);
  const keys = wholeNumber(random, 4, 200);
  const table = new EdgeTable();
  const plain = new Map<string, number>();
  for (let i = 0; i < operations; i++) {
    const parent = wholeNumber(random, 0, keys >> 3);
    const symbol = wholeNumber(random, -2, 7);
    const key = `${parent} ${symbol}`;
    if (random() < 0.45 && plain.has(key)) {
      table.delete(parent, symbol);
      plain.delete(key);
    } else if (random() < 0.7) {
      table.set(parent, symbol, i);
      plain.set(key, i);
    }
    expectEqual(`seed ${seed}, operation ${i}: ${key}`, table.get(parent, symbol), plain.get(key) ?? NONE);
  }
  for (const [key, child] of plain) {
    const [parent, symbol] = key.split(" ").map(Number);
    expectEqual(`seed ${seed}, at the end: ${key}`, table.get(parent!, symbol!), child);
  }
}

/**
 * Sequences come, leaves go, nodes are merged; after each step a match, and now and then all nodes in their order.
 */
export function randomTreeOperations(seed: number, operations: number): void {
  const random = createRandom(seed);
  const alphabet = pick(random, [1, 2, 4]);
  const tree = new RadixTree();
  let plain: PlainNode = { edge: [], children: [] };
  for (let i = 0; i < operations; i++) {
    const label = `seed ${seed}, operation ${i}`;
    if (random() < 0.55) grow(tree, plain, randomSymbols(random, alphabet));
    else if (tree.nodeCount > 0) shrink(random, tree, plain);
    const probe = randomSymbols(random, alphabet);
    expectEqual(`${label}, match of ${[...probe]}`, matchOf(tree, probe), plainMatch(plain, [...probe]));
    if (i % 8 === 0) {
      const copy = random() < 0.5 ? tree.copy() : tree;
      expectEqual(`${label}, nodes`, pathsOf(copy), plainPaths(plain, []));
      expectEqual(`${label}, invariants`, brokenTreeInvariants(copy), []);
    }
    if (tree.nodeCount > 60) {
      for (const node of nodesAfterAll(tree)) tree.removeLeaf(node);
      plain = { edge: [], children: [] };
    }
  }
}

interface PlainNode {
  edge: number[];
  children: PlainNode[];
}

function randomSymbols(random: Random, alphabet: number): Int32Array {
  return Int32Array.from({ length: wholeNumber(random, 1, 8) }, () => wholeNumber(random, 0, alphabet - 1));
}

/** Inserts the symbols in both. */
function grow(tree: RadixTree, plain: PlainNode, symbols: Int32Array): void {
  const match = tree.match(symbols, symbols.length, new Match());
  const node = match.partial === NONE ? match.node : tree.split(match.partial, match.partialLength);
  if (match.matched < symbols.length) tree.addLeaf(node, symbols, match.matched, symbols.length);

  let rest = [...symbols];
  let at = plain;
  while (rest.length > 0) {
    const index = at.children.findIndex((child) => child.edge[0] === rest[0]);
    const child = at.children[index];
    if (child === undefined) {
      at.children.push({ edge: rest, children: [] });
      return;
    }
    const agreed = agreement(child.edge, rest);
    if (agreed < child.edge.length) {
      const lower = { edge: child.edge.slice(agreed), children: child.children };
      at.children[index] = { edge: child.edge.slice(0, agreed), children: [lower] };
    }
    at = at.children[index]!;
    rest = rest.slice(agreed);
  }
}

/** Removes a leaf or merges a node with its only child, in both. */
function shrink(random: Random, tree: RadixTree, plain: PlainNode): void {
  const nodes: NodeId[] = [];
  tree.forEachPreorder((node) => {
    if (tree.childCount(node) <= 1) nodes.push(node);
  });
  const node = pick(random, nodes);
  const { parent, index } = plainNode(plain, pathOf(tree, node));
  const found = parent.children[index]!;
  if (tree.childCount(node) === 0) {
    tree.removeLeaf(node);
    parent.children.splice(index, 1);
  } else {
    tree.mergeIntoChild(node);
    const only = found.children[0]!;
    parent.children[index] = { edge: [...found.edge, ...only.edge], children: only.children };
  }
}

function plainNode(root: PlainNode, path: readonly number[]): { parent: PlainNode; index: number } {
  let parent = root;
  let rest = path;
  for (;;) {
    const index = parent.children.findIndex((child) => child.edge[0] === rest[0]);
    const child = parent.children[index]!;
    if (child.edge.length === rest.length) return { parent, index };
    rest = rest.slice(child.edge.length);
    parent = child;
  }
}

function agreement(a: readonly number[], b: readonly number[]): number {
  const different = a.findIndex((symbol, i) => symbol !== b[i]);
  return different < 0 ? a.length : different;
}

function matchOf(tree: RadixTree, symbols: Int32Array): string {
  const match = tree.match(symbols, symbols.length, new Match());
  const partial = match.partial === NONE ? "" : `, ${match.partialLength} of ${pathOf(tree, match.partial)}`;
  return `${match.matched} to ${match.node === ROOT ? "" : pathOf(tree, match.node)}${partial}`;
}

function plainMatch(root: PlainNode, symbols: readonly number[]): string {
  let at = root;
  let matched = 0;
  for (;;) {
    const path = symbols.slice(0, matched);
    const child = at.children.find(({ edge }) => edge[0] === symbols[matched]);
    if (matched === symbols.length || child === undefined) return `${matched} to ${path}`;
    const agreed = agreement(child.edge, symbols.slice(matched));
    if (agreed < child.edge.length) {
      return `${matched + agreed} to ${path}, ${agreed} of ${[...path, ...child.edge]}`;
    }
    matched += agreed;
    at = child;
  }
}

function pathsOf(tree: RadixTree): string[] {
  const paths: string[] = [];
  tree.forEachPreorder((node) => {
    paths.push(`${pathOf(tree, node)} ends at ${tree.end(node)}`);
  });
  return paths;
}

function plainPaths(node: PlainNode, above: readonly number[]): string[] {
  return node.children.flatMap((child) => {
    const path = [...above, ...child.edge];
    return [`${path} ends at ${path.length}`, ...plainPaths(child, path)];
  });
}

function nodesAfterAll(tree: RadixTree): NodeId[] {
  const nodes: NodeId[] = [];
  tree.forEachPreorder((node) => {
    nodes.push(node);
  });
  return nodes.reverse();
}

function expectEqual(what: string, actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}\n  is:     ${a}\n  should: ${b}`);
}
