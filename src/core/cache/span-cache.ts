/** Caches that serve requests in spans, and faster. */
import type { CacheSystem, Served } from "./cache-system.ts";
import type { SymbolRequest } from "./symbols.ts";

export interface SpanCache extends CacheSystem {
  readonly servesSpans: boolean;
  serveSymbols(request: SymbolRequest, out: Served): void;
}

export function isSpanCache(cache: CacheSystem): cache is SpanCache {
  return cache.servesSpans === true;
}
