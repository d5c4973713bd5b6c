/** What the replay asks of a cache, whatever its policy. */

/** What a cache needs to know of a model. Bytes and FLOPs are totals over all ranks. */
export interface StateCost {
  /** KV bytes of one token over all attention layers; 0 for purely recurrent models. */
  readonly kvBytesPerToken: number;
  /** Bytes of one recurrent checkpoint over all recurrent layers; 0 for attention-only models. */
  readonly checkpointBytes: number;
  /** FLOPs of prefilling tokens `[reusedTokens, promptTokens)` behind a reused prefix. */
  prefillFlops(reusedTokens: number, promptTokens: number): number;
}

/** What happened to one request. The caller owns it; `serve` fills it. */
export class Served {
  /** Leading prompt tokens that needed no prefill. */
  reusedTokens = 0;
  /** Leading tokens of prompt and output whose KV the cache holds afterwards. */
  insertedTokens = 0;
  /** Positions, in tokens, at which this request made it possible to resume; ascending. */
  readonly checkpoints: number[] = [];
  evictedNodes = 0;
  evictedBytes = 0;
}

export interface CacheContents {
  readonly kvBytes: number;
  readonly checkpointBytes: number;
  readonly checkpoints: number;
}

/** What a cache holds of one sequence. */
export interface Inspection {
  /** Leading tokens whose KV is cached. */
  readonly cachedTokens: number;
  /** Positions, in tokens, at which a checkpoint is kept; ascending. */
  readonly checkpoints: readonly number[];
}

export interface CacheSystem {
  /** Tokens per block; 1 where the cache matches at any token. */
  readonly blockTokens: number;
  /** Tokens that a request must compute even if all of its prompt is cached: 1, for the logits. */
  readonly computedTokensAtLeast: number;
  /** Whether resuming needs a recurrent checkpoint. */
  readonly needsCheckpoints: boolean;
  /** Whether anything is kept at all. */
  readonly keepsAnything: boolean;
  /** Looks up, charges, admits, evicts, inserts. The tokens are not kept by reference. */
  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served): void;
  contents(): CacheContents;
  inspect(tokens: Int32Array): Inspection;
}
