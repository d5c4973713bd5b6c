import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { models } from "../../../src/core/cost/catalogue/models.ts";
import { CostError } from "../../../src/core/cost/cost-error.ts";
import { createModelCost } from "../../../src/core/cost/model-cost.ts";
import { restorationWork, stateSizes } from "../../../src/core/restore/layer-work.ts";
import { planRestoration, type RestorationInput } from "../../../src/core/restore/restoration.ts";
import {
  falconMamba,
  granite,
  latentModel,
  llama2,
  llama31,
  llama33,
  slidingModel,
  zamba,
} from "./models.ts";

/** An A100 behind four SSDs, as in HCache's tests. */
const input: RestorationInput = {
  tokens: 4096,
  bytesPerSecond: 24.2e9,
  flopsPerSecond: 203e12,
  hasCheckpoint: true,
};

describe("hidden states and KV of one token in one layer", () => {
  test("multi-head attention: half of the KV", () => {
    expect(stateSizes(llama2)).toMatchObject({
      hiddenBytes: 8192,
      kvBytes: 16_384,
      projectionFlops: 4 * 4096 ** 2,
    });
  });

  test("grouped-query attention: larger, and the reason says by how much", () => {
    expect(stateSizes(llama31)).toEqual({
      hiddenBytes: 8192,
      kvBytes: 4096,
      projectionFlops: 4 * 4096 * 8 * 128,
      comparison:
        "Hidden states are larger: 8.00 KiB per token and layer against 4.00 KiB of KV (8 KV heads for 32 query heads); loading KV is less to load and nothing to compute.",
    });
    expect(stateSizes(llama33)).toMatchObject({ hiddenBytes: 16_384, kvBytes: 4096 });
  });

  test("latent attention: larger by far", () => {
    expect(stateSizes(latentModel)).toMatchObject({
      hiddenBytes: 14_336,
      kvBytes: 1152,
      projectionFlops: 2 * 7168 * 576,
    });
    expect(stateSizes(latentModel)?.comparison).toContain("Hidden states are larger: 14.0 KiB");
  });

  test("Zamba2's shared block has heads twice as wide: a quarter of the KV", () => {
    expect(stateSizes(zamba)).toMatchObject({
      hiddenBytes: 5120,
      kvBytes: 20_480,
      projectionFlops: 16 * 2560 ** 2,
    });
  });

  test("KV in 8 bits halves the KV alone", () => {
    expect(stateSizes(llama2, { kvDtype: "fp8" })).toMatchObject({ hiddenBytes: 8192, kvBytes: 8192 });
    expect(stateSizes(llama2, { kvDtype: "fp8" })?.comparison).toContain("no smaller");
  });

  test("a model without attention has neither", () => expect(stateSizes(falconMamba)).toBeNull());
});

describe("the chosen way", () => {
  test("multi-head attention: hidden states, in about half of the time of KV", () => {
    const { chosen, estimates, refused, reason } = planRestoration(llama2, input);
    expect(refused).toEqual([]);
    expect(chosen.way).toBe("hiddenStates");
    const offload = estimates.find(({ way }) => way === "offload")!;
    expect(offload.storedBytes).toBe(4096 * 32 * 16_384);
    expect(offload.seconds / chosen.seconds).toBeGreaterThan(1.9);
    expect(reason).toContain("Projecting hidden states is fastest: 32 layers projected.");
  });

  test("grouped-query and latent attention: never hidden states, whatever the speeds", () => {
    for (const model of [llama31, llama33, latentModel]) {
      for (const bytesPerSecond of [1e9, 1e10, 1e11]) {
        for (const flopsPerSecond of [1e13, 1e14, 1e15]) {
          const plan = planRestoration(model, { ...input, bytesPerSecond, flopsPerSecond });
          expect(plan.chosen.way).not.toBe("hiddenStates");
          expect(plan.reason).toContain("Hidden states are larger");
        }
      }
    }
  });

  test("a slow disk: tokens again", () => {
    expect(planRestoration(llama31, { ...input, bytesPerSecond: 1e5 }).chosen.way).toBe("recompute");
  });

  test("on the GPU there is nothing to do", () => {
    const { chosen } = planRestoration(llama31, { ...input, bytesPerSecond: Number.POSITIVE_INFINITY });
    expect(chosen).toMatchObject({ way: "offload", seconds: 0 });
  });
});

