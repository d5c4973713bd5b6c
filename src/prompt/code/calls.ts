/** Calls that send a prompt, or build one: SDKs of OpenAI, Anthropic, Google and others, LangChain, AI SDK, agents. */

import type { Engine } from "../embedded.ts";
import { type EngineName, engines } from "../engines.ts";
import { readJinja } from "../jinja/segments.ts";
import { lowerFirst } from "../names.ts";
import { type ContentParameter, isImageType, isPrefixParameter } from "../request-parameters.ts";
import { isHistoryName } from "../scope-inference.ts";
import { splitMessages } from "../semantic-kernel-messages.ts";
import { namedPlacesEngine } from "../str-format.ts";
import type { CacheMarker, RequestParameter, Role } from "../template.ts";
import type { Problem, TextRange } from "../text.ts";
import { isWritingJson, maySendBody, recordOf, withBody } from "./bodies.ts";
import { chatArgumentsOf, isRendering } from "./chat-arguments.ts";
import { isAskedAfterwards, mayAskAfterwards } from "./chats.ts";
import { readSignature } from "./dspy.ts";
import { mayBeFluent, tellsAnswer, unchained } from "./fluent.ts";
import type { FoundTemplate } from "./found-template.ts";
import {
  additionsOf,
  argumentNamed,
  type Framework,
  frameworkOf,
  mayBeOfFramework,
  withOptionsFirst,
} from "./frameworks.ts";
import { readLangChain } from "./langchain.ts";
import { listOf } from "./lists.ts";
import { roleOfCallee } from "./message-names.ts";
import {
  answers,
  earlierTurns,
  isContentCall,
  isMessageCall,
  isPartsName,
  type MessageOptions,
  markerAt,
  readContent,
  readMessages,
  readParts,
} from "./messages.ts";
import { applyEngine, hasImports, hole, knownText, type Piece, readsFiles } from "./pieces.ts";
import { isHeading, isProse, withoutTags } from "./prompt-names.ts";
import { readTools, writtenJson } from "./tools.ts";
import { type CallValue, type CodeValue, callBehind, entry, lastPart, type RecordValue } from "./values.ts";
import { controlOfAiSdk, isOfAiSdk, isWholeOfAiSdk, isWholeOfChatModel } from "./whole-requests.ts";

/** Arguments that hold what stands before the conversation. */
const systemArguments = [
  "system",
  "system_prompt",
  "systemPrompt",
  "system_message",
  "systemMessage",
  "system_instruction",
  "systemInstruction",
  // The Ruby SDK of Anthropic, as `system` runs commands there.
  "system_",
  "instructions",
  "instruction",
] as const;

const messageArguments = ["messages", "input", "contents"] as const;
const promptArguments = ["prompt", "input", "contents", "userPrompt", "user_prompt"] as const;

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
  // RubyLLM 1
  "ask",
  "stream",
  "parse",
  "generateText",
  "streamText",
  "generateObject",
  "streamObject",
  // langchaingo
  "generateFromSinglePrompt",
  // The chats of Google's packages
  "sendMessage",
  "sendMessageStream",
  // Bedrock
  "invoke_model",
  "invoke_model_with_response_stream",
]);

/** What takes the parts of one message alone: the chats and models of Google's packages. */
const sendsParts = /^(?:sendMessage|generateContent)(?:Stream)?$/;

/** Classes that are made of what stands before every conversation: Symfony AI's `new SystemPromptInputProcessor('…')`. */
const standingClass = /(?:^|\.)SystemPrompt(?:InputProcessor)?$/;

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

/**
 * Methods whose first argument is the messages, or the prompt: OpenAI for .NET 2, Microsoft.Extensions.AI 9, Semantic Kernel 1,
 * Agent Framework, AutoGen.Net; rig for Rust.
 */
