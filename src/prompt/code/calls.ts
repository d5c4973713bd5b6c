/** Calls that send a prompt, or build one: SDKs of OpenAI, Anthropic, Google and others, LangChain, AI SDK, agents. */
import type { Engine } from "../embedded.ts";
import { readJinja } from "../jinja/segments.ts";
import { type ContentParameter, isImageType, isPrefixParameter } from "../request-parameters.ts";
import { strFormatEngine } from "../str-format.ts";
import type { CacheMarker, RequestParameter, Role, Template, ToolDefinition } from "../template.ts";
import type { Problem, TextRange } from "../text.ts";
import { doubledBracesEngine } from "./brace-places.ts";
import { chatArgumentsOf, isRendering, type PassedArguments } from "./chat-arguments.ts";
import { mayBeFluent, unchained } from "./fluent.ts";
import {
  earlierTurns,
  isMessageCall,
  type MessageOptions,
  markerAt,
  readContent,
  readMessages,
} from "./messages.ts";
import { applyEngine, hasImports, knownText, type Piece } from "./pieces.ts";
import { isProse } from "./prompt-names.ts";
import { readTools, writtenJson } from "./tools.ts";
import { type CallValue, type CodeValue, entry, lastPart } from "./values.ts";
import { controlOfAiSdk, isOfAiSdk, isWholeOfAiSdk, isWholeOfChatModel } from "./whole-requests.ts";

/** A prompt that the code holds, before it gets an id. */
export interface FoundTemplate {
  readonly name: string;
  readonly range: TextRange;
  readonly usage: Template["usage"];
  readonly pieces: readonly Piece[];
  readonly tools: readonly ToolDefinition[];
  readonly cacheMarkers: readonly CacheMarker[];
  /** Where the lists are written that its messages are taken from. */
  readonly parts?: readonly TextRange[];
  readonly chatArguments?: PassedArguments;
  /** Whether it is a whole request, so that what it does not ask for is not asked for. */
  readonly isWhole?: boolean;
  readonly parameters?: readonly RequestParameter[];
  readonly problems: readonly Problem[];
}

/** Arguments that hold what stands before the conversation. */
const systemArguments = [
  "system",
  "system_prompt",
  "systemPrompt",
  "system_message",
  "systemMessage",
  "system_instruction",
  "systemInstruction",
  "instructions",
] as const;

const messageArguments = ["messages", "input", "contents"] as const;
const promptArguments = ["prompt", "input", "contents"] as const;

/** Methods and functions that take a whole prompt. */
const sendingNames = new Set([
  "create",
  "generate",
  "agenerate",
  "generate_content",
  "generate_content_async",
  "generateContent",
  "generateContentStream",
  "call",
  "complete",
  "acomplete",
  "completion",
  "acompletion",
  "completions",
  "chat",
  "stream",
  "parse",
  "generateText",
  "streamText",
  "generateObject",
  "streamObject",
]);

/** Methods of LangChain's models and chains. */
const invokingNames = new Set([
  "invoke",
  "ainvoke",
  "stream",
  "astream",
  "batch",
  "abatch",
  "predict",
  "apredict",
]);

/** Arguments that only a call to a model has. */
const samplingArguments = ["model", "max_tokens", "maxTokens", "max_output_tokens", "temperature", "stop"];

/** Fewer words in an argument that is named for it say nothing. */
const fewestWords = 3;

/** Cheap test before a call is looked at: by what is called, and by the names of its arguments. */
export function mayBePromptCall(callee: string, argumentNames: readonly string[]): boolean {
  if (argumentNames.some((name) => telling.has(name))) return true;
  return (
    /PromptTemplate|from_?[mM]essages|apply_chat_template/.test(callee) ||
    invokingNames.has(lastPart(callee)) ||
    sendingNames.has(lastPart(callee)) ||
    mayBeFluent(callee)
  );
}

const telling: ReadonlySet<string> = new Set([
  ...systemArguments,
  ...messageArguments,
  ...promptArguments,
  "config",
]);

/** The prompt that the call sends or builds; `null` for any other call. */
export function readCall(path: string, given: CallValue): FoundTemplate | null {
  const call = unchained(given);
  if (makesPictures(call)) return null;
  const found = readLangChain(path, call) ?? readRendering(path, call) ?? readRequest(path, call);
  // A function that passes on what it is given sends a prompt that is written elsewhere.
  return found !== null && saysAnything(found.pieces) ? found : null;
}

