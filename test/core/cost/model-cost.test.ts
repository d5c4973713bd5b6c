import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { models } from "../../../src/core/cost/catalogue/models.ts";
import { CostError } from "../../../src/core/cost/cost-error.ts";
import { findModel } from "../../../src/core/cost/find.ts";
import { attentionFlopsPerPair, flopsPerTokenByKind, outputHeadFlops } from "../../../src/core/cost/flops.ts";
import { createModelCost } from "../../../src/core/cost/model-cost.ts";
import type { ModelSpec } from "../../../src/core/cost/model-spec.ts";

/** The plain version: one token after the other, each against the keys that it sees. */
function naivePrefillFlops(model: ModelSpec, reusedTokens: number, promptTokens: number): number {
  const perToken = flopsPerTokenByKind(model).reduce(
    (sum, kind) => sum + kind.matrices + kind.scan + kind.conv,
    0,
  );
  const perPair = attentionFlopsPerPair(model);
  const windowTokens = (model.attention ?? model.compressedAttention)?.windowTokens ?? 0;
  let flops = outputHeadFlops(model);
  for (let position = reusedTokens; position < promptTokens; position += 1) {
    flops +=
      perToken +
      (position + 1) * perPair.full +
      Math.min(position + 1, windowTokens) * perPair.sliding +
      Math.min(position + 1, perPair.topTokens) * perPair.chosen;
  }
  return flops;
}

describe("prefillFlops", () => {
  it.each(models.map((model) => [model.id, model] as const))("equals the sum over tokens: %s", (_, model) => {
    const cost = createModelCost(model);
    fc.assert(
      fc.property(fc.nat(3000), fc.nat(3000), (a, b) => {
        const [reused, prompt] = [Math.min(a, b), Math.max(a, b)];
        expect(cost.prefillFlops(reused, prompt)).toBe(naivePrefillFlops(model, reused, prompt));
      }),
      { numRuns: 20, seed: 7 },
    );
  });

  it("saves nothing but the reused tokens", () => {
    const cost = createModelCost(findModel("Qwen/Qwen3.5-27B"));
    expect(cost.prefillFlops(0, 0)).toBe(2 * 5120 * 248_320);
    expect(cost.prefillFlops(4096, 4096)).toBe(cost.prefillFlops(0, 0));
  });

  // Prompt of 2,048 tokens in a real engine (llama.cpp, CPU): FLOPs saved, time saved, in percent.
  it("predicts the time that an engine saves by reuse", () => {
    const hybrid = { perToken: 240.5e6 + 13.1e6, perPair: 8192 };
    const attention = { perToken: 192.9e6, perPair: 32_768 };
    const saved = (model: typeof hybrid, reused: number) => {
      const all = 2048 * model.perToken + 2048 * 2049 * 0.5 * model.perPair;
      return (100 * (reused * model.perToken + reused * (reused + 1) * 0.5 * model.perPair)) / all;
    };
    expect(Math.abs(saved(hybrid, 1024) - 49.7)).toBeLessThan(0.8);
    expect(Math.abs(saved(hybrid, 1792) - 87.3)).toBeLessThan(0.8);
    expect(Math.abs(saved(attention, 1024) - 46.9)).toBeLessThan(0.8);
    expect(Math.abs(saved(attention, 1792) - 86.0)).toBeLessThan(0.8);
  });
});

