/**
 * Flows of Langflow as they are exported: a request for each node that calls a model, with the prompts that are linked to it,
 * and one for each prompt that is linked to none of these.
 * Source: langflow-ai/langflow `src/backend/base/langflow/components` (prompts, models, agents), `initial_setup/starter_projects`.
 */
import type { EngineName } from "../engines.ts";
import { inferred, inferScope } from "../scope-inference.ts";
import { mapSegments } from "../segments.ts";
import type { HoleSegment, Role, Segment } from "../template.ts";
import {
  type DataNode,
  itemsOf,
  listAt,
  type MapNode,
  mapAt,
  numberAt,
  stringAt,
  type TextNode,
  textAt,
  valueAt,
} from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

/** `null` for documents that are no flow, or several. */
export function langflowPrompts(path: string, root: DataNode): readonly FoundPrompt[] | null {
  const flows = [{ flow: root, keyPath: "" }];
  for (const [index, flow] of itemsOf(valueAt(root, "flows")).entries()) {
    flows.push({ flow, keyPath: `flows[${index}].` });
  }
  const ours = flows.flatMap(({ flow, keyPath }) => {
    const data = mapAt(flow, "data");
    const nodes = itemsOf(listAt(data, "nodes"));
    return nodes.some((node) => fieldsOf(node) !== null)
      ? [new Flow(path, `${keyPath}data.nodes`, nodes, data!)]
      : [];
  });
  return ours.length === 0 ? null : ours.flatMap((flow) => flow.prompts());
}

/** What a node can be given, by name. */
function fieldsOf(node: DataNode): MapNode | null {
  return mapAt(mapAt(mapAt(node, "data"), "node"), "template");
}

interface FlowNode {
  readonly id: string;
  readonly keyPath: string;
  /** Of its component, such as `ChatInput`. */
  readonly type: string;
  readonly name: string | null;
  readonly fields: MapNode;
}

const systemFields = ["system_message", "system_prompt"];
/** Prompts that are parts of prompts: deeper, or more of them, than anybody links. */
const maxDepth = 4;
const maxParts = 100;

class Flow {
  readonly #path: string;
  readonly #nodes: readonly FlowNode[];
  /** The node that fills a field, by node and field. */
  readonly #sources = new Map<string, FlowNode>();
  #parts = 0;
  /** Prompts that are part of another request. */
  readonly #used = new Set<FlowNode>();

  constructor(path: string, keyPath: string, nodes: readonly DataNode[], data: MapNode) {
    this.#path = path;
    this.#nodes = nodes.flatMap((node, index): readonly FlowNode[] => {
      const inner = mapAt(node, "data");
      const fields = fieldsOf(node);
      if (fields === null) return [];
      const id = stringAt(node, "id") ?? stringAt(inner, "id") ?? String(index);
      const type = stringAt(inner, "type") ?? "";
      const name = stringAt(mapAt(inner, "node"), "display_name") ?? type;
      return [{ id, keyPath: `${keyPath}[${index}].data.node.template`, type, name, fields }];
    });
    const byId = new Map(this.#nodes.map((node) => [node.id, node]));
    for (const edge of itemsOf(valueAt(data, "edges"))) {
      const source = byId.get(stringAt(edge, "source") ?? "");
      const field = fieldOf(edge);
      if (source !== undefined && field !== null) {
        this.#sources.set(`${stringAt(edge, "target")} ${field}`, source);
      }
    }
  }

  prompts(): readonly FoundPrompt[] {
    const calls = this.#nodes.flatMap((node) => {
      const isModel = systemFields.some((field) => mapAt(node.fields, field) !== null);
      return isModel ? this.#found(node, (builder, samples) => this.#call(node, builder, samples)) : [];
    });
    const alone = this.#nodes.flatMap((node) => {
      if (this.#used.has(node)) return [];
      return this.#found(node, (builder, samples) => this.#prompt(builder, "user", node, samples));
    });
    return [...calls, ...alone];
  }

  #found(
    { keyPath, name }: FlowNode,
    say: (builder: PromptBuilder, samples: Map<string, string>) => void,
  ): readonly FoundPrompt[] {
    const builder = new PromptBuilder(this.#path);
    const samples = new Map<string, string>();
    say(builder, samples);
    return builder.hasText ? [{ keyPath, name, usage: "request", prompt: builder.build(), samples }] : [];
  }

  /** What a model, or an agent, is sent: its own texts are literal. */
  #call(node: FlowNode, builder: PromptBuilder, samples: Map<string, string>): void {
    for (const field of systemFields) this.#said(builder, "system", node, field, samples);
    const earlier =
      mapAt(node.fields, "n_messages") ??
      (this.#source(node, "memory") ? mapAt(node.fields, "memory") : null);
    if (earlier !== null) {
      const { start } = earlier.range;
      const last = numberAt(earlier, "value");
      const window = last === null || last < 1 ? null : ({ keep: "messages", last } as const);
      builder.history("chat_history", { start, end: start }, window);
    }
    this.#said(builder, "user", node, "input_value", samples);
  }

  #said(
    builder: PromptBuilder,
    role: Role,
    node: FlowNode,
    field: string,
    samples: Map<string, string>,
  ): void {
    const source = this.#source(node, field);
    const own = mapAt(node.fields, field);
    if (own === null) return;
    if (source === undefined) {
      builder.message(role, textAt(own, "value"), "plain");
    } else if (templateOf(source) !== null) {
      this.#prompt(builder, role, source, samples);
      this.#used.add(source);
    } else {
      const { range } = valueAt(own, "value") ?? own;
      builder.marker(role, { start: range.start, end: range.start });
      builder.add(range, [filledBy(source, { ...placeNamed(field), range })], field);
    }
  }

  #prompt(builder: PromptBuilder, role: Role, node: FlowNode, samples: Map<string, string>): void {
    const template = templateOf(node);
    if (template === null || template.text.value.trim() === "") return;
    const { start } = template.text.range;
    builder.marker(role, { start, end: start });
    builder.text(template.text, template.engine, (segments) =>
      this.#filled(builder, node, segments, samples, 0),
    );
  }

  /** With what is linked to its places. */
  #filled(
    builder: PromptBuilder,
    node: FlowNode,
    segments: readonly Segment[],
    samples: Map<string, string>,
    depth: number,
  ): readonly Segment[] {
    return mapSegments(segments, (segment) => {
      if (segment.kind !== "hole") return segment;
      const source = this.#source(node, segment.name);
      if (source === undefined) return this.#given(node, segment, samples);
      const template = templateOf(source);
      if (template === null) return filledBy(source, segment);
      this.#used.add(source);
      if (depth >= maxDepth || ++this.#parts > maxParts) return segment;
      const inner = builder.read(template.text, template.engine);
      const resolved = {
        path: this.#path,
        segments: this.#filled(builder, source, inner, samples, depth + 1),
      };
      return { kind: "include", range: segment.range, target: segment.name, resolved };
    });
  }

  /** A place that no node fills has the value that is written beside it. */
  #given(node: FlowNode, hole: HoleSegment, samples: Map<string, string>): Segment {
    const value = stringAt(mapAt(node.fields, hole.name), "value") ?? "";
    if (value.trim() === "") return hole;
    samples.set(hole.name, value);
    return { ...hole, scope: inferred("constant", `the flow fills \`${hole.name}\` with a text of its own`) };
  }

  #source(node: FlowNode, field: string): FlowNode | undefined {
    return this.#sources.get(`${node.id} ${field}`);
  }
}

