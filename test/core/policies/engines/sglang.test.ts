/** What SGLang makes of a model and a card by itself, and which settings it takes together. */
import { describe, expect, test } from "vitest";
import { modelContext } from "../../../../src/analysis/scenario.ts";
import { Served } from "../../../../src/core/cache/cache-system.ts";
import { findGpu, findModel } from "../../../../src/core/cost/find.ts";
import { sglangPolicies } from "../../../../src/core/policies/engines/sglang.ts";
import type { PolicyContext } from "../../../../src/core/policies/policy.ts";

const [sglang] = sglangPolicies;

function contextOf(model: string, gpu = "H100-SXM"): PolicyContext {
  const { ttft: _ttft, ...context } = modelContext(findModel(model), findGpu(gpu));
  return { ...context, capacityBytes: 40e9 };
}

function tuningOf(model: string, gpu?: string) {
  const tuning = sglang!.tuning?.(contextOf(model, gpu));
  expect(tuning).toBeTruthy();
  return tuning!;
}

describe("the strategy that auto stands for", () => {
  test.each([
    ["Qwen/Qwen3-Next-80B-A3B-Instruct", "extra_buffer"],
    ["ibm-granite/granite-4.0-h-small", "extra_buffer"],
    ["tiiuae/Falcon-H1-7B-Base", "extra_buffer"],
    ["nvidia/NVIDIA-Nemotron-Nano-9B-v2", "extra_buffer"],
    ["moonshotai/Kimi-Linear-48B-A3B-Instruct", "extra_buffer"],
    ["LiquidAI/LFM2-1.2B", "no_buffer"],
    ["ai21labs/AI21-Jamba-1.5-Mini", "no_buffer"],
  ])("%s: %s", (model, strategy) => {
    expect(tuningOf(model).settings[0]).toMatchObject({
      name: "--mamba-radix-cache-strategy",
      values: expect.arrayContaining([strategy]),
    });
    expect(tuningOf(model).settings[0]!.values[0]).toBe(strategy);
    expect(sglang!.assumptions?.(contextOf(model))[0]).toContain(strategy);
  });

  test("a buffer that the server refuses gives way", () => {
    const lazy = sglangPolicies.find(({ id }) => id === "sglang-lazy")!;
    expect(lazy.assumptions?.(contextOf("LiquidAI/LFM2-1.2B"))[0]).toContain(
      "takes --mamba-radix-cache-strategy no_buffer",
    );
    expect(lazy.assumptions?.(contextOf("Qwen/Qwen3-Next-80B-A3B-Instruct"))[0]).toContain("is run with");
  });

  test("a model whose kernels leave no states inside is not offered a buffer", () => {
    expect(tuningOf("LiquidAI/LFM2-1.2B").settings[0]!.values).toEqual(["no_buffer"]);
  });
});

test.each([
  ["L4", 2048],
  ["H100-SXM", 8192],
  ["B200-SXM", 16_384],
])("a prefill chunk on %s has %i tokens", (gpu, tokens) => {
  const { settings } = tuningOf("Qwen/Qwen3-Next-80B-A3B-Instruct", gpu);
  expect(settings.find(({ name }) => name === "--chunked-prefill-size")?.values[0]).toBe(tokens);
});

describe("settings that go together", () => {
  const tuning = tuningOf("Qwen/Qwen3-Next-80B-A3B-Instruct");

  test.each([
    ["the present ones", ["extra_buffer", 1, 8192, 256, 0.9], true],
    ["pages without a buffer", ["no_buffer", 64, 8192, 256, 0.9], false],
    ["pages with one", ["extra_buffer", 64, 8192, 256, 0.9], true],
    ["an interval inside of a page", ["extra_buffer", 256, 8192, 64, 0.9], false],
    ["a prefill chunk below a page", ["extra_buffer", 256, 128, 256, 0.9], false],
  ])("%s", (_what, chosen, isAccepted) => {
    expect(tuning.accepts?.(chosen)).toBe(isAccepted);
  });

  test("the chunk of a Mamba-2 kernel is that of the model", () => {
    const granite = tuningOf("ibm-granite/granite-4.0-h-small");
    expect(granite.unitTokens(["extra_buffer", 1, 8192, 256, 0.9])).toBe(256);
    expect(granite.accepts?.(["extra_buffer", 1, 8192, 64, 0.9])).toBe(false);
  });
});

test("models of attention alone are tuned in pages", () => {
  const { settings, create, unitTokens } = tuningOf("meta-llama/Llama-3.1-8B-Instruct");
  expect(settings.map(({ name }) => name)).toEqual(["--page-size", "--chunked-prefill-size"]);
  expect(unitTokens([64, 8192])).toBe(64);
  const cache = create([64, 8192]);
  const served = new Served();
  const prompt = Int32Array.from({ length: 200 }, (_, token) => token);
  cache.serve(prompt, new Int32Array(0), served);
  cache.serve(prompt, new Int32Array(0), served);
  expect(served.reusedTokens).toBe(192);
});

