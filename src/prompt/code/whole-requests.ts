/**
 * Whole requests of libraries that hide the body that is sent, the AI SDK and LangChain's chat models: all that could ask for
 * caching is seen in the code, so that what it does not ask for is not asked for.
 */
import { isHistoryName } from "../scope-inference.ts";
import { type CallValue, type CodeValue, entry, lastPart } from "./values.ts";

const functionsOfAiSdk = new Set(["generateText", "streamText", "generateObject", "streamObject"]);

export function isOfAiSdk({ callee }: CallValue): boolean {
  return functionsOfAiSdk.has(callee) || /^ai\.\w+$/.test(callee);
}

/** What `providerOptions` of the call itself asks of Anthropic: one mark at the end of the newest block. */
export function controlOfAiSdk(call: CallValue): CodeValue | undefined {
  const options = isOfAiSdk(call) ? call.named.get("providerOptions") : undefined;
  const own = options?.kind === "record" ? entry(options, "anthropic") : undefined;
  return own?.kind === "record" ? entry(own, "cacheControl") : undefined;
}

/**
 * `generateText({ model, system, prompt })`; a text carries no mark, a message those that it is written with, and messages
 * that only a run knows may.
 */
export function isWholeOfAiSdk(call: CallValue): boolean {
  const { named, hasMore } = call;
  if (!isOfAiSdk(call) || hasMore === true || !named.has("model") || named.has("messages")) return false;
  // It may put other messages in the place of these.
  if (named.has("prepareStep") || named.has("experimental_prepareStep")) return false;
  if (!isKnown(named.get("providerOptions"))) return false;
  const [system, prompt] = [named.get("system"), named.get("prompt")];
  if (system !== undefined && !isPlainSystem(system)) return false;
  if (prompt?.kind === "opaque") return system !== undefined && !isHistoryName(prompt.hole().name);
  return prompt?.kind === "text" || (prompt?.kind === "list" && prompt.items.every(isPlainMessage));
}

/** A text, a message or several of which all marks are seen. */
function isPlainSystem(system: CodeValue): boolean {
  if (system.kind === "list") return system.items.every(isPlainSystem);
  if (system.kind !== "record") return system.kind === "text";
  return system.isWhole && isKnown(entry(system, "providerOptions"));
}

/** Classes of LangChain that send what they are given; a chain, or a model with something bound to it, is none of them. */
const chatModels =
  /^(?:ChatAnthropic|ChatAnthropicMessages|ChatAnthropicVertex|ChatAnthropicBedrock|ChatBedrock|ChatBedrockConverse|BedrockChat|ChatOpenAI|AzureChatOpenAI|ChatVertexAI|ChatGoogleGenerativeAI|ChatTongyi|ChatAlibabaTongyi)$/;

const sendingMethods = new Set(["invoke", "ainvoke", "stream", "astream"]);

/** Arguments, of a model and of a message, that go into the body as they are. */
const passedOn = ["model_kwargs", "modelKwargs", "invocationKwargs", "additional_kwargs", "cache_control"];

/** `ChatAnthropic(…).invoke([…])`, also by a name. */
export function isWholeOfChatModel(call: CallValue): boolean {
  const [messages, ...others] = call.positional;
  if (!sendingMethods.has(lastPart(call.callee)) || call.hasMore === true || others.length > 0) return false;
  if (messages?.kind !== "list" || !messages.items.every(isPlainMessage)) return false;
  const model = call.receiver?.();
  return model?.kind === "call" && chatModels.test(lastPart(model.callee)) && passesNothingOn(model);
}

function passesNothingOn({ hasMore, named }: CallValue): boolean {
  return hasMore !== true && !passedOn.some((name) => named.has(name));
}

/** A message that is written here, whose marks are read where it has any. */
function isPlainMessage(item: CodeValue): boolean {
  if (item.kind === "call") return /Message$/.test(item.callee) && passesNothingOn(item);
  if (item.kind === "record") return item.isWhole && entry(item, "additional_kwargs") === undefined;
  return item.kind === "list" || item.kind === "text";
}

function isKnown(value: CodeValue | undefined): boolean {
  if (value?.kind !== "record") return value === undefined;
  return value.isWhole && value.entries.every(({ value: inner }) => inner.kind !== "opaque");
}
