/** The search for places, against trying everything. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bestSubsetSteps,
  exhaustiveItems,
  exhaustiveSteps,
  type SubsetProblem,
  stepwiseSteps,
} from "../../../src/analysis/advice/best-subset.ts";
import { drain } from "../../../src/core/steps.ts";

function problem(
  items: number,
  most: number,
  costOf: (subset: readonly number[]) => number,
): SubsetProblem & { tried: string[] } {
  const tried: string[] = [];
  return {
    items,
    most,
    tried,
    // biome-ignore lint/correctness/useYield: a cost that is known at once
    *cost(subset) {
      tried.push(subset.join());
      return costOf(subset);
    },
  };
}

const sum = (gains: readonly number[]) => (subset: readonly number[]) =>
  100 - subset.reduce((gain, item) => gain + gains[item]!, 0);

describe("the best subset", () => {
  test.each<[string, number[], number, number[]]>([
    ["takes what helps", [3, -1, 5], 4, [0, 2]],
    ["takes nothing where all of it costs", [-1, -2], 4, []],
    ["takes no more than it may", [1, 4, 3, 2], 2, [1, 2]],
    ["leaves out what changes nothing", [0, 5, 0], 4, [1]],
    ["of equal ones takes the first", [2, 2, 2], 1, [0]],
    ["has nothing to choose from", [], 4, []],
  ])("%s", (_, gains, most, expected) => {
    for (const search of [exhaustiveSteps, stepwiseSteps, bestSubsetSteps]) {
      const { subset, cost } = drain(search(problem(gains.length, most, sum(gains))));
      expect({ subset, cost }).toEqual({ subset: expected, cost: sum(gains)(expected) });
    }
  });

  test("finds two that help only together, where all are tried", () => {
    const costOf = (subset: readonly number[]) =>
      subset.includes(0) && subset.includes(2) ? 1 : 10 + subset.length;
    expect(drain(bestSubsetSteps(problem(3, 4, costOf))).subset).toEqual([0, 2]);
    expect(drain(stepwiseSteps(problem(3, 4, costOf))).subset).toEqual([]);
  });

  test("tries each of the 256 subsets of nine once, and fewer than all of twenty", () => {
    const nine = problem(exhaustiveItems, 4, sum(new Array(9).fill(1)));
    drain(bestSubsetSteps(nine));
    expect([nine.tried.length, new Set(nine.tried).size]).toEqual([256, 256]);
    const twenty = problem(20, 4, sum(new Array(20).fill(1)));
    expect(drain(bestSubsetSteps(twenty)).subset).toHaveLength(4);
    expect(twenty.tried.length).toBeLessThan(1000);
  });

  test("step by step is never worse than nothing, and as good as all where items do not need each other", () => {
    const gains = fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 7 });
    fc.assert(
      fc.property(gains, fc.integer({ min: 0, max: 4 }), (each, most) => {
        const all = drain(exhaustiveSteps(problem(each.length, most, sum(each))));
        const steps = drain(stepwiseSteps(problem(each.length, most, sum(each))));
        expect(steps.cost).toBe(all.cost);
        expect(steps.subset).toHaveLength(all.subset.length);
      }),
    );
  });

  test("step by step is never better than all, and never worse than nothing, whatever a subset costs", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.nat(50), { minLength: 64, maxLength: 64 }),
        (items, costs) => {
          const costOf = (subset: readonly number[]) =>
            costs[subset.reduce((bits, item) => bits | (1 << item), 0)]!;
          const all = drain(exhaustiveSteps(problem(items, 4, costOf))).cost;
          const steps = drain(stepwiseSteps(problem(items, 4, costOf))).cost;
          expect(steps).toBeGreaterThanOrEqual(all);
          expect(steps).toBeLessThanOrEqual(costs[0]!);
        },
      ),
    );
  });
});
