/**
 * The report: everything that the command line, the diagnostics, the hover and the dashboard show.
 * Plain JSON (no typed arrays, no maps, no undefined), described by schemas/report.schema.json.
 * Units are in the names; token counts are whole numbers unless the name says mean.
 */
import type { Ledger } from "../core/fates.ts";
import type { Finding as RuleFinding } from "../findings/finding.ts";
import type { TokenPrice } from "../findings/lost-price.ts";
import type { Verdict } from "../findings/verdict.ts";
import type { Role, Scope } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import type { WorkloadBasis } from "../workload/workload.ts";
import type { Composition } from "./composition.ts";

export const reportSchema = "prompt-cache-lens/report/1";

export interface Report {
  readonly schema: typeof reportSchema;
  readonly scenario: Scenario;
  /** What was assumed rather than known, each once, referred to by id. */
  readonly assumptions: readonly Assumption[];
  readonly totals: Totals;
  /** `null` where no record of a captured request says what its provider read. */
  readonly counted: Counted | null;
  /** `null` where nothing was measured, and what is expected is what the rules give. */
  readonly hitRates: HitRates | null;
  readonly memory: Memory;
  readonly verdict: Verdict;
  /**
   * The fewest tokens that requests must share for any of them to be reused, with this model, policy and hardware, whatever the
   * prompts are; `null` where nothing ever is.
   */
  readonly smallestPrefixTokens: number | null;
  readonly templates: readonly TemplateReport[];
  readonly findings: readonly Finding[];
  readonly prefixTree: readonly PrefixNode[];
  readonly problems: readonly DocumentProblem[];
  /** Files that were not analysed, and why. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

export interface Scenario {
  readonly model: { readonly id: string; readonly hasRecurrentLayers: boolean };
  readonly gpu: { readonly id: string; readonly name: string };
  readonly tensorParallel: number;
  /** How keys and values are stored: `bf16` or `fp8`. */
  readonly kvType: string;
  /** Draft tokens per step that were set; 0 without. */
  readonly draftTokens: number;
  /** Requests that run at once; 1 where the policy serves them one after the other. */
  readonly inFlight: number;
  readonly policy: { readonly id: string; readonly description: string };
  /** Set where prompts are billed. */
  readonly billing?: TokenPrice;
  readonly vocabulary: {
    /** The vocabulary that counted the tokens. */
    readonly id: string;
    /** False when it stands in for the model's own; then every token number is approximate. */
    readonly isExact: boolean;
    readonly note: string;
  };
  readonly capacityBytes: number;
  readonly capacityBasis: "auto" | "given";
  /** Tokens per cache block; 1 where the policy matches at any token. */
  readonly blockTokens: number;
  readonly kvBytesPerToken: number;
  /** Bytes of one checkpoint: convolution and recurrent state of all layers, and full sliding windows; 0 for attention-only models. */
  readonly checkpointBytes: number;
  readonly convBytesPerCheckpoint: number;
  readonly recurrentBytesPerCheckpoint: number;
  readonly seed: number;
  readonly sessions: number;
  readonly turnsPerSession: number;
  readonly requests: number;
  /** What the requests rest on. `sessions` and `turnsPerSession` speak of the simulated ones. */
  readonly workload: WorkloadBasis;
}

export interface Assumption {
  readonly id: string;
  readonly text: string;
  /** Set where so much rests on it that it is said beside the numbers, and not behind them. */
  readonly isLeading?: true;
}

/** Mean and percentiles, which interpolate linearly. */
export interface Spread {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
}

export type Seconds = Spread;

