import { expect, test } from "vitest";
import { blend, inkOn, parseColour, toCss } from "../../webview/model/colour.ts";
import { findingRows } from "../../webview/model/finding-rows.ts";
import { rateLines, steadyLines } from "../../webview/model/headline.ts";
import { parseNavigation, startNavigation } from "../../webview/model/navigation.ts";
import { fixtureReport, sumOf } from "./fixture-report.ts";
import { samplePrefixTree } from "./fixture-tree.ts";

test("the worst finding stands first, with what is at stake", () => {
  const report = fixtureReport();
  const rows = findingRows(report, report.scenario);
  expect(rows.map((row) => row.severityName)).toEqual(["Warning", "Information", "Hint"]);
  expect(rows[0]!.stakes).toEqual(["940 tokens / request", "85.5 ms TTFT / request", "14.7 MiB of cache"]);
  expect(rows[2]!.stakes).toEqual(["96 tokens / request"]);
  expect(rows[0]!.assumptions[0]).toMatch(/^Every template is called equally often/);
  const billing = { usdPerMillionTokens: 4, readMultiplier: 0.1 };
  expect(findingRows(report, { billing })[0]!.stakes[1]).toBe("$3.38 per 1,000 requests");
});

test("measured rates and their reasons stand above the steady state", () => {
  const { totals, verdict } = fixtureReport();
  const verdictLine = "Verdict: None. 0 changes found.";
  expect(rateLines({ totals, verdict, hitRates: null })).toEqual([...steadyLines({ totals }), verdictLine]);
  const hitRates = {
    ...{ documented: 0.8, expected: 0.5, measured: 0.25, measuredTokens: null },
    notes: ["What was measured is less."],
  };
  const rates = "Token hit rate: 80.0 % simulated, 50.0 % expected, 25.0 % measured.";
  const lines = rateLines({ totals: { ...totals, money: null }, verdict, hitRates });
  expect(lines).toEqual([rates, ...hitRates.notes, ...steadyLines({ totals }), verdictLine]);
});

test.each([undefined, null, "tree", { version: 2, tab: "tree" }, { version: 1, tab: "gone" }])(
  "stored state %j leads to the start",
  (stored) => expect(parseNavigation(stored)).toEqual(startNavigation),
);

test("stored state of this version is kept", () => {
  const stored = { version: 1, tab: "memory", node: "abc", scale: "steps", order: "name" } as const;
  expect(parseNavigation(stored)).toEqual(stored);
});

test.each([
  ["#fff", { red: 255, green: 255, blue: 255 }],
  ["#3794ff", { red: 55, green: 148, blue: 255 }],
  ["#3794ff80", { red: 55, green: 148, blue: 255 }],
  ["rgba(1, 2, 3, 0.5)", { red: 1, green: 2, blue: 3 }],
  ["color(srgb 1 0 0)", null],
  ["", null],
])("colour %s", (text, colour) => expect(parseColour(text)).toEqual(colour));

test("text is black on light ground and white on dark ground", () => {
  expect(inkOn(parseColour("#89d185")!)).toBe("#000000");
  expect(inkOn(parseColour("#652d90")!)).toBe("#ffffff");
});

test("blending lays one colour on another", () => {
  expect(toCss(blend(parseColour("#ffffff")!, parseColour("#000000")!, 0.5))).toBe("rgb(128, 128, 128)");
});

test("the fixture adds up", () => {
  const report = fixtureReport();
  for (const template of report.templates) {
    expect(sumOf(template.ledger) / template.requests).toBeCloseTo(template.promptTokensMean, 9);
  }
  const nodes = samplePrefixTree();
  const below = nodes.map(() => 0);
  nodes.forEach((node) => {
    if (node.parent >= 0) below[node.parent]! += node.requests;
  });
  nodes.forEach((node, i) => {
    expect(below[i]).toBeLessThanOrEqual(node.requests);
    expect(node.hits).toBeLessThanOrEqual(node.requests);
  });
});
