import { describe, expect, test } from "vitest";
import { Served } from "../../../src/core/cache/cache-system.ts";
import type { UtilityEviction } from "../../../src/core/cache/eviction/utility.ts";
import type { PrefixCache } from "../../../src/core/cache/prefix-cache.ts";
import { TunedMarconi } from "../../../src/core/cache/tuned-marconi.ts";
import { replaySteps } from "../../../src/core/replay/replay.ts";
import { createRandom } from "../../../src/workload/random.ts";
import { createCache, randomCase, randomRequest, type TokenLists } from "../../support/cache-pairs.ts";
import type { NaiveOptions } from "../../support/naive-cache.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

const options: NaiveOptions = {
  cost: tinyCosts.hybrid,
  capacityBytes: 60,
  blockTokens: 1,
  computedTokensAtLeast: 1,
  admission: "branch-and-end",
  eviction: 0,
};
const multiplier = 5;

function trace(seed: number): TokenLists[] {
  const random = createRandom(seed);
  const shape = { ...randomCase(random, "marconi"), alphabet: 4, longest: 12 };
  const requests: TokenLists[] = [];
  for (let i = 0; i < 150; i++) requests.push(randomRequest(random, shape, requests));
  return requests;
}

function serve(
  cache: { serve: PrefixCache["serve"] },
  { prompt, output }: TokenLists,
  out = new Served(),
): Served {
  cache.serve(Int32Array.from(prompt), Int32Array.from(output), out);
  return out;
}

/** What the last request left to be done; returns its steps. */
function finish(tuned: TunedMarconi): number {
  let steps = 0;
  for (const _ of tuned.pending()) steps++;
  return steps;
}

function withAlpha(cache: PrefixCache, alpha: number): PrefixCache {
  (cache.eviction as UtilityEviction).alpha = alpha;
  return cache;
}

describe("alpha tuned on the fly", () => {
  test.each([1, 2, 3, 4, 5, 6])(
    "is the best of the grid over the bootstrap, the smallest on ties, seed %i",
    (seed) => {
      const requests = trace(seed);
      const plain = createCache(options);
      const first = requests.findIndex((request) => serve(plain, request).evictedNodes > 0) + 1;
      const bootstrap = requests.slice(first, first * (1 + multiplier));
      const totals = Array.from({ length: 21 }, (_, step) => {
        const cache = withAlpha(plain.fork(), step / 10);
        return bootstrap.reduce((sum, request) => sum + serve(cache, request).reusedTokens, 0);
      });
      const expected = totals.indexOf(Math.max(...totals)) / 10;

      const tuned = new TunedMarconi(createCache(options), multiplier);
      for (const [index, request] of requests.entries()) {
        serve(tuned, request);
        finish(tuned);
        const isTuned = index + 1 >= first * (1 + multiplier);
        expect(tuned.tunedAlpha).toBe(isTuned ? expected : null);
      }
    },
  );

  test("is that of the cache from the next request on, and what is cached stays", () => {
    const requests = trace(7);
    const tuned = new TunedMarconi(createCache(options), multiplier);
    const plain = createCache(options);
    for (const request of requests) {
      const [a, b] = [serve(tuned, request), serve(plain, request)];
      expect(a).toEqual(b);
      finish(tuned);
      if (tuned.tunedAlpha !== null) withAlpha(plain, tuned.tunedAlpha);
    }
    expect(tuned.tunedAlpha).not.toBeNull();
  });

  /** Facts after every request; `drive` may do some of what is pending. */
  const outcomes = (seed: number, drive: (tuned: TunedMarconi) => void) => {
    const tuned = new TunedMarconi(createCache(options), multiplier);
    return trace(seed).map((request) => {
      const { checkpoints, ...served } = serve(tuned, request);
      drive(tuned);
      return { ...served, kept: [...checkpoints], ...tuned.contents() };
    });
  };

  test.each([7, 8, 9])(
    "is done by the next request where nobody drives it, or stops halfway, seed %i",
    (seed) => {
      const driven = outcomes(seed, finish);
      expect(outcomes(seed, () => {})).toEqual(driven);
      const halfway = outcomes(seed, (tuned) => {
        for (const _ of tuned.pending()) break;
      });
      expect(halfway).toEqual(driven);
    },
  );

  test("is done in many steps, which can be taken up again", () => {
    const tuned = new TunedMarconi(createCache(options), multiplier);
    let steps = 0;
    for (const request of trace(7)) {
      serve(tuned, request);
      for (const _ of tuned.pending()) {
        steps++;
        break;
      }
      steps += finish(tuned);
    }
    expect(tuned.tunedAlpha).not.toBeNull();
    expect(steps).toBeGreaterThan(2);
  });

  test("is driven by a replay, which yields between its steps", () => {
    const tuned = new TunedMarconi(createCache(options), multiplier);
    const steps = replaySteps({
      requests: trace(7).map(({ prompt, output }, index) => ({
        arrivalSeconds: index,
        session: 0,
        turn: index,
        promptTokens: Int32Array.from(prompt),
        outputTokens: Int32Array.from(output),
        runs: null,
      })),
      segmentCount: 0,
      isStatic: () => false,
      cache: tuned,
      ttftSeconds: () => 0,
    });
    // So few tokens make a single step of a replay without tuning.
    expect([...steps].length).toBeGreaterThan(2);
    expect(tuned.tunedAlpha).not.toBeNull();
  });

  test("stays 0 where nothing is evicted", () => {
    const tuned = new TunedMarconi(createCache({ ...options, capacityBytes: 1e9 }), multiplier);
    for (const request of trace(8)) serve(tuned, request);
    expect(tuned.tunedAlpha).toBeNull();
  });
});