const askingNames =
  /^(?:CompleteChat(?:Streaming)?(?:Async)?|Complete(?:Streaming)?Async|Get(?:Streaming)?Response(?:Async)?|Get(?:Streaming)?ChatMessageContents?Async|GetChatCompletions(?:Streaming)?(?:Async)?|CreateResponse(?:Streaming)?(?:Async)?|Run(?:Streaming)?Async|InvokePrompt(?:Streaming)?Async|GenerateReplyAsync|prompt)$/;

/** Objects of settings that such methods are given behind the messages. */
const optionNames = /(?:Options|Settings|Config|Configuration|Parameters)$/;

/** Arguments that only a call to a model has. */
const samplingArguments = [
  "model",
  "max_tokens",
  "maxTokens",
  "max_output_tokens",
  "max_gen_len",
  "max_tokens_to_sample",
  "textGenerationConfig",
  "parameters",
  "temperature",
  "stop",
];

/** Fewer words in an argument that is named for it say nothing. */
const fewestWords = 3;

/** Cheap test before a call is looked at: by what is called, and by the names of its arguments. */
export function mayBePromptCall(callee: string, argumentNames: readonly string[]): boolean {
  if (argumentNames.some((name) => telling.has(name))) return true;
  return (
    /PromptTemplate|from_?messages|apply_chat_template/i.test(callee) ||
    invokingNames.has(lastPart(callee)) ||
    isSending({ callee }) ||
    standingClass.test(callee) ||
    askingNames.test(lastPart(callee)) ||
    takesSemanticKernel.test(callee) ||
    makesMessage.test(callee) ||
    roleOfCallee(callee) !== null ||
    mayBeFluent(callee) ||
    mayAskAfterwards(callee) ||
    maySendBody(callee) ||
    addsParts(callee) ||
    mayBeOfFramework(callee)
  );
}

const telling: ReadonlySet<string> = new Set([
  ...systemArguments,
  ...messageArguments,
  ...promptArguments,
  "config",
  "role",
]);

/** A function that passes on what it is given sends a prompt that is written elsewhere; its tools stand in front of it. */
export function isSaid({ tools, importedTools = [], pieces }: FoundTemplate): boolean {
  return tools.length + importedTools.length > 0 || saysAnything(pieces);
}

/** The prompt that the call sends or builds, also where all of it is only known by a run; `null` for any other call. */
export function readCall(path: string, given: CallValue): FoundTemplate | null {
  const call = withOptions(unchained(withBody(withOptionsFirst(given))));
  if (makesPictures(call) || (call.isTelling === true && tellsAnswer(given))) return null;
  const found =
    readSignature(call) ??
    readSemanticKernel(path, call) ??
    readLangChain(path, call) ??
    readRendering(path, call) ??
    readRequest(path, call) ??
    readAddedMessage(path, call) ??
    readMessageAlone(path, given);
  return found !== null && given.alias !== undefined && found.name === given.callee
    ? { ...found, name: given.alias }
    : found;
}

/** `GetResponseAsync(messages, new ChatOptions { Instructions = "…" })`: what is asked of the model stands behind what it is asked, also in a variable. */
function withOptions(call: CallValue): CallValue {
  if (!askingNames.test(lastPart(call.callee))) return call;
  const made = call.positional.map(callBehind);
  const options = made.find((value) => value !== null && optionNames.test(lastPart(value.callee)));
  return options == null ? call : { ...call, named: new Map([...options.named, ...call.named]) };
}

/** Classes of messages that are told the role: `new ChatMessage(ChatRole.System, "…")`, `Message::new(Role::User, "…")`. */
const makesMessage = /(?:^|\.)\w*Message(?:Content)?(?:\.new)?$/;

