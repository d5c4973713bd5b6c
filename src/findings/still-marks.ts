/** Marks that stay where they are while the conversation grows: each turn is prefilled, and paid, in all turns behind it. */

import { t } from "../words/l10n.ts";
import { percent, plural, shareOf } from "../words/numbers.ts";
import { type BreakpointProposal, placesText } from "./breakpoint-proposal.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { isTooShort } from "./short-lifetime.ts";

/** Less of the price of a prompt without a cache is told as cheaper places alone. */
const worthSayingShare = 0.05;

export const stillMarks: Rule = {
  id: "still-marks",
  get title() {
    return t("Marks that do not advance with the conversation");
  },
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
    message: t("{0} paid anew per request: no mark moves with the conversation", plural(tokens, "token")),
    detail: t(
      "Every turn is read in full by all turns behind it, as the last mark stands in the same place in all of them. Marks {places} would cost {proposed} of the price without a cache instead of {present}: {saved} less than is paid now.",
      {
        places: placesText(proposal),
        proposed: shareOf(proposed.inputUnits, promptTokens),
        present: shareOf(present.inputUnits, promptTokens),
        saved: percent(1 - proposed.inputUnits / present.inputUnits),
      },
    ),
    stake: {
      tokensPerRequest: tokens,
      ttftSecondsPerRequest: Math.max(0, present.ttftSeconds - proposed.ttftSeconds) / requests,
      bytes: 0,
    },
    assumptions: ["breakpoint-search"],
    related: places.map(({ path, range, name }) => ({
      path,
      range,
      message: t("A cache breakpoint {0}", name),
    })),
  };
}
