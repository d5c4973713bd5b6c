import { expect, test } from "vitest";
import { commonPrefixLength } from "../../../src/core/tokens/common-prefix.ts";
import { createRandom, wholeNumber } from "../../../src/workload/random.ts";

/** The definition. */
function plain(a: Int32Array, aStart: number, b: Int32Array, bStart: number, limit: number): number {
  for (let length = 0; length < limit; length++) {
    if (a[aStart + length] !== b[bStart + length]) return length;
  }
  return limit;
}

test.each([1, 2, 3, 4])("equals its definition wherever two runs part, seed %i", (seed) => {
  const random = createRandom(seed);
  for (let round = 0; round < 500; round++) {
    const length = wholeNumber(random, 0, 40);
    const a = Int32Array.from({ length: length + 10 }, () => wholeNumber(random, -3, 3));
    const b = Int32Array.from({ length: length + 10 }, () => wholeNumber(random, -3, 3));
    const aStart = wholeNumber(random, 0, 10);
    const bStart = wholeNumber(random, 0, 10);
    // Agree up to a place that may lie behind the limit.
    const agreed = wholeNumber(random, 0, length);
    b.set(a.subarray(aStart, aStart + agreed), bStart);
    const limit = wholeNumber(random, 0, length);
    expect(commonPrefixLength(a, aStart, b, bStart, limit)).toBe(plain(a, aStart, b, bStart, limit));
  }
});
