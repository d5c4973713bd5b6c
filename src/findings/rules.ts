/** All rules, in the order in which reports show their findings. */
import { belowBlock } from "./below-block.ts";
import { breakpoints } from "./breakpoints.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { nearDuplicate } from "./near-duplicate.ts";
import { retokenised } from "./retokenised.ts";
import { rewrite } from "./rewrite.ts";
import { tokenBoundary } from "./token-boundary.ts";
import { unstableOrder } from "./unstable-order.ts";
import { volatileEarly } from "./volatile-early.ts";

export const rules: readonly Rule[] = [
  volatileEarly,
  unstableOrder,
  rewrite,
  retokenised,
  nearDuplicate,
  belowBlock,
  tokenBoundary,
  breakpoints,
];

/** Findings of all rules; within a rule those with most tokens at stake first. */
export function findAll(context: FindingContext): Finding[] {
  return rules.flatMap((rule) =>
    [...rule.check(context)].sort((a, b) => b.stake.tokensPerRequest - a.stake.tokensPerRequest),
  );
}
