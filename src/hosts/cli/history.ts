/** `history FILE`: recorded conversations, sent again under several histories. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ResolvedScenario, resolveScenario } from "../../analysis/scenario.ts";
import { historyKeeps } from "../../config/config.ts";
import { type AnalysisSettings, defaultSettings, UserError } from "../../config/settings.ts";
import { replay } from "../../core/replay/replay.ts";
import { type Conversation, readChatLog } from "../../log/chat-log.ts";
import { decode } from "../../service/workspace/file-text.ts";
import type { Tokenizer } from "../../tokenizers/tokenizer.ts";
import { harmlessLines } from "../../words/foreign.ts";
import { bytes, count, decimal, plural } from "../../words/numbers.ts";
import { textTable } from "../../words/table.ts";
import { appendOnly, type HistoryPolicy, historyPhrase, usualLast } from "../../workload/history-policy.ts";
import { recordedRequests } from "../../workload/recorded.ts";
import { huggingFaceCache } from "../node/hugging-face-cache.ts";
import { createModelReader } from "../node/model-files.ts";
import { locateTokenizer } from "../node/tokenizer-files.ts";
import { createTokenizerLoader } from "../node/vocabulary-files.ts";
import {
  type Command,
  type DataFolders,
  formatOption,
  json,
  parseArguments,
  wholeNumber,
} from "./command.ts";

const problemsShown = 10;

export interface HistoryArgs {
  readonly file: string;
  readonly settings: AnalysisSettings;
  /** What is compared with a history that only grows: cut every time, and cut in larger steps. */
  readonly policies: readonly HistoryPolicy[];
  readonly format: "text" | "json";
}

/** Tokens of all calls under one history. */
export interface HistoryRow {
  readonly history: string;
  readonly calls: number;
  readonly promptTokens: number;
  readonly reusedTokens: number;
  readonly prefilledTokens: number;
  /** Prefilled tokens against those of a history that only grows. */
  readonly ratio: number;
}

const syntax = {
  name: "history",
  operands: {
    word: "FILE",
    noun: "file",
    least: 1,
    most: 1,
    needs: "one file: JSON lines with the messages of a conversation each",
  },
  about: "recorded conversations (JSON lines with messages) under a cut history, against one that only grows",
  settings: ["model", "gpu", "tensorParallel", "policy", "capacity", "tokenizer"],
  options: {
    keep: {
      type: "string",
      word: "KIND",
      usage: `what stays as it is: ${historyKeeps.join(", ")}`,
      default: "observations",
      choices: historyKeeps,
    },
    last: {
      type: "string",
      word: "N",
      usage: `how many stay (default ${usualLast("messages")}, of tokens ${usualLast("tokens")})`,
    },
    every: { type: "string", word: "N", usage: "cut when N more have come (default as many as stay)" },
    format: formatOption,
  },
} as const;

export const historyCommand: Command = {
  ...syntax,
  run: (args, host) => runHistory(parseHistoryArgs(args), host),
};

/** Throws `UserError` for arguments that cannot be met. */
export function parseHistoryArgs(args: readonly string[]): HistoryArgs {
  const { values, operands, chosen } = parseArguments(syntax, args);
  const { keep, format } = values;
  const last = wholeNumber("--last", values.last) ?? usualLast(keep);
  const every = wholeNumber("--every", values.every) ?? Math.max(1, last);
  if (every === 0) throw new UserError("--every is 0; give 1 or more.");
  const cut: HistoryPolicy = { ...appendOnly, keep, last };
  const policies = [appendOnly, cut, ...(every === 1 ? [] : [{ ...cut, every }])];
  return { file: operands[0]!, settings: { ...defaultSettings, ...chosen }, policies, format };
}

/** Prints to standard output; returns the exit code. Throws `UserError` for a file that holds no conversation. */
export function runHistory(args: HistoryArgs, { media }: DataFolders): number {
  const { conversations, problems } = readChatLog(textOf(args.file));
  if (conversations.length === 0) {
    const [first] = problems;
    const why = first === undefined ? "" : ` Line ${first.line}: ${first.message}`;
    throw new UserError(`${args.file} holds no conversation.${why}`);
  }
  const places = { isUsers: true, workspace: null, cache: huggingFaceCache(process.env) };
  const scenario = resolveScenario(locateTokenizer(createModelReader()(args.settings, places), places));
  const tokenizer = createTokenizerLoader(join(media, "vocabularies"))(scenario.vocabulary.id);
  const rows = historyRows(conversations, args.policies, scenario, tokenizer);
  const left = problems.map(({ line, message }) => `line ${line}: ${message}`);
  process.stdout.write(
    args.format === "json"
      ? json({ conversations: conversations.length, rows, problems })
      : `${harmlessLines([...headLines(conversations, scenario), ...rowLines(rows), ...leftOutLines(left)])}\n`,
  );
  return 0;
}

function textOf(file: string): string {
  try {
    const { text, reason } = decode(readFileSync(file));
    if (text !== null) return text;
    throw new UserError(`${file} cannot be read: ${reason}.`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** One row per policy; each begins with an empty cache, which the conversations share, one after the other. */
export function historyRows(
  conversations: readonly Conversation[],
  policies: readonly HistoryPolicy[],
  scenario: ResolvedScenario,
  tokenizer: Tokenizer,
): readonly HistoryRow[] {
  let baseline = 0;
  return policies.map((policy, index) => {
    const requests = conversations.flatMap(({ messages }, session) =>
      recordedRequests(messages, policy, tokenizer, session),
    );
    const ttftSeconds = (reused: number, prompt: number) => scenario.ttft.ttftSeconds(reused, prompt);
    const cache = scenario.createCache();
    const outcomes = replay({ requests, segmentCount: 0, isStatic: () => false, cache, ttftSeconds });
    const promptTokens = outcomes.promptTokens.reduce((sum, tokens) => sum + tokens, 0);
    const reusedTokens = outcomes.reusedTokens.reduce((sum, tokens) => sum + tokens, 0);
    const prefilledTokens = promptTokens - reusedTokens;
    if (index === 0) baseline = prefilledTokens;
    const ratio = baseline === 0 ? 1 : prefilledTokens / baseline;
    const history = historyPhrase(policy);
    return { history, calls: requests.length, promptTokens, reusedTokens, prefilledTokens, ratio };
  });
}

function headLines(conversations: readonly Conversation[], scenario: ResolvedScenario): readonly string[] {
  const { model, gpu, policy, capacityBytes, vocabulary } = scenario;
  return [
    `${plural(conversations.length, "recorded conversation")}, one request for each answer; messages as their role and text, without a chat template`,
    `${model.id} on ${gpu.name}, ${policy.id}, ${bytes(capacityBytes)}; tokens by the ${vocabulary.id} vocabulary`,
    "",
  ];
}

function rowLines(rows: readonly HistoryRow[]): readonly string[] {
  const cells = rows.map((row) => [
    `The history ${row.history}`,
    count(row.promptTokens),
    count(row.reusedTokens),
    count(row.prefilledTokens),
    `${decimal(row.ratio)} x`,
  ]);
  return textTable([["", "sent", "reused", "prefilled", ""], ...cells], (column) => column > 0);
}

function leftOutLines(problems: readonly string[]): readonly string[] {
  if (problems.length === 0) return [];
  const rest = problems.length - problemsShown;
  const more = rest > 0 ? [`  … and ${count(rest)} more`] : [];
  return ["", "Left out", ...problems.slice(0, problemsShown).map((problem) => `  ${problem}`), ...more];
}
