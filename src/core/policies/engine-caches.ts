/** The caches of servers, by the options of the server. */
import { everyBlock } from "../cache/admission/every-block.ts";
import type { CacheSystem } from "../cache/cache-system.ts";
import { BlockStateCache, type BlockStateRules } from "../cache/engines/block-states.ts";
import { LlamaCppCache, type LlamaCppServerOptions } from "../cache/engines/llama-cpp.ts";
import { type TensorrtLlmOptions, tensorrtLlmRules } from "../cache/engines/tensorrt-llm.ts";
import { LruEviction } from "../cache/eviction/lru.ts";
import type { PolicyContext } from "./policy.ts";
import { prefixCache } from "./prefix-caches.ts";

export interface TensorrtLlmServerOptions extends TensorrtLlmOptions {
  readonly blockTokens: number;
}

export function tensorrtLlmCache(context: PolicyContext, options: TensorrtLlmServerOptions): CacheSystem {
  return context.cost.checkpointBytes > 0
    ? blockStates(context, options.blockTokens, tensorrtLlmRules(options))
    : prefixCache(context, options.blockTokens, everyBlock, (view) => new LruEviction(view));
}

export function llamaCppCache(context: PolicyContext, options: LlamaCppServerOptions): CacheSystem {
  return new LlamaCppCache({
    ...options,
    kvBytesPerToken: context.cost.kvBytesPerToken,
    stateBytes: context.cost.checkpointBytes,
    capacityBytes: context.capacityBytes,
  });
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
