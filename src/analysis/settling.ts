/** Watches a cache that serves the same workload round after round, until it is as it stays: full, and tuned. */
import type { CacheSystem } from "../core/cache/cache-system.ts";
import type { PolicyMemory } from "../core/policies/policy.ts";

export interface SettlingInput {
  readonly cache: Pick<CacheSystem, "contents" | "tunedAlpha">;
  readonly memory: PolicyMemory;
  readonly capacityBytes: number;
  /** Requests of one round. */
  readonly roundRequests: number;
  /** Rounds that may be served. */
  readonly mostRounds: number;
}

/** What Marconi tuned; requests count over all rounds. */
export interface TunedAlpha {
  /** `null` until it was tuned: then it is 0. */
  readonly alpha: number | null;
  /** Requests that had been served by then; `null` until it was tuned. */
  readonly afterRequests: number | null;
}

export class Settling {
  readonly #input: SettlingInput;
  #served = 0;
  #firstEvictionAt: number | null = null;
  #tunedAt: number | null = null;
  /** Of the round that is being served, or was the last. */
  #isRoundSettled = false;

  constructor(input: SettlingInput) {
    this.#input = input;
  }

  /** Requests that were served before something was evicted for the first time; `null` while nothing was. */
  get firstEvictionAt(): number | null {
    return this.#firstEvictionAt;
  }

  /** `null` where the cache tunes none. */
  get tuned(): TunedAlpha | null {
    const { tunedAlpha } = this.#input.cache;
    if (tunedAlpha === undefined) return null;
    return { alpha: tunedAlpha, afterRequests: tunedAlpha === null ? null : (this.#tunedAt ?? this.#served) };
  }

  get servedRequests(): number {
    return this.#served;
  }

  /** The last round that was served as a whole, counting from 0. */
  get round(): number {
    return Math.floor(this.#served / this.#input.roundRequests) - 1;
  }

  /** Whether the last round began with the cache as it stays; if not, more rounds could still change it. */
  get isSettled(): boolean {
    return this.#isRoundSettled;
  }

  /** To be asked before each request: whether the last round was the one to look at. */
  isOver(): boolean {
    const { cache, roundRequests } = this.#input;
    if (this.#tunedAt === null && typeof cache.tunedAlpha === "number") this.#tunedAt = this.#served;
    if (this.#served === 0 || this.#served % roundRequests !== 0) return false;
    // The round just served is the first that may be looked at when it is the second.
    if (this.round > 0 && (this.#isRoundSettled || !this.#canSettle())) return true;
    this.#isRoundSettled = this.#isSettledNow();
    return false;
  }

  /** To be told of each request. */
  served(evictedNodes: number): void {
    this.#served++;
    if (evictedNodes > 0) this.#firstEvictionAt ??= this.#served;
  }

  #isSettledNow(): boolean {
    const { memory, cache } = this.#input;
    if (memory !== "own") return true;
    return this.#firstEvictionAt !== null && cache.tunedAlpha !== null;
  }

  /** A memory that grows as slowly as it did will not be full in the rounds that are left. */
  #canSettle(): boolean {
    const { cache, capacityBytes, mostRounds } = this.#input;
    const served = this.round + 1;
    if (served >= mostRounds) return false;
    if (this.#firstEvictionAt !== null) return true;
    const { kvBytes, checkpointBytes } = cache.contents();
    return ((kvBytes + checkpointBytes) / served) * mostRounds >= capacityBytes;
  }
}
