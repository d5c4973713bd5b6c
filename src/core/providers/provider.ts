/**
 * The prompt cache of a hosted API as its provider describes it. Prices are multiples of the price of a plain input
 * token, times are seconds, positions are tokens. Sources and dates stand in the data.
 */

/** A value for models whose names hold one of these; an empty list stands for all other models. */
export interface ByModel {
  readonly models: readonly string[];
  readonly value: number;
}

/** What a cached prefix may be read from: the arrival of the request that writes it, or its answer's start or end. */
export type ReadableFrom = "arrival" | "answerStart" | "answerEnd";

export type WriteEvent = "inputEnd" | "outputEnd" | "commonPrefix" | "interval";

/** The longest prefix that was sent before, in whole steps. */
export interface PrefixRoundedSpec {
  readonly kind: "prefixRounded";
  readonly stepTokens: number;
}

/** A prefix that an earlier request had marked. */
export interface BreakpointSpec {
  readonly kind: "breakpoint";
  /** Marked prefixes that one request may write. */
  readonly maxBreakpoints: number;
  /** Whether requests with more marks are refused; left out, the latest count. */
  readonly refusesMore?: boolean;
  /** Positions at which an earlier prefix may end: block ends, counted back, the marker's own being the first. */
  readonly lookbackPositions: number;
  /** Whether they are counted from each marker, or are the latest of the whole request. */
  readonly lookbackFrom: "eachMarker" | "latest";
  /** Whether sources disagree on a run of tool calls, or of results, side by side: each block counts, or all of them once. */
  readonly mayCountToolRunsOnce?: boolean;
  /** Whether the provider marks the end of the newest block itself: always, when asked to, never. */
  readonly automaticMarker: "always" | "optional" | "never";
  readonly isRenewedByReads: boolean;
  /** Whether the n-th marker needs n times the minimum. */
  readonly isMinimumPerMarker: boolean;
  readonly readableFrom: ReadableFrom;
}

/** Whole units, written by the provider at certain events. */
export interface UnitSpec {
  readonly kind: "unit";
  readonly writesAt: readonly WriteEvent[];
  /** Tokens between two units of a long text; `null` when not published. */
  readonly intervalTokens: number | null;
}

export type MatcherSpec = PrefixRoundedSpec | BreakpointSpec | UnitSpec;

export interface Lifetime {
  readonly id: "default" | "long" | "extended";
  /** A prefix lives at least this long after its last use, or after its writing where reads do not renew it. */
  readonly sureSeconds: number | null;
  /** It is gone after this time; `null` when not published. */
  readonly mostSeconds: number | null;
  readonly writeMultiplier: number | null;
}

export type PromptPart = "tools" | "system" | "messages";

export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly models: string | null;
  readonly asOf: string;
  /** What a caller has to do for the cache to work. */
  readonly activation: string;
  /** The matching rule in words. */
  readonly rule: string | null;
  /**
   * In which order the parts of a request go into the prefix, whatever the model behind it does; `null` where the provider
   * says nothing.
   */
  readonly order: readonly PromptPart[] | null;
  readonly matcher: MatcherSpec;
  /** Shortest prefix that is cached; empty when not published. */
  readonly minimumTokens: readonly ByModel[];
  /** The first is what one gets without asking. */
  readonly lifetimes: readonly Lifetime[];
  /** Empty when not published. */
  readonly readMultiplier: readonly ByModel[];
  readonly pricesUsdPerMillion: readonly {
    readonly model: string;
    readonly plain: number;
    readonly read: number;
    readonly write?: number;
    readonly longWrite?: number;
    readonly output?: number;
    readonly asOf?: string;
  }[];
  /** What makes all prices others; the simulation counts prices without them. */
  readonly surcharges: readonly {
    readonly when: string;
    readonly inputFactor: number;
    readonly outputFactor: number;
  }[];
  readonly usageFields: readonly { readonly counts: string; readonly field: string }[];
  /** Whether the provider's count of input tokens leaves out what was read and written. */
  readonly isCachedLeftOutOfInput: boolean;
  /** How requests find the machine that holds their prefix; `null` when nothing is said. */
  readonly routing: string | null;
  /** Whether matches are dependable only with `prompt_cache_key`. */
  readonly needsCacheKey: boolean;
  /** Whether a change of parameters such as `tool_choice` or `thinking` keeps messages from being read. */
  readonly parametersInvalidate: boolean;
  /** What the simulation takes for granted where the provider is silent. */
  readonly assumptions: readonly string[];
  /** Where sources disagree. */
  readonly conflicts: readonly string[];
  readonly notes: readonly string[];
  readonly sources: readonly string[];
  readonly confidence: string;
}
