/** What vLLM would refuse is neither run nor tried. */
import { describe, expect, test } from "vitest";
import { modelContext } from "../../../src/analysis/scenario.ts";
import type { VllmCache } from "../../../src/core/cache/engines/vllm/vllm-cache.ts";
import { findGpu, findModel } from "../../../src/core/cost/find.ts";
import type { SettingValue } from "../../../src/core/policies/policy.ts";
import { findPolicy } from "../../../src/core/policies/registry.ts";

function tuningOf(policy: string, model: string) {
  const { ttft: _ttft, ...known } = modelContext(findModel(model), findGpu("H100-SXM"));
  const tuning = findPolicy(policy)!.tuning!({ ...known, capacityBytes: 2 ** 34 })!;
  return { tuning, values: Object.fromEntries(tuning.settings.map(({ name, values }) => [name, values])) };
}

describe("settings that are tried", () => {
  test("`all` only where the model keeps a state at every block end", () => {
    const mode = "--mamba-cache-mode";
    expect(tuningOf("vllm", "ibm-granite/granite-4.0-h-small").values[mode]).toEqual(["align", "all"]);
    expect(tuningOf("vllm", "ai21labs/AI21-Jamba-1.5-Mini").values[mode]).toEqual(["align", "all"]);
    for (const model of ["Qwen/Qwen3.5-9B", "moonshotai/Kimi-Linear-48B-A3B-Instruct", "LiquidAI/LFM2-2.6B"])
      expect(tuningOf("vllm", model).values[mode]).toBeUndefined();
  });

  test("intervals are whole blocks", () => {
    const { values } = tuningOf("vllm-interval", "Qwen/Qwen3.5-9B");
    expect(values["--prefix-cache-retention-interval"]).toEqual([2112, 0, "dense", 1056, 4224, 8448]);
  });

  test.each([
    ["vllm-interval", "ibm-granite/granite-4.0-h-small"],
    ["vllm-interval", "tiiuae/Falcon-H1-1.5B-Base"],
    ["vllm-all", "ibm-granite/granite-4.0-h-tiny"],
    ["vllm", "nvidia/Nemotron-H-8B-Base-8K"],
  ])("%s starts %s with whole blocks, whatever else is chosen", (policy, id) => {
    const served = { tensorParallel: 2, kvType: "fp8" } as const;
    const { ttft: _ttft, ...known } = modelContext(findModel(id), findGpu("H100-SXM"), served);
    const tuning = findPolicy(policy)!.tuning!({ ...known, capacityBytes: 2 ** 34 })!;
    let chosen: (readonly SettingValue[])[] = [[]];
    for (const { values } of tuning.settings) {
      chosen = chosen.flatMap((before) => values.map((value) => [...before, value]));
    }
    let intervals = 0;
    for (const values of chosen.filter((each) => tuning.accepts?.(each) !== false)) {
      const interval = /--prefix-cache-retention-interval (\d+)/.exec(tuning.launch(values))?.[1];
      if (interval === undefined) continue;
      const { groups, server } = (tuning.create(values) as VllmCache).options;
      expect(Number(interval) % groups[0]!.blockTokens, values.join()).toBe(0);
      expect(server.retentionInterval, values.join()).toBe(Number(interval));
      intervals++;
    }
    expect(intervals).toBeGreaterThan(40);
  });

  test("models with attention alone have a block size and draft tokens", () => {
    const { tuning, values } = tuningOf("vllm", "meta-llama/Llama-3.1-8B-Instruct");
    expect(values).toEqual({
      "--block-size": [16, 32],
      num_speculative_tokens: [0, 1, 3, 7],
    });
    expect(tuning.unitTokens([32, 0])).toBe(32);
  });
});

describe("`all` where the model does not support it", () => {
  const contextOf = (id: string) => {
    const { ttft: _ttft, ...known } = modelContext(findModel(id), findGpu("H100-SXM"));
    return { ...known, capacityBytes: 2 ** 34 };
  };
  const policy = findPolicy("vllm-all")!;

  test.each([
    ["Qwen/Qwen3.5-9B", "refuses to start"],
    ["Qwen/Qwen3-Next-80B-A3B-Instruct", "refuses to start"],
    ["moonshotai/Kimi-Linear-48B-A3B-Instruct", "runs in align"],
  ])("runs %s as `align`, and says so", (id, what) => {
    const context = contextOf(id);
    expect(policy.create(context)).toHaveProperty("options.server.mambaCacheMode", "align");
    expect(policy.assumptions!(context).join()).toContain(`vLLM ${what} where ${id} is to keep all states`);
  });

  test.each(["ibm-granite/granite-4.0-h-small", "meta-llama/Llama-3.1-8B-Instruct"])(
    "says nothing of %s",
    (id) => {
      expect(policy.assumptions!(contextOf(id))).toEqual([]);
      expect(findPolicy("vllm")!.assumptions!(contextOf("Qwen/Qwen3.5-9B"))).toEqual([]);
    },
  );
});
