/** The settings of servers that decide what their prefix caches reuse, and the values worth trying. */
import type { CacheSystem } from "../cache/cache-system.ts";
import { llamaCppDefaults } from "../cache/engines/llama-cpp.ts";
import { sglangDefaults } from "../cache/engines/sglang-hybrid.ts";
import { tensorrtLlmDefaults } from "../cache/engines/tensorrt-llm.ts";
import { vllmDefaults } from "../cache/engines/vllm.ts";
import { llamaCppCache, sglangCache, tensorrtLlmCache, vllmCache } from "./engines.ts";
import type { PolicyContext } from "./policy.ts";

export type SettingValue = string | number;

export interface EngineSetting {
  /** As the server calls it. */
  readonly name: string;
  /** The first is the one in force. */
  readonly values: readonly SettingValue[];
}

/** A server whose settings can be tried. */
export interface TunableEngine {
  readonly settings: readonly EngineSetting[];
  /** `chosen` holds one value per setting, in their order. */
  create(chosen: readonly SettingValue[]): CacheSystem;
  /** Tokens between two positions at which the end of a shared prefix can be resumed; 1 where that is any. */
  unitTokens(chosen: readonly SettingValue[]): number;
}

/** `null` for policies that are no server, and for servers with nothing to set for this model. */
export function tunableEngine(policyId: string, context: PolicyContext): TunableEngine | null {
  const isHybrid = context.cost.checkpointBytes > 0;
  if (policyId.startsWith("vllm") && policyId !== "vllm-block") return vllm(policyId, context, isHybrid);
  // Without recurrent layers, its radix tree matches at any token.
  if (policyId.startsWith("sglang") && policyId !== "sglang-radix")
    return isHybrid ? sglang(policyId, context) : null;
  if (policyId === "tensorrt-llm") return tensorrtLlm(context, isHybrid);
  return policyId === "llama-cpp" ? llamaCpp(context, isHybrid) : null;
}

function vllm(policyId: string, context: PolicyContext, isHybrid: boolean): TunableEngine | null {
  if (!isHybrid) {
    return {
      settings: [{ name: "--block-size", values: presentFirst(context.engineBlockTokens, [16, 32]) }],
      create: ([block]) => vllmCache(context, vllmDefaults, Number(block)),
      unitTokens: ([block]) => Number(block),
    };
  }
  const hasJunctions = policyId !== "vllm-no-junctions";
  const hasDraftModel = policyId === "vllm-draft";
  const mode = policyId === "vllm-all" ? "all" : vllmDefaults.mode;
  const interval = policyId === "vllm-interval" ? 2048 : vllmDefaults.retentionIntervalTokens;
  return {
    settings: [
      { name: "--mamba-cache-mode", values: presentFirst<SettingValue>(mode, ["align", "all"]) },
      {
        name: "prefix_cache_retention_interval",
        values: presentFirst(interval, [0, 1024, 2048, 4096, 8192]),
      },
    ],
    create: ([chosenMode, retentionInterval]) =>
      vllmCache(context, {
        mode: chosenMode === "all" ? "all" : "align",
        retentionIntervalTokens: Number(retentionInterval),
        hasJunctions,
        hasDraftModel,
      }),
    unitTokens: () => context.engineBlockTokens,
  };
}

function sglang(policyId: string, context: PolicyContext): TunableEngine {
  const strategy = policyId === "sglang-no-buffer" ? "no_buffer" : sglangDefaults.strategy;
  return {
    settings: [
      {
        name: "--mamba-radix-cache-strategy",
        values: presentFirst<SettingValue>(strategy, ["extra_buffer", "no_buffer"]),
      },
      // The chunk is the larger of 64 and the page.
      { name: "--page-size (chunk)", values: presentFirst(sglangDefaults.chunkTokens, [64, 128, 256]) },
      {
        name: "--mamba-full-memory-ratio",
        values: presentFirst(sglangDefaults.stateToKvRatio, [0.3, 0.6, 0.9, 1.5, 3]),
      },
    ],
    create: ([chosen, chunkTokens, ratio]) =>
      sglangCache(context, {
        ...sglangDefaults,
        strategy: chosen === "no_buffer" ? "no_buffer" : "extra_buffer",
        chunkTokens: Number(chunkTokens),
        stateToKvRatio: Number(ratio),
      }),
    unitTokens: ([chosen, chunkTokens]) => (chosen === "no_buffer" ? 1 : Number(chunkTokens)),
  };
}

function tensorrtLlm(context: PolicyContext, isHybrid: boolean): TunableEngine {
  const { blockTokens, intervalTokens, offsetsFromEnd } = tensorrtLlmDefaults;
  const blocks = { name: "tokens_per_block", values: presentFirst<number>(blockTokens, [16, 32, 64, 128]) };
  const intervals = {
    name: "periodic_snapshot_interval",
    values: presentFirst<number>(intervalTokens, [0, 128, 256, 512, 1024]),
  };
  return {
    settings: isHybrid ? [blocks, intervals] : [blocks],
    create: ([block, interval = intervalTokens]) =>
      tensorrtLlmCache(context, {
        blockTokens: Number(block),
        intervalTokens: Number(interval),
        offsetsFromEnd,
      }),
    // A state at the end of a shared prefix stands at a snapshot only: the prompt's own end is not shared.
    unitTokens: ([block, interval = 0]) =>
      isHybrid && Number(interval) > 0 ? Number(interval) : Number(block),
  };
}

function llamaCpp(context: PolicyContext, isHybrid: boolean): TunableEngine {
  const { slots, checkpointsPerSlot, minStepTokens, microBatchTokens } = llamaCppDefaults;
  const parallel = { name: "--parallel", values: presentFirst(slots, [1, 2, 4, 8, 16]) };
  const ofHybrids = [
    { name: "--checkpoint-min-step", values: presentFirst(minStepTokens, [256, 512, 1024, 4096, 8192]) },
    { name: "--ctx-checkpoints", values: presentFirst(checkpointsPerSlot, [8, 32, 128]) },
    { name: "--ubatch-size", values: presentFirst(microBatchTokens, [64, 128, 256, 512]) },
  ];
  return {
    settings: isHybrid ? [parallel, ...ofHybrids] : [parallel],
    create: ([
      chosenSlots,
      step = minStepTokens,
      checkpoints = checkpointsPerSlot,
      batch = microBatchTokens,
    ]) =>
      llamaCppCache(context, {
        slots: Number(chosenSlots),
        minStepTokens: Number(step),
        checkpointsPerSlot: Number(checkpoints),
        microBatchTokens: Number(batch),
      }),
    unitTokens: () => 1,
  };
}

function presentFirst<T extends SettingValue>(present: T, values: readonly T[]): readonly T[] {
  return [present, ...values.filter((value) => value !== present)];
}
