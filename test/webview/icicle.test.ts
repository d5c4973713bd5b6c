import { describe, expect, test } from "vitest";
import type { PrefixNode } from "../../src/analysis/report.ts";
import { buildIcicle, hitTest, type Icicle, neighbour, viewportOf } from "../../webview/model/icicle.ts";
import { axisTicks, visibleBoxes } from "../../webview/model/visible-boxes.ts";
import { generator, randomPrefixTree, samplePrefixTree } from "./fixture-tree.ts";

/** Nodes as `[parent, tokens, requests]`. */
function tree(...rows: readonly (readonly [number, number, number])[]): PrefixNode[] {
  const nodes: PrefixNode[] = [];
  for (const [parent, tokens, requests] of rows) {
    nodes.push({
      parent,
      tokens,
      endTokens: tokens + (parent < 0 ? 0 : nodes[parent]!.endTokens),
      label: `node ${nodes.length}`,
      requests,
      hits: 0,
      kvBytes: 0,
      cachedTokens: tokens,
      checkpoints: 0,
      templates: [],
      source: null,
    });
  }
  return nodes;
}

/** One line per box: node, extent along the prompt, extent across in requests. */
function formatBoxes(icicle: Icicle, requests: number): string[] {
  return Array.from({ length: icicle.boxes - 1 }, (_, i) => {
    const box = i + 1;
    const across = (share: number) => Math.round(share * requests * 100) / 100;
    return `${icicle.node[box]}: ${icicle.start[box]}–${icicle.end[box]}, ${across(icicle.top[box]!)}–${across(icicle.bottom[box]!)}`;
  });
}

const forked = tree([-1, 100, 10], [0, 20, 3], [0, 50, 6], [2, 5, 6], [-1, 8, 2]);

describe("layout", () => {
  test("an edge lies where its tokens lie, and is as high as its requests", () => {
    expect(formatBoxes(buildIcicle(forked, "tokens"), 12)).toEqual([
      "0: 0–100, 0–10",
      "4: 0–8, 10–12",
      "2: 100–150, 0–6",
      "1: 100–120, 6–9",
      "3: 150–155, 0–6",
    ]);
  });

  test("equal steps give every edge the same length", () => {
    expect(formatBoxes(buildIcicle(forked, "steps"), 12)).toEqual([
      "0: 0–1, 0–10",
      "4: 0–1, 10–12",
      "2: 1–2, 0–6",
      "1: 1–2, 6–9",
      "3: 2–3, 0–6",
    ]);
  });

  test("no tree, no boxes but the root", () => {
    const icicle = buildIcicle([], "tokens");
    expect(icicle.boxes).toBe(1);
    expect(hitTest(icicle, 0, 0)).toBe(-1);
    expect(visibleBoxes(icicle, viewportOf(icicle, 0), 100, 100)).toEqual([]);
  });

  test("a chain of 5,000 edges does not overflow the stack", () => {
    const chain = tree(...Array.from({ length: 5_000 }, (_, i) => [i - 1, 1, 5] as const));
    const icicle = buildIcicle(chain, "tokens");
    expect(icicle.reach[1]).toBe(5_000);
    expect(icicle.node[hitTest(icicle, 4_999.5, 0.5)]).toBe(4_999);
  });

  test.each([1, 2, 3])("children lie within their parents and do not overlap (seed %d)", (seed) => {
    const icicle = buildIcicle(randomPrefixTree(500, seed), "tokens");
    for (let box = 1; box < icicle.boxes; box++) {
      const parent = icicle.parent[box]!;
      expect(icicle.top[box]).toBeGreaterThanOrEqual(icicle.top[parent]! - 1e-12);
      expect(icicle.bottom[box]).toBeLessThanOrEqual(icicle.bottom[parent]! + 1e-12);
      const isSibling = box > 1 && icicle.parent[box - 1] === parent;
      if (isSibling) expect(icicle.top[box]).toBeCloseTo(icicle.bottom[box - 1]!, 12);
      if (parent > 0) expect(icicle.start[box]).toBe(icicle.end[parent]);
    }
  });
});

