/** A finding about the workspace as a whole. */
import { type Finding, isShown } from "./finding.ts";
import type { RoundEffect, WorkspaceProposals } from "./workspace-proposal.ts";

/** Less than this share of the prompt tokens is not worth a change of server or memory, nor a search for one. */
export const worthSayingShare = 0.1;

/** None where the effect is not worth it. It may have been chosen on purpose: information at most. */
export function workspaceFinding(
  { place, requests, promptTokens, present }: WorkspaceProposals,
  rule: string,
  effect: RoundEffect,
  said: Pick<Finding, "message" | "detail"> & Partial<Pick<Finding, "related">>,
): readonly Finding[] {
  const tokens = effect.reusedTokens - present.reusedTokens;
  if (requests === 0 || tokens < worthSayingShare * promptTokens) return [];
  return [
    {
      rule,
      severity: "information",
      ...place,
      stake: {
        tokensPerRequest: tokens / requests,
        ttftSecondsPerRequest: Math.max(0, present.ttftSecondsMean - effect.ttftSecondsMean),
        bytes: 0,
      },
      assumptions: ["workspace-search", "steady-state"],
      related: [],
      ...said,
    },
  ];
}

/** By the name of the rule: whoever shows a finding does not have to know the rules. */
export function isOfWorkspace({ rule }: Pick<Finding, "rule">): boolean {
  return rule.startsWith("workspace-");
}

/** Whether people are told of it at its prompt: what concerns the workspace stands there for want of a better place. */
export function isShownAtPrompt(finding: Pick<Finding, "rule" | "severity">): boolean {
  return isShown(finding) && !isOfWorkspace(finding);
}