describe("state and KV bytes", () => {
  const granite = findModel("ibm-granite/granite-4.0-h-small");

  it("follow the engine's element types", () => {
    expect(createModelCost(granite).checkpointBytes).toBe(77_322_240);
    expect(createModelCost(granite, { engine: "sglang" }).checkpointBytes).toBe(152_819_712);
    expect(createModelCost(granite, { engine: "llama.cpp" }).convBytesPerCheckpoint).toBe(2 * 1_824_768);
    expect(createModelCost(granite, { kvDtype: "fp8" }).kvBytesPerToken).toBe(8192);
  });

  it("are totals over ranks: KV heads are copied when there are too few, Mamba-2 groups when they do not divide", () => {
    const nano = findModel("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16");
    expect(createModelCost(nano, { tensorParallel: 2 }).kvBytesPerToken).toBe(6144);
    expect(createModelCost(nano, { tensorParallel: 4 }).kvBytesPerToken).toBe(2 * 6144);
    // One group more on the second rank: 2 · 128 channels, 3 columns, 2 bytes, 36 layers.
    const conv = createModelCost(granite, { tensorParallel: 2 }).convBytesPerCheckpoint;
    expect(conv - 1_824_768).toBe(36 * 256 * 3 * 2);
    expect(createModelCost(granite, { tensorParallel: 2 }).recurrentBytesPerCheckpoint).toBe(75_497_472);
    const kimi = findModel("moonshotai/Kimi-Linear-48B-A3B-Instruct");
    expect(createModelCost(kimi, { tensorParallel: 2 }).kvBytesPerToken).toBe(2 * 8064);
    expect(createModelCost(kimi, { tensorParallel: 2, engine: "llama.cpp" }).kvBytesPerToken).toBe(8064);
  });

  it("count a full sliding window into the checkpoint", () => {
    const gemma = createModelCost(findModel("google/recurrentgemma-2b"));
    expect(gemma.kvBytesPerToken).toBe(0);
    expect(gemma.hasAttentionLayers).toBe(false);
    expect(gemma.windowKvBytesPerCheckpoint).toBe(2048 * 8192);
    expect(gemma.checkpointBytes).toBe(2048 * 8192 + 276_480 + 184_320);
  });

  it("tell hybrids, recurrent and attention-only models apart", () => {
    for (const model of models) {
      const cost = createModelCost(model);
      const isRecurrent = ["hybrid", "ssm", "compressed"].includes(model.kind);
      expect(cost.hasRecurrentLayers, model.id).toBe(isRecurrent);
      const hasWindows = model.mixerPattern.includes("S");
      expect(cost.checkpointBytes > 0, model.id).toBe(isRecurrent || hasWindows);
      expect(cost.kvBytesPerToken + cost.checkpointBytes, model.id).toBeGreaterThan(0);
    }
  });

  it("keep index keys on every rank, and attend to no more tokens than the indexer chooses", () => {
    const model = findModel("deepseek-ai/DeepSeek-V3.2");
    expect(createModelCost(model, { tensorParallel: 8 }).kvBytesPerToken).toBe(8 * 61 * (576 * 2 + 132));
    expect(createModelCost(model, { kvDtype: "fp8" }).kvBytesPerToken).toBe(61 * (576 + 132));
    const { prefillFlops } = createModelCost(model);
    const second = (reused: number) => prefillFlops(reused, reused + 2) - prefillFlops(reused, reused + 1);
    // Beyond 2,048 tokens a query has more keys to score and none more to attend to: 64 index heads of 128, 2 FLOPs each.
    const perKey = 61 * 2 * 64 * 128;
    expect(second(10_000) - second(9000)).toBe(1000 * perKey);
    // Before, 128 heads of keys of 192 and values of 128 as well.
    expect(second(1000) - second(900)).toBe(100 * (perKey + 61 * 2 * 128 * (192 + 128)));
  });

  it("keep a key for each pool of tokens, and attend to all tokens in the layers that choose none", () => {
    const glm = createModelCost(findModel("zai-org/GLM-5.3-Flash"));
    expect(glm.groupBytesPerCheckpoint).toBe(11 * 4 * 256 * 2);
    const glmSecond = (reused: number) =>
      glm.prefillFlops(reused, reused + 2) - glm.prefillFlops(reused, reused + 1);
    // 32 index heads of 128 score one key for four tokens.
    expect(glmSecond(10_000) - glmSecond(9000)).toBe((1000 * 11 * 2 * 32 * 128) / 4);
    const minimax = createModelCost(findModel("MiniMaxAI/MiniMax-M3"));
    const second = (reused: number) =>
      minimax.prefillFlops(reused, reused + 2) - minimax.prefillFlops(reused, reused + 1);
    const perKey = 57 * 2 * 4 * 128 + 3 * 2 * 64 * (128 + 128);
    expect(second(10_000) - second(9000)).toBe(1000 * perKey);
    expect(second(1000) - second(900)).toBe(100 * (perKey + 57 * 2 * 64 * (128 + 128)));
    expect(createModelCost(findModel("MiniMaxAI/MiniMax-M3"), { tensorParallel: 4 }).kvBytesPerToken).toBe(
      2 * 4 * 128 * 60 * 2 + 4 * 57 * 256,
    );
  });

  it("of compressed attention are those of vLLM's pages, once these are padded", () => {
    const flash = findModel("deepseek-ai/DeepSeek-V4-Flash");
    const padded = (bytes: number) => Math.ceil(bytes / 576) * 576;
    const entry = 584;
    // vllm-project/vllm#54703: blocks of 256 tokens of entries and index keys, 64 of the window, 4 and 8 of unfinished groups.
    expect(21 * (padded(64 * entry) + padded(64 * 132)) + 20 * padded(2 * entry)).toBe(1_002_240);
    expect([22 * padded(64 * entry), 21 * padded(64 * entry)]).toEqual([823_680, 786_240]);
    expect(21 * (padded(4 * 2048 * 4) + padded(4 * 512 * 4))).toBe(870_912);
    expect(20 * padded(8 * 1024 * 4)).toBe(656_640);
    const cost = createModelCost(flash, { kvDtype: "fp8" });
    expect(256 * cost.kvBytesPerToken).toBe(21 * (64 * entry + 64 * 132) + 20 * 2 * entry);
    expect(cost.windowKvBytesPerCheckpoint).toBe(43 * 128 * entry);
    expect(cost.groupBytesPerCheckpoint).toBe(21 * 8 * (2048 + 512) * 4 + 20 * 128 * 1024 * 4);
    expect(createModelCost(flash, { tensorParallel: 8 }).kvBytesPerToken).toBe(
      8 * createModelCost(flash).kvBytesPerToken,
    );
  });

  it("of compressed attention let a query see its window, chosen entries, and all of the long groups", () => {
    const { prefillFlops } = createModelCost(findModel("deepseek-ai/DeepSeek-V4-Flash"));
    const second = (reused: number) => prefillFlops(reused, reused + 2) - prefillFlops(reused, reused + 1);
    const perEntry = 2 * 64 * (512 + 512);
    const far = (21 * 2 * 64 * 128) / 4 + (20 * perEntry) / 128;
    expect(second(10_000) - second(9000)).toBe(1000 * far);
    // 512 entries of four tokens; a window of 128.
    expect(second(1000) - second(900)).toBe(100 * (far + (21 * perEntry) / 4));
    expect(second(100) - second(90)).toBe(10 * (far + (21 * perEntry) / 4 + 43 * perEntry));
  });

  it("refuse a division that no engine could make", () => {
    expect(() => createModelCost(granite, { tensorParallel: 3 })).toThrow(
      /32 query heads do not divide evenly/,
    );
    expect(() => createModelCost(granite, { tensorParallel: 0 })).toThrow(CostError);
  });
});
