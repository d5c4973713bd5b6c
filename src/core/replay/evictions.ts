/**
 * When evicted tokens went, and for whom. A cache does not say which tokens it gives up, so the trace is replayed once more,
 * and the cache is asked after every request about the prompts that will lack some: what it holds of them falls with the
 * request that took it away. This needs nothing of a cache but `inspect`, so it holds for every policy.
 * Costs a replay, and one look-up per lost part and request between its keeping and its loss.
 */
import type { CacheSystem, Inspection, Served } from "../cache/cache-system.ts";
import { serveLoop } from "../cache/serve-loop.ts";
import { commonPrefixLength } from "../tokens/common-prefix.ts";
import { pieceStartsOf, type Request } from "./request.ts";

/** Prompt tokens `[start, end)` of one request, all of them evicted. */
export interface EvictedSpan {
  readonly request: number;
  readonly start: number;
  readonly end: number;
  /** A piece that was kept for itself, whatever stands before it; otherwise the end of a prefix. */
  readonly isPiece: boolean;
  /** A request that kept the end of the span; the first one for pieces. */
  readonly keptBy: number;
  /** How many requests had been served before the last one when it was there: from then on it is followed. */
  readonly keptAt: number;
}

/** Tokens `[start, end)` of the request's prompt that went together. */
export interface EvictedPart {
  readonly request: number;
  readonly start: number;
  readonly end: number;
  /** The request that was being served when they went. It may be the one that kept them, or the one that lacks them. */
  readonly evictedBy: number;
  /** The last one until then, itself included, that had sent them. */
  readonly lastSentBy: number;
}

export interface EvictionInput {
  readonly requests: readonly Request[];
  /** Empty, and like the one that was replayed. */
  readonly cache: CacheSystem;
  serve(cache: CacheSystem, request: number, out: Served): void;
  /** What the cache holds of the request's prompt. */
  inspect(cache: CacheSystem, request: number): Inspection;
  /** In the order of the requests. */
  readonly spans: readonly EvictedSpan[];
}

/** Tokens looked up between two steps, so that a step takes a few milliseconds. */
const stepTokens = 100_000;

/** Parts in the order of the spans, ascending within one; they cover it without gaps. Yields now and then. */
export function* evictedPartSteps(input: EvictionInput): Generator<void, EvictedPart[], void> {
  const { requests, cache, spans } = input;
  const parts: EvictedPart[] = [];
  const waiting = [...spans].sort((a, b) => a.keptAt - b.keptAt);
  let watches: Watch[] = [];
  let started = 0;
  let served = 0;
  const steps = serveLoop({
    requests: requests.entries(),
    cache,
    conversationOf: ([, { session }]) => session,
    before([index]) {
      for (const watch of watches) if (watch.span.request === index) parts.push(...watch.parts());
      watches = watches.filter((watch) => watch.span.request !== index);
      return started < waiting.length || watches.length > 0;
    },
    serve: ([index], out) => input.serve(cache, index, out),
    after([index, request]) {
      let tokens = request.promptTokens.length;
      for (const watch of watches) tokens += watch.look(index, request, input);
      for (; waiting[started]?.keptAt === served; started++) {
        const watch = watchOf(waiting[started], requests[waiting[started].request]);
        watches.push(watch);
        tokens += watch.begin(index, request, input);
      }
      served++;
      return tokens;
    },
    stepWork: stepTokens,
  });
  for (const _ of steps) yield;
  return parts;
}

function watchOf(span: EvictedSpan, { promptTokens }: Request): Watch {
  return span.isPiece
    ? new PieceWatch(span, promptTokens.subarray(span.start, span.end))
    : new PrefixWatch(span, promptTokens);
}

/** What is held of the tokens of one span, as the trace goes on. */
abstract class Watch {
  readonly span: EvictedSpan;
  protected readonly tokens: Int32Array;
  /** The span is held up to here, and what is lost of it lies behind in parts, the deepest first. */
  private heldTo: number;
  private readonly lost: EvictedPart[];

  constructor(span: EvictedSpan, tokens: Int32Array) {
    this.span = span;
    this.tokens = tokens;
    this.heldTo = span.start;
    // What did not even outlast the request that kept it.
    const { request, start, end, keptBy } = span;
    this.lost = [{ request, start, end, evictedBy: keptBy, lastSentBy: keptBy }];
  }

