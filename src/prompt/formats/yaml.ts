/** Prompts in YAML: registries, agents, tasks, test suites, requests. Which keys hold them, `../data` knows. */

import { dataTemplates } from "../data/data-templates.ts";
import { mayBePromptData, mayHoldPrompts } from "../data/places.ts";
import { readYamlData } from "../data/yaml.ts";
import { inComment } from "../directives.ts";
import type { TemplateFormat } from "../format.ts";

export const yaml: TemplateFormat = {
  id: "yaml",
  name: "YAML",
  takesMarks: true,
  declaring: inComment("#"),
  matches: (path) => /\.(?:ya?ml|rivet-project)$/i.test(path) && mayBePromptData(path),
  mayHold: mayHoldPrompts,
  parse: (document) => dataTemplates(document, "yaml", readYamlData(document.text)),
};
