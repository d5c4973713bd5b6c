/** Whole requests in data files: bodies as they are sent to an API, and lists of messages. */
import type { ChatArguments } from "../chat/arguments.ts";
import type { EngineName } from "../engines.ts";
import {
  type ContentParameter,
  contentParameters,
  isImageType,
  isPrefixParameter,
} from "../request-parameters.ts";
import type { RequestParameter } from "../template.ts";
import {
  addCacheMarker,
  addContent,
  addMessages,
  isMessageList,
  jsonOf,
  type MessageReading,
  readTools,
} from "./messages.ts";
import {
  type DataNode,
  has,
  itemsOf,
  type MapNode,
  stringAt,
  type TextNode,
  textAt,
  valueAt,
} from "./nodes.ts";
import { type BuiltPrompt, type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

/** A list of messages that is a prompt by itself (promptfoo's JSON chats, fixtures of requests). */
export function messagesPrompt(path: string, keyPath: string, list: DataNode): FoundPrompt | null {
  if (!isMessageList(list)) return null;
  const builder = new PromptBuilder(path);
  addMessages(list, { builder, engine: null });
  return builder.isEmpty ? null : { keyPath, name: null, usage: "request", prompt: builder.build() };
}

const messageKeys = ["messages", "input", "contents", "chat", "conversation"];
const systemKeys = ["system", "instructions", "system_instruction", "systemInstruction", "system_prompt"];

/** Where a body says what is said; `null` for a map that is none. */
function saidIn(body: MapNode): { readonly list: DataNode | null; readonly input: TextNode | null } | null {
  const key = messageKeys.find((name) => isMessageList(valueAt(body, name)));
  const list = key === undefined ? null : valueAt(body, key);
  const input = key === undefined && isResponsesBody(body) ? textAt(body, "input") : null;
  return list === null && input === null ? null : { list, input };
}

/** Whether a map is a body of a request, as `requestPrompt` reads it. */
export function isRequestBody(node: DataNode | null): node is MapNode {
  return node?.kind === "map" && saidIn(node) !== null;
}

/**
 * A body of a request: `messages` (OpenAI, Anthropic, Bedrock), `input` with `instructions` (Responses), `contents` (Gemini).
 * What is sent first comes first: tools, then the system prompt, then the messages. A recorded one was sent as it stands.
 * `engine` reads its texts, where they do not tell by themselves.
 */
export function requestPrompt(
  path: string,
  keyPath: string,
  body: MapNode,
  isRecorded = false,
  engine: EngineName | null = isRecorded ? "plain" : null,
): FoundPrompt | null {
  const said = saidIn(body);
  if (said === null) return null;
  const { list, input } = said;
  const builder = new PromptBuilder(path);
  const reading: MessageReading = { builder, engine, isRecorded };
  for (const name of systemKeys) {
    const system = valueAt(body, name);
    const content = system?.kind === "map" ? valueAt(system, "parts") : system;
    if (content?.kind !== "text" && content?.kind !== "list") continue;
    const keyRange = body.entries.find((entry) => entry.key === name)?.keyRange ?? content.range;
    builder.marker("system", { start: keyRange.start, end: Math.max(keyRange.start, content.range.start) });
    addContent(content, reading);
    break;
  }
  if (input !== null) {
    builder.marker("user", { start: input.range.start, end: input.range.start });
    builder.text(input, reading.engine);
  }
  addMessages(list, reading);
  // On the body it asks for a mark at the end of the newest block.
  addCacheMarker(body, builder);
  if (builder.isEmpty) return null;
  const prompt = builder.build();
  const { tools, cacheMarkers } = readTools(path, toolsOf(body));
  return {
    keyPath,
    name: stringAt(body, "name"),
    usage: "request",
    prompt: withMarkers(prompt, cacheMarkers),
    ...(bodyKeys.some((key) => has(body, key)) && { isWhole: true, parameters: parametersOf(body) }),
    chatArguments: chatArgumentsOf(body),
    ...(tools.length === 0 ? {} : { tools }),
    samples: samplesOf(body),
  };
}

function parametersOf(body: MapNode): readonly RequestParameter[] {
  const written = body.entries
    .filter(({ key }) => isPrefixParameter(key))
    .map(({ key, value, keyRange }) => ({ name: key, range: keyRange, value: jsonOf(value), scope: null }));
  return [...written, ...contentParametersOf(body)];
}

/** Images in messages, and documents that are to be cited: the first of each. */
function contentParametersOf(body: MapNode): readonly RequestParameter[] {
  const parts = messageKeys
    .flatMap((key) => itemsOf(valueAt(body, key)))
    .flatMap((message) => itemsOf(valueAt(message, "content")))
    .flatMap((part) => [part, ...itemsOf(valueAt(part, "content"))]);
  const tests: Readonly<Record<ContentParameter, (part: DataNode) => boolean>> = {
    images: (part) => isImageType(stringAt(part, "type")) || valueAt(part, "image") !== null,
    citations: (part) => {
      const enabled = valueAt(valueAt(part, "citations"), "enabled");
      return enabled?.kind === "other" && enabled.value === true;
    },
  };
  return contentParameters.flatMap((name) => {
    const first = parts.find(tests[name]);
    return first === undefined ? [] : [{ name, range: first.range, value: "true", scope: null }];
  });
}

/** What only a body has that is sent as it is; on Bedrock the model may stand in its address. */
const bodyKeys = ["model", "modelId", "anthropic_version", "inferenceConfig"];

/** Bedrock's `converse` has them one level deeper. */
function toolsOf(body: MapNode): DataNode | null {
  const config = valueAt(body, "toolConfig");
  return valueAt(body, "tools") ?? (config === null ? null : valueAt(config, "tools"));
}

/** As servers of open models take them: `chat_template_kwargs`, in the body itself or in what a client adds to it. */
function chatArgumentsOf(body: MapNode): ChatArguments {
  const given = [body, valueAt(body, "extra_body")].map((map) => valueAt(map, "chat_template_kwargs"));
  return Object.fromEntries(
    given.flatMap((map) =>
      map?.kind === "map"
        ? map.entries.map(({ key, value }): readonly [string, unknown] => [key, JSON.parse(jsonOf(value))])
        : [],
    ),
  );
}

function withMarkers(prompt: BuiltPrompt, ofTools: BuiltPrompt["cacheMarkers"]): BuiltPrompt {
  return { ...prompt, cacheMarkers: [...ofTools, ...prompt.cacheMarkers] };
}

/** The Responses API takes a lone text as the user's message. */
function isResponsesBody(body: MapNode): boolean {
  return has(body, "model") && has(body, "instructions");
}

/** Test data beside the messages (`.prompt.yml` of GitHub Models): the first of each value. */
function samplesOf(body: MapNode): ReadonlyMap<string, string> {
  return firstValues(itemsOf(valueAt(body, "testData")));
}

/** For every name the first plain value that one of the maps gives it. */
export function firstValues(maps: readonly DataNode[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const map of maps) {
    for (const { key } of map.kind === "map" ? map.entries : []) {
      const value = valueAt(map, key);
      const first = value?.kind === "list" ? (itemsOf(value)[0] ?? null) : value;
      if (values.has(key) || (first?.kind !== "text" && first?.kind !== "other") || first.value === null)
        continue;
      // What lies in another file is not known here.
      if (!String(first.value).startsWith("file://")) values.set(key, String(first.value));
    }
  }
  return values;
}
