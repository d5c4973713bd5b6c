/** The prefix caches that policies of several kinds are made of. */
import type { Admission } from "../cache/admission/admission.ts";
import { branchAndEnd } from "../cache/admission/branch-and-end.ts";
import type { CacheSystem } from "../cache/cache-system.ts";
import { componentsOf } from "../cache/components/of-cost.ts";
import { DensityEviction, type DensityOptions } from "../cache/eviction/density.ts";
import type { Eviction, EvictionView } from "../cache/eviction/eviction.ts";
import { LruEviction } from "../cache/eviction/lru.ts";
import { UtilityEviction } from "../cache/eviction/utility.ts";
import { PrefixCache } from "../cache/prefix-cache.ts";
import { TunedMarconi } from "../cache/tuned-marconi.ts";
import type { PolicyContext } from "./policy.ts";

/** Prefix caches that match at any token need no more than this of what policies are told. */
export type PrefixCacheContext = Pick<PolicyContext, "cost" | "capacityBytes"> & Partial<PolicyContext>;

/** For prefix caches that are to get tokens. */
export function forTokens<T extends Partial<PolicyContext>>(context: T): Omit<T, "spans"> {
  const { spans: _spans, ...rest } = context;
  return rest;
}

/** For prefix caches of systems in which nothing is known of requests that run beside each other. */
export function oneAtATime<T extends Partial<PolicyContext>>(context: T): Omit<T, "inFlight"> {
  const { inFlight: _inFlight, ...rest } = context;
  return rest;
}

/** A radix tree with a checkpoint at branch points and ends, and the least recently used leaf to go first. */
export function radixCache(context: PrefixCacheContext, admission = branchAndEnd): PrefixCache {
  return prefixCache(context, 1, admission, (view) => new LruEviction(view));
}

export function utilityCache(context: PolicyContext, alpha: number, admission = branchAndEnd): PrefixCache {
  return prefixCache(context, 1, admission, (view) => new UtilityEviction(view, context.cost, alpha));
}

/** Sequences that a history remembers: ids only, and enough for forks to be seen again. */
export const historySequences = 10_000;

/** Density over age, with a history for its admission. */
export function densityCache(
  context: PolicyContext,
  admission: Admission,
  options: DensityOptions,
): PrefixCache {
  const createEviction = (view: EvictionView) => new DensityEviction(view, context.cost, options);
  return prefixCache(context, 1, admission, createEviction, historySequences);
}

/** Requests of the bootstrap window per request before the first eviction; the paper's range is 5 to 15. */
const bootstrapMultiplier = 5;

/** Marconi, which tunes its alpha on the fly. */
export function tunedMarconi(context: PolicyContext, admission = branchAndEnd): TunedMarconi {
  return new TunedMarconi(utilityCache(context, 0, admission), bootstrapMultiplier);
}

/** Marconi with a fixed alpha, for sweeps and tests. */
export function marconiWithAlpha(context: PolicyContext, alpha: number): CacheSystem {
  return utilityCache(context, alpha);
}

export function prefixCache(
  context: PrefixCacheContext,
  blockTokens: number,
  admission: Admission,
  createEviction: (view: EvictionView) => Eviction,
  historySequences?: number,
): PrefixCache {
  return new PrefixCache({
    components: componentsOf(context.cost),
    capacityBytes: context.capacityBytes,
    blockTokens,
    admission,
    computedTokensAtLeast: context.computedTokensAtLeast ?? 1,
    ...(context.inFlight !== undefined && { inFlight: context.inFlight }),
    ...(context.spans !== undefined && blockTokens === 1 && { spans: context.spans }),
    ...(historySequences !== undefined && { historySequences }),
    createEviction,
  });
}
