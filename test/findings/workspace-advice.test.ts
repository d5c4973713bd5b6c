/** What would help the workspace as a whole: one finding for each kind, the largest first, and silence where it should be. */
import { describe, expect, it } from "vitest";
import type { Finding, Report } from "../../src/analysis/report.ts";
import type { AnalysisSettings } from "../../src/config/settings.ts";
import { largestLoss } from "../../src/show/labels.ts";
import { analyze, policyText } from "../support/analyze.ts";

const count = 8;

/** Prompts of some hundred tokens with a question each, of which all is declared. */
function crowd(more: Readonly<Record<string, unknown>> = {}): Record<string, string> {
  const prompts = Array.from({ length: count }, (_, index) => [
    `prompts/p${index}.j2`,
    `${policyText(60, ` of ${index}`)}\nQ: {{ question }}`,
  ]);
  return { ...Object.fromEntries(prompts), ...more };
}

const declared = JSON.stringify({ holes: { question: { scope: "request", tokens: 20 } } });
const settings = { sessions: 6, turns: 2, policy: "sglang-radix" } as const;

function ofAll({ findings }: Report): readonly Finding[] {
  return findings.filter(({ rule }) => rule.startsWith("workspace-"));
}

function rulesOf(files: Record<string, string>, more: Partial<AnalysisSettings>): readonly string[] {
  return ofAll(analyze(files, { ...settings, ...more })).map(({ rule }) => rule);
}

describe("capacity", () => {
  const files = crowd({ "promptcache.json": declared });
  const report = analyze(files, { ...settings, capacity: "0.4GiB" });
  const [first, ...others] = ofAll(report);

  it("stands first, once, on promptcache.json, with the memory and what it would give", () => {
    expect(first?.rule).toBe("workspace-capacity");
    expect(report.findings[0]).toBe(first);
    expect(others.map(({ rule }) => rule)).not.toContain("workspace-capacity");
    expect(first?.path).toBe("promptcache.json");
    expect(first?.severity).toBe("information");
    expect(first?.message).toMatch(
      /^[\d.]+ % of prompt tokens reused with [\d.]+ [MG]iB, [\d.]+ % with 410 MiB$/,
    );
    expect(largestLoss(report.findings)).toBe(first?.message);
  });

  it("promises what a run with that memory reports as its steady state", () => {
    const [, rate, size, unit] = /^([\d.]+) %.*with ([\d.]+) ([MG]iB),/.exec(first!.message)!;
    const again = analyze(files, { ...settings, capacity: `${size}${unit}` });
    expect(again.totals.steady!.tokenHitRate * 100).toBeCloseTo(Number(rate), 0);
    expect(first!.stake.tokensPerRequest).toBeGreaterThan(0);
  });

  it("is said on the worst prompt where there is no promptcache.json, if most of the workload was written", () => {
    const [finding] = ofAll(analyze(crowd(), { ...settings, capacity: "0.4GiB" }));
    expect(finding?.path).toMatch(/^prompts\/p\d\.j2$/);
  });

  it.each([
    ["where nothing has to go", "80GiB", settings.policy],
    ["where the memory has no limit", "0.4GiB", "unlimited"],
    ["where nothing is kept", "0.4GiB", "no-cache"],
    ["where the memory is a provider's", "0.4GiB", "openai-classic"],
  ])("is silent %s", (_, capacity, policy) => {
    expect(rulesOf(files, { capacity, policy })).not.toContain("workspace-capacity");
  });
});

describe("what several changes give in the same memory", () => {
  const late = {
    ...crowd({ "promptcache.json": declared }),
    "prompts/late.j2": `{{ now }}\n${policyText(200)}\nQ: {{ question }}`,
  };
  const model = "Qwen/Qwen3.5-9B";

  it.each(["vllm", "sglang"])("is more memory, where %s has none to keep what prompts share", (policy) => {
    const tight = analyze(late, { ...settings, model, policy, capacity: "120MiB" });
    expect(tight.verdict.kind).toBe("capacity");
    const [, rate, size, unit] = /^([\d.]+) %.*with ([\d.]+) ([MG]iB),/.exec(tight.verdict.text)!;
    // More than eight times the present memory, and no more than the GPU has.
    expect(Number(size) * (unit === "GiB" ? 1024 : 1)).toBeGreaterThan(8 * 120);
    const again = analyze(late, { ...settings, model, policy, capacity: `${size}${unit}` });
    expect(again.totals.steady!.tokenHitRate * 100).toBeCloseTo(Number(rate), 0);
  });

  it("counts of prompts only what the memory could hold", () => {
    const stakeOf = (capacity: string) => {
      const report = analyze(late, { ...settings, capacity });
      const found = ofAll(report).find(({ rule }) => rule === "workspace-prompts");
      return { tokens: found?.stake.tokensPerRequest ?? 0, detail: found?.detail ?? "" };
    };
    const [roomy, tight] = [stakeOf("40GiB"), stakeOf("0.6GiB")];
    expect(roomy.detail).toContain("in the same memory at best");
    expect(tight.tokens).toBeLessThan(roomy.tokens);
    if (tight.tokens > 0) expect(tight.detail).toContain("and more is not counted");
  });
});

