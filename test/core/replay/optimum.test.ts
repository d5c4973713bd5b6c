import { describe, expect, test } from "vitest";
import { Served, type StateCost } from "../../../src/core/cache/cache-system.ts";
import { cutBehind } from "../../../src/core/cache/span-ends.ts";
import {
  cutForCapacity,
  cutIntoSpans,
  type SpanTrace,
  tokenRequest,
} from "../../../src/core/cache/span-trace.ts";
import { marconiWithAlpha } from "../../../src/core/policies/prefix-caches.ts";
import { findPolicy } from "../../../src/core/policies/registry.ts";
import { clairvoyantReuse, idealReuse } from "../../../src/core/replay/clairvoyant.ts";
import { optimalReuse, relaxedOptimalReuse } from "../../../src/core/replay/optimum.ts";
import { drain } from "../../../src/core/steps.ts";
import { createRandom, pick, type Random, wholeNumber } from "../../../src/workload/random.ts";
import { randomCase, randomRequest, type TokenLists } from "../../support/cache-pairs.ts";
import { plainOptimum } from "../../support/plain-optimum.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

const models = ["hybrid", "attention-only", "recurrent"] as const;
const noLimit = Number.POSITIVE_INFINITY;

function traceOf(requests: readonly TokenLists[], computedTokensAtLeast = 1): SpanTrace {
  return cutIntoSpans(
    requests.map(({ prompt, output }) =>
      tokenRequest(Int32Array.from(prompt), Int32Array.from(output), computedTokensAtLeast),
    ),
  );
}

/** With an end of a span behind every token, so that states may be kept anywhere. */
function cutEverywhere(trace: SpanTrace): SpanTrace {
  return drain(
    cutBehind(trace, (request) => {
      const { sequence } = trace.requests[request]!;
      const tokens = sequence.length === 0 ? 0 : trace.spans.ends[sequence.at(-1)!]!;
      return Array.from({ length: tokens }, (_, at) => at + 1);
    }),
  );
}

/** Each request as prompt and output, divided by a bar. */
function letters(requests: readonly string[]): SpanTrace {
  return traceOf(
    requests.map((request) => {
      const [prompt = "", output = ""] = request.split("|");
      const tokensOf = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));
      return { prompt: tokensOf(prompt), output: tokensOf(output) };
    }),
  );
}

function optimum(trace: SpanTrace, cost: StateCost, capacityBytes: number): number[] {
  const reused = drain(optimalReuse(trace, cost, capacityBytes, noLimit));
  return [...reused!];
}

