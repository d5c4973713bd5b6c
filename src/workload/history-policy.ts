/**
 * What an application makes of the earlier messages of a conversation before it sends them again. A prefix cache holds
 * them as they were sent: an append-only history is reused whole, any other one is left at the first message that changed.
 *
 * - `observations`: `last_n_observations` of SWE-agent (sweagent/agent/history_processors.py), `every` is its `polling`.
 * - `turns`, `messages`: the windows of LangChain's buffer memories.
 * - `tokens`: `trim_messages` of LangChain (libs/core/langchain_core/messages/utils.py, `strategy="last"`, from a message of
 *   the user on).
 * - `summary`: what compaction of coding agents and LangChain's summary memories do.
 * - reasoning stripped: the chat templates of Qwen3 and DeepSeek-R1 leave it out of answers before the last question.
 */

import type { historyKeeps } from "../config/config.ts";
import { assertNever } from "../core/invariant.ts";
import type { Role } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { plural } from "../words/numbers.ts";

/** One message of a conversation, as it was first sent or generated. */
export interface HistoryMessage {
  readonly role: Role;
  readonly text: string;
  /** What the model wrote before the text of its answer, tags and blank lines included. */
  readonly reasoning?: string;
  /** Belongs to the prompt rather than to the conversation, so that no policy changes it. */
  readonly isDemonstration?: boolean;
}

export interface HistoryPolicy {
  /**
   * What stays of the earlier messages: all of them; the last turns or messages, the others dropped; the last
   * observations, the others replaced by a line; as many of the last messages, from one of the user on, as have so many
   * tokens, the current question among them; the last turns, the others replaced by a summary.
   * A turn begins with a message of the user, an observation is a message of the user or a tool.
   */
  readonly keep: (typeof historyKeeps)[number];
  /** How many of them stay as they are, at least. Without effect where all are kept. */
  readonly last: number;
  /** The window moves when so many more have come; 1 moves it in every request. */
  readonly every: number;
  readonly reasoning: "kept" | "stripped";
}

export const appendOnly: HistoryPolicy = { keep: "all", last: 5, every: 1, reasoning: "kept" };

/** How many of each stay where nobody says so. */
export function usualLast(keep: HistoryPolicy["keep"]): number {
  return keep === "tokens" ? 4000 : appendOnly.last;
}

export interface HistoryTools {
  /** The text of a summary of these messages. */
  readonly summarise?: (messages: readonly HistoryMessage[]) => string;
  readonly tokensIn?: (text: string) => number;
}

/**
 * The messages as they are sent: `messages` are all up to the current question or observation, which is the last one.
 * What stands before the first turn, such as a system message, stays. O(messages).
 */
export function applyHistory(
  messages: readonly HistoryMessage[],
  policy: HistoryPolicy,
  { summarise = placeholderSummary, tokensIn = approximateTokens }: HistoryTools = {},
): readonly HistoryMessage[] {
  const spoken = policy.reasoning === "stripped" ? withoutReasoning(messages) : messages;
  switch (policy.keep) {
    case "all":
      return spoken;
    case "turns":
      return withoutOldTurns(spoken, policy, () => []);
    case "summary":
      return withoutOldTurns(spoken, policy, (old) => [{ role: "user", text: summarise(old) }]);
    case "messages":
      return withoutOldMessages(spoken, policy);
    case "tokens":
      return withoutOldTokens(spoken, policy, tokensIn);
    case "observations":
      return withoutOldObservations(spoken, policy);
  }
}

/** As a prompt shows it, and as it was generated. */
export function messageText({ reasoning = "", text }: HistoryMessage): string {
  return reasoning + text;
}

/** Completes "the history …". */
export function historyPhrase(policy: HistoryPolicy): string {
  const isStripped = policy.reasoning === "stripped";
  if (policy.keep === "all")
    return isStripped ? t("loses the reasoning of earlier answers") : t("only grows");
  const kept = keptPhrase(policy.keep, policy);
  return isStripped ? t("{0}, and loses the reasoning of earlier answers", kept) : kept;
}

