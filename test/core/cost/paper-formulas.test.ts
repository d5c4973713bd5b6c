/** Numbers that the Marconi paper prints (arXiv 2411.19379), and the products of its appendix's formulas. */
import { describe, expect, it } from "vitest";
import {
  type PaperModel,
  paperAttentionFlops,
  paperCheckpointBytes,
  paperConvBytesPerCheckpoint,
  paperFlopEfficiency,
  paperHybrid7b,
  paperKvBytesPerToken,
  paperMlpFlops,
  paperPrefillFlops,
  paperRecurrentBytesPerCheckpoint,
  paperSsmFlops,
} from "../../../src/core/cost/paper-formulas.ts";

describe("paper formulas", () => {
  it("give the states of the 7B hybrid", () => {
    expect(paperKvBytesPerToken(paperHybrid7b)).toBe(65_536);
    expect(paperRecurrentBytesPerCheckpoint(paperHybrid7b)).toBe(24 * 1_048_576);
    expect(paperConvBytesPerCheckpoint(paperHybrid7b)).toBe(24 * 67_584);
    expect(
      [16, 32, 64, 128].map((stateWidth) => paperCheckpointBytes({ ...paperHybrid7b, stateWidth })),
    ).toEqual([4_724_736, 7_876_608, 14_180_352, 26_787_840]);
  });

  it("give figure 3b: one sequence of 10,000 tokens in blocks", () => {
    const gigabytes = (block: number) => {
      const blocks = Math.ceil(10_000 / block);
      return (
        (blocks * paperCheckpointBytes(paperHybrid7b) + 10_000 * paperKvBytesPerToken(paperHybrid7b)) / 1e9
      );
    };
    expect(gigabytes(8)).toBeCloseTo(34.1, 1);
    expect(gigabytes(16)).toBeCloseTo(17.4, 1);
    expect(gigabytes(32)).toBeCloseTo(9.04, 2);
    expect(gigabytes(64)).toBeCloseTo(4.86, 2);
    expect(gigabytes(128)).toBeCloseTo(2.77, 2);
    expect(gigabytes(10_000)).toBeCloseTo(0.68, 2);
    const transformer: PaperModel = { ...paperHybrid7b, ssmLayers: 0, attentionLayers: 32 };
    const transformerGigabytes = (10_000 * paperKvBytesPerToken(transformer)) / 1e9;
    expect(transformerGigabytes).toBeCloseTo(5.24, 2);
    expect(gigabytes(16) / transformerGigabytes).toBeCloseTo(3.3, 1);
  });

  it("give the ratios of states to KV", () => {
    const { ssmLayers, attentionLayers, stateWidth } = paperHybrid7b;
    const kvPerLayer = paperKvBytesPerToken(paperHybrid7b) / attentionLayers;
    const recurrentPerLayer = paperRecurrentBytesPerCheckpoint(paperHybrid7b) / ssmLayers;
    // A layer's recurrent state is N / 2 times the KV of a token in one attention layer, N / 2b times that of a block of b.
    expect(recurrentPerLayer / kvPerLayer).toBe(stateWidth / 2);
    expect(recurrentPerLayer / (16 * kvPerLayer)).toBe(4);
    expect(paperCheckpointBytes(paperHybrid7b) / ssmLayers / kvPerLayer).toBeCloseTo(68.1, 1);
    expect(paperCheckpointBytes(paperHybrid7b) / paperKvBytesPerToken(paperHybrid7b)).toBe(408.75);
    expect(paperConvBytesPerCheckpoint(paperHybrid7b) / paperCheckpointBytes(paperHybrid7b)).toBeCloseTo(
      0.0606,
      4,
    );
  });

  it("give figure 5: FLOPs saved per byte", () => {
    const mamba: PaperModel = { ...paperHybrid7b, ssmLayers: 64, attentionLayers: 0, mlpLayers: 0 };
    const transformer: PaperModel = { ...paperHybrid7b, ssmLayers: 0, attentionLayers: 32, mlpLayers: 32 };
    const efficiency = (model: PaperModel) =>
      [256, 512, 1024, 2047].map((tokens) => Number(paperFlopEfficiency(model, tokens).toPrecision(2)));
    expect(efficiency(mamba)).toEqual([4.8e4, 9.6e4, 1.9e5, 3.8e5]);
    expect(efficiency(paperHybrid7b)).toEqual([7.7e4, 1.1e5, 1.4e5, 1.7e5]);
    expect(efficiency(transformer)).toEqual([2.5e4, 2.5e4, 2.6e4, 2.7e4]);
    // The more recurrent layers for each attention layer, the more is gained by length; attention alone hardly gains.
    for (const [mixed, purer] of [
      [transformer, { ...paperHybrid7b, ssmLayers: 24, attentionLayers: 12 }],
      [{ ...paperHybrid7b, ssmLayers: 24, attentionLayers: 12 }, paperHybrid7b],
      [paperHybrid7b, mamba],
    ] as const) {
      const gain = (model: PaperModel) => paperFlopEfficiency(model, 2047) / paperFlopEfficiency(model, 256);
      expect(gain(purer)).toBeGreaterThan(gain(mixed));
      expect(paperFlopEfficiency(purer, 2047)).toBeGreaterThan(paperFlopEfficiency(mixed, 2047));
    }
  });

  it("add up over layers", () => {
    const tokens = 4096;
    expect(paperAttentionFlops(paperHybrid7b, tokens)).toBe(8 * tokens * 4096 ** 2 + 4 * tokens ** 2 * 4096);
    expect(paperMlpFlops(paperHybrid7b, tokens)).toBe(16 * tokens * 4096 ** 2);
    expect(paperSsmFlops(paperHybrid7b, tokens)).toBe(
      12 * tokens * 4096 ** 2 + 16 * tokens * 4096 * 128 + 10 * tokens * 4096,
    );
    expect(paperPrefillFlops(paperHybrid7b, tokens)).toBe(
      24 * paperSsmFlops(paperHybrid7b, tokens) +
        4 * paperAttentionFlops(paperHybrid7b, tokens) +
        28 * paperMlpFlops(paperHybrid7b, tokens),
    );
  });
});