describe("placement and policy", () => {
  it("tries no settings that a server refuses together", () => {
    // Without a buffer SGLang runs with pages of one token alone, and its cache would not be made.
    const found = ofAll(analyze(crowd(), { ...settings, policy: "sglang-no-buffer" }));
    expect(found.length).toBeGreaterThan(0);
    for (const { message, detail } of found) expect(`${message} ${detail}`).not.toContain("--page-size");
  });

  /** What is asked is longer than a block, so that a state at the end of each prompt is of no use. */
  const files = {
    "prompts/ask.j2": `${policyText(120)}\nQ: {{ question }}`,
    "promptcache.json": JSON.stringify({ holes: { question: { scope: "request", tokens: 1500 } } }),
  };
  const at = { ...settings, policy: "vllm-no-junctions", capacity: "80GiB" };
  const found = ofAll(analyze(files, at));

  it("name one setting of the server with what it gives", () => {
    const placement = found.find(({ rule }) => rule === "workspace-placement")!;
    expect(placement.message).toMatch(
      /^[\d.]+ % of prompt tokens reused with "(--mamba|prefix_cache)[^"]*", [\d.]+ % now$/,
    );
    expect(placement.stake.ttftSecondsPerRequest).toBeGreaterThan(0);
  });

  it("say what a run under another variant of the same server reports", () => {
    const policy = found.find(({ rule }) => rule === "workspace-policy")!;
    const [, rate] = /^([\d.]+) %/.exec(policy.message)!;
    const [, id] = /\(policy ([\w-]+)\)/.exec(policy.detail)!;
    expect(id).toMatch(/^vllm/);
    const again = analyze(files, { ...at, policy: id! });
    expect(again.totals.steady!.tokenHitRate * 100).toBeCloseTo(Number(rate), 1);
  });

  it("stand in the order of what they give", () => {
    const stakes = found.map(({ stake }) => stake.tokensPerRequest);
    expect(stakes.length).toBeGreaterThan(1);
    expect(stakes).toEqual([...stakes].sort((a, b) => b - a));
  });

  it("are silent where a cache of tokens keeps all that is needed", () => {
    const dense = { model: "Qwen/Qwen3-8B", policy: "sglang-radix", capacity: "40GiB" };
    expect(rulesOf(crowd({ "promptcache.json": declared }), dense)).toEqual([]);
  });
});

describe("prompts", () => {
  const behind = `{{ request_id }}\n${policyText(60)}\nQ: {{ question }}`;
  const config = JSON.stringify({
    holes: { question: { scope: "request", tokens: 20 }, request_id: { scope: "volatile" } },
  });

  it("say how much was sent before behind another prefix, and where most of it is", () => {
    const files = { "prompts/late.j2": behind, "promptcache.json": config };
    const found = ofAll(analyze(files, { ...settings, capacity: "80GiB" }));
    expect(found.map(({ rule }) => rule)).toEqual(["workspace-prompts"]);
    expect(found[0]!.message).toMatch(/^[\d.]+ % of prompt tokens were sent before, behind another prefix$/);
    expect(found[0]!.related.map(({ path }) => path)).toEqual(["prompts/late.j2"]);
  });

  it("are silent where the shared text stands in front", () => {
    const files = crowd({ "promptcache.json": declared });
    expect(rulesOf(files, { capacity: "80GiB" })).not.toContain("workspace-prompts");
  });
});

describe("a workload too large to be served many times", () => {
  const prompts = (tokens: number) => ({
    ...Object.fromEntries(
      Array.from({ length: 64 }, (_, index) => [
        `prompts/p${index}.j2`,
        `${index} ${policyText(12, ` of ${index}`)}\nQ: {{ question }}`,
      ]),
    ),
    "promptcache.json": JSON.stringify({ holes: { question: { scope: "request", tokens } } }),
  });

  it("is tried with few memories, and what is promised still holds", () => {
    const large = { ...settings, sessions: 26, turns: 2, capacity: "1.2GiB" };
    const report = analyze(prompts(3), large);
    expect(report.totals.steady!.requests).toBeGreaterThan(3125);
    const found = ofAll(report).find(({ rule }) => rule === "workspace-capacity")!;
    const [, rate, size, unit] = /^([\d.]+) %.*with ([\d.]+) ([MG]iB),/.exec(found.message)!;
    const again = analyze(prompts(3), { ...large, capacity: `${size}${unit}` });
    expect(again.totals.steady!.tokenHitRate * 100).toBeCloseTo(Number(rate), 0);
    expect(report.assumptions.map(({ id }) => id)).not.toContain("workspace-unsearched");
  });

  it("is not tried at all beyond that, which is said", () => {
    const larger = { ...settings, sessions: 52, turns: 2, capacity: "0.4GiB" };
    const report = analyze(prompts(3), larger);
    expect(ofAll(report).map(({ rule }) => rule)).not.toContain("workspace-capacity");
    const [said] = report.assumptions.filter(({ id }) => id === "workspace-unsearched");
    expect(said?.text).toMatch(/: 6,\d{3} requests are too many to be served again\./);
  });
});

it("says nothing of a workload that is mostly assumed", () => {
  const files = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`prompts/q${index}.j2`, `Sum ${index} up: {{ document }}`]),
  );
  expect(rulesOf(files, { capacity: "0.4GiB" })).toEqual([]);
});

it("keeps each message in the room that a row has, its number in front", () => {
  const files = crowd({ "promptcache.json": declared });
  const found = ["vllm", "sglang", "llama-cpp", "tensorrt-llm", "marconi"].flatMap((policy) =>
    ofAll(analyze(files, { ...settings, policy, capacity: "0.6GiB" })),
  );
  expect(new Set(found.map(({ rule }) => rule)).size).toBeGreaterThan(1);
  for (const { message } of found) {
    expect(message.length).toBeLessThanOrEqual(90);
    expect(message.slice(0, 40)).toMatch(/\d/);
  }
});