/** Calls of models of images and videos, which cache nothing: by what is called, or by the name of the model. */
function makesPictures({ callee, named }: CallValue): boolean {
  if (pictureCalls.test(callee)) return true;
  const model = named.get("model") ?? named.get("modelId");
  return model?.kind === "text" && pictureModels.test(knownText(model.pieces));
}

const pictureCalls =
  /(?:^|[._])(?:images?|videos?)\.(?:generate|edit|create|createVariation|create_variation)$|(?:generate|create|edit)_?(?:images?|videos?)\w*$|(?:^|[._])(?:text_?to_?image|text_?to_?video|image_generation|imageGeneration|ImageGeneration)$|(?:Diffusion|Flux|Image|Video)\w*Pipeline$/i;
const pictureModels =
  /\bdall-?e|gpt-image|\bimagen\b|flash-image|\bveo\b|\bsora\b|stable-?diffusion|\bsdxl\b|\bflux\b|midjourney|ideogram|recraft/i;

function saysAnything(pieces: readonly Piece[]): boolean {
  return /\p{L}/u.test(knownText(pieces)) || hasImports(pieces);
}

function readRequest(path: string, call: CallValue): FoundTemplate | null {
  const problems: Problem[] = [];
  // In the order in which they are sent: tools, what stands before the conversation, messages.
  const { tools, cacheMarkers: ofTools } = readTools(path, toolsOf(call));
  const cacheMarkers = [...ofTools];
  const parts: TextRange[] = [];
  const options = { path, problems, cacheMarkers, parts, engine: null, hasPairs: false };
  const system = systemOf(call);
  const several = system === undefined ? null : systemMessages(system, options);
  const standing = several ?? (system === undefined ? [] : readContent(system, options));
  const isStanding = hasImports(standing) || isProse(knownText(standing), fewestWords);
  const conversation = conversationOf(call, options, isStanding);
  if (conversation === null && !isStanding) return null;
  cacheMarkers.push(...automaticMarker(call));
  const head = several ?? (standing.length > 0 ? [marker("system", system!.range), ...standing] : []);
  return {
    name: call.callee === "" ? "call" : call.callee,
    range: call.range,
    usage: conversation === null ? "instructions" : "request",
    pieces: [...head, ...(conversation ?? [])],
    tools,
    cacheMarkers,
    parts,
    chatArguments: chatArgumentsOf(call),
    ...(conversation !== null && isWhole(call) && { isWhole: true, parameters: parametersOf(call) }),
    // Their parameters stand elsewhere: in options of the provider, and with the model.
    ...(conversation !== null && (isWholeOfAiSdk(call) || isWholeOfChatModel(call)) && { isWhole: true }),
    problems,
  };
}

/** Several messages in front of the conversation, as the AI SDK takes them; `null` for one, and for blocks of a text. */
function systemMessages(system: CodeValue, options: MessageOptions): readonly Piece[] | null {
  if (system.kind !== "list") return null;
  const areMessages = system.items.every(
    (item) => item.kind === "record" && entry(item, "role") !== undefined,
  );
  return areMessages ? readMessages(system, options) : null;
}

/** Whether all that could be marked is written in the call; what a function or a name brings may be marked elsewhere. */
function isWhole(call: CallValue): boolean {
  const { named, hasMore } = call;
  if (hasMore === true) return false;
  if (!named.has("model") && !named.has("modelId")) return false;
  const system = systemOf(call);
  return isWritten(named.get("messages")) && (system === undefined || isWritten(system));
}

function parametersOf({ named }: CallValue): readonly RequestParameter[] {
  const more = named.get("extra_body");
  const all = [
    ...named,
    ...(more?.kind === "record" ? more.entries.map(({ key, value }) => [key, value] as const) : []),
  ];
  const written = all.flatMap(([name, value]): readonly RequestParameter[] => {
    if (!isPrefixParameter(name)) return [];
    const json = writtenJson(value);
    return [{ name, range: value.range, value: json, scope: json === null ? value.hole().scope : null }];
  });
  const messages = named.get("messages");
  return [...written, ...(messages === undefined ? [] : contentParametersOf(messages))];
}

