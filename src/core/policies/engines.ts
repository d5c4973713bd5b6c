/** Servers as they are today. */
import { llamaCppPolicies } from "./engines/llama-cpp.ts";
import { sglangPolicies } from "./engines/sglang.ts";
import { tensorrtLlmPolicies } from "./engines/tensorrt-llm.ts";
import { vllmPolicies } from "./engines/vllm.ts";
import type { Policy } from "./policy.ts";

export const enginePolicies: readonly Policy[] = [
  ...sglangPolicies,
  ...vllmPolicies,
  ...tensorrtLlmPolicies,
  ...llamaCppPolicies,
];
