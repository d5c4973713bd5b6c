/** Caches that serve requests in spans, and faster. */
import type { CacheSystem, Inspection, Served } from "./cache-system.ts";
import type { SymbolRequest } from "./symbols.ts";

export interface SpanCache extends CacheSystem {
  readonly servesSpans: boolean;
  /** Whether it asks where static parts of a prompt end, which then have to be ends of spans. */
  readonly takesStaticEnds: boolean;
  serveSymbols(request: SymbolRequest, out: Served): void;
  /** What is held of the first `limit` symbols of a sequence, in tokens. */
  inspectSymbols(sequence: Int32Array, limit: number): Inspection;
}

export function isSpanCache(cache: CacheSystem): cache is SpanCache {
  return cache.servesSpans === true;
}
