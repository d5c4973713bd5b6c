/** What a report says beyond the ledger: tokens that linking could still save, and requests that no server would take. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/analysis/report.ts";
import { reportText } from "../../src/show/report-text.ts";
import { analyze, policyText } from "../support/analyze.ts";

const llama = "meta-llama/Llama-3.1-8B-Instruct";
const dated = {
  "prompts/dated.j2": `It is {{ now }}. Answer by the rules of the house, and say so when they do not tell.\n${policyText(60)}\n{{ question }}`,
};
const { definitions, properties } = JSON.parse(
  readFileSync(new URL("../../schemas/report.schema.json", import.meta.url), "utf8"),
);

function assumed(report: Report, id: string): string | undefined {
  return report.assumptions.find((assumption) => assumption.id === id)?.text;
}

function textOf(report: Report): string {
  return reportText(report, () => ({ line: 1, column: 1 }));
}

describe("tokens that could be linked", () => {
  it("are most of the rules behind a changing value, on a model with attention only", () => {
    const report = analyze(dated, { model: llama, policy: "sglang-radix" });
    const { ledger, relinkableTokens, requests } = report.totals;
    expect(relinkableTokens).toBeGreaterThan(ledger.diverged / 2);
    // The rules are one run: each request but the first loses 16 tokens of it, and its question.
    expect(relinkableTokens).toBeLessThanOrEqual(ledger.diverged - 16 * (requests - 1));
    expect(assumed(report, "relinking")).toMatch(/LegoLink-16.*Approximate answers/);
    expect(textOf(report)).toContain(`could still save ${relinkableTokens!.toLocaleString("en-US")};`);
  });

  it("are no more than EPIC itself saves, where its memory holds everything", () => {
    const prefixes = analyze(dated, { model: llama, policy: "sglang-radix" });
    const epic = analyze(dated, { model: llama, policy: "epic" });
    const saved = epic.totals.ledger.reused - prefixes.totals.ledger.reused;
    expect(Math.abs(saved - prefixes.totals.relinkableTokens!)).toBeLessThan(
      prefixes.totals.ledger.diverged / 20,
    );
  });

  it.each([
    ["a recurrent layer", {}, /a recurrent layer keeps one state per sequence/],
    ["a hosted provider", { model: llama, policy: "openai-classic" }, /no hosted provider offers it/],
  ])("are unknown with %s, and the report says why", (_what, settings, reason) => {
    const report = analyze(dated, settings);
    expect(report.totals.relinkableTokens).toBeNull();
    expect(assumed(report, "relinking")).toMatch(reason);
    expect(textOf(report)).not.toMatch(/could still save/);
  });

  it("stand in the schema", () => {
    expect(definitions).toBeDefined();
    expect(properties.totals.properties.relinkableTokens.type).toEqual(["integer", "null"]);
    expect(properties.totals.required).toContain("relinkableTokens");
  });
});

describe("requests that are longer than the context", () => {
  const long = { "prompts/long.j2": `${policyText(400)}\n{{ question }}` };

  it("count in full, and the report says that a server would refuse them", () => {
    const report = analyze(long, { model: "nvidia/mamba2-hybrid-8b-3t-4k", policy: "marconi" });
    const { promptTokens, ledger, requests } = report.totals;
    expect(Object.values(ledger).reduce((sum, tokens) => sum + tokens, 0)).toBe(promptTokens);
    expect(promptTokens).toBeGreaterThan(4096 * requests);
    expect(assumed(report, "context-length")).toMatch(
      new RegExp(`^${requests} of ${requests} requests are longer than the 4,096 tokens`),
    );
  });

  it("are not mentioned where the model can read them", () => {
    expect(assumed(analyze(long, { policy: "marconi" }), "context-length")).toBeUndefined();
  });
});
