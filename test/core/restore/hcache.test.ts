import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  fastestSchedule,
  type LayerTimes,
  paperLayerTimes,
  paperRecomputeFlops,
  publishedSchedule,
} from "../../../src/core/restore/hcache.ts";
import { chunkLayout, tierBytesPerSecond } from "../../../src/core/restore/hcache-storage.ts";
import { hasFacts, hcacheFacts, type ScheduleVector } from "./facts.ts";

function timesOf(vector: ScheduleVector): LayerTimes {
  return {
    loadHiddenSeconds: vector.ioHidden,
    projectSeconds: vector.computeHidden,
    loadKvSeconds: vector.ioKv,
    recomputeSeconds: vector.computeToken,
  };
}

/** Speeds that explain the paper's own bars for recompute and KV offload, in thousands of tokens per second. */
function timesFromBars(
  model: { readonly layers: number; readonly hidden: number },
  bars: { readonly contextTokens: number; readonly recompute: number; readonly kvOffload: number },
): LayerTimes {
  const tokens = bars.contextTokens;
  const bytesPerElement = 2;
  const tokensPerSecond = { recompute: bars.recompute * 1e3, kv: bars.kvOffload * 1e3 };
  const layerFlops = paperRecomputeFlops(tokens, model.hidden);
  return paperLayerTimes({
    tokens,
    hiddenWidth: model.hidden,
    bytesPerElement,
    flopsPerSecond: (model.layers * layerFlops * tokensPerSecond.recompute) / tokens,
    bytesPerSecond: 2 * model.hidden * bytesPerElement * model.layers * tokensPerSecond.kv,
  });
}

const llama13 = { layers: 40, hidden: 5120 };
const opt30 = { layers: 48, hidden: 7168 };

describe("the published schedule", () => {
  test("13B with one SSD: 31 layers from hidden states and 9 from tokens, as the text says", () => {
    const times = timesFromBars(llama13, { contextTokens: 1024, recompute: 8.35, kvOffload: 8.81 });
    expect(publishedSchedule(40, times)).toMatchObject({
      hiddenLayers: 31,
      otherLayers: 9,
      otherMethod: "recompute",
    });
    // Figure 11e measured 21.98 thousand tokens per second: an ideal pipeline is a little faster.
    expect(1024 / publishedSchedule(40, times).seconds / 21_980).toBeCloseTo(1.034, 3);
  });

  test("30B with four SSDs: 40 and 8, as table 3 says", () => {
    const times = timesFromBars(opt30, { contextTokens: 1024, recompute: 10.38, kvOffload: 14.11 });
    expect(publishedSchedule(48, times)).toMatchObject({
      hiddenLayers: 40,
      otherLayers: 8,
      otherMethod: "recompute",
    });
  });

  test("table 3 counts elements: KiB per token at one byte each", () => {
    const kib = (hiddenWidth: number, hidden: number, kv: number) => (hiddenWidth * (hidden + 2 * kv)) / 1024;
    expect([kib(4096, 31, 1), kib(4096, 0, 32)]).toEqual([132, 256]);
    // The table prints 210 beside its 36 + 4 layers; 210 belongs to 38 + 2.
    expect([kib(5120, 36, 4), kib(5120, 38, 2), kib(5120, 0, 40)]).toEqual([220, 210, 400]);
    expect([kib(7168, 40, 0), kib(7168, 0, 48)]).toEqual([280, 672]);
  });

  // Loading hidden states, projecting, loading KV, recomputing; then what the formulas give.
  it.each([
    [32, [2, 1, 4, 9], { hiddenLayers: 29, otherLayers: 3, otherMethod: "recompute", seconds: 58 }],
    [32, [1, 3, 2, 20], { hiddenLayers: 16, otherLayers: 16, otherMethod: "kv", seconds: 48 }],
    [40, [5, 5, 10, 33], { hiddenLayers: 40, otherLayers: 0, otherMethod: null, seconds: 200 }],
    [48, [1, 1.5, 2, 12], { hiddenLayers: 39, otherLayers: 9, otherMethod: "kv", seconds: 58.5 }],
    [10, [4, 1, 8, 7], { hiddenLayers: 7, otherLayers: 3, otherMethod: "recompute", seconds: 28 }],
  ])("worked out by hand: %i layers, times %j", (layers, seconds, expected) => {
    const [loadHiddenSeconds, projectSeconds, loadKvSeconds, recomputeSeconds] = seconds as [
      number,
      number,
      number,
      number,
    ];
    const times = { loadHiddenSeconds, projectSeconds, loadKvSeconds, recomputeSeconds };
    expect(publishedSchedule(layers, times)).toEqual(expected);
  });

  test("its rounding up can lose to rounding down", () => {
    const times = { loadHiddenSeconds: 1, projectSeconds: 1.5, loadKvSeconds: 2, recomputeSeconds: 12 };
    expect(publishedSchedule(48, times).seconds).toBe(58.5);
    expect(fastestSchedule(48, times)).toMatchObject({ hiddenLayers: 38, seconds: 58 });
  });
});

