/** Marks that stay where they are while the conversation grows: each turn is prefilled, and paid, in all turns behind it. */

import { listed } from "../words/lists.ts";
import { percent, plural, shareOf } from "../words/numbers.ts";
import { type BreakpointProposal, lifetimeText } from "./breakpoint-proposal.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { headline } from "./sentences.ts";
import { isTooShort } from "./short-lifetime.ts";

/** Less of the price of a prompt without a cache is told as cheaper places alone. */
const worthSayingShare = 0.05;

export const stillMarks: Rule = {
  id: "still-marks",
  title: "Marks that do not advance with the conversation",
  scope: "advice",
  check: (context) => (context.breakpoints ?? []).flatMap((proposal) => findingOf(context, proposal) ?? []),
};

/**
 * Whether this rule speaks of the proposal. Marks that expire before the next turn, wherever they stand, are a matter of the
 * lifetime: moved alone they would cost more.
 */
export function isStill(proposal: BreakpointProposal): boolean {
  const { basis, standsStill, isChanged, isLonger, present, proposed, promptTokens } = proposal;
  if (basis !== "written" || !standsStill || !isChanged) return false;
  if (isLonger || isTooShort(proposal)) return false;
  const isMore = proposed.readTokens > present.readTokens;
  return isMore && present.inputUnits - proposed.inputUnits >= worthSayingShare * promptTokens;
}

function findingOf(context: FindingContext, proposal: BreakpointProposal): Finding | null {
  const { present, proposed, promptTokens, places } = proposal;
  const template = context.templates[proposal.template];
  const requests = context.workload.requestsOf[proposal.template]?.length ?? 0;
  if (template === undefined || requests === 0 || !isStill(proposal)) return null;
  const tokens = (proposed.readTokens - present.readTokens) / requests;
  const last = template.cacheMarkers?.at(-1);
  return {
    rule: stillMarks.id,
    severity: "warning",
    templateId: template.id,
    path: template.path,
    range: last?.range ?? template.range,
    message: headline(
      `${plural(tokens, "token")} paid anew per request: no mark moves with the conversation`,
    ),
    detail:
      `Every turn is read in full by all turns behind it, as the last mark stands in the same place in all of them. ` +
      `Marks ${listed(places.map(({ name }) => name))}${lifetimeText(proposal)} would cost ${shareOf(proposed.inputUnits, promptTokens)} of the price without a cache instead of ` +
      `${shareOf(present.inputUnits, promptTokens)}: ${percent(1 - proposed.inputUnits / present.inputUnits)} less than is paid now.`,
    stake: {
      tokensPerRequest: tokens,
      ttftSecondsPerRequest: Math.max(0, present.ttftSeconds - proposed.ttftSeconds) / requests,
      bytes: 0,
    },
    assumptions: ["breakpoint-search"],
    related: places.map(({ path, range, name }) => ({ path, range, message: `A cache breakpoint ${name}` })),
  };
}
