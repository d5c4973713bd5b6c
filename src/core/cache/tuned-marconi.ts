/**
 * Marconi with alpha tuned on the fly (arXiv 2411.19379, section 4.2). Alpha stays 0 until the first eviction; then the
 * cache is forked, and after a bootstrap of `multiplier` times as many requests as came before, the bootstrap is replayed
 * on the fork with each alpha of a grid. The alpha with the best token hit rate is taken, the smallest one on ties.
 * Tuning happens once; a trace that never evicts or ends too early keeps alpha 0.
 *
 * The replays go over spans (ADR 9). That with alpha 0 is what the cache itself did meanwhile. Another one ends as soon as
 * it cannot become the best: no request reuses more than was sent before it.
 */

import { invariant } from "../invariant.ts";
import { drain } from "../steps.ts";
import type { CacheContents, Flights, Inspection, ServeContext, Served } from "./cache-system.ts";
import type { PrefixCache } from "./prefix-cache.ts";
import { serveLoop } from "./serve-loop.ts";
import type { SpanCache } from "./span-cache.ts";
import { sentPositionSteps } from "./span-trace.ts";
import type { SymbolRequest } from "./symbols.ts";
import { forksInSpans, type SpanForks } from "./what-if.ts";

const gridSteps = 20;

/** Requests of a replay between two steps, so that a step takes a few milliseconds. */
const stepRequests = 20;

/** What alpha is tuned on. */
interface Bootstrap {
  /** The cache before the first of the requests. */
  readonly snapshot: PrefixCache;
  readonly requests: SymbolRequest[];
  /** Requests of the whole trace when it is over. */
  readonly until: number;
  /** Tokens reused so far, with alpha 0. */
  reusedTokens: number;
}

export class TunedMarconi implements SpanCache {
  readonly keepsAnything = true;
  /** `null` until it was tuned. */
  tunedAlpha: number | null = null;
  private readonly cache: PrefixCache;
  private readonly multiplier: number;
  private requests = 0;
  private bootstrap: Bootstrap | null = null;
  /** Under way between the last request of the bootstrap and the next one. */
  private tuning: Generator<void, void, void> | null = null;

  /** The cache must evict by utility; the paper's multipliers are 5 to 15. */
  constructor(cache: PrefixCache, multiplier: number) {
    this.cache = cache;
    this.multiplier = multiplier;
  }

  get blockTokens(): number {
    return this.cache.blockTokens;
  }

  get computedTokensAtLeast(): number {
    return this.cache.computedTokensAtLeast;
  }

  get flights(): Flights | undefined {
    return this.cache.flights;
  }

  get needsCheckpoints(): boolean {
    return this.cache.needsCheckpoints;
  }

  get servesSpans(): boolean {
    return this.cache.servesSpans;
  }

  get takesStaticEnds(): boolean {
    return this.cache.takesStaticEnds;
  }

  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served, context?: ServeContext): void {
    this.serveSymbols(this.cache.symbolsOf(promptTokens, outputTokens, context), out);
  }

  /** The request is kept by reference until alpha is tuned. */
  serveSymbols(request: SymbolRequest, out: Served): void {
    if (this.tuning !== null) drain(this.tuning);
    this.cache.serveSymbols(request, out);
    this.requests++;
    if (this.tunedAlpha !== null) return;
    if (this.bootstrap === null) {
      if (out.evictedNodes === 0) return;
      const until = this.requests * (1 + this.multiplier);
      this.bootstrap = { snapshot: this.cache.fork(), requests: [], until, reusedTokens: 0 };
      return;
    }
    this.bootstrap.requests.push(request);
    this.bootstrap.reusedTokens += out.reusedTokens;
    if (this.requests >= this.bootstrap.until) this.tuning = this.tune(this.bootstrap);
  }

  /** The tuning, in the one place in which there is something to tune. Whoever stops it halfway can go on later. */
  *pending(): Generator<void, void, void> {
    while (this.tuning !== null) {
      this.tuning.next();
      yield;
    }
  }

  contents(): CacheContents {
    return this.cache.contents();
  }

  inspect(tokens: Int32Array): Inspection {
    return this.cache.inspect(tokens);
  }

  inspectSymbols(sequence: Int32Array, limit: number): Inspection {
    return this.cache.inspectSymbols(sequence, limit);
  }

  private *tune({ snapshot, requests, reusedTokens }: Bootstrap): Generator<void, void, void> {
    const forks = yield* forksInSpans(snapshot, requests);
    const reusable = yield* reusableTokens(forks);
    yield;
    let bestAlpha = 0;
    let mostReused = reusedTokens;
    for (let step = 1; step <= gridSteps; step++) {
      const alpha = step / 10;
      const reused = yield* replayWith(alpha, forks, reusable, mostReused);
      if (reused > mostReused) {
        mostReused = reused;
        bestAlpha = alpha;
      }
    }
    this.tunedAlpha = bestAlpha;
    setAlpha(this.cache, bestAlpha);
    this.bootstrap = null;
    this.tuning = null;
  }
}

/** Tokens that the requests reuse; no more than `toBeat` where that is certain before the end. */
function* replayWith(
  alpha: number,
  { requests, fork }: SpanForks,
  reusable: Float64Array,
  toBeat: number,
): Generator<void, number, void> {
  const cache = fork();
  setAlpha(cache, alpha);
  let reused = 0;
  let served = 0;
  const steps = serveLoop({
    requests,
    cache,
    before: () => reused + reusable[served] > toBeat,
    serve: (request, out) => cache.serveSymbols(request, out),
    after(_, { reusedTokens }) {
      reused += reusedTokens;
      served++;
      return 1;
    },
    stepWork: stepRequests,
  });
  for (const _ of steps) yield;
  yield;
  return reused;
}

/** Tokens that the requests from number `i` on could reuse together, had the cache lost nothing since the bootstrap began. */
function* reusableTokens({ requests, spans, fork }: SpanForks): Generator<void, Float64Array, void> {
  const sent = new Uint8Array(spans.ends.length);
  const { tree } = fork();
  tree.forEachPreorder((node) => {
    for (let index = 0; index < tree.edgeLength(node); index++) sent[tree.edgeSymbol(node, index)] = 1;
  });
  yield;
  const positions = yield* sentPositionSteps(requests, sent);
  const reusable = new Float64Array(requests.length + 1);
  for (let index = requests.length - 1; index >= 0; index--) {
    const position = positions[index];
    const tokens = position === 0 ? 0 : spans.ends[requests[index].sequence[position - 1]];
    reusable[index] = reusable[index + 1] + tokens;
  }
  return reusable;
}

function setAlpha(cache: PrefixCache, alpha: number): void {
  invariant(cache.eviction.alpha !== undefined, "the eviction has no alpha to tune");
  cache.eviction.alpha = alpha;
}