/** A message that goes into a conversation which is put together elsewhere. */
function readMessageAlone(path: string, call: CallValue): FoundTemplate | null {
  const problems: Problem[] = [];
  const cacheMarkers: CacheMarker[] = [];
  const parts: TextRange[] = [];
  const options = { path, problems, cacheMarkers, parts, engine: null, hasPairs: false };
  if (roleOfCallee(call.callee) === null && !makesMessage.test(call.callee)) return null;
  const pieces = readMessages(call, options);
  const [first] = pieces ?? [];
  const role = first?.kind === "segment" && first.segment.kind === "marker" ? first.segment.role : null;
  const isAsked = role === "system" || role === "developer" || role === "user";
  if (pieces === null || !isAsked || !isProse(knownText(pieces), fewestWords)) return null;
  return {
    name: call.callee,
    range: call.range,
    usage: role === "user" ? "request" : "instructions",
    pieces,
    tools: [],
    cacheMarkers,
    // It is no part of its own.
    parts: parts.filter(({ start, end }) => start !== call.range.start || end !== call.range.end),
    problems,
    isLocal: true,
  };
}

/**
 * What Semantic Kernel reads as a template, in its own language where none is named.
 * https://learn.microsoft.com/semantic-kernel/concepts/prompts/prompt-template-syntax
 */
const takesSemanticKernel =
  /(?:^|\.)(?:InvokePrompt(?:Streaming)?Async|Create(?:Function)?FromPrompt|CreateSemanticFunction|PromptTemplateConfig|invoke_prompt(?:_stream)?|create_function_from_prompt)$/;

const templateFormats: ReadonlyMap<string, EngineName> = new Map([
  ["semantic-kernel", "semantic-kernel"],
  ["handlebars", "handlebars"],
  ["liquid", "liquid"],
  ["jinja2", "jinja"],
]);

function readSemanticKernel(path: string, call: CallValue): FoundTemplate | null {
  if (!takesSemanticKernel.test(call.callee)) return null;
  const said = call.named.get("template") ?? call.named.get("prompt") ?? call.named.get("promptTemplate");
  const template = said ?? call.positional[0];
  if (template?.kind !== "text" || !isProse(knownText(template.pieces), fewestWords)) return null;
  const format = call.named.get("templateFormat") ?? call.named.get("template_format");
  const named = format?.kind === "text" ? knownText(format.pieces) : "semantic-kernel";
  const engine = templateFormats.get(named) ?? "semantic-kernel";
  const problems: Problem[] = [];
  const pieces = applyEngine(
    path,
    template.pieces,
    { engine: withMessages(engine), values: new Map() },
    problems,
  );
  const { range, callee: name } = call;
  return { name, range, usage: "request", pieces, tools: [], cacheMarkers: [], problems };
}

function withMessages(name: EngineName): Engine {
  return (path, source, range, declared) => {
    const { value, problems } = engines[name](path, source, range, declared);
    return { value: { ...value, segments: splitMessages(value.segments, name) }, problems };
  };
}

/** Calls of models of images, videos, speech and vectors, which cache nothing: by what is called, or by the name of the model. */
function makesPictures({ callee, named }: CallValue): boolean {
  if (pictureCalls.test(callee)) return true;
  const model = named.get("model") ?? named.get("modelId");
  return model?.kind === "text" && pictureModels.test(knownText(model.pieces));
}

const pictureCalls =
  /(?:^|[._])(?:images?|videos?)\.(?:generate|edit|create|createVariation|create_variation|generateStreaming|new)$|(?:image|video)\w{0,30}Params$|(?:generate|create|edit)_?(?:images?|videos?)\w*$|(?:^|[._])(?:text_?to_?image|text_?to_?video|image_generation|imageGeneration|ImageGeneration)$|(?:Diffusion|Flux|Image|Video)\w*Pipeline$/i;
const pictureModels =
  /\bdall-?e|gpt-image|\bimagen\b|flash-image|\bveo\b|\bsora\b|stable-?diffusion|\bsdxl\b|\bflux\b|midjourney|ideogram|recraft|\btts\b|text-to-speech|embed/i;

export function saysAnything(pieces: readonly Piece[]): boolean {
  return /\p{L}/u.test(knownText(pieces)) || hasImports(pieces);
}

