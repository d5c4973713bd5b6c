import { describe, expect, test } from "vitest";
import { Served } from "../../../src/core/cache/cache-system.ts";
import { cutIntoSpans, tokenRequest } from "../../../src/core/cache/span-trace.ts";
import { marconiWithAlpha } from "../../../src/core/policies/prefix-caches.ts";
import { findPolicy } from "../../../src/core/policies/registry.ts";
import {
  alphaGrid,
  offlineOptimum,
  type SweepRow,
  type SweepSystem,
  type SweepTrace,
  sweepCell,
} from "../../../src/core/replay/sweep.ts";
import { createRandom } from "../../../src/workload/random.ts";
import { randomCase, randomRequest, type TokenLists } from "../../support/cache-pairs.ts";
import { drain } from "../../support/drain.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

const model = { id: "tiny", cost: tinyCosts.hybrid, engineBlockTokens: 2 };

function randomTrace(seed: number): SweepTrace {
  const random = createRandom(seed);
  const shape = { ...randomCase(random, "marconi"), alphabet: 3, longest: 12 };
  const lists: TokenLists[] = [];
  for (let i = 0; i < 200; i++) lists.push(randomRequest(random, shape, lists));
  const tokens = lists.map(({ prompt, output }) => ({
    prompt: Int32Array.from(prompt),
    output: Int32Array.from(output),
  }));
  const spans = cutIntoSpans(tokens.map(({ prompt, output }) => tokenRequest(prompt, output, 1)));
  return { spans, tokens, computedTokensAtLeast: 1 };
}

function policy(id: string): SweepSystem {
  return { kind: "policy", policy: findPolicy(id)! };
}

describe("a cell", () => {
  test.each(["marconi", "sglang-radix", "unlimited", "vllm-block", "llama-cpp", "no-cache"])(
    "of %s is the replay of its policy",
    (id) => {
      const trace = randomTrace(7);
      const row = drain(sweepCell(trace, { system: policy(id), model, capacityBytes: 60 }));
      const cache = findPolicy(id)!.create({ cost: model.cost, capacityBytes: 60, engineBlockTokens: 2 });
      const served = new Served();
      let reused = 0;
      let saved = 0;
      for (const { prompt, output } of trace.tokens!) {
        cache.serve(prompt, output, served);
        reused += served.reusedTokens;
        saved +=
          model.cost.prefillFlops(0, prompt.length) -
          model.cost.prefillFlops(served.reusedTokens, prompt.length);
      }
      expect(row).toMatchObject({
        system: id,
        model: "tiny",
        capacityBytes: 60,
        requests: 200,
        reusedTokens: reused,
      });
      expect(row.flopsSaved).toBeCloseTo(saved, 6);
      expect(row.tokenHitRate).toBe(reused / row.promptTokens);
    },
  );

  test("of a policy that needs tokens says so where there are none", () => {
    const trace = { ...randomTrace(1), tokens: null };
    expect(() => drain(sweepCell(trace, { system: policy("vllm-block"), model, capacityBytes: 60 }))).toThrow(
      "over tokens",
    );
    expect(drain(sweepCell(trace, { system: policy("marconi"), model, capacityBytes: 60 })).requests).toBe(
      200,
    );
  });

  test("can be stopped between two steps", () => {
    const steps = sweepCell(randomTrace(1), { system: policy("marconi"), model, capacityBytes: 60 });
    expect(steps.next().done).toBe(false);
    expect(steps.return({} as SweepRow).done).toBe(true);
  });
});

describe("the best fixed alpha, offline", () => {
  test.each([1, 2, 3])("is the best of the replays with each alpha, seed %i", (seed) => {
    const trace = randomTrace(seed);
    const rows = alphaGrid.map((alpha) =>
      drain(sweepCell(trace, { system: { kind: "alpha", alpha }, model, capacityBytes: 40 })),
    );
    const reused = alphaGrid.map((alpha) => {
      const cache = marconiWithAlpha({ cost: model.cost, capacityBytes: 40, engineBlockTokens: 2 }, alpha);
      const served = new Served();
      return trace.tokens!.reduce((sum, { prompt, output }) => {
        cache.serve(prompt, output, served);
        return sum + served.reusedTokens;
      }, 0);
    });
    const most = Math.max(...reused);
    const best = offlineOptimum(rows)!;
    expect(best.tokenHitRate.reusedTokens).toBe(most);
    expect(best.tokenHitRate.alpha).toBe(alphaGrid[reused.indexOf(most)]);
    expect(best.flopsSaved.flopsSaved).toBe(Math.max(...rows.map(({ flopsSaved }) => flopsSaved)));
  });

  test("can differ for tokens and FLOPs, and is the smallest on ties", () => {
    const row = (alpha: number, reusedTokens: number, flopsSaved: number): SweepRow => ({
      ...drain(sweepCell(randomTrace(1), { system: { kind: "alpha", alpha }, model, capacityBytes: 0 })),
      reusedTokens,
      flopsSaved,
    });
    const best = offlineOptimum([row(0.5, 9, 3), row(0, 9, 1), row(2, 4, 3), row(1, 8, 2)])!;
    expect([best.tokenHitRate.alpha, best.flopsSaved.alpha]).toEqual([0, 0.5]);
    expect(offlineOptimum([])).toBeNull();
  });
});
