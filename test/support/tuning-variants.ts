/**
 * Marconi's tuning with the artifact's choices put back one by one, on the product's cache, to measure what each of them does
 * (Q9 and Q10 of docs/adr/0002-paper-and-artifact-arithmetic.md). The product has neither.
 */
import { Served, type StateCost } from "../../src/core/cache/cache-system.ts";
import { UtilityEviction } from "../../src/core/cache/eviction/utility.ts";
import type { PrefixCache } from "../../src/core/cache/prefix-cache.ts";

export interface TuningVariant {
  /** Q9: the best alpha saves most FLOPs over the last 500 requests, instead of most tokens over all. */
  readonly countsLastFlops: boolean;
  /** Q10: the replay starts at the first request, instead of after the first eviction. */
  readonly startsEmpty: boolean;
}

interface TokenRequest {
  readonly prompt: Int32Array;
  readonly output: Int32Array;
}

const lastRequests = 500;
const grid = Array.from({ length: 21 }, (_, step) => step / 10);

/** Reused tokens over prompt tokens in per cent, and the alpha that was found; `null` if the trace ended before. */
export function tunedHitRate(
  requests: readonly TokenRequest[],
  createCache: () => PrefixCache,
  cost: StateCost,
  multiplier: number,
  variant: TuningVariant,
): { readonly rate: number; readonly alpha: number | null } {
  const cache = createCache();
  const served = new Served();
  const reused: number[] = [];
  let alpha: number | null = null;
  let snapshot: PrefixCache | null = null;
  let from = 0;
  let tuneAt = Number.POSITIVE_INFINITY;
  for (const [index, { prompt, output }] of requests.entries()) {
    cache.serve(prompt, output, served);
    reused.push(served.reusedTokens);
    if (snapshot === null && served.evictedNodes > 0) {
      snapshot = variant.startsEmpty ? createCache() : cache.fork();
      from = variant.startsEmpty ? 0 : index + 1;
      tuneAt = variant.startsEmpty ? (index + 1) * multiplier : (index + 1) * (1 + multiplier);
    }
    if (index + 1 !== tuneAt || snapshot === null) continue;
    alpha = bestAlpha(snapshot, requests.slice(from, index + 1), cost, variant);
    setAlpha(cache, alpha);
  }
  const prompts = requests.reduce((sum, { prompt }) => sum + prompt.length, 0);
  return { rate: (100 * reused.reduce((sum, tokens) => sum + tokens, 0)) / prompts, alpha };
}

/** The smallest on ties. */
function bestAlpha(
  snapshot: PrefixCache,
  requests: readonly TokenRequest[],
  cost: StateCost,
  { countsLastFlops }: TuningVariant,
): number {
  const served = new Served();
  let best = 0;
  let most = -1;
  for (const alpha of grid) {
    const cache = snapshot.fork();
    setAlpha(cache, alpha);
    const tokens = requests.map(({ prompt, output }) => {
      cache.serve(prompt, output, served);
      return served.reusedTokens;
    });
    const worth = countsLastFlops
      ? tokens.slice(-lastRequests).reduce((sum, each) => sum + cost.prefillFlops(0, each), 0)
      : tokens.reduce((sum, each) => sum + each, 0);
    if (worth > most) {
      most = worth;
      best = alpha;
    }
  }
  return best;
}

function setAlpha({ eviction }: PrefixCache, alpha: number): void {
  if (eviction instanceof UtilityEviction) eviction.alpha = alpha;
}
