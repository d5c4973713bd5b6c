/** Requests through one cache: one row per request, in columns, and the ledger of every source segment. */
import type { CacheSystem, Served } from "../cache/cache-system.ts";
import { serveLoop } from "../cache/serve-loop.ts";
import type { SpanTrace } from "../cache/span-trace.ts";
import { fates } from "../fates.ts";
import { drain, forward } from "../steps.ts";
import { type EvictedPart, type EvictedSpan, evictedPartSteps } from "./evictions.ts";
import { KnownContents } from "./known-contents.ts";
import { type FateSpan, fateIndex, fateSpans, heldTokensOf, resumeLimitOf, runOfToken } from "./ledger.ts";
import { relinkableTokens } from "./relinkable.ts";
import type { PromptRuns, Request } from "./request.ts";
import { type Seen, SeenSpans } from "./seen-spans.ts";
import { inspectRequest, type KnownRequests, serveRequest } from "./serve-request.ts";
import { SpanBook } from "./span-book.ts";

/** Column `i` belongs to request `i`. Tables of fates hold `fates.length` columns per row. */
export interface OutcomeTable {
  readonly length: number;
  readonly promptTokens: Int32Array;
  /** Leading ones. */
  readonly reusedTokens: Int32Array;
  /** Those behind the leading ones that needed no prefill either: pieces that stood elsewhere before. */
  readonly linkedTokens: Int32Array;
  /** Leading tokens that somebody had sent before. */
  readonly sentTokens: Int32Array;
  /** Diverged tokens that position-independent reuse would not compute, on models that allow it. */
  readonly relinkableTokens: Int32Array;
  /** Tokens by fate: row `i` starts at `i * fates.length`. */
  readonly fates: Int32Array;
  /** Source segment in which the request left all others; -1 where it is not known, or it left none. */
  readonly leftAtSegment: Int32Array;
  /** Deepest position at which a checkpoint would have been of use, where one was missing; -1 elsewhere. */
  readonly missingCheckpointAt: Int32Array;
  /** The nearest position below it at which one was kept, 0 being the prompt's start; -1 where none was missing. */
  readonly nearestCheckpoint: Int32Array;
  readonly ttftSeconds: Float64Array;
  readonly ttftSecondsWithoutCache: Float64Array;
  /** Of `ttftSeconds`, bringing states back from slower memories. */
  readonly restoreSeconds: Float64Array;
  /** See `Served.inputUnits`. */
  readonly inputUnits: Float64Array;
  /** 1 where a server would not serve the request: see `Served.isRefused`. */
  readonly isRefused: Uint8Array;
  readonly evictedNodes: Int32Array;
  readonly evictedBytes: Float64Array;
  /** Cache contents after the request. */
  readonly kvBytes: Float64Array;
  readonly checkpointBytes: Float64Array;
  readonly checkpoints: Int32Array;
  /** Tokens by fate of each source segment, over all requests. */
  readonly segmentFates: Float64Array;
  /** Diverged tokens for which each source segment is to blame: the request had left the others there. */
  readonly blamedTokens: Float64Array;
  /** Tokens that were not reused for a reason that the cache gave, by this reason, over all requests. */
  readonly tokensByReason: ReadonlyMap<string, number>;
  /** Reused tokens that came back from slower memories, by the name of the memory, over all requests. */
  readonly restoredTokens: ReadonlyMap<string, number>;
  /** All evicted tokens, by request and position; each belongs to one span, but for what other reasons cut out of it. */
  readonly evictedSpans: readonly EvictedSpan[];
  /**
   * The same tokens in the same order, with when and for whom they went; those of 1,000 spans, evenly chosen, where there are
   * more. Empty without `ReplayInput.createCache`.
   */
  readonly evictedParts: readonly EvictedPart[];
}

