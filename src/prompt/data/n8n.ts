/**
 * Workflows of n8n: a prompt for each node that calls a model, of what its parameters say.
 * Source: n8n-io/n8n `packages/@n8n/nodes-langchain/nodes` (Agent, BasicLLMChain, OpenAi, TextClassifier and others).
 */
import { roleNamed } from "../role-lines.ts";
import { inferred } from "../scope-inference.ts";
import type { Role } from "../template.ts";
import { schemaOf, type ToolParameter, toolDefinition } from "./builder-tools.ts";
import { bodyPrompt } from "./n8n-body.ts";
import { Connections } from "./n8n-nodes.ts";
import {
  type DataNode,
  isOn,
  itemsOf,
  listAt,
  type MapNode,
  mapAt,
  stringAt,
  type TextNode,
  textAt,
  valueAt,
} from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

/** `null` for documents that are no workflow, or several. */
export function n8nPrompts(path: string, root: DataNode): readonly FoundPrompt[] | null {
  const workflows = workflowsOf(root);
  if (workflows.length === 0) return null;
  return workflows.flatMap(({ workflow, keyPath }) => {
    const connections = new Connections(workflow);
    return itemsOf(valueAt(workflow, "nodes")).flatMap((node, index) => {
      if (node.kind !== "map" || isOn(node, "disabled")) return [];
      const at = `${keyPath}nodes[${index}]`;
      const found = nodePrompt(path, at, node, connections) ?? bodyPrompt(path, at, node);
      return found === null ? [] : [found];
    });
  });
}

interface Workflow {
  readonly workflow: MapNode;
  readonly keyPath: string;
}

/** One, one within a template of the gallery, or a list of them. */
function workflowsOf(root: DataNode): readonly Workflow[] {
  if (root.kind === "list") {
    return root.items.flatMap((item, index) =>
      item.kind === "map" && isWorkflow(item) ? [{ workflow: item, keyPath: `[${index}].` }] : [],
    );
  }
  if (root.kind !== "map") return [];
  if (isWorkflow(root)) return [{ workflow: root, keyPath: "" }];
  const inner = mapAt(root, "workflow");
  return inner !== null && isWorkflow(inner) ? [{ workflow: inner, keyPath: "workflow." }] : [];
}

function isWorkflow(map: MapNode): boolean {
  return (
    mapAt(map, "connections") !== null &&
    itemsOf(listAt(map, "nodes")).some(
      (node) => stringAt(node, "type") !== null && mapAt(node, "parameters") !== null,
    )
  );
}

/** Nodes that call models: those of LangChain, and older ones. */
const callsModel = /langchain|openAi|anthropic|mistral|gemini|ollama|groq/i;

/** `type` of the messages of a chain; without one they are the system's. */
const chainRoles: Readonly<Record<string, Role>> = {
  HumanMessagePromptTemplate: "user",
  AIMessagePromptTemplate: "assistant",
};

/** Nodes that take what the user says now from a chat, where they are given no text. */
const asksChat = /\.(?:agent|chainLlm|chainRetrievalQa)$/;

function nodePrompt(
  path: string,
  keyPath: string,
  node: MapNode,
  connections: Connections,
): FoundPrompt | null {
  const type = stringAt(node, "type") ?? "";
  const parameters = mapAt(node, "parameters");
  if (!callsModel.test(type) || parameters === null) return null;
  const builder = new PromptBuilder(path);
  addInstructions(builder, parameters);
  const asked = questionKeys.flatMap((key) => textAt(parameters, key) ?? []);
  const { end } = parameters.range;
  const start = asked[0]?.range.start ?? end;
  const memory = connections.memoryOf(node);
  if (memory !== null) builder.history("chat_history", { start, end: start }, memory.window);
  for (const text of asked) builder.message("user", text, "n8n");
  if (!builder.hasText) return null;
  if (asked.length === 0 && asksChat.test(type)) {
    builder.marker("user", { start: end, end });
    builder.hole("chatInput", { start: end, end }, inferred("request", "what the user says now"));
  }
  const { tools, problems } = connections.toolsOf(node);
  problems.forEach((problem) => void builder.note(problem));
  return {
    keyPath: `${keyPath}.parameters`,
    name: stringAt(node, "name"),
    ...{ usage: "request", prompt: builder.build() },
    ...(tools.length > 0 && { tools: tools.map((tool) => toolDefinition(path, tool)) }),
  };
}

const questionKeys = ["text", "inputText", "prompt"];

/** What stands in front of the question, whoever says it. */
function addInstructions(builder: PromptBuilder, parameters: MapNode): void {
  const options = mapAt(parameters, "options");
  const say = (role: Role, text: TextNode | null) => builder.message(role, text, "n8n");
  for (const key of ["systemMessage", "systemPromptTemplate", "system"]) {
    say("system", textAt(options, key) ?? textAt(parameters, key));
  }
  addSchema(builder, parameters);
  for (const message of itemsOf(valueAt(mapAt(parameters, "messages"), "messageValues"))) {
    say(chainRoles[stringAt(message, "type") ?? ""] ?? "system", textAt(message, "message"));
  }
  for (const key of ["messages", "responses"]) {
    for (const message of itemsOf(valueAt(mapAt(parameters, key), "values"))) {
      say(roleNamed(stringAt(message, "role") ?? "user") ?? "user", textAt(message, "content"));
    }
  }
  say("system", textAt(parameters, "instructions"));
}

/** What the answer shall hold: attributes that are extracted, classes that are told apart. It ends the system prompt. */
function addSchema(builder: PromptBuilder, parameters: MapNode): void {
  const attributes = listAt(mapAt(parameters, "attributes"), "attributes");
  const categories = listAt(mapAt(parameters, "categories"), "categories");
  const list = attributes ?? categories;
  const written = textAt(parameters, "inputSchema") ?? textAt(parameters, "jsonSchemaExample");
  const { range } = list ?? written ?? parameters;
  if (list === null && (written === null || written.value.trim() === "")) return;
  if (builder.isEmpty) builder.marker("system", { start: range.start, end: range.start });
  if (list === null) builder.text(written!, "n8n");
  else
    builder.literal(JSON.stringify(attributes === null ? classesIn(list) : schemaOf(fieldsIn(list))), range);
  const message =
    "n8n puts words of its own around this, the same in every request: they are not in the export and not counted.";
  builder.note({ range: { start: range.start, end: range.start }, severity: "information", message });
}

function classesIn(list: DataNode) {
  return itemsOf(list).map((item) => ({
    category: stringAt(item, "category") ?? "",
    description: stringAt(item, "description") ?? "",
  }));
}

function fieldsIn(list: DataNode): readonly ToolParameter[] {
  return itemsOf(list).flatMap((item): readonly ToolParameter[] => {
    const name = stringAt(item, "name");
    if (name === null) return [];
    const type = stringAt(item, "type") ?? "string";
    const isRequired = isOn(item, "required");
    return [
      {
        name,
        type: type === "date" ? "string" : type,
        description: stringAt(item, "description"),
        isRequired,
      },
    ];
  });
}
