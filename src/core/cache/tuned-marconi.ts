/**
 * Marconi with alpha tuned on the fly (arXiv 2411.19379, section 4.2). Alpha stays 0 until the first eviction; then the
 * cache is forked, and after a bootstrap of `multiplier` times as many requests as came before, the bootstrap is replayed
 * on the fork with each alpha of a grid. The alpha with the best token hit rate is taken, the smallest one on ties.
 * Tuning happens once; a trace that never evicts or ends too early keeps alpha 0.
 */
import { invariant } from "../invariant.ts";
import type { CacheContents, CacheSystem, Inspection } from "./cache-system.ts";
import { Served } from "./cache-system.ts";
import { UtilityEviction } from "./eviction/utility.ts";
import type { PrefixCache, SymbolRequest } from "./prefix-cache.ts";

const gridSteps = 20;

export class TunedMarconi implements CacheSystem {
  readonly keepsAnything = true;
  /** `null` until it was tuned. */
  tunedAlpha: number | null = null;
  private readonly cache: PrefixCache;
  private readonly multiplier: number;
  private requests = 0;
  private snapshot: PrefixCache | null = null;
  private bootstrapUntil = Number.POSITIVE_INFINITY;
  private bootstrap: SymbolRequest[] = [];

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

  get needsCheckpoints(): boolean {
    return this.cache.needsCheckpoints;
  }

  get servesSpans(): boolean {
    return this.cache.servesSpans;
  }

  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served): void {
    this.serveSymbols(this.cache.symbolsOf(promptTokens, outputTokens), out);
  }

  /** The request is kept by reference until alpha is tuned. */
  serveSymbols(request: SymbolRequest, out: Served): void {
    this.cache.serveSymbols(request, out);
    this.requests++;
    if (this.tunedAlpha !== null) return;
    if (this.snapshot !== null) {
      this.bootstrap.push(request);
      if (this.requests >= this.bootstrapUntil) this.tune(this.snapshot);
    } else if (out.evictedNodes > 0) {
      this.snapshot = this.cache.fork();
      this.bootstrapUntil = this.requests * (1 + this.multiplier);
    }
  }

  contents(): CacheContents {
    return this.cache.contents();
  }

  inspect(tokens: Int32Array): Inspection {
    return this.cache.inspect(tokens);
  }

  private tune(snapshot: PrefixCache): void {
    const { requests, fork } = snapshot.inSpans(this.bootstrap);
    let bestAlpha = 0;
    let mostReused = -1;
    for (let step = 0; step <= gridSteps; step++) {
      const reused = replayWith(fork(), step / 10, requests);
      if (reused > mostReused) {
        mostReused = reused;
        bestAlpha = step / 10;
      }
    }
    this.tunedAlpha = bestAlpha;
    setAlpha(this.cache, bestAlpha);
    this.snapshot = null;
    this.bootstrap = [];
  }
}

/** Tokens that the requests reuse. */
function replayWith(cache: PrefixCache, alpha: number, requests: readonly SymbolRequest[]): number {
  setAlpha(cache, alpha);
  const served = new Served();
  let reused = 0;
  for (const request of requests) {
    cache.serveSymbols(request, served);
    reused += served.reusedTokens;
  }
  return reused;
}

function setAlpha(cache: PrefixCache, alpha: number): void {
  invariant(cache.eviction instanceof UtilityEviction, "alpha is tuned for the utility eviction only");
  cache.eviction.alpha = alpha;
}
