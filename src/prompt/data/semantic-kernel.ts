/** Prompt functions of Semantic Kernel in YAML: `template` with `template_format` beside it. */
import type { EngineName } from "../engines.ts";
import { splitMessages } from "../semantic-kernel-messages.ts";
import { type DataNode, has, itemsOf, type MapNode, stringAt, textAt, valueAt } from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

/** By `template_format`. */
export const engineNames: Readonly<Record<string, EngineName>> = {
  "semantic-kernel": "semantic-kernel",
  handlebars: "handlebars",
  liquid: "liquid",
  jinja2: "jinja",
  mustache: "mustache",
  "f-string": "str-format",
};

/** `template` beside what only a prompt function has; LangChain's older files (`_type: prompt`) look the same. */
export function functionPrompt(path: string, keyPath: string, map: MapNode): FoundPrompt | null {
  const template = textAt(map, "template");
  const isFunction = ["template_format", "input_variables", "execution_settings"].some((key) =>
    has(map, key),
  );
  if (template === null || !isFunction) return null;
  const builder = new PromptBuilder(path);
  const engine = engineNames[stringAt(map, "template_format") ?? ""] ?? null;
  builder.text(template, engine, (segments) => splitMessages(segments, engine));
  if (builder.isEmpty) return null;
  const prompt = builder.build();
  const isChat = prompt.segments.some(({ kind }) => kind === "marker");
  const isAgent = !isChat && !has(map, "input_variables");
  return {
    keyPath,
    name: stringAt(map, "name"),
    usage: isAgent ? "instructions" : "request",
    prompt,
    samples: defaultsOf(valueAt(map, "input_variables")),
  };
}

/** `default` of the variables that have one; version 1 of the schema says `defaultValue`. */
export function defaultsOf(variables: DataNode | null): ReadonlyMap<string, string> {
  const samples = new Map<string, string>();
  for (const variable of itemsOf(variables)) {
    const name = stringAt(variable, "name");
    const value = valueAt(variable, "default") ?? valueAt(variable, "defaultValue");
    if (name !== null && (value?.kind === "text" || value?.kind === "other") && value.value !== null) {
      samples.set(name, String(value.value));
    }
  }
  return samples;
}
