/** A recorded conversation as the requests that it was made of: one for each answer, with everything before it. */
import type { Request } from "../core/replay/request.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import {
  applyHistory,
  type HistoryMessage,
  type HistoryPolicy,
  type HistoryTools,
  messageText,
} from "./history-policy.ts";

/** A call as it would be sent under a policy, and what was answered. */
export interface RecordedCall {
  readonly messages: readonly HistoryMessage[];
  readonly answer: HistoryMessage;
}

export function recordedCalls(
  conversation: readonly HistoryMessage[],
  policy: HistoryPolicy,
  tokensIn?: HistoryTools["tokensIn"],
): readonly RecordedCall[] {
  return conversation.flatMap((answer, index) =>
    answer.role === "assistant" && answer.isDemonstration !== true && index > 0
      ? [
          {
            messages: applyHistory(conversation.slice(0, index), policy, { ...(tokensIn && { tokensIn }) }),
            answer,
          },
        ]
      : [],
  );
}

/** Without a chat template: the role and the text, each on lines of its own. */
export function recordedText(message: HistoryMessage): string {
  return `${message.role}\n${messageText(message)}\n`;
}

/**
 * The calls as token ids, each message tokenized by itself, a second apart. The source of the tokens is not known.
 * Cost: one tokenization of each different message.
 */
export function recordedRequests(
  conversation: readonly HistoryMessage[],
  policy: HistoryPolicy,
  tokenizer: Tokenizer,
  session = 0,
): readonly Request[] {
  const known = new Map<string, Int32Array>();
  const tokensOf = (message: HistoryMessage): Int32Array => {
    const text = recordedText(message);
    const tokens = known.get(text) ?? tokenizer.encode(text);
    known.set(text, tokens);
    return tokens;
  };
  const counted = new Map<string, number>();
  const tokensIn = (text: string) => {
    const count = counted.get(text) ?? tokenizer.encode(text).length;
    counted.set(text, count);
    return count;
  };
  return recordedCalls(conversation, policy, tokensIn).map(({ messages, answer }, turn) => ({
    arrivalSeconds: turn,
    session,
    turn,
    promptTokens: Int32Array.from(messages.flatMap((message) => [...tokensOf(message)])),
    outputTokens: tokensOf(answer),
    runs: null,
  }));
}
