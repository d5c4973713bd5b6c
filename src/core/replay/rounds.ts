/**
 * A workload that is sent again and again with other conversations: what really is shared comes again, and all that follows
 * the first value that does not is new. Nothing is rendered or tokenized for it: each later round is the first one with
 * other names for what is new (docs/adr/0015-steady-state.md). Requests of a round agree with each other as those of the
 * first do, and with earlier rounds in what is kept.
 */
import type { Spans } from "../cache/edge-tokens.ts";
import { cutBehind } from "../cache/span-ends.ts";
import type { SpanTrace, TraceRequest } from "../cache/span-trace.ts";
import { every } from "../steps.ts";
import { concatTokens } from "../tokens/common-prefix.ts";
import type { ContentBlocks, PromptRuns, Request } from "./request.ts";

export interface RoundsInput {
  /** The first round. */
  readonly requests: readonly Request[];
  /** The same, in spans. */
  readonly spans: SpanTrace;
  /** How often all of it is sent. */
  readonly rounds: number;
  /** From the start of one round to that of the next. */
  readonly periodSeconds: number;
  /** Whether tokens of a run of the request are other ones in each round. */
  isNew(request: number, run: number): boolean;
  /** Whether the last token of a run that is not is one with what stands behind it, and new as well. */
  isLastTokenNew(request: number, run: number): boolean;
  /** Whether somebody reads the tokens of later rounds; otherwise only their numbers are right. */
  readonly needsTokens: boolean;
}

export interface Rounds {
  /** All rounds, one after the other: request `i` stands for request `i % n` of the first. */
  readonly requests: readonly Request[];
  readonly spans: SpanTrace;
}

/** Requests between two steps, so that a step takes a few milliseconds. */
const stepRequests = 500;
/** The same in tokens of prompts that are looked through. */
const stepTokens = 20_000;

/** Leading tokens of the prompt that come again in every round. */
function keptTokens({ requests, isNew, isLastTokenNew }: RoundsInput, request: number): number {
  const { runs, promptTokens } = requests[request];
  if (runs === null) return promptTokens.length;
  const run = runs.starts.findIndex((_, index) => isNew(request, index));
  if (run < 0) return promptTokens.length;
  return Math.max(0, runs.starts[run] - (isLastTokenNew(request, run - 1) ? 1 : 0));
}

/** Yields now and then. O(spans of the requests × rounds); tokens are made when they are asked for. */
export function* roundSteps(input: RoundsInput): Generator<void, Rounds, void> {
  const { requests, rounds, periodSeconds } = input;
  const kept = requests.map((_, index) => keptTokens(input, index));
  yield;
  const first = yield* cutBehind(input.spans, (request) => [kept[request]]);
  const isKept = keptSpans(first, kept);
  yield;
  const count = first.spans.ends.length;
  const tokens = input.needsTokens ? new NewTokens(input, first, isKept) : null;
  if (tokens !== null) yield* tokens.prepare();
  const all: Request[] = [...requests];
  const inSpans: TraceRequest[] = [...first.requests];
  const sessions = requests.reduce((most, { session }) => Math.max(most, session + 1), 0);
  const isDue = every(stepRequests);
  for (let round = 1; round < rounds; round++) {
    for (const [index, request] of requests.entries()) {
      const traced = first.requests[index];
      const sequence = traced.sequence.map((span) => (isKept[span] === 1 ? span : span + round * count));
      inSpans.push({ ...traced, sequence });
      const later = {
        ...request,
        arrivalSeconds: request.arrivalSeconds + round * periodSeconds,
        session: request.session + round * sessions,
      };
      all.push(tokens === null ? later : new LaterRequest(later, () => tokens.of(index, round)));
      if (isDue(1)) yield;
    }
  }
  const spans = { ...first, requests: inSpans, spans: repeated(first.spans, rounds) };
  return { requests: all, spans };
}

/** Whether each span comes again: it lies in what some request keeps. */
function keptSpans({ requests, spans }: SpanTrace, kept: readonly number[]): Uint8Array {
  const isKept = new Uint8Array(spans.ends.length);
  for (const [index, { sequence }] of requests.entries()) {
    for (const span of sequence) {
      if (spans.ends[span] > kept[index]) break;
      isKept[span] = 1;
    }
  }
  return isKept;
}

function repeated({ ends, lengths }: Spans, times: number): Spans {
  const again = (column: Int32Array): Int32Array => {
    const result = new Int32Array(column.length * times);
    for (let at = 0; at < times; at++) result.set(column, at * column.length);
    return result;
  };
  return { ends: again(ends), lengths: again(lengths) };
}

/** Further apart than any two ids of a vocabulary. */
const roundStride = 1 << 24;

