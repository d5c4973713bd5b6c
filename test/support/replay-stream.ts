/**
 * A replay without a trace: requests are pulled one by one from whoever makes or reads them, and results are handed out in
 * chunks of columns that are used again. Nothing grows with the number of requests; what is held is the cache and one chunk.
 * It says what the cache did and not why: fates need to know what was ever sent, which `replay` keeps and this does not.
 */
import type { CacheContents, Served } from "../../src/core/cache/cache-system.ts";
import { serveLoop } from "../../src/core/cache/serve-loop.ts";
import type { TraceRequest } from "../../src/core/cache/span-trace.ts";
import type { SymbolRequest } from "../../src/core/cache/symbols.ts";

/** A cache whose requests come as symbols, so that it need not know what any of them stands for. */
export interface SymbolCache {
  serveSymbols(request: SymbolRequest, out: Served): void;
  contents(): CacheContents;
}

/** Row `i` belongs to request `first + i`; rows from `length` on mean nothing. */
export interface OutcomeChunk {
  readonly first: number;
  readonly length: number;
  readonly promptTokens: Int32Array;
  readonly reusedTokens: Int32Array;
  readonly evictedNodes: Int32Array;
  readonly evictedBytes: Float64Array;
  /** Cache contents after the request. */
  readonly kvBytes: Float64Array;
  readonly checkpointBytes: Float64Array;
  readonly checkpoints: Int32Array;
}

/** Yields a chunk whenever it is full, and what is left at the end. Its columns are overwritten as the replay goes on. */
export function* replayStream(
  source: Iterable<TraceRequest>,
  cache: SymbolCache,
  chunkRequests: number,
): Generator<OutcomeChunk, void, void> {
  const columns = createColumns(chunkRequests);
  let first = 0;
  let length = 0;
  const steps = serveLoop({
    requests: source,
    cache,
    serve: (request, out) => cache.serveSymbols(request, out),
    after(request, served) {
      record(columns, length++, request, served, cache.contents());
      return 1;
    },
    stepWork: chunkRequests,
  });
  for (const _ of steps) {
    yield { first, length, ...columns };
    first += length;
    length = 0;
  }
  if (length > 0) yield { first, length, ...columns };
}

type Columns = Omit<OutcomeChunk, "first" | "length">;

function createColumns(length: number): Columns {
  return {
    promptTokens: new Int32Array(length),
    reusedTokens: new Int32Array(length),
    evictedNodes: new Int32Array(length),
    evictedBytes: new Float64Array(length),
    kvBytes: new Float64Array(length),
    checkpointBytes: new Float64Array(length),
    checkpoints: new Int32Array(length),
  };
}

function record(
  columns: Columns,
  row: number,
  request: TraceRequest,
  served: Served,
  held: CacheContents,
): void {
  columns.promptTokens[row] = request.promptTokens;
  columns.reusedTokens[row] = served.reusedTokens;
  columns.evictedNodes[row] = served.evictedNodes;
  columns.evictedBytes[row] = served.evictedBytes;
  columns.kvBytes[row] = held.kvBytes;
  columns.checkpointBytes[row] = held.checkpointBytes;
  columns.checkpoints[row] = held.checkpoints;
}