export interface ReplayInput extends KnownRequests {
  /** Number of source segments that the requests' runs refer to. */
  readonly segmentCount: number;
  /** See `Workload.knownRuns`, of which this is the same; found on the way where it is left out. */
  readonly knownRuns?: readonly Uint8Array[];
  /** Whether a source segment is static text, so that its tokens can differ only by merging with what follows. */
  isStatic(segment: number): boolean;
  readonly cache: CacheSystem;
  /** An empty cache like `cache`: the requests are replayed once more where tokens were evicted, to see when they went. */
  createCache?(): CacheSystem;
  /** Seconds from arrival to the first token of a lone request. */
  ttftSeconds(reusedTokens: number, promptTokens: number): number;
  /** Whether to end before this request; the rows from there on stay empty. */
  isOver?(request: number): boolean;
  /** Told of each request when it has been served; `served` is used again for the next one. */
  onServed?(request: number, served: Served, spans: readonly FateSpan[], sentTokens: number): void;
}

/** Tokens between two steps of a replay over tokens, and requests of one over spans: a step takes a few milliseconds. */
const stepTokens = 100_000;
const stepSpanRequests = 16;

/**
 * Yields the number of requests done, now and then; the table is complete at the end. Requests that come without spans are
 * cut first, which costs their tokens; a cache of spans then costs spans, any other its own comparisons.
 */
export function* replaySteps(input: ReplayInput): Generator<number, OutcomeTable, void> {
  const { cache, requests } = input;
  const book = new SpanBook(cache.computedTokensAtLeast);
  const spans = input.spans ?? (yield* forward(book.update(requests), () => 0));
  const recorder = new Recorder(input, spans);
  const { table } = recorder;
  const isOverSpans = cache.servesSpans === true;
  yield* serveLoop({
    requests: requests.keys(),
    cache,
    conversationOf: (index) => requests[index].session,
    before: (index) => input.isOver?.(index) !== true && recorder.lookUp(index),
    serve: (index, out) => serveRequest(input, cache, index, out),
    after(index, served) {
      const promptTokens = recorder.record(index, served);
      return isOverSpans ? 1 : promptTokens;
    },
    stepWork: isOverSpans ? stepSpanRequests : stepTokens,
  });
  if (input.createCache === undefined || table.evictedSpans.length === 0) return table;
  return { ...table, evictedParts: yield* evictedParts(input, input.createCache(), table.evictedSpans) };
}

/** Of more spans that were evicted, so many are traced, evenly chosen: each costs a look-up per request. */
const tracedSpans = 1000;

/** When, and for whom, evicted tokens of the requests went; the cache is an empty one. Yields the number of requests. */
export function* evictedParts(
  input: ReplayInput,
  cache: CacheSystem,
  spans: readonly EvictedSpan[],
): Generator<number, EvictedPart[], void> {
  const { requests } = input;
  const stride = Math.max(1, spans.length / tracedSpans);
  const traced = Array.from(
    { length: Math.min(spans.length, tracedSpans) },
    (_, i) => spans[Math.floor(i * stride)],
  );
  const steps = evictedPartSteps({
    requests,
    cache,
    spans: traced,
    serve: (again, request, out) => serveRequest(input, again, request, out),
    inspect: (again, request) => inspectRequest(input, again, request, requests[request].promptTokens.length),
  });
  return yield* forward(steps, () => requests.length);
}

/** The same in one go. */
export function replay(input: ReplayInput): OutcomeTable {
  return drain(replaySteps(input));
}

interface Known {
  readonly seen: Seen;
  /** See `heldTokensOf`. */
  readonly heldTokens: number;
}

const noneKnown: Known = {
  seen: { sentTokens: 0, cachedTokens: 0, checkpointTokens: 0, cachedBy: -1, checkpointBy: -1 },
  heldTokens: 0,
};

class Recorder {
  readonly table: OutcomeTable;
  private readonly input: ReplayInput;
  private readonly seen: SeenSpans;
  private readonly knownContents = new KnownContents();
  /** Of the request being served. */
  private known: Known = noneKnown;
  /** Those that were served, in their order, and the one that is. */
  private readonly order: number[] = [];
  /** By request: how many had been served before the last one when all that it left was there. */
  private readonly keptAt: Int32Array;
  private knownRuns: Uint8Array = new Uint8Array(0);
  private readonly tokensByReason = new Map<string, number>();
  private readonly restoredTokens = new Map<string, number>();
  private readonly evictedSpans: EvictedSpan[] = [];

