/** The cache and its naive twin side by side: the same requests in, every observable result compared. */
import { branchAndEnd } from "../../src/core/cache/admission/branch-and-end.ts";
import { everyBlock } from "../../src/core/cache/admission/every-block.ts";
import { forkAndEnd } from "../../src/core/cache/admission/forks.ts";
import { Served } from "../../src/core/cache/cache-system.ts";
import type { StateView } from "../../src/core/cache/components/component.ts";
import { componentsOf } from "../../src/core/cache/components/of-cost.ts";
import { DensityEviction } from "../../src/core/cache/eviction/density.ts";
import { LruEviction } from "../../src/core/cache/eviction/lru.ts";
import { UtilityEviction } from "../../src/core/cache/eviction/utility.ts";
import { PrefixCache } from "../../src/core/cache/prefix-cache.ts";
import { createRandom, pick, type Random, wholeNumber } from "../../src/workload/random.ts";
import { brokenInvariants, nodesOf } from "./cache-facts.ts";
import { NaiveCache, type NaiveOptions } from "./naive-cache.ts";
import { SlidingWindowComponent } from "./sliding-windows.ts";
import { tinyCosts } from "./tiny-costs.ts";

export interface TokenLists {
  readonly prompt: readonly number[];
  readonly output: readonly number[];
}

export function createCache(options: NaiveOptions): PrefixCache {
  const { cost, blockTokens, eviction, windows } = options;
  return new PrefixCache({
    components: [
      ...componentsOf(cost),
      ...(windows === undefined ? [] : [(view: StateView) => new SlidingWindowComponent(view, windows)]),
    ],
    capacityBytes: options.capacityBytes,
    blockTokens,
    admission: admissions[options.admission],
    computedTokensAtLeast: options.computedTokensAtLeast,
    ...(options.inFlight !== undefined && { inFlight: options.inFlight }),
    ...(options.admission === "forks" && { historySequences: Number.POSITIVE_INFINITY }),
    createEviction: (view) => {
      if (eviction === "lru") return new LruEviction(view);
      if (typeof eviction === "number") return new UtilityEviction(view, cost, eviction);
      return new DensityEviction(view, cost, { weighsContinuation: eviction === "density-continuation" });
    },
  });
}

const admissions = { "branch-and-end": branchAndEnd, "every-block": everyBlock, forks: forkAndEnd };

/** The policies of the registry that the twin can play, and where their parameters come from. */
export const pairedPolicies = [
  "marconi",
  "sglang-radix",
  "vllm-block",
  "unlimited",
  "density",
  "density-continuation",
] as const;

export type PairedPolicy = (typeof pairedPolicies)[number];

export interface RandomCase {
  readonly name: string;
  readonly options: NaiveOptions;
  readonly alphabet: number;
  readonly longest: number;
}

const allModels = ["hybrid", "attention-only", "recurrent"] as const;
const statefulModels = ["hybrid", "recurrent"] as const;

/** A policy, a model, a capacity and a kind of traffic, all small enough for collisions to be common. */
export function randomCase(random: Random, policy: PairedPolicy): RandomCase {
  const isDensity = policy === "density" || policy === "density-continuation";
  // The twin speaks of states; without recurrent layers density ranks the cache's own nodes.
  const model = pick(random, isDensity ? statefulModels : allModels);
  const cost = tinyCosts[model];
  const blockTokens = policy === "vllm-block" ? pick(random, [1, 2, 3, 4]) : 1;
  const capacityBytes =
    policy === "unlimited" ? Number.POSITIVE_INFINITY : pick(random, [0, 3, 7, 12, 18, 25, 40, 70, 120]);
  const alpha = pick(random, [0, 0.1, 0.5, 1, 2]);
  const options: NaiveOptions = {
    cost,
    capacityBytes,
    blockTokens,
    computedTokensAtLeast: pick(random, [0, 1, 1, 1]),
    admission: policy === "vllm-block" ? "every-block" : isDensity ? "forks" : "branch-and-end",
    eviction: policy === "marconi" ? alpha : isDensity ? policy : "lru",
  };
  const name = `${policy} ${model} ${capacityBytes} B, blocks of ${blockTokens}, eviction ${options.eviction}`;
  return { name, options, alphabet: pick(random, [1, 2, 3, 5]), longest: pick(random, [4, 9, 16]) };
}

