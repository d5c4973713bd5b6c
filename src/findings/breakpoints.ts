/** Other places of the marks that a hosted API asks for, such as `cache_control`, would cost less. */

import { t } from "../words/l10n.ts";
import { plural, shareOf } from "../words/numbers.ts";
import { type BreakpointProposal, placesText } from "./breakpoint-proposal.ts";
import { type Finding, type FindingContext, isShown, type Rule } from "./finding.ts";
import { isTooShort } from "./short-lifetime.ts";
import { worthSaying } from "./stake.ts";
import { isStill } from "./still-marks.ts";
import { unstableOrder } from "./unstable-order.ts";
import { volatileEarly } from "./volatile-early.ts";

/** Less than this share of the price of a prompt without a cache is not worth an edit. */
const worthSayingShare = 0.01;

export const breakpoints: Rule = {
  id: "breakpoints",
  get title() {
    return t("Cheaper places for cache breakpoints");
  },
  scope: "advice",
  check: (context) =>
    (context.breakpoints ?? []).flatMap((proposal) => {
      const finding = findingOf(context, proposal);
      return finding === null ? [] : [finding];
    }),
};

function findingOf(context: FindingContext, proposal: BreakpointProposal): Finding | null {
  const template = context.templates[proposal.template];
  const requests = context.workload.requestsOf[proposal.template]?.length ?? 0;
  const { present, proposed, places, promptTokens, basis, isChanged } = proposal;
  const savedUnits = present.inputUnits - proposed.inputUnits;
  // Where nothing is marked, that is the finding: see no-cache-marks.
  if (template === undefined || requests === 0 || !isChanged || basis === "none") return null;
  // Other rules say why.
  if (isStill(proposal) || isTooShort(proposal)) return null;
  if (savedUnits < Math.max(worthSayingShare * promptTokens, worthSaying * requests)) return null;
  const share = (units: number) => shareOf(units, promptTokens);
  const moreRead = (proposed.readTokens - present.readTokens) / requests;
  // To mark less is no advice for a prompt of which more could be read.
  if (Math.round(moreRead) <= 0 && isToBeEdited(context, template.id)) return null;
  const [first] = places;
  return {
    rule: breakpoints.id,
    severity: "information",
    templateId: template.id,
    path: first?.path ?? template.path,
    range: first?.range ?? template.range,
    message: t(
      "{0} of plain input saved per request by other cache breakpoints",
      plural(savedUnits / requests, "token"),
    ),
    detail: [
      t("{where} would cost {proposed} of the price without a cache, {present}.", {
        where: marksText(proposal),
        proposed: share(proposed.inputUnits),
        present:
          basis === "written"
            ? t("those that are written cost {0}", share(present.inputUnits))
            : t("those that are assumed now cost {0}", share(present.inputUnits)),
      }),
      readText(moreRead),
    ].join(" "),
    stake: {
      tokensPerRequest: Math.max(0, moreRead),
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

function marksText(proposal: BreakpointProposal): string {
  const marks = proposal.places.length;
  const places = placesText(proposal);
  if (marks === 0) return t("No cache breakpoint at all");
  return marks === 1
    ? t("One cache breakpoint {0}", places)
    : t("{marks} cache breakpoints {places}", { marks, places });
}

/** Whether an edit of the prompt was found that lets more of it be read. */
function isToBeEdited({ found = [] }: FindingContext, templateId: string): boolean {
  return found.some(
    (finding) => isShown(finding) && finding.templateId === templateId && promptRules.has(finding.rule),
  );
}

const promptRules: ReadonlySet<string> = new Set([volatileEarly.id, unstableOrder.id]);

function readText(moreRead: number): string {
  if (Math.round(moreRead) > 0)
    return t("{0} per request more are read from the cache.", plural(moreRead, "token"));
  if (Math.round(moreRead) < 0)
    return t("{0} per request fewer are read, and fewer are written.", plural(-moreRead, "token"));
  return t("As much is read, and less is written.");
}
