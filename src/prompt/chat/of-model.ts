/** Which chat template a model's server applies. Written by hand; how it is known stands in each line. */
import { type BuiltInChatTemplate, builtInChatTemplates, chatml } from "./built-in.ts";

export interface ModelChatTemplate {
  readonly template: BuiltInChatTemplate;
  /** False where it stands in for the model's own, or for none: then the tokens of role markers are approximate. */
  readonly isOwn: boolean;
}

interface Row {
  /** Starts of model ids. */
  readonly models: readonly string[];
  readonly template: string;
  readonly isOwn: boolean;
}

const rows: readonly Row[] = [
  // The published templates; Qwen3-Next's is the same without the parts for reasoning.
  { models: ["Qwen/Qwen3-8B", "Qwen/Qwen3-Next"], template: "qwen3", isOwn: true },
  // Writes turns as Qwen3 does, and tools in a format of its own.
  { models: ["Qwen/Qwen3.5"], template: "qwen3", isOwn: false },
  // The published template, and the list of added tokens.
  { models: ["ibm-granite/granite-4.0"], template: "granite4", isOwn: true },
  // The chat format of the model card of Phi-4-mini, of whose family it is.
  { models: ["microsoft/Phi-4-mini"], template: "phi4-mini", isOwn: true },
  // The published template of 3.1, which 3.3 kept.
  { models: ["meta-llama/Llama-3"], template: "llama3", isOwn: true },
  // The published template.
  { models: ["deepseek-ai/DeepSeek-V3"], template: "deepseek-v3", isOwn: true },
];

/** ChatML for models of which none ships, base models among them: nobody publishes a template for those. */
export function chatTemplateOfModel(modelId: string): ModelChatTemplate {
  const row = rows.find(({ models }) => models.some((start) => modelId.startsWith(start)));
  const template = builtInChatTemplates.find(({ id }) => id === row?.template);
  return row === undefined || template === undefined
    ? { template: chatml, isOwn: false }
    : { template, isOwn: row.isOwn };
}
