/**
 * Prompts as LangChain serializes them, and LangSmith stores them:
 * `{"lc": 1, "type": "constructor", "id": ["langchain", "prompts", "chat", "ChatPromptTemplate"], "kwargs": {…}}`.
 */
import type { EngineName } from "../engines.ts";
import type { Role } from "../template.ts";
import { addContent } from "./messages.ts";
import { type DataNode, itemsOf, type MapNode, mapAt, resolved, stringAt, textAt, valueAt } from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

const roles: readonly (readonly [RegExp, Role])[] = [
  [/^System/, "system"],
  [/^(?:Human|User)/, "user"],
  [/^AI/, "assistant"],
  [/^(?:Tool|Function)/, "tool"],
];

const engineNames: Readonly<Record<string, EngineName>> = {
  "f-string": "str-format",
  mustache: "mustache",
  jinja2: "jinja",
};

const chats = new Set(["ChatPromptTemplate", "StructuredPrompt", "ChatPromptValue"]);

/** True for any serialized object of LangChain. */
export function isLangChain(map: MapNode): boolean {
  return valueAt(map, "lc") !== null && valueAt(map, "kwargs") !== null && valueAt(map, "id") !== null;
}

/** The class that a serialized object is of; empty for anything else. */
function classOf(node: DataNode | null): string {
  if (node?.kind !== "map" || !isLangChain(node)) return "";
  const name = itemsOf(valueAt(node, "id")).at(-1);
  return name?.kind === "text" ? name.value : "";
}

export function langChainPrompt(path: string, keyPath: string, map: MapNode): FoundPrompt | null {
  const name = classOf(map);
  const kwargs = mapAt(map, "kwargs");
  const builder = new PromptBuilder(path);
  const isChat = chats.has(name);
  if (isChat) for (const message of itemsOf(valueAt(kwargs, "messages"))) addMessage(message, builder);
  else if (name === "PromptTemplate") addTemplate(map, builder);
  if (builder.isEmpty) return null;
  return {
    keyPath,
    name: stringAt(map, "name") ?? stringAt(kwargs, "name"),
    usage: "request",
    prompt: builder.build(),
    samples: partialsOf(kwargs),
  };
}

function addMessage(message: DataNode, builder: PromptBuilder): void {
  if (builder.isFull) return;
  const name = classOf(message);
  const kwargs = mapAt(message, "kwargs");
  if (name === "MessagesPlaceholder") {
    const variable = textAt(kwargs, "variable_name");
    if (variable !== null) builder.history(variable.value, message.range);
    return;
  }
  const role = name.startsWith("Chat") ? "user" : roles.find(([pattern]) => pattern.test(name))?.[1];
  const said = valueAt(kwargs, "prompt") ?? valueAt(kwargs, "content");
  if (role === undefined || said === null) return;
  builder.marker(role, { start: message.range.start, end: Math.max(message.range.start, said.range.start) });
  // What a message (and no template of one) says is sent as it is.
  if (valueAt(kwargs, "prompt") === null) addContent(said, { builder, engine: "plain" });
  else for (const prompt of said.kind === "list" ? itemsOf(said) : [said]) addTemplate(prompt, builder);
}

function addTemplate(prompt: DataNode, builder: PromptBuilder): void {
  const kwargs = mapAt(resolved(prompt), "kwargs");
  const template = textAt(kwargs, "template");
  if (template === null || builder.isFull) return;
  builder.text(template, engineNames[stringAt(kwargs, "template_format") ?? "f-string"] ?? null);
}

/** Values that the prompt gives to its own places. */
function partialsOf(kwargs: DataNode | null): ReadonlyMap<string, string> {
  const partials = mapAt(kwargs, "partial_variables");
  const samples = new Map<string, string>();
  for (const { key } of partials?.entries ?? []) {
    const value = stringAt(partials, key);
    if (value !== null) samples.set(key, value);
  }
  return samples;
}