describe("hybrids", () => {
  test("without a checkpoint at the token nothing but recomputing is left, and the reason says so", () => {
    const plan = planRestoration(granite, { ...input, hasCheckpoint: false });
    expect(plan.chosen.way).toBe("recompute");
    expect(plan.estimates).toHaveLength(1);
    expect(plan.refused.map(({ way }) => way)).toEqual(["offload", "hiddenStates", "offloadAndRecompute"]);
    expect(plan.reason).toContain("cannot be projected from hidden states");
  });

  test("with one, the checkpoint is loaded beside whatever restores the attention layers", () => {
    const { checkpointBytes } = createModelCost(granite);
    const plan = planRestoration(granite, input);
    const stored = Object.fromEntries(plan.estimates.map(({ way, storedBytes }) => [way, storedBytes]));
    expect(stored["offload"]).toBe(checkpointBytes + 4096 * 4 * 4096);
    expect(stored["hiddenStates"]).toBeGreaterThan(checkpointBytes);
    expect(plan.chosen.way).toBe("offload");
    expect(plan.reason).toContain("Hidden states restore attention layers only");
    expect(plan.refused).toEqual([
      { way: "offloadAndRecompute", reason: expect.stringContaining("uniform cost") },
    ]);
  });

  test("Zamba2's wide heads make hidden states worth it, beside the checkpoint", () => {
    expect(planRestoration(zamba, input).chosen.way).toBe("hiddenStates");
  });

  test("a model without attention loads its checkpoint, and nothing can be projected", () => {
    const plan = planRestoration(falconMamba, input);
    expect(plan.chosen).toMatchObject({
      way: "offload",
      storedBytes: createModelCost(falconMamba).checkpointBytes,
    });
    expect(plan.refused[0]).toEqual({
      way: "hiddenStates",
      reason: expect.stringContaining("nothing to project"),
    });
  });

  test("sliding windows need their checkpoint as well", () => {
    const plan = planRestoration(slidingModel, { ...input, hasCheckpoint: false });
    expect(plan.reason).toBe(
      "No checkpoint was stored at this token: the KV of the sliding windows is missing.",
    );
    expect(restorationWork(slidingModel, 4096)).toMatchObject({
      layers: 8,
      checkpointBytes: 1024 * 24 * 4096,
    });
  });
});

test("amounts that are none are refused", () => {
  expect(() => planRestoration(llama31, { ...input, tokens: -1 })).toThrow(CostError);
  expect(() => planRestoration(llama31, { ...input, bytesPerSecond: 0 })).toThrow(CostError);
  expect(() => planRestoration(llama31, { ...input, flopsPerSecond: Number.NaN })).toThrow(CostError);
});

describe("every plan, of all models", () => {
  const all = [...models, llama2, latentModel, slidingModel];
  const situation = fc.record({
    model: fc.constantFrom(...all),
    tokens: fc.integer({ min: 0, max: 100_000 }),
    bytesPerSecond: fc.integer({ min: 1, max: 1000 }).map((tenths) => tenths * 1e8),
    flopsPerSecond: fc.integer({ min: 1, max: 100 }).map((tens) => tens * 1e13),
    hasCheckpoint: fc.boolean(),
  });

  test("chooses the fastest; its layers sum; more bandwidth, speed or a checkpoint never make it slower", () => {
    fc.assert(
      fc.property(situation, fc.integer({ min: 1, max: 20 }), ({ model, ...given }, faster) => {
        const plan = planRestoration(model, given);
        const { layers } = restorationWork(model, given.tokens);
        for (const { seconds, layers: split } of plan.estimates) {
          expect(plan.chosen.seconds).toBeLessThanOrEqual(seconds);
          expect(split.projected + split.loaded + split.recomputed).toBe(layers);
        }
        expect(plan.estimates.length + plan.refused.length).toBe(4);
        for (const better of [
          { ...given, bytesPerSecond: given.bytesPerSecond * faster },
          { ...given, flopsPerSecond: given.flopsPerSecond * faster },
          { ...given, hasCheckpoint: true },
        ]) {
          expect(planRestoration(model, better).chosen.seconds).toBeLessThanOrEqual(plan.chosen.seconds);
        }
      }),
      { numRuns: 300, seed: 23 },
    );
  });
});
