import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gpus } from "../../../src/core/cost/catalogue/gpus.ts";
import { models } from "../../../src/core/cost/catalogue/models.ts";
import { findGpu, findModel } from "../../../src/core/cost/find.ts";
import { engineShare, gemmPlateauShare, matrixRate, matrixShare } from "../../../src/core/cost/gpu-rates.ts";
import { createTtftModel, type TtftModel } from "../../../src/core/cost/ttft.ts";

const anyModel = fc.constantFrom(...models);
const anyGpu = fc.constantFrom(...gpus);
const anyTokens = fc.oneof(fc.nat(600), fc.nat(40_000), fc.nat(300_000));

const anySteps = fc.constantFrom(64, 512, 2048, 8192, undefined);

/** A pair of prompts that differ in one number, on any model and GPU, prefilled in passes of any size. */
function check(property: (ttft: TtftModel, small: number, middle: number, large: number) => void): void {
  fc.assert(
    fc.property(anyModel, anyGpu, anySteps, anyTokens, anyTokens, anyTokens, (model, gpu, step, a, b, c) => {
      const [small, middle, large] = [a, b, c].toSorted((x, y) => x - y);
      const ttft = createTtftModel(model, gpu, step === undefined ? {} : { stepTokens: step });
      property(ttft, small ?? 0, middle ?? 0, large ?? 0);
    }),
    { numRuns: 1500, seed: 11 },
  );
}

