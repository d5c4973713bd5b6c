/** A turn comes back as other tokens than were sent or generated, although its words are the same. */

import { hasArguments } from "../prompt/chat/arguments.ts";
import { inOrder } from "../prompt/segments.ts";
import type { Template } from "../prompt/template.ts";
import { bytes } from "../words/numbers.ts";
import type { SourceSegment } from "../workload/workload.ts";
import { isInside } from "./culprit.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { lossHeadline } from "./sentences.ts";
import { addLoss, isWorthEdit, type Loss, lossAt, stakeOf, worthSaying } from "./stake.ts";
import { type TurnLossCause, turnLosses, unresumedTokens, visibleRange } from "./turn-losses.ts";

export const retokenised: Rule = {
  id: "retokenised",
  title: "A turn that comes back as other tokens",
  scope: "template",
  check(context) {
    const [answers, prompts] = [new Map<number, Loss>(), new Map<number, Loss>()];
    for (const { request, cause, history, tokens: lost } of turnLosses(context.workload)) {
      if (!isRetokenised(cause)) continue;
      // Said once for all prompts, where the chat template writes them.
      if (cause === "generation" && context.isChatTemplateOurs) continue;
      const losses = cause === "generation" ? prompts : answers;
      addLoss(context, lossAt(losses, history), request, lost + unresumedTokens(context, request));
    }
    return [
      ...[...answers].flatMap(([history, loss]) => describe(context, history, loss) ?? []),
      ...[...prompts].flatMap(([history, loss]) => describeGeneration(context, history, loss) ?? []),
    ];
  },
};

export function isRetokenised(cause: TurnLossCause): boolean {
  return cause === "answer" || cause === "layout" || cause === "generation";
}

/**
 * What the chat template writes in front of an answer is its own; but where neither the history was declared nor the request
 * gives the template its arguments, that the answers come back at all is our own assumption.
 */
function describeGeneration(context: FindingContext, history: number, loss: Loss): Finding | null {
  const found = describe(context, history, loss);
  if (found === null) return null;
  const { stake } = found;
  const template = context.workload.segments[history]?.template ?? -1;
  const isSaid = hasArguments(context.templates[template]?.chatArguments);
  return {
    ...found,
    severity: found.severity !== "hint" || (isSaid && isWorthEdit(stake)) ? "warning" : "hint",
    message: lossHeadline(stake, "history lacks the words that ask for an answer"),
    detail:
      "The chat template ends a prompt with words that it does not write in front of the same answer in the next one, so that each turn is " +
      `prefilled again from there (${bytes(stake.bytes)} of KV). ${generationAdvice}`,
  };
}

export const generationAdvice =
  "Use an option or a template that writes earlier answers the same way, or leave the argument out that adds these words.";

function describe(context: FindingContext, history: number, loss: Loss): Finding | null {
  const segment = context.workload.segments[history];
  const template = segment === undefined ? undefined : context.templates[segment.template];
  if (segment === undefined || template === undefined) return null;
  const requests = context.workload.requestsOf[segment.template]?.length ?? 0;
  const stake = stakeOf(context, loss, requests);
  if (stake.tokensPerRequest < worthSaying) return null;
  const { isDeclared } = context.workload.histories[segment.template] ?? {};
  const isOwn =
    isDeclared === true ||
    (segment.kind === "block" && holdsMessages(context, history) && !isLookedAt(template, segment));
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

/** Whether the block writes messages; text about a conversation, in one message of another, is not sent back as turns. */
function holdsMessages({ workload: { segments } }: FindingContext, block: number): boolean {
  for (let at = block + 1; at < segments.length && isInside(segments, at, block); at++) {
    if (segments[at]!.kind === "marker") return true;
  }
  return false;
}

/** Whether the text in front speaks of a conversation that others had: `Classify this conversation:`. */
function isLookedAt({ segments }: Template, { range }: SourceSegment): boolean {
  let before = "";
  for (const segment of inOrder(segments)) {
    if (segment.kind === "text") before = segment.text;
    else if (
      segment.kind === "block" &&
      segment.range.start === range.start &&
      segment.range.end === range.end
    )
      break;
    else if (segment.kind === "marker") before = "";
  }
  return othersConversation.test(before);
}

const othersConversation =
  /\b(?:this|the following|following|below) (?:chat |customer |support |user )?(?:conversation|dialog(?:ue)?|transcript|chat|thread|messages)\b[^\n.]{0,40}:\s*$/i;
