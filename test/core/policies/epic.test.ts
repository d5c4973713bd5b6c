/** EPIC's methods as policies: what each computes of a prompt whose pieces are all known, in tokens and in FLOPs. */
import { describe, expect, it, test } from "vitest";
import { resolveScenario } from "../../../src/analysis/scenario.ts";
import { defaultSettings } from "../../../src/config/settings.ts";
import { type CacheSystem, Served } from "../../../src/core/cache/cache-system.ts";
import { createModelCost } from "../../../src/core/cost/model-cost.ts";
import type { ModelSpec } from "../../../src/core/cost/model-spec.ts";
import { findPolicy, policies } from "../../../src/core/policies/registry.ts";
import { createLinkCost, equivalentPrefixTokens, linkWork } from "../../../src/core/restore/epic.ts";
import { epicFacts, hasFacts } from "../restore/facts.ts";
import { falconMamba, granite, llama31, slidingModel, zamba } from "../restore/models.ts";

const linking = ["epic", "epic-lego-0", "epic-cacheblend", "epic-naive"] as const;
const noOutput = new Int32Array(0);

function create(id: string, model: ModelSpec, capacityBytes = 1e13): CacheSystem {
  const deployment = { model, tensorParallel: 1, hostBytesPerSecond: 5e10, flopsPerSecond: 5e14 };
  const context = { cost: createModelCost(model), capacityBytes, engineBlockTokens: 16, deployment };
  return findPolicy(id)!.create(context);
}

/** A prompt of pieces, each of tokens that no other has; the pieces of another one differ. */
function promptOf(pieceTokens: readonly number[], which = 0) {
  const starts: number[] = [];
  const tokens: number[] = [];
  for (const [piece, length] of pieceTokens.entries()) {
    starts.push(tokens.length);
    for (let token = 0; token < length; token++) tokens.push(which * 1e8 + piece * 1e5 + token);
  }
  return { tokens: Int32Array.from(tokens), pieceStarts: Int32Array.from(starts) };
}

function send(cache: CacheSystem, { tokens, pieceStarts }: ReturnType<typeof promptOf>): Served {
  const served = new Served();
  served.begin();
  cache.serve(tokens, noOutput, served, { arrivalSeconds: 0, pieceStarts: () => pieceStarts });
  return served;
}

function reusedTokens({ reusedTokens: leading, reusedRanges }: Served): number {
  return reusedRanges.reduce((sum, { start, end }) => sum + end - start, leading);
}

/** Tokens computed, and attended pairs in one layer where they do not depend on what the tokens say. */
interface Expected {
  readonly tokens: number;
  readonly pairs: number | null;
}
interface Case {
  readonly name: string;
  readonly pieceTokens: readonly number[];
  readonly expected: Readonly<Record<(typeof linking)[number], Expected>>;
}

/** The first row of the reference facts, so that a stranger's clone has one. */
const byHand: Case = {
  name: "five chunks of 512",
  pieceTokens: [100, 512, 512, 512, 512, 512, 50],
  expected: {
    epic: { tokens: 130, pairs: 224_875 },
    "epic-lego-0": { tokens: 50, pairs: 134_275 },
    "epic-cacheblend": { tokens: 407, pairs: null },
    "epic-naive": { tokens: 1, pairs: 2710 },
  },
};
const fromFacts: readonly Case[] = (epicFacts?.derivedVectors.rows ?? []).map((row) => ({
  name: row.name,
  pieceTokens: row.pieceTokens ?? [
    row.systemTokens,
    ...Array<number>(row.chunkCount).fill(epicFacts!.chunking.targetTokens),
    row.queryTokens,
  ],
  expected: {
    epic: { tokens: row.legoLink16.recomputedTokens, pairs: row.legoLink16.attendedPairs },
    "epic-lego-0": { tokens: row.legoLink0.recomputedTokens, pairs: row.legoLink0.attendedPairs },
    "epic-cacheblend": { tokens: row.cacheBlend15.recomputedTokensFromLayer2, pairs: null },
    "epic-naive": { tokens: row.naive.recomputedTokens, pairs: row.naive.attendedPairs },
  },
}));

