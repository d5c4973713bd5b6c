/** Prompts in TOML: commands of Gemini CLI, settings of agents. Which keys hold them, `../data` knows. */
import { dataTemplates } from "../data/data-templates.ts";
import { mayBePromptData, mayHoldPrompts } from "../data/places.ts";
import { readTomlData } from "../data/toml.ts";
import { inComment } from "../directives.ts";
import type { TemplateFormat } from "../format.ts";

/** A key of TOML, with a text behind it. */
const tellingKey =
  /(?:prompt|instructions?|system|user|preamble|persona|template)[\w"'-]{0,20}[ \t]*=[ \t]*["']/i;

export const toml: TemplateFormat = {
  id: "toml",
  name: "TOML",
  takesMarks: true,
  declaring: inComment("#"),
  matches: (path) => /\.toml$/i.test(path) && mayBePromptData(path),
  mayHold: (text) => tellingKey.test(text) || mayHoldPrompts(text),
  parse: (document) => {
    const { value, problems } = readTomlData(document.text);
    return dataTemplates(document, "toml", { value: [value], problems });
  },
};
