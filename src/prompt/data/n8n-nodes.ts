/**
 * What other nodes of a workflow of n8n give to one that calls a model: its memory and its tools, by their connections.
 * Source: n8n-io/n8n `packages/@n8n/nodes-langchain/nodes` (memory, tools), `packages/workflow/src/tool-helpers.ts`.
 */
import type { HistoryWindow } from "../template.ts";
import type { Problem } from "../text.ts";
import { type BuilderTool, type ToolParameter, unsaidOf } from "./builder-tools.ts";
import {
  type DataNode,
  has,
  isOn,
  itemsOf,
  listAt,
  type MapNode,
  mapAt,
  numberAt,
  stringAt,
  valueAt,
} from "./nodes.ts";

/** The nodes of one workflow by what they are connected to. */
export class Connections {
  /** What is connected to a node, by its name and the kind of the connection. */
  readonly #sources = new Map<string, MapNode[]>();

  constructor(workflow: MapNode) {
    const byName = new Map<string, MapNode>();
    for (const node of itemsOf(listAt(workflow, "nodes"))) {
      const name = stringAt(node, "name");
      if (node.kind === "map" && name !== null && !isOn(node, "disabled")) byName.set(name, node);
    }
    for (const { key, value } of mapAt(workflow, "connections")?.entries ?? []) {
      const source = byName.get(key);
      if (source !== undefined) this.#add(source, value);
    }
  }

  #add(source: MapNode, outputs: DataNode): void {
    for (const { key: kind } of outputs.kind === "map" ? outputs.entries : []) {
      for (const target of itemsOf(valueAt(outputs, kind)).flatMap(itemsOf)) {
        const key = `${kind} ${stringAt(target, "node")}`;
        this.#sources.set(key, [...(this.#sources.get(key) ?? []), source]);
      }
    }
  }

  #of(node: MapNode, kind: string): readonly MapNode[] {
    return this.#sources.get(`${kind} ${stringAt(node, "name")}`) ?? [];
  }

  /** `null` for a node that remembers nothing; a window of `null` keeps all turns. */
  memoryOf(node: MapNode): { readonly window: HistoryWindow | null } | null {
    const [memory] = this.#of(node, "ai_memory");
    return memory === undefined ? null : { window: windowOf(memory) };
  }

  toolsOf(node: MapNode): { readonly tools: readonly BuilderTool[]; readonly problems: readonly Problem[] } {
    const all = this.#of(node, "ai_tool");
    const servers = all.filter((each) => isServer.test(stringAt(each, "type") ?? ""));
    const tools = all.filter((each) => !servers.includes(each)).map(toolOf);
    const unsaid = unsaidOf(tools);
    return { tools, problems: [...(unsaid === null ? [] : [unsaid]), ...servers.map(unseenTools)] };
  }
}

/** Question and answer count as one. */
function windowOf(memory: MapNode): HistoryWindow | null {
  const parameters = mapAt(memory, "parameters");
  const isWritten = has(parameters, "contextWindowLength");
  const isWindow = /\.memoryBufferWindow$/.test(stringAt(memory, "type") ?? "");
  const last = isWritten ? numberAt(parameters, "contextWindowLength") : isWindow ? usualWindow : null;
  return last === null || last < 1 ? null : { keep: "turns", last };
}

const usualWindow = 5;

/** Nodes that ask a server for its tools. */
const isServer = /\.mcpClient(?:Tool)?$/;

function unseenTools(node: MapNode): Problem {
  const message = `The tools of \`${stringAt(node, "name")}\` are those that its server names at run time: their number and text are not known and not counted, though they stand in front of everything.`;
  return { range: node.range, severity: "information", message };
}

function toolOf(node: MapNode): BuilderTool {
  const parameters = mapAt(node, "parameters");
  const written = stringAt(parameters, "toolDescription") ?? stringAt(parameters, "description");
  const asked = askedOfModel(parameters);
  return {
    name: stringAt(parameters, "name") ?? toolName(stringAt(node, "name") ?? "tool"),
    // Only a run knows what an expression gives.
    description: written === null || written.trim() === "" || written.startsWith("=") ? null : written,
    parameters: asked.length === 0 ? null : asked,
    range: node.range,
  };
}

/** As n8n calls a tool after its node. */
function toolName(name: string): string {
  return name.replace(/[\s.?!=+#@&*()[\]{}:;,<>/\\'"^%$_]+/g, "_");
}

const quoted = "(\"[^\"]{0,500}\"|'[^']{0,500}'|`[^`]{0,500}`)";
const comma = "\\s{0,20},\\s{0,20}";
/** `$fromAI('order', 'its number', 'string')`: what the model gives when it calls the tool. */
const fromModel = new RegExp(
  `\\$fromAI\\(\\s{0,20}${quoted}(?:${comma}${quoted})?(?:${comma}${quoted})?`,
  "gi",
);

function askedOfModel(parameters: MapNode | null): readonly ToolParameter[] {
  const found = new Map<string, ToolParameter>();
  for (const text of textsIn(parameters, 0)) {
    for (const [, key, description, type] of text.matchAll(fromModel)) {
      const name = inside(key);
      if (name === "" || found.has(name)) continue;
      const said = inside(description);
      found.set(name, {
        name,
        type: types.get(inside(type).toLowerCase()) ?? "string",
        description: said === "" ? null : said,
        isRequired: true,
      });
    }
  }
  return [...found.values()];
}

function inside(written: string | undefined): string {
  return written?.slice(1, -1).trim() ?? "";
}

const types: ReadonlyMap<string, string> = new Map([
  ["number", "number"],
  ["boolean", "boolean"],
  ["json", "object"],
]);

/** Deeper parameters hold no expressions that anybody writes. */
const deepest = 8;

function* textsIn(node: DataNode | null, depth: number): Generator<string> {
  if (node?.kind === "text") yield node.value;
  if (node === null || depth > deepest) return;
  const inner = node.kind === "map" ? node.entries.map(({ value }) => value) : itemsOf(node);
  for (const each of inner) yield* textsIn(each, depth + 1);
}