describe.skipIf(!hasFacts)("against the facts", () => {
  const facts = hcacheFacts!;
  const modelOf = (name: string) => facts.models.find(({ model }) => model === name)!;

  it.each(hasFacts ? facts.derivedVectors : [])("vector of $layers layers, $time seconds", (vector) => {
    const { hiddenLayers, otherLayers, otherMethod, time: seconds } = vector;
    expect(publishedSchedule(vector.layers, timesOf(vector))).toEqual({
      hiddenLayers,
      otherLayers,
      otherMethod,
      seconds,
    });
  });

  const rows = hasFacts ? facts.restoreSpeed.rows : [];
  test("figure 11 has 21 rows", () => expect(rows).toHaveLength(21));

  it.each(rows)("figure $figure: $model, $platform, $store", (row) => {
    const model = modelOf(row.model);
    const times = timesFromBars(model, row);
    const schedule = publishedSchedule(model.layers, times);
    const { hiddenLayers, otherLayers, otherMethod, predictedHcache } = row.derived;
    expect(schedule).toMatchObject({ hiddenLayers, otherLayers, otherMethod });
    const predicted = row.contextTokens / schedule.seconds / 1e3;
    expect(Math.abs(predicted - predictedHcache)).toBeLessThan(0.06);
    const ratio = predicted / row.hcache;
    // The figure implies a speed for this card that is above its peak: the row says nothing of the formulas.
    if (row.platform === "L20") expect(ratio).toBeCloseTo(1.325, 2);
    else {
      expect(ratio).toBeGreaterThan(0.998);
      expect(ratio).toBeLessThan(1.24);
      expect(fastestSchedule(model.layers, times).seconds).toBeLessThanOrEqual(schedule.seconds);
    }
  });

  it.each(hasFacts ? facts.ablation.rows : [])("figure 12: $case", ({ case: name, values }) => {
    const [recompute, kvOffload, hiddenOnly, , hcache] = values as [number, number, number, number, number];
    const model = modelOf(name.includes("13B") ? "Llama2-13B" : "Llama2-7B");
    const times = timesFromBars(model, { contextTokens: facts.ablation.contextTokens, recompute, kvOffload });
    const speed = (seconds: number) => facts.ablation.contextTokens / seconds / 1e3;
    const { loadHiddenSeconds, projectSeconds } = times;
    const projected = speed(model.layers * Math.max(loadHiddenSeconds, projectSeconds)) / hiddenOnly;
    const scheduled = speed(publishedSchedule(model.layers, times).seconds) / hcache;
    for (const ratio of [projected, scheduled]) {
      expect(ratio).toBeGreaterThan(0.97);
      expect(ratio).toBeLessThan(1.1);
    }
  });
});

const layerTimes = fc.record({
  loadHiddenSeconds: fc.integer({ min: 1, max: 1000 }),
  projectSeconds: fc.integer({ min: 0, max: 1000 }),
  loadKvSeconds: fc.integer({ min: 1, max: 2000 }),
  recomputeSeconds: fc.option(fc.integer({ min: 1, max: 20_000 })),
});

describe("every schedule", () => {
  test("gives every layer one task, and the fastest is never slower than the published one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), layerTimes, (layers, times) => {
        const fastest = fastestSchedule(layers, times);
        const published = publishedSchedule(layers, times);
        for (const { hiddenLayers, otherLayers, otherMethod } of [fastest, published]) {
          expect(hiddenLayers + otherLayers).toBe(layers);
          expect(hiddenLayers).toBeGreaterThan(0);
          expect(otherMethod === null).toBe(otherLayers === 0);
        }
        expect(fastest.seconds).toBeLessThanOrEqual(published.seconds);
      }),
      { numRuns: 300, seed: 21 },
    );
  });

  test("with KV twice the size, a faster disk or GPU never makes the fastest schedule slower", () => {
    const arguments_ = [
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
    ] as const;
    fc.assert(
      fc.property(...arguments_, (layers, load, project, fasterDisk, fasterGpu) => {
        const seconds = (disk: number, gpu: number) =>
          fastestSchedule(layers, {
            loadHiddenSeconds: load / disk,
            projectSeconds: project / gpu,
            loadKvSeconds: (2 * load) / disk,
            recomputeSeconds: (7 * project) / gpu,
          }).seconds;
        expect(seconds(fasterDisk, fasterGpu)).toBeLessThanOrEqual(seconds(1, 1));
      }),
      { numRuns: 300, seed: 22 },
    );
  });
});

describe("storage", () => {
  test("is whole chunks of 64 tokens of each layer, dealt to the SSDs in turn", () => {
    // 1,000 tokens are 16 chunks of a layer.
    const layout = chunkLayout({ tokens: 1000, layers: 40, bytesPerTokenLayer: 10_240, ssds: 3 });
    const chunkBytes = 64 * 10_240;
    expect(layout).toEqual({
      chunks: 640,
      bytes: 640 * chunkBytes,
      bytesBySsd: [240 * chunkBytes, 200 * chunkBytes, 200 * chunkBytes],
    });
    expect(chunkLayout({ tokens: 0, layers: 40, bytesPerTokenLayer: 10_240, ssds: 2 }).bytes).toBe(0);
  });

  test("SSDs add up until they fill the bus; nothing is loaded from the GPU itself", () => {
    const bandwidths = { hostBytesPerSecond: 24e9, ssdBytesPerSecond: 6.9e9, ssds: 2 };
    expect(tierBytesPerSecond("ssd", bandwidths)).toBe(13.8e9);
    expect(tierBytesPerSecond("ssd", { ...bandwidths, ssds: 4 })).toBe(24e9);
    expect(tierBytesPerSecond("host", bandwidths)).toBe(24e9);
    expect(tierBytesPerSecond("gpu", bandwidths)).toBe(Number.POSITIVE_INFINITY);
  });
});
