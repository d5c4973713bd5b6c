/** Groups, pages and blocks as vLLM's own configuration shows them for these models, at 16 bits and one GPU. */
import { describe, expect, test } from "vitest";
import { findGpu, findModel } from "../../../src/core/cost/find.ts";
import { vllmHybridBlock } from "../../../src/core/cost/vllm-block.ts";
import { vllmStepBudget } from "../../../src/core/cost/vllm-budget.ts";
import { vllmLayerGroups, vllmLayout } from "../../../src/core/cost/vllm-groups.ts";

describe("layers are dealt to groups of the rarest kind's size", () => {
  test.each([
    [
      [24, 8],
      [[8, 8, 8], [8]],
    ],
    [
      [27, 4],
      [[4, 4, 4, 4, 4, 4, 3], [4]],
    ],
    [
      [40, 8],
      [[8, 8, 8, 8, 8], [8]],
    ],
    // One layer of a draft model more: three groups of the others all the same.
    [
      [24, 9],
      [[8, 8, 8], [9]],
    ],
    // Nearly as many: one group of each, rather than two halves.
    [
      [12, 13],
      [[12], [13]],
    ],
    [[32], [[32]]],
  ])("%j", (layers, groups) => {
    expect(vllmLayerGroups(layers)).toEqual(groups);
  });
});

describe("the layout of a model", () => {
  test.each([
    ["Qwen/Qwen3.5-4B", 528, "recurrent recurrent recurrent full", 2_162_688 * 8],
    ["nvidia/NVIDIA-Nemotron-Nano-9B-v2", 1312, `${"recurrent ".repeat(7)}full`, 5_373_952 * 4],
    ["meta-llama/Llama-3.1-8B-Instruct", 16, "full", 65_536 * 32],
  ])("%s", (id, blockTokens, kinds, blockBytes) => {
    const layout = vllmLayout(findModel(id), { blockTokens: 16 })!;
    expect(layout.groups.map(({ kind }) => kind).join(" ")).toBe(kinds);
    expect(new Set(layout.groups.map((group) => group.blockTokens))).toEqual(new Set([blockTokens]));
    expect(layout.blockBytes).toBe(blockBytes);
  });
});

test("the layout of compressed attention is what vLLM logs for DeepSeek-V4-Flash", () => {
  const flash = findModel("deepseek-ai/DeepSeek-V4-Flash");
  const layout = vllmLayout(flash, { blockTokens: 16, kvDtype: "fp8" })!;
  // vllm-project/vllm#54703: 62 layers of entries and index keys, 22 and 21 windows, 42 and 20 unfinished groups.
  expect(
    layout.groups.map(({ kind, blockTokens, windowTokens }) => [kind, blockTokens, windowTokens]),
  ).toEqual([
    ["full", 256, null],
    ["window", 64, 128],
    ["window", 64, 128],
    ["window", 4, 8],
    ["window", 8, 128],
  ]);
  expect(layout.blockBytes).toBe(1_002_240);
});

describe("blocks", () => {
  test("draft tokens widen the convolution state, and the block with it", () => {
    const blocks = [0, 1, 7].map(
      (speculativeTokens) =>
        vllmHybridBlock(findModel("Qwen/Qwen3.5-27B"), { speculativeTokens })?.blockTokens,
    );
    expect(blocks).toEqual([784, 800, 832]);
  });

  test("a state at every block end takes whole chunks of 128", () => {
    const nemotron = findModel("nvidia/NVIDIA-Nemotron-Nano-9B-v2");
    expect(vllmHybridBlock(nemotron, { keepsAllStates: true })?.blockTokens).toBe(1408);
  });
});

test.each([
  ["H100-SXM", 8192],
  ["A100-SXM-80", 2048],
  ["L40S", 2048],
  ["B200-SXM", 16_384],
])("a step on %s holds %i tokens", (id, tokens) => {
  expect(vllmStepBudget(findGpu(id))).toBe(tokens);
});
