/** A turn comes back as other tokens than were sent or generated, although its words are the same. */

import { bytes } from "../words/numbers.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { lossHeadline } from "./sentences.ts";
import { addLoss, isWorthEdit, type Loss, lossAt, stakeOf, worthSaying } from "./stake.ts";
import { turnLosses, unresumedTokens, visibleRange } from "./turn-losses.ts";

export const retokenised: Rule = {
  id: "retokenised",
  title: "A turn that comes back as other tokens",
  scope: "template",
  check(context) {
    const losses = new Map<number, Loss>();
    for (const { request, cause, history, tokens: lost } of turnLosses(context.workload)) {
      if (cause !== "answer" && cause !== "layout") continue;
      addLoss(context, lossAt(losses, history), request, lost + unresumedTokens(context, request));
    }
    return [...losses].flatMap(([history, loss]) => describe(context, history, loss) ?? []);
  },
};

function describe(context: FindingContext, history: number, loss: Loss): Finding | null {
  const segment = context.workload.segments[history];
  const template = segment === undefined ? undefined : context.templates[segment.template];
  if (segment === undefined || template === undefined) return null;
  const requests = context.workload.requestsOf[segment.template]?.length ?? 0;
  const stake = stakeOf(context, loss, requests);
  if (stake.tokensPerRequest < worthSaying) return null;
  const { isDeclared } = context.workload.histories[segment.template] ?? {};
  const isOwn = isDeclared === true || segment.kind === "block";
  const isTrimmed = context.workload.histories[segment.template]?.answers === "trimmed";
  return {
    rule: retokenised.id,
    // Whose answers a history holds is known only where the template speaks for itself, or where it was declared.
    severity: isWorthEdit(stake) && isOwn ? "information" : "hint",
    templateId: template.id,
    path: segment.path,
    range: visibleRange(segment),
    message: lossHeadline(stake, "the last turn comes back as other tokens"),
    detail:
      `They are not those that were generated${isTrimmed ? ", as the white space in front of the answer is trimmed" : ""}, so that they are ` +
      `prefilled again and held once more (${bytes(stake.bytes)} of KV). Put answers back exactly as they were generated, white space ` +
      "included, or send their token ids.",
    stake,
    assumptions: ["turn-losses", "history"],
    related: [],
  };
}
