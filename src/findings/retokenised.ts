/** A turn comes back as other tokens than were sent or generated, although its words are the same. */

import { bytes, plural, seconds } from "../words/numbers.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { addLoss, type Loss, lossAt, stakeOf, worthSaying, worthWarning } from "./stake.ts";
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
  const isTrimmed = context.workload.histories[segment.template]?.answers === "trimmed";
  return {
    rule: retokenised.id,
    severity: stake.tokensPerRequest < worthWarning ? "hint" : "information",
    templateId: template.id,
    path: segment.path,
    range: visibleRange(segment),
    message:
      `The last turn comes back as other tokens than were generated${isTrimmed ? ", as the white space in front of it is trimmed" : ""}: ` +
      `${plural(stake.tokensPerRequest, "token")} per request are prefilled again, ${seconds(stake.ttftSecondsPerRequest)} of TTFT ` +
      `and ${bytes(stake.bytes)} of KV. Put answers back exactly as they were generated, white space included, or send their token ids.`,
    stake,
    assumptions: ["turn-losses", "history"],
    related: [],
  };
}
