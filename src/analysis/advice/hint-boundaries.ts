/**
 * What a request must begin with for a server that keeps a state behind its leading system and developer messages, and where
 * that state will lie: found as the server finds it.
 */
import type { InstructionsIntake } from "../../core/policies/hint-intakes.ts";
import { commonPrefixLength } from "../../core/tokens/common-prefix.ts";
import type { ChatMessage } from "../../prompt/chat/chat-template.ts";
import { ChatEncoder } from "../../prompt/chat/encoder.ts";
import { sentMessages } from "../../prompt/chat/sent-messages.ts";
import type { Role, Scope, Segment, Template } from "../../prompt/template.ts";
import type { Prepared } from "../study.ts";
import type { RefusedTemplate } from "./hint-markers.ts";
import type { CheckpointHints } from "./hints.ts";

/** A template whose requests leave a state that all of them share. */
export interface BoundaryTemplate {
  readonly id: string;
  readonly path: string;
  /** What the body of a chat request begins with. */
  readonly request: { readonly messages: readonly Pick<ChatMessage, "role" | "content">[] };
  /** A state at this position has seen so many tokens. */
  readonly boundaryTokens: number;
  /** Of our own hint: what the chat template writes up to the next content is shared as well, and not kept. */
  readonly hintTokens: number;
}

export interface BoundaryHints {
  readonly kind: "instructions";
  readonly launch: string;
  readonly templates: readonly BoundaryTemplate[];
  readonly refused: readonly RefusedTemplate[];
}

export interface BoundariesInput {
  readonly prepared: Pick<Prepared, "scenario" | "tokenizer" | "chat" | "templates" | "workload">;
  readonly hints: CheckpointHints;
}

/** Yields now and then. */
export function* boundarySteps(
  input: BoundariesInput,
  takes: InstructionsIntake,
): Generator<void, BoundaryHints, void> {
  const { scenario, templates, tokenizer, chat } = input.prepared;
  const encoder = new ChatEncoder(tokenizer, chat.template);
  const found: BoundaryTemplate[] = [];
  const refused: RefusedTemplate[] = [];
  for (const { id, path, positions } of input.hints.templates) {
    const index = templates.findIndex((template) => template.id === id);
    const boundary = boundaryOf(input, index, encoder);
    const all = positions.find(({ scope }) => scope === "all");
    if (typeof boundary === "string") refused.push({ id, path, reason: boundary });
    else found.push({ id, path, ...boundary, hintTokens: all?.scope === "all" ? all.tokens : 0 });
    yield;
  }
  const launch = scenario.createWith((context) => takes.launch(context));
  return { kind: "instructions", launch, templates: found, refused };
}

/** As the server finds it: the leading messages rendered by themselves, without the words that ask for an answer. */
function boundaryOf(
  { prepared: { chat, templates, workload } }: BoundariesInput,
  index: number,
  encoder: ChatEncoder,
): Pick<BoundaryTemplate, "request" | "boundaryTokens"> | string {
  const template = templates[index]!;
  if (chat.template === null) return "Raw completions carry no messages.";
  if (template.captured !== undefined) return "It was recorded: its requests are sent already.";
  const leading = leadingInstructions(template);
  if (typeof leading === "string") return leading;
  const { messages, next } = leading;
  const tools = (template.tools ?? []).map(({ json }) => json);
  const conversation = { messages, tools, arguments: template.chatArguments ?? {} };
  const { text } = chat.template.render(conversation, { asksForAnswer: false });
  if (text === undefined) return "The chat template refuses system messages without a question behind them.";
  const { ids } = encoder.encodeText(text);
  const isShared = workload.requestsOf[index]!.every((row) => {
    const { promptTokens } = workload.requests[row]!;
    return (
      ids.length < promptTokens.length &&
      commonPrefixLength(ids, 0, promptTokens, 0, ids.length) === ids.length
    );
  });
  if (ids.length === 0 || !isShared) {
    // Earlier turns that are written into the message, rather than sent behind it.
    if (next !== null) return changes(next);
    return "By themselves its system messages are rendered to other tokens than in front of the conversation.";
  }
  return { request: { messages }, boundaryTokens: ids.length };
}

interface Message {
  readonly role: Role | null;
  content: string;
}

interface Leading {
  readonly messages: readonly Pick<ChatMessage, "role" | "content">[];
  /** The earlier turns behind them, where those are next. */
  readonly next: Value | null;
}

/** The system and developer messages that every call begins with, or why there are none. */
function leadingInstructions(template: Template): Leading | string {
  const isInstructions = template.usage === "instructions";
  const leading: Message[] = [{ role: isInstructions ? "system" : null, content: "" }];
  const next = collect(template.segments, leading);
  const isTurns = next !== null && isHistory(next);
  const messages = sentMessages(
    leading.filter(({ content }, at) => content !== "" || at === leading.length - 1),
  );
  const count = messages.findIndex(({ role }) => role !== "system" && role !== "developer");
  const instructions = count < 0 ? messages : messages.slice(0, count);
  // A value in the last of them, and not behind it; earlier turns are messages of their own.
  if (count < 0 && next !== null && !isTurns) return changes(next);
  return instructions.some(({ content }) => content !== "")
    ? { messages: instructions, next: isTurns ? next : null }
    : "It begins with no system message: move what all its calls share into one.";
}

type Value = Segment & { readonly kind: "hole" | "block" };

const perValue = "the server keeps a state all the same, at positions that only the values tell";

/** What becomes of a state behind a value, by how often that changes. */
const behindValue: Readonly<Record<Scope, string>> = {
  constant: `fixed at deployment: ${perValue}`,
  day: `new every day: ${perValue}`,
  tenant: `one per tenant: ${perValue}`,
  session: `one per conversation: ${perValue}`,
  request: "new in every call, so that no two calls share a state: move it behind the system message",
  volatile: "which never repeats, so that no two calls share a state: move it behind the system message",
};

function isHistory(value: Value): boolean {
  return value.kind === "hole" ? value.form === "history" : value.isHistory;
}

function changes(value: Value): string {
  const {
    name,
    scope: { scope, basis },
  } = value;
  if (isHistory(value)) {
    return `Its system message holds \`${name}\`, which grows with every turn: send the turns as messages.`;
  }
  const then = basis === "unknown" ? `of which nothing is known: ${perValue}` : behindValue[scope];
  return `Its system message holds \`${name}\`, ${then}.`;
}

/** Adds messages up to the first value, and gives that; `null` where there is none. */
function collect(segments: readonly Segment[], leading: Message[]): Value | null {
  for (const segment of segments) {
    switch (segment.kind) {
      case "text":
        leading.at(-1)!.content += segment.text;
        break;
      case "marker":
        leading.push({ role: segment.role, content: "" });
        break;
      case "include": {
        const value = collect(segment.resolved?.segments ?? [], leading);
        if (value !== null) return value;
        break;
      }
      case "hole":
      case "block":
        return segment;
    }
  }
  return null;
}