/** Levels from a list of messages to a part of a result of a tool. */
const contentDepth = 6;

/** Images in messages, and documents that are to be cited: the first of each. */
function contentParametersOf(messages: CodeValue): readonly RequestParameter[] {
  const first = new Map<ContentParameter, TextRange>();
  const visit = (value: CodeValue | undefined, depth: number): void => {
    if (value === undefined || depth > contentDepth) return;
    if (value.kind === "list") for (const item of value.items) visit(item, depth + 1);
    if (value.kind !== "record") return;
    const [type, citations] = [entry(value, "type"), entry(value, "citations")];
    const enabled = citations?.kind === "record" ? entry(citations, "enabled") : undefined;
    const isImage = type?.kind === "text" && isImageType(knownText(type.pieces));
    if (isImage && !first.has("images")) first.set("images", value.range);
    if (enabled?.kind === "literal" && enabled.value === true && !first.has("citations"))
      first.set("citations", value.range);
    visit(entry(value, "content"), depth + 1);
  };
  visit(messages, 0);
  return [...first].map(([name, range]) => ({ name, range, value: "true", scope: null }));
}

function isWritten(value: CodeValue | undefined): boolean {
  return value?.kind === "text" || value?.kind === "list";
}

/** Bedrock's `converse` has them one level deeper. */
function toolsOf(call: CallValue): CodeValue | undefined {
  const config = call.named.get("toolConfig");
  return argument(call, "tools") ?? (config?.kind === "record" ? entry(config, "tools") : undefined);
}

/** On the call itself `cache_control` asks for a mark at the end of the newest block. */
function automaticMarker(call: CallValue): readonly CacheMarker[] {
  const { named, positional } = call;
  const control = named.get("cache_control") ?? named.get("cacheControl") ?? controlOfAiSdk(call);
  const isInvoking = invokingNames.has(lastPart(call.callee));
  const messages =
    named.get("messages") ??
    (isOfAiSdk(call) ? named.get("prompt") : undefined) ??
    (isInvoking ? positional[0] : undefined);
  return control === undefined || messages === undefined ? [] : markerAt(control, messages.range.end);
}

/** `tokenizer.apply_chat_template(messages, …)`, of Hugging Face's libraries. */
function readRendering(path: string, call: CallValue): FoundTemplate | null {
  if (!isRendering(call)) return null;
  const problems: Problem[] = [];
  const { tools, cacheMarkers: ofTools } = readTools(path, call.named.get("tools"));
  const cacheMarkers = [...ofTools];
  const list = call.named.get("conversation") ?? call.named.get("messages") ?? call.positional[0];
  const parts: TextRange[] = [];
  const options = { path, problems, cacheMarkers, parts, engine: null, hasPairs: false };
  const pieces = list === undefined ? null : readMessages(list, options);
  if (pieces === null) return null;
  const chatArguments = chatArgumentsOf(call);
  const { range, callee: name } = call;
  return { name, range, usage: "request", pieces, tools, cacheMarkers, parts, chatArguments, problems };
}

/** Messages, or one text that is the whole prompt; behind a system prompt also messages that only a run knows. */
function conversationOf(
  call: CallValue,
  options: MessageOptions,
  hasSystem: boolean,
): readonly Piece[] | null {
  const isInvoking = invokingNames.has(lastPart(call.callee));
  const named = messageArguments.flatMap((name) => call.named.get(name) ?? []);
  const first = isInvoking ? call.positional.slice(0, 1) : listsOf(call);
  for (const value of [...named, ...first]) {
    // A word alone is a key or a name.
    if (value.kind === "text" && !isProse(knownText(value.pieces), fewestWords)) continue;
    const messages = readMessages(value, { ...options, hasPairs: isInvoking });
    if (messages !== null) return messages;
  }
  const prompt = promptOf(call);
  if (prompt !== undefined) {
    const text = readContent(prompt, options);
    return hasSystem ? [marker("user", prompt.range), ...text] : text;
  }
  const unknown = call.named.get("messages");
  return hasSystem && unknown !== undefined ? [earlierTurns(unknown)] : null;
}

/**
 * What methods that send are given behind each other: `model.chat(messages)`, `generateContent(model, contents, config)`, and
 * `model.chat(SystemMessage.from("…"), UserMessage.from(x))` of LangChain4j.
 */
