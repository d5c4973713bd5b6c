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

/** Who sends the same prompt up to the end of a static part: every call, those of one tenant, or of one conversation. */
export type SharedBy = "all" | "tenant" | "session";

/** The end of a static part of a prompt, as its template knows it. */
export interface StaticEnd {
  /** In tokens, or in the symbols of a cache. */
  readonly end: number;
  readonly sharedBy: SharedBy;
}

/** What a request says beside its tokens. Whoever knows nothing of it leaves it out. */
export interface ServeContext {
  /** Never decreasing along a trace. */
  readonly arrivalSeconds: number;
  /**
   * Where the pieces of the prompt begin that could stand elsewhere; ascending from 0. `null` where the source is unknown.
   * Found when asked for, which few caches do.
   */
  pieceStarts?(): Int32Array | null;
  /** Leading tokens that the prompt's author knows to be the same in every call; 0 where that is not known. */
  readonly stableTokens?: number;
  /** Where static parts of the prompt end, ascending, in tokens; found when asked for, by caches that take hints. */
  staticEnds?(): readonly StaticEnd[];
  /** Where blocks of content end (messages, where their blocks are not known), ascending, in tokens. */
  readonly blockEnds?: readonly number[];
  /** See `ContentBlocks`; left out where there are none. */
  readonly withinToolRuns?: readonly number[];
  /** Where messages of the user begin, ascending, in tokens; left out where roles are not known. */
  readonly userStarts?: readonly number[];
  /**
   * Where the author asks a hosted cache to keep the prefix, and whether for the longer of two lifetimes. Empty for a request
   * that asks for nothing, left out where that is not known.
   */
  readonly markers?: readonly { readonly end: number; readonly isLong?: boolean }[];
}

/** Prompt tokens `[start, end)`. */
export interface TokenRange {
  readonly start: number;
  readonly end: number;
}

/** Tokens of which the cache itself knows why they were not reused, in a word of its own. */
export interface Loss extends TokenRange {
  readonly fate: "unaligned" | "evicted" | "ruledOut";
  readonly reason: string;
}

/** Tokens that came back from a slower memory. */
export interface RestoredRange extends TokenRange {
  /** The name of the memory, in the words of a report. */
  readonly from: string;
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
  /** Whether the memory is too small for the request, even alone, so that a server would not serve it. */
  isRefused = false;
  /** What was held of the prompt when it was looked up, by caches that do not look it up at once; `null` by others. */
  held: Inspection | null = null;
  /** Leading tokens whose states were there but for windows of sliding layers; 0 where no others can be missing. */
  attendedTokens = 0;
  /** The prefill takes as long as if so many leading tokens were reused; `null` where that is what was reused. */
  equivalentPrefixTokens: number | null = null;
  /** Time before the prefill in which states come back from a slower memory. */
  restoreSeconds = 0;
  /** The reused tokens that were brought back in it; ascending and apart. */
  readonly restored: RestoredRange[] = [];
  /** What the prompt costs, in prices of a plain input token of a hosted provider; 0 on one's own GPUs. */
  inputUnits = 0;
  /** Tokens behind the leading ones that needed no prefill either; ascending and apart. */
  readonly reusedRanges: TokenRange[] = [];
  /** Ascending and apart, none of them reused. The ledger finds the fates of all other tokens. */
  readonly losses: Loss[] = [];

  /** Forgets what only few caches say, so that the others need not. Whoever reads it calls this before each `serve`. */
  begin(): void {
    this.isRefused = false;
    this.held = null;
    this.attendedTokens = 0;
    this.equivalentPrefixTokens = null;
    this.restoreSeconds = 0;
    this.restored.length = 0;
    this.inputUnits = 0;
    this.reusedRanges.length = 0;
    this.losses.length = 0;
  }
}

/** A request that ran on when its `serve` returned, and has ended since. */
export interface Ended {
  /** Counts the requests that the cache served, from 0. */
  readonly request: number;
  /** See `Served.insertedTokens` and `Served.checkpoints`, in place of what was said there. */
  readonly insertedTokens: number;
  readonly checkpoints: readonly number[];
}

/** Requests that a cache has served and that have not ended: their states cannot be evicted. */
export interface Flights {
  /** Whether one of them has to end before another request can be sent. */
  readonly areFull: boolean;
  /** Whether one of them belongs to the conversation, so that it cannot go on yet. */
  include(conversation: number): boolean;
  /** Of the request that is served next; where nobody says it, it is known of none. */
  expect(conversation: number): void;
  /** The server goes on by a step, or until one of them has ended. There must be one. */
  goOn(): void;
  /** Those that ended since the last call, where more is held of them at their end than when they were served. */
  takeEnded(): readonly Ended[];
}

export interface HeldStates {
  readonly kvBytes: number;
  readonly checkpointBytes: number;
  readonly checkpoints: number;
}

export interface CacheContents extends HeldStates {
  /** In host memory besides, which the capacity does not count; left out by caches that keep nothing there. */
  readonly host?: HeldStates;
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
  /** The alpha that it chose by itself; `null` until it has, left out by caches that choose none. */
  readonly tunedAlpha?: number | null;
  /** Left out by caches that serve a request to its end. */
  readonly flights?: Flights | undefined;
  /** Whether it was made for requests in spans, and is a `SpanCache`; left out by caches that never are. */
  readonly servesSpans?: boolean;
  /** Looks up, charges, admits, evicts, inserts. The tokens are not kept by reference. */
  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served, context?: ServeContext): void;
  /**
   * Long work that the last request left to be done before the next one, in steps of a few milliseconds. Whoever serves
   * in steps runs it; the next request does what is left of it, so that the results are the same without.
   */
  pending?(): Iterable<void>;
  contents(): CacheContents;
  inspect(tokens: Int32Array): Inspection;
}
