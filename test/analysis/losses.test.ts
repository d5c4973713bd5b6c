import { describe, expect, it } from "vitest";
import { reportText } from "../../src/show/report-text.ts";
import { analyze, policyText } from "../support/analyze.ts";

const files = {
  "prompts/a.j2": `${policyText(40)}\nCustomer: {{ customer_name }}\n${policyText(20)}\n{{ question }}`,
  "prompts/b.j2": `Today is {{ now }}.\n${policyText(30)}\n{{ question }}`,
};
const textOf = (report: ReturnType<typeof analyze>) => reportText(report, () => ({ line: 1, column: 1 }));

describe("losses", () => {
  it("name the holes in which requests left the others, and all of what diverged behind them", () => {
    const { totals, templates } = analyze(files);
    for (const { ledger, losses } of [totals, ...templates]) {
      expect(losses.diverged.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(ledger.diverged);
    }
    const [a, b] = templates;
    expect(a?.losses.diverged[0]).toMatchObject({ path: "prompts/a.j2", name: "customer_name" });
    expect(b?.losses.diverged[0]).toMatchObject({ path: "prompts/b.j2", name: "now" });
  });

  it("say how far the nearest checkpoint was", () => {
    const { totals } = analyze(files, { policy: "sglang", capacity: "200GiB" });
    const { noCheckpoint } = totals.losses;
    expect(noCheckpoint?.requests).toBeGreaterThan(0);
    // SGLang's states lie at multiples of 64; nothing else was evicted.
    expect(totals.ledger.evicted).toBe(0);
    expect(noCheckpoint?.distanceTokens.mean).toBeCloseTo(
      totals.ledger.noCheckpoint / noCheckpoint!.requests,
    );
    expect(noCheckpoint?.missingAt.mean).toBeCloseTo(
      noCheckpoint!.nearestAt.mean + noCheckpoint!.distanceTokens.mean,
    );
  });

  it("say when evicted tokens went, and for whom", () => {
    const report = analyze(files, { capacity: "300MiB" });
    const { ledger, losses } = report.totals;
    expect(ledger.evicted).toBeGreaterThan(0);
    expect(losses.evicted?.tokens).toBe(ledger.evicted);
    expect(losses.evicted?.madeRoomFor.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(ledger.evicted);
    expect(losses.evicted?.lackedAfterRequests.p50).toBeGreaterThanOrEqual(1);
    const byTemplate = report.templates.map((template) => template.losses.evicted?.tokens ?? 0);
    expect(byTemplate.reduce((sum, tokens) => sum + tokens, 0)).toBe(ledger.evicted);
    expect(textOf(report)).toMatch(/evicted {8}lacked by \d+ requests; they went \d+ requests/);
  });

  it("are none where nothing is kept, or nobody says what", () => {
    for (const policy of ["no-cache", "openai-classic"]) {
      const { losses } = analyze(files, { policy }).totals;
      expect(losses.evicted).toBeNull();
      expect(losses.noCheckpoint).toBeNull();
    }
  });
});
