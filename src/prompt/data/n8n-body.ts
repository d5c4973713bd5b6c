/**
 * Bodies of requests that a node of n8n sends by itself: fields by name, or JSON in which `{{ … }}` may stand anywhere, in a text of it and in
 * the place of a value. While the JSON is read, what would disturb it in an expression is written as something else.
 */
import { n8nExpressions } from "../builder-places.ts";
import type { EmbeddedText } from "../embedded.ts";
import type { EngineName } from "../engines.ts";
import { inOrder } from "../segments.ts";
import { readJsonData } from "./json.ts";
import {
  type DataNode,
  has,
  itemsOf,
  type ListNode,
  listAt,
  type MapEntry,
  type MapNode,
  mapAt,
  nodeWithin,
  stringAt,
  type TextNode,
  textAt,
} from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";
import { requestPrompt } from "./requests.ts";

/** What a node for requests sends to a model; `null` for one that sends something else. */
export function bodyPrompt(path: string, keyPath: string, node: MapNode): FoundPrompt | null {
  if (!sendsBodies.test(stringAt(node, "type") ?? "")) return null;
  const parameters = mapAt(node, "parameters");
  for (const key of ["jsonBody", "body"]) {
    const text = textAt(parameters, key);
    const body = text === null ? null : bodyIn(text);
    const engine = text?.value.startsWith("=") === true ? "n8n-expression" : "plain";
    const found =
      body === null ? null : requestPrompt(path, `${keyPath}.parameters.${key}`, body, false, engine);
    if (found !== null && saysAnything(found)) return { ...found, name: stringAt(node, "name") };
  }
  const pairs = listAt(mapAt(parameters, "bodyParameters"), "parameters");
  const body = pairs === null ? null : bodyOfPairs(pairs);
  const at = `${keyPath}.parameters.bodyParameters`;
  const isExpression = itemsOf(pairs).some((pair) => textAt(pair, "value")?.value.startsWith("=") === true);
  const engine = isExpression ? "n8n-expression" : "plain";
  const found =
    body === null
      ? null
      : (requestPrompt(path, at, body, false, engine) ?? textPrompt(path, at, body, engine));
  return found !== null && saysAnything(found) ? { ...found, name: stringAt(node, "name") } : null;
}

function saysAnything({ prompt }: FoundPrompt): boolean {
  return [...inOrder(prompt.segments)].some(({ kind }) => kind === "text");
}

/** The body that fields make: each has a name and a value, which may be JSON itself. */
function bodyOfPairs(pairs: ListNode): MapNode {
  const entries = itemsOf(pairs).flatMap((pair): readonly MapEntry[] => {
    const [name, value] = [textAt(pair, "name"), textAt(pair, "value")];
    if (name === null || value === null) return [];
    const written = name.value === "messages" || name.value === "contents" ? jsonIn(value) : null;
    return [{ key: name.value, keyRange: name.range, value: written?.kind === "list" ? written : value }];
  });
  return { kind: "map", range: pairs.range, tag: null, entries };
}

/** Fields that stand beside a prompt in a request to a model. */
const beside = ["model", "system", "stream", "temperature", "max_tokens", "options"];

/** A body of one text: `prompt` of Ollama and of completions. */
function textPrompt(path: string, keyPath: string, body: MapNode, engine: EngineName): FoundPrompt | null {
  const prompt = textAt(body, "prompt");
  if (prompt === null || !beside.some((key) => has(body, key))) return null;
  const builder = new PromptBuilder(path);
  builder.message("system", textAt(body, "system"), engine);
  builder.message("user", prompt, engine);
  return builder.isEmpty ? null : { keyPath, name: null, usage: "request", prompt: builder.build() };
}

const sendsBodies = /\.httpRequest(?:Tool)?$/;

/** Signs that nobody writes, for those of an expression: quotes, what escapes them, the ends of lines, its braces. */
const masks: ReadonlyMap<string, string> = new Map([
  ['"', "\ue000"],
  ["\\", "\ue001"],
  ["\n", "\ue002"],
  ["\r", "\ue003"],
  ["\t", "\ue004"],
]);
const [opening, closing] = ["\ue005", "\ue006"];
const masked: ReadonlyMap<string, string> = new Map([
  ...[...masks].map(([sign, mask]) => [mask, sign] as const),
  [opening, "{{"],
  [closing, "}}"],
]);

function bodyIn(node: TextNode): MapNode | null {
  const body = jsonIn(node);
  return body?.kind === "map" ? body : null;
}

/** The list or map that a text is JSON of, with expressions in it; `null` for any other text. */
function jsonIn(node: TextNode): DataNode | null {
  const embedded = node.embedded();
  const { text } = embedded;
  const isExpression = text.startsWith("=");
  const json = isExpression ? withoutExpressions(` ${text.slice(1)}`) : text;
  const { value, problems } = readJsonData(json);
  if ((value?.kind !== "map" && value?.kind !== "list") || problems.length > 0) return null;
  const moved = nodeWithin(value, embedded);
  return isExpression ? unmasked(moved) : moved;
}

/** The text with its expressions masked, unit by unit. One in the place of a value becomes a text. */
function withoutExpressions(text: string): string {
  const parts: string[] = [];
  let at = 0;
  let isInText = false;
  for (const { start, end } of n8nExpressions(text, { start: 0, end: text.length })) {
    const before = text.slice(at, start);
    isInText = endsInText(before, isInText);
    const inside = [...text.slice(start + 2, end - 2)].map((sign) => masks.get(sign) ?? sign).join("");
    const [open, close] = isInText ? ["{{", "}}"] : [`"${opening}`, `${closing}"`];
    parts.push(before, open, inside, close);
    at = end;
  }
  parts.push(text.slice(at));
  return parts.join("");
}

/** Whether the end of a part of JSON lies in a text. */
function endsInText(part: string, startsInText: boolean): boolean {
  let isInText = startsInText;
  for (let at = 0; at < part.length; at++) {
    if (part[at] === "\\") at++;
    else if (part[at] === '"') isInText = !isInText;
  }
  return isInText;
}

function unmasked(node: DataNode): DataNode {
  switch (node.kind) {
    case "text":
      return {
        ...node,
        value: node.value.replace(/[\ue000-\ue006]/g, (mask) => masked.get(mask) ?? mask),
        embedded: () => unmaskedText(node.embedded()),
      };
    case "list":
      return { ...node, items: node.items.map(unmasked) };
    case "map":
      return {
        ...node,
        entries: node.entries.map((entry) => ({ ...entry, value: unmasked(entry.value) })),
      };
    default:
      return node;
  }
}

function unmaskedText(embedded: EmbeddedText): EmbeddedText {
  const units: string[] = [];
  const [starts, ends]: [number[], number[]] = [[], []];
  for (let at = 0; at < embedded.text.length; at++) {
    for (const unit of (masked.get(embedded.text[at]!) ?? embedded.text[at]!).split("")) {
      units.push(unit);
      starts.push(embedded.starts[at]!);
      ends.push(embedded.ends[at]!);
    }
  }
  return { ...embedded, text: units.join(""), starts: Int32Array.from(starts), ends: Int32Array.from(ends) };
}
