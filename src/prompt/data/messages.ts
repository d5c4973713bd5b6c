/**
 * Requests as APIs take them: lists of messages with roles, beside a system prompt, tools and marks for the cache.
 * OpenAI chat completions and responses, Anthropic messages, Gemini's `contents`, and their relatives in YAML.
 */

import type { EngineName } from "../engines.ts";
import { roleNamed } from "../role-lines.ts";
import type { BlockKind, CacheMarker, Role, ToolDefinition } from "../template.ts";
import type { TextRange } from "../text.ts";
import { type DataNode, itemsOf, type MapNode, resolved, stringAt, valueAt } from "./nodes.ts";
import type { PromptBuilder } from "./prompt-builder.ts";

const otherRoles: Readonly<Record<string, Role>> = { human: "user", ai: "assistant", bot: "assistant" };

function roleOf(message: DataNode): Role | null {
  const name = stringAt(message, "role") ?? stringAt(message, "author");
  return name === null ? null : (otherRoles[name.toLowerCase()] ?? roleNamed(name));
}

function contentOf(message: DataNode): DataNode | null {
  return valueAt(message, "content") ?? valueAt(message, "parts");
}

/** True for a list of messages with roles, of which some have content. */
export function isMessageList(node: DataNode | null): boolean {
  const items = itemsOf(node);
  const messages = items.filter((item) => item.kind === "map" && roleOf(item) !== null);
  return (
    messages.length > 0 &&
    messages.length === items.filter((item) => !isOutputItem(item)).length &&
    messages.some((message) => contentOf(message) !== null)
  );
}

/** Items of the Responses API that are no messages: calls of tools, and what they gave. */
function isOutputItem(item: DataNode): boolean {
  return item.kind === "map" && roleOf(item) === null && stringAt(item, "type") !== null;
}

const maxContentDepth = 2;

/** How the texts of a request are read. */
export interface MessageReading {
  readonly builder: PromptBuilder;
  /** `null` where each text tells. */
  readonly engine: EngineName | null;
  /** Whether the request was sent as it stands: then calls of tools and media are a part of it, and braces are text. */
  readonly isRecorded?: boolean;
}

export function addMessages(list: DataNode | null, reading: MessageReading): void {
  for (const message of itemsOf(list)) {
    if (reading.builder.isFull) return;
    const role = roleOf(message);
    if (role !== null) addMessage(message, role, reading);
    else if (reading.isRecorded === true) addOutputItem(message, reading);
  }
}

/** A call of a tool, or what it gave, as the Responses API sends them between the messages. */
function addOutputItem(item: DataNode, { builder }: MessageReading): void {
  if (item.kind !== "map") return;
  const output = valueAt(item, "output");
  const { start } = item.range;
  builder.marker(output === null ? "assistant" : "tool", { start, end: start });
  if (output?.kind === "text") builder.text(output, "plain");
  else builder.literal(jsonOf(output ?? item, unsaid), item.range);
  builder.endBlock(output === null ? "call" : "result");
}

function addMessage(message: DataNode, role: Role, reading: MessageReading): void {
  const content = contentOf(message);
  const start = message.range.start;
  const end = Math.max(start, Math.min(content?.range.start ?? start, message.range.end));
  reading.builder.marker(role, { start, end });
  if (reading.isRecorded === true) addBeside(message, "reasoning_content", reading);
  if (content !== null) addContent(content, reading);
  if (reading.isRecorded === true) addCalls(message, reading);
  addCacheMarker(message, reading.builder);
}

function addBeside(message: DataNode, key: string, { builder }: MessageReading): void {
  const text = valueAt(message, key);
  if (text?.kind !== "text" || text.value === "") return;
  builder.text(text, "plain");
  builder.endBlock("text");
}

/** Calls of tools beside the content, as chat completions write them. */
function addCalls(message: DataNode, { builder }: MessageReading): void {
  for (const call of itemsOf(valueAt(message, "tool_calls"))) {
    builder.literal(jsonOf(valueAt(call, "function") ?? call, unsaid), call.range);
    builder.endBlock("call");
  }
}

/** A text, or a list of parts of which some are texts, or hold texts (results of tools). */
export function addContent(content: DataNode, reading: MessageReading, depth = 0): void {
  const { builder, engine } = reading;
  const node = resolved(content);
  if (node?.kind === "text" && node.value !== "") {
    builder.text(node, engine);
    if (depth === 0) builder.endBlock("text");
  }
  for (const part of itemsOf(node)) {
    if (builder.isFull) return;
    const before = builder.size;
    const text = part.kind === "text" ? part : textIn(part, reading);
    if (text?.kind === "text") builder.text(text, engine);
    else if (text?.kind === "list" && depth < maxContentDepth) addContent(text, reading, depth + 1);
    else if (part.kind === "map" && reading.isRecorded === true) addLiteral(part, builder);
    else if (part.kind === "map") addMedia(part, builder);
    // What a tool gave may be several texts, and is one block.
    if (depth === 0 && builder.size > before) builder.endBlock(kindOfBlock(part));
    addCacheMarker(part, builder);
  }
}

