/**
 * Chats and models that are made first and asked afterwards: what stands before the conversation, tools and earlier turns are given
 * where they are made. google-genai 1 and @google/genai 1 (`chats.create`), google-generativeai 0.8, @google/generative-ai 0.24 and
 * Vertex AI (`GenerativeModel`, `start_chat`), Genkit 1 (`ai.chat`), LlamaIndex 0.14 (chat engines).
 */
import type { Node } from "web-tree-sitter";
import { isHistoryName } from "../scope-inference.ts";
import type { Evaluator } from "./evaluate.ts";
import { messageCall } from "./fluent.ts";
import { concatenated, listOf, spreadOf } from "./lists.ts";
import { isMessageCall } from "./messages.ts";
import { type CallValue, type CodeValue, callBehind, entry, lastPart } from "./values.ts";

const asks =
  /^(?:send_?message(?:_?stream)?(?:_async)?|generate_?content(?:_?stream)?(?:_async)?|send(?:Stream)?|a?chat|a?stream_chat)$/i;
const makesChat =
  /(?:^|\.)(?:start_?chat|chats\.create|ai\.chat|session\.chat|as_?chat_?engine|\w*ChatEngine\.from_?defaults)$/i;
const makesModel = /(?:^|\.)(?:GenerativeModel|get_?generative_?model)$/i;

/** Whether a call may ask a chat or a model that was made before. */
export function mayAskAfterwards(callee: string): boolean {
  return asks.test(lastPart(callee));
}

/** Whether a call makes a chat or a model that is asked afterwards. */
export function isAskedAfterwards({ callee }: Pick<CallValue, "callee">): boolean {
  return makesChat.test(callee) || makesModel.test(callee);
}

/** Makers behind makers: a chat of a model. */
const mostMakers = 4;

/** The calls, with what chats and models were made with that they ask. */
export function withChats(
  sent: readonly { readonly node: Node; readonly call: CallValue }[],
  evaluator: Evaluator,
): readonly CallValue[] {
  const begun = new Set<number>();
  return sent.map(({ node, call }) => {
    const makers = mayAskAfterwards(call.callee) ? makersOf(call) : [];
    if (makers.length === 0) return call;
    const chat = makers.findLast(({ callee }) => makesChat.test(callee));
    const isFirst = chat === undefined || (!begun.has(chat.range.start) && isBegunAt(node, chat, evaluator));
    if (chat !== undefined) begun.add(chat.range.start);
    return askedOf(call, makers, isFirst);
  });
}

/** The model and the chat that a method is called on, in the order in which they are made. */
function makersOf(call: CallValue): readonly CallValue[] {
  const makers: CallValue[] = [];
  let at = call.receiver?.() ?? null;
  while (at !== null && makers.length < mostMakers) {
    const maker = callBehind(at);
    if (maker === null || !isAskedAfterwards(maker)) break;
    makers.unshift(maker);
    at = maker.receiver?.() ?? null;
  }
  return makers;
}

/** Whether nothing was said in the chat before: it is made in the same function, and in every round of a loop anew. */
function isBegunAt(node: Node, chat: CallValue, { program }: Evaluator): boolean {
  const isAround = (outer: Node) => outer.startIndex <= chat.range.start && chat.range.end <= outer.endIndex;
  for (let at = program.parentOf(node); at !== null; at = program.parentOf(at)) {
    if (isAround(at)) return true;
    if (program.functionOf(at) !== null || program.language.statement(at).kind === "loop") return false;
  }
  return true;
}

function askedOf(call: CallValue, makers: readonly CallValue[], isFirst: boolean): CallValue {
  const before = makers.flatMap(({ named }) => [...named].filter(([name]) => name !== "model"));
  const named = new Map([...before, ...call.named]);
  const history = named.get("history") ?? named.get("chat_history") ?? named.get("messages");
  const chat = call.receiver?.() ?? null;
  const isTold = history !== undefined && (history.kind !== "list" || history.items.length > 0);
  const earlier = [
    ...(isTold ? concatenated([history]) : []),
    ...(isFirst || chat === null || (isTold && history.kind !== "list") ? [] : [spreadOf(unknownOf(chat))]),
  ];
  const said =
    named.get("message") ?? named.get("contents") ?? named.get("content") ?? call.positional[0] ?? null;
  const messages = said === null ? earlier : [...earlier, ...messagesOf(call, said)];
  const writtenIn = [...(call.writtenIn ?? []), ...makers.map(({ range }) => range)];
  named.set("messages", listOf(call, messages));
  return { ...call, named, positional: [], writtenIn };
}

/** What a chat holds besides what it was made with. */
function unknownOf({ range, hole }: CodeValue): CodeValue {
  return { kind: "opaque", range, hole };
}

function messagesOf(call: CallValue, said: CodeValue): readonly CodeValue[] {
  const isHistory = said.kind !== "text" && said.kind !== "list" && isHistoryName(said.hole().name);
  if (isHistory) return [spreadOf(said)];
  return said.kind === "list" && said.items.some(isMessage)
    ? concatenated([said])
    : [messageCall(call, "user", said)];
}

function isMessage(value: CodeValue): boolean {
  if (value.kind === "record") return entry(value, "role") !== undefined;
  return (
    value.kind === "spread" || (value.kind === "call" && (isMessageCall(value) || value.named.has("role")))
  );
}
