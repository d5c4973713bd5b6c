/** Rules that others have published, on requests of which the victim can be told by hand. */
import { describe, expect, test } from "vitest";
import { branchAndEnd } from "../../../../src/core/cache/admission/branch-and-end.ts";
import { promptEnd } from "../../../../src/core/cache/admission/prompt-end.ts";
import { Served } from "../../../../src/core/cache/cache-system.ts";
import type { Eviction, EvictionView } from "../../../../src/core/cache/eviction/eviction.ts";
import { HitsPerTokenEviction } from "../../../../src/core/cache/eviction/hits-per-token.ts";
import { LruEviction } from "../../../../src/core/cache/eviction/lru.ts";
import { SegmentLengthEviction } from "../../../../src/core/cache/eviction/segment-length.ts";
import type { PrefixCache } from "../../../../src/core/cache/prefix-cache.ts";
import { prefixCache } from "../../../../src/core/policies/prefix-caches.ts";
import { createRandom } from "../../../../src/workload/random.ts";
import { randomCase, randomRequest, type TokenLists } from "../../../support/cache-pairs.ts";
import { tinyCosts } from "../../../support/tiny-costs.ts";

type Rule = (view: EvictionView) => Eviction;
const rules: Readonly<Record<string, Rule>> = {
  "segment length": (view) => new SegmentLengthEviction(view),
  "hits per token": (view) => new HitsPerTokenEviction(view),
};
const lru: Rule = (view) => new LruEviction(view);

function cacheOf(rule: Rule, capacityBytes: number, admission = branchAndEnd): PrefixCache {
  const cost = tinyCosts.hybrid;
  return prefixCache({ cost, capacityBytes }, 1, admission, rule);
}

/** Tokens that each of the prompts reuses, served one after the other; a prompt is so many of its letter. */
function reuse(cache: PrefixCache, prompts: readonly string[]): number[] {
  const served = new Served();
  return prompts.map((text) => {
    const prompt = Int32Array.from(text, (letter) => letter.charCodeAt(0));
    cache.serve(prompt, new Int32Array(0), served);
    return served.reusedTokens;
  });
}

const long = "a".repeat(30);
const short = "b".repeat(4);
/** Room for the states of both prompts, and for no third one of its length. */
function roomFor(prompts: readonly string[]): number {
  const cache = cacheOf(lru, Number.POSITIVE_INFINITY);
  reuse(cache, prompts);
  return cache.usedBytes;
}

describe("segment length", () => {
  test("a short replay goes before a long one that is older", () => {
    const prompts = [long, short];
    const room = roomFor(prompts);
    const third = "c".repeat(4);
    expect(reuse(cacheOf(rules["segment length"]!, room), [...prompts, third, `${long}x`])[3]).toBe(30);
    expect(reuse(cacheOf(lru, room), [...prompts, third, `${long}x`])[3]).toBe(0);
  });
});

describe("hits per token", () => {
  test("a long prefix with as many hits goes before a short one that is older", () => {
    // Each goes on once; what they go on with was never hit, and goes first.
    const prompts = [short, `${short}x`, long, `${long}x`];
    const room = roomFor(prompts);
    const after = ["c".repeat(20), `${short}z`];
    const kept = (rule: Rule) => reuse(cacheOf(rule, room), [...prompts, ...after]).at(-1);
    expect(kept(rules["hits per token"]!)).toBe(short.length);
    expect(kept(lru)).toBe(0);
  });
});

describe("prompt ends alone", () => {
  test("a prompt that goes on is resumed at its end, and nothing where prompts part", () => {
    const cache = cacheOf(lru, Number.POSITIVE_INFINITY, promptEnd);
    expect(reuse(cache, ["aaaabb", "aaaacc", "aaaadd", "aaaaccee"])).toEqual([0, 0, 0, 5]);
  });
});

describe.each(Object.entries(rules))("%s", (_, rule) => {
  function traffic(seed: number): TokenLists[] {
    const random = createRandom(seed);
    const shape = { ...randomCase(random, "density"), alphabet: 4, longest: 12 };
    const requests: TokenLists[] = [];
    for (let i = 0; i < 300; i++) requests.push(randomRequest(random, shape, requests));
    return requests;
  }
  const serve = (cache: PrefixCache, requests: readonly TokenLists[]) => {
    const served = new Served();
    return requests.map(({ prompt, output }) => {
      cache.serve(Int32Array.from(prompt), Int32Array.from(output), served);
      expect(cache.usedBytes).toBeLessThanOrEqual(60);
      return served.reusedTokens;
    });
  };

  test("keeps to the capacity, and a fork goes on as its original does", () => {
    const requests = traffic(6);
    const cache = cacheOf(rule, 60);
    serve(cache, requests.slice(0, 150));
    const fork = cache.fork();
    const rest = serve(fork, requests.slice(150));
    expect(rest).toEqual(serve(cache, requests.slice(150)));
    expect(rest.some((tokens) => tokens > 0)).toBe(true);
  });
});
