/** A request of a trace, with all that is known of it beside its tokens, before a cache. */
import type { CacheSystem, Inspection, ServeContext, Served, StaticEnd } from "../cache/cache-system.ts";
import { isSpanCache } from "../cache/span-cache.ts";
import { staticEndSteps } from "../cache/span-ends.ts";
import type { SpanTrace, TraceRequest } from "../cache/span-trace.ts";
import { invariant } from "../invariant.ts";
import { pieceStartsOf, type Request } from "./request.ts";

/** Requests, and what is known of them beside their tokens. */
export interface KnownRequests {
  readonly requests: readonly Request[];
  /** The requests, and perhaps more behind them, in spans; for caches that were made for those. */
  readonly spans?: SpanTrace;
  /** See `ServeContext.stableTokens`; left out where nothing is known. */
  stableTokens?(request: number): number;
  /** See `ServeContext.staticEnds`; left out where nothing is known. */
  staticEnds?(request: number): readonly StaticEnd[];
  /** See `ServeContext.markers`; `undefined` where it is not known what the request asks for. */
  markers?(request: number): ServeContext["markers"] | undefined;
}

/** In spans where the cache was made for them. */
export function serveRequest(known: KnownRequests, cache: CacheSystem, index: number, out: Served): void {
  const { promptTokens, outputTokens } = known.requests[index];
  if (isSpanCache(cache)) cache.serveSymbols(inSpans(known, index), out);
  else cache.serve(promptTokens, outputTokens, out, new KnownContext(known, index));
}

/** What the cache holds of so many leading tokens of the request's prompt. */
export function inspectRequest(
  known: KnownRequests,
  cache: CacheSystem,
  index: number,
  leadingTokens: number,
): Inspection {
  const { promptTokens } = known.requests[index];
  const isWhole = leadingTokens === promptTokens.length;
  if (!isSpanCache(cache))
    return cache.inspect(isWhole ? promptTokens : promptTokens.subarray(0, leadingTokens));
  const { sequence, promptSymbols } = inSpans(known, index);
  const held = cache.inspectSymbols(sequence, promptSymbols);
  if (isWhole) return held;
  return {
    cachedTokens: Math.min(held.cachedTokens, leadingTokens),
    checkpoints: held.checkpoints.filter((position) => position <= leadingTokens),
  };
}

/**
 * The trace as a cache needs it that may ask for static ends, and an empty cache of the same make for it. A cache that
 * serves tokens all the same takes the trace as it is.
 */
export function* fittedToCache<T extends CacheSystem>(
  trace: SpanTrace,
  known: Pick<KnownRequests, "staticEnds">,
  create: (trace: SpanTrace) => T,
): Generator<void, { readonly trace: SpanTrace; readonly cache: T }, void> {
  const cache = create(trace);
  if (!isSpanCache(cache) || !cache.takesStaticEnds) return { trace, cache };
  const cut = yield* staticEndSteps(trace, (request) => known.staticEnds?.(request) ?? []);
  return { trace: cut, cache: create(cut) };
}

function inSpans({ spans }: KnownRequests, index: number): TraceRequest {
  invariant(spans !== undefined, "a cache of spans is not told the requests in spans");
  return spans.requests[index];
}

class KnownContext implements ServeContext {
  readonly arrivalSeconds: number;
  readonly stableTokens: number;
  readonly markers?: NonNullable<ServeContext["markers"]>;
  readonly blockEnds?: readonly number[];
  readonly withinToolRuns?: readonly number[];
  readonly userStarts?: readonly number[];
  // No fields that a spread would copy: hosted caches make their requests of the context.
  readonly #known: KnownRequests;
  readonly #index: number;

  constructor(known: KnownRequests, index: number) {
    const { arrivalSeconds, messageEnds, blocks, userStarts } = known.requests[index];
    this.arrivalSeconds = arrivalSeconds;
    this.stableTokens = known.stableTokens?.(index) ?? 0;
    const markers = known.markers?.(index);
    if (markers !== undefined) this.markers = markers;
    const blockEnds = blocks?.ends ?? messageEnds;
    if (blockEnds !== undefined) this.blockEnds = blockEnds;
    if (blocks !== undefined) this.withinToolRuns = blocks.withinToolRuns;
    if (userStarts !== undefined) this.userStarts = userStarts;
    this.#known = known;
    this.#index = index;
  }

  pieceStarts(): Int32Array | null {
    const { runs, promptTokens } = this.#known.requests[this.#index];
    return runs === null ? null : pieceStartsOf(runs, promptTokens.length);
  }

  staticEnds(): readonly StaticEnd[] {
    return this.#known.staticEnds?.(this.#index) ?? [];
  }
}
