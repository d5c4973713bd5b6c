/** A request of a trace, with all that is known of it beside its tokens, before a cache. */
import type { CacheSystem, ServeContext, Served, StaticEnd } from "../cache/cache-system.ts";
import { pieceStartsOf, type Request } from "./request.ts";

/** Requests, and what is known of them beside their tokens. */
export interface KnownRequests {
  readonly requests: readonly Request[];
  /** See `ServeContext.stableTokens`; left out where nothing is known. */
  stableTokens?(request: number): number;
  /** See `ServeContext.staticEnds`; left out where nothing is known. */
  staticEnds?(request: number): readonly StaticEnd[];
  /** See `ServeContext.markers`; left out where nobody marks anything. */
  markers?(request: number): NonNullable<ServeContext["markers"]>;
}

export function serveRequest(known: KnownRequests, cache: CacheSystem, index: number, out: Served): void {
  const { promptTokens, outputTokens } = known.requests[index];
  cache.serve(promptTokens, outputTokens, out, new KnownContext(known, index));
}

class KnownContext implements ServeContext {
  readonly arrivalSeconds: number;
  readonly stableTokens: number;
  readonly markers: NonNullable<ServeContext["markers"]>;
  readonly blockEnds?: readonly number[];
  // No fields that a spread would copy: hosted caches make their requests of the context.
  readonly #known: KnownRequests;
  readonly #index: number;

  constructor(known: KnownRequests, index: number) {
    const { arrivalSeconds, messageEnds } = known.requests[index];
    this.arrivalSeconds = arrivalSeconds;
    this.stableTokens = known.stableTokens?.(index) ?? 0;
    this.markers = known.markers?.(index) ?? [];
    if (messageEnds !== undefined) this.blockEnds = messageEnds;
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
