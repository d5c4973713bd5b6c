import { expect, test } from "vitest";
import { branchAndEnd } from "../../../../src/core/cache/admission/branch-and-end.ts";
import { Served } from "../../../../src/core/cache/cache-system.ts";
import { componentsOf } from "../../../../src/core/cache/components/of-cost.ts";
import { UtilityEviction } from "../../../../src/core/cache/eviction/utility.ts";
import { PrefixCache } from "../../../../src/core/cache/prefix-cache.ts";
import type { NodeId } from "../../../../src/core/tree/radix-tree.ts";
import { createRandom, pick } from "../../../../src/workload/random.ts";
import { randomCase, randomRequest, type TokenLists } from "../../../support/cache-pairs.ts";
import { PlainEviction, TwoEvictions } from "../../../support/plain-eviction.ts";
import { tinyCosts } from "../../../support/tiny-costs.ts";
import { zipfRequests } from "../../../support/zipf-requests.ts";

function createCache(cost: (typeof tinyCosts)[keyof typeof tinyCosts], capacityBytes: number, alpha: number) {
  return new PrefixCache({
    components: componentsOf(cost),
    capacityBytes,
    blockTokens: 1,
    admission: branchAndEnd,
    computedTokensAtLeast: 1,
    createEviction: (view) =>
      new TwoEvictions(new UtilityEviction(view, cost, alpha), new PlainEviction(view, cost, alpha)),
  });
}

function evictionsOf(cache: PrefixCache): TwoEvictions<UtilityEviction> {
  return cache.eviction as TwoEvictions<UtilityEviction>;
}

const seeds = Array.from({ length: 24 }, (_, index) => index + 1);

test.each(seeds)("names the victim that a plain scan names, seed %i", (seed) => {
  const random = createRandom(seed);
  const shape = { ...randomCase(random, "marconi"), alphabet: 5, longest: 16 };
  const cost = tinyCosts[pick(random, ["hybrid", "attention-only", "recurrent"] as const)];
  const cache = createCache(cost, 60, pick(random, [0, 0.1, 0.5, 1, 2]));
  const requests: TokenLists[] = [];
  for (let i = 0; i < 300; i++) {
    const request = randomRequest(random, shape, requests);
    requests.push(request);
    cache.serve(Int32Array.from(request.prompt), Int32Array.from(request.output), new Served());
  }
  expect(evictionsOf(cache).victims).toBeGreaterThan(10);
});

test("looks at few nodes however many branch: those that may not go stand in neither order", () => {
  const { hybrid } = tinyCosts;
  const cache = createCache(hybrid, 20_000, 0.5);
  const shape = { seed: 1, requests: 3000, documents: 400, systems: 40, blockTokens: 1 };
  let mostSteps = 0;
  for (const request of zipfRequests(shape)) {
    cache.serveSymbols(request, new Served());
    mostSteps = Math.max(mostSteps, evictionsOf(cache).fast.lastSearchSteps);
  }
  const { fast } = evictionsOf(cache);
  fast.victim();
  const standing: NodeId[] = [];
  for (let at = fast["recency"].first; at >= 0; at = fast["recency"].next(at)) {
    standing.push(fast["recency"].nodeAt(at));
  }
  const candidates: NodeId[] = [];
  let branching = 0;
  cache.tree.forEachPreorder((node) => {
    if (cache.tree.childCount(node) > 1) branching++;
    else if (cache.cached.view.freedBytes(node) > 0) candidates.push(node);
  });
  expect(standing.toSorted((a, b) => a - b)).toEqual(candidates.sort((a, b) => a - b));
  expect(branching).toBeGreaterThan(50);
  expect(mostSteps).toBeGreaterThan(0);
  expect(mostSteps).toBeLessThan(50);
});
