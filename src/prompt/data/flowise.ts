/**
 * Flows of Flowise as they are exported: a prompt for each node that calls a model, or makes a prompt, of what its inputs say.
 * Source: FlowiseAI/Flowise `packages/components/nodes` (chains, agents, prompts, sequentialagents, agentflow).
 */
import { isLinkToNode } from "../flowise-places.ts";
import { roleNamed } from "../role-lines.ts";
import { inferred } from "../scope-inference.ts";
import { mapSegments } from "../segments.ts";
import type { Role, Segment } from "../template.ts";
import { readJsonData } from "./json.ts";
import {
  type DataNode,
  itemsOf,
  type MapNode,
  mapAt,
  stringAt,
  type TextNode,
  textAt,
  valueAt,
} from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

/** `null` for documents that are no flow. */
export function flowisePrompts(path: string, root: DataNode): readonly FoundPrompt[] | null {
  const nodes = itemsOf(valueAt(root, "nodes"));
  if (valueAt(root, "edges")?.kind !== "list" || !nodes.some(isNode)) return null;
  return nodes.flatMap((node, index) =>
    isNode(node) ? promptsOf(path, `nodes[${index}].data.inputs`, node) : [],
  );
}

const nodeTypes = new Set(["customNode", "agentFlow"]);

function isNode(node: DataNode): boolean {
  const data = mapAt(node, "data");
  return (
    nodeTypes.has(stringAt(node, "type") ?? "") &&
    stringAt(data, "name") !== null &&
    mapAt(data, "inputs") !== null
  );
}

/** Inputs by who says them; those of one list make one message. */
const systemKeys = [
  "systemMessagePrompt",
  "systemMessage",
  "supervisorPrompt",
  "workerPrompt",
  "responsePrompt",
  "conditionAgentInstructions",
];
const userKeys = [
  "humanMessagePrompt",
  "textQAPrompt",
  "llmUserMessage",
  "agentUserMessage",
  "conditionAgentInput",
];
/** Of nodes that make prompts; in others they are something else. */
const templateKeys = ["template", "prefix", "suffix"];
const messageKeys = ["llmMessages", "agentMessages"];
/** Sent in calls of their own. */
const aloneKeys = ["rephrasePrompt", "refinePrompt"];

function promptsOf(path: string, keyPath: string, node: DataNode): readonly FoundPrompt[] {
  const data = mapAt(node, "data");
  const inputs = mapAt(data, "inputs")!;
  const isTemplate = /prompt/i.test(stringAt(data, "name") ?? "");
  const given = new NodeInputs(path, inputs, stringAt(node, "type") === "agentFlow");
  const label = stringAt(data, "label");
  const said = given.request([...userKeys, ...(isTemplate ? templateKeys : [])]);
  const alone = aloneKeys.map((key) => ({ key, builder: given.alone(key) }));
  return [{ key: "", builder: said }, ...alone].flatMap(({ key, builder }): readonly FoundPrompt[] => {
    if (!builder.hasText) return [];
    const name = key === "" || label === null ? label : `${label} (${key})`;
    const where = key === "" ? keyPath : `${keyPath}.${key}`;
    return [{ keyPath: where, name, usage: "request", prompt: builder.build(), samples: given.samples }];
  });
}

class NodeInputs {
  readonly samples = new Map<string, string>();
  readonly #path: string;
  readonly #inputs: MapNode;
  readonly #engine: "flowise-agent" | "flowise-chain";
  /** What `promptValues` gives to places: a text, or a place of the server. */
  readonly #values = new Map<string, string>();

  constructor(path: string, inputs: MapNode, isAgent: boolean) {
    this.#path = path;
    this.#inputs = inputs;
    this.#engine = isAgent ? "flowise-agent" : "flowise-chain";
    const values = textAt(inputs, "promptValues");
    const read = values === null ? null : readJsonData(values.value).value;
    for (const { key, value } of read?.kind === "map" ? read.entries : []) {
      if (value.kind !== "text") continue;
      this.#values.set(key, value.value);
      if (!value.value.includes("{{")) this.samples.set(key, value.value);
    }
  }

  request(userKeys: readonly string[]): PromptBuilder {
    const builder = new PromptBuilder(this.#path);
    this.#say(builder, "system", systemKeys);
    for (const key of messageKeys) {
      for (const message of itemsOf(valueAt(this.#inputs, key))) {
        const role = roleNamed(stringAt(message, "role") ?? "user") ?? "user";
        this.#texts(builder, role, [textAt(message, "content")]);
      }
    }
    this.#memory(builder);
    this.#say(builder, "user", userKeys);
    return builder;
  }

  alone(key: string): PromptBuilder {
    const builder = new PromptBuilder(this.#path);
    this.#say(builder, "user", [key]);
    return builder;
  }

  /** A node for the earlier turns, or the switch of an agent. */
  #memory(builder: PromptBuilder): void {
    const node = textAt(this.#inputs, "memory");
    if (node !== null && node.value.trim() !== "") builder.history("chat_history", node.range);
    for (const key of ["llmEnableMemory", "agentEnableMemory"]) {
      const enabled = valueAt(this.#inputs, key);
      if (enabled?.kind === "other" && enabled.value === true) builder.history("chat_history", enabled.range);
    }
  }

  #say(builder: PromptBuilder, role: Role, keys: readonly string[]): void {
    this.#texts(
      builder,
      role,
      keys.map((key) => textAt(this.#inputs, key)),
    );
  }

  #texts(builder: PromptBuilder, role: Role, texts: readonly (TextNode | null)[]): void {
    const written = texts.filter(
      (text) => text !== null && text.value.trim() !== "" && !isLinkToNode.test(text.value),
    );
    const [first] = written;
    if (first == null) return;
    builder.marker(role, { start: first.range.start, end: first.range.start });
    for (const text of written) builder.text(text!, this.#engine, (segments) => this.#withValues(segments));
  }

  #withValues(segments: readonly Segment[]): readonly Segment[] {
    if (this.#values.size === 0) return segments;
    return mapSegments(segments, (segment) => {
      const value = segment.kind === "hole" ? this.#values.get(segment.name) : undefined;
      if (segment.kind !== "hole" || value === undefined) return segment;
      if (/\bchat_history\b/.test(value)) return { ...segment, form: "history" };
      const scope = value.includes("{{")
        ? inferred("request", `the flow fills \`${segment.name}\` with \`${value}\``)
        : inferred("constant", `the flow fills \`${segment.name}\` with a text of its own`);
      return { ...segment, scope };
    });
  }
}
