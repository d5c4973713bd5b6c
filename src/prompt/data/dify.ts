/**
 * Apps of Dify as they are exported (YAML): the prompt of each node that calls a model, or of the app itself.
 * Source: langgenius/dify `api/services/app_dsl_service.py`, `api/core/workflow/nodes/llm/entities.py`.
 */
import { roleNamed } from "../role-lines.ts";
import { type DataNode, itemsOf, type MapNode, mapAt, stringAt, textAt, valueAt } from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

/** `null` for documents that are no app. */
export function difyPrompts(path: string, root: DataNode): readonly FoundPrompt[] | null {
  if (mapAt(root, "app") === null) return null;
  const settings = mapAt(root, "model_config");
  const nodes = valueAt(mapAt(mapAt(root, "workflow"), "graph"), "nodes");
  if (settings === null && nodes === null) return null;
  const simple =
    settings === null ? null : simplePrompt(path, settings, stringAt(mapAt(root, "app"), "name"));
  const found = itemsOf(nodes).flatMap((node, index) => {
    const data = mapAt(node, "data");
    const prompt = data === null ? null : nodePrompt(path, `workflow.graph.nodes[${index}].data`, data);
    return prompt === null ? [] : [prompt];
  });
  return simple === null ? found : [simple, ...found];
}

/** What stands above the conversation of an app without a workflow. */
function simplePrompt(path: string, settings: MapNode, name: string | null): FoundPrompt | null {
  const builder = new PromptBuilder(path);
  builder.message("system", textAt(settings, "pre_prompt"), "dify");
  if (builder.isEmpty) return null;
  return { keyPath: "model_config.pre_prompt", name, usage: "instructions", prompt: builder.build() };
}

function nodePrompt(path: string, keyPath: string, data: MapNode): FoundPrompt | null {
  const builder = new PromptBuilder(path);
  const template = valueAt(data, "prompt_template");
  const messages = template?.kind === "list" ? itemsOf(template) : template?.kind === "map" ? [template] : [];
  for (const message of messages) {
    const jinja = stringAt(message, "edition_type") === "jinja2" ? textAt(message, "jinja2_text") : null;
    const role = roleNamed(stringAt(message, "role") ?? "user") ?? "user";
    builder.message(role, jinja ?? textAt(message, "text"), jinja === null ? "dify" : "jinja");
  }
  for (const key of ["instruction", "instructions"]) builder.message("system", textAt(data, key), "dify");
  const agent = mapAt(mapAt(data, "agent_parameters"), "instruction");
  builder.message("system", textAt(agent, "value"), "dify");
  if (!builder.hasText) return null;
  return { keyPath, name: stringAt(data, "title"), usage: "request", prompt: builder.build() };
}
