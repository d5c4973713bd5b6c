/** Which chat template a model's server applies. */
import { type BuiltInChatTemplate, builtInChatTemplates, chatml } from "./built-in.ts";
import { chatTemplates, chatTemplatesOfModels } from "./catalogue.ts";

export interface ModelChatTemplate {
  readonly template: BuiltInChatTemplate;
  /** False where it stands in for the model's own, or for none: then the tokens of role markers are approximate. */
  readonly isOwn: boolean;
}

/** ChatML for models of which none ships, base models among them: nobody publishes a template for those. */
export function chatTemplateOfModel(modelId: string): ModelChatTemplate {
  const name = chatTemplatesOfModels[modelId];
  const row = name === undefined ? undefined : chatTemplates[name];
  const template = builtInChatTemplates.find(({ id }) => id === row?.template);
  return row === undefined || template === undefined
    ? { template: chatml, isOwn: false }
    : { template, isOwn: row.isOwn };
}