/** From an empty cache, but for `steady`. */
export interface Totals {
  readonly requests: number;
  readonly promptTokens: number;
  readonly ledger: Ledger;
  readonly losses: Losses;
  /**
   * Of the reused tokens, those that were computed without what stands before them: answers are approximate. 0 unless the
   * policy reuses pieces wherever they stand.
   */
  readonly linkedTokens: number;
  /** Of the reused tokens, those that came back from memories below the GPU's; `null` where there were none. */
  readonly restored: Restored | null;
  /**
   * Diverged tokens that position-independent reuse (EPIC, LegoLink-16) would not have to compute; `null` where the model
   * or the provider rules it out. An assumption says how they are counted, or why they are not.
   */
  readonly relinkableTokens: number | null;
  /** Reused tokens / prompt tokens; 0 when there are none. */
  readonly tokenHitRate: number;
  readonly headroom: Headroom;
  /** Requests that reuse some of the prompt's own content / requests; the header of a chat template alone is no hit. */
  readonly requestHitRate: number;
  /** The same workload with other conversations, in the cache as it stays; `null` where the assumption `steady-state` says why. */
  readonly steady: SteadyState | null;
  readonly ttftSeconds: Seconds;
  /** The same requests without any cache. */
  readonly ttftSecondsWithoutCache: Seconds;
  /** What the prompts cost at a hosted provider; `null` on one's own GPUs. */
  readonly money: Money | null;
}

/** One round of the workload in a cache that has served it before. */
export interface SteadyState {
  /** Which time it is that the workload is sent, the cold start being the first. */
  readonly round: number;
  /** Whether the cache was full and tuned when the round began; if not, later ones could still differ. */
  readonly isSettled: boolean;
  readonly requests: number;
  readonly promptTokens: number;
  readonly ledger: Ledger;
  readonly tokenHitRate: number;
  readonly requestHitRate: number;
  readonly ttftSeconds: Seconds;
  readonly ttftSecondsWithoutCache: Seconds;
  /** What the prompts cost at a hosted provider, in prices of a plain input token; `null` on one's own GPUs. */
  readonly inputUnits: number | null;
  /** States that went in this round. */
  readonly evictions: number;
  /** `null` where the policy tunes no alpha. */
  readonly tuning: {
    /** 0 until it is tuned. */
    readonly alpha: number;
    /** Requests of all rounds that had been served by then; `null` until it is tuned. */
    readonly tunedAfterRequests: number | null;
  } | null;
  /** A sentence for each thing that a reader of both numbers would stumble over. */
  readonly notes: readonly string[];
}

/**
 * Prompt tokens that other caches would reuse of the same requests, to be read beside `ledger.reused`. The assumption
 * `headroom` says what they are, and why one of them is missing.
 */
export interface Headroom {
  /**
   * In the same memory, with greedy eviction that knows all requests and a checkpoint wherever a later one needs it: a
   * practical reference, not a bound. `null` at hosted providers, without a limit to the memory, and where it takes too long.
   */
  readonly clairvoyantTokens: number | null;
  /** In memory without bound, with two checkpoints per request; `null` at hosted providers. */
  readonly unlimitedTokens: number | null;
  /** In memory without bound, with a checkpoint wherever a later request needs one: a bound for all that reuse prefixes. */
  readonly idealTokens: number;
  /**
   * What more memory or better eviction could give: unlimited − reused. Negative where the policy reuses more, by other
   * checkpoints or out of place.
   */
  readonly memoryGainTokens: number | null;
  /** What better admission could give, checkpoints in other places: ideal − unlimited. */
  readonly admissionGainTokens: number | null;
  /** What only a better prompt could give: prompt tokens − ideal. The three and the reused tokens add up to the prompt. */
  readonly promptGainTokens: number;
  /** The same by why: new text, text that was sent before behind another prefix, last tokens that are always computed. */
  readonly promptGain: {
    readonly coldTokens: number;
    readonly divergedTokens: number;
    readonly alwaysComputedTokens: number;
  };
  /** A sentence for each way in which these numbers do not stand as their names suggest. */
  readonly notes: readonly string[];
}

/** Why tokens were prefilled again, in more words than their fates have. Lists show the largest first, at most 5. */
export interface Losses {
  /** The places where requests left all others although known text followed. */
  readonly diverged: readonly Divergence[];
  /** `null` where nothing was evicted that a later request lacked. Tokens that went together count once in a spread. */
  readonly evicted: Evictions | null;
  /** `null` where no checkpoint was missing. */
  readonly noCheckpoint: MissingCheckpoints | null;
}

