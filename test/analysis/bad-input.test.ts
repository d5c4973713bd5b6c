/** Settings and prompts that nobody would want to have: every policy gives a report whose numbers add up, or a sentence. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/analysis/report.ts";
import { UserError } from "../../src/config/settings.ts";
import { policies } from "../../src/core/policies/registry.ts";
import { analyze, policyText } from "../support/analyze.ts";

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../schemas/report.schema.json"), "utf8"),
);
const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);

const hybrid = "ibm-granite/granite-4.0-h-small";
const attention = "meta-llama/Llama-3.1-8B-Instruct";

/** Numbers that are none become `null` on the way, which the schema refuses. */
function expectWhole(report: Report): void {
  expect(validate(JSON.parse(JSON.stringify(report))), JSON.stringify(validate.errors)).toBe(true);
  for (const { ledger } of [report.totals, ...report.templates]) {
    for (const tokens of Object.values(ledger)) expect(tokens).toBeGreaterThanOrEqual(0);
  }
  const sum = Object.values(report.totals.ledger).reduce((total, tokens) => total + tokens, 0);
  expect(sum).toBe(report.totals.promptTokens);
}

describe.each(policies.map((policy) => [policy.id, policy] as const))(
  "%s",
  (id, { kind, engine = "vllm" }) => {
    const needsMemory = kind !== "hosted" && kind !== "bound";

    it.each([hybrid, attention])("memory for less than one state of %s", (model) => {
      for (const capacity of ["0", "1", "100"]) {
        const run = () =>
          analyze({ "a.j2": "Hello {{ name }}" }, { policy: id, model, capacity, sessions: 2 });
        if (!needsMemory) expectWhole(run());
        else {
          expect(run).toThrow(UserError);
          expect(run).toThrow(
            /is smaller than one state of this model .* Give more, or pick the policy no-cache/,
          );
        }
      }
    });

    // Just above one state, of which servers have elements of their own types.
    const oneState = { vllm: "74MiB", sglang: "146MiB", "llama.cpp": "148MiB" }[engine];
    it.each([
      [hybrid, oneState],
      [attention, "200KiB"],
    ])("prompts longer than the memory: %s, %s", (model, capacity) => {
      const files = { "a.j2": `${policyText(60)}\n{{ question }}` };
      const report = analyze(files, { policy: id, model, capacity, sessions: 3, turns: 2 });
      expectWhole(report);
      if (needsMemory) expect(report.memory.peakBytes).toBeLessThanOrEqual(report.memory.capacityBytes);
    });

    it("prompts without text, and no prompts", () => {
      expectWhole(analyze({ "a.j2": "", "b.prompt": "" }, { policy: id }));
      expectWhole(analyze({}, { policy: id }));
      expectWhole(analyze({ "a.j2": "Hello {{ name }}" }, { policy: id, sessions: 0 }));
    });

    it("prompts longer than the model's context", () => {
      // It can read 4,096 tokens.
      const settings = { policy: id, model: "nvidia/mamba2-hybrid-8b-3t-4k", sessions: 2, turns: 1 };
      const report = analyze({ "a.j2": `${policyText(500)}\n{{ question }}` }, settings);
      expectWhole(report);
      expect(report.totals.promptTokens / report.totals.requests).toBeGreaterThan(4096);
      const isTold = report.assumptions.some(({ text }) => text.includes("longer than the 4,096 tokens"));
      expect(isTold).toBe(kind !== "hosted");
    });
  },
);
