/** Other places of the marks that a hosted API asks for, such as `cache_control`, would cost less. */

import { listed } from "../words/lists.ts";
import { plural, shareOf } from "../words/numbers.ts";
import { type BreakpointProposal, lifetimeText } from "./breakpoint-proposal.ts";
import { type Finding, type FindingContext, isShown, type Rule } from "./finding.ts";
import { headline } from "./sentences.ts";
import { isTooShort } from "./short-lifetime.ts";
import { worthSaying } from "./stake.ts";
import { isStill } from "./still-marks.ts";
import { unstableOrder } from "./unstable-order.ts";
import { volatileEarly } from "./volatile-early.ts";

/** Less than this share of the price of a prompt without a cache is not worth an edit. */
const worthSayingShare = 0.01;

export const breakpoints: Rule = {
  id: "breakpoints",
  title: "Cheaper places for cache breakpoints",
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
  const where =
    places.length === 0
      ? "No cache breakpoint at all"
      : `${places.length === 1 ? "One cache breakpoint" : `${places.length} cache breakpoints`} ${listed(places.map(({ name }) => name))}${lifetimeText(proposal)}`;
  const against = basis === "written" ? "those that are written" : "those that are assumed now";
  const [first] = places;
  return {
    rule: breakpoints.id,
    severity: "information",
    templateId: template.id,
    path: first?.path ?? template.path,
    range: first?.range ?? template.range,
    message: headline(
      `${plural(savedUnits / requests, "token")} of plain input saved per request by other cache breakpoints`,
    ),
    detail:
      `${where} would cost ${share(proposed.inputUnits)} of the price without a cache, ${against} cost ${share(present.inputUnits)}. ` +
      readText(moreRead),
    stake: {
      tokensPerRequest: Math.max(0, moreRead),
      ttftSecondsPerRequest: Math.max(0, present.ttftSeconds - proposed.ttftSeconds) / requests,
      bytes: 0,
    },
    assumptions: ["breakpoint-search"],
    related: places.map(({ path, range, name }) => ({ path, range, message: `A cache breakpoint ${name}` })),
  };
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
    return `${plural(moreRead, "token")} per request more are read from the cache.`;
  if (Math.round(moreRead) < 0)
    return `${plural(-moreRead, "token")} per request fewer are read, and fewer are written.`;
  return "As much is read, and less is written.";
}
