import { describe, expect, test } from "vitest";
import type { CacheSystem, StateCost } from "../../../src/core/cache/cache-system.ts";
import { Served } from "../../../src/core/cache/cache-system.ts";
import { cutIntoSpans, type SpanTrace, tokenRequest } from "../../../src/core/cache/span-trace.ts";
import { marconiWithAlpha } from "../../../src/core/policies/prefix-caches.ts";
import { findPolicy, policies } from "../../../src/core/policies/registry.ts";
import { ClairvoyantCache, clairvoyantReuse, idealReuse } from "../../../src/core/replay/clairvoyant.ts";
import { drain } from "../../../src/core/steps.ts";
import { artifactModel } from "../../../src/hosts/cli/oracle/marconi.ts";
import { createRandom, pick } from "../../../src/workload/random.ts";
import { randomCase, randomRequest, type TokenLists } from "../../support/cache-pairs.ts";
import { oracleFile, oracleMissing, paperCost, requestsOf } from "../../support/oracle-traces.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

/** All that reuse prefixes and nothing else: without a deployment nothing is linked and nothing restored. */
const prefixPolicies = policies.filter(({ kind }) => kind !== "hosted").map(({ id }) => id);

function tokensOf(text: string): Int32Array {
  return Int32Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Each request as prompt and output, divided by a bar. */
function cut(requests: readonly string[], computedTokensAtLeast = 1): SpanTrace {
  return cutIntoSpans(
    requests.map((request) => {
      const [prompt = "", output = ""] = request.split("|");
      return tokenRequest(tokensOf(prompt), tokensOf(output), computedTokensAtLeast);
    }),
  );
}

function clairvoyant(trace: SpanTrace, cost: StateCost, capacityBytes: number): number[] {
  return [...drain(clairvoyantReuse(trace, cost, capacityBytes))];
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

describe("ideal admission, worked by hand", () => {
  test("a shared beginning is reused the second time, an output too, the last token of a prompt never", () => {
    expect([...idealReuse(cut(["system-a|1", "system-b|2", "system-b|2", "system-b2c|"]))]).toEqual([
      0, 7, 7, 9,
    ]);
  });

  test("with nothing to compute at least, the whole prompt is reused", () => {
    expect([...idealReuse(cut(["abc|", "abc|", "|", "ab|"], 0))]).toEqual([0, 3, 0, 2]);
  });
});

describe("clairvoyant, worked by hand", () => {
  // A token takes 1 byte, a state 4.
  test("keeps only what comes back", () => {
    const trace = cut(["aaaa|", "bbbb|", "cccc|", "aaaax|"]);
    // "aaaa" with its state takes 8 bytes; with less the last request finds nothing.
    expect(clairvoyant(trace, tinyCosts.hybrid, 8)).toEqual([0, 0, 0, 4]);
    expect(clairvoyant(trace, tinyCosts.hybrid, 7)).toEqual([0, 0, 0, 0]);
  });

  test("of two of equal size it keeps the one that is needed sooner", () => {
    const trace = cut(["aaaa|", "bbbb|", "bbbbx|", "aaaax|"]);
    expect(clairvoyant(trace, tinyCosts.hybrid, 8)).toEqual([0, 0, 4, 0]);
    expect(clairvoyant(trace, tinyCosts.hybrid, 16)).toEqual([0, 0, 4, 4]);
  });

  test("without recurrent states it keeps the part that fits, in whole spans", () => {
    const trace = cut(["abcdef|", "abxx|", "abcdef|"]);
    // 3 bytes a token: "ab" fits and "cde" behind it does not.
    expect(clairvoyant(trace, tinyCosts["attention-only"], 6)).toEqual([0, 2, 2]);
    expect(clairvoyant(trace, tinyCosts["attention-only"], 15)).toEqual([0, 2, 5]);
  });
});

describe("bounds", () => {
  const seeds = Array.from({ length: 40 }, (_, index) => index + 1);
  test.each(seeds)("nothing reuses more than the ideal, random traces, seed %i", (seed) => {
    const random = createRandom(seed);
    const shape = randomCase(random, pick(random, ["marconi", "unlimited"] as const));
    const lists: TokenLists[] = [];
    for (let i = 0; i < 100; i++) lists.push(randomRequest(random, shape, lists));
    const requests = lists.map(({ prompt, output }) => ({
      prompt: Int32Array.from(prompt),
      output: Int32Array.from(output),
    }));
    const { cost, capacityBytes } = shape.options;
    const trace = cutIntoSpans(requests.map(({ prompt, output }) => tokenRequest(prompt, output, 1)));
    const ideal = idealReuse(trace);
    const context = { cost, capacityBytes, engineBlockTokens: 2 };
    const systems: (readonly [string, CacheSystem])[] = prefixPolicies.map((id) => [
      id,
      findPolicy(id)!.create(context),
    ]);
    systems.push(["alpha 1", marconiWithAlpha(context, 1)]);
    for (const [name, cache] of systems) {
      const served = new Served();
      for (const [index, { prompt, output }] of requests.entries()) {
        cache.serve(prompt, output, served);
        if (served.reusedTokens > ideal[index]!) {
          expect.fail(`${name} reuses ${served.reusedTokens} of request ${index}, ideal ${ideal[index]}`);
        }
      }
    }
    for (const [index, reused] of clairvoyant(trace, cost, capacityBytes).entries()) {
      expect(reused, `clairvoyant, request ${index}`).toBeLessThanOrEqual(ideal[index]!);
    }
    expect(clairvoyant(trace, cost, Number.POSITIVE_INFINITY)).toEqual([...ideal]);
  });

  test.each(seeds.slice(0, 20))("the clairvoyant cache never exceeds its capacity, seed %i", (seed) => {
    const random = createRandom(seed);
    const shape = randomCase(random, "marconi");
    const lists: TokenLists[] = [];
    for (let i = 0; i < 60; i++) lists.push(randomRequest(random, shape, lists));
    const trace = cutIntoSpans(
      lists.map(({ prompt, output }) => tokenRequest(Int32Array.from(prompt), Int32Array.from(output), 1)),
    );
    const { cost, capacityBytes } = shape.options;
    const cache = new ClairvoyantCache(trace, cost, capacityBytes);
    for (let index = 0; index < lists.length; index++) {
      cache.serve(index);
      expect(cache.usedBytes).toBeLessThanOrEqual(capacityBytes);
    }
  });
});

describe.skipIf(oracleMissing !== null)(`golden traces (${oracleMissing ?? "present"})`, () => {
  if (oracleMissing !== null) console.log(`Skipped: ${oracleMissing}.`);

  /**
   * Per cent of prompt tokens, the whole prompt reusable. The column for two states per request equals an independent
   * implementation of the same rules on the first three traces.
   */
  const figures = [
    ["fewshot-a", 87.03, 90.44, 82.42],
    ["tot-a", 96.71, 97.88, 97.88],
    ["chat-a", 93.25, 93.65, 53.15],
    ["swe-a", 89.11, 89.17, 35.0],
    ["swe-collapse-a", 58.34, 59.03, 59.03],
    ["mixed-a", 89.13, 89.52, 77.81],
  ] as const;

  test.each(figures)(
    "%s: two states %d %%, ideal %d %%, clairvoyant at 5 %% of the memory %d %%",
    (...row) => {
      const [name, unlimited, ideal, atFive] = row;
      const file = oracleFile(name);
      const cost = paperCost(artifactModel(file.models["hybrid7b"]!));
      const requests = requestsOf(file);
      const prompts = sum(requests.map(({ prompt }) => prompt.length));
      const rate = (reused: number) => Number(((100 * reused) / prompts).toFixed(2));
      const trace = cutIntoSpans(requests.map(({ prompt, output }) => tokenRequest(prompt, output, 0)));
      const cache = findPolicy("unlimited")!.create({
        cost,
        capacityBytes: Number.POSITIVE_INFINITY,
        engineBlockTokens: 32,
        computedTokensAtLeast: 0,
      });
      const served = new Served();
      const reused = requests.map(({ prompt, output }) => {
        cache.serve(prompt, output, served);
        return served.reusedTokens;
      });
      const { kvBytes, checkpointBytes } = cache.contents();
      const five = clairvoyant(trace, cost, 0.05 * (kvBytes + checkpointBytes));
      expect([rate(sum(reused)), rate(sum(idealReuse(trace))), rate(sum(five))]).toEqual([
        unlimited,
        ideal,
        atFive,
      ]);
    },
  );
});
