/** What the systems beyond prefix caches do with one workspace, from the settings to the report. */
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/analysis/report.ts";
import { resolveScenario } from "../../src/analysis/scenario.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { Served } from "../../src/core/cache/cache-system.ts";
import { models } from "../../src/core/cost/catalogue/models.ts";
import { policies } from "../../src/core/policies/registry.ts";
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

describe("every model of the catalogue", () => {
  it.each(["epic", "hcache"])("is served by %s, which says what it does there", (policy) => {
    for (const { id: model } of models) {
      const scenario = resolveScenario({ ...defaultSettings, model, policy, capacity: "40GiB" });
      const cache = scenario.createCache();
      const served = new Served();
      const tokens = Int32Array.from({ length: 3000 }, (_, i) => i);
      const context = { arrivalSeconds: 0, pieceStarts: () => Int32Array.of(0, 1000, 2900) };
      for (let i = 0; i < 2; i++) {
        served.begin();
        cache.serve(tokens, tokens.subarray(0, 10), served, context);
      }
      expect(served.reusedTokens, model).toBeLessThan(3000);
      expect(served.restoreSeconds, model).toBeGreaterThanOrEqual(0);
      const said = scenario.assumptions.filter(({ id }) => id.startsWith("policy-"));
      expect(said.length, model).toBeGreaterThan(0);
      // A recurrent model never reuses a piece that stands elsewhere.
      if (scenario.cost.hasRecurrentLayers) expect(served.reusedRanges, model).toEqual([]);
    }
  });
});

describe("hosted providers", () => {
  /** The end of the message, and what asks for the answer: never marked. */
  const behindLastBlock = 5;
  /** About 1,400 tokens before the first value; 8 conversations of 3 turns. */
  const long = {
    "prompts/long.j2": `You are the assistant.\n${policyText(80)}\nCustomer: {{ customer_name }}\n{{ question }}`,
  };

  it("price what engines do not", () => {
    for (const { id, kind } of policies) {
      const { money, promptTokens, ledger } = analyze(long, { policy: id }).totals;
      if (kind !== "hosted") {
        expect(money, id).toBeNull();
        continue;
      }
      expect(money!.inputUnitsWithoutCache, id).toBe(promptTokens);
      expect(money!.savedShare, id).toBeCloseTo(1 - money!.inputUnits / promptTokens, 12);
      expect(ledger.evicted + ledger.noCheckpoint, id).toBe(0);
    }
  });

  it("read in a conversation what its earlier turn marked, and say at which places", () => {
    const agent = { "CLAUDE.md": policyText(100) };
    const openai = analyze(agent, { policy: "openai-gpt-5.6" });
    expect(openai.totals.ledger.reused).toBeGreaterThan(openai.totals.promptTokens / 3);
    // The first turn of another conversation ends otherwise, and nothing was marked behind what they share.
    expect(openai.totals.money!.note).toMatch(/not marked there/);
    expect(assumed(openai)).toMatch(
      /one of the latest 80 places of the prompt; places are markers, the ends of messages/,
    );
    const claude = analyze(agent, { policy: "anthropic:claude-opus-5" });
    expect(claude.totals.ledger.reused).toBeGreaterThan(openai.totals.ledger.reused);
    expect(assumed(claude)).toMatch(/one of the latest 20 places up to a marker/);
    expect(assumed(analyze(agent, { policy: "bedrock-nova" }))).toMatch(/marks the same place/);
  });

  it("OpenAI reads whole steps of 128 at half of the price", () => {
    const { totals, scenario } = analyze(long, { policy: "openai-classic" });
    expect(scenario.blockTokens).toBe(128);
    expect(totals.ledger.reused % 128).toBe(0);
    expect(totals.ledger.reused).toBeGreaterThan(0);
    expect(totals.ledger.unaligned).toBeGreaterThan(0);
    expect(totals.money!.inputUnits).toBeCloseTo(totals.promptTokens - totals.ledger.reused / 2, 6);
    expect(totals.money!.note).toMatch(/rounded down/);
  });

  it("Anthropic reads and writes behind the part that never changes, from the model's minimum on", () => {
    const opus = analyze(long, { policy: "anthropic:claude-opus-5" });
    const stable = opus.templates[0]!.stablePrefixTokens;
    // One request writes, 23 read: nothing expires within five minutes of the last read.
    expect(opus.totals.ledger.reused).toBe(23 * stable);
    const { promptTokens } = opus.totals;
    const plain = 24 * behindLastBlock;
    expect(opus.totals.money!.inputUnits).toBeCloseTo(
      1.25 * (promptTokens - 23 * stable - plain) + 0.1 * 23 * stable + plain,
      6,
    );
    expect(assumed(opus)).toMatch(/Marks are assumed, not known, for all prompts: two in every request/);
    expect(assumed(opus)).not.toMatch(/The cache has what/);

    const unknown = analyze(long, { policy: "anthropic" });
    expect(unknown.totals.ledger.reused).toBe(0);
    expect(unknown.totals.money).toMatchObject({ savedShare: 0 });
    expect(unknown.totals.money!.note).toMatch(/below the minimum length/);
    expect(assumed(unknown)).toMatch(/minimum length for this model is not known: the highest, 4096/);
  });

  it("the longer lifetime costs more where nothing would have expired", () => {
    const units = (policy: string) => analyze(long, { policy }).totals.money!.inputUnits;
    expect(units("anthropic-1h:claude-opus-5")).toBeGreaterThan(units("anthropic:claude-opus-5"));
  });

  it("OpenAI's newer models mark the ends of prompts alone, so that single questions write and never read", () => {
    const { totals } = analyze(long, { policy: "openai-gpt-5.6" });
    const { promptTokens } = totals;
    const written = promptTokens - totals.requests * behindLastBlock;
    expect(totals.money!.inputUnits).toBeCloseTo(promptTokens + 0.25 * written, 6);
    expect(totals.money!.note).toMatch(/not marked there/);
  });

  it("are known by the ids of the catalogue, and a model behind the colon belongs to hosted ones alone", () => {
    expect(() => analyze(long, { policy: "vllm:7b" })).toThrow(/Unknown policy "vllm:7b"/);
    expect(analyze(long, { policy: " Anthropic:Claude-Opus-5 " }).scenario.policy.id).toBe(
      "anthropic:claude-opus-5",
    );
  });
});