function relaxedOptimum(trace: SpanTrace, cost: StateCost, capacityBytes: number): number {
  return sum(drain(relaxedOptimalReuse(trace, cost, capacityBytes, noLimit))!);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function requestsOf(random: Random, count: number, alphabet: number, longest: number): TokenLists[] {
  const shape = { ...randomCase(random, "marconi"), alphabet, longest };
  const lists: TokenLists[] = [];
  for (let i = 0; i < count; i++) lists.push(randomRequest(random, shape, lists));
  return lists;
}

describe("worked by hand", () => {
  // A token takes 1 byte, a state 4.
  test("of two that do not fit together it keeps what saves more in all, not what is needed sooner", () => {
    const trace = letters(["aaaa|", "bbbbbbb|", "aaaax|", "bbbbbbbx|"]);
    // 4 + 4 and 7 + 4 bytes; with the last token computed anew, 3 + 4 and 6 + 4.
    expect(optimum(trace, tinyCosts.hybrid, 16)).toEqual([0, 0, 0, 7]);
    expect(sum(drain(clairvoyantReuse(trace, tinyCosts.hybrid, 16)))).toBe(4);
    expect(optimum(trace, tinyCosts.hybrid, 18)).toEqual([0, 0, 4, 6]);
    expect(optimum(trace, tinyCosts.hybrid, 19)).toEqual([0, 0, 4, 7]);
    expect(optimum(trace, tinyCosts.hybrid, 9)).toEqual([0, 0, 4, 0]);
  });

  test("two states on one path share their KV, and one goes where both do not fit", () => {
    const trace = letters(["sss11|", "sss22|", "sss11x|"]);
    // "sss11" takes 5 + 4 bytes and "sss" with its state 4 more.
    expect(optimum(trace, tinyCosts.hybrid, 13)).toEqual([0, 3, 5]);
    expect(optimum(trace, tinyCosts.hybrid, 12)).toEqual([0, 3, 4]);
    // The second request passes "sss" and can keep its state once more.
    expect(optimum(trace, tinyCosts.hybrid, 11)).toEqual([0, 3, 3]);
  });

  test("no state is made where nothing is computed, unless that is allowed", () => {
    const trace = letters(["sss11|", "sss11x|", "sss2|"]);
    // One state at a time: the second request resumes behind "sss11" and makes none behind "sss".
    expect(optimum(trace, tinyCosts.hybrid, 9)).toEqual([0, 3, 3]);
    expect(relaxedOptimum(trace, tinyCosts.hybrid, 9)).toBe(5 + 3);
    // Both from the start: 5 + 4 + 4 bytes.
    expect(optimum(trace, tinyCosts.hybrid, 13)).toEqual([0, 5, 3]);
  });

  test("the clairvoyant cache may stand above it, as it makes states where nothing is computed", () => {
    const requests = ["sss11", "sss11", "sss2", "sss"];
    const lists = requests.map((text) => ({
      prompt: Array.from(text, (letter) => letter.charCodeAt(0)),
      output: [],
    }));
    const trace = letters(requests.map((text) => `${text}|`));
    // The second request resumes behind "sss1", where the state of "sss" lies on its way and is made by nobody.
    expect([...drain(clairvoyantReuse(trace, tinyCosts.hybrid, 12))]).toEqual([0, 4, 3, 2]);
    expect(optimum(trace, tinyCosts.hybrid, 12)).toEqual([0, 4, 2, 2]);
    const plain = (isRelaxed: boolean) =>
      plainOptimum(lists, {
        cost: tinyCosts.hybrid,
        capacityBytes: 12,
        computedTokensAtLeast: 1,
        isRelaxed,
        mayKeep: () => true,
      });
    // Nor can a cache that makes states behind any token: the bound of the clairvoyant one is the relaxed optimum.
    expect(plain(false)).toBe(4 + 2 + 2);
    expect(plain(true)).toBe(4 + 3 + 2);
    expect(relaxedOptimum(trace, tinyCosts.hybrid, 12)).toBe(4 + 3 + 2);
  });

  test("without recurrent states it keeps the part that fits", () => {
    const trace = letters(["abcdef|", "abxx|", "abcdef|"]);
    expect(optimum(trace, tinyCosts["attention-only"], 6)).toEqual([0, 2, 2]);
    expect(optimum(trace, tinyCosts["attention-only"], 15)).toEqual([0, 2, 5]);
    expect(optimum(cutEverywhere(trace), tinyCosts["attention-only"], 12)).toEqual([0, 2, 4]);
  });

  test("a trace without requests", () => {
    expect(optimum(letters([]), tinyCosts.hybrid, 9)).toEqual([]);
  });
});

describe("equal to brute force", () => {
  const seeds = Array.from({ length: 60 }, (_, index) => index + 1);
  describe.each(models)("%s", (model) => {
    test.each(seeds)("states where requests part or end, seed %i", (seed) => {
      const random = createRandom(seed);
      const lists = requestsOf(random, wholeNumber(random, 3, 5), pick(random, [1, 2, 3]), 4);
      const capacityBytes = wholeNumber(random, 3, 30);
      const computedTokensAtLeast = pick(random, [0, 1]);
      const trace = traceOf(lists, computedTokensAtLeast);
      const ends = new Set<string>();
      for (const [index, { prompt, output }] of lists.entries()) {
        for (const span of trace.requests[index]!.sequence) {
          ends.add([...prompt, ...output].slice(0, trace.spans.ends[span]).join());
        }
      }
      const cost = tinyCosts[model];
      const options = {
        cost,
        capacityBytes,
        computedTokensAtLeast,
        mayKeep: (prefix: readonly number[]) => ends.has(prefix.join()),
      };
      const plain = plainOptimum(lists, { ...options, isRelaxed: false });
      expect(sum(optimum(trace, cost, capacityBytes))).toBe(plain);
      expect(relaxedOptimum(trace, cost, capacityBytes)).toBe(
        plainOptimum(lists, { ...options, isRelaxed: true }),
      );
    });

    test.each(seeds.slice(0, 20))("states behind any token, seed %i", (seed) => {
      const random = createRandom(1000 + seed);
      const lists = requestsOf(random, 3, pick(random, [1, 2]), 3).map(({ prompt, output }) => ({
        prompt: prompt.slice(0, 4),
        output: output.slice(0, 2),
      }));
      const capacityBytes = wholeNumber(random, 3, 24);
      const plain = plainOptimum(lists, {
        cost: tinyCosts[model],
        capacityBytes,
        computedTokensAtLeast: 1,
        isRelaxed: false,
        mayKeep: () => true,
      });
      const everywhere = optimum(cutEverywhere(traceOf(lists)), tinyCosts[model], capacityBytes);
      expect(sum(everywhere)).toBe(plain);
      expect(sum(optimum(traceOf(lists), tinyCosts[model], capacityBytes))).toBeLessThanOrEqual(plain);
    });
  });
});

describe("between the policies and the ideal", () => {
  const overSpans = [
    "sglang-radix",
    "marconi",
    "seglen",
    "hits-per-token",
    "prompt-end",
    "density",
    "density-sampled",
    "density-continuation",
  ];
  const seeds = Array.from({ length: 60 }, (_, index) => index + 1);
  test.each(seeds)("random traces, seed %i", (seed) => {
    const random = createRandom(2000 + seed);
    const lists = requestsOf(random, 14, pick(random, [2, 3, 5]), pick(random, [4, 9]));
    const cost = tinyCosts[pick(random, models)];
    const capacityBytes = pick(random, [7, 12, 18, 25, 40, 70]);
    const trace = cutForCapacity(traceOf(lists), cost, capacityBytes);
    const reused = optimum(trace, cost, capacityBytes);
    const ideal = idealReuse(trace);
    for (const [index, tokens] of reused.entries()) expect(tokens).toBeLessThanOrEqual(ideal[index]!);
    const most = sum(reused);
    const relaxed = relaxedOptimum(trace, cost, capacityBytes);
    expect(most).toBeLessThanOrEqual(relaxed);
    expect(sum(drain(clairvoyantReuse(trace, cost, capacityBytes)))).toBeLessThanOrEqual(relaxed);
    const everywhere = sum(optimum(cutEverywhere(trace), cost, capacityBytes));
    expect(most).toBeLessThanOrEqual(everywhere);
    const context = { cost, capacityBytes, engineBlockTokens: 2 };
    const caches = [
      ...overSpans.map((id) => ({ id, cache: findPolicy(id)!.create(context), bound: most })),
      { id: "alpha 1", cache: marconiWithAlpha(context, 1), bound: most },
      // It keeps states inside spans.
      { id: "sparse", cache: findPolicy("sparse")!.create(context), bound: everywhere },
    ];
    for (const { id, cache, bound } of caches) {
      const served = new Served();
      let total = 0;
      for (const { prompt, output } of lists) {
        served.begin();
        cache.serve(Int32Array.from(prompt), Int32Array.from(output), served);
        total += served.reusedTokens;
      }
      expect(total, id).toBeLessThanOrEqual(bound);
    }
  });

  test("without a limit of memory it is the ideal", () => {
    const trace = traceOf(requestsOf(createRandom(1), 40, 3, 9));
    for (const model of models) {
      expect(optimum(trace, tinyCosts[model], Number.POSITIVE_INFINITY)).toEqual([...idealReuse(trace)]);
    }
  });
});

describe("a trace that is too large", () => {
  const trace = traceOf(requestsOf(createRandom(5), 30, 2, 9));

  test("has no optimum, and no other number in its place", () => {
    expect(drain(optimalReuse(trace, tinyCosts.hybrid, 40, 10))).toBe(null);
  });

  test("ends where it was told to, in steps", () => {
    const steps = optimalReuse(trace, tinyCosts.hybrid, 40, 5000);
    let count = 0;
    while (steps.next().done !== true) count++;
    expect(count).toBeLessThanOrEqual(3);
  });
});
