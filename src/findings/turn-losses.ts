/**
 * What requests of one conversation lose because earlier turns do not come back as they were sent or generated.
 * Each request is compared with the one before it and that one's answer: had the history only grown, it would begin
 * with both. What is lost is history behind the first token that differs, as far as the request before held it.
 */
import { fates } from "../core/fates.ts";
import { fateIndex, runOfToken } from "../core/replay/ledger.ts";
import type { PromptRuns } from "../core/replay/request.ts";
import { commonPrefixLength, concatTokens } from "../core/tokens/common-prefix.ts";
import type { TextRange } from "../prompt/text.ts";
import type { SourceSegment } from "../workload/workload.ts";
import { historyAround } from "./culprit.ts";
import type { FindingContext, SentRequests } from "./finding.ts";

/**
 * `policy`: the history policy changed, dropped or replaced messages. `question`: the last question comes back with other
 * text around it. `reasoning`: the chat template leaves out what was generated before the answer. `answer`: the answer
 * comes back as other tokens than were generated. `layout`: the same messages are written differently. `generation`: the
 * words that asked for the answer do not stand in front of it any more.
 */
export type TurnLossCause = "policy" | "question" | "reasoning" | "answer" | "layout" | "generation";

export interface TurnLoss {
  readonly request: number;
  readonly cause: TurnLossCause;
  /** Segment that stands for the earlier turns. */
  readonly history: number;
  /** Of the history, behind the first token that differs. */
  readonly tokens: number;
}

export function* turnLosses(workload: SentRequests): Generator<TurnLoss, void, void> {
  const last = new Map<number, number>();
  for (const [index, request] of workload.requests.entries()) {
    const before = last.get(request.session);
    last.set(request.session, index);
    if (before === undefined) continue;
    const loss = lossOf(workload, before, index);
    if (loss !== null && loss.tokens > 0) yield loss;
  }
}

/**
 * Matching tokens that the request could not resume behind, on a hybrid: the checkpoint at the end of the answer before
 * is of no use when one token of it changed. Not of caches of blocks, which may have kept none there anyway.
 */
export function unresumedTokens({ outcomes, policy }: FindingContext, request: number): number {
  if (policy.blockTokens > 1) return 0;
  return outcomes.fates[request * fates.length + fateIndex.noCheckpoint] ?? 0;
}

/** Of a history that stands nowhere in the source, as it follows an agent's instructions: the end of these. */
export function visibleRange({ range }: SourceSegment): TextRange {
  return { start: range.start === range.end ? Math.max(0, range.start - 1) : range.start, end: range.end };
}

function lossOf(workload: SentRequests, before: number, index: number): TurnLoss | null {
  const { requests, segments, rewritten } = workload;
  const [earlier, now] = [requests[before], requests[index]];
  if (earlier === undefined || now === undefined || now.runs === null) return null;
  const sent = concatTokens(earlier.promptTokens, earlier.outputTokens);
  const limit = Math.min(sent.length, now.promptTokens.length);
  const shared = commonPrefixLength(sent, 0, now.promptTokens, 0, limit);
  if (shared === limit) return null;
  const history = historyAt(workload, now.runs, shared);
  if (history < 0) return null;
  const isRewritten = rewritten[index] === 1;
  const cause = isRewritten ? "policy" : causeAt(workload, { before, sent, now: now.promptTokens }, shared);
  // Where messages are lines of one text, nothing says what the model wrote in front of its answer, and how a line ends
  // is no turn that is written otherwise.
  const isOfMessages = cause !== "answer" && cause !== "layout";
  if (!isOfMessages && !speaksInMessages(workload, index)) return null;
  const isHeld = cause === "policy" ? heldBy(sent) : () => true;
  let tokens = 0;
  const { runs, promptTokens } = now;
  for (let run = runOfToken(runs, shared); run < runs.starts.length; run++) {
    if (historyAround(segments, runs.segments[run] ?? -1) < 0) continue;
    const start = Math.max(shared, runs.starts[run] ?? 0);
    const end = runs.starts[run + 1] ?? promptTokens.length;
    if (isHeld(promptTokens.subarray(start, end))) tokens += end - start;
  }
  return { request: index, cause, history, tokens };
}

/** The history that holds the token, or that begins behind it: the text before it may have grown into it. */
function historyAt({ segments }: SentRequests, runs: PromptRuns, token: number): number {
  const run = runOfToken(runs, token);
  const own = historyAround(segments, runs.segments[run] ?? -1);
  if (own >= 0 || runs.starts[run + 1] !== token + 1) return own;
  return historyAround(segments, runs.segments[run + 1] ?? -1);
}

interface Sequel {
  /** Index of the request before. */
  readonly before: number;
  /** Its prompt and its answer. */
  readonly sent: Int32Array;
  readonly now: Int32Array;
}

/** By the place, in a prompt followed by its answer, behind which the next request goes on differently. */
function causeAt(workload: SentRequests, { before, sent, now }: Sequel, token: number): TurnLossCause {
  const { promptTokens, runs } = workload.requests[before]!;
  const { reasoningTokens = 0, generationTokens = 0 } =
    workload.histories[workload.templateOf[before] ?? -1] ?? {};
  if (token >= promptTokens.length || runs === null) {
    return token < promptTokens.length + reasoningTokens ? "reasoning" : "answer";
  }
  // A prompt that begins the reasoning loses its words with the reasoning.
  if (token >= promptTokens.length - generationTokens)
    return reasoningTokens > 0 ? "reasoning" : "generation";
  const segment = runs.segments[runOfToken(runs, token)] ?? -1;
  if (historyAround(workload.segments, segment) < 0) return "question";
  return reasoningTokens > 0 && isCutOut({ sent, now }, token, reasoningTokens) ? "reasoning" : "layout";
}

/** Tokens around the thoughts: their tags, and line breaks. */
const tagTokens = 16;
/** As many equal tokens behind what was left out are no accident. */
const sameTokens = 8;

/** Whether what comes now stood behind some `length` tokens that are missing: a call of a tool without its reasoning. */
function isCutOut({ sent, now }: Pick<Sequel, "sent" | "now">, token: number, length: number): boolean {
  const longest = Math.min(length + tagTokens, sent.length - sameTokens - token);
  if (token + sameTokens > now.length) return false;
  for (let gap = length; gap <= longest; gap++) {
    if (commonPrefixLength(sent, token + gap, now, token, sameTokens) >= sameTokens) return true;
  }
  return false;
}

function speaksInMessages({ segments, templateOf }: SentRequests, request: number): boolean {
  const template = templateOf[request] ?? -1;
  return segments.some(
    (segment) =>
      segment.template === template &&
      (segment.kind === "marker" || (segment.isHistory && segment.range.start === segment.range.end)),
  );
}

/** Whether tokens stand in `sent` as they are, one behind the other. */
function heldBy(sent: Int32Array): (tokens: Int32Array) => boolean {
  const places = new Map<number, number[]>();
  for (const [place, token] of sent.entries()) {
    const known = places.get(token);
    if (known === undefined) places.set(token, [place]);
    else known.push(place);
  }
  return (tokens) =>
    (places.get(tokens[0] ?? -1) ?? []).some(
      (place) =>
        place + tokens.length <= sent.length &&
        commonPrefixLength(sent, place, tokens, 0, tokens.length) === tokens.length,
    );
}