function readRequest(path: string, call: CallValue): FoundTemplate | null {
  const problems: Problem[] = [];
  // In the order in which they are sent: tools, what stands before the conversation, messages.
  const {
    tools,
    importedTools,
    cacheMarkers: ofTools,
    order,
    problems: flaws,
  } = readTools(path, offeredBy(call), {
    handoffs: call.named.get("handoffs"),
    servers: serverArguments.map((name) => call.named.get(name)).find((value) => value !== undefined),
  });
  const cacheMarkers = [...ofTools];
  const config = configOf(call);
  const configRanges = config?.kind === "call" ? [config.range] : [];
  const parts: TextRange[] = [...(call.writtenIn ?? []), ...configRanges, ...(call.toldAt ?? [])];
  const row = frameworkOf(call);
  const engine = row?.places === undefined ? null : placesOf[row.places];
  const options = { path, problems, cacheMarkers, parts, engine, hasPairs: false };
  const [system, ...more] = systemsOf(call, row);
  const several = system === undefined ? null : systemMessages(system, options);
  const added = row === null ? [] : additionsOf(row, call).map(hole);
  const own =
    system === undefined || several !== null
      ? []
      : [system, ...more].flatMap((value) => readContent(value, options));
  const standing = several ?? (own.length === 0 ? [] : [...own, ...added]);
  const isStanding = hasImports(standing) || isProse(knownText(standing), fewestWords);
  const conversation = conversationOf(call, row, options, { isStanding, hasSystem: standing.length > 0 });
  if (conversation === null && !isStanding) return null;
  problems.push(...flaws);
  cacheMarkers.push(...automaticMarker(call));
  const head = several ?? (standing.length > 0 ? [marker("system", system!.range), ...standing] : []);
  return {
    name: call.callee === "" ? "call" : call.callee,
    range: call.range,
    usage: conversation === null ? "instructions" : "request",
    pieces: [...head, ...(conversation ?? [])],
    tools,
    importedTools,
    ...(order !== null && { toolOrder: order }),
    cacheMarkers,
    parts,
    chatArguments: chatArgumentsOf(call),
    ...((mayBePart(call) || call.toldAt !== undefined) && { isLocal: true }),
    ...(conversation !== null && isWhole(call) && { isWhole: true, parameters: parametersOf(call) }),
    // Their parameters stand elsewhere: in options of the provider, and with the model.
    ...(conversation !== null && (isWholeOfAiSdk(call) || isWholeOfChatModel(call)) && { isWhole: true }),
    problems,
  };
}

const placesOf = { state: namedPlacesEngine, jinja: readJinja, dotprompt: engines.dotprompt } as const;

/** All that stands before the conversation, in the order in which it is sent. */
function systemsOf(call: CallValue, row: Framework | null): readonly CodeValue[] {
  const named =
    row === null ? [] : (row.system ?? []).flatMap((name) => argumentNamed(row, call, name) ?? []);
  const first = named.length > 0 ? named : [systemOf(call)].filter((value) => value !== undefined);
  return [...first, ...systemsOfMiddleware(call), ...(call.decorated?.system ?? [])];
}

/** What middleware of LangChain's agents says in place of a system prompt: `@dynamic_prompt`, `dynamicSystemPromptMiddleware(…)`. */
function systemsOfMiddleware({ named }: CallValue): readonly CodeValue[] {
  const middleware = named.get("middleware");
  if (middleware?.kind !== "list") return [];
  return middleware.items.flatMap((item) => {
    if (item.kind === "function") return item.decorators.some(makesSystem) ? [item] : [];
    const [first] = item.kind === "call" && makesSystem(item.callee) ? item.positional : [];
    return first === undefined ? [] : [first];
  });
}

