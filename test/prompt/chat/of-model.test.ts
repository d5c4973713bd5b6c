import { describe, expect, it } from "vitest";
import { builtInChatTemplates } from "../../../src/prompt/chat/built-in.ts";
import { chatTemplates, chatTemplatesOfModels } from "../../../src/prompt/chat/catalogue.ts";
import { chatTemplateOfModel } from "../../../src/prompt/chat/of-model.ts";

describe("the chat template of a model", () => {
  it.each([
    ["ibm-granite/granite-4.0-h-small", "granite4", true],
    ["Qwen/Qwen3-Next-80B-A3B-Instruct", "qwen3", true],
    ["Qwen/Qwen3.5-27B", "qwen3", false],
    ["microsoft/Phi-4-mini-flash-reasoning", "phi4-mini", true],
    ["meta-llama/Llama-3.3-70B-Instruct", "llama3", true],
    ["nvidia/Nemotron-H-8B-Base-8K", "chatml", false],
    ["nobody/knows-it", "chatml", false],
  ])("%s: %s", (model, id, isOwn) => {
    const found = chatTemplateOfModel(model);
    expect([found.template.id, found.isOwn]).toEqual([id, isOwn]);
  });

  it("ships, wherever the facts name one", () => {
    const shipped = builtInChatTemplates.map(({ id }) => id);
    expect(Object.values(chatTemplates).filter(({ template }) => !shipped.includes(template))).toEqual([]);
    expect(Object.values(chatTemplatesOfModels).filter((name) => !(name in chatTemplates))).toEqual([]);
  });
});
