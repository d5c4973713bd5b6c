/**
 * V2: Marconi with alpha tuned once on the fly, as the artifact does it. When the number of requests reaches
 * `multiplier` times those before the first eviction, the window is replayed from an empty cache with each alpha of
 * a grid; the alpha that saved most FLOPs over the last 500 requests wins, the smallest one on ties.
 */
import type { PaperModel } from "../../cost/paper-formulas.ts";
import { flopsSaved } from "./arithmetic.ts";
import type { ArtifactRadixCache, ArtifactRadixPolicy } from "./radix-cache.ts";

export interface AlphaGridRow {
  readonly alpha: number;
  readonly flopsSavedLast500: bigint;
  readonly tokenHitRateLast500: number;
}

export interface AlphaTuning {
  requestsBeforeFirstEviction: number | null;
  window: number | null;
  tunedAt: number | null;
  windowRequests: number | null;
  grid: readonly AlphaGridRow[] | null;
}

interface WindowRequest {
  readonly symbols: Int32Array;
  readonly inputSymbols: number;
}

export class TunedArtifactCache {
  readonly cache: ArtifactRadixCache;
  readonly tuning: AlphaTuning = {
    requestsBeforeFirstEviction: null,
    window: null,
    tunedAt: null,
    windowRequests: null,
    grid: null,
  };
  private readonly model: PaperModel;
  private readonly createCache: (policy: ArtifactRadixPolicy) => ArtifactRadixCache;
  private readonly requests: WindowRequest[] = [];
  private inputSymbols = 0;

  /** `createCache` makes empty caches, one now and one for each alpha that is tried. */
  constructor(
    model: PaperModel,
    createCache: (policy: ArtifactRadixPolicy) => ArtifactRadixCache,
    alphaInitial: number,
    multiplier: number,
  ) {
    this.model = model;
    this.createCache = createCache;
    this.cache = createCache({ kind: "utility", alpha: alphaInitial });
    this.cache.onEvictCall = () => {
      if (this.tuning.window !== null) return;
      this.tuning.requestsBeforeFirstEviction = this.requests.length;
      this.tuning.window = multiplier * this.requests.length;
    };
  }

  get alpha(): number {
    return this.cache.policy.kind === "utility" ? this.cache.policy.alpha : 0;
  }

  lookup(symbols: Int32Array, length: number): number {
    this.inputSymbols = length;
    return this.cache.lookup(symbols, length);
  }

  insert(symbols: Int32Array): void {
    this.requests.push({ symbols, inputSymbols: this.inputSymbols });
    if (this.requests.length === this.tuning.window && this.tuning.tunedAt === null) this.tune();
    this.cache.insert(symbols);
  }

  private tune(): void {
    const grid: AlphaGridRow[] = [];
    for (let step = 0; step <= 20; step++) grid.push(this.replay(step / 10));
    let best = grid[0];
    for (const row of grid) if (row.flopsSavedLast500 > best.flopsSavedLast500) best = row;
    this.cache.policy = { kind: "utility", alpha: best.alpha };
    this.tuning.tunedAt = this.requests.length - 1;
    this.tuning.windowRequests = this.requests.length;
    this.tuning.grid = grid;
  }

  private replay(alpha: number): AlphaGridRow {
    const cache = this.createCache({ kind: "utility", alpha });
    const reused: number[] = [];
    for (const { symbols, inputSymbols } of this.requests) {
      reused.push(cache.lookup(symbols, inputSymbols));
      cache.insert(symbols);
    }
    const last = reused.slice(-500);
    const inputs = this.requests
      .slice(-500)
      .reduce((sum, { symbols, inputSymbols }) => sum + cache.leadingTokens(symbols, inputSymbols), 0);
    return {
      alpha,
      flopsSavedLast500: flopsSaved(this.model, last).total,
      tokenHitRateLast500: last.reduce((sum, tokens) => sum + tokens, 0) / inputs,
    };
  }
}
