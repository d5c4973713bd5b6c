/** What a policy is: a caching system that a user can pick by name. */
import type { CacheSystem, ServeContext, StateCost } from "../cache/cache-system.ts";
import type { Spans } from "../cache/edge-tokens.ts";
import type { KvDtype } from "../cost/kv-options.ts";
import type { ModelSpec } from "../cost/model-spec.ts";
import type { Engine } from "../cost/state-bytes.ts";
import type { ByModel } from "../providers/provider.ts";
import type { LowerTier } from "../restore/hcache-storage.ts";

export interface PolicyContext {
  readonly cost: StateCost;
  readonly capacityBytes: number;
  /** The block that a block-based engine would use for this model. */
  readonly engineBlockTokens: number;
  /** Bytes of a checkpoint in such an engine, padded to its pages; default: the bytes of `cost`. */
  readonly engineCheckpointBytes?: number;
  /** See `CacheSystem.computedTokensAtLeast`; 1 for users. */
  readonly computedTokensAtLeast?: number;
  /** Requests that the server runs at once; default 1. See `Policy.countsInFlight`. */
  readonly inFlight?: number;
  /** The requests of a known trace come as spans; policies that match at any token then serve those, and faster. */
  readonly spans?: Spans;
  /** Whose states these are, and where; left out where only bytes are known. Then nothing is linked and nothing restored. */
  readonly deployment?: Deployment;
}

export interface Deployment {
  readonly model: ModelSpec;
  readonly tensorParallel: number;
  /** How keys and values are stored; default `bf16`. */
  readonly kvDtype?: KvDtype;
  /** Draft tokens per step that the user has set; a policy's own count where it has some. Default 0. */
  readonly draftTokens?: number;
  /** Host memory to all GPUs of the model together; `null` where it is not known, and what restores from there is refused. */
  readonly hostBytesPerSecond: number | null;
  /** Of one GPU; left out where it is not known. */
  readonly gpuMemoryBytes?: number;
  /** What the GPUs reach together in a prefill, not their peak. */
  readonly flopsPerSecond: number;
  /** Tokens of all requests in one step of an engine, where the server leaves it to the GPU; see `vllmStepBudget`. */
  readonly maxBatchedTokens?: number;
  /** Memories below the GPUs', from fast to slow; those of HCache's test server where nothing is said. */
  readonly lowerTiers?: readonly LowerTier[];
}

/** `engine`: as a server does it today. `research`: as published. `proposed`: first described here. `bound`: what no policy can go below or beyond. `hosted`: an API. */
export type PolicyKind = "research" | "proposed" | "engine" | "bound" | "hosted";

/**
 * Whose memory holds the states. `own`: what the GPUs leave. `unlimited` and `none`: that of a bound. `provider`: that of a
 * hosted API, of which neither the size is known, nor the model behind it, nor how it wraps messages.
 */
export type PolicyMemory = "own" | "unlimited" | "none" | "provider";

export type SettingValue = string | number;

export interface EngineSetting {
  /** As the server calls it. */
  readonly name: string;
  /** The first is the one in force. */
  readonly values: readonly SettingValue[];
  /** It is there for what is not simulated, such as faster decoding: no other value is proposed unless that alone gains. */
  readonly isForOtherEnds?: true;
}

/** A server whose settings can be tried. */
export interface TunableEngine {
  readonly settings: readonly EngineSetting[];
  /** Whether the server starts with these together; left out where it takes any. */
  accepts?(chosen: readonly SettingValue[]): boolean;
  /** What the server makes of the values together, where that can be something else than each of them; one per setting. */
  inForce?(chosen: readonly SettingValue[]): readonly SettingValue[];
  /** `chosen` holds one value per setting, in their order. */
  create(chosen: readonly SettingValue[]): CacheSystem;
  /** Tokens between two positions at which the end of a shared prefix can be resumed; 1 where that is any. */
  unitTokens(chosen: readonly SettingValue[]): number;
  /** See `Policy.prefillStepTokens`. */
  prefillStepTokens?(chosen: readonly SettingValue[]): number;
  /** How the server is started with these, a line to be copied: all that is simulated and has no place in `besides` is written out. */
  launch(chosen: readonly SettingValue[]): string;
  /** What must be there already, or be written elsewhere, one sentence each: of files and models only their user knows the names. */
  besides?(chosen: readonly SettingValue[]): readonly string[];
}

type Markers = NonNullable<ServeContext["markers"]>;