describe("hit test", () => {
  test.each([
    [50, 0.5, 0],
    [99.9, 0.8, 0],
    [100, 0.1, 2],
    [110, 0.6, 1],
    [125, 0.6, -1],
    [110, 0.8, -1],
    [152, 0.1, 3],
    [4, 0.9, 4],
    [50, 0.9, -1],
    [-1, 0.5, -1],
    [50, 1, -1],
  ])("at token %d, share %d lies node %d", (along, across, node) => {
    const icicle = buildIcicle(forked, "tokens");
    const box = hitTest(icicle, along, across);
    expect(box < 0 ? -1 : icicle.node[box]).toBe(node);
  });

  test("agrees with a search through all boxes, at 2,000 places of a random tree (seed 5)", () => {
    const icicle = buildIcicle(randomPrefixTree(1_000, 5), "tokens");
    const random = generator(5);
    for (let i = 0; i < 2_000; i++) {
      const along = random() * icicle.reach[0]!;
      const across = random();
      let plain = -1;
      for (let box = 1; box < icicle.boxes; box++) {
        const isAlong = along >= icicle.start[box]! && along < icicle.end[box]!;
        if (isAlong && across >= icicle.top[box]! && across < icicle.bottom[box]!) plain = box;
      }
      expect(hitTest(icicle, along, across)).toBe(plain);
    }
  });
});

describe("keyboard", () => {
  test.each([
    [0, "right", 2],
    [0, "left", 0],
    [0, "down", 4],
    [4, "up", 0],
    [4, "right", 4],
    [2, "down", 1],
    [1, "down", 1],
    [3, "left", 2],
  ] as const)("from node %d, %s leads to node %d", (from, direction, to) => {
    const icicle = buildIcicle(forked, "tokens");
    expect(icicle.node[neighbour(icicle, icicle.boxOfNode[from]!, direction)]).toBe(to);
  });
});

describe("what can be seen", () => {
  test("boxes outside the viewport are left out, those across its edge are clipped", () => {
    const icicle = buildIcicle(forked, "tokens");
    const shown = visibleBoxes(icicle, viewportOf(icicle, icicle.boxOfNode[2]!), 580, 60);
    // 55 tokens and 6 % of lead: 3.3 tokens of the parent are seen.
    expect(shown.map((box) => icicle.node[box.box])).toEqual([0, 2, 3]);
    expect(shown[0]).toMatchObject({ x: 0, y: 0, height: 60 });
    for (const box of shown) expect(box.x + box.width).toBeLessThanOrEqual(580.001);
  });

  test("siblings too thin to see are drawn as one run", () => {
    const icicle = buildIcicle(
      tree([-1, 10, 2000], ...Array.from({ length: 1000 }, () => [0, 10, 1] as const)),
      "tokens",
    );
    const shown = visibleBoxes(icicle, viewportOf(icicle, 0), 100, 300);
    expect(shown.map((box) => box.isRun)).toEqual([false, true]);
    expect(shown[1]).toMatchObject({ x: 50, y: 0, width: 50 });
    expect(shown[1]!.height).toBeCloseTo(150, 9);
  });

  test("of ten thousand nodes only those are drawn that can be seen", () => {
    const nodes = randomPrefixTree(10_000, 1);
    const icicle = buildIcicle(nodes, "tokens");
    const shown = visibleBoxes(icicle, viewportOf(icicle, 0), 900, 340);
    expect(shown.length).toBeGreaterThan(50);
    expect(shown.length).toBeLessThan(5_000);
  });

  test("the sample tree is drawn whole", () => {
    const nodes = samplePrefixTree();
    const icicle = buildIcicle(nodes, "tokens");
    const shown = visibleBoxes(icicle, viewportOf(icicle, 0), 900, 340);
    expect(shown.filter((box) => !box.isRun)).toHaveLength(nodes.length);
  });
});

test.each([
  [0, 2104, 5, [0, 500, 1000, 1500, 2000]],
  [1203, 1250, 4, [1220, 1240]],
  [0, 3, 9, [0, 1, 2, 3]],
  [7, 7, 4, []],
])("ticks from %d to %d, at most about %d", (start, end, most, ticks) => {
  expect(axisTicks(start, end, most)).toEqual(ticks);
});
