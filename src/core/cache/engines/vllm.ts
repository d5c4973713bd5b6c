/**
 * vLLM's rules for hybrid models (`mamba_cache_mode`): which block ends of a prefill keep a recurrent state.
 * Source: vllm-project/vllm `v1/core/{block_pool,single_type_kv_cache_manager,kv_cache_coordinator}.py`, `config/cache.py`,
 * as of August 2026; the steps of one prefill are those of vllm-project/vllm#42317.
 */
import type { BlockStateRules, PrefillPlan } from "./block-states.ts";

export interface VllmModeOptions {
  /** `all` keeps a state at every block end, `align` where a prefill step ends on one. */
  readonly mode: "align" | "all";
  /** Whether a prefill stops where the request leaves what is cached (vllm-project/vllm#37898, on by default since #50991). */
  readonly hasJunctions: boolean;
  /** A further state at each multiple; 0 keeps none (the default since vllm-project/vllm#52216). */
  readonly retentionIntervalTokens: number;
  /** Speculative decoding with a draft model gives up one more block (vllm-project/vllm#52897). */
  readonly hasDraftModel: boolean;
}

export const vllmDefaults: VllmModeOptions = {
  mode: "align",
  hasJunctions: true,
  retentionIntervalTokens: 0,
  hasDraftModel: false,
};

export function vllmRules(options: VllmModeOptions): BlockStateRules {
  return {
    stateBlocks: (plan) => stateBlocks(plan, options),
    blocksGivenUp: options.hasDraftModel ? 1 : 0,
    eviction: "pages",
  };
}

/** Ends of the steps that prefill a prompt, in tokens; the last one is the prompt length. */
export function vllmStepEnds(plan: PrefillPlan, options: VllmModeOptions): number[] {
  const ends = stateBlocks(plan, options).map((block) => block * plan.blockTokens);
  return [...ends.filter((end) => end < plan.promptTokens), plan.promptTokens];
}

function stateBlocks(plan: PrefillPlan, options: VllmModeOptions): number[] {
  const { promptTokens, blockTokens, reusedBlocks, matchedBlocks } = plan;
  const last = Math.floor(Math.max(0, promptTokens - 1) / blockTokens);
  const blocks = new Set<number>();
  if (options.mode === "all") for (let block = reusedBlocks + 1; block <= last; block++) blocks.add(block);
  if (options.hasJunctions && matchedBlocks > reusedBlocks) blocks.add(matchedBlocks);
  blocks.add(options.hasDraftModel ? last - 1 : last);
  if (options.retentionIntervalTokens > 0) {
    const stride = Math.max(1, Math.round(options.retentionIntervalTokens / blockTokens));
    for (let block = stride; block <= last; block += stride) blocks.add(block);
  }
  return [...blocks].filter((block) => block > reusedBlocks).sort((a, b) => a - b);
}
