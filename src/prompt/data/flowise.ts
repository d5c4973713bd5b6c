/**
 * Flows of Flowise as they are exported: a prompt for each node that calls a model, or makes a prompt, of what its inputs say.
 * Source: FlowiseAI/Flowise `packages/components/nodes` (chains, agents, prompts, memory, sequentialagents, agentflow).
 */
import { isLinkToNode } from "../flowise-places.ts";
import { roleNamed } from "../role-lines.ts";
import { inferred } from "../scope-inference.ts";
import { mapSegments } from "../segments.ts";
import type { HistoryWindow, Role, Segment } from "../template.ts";
import type { TextRange } from "../text.ts";
import { type BuilderTool, toolDefinition, unsaidOf } from "./builder-tools.ts";
import { readJsonData } from "./json.ts";
import {
  type DataNode,
  isOn,
  itemsOf,
  type MapNode,
  mapAt,
  numberAt,
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
  const byId = new Map(nodes.map((node) => [stringAt(node, "id") ?? "", node]));
  return nodes.flatMap((node, index) =>
    isNode(node) ? promptsOf(path, `nodes[${index}].data.inputs`, node, byId) : [],
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

function promptsOf(
  path: string,
  keyPath: string,
  node: DataNode,
  others: ReadonlyMap<string, DataNode>,
): readonly FoundPrompt[] {
  const data = mapAt(node, "data");
  const inputs = mapAt(data, "inputs")!;
  const isTemplate = /prompt/i.test(stringAt(data, "name") ?? "");
  const given = new NodeInputs(path, inputs, stringAt(node, "type") === "agentFlow", others);
  const label = stringAt(data, "label");
  const said = given.request([...userKeys, ...(isTemplate ? templateKeys : [])]);
  const offered = toolsOf(inputs, others);
  const tools = offered.map((tool) => toolDefinition(path, tool));
  said.note(unsaidOf(offered));
  const alone = aloneKeys.map((key) => ({ key, builder: given.alone(key) }));
  return [{ key: "", builder: said }, ...alone].flatMap(({ key, builder }): readonly FoundPrompt[] => {
    if (!builder.hasText) return [];
    const name = key === "" || label === null ? label : `${label} (${key})`;
    const where = key === "" ? keyPath : `${keyPath}.${key}`;
    return [
      {
        ...{ keyPath: where, name, usage: "request", prompt: builder.build(), samples: given.samples },
        ...(key === "" && tools.length > 0 && { tools }),
      },
    ];
  });
}

/** Nodes that are linked to the input for tools, and those that an agent of an agent flow lists. */
function toolsOf(inputs: MapNode, others: ReadonlyMap<string, DataNode>): readonly BuilderTool[] {
  const linked = itemsOf(valueAt(inputs, "tools")).flatMap((link) => {
    const node = link.kind === "text" ? linkedNode(link.value, others) : null;
    const id = link.kind === "text" ? linkedId(link.value) : null;
    const data = mapAt(node, "data");
    const name = stringAt(data, "name") ?? id?.replace(/_\d+$/, "");
    return name === undefined ? [] : [toolNamed(name, mapAt(data, "inputs"), link.range)];
  });
  const listed = itemsOf(valueAt(inputs, "agentTools")).flatMap((item) => {
    const name = stringAt(item, "agentSelectedTool");
    const config = mapAt(item, "agentSelectedToolConfig");
    return name === null || name === "" ? [] : [toolNamed(name, config, item.range)];
  });
  return [...linked, ...listed];
}

/** Tools that find or ask something are called and described by their author; of others Flowise has the words. */
function toolNamed(type: string, inputs: MapNode | null, range: TextRange): BuilderTool {
  const name = stringAt(inputs, "name") ?? "";
  const description = stringAt(inputs, "description") ?? "";
  return {
    name: name.trim() === "" ? type : name,
    description: description.trim() === "" ? null : description,
    parameters: null,
    range,
  };
}

function linkedId(link: string): string | null {
  return isLinkToNode.test(link) ? link.replace(/^\s*\{\{\s*|\.data\.instance\s*\}\}\s*$/g, "") : null;
}

function linkedNode(link: string, others: ReadonlyMap<string, DataNode>): DataNode | null {
  return others.get(linkedId(link) ?? "") ?? null;
}

class NodeInputs {
  readonly samples = new Map<string, string>();
  readonly #path: string;
  readonly #inputs: MapNode;
  readonly #engine: "flowise-agent" | "flowise-chain";
  /** All nodes of the flow, by their ids. */
  readonly #others: ReadonlyMap<string, DataNode>;
  /** What `promptValues` gives to places: a text, or a place of the server. */
  readonly #values = new Map<string, string>();

  constructor(path: string, inputs: MapNode, isAgent: boolean, others: ReadonlyMap<string, DataNode>) {
    this.#others = others;
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
    const link = textAt(this.#inputs, "memory");
    if (link !== null && link.value.trim() !== "") {
      const memory = mapAt(linkedNode(link.value, this.#others), "data");
      builder.history("chat_history", link.range, memory === null ? null : windowOfMemory(memory));
    }
    for (const prefix of ["llm", "agent", "conditionAgent"]) {
      const enabled = valueAt(this.#inputs, `${prefix}EnableMemory`);
      if (enabled === null || !isOn(this.#inputs, `${prefix}EnableMemory`)) continue;
      const isWindow = stringAt(this.#inputs, `${prefix}MemoryType`) === "windowSize";
      const last = numberAt(this.#inputs, `${prefix}MemoryWindowSize`) ?? usualAgentTurns;
      builder.history("chat_history", enabled.range, isWindow ? lastTurns(last) : null);
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

/** Where nobody says how many turns stay. */
const usualTurns = 4;
const usualAgentTurns = 20;

function windowOfMemory(data: MapNode): HistoryWindow | null {
  if (stringAt(data, "name") !== "bufferWindowMemory") return null;
  return lastTurns(numberAt(mapAt(data, "inputs"), "k") ?? usualTurns);
}

/** Flowise counts a question and its answer as one: it keeps twice as many messages. */
function lastTurns(last: number): HistoryWindow | null {
  return last < 1 ? null : { keep: "turns", last };
}
