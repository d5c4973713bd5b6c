/**
 * Apps of Dify as they are exported (YAML): the prompt of each node that calls a model, or of the app itself.
 * Source: langgenius/dify `api/services/app_dsl_service.py`, `api/core/workflow/nodes/llm` (`fetch_prompt_messages`),
 * `api/core/workflow/nodes/question_classifier`, `api/core/workflow/nodes/agent`, `api/core/memory/token_buffer_memory.py`.
 */
import { difyClaim } from "../builder-places.ts";
import { roleNamed } from "../role-lines.ts";
import type { HistoryWindow, ToolDefinition } from "../template.ts";
import { type BuilderTool, type ToolParameter, toolDefinition, unsaidOf } from "./builder-tools.ts";
import {
  type DataNode,
  isOn,
  itemsOf,
  listAt,
  type MapNode,
  mapAt,
  numberAt,
  stringAt,
  textAt,
  valueAt,
} from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

/** `null` for documents that are no app. */
export function difyPrompts(path: string, root: DataNode): readonly FoundPrompt[] | null {
  if (mapAt(root, "app") === null) return null;
  const settings = mapAt(root, "model_config");
  const nodes = valueAt(mapAt(mapAt(root, "workflow"), "graph"), "nodes");
  if (settings === null && nodes === null) return null;
  const app = mapAt(root, "app");
  const simple = settings === null ? null : appPrompt(path, settings, app);
  const found = itemsOf(nodes).flatMap((node, index) => {
    const data = mapAt(node, "data");
    const prompt = data === null ? null : nodePrompt(path, `workflow.graph.nodes[${index}].data`, data);
    return prompt === null ? [] : [prompt];
  });
  return simple === null ? found : [simple, ...found];
}

/**
 * The prompt of an app without a workflow: one text above the conversation, which is the question itself where there is none
 * (`completion`), or messages where its author writes all of them (`prompt_type: advanced`).
 * langgenius/dify `api/core/prompt/simple_prompt_transform.py` and `advanced_prompt_transform.py`.
 */
function appPrompt(path: string, settings: MapNode, app: MapNode | null): FoundPrompt | null {
  const builder = new PromptBuilder(path);
  const isCompletion = stringAt(app, "mode") === "completion";
  const isAdvanced = stringAt(settings, "prompt_type") === "advanced";
  const key = isAdvanced ? advancedPrompt(builder, settings, isCompletion) : "pre_prompt";
  if (!isAdvanced) builder.message(isCompletion ? "user" : "system", textAt(settings, key), "dify");
  if (builder.isEmpty) return null;
  const agent = mapAt(settings, "agent_mode");
  const tools = isOn(agent, "enabled") ? itemsOf(listAt(agent, "tools")).flatMap(toolIn) : [];
  builder.note(unsaidOf(tools));
  return {
    keyPath: `model_config.${key}`,
    name: stringAt(app, "name"),
    usage: isAdvanced || isCompletion ? "request" : "instructions",
    prompt: builder.build(),
    ...(tools.length > 0 && { tools: tools.map((tool) => toolDefinition(path, tool)) }),
  };
}

/** Behind messages Dify puts the earlier turns and what is asked now; a completion has both in its text. */
function advancedPrompt(builder: PromptBuilder, settings: MapNode, isCompletion: boolean): string {
  const completion = mapAt(mapAt(settings, "completion_prompt_config"), "prompt");
  const text = textAt(completion, "text");
  const messages = itemsOf(listAt(mapAt(settings, "chat_prompt_config"), "prompt"));
  if (text !== null && (isCompletion || messages.length === 0)) {
    builder.message("user", text, "dify");
    return "completion_prompt_config";
  }
  for (const message of messages) {
    const role = roleNamed(stringAt(message, "role") ?? "user") ?? "user";
    builder.message(role, textAt(message, "text"), "dify");
  }
  if (!builder.isEmpty && !isCompletion) {
    const { end } = messages.at(-1)!.range;
    builder.history("chat_history", { start: end, end }, null);
    addQuery(builder, { ...settings, range: { start: end, end } }, "sys.query");
  }
  return "chat_prompt_config";
}

function nodePrompt(path: string, keyPath: string, data: MapNode): FoundPrompt | null {
  const builder = new PromptBuilder(path);
  const isClassifier = stringAt(data, "type") === "question-classifier";
  if (isClassifier) addClassifier(builder, data);
  else addMessages(builder, data);
  const tools = isClassifier ? [] : addTools(path, builder, data);
  if (!builder.hasText) return null;
  const name = stringAt(data, "title");
  return {
    ...{ keyPath, name, usage: "request", prompt: builder.build() },
    ...(tools.length > 0 && { tools }),
  };
}

