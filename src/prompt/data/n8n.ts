/**
 * Workflows of n8n: a prompt for each node that calls a model, of what its parameters say.
 * Source: n8n-io/n8n `packages/@n8n/nodes-langchain/nodes` (Agent, BasicLLMChain, OpenAi, TextClassifier and others).
 */
import { roleNamed } from "../role-lines.ts";
import type { Role } from "../template.ts";
import {
  type DataNode,
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
  return workflows.flatMap(({ workflow, keyPath }) =>
    itemsOf(valueAt(workflow, "nodes")).flatMap((node, index) => {
      const found = node.kind === "map" ? nodePrompt(path, `${keyPath}nodes[${index}]`, node) : null;
      return found === null ? [] : [found];
    }),
  );
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

function nodePrompt(path: string, keyPath: string, node: MapNode): FoundPrompt | null {
  if (!callsModel.test(stringAt(node, "type") ?? "")) return null;
  const parameters = mapAt(node, "parameters");
  const options = mapAt(parameters, "options");
  const builder = new PromptBuilder(path);
  const say = (role: Role, text: TextNode | null) => builder.message(role, text, "n8n");
  for (const key of ["systemMessage", "systemPromptTemplate", "system"]) {
    say("system", textAt(options, key) ?? textAt(parameters, key));
  }
  for (const message of itemsOf(valueAt(mapAt(parameters, "messages"), "messageValues"))) {
    say(chainRoles[stringAt(message, "type") ?? ""] ?? "system", textAt(message, "message"));
  }
  for (const key of ["messages", "responses"]) {
    for (const message of itemsOf(valueAt(mapAt(parameters, key), "values"))) {
      say(roleNamed(stringAt(message, "role") ?? "user") ?? "user", textAt(message, "content"));
    }
  }
  for (const key of ["text", "inputText", "prompt", "instructions"]) {
    say(key === "instructions" ? "system" : "user", textAt(parameters, key));
  }
  if (!builder.hasText) return null;
  const name = stringAt(node, "name");
  return { keyPath: `${keyPath}.parameters`, name, usage: "request", prompt: builder.build() };
}
