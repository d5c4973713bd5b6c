/** Cold start and steady state: the same workload again, with other conversations, in a cache that has served it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it, test } from "vitest";
import type { Report } from "../../src/analysis/report.ts";
import { policies } from "../../src/core/policies/registry.ts";
import { analyze, policyText } from "../support/analyze.ts";

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../schemas/report.schema.json"), "utf8"),
);
const isReport = new Ajv({ strict: false }).compile(schema);

const files = { "prompts/answer.j2": `${policyText(60)}\nQuestion: {{ question }}\n` };
/** Attention alone: whatever was sent can be resumed. */
const settings = { model: "Qwen/Qwen3-8B", policy: "unlimited", sessions: 4, turns: 1 };

function steadyOf({ totals }: Report) {
  expect(totals.steady).not.toBeNull();
  return totals.steady!;
}

describe("with memory without bound and single calls", () => {
  const report = analyze(files, settings);
  const steady = steadyOf(report);
  const [template] = report.templates;

  it("every request of the second round reuses the stable prefix, and no value of the first round", () => {
    expect(steady.round).toBe(2);
    expect(steady.requests).toBe(4);
    expect(steady.ledger.reused).toBe(4 * template!.stablePrefixTokens);
    expect(report.totals.ledger.reused).toBe(3 * template!.stablePrefixTokens);
  });

  it("the template's row has the same rate, and the report its schema", () => {
    expect(template!.steadyTokenHitRate).toBe(steady.tokenHitRate);
    expect(isReport(report), JSON.stringify(isReport.errors)).toBe(true);
  });
});

test("values that are declared as a list come again, seeded ones do not", () => {
  const config = JSON.stringify({
    holes: { question: { scope: "session", values: ["Where is it?", "When will it come?", "Who has it?"] } },
  });
  const listed = steadyOf(analyze({ ...files, "promptcache.json": config }, { ...settings, sessions: 3 }));
  const { reused, ...rest } = listed.ledger;
  expect(reused).toBe(listed.promptTokens - listed.requests);
  expect(Object.values(rest).reduce((sum, tokens) => sum + tokens)).toBe(listed.requests);
});

test("what belongs to a tenant comes again, and a clock in front of everything leaves nothing", () => {
  const tenant = {
    "prompts/answer.j2": `{{ company }}\n${policyText(30)}\n{{ question }}`,
    "promptcache.json": JSON.stringify({ holes: { company: { scope: "tenant" } } }),
  };
  const clock = { "prompts/answer.j2": `{{ timestamp }}\n${policyText(30)}\n{{ question }}` };
  const one = { ...settings, turns: 1, sessions: 3 };
  const ofTenants = steadyOf(analyze(tenant, one));
  expect(ofTenants.tokenHitRate).toBeGreaterThan(0.9);
  expect(steadyOf(analyze(clock, one)).tokenHitRate).toBeLessThan(0.05);
});

test("a conversation of the second round reuses its own earlier turns", () => {
  const chat = { "prompts/chat.j2": `${policyText(20)}\n{{ messages }}\n{{ question }}` };
  const cold = analyze(chat, { ...settings, turns: 4 });
  const steady = steadyOf(cold);
  const fourth = cold.templates[0]!.stablePrefixTokens;
  // All that the cold start reused, and the stable prefix of the first call, which was cold.
  expect(steady.ledger.reused).toBe(cold.totals.ledger.reused + fourth);
});

describe("Marconi's alpha", () => {
  const crowd = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [
      `prompts/p${index}.j2`,
      `${policyText(30, ` of ${index}`)}\n{{ question }}\n{{ messages }}`,
    ]),
  );
  const at = (capacity: string) => analyze(crowd, { policy: "marconi", capacity, sessions: 6, turns: 3 });

  it("is tuned in the steady state, which says after how many requests", () => {
    const steady = steadyOf(at("1.5GiB"));
    expect(steady.isSettled).toBe(true);
    expect(steady.tuning!.tunedAfterRequests).toBeGreaterThan(0);
    expect(steady.notes).toHaveLength(1);
    expect(steady.notes[0]).toMatch(
      /^Alpha was 0 for [\d.]+ % of the cold start: .*more memory can give less/,
    );
  });

  it("gives no less with more memory, once it is tuned", () => {
    const rates = ["1GiB", "1.5GiB", "2.5GiB", "4GiB", "60GiB"].map(
      (capacity) => steadyOf(at(capacity)).tokenHitRate,
    );
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
    expect(rates.at(-1)! - rates[0]!).toBeGreaterThan(0.05);
  });

  it("chooses nothing where nothing is evicted", () => {
    const steady = steadyOf(at("800GiB"));
    expect(steady.tuning).toEqual({ alpha: 0, tunedAfterRequests: null });
    expect(steady.notes[0]).toMatch(/^In 2 rounds nothing had to be evicted/);
  });
});

describe("every policy has both numbers, and each token of either one fate", () => {
  const chat = { "prompts/chat.j2": `${policyText(20)}\n{{ messages }}\n{{ question }}`, ...files };
  it.each(policies.map(({ id }) => id))("%s", (policy) => {
    const { totals } = analyze(chat, { policy, sessions: 3, turns: 2 });
    const steady = totals.steady!;
    expect(steady.requests).toBe(totals.requests);
    expect(steady.promptTokens).toBe(totals.promptTokens);
    const sum = Object.values(steady.ledger).reduce((tokens, more) => tokens + more);
    expect(sum).toBe(steady.promptTokens);
    expect(steady.ledger.reused).toBeGreaterThanOrEqual(totals.ledger.reused);
  });
});

test("the header of the chat template alone is no hit", () => {
  const two = { "prompts/a.j2": "Alpha {{ question }}", "prompts/b.j2": "Beta {{ question }}" };
  const { totals } = analyze(two, { ...settings, sessions: 1 });
  expect(totals.requests).toBe(2);
  expect(totals.ledger.reused).toBeGreaterThan(0);
  expect(totals.requestHitRate).toBe(0);
});
