/** Servers as they are today. */
import { llamaCppDefaults } from "../cache/engines/llama-cpp.ts";
import { tensorrtLlmDefaults } from "../cache/engines/tensorrt-llm.ts";
import { llamaCppCache, tensorrtLlmCache } from "./engine-caches.ts";
import { llamaCppTuning, tensorrtLlmTuning } from "./engine-tuning.ts";
import { sglangPolicies } from "./engines/sglang.ts";
import { vllmPolicies } from "./engines/vllm.ts";
import type { Policy } from "./policy.ts";

export const enginePolicies: readonly Policy[] = [
  ...sglangPolicies,
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
