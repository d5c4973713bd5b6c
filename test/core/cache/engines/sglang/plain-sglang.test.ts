/** The cache against a plain one of lists, over small traffic in small pools. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Served } from "../../../../../src/core/cache/cache-system.ts";
import { SglangCache } from "../../../../../src/core/cache/engines/sglang/sglang-cache.ts";
import { PlainSglang } from "../../../../support/plain-sglang.ts";

const tokens = (maxLength: number) => fc.array(fc.integer({ min: 0, max: 2 }), { maxLength, size: "max" });
/** Goes on with the leading tokens of an earlier request, so many requests ago. */
const request = fc.record({ back: fc.nat(6), kept: fc.nat(40), added: tokens(12), output: tokens(8) });
const traffic = fc.record({
  requests: fc.array(request, { minLength: 5, maxLength: 30, size: "max" }),
  page: fc.constantFrom(1, 2, 4),
  kvTokens: fc.constantFrom(24, 40, 64, Number.POSITIVE_INFINITY),
  stateSlots: fc.constantFrom(null, 1, 3, 4, 6, 9, Number.POSITIVE_INFINITY),
  checkpointSlots: fc.constantFrom(undefined, 1, 2, 5),
  strategy: fc.constantFrom("no_buffer" as const, "extra_buffer" as const, "extra_buffer_lazy" as const),
  hasOverlap: fc.boolean(),
  statesPerPath: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY),
  prefillChunkTokens: fc.constantFrom(8, 64),
});

const host = fc.record({
  kvTokens: fc.constantFrom(16, 48, 100, 400),
  stateSlots: fc.constantFrom(2, 4, 40),
  copiedAfter: fc.constantFrom(1, 2),
});

type Traffic = typeof traffic extends fc.Arbitrary<infer T> ? T : never;
type Host = typeof host extends fc.Arbitrary<infer T> ? T : never;

/** Serves both, compares them after each request, and returns what happened. */
function compare({ requests, page, checkpointSlots, ...options }: Traffic, copies: Host | null) {
  const all = {
    ...options,
    ...(checkpointSlots === undefined || copies !== null ? {} : { checkpointSlots }),
    ...(copies === null ? {} : { host: { ...copies, leastLoadedTokens: 3, bytesPerSecond: 1 } }),
    level: 3 as const,
    // Without a buffer states stand at any token, and the server refuses larger pages.
    pageTokens: options.strategy === "no_buffer" && options.stateSlots !== null ? 1 : page,
    chunkTokens: 4,
    trackIntervalTokens: 4,
    kvBytesPerToken: 1,
    stateBytes: 1,
  };
  const cache = new SglangCache(all);
  const plain = new PlainSglang(all);
  const served = new Served();
  const sent: number[][] = [];
  const seen = { reusedTokens: 0, evictions: 0, restoredTokens: 0 };
  for (const { back, kept, added, output } of requests) {
    const prompt = [...(sent.at(-1 - back) ?? []).slice(0, kept), ...added];
    sent.push([...prompt, ...output]);
    const before = cache.inspect(Int32Array.from(prompt));
    served.begin();
    cache.serve(Int32Array.from(prompt), Int32Array.from(output), served);
    expect(served.reusedTokens).toBe(plain.serve(prompt, output));
    const restored = served.restored.reduce((sum, { start, end }) => sum + end - start, 0);
    expect(restored).toBe(plain.restored);
    const { kvBytes, checkpoints } = cache.contents();
    expect(kvBytes).toBe(plain.symbols * all.pageTokens);
    expect(checkpoints).toBe(plain.states);
    expect(kvBytes).toBeLessThanOrEqual(all.kvTokens);
    if (copies !== null) expect(plain.hostSymbols * all.pageTokens).toBeLessThanOrEqual(copies.kvTokens);
    else if (checkpointSlots !== undefined) expect(checkpoints).toBeLessThanOrEqual(checkpointSlots);
    if (served.reusedTokens > 0 && all.stateSlots !== null)
      expect(before.checkpoints).toContain(served.reusedTokens);
    seen.reusedTokens += served.reusedTokens;
    seen.evictions += served.evictedNodes;
    seen.restoredTokens += restored;
  }
  return seen;
}

test("reuses and holds what the plain cache does, request by request", () => {
  let [reusedTokens, evictions] = [0, 0];
  fc.assert(
    fc.property(traffic, (each) => {
      const seen = compare(each, null);
      reusedTokens += seen.reusedTokens;
      evictions += seen.evictions;
    }),
    { seed: 8905, numRuns: 500 },
  );
  expect(reusedTokens).toBeGreaterThan(1000);
  expect(evictions).toBeGreaterThan(1000);
});

test("brings back from the host what the plain cache does", () => {
  let [reusedTokens, restoredTokens] = [0, 0];
  fc.assert(
    fc.property(traffic, host, (each, copies) => {
      const seen = compare(each, copies);
      reusedTokens += seen.reusedTokens;
      restoredTokens += seen.restoredTokens;
    }),
    { seed: 31_181, numRuns: 500 },
  );
  expect(reusedTokens).toBeGreaterThan(1000);
  expect(restoredTokens).toBeGreaterThan(1000);
});
