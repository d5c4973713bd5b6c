/** The settings of servers that decide what their prefix caches reuse, and the values worth trying. */
import type { SglangModeOptions } from "../cache/engines/sglang-hybrid.ts";
import type { VllmModeOptions } from "../cache/engines/vllm.ts";
import { sglangCache, type TensorrtLlmServerOptions, tensorrtLlmCache, vllmCache } from "./engine-caches.ts";
import type { PolicyContext, SettingValue, TunableEngine } from "./policy.ts";

/** Without recurrent layers the block alone counts. */
export function vllmTuning(context: PolicyContext, options: VllmModeOptions): TunableEngine {
  if (!isHybrid(context)) {
    return {
      settings: [{ name: "--block-size", values: presentFirst(context.engineBlockTokens, [16, 32]) }],
      create: ([block]) => vllmCache(context, options, Number(block)),
      unitTokens: ([block]) => Number(block),
    };
  }
  return {
    settings: [
      { name: "--mamba-cache-mode", values: presentFirst<SettingValue>(options.mode, ["align", "all"]) },
      {
        name: "prefix_cache_retention_interval",
        values: presentFirst(options.retentionIntervalTokens, [0, 1024, 2048, 4096, 8192]),
      },
    ],
    create: ([chosenMode, retentionInterval]) =>
      vllmCache(context, {
        ...options,
        mode: chosenMode === "all" ? "all" : "align",
        retentionIntervalTokens: Number(retentionInterval),
      }),
    unitTokens: () => context.engineBlockTokens,
  };
}

/** `null` without recurrent layers: its radix tree then matches at any token. */
export function sglangTuning(context: PolicyContext, options: SglangModeOptions): TunableEngine | null {
  if (!isHybrid(context)) return null;
  return {
    settings: [
      {
        name: "--mamba-radix-cache-strategy",
        values: presentFirst<SettingValue>(options.strategy, ["extra_buffer", "no_buffer"]),
      },
      // The chunk is the larger of 64 and the page.
      { name: "--page-size (chunk)", values: presentFirst(options.chunkTokens, [64, 128, 256]) },
      {
        name: "--mamba-full-memory-ratio",
        values: presentFirst(options.stateToKvRatio, [0.3, 0.6, 0.9, 1.5, 3]),
      },
    ],
    create: ([chosen, chunkTokens, ratio]) =>
      sglangCache(context, {
        ...options,
        strategy: chosen === "no_buffer" ? "no_buffer" : "extra_buffer",
        chunkTokens: Number(chunkTokens),
        stateToKvRatio: Number(ratio),
      }),
    unitTokens: ([chosen, chunkTokens]) => (chosen === "no_buffer" ? 1 : Number(chunkTokens)),
  };
}

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

export function presentFirst<T extends SettingValue>(present: T, values: readonly T[]): readonly T[] {
  return [present, ...values.filter((value) => value !== present)];
}

export function isHybrid({ cost }: PolicyContext): boolean {
  return cost.checkpointBytes > 0;
}
