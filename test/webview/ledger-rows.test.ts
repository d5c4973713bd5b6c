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

test("the page knows every fate, in the ledger's order", () => {
  expect(fateStyles.map((style) => style.fate)).toEqual([...fates]);
});

test("fates differ in name and colour", () => {
  expect(new Set(fateStyles.map((style) => style.name)).size).toBe(fates.length);
  expect(new Set(fateStyles.map((style) => style.colour)).size).toBe(fates.length);
});

test("the ledgers of the templates add up to the total, which is the prompt length", () => {
  const rows = report.templates.map((template) => ledgerRow(template, null));
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
      report.templates.map((template) => ledgerRow(template, null)),
      query,
    ),
  ).toHaveLength(count);
});

test("names ascend, numbers descend, and the rows given stay as they are", () => {
  const rows = report.templates.map((template) => ledgerRow(template, null));
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
  expect(ledgerRow(template!, stablePrefixTokens).missedTokens).toBeNull();
  expect(ledgerRow(template!, stablePrefixTokens + 1).missedTokens).toBe(stablePrefixTokens + 1);
  expect(ledgerRow({ ...template!, requests: 0 }, stablePrefixTokens + 1).missedTokens).toBeNull();
});
