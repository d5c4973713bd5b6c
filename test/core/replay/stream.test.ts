import { describe, expect, it } from "vitest";
import { branchAndEnd } from "../../../src/core/cache/admission/branch-and-end.ts";
import { componentsOf } from "../../../src/core/cache/components/of-cost.ts";
import { LruEviction } from "../../../src/core/cache/eviction/lru.ts";
import { UtilityEviction } from "../../../src/core/cache/eviction/utility.ts";
import { PrefixCache } from "../../../src/core/cache/prefix-cache.ts";
import { replay } from "../../../src/core/replay/replay.ts";
import { replayStream } from "../../support/replay-stream.ts";
import { tinyCost } from "../../support/tiny-costs.ts";
import { zipfRequests } from "../../support/zipf-requests.ts";

const capacityTokens = 20_000;

function createCache(kind: "lru" | "utility"): PrefixCache {
  const cost = kind === "lru" ? tinyCost(1, 0) : tinyCost(1, 4);
  return new PrefixCache({
    components: componentsOf(cost),
    capacityBytes: capacityTokens,
    blockTokens: 1,
    admission: branchAndEnd,
    computedTokensAtLeast: 1,
    createEviction: (view) => (kind === "lru" ? new LruEviction(view) : new UtilityEviction(view, cost, 0.5)),
  });
}

function shape(requests: number) {
  return { seed: 7, requests, documents: 10_000, systems: 100, blockTokens: 1 };
}

/** The columns that both replays have, of the whole trace. */
function expected(kind: "lru" | "utility", requests: number) {
  return replay({
    requests: [...zipfRequests(shape(requests))].map(({ sequence, promptSymbols }, index) => ({
      arrivalSeconds: index,
      session: index,
      turn: 0,
      promptTokens: sequence.subarray(0, promptSymbols),
      outputTokens: sequence.subarray(promptSymbols),
      runs: null,
    })),
    segmentCount: 0,
    isStatic: () => false,
    cache: createCache(kind),
    ttftSeconds: () => 0,
  });
}

describe("replayStream", () => {
  it.each([
    ["lru", 100_000],
    ["utility", 20_000],
  ] as const)(
    "says what replay says, with %s, in a bounded tree",
    (kind, requests) => {
      const table = expected(kind, requests);
      const cache = createCache(kind);
      let seen = 0;
      let storedSymbols = 0;
      for (const chunk of replayStream(zipfRequests(shape(requests)), cache, 999)) {
        expect(chunk.first).toBe(seen);
        const end = seen + chunk.length;
        for (const name of columns) {
          expect(chunk[name].subarray(0, chunk.length), name).toEqual(table[name].subarray(seen, end));
        }
        seen = end;
        storedSymbols = Math.max(storedSymbols, cache.tree.storedSymbols);
      }
      expect(seen).toBe(requests);
      // Dead symbols may be three times those in use, and no arena is compacted below 65,536.
      expect(storedSymbols).toBeLessThan(Math.max(65_536, 4 * capacityTokens) + 100);
    },
    60_000,
  );

  it("yields nothing for no requests, and one short chunk for fewer than a chunk", () => {
    expect([...replayStream([], createCache("lru"), 10)]).toEqual([]);
    const chunks = [...replayStream(zipfRequests(shape(3)), createCache("lru"), 10)];
    expect(chunks.map(({ first, length }) => [first, length])).toEqual([[0, 3]]);
  });
});

const columns = [
  "promptTokens",
  "reusedTokens",
  "evictedNodes",
  "evictedBytes",
  "kvBytes",
  "checkpointBytes",
  "checkpoints",
] as const;