  constructor(input: ReplayInput, spans: SpanTrace) {
    const { tokensByReason, restoredTokens, evictedSpans } = this;
    this.input = input;
    this.seen = new SeenSpans(spans);
    this.keptAt = new Int32Array(input.requests.length);
    const columns = emptyTable(input.requests.length, input.segmentCount);
    this.table = { ...columns, tokensByReason, restoredTokens, evictedSpans };
  }

  /** What was known, and what was held, of the request before it is served. */
  lookUp(index: number): true {
    const { cache, requests } = this.input;
    const { order } = this;
    for (const { request, insertedTokens, checkpoints } of cache.flights?.takeEnded() ?? []) {
      this.seen.add(order[request], insertedTokens, checkpoints);
      this.keptAt[order[request]] = order.length - 1;
    }
    this.keptAt[index] = order.length;
    order.push(index);
    const resumeLimit = resumeLimitOf(cache, requests[index].promptTokens.length);
    const seen = this.seen.look(index, resumeLimit);
    this.known = { seen, heldTokens: this.heldTokens(index, seen, resumeLimit) };
    return true;
  }

  /** Returns the tokens of the prompt. */
  record(index: number, served: Served): number {
    const { input, table } = this;
    const { seen } = this.known;
    const request = input.requests[index];
    const { runs } = request;
    const promptTokens = request.promptTokens.length;
    if (served.held !== null) {
      const limit = resumeLimitOf(input.cache, promptTokens);
      this.known = { seen, heldTokens: heldTokensOf(input.cache, served.held, limit) };
    }
    const { heldTokens } = this.known;
    table.promptTokens[index] = promptTokens;
    table.sentTokens[index] = seen.sentTokens;
    table.ttftSecondsWithoutCache[index] = input.ttftSeconds(0, promptTokens);
    this.recordReuse(index, served);
    table.isRefused[index] = served.isRefused ? 1 : 0;
    table.evictedNodes[index] = served.evictedNodes;
    table.evictedBytes[index] = served.evictedBytes;
    const contents = input.cache.contents();
    table.kvBytes[index] = contents.kvBytes;
    table.checkpointBytes[index] = contents.checkpointBytes;
    table.checkpoints[index] = contents.checkpoints;
    this.knownRuns = input.knownRuns?.[index] ?? this.knownContents.meet(runs);
    const spans = fateSpans(input.cache, promptTokens, served, seen, heldTokens, runs, this.knownRuns);
    this.recordFates(index, request, spans);
    this.recordMissing(index, spans, served);
    table.relinkableTokens[index] = relinkableTokens(spans, runs, promptTokens);
    this.seen.add(index, served.insertedTokens, served.checkpoints);
    input.onServed?.(index, served, spans, seen.sentTokens);
    return promptTokens;
  }

  /** 0 where nothing was ever kept, so that the cache need not be asked. */
  private heldTokens(index: number, seen: Seen, resumeLimit: number): number {
    const { cache, requests } = this.input;
    if ((cache.needsCheckpoints ? seen.checkpointTokens : seen.cachedTokens) === 0) return 0;
    return heldTokensOf(
      cache,
      inspectRequest(this.input, cache, index, requests[index].promptTokens.length),
      resumeLimit,
    );
  }

  private recordReuse(index: number, served: Served): void {
    const { input, table } = this;
    const { reusedTokens, equivalentPrefixTokens, restoreSeconds } = served;
    const prefixTokens = equivalentPrefixTokens ?? reusedTokens;
    table.reusedTokens[index] = reusedTokens;
    for (const { start, end } of served.reusedRanges) table.linkedTokens[index] += end - start;
    table.ttftSeconds[index] = restoreSeconds + input.ttftSeconds(prefixTokens, table.promptTokens[index]);
    table.restoreSeconds[index] = restoreSeconds;
    table.inputUnits[index] = served.inputUnits;
    for (const { start, end, reason } of served.losses) addTo(this.tokensByReason, reason, end - start);
    for (const { start, end, from } of served.restored) addTo(this.restoredTokens, from, end - start);
  }