describe("int8 checkpoints", () => {
  const int8 = sglangPolicies.find(({ id }) => id === "sglang-int8")!;
  const random = (seed: number) => Int32Array.from({ length: 200 }, (_, token) => seed * 1000 + token);

  test("more states lie in the same memory", () => {
    // 36 layers of 32 value heads of 128 × 128: a byte each, and four of the scale for 128 of them.
    const context = { ...contextOf("Qwen/Qwen3-Next-80B-A3B-Instruct"), capacityBytes: 2e9 };
    const [plain, small] = [sglang!.create(context), int8.create(context)];
    const served = new Served();
    for (let seed = 0; seed < 40; seed++) {
      for (const cache of [plain, small]) cache.serve(random(seed), new Int32Array(0), served);
    }
    const [states, smallStates] = [plain.contents(), small.contents()];
    expect(smallStates.checkpoints).toBeGreaterThan(states.checkpoints);
    expect(smallStates.checkpointBytes / smallStates.checkpoints).toBe(
      36 * (32 * 128 * 128 + 32 * 128 * 4 + 8192 * 3 * 2),
    );
    expect(smallStates.kvBytes + smallStates.checkpointBytes).toBeLessThan(context.capacityBytes);
  });

  test("a model whose states have no heads runs without", () => {
    const context = contextOf("LiquidAI/LFM2-1.2B");
    expect(int8.assumptions?.(context)).toContain(
      "SGLang keeps no int8 checkpoints of this model: it runs without them.",
    );
    expect(int8.tuning?.(context)?.settings.map(({ name }) => name)).not.toContain(
      "--enable-int8-mamba-checkpoint",
    );
  });

  test("the switch is written as a flag", () => {
    const tuning = int8.tuning!(contextOf("Qwen/Qwen3-Next-80B-A3B-Instruct"))!;
    const chosen = tuning.settings.map(({ values }) => values[0]!);
    const at = tuning.settings.findIndex(({ name }) => name === "--enable-int8-mamba-checkpoint");
    expect(tuning.launch(chosen)).toMatch(/ --enable-int8-mamba-checkpoint$/);
    expect(tuning.launch(chosen.with(at, "off"))).not.toContain("int8");
  });
});

describe("HiCache", () => {
  const hiCache = sglangPolicies.find(({ id }) => id === "sglang-hicache")!;
  const random = (seed: number) => Int32Array.from({ length: 200 }, (_, token) => seed * 1000 + token);
  const next = Int32Array.of(7);

  test("what the GPU let go comes back from the host, in a time of its own", () => {
    const context = { ...contextOf("Qwen/Qwen3-Next-80B-A3B-Instruct"), capacityBytes: 1e9 };
    const [plain, tiered] = [sglang!.create(context), hiCache.create(context)];
    const served = new Served();
    for (let seed = 0; seed < 20; seed++)
      for (const cache of [plain, tiered]) cache.serve(random(seed), next, served);
    plain.serve(random(5), next, served);
    expect(served.reusedTokens).toBe(0);
    served.begin();
    tiered.serve(random(5), next, served);
    expect(served.reusedTokens).toBe(192);
    expect(served.restored).toEqual([{ from: "host memory", start: 0, end: 192 }]);
    const { cost, deployment } = context;
    expect(served.restoreSeconds).toBe(
      (192 * cost.kvBytesPerToken + 2 * cost.checkpointBytes) / deployment!.hostBytesPerSecond!,
    );
    const { kvBytes, checkpointBytes } = tiered.contents();
    expect(kvBytes + checkpointBytes).toBeLessThan(context.capacityBytes);
  });

  test("is the cache on the GPU where nothing is known of the host", () => {
    const { deployment: _deployment, ...context } = contextOf("Qwen/Qwen3-Next-80B-A3B-Instruct");
    expect(hiCache.assumptions?.(context).join()).not.toContain("HiCache");
    expect(hiCache.tuning?.(context)?.settings.map(({ name }) => name)).not.toContain("--hicache-ratio");
  });

  test("its settings are tried, and int8 checkpoints are not", () => {
    const tuning = hiCache.tuning?.(contextOf("Qwen/Qwen3-Next-80B-A3B-Instruct"));
    expect(tuning?.settings.map(({ name }) => name)).not.toContain("--enable-int8-mamba-checkpoint");
    expect(tuning?.launch(tuning.settings.map(({ values }) => values[0]!))).toMatch(
      / --enable-hierarchical-cache --hicache-ratio 2 --hicache-write-policy write_through$/,
    );
  });
});
