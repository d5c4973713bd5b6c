/** Numbers that others logged or measured, reproduced by our formulas. Names and sources: worked_checks of the reference facts. */
import { describe, expect, it } from "vitest";
import { findModel } from "../../../src/core/cost/find.ts";
import { kvBytesPerToken } from "../../../src/core/cost/kv-bytes.ts";
import { createModelCost } from "../../../src/core/cost/model-cost.ts";
import type { ModelSpec } from "../../../src/core/cost/model-spec.ts";
import {
  paperCheckpointBytes,
  paperHybrid7b,
  paperKvBytesPerToken,
} from "../../../src/core/cost/paper-formulas.ts";
import { type StateOptions, stateElements } from "../../../src/core/cost/state-bytes.ts";
import { type VllmBlockOptions, vllmHybridBlock } from "../../../src/core/cost/vllm-block.ts";
import { countParameters } from "../../../src/core/cost/weights.ts";
import { workedChecks } from "./facts.ts";

function block(id: string, options: VllmBlockOptions = {}) {
  const result = vllmHybridBlock(findModel(id), options);
  if (!result) throw new Error(`${id} has no hybrid block`);
  return result;
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));
const gib = (bytes: number) => round(bytes / 2 ** 30, 2);
const padding = (id: string) => round(block(id).paddingShare * 100, 2);

/** An attention-only geometry that is not in the catalogue. */
function attentionOnly(layers: number, kvHeads: number, headWidth: number): ModelSpec {
  const llama = findModel("meta-llama/Llama-3.1-8B-Instruct");
  const attention = {
    queryHeads: kvHeads,
    kvHeads,
    headWidth,
    valueWidth: headWidth,
    sliding: null,
    windowTokens: null,
    hasOutputGate: false,
    kvSharingGroups: null,
    indexer: null,
  };
  return { ...llama, id: "test", mixerPattern: "*".repeat(layers), ffnPattern: null, attention };
}

function recurrentState(model: ModelSpec, options: StateOptions) {
  const [state] = stateElements(model, options);
  if (!state) throw new Error(`${model.id} has no recurrent state`);
  return state;
}

/** Zamba2's state as transformers keeps it: four convolution columns, 16 bits. */
function zambaConstantMib(): number {
  const state = recurrentState(findModel("Zyphra/Zamba2-1.2B"), { speculativeTokens: 1 });
  return round((state.layers * (state.conv + state.recurrent) * 2) / 2 ** 20, 2);
}

function nanoInSglang() {
  const cost = createModelCost(findModel("nvidia/NVIDIA-Nemotron-Nano-9B-v2"), { engine: "sglang" });
  return {
    conv_GiB: gib(49 * cost.convBytesPerCheckpoint),
    ssm_GiB: gib(49 * cost.recurrentBytesPerCheckpoint),
    k_GiB: gib((2_618_868 * cost.kvBytesPerToken) / 2),
  };
}

const nano3 = "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16";
const super3 = "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B";
const nano2 = "nvidia/NVIDIA-Nemotron-Nano-9B-v2";