/** The field that an edge fills: what holds it is written as JSON with another quote where it is no map. */
function fieldOf(edge: DataNode): string | null {
  const handle = valueAt(mapAt(edge, "data"), "targetHandle") ?? valueAt(edge, "targetHandle");
  if (handle?.kind === "map") return stringAt(handle, "fieldName");
  return handle?.kind === "text" ? (/fieldName["œ]\s*:\s*["œ](\w+)/.exec(handle.value)?.[1] ?? null) : null;
}

interface PromptText {
  readonly text: TextNode;
  readonly engine: EngineName;
}

function templateOf({ fields }: FlowNode): PromptText | null {
  const field = mapAt(fields, "template");
  const kind = stringAt(field, "type");
  const text = textAt(field, "value");
  if (text === null || (kind !== "prompt" && kind !== "mustache")) return null;
  const doubled = valueAt(mapAt(fields, "use_double_brackets"), "value");
  const isDoubled = kind === "mustache" || (doubled?.kind === "other" && doubled.value === true);
  return { text, engine: isDoubled ? "mustache" : "str-format" };
}

function placeNamed(name: string): HoleSegment {
  const range = { start: 0, end: 0 };
  return { kind: "hole", range, form: "variable", name, expression: name, scope: inferScope(name) };
}

/** What the kind of a node says of its values. */
const bySource: readonly (readonly [type: RegExp, claim: HoleSegment["scope"]])[] = [
  [/^(?:ChatInput|Webhook)/, inferred("request", "what the user says now")],
  [/^CurrentDate/, inferred("volatile", "the node `CurrentDate` reads the clock")],
  [/^(?:TextInput|Text$)/, inferred("constant", "a text that is written in the flow")],
  [/^(?:File|Directory|URL)/, inferred("constant", "what a file or page says: the same until that changes")],
];

function filledBy({ type }: FlowNode, hole: HoleSegment): HoleSegment {
  if (/memory|history/i.test(type)) {
    const scope = inferred("session", `\`${type}\` gives the earlier turns of the conversation`);
    return { ...hole, form: "history", scope };
  }
  const claim = bySource.find(([pattern]) => pattern.test(type))?.[1];
  if (claim !== undefined) return { ...hole, scope: claim };
  if (hole.scope.basis !== "unknown") return hole;
  return { ...hole, scope: inferred("request", `the node \`${type}\` makes it in every run`) };
}
