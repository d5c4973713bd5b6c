import { describe, expect, test } from "vitest";
import { everyBlock } from "../../src/core/cache/admission/every-block.ts";
import { Served } from "../../src/core/cache/cache-system.ts";
import { componentsOf } from "../../src/core/cache/components/of-cost.ts";
import { LruEviction } from "../../src/core/cache/eviction/lru.ts";
import { PrefixCache } from "../../src/core/cache/prefix-cache.ts";
import { cutIntoSpans, tokenRequest } from "../../src/core/cache/span-trace.ts";
import { radixCache } from "../../src/core/policies/prefix-caches.ts";
import { idealReuse } from "../../src/core/replay/clairvoyant.ts";
import { isMooncake, type MooncakeRequest, readMooncake } from "../../src/log/mooncake.ts";
import { mooncakeFacts, mooncakeMissing, mooncakeTrace, plainLruHits } from "../support/mooncake.ts";
import { tinyCost } from "../support/tiny-costs.ts";

const line = '{"timestamp": 1500, "input_length": 700, "output_length": 5, "hash_ids": [0, 7]}';
const none = new Int32Array(0);

describe("reading", () => {
  test("a request", () => {
    expect(readMooncake(`${line}\n`)).toEqual({
      requests: [{ arrivalSeconds: 1.5, inputTokens: 700, outputTokens: 5, blocks: Int32Array.of(0, 7) }],
      problems: [],
    });
  });

  test.each([
    ["{", "no JSON"],
    ["3", "no JSON object"],
    ['{"timestamp": -1, "input_length": 1, "output_length": 1, "hash_ids": [1]}', '"timestamp"'],
    ['{"timestamp": 1e999, "input_length": 1, "output_length": 1, "hash_ids": [1]}', '"timestamp"'],
    ['{"timestamp": 1, "input_length": 1, "output_length": 1.5, "hash_ids": [1]}', '"output_length"'],
    ['{"timestamp": 1, "output_length": 1, "hash_ids": [1]}', '"input_length"'],
    ['{"timestamp": 1, "input_length": 1, "output_length": 1, "hash_ids": ["a"]}', '"hash_ids"'],
    ['{"timestamp": 1, "input_length": 513, "output_length": 1, "hash_ids": [1]}', "make 2 blocks"],
    ['{"timestamp": 1, "input_length": 1, "output_length": 1, "hash_ids": [4294967296]}', '"hash_ids"'],
  ])("a bad line is left out and named: %s", (bad, message) => {
    const { requests, problems } = readMooncake(`${line}\n\n${bad}\n${line}`);
    expect(requests.length).toBe(2);
    expect(problems).toEqual([{ line: 3, message: expect.stringContaining(message) }]);
  });

  test("times that run backwards are kept as they are", () => {
    const { requests, problems } = readMooncake(`${line}\n${line.replace("1500", "500")}`);
    expect(requests.map(({ arrivalSeconds }) => arrivalSeconds)).toEqual([1.5, 0.5]);
    expect(problems).toEqual([]);
  });

  test("an empty text has no requests", () => {
    expect(readMooncake("")).toEqual({ requests: [], problems: [] });
  });

  test("it is told from other formats", () => {
    expect([isMooncake(line), isMooncake('{"format": "marconi-oracle/1"}'), isMooncake("")]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

/** Blocks as symbols of one byte each, every block reusable. */
function cacheOfBlocks(capacityBytes: number, admission: "every block" | "radix"): PrefixCache {
  const cost = tinyCost(1, 0);
  const context = { cost, capacityBytes, engineBlockTokens: 1, computedTokensAtLeast: 0 };
  if (admission === "radix") return radixCache(context);
  return new PrefixCache({
    ...context,
    components: componentsOf(cost),
    blockTokens: 1,
    admission: everyBlock,
    createEviction: (view) => new LruEviction(view),
  });
}

function hits(cache: PrefixCache, requests: readonly MooncakeRequest[]): number {
  const served = new Served();
  return requests.reduce((sum, { blocks }) => {
    cache.serve(blocks, none, served);
    return sum + served.reusedTokens;
  }, 0);
}

describe.skipIf(mooncakeMissing !== null)(`the conversation trace (${mooncakeMissing ?? "present"})`, () => {
  if (mooncakeMissing !== null) {
    console.log(`Skipped: ${mooncakeMissing}.`);
    return;
  }
  const facts = mooncakeFacts();
  const { requests, problems } = mooncakeTrace();
  const spans = cutIntoSpans(requests.map(({ blocks }) => tokenRequest(blocks, none, 0)));
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

  test("is read whole", () => {
    expect(problems).toEqual([]);
    expect(requests.length).toBe(facts.requests);
    expect(sum(requests.map(({ inputTokens }) => inputTokens))).toBe(facts.inputTokens);
    expect(sum(requests.map(({ blocks }) => blocks.length))).toBe(facts.blocks);
    expect(new Set(requests.flatMap(({ blocks }) => [...blocks])).size).toBe(facts.uniqueBlocks);
  });

  test("without bound: the ideal, the cache, and the cache over spans hit the same blocks", () => {
    const unbounded = cacheOfBlocks(Number.POSITIVE_INFINITY, "every block");
    expect(hits(unbounded, requests)).toBe(facts.idealHitBlocks);
    expect(sum(idealReuse(spans))).toBe(facts.idealHitBlocks);
    expect(unbounded.contents().kvBytes).toBe(facts.uniqueBlocks);
  });

  test("the plain program in test/support counts what the facts say", () => {
    const counted = facts.bounded.map(({ capacityBlocks }) => plainLruHits(requests, capacityBlocks));
    expect(counted).toEqual(facts.bounded.map(({ lruHeadToTailHitBlocks }) => lruHeadToTailHitBlocks));
    const rates = counted.map((count) => Number((count / facts.blocks).toFixed(4)));
    expect(rates).toEqual([0.0523, 0.1954, 0.2784, 0.3535, 0.3631]);
  });

  test.each(facts.bounded)("least recently used block, tails first, at $capacityPercentOfUnique %", (row) => {
    const cache = cacheOfBlocks(row.capacityBlocks, "every block");
    expect(hits(cache, requests)).toBe(row.lruTailFirstHitBlocks);
  });

  test.each(facts.bounded)("the radix cache is the same over spans at $capacityPercentOfUnique %", (row) => {
    const overBlocks = cacheOfBlocks(row.capacityBlocks, "radix");
    const cost = tinyCost(1, 0);
    const overSpans = radixCache({
      cost,
      capacityBytes: row.capacityBlocks,
      engineBlockTokens: 1,
      computedTokensAtLeast: 0,
      spans: spans.spans,
    });
    const [blocks, cut] = [new Served(), new Served()];
    for (const [index, request] of requests.entries()) {
      overBlocks.serve(request.blocks, none, blocks);
      overSpans.serveSymbols(spans.requests[index]!, cut);
      if (cut.reusedTokens !== blocks.reusedTokens || cut.evictedBytes !== blocks.evictedBytes) {
        expect.fail(`request ${index}: ${cut.reusedTokens} over spans, ${blocks.reusedTokens} over blocks`);
      }
    }
    expect(overSpans.contents()).toEqual(overBlocks.contents());
  });
});
