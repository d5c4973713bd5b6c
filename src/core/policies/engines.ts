/** Servers as they are today. */
import { llamaCppDefaults } from "../cache/engines/llama-cpp.ts";
import { type SglangModeOptions, sglangDefaults } from "../cache/engines/sglang-hybrid.ts";
import { tensorrtLlmDefaults } from "../cache/engines/tensorrt-llm.ts";
import { llamaCppCache, sglangCache, tensorrtLlmCache } from "./engine-caches.ts";
import { llamaCppTuning, sglangTuning, tensorrtLlmTuning } from "./engine-tuning.ts";
import { vllmPolicies } from "./engines/vllm.ts";
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
  ...vllmPolicies,
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
