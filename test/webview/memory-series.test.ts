import { expect, test } from "vitest";
import { byteTicks, memoryFacts, memorySeries } from "../../webview/model/memory-series.ts";
import { emptyFixtureReport, fixtureReport } from "./fixture-report.ts";

const report = fixtureReport();
const gib = 2 ** 30;

test("checkpoints and KV are stacked, and the last point is what the cache holds at the end", () => {
  const series = memorySeries(report.memory);
  expect(series.totalBytes.at(-1)).toBe(report.memory.endBytes);
  expect(series.checkpointBytes.at(-1)).toBe(report.memory.endCheckpointBytes);
  expect(Math.max(...series.totalBytes)).toBe(report.memory.peakBytes);
});

test("the hit rate ends at the total", () => {
  expect(memorySeries(report.memory).hitPercent.at(-1)! / 100).toBeCloseTo(report.totals.tokenHitRate, 6);
});

test("a capacity far above the contents is left out of the chart", () => {
  const far = { ...report.memory, capacityBytes: 60 * gib };
  expect(memorySeries(report.memory)).toMatchObject({ isCapacityShown: true });
  expect(memorySeries(far)).toMatchObject({ isCapacityShown: false });
  expect(memorySeries(far).topBytes).toBeLessThan(5 * gib);
});

test("no requests, no points", () => {
  expect(memorySeries(emptyFixtureReport().memory)).toMatchObject({ totalBytes: [], hitPercent: [] });
});

test.each([
  [4.2 * gib, [0, 1, 2, 3, 4].map((n) => n * gib)],
  [0.9 * gib, [0, 256, 512, 768].map((n) => n * 2 ** 20)],
  [6 * gib, [0, 2, 4, 6].map((n) => n * gib)],
  [3, [0, 1, 2, 3]],
])("byte ticks up to %d", (top, ticks) => expect(byteTicks(top)).toEqual(ticks));

test("an attention-only model has no checkpoint to weigh", () => {
  const model = { id: "dense", hasRecurrentLayers: false };
  const facts = memoryFacts({ ...report.scenario, model }, report.memory);
  expect(facts.find((fact) => fact.name === "Per checkpoint")).toMatchObject({ value: "–" });
  expect(memoryFacts(report.scenario, report.memory).find((fact) => fact.name === "Per checkpoint")).toEqual({
    name: "Per checkpoint",
    value: "49.4 MiB",
    note: "convolution 1.41 MiB + recurrent 48.0 MiB",
  });
});

test("what host memory holds stands beside what the GPUs hold, where a cache keeps anything there", () => {
  const host = { kvBytes: gib, checkpointBytes: gib / 2, checkpoints: 7 };
  const factOf = (memory: typeof report.memory) =>
    memoryFacts(report.scenario, memory).find(({ name }) => name === "In host memory");
  expect(factOf(report.memory)).toBeUndefined();
  expect(factOf({ ...report.memory, host })).toEqual({
    name: "In host memory",
    value: "1.50 GiB",
    note: "besides, at the end: 7 checkpoints",
  });
});
