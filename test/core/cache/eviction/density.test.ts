import { describe, expect, test } from "vitest";
import { forkAndEnd } from "../../../../src/core/cache/admission/forks.ts";
import { Served } from "../../../../src/core/cache/cache-system.ts";
import type { PrefixCache } from "../../../../src/core/cache/prefix-cache.ts";
import { densityCache } from "../../../../src/core/policies/prefix-caches.ts";
import { createRandom } from "../../../../src/workload/random.ts";
import { randomCase, randomRequest, type TokenLists } from "../../../support/cache-pairs.ts";
import { tinyCosts } from "../../../support/tiny-costs.ts";

function cache(capacityBytes: number, sample?: number): PrefixCache {
  const context = { cost: tinyCosts.hybrid, capacityBytes, engineBlockTokens: 1 };
  return densityCache(context, forkAndEnd, sample === undefined ? {} : { sample });
}

function reuse(subject: PrefixCache, requests: readonly TokenLists[]): number[] {
  const served = new Served();
  return requests.map(({ prompt, output }) => {
    subject.serve(Int32Array.from(prompt), Int32Array.from(output), served);
    return served.reusedTokens;
  });
}

function traffic(seed: number): TokenLists[] {
  const random = createRandom(seed);
  const shape = { ...randomCase(random, "density"), alphabet: 4, longest: 12 };
  const requests: TokenLists[] = [];
  for (let i = 0; i < 200; i++) requests.push(randomRequest(random, shape, requests));
  return requests;
}

describe("a sample of the states", () => {
  test("as large as the cache is the exact scan", () => {
    expect(reuse(cache(60, 1000), traffic(3))).toEqual(reuse(cache(60), traffic(3)));
  });

  test("gives the same in every run", () => {
    expect(reuse(cache(60, 2), traffic(4))).toEqual(reuse(cache(60, 2), traffic(4)));
  });

  test("of one state still keeps to the capacity", () => {
    const subject = cache(25, 1);
    const served = new Served();
    for (const { prompt, output } of traffic(5)) {
      subject.serve(Int32Array.from(prompt), Int32Array.from(output), served);
      expect(subject.usedBytes).toBeLessThanOrEqual(25);
    }
  });
});

describe("a fork", () => {
  test("goes on as its original does", () => {
    const requests = traffic(6);
    const subject = cache(60);
    reuse(subject, requests.slice(0, 100));
    const fork = subject.fork();
    expect(reuse(fork, requests.slice(100))).toEqual(reuse(subject, requests.slice(100)));
  });
});
