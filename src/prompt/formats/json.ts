/** Prompts in JSON: bodies of requests, chats, LangSmith, registries. Which keys hold them, `../data` knows. */
import { dataTemplates } from "../data/data-templates.ts";
import { readJsonData } from "../data/json.ts";
import { mayBePromptData, mayHoldPrompts } from "../data/places.ts";
import type { TemplateFormat } from "../format.ts";

export const json: TemplateFormat = {
  id: "json",
  name: "JSON",
  matches: (path) => /\.jsonc?$/i.test(path) && mayBePromptData(path),
  mayHold: mayHoldPrompts,
  parse: (document) => {
    const { value, problems } = readJsonData(document.text);
    return dataTemplates(document, "json", { value: value === null ? [] : [value], problems }, true);
  },
};