interface SentTokens {
  readonly promptTokens: Int32Array;
  readonly outputTokens: Int32Array;
}

/**
 * The tokens of later rounds. Which of them are new is decided by span, so that requests which agree in the first round agree
 * in the others: by the first prompt that has it; in what no prompt has, all are.
 */
class NewTokens {
  readonly #input: RoundsInput;
  readonly #trace: SpanTrace;
  readonly #isKept: Uint8Array;
  /** For each span of a prompt which of its tokens are new ones. */
  readonly #places = new Map<number, Int32Array>();
  /** Those of all rounds would be many times the workload, and each is asked for several times in a row. */
  #last: { readonly index: number; readonly round: number; readonly sent: SentTokens } | null = null;

  constructor(input: RoundsInput, trace: SpanTrace, isKept: Uint8Array) {
    this.#input = input;
    this.#trace = trace;
    this.#isKept = isKept;
  }

  of(index: number, round: number): SentTokens {
    if (this.#last?.index !== index || this.#last.round !== round) {
      this.#last = { index, round, sent: this.#renamed(index, round) };
    }
    return this.#last.sent;
  }

  #renamed(index: number, round: number): SentTokens {
    const { ends, lengths } = this.#trace.spans;
    const request = this.#input.requests[index];
    const { length } = request.promptTokens;
    const all = concatTokens(request.promptTokens, request.outputTokens);
    const further = round * roundStride;
    let isFirst = true;
    for (const span of this.#trace.requests[index].sequence) {
      if (this.#isKept[span] === 1) continue;
      const places = this.#places.get(span);
      const start = ends[span] - lengths[span];
      if (places === undefined) for (let token = start; token < ends[span]; token++) all[token] += further;
      else for (const place of places) all[start + place] += further;
      // Whatever it is: with it the request leaves the rounds before.
      if (isFirst && places !== undefined && places[0] !== 0) all[start] += further;
      isFirst = false;
    }
    return { promptTokens: all.subarray(0, length), outputTokens: all.subarray(length) };
  }

  /** To be done before anything is asked. Yields now and then. */
  *prepare(): Generator<void, void, void> {
    const { ends, lengths } = this.#trace.spans;
    const places = this.#places;
    const isDue = every(stepTokens);
    for (const [index, { sequence, promptSymbols }] of this.#trace.requests.entries()) {
      let flags: Uint8Array | null = null;
      for (const span of sequence.subarray(0, promptSymbols)) {
        if (this.#isKept[span] === 1 || places.has(span)) continue;
        flags ??= this.#newTokensOf(index);
        places.set(span, placesOf(flags, ends[span] - lengths[span], ends[span]));
      }
      if (isDue(flags?.length ?? 0)) yield;
    }
  }

  #newTokensOf(index: number): Uint8Array {
    const { promptTokens, runs } = this.#input.requests[index];
    const flags = new Uint8Array(promptTokens.length);
    const starts = runs?.starts ?? new Int32Array(0);
    for (let run = 0; run < starts.length; run++) {
      const end = starts[run + 1] ?? promptTokens.length;
      if (this.#input.isNew(index, run)) flags.fill(1, starts[run], end);
      else if (this.#input.isLastTokenNew(index, run)) flags[end - 1] = 1;
    }
    return flags;
  }
}

/** Where the flags between `start` and `end` are set, counting from `start`. */
function placesOf(flags: Uint8Array, start: number, end: number): Int32Array {
  const places: number[] = [];
  for (let at = flags.indexOf(1, start); at >= 0 && at < end; at = flags.indexOf(1, at + 1)) {
    places.push(at - start);
  }
  return Int32Array.from(places);
}

/** A request whose tokens are made when they are asked for. */
class LaterRequest implements Request {
  readonly arrivalSeconds: number;
  readonly session: number;
  readonly turn: number;
  readonly messageEnds?: readonly number[];
  readonly blocks?: ContentBlocks;
  readonly userStarts?: readonly number[];
  readonly runs: PromptRuns | null;
  readonly #sent: () => SentTokens;

  constructor(
    { arrivalSeconds, session, turn, messageEnds, blocks, userStarts, runs }: Request,
    sent: () => SentTokens,
  ) {
    this.arrivalSeconds = arrivalSeconds;
    this.session = session;
    this.turn = turn;
    if (messageEnds !== undefined) this.messageEnds = messageEnds;
    if (blocks !== undefined) this.blocks = blocks;
    if (userStarts !== undefined) this.userStarts = userStarts;
    this.runs = runs;
    this.#sent = sent;
  }

  get promptTokens(): Int32Array {
    return this.#sent().promptTokens;
  }

  get outputTokens(): Int32Array {
    return this.#sent().outputTokens;
  }
}
