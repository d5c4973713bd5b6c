/** What `advise` prints: better settings of a server, or better places for the breakpoints of a hosted API. */
import type { BreakpointProposal } from "../../findings/breakpoint-proposal.ts";
import { type BreakpointsInput, breakpointSteps } from "./breakpoints.ts";
import { type EngineAdvice, type EngineInput, engineSteps } from "./engine-advice.ts";

export const adviceSchema = "prompt-cache-lens/advice/1";

export interface Advice {
  readonly schema: typeof adviceSchema;
  readonly model: string;
  readonly policy: string;
  readonly capacityBytes: number;
  readonly requests: number;
  /** Why lengths are not those of the model's own tokens, a sentence; `null` where they are. */
  readonly vocabularyNote: string | null;
  /** See `Policy.assumptions`. */
  readonly assumptions: readonly string[];
  /** `null` where the policy is no server with settings for this model. */
  readonly engine: EngineAdvice | null;
  /** `null` where the policy has no breakpoints to set. */
  readonly breakpoints: {
    readonly templates: readonly (BreakpointProposal & { readonly id: string })[];
    /** See `BreakpointAdvice.unfinished`. */
    readonly unfinished: number;
  } | null;
}

/** Yields now and then. */
export function* adviceSteps(input: BreakpointsInput & EngineInput): Generator<void, Advice, void> {
  const { scenario, templates, workload } = input;
  const breakpoints = yield* breakpointSteps(input);
  return {
    schema: adviceSchema,
    model: scenario.model.id,
    policy: scenario.policy.id,
    capacityBytes: scenario.capacityBytes,
    requests: workload.requests.length,
    vocabularyNote: scenario.vocabulary.isExact ? null : scenario.vocabulary.note,
    assumptions: scenario.createWith((context) => scenario.policy.assumptions?.(context) ?? []),
    engine: yield* engineSteps(input),
    breakpoints: breakpoints && {
      templates: breakpoints.proposals.map((proposal) => ({
        id: templates[proposal.template]!.id,
        ...proposal,
      })),
      unfinished: breakpoints.unfinished,
    },
  };
}
