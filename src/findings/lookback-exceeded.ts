/** Prefixes are kept, too many blocks in front of the mark that should read them. */
import type { HostedLimits } from "../core/policies/policy.ts";
import { t } from "../words/l10n.ts";
import { plural, shareOf } from "../words/numbers.ts";
import type { BreakpointProposal } from "./breakpoint-proposal.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { lostPrice } from "./lost-price.ts";
import { isWorthEdit } from "./stake.ts";

export const lookbackExceeded: Rule = {
  id: "lookback-exceeded",
  get title() {
    return t("A mark too far behind the one before");
  },
  scope: "advice",
  check: (context) => (context.breakpoints ?? []).flatMap((proposal) => findingOf(context, proposal) ?? []),
};

function findingOf(context: FindingContext, proposal: BreakpointProposal): Finding | null {
  const { present, promptTokens, basis } = proposal;
  const { lookbackPositions: positions = null, toolRuns = null } = context.policy.limits ?? {};
  const template = context.templates[proposal.template];
  const requests = context.workload.requestsOf[proposal.template]?.length ?? 0;
  const lost = present.lost["lookbackExceeded"] ?? 0;
  if (template === undefined || requests === 0 || lost === 0 || positions === null || positions < 2)
    return null;
  const { limits } = context.policy;
  if (limits === undefined) return null;
  const stake = { tokensPerRequest: lost / requests, ttftSecondsPerRequest: 0, bytes: 0 };
  return {
    rule: lookbackExceeded.id,
    severity: isWorthEdit(stake) ? (basis === "written" ? "warning" : "information") : "hint",
    templateId: template.id,
    path: template.path,
    range: template.cacheMarkers?.at(-1)?.range ?? template.range,
    message: t("{tokens} per request lie kept, more than {positions} blocks before the mark", {
      tokens: plural(stake.tokensPerRequest, "token"),
      positions,
    }),
    detail: t(
      "A mark reads what an earlier request kept only at one of the {positions} latest block ends, its own place being the first; {counting}. What is not read costs {price}; the marks cost {share} of that price. Set another one at most {apart} blocks behind the one before, or leave one where the request before had its last.",
      {
        positions,
        counting: countingOf(toolRuns),
        price: lostPrice(limits, stake.tokensPerRequest, promptTokens / requests),
        share: shareOf(present.inputUnits, promptTokens),
        apart: positions - 1,
      },
    ),
    stake,
    assumptions: ["breakpoint-search"],
    related: [],
  };
}

function countingOf(toolRuns: HostedLimits["toolRuns"]): string {
  if (toolRuns === "once")
    return t(
      'a run of tool calls side by side counts once, and one of results, as the setting toolRuns = "once" has it; others measured that each block counts',
    );
  const each = t("each block counts, those of tool calls and results as well");
  return toolRuns === null
    ? each
    : t(
        '{0} (one report says that a run of them counts once, others deny it: toolRuns = "once" counts so)',
        each,
      );
}
