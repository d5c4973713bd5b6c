/** All rules, in the order in which reports show their findings. */

import { drain } from "../core/steps.ts";
import { belowBlock } from "./below-block.ts";
import { belowMinimum } from "./below-minimum.ts";
import { beyondMemory } from "./beyond-memory.ts";
import { breakpoints } from "./breakpoints.ts";
import { changingParameters } from "./changing-parameters.ts";
import { chatTemplate } from "./chat-template.ts";
import { differingParameters } from "./differing-parameters.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { lookbackExceeded } from "./lookback-exceeded.ts";
import { nearDuplicate } from "./near-duplicate.ts";
import { noCacheKey } from "./no-cache-key.ts";
import { noCacheMarks } from "./no-cache-marks.ts";
import { resentChanged } from "./resent-changed.ts";
import { retokenised } from "./retokenised.ts";
import { rewrite } from "./rewrite.ts";
import { shortLifetime } from "./short-lifetime.ts";
import { stillMarks } from "./still-marks.ts";
import { tokenBoundary } from "./token-boundary.ts";
import { tooManyMarks } from "./too-many-marks.ts";
import { undeclared } from "./undeclared.ts";
import { unstableOrder } from "./unstable-order.ts";
import { volatileEarly } from "./volatile-early.ts";
import { workspaceCapacity } from "./workspace-capacity.ts";
import { workspacePlacement } from "./workspace-placement.ts";
import { workspacePolicy } from "./workspace-policy.ts";
import { workspacePrompts } from "./workspace-prompts.ts";

export const rules: readonly Rule[] = [
  workspaceCapacity,
  workspacePlacement,
  workspacePolicy,
  workspacePrompts,
  volatileEarly,
  undeclared,
  unstableOrder,
  rewrite,
  resentChanged,
  retokenised,
  chatTemplate,
  nearDuplicate,
  beyondMemory,
  belowBlock,
  belowMinimum,
  tooManyMarks,
  noCacheKey,
  changingParameters,
  differingParameters,
  tokenBoundary,
  noCacheMarks,
  shortLifetime,
  stillMarks,
  lookbackExceeded,
  breakpoints,
];

export const ruleIds: ReadonlySet<string> = new Set(rules.map(({ id }) => id));

const uncounted = new Map(rules.map((rule) => [rule.id, rule.uncounted ?? null]));

/** How the numbers of a report leave out what the finding says; `null` where they count it. */
export function uncountedBy({ rule }: Pick<Finding, "rule">): Rule["uncounted"] | null {
  return uncounted.get(rule) ?? null;
}

export type Found = ReadonlyMap<Rule, readonly Finding[]>;

/** What the rules of a scope find, by rule. */
export function findingsOf(scope: Rule["scope"], context: FindingContext): Found {
  return drain(findingSteps(scope, context));
}

/** The same in steps. */
export function* findingSteps(scope: Rule["scope"], context: FindingContext): Generator<void, Found, void> {
  const found = new Map<Rule, readonly Finding[]>();
  for (const rule of rules.filter((each) => each.scope === scope)) {
    yield* rule.prepare?.(context) ?? [];
    const findings = rule.check(context);
    found.set(rule, isSteps(findings) ? yield* findings : findings);
  }
  return found;
}

function isSteps<T>(
  findings: readonly T[] | Generator<void, readonly T[], void>,
): findings is Generator<void, readonly T[], void> {
  return !Array.isArray(findings);
}

/**
 * What concerns the workspace as a whole first, the largest loss in front; then by rule, in the order of the rules, and within
 * a rule those with most tokens at stake first.
 */
export function inOrder(found: readonly Found[]): Finding[] {
  const byRule = new Map<Rule, Finding[]>();
  const listOf = (rule: Rule) => {
    const list = byRule.get(rule) ?? [];
    byRule.set(rule, list);
    return list;
  };
  for (const each of found) {
    for (const [rule, findings] of each) {
      if (findings.length > 0) listOf(rule).push(...findings);
    }
  }
  const largestFirst = (findings: readonly Finding[]) =>
    findings.toSorted((a, b) => b.stake.tokensPerRequest - a.stake.tokensPerRequest);
  const isOfAll = ({ scope }: Rule) => scope === "workspace-advice";
  return [
    ...largestFirst(rules.filter(isOfAll).flatMap((rule) => byRule.get(rule) ?? [])),
    ...rules.flatMap((rule) => (isOfAll(rule) ? [] : largestFirst(byRule.get(rule) ?? []))),
  ];
}
