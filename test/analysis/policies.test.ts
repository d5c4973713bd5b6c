/** What the systems beyond prefix caches do with one workspace, from the settings to the report. */
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/analysis/report.ts";
import { analyze, policyText } from "../support/analyze.ts";

const llama = "meta-llama/Llama-3.1-8B-Instruct";

/** The rules stand behind a value that changes with every call: no prefix can be shared beyond it. */
const dated = {
  "prompts/dated.j2": `It is {{ now }}. Answer by the rules of the house, and say so when they do not tell.\n${policyText(60)}\n{{ question }}`,
};
const support = {
  "prompts/support.j2": `You are the assistant.\n${policyText(60)}\nCustomer: {{ customer_name }}\n{{ question }}`,
  "prompts/refund.j2": `You decide on refunds.\n${policyText(60)}\nCustomer: {{ customer_name }}\n{{ question }}`,
};

function assumed(report: Report): string {
  return report.assumptions.map(({ text }) => text).join("\n");
}

describe("epic", () => {
  it("reuses rules behind a changing value where the model has attention only", () => {
    const prefixes = analyze(dated, { model: llama, policy: "sglang-radix" });
    const epic = analyze(dated, { model: llama, policy: "epic" });
    expect(epic.totals.tokenHitRate).toBeGreaterThan(prefixes.totals.tokenHitRate + 0.5);
    expect(epic.totals.ttftSeconds.p50).toBeLessThan(prefixes.totals.ttftSeconds.p50);
    expect(epic.totals.ledger.diverged).toBeLessThan(prefixes.totals.ledger.diverged);
    expect(assumed(epic)).toMatch(/Approximate answers/);
    expect(epic.memory.timeline.reusedTokens.at(-1)).toBe(epic.totals.ledger.reused);
  });

  it("does on a hybrid what its prefix cache does, and says why", () => {
    const prefixes = analyze(dated, { policy: "sglang-radix" });
    const epic = analyze(dated, { policy: "epic" });
    expect(epic.totals).toEqual(prefixes.totals);
    expect(assumed(epic)).toMatch(/Position-independent reuse is 0: a recurrent layer/);
    expect(assumed(epic)).not.toMatch(/Approximate answers/);
  });
});

describe("hcache", () => {
  it("brings back on a hybrid what a small GPU cache had to evict", () => {
    const small = { capacity: "200MiB" };
    const gpu = analyze(support, { ...small, policy: "sglang-radix" });
    const tiered = analyze(support, { ...small, policy: "hcache" });
    expect(tiered.totals.ledger.reused).toBeGreaterThan(gpu.totals.ledger.reused);
    expect(tiered.totals.ttftSeconds.mean).toBeLessThan(gpu.totals.ttftSeconds.mean);
    expect(tiered.memory.peakBytes).toBeLessThanOrEqual(tiered.memory.capacityBytes);
    expect(assumed(tiered)).toMatch(/host memory/);
    expect(assumed(tiered)).toMatch(/Hidden states restore attention layers only/);
  });

  it("says when hidden states lose", () => {
    expect(assumed(analyze(support, { model: llama, policy: "hcache" }))).toMatch(/Hidden states are larger/);
  });
});
