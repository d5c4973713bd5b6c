/** Servers as they are today. */
import { llamaCppDefaults } from "../cache/engines/llama-cpp.ts";
import { tensorrtLlmDefaults } from "../cache/engines/tensorrt-llm.ts";
import { type VllmModeOptions, vllmDefaults } from "../cache/engines/vllm.ts";
import { llamaCppCache, tensorrtLlmCache, vllmCache } from "./engine-caches.ts";
import { llamaCppTuning, tensorrtLlmTuning, vllmTuning } from "./engine-tuning.ts";
import { sglangPolicies } from "./engines/sglang.ts";
import type { Policy } from "./policy.ts";

export const enginePolicies: readonly Policy[] = [
  ...sglangPolicies,
  vllmPolicy({
    id: "vllm",
    name: "vLLM",
    states: "where a prefill step ends: at the last block end and where the request leaves what is cached",
    version: "August 2026: mamba_cache_mode align, junctions on, retention interval 0",
    options: vllmDefaults,
  }),
  vllmPolicy({
    id: "vllm-no-junctions",
    name: "vLLM without junctions",
    states: "at the last block end of each prompt alone",
    version: "before #37898 (June 2026): mamba_cache_mode align",
    options: { ...vllmDefaults, hasJunctions: false },
  }),
  vllmPolicy({
    id: "vllm-interval",
    name: "vLLM with retention",
    states: "where a prefill step ends, and about every 2,048 tokens, at whole blocks",
    version: "August 2026: mamba_cache_mode align, prefix_cache_retention_interval 2048",
    options: { ...vllmDefaults, retentionIntervalTokens: 2048 },
  }),
  vllmPolicy({
    id: "vllm-draft",
    name: "vLLM with a draft model",
    states: "where a prefill step ends, one block earlier than without speculative decoding",
    version: "August 2026: mamba_cache_mode align with a draft model, #52897",
    options: { ...vllmDefaults, hasDraftModel: true },
  }),
  vllmPolicy({
    id: "vllm-all",
    name: "vLLM, all states",
    states: "at the end of every block of the prompt",
    version: "August 2026: mamba_cache_mode all",
    options: { ...vllmDefaults, mode: "all" },
  }),
  {
    id: "tensorrt-llm",
    name: "TensorRT-LLM",
    kind: "engine",
    memory: "own",
    description:
      "Blocks of 32, reused whole; on hybrid models a state every 256 tokens and at the prompt's end, rounded down to blocks; evicts the least recently used leaf block.",
    version: "2026: cache manager V2, periodic_snapshot_interval 256 (off in the newest)",
    source: "NVIDIA/TensorRT-LLM docs/source/features/kvcache.md",
    leavesOut: "Partial reuse of a block by copy, priorities, host tier.",
    isBlockBased: true,
    create: (context) => tensorrtLlmCache(context, tensorrtLlmDefaults),
    tuning: (context) => tensorrtLlmTuning(context, tensorrtLlmDefaults),
  },
  {
    id: "llama-cpp",
    name: "llama.cpp",
    kind: "engine",
    memory: "own",
    description:
      "Four slots with one sequence each; on hybrid models at most 32 checkpoints per slot, near the prompt's end and every 8,192 tokens; the slot with the longest common prefix serves.",
    version: "2026: ctx-checkpoints 32, checkpoint-min-step 8192, ubatch-size 512, parallel 4",
    source: "ggml-org/llama.cpp tools/server/server-context.cpp, common/arg.cpp",
    leavesOut:
      "Checkpoints at the start of the last user message, whole slots in host memory, cache-reuse of shifted chunks.",
    isBlockBased: false,
    create: (context) => llamaCppCache(context, llamaCppDefaults),
    tuning: (context) => llamaCppTuning(context, llamaCppDefaults),
  },
];

interface Variant<Options> {
  readonly id: string;
  readonly name: string;
  /** Where a hybrid model's states are kept, behind "a state". */
  readonly states: string;
  readonly version: string;
  readonly options: Options;
}

function vllmPolicy({ id, name, states, version, options }: Variant<VllmModeOptions>): Policy {
  return {
    id,
    name,
    kind: "engine",
    memory: "own",
    description: `Fixed blocks, reused whole; on hybrid models a state ${states}; evicts the least recently used page, tails first.`,
    version,
    source:
      "vllm-project/vllm v1/core/{block_pool,single_type_kv_cache_manager,kv_cache_coordinator}.py; #42317",
    leavesOut: "Concurrent requests, preemption, hash units finer than a block.",
    isBlockBased: true,
    create: (context) => vllmCache(context, options),
    tuning: (context) => vllmTuning(context, options),
  };
}
