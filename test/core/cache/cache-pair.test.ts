import { describe, test } from "vitest";
import { pairedPolicies, randomRun } from "../../support/cache-pairs.ts";

/** Seeds that once failed stay here, with what they found. */
const regressions = [
  ["sglang-radix", 114, "a use refreshed the part of an edge behind the request's own tokens"],
  ["sglang-radix", 297, "inserted tokens counted KV that had gone with what was evicted"],
  ["marconi", 137, "ties were decided by the order in which nodes are stored"],
] as const;

describe("the cache equals its naive twin, request by request", () => {
  for (const policy of pairedPolicies) {
    for (let seed = 1000; seed < 1400; seed += 20) {
      test(`${policy}, seeds ${seed} to ${seed + 19}`, () => {
        for (let each = seed; each < seed + 20; each++) randomRun(each, policy, 60);
      });
    }
  }

  // Sliding windows are no component of the product: they show that a kind of state is one file.
  for (let seed = 1000; seed < 1400; seed += 20) {
    test(`a third kind of state, seeds ${seed} to ${seed + 19}`, () => {
      for (let each = seed; each < seed + 20; each++) randomRun(each, "windows", 60);
    });
  }

  for (let seed = 1000; seed < 1800; seed += 20) {
    test(`several requests in flight, seeds ${seed} to ${seed + 19}`, () => {
      for (let each = seed; each < seed + 20; each++) randomRun(each, "in flight", 60);
    });
  }

  for (const [policy, seed, found] of regressions) {
    test(`${policy}, seed ${seed}: ${found}`, () => {
      randomRun(seed, policy, 60);
    });
  }
});
