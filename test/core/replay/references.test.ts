import { describe, expect, test } from "vitest";
import { Served } from "../../../src/core/cache/cache-system.ts";
import { cutIntoSpans, tokenRequest } from "../../../src/core/cache/span-trace.ts";
import { findPolicy } from "../../../src/core/policies/registry.ts";
import { clairvoyantReuse, idealReuse } from "../../../src/core/replay/clairvoyant.ts";
import { type ReferenceInput, referenceSteps } from "../../../src/core/replay/references.ts";
import { drain } from "../../../src/core/steps.ts";
import { createRandom } from "../../../src/workload/random.ts";
import { randomCase, randomRequest, type TokenLists } from "../../support/cache-pairs.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

const noLimit = Number.POSITIVE_INFINITY;

function randomInput(seed: number): ReferenceInput {
  const random = createRandom(seed);
  const shape = randomCase(random, "marconi");
  const lists: TokenLists[] = [];
  for (let i = 0; i < 100; i++) lists.push(randomRequest(random, shape, lists));
  const { cost, capacityBytes } = shape.options;
  const requests = lists.map(({ prompt, output }) => ({
    promptTokens: Int32Array.from(prompt),
    outputTokens: Int32Array.from(output),
  }));
  return { requests, cost, capacityBytes, mostVisitedSpans: noLimit };
}

function cut({ requests }: ReferenceInput) {
  return cutIntoSpans(
    requests.map(({ promptTokens, outputTokens }) => tokenRequest(promptTokens, outputTokens, 1)),
  );
}

describe("references of random traces", () => {
  const seeds = Array.from({ length: 40 }, (_, index) => index + 1);

  test.each(seeds)("unlimited is the policy of that name, and never above the ideal, seed %i", (seed) => {
    const input = randomInput(seed);
    const cache = findPolicy("unlimited")!.create({ ...input, engineBlockTokens: 2 });
    const served = new Served();
    const expected = input.requests.map(({ promptTokens, outputTokens }) => {
      cache.serve(promptTokens, outputTokens, served);
      return served.reusedTokens;
    });
    const { unlimited } = drain(referenceSteps(input));
    expect([...unlimited]).toEqual(expected);
    for (const [index, ideal] of idealReuse(cut(input)).entries()) {
      expect(unlimited[index], `request ${index}`).toBeLessThanOrEqual(ideal);
    }
  });

  test.each(seeds)(
    "clairvoyant stays within the ideal, and reaches it with room for all, seed %i",
    (seed) => {
      const input = randomInput(seed);
      const ideal = [...idealReuse(cut(input))];
      const { clairvoyant } = drain(referenceSteps(input));
      for (const [index, reused] of clairvoyant!.entries()) {
        expect(reused, `request ${index}`).toBeLessThanOrEqual(ideal[index]!);
      }
      const roomy = drain(referenceSteps({ ...input, capacityBytes: 1e9 }));
      expect([...roomy.clairvoyant!]).toEqual(ideal);
    },
  );

  test.each(seeds.slice(0, 10))("on hybrids it is the one of the sweep, seed %i", (seed) => {
    const input = { ...randomInput(seed), cost: tinyCosts.hybrid };
    const { clairvoyant } = drain(referenceSteps(input));
    expect(clairvoyant).toEqual(drain(clairvoyantReuse(cut(input), input.cost, input.capacityBytes)));
  });
});

describe("what is not replayed", () => {
  test("without a limit to the memory there is no clairvoyant reference", () => {
    const { clairvoyant } = drain(referenceSteps({ ...randomInput(1), capacityBytes: noLimit }));
    expect(clairvoyant).toBeNull();
  });

  test("nor where evicting visits more spans than allowed, and the other reference stays", () => {
    const input = { ...randomInput(3), cost: tinyCosts.hybrid, capacityBytes: 40 };
    const all = drain(referenceSteps(input));
    expect(all.clairvoyant).not.toBeNull();
    const few = drain(referenceSteps({ ...input, mostVisitedSpans: 1 }));
    expect(few.clairvoyant).toBeNull();
    expect(few.unlimited).toEqual(all.unlimited);
  });

  test("of no requests nothing is reused", () => {
    const { unlimited, clairvoyant } = drain(referenceSteps({ ...randomInput(1), requests: [] }));
    expect([unlimited.length, clairvoyant!.length]).toEqual([0, 0]);
  });
});

describe("steps", () => {
  /** Many short conversations that all come back, so that the memory is full of what is still needed. */
  function crowded(): ReferenceInput {
    const sequence = (conversation: number) =>
      Int32Array.from({ length: 8 }, (_, i) => (i === 0 ? conversation : i));
    const requests = Array.from({ length: 2000 }, (_, index) => ({
      promptTokens: sequence(index % 1000),
      outputTokens: new Int32Array(0),
    }));
    return { requests, cost: tinyCosts.hybrid, capacityBytes: 6000, mostVisitedSpans: noLimit };
  }

  test("are many, so that whoever drives them can stop in between", () => {
    const steps = referenceSteps(crowded());
    for (let i = 0; i < 40; i++) expect(steps.next().done).toBe(false);
    expect(steps.return(undefined as never).done).toBe(true);
    expect(steps.next().done).toBe(true);
  });

  test("stop at the limit and not behind it: a smaller one takes fewer", () => {
    const count = (mostVisitedSpans: number) =>
      [...referenceSteps({ ...crowded(), mostVisitedSpans })].length;
    expect(count(10_000)).toBeLessThan(count(100_000));
    expect(count(100_000)).toBeLessThan(count(noLimit));
  });
});
