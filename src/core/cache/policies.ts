/** The caching systems that a user can pick by name. A new one is its own files and one entry here. */
import type { Admission } from "./admission/admission.ts";
import { branchAndEnd } from "./admission/branch-and-end.ts";
import { everyBlock } from "./admission/every-block.ts";
import type { CacheSystem, StateCost } from "./cache-system.ts";
import type { Spans } from "./edge-tokens.ts";
import { BlockStateCache, type BlockStateRules } from "./engines/block-states.ts";
import { LlamaCppCache, llamaCppDefaults } from "./engines/llama-cpp.ts";
import { SglangHybridCache, sglangDefaults } from "./engines/sglang-hybrid.ts";
import { tensorrtLlmDefaults, tensorrtLlmRules } from "./engines/tensorrt-llm.ts";
import { vllmDefaults, vllmRules } from "./engines/vllm.ts";
import type { Eviction, EvictionView } from "./eviction/eviction.ts";
import { LruEviction } from "./eviction/lru.ts";
import { UtilityEviction } from "./eviction/utility.ts";
import { NoCache } from "./no-cache.ts";
import { PrefixCache } from "./prefix-cache.ts";
import { TunedMarconi } from "./tuned-marconi.ts";

export interface PolicyContext {
  readonly cost: StateCost;
  readonly capacityBytes: number;
  /** The block that a block-based engine would use for this model. */
  readonly engineBlockTokens: number;
  /** Bytes of a checkpoint in such an engine, padded to its pages; default: the bytes of `cost`. */
  readonly engineCheckpointBytes?: number;
  /** See `CacheSystem.computedTokensAtLeast`; 1 for users. */
  readonly computedTokensAtLeast?: number;
  /** The requests of a known trace come as spans; policies that match at any token then serve those, and faster. */
  readonly spans?: Spans;
}

export interface Policy {
  readonly id: string;
  readonly name: string;
  /** One sentence: unit, what is kept, what goes first. */
  readonly description: string;
  /** What it stands for, and from when. */
  readonly version: string;
  readonly source: string;
  readonly leavesOut: string;
  readonly isBlockBased: boolean;
  create(context: PolicyContext): CacheSystem;
}

/** Requests of the bootstrap window per request before the first eviction; the paper's range is 5 to 15. */
const bootstrapMultiplier = 5;

export const policies: readonly Policy[] = [
  {
    id: "marconi",
    name: "Marconi",
    description:
      "Radix tree; a checkpoint at the branch point and at the last decoded token; evicts the lowest recency + alpha x FLOP efficiency; alpha tuned on the fly.",
    version: "as published, MLSys 2025",
    source: "arXiv 2411.19379, sections 4.1 and 4.2",
    leavesOut: "Chunked state passing: checkpoints lie exactly at the branch point. One request at a time.",
    isBlockBased: false,
    create: (context) => new TunedMarconi(utilityCache(context, 0), bootstrapMultiplier),
  },
  {
    id: "sglang",
    name: "SGLang",
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
        : prefixCache(context, 1, branchAndEnd, (view) => new LruEviction(view)),
  },
  {
    id: "tensorrt-llm",
    name: "TensorRT-LLM",
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
  {
    id: "sglang-radix",
    name: "SGLang-like radix",
    description:
      "Radix tree; a checkpoint at the branch point and at the end of each request; evicts the least recently used leaf with all its states.",
    version: "SGLang+ of the Marconi paper",
    source: "arXiv 2411.19379, section 5.1; sgl-project/sglang mem_cache/radix_cache.py",
    leavesOut:
      "Chunk-aligned states, tombstones and the two LRU lists of SGLang's hybrid cache. One request at a time.",
    isBlockBased: false,
    create: (context) => prefixCache(context, 1, branchAndEnd, (view) => new LruEviction(view)),
  },
  {
    id: "vllm",
    name: "vLLM",
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
    id: "vllm-block",
    name: "vLLM-like blocks",
    description:
      "Fixed blocks, reused whole; a checkpoint at the end of every block; evicts the least recently used block, tails first.",
    version: "vLLM+ of the Marconi paper, with the block size that vLLM derives for the model",
    source: "arXiv 2411.19379, section 5.1; vllm-project/vllm vllm/platforms/interface.py",
    leavesOut: "The align mode that keeps only some block-end states. One request at a time.",
    isBlockBased: true,
    create: (context) =>
      prefixCache(context, context.engineBlockTokens, everyBlock, (view) => new LruEviction(view)),
  },
  {
    id: "unlimited",
    name: "Unlimited memory",
    description: "Marconi's checkpoints in a cache that never evicts: what more memory could still give.",
    version: "bound",
    source: "arXiv 2411.19379, section 4.1 without eviction",
    leavesOut: "Everything about memory.",
    isBlockBased: false,
    create: (context) =>
      prefixCache(
        { ...context, capacityBytes: Number.POSITIVE_INFINITY },
        1,
        branchAndEnd,
        (view) => new LruEviction(view),
      ),
  },
  {
    id: "no-cache",
    name: "No cache",
    description: "Every prompt is prefilled in full.",
    version: "bound",
    source: "none needed",
    leavesOut: "Nothing.",
    isBlockBased: false,
    create: () => new NoCache(),
  },
];

/** `undefined` when no policy has this id. */
export function findPolicy(id: string): Policy | undefined {
  return policies.find((policy) => policy.id === id.trim().toLowerCase());
}

/** Marconi with a fixed alpha, for sweeps and tests. */
export function marconiWithAlpha(context: PolicyContext, alpha: number): CacheSystem {
  return utilityCache(context, alpha);
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

function utilityCache(context: PolicyContext, alpha: number): PrefixCache {
  return prefixCache(context, 1, branchAndEnd, (view) => new UtilityEviction(view, context.cost, alpha));
}

function prefixCache(
  context: PolicyContext,
  blockTokens: number,
  admission: Admission,
  createEviction: (view: EvictionView) => Eviction,
): PrefixCache {
  return new PrefixCache({
    cost: context.cost,
    capacityBytes: context.capacityBytes,
    blockTokens,
    admission,
    computedTokensAtLeast: context.computedTokensAtLeast ?? 1,
    ...(context.spans !== undefined && blockTokens === 1 && { spans: context.spans }),
    createEviction,
  });
}