/** As a node sends them: its prompt, what was said before where it remembers that, and what is asked now. */
function addMessages(builder: PromptBuilder, data: MapNode): void {
  const template = valueAt(data, "prompt_template");
  const messages = template?.kind === "list" ? itemsOf(template) : template?.kind === "map" ? [template] : [];
  for (const message of messages) {
    const jinja = stringAt(message, "edition_type") === "jinja2" ? textAt(message, "jinja2_text") : null;
    const role = roleNamed(stringAt(message, "role") ?? "user") ?? "user";
    builder.message(role, jinja ?? textAt(message, "text"), jinja === null ? "dify" : "jinja");
  }
  for (const key of ["instruction", "instructions"]) builder.message("system", textAt(data, key), "dify");
  const agent = mapAt(data, "agent_parameters");
  builder.message("system", textAt(mapAt(agent, "instruction"), "value"), "dify");
  const memory = mapAt(data, "memory");
  // A prompt that is one text has the earlier turns at `{{#histories#}}`, and asks by itself.
  const remembers = memory !== null && template?.kind !== "map";
  if (remembers) addMemory(builder, memory);
  const asked =
    textAt(mapAt(agent, "query"), "value") ?? (remembers ? textAt(memory, "query_prompt_template") : null);
  builder.message("user", asked, "dify");
  if (remembers && (asked === null || asked.value.trim() === "")) addQuery(builder, memory, "sys.query");
  // What values are taken out of, by a node that extracts parameters.
  const selected = listAt(data, "query");
  if (selected !== null) addQuery(builder, selected, selectorOf(selected));
}

function addMemory(builder: PromptBuilder, memory: MapNode): void {
  const { start } = memory.range;
  builder.history("chat_history", { start, end: start }, windowOf(memory));
}

/** Rounds of question and answer; `null` where as many are sent as fit. */
function windowOf(memory: MapNode): HistoryWindow | null {
  const window = mapAt(memory, "window");
  const last = numberAt(window, "size");
  return isOn(window, "enabled") && last !== null && last > 0 ? { keep: "turns", last } : null;
}

/** A message of the user that is one value. */
function addQuery(builder: PromptBuilder, { range }: DataNode, name: string): void {
  builder.marker("user", { start: range.start, end: range.start });
  builder.hole(name, { start: range.start, end: range.start }, difyClaim(name));
}

/** `[sys, query]`: a value of the app, or of a node, which are numbered. */
function selectorOf(list: DataNode | null): string {
  const parts = itemsOf(list).flatMap((part) => (part.kind === "text" ? [part.value] : []));
  const named = parts.join(".").replace(/^\d{6,}\./, "");
  return named === "" ? "query" : named;
}

/** What is to be sorted comes first, then the classes, then how to sort. */
function addClassifier(builder: PromptBuilder, data: MapNode): void {
  const selector = listAt(data, "query_variable_selector");
  const classes = listAt(data, "classes");
  const instruction = textAt(data, "instruction");
  const hasInstruction = instruction !== null && instruction.value.trim() !== "";
  if (classes === null && !hasInstruction) return;
  const { range } = selector ?? classes ?? data;
  addQuery(builder, { ...data, range }, selectorOf(selector));
  if (classes !== null) {
    const categories = itemsOf(classes).map((each) => ({
      category_id: stringAt(each, "id") ?? String(numberAt(each, "id") ?? ""),
      category_name: stringAt(each, "name") ?? "",
    }));
    builder.literal(JSON.stringify(categories), classes.range);
  }
  if (hasInstruction) builder.text(instruction, "dify");
  const message =
    "Dify puts instructions and examples of its own in front of this, the same in every request: they are not in the export and not counted.";
  builder.note({ range: { start: range.start, end: range.start }, severity: "information", message });
}

function addTools(path: string, builder: PromptBuilder, data: MapNode): readonly ToolDefinition[] {
  const list = valueAt(mapAt(mapAt(data, "agent_parameters"), "tools"), "value");
  const tools = itemsOf(list).flatMap(toolIn);
  builder.note(unsaidOf(tools));
  return tools.map((tool) => toolDefinition(path, tool));
}

function toolIn(item: DataNode): readonly BuilderTool[] {
  const tool = item.kind === "map" ? toolOf(item) : null;
  return tool === null ? [] : [tool];
}

/** `null` for one that is switched off. */
function toolOf(item: MapNode): BuilderTool | null {
  const enabled = valueAt(item, "enabled");
  const name = stringAt(item, "tool_name");
  if (name === null || (enabled?.kind === "other" && enabled.value === false)) return null;
  const own = stringAt(mapAt(item, "extra"), "description") ?? "";
  const schemas = listAt(item, "schemas");
  return {
    name,
    description: own.trim() === "" ? stringAt(item, "tool_description") : own,
    parameters: schemas === null ? null : itemsOf(schemas).flatMap(parameterOf),
    range: item.range,
  };
}

/** Only those are asked of the model whose form is `llm`. */
function parameterOf(schema: DataNode): readonly ToolParameter[] {
  const name = stringAt(schema, "name");
  if (name === null || stringAt(schema, "form") !== "llm") return [];
  const written = stringAt(schema, "type") ?? "string";
  return [
    {
      name,
      type: jsonTypes.has(written) ? written : "string",
      description: stringAt(schema, "llm_description"),
      isRequired: isOn(schema, "required"),
    },
  ];
}

const jsonTypes: ReadonlySet<string> = new Set(["string", "number", "boolean", "array", "object"]);
