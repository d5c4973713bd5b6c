import { describe, expect, it } from "vitest";
import { Match, NONE, type NodeId, RadixTree } from "../../../src/core/tree/radix-tree.ts";

const sequenceLength = 3000;
const kept = 20;

function sequence(number: number): Int32Array {
  return Int32Array.from({ length: sequenceLength }, (_, i) => (i < 100 ? i : number * 10_000 + i));
}

/** Adds the sequences of these numbers and keeps the latest `kept` of them. */
function addAll(tree: RadixTree, leaves: NodeId[], from: number, to: number): void {
  for (let number = from; number < to; number++) {
    const tokens = sequence(number);
    const match = tree.match(tokens, tokens.length, new Match());
    const parent = match.partial === NONE ? match.node : tree.split(match.partial, match.partialLength);
    leaves.push(tree.addLeaf(parent, tokens, match.matched, tokens.length));
    if (leaves.length > kept) tree.removeLeaf(leaves.shift() ?? NONE);
    expect(tree.storedSymbols).toBeLessThan(Math.max(1 << 16, 3 * kept * sequenceLength));
  }
}

function matchedOf(tree: RadixTree, number: number): number {
  return tree.match(sequence(number), sequenceLength, new Match()).matched;
}

describe("the arena", () => {
  it("follows what the tree holds, and the tree stays what it was", () => {
    const tree = new RadixTree();
    addAll(tree, [], 0, 400);
    for (let number = 400 - kept; number < 400; number++) {
      expect(matchedOf(tree, number)).toBe(sequenceLength);
    }
    expect(matchedOf(tree, 0)).toBe(100);
  });

  it("is a copy's own, the memory for later compactions included", () => {
    const tree = new RadixTree();
    const leaves: NodeId[] = [];
    addAll(tree, leaves, 0, 100);
    const copy = tree.copy();
    addAll(copy, [...leaves], 100, 200);
    addAll(tree, leaves, 200, 300);
    for (let number = 0; number < kept; number++) {
      expect(matchedOf(copy, 199 - number)).toBe(sequenceLength);
      expect(matchedOf(tree, 299 - number)).toBe(sequenceLength);
    }
  });

  it("stays small when a long chain is merged again and again", () => {
    const tree = new RadixTree();
    let length = 0;
    let node: NodeId = 0;
    for (let turn = 0; turn < 300; turn++) {
      const tokens = Int32Array.from({ length: length + 500 }, (_, i) => i);
      const match = tree.match(tokens, tokens.length, new Match());
      node = tree.addLeaf(match.node, tokens, match.matched, tokens.length);
      length += 500;
      const parent = tree.parent(node);
      if (parent !== 0) node = tree.mergeIntoChild(parent);
    }
    expect(tree.nodeCount).toBe(1);
    expect(tree.edgeLength(node)).toBe(length);
    expect(tree.storedSymbols).toBeLessThan(3 * length);
  });
});
