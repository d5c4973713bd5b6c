import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBytes } from "../../../src/core/cost/bytes.ts";
import { autoCapacityBytes, gpuMemoryBytes, WeightsDoNotFitError } from "../../../src/core/cost/capacity.ts";
import { gpus } from "../../../src/core/cost/catalogue/gpus.ts";
import { models } from "../../../src/core/cost/catalogue/models.ts";
import { CostError } from "../../../src/core/cost/cost-error.ts";
import { defaultGpuId, defaultModelId, findGpu, findModel } from "../../../src/core/cost/find.ts";
import { weightBytes } from "../../../src/core/cost/weights.ts";
import { bytes } from "../../../src/words/numbers.ts";

describe("autoCapacityBytes", () => {
  const h100 = findGpu(defaultGpuId);

  it("has room for the default model on the default GPU", () => {
    const model = findModel(defaultModelId);
    expect(weightBytes(model)).toBe(64_410_353_664);
    expect(autoCapacityBytes({ model, gpu: h100 })).toBe(Math.floor(85_899_345_920 * 0.92) - 64_410_353_664);
    expect(autoCapacityBytes({ model, gpu: h100, tensorParallel: 2, reserveShare: 0 })).toBe(
      2 * 85_899_345_920 - 64_410_353_664,
    );
  });

  it("names what would fit when the weights do not", () => {
    const tooLarge = () =>
      autoCapacityBytes({ model: findModel("Qwen/Qwen3-Next-80B-A3B-Instruct"), gpu: h100 });
    expect(tooLarge).toThrow(/148 GiB.*73.6 GiB.*tensor parallel 4 on H100-SXM; MI300X or B200-SXM/);
    try {
      tooLarge();
    } catch (error) {
      if (!(error instanceof WeightsDoNotFitError)) throw error;
      expect(error.smallestTensorParallel).toBe(4);
      expect(error.fittingGpus.slice(0, 3)).toEqual(["MI300X", "B200-SXM", "GB200"]);
      expect(error.weightBytes).toBeGreaterThan(error.usableBytes);
    }
  });

  it.each([
    ["openai/gpt-oss-120b", "H100-SXM", 1],
    ["openai/gpt-oss-20b", "RTX4090", 1],
    ["deepseek-ai/DeepSeek-V3.2", "H200-SXM", 8],
    ["moonshotai/Kimi-K2.7-Code", "H200-SXM", 8],
    ["MiniMaxAI/MiniMax-M2.7", "H100-SXM", 4],
  ])("%s fits as it was released on %s, %i of them", (id, gpu, tensorParallel) => {
    const options = { model: findModel(id), gpu: findGpu(gpu), tensorParallel };
    expect(autoCapacityBytes(options)).toBeGreaterThan(0);
    expect(() => autoCapacityBytes({ ...options, weights: "bf16" })).toThrow(
      /leave no room for a cache in .*tensor parallel.*\(--capacity\)/,
    );
  });

  it.each([
    // Published sizes of the checkpoints: about 65 GB (card), 605 GB (unsloth.ai), 689 GB with the MTP layer.
    ["openai/gpt-oss-120b", 65e9],
    ["moonshotai/Kimi-K2.7-Code", 605e9],
    ["deepseek-ai/DeepSeek-V3.2", 675e9],
  ])("%s takes about what its files do", (id, published) => {
    expect(Math.abs(weightBytes(findModel(id)) / published - 1)).toBeLessThan(0.08);
  });

  it("fits or says why, for every model on every GPU", () => {
    for (const model of models) {
      for (const gpu of gpus) {
        try {
          const bytes = autoCapacityBytes({ model, gpu });
          expect(bytes).toBeGreaterThan(0);
          expect(bytes + weightBytes(model)).toBeLessThan(gpuMemoryBytes(gpu));
        } catch (error) {
          expect(error).toBeInstanceOf(WeightsDoNotFitError);
        }
      }
    }
  });
});

describe("bytes", () => {
  it.each([
    ["20GiB", 21_474_836_480],
    ["20 GB", 20_000_000_000],
    ["1e9", 1_000_000_000],
    ["1.5tib", 1_649_267_441_664],
    ["512 MiB", 536_870_912],
    [" 788KiB ", 806_912],
    [".5 kB", 500],
    ["0", 0],
  ])("reads %s", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(["", "GiB", "20 gigs", "-1GB", "1,5 GB", "20GiB free", "9e99TB", "NaN"])("refuses %j", (text) => {
    expect(() => parseBytes(text)).toThrow(CostError);
  });

  it("reads what src/words wrote, within the digits shown", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 48 }), (size) => {
        expect(Math.abs(parseBytes(bytes(size).replace(",", "")) / size - 1)).toBeLessThan(0.006);
      }),
      { seed: 5 },
    );
  });
});
