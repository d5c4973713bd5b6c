import { describe, expect, test } from "vitest";
import { Match, NONE, RadixTree, ROOT } from "../../../src/core/tree/radix-tree.ts";
import { Words } from "../../support/cache-text.ts";
import { randomTreeOperations } from "../../support/random-trees.ts";

/** Inserts one sequence per line, as a cache does: split where it leaves an edge, append the rest. */
class TextTree {
  tree = new RadixTree();
  private readonly words = new Words();

  insert(lines: string): this {
    for (const line of lines.trim().split("\n")) {
      const symbols = this.words.tokens(line.trim());
      const match = this.tree.match(symbols, symbols.length, new Match());
      const node = match.partial === NONE ? match.node : this.tree.split(match.partial, match.partialLength);
      if (match.matched < symbols.length) this.tree.addLeaf(node, symbols, match.matched, symbols.length);
    }
    return this;
  }

  /** The node at the end of the sequence, which must be one. */
  at(line: string): number {
    const symbols = this.words.tokens(line);
    const match = this.tree.match(symbols, symbols.length, new Match());
    expect(this.tree.end(match.node)).toBe(symbols.length);
    return match.node;
  }

  match(line: string, limit = Number.POSITIVE_INFINITY): string {
    const symbols = this.words.tokens(line);
    const match = this.tree.match(symbols, Math.min(limit, symbols.length), new Match());
    const inside = match.partial === NONE ? "" : `, ${match.partialLength} into ${this.edge(match.partial)}`;
    return `${match.matched}: ${match.node === ROOT ? "root" : this.edge(match.node)}${inside}`;
  }

  /** Indented, children in their order, each with its end. */
  text(tree = this.tree): string {
    const lines: string[] = [];
    tree.forEachPreorder((node) => {
      let depth = 0;
      for (let at = tree.parent(node); at !== ROOT; at = tree.parent(at)) depth++;
      lines.push(`${"  ".repeat(depth)}${this.edge(node, tree)} (${tree.end(node)})`);
    });
    return lines.join("\n");
  }

  private edge(node: number, tree = this.tree): string {
    return this.words.text(Array.from({ length: tree.edgeLength(node) }, (_, i) => tree.edgeSymbol(node, i)));
  }
}

describe("growing", () => {
  test("a sequence that leaves an edge splits it; one that ends in it makes no leaf", () => {
    const tree = new TextTree().insert(`
      S×6 a b
      S×6 c
      S×2
      x
    `);
    expect(tree.text()).toMatchInlineSnapshot(`
      "S×2 (2)
        S3…6 (6)
          a b (8)
          c (7)
      x (1)"
    `);
  });

  test("a split child keeps its place among its siblings, a child that comes back goes to the end", () => {
    const tree = new TextTree().insert("a a\nb\nc\na x");
    tree.tree.removeLeaf(tree.at("b"));
    tree.insert("b");
    expect(tree.text()).toMatchInlineSnapshot(`
      "a (1)
        a (2)
        x (2)
      c (1)
      b (1)"
    `);
  });
});

describe("matching", () => {
  const tree = new TextTree().insert("S×4 a b\nS×4 c\nx y z");
  test.each([
    ["", "0: root"],
    ["q", "0: root"],
    ["S×4", "4: S×4"],
    ["S×3", "3: root, 3 into S×4"],
    ["S×3 a", "3: root, 3 into S×4"],
    ["S×4 a", "5: S×4, 1 into a b"],
    ["S×4 a b q", "6: a b"],
    ["x y z", "3: x y z"],
    ["y z", "0: root"],
  ])("%s → %s", (line, expected) => {
    expect(tree.match(line)).toBe(expected);
  });

  test("no further than the limit", () => {
    expect(tree.match("S×4 a b", 5)).toBe("5: S×4, 1 into a b");
    expect(tree.match("S×4 a b", 4)).toBe("4: S×4");
    expect(tree.match("S×4 a b", 0)).toBe("0: root");
  });
});

describe("shrinking", () => {
  test("a node joins its only child, which takes its place", () => {
    const tree = new TextTree().insert("a b c\na b d\nz");
    tree.tree.removeLeaf(tree.at("a b c"));
    tree.tree.mergeIntoChild(tree.at("a b"));
    expect(tree.text()).toMatchInlineSnapshot(`
      "a b d (3)
      z (1)"
    `);
    expect(tree.match("a b d")).toBe("3: a b d");
  });

  test("edges that stood apart in memory are joined", () => {
    const tree = new TextTree().insert("a\nz\na b c\ny\na b c d");
    tree.tree.mergeIntoChild(tree.at("a"));
    tree.tree.mergeIntoChild(tree.at("a b c"));
    expect(tree.match("a b c d")).toBe("4: a b c d");
  });

  test("ids are used again, with nothing left of the node that had them", () => {
    const tree = new TextTree().insert("a b\na c\nx");
    const used = tree.tree.idCount;
    tree.tree.removeLeaf(tree.at("a b"));
    tree.tree.mergeIntoChild(tree.at("a"));
    tree.insert("y\nz");
    expect(tree.tree.idCount).toBe(used);
    expect(tree.text()).toBe("a c (2)\nx (1)\ny (1)\nz (1)");
  });

  test.each([
    ["a leaf that has children", (tree: RadixTree, node: number) => tree.removeLeaf(node)],
    ["the root", (tree: RadixTree) => tree.removeLeaf(ROOT)],
    ["a merge of a node with two children", (tree: RadixTree, node: number) => tree.mergeIntoChild(node)],
    ["a split at the start of an edge", (tree: RadixTree, node: number) => tree.split(node, 0)],
    ["a split at the end of an edge", (tree: RadixTree, node: number) => tree.split(node, 1)],
    ["an empty leaf", (tree: RadixTree, node: number) => tree.addLeaf(node, Int32Array.of(1), 1, 1)],
  ])("%s is a broken invariant", (_what, act) => {
    const tree = new TextTree().insert("a b\na c");
    expect(() => act(tree.tree, tree.at("a"))).toThrow("Broken invariant");
  });
});

test("a copy has equal nodes and ids and goes its own way", () => {
  const tree = new TextTree().insert("a b c\na b d");
  const copy = tree.tree.copy();
  tree.tree.removeLeaf(tree.at("a b c"));
  copy.removeLeaf(tree.at("a b d"));
  expect(tree.text(copy)).toBe("a b (2)\n  c (3)");
  expect(tree.text()).toBe("a b (2)\n  d (3)");
});

test("a chain of 200,000 nodes is walked without a deep stack", () => {
  const tree = new RadixTree();
  let node = ROOT;
  for (let i = 0; i < 200_000; i++) node = tree.addLeaf(node, Int32Array.of(i), 0, 1);
  let count = 0;
  tree.forEachPreorder(() => {
    count++;
  });
  expect(count).toBe(200_000);
  expect(tree.end(node)).toBe(200_000);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])("random trees equal plain ones, seed %i", (seed) => {
  randomTreeOperations(seed, 1500);
});
