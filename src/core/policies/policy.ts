/** What a policy is: a caching system that a user can pick by name. */
import type { CacheSystem, StateCost } from "../cache/cache-system.ts";
import type { Spans } from "../cache/edge-tokens.ts";
import type { ModelSpec } from "../cost/model-spec.ts";
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
  /** The requests of a known trace come as spans; policies that match at any token then serve those, and faster. */
  readonly spans?: Spans;
  /** Whose states these are, and where; left out where only bytes are known. Then nothing is linked and nothing restored. */
  readonly deployment?: Deployment;
}

export interface Deployment {
  readonly model: ModelSpec;
  readonly tensorParallel: number;
  /** Host memory to all GPUs of the model together. */
  readonly hostBytesPerSecond: number;
  /** What the GPUs reach together in a prefill, not their peak. */
  readonly flopsPerSecond: number;
  /** Memories below the GPUs', from fast to slow; those of HCache's test server where nothing is said. */
  readonly lowerTiers?: readonly LowerTier[];
}

/** `engine`: as a server does it today. `research`: as published. `proposed`: first described here. `bound`: what no policy can go below or beyond. `hosted`: an API. */
export type PolicyKind = "research" | "proposed" | "engine" | "bound" | "hosted";

export interface Policy {
  readonly id: string;
  readonly name: string;
  readonly kind: PolicyKind;
  /** One sentence: unit, what is kept, what goes first. */
  readonly description: string;
  /** What it stands for, and from when. */
  readonly version: string;
  readonly source: string;
  readonly leavesOut: string;
  readonly isBlockBased: boolean;
  /** Its numbers rest on `PolicyContext.deployment`, without which it is the prefix cache that it stands on. */
  readonly needsDeployment?: true;
  create(context: PolicyContext): CacheSystem;
  /** What its numbers take for granted with this model and hardware, one sentence each. */
  assumptions?(context: PolicyContext): readonly string[];
}
