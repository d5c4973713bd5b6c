/**
 * Projects of Rivet (YAML, `.rivet-project`): a request for each node that calls a model, with the texts that are linked to it.
 * Nodes are called `[id]:type "Title"`, and links `port->"Title" id/port`.
 * Source: Ironclad/rivet `packages/core/src/utils/serialization/serialization_v4.ts`, `model/nodes`.
 */
import { roleNamed } from "../role-lines.ts";
import type { Role } from "../template.ts";
import { type DataNode, itemsOf, type MapNode, mapAt, stringAt, textAt, valueAt } from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

/** `null` for documents that are no project. */
export function rivetPrompts(path: string, root: DataNode): readonly FoundPrompt[] | null {
  const graphs = mapAt(mapAt(root, "data"), "graphs");
  if (graphs === null || !graphs.entries.some(({ value }) => mapAt(value, "nodes") !== null)) return null;
  return graphs.entries.flatMap(({ key, value }) =>
    new Graph(path, `data.graphs.${key}.nodes`, value).prompts(),
  );
}

interface GraphNode {
  readonly id: string;
  readonly key: string;
  readonly type: string;
  readonly title: string;
  readonly data: MapNode | null;
}

/** More links between a text and the model than anybody draws. */
const maxDepth = 4;

class Graph {
  readonly #path: string;
  readonly #keyPath: string;
  readonly #name: string | null;
  readonly #nodes: readonly GraphNode[];
  /** What is linked to a port, in the order of the ports: by node. */
  readonly #inputs = new Map<string, { readonly port: string; readonly source: GraphNode }[]>();
  readonly #used = new Set<GraphNode>();

  constructor(path: string, keyPath: string, graph: DataNode) {
    this.#path = path;
    this.#keyPath = keyPath;
    this.#name = stringAt(mapAt(graph, "metadata"), "name");
    const entries = mapAt(graph, "nodes")?.entries ?? [];
    this.#nodes = entries.flatMap(({ key, value }): readonly GraphNode[] => {
      const [, id, type, title = ""] = /^\[([^\]]{1,100})\]:(\w+)(?:\s"([^"]{0,200})")?/.exec(key) ?? [];
      return id === undefined || type === undefined
        ? []
        : [{ id, key, type, title, data: mapAt(value, "data") }];
    });
    const byKey = new Map(this.#nodes.map((node) => [node.key, node]));
    for (const { key, value } of entries) {
      const source = byKey.get(key);
      for (const link of itemsOf(valueAt(value, "outgoingConnections"))) {
        const to = link.kind === "text" ? / ([^\s/]{1,100})\/(\w+)$/.exec(link.value) : null;
        if (source === undefined || to === null) continue;
        const [, target = "", port = ""] = to;
        this.#inputs.set(target, [...(this.#inputs.get(target) ?? []), { port, source }]);
      }
    }
  }

  prompts(): readonly FoundPrompt[] {
    const calls = this.#nodes.filter(({ type }) => /^chat/i.test(type)).flatMap((node) => this.#call(node));
    const alone = this.#nodes
      .filter((node) => node.type === "prompt" && !this.#used.has(node))
      .flatMap((node) => this.#found(node, (builder) => this.#say(builder, node, "user", maxDepth)));
    return [...calls, ...alone];
  }

  #call(node: GraphNode): readonly FoundPrompt[] {
    return this.#found(node, (builder) => {
      for (const [port, role] of [
        ["systemPrompt", "system"],
        ["prompt", "user"],
      ] as const) {
        for (const { source } of this.#linked(node, port)) this.#say(builder, source, role, 0);
      }
    });
  }

  #linked(node: GraphNode, port: string): readonly { readonly port: string; readonly source: GraphNode }[] {
    return (this.#inputs.get(node.id) ?? []).filter((input) => input.port === port);
  }

  /** What a node says: its own text, or the messages that it puts together; a place for what only a run knows. */
  #say(builder: PromptBuilder, node: GraphNode, role: Role, depth: number): void {
    if (builder.isFull) return;
    const text = textAt(node.data, node.type === "prompt" ? "promptText" : "text");
    if ((node.type === "prompt" || node.type === "text") && text !== null) {
      this.#used.add(node);
      const said =
        node.type === "prompt" && role !== "system" ? roleNamed(stringAt(node.data, "type") ?? "user") : role;
      builder.message(said ?? role, text, "rivet");
    } else if (node.type === "assemblePrompt" && depth < maxDepth) {
      const messages = (this.#inputs.get(node.id) ?? []).toSorted(
        (a, b) => numberOf(a.port) - numberOf(b.port),
      );
      for (const { source } of messages) this.#say(builder, source, role, depth + 1);
    }
  }

  #found(node: GraphNode, say: (builder: PromptBuilder) => void): readonly FoundPrompt[] {
    const builder = new PromptBuilder(this.#path);
    say(builder);
    if (!builder.hasText) return [];
    const name = [this.#name, node.title].filter((part) => part !== null && part !== "").join(": ");
    return [{ keyPath: `${this.#keyPath}.${node.key}`, name, usage: "request", prompt: builder.build() }];
  }
}

function numberOf(port: string): number {
  return Number(/\d+$/.exec(port)?.[0] ?? 0);
}
