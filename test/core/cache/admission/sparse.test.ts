/** Places are the best there are: held to all subsets, and to a distribution that can be done by hand. */
import { describe, expect, test } from "vitest";
import { bestPlaces, sparseAdmission } from "../../../../src/core/cache/admission/sparse.ts";
import { createRandom } from "../../../../src/workload/random.ts";

/** Computed again by requests of these depths, with states at `base` and at these places. */
function again(depths: readonly number[], base: number, places: readonly number[]): number {
  return depths.reduce((sum, depth) => {
    const at = places.reduce((best, place) => (place <= depth ? Math.max(best, place) : best), base);
    return sum + depth - at;
  }, 0);
}

function* subsets(values: readonly number[], most: number): Generator<readonly number[]> {
  yield [];
  if (most === 0) return;
  for (const [index, value] of values.entries())
    for (const rest of subsets(values.slice(index + 1), most - 1)) yield [value, ...rest];
}

describe("the best places", () => {
  test("as many as differ, if so many are allowed", () => {
    expect(bestPlaces([10, 30, 10, 20], { base: 0, most: 3 })).toEqual([10, 20, 30]);
    expect(bestPlaces([10, 30, 10, 20], { base: 0, most: 9 })).toEqual([10, 20, 30]);
  });

  test("one lies where most is saved by all that are as deep", () => {
    // At 100: 5 x 100; at 300: 1 x 300.
    expect(bestPlaces([100, 100, 100, 100, 300], { base: 0, most: 1 })).toEqual([100]);
    expect(bestPlaces([100, 100, 100, 600, 600], { base: 0, most: 1 })).toEqual([600]);
  });

  test("none where a state is already, and none of nothing", () => {
    expect(bestPlaces([50, 50], { base: 50, most: 2 })).toEqual([]);
    expect(bestPlaces([], { base: 0, most: 2 })).toEqual([]);
  });

  test("no choice of as many is better", () => {
    const random = createRandom(7);
    const whole = (below: number) => Math.floor(random() * below);
    for (let round = 0; round < 300; round++) {
      const base = whole(10);
      const depths = Array.from({ length: 1 + whole(9) }, () => base + 1 + whole(12));
      const most = 1 + whole(4);
      const places = bestPlaces(depths, { base, most });
      expect(places.length).toBeLessThanOrEqual(most);
      expect([...places].sort((a, b) => a - b)).toEqual(places);
      let least = Number.POSITIVE_INFINITY;
      for (const subset of subsets([...new Set(depths)], most))
        least = Math.min(least, again(depths, base, subset));
      expect(again(depths, base, places)).toBe(least);
    }
  });
});

test("a request keeps states where those before it were shared, and where its prompt can be resumed", () => {
  const admission = sparseAdmission(2);
  const request = { matched: 0, reused: 0, resumeLimit: 99, promptSymbols: 100, sequenceSymbols: 120 };
  const keep = (matched: number, reused = 0) => {
    const out: number[] = [];
    admission.positions(
      { ...request, matched, reused, deepestFork: 0, staticEnds: [], hasEvicted: false },
      out,
    );
    return out;
  };
  expect(keep(0)).toEqual([]);
  expect(keep(40)).toEqual([40]);
  expect(keep(60)).toEqual([40, 60]);
  expect(keep(60, 40)).toEqual([60]);
  // The same prompt again resumes before its last token.
  expect(keep(100)).toEqual([40, 60]);
  expect(keep(100)).toEqual([40, 99]);
});