  private recordFates(index: number, request: Request, spans: readonly FateSpan[]): void {
    const { table } = this;
    const { runs } = request;
    const sent = table.sentTokens[index];
    const left = runs !== null && sent < request.promptTokens.length ? this.leftAt(runs, sent) : -1;
    table.leftAtSegment[index] = left;
    for (const span of spans) {
      const column = fateIndex[span.fate];
      table.fates[index * fates.length + column] += span.end - span.start;
      if (runs === null) continue;
      if (span.fate === "diverged") table.blamedTokens[left] += span.end - span.start;
      for (let run = runOfToken(runs, span.start); run < runs.starts.length; run++) {
        const start = Math.max(span.start, runs.starts[run]);
        const end = run + 1 < runs.starts.length ? Math.min(span.end, runs.starts[run + 1]) : span.end;
        if (start >= span.end) break;
        table.segmentFates[runs.segments[run] * fates.length + column] += end - start;
      }
    }
  }

  /** Where a checkpoint was missing, and which tokens had been there. */
  private recordMissing(index: number, spans: readonly FateSpan[], served: Served): void {
    const { input, table, evictedSpans } = this;
    const { seen, heldTokens } = this.known;
    const prefixBy = input.cache.needsCheckpoints ? seen.checkpointBy : seen.cachedBy;
    for (const { fate, start, end } of spans) {
      if (fate === "noCheckpoint") {
        table.missingCheckpointAt[index] = end;
        table.nearestCheckpoint[index] = heldTokens;
      }
      if (fate !== "evicted") continue;
      const isPiece = served.losses.some((loss) => loss.start === start && loss.end === end);
      const keptBy = isPiece ? this.order[0] : prefixBy;
      evictedSpans.push({ request: index, start, end, isPiece, keptBy, keptAt: this.keptAt[keptBy] });
    }
  }

  /**
   * The segment in which the request leaves all others. Known text is not to blame where it begins or ends: a value
   * before it may be the beginning of an earlier one or be left out, a value behind it may have grown into its last token.
   */
  private leftAt(runs: PromptRuns, token: number): number {
    const { starts, segments } = runs;
    let run = runOfToken(runs, token);
    const last = run;
    while (run > 0 && token === starts[run] && this.endedEarly(runs, run - 1, run)) run--;
    if (run < last) return segments[run];
    while (run + 1 < starts.length && token === starts[run + 1] - 1 && this.isKnownText(runs, run)) run++;
    return segments[run];
  }

  /** Whether the value before the run, which is known, ended sooner than the values that were sent before. */
  private endedEarly(runs: PromptRuns, before: number, run: number): boolean {
    if (this.input.isStatic(runs.segments[before]) || this.knownRuns[run] === 0) return false;
    return this.isKnownText(runs, run) || this.knownRuns[before] === 0;
  }

  private isKnownText(runs: PromptRuns, run: number): boolean {
    return this.input.isStatic(runs.segments[run]) && this.knownRuns[run] === 1;
  }
}

function addTo(counts: Map<string, number>, name: string, tokens: number): void {
  counts.set(name, (counts.get(name) ?? 0) + tokens);
}

function emptyTable(
  length: number,
  segmentCount: number,
): Omit<OutcomeTable, "tokensByReason" | "restoredTokens" | "evictedSpans"> {
  return {
    length,
    promptTokens: new Int32Array(length),
    reusedTokens: new Int32Array(length),
    linkedTokens: new Int32Array(length),
    sentTokens: new Int32Array(length),
    relinkableTokens: new Int32Array(length),
    fates: new Int32Array(length * fates.length),
    leftAtSegment: new Int32Array(length).fill(-1),
    missingCheckpointAt: new Int32Array(length).fill(-1),
    nearestCheckpoint: new Int32Array(length).fill(-1),
    ttftSeconds: new Float64Array(length),
    ttftSecondsWithoutCache: new Float64Array(length),
    restoreSeconds: new Float64Array(length),
    inputUnits: new Float64Array(length),
    isRefused: new Uint8Array(length),
    evictedNodes: new Int32Array(length),
    evictedBytes: new Float64Array(length),
    kvBytes: new Float64Array(length),
    checkpointBytes: new Float64Array(length),
    checkpoints: new Int32Array(length),
    segmentFates: new Float64Array(segmentCount * fates.length),
    blamedTokens: new Float64Array(segmentCount),
    evictedParts: [],
  };
}