/** A segment, the requests that left the others in it, and their diverged tokens behind it. */
export interface Divergence {
  readonly path: string;
  readonly range: TextRange;
  /** The hole or block; empty for static text. */
  readonly name: string;
  /** Whether nothing is known of how often it changes: requests end there because it is counted as new in every call. */
  readonly isUnknown: boolean;
  readonly requests: number;
  readonly tokens: number;
}

/** Where more than 1,000 runs of tokens were evicted and lacked, those of 1,000, evenly chosen. */
export interface Evictions {
  /** Requests that lacked something evicted. */
  readonly requests: number;
  readonly tokens: number;
  /** How many of them the following speaks of: where very many tokens were evicted, a sample of them is traced. */
  readonly tracedTokens: number;
  /** From the last request that had sent the tokens to the one for which they went. */
  readonly idleRequests: Spread;
  readonly idleSeconds: Spread;
  /** From there to the request that lacked them. */
  readonly lackedAfterRequests: Spread;
  readonly lackedAfterSeconds: Spread;
  /** Templates of the requests for which they went. */
  readonly madeRoomFor: readonly { readonly id: string; readonly tokens: number }[];
}

/** Positions in tokens from the prompt's start. */
export interface MissingCheckpoints {
  readonly requests: number;
  /** Those of them of whose prompt no checkpoint was held at all. */
  readonly requestsWithoutAny: number;
  /** Where a checkpoint would have been of use. */
  readonly missingAt: Spread;
  /** The nearest one kept below, 0 where there was none. */
  readonly nearestAt: Spread;
  readonly distanceTokens: Spread;
}

export interface Restored {
  /** Requests for which something came back. */
  readonly requests: number;
  readonly memories: readonly { readonly name: string; readonly tokens: number }[];
  /** Part of the TTFT of these requests. */
  readonly seconds: Seconds;
}

/** Of captured requests whose record has the provider's counts. */
export interface Counted {
  readonly requests: number;
  /** Tokens that the provider read from its cache, by its own count and vocabulary. */
  readonly readTokens: number;
  /** Tokens of the same requests that the simulated cache reuses. */
  readonly predictedTokens: number;
}

/** Reused tokens / prompt tokens, three times. */
export interface HitRates {
  /** As the rules have it: the rate of the steady state, or from an empty cache where there is none. */
  readonly documented: number;
  /** The same without what findings say hangs on something that the replay takes as given, such as a key or a parameter. */
  readonly expected: number;
  /** By the user, of the real cache; `null` where nothing was given. */
  readonly measured: number | null;
  /** `null` where a share alone was given. */
  readonly measuredTokens: { readonly cached: number; readonly prompt: number } | null;
  /** Sentences: what makes the difference, as far as a rule or an assumption explains it. */
  readonly notes: readonly string[];
}

/** One unit is the price of one plain input token. */
export interface Money {
  readonly inputUnits: number;
  readonly inputUnitsWithoutCache: number;
  /** Negative where writing cost more than reading saved. */
  readonly savedShare: number;
  /** A sentence: what was not read although it had been sent before, and why. */
  readonly note: string;
}

export interface Memory {
  readonly capacityBytes: number;
  readonly peakBytes: number;
  readonly endBytes: number;
  readonly endKvBytes: number;
  readonly endCheckpointBytes: number;
  /** On prompts and behind them, in answers. */
  readonly endCheckpoints: number;
  /** What host memory holds at the end besides, which the capacity does not count; left out where a cache keeps nothing there. */
  readonly host?: {
    readonly kvBytes: number;
    readonly checkpointBytes: number;
    readonly checkpoints: number;
  };
  readonly evictions: number;
  /** Cache contents over the requests, thinned to at most 200 points; columns of equal length. */
  readonly timeline: {
    readonly request: readonly number[];
    readonly kvBytes: readonly number[];
    readonly checkpointBytes: readonly number[];
    /** Tokens reused and sent up to and including this request. */
    readonly reusedTokens: readonly number[];
    readonly promptTokens: readonly number[];
  };
}

