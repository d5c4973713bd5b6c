/** Servers as they are today. */
import { type SglangModeOptions, sglangDefaults } from "../cache/engines/sglang-hybrid.ts";
import { tensorrtLlmDefaults } from "../cache/engines/tensorrt-llm.ts";
import { type VllmModeOptions, vllmDefaults } from "../cache/engines/vllm.ts";
import { sglangCache, tensorrtLlmCache, vllmCache } from "./engine-caches.ts";
import { sglangTuning, tensorrtLlmTuning, vllmTuning } from "./engine-tuning.ts";
import { llamaCppPolicies } from "./engines/llama-cpp.ts";
import type { Policy } from "./policy.ts";

export const enginePolicies: readonly Policy[] = [
  sglangPolicy({
    id: "sglang",
    name: "SGLang",
    states:
      "at the last multiple of 64 of the prompt, at the branch point rounded down to 64, and every 256 tokens of decoding",
    version: "2026: extra_buffer, chunk 64, track interval 256, mamba-full-memory-ratio 0.9",
    options: sglangDefaults,
  }),
  sglangPolicy({
    id: "sglang-no-buffer",
    name: "SGLang without extra buffer",
    states: "exactly at the end of the prompt and of the request",
    version: "2026: no_buffer, mamba-full-memory-ratio 0.9",
    options: { ...sglangDefaults, strategy: "no_buffer" },
  }),
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
  ...llamaCppPolicies,
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

function sglangPolicy({ id, name, states, version, options }: Variant<SglangModeOptions>): Policy {
  return {
    id,
    name,
    kind: "engine",
    memory: "own",
    description: `Radix tree; on hybrid models a state ${states}; KV and states in two pools, least recently used first.`,
    version,
    source: "sgl-project/sglang python/sglang/srt/mem_cache/{mamba_radix_cache,unified_radix_cache}.py",
    leavesOut: "Concurrent requests, scheduling by longest match, host tiers.",
    isBlockBased: false,
    create: (context) => sglangCache(context, options),
    tuning: (context) => sglangTuning(context, options),
  };
}