const checks: Readonly<Record<string, () => Readonly<Record<string, number>>>> = {
  "Qwen3.5-4B and 9B: recurrent page per layer": () => ({ bytes: block("Qwen/Qwen3.5-9B").statePageBytes }),
  "Qwen3.5-4B and 9B: vLLM block size": () => ({
    block_tokens: block("Qwen/Qwen3.5-4B").blockTokens,
    padding_percent: padding("Qwen/Qwen3.5-4B"),
  }),
  "same model, fp8 KV": () => ({ block_tokens: block("Qwen/Qwen3.5-9B", { kvDtype: "fp8" }).blockTokens }),
  "Qwen3.5-27B": () => ({
    page_bytes: block("Qwen/Qwen3.5-27B").statePageBytes,
    block_tokens: block("Qwen/Qwen3.5-27B").blockTokens,
    padding_percent: padding("Qwen/Qwen3.5-27B"),
  }),
  "Qwen3.5-35B-A3B, bf16 and fp8 KV": () => ({
    bf16: block("Qwen/Qwen3.5-35B-A3B").blockTokens,
    fp8: block("Qwen/Qwen3.5-35B-A3B", { kvDtype: "fp8" }).blockTokens,
  }),
  "Granite-4.0-H-Tiny page": () => {
    const { statePageBytes, attentionBytesPerToken } = block("ibm-granite/granite-4.0-h-tiny");
    return {
      bytes: statePageBytes,
      KiB: statePageBytes / 1024,
      tokens: Math.ceil(statePageBytes / attentionBytesPerToken),
      aligned_to_chunk_256: block("ibm-granite/granite-4.0-h-tiny", { alignTokens: 256 }).blockTokens,
    };
  },
  "Nemotron-Nano-9B-v2 with bfloat16 state": () => ({
    page_bytes: block(nano2, { stateDtype: "bfloat16" }).statePageBytes,
    block_tokens: block(nano2, { stateDtype: "bfloat16" }).blockTokens,
  }),
  "Nemotron-Nano-9B-v2 in SGLang (pool of 48+1 slots)": nanoInSglang,
  // float16 has the size of bfloat16.
  "Nemotron 3.5 Lightning 30B-A3B (Nemotron 3 Nano geometry), float16 state": () => ({
    bf16_kv: block(nano3, { stateDtype: "bfloat16" }).blockTokens,
    fp8_kv: block(nano3, { stateDtype: "bfloat16", kvDtype: "fp8" }).blockTokens,
  }),
  "Nemotron 3 Super 120B, tensor parallel 4, fp8 KV, block alignment 128": () => {
    const result = block(super3, { tensorParallel: 4, kvDtype: "fp8", alignTokens: 128 });
    return { page_bytes: result.statePageBytes, block_tokens: result.blockTokens };
  },
  "Qwen3.5-35B-A3B, tensor parallel 8, 3 speculative tokens": () => {
    const state = recurrentState(findModel("Qwen/Qwen3.5-35B-A3B"), {
      tensorParallel: 8,
      speculativeTokens: 3,
    });
    return { state: (state.recurrent * 4) / 8, conv: (state.conv * 2) / 8 };
  },
  "Zamba2-1.2B measured KV growth": () => ({
    bytes_per_token: kvBytesPerToken(findModel("Zyphra/Zamba2-1.2B")).fullBytes,
    constant_MiB: zambaConstantMib(),
  }),
  "Llama-3.2-1B and Qwen2.5-0.5B measured KV growth (attention formula only)": () => ({
    llama_3_2_1b: kvBytesPerToken(attentionOnly(16, 8, 64)).fullBytes,
    qwen2_5_0_5b: kvBytesPerToken(attentionOnly(24, 2, 64)).fullBytes,
  }),
  "Marconi paper example: one 10K-token input, checkpoint every 16 tokens, 17.4 GB": () => ({
    GB: round(
      (625 * paperCheckpointBytes(paperHybrid7b) + 10_000 * paperKvBytesPerToken(paperHybrid7b)) / 1e9,
      1,
    ),
  }),
  ...Object.fromEntries(
    [
      "ai21labs/AI21-Jamba-1.5-Large",
      "ibm-granite/granite-4.0-h-small",
      super3,
      "nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B",
      "MiniMaxAI/MiniMax-Text-01",
      "Qwen/Qwen3.5-397B-A17B",
      "tiiuae/Falcon-H1-34B-Base",
      "tiiuae/Falcon-H1-0.5B-Base",
    ].map((id) => [`parameter recount ${id}`, () => ({ total: countParameters(findModel(id)).total ?? 0 })]),
  ),
};

describe("worked checks", () => {
  it("are all covered", () => {
    expect(Object.keys(checks)).toEqual(workedChecks.map(({ check }) => check));
  });

  it.each(workedChecks.map((facts) => [facts.check, facts] as const))("%s", (name, facts) => {
    const ours = checks[name]?.();
    expect(ours).toEqual(facts.computed);
    // Stated ones are rounded by their sources: published parameter counts to 1.5 %, measured memory to 0.3 %.
    for (const [key, stated] of Object.entries(facts.stated)) {
      expect(Math.abs((ours?.[key] ?? 0) / stated - 1), key).toBeLessThan(key === "total" ? 0.015 : 0.003);
    }
  });
});

describe("what engines logged", () => {
  it("vLLM's blocks", () => {
    expect(block("Qwen/Qwen3.5-9B").blockTokens).toBe(528);
    expect(block("Qwen/Qwen3.5-27B").blockTokens).toBe(784);
    expect(block("Qwen/Qwen3.5-35B-A3B", { kvDtype: "fp8" }).blockTokens).toBe(2096);
    expect(block(nano3, { stateDtype: "bfloat16" }).blockTokens).toBe(1072);
    expect(block(super3, { tensorParallel: 4, kvDtype: "fp8", alignTokens: 128 }).blockTokens).toBe(4224);
  });

  it("SGLang's pools", () => {
    expect(nanoInSglang()).toEqual({ conv_GiB: 0.09, ssm_GiB: 6.46, k_GiB: 19.98 });
  });

  it("llama.cpp's states, in MiB for so many sequences", () => {
    const mib = (id: string, slots: number) => {
      const cost = createModelCost(findModel(id), { engine: "llama.cpp" });
      const total = (bytes: number) => round((slots * bytes) / 2 ** 20, 2);
      return [
        total(cost.convBytesPerCheckpoint),
        total(cost.recurrentBytesPerCheckpoint),
        cost.kvBytesPerToken,
      ];
    };
    expect(mib("ibm-granite/granite-4.0-h-small", 16)).toEqual([55.69, 2304, 16_384]);
    expect(mib("ai21labs/AI21-Jamba-1.5-Large", 31)).toEqual([366.19, 1953, 36_864]);
    expect(mib("Qwen/Qwen3.5-122B-A10B", 15)).toEqual([75.94, 2160, 24_576]);
    expect(mib("moonshotai/Kimi-K3", 5)).toEqual([145.55, 2070, 27_648]);
    expect(mib("LiquidAI/LFM2-2.6B", 62)).toEqual([21.31, 0, 16_384]);
    expect(mib("MiniMaxAI/MiniMax-Text-01", 8)).toEqual([0, 2240, 40_960]);
    expect(mib("tiiuae/falcon-mamba-7b", 62)).toEqual([372, 1984, 0]);
  });
});
