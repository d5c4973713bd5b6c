/** Requests through a cache for the sums alone, without fates and ledgers: what advice compares hundreds of times. */
import type { CacheSystem, Served } from "../../core/cache/cache-system.ts";
import { serveLoop } from "../../core/cache/serve-loop.ts";
import { type KnownRequests, serveRequest } from "../../core/replay/serve-request.ts";

/** One entry per request that was served, in their order. */
export interface ServedColumns {
  /** Tokens that needed no prefill, leading ones and those behind them. */
  readonly reusedTokens: Int32Array;
  /** See `Served.equivalentPrefixTokens`; the reused tokens where it says nothing. */
  readonly prefixTokens: Int32Array;
  readonly restoreSeconds: Float64Array;
  /** See `Served.inputUnits`. */
  readonly inputUnits: Float64Array;
  /** See `Served.losses`: tokens by the reason that the cache gave. */
  readonly lost: readonly ReadonlyMap<string, number>[];
  /** The most that the cache held after a request. */
  readonly peakBytes: number;
}

/** Tokens between two steps, so that a step takes a few milliseconds. */
const stepTokens = 100_000;

/** Serves the requests at `rows`, ascending, with an empty cache. Yields now and then. */
export function* serveSteps(
  input: KnownRequests,
  cache: CacheSystem,
  rows: ArrayLike<number>,
): Generator<void, ServedColumns, void> {
  const { length } = rows;
  const columns = {
    reusedTokens: new Int32Array(length),
    prefixTokens: new Int32Array(length),
    restoreSeconds: new Float64Array(length),
    inputUnits: new Float64Array(length),
    lost: new Array<ReadonlyMap<string, number>>(length).fill(nothingLost),
  };
  let peakBytes = 0;
  const record = ([at, row]: readonly [number, number], served: Served): number => {
    const linked = served.reusedRanges.reduce((sum, { start, end }) => sum + end - start, 0);
    columns.reusedTokens[at] = served.reusedTokens + linked;
    columns.prefixTokens[at] = served.equivalentPrefixTokens ?? served.reusedTokens;
    columns.restoreSeconds[at] = served.restoreSeconds;
    columns.inputUnits[at] = served.inputUnits;
    if (served.losses.length > 0) columns.lost[at] = lostOf(served);
    const { kvBytes, checkpointBytes } = cache.contents();
    peakBytes = Math.max(peakBytes, kvBytes + checkpointBytes);
    return input.requests[row]!.promptTokens.length;
  };
  const steps = serveLoop({
    requests: Array.from(rows).entries(),
    cache,
    conversationOf: ([, row]) => input.requests[row]!.session,
    serve: ([, row], out) => serveRequest(input, cache, row, out),
    after: record,
    stepWork: stepTokens,
  });
  for (const _ of steps) yield;
  return { ...columns, peakBytes };
}

const nothingLost: ReadonlyMap<string, number> = new Map();

function lostOf({ losses }: Served): ReadonlyMap<string, number> {
  const lost = new Map<string, number>();
  for (const { start, end, reason } of losses) lost.set(reason, (lost.get(reason) ?? 0) + end - start);
  return lost;
}

export function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum;
}
