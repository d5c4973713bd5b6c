/** What the pickers say of each choice is what an analysis with it says. */
import { describe, expect, it } from "vitest";
import { type ChosenKind, outlooks } from "../../src/analysis/choices.ts";
import { resolveScenario } from "../../src/analysis/scenario.ts";
import { type AnalysisSettings, defaultSettings } from "../../src/config/settings.ts";
import { findPolicy } from "../../src/core/policies/registry.ts";
import { smallestSharedPrefix } from "../../src/core/replay/shared-prefix.ts";
import { drain } from "../../src/core/steps.ts";
import { buildCatalogue } from "../../src/service/catalogue.ts";
import { changeText, choiceGroups } from "../../src/show/choice-items.ts";

const catalogue = buildCatalogue();

function toldOf(kind: ChosenKind, settings: Partial<AnalysisSettings> = {}) {
  const all = { ...defaultSettings, ...settings };
  const found = drain(outlooks(all, findPolicy(all.policy)!, kind));
  return { found, all, groups: choiceGroups(catalogue, kind, found) };
}

describe("models", () => {
  const { found, all, groups } = toldOf("model", { policy: "vllm" });

  it("each is there once, under one kind", () => {
    const ids = groups.flatMap(({ items }) => items.map(({ id }) => id));
    expect(ids.toSorted()).toEqual(catalogue.models.map(({ id }) => id).toSorted());
    expect(groups[0]?.name).toBe("Hybrid: attention beside recurrent layers");
    expect(groups[0]?.items.some(({ id }) => id === "ibm-granite/granite-4.0-h-small")).toBe(true);
    for (const word of ["hybrid", "sliding window", "Mamba-2"]) {
      const items = groups.flatMap((group) => group.items);
      expect(items.some(({ description, detail }) => `${description} ${detail}`.includes(word))).toBe(true);
    }
  });

  it("with the room that is left, as an analysis with it has it", () => {
    const outlook = found.find(({ id }) => id === "ibm-granite/granite-4.0-h-small")!;
    const scenario = resolveScenario({ ...all, model: outlook.id });
    expect(outlook.freeBytes).toBe(scenario.capacityBytes);
    expect(outlook.smallestPrefixTokens).toBe(drain(smallestSharedPrefix(() => scenario.createCache())));
    const [item] = groups[0]!.items.filter(({ id }) => id === outlook.id);
    expect(item?.detail).toMatch(/^hits from 528 tokens on · [\d.]+ GiB left for the cache · KV /);
  });

  it("what does not fit is marked, and each way out fits", () => {
    const short = found.filter(({ freeBytes = 0 }) => freeBytes < 0);
    expect(short.length).toBeGreaterThan(3);
    for (const { id, fits } of short) {
      const item = groups.flatMap((group) => group.items).find((each) => each.id === id)!;
      expect(item.label).toBe(`$(warning) ${id}`);
      expect(item.detail).toContain("too little memory");
      for (const change of fits) {
        expect(() => resolveScenario({ ...all, ...change })).not.toThrow();
        expect(changeText(change, all.gpu)).toMatch(/^on (?:\d × )?[\w.-]+(?: \(tensor parallel\))?$/);
      }
    }
    expect(short.some(({ fits }) => fits.length > 0)).toBe(true);
  });
});

it("a GPU that is too small is marked, and how many of it do", () => {
  const { groups } = toldOf("gpu");
  expect(groups.map(({ name }) => name)).toEqual(["Room for the model", "Too small for the model"]);
  const [small] = groups[1]!.items.filter(({ fits }) => fits.length > 0);
  expect(small?.fits[0]).toMatchObject({ gpu: small?.id });
  expect(small?.fits[0]?.tensorParallel).toBeGreaterThan(1);
  expect(() => resolveScenario({ ...defaultSettings, ...small?.fits[0] })).not.toThrow();
});

it("policies stand by kind, with what hits and what the memory is; a provider's is its own", () => {
  const { groups } = toldOf("policy");
  expect(groups.map(({ name }) => name)).toEqual([
    "Servers",
    "Hosted APIs",
    "As published",
    "Proposed here",
    "Bounds",
  ]);
  const itemOf = (id: string) => groups.flatMap(({ items }) => items).find((item) => item.id === id)!;
  expect(itemOf("vllm").detail).toMatch(/^hits from 528 tokens on · [\d.]+ GiB left for the cache/);
  expect(itemOf("anthropic").detail).toMatch(/^hits from [\d,]+ tokens on · /);
  expect(itemOf("anthropic").detail).not.toContain("left for the cache");
  expect(itemOf("no-cache").detail).toMatch(/^nothing hits/);
});

it("a capacity that is given needs no room", () => {
  const { found } = toldOf("model", { capacity: "20GiB" });
  expect(found.filter(({ fits }) => fits.length > 0)).toEqual([]);
});