  /** The first look, when what the span is kept by is there. Returns the tokens looked at. */
  begin(index: number, request: Request, input: EvictionInput): number {
    const { keptBy, start } = this.span;
    this.wasSent(keptBy, input.requests[keptBy]);
    if (index !== keptBy) this.wasSent(index, request);
    this.heldTo = Math.max(start, this.held(input));
    this.regain(this.heldTo);
    return this.tokens.length;
  }

  /** Returns the tokens looked at. */
  look(index: number, request: Request, input: EvictionInput): number {
    if (!this.wasSent(index, request)) return 0;
    // What is lost comes back only with a request that sends it.
    if (this.heldTo === this.span.start && this.lastSentTo(this.heldTo + 1) !== index) return 0;
    const heldTo = Math.max(this.span.start, this.held(input));
    if (heldTo < this.heldTo) {
      const { request: lacking } = this.span;
      const lastSentBy = this.lastSentTo(this.heldTo);
      this.lost.push({ request: lacking, start: heldTo, end: this.heldTo, evictedBy: index, lastSentBy });
    } else {
      this.regain(heldTo);
    }
    this.heldTo = heldTo;
    return this.tokens.length;
  }

  /** Ascending. What is still held goes while the request itself is served. */
  parts(): EvictedPart[] {
    const { request, start } = this.span;
    const parts = this.lost.toReversed();
    if (this.heldTo === start) return parts;
    const lastSentBy = this.lastSentTo(this.heldTo);
    return [{ request, start, end: this.heldTo, evictedBy: request, lastSentBy }, ...parts];
  }

  /** Tokens up to here are held again. */
  private regain(heldTo: number): void {
    for (let last = this.lost.at(-1); last !== undefined && last.start < heldTo; last = this.lost.at(-1)) {
      this.lost.pop();
      if (last.end > heldTo) this.lost.push({ ...last, start: heldTo });
    }
  }

  /** Takes note of what the request has of the tokens; says whether they can be held by now. */
  protected abstract wasSent(index: number, request: Request): boolean;
  /** Position in the prompt up to which the tokens are held. */
  protected abstract held(input: EvictionInput): number;
  /** The last request that had sent the tokens up to this position of the prompt. */
  protected abstract lastSentTo(position: number): number;
}

class PrefixWatch extends Watch {
  /** The last requests by how much of the prefix they had sent: ascending requests, descending lengths. */
  private readonly senders: { readonly index: number; readonly length: number }[] = [];

  protected wasSent(index: number, { promptTokens, outputTokens }: Request): boolean {
    const length = commonBeginning(this.tokens, promptTokens, outputTokens);
    while ((this.senders.at(-1)?.length ?? Number.POSITIVE_INFINITY) <= length) this.senders.pop();
    this.senders.push({ index, length });
    return true;
  }

  protected held(input: EvictionInput): number {
    const { end, request } = this.span;
    const { cachedTokens, checkpoints } = input.inspect(input.cache, request);
    if (!input.cache.needsCheckpoints) return Math.min(cachedTokens, end);
    return checkpoints.findLast((position) => position <= end) ?? 0;
  }

  protected lastSentTo(position: number): number {
    return this.senders.findLast(({ length }) => length >= position)?.index ?? -1;
  }
}

class PieceWatch extends Watch {
  private lastSender = -1;

  protected wasSent(index: number, { promptTokens, runs }: Request): boolean {
    const starts = runs === null ? [] : pieceStartsOf(runs, promptTokens.length);
    for (let piece = 0; piece < starts.length; piece++) {
      const end = piece + 1 < starts.length ? starts[piece + 1] : promptTokens.length;
      if (this.equals(promptTokens, starts[piece], end)) this.lastSender = index;
    }
    return this.lastSender >= 0;
  }

  protected held({ cache }: EvictionInput): number {
    const { cachedTokens } = cache.inspect(this.tokens);
    return cachedTokens >= this.tokens.length ? this.span.end : this.span.start;
  }

  protected lastSentTo(): number {
    return this.lastSender;
  }

  private equals(tokens: Int32Array, start: number, end: number): boolean {
    const { length } = this.tokens;
    return end - start === length && commonPrefixLength(this.tokens, 0, tokens, start, length) === length;
  }
}

/** Leading tokens that prompt and output, one behind the other, have in common with the given ones. */
function commonBeginning(tokens: Int32Array, prompt: Int32Array, output: Int32Array): number {
  const inPrompt = Math.min(tokens.length, prompt.length);
  const common = commonPrefixLength(tokens, 0, prompt, 0, inPrompt);
  if (common < prompt.length) return common;
  const inOutput = Math.min(tokens.length - common, output.length);
  return common + commonPrefixLength(tokens, common, output, 0, inOutput);
}