function keptPhrase(keep: Exclude<HistoryPolicy["keep"], "all">, { last, every }: HistoryPolicy): string {
  const withPace = (kept: string) =>
    every === 1 ? kept : t("{kept}, and is cut again after {every} more", { kept, every });
  switch (keep) {
    case "turns":
      return withPace(t("keeps only the last {0}", plural(last, "turn")));
    case "messages":
      return withPace(t("keeps only the last {0}", plural(last, "message")));
    case "tokens":
      return withPace(t("keeps only the last {0}", plural(last, "token")));
    case "observations":
      return withPace(t("replaces all but the last {0} by a line", plural(last, "observation")));
    case "summary":
      return t("replaces all but the last {last} by a summary, every {every}", {
        ...{ last: plural(last, "turn"), every: plural(every, "turn") },
      });
    default:
      return assertNever(keep);
  }
}

/** As short as a summary can be, and another one whenever it covers more. */
function placeholderSummary(messages: readonly HistoryMessage[]): string {
  return `Summary of ${messages.length} earlier messages.`;
}

/** How many of `count` are no longer kept. As in SWE-agent, between `last` and `last + every - 1` stay. */
function passed(count: number, { last, every }: HistoryPolicy): number {
  return Math.max(0, Math.floor(count / every) * every - last);
}

function withoutReasoning(messages: readonly HistoryMessage[]): readonly HistoryMessage[] {
  const question = messages.findLastIndex(({ role }) => role === "user");
  return messages.map((message, index) => {
    if (index >= question || message.reasoning === undefined) return message;
    const { reasoning: _, ...answer } = message;
    return answer;
  });
}

function withoutOldTurns(
  messages: readonly HistoryMessage[],
  policy: HistoryPolicy,
  stand: (old: readonly HistoryMessage[]) => readonly HistoryMessage[],
): readonly HistoryMessage[] {
  const starts = indicesOf(messages, ({ role }) => role === "user");
  // The last turn is the current one, and no history yet.
  const old = passed(starts.length - 1, policy);
  const [first, next] = [starts[0], starts[old]];
  if (old === 0 || first === undefined || next === undefined) return messages;
  return [...messages.slice(0, first), ...stand(messages.slice(first, next)), ...messages.slice(next)];
}

function withoutOldMessages(
  messages: readonly HistoryMessage[],
  policy: HistoryPolicy,
): readonly HistoryMessage[] {
  const [first] = indicesOf(messages, ({ role }) => role === "user");
  if (first === undefined) return messages;
  // The current question is no history yet.
  const old = passed(messages.length - 1 - first, policy);
  return [...messages.slice(0, first), ...messages.slice(first + old)];
}

function withoutOldTokens(
  messages: readonly HistoryMessage[],
  policy: HistoryPolicy,
  tokensIn: (text: string) => number,
): readonly HistoryMessage[] {
  const starts = indicesOf(messages, ({ role }) => role === "user");
  const [first] = starts;
  if (first === undefined) return messages;
  const sizes = messages.map((message) => tokensIn(messageText(message)));
  const behind = (start: number) => sizes.slice(start).reduce((sum, size) => sum + size, 0);
  const all = behind(first);
  const tooMany = passed(all, policy);
  // Of a question that is too long by itself nothing is cut.
  const kept = starts.find((start) => all - behind(start) >= tooMany) ?? starts.at(-1)!;
  return [...messages.slice(0, first), ...messages.slice(kept)];
}

/** As `count_tokens_approximately` of LangChain has it: four characters each, and three for a message. */
function approximateTokens(text: string): number {
  return Math.ceil(text.length / 4) + 3;
}

function withoutOldObservations(
  messages: readonly HistoryMessage[],
  policy: HistoryPolicy,
): readonly HistoryMessage[] {
  const observations = indicesOf(messages, ({ role }) => role === "user" || role === "tool");
  // The first one states the task, the last one is what the model is asked about.
  const old = new Set(
    observations.slice(1, -1).slice(0, Math.max(0, passed(observations.length, policy) - 1)),
  );
  return messages.map((message, index) =>
    old.has(index)
      ? { ...message, text: `Old environment output: (${lineCount(message.text)} lines omitted)` }
      : message,
  );
}

function indicesOf(
  messages: readonly HistoryMessage[],
  isWanted: (message: HistoryMessage) => boolean,
): readonly number[] {
  return messages.flatMap((message, index) =>
    message.isDemonstration !== true && isWanted(message) ? [index] : [],
  );
}

/** Lines as Python's `splitlines` counts them: a line end at the end of the text begins no further line. */
function lineCount(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the separators that Python knows
  const ends = text.match(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g)?.length ?? 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the same
  return text === "" || /[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]$/.test(text) ? ends : ends + 1;
}
