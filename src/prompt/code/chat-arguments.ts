/**
 * Variables that a call gives to the chat template: `chat_template_kwargs` of vLLM, SGLang and llama.cpp, in the body or in what
 * a client adds to it, and the further arguments of `apply_chat_template`.
 */
import type { ChatArguments } from "../chat/arguments.ts";
import type { UnknownArgument } from "../template.ts";
import { hasImports, knownText, type Piece, unknownText } from "./pieces.ts";
import { type CallValue, type CodeValue, entry, lastPart } from "./values.ts";

/** Names under which clients take what they add to the body as it is. */
const bodyArguments = ["extra_body", "extraBody", "model_kwargs", "body"] as const;
const kwargsNames = ["chat_template_kwargs", "chatTemplateKwargs"] as const;

/** Arguments of `apply_chat_template` that speak to the library, and not to the template. */
const ofLibrary: ReadonlySet<string> = new Set([
  "conversation",
  "messages",
  "tools",
  "chat_template",
  "chat_template_kwargs",
  "add_generation_prompt",
  "continue_final_message",
  "tokenize",
  "padding",
  "truncation",
  "max_length",
  "return_tensors",
  "return_dict",
  "return_assistant_tokens_mask",
  "tokenizer_kwargs",
  "processor_kwargs",
  "load_audio_from_video",
]);

export function isRendering({ callee }: CallValue): boolean {
  return lastPart(callee) === "apply_chat_template";
}

export interface PassedArguments {
  /** Values that are written out. */
  readonly known: ChatArguments;
  /** What only a run knows, each name once. */
  readonly unknown: readonly UnknownArgument[];
}

export function chatArgumentsOf(call: CallValue): PassedArguments {
  const known: Record<string, unknown> = {};
  const unknown = new Map<string, UnknownArgument>();
  const put = (name: string, value: CodeValue) => {
    const written = knownValue(value);
    if (written === undefined) unknown.set(name, { name, isAll: false });
    else known[name] = written;
  };
  if (isRendering(call)) {
    for (const [key, value] of call.named) if (!ofLibrary.has(key)) put(key, value);
  }
  const bodies = bodyArguments.map((name) => call.named.get(name));
  for (const name of kwargsNames) {
    const inBodies = bodies.map((body) => (body?.kind === "record" ? entry(body, name) : undefined));
    for (const given of [call.named.get(name), ...inBodies]) {
      for (const { key, value } of given?.kind === "record" ? given.entries : []) put(key, value);
      const isOpen = given?.kind === "record" ? !given.isWhole : isUnknownValue(given);
      if (isOpen) unknown.set(name, { name, isAll: true });
    }
  }
  return { known, unknown: [...unknown.values()] };
}

/** `None` gives nothing. */
function isUnknownValue(value: CodeValue | undefined): boolean {
  return value !== undefined && value.kind !== "literal";
}

function isKnown(pieces: readonly Piece[]): boolean {
  return !hasImports(pieces) && !knownText(pieces).includes(unknownText);
}

/** `undefined` where a part of it is not known. */
function knownValue(value: CodeValue): unknown {
  switch (value.kind) {
    case "literal":
      return value.value;
    case "text":
      return isKnown(value.pieces) ? knownText(value.pieces) : undefined;
    case "list": {
      const items = value.items.map(knownValue);
      return items.includes(undefined) ? undefined : items;
    }
    case "record": {
      const entries = value.entries.map(({ key, value: inner }) => [key, knownValue(inner)] as const);
      const isKnownWhole = value.isWhole && entries.every(([, inner]) => inner !== undefined);
      return isKnownWhole ? Object.fromEntries(entries) : undefined;
    }
    default:
      return undefined;
  }
}