describe("TTFT", () => {
  it("falls, or stays, the more tokens are reused", () => {
    check((ttft, fewer, more, prompt) => {
      expect(ttft.ttftSeconds(more, prompt)).toBeLessThanOrEqual(
        ttft.ttftSeconds(fewer, prompt) * (1 + 1e-12),
      );
    });
  });

  it("rises with the prompt", () => {
    check((ttft, reused, shorter, longer) => {
      expect(ttft.ttftSeconds(reused, longer)).toBeGreaterThanOrEqual(
        ttft.ttftSeconds(reused, shorter) * (1 - 1e-12),
      );
    });
  });

  it("is the sum of its breakdown", () => {
    check((ttft, reused, _, prompt) => {
      const { totalSeconds, floorSeconds, perKind, scanSeconds } = ttft.breakdown(reused, prompt);
      const kinds = perKind.reduce((sum, kind) => sum + kind.seconds, 0);
      expect(floorSeconds + kinds + scanSeconds).toBeCloseTo(totalSeconds, 12);
      for (const kind of perKind) {
        const larger = kind.boundBy === "flops" ? kind.flopsSeconds : kind.bytesSeconds;
        expect(larger).toBe(Math.max(kind.flopsSeconds, kind.bytesSeconds));
        expect(kind.seconds).toBeGreaterThanOrEqual(larger * (1 - 1e-9));
        expect(kind.seconds).toBeLessThanOrEqual((kind.flopsSeconds + kind.bytesSeconds) * (1 + 1e-9));
      }
    });
  });

  it("is finite and takes at least the floor, on every model and GPU", () => {
    for (const model of models) {
      for (const gpu of gpus) {
        const ttft = createTtftModel(model, gpu);
        for (const [reused, prompt] of [
          [0, 0],
          [0, 1],
          [0, 4096],
          [4096, 4096],
          [4000, 131_072],
        ] as const) {
          const seconds = ttft.ttftSeconds(reused, prompt);
          expect(Number.isFinite(seconds) && seconds >= 0.015, `${model.id} on ${gpu.id}`).toBe(true);
        }
        expect(ttft.assumptions.length).toBeGreaterThan(2);
      }
    }
  });

  it("is bound by memory for one token and by FLOPs for many", () => {
    const ttft = createTtftModel(findModel("meta-llama/Llama-3.1-8B-Instruct"), findGpu("H100-SXM"));
    const bound = (tokens: number) =>
      ttft.breakdown(0, tokens).perKind.find(({ kind }) => kind === "mlp")?.boundBy;
    expect(bound(1)).toBe("bytes");
    expect(bound(8192)).toBe("flops");
    // 16 GB of weights at 3,350 GB/s, 80 % of it.
    expect(ttft.ttftSeconds(0, 1) - 0.015).toBeCloseTo(((8.03e9 - 0.525e9) * 2) / (3350e9 * 0.8), 3);
  });

  it("reads all weights once in each pass", () => {
    const model = findModel("meta-llama/Llama-3.1-8B-Instruct");
    const readsOf = (stepTokens: number) => {
      const { perKind } = createTtftModel(model, findGpu("H100-SXM"), { stepTokens }).breakdown(1000, 9192);
      return perKind.find(({ kind }) => kind === "mlp");
    };
    const [once, twice, often] = [8192, 8191, 64].map(readsOf);
    expect(twice?.bytesSeconds).toBeCloseTo(2 * (once?.bytesSeconds ?? 0), 12);
    expect(often?.bytesSeconds).toBeCloseTo(128 * (once?.bytesSeconds ?? 0), 12);
    // One token more than a step takes what it takes to read the weights.
    expect(twice!.seconds - once!.seconds).toBeGreaterThan(0.99 * once!.bytesSeconds);
    // 64 tokens are less work than the weights of a pass: all passes are bound by memory.
    expect(often?.seconds).toBeCloseTo(often?.bytesSeconds ?? 0, 12);
    expect(often!.seconds).toBeGreaterThan(2 * once!.seconds);
  });

  it("reads the keys and values before each pass, and no more than a window", () => {
    const bytesOf = (id: string, stepTokens: number) =>
      createTtftModel(findModel(id), findGpu("H100-SXM"), { stepTokens })
        .breakdown(0, 4096)
        .perKind.find(({ kind }) => kind === "attentionScores")!.bytesSeconds;
    // 1,024 + 2,048 + 3,072 + 4,096 tokens instead of 4,096.
    const plain = "meta-llama/Llama-3.1-8B-Instruct";
    expect(bytesOf(plain, 1024) / bytesOf(plain, 4096)).toBeCloseTo(2.5, 10);
    // Of gpt-oss half of the layers see 128 tokens.
    const windowed = "openai/gpt-oss-20b";
    const expected = (10_240 + 4 * 128) / (4096 + 128);
    expect(bytesOf(windowed, 1024) / bytesOf(windowed, 4096)).toBeCloseTo(expected, 10);
  });

  it("takes the user's share of peak and floor", () => {
    const model = findModel("Qwen/Qwen3-8B");
    const gpu = findGpu("L4");
    const slow = createTtftModel(model, gpu, { matrixShare: 0.2, floorSeconds: 0.04 });
    const fast = createTtftModel(model, gpu, { matrixShare: 0.4, floorSeconds: 0.04 });
    const mlp = (ttft: TtftModel) =>
      ttft.breakdown(0, 8192).perKind.find(({ kind }) => kind === "mlp")?.seconds ?? 0;
    expect(mlp(slow)).toBeCloseTo(2 * mlp(fast), 12);
    expect(slow.breakdown(0, 0).floorSeconds).toBe(0.04);
    expect(slow.assumptions.join(" ")).toContain("20.0 % of the peak, as set");
  });

  it("refuses more reused tokens than there are", () => {
    const ttft = createTtftModel(findModel("Qwen/Qwen3-8B"), findGpu("L4"));
    expect(() => ttft.ttftSeconds(2, 1)).toThrow(/2 reused tokens of a prompt of 1/);
  });
});

describe("rates", () => {
  it("rest on an engine share that the catalogue gives", () => {
    const shares = ["H100-SXM", "B200-SXM"].map((id) => {
      const gpu = findGpu(id);
      return gpu.prefillMfu.typical / (gemmPlateauShare(gpu) ?? 0);
    });
    for (const share of shares) expect(Math.abs(share - engineShare)).toBeLessThan(0.015);
  });

  it("stay in the range that is stated for each card", () => {
    for (const gpu of gpus) {
      expect(matrixShare(gpu), gpu.id).toBeGreaterThanOrEqual(gpu.prefillMfu.low);
      expect(matrixShare(gpu), gpu.id).toBeLessThanOrEqual(gpu.prefillMfu.high);
    }
  });

  it("rise with the rows up to the card's own", () => {
    for (const gpu of gpus) {
      const rate = matrixRate(gpu, "bf16");
      expect(rate(256), gpu.id).toBeLessThanOrEqual(rate(4096));
      expect(rate(1), gpu.id).toBe(rate(256));
    }
  });
});
