/**
 * V2: Marconi with alpha tuned once on the fly, as the artifact does it. When the number of requests reaches
 * `multiplier` times those before the first eviction, the window is replayed from an empty cache with each alpha of
 * a grid; the alpha that saved most FLOPs over the last 500 requests wins, the smallest one on ties.
 */
import type { PaperModel } from "../../cost/paper-formulas.ts";
import { flopsSaved } from "./arithmetic.ts";
import type { ArtifactRadixCache } from "./radix-cache.ts";
import type { ArtifactRequest } from "./request.ts";
import { type ArtifactSpans, createRadixCache, cutArtifactTrace } from "./span-cache.ts";

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
  private readonly capacityBytes: number;
  private readonly spans: ArtifactSpans | null;
  private readonly requests: ArtifactRequest[] = [];

  /** With `spans` the requests consist of those; without, of tokens. */
  constructor(
    model: PaperModel,
    capacityBytes: number,
    alphaInitial: number,
    multiplier: number,
    spans: ArtifactSpans | null,
  ) {
    this.model = model;
    this.capacityBytes = capacityBytes;
    this.spans = spans;
    this.cache = createRadixCache(model, capacityBytes, { kind: "utility", alpha: alphaInitial }, spans);
    this.cache.onEvictCall = () => {
      if (this.tuning.window !== null) return;
      this.tuning.requestsBeforeFirstEviction = this.requests.length;
      this.tuning.window = multiplier * this.requests.length;
    };
  }

  get alpha(): number {
    return this.cache.policy.kind === "utility" ? this.cache.policy.alpha : 0;
  }

  /** See `ArtifactRadixCache.serve`; a new alpha takes effect for the insertion of the request that brings it. */
  serve(tokens: Int32Array, inputLength: number): number {
    this.requests.push({ tokens, inputLength });
    if (this.requests.length === this.tuning.window && this.tuning.tunedAt === null) this.tune();
    return this.cache.serve(tokens, inputLength);
  }

  private tune(): void {
    // 21 replays of one trace: cutting it costs about as much as one of them over tokens.
    const window =
      this.spans === null ? cutArtifactTrace(this.requests) : { ...this.spans, requests: this.requests };
    const grid: AlphaGridRow[] = [];
    for (let step = 0; step <= 20; step++) grid.push(this.replay(window, step / 10));
    let best = grid[0];
    for (const row of grid) if (row.flopsSavedLast500 > best.flopsSavedLast500) best = row;
    this.cache.policy = { kind: "utility", alpha: best.alpha };
    this.tuning.tunedAt = this.requests.length - 1;
    this.tuning.windowRequests = this.requests.length;
    this.tuning.grid = grid;
  }

  private replay(window: ArtifactSpans, alpha: number): AlphaGridRow {
    const cache = createRadixCache(this.model, this.capacityBytes, { kind: "utility", alpha }, window);
    const reused = window.requests.map(({ tokens, inputLength }) => cache.serve(tokens, inputLength));
    const last = reused.slice(-500);
    const inputs = window.requests
      .slice(-500)
      .reduce((sum, { tokens, inputLength }) => sum + cache.leadingTokens(tokens, inputLength), 0);
    return {
      alpha,
      flopsSavedLast500: flopsSaved(this.model, last).total,
      tokenHitRateLast500: last.reduce((sum, tokens) => sum + tokens, 0) / inputs,
    };
  }
}
