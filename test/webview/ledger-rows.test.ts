import { expect, test } from "vitest";
import { fates } from "../../src/core/fates.ts";
import { partOf } from "../../src/show/report-parts.ts";
import { percent } from "../../src/words/numbers.ts";
import { fateStyles } from "../../webview/model/fates.ts";
import { approximation, headlines, steadyLines } from "../../webview/model/headline.ts";
import {
  addLedgers,
  describeLedger,
  filterRows,
  ledgerParts,
  ledgerRow,
  ledgerSum,
  sortRows,
} from "../../webview/model/ledger-rows.ts";
import { emptyFixtureReport, fixtureReport } from "./fixture-report.ts";

const report = fixtureReport();
const overview = { scenario: report.scenario, smallestPrefixTokens: null };

test("the page knows every fate, in the ledger's order", () => {
  expect(fateStyles.map((style) => style.fate)).toEqual([...fates]);
});

test("fates differ in name and colour", () => {
  expect(new Set(fateStyles.map((style) => style.name)).size).toBe(fates.length);
  expect(new Set(fateStyles.map((style) => style.colour)).size).toBe(fates.length);
});

test("the ledgers of the templates add up to the total, which is the prompt length", () => {
  const rows = report.templates.map((template) => ledgerRow(template, overview));
  expect(addLedgers(rows.map((row) => row.ledger))).toEqual(report.totals.ledger);
  expect(ledgerSum(report.totals.ledger)).toBe(report.totals.promptTokens);
});

test("shares add up to one, and to nothing in an empty ledger", () => {
  const sum = (shares: readonly number[]) => shares.reduce((total, share) => total + share, 0);
  expect(sum(ledgerParts(report.totals.ledger).map((part) => part.share))).toBeCloseTo(1, 12);
  expect(sum(ledgerParts(emptyFixtureReport().totals.ledger).map((part) => part.share))).toBe(0);
});

test("templates that are never sent have no row", () => {
  const [first, ...others] = report.templates;
  const { templates } = partOf({ ...report, templates: [{ ...first!, requests: 0 }, ...others] }, "ledger");
  expect(templates).toHaveLength(report.templates.length - 1);
});

test.each([
  ["", 6],
  ["SUPPORT", 2],
  ["prompts j2 follow", 1],
  ["nothing", 0],
])("filter %j leaves %d rows", (query, count) => {
  expect(
    filterRows(
      report.templates.map((template) => ledgerRow(template, overview)),
      query,
    ),
  ).toHaveLength(count);
});

test("names ascend, numbers descend, and the rows given stay as they are", () => {
  const rows = report.templates.map((template) => ledgerRow(template, overview));
  const before = [...rows];
  expect(sortRows(rows, "name").map((row) => row.name)).toEqual(rows.map((row) => row.name).sort());
  const tokens = sortRows(rows, "promptTokens").map((row) => row.promptTokens);
  expect(tokens).toEqual([...tokens].sort((a, b) => b - a));
  expect(rows).toEqual(before);
});

test("a bar says in words what it shows", () => {
  const [, , , incident] = report.templates;
  expect(describeLedger(incident!.ledger, percent)).toBe("Cold 6.2 %, Diverged 93.2 %, Unaligned 0.6 %");
  expect(describeLedger(emptyFixtureReport().totals.ledger, percent)).toBe("No tokens.");
});

test("headline numbers are those of the steady state, with the cold start beside it and what they were computed from", () => {
  const byId = new Map(headlines(report).map((headline) => [headline.id, headline]));
  expect(byId.get("tokenHitRate")).toMatchObject({
    label: "Prompt tokens reused, steady",
    value: "72.8 %",
    detail: "179,676 / 246,780 tokens",
    outlook: "72.0 % from an empty cache, where 77.3 % is ideal for any prefix cache",
  });
  expect(byId.get("requestHitRate")).toMatchObject({
    detail: "131 / 164 requests",
    outlook: "72.6 % from an empty cache",
  });
  expect(byId.get("ttftP50")).toMatchObject({ value: "41.2 ms", detail: "163 ms without cache (−74.8 %)" });
  expect(steadyLines(report)).toEqual([
    "Steady state: round 3 of the workload, alpha 0.3, tuned after 212 requests.",
  ]);
});

test("without a steady state the cold start is the headline", () => {
  const cold = { ...report, totals: { ...report.totals, steady: null } };
  const byId = new Map(headlines(cold).map((headline) => [headline.id, headline]));
  expect(byId.get("tokenHitRate")).toMatchObject({ value: "72.0 %", detail: "177,718 / 246,780 tokens" });
  expect(byId.get("requestHitRate")!.detail).toBe("119 / 164 requests");
  expect(steadyLines(cold)).toEqual([]);
});

test("a vocabulary that stands in for another is told of, an exact one is not", () => {
  expect(approximation(report)).toMatch(/^Token numbers are approximate: o200k_base/);
  const { scenario } = report;
  const vocabulary = { ...scenario.vocabulary, isExact: true };
  expect(approximation({ ...report, scenario: { ...scenario, vocabulary } })).toBeNull();
});

test("a template that shares too little for any hit says how much it misses", () => {
  const [template] = report.templates;
  const { stablePrefixTokens } = template!;
  const wanted = (smallestPrefixTokens: number) => ({ ...overview, smallestPrefixTokens });
  expect(ledgerRow(template!, wanted(stablePrefixTokens)).missedTokens).toBeNull();
  expect(ledgerRow(template!, wanted(stablePrefixTokens + 1)).missedTokens).toBe(stablePrefixTokens + 1);
  expect(ledgerRow({ ...template!, requests: 0 }, wanted(stablePrefixTokens + 1)).missedTokens).toBeNull();
});

const billing = { usdPerMillionTokens: 4, readMultiplier: 0.1 };
const hosted = { ...report.scenario, billing };

test("a provider is asked for its price: in the cards, in the table, in its order", () => {
  const money = { inputUnits: 600, inputUnitsWithoutCache: 2400, savedShare: 0.75, note: "All was read." };
  const totals = { ...report.totals, requests: 6, money };
  const cards = headlines({ ...report, scenario: hosted, totals });
  expect(cards.map(({ id }) => id)).toEqual(["tokenHitRate", "requestHitRate", "price"]);
  expect(cards[2]).toMatchObject({
    label: "Input of 1,000 requests",
    value: "$0.400",
    detail: "$1.60 without cache (−75.0 %)",
    outlook: "All was read.",
  });
  const templates = report.templates.map((template, at) => ({ ...template, inputUnitsMean: at * 100 }));
  const rows = templates.map((template) => ledgerRow(template, { ...overview, scenario: hosted }));
  expect(new Set(rows.map(({ cost }) => cost.name))).toEqual(new Set(["Input of 1,000 requests"]));
  const sorted = sortRows(rows, "cost").map(({ cost }) => cost.now);
  expect(sorted).toEqual(["$2.00", "$1.60", "$1.20", "$0.800", "$0.400", "$0"]);
});

test("where its price is not known, the share of it is shown", () => {
  const unknown = { ...report.scenario, billing: { usdPerMillionTokens: null, readMultiplier: 0.1 } };
  const template = { ...report.templates[0]!, inputUnitsMean: report.templates[0]!.promptTokensMean / 4 };
  const { cost } = ledgerRow(template, { ...overview, scenario: unknown });
  expect(cost).toEqual({ name: "Price of its input", now: "25.0 %", without: "100 %", amount: 0.25 });
});