export interface TemplateReport {
  readonly id: string;
  readonly path: string;
  readonly name: string;
  readonly format: string;
  readonly usage: "request" | "instructions" | "partial";
  /** What its requests are made of, and who says so. */
  readonly composition: Composition;
  /** The prompt's part of the document. */
  readonly range: TextRange;
  readonly requests: number;
  readonly promptTokensMean: number;
  /** Leading tokens that are the same in every request, whatever the holes hold. */
  readonly stablePrefixTokens: number;
  /** Of these, tokens that the chat template writes: they stand in no document. */
  readonly stablePrefixChatTokens: number;
  /** Where the stable prefix ends in the document; `null` when the whole template is stable. */
  readonly stablePrefixEnd: number | null;
  /** Tokens of static text in all, wherever they stand. */
  readonly staticTokens: number;
  readonly stablePrefixKvBytes: number;
  readonly ledger: Ledger;
  readonly losses: Losses;
  readonly tokenHitRate: number;
  /** In the round of `Totals.steady`; `null` where there is none. */
  readonly steadyTokenHitRate: number | null;
  readonly headroom: Headroom;
  readonly ttftSeconds: Seconds;
  readonly ttftSecondsWithoutCache: Seconds;
  /** What its input costs in the mean, in prices of a plain input token; set where prompts are billed. */
  readonly inputUnitsMean?: number;
  readonly segments: readonly SegmentReport[];
  /** Other templates that begin with the same tokens, longest first, at most 5. */
  readonly sharesPrefixWith: readonly { readonly id: string; readonly tokens: number }[];
}

/** What is known of a template before other caches have been tried on the same requests. */
export type TemplateRow = Omit<
  TemplateReport,
  "losses" | "steadyTokenHitRate" | "headroom" | "sharesPrefixWith"
>;

export interface SegmentReport {
  /** Document of the range; another one than the template's inside an include. */
  readonly path: string;
  readonly range: TextRange;
  /** `chat` is what the chat template writes around the messages; it stands nowhere, and its range is empty. */
  readonly kind: "text" | "hole" | "block" | "include" | "marker" | "tool" | "chat";
  readonly role: Role | null;
  /** Name of the hole, target of the include; empty for text. */
  readonly name: string;
  /** `null` for text, markers and fixed includes. */
  readonly scope: {
    readonly scope: Scope;
    readonly basis: "declared" | "inferred" | "unknown";
    readonly reason: string;
  } | null;
  /** Nesting: 0 for the template's own segments, 1 inside a block or an include, and so on. */
  readonly depth: number;
  /** Mean tokens per request of this template, nested segments included. */
  readonly tokensMean: number;
  /** Ledger of these tokens over all requests of this template, nested segments included. */
  readonly ledger: Ledger;
}

export type Finding = RuleFinding;

/** The prefix tree of the workload's prompts, depth first; a parent stands before its children. */
export interface PrefixNode {
  /** Index of the parent in the list; -1 for the first level. */
  readonly parent: number;
  /** Tokens of this node's edge, and from the root to its end. */
  readonly tokens: number;
  readonly endTokens: number;
  /** Start of the text that the edge stands for, at most 80 characters. */
  readonly label: string;
  /** Requests that pass through, and those of them that reused at least up to the node's end. */
  readonly requests: number;
  readonly hits: number;
  readonly kvBytes: number;
  /** At the end of the replay: leading tokens of the edge whose KV the cache holds, and recurrent checkpoints on the edge. */
  readonly cachedTokens: number;
  readonly checkpoints: number;
  /** Ids of the templates that pass through, at most 5. */
  readonly templates: readonly string[];
  /** Source of the edge's first token; `null` when it is no template's static text. */
  readonly source: { readonly path: string; readonly offset: number } | null;
}

export interface DocumentProblem {
  readonly path: string;
  readonly range: TextRange;
  readonly severity: "error" | "warning" | "information";
  readonly message: string;
}
