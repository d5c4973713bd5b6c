import { describe, expect, it } from "vitest";
import { Match, NONE, type NodeId, RadixTree } from "../../../src/core/tree/radix-tree.ts";

const sequenceLength = 3000;
const kept = 20;

function sequence(number: number): Int32Array {
  return Int32Array.from({ length: sequenceLength }, (_, i) => (i < 100 ? i : number * 10_000 + i));
}

describe("the arena", () => {
  it("follows what the tree holds, and the tree stays what it was", () => {
    const tree = new RadixTree();
    const leaves: NodeId[] = [];
    for (let number = 0; number < 400; number++) {
      const tokens = sequence(number);
      const match = tree.match(tokens, tokens.length, new Match());
      const parent = match.partial === NONE ? match.node : tree.split(match.partial, match.partialLength);
      leaves.push(tree.addLeaf(parent, tokens, match.matched, tokens.length));
      if (leaves.length > kept) tree.removeLeaf(leaves.shift() ?? NONE);
      expect(tree.storedSymbols).toBeLessThan(Math.max(1 << 16, 5 * kept * sequenceLength));
    }
    for (let number = 400 - kept; number < 400; number++) {
      expect(tree.match(sequence(number), sequenceLength, new Match()).matched).toBe(sequenceLength);
    }
    expect(tree.match(sequence(0), sequenceLength, new Match()).matched).toBe(100);
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
    expect(tree.storedSymbols).toBeLessThan(5 * length);
  });
});
