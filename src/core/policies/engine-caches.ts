/** The caches of servers, by the options of the server. */
import { everyBlock } from "../cache/admission/every-block.ts";
import type { CacheSystem } from "../cache/cache-system.ts";
import { BlockStateCache, type BlockStateRules } from "../cache/engines/block-states.ts";
import { SglangHybridCache, type SglangModeOptions } from "../cache/engines/sglang-hybrid.ts";
import { type TensorrtLlmOptions, tensorrtLlmRules } from "../cache/engines/tensorrt-llm.ts";
import { type VllmModeOptions, vllmRules } from "../cache/engines/vllm.ts";
import { LruEviction } from "../cache/eviction/lru.ts";
import type { PolicyContext } from "./policy.ts";
import { prefixCache, radixCache } from "./prefix-caches.ts";

export interface TensorrtLlmServerOptions extends TensorrtLlmOptions {
  readonly blockTokens: number;
}

export function tensorrtLlmCache(context: PolicyContext, options: TensorrtLlmServerOptions): CacheSystem {
  return context.cost.checkpointBytes > 0
    ? blockStates(context, options.blockTokens, tensorrtLlmRules(options))
    : prefixCache(context, options.blockTokens, everyBlock, (view) => new LruEviction(view));
}

/** Models without recurrent layers have no states to place: the block alone counts. */
export function vllmCache(
  context: PolicyContext,
  options: VllmModeOptions,
  blockTokens: number = context.engineBlockTokens,
): CacheSystem {
  return context.cost.checkpointBytes > 0
    ? blockStates(context, blockTokens, vllmRules(options))
    : prefixCache(context, blockTokens, everyBlock, (view) => new LruEviction(view));
}

export function sglangCache(context: PolicyContext, options: SglangModeOptions): CacheSystem {
  return context.cost.checkpointBytes > 0
    ? new SglangHybridCache({
        ...options,
        kvBytesPerToken: context.cost.kvBytesPerToken,
        stateBytes: context.cost.checkpointBytes,
        capacityBytes: context.capacityBytes,
      })
    : radixCache(context);
}

function blockStates(context: PolicyContext, blockTokens: number, rules: BlockStateRules): BlockStateCache {
  return new BlockStateCache({
    blockTokens,
    kvBlockBytes: context.cost.kvBytesPerToken * blockTokens,
    stateBytes: context.engineCheckpointBytes ?? context.cost.checkpointBytes,
    capacityBytes: context.capacityBytes,
    rules,
  });
}