describe.each([byHand, ...fromFacts])("$name", ({ pieceTokens, expected }) => {
  const cost = createModelCost(llama31);
  const prompt = promptOf(pieceTokens);
  const promptTokens = prompt.tokens.length;

  it.each(linking)("%s computes its recompute set, and its attended pairs decide TTFT", (id) => {
    const { tokens, pairs } = expected[id];
    const cache = create(id, llama31);
    expect(reusedTokens(send(cache, prompt))).toBe(0);
    const again = send(cache, prompt);
    expect(reusedTokens(again)).toBe(promptTokens - tokens);
    const isBlend = id === "epic-cacheblend";
    const flops = createLinkCost(llama31).linkFlops({
      promptTokens,
      recomputedTokens: tokens,
      recomputedTokensInFirstLayer: isBlend ? promptTokens : tokens,
      attendedPairs: pairs,
      recomputed: null,
    });
    const prefillFlops = (reused: number, prompt: number) => cost.prefillFlops(reused, prompt);
    expect(again.equivalentPrefixTokens).toBe(equivalentPrefixTokens(prefillFlops, promptTokens, flops));
  });

  it("full recompute computes everything, each time", () => {
    const cache = create("epic-full-recompute", llama31);
    send(cache, prompt);
    expect(reusedTokens(send(cache, prompt))).toBe(0);
    expect(promptTokens).toBe(linkWork(pieceTokens, { kind: "full" }).recomputedTokens);
    expect(cache.contents().kvBytes).toBe(0);
  });
});

it.skipIf(!hasFacts)("has the four rows of the reference facts", () => {
  expect(fromFacts.map(({ name }) => name)).toEqual(["five-512", "twenty-512", "hundred-512", "uneven"]);
});

test("a longer first piece, or a new question, is compiled alone where it is a chunk", () => {
  const pieces = [100, 512, 50];
  const other = promptOf(pieces, 1);
  const newQuestion = promptOf(pieces);
  newQuestion.tokens.set(other.tokens.subarray(612), 612);
  const reusedOf = (id: string): number => {
    const cache = create(id, llama31);
    send(cache, promptOf(pieces));
    return reusedTokens(send(cache, newQuestion));
  };
  expect(reusedOf("epic")).toBe(100 + 496);
  expect(reusedOf("epic-lego-0")).toBe(612);
  expect(reusedOf("epic-naive")).toBe(612);
  // ⌊612 · 15 %⌋ of the 612 tokens that were there.
  expect(reusedOf("epic-cacheblend")).toBe(612 - 91);
});

describe.each([granite, zamba, falconMamba, slidingModel].map((model) => [model.id, model] as const))(
  "%s",
  (_id, model) => {
    it.each(linking)("%s reuses nothing out of place, says why, and reuses prefixes", (id) => {
      const cache = create(id, model);
      const plain = create("sglang-radix", model);
      for (const pieces of [
        [40, 60, 5],
        [40, 60, 9],
        [40, 8],
      ]) {
        const served = send(cache, promptOf(pieces));
        expect(served.reusedRanges).toEqual([]);
        expect(served.reusedTokens).toBe(send(plain, promptOf(pieces)).reusedTokens);
        expect(cache.contents()).toEqual(plain.contents());
      }
      const deployment = { model, tensorParallel: 1, hostBytesPerSecond: 5e10, flopsPerSecond: 5e14 };
      const context = {
        cost: createModelCost(model),
        capacityBytes: 1e12,
        engineBlockTokens: 16,
        deployment,
      };
      expect(findPolicy(id)!.assumptions?.(context)).toEqual([
        expect.stringMatching(/^Position-independent reuse is 0: .*Prefixes are reused instead\.$/),
      ]);
    });
  },
);

describe("the label", () => {
  it("stands in the description of every policy that links, and in no other", () => {
    const labelled = policies.filter(({ description }) => description.includes("Approximate answers"));
    expect(labelled.map(({ id }) => id)).toEqual([...linking]);
  });

  it.each(linking)("%s: is among what every report assumes, where something is linked", (id) => {
    const assumed = (model: string) =>
      resolveScenario({ ...defaultSettings, model, policy: id })
        .assumptions.map(({ text }) => text)
        .join(" ");
    expect(assumed("meta-llama/Llama-3.1-8B-Instruct")).toContain("Approximate answers");
    expect(assumed("ibm-granite/granite-4.0-h-small")).not.toContain("Approximate answers");
  });
});
