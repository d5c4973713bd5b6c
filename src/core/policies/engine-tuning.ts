/** The settings of servers that decide what their prefix caches reuse, and the values worth trying. */
import type { LlamaCppServerOptions } from "../cache/engines/llama-cpp.ts";
import {
  llamaCppCache,
  type TensorrtLlmServerOptions,
  tensorrtLlmCache,
} from "./engine-caches.ts";
import type { PolicyContext, SettingValue, TunableEngine } from "./policy.ts";

export function tensorrtLlmTuning(context: PolicyContext, options: TensorrtLlmServerOptions): TunableEngine {
  const { blockTokens, intervalTokens } = options;
  const blocks = { name: "tokens_per_block", values: presentFirst<number>(blockTokens, [16, 32, 64, 128]) };
  const intervals = {
    name: "periodic_snapshot_interval",
    values: presentFirst<number>(intervalTokens, [0, 128, 256, 512, 1024]),
  };
  return {
    settings: isHybrid(context) ? [blocks, intervals] : [blocks],
    create: ([block, interval = intervalTokens]) =>
      tensorrtLlmCache(context, {
        ...options,
        blockTokens: Number(block),
        intervalTokens: Number(interval),
      }),
    // A state at the end of a shared prefix stands at a snapshot only: the prompt's own end is not shared.
    unitTokens: ([block, interval = 0]) =>
      isHybrid(context) && Number(interval) > 0 ? Number(interval) : Number(block),
  };
}

export function llamaCppTuning(context: PolicyContext, options: LlamaCppServerOptions): TunableEngine {
  const { slots, checkpointsPerSlot, minStepTokens, microBatchTokens } = options;
  const parallel = { name: "--parallel", values: presentFirst(slots, [1, 2, 4, 8, 16]) };
  const ofHybrids = [
    { name: "--checkpoint-min-step", values: presentFirst(minStepTokens, [256, 512, 1024, 4096, 8192]) },
    { name: "--ctx-checkpoints", values: presentFirst(checkpointsPerSlot, [8, 32, 128]) },
    { name: "--ubatch-size", values: presentFirst(microBatchTokens, [64, 128, 256, 512]) },
  ];
  return {
    settings: isHybrid(context) ? [parallel, ...ofHybrids] : [parallel],
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

function isHybrid({ cost }: PolicyContext): boolean {
  return cost.checkpointBytes > 0;
}
