import { describe, expect, it } from "vitest";
import { formatTtftValidation, medianError, validateTtft } from "../../../src/hosts/cli/validate-ttft.ts";

describe("predicted against measured TTFT", () => {
  const validated = validateTtft();

  it("covers every series, or says why not", () => {
    expect(validated).toHaveLength(16);
    const skipped = validated.flatMap((series) => series.skipped ?? []);
    expect(skipped).toEqual([
      "model not in the catalogue: state-spaces/mamba2-780m",
      "model not in the catalogue: Qwen2.5-0.5B-Instruct",
      "GPU not in the catalogue: 1 x DGX Spark (GB10)",
      "GPU not in the catalogue: 8 x B300 (TP8), SGLang bf16",
    ]);
    for (const { points, skipped } of validated) expect(points.length > 0).toBe(skipped === null);
  });

  it("is within a tenth in the middle and within a half everywhere", () => {
    const counted = validated.filter(({ counts }) => counts);
    expect(medianError(counted)).toBeLessThan(0.1);
    for (const { points } of counted) {
      for (const { error } of points) expect(Math.abs(error)).toBeLessThan(0.5);
    }
  });

  it("stays below what a loaded server took", () => {
    for (const { points, counts } of validated) {
      if (!counts) for (const { error } of points) expect(error).toBeLessThan(0);
    }
  });

  it("prints a line per point and a summary", () => {
    const text = formatTtftValidation(validated);
    expect(text).toMatch(/All counted: 10 series, 41 points; median \|error\| per point \d+\.\d %/);
    expect(text).toContain("not counted: other requests were running");
  });
});
