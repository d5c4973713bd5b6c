/** What would be better for the workspace as a whole, as searches on its steady state give it to the rules. */
import type { TextRange } from "../prompt/text.ts";

/** The knee: so much of what the largest memory that was tried gains. */
export const kneeShare = 0.8;

/** One round of the workload in a cache that has settled. */
export interface RoundEffect {
  readonly reusedTokens: number;
  readonly tokenHitRate: number;
  /** Of a lone request. */
  readonly ttftSecondsMean: number;
}

export interface WorkspaceProposals {
  /** Where to say it: promptcache.json where there is one, else the prompt that loses most. */
  readonly place: { readonly templateId: string; readonly path: string; readonly range: TextRange };
  readonly requests: number;
  readonly promptTokens: number;
  readonly present: RoundEffect;
  /** The smallest memory that gives most of what the largest that was tried does. `null` where more would not help. */
  readonly capacity: {
    readonly presentBytes: number;
    readonly bytes: number;
    readonly effect: RoundEffect;
    /** The largest memory that was tried. */
    readonly mostBytes: number;
  } | null;
  /** More memory that would give less than the present one. */
  readonly lessWithMore: { readonly bytes: number; readonly tokenHitRate: number } | null;
  /** One setting of the server, or hints, that put checkpoints or blocks elsewhere. */
  readonly placement: {
    readonly change: string;
    readonly instead: string;
    readonly effect: RoundEffect;
  } | null;
  readonly policy: { readonly id: string; readonly name: string; readonly effect: RoundEffect } | null;
  /** Known text that stood behind another prefix than before, and the prompts that lose most by it. */
  readonly prompts: {
    readonly tokens: number;
    /** Of text in the same place, what the memory lets be reused at best, 0 to 1. */
    readonly reachableShare: number;
    /** What stood behind values of which nothing is known, which is not among `tokens`. */
    readonly unknownTokens: number;
    readonly worst: readonly { readonly path: string; readonly range: TextRange; readonly tokens: number }[];
  } | null;
}
