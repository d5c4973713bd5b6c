/** A provider that caches only what is marked, and a whole request, written in the source, that marks nothing. */
import { percent, plural, shareOf } from "../words/numbers.ts";
import type { BreakpointProposal } from "./breakpoint-proposal.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { headline, listed } from "./sentences.ts";
import { worthSaying } from "./stake.ts";

export const noCacheMarks: Rule = {
  id: "no-cache-marks",
  title: "A request that asks for no caching",
  scope: "advice",
  check: (context) => (context.breakpoints ?? []).flatMap((proposal) => findingOf(context, proposal) ?? []),
};

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
    message: headline(
      `${percent(savedUnits / promptTokens)} of the price is lost: nothing is marked, so nothing is cached`,
    ),
    detail:
      `${context.policy.name} caches only what a request asks for, and this one asks for nothing. Marks ${where} would cost ` +
      `${shareOf(proposed.inputUnits, promptTokens)} of the price without a cache: ${plural(savedUnits / requests, "token")} of plain input less per request.`,
    stake: {
      tokensPerRequest: Math.max(0, proposed.readTokens - present.readTokens) / requests,
      ttftSecondsPerRequest: Math.max(0, present.ttftSeconds - proposed.ttftSeconds) / requests,
      bytes: 0,
    },
    assumptions: ["breakpoint-search"],
    related: places.map((place) => ({
      path: place.path,
      range: place.range,
      message: `A cache breakpoint ${place.name}`,
    })),
  };
}