/** Half of the requests are new, the others begin as an earlier one did. */
export function randomRequest(random: Random, shape: RandomCase, earlier: readonly TokenLists[]): TokenLists {
  const tokens = (longest: number) =>
    Array.from({ length: wholeNumber(random, 0, longest) }, () => wholeNumber(random, 0, shape.alphabet - 1));
  if (earlier.length === 0 || random() < 0.5) return { prompt: tokens(shape.longest), output: tokens(3) };
  const { prompt, output } = pick(random, earlier);
  const all = [...prompt, ...output].slice(0, shape.longest * 2);
  const base = random() < 0.5 ? all : all.slice(0, wholeNumber(random, 0, all.length));
  return { prompt: [...base, ...tokens(2)], output: tokens(3) };
}

/** Throws with both sides when a request's result or the contents differ, or an invariant of the cache is broken. */
export class CachePair {
  readonly cache: PrefixCache;
  readonly twin: NaiveCache;
  private readonly options: NaiveOptions;
  private readonly served = new Served();
  private count = 0;

  constructor(options: NaiveOptions) {
    this.options = options;
    this.cache = createCache(options);
    this.twin = new NaiveCache(options);
  }

  serve({ prompt, output }: TokenLists): void {
    const { cache, twin, served, options } = this;
    const expected = twin.serve(prompt, output);
    cache.serve(Int32Array.from(prompt), Int32Array.from(output), served);
    const contents = cache.contents();
    const label = `request ${this.count++} (${prompt.join(" ")} | ${output.join(" ")})`;
    same(
      `${label}, outcome`,
      { ...expected, usedBytes: twin.usedBytes },
      {
        reusedTokens: served.reusedTokens,
        insertedTokens: served.insertedTokens,
        checkpoints: [...served.checkpoints],
        evictedNodes: served.evictedNodes,
        evictedBytes: served.evictedBytes,
        usedBytes: contents.kvBytes + contents.checkpointBytes,
      },
    );
    same(`${label}, checkpoints`, twin.checkpointCount, contents.checkpoints);
    same(`${label}, nodes`, twin.nodes(), nodesOf(cache));
    same(`${label}, invariants`, [], brokenInvariants(cache, options));
  }
}

/** The case of `sglang-radix` with windows beside the states of the model. */
export function randomWindowCase(random: Random): RandomCase {
  const shape = randomCase(random, "sglang-radix");
  const windows = { tokens: pick(random, [1, 2, 3, 6, 20]), bytesPerToken: pick(random, [1, 2]) };
  const name = `${shape.name}, windows of ${windows.tokens} tokens, ${windows.bytesPerToken} B each`;
  return { ...shape, name, options: { ...shape.options, windows } };
}

/** The case of any policy with several requests in flight. */
export function randomFlightCase(random: Random): RandomCase {
  const shape = randomCase(random, pick(random, pairedPolicies));
  const inFlight = pick(random, [2, 3, 5, 12]);
  const name = `${shape.name}, ${inFlight} in flight`;
  return { ...shape, name, options: { ...shape.options, inFlight } };
}

/** So many requests of the seed's case; throws at the first difference. */
export function randomRun(
  seed: number,
  policy: PairedPolicy | "windows" | "in flight",
  requests: number,
): void {
  const random = createRandom(seed);
  const shape = caseOf(random, policy);
  const pair = new CachePair(shape.options);
  const earlier: TokenLists[] = [];
  try {
    for (let i = 0; i < requests; i++) {
      const request = randomRequest(random, shape, earlier);
      earlier.push(request);
      pair.serve(request);
    }
  } catch (error) {
    throw new Error(`seed ${seed}, ${shape.name}: ${error instanceof Error ? error.message : error}`);
  }
}

function caseOf(random: Random, policy: PairedPolicy | "windows" | "in flight"): RandomCase {
  if (policy === "windows") return randomWindowCase(random);
  return policy === "in flight" ? randomFlightCase(random) : randomCase(random, policy);
}

function same(what: string, twin: unknown, cache: unknown): void {
  const expected = JSON.stringify(twin);
  const actual = JSON.stringify(cache);
  if (expected !== actual) throw new Error(`${what}\n  twin:  ${expected}\n  cache: ${actual}`);
}