function makesSystem(name: string): boolean {
  return /^(?:dynamic_prompt|dynamicSystemPromptMiddleware)$/.test(lastPart(name));
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

/** Arguments that hold servers of the Model Context Protocol, or sets of tools. */
const serverArguments = ["mcp_servers", "mcpServers", "toolsets"] as const;

/** All tools that a call offers, in the order in which they are sent. */
function offeredBy(call: CallValue): readonly (CodeValue | undefined)[] {
  const { decorated } = call;
  return [toolsOf(call), ...(decorated === undefined ? [] : [listOf(call, decorated.tools)])];
}

/** Bedrock's `converse` has them one level deeper. */
function toolsOf(call: CallValue): CodeValue | undefined {
  const config = call.named.get("toolConfig");
  const own = argument(call, "tools") ?? (config?.kind === "record" ? entry(config, "tools") : undefined);
  return own ?? call.bound;
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
  const { tools, cacheMarkers: ofTools } = readTools(path, [call.named.get("tools")]);
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

/** What puts a message into a conversation: `history.push({ role, content })`, `client.addHistory({ role, parts })`. */
const addsMessage = /(?:^|_)(?:add|append|push|insert|record|send|create|enqueue)(?:$|_|[A-Z])/;

function addsParts(callee: string): boolean {
  return addsMessage.test(lastPart(callee)) && isPartsName(callee.slice(0, callee.lastIndexOf(".")));
}

/** A message that a conversation gets on the way; it is a part of others, and nothing by itself. */
function readAddedMessage(path: string, call: CallValue): FoundTemplate | null {
  if (!addsMessage.test(lastPart(call.callee))) return null;
  const [first] = call.positional;
  const record = first?.kind === "record" ? first : recordOf(call);
  const role = entry(record, "role");
  if (role === undefined) return addsParts(call.callee) ? readAddedParts(path, call, record) : null;
  // What the model is said to have answered is no prompt.
  if (role.kind === "text" && answers.test(knownText(role.pieces))) return null;
  const problems: Problem[] = [];
  const options = { path, problems, cacheMarkers: [], parts: [], engine: null, hasPairs: false };
  const { range, callee: name } = call;
  const pieces = readMessages(listOf(call, [record]), options);
  if (pieces === null || !isProse(withoutTags(knownText(pieces)), fewestWords)) return null;
  return { name, range, usage: "partial", pieces, tools: [], cacheMarkers: [], isLoose: true, problems };
}

/** `parts.push({ text: "…" })`: more of a message that is put together on the way. */
function readAddedParts(path: string, call: CallValue, record: RecordValue): FoundTemplate | null {
  const problems: Problem[] = [];
  const options = { path, problems, cacheMarkers: [], parts: [], engine: null, hasPairs: false };
  const pieces = readSpokenParts(record, options);
  if (pieces === null || isHeading(knownText(pieces))) return null;
  const { range, callee: name } = call;
  return { name, range, usage: "partial", pieces, tools: [], cacheMarkers: [], isLoose: true, problems };
}

/** `null` for parts that say nothing, or too little. */
function readSpokenParts(value: CodeValue, options: MessageOptions): readonly Piece[] | null {
  const pieces = readParts(value, options);
  return pieces !== null && isProse(withoutTags(knownText(pieces)), fewestWords) ? pieces : null;
}

interface Before {
  /** Whether what stands before the conversation says something. */
  readonly isStanding: boolean;
  readonly hasSystem: boolean;
}

/** Messages, or one text that is the whole prompt; behind a system prompt also messages that only a run knows. */
function conversationOf(
  call: CallValue,
  row: Framework | null,
  options: MessageOptions,
  { isStanding, hasSystem }: Before,
): readonly Piece[] | null {
  const last = lastPart(call.callee);
  const isInvoking = invokingNames.has(last);
  const named = messageArguments.flatMap((name) => call.named.get(name) ?? []);
  const isAsking = askingNames.test(last);
  const first =
    isInvoking || isAsking || isSending(call) ? sentBy(call).slice(0, isInvoking || isAsking ? 1 : 2) : [];
  const lists = row === null ? [] : promptsOf(call, row).filter(({ kind }) => kind === "list");
  for (const value of [...named, ...lists, ...first]) {
    // A word alone is a key or a name.
    if (value.kind === "text" && !isProse(knownText(value.pieces), fewestWords)) continue;
    const messages =
      readMessages(value, { ...options, hasPairs: isInvoking }) ??
      (sendsParts.test(last) ? readSpokenParts(value, options) : null);
    // A question that is given beside them comes behind them.
    if (messages !== null)
      return row === null || !named.includes(value)
        ? messages
        : [...messages, ...askedBehind(call, row, options)];
  }
  const unknown = call.named.get("messages");
  const earlier = unknown === undefined || unknown.kind === "list" ? [] : [earlierTurns(unknown)];
  const asked = row === null ? [] : questionsOf(call, row);
  const prompt = asked[0] ?? promptOf(call);
  if (prompt !== undefined) {
    const isEarlier = prompt.kind === "opaque" && hasSystem && isHistoryName(prompt.hole().name);
    if (isEarlier) return [...earlier, earlierTurns(prompt)];
    const text = (asked.length > 0 ? asked : [prompt]).flatMap((value) => readContent(value, options));
    const isBare = (!hasSystem && earlier.length === 0) || beginsMessage(text);
    return [...earlier, ...(isBare ? [] : [marker("user", prompt.range)]), ...text];
  }
  return isStanding && unknown !== undefined ? [earlierTurns(unknown)] : null;
}

/** The question behind messages that are given beside it, as with Genkit; none where the messages are all. */
function askedBehind(call: CallValue, row: Framework, options: MessageOptions): readonly Piece[] {
  const isMessages = (value: CodeValue) => messageArguments.some((name) => call.named.get(name) === value);
  const [prompt] = promptsOf(call, row).filter((value) => !isMessages(value));
  if (prompt === undefined) return [];
  return [marker("user", prompt.range), ...readContent(prompt, options)];
}

/** Whether a template says itself who speaks first. */
function beginsMessage([first]: readonly Piece[]): boolean {
  return first?.kind === "segment" && first.segment.kind === "marker";
}

/** What a call that sends is given; messages beside each other are one list: `model.chat(SystemMessage.from("…"), …)` of LangChain4j 1. */
function sentBy(call: CallValue): readonly CodeValue[] {
  const given = behindContext(call.positional).map(inRequest);
  const areMessages = given.every((value) => value.kind === "call" && isMessageCall(value));
  return areMessages && given.length > 1 ? [listOf(call, given)] : given;
}

/** The messages that a request is made of: `new Prompt(messages)` of Spring AI, `new ChatRequest(messages)`. */
function inRequest(value: CodeValue): CodeValue {
  const [only, ...others] = value.kind === "call" && holdsMessages.test(value.callee) ? value.positional : [];
  return only?.kind === "list" && others.every(({ kind }) => kind !== "list") ? only : value;
}

const holdsMessages = /(?:Prompt|Request|Params|Input)$/;

function promptsOf(call: CallValue, row: Framework): readonly CodeValue[] {
  return (row.prompt ?? []).flatMap((name) => argumentNamed(row, call, name) ?? []);
}

/** The texts that are the question to a framework; none where they say nothing. */
function questionsOf(call: CallValue, row: Framework): readonly CodeValue[] {
  const values = promptsOf(call, row);
  const says = (value: CodeValue) => value.kind === "text" && isProse(knownText(value.pieces), fewestWords);
  return values.some(says) ? values : [];
}

/** An argument, or one of the configuration that is an argument itself, as with Google. */
function argument(call: CallValue, name: string): CodeValue | undefined {
  const own = call.named.get(name);
  if (own !== undefined) return own;
  const config = configOf(call);
  return config?.kind === "record" ? entry(config, name) : config?.named.get(name);
}

/** The configuration that is an argument, wherever it is made. */
function configOf({ named }: CallValue): CallValue | RecordValue | undefined {
  const config = named.get("config") ?? named.get("generationConfig") ?? named.get("generation_config");
  if (config === undefined || config.kind === "record") return config;
  return callBehind(config) ?? undefined;
}

/** Whether a call may be part of another one, of which it is then nothing by itself: options of a request, or whom it asks. */
function mayBePart(call: CallValue): boolean {
  return (
    call.isRecord === true ||
    optionNames.test(lastPart(call.callee)) ||
    isAskedAfterwards(call) ||
    isWritingJson(call)
  );
}

function systemOf(call: CallValue): CodeValue | undefined {
  const named = systemArguments.map((name) => argument(call, name)).find((value) => value !== undefined);
  return named ?? (standingClass.test(call.callee) ? call.positional[0] : undefined);
}

/** One text that is the whole prompt. Other libraries have arguments of that name too: something else must speak of a model. */
function promptOf(call: CallValue): CodeValue | undefined {
  const last = lastPart(call.callee);
  const isSent =
    isSending(call) || samplingArguments.some((name) => call.named.has(name)) || systemOf(call) !== undefined;
  const named = isSent
    ? promptArguments.map((name) => call.named.get(name)).find((value) => value !== undefined)
    : undefined;
  const isModel = /llm|model|chat|gpt|claude|gemini/i.test(call.callee);
  const isAsking = askingNames.test(last);
  const sends = isAsking || (isModel && (invokingNames.has(last) || isSending(call)));
  const first = named === undefined && sends ? saidIn(call) : undefined;
  const value = named ?? first;
  if (value?.kind === "call" && isContentCall(value)) return value;
  if (value?.kind !== "text") return systemOf(call) === undefined ? undefined : named;
  const isSaid = isProse(knownText(value.pieces), fewestWords) || readsFiles(value.pieces);
  return isSaid || systemOf(call) !== undefined ? value : undefined;
}

/** `GenerateContent` of Go is `generateContent` elsewhere. */
function isSending({ callee }: Pick<CallValue, "callee">): boolean {
  const last = lastPart(callee);
  return sendingNames.has(last) || sendingNames.has(lowerFirst(last)) || sendingOfGo.test(callee);
}

/** `client.Chat.Completions.New(ctx, params)` of OpenAI's and Anthropic's SDKs for Go. */
const sendingOfGo = /(?:^|\.)(?:Completions|Messages|Responses)\.New(?:Streaming)?$/;

/** The arguments behind the context that functions of Go are given first. https://pkg.go.dev/context */
function behindContext(positional: readonly CodeValue[]): readonly CodeValue[] {
  const [first] = positional;
  const isContext =
    first !== undefined && /^(?:ctx|context)\b|Ctx$|Context(?:\(\))?$/.test(first.hole().name);
  return isContext ? positional.slice(1) : positional;
}

/**
 * The prompt among what a call is given: behind the model in `llms.GenerateFromSinglePrompt(ctx, llm, "…")` of langchaingo, and
 * `client.Models.GenerateContent(ctx, "gemini-…", genai.Text("…"), config)` of Google.
 */
function saidIn(call: CallValue): CodeValue | undefined {
  const all = behindContext(call.positional);
  if (all.length === call.positional.length) return sentAmong(call);
  return all.slice(0, 2).find((value) => {
    if (value.kind === "call") return isContentCall(value);
    return value.kind === "text" && isProse(knownText(value.pieces), fewestWords);
  });
}

/** The first argument; of `models.generateContent(model, contents, config)` (Google's SDKs for Java and Go) the second one. */
export function sentAmong({ callee, positional }: CallValue): CodeValue | undefined {
  const [first, second] = behindContext(positional);
  const isBehindModel =
    /generateContent/i.test(lastPart(callee)) &&
    (second?.kind === "text" || /(?:^|\.)models\.\w+$/i.test(callee));
  return isBehindModel ? (second ?? first) : first;
}

function marker(role: Role, { start }: TextRange): Piece {
  return { kind: "segment", segment: { kind: "marker", range: { start, end: start }, role } };
}