function listsOf({ callee, positional, range, hole }: CallValue): readonly CodeValue[] {
  if (!sendingNames.has(lastPart(callee))) return [];
  const areMessages = positional.some((value) => value.kind === "call" && isMessageCall(value));
  if (areMessages) return [{ kind: "list", range, hole, items: positional, reference: null }];
  return positional.filter(({ kind }) => kind === "list");
}

/** An argument, or one of the configuration that is an argument itself, as with Google. */
function argument(call: CallValue, name: string): CodeValue | undefined {
  const own = call.named.get(name);
  if (own !== undefined) return own;
  const config = call.named.get("config") ?? call.named.get("generationConfig");
  if (config?.kind === "call") return config.named.get(name);
  return config?.kind === "record" ? entry(config, name) : undefined;
}

function systemOf(call: CallValue): CodeValue | undefined {
  return systemArguments.map((name) => argument(call, name)).find((value) => value !== undefined);
}

/** One text that is the whole prompt. Other libraries have arguments of that name too: something else must speak of a model. */
function promptOf(call: CallValue): CodeValue | undefined {
  const last = lastPart(call.callee);
  const isSending =
    sendingNames.has(last) ||
    samplingArguments.some((name) => call.named.has(name)) ||
    systemOf(call) !== undefined;
  const named = isSending
    ? promptArguments.map((name) => call.named.get(name)).find((value) => value !== undefined)
    : undefined;
  const isModel = /llm|model|chat|gpt|claude|gemini/i.test(call.callee);
  const first =
    isModel && (invokingNames.has(last) || sendingNames.has(last)) ? promptAmong(call) : undefined;
  const value = named ?? first;
  if (value?.kind !== "text") return systemOf(call) === undefined ? undefined : named;
  const isSent = systemOf(call) !== undefined || isProse(knownText(value.pieces), fewestWords);
  return isSent ? value : undefined;
}

/** The first argument; of `generateContent(model, contents, config)` (Google's SDK for Java) the second one. */
function promptAmong({ callee, positional: [first, second] }: CallValue): CodeValue | undefined {
  return /generateContent/.test(lastPart(callee)) && second?.kind === "text" ? second : first;
}

/** `ChatPromptTemplate.from_messages([…])`, `PromptTemplate.from_template("…")` and their constructors. */
function readLangChain(path: string, call: CallValue): FoundTemplate | null {
  const parts = call.callee.split(".");
  const className = parts.find((part) => /PromptTemplate$/.test(part));
  const last = lastPart(call.callee);
  if (className === undefined && last !== "from_messages" && last !== "fromMessages") return null;
  const problems: Problem[] = [];
  const engine = engineOf(call);
  const cacheMarkers: CacheMarker[] = [];
  const lists: TextRange[] = [];
  const options = { path, problems, cacheMarkers, parts: lists, engine, hasPairs: true };
  const [first] = call.positional;
  const found = { range: call.range, tools: [], cacheMarkers, parts: lists, problems, name: call.callee };
  const list = call.named.get("messages") ?? call.named.get("promptMessages") ?? first;
  const messages = list?.kind === "list" ? readMessages(list, options) : null;
  if (messages !== null) return { ...found, usage: "request", pieces: messages };
  const template = call.named.get("template") ?? (last === "from_file" ? undefined : first);
  if (template?.kind !== "text" || knownText(template.pieces).trim() === "") return null;
  const pieces =
    engine === null
      ? template.pieces
      : applyEngine(path, template.pieces, { engine, values: new Map() }, problems);
  return { ...found, usage: /^(?:System|Human|AI)/.test(className ?? "") ? "partial" : "request", pieces };
}

function engineOf(call: CallValue): Engine | null {
  // LangChain4j; LangChain calls it `from_template`.
  if (call.callee.endsWith("PromptTemplate.from")) return doubledBracesEngine;
  const format = call.named.get("template_format") ?? call.named.get("templateFormat");
  const name = format?.kind === "text" ? knownText(format.pieces) : "f-string";
  if (name === "jinja2") return readJinja;
  return name === "f-string" ? strFormatEngine : null;
}

function marker(role: Role, { start }: TextRange): Piece {
  return { kind: "segment", segment: { kind: "marker", range: { start, end: start }, role } };
}
