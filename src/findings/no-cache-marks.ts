/** A provider that caches only what is marked, and a whole request, written in the source, that marks nothing. */

import { t } from "../words/l10n.ts";
import { listed } from "../words/lists.ts";
import { percent, plural, shareOf } from "../words/numbers.ts";
import type { BreakpointProposal } from "./breakpoint-proposal.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { worthSaying } from "./stake.ts";

export const noCacheMarks: Rule = {
  id: "no-cache-marks",
  get title() {
    return t("A request that asks for no caching");
  },
  scope: "advice",
  check: (context) => [
    ...(context.breakpoints ?? []).flatMap((proposal) => findingOf(context, proposal) ?? []),
    ...context.templates.flatMap((_, index) => loneFindingOf(context, index) ?? []),
  ],
};

/** Of one captured request no search can say what marks give: it was sent once. */
function loneFindingOf(context: FindingContext, index: number): Finding | null {
  const { limits, name } = context.policy;
  const { captured, cacheMarkers, id, path, range } = context.templates[index]!;
  if (captured?.length !== 1 || cacheMarkers === undefined || cacheMarkers.length > 0) return null;
  const [row] = context.workload.requestsOf[index] ?? [];
  const tokens = row === undefined ? 0 : (context.outcomes.promptTokens[row] ?? 0);
  if (limits?.needsMarks !== true || tokens < Math.max(limits.minimumTokens, worthSaying)) return null;
  const saved = percent(1 - limits.readMultiplier);
  return {
    rule: noCacheMarks.id,
    severity: "warning",
    templateId: id,
    path,
    range,
    message: t("{0} are paid in full each time: nothing is marked", plural(tokens, "token")),
    detail: t(
      "{name} caches only what a request asks for, and this one asks for nothing. What is sent again in front of a mark costs {saved} less; how much that is, other requests that begin like this one would tell.",
      { name, saved },
    ),
    stake: { tokensPerRequest: tokens, ttftSecondsPerRequest: 0, bytes: 0 },
    assumptions: [],
    related: [],
  };
}

function findingOf(context: FindingContext, proposal: BreakpointProposal): Finding | null {
  const { basis, isChanged, places, present, proposed, promptTokens } = proposal;
  const template = context.templates[proposal.template];
  const requests = context.workload.requestsOf[proposal.template]?.length ?? 0;
  const savedUnits = present.inputUnits - proposed.inputUnits;
  if (template === undefined || basis !== "none" || !isChanged || places.length === 0) return null;
  if (requests === 0 || savedUnits < worthSaying * requests) return null;
  const where = listed(places.map(({ name }) => name));
  const { path, range } = template;
  return {
    rule: noCacheMarks.id,
    severity: "warning",
    templateId: template.id,
    path,
    range,
    message: t(
      "{0} of the price is lost: nothing is marked, so nothing is cached",
      percent(savedUnits / promptTokens),
    ),
    detail: t(
      "{name} caches only what a request asks for, and this one asks for nothing. Marks {where} would cost {inputUnits} of the price without a cache: {tokens} of plain input less per request.",
      {
        name: context.policy.name,
        where,
        inputUnits: shareOf(proposed.inputUnits, promptTokens),
        tokens: plural(savedUnits / requests, "token"),
      },
    ),
    stake: {
      tokensPerRequest: Math.max(0, proposed.readTokens - present.readTokens) / requests,
      ttftSecondsPerRequest: Math.max(0, present.ttftSeconds - proposed.ttftSeconds) / requests,
      bytes: 0,
    },
    assumptions: ["breakpoint-search"],
    related: places.map((place) => ({
      path: place.path,
      range: place.range,
      message: t("A cache breakpoint {0}", place.name),
    })),
  };
}
