/**
 * TensorRT-LLM's rules for hybrid models (`mamba_state_config`): states at multiples of an interval and at asked offsets
 * from the prompt's ends, rounded down to blocks.
 * Source: NVIDIA/TensorRT-LLM docs/source/features/kvcache.md, cache manager V2, 2026.
 */
import type { BlockStateRules, PrefillPlan } from "./block-states.ts";

export interface TensorrtLlmOptions {
  /** `periodic_snapshot_interval`; 0 is off. */
  readonly intervalTokens: number;
  /** `additional_snapshot_offsets_from_end`; 0 stands for the prompt's end. */
  readonly offsetsFromEnd: readonly number[];
}

export const tensorrtLlmDefaults = { blockTokens: 32, intervalTokens: 256, offsetsFromEnd: [0] } as const;

export function tensorrtLlmRules(options: TensorrtLlmOptions): BlockStateRules {
  return { stateBlocks: (plan) => stateBlocks(plan, options) };
}

/** Token positions at which a prefill of so many tokens stops for a periodic state. */
export function stopPositions(promptTokens: number, blockTokens: number, intervalTokens: number): number[] {
  const stops: number[] = [];
  if (intervalTokens <= 0) return stops;
  for (let position = intervalTokens; position <= promptTokens; position += intervalTokens) {
    stops.push(Math.floor(position / blockTokens) * blockTokens);
  }
  return stops;
}

function stateBlocks(
  { promptTokens, blockTokens, reusedBlocks }: PrefillPlan,
  options: TensorrtLlmOptions,
): number[] {
  const positions = stopPositions(promptTokens, blockTokens, options.intervalTokens);
  for (const offset of options.offsetsFromEnd) positions.push(promptTokens - offset);
  const blocks = new Set(positions.map((position) => Math.floor(position / blockTokens)));
  return [...blocks].filter((block) => block > reusedBlocks).sort((a, b) => a - b);
}