/** What a hosted API does not keep, or not take. */
export interface HostedLimits {
  /** Prefixes of fewer tokens are not kept; 0 where nothing is published. */
  readonly minimumTokens: number;
  /** The same for each model of the provider for which it is published. */
  readonly minimumsByModel: readonly ByModel[];
  /** Marks in one request; more make the API refuse it. `null` where it takes any number, or has none. */
  readonly mostMarks: number | null;
  /** Block ends, counted back from a mark, at which it reads what was kept; `null` where nothing is marked. */
  readonly lookbackPositions: number | null;
  /** How a run of tool calls, or of results, counts in the lookback where that is disputed; `null` where it is not. */
  readonly toolRuns: "each" | "once" | null;
  /** Whether only what is marked is kept. */
  readonly needsMarks: boolean;
  /** See `Provider.needsCacheKey`. */
  readonly needsCacheKey: boolean;
  /** See `Provider.parametersInvalidate`. */
  readonly parametersInvalidate: boolean;
  /** Price of a read token, in prices of a plain one. */
  readonly readMultiplier: number;
}

export interface MarkLifetimes {
  /** How long a marked prefix can be read; infinite where nothing is published. */
  readonly seconds: number;
  /** The longer one that a mark can ask for; `null` where there is none. */
  readonly longerSeconds: number | null;
  /** Price of a read token that renews the lifetime, in prices of a plain one; `null` where reads do not renew it. */
  readonly renewalMultiplier: number | null;
  /** An empty cache, as `createUnmarked`, in which nothing expires. */
  createLasting(): CacheSystem;
}

/** Breakpoints that the author of a prompt sets. */
export interface AuthoredBreakpoints {
  /** Of one request. */
  readonly most: number;
  /** Prefixes below are not kept. */
  readonly minimumTokens: number;
  /** Those of a request: its own, or where it brings none along, those that its author is taken to set. */
  present(promptTokens: number, context: ServeContext): Markers;
  /** An empty cache for requests that bring their markers along: nothing is taken to be set. */
  createUnmarked(): CacheSystem;
  readonly lifetimes: MarkLifetimes;
  /** Which ones its author is taken to set, in words; `null` where nobody needs to. */
  readonly assumed: string | null;
}

/** Rules of something that others change. */
export interface Learned {
  /** Day of the code or page that they are of, `YYYY-MM-DD`; of a span the first. */
  readonly asOf: string;
  /** `runs`: compared with runs of the code, request by request. `code`: read from it. `documentation`, `threads`: what is written about it. */
  readonly from: "runs" | "code" | "documentation" | "threads";
  /** It stands for versions that are not the newest, and stays what it is. */
  readonly isOfPast?: true;
}

/** What differs between policies is answered here: nobody tells them apart by their ids. */
export interface Policy {
  readonly id: string;
  readonly name: string;
  /** Only for people to sort them by. */
  readonly kind: PolicyKind;
  readonly memory: PolicyMemory;
  /** One sentence: unit, what is kept, what goes first. */
  readonly description: string;
  /** What it stands for, and from when. */
  readonly version: string;
  /** How its rules were learned of what goes on changing; left out for what was published once, and for bounds. */
  readonly learned?: Learned;
  readonly source: string;
  readonly leavesOut: string;
  readonly isBlockBased: boolean;
  /** Whose element types its states have; vLLM's where nothing is said. */
  readonly engine?: Engine;
  /** Whether tools stand in front of the system message, whatever the chat template of a model does. */
  readonly putsToolsFirst?: true;
  /** Its numbers rest on `PolicyContext.deployment`, without which it is the prefix cache that it stands on. */
  readonly needsDeployment?: true;
  /** Whether `Deployment.draftTokens` changes anything. */
  readonly countsDraftTokens?: true;
  /** Per step, where the user sets none; left out where that is none. */
  readonly ownDraftTokens?: number;
  /** Whether it takes sliding windows for something else than checkpoints. */
  readonly keepsWindows?: true;
  /** Whether `PolicyContext.inFlight` changes anything. */
  readonly countsInFlight?: true;
  /** Whether prompts have a price: `Served.inputUnits`. */
  readonly bills?: true;
  /** USD for a million plain input tokens, which is what a million units cost; left out where it is not known. */
  readonly usdPerMillionTokens?: number;
  /** The same cache, told by the template where static parts end; left out where nobody has described one. */
  readonly withHints?: Policy;
  /** The same where a run of tool calls, or of results, is one position of the lookback; left out where none says so. */
  readonly withToolRunsOnce?: Policy;
  /** Left out where the memory is one's own. */
  readonly limits?: HostedLimits;
  /** Left out where authors set none. */
  readonly breakpoints?: AuthoredBreakpoints;
  create(context: PolicyContext): CacheSystem;
  /** The most tokens of a prompt that the server computes at once; left out where it is not known to cut prompts. */
  prefillStepTokens?(context: PolicyContext): number;
  /** Left out by what is no server; `null` where there is nothing to set for this model. */
  tuning?(context: PolicyContext): TunableEngine | null;
  /** What its numbers take for granted with this model and hardware, one sentence each. */
  assumptions?(context: PolicyContext): readonly string[];
}
