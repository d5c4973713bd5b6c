import { describe, expect, test } from "vitest";
import { ArtifactBlockCache } from "../../../../src/core/cache/artifact/block-cache.ts";
import type { EvictionListener } from "../../../../src/core/cache/artifact/eviction-log.ts";
import { ArtifactRadixCache } from "../../../../src/core/cache/artifact/radix-cache.ts";
import { treeRows } from "../../../../src/core/cache/artifact/replay.ts";
import { createRandom, pick, type Random, wholeNumber } from "../../../../src/workload/random.ts";
import { PlainArtifact, type PlainPolicy, type PlainState } from "../../../support/plain-artifact.ts";

const models = [
  { ssmLayers: 2, attentionLayers: 1, mlpLayers: 3, width: 64, stateWidth: 16 },
  { ssmLayers: 0, attentionLayers: 2, mlpLayers: 2, width: 16, stateWidth: 16 },
];
const policies: readonly PlainPolicy[] = [
  { kind: "v1" },
  { kind: "v3", alpha: 0 },
  { kind: "v3", alpha: 0.5 },
  { kind: "v3", alpha: 2 },
  { kind: "vllm", blockTokens: 1 },
  { kind: "vllm", blockTokens: 3 },
];

/** Two or three token ids, so that edges are left and joined all the time and nearly every trace continues falsely. */
function randomRequest(random: Random, ids: number): { tokens: Int32Array; inputLength: number } {
  const tokens = Int32Array.from({ length: wholeNumber(random, 0, 14) }, () => wholeNumber(random, 1, ids));
  return { tokens, inputLength: wholeNumber(random, 0, tokens.length) };
}

describe("each request of a random trace leaves the caches as the description says", () => {
  test.each([1, 2, 3, 4, 5, 6])("seed %i", (seed) => {
    const random = createRandom(seed);
    const ids = wholeNumber(random, 2, 3);
    const model = pick(random, models);
    const requests = Array.from({ length: 80 }, () => randomRequest(random, ids));
    for (const policy of policies) {
      for (const capacityBytes of [0, 4000, 20_000, 60_000, 200_000]) {
        const plain = new PlainArtifact(model, capacityBytes, policy);
        const cache = createCache(model, capacityBytes, policy);
        for (const [index, { tokens, inputLength }] of requests.entries()) {
          const label = `${JSON.stringify(policy)}, ${capacityBytes} B, request ${index}`;
          expect(cache(tokens, inputLength), label).toEqual(plain.serve([...tokens], inputLength));
        }
      }
    }
  });
});

function createCache(
  model: (typeof models)[number],
  capacityBytes: number,
  policy: PlainPolicy,
): (tokens: Int32Array, inputLength: number) => PlainState {
  const cache =
    policy.kind === "vllm"
      ? new ArtifactBlockCache(model, capacityBytes, policy.blockTokens)
      : new ArtifactRadixCache(
          model,
          capacityBytes,
          policy.kind === "v1" ? policy : { kind: "utility", alpha: policy.alpha },
        );
  let evictions: Parameters<EvictionListener>[] = [];
  cache.onEviction = (...removed) => evictions.push(removed);
  return (tokens, inputLength) => {
    evictions = [];
    const reused = cache.serve(tokens, inputLength);
    return { reused, clock: cache.clock, evictions, tree: treeRows(cache) };
  };
}
