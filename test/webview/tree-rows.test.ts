import { expect, test } from "vitest";
import {
  buildPrefixTree,
  expandedTo,
  initiallyExpanded,
  isCached,
  labelText,
  nodeSummary,
  type PrefixTree,
  treeStep,
  treeSummary,
  visibleRows,
} from "../../webview/model/tree-rows.ts";
import { randomPrefixTree, samplePrefixTree } from "./fixture-tree.ts";

const tree = buildPrefixTree(samplePrefixTree());

/** Rows as text: indentation, twisty, tokens. */
function formatRows(from: PrefixTree, expanded: ReadonlySet<string>): string[] {
  const signs = new Map([
    [true, "▾"],
    [false, "▸"],
    [null, "·"],
  ]);
  return visibleRows(from, expanded).map(
    (row) => `${"  ".repeat(row.level - 1)}${signs.get(row.isExpanded)} ${from.nodes[row.node]!.tokens}`,
  );
}

test("collapsed, only the first level is shown, the most used prefix first", () => {
  const rows = formatRows(tree, new Set());
  expect(rows).toHaveLength(18);
  expect(rows.slice(0, 4)).toEqual(["▸ 1212", "▸ 740", "▸ 22", "· 952"]);
});

test("an expanded node shows its children below it", () => {
  const rows = formatRows(tree, new Set([tree.keys[0]!]));
  expect(rows.slice(0, 4)).toEqual(["▾ 1212", "  ▸ 604", "  ▸ 386", "▸ 740"]);
});

test("rows know their place among their siblings", () => {
  const rows = visibleRows(tree, new Set([tree.keys[0]!]));
  expect(rows[1]).toMatchObject({ level: 2, position: 1, siblings: 2, isExpanded: false });
});

test("at first whole levels are open, as far as they fit", () => {
  expect(visibleRows(tree, initiallyExpanded(tree, 30))).toHaveLength(23);
  expect(visibleRows(tree, initiallyExpanded(tree, 5))).toHaveLength(18);
});

test("a node's key holds in the next report, and no two nodes share one", () => {
  const nodes = randomPrefixTree(10_000, 3).map((node) => ({ ...node, label: "same", tokens: 7 }));
  const large = buildPrefixTree(nodes);
  expect(large.indexOfKey.size).toBe(10_000);
  expect(buildPrefixTree(nodes).keys).toEqual(large.keys);
});

test("to show a deep node, all above it are opened", () => {
  const deep = tree.nodes.findLastIndex((node) => node.templates.includes("refund") && node.requests === 1);
  const shown = visibleRows(tree, expandedTo(tree, new Set(), deep)).map((row) => row.node);
  expect(shown).toContain(deep);
});

test.each([
  [0, "ArrowDown", { kind: "select", node: 1 }],
  [0, "ArrowUp", { kind: "select", node: 0 }],
  [0, "ArrowRight", { kind: "select", node: 1 }],
  [0, "ArrowLeft", { kind: "collapse", node: 0 }],
  [1, "ArrowRight", { kind: "expand", node: 1 }],
  [1, "ArrowLeft", { kind: "select", node: 0 }],
  [0, "x", null],
  [-1, "ArrowDown", { kind: "select", node: 0 }],
] as const)("in row %d, %s does %j", (at, key, step) => {
  const rows = visibleRows(tree, new Set([tree.keys[0]!]));
  expect(treeStep(tree, rows, at, key, 10)).toEqual(step);
});

test("home, end and pages stay within the rows", () => {
  const rows = visibleRows(tree, new Set());
  const last = rows.at(-1)!.node;
  expect(treeStep(tree, rows, 3, "Home", 10)).toEqual({ kind: "select", node: 0 });
  expect(treeStep(tree, rows, 3, "End", 10)).toEqual({ kind: "select", node: last });
  expect(treeStep(tree, rows, 15, "PageDown", 10)).toEqual({ kind: "select", node: last });
  expect(treeStep(tree, rows, 3, "PageUp", 10)).toEqual({ kind: "select", node: 0 });
});

test.each([
  ["one\n\n  two", "one ⏎ ⏎ two"],
  ["  ", "(white space)"],
  ["a\tb\r\n", "a b ⏎"],
])("label %j is shown as %j", (label, text) => expect(labelText(label)).toBe(text));

test("the whole tree counts tokens and checkpoints as the memory does, which holds answers too", () => {
  const [first] = tree.nodes;
  const nodes = [
    { ...first!, tokens: 600, cachedTokens: 528, checkpoints: 33 },
    { ...first!, tokens: 200, cachedTokens: 0, checkpoints: 0 },
  ];
  expect(treeSummary(nodes, { endCheckpoints: 33 })).toBe(
    "2 nodes, 66.0 % of 800 tokens cached, 33 checkpoints.",
  );
  expect(treeSummary(nodes, { endCheckpoints: 160 })).toBe(
    "2 nodes, 66.0 % of 800 tokens cached, 33 of 160 checkpoints; the others lie behind prompts, in answers.",
  );
  expect(
    treeSummary(nodes, { endCheckpoints: 1, host: { kvBytes: 0, checkpointBytes: 0, checkpoints: 159 } }),
  ).toContain("33 of 160 checkpoints");
  expect(nodes.map(isCached)).toEqual([true, false]);
});

test("a node in words", () => {
  expect(nodeSummary(tree.nodes[1]!)).toContain(
    "604 tokens, ends at token 1,816; 48 requests, 47 hits; cached; 1 checkpoint",
  );
});
