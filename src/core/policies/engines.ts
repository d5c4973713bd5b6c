/** Servers as they are today. */
import { everyBlock } from "../cache/admission/every-block.ts";
import { BlockStateCache, type BlockStateRules } from "../cache/engines/block-states.ts";
import { LlamaCppCache, llamaCppDefaults } from "../cache/engines/llama-cpp.ts";
import { SglangHybridCache, sglangDefaults } from "../cache/engines/sglang-hybrid.ts";
import { tensorrtLlmDefaults, tensorrtLlmRules } from "../cache/engines/tensorrt-llm.ts";
import { vllmDefaults, vllmRules } from "../cache/engines/vllm.ts";
import { LruEviction } from "../cache/eviction/lru.ts";
import type { Policy, PolicyContext } from "./policy.ts";
import { prefixCache, radixCache } from "./prefix-caches.ts";

export const enginePolicies: readonly Policy[] = [
  {
    id: "sglang",
    name: "SGLang",
    kind: "engine",
    description:
      "Radix tree; on hybrid models a state at the last multiple of 64 of the prompt, at the branch point rounded down to 64, and every 256 tokens of decoding; KV and states in two pools, least recently used first.",
    version: "2026: extra_buffer, chunk 64, track interval 256, mamba-full-memory-ratio 0.9",
    source: "sgl-project/sglang python/sglang/srt/mem_cache/{mamba_radix_cache,unified_radix_cache}.py",
    leavesOut: "Concurrent requests, scheduling by longest match, host tiers.",
    isBlockBased: false,
    create: (context) =>
      context.cost.checkpointBytes > 0
        ? new SglangHybridCache({
            ...sglangDefaults,
            kvBytesPerToken: context.cost.kvBytesPerToken,
            stateBytes: context.cost.checkpointBytes,
            capacityBytes: context.capacityBytes,
          })
        : radixCache(context),
  },
  {
    id: "vllm",
    name: "vLLM",
    kind: "engine",
    description:
      "Fixed blocks, reused whole; on hybrid models a state where a prefill step ends: at the last block end and where the request leaves what is cached; evicts the least recently used page, tails first.",
    version: "August 2026: mamba_cache_mode align, junctions on, retention interval 0",
    source:
      "vllm-project/vllm v1/core/{block_pool,single_type_kv_cache_manager,kv_cache_coordinator}.py; #42317",
    leavesOut: "Concurrent requests, preemption, draft models, hash units finer than a block.",
    isBlockBased: true,
    create: (context) =>
      context.cost.checkpointBytes > 0
        ? blockStates(context, context.engineBlockTokens, vllmRules(vllmDefaults))
        : prefixCache(context, context.engineBlockTokens, everyBlock, (view) => new LruEviction(view)),
  },
  {
    id: "tensorrt-llm",
    name: "TensorRT-LLM",
    kind: "engine",
    description:
      "Blocks of 32, reused whole; on hybrid models a state every 256 tokens and at the prompt's end, rounded down to blocks; evicts the least recently used leaf block.",
    version: "2026: cache manager V2, periodic_snapshot_interval 256 (off in the newest)",
    source: "NVIDIA/TensorRT-LLM docs/source/features/kvcache.md",
    leavesOut: "Partial reuse of a block by copy, priorities, host tier.",
    isBlockBased: true,
    create: (context) =>
      context.cost.checkpointBytes > 0
        ? blockStates(context, tensorrtLlmDefaults.blockTokens, tensorrtLlmRules(tensorrtLlmDefaults))
        : prefixCache(context, tensorrtLlmDefaults.blockTokens, everyBlock, (view) => new LruEviction(view)),
  },
  {
    id: "llama-cpp",
    name: "llama.cpp",
    kind: "engine",
    description:
      "Four slots with one sequence each; on hybrid models at most 32 checkpoints per slot, near the prompt's end and every 8,192 tokens; the slot with the longest common prefix serves.",
    version: "2026: ctx-checkpoints 32, checkpoint-min-step 8192, ubatch-size 512, parallel 4",
    source: "ggml-org/llama.cpp tools/server/server-context.cpp, common/arg.cpp",
    leavesOut:
      "Checkpoints at the start of the last user message, whole slots in host memory, cache-reuse of shifted chunks.",
    isBlockBased: false,
    create: (context) =>
      new LlamaCppCache({
        ...llamaCppDefaults,
        kvBytesPerToken: context.cost.kvBytesPerToken,
        stateBytes: context.cost.checkpointBytes,
        capacityBytes: context.capacityBytes,
      }),
  },
];

function blockStates(context: PolicyContext, blockTokens: number, rules: BlockStateRules): BlockStateCache {
  return new BlockStateCache({
    blockTokens,
    kvBlockBytes: context.cost.kvBytesPerToken * blockTokens,
    stateBytes: context.engineCheckpointBytes ?? context.cost.checkpointBytes,
    capacityBytes: context.capacityBytes,
    rules,
  });
}
