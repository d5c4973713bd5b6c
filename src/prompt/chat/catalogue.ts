// Generated from facts/models.json. Do not edit: change the facts, and run npm run facts.
import type { TemplateRow } from "./template-row.ts";

export const chatTemplates: Readonly<Record<string, TemplateRow>> = {
  qwen3: { template: "qwen3", isOwn: true },
  "qwen3.5": { template: "qwen3", isOwn: false },
  "granite-4.0": { template: "granite4", isOwn: true },
  "phi-4-mini": { template: "phi4-mini", isOwn: true },
  "llama-3": { template: "llama3", isOwn: true },
  "qwen3-coder": { template: "qwen3", isOwn: false },
};

/** Names of rows by id of a model. */
export const chatTemplatesOfModels: Readonly<Record<string, string>> = {
  "ibm-granite/granite-4.0-h-tiny": "granite-4.0",
  "ibm-granite/granite-4.0-h-small": "granite-4.0",
  "ibm-granite/granite-4.0-h-micro": "granite-4.0",
  "ibm-granite/granite-4.0-h-1b": "granite-4.0",
  "ibm-granite/granite-4.0-h-350m": "granite-4.0",
  "Qwen/Qwen3-Next-80B-A3B-Instruct": "qwen3",
  "Qwen/Qwen3.5-4B": "qwen3.5",
  "Qwen/Qwen3.5-9B": "qwen3.5",
  "Qwen/Qwen3.5-27B": "qwen3.5",
  "Qwen/Qwen3.5-35B-A3B": "qwen3.5",
  "Qwen/Qwen3.5-122B-A10B": "qwen3.5",
  "Qwen/Qwen3.5-397B-A17B": "qwen3.5",
  "microsoft/Phi-4-mini-flash-reasoning": "phi-4-mini",
  "meta-llama/Llama-3.1-8B-Instruct": "llama-3",
  "meta-llama/Llama-3.3-70B-Instruct": "llama-3",
  "Qwen/Qwen3-8B": "qwen3",
  "Qwen/Qwen3-30B-A3B": "qwen3",
  "Qwen/Qwen3-235B-A22B": "qwen3",
  "Qwen/Qwen3-Coder-480B-A35B-Instruct": "qwen3-coder",
  "Qwen/Qwen3-32B": "qwen3",
};
