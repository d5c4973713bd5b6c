import { describe, expect, test, vi } from "vitest";
import { type ResolvedScenario, resolveScenario } from "../../src/analysis/scenario.ts";
import { sharedPrefixSteps } from "../../src/analysis/shared-prefix-curve.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { reuseOfSharedPrefix } from "../../src/core/replay/shared-prefix.ts";
import { drain } from "../../src/core/steps.ts";

const template = (name: string, stablePrefixTokens: number, requests = 3) => ({
  ...{ id: name, name, path: `${name}.j2`, range: { start: 0, end: 1 } },
  ...{ requests, stablePrefixTokens, promptTokensMean: stablePrefixTokens + 64 },
});

const scenarioOf = (policy: string) =>
  resolveScenario({ ...defaultSettings, model: "ibm-granite/granite-4.0-h-small", policy });

function curveOf(
  scenario: ResolvedScenario,
  templates: readonly ReturnType<typeof template>[],
  smallestPrefixTokens: number | null,
) {
  return drain(sharedPrefixSteps(scenario, { templates, smallestPrefixTokens }));
}

describe("the curve of a shared prefix", () => {
  test("stands on both sides of each block end and at the prompts' own lengths", () => {
    const { prefixTokens, reusedTokens, marks } = curveOf(
      scenarioOf("vllm"),
      [template("a", 1000), template("b", 300)],
      528,
    );
    expect(prefixTokens.slice(0, 7)).toEqual([0, 300, 527, 528, 1000, 1055, 1056]);
    expect(reusedTokens.slice(0, 7)).toEqual([0, 0, 0, 528, 528, 528, 1056]);
    // Eight times the smallest that can hit, up to a power of two.
    expect(prefixTokens.at(-1)).toBe(8192);
    expect(marks.map(({ name, reusedTokens }) => [name, reusedTokens])).toEqual([
      ["b", 0],
      ["a", 528],
    ]);
  });

  test("has what serving such requests gives", () => {
    for (const policy of ["marconi", "sglang", "llama-cpp", "openai-classic"]) {
      const scenario = scenarioOf(policy);
      const { prefixTokens, reusedTokens } = curveOf(scenario, [template("a", 700)], 1);
      for (let i = 0; i < prefixTokens.length; i += 17) {
        expect(reusedTokens[i], policy).toBe(reuseOfSharedPrefix(scenario.createCache(), prefixTokens[i]!));
      }
    }
  });

  test("reaches the longest prefix as far as it ends at all; what is not marked is counted", () => {
    const templates = [template("long", 5000), template("endless", 40_000), template("unsent", 10, 0)];
    const { prefixTokens, marks, unmarked } = curveOf(scenarioOf("marconi"), templates, 1);
    expect(prefixTokens.at(-1)).toBe(32_768);
    expect(marks.map(({ name }) => name)).toEqual(["long"]);
    expect(unmarked).toBe(1);
    const many = Array.from({ length: 60 }, (_, i) => template(`t${i}`, 10 + i, 1 + i));
    const crowded = curveOf(scenarioOf("marconi"), many, 1);
    expect(crowded.marks.length + crowded.unmarked).toBe(60);
    expect(crowded.marks.map(({ name }) => name)).toContain("t59");
    expect(crowded.marks.map(({ name }) => name)).not.toContain("t0");
  });

  test("is nothing where nothing hits, and where no prompts are", () => {
    const { prefixTokens, reusedTokens, marks } = curveOf(scenarioOf("no-cache"), [], null);
    expect(prefixTokens.at(-1)).toBe(1024);
    expect(new Set(reusedTokens)).toEqual(new Set([0]));
    expect(marks).toEqual([]);
  });
});

describe("what it costs", () => {
  function counting(policy: string) {
    const scenario = scenarioOf(policy);
    const createCache = vi.fn(() => scenario.createCache());
    return { scenario: { ...scenario, createCache }, createCache };
  }

  test("the same scenario again serves nothing, another length of a prompt that length", () => {
    const { scenario, createCache } = counting("vllm");
    const before = curveOf(scenario, [template("a", 1000)], 528);
    const served = createCache.mock.calls.length;
    expect(curveOf(scenario, [template("a", 1000)], 528)).toEqual(before);
    // One that is asked for the size of its blocks.
    expect(createCache.mock.calls.length).toBe(served + 1);
    curveOf(scenario, [template("a", 1001)], 528);
    expect(createCache.mock.calls.length).toBe(served + 3);
  });

  test("another scenario is another curve", () => {
    const ofPolicy = (policy: string) => curveOf(scenarioOf(policy), [template("a", 1000)], 1).reusedTokens;
    expect(ofPolicy("marconi")).not.toEqual(ofPolicy("no-cache"));
  });
});
