/**
 * Conversations as they would be if each request began with the very tokens of the one before it and of its answer, whatever
 * wrote them: what follows the answer is taken from the request as it is.
 */
import type { PromptRuns, Request } from "../core/replay/request.ts";
import { commonPrefixLength, concatTokens } from "../core/tokens/common-prefix.ts";
import type { WorkloadPart } from "./workload.ts";

/** As many tokens at the end of an answer tell it from all other places of a prompt. */
const tellingTokens = 4;

/** A conversation whose answers are not found again stays as it is from there on. O(tokens). */
export function appended(part: WorkloadPart): WorkloadPart {
  const last = new Map<number, { readonly was: Request; readonly is: Request } | null>();
  const requests = part.requests.map((request) => {
    const before = last.get(request.session);
    const is =
      before === undefined ? request : before === null ? null : goneOn(before.was, before.is, request);
    last.set(request.session, is === null ? null : { was: request, is });
    return is ?? request;
  });
  return { ...part, requests };
}

/** `now` behind what the request before is; `null` where its answer is not found in what it was followed by. */
function goneOn(was: Request, is: Request, now: Request): Request | null {
  const ends = now.messageEnds;
  const place = answerIn(was, now);
  if (place === null || ends === undefined || now.runs === null || is.runs === null) return null;
  const { answer, message } = place;
  const { length } = is.promptTokens;
  const front = length + is.outputTokens.length;
  const by = front - answer.end;
  const runs = joined(is.runs, now.runs, { from: length, answer, by });
  return {
    ...now,
    promptTokens: concatTokens(
      concatTokens(is.promptTokens, is.outputTokens),
      now.promptTokens.subarray(answer.end),
    ),
    messageEnds: [...(is.messageEnds ?? []), ...ends.slice(message).map((end) => end + by)],
    runs,
  };
}

/** Tokens of a prompt, from `start` up to `end`. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The message that holds the answer to `was`: the one behind all of its own. */
function answerIn(was: Request, now: Request): { readonly answer: Stretch; readonly message: number } | null {
  const message = was.messageEnds?.length ?? 0;
  const [start, end] = [now.messageEnds?.[message - 1], now.messageEnds?.[message]];
  const { outputTokens } = was;
  const told = Math.min(tellingTokens, outputTokens.length);
  if (start === undefined || end === undefined || told === 0) return null;
  const tail = outputTokens.length - told;
  for (let at = end - told; at >= start; at--) {
    if (commonPrefixLength(now.promptTokens, at, outputTokens, tail, told) === told)
      return { answer: { start, end: at + told }, message };
  }
  return null;
}

interface Seam {
  /** Where the answer begins in the new prompt. */
  readonly from: number;
  /** The answer in the prompt as it was. */
  readonly answer: Stretch;
  /** By how many tokens what follows the answer has moved. */
  readonly by: number;
}

function joined(before: PromptRuns, now: PromptRuns, { from, answer, by }: Seam): PromptRuns {
  const own = now.starts.findLastIndex((start) => start <= answer.start);
  const around = now.starts.findLastIndex((start) => start <= answer.end);
  // A run that holds the end of the answer goes on behind it.
  const starts = [
    from,
    ...Array.from(now.starts.subarray(around), (start) => Math.max(start, answer.end) + by),
  ];
  const of = (column: "segments" | "contents") =>
    Int32Array.from([...before[column], now[column][own]!, ...now[column].subarray(around)]);
  return {
    starts: Int32Array.from([...before.starts, ...starts]),
    segments: of("segments"),
    contents: of("contents"),
  };
}