function kindOfBlock(part: DataNode): BlockKind {
  const type = stringAt(part, "type") ?? "";
  const holds = (...keys: string[]) => keys.some((key) => valueAt(part, key) !== null);
  if (/tool_use$/.test(type) || holds("toolUse", "functionCall", "function_call")) return "call";
  const isResult = /tool_result$/.test(type) || holds("toolResult", "functionResponse", "function_response");
  return isResult ? "result" : "text";
}

function textIn(part: DataNode, { isRecorded }: MessageReading): DataNode | null {
  const said = valueAt(part, "text") ?? valueAt(part, "content");
  if (said !== null || isRecorded !== true) return said;
  return valueAt(part, "thinking") ?? valueAt(valueAt(part, "toolResult"), "content");
}

const mediaTypes = /image|audio|file|document|video/;

function addMedia(part: MapNode, builder: PromptBuilder): void {
  const type = stringAt(part, "type");
  if (type !== null && mediaTypes.test(type)) builder.media(type, part.range);
}

/** What a request holds beside texts: media by their kind and a number that tells them apart, calls of tools as JSON. */
function addLiteral(part: MapNode, builder: PromptBuilder): void {
  const keys = part.entries.map(({ key }) => key).filter((key) => !unsaid.has(key));
  if (keys.length === 0) return;
  const media = mediaTypes.exec(stringAt(part, "type") ?? keys.join(" "));
  const json = jsonOf(part, unsaid);
  const isMedia = media !== null && json.length > shortLiteral;
  builder.literal(isMedia ? `[${media[0]} ${shortHash(json)}]` : json, part.range);
}

/** Characters: a call of a tool with a file's name in it is no file. */
const shortLiteral = 200;

/** FNV-1a over UTF-16 units, as eight digits. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** Marks the end of what was added last, where its owner asks for it: Anthropic's `cache_control: {type: ephemeral, ttl: 1h}`, also as Bedrock's and LiteLLM's variants write it. */
export function addCacheMarker(owner: DataNode, builder: PromptBuilder): void {
  const mark = cacheControlOf(owner);
  if (mark !== null) builder.cacheMarker(mark.range, mark.isLong);
}

function cacheControlOf(owner: DataNode): { range: TextRange; isLong: boolean } | null {
  const control = controlKeys.map((key) => valueAt(owner, key)).find((value) => value !== null);
  if (control?.kind !== "map") return null;
  return { range: control.range, isLong: stringAt(control, "ttl") === "1h" };
}

const controlKeys = ["cache_control", "cacheControl", "cachePoint", "prompt_cache_breakpoint"];

/** The tools that a request offers, in their order, and the marks among them. */
export function readTools(
  path: string,
  list: DataNode | null,
): { readonly tools: readonly ToolDefinition[]; readonly cacheMarkers: readonly CacheMarker[] } {
  const items = itemsOf(list)
    .filter((item) => item.kind === "map")
    .flatMap(declaredFunctions);
  // Bedrock's mark is an item of its own behind the tools.
  const isPoint = (item: DataNode) => valueAt(item, "cachePoint") !== null;
  const tools = items
    .filter((item) => !isPoint(item))
    .map((item): ToolDefinition => {
      const inner = valueAt(item, "function") ?? valueAt(item, "toolSpec") ?? item;
      const name = stringAt(inner, "name") ?? stringAt(item, "type") ?? "tool";
      return { name, json: jsonOf(item, unsent), path, range: item.range };
    });
  const cacheMarkers = items.flatMap((item, at): readonly CacheMarker[] => {
    const mark = cacheControlOf(item);
    const marked = isPoint(item) ? items[at - 1] : item;
    return mark === null || marked === undefined ? [] : [{ ...mark, end: marked.range.end }];
  });
  return { tools, cacheMarkers };
}

/** Gemini lists the functions of a tool inside of it. */
function declaredFunctions(item: MapNode): readonly MapNode[] {
  const inside = itemsOf(valueAt(item, "functionDeclarations") ?? valueAt(item, "function_declarations"));
  const maps = inside.filter((each) => each.kind === "map");
  return maps.length === 0 ? [item] : maps;
}

/** Keys of a part that speak to the API, or only number it. */
const unsaid: ReadonlySet<string> = new Set(
  "type id call_id status tool_use_id toolUseId signature cache_control cacheControl cachePoint".split(" "),
);

/** Keys of a tool that speak to the API, and not to the model. */
const unsent: ReadonlySet<string> = new Set(["cache_control", "cacheControl"]);

/**
 * Compact JSON with keys in the order in which they are written; `without` leaves keys of the outermost map out.
 * Aliases can make a small file stand for billions of values: what lies beyond `maxJsonNodes` becomes `null`.
 */
export function jsonOf(node: DataNode, without: ReadonlySet<string> = new Set()): string {
  let left = maxJsonNodes;
  const write = (written: DataNode, omitted: ReadonlySet<string>): string => {
    const value = resolved(written);
    if (value === null || left-- <= 0) return "null";
    if (value.kind === "text" || value.kind === "other") return JSON.stringify(value.value);
    if (value.kind === "list") return `[${value.items.map((item) => write(item, none)).join(",")}]`;
    const entries = value.entries.filter(({ key }) => !omitted.has(key));
    const pairs = entries.map((entry) => `${JSON.stringify(entry.key)}:${write(entry.value, none)}`);
    return `{${pairs.join(",")}}`;
  };
  return write(node, without);
}

const none: ReadonlySet<string> = new Set();
const maxJsonNodes = 20_000;
