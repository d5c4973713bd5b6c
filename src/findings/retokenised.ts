/** A turn comes back as other tokens than were sent or generated, although its words are the same. */

import { hasArguments } from "../prompt/chat/arguments.ts";
import { inOrder } from "../prompt/segments.ts";
import type { Template } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { bytes } from "../words/numbers.ts";
import type { HistoryInForce, SourceSegment } from "../workload/workload.ts";
import { isInside } from "./culprit.ts";
import type { Finding, FindingContext, Rule, Stake } from "./finding.ts";
import { keptHistory } from "./kept-history.ts";
import { lossHeadline } from "./sentences.ts";
import { addLoss, isWorthEdit, type Loss, stakeOf, worthSaying } from "./stake.ts";
import { promised, restated } from "./tried.ts";
import {
  type TurnLoss,
  type TurnLossCause,
  turnLosses,
  unresumedTokens,
  visibleRange,
} from "./turn-losses.ts";

export const retokenised: Rule = {
  id: "retokenised",
  get title() {
    return t("A turn that comes back as other tokens");
  },
  scope: "template",
  *check(context) {
    const losses = new Map<string, { readonly first: TurnLoss; readonly loss: Loss }>();
    for (const turn of turnLosses(context.workload)) {
      const { request, cause, history, tokens } = turn;
      if (!isRetokenised(cause)) continue;
      // Said once for all prompts, where the chat template writes them.
      if (cause === "generation" && context.isChatTemplateOurs) continue;
      const key = `${cause === "generation"} ${history}`;
      const entry = losses.get(key) ?? { first: turn, loss: { tokens: 0, ttftSeconds: 0, requests: 0 } };
      losses.set(key, entry);
      addLoss(context, entry.loss, request, tokens + unresumedTokens(context, request));
    }
    const findings: Finding[] = [];
    const answersFirst = [...losses.values()].sort((a, b) => rank(a.first) - rank(b.first));
    for (const { first, loss } of answersFirst) {
      const found = lossIn(context, first, loss);
      if (found !== null) findings.push(yield* describe(context, found));
    }
    return findings;
  },
};

function rank({ cause }: TurnLoss): number {
  return cause === "generation" ? 1 : 0;
}

export function isRetokenised(cause: TurnLossCause): boolean {
  return cause === "answer" || cause === "layout" || cause === "generation";
}

export function generationAdvice(): string {
  return t(
    "Use an option or a template that writes earlier answers the same way, or leave the argument out that adds these words.",
  );
}

/** Of one history. */
interface Retokenised {
  readonly cause: TurnLossCause;
  readonly segment: SourceSegment;
  readonly template: Template;
  readonly inForce: HistoryInForce;
  /** Whether the template speaks for itself, or the history was declared. */
  readonly isOwn: boolean;
  readonly lost: Stake;
}

function lossIn(context: FindingContext, { history, cause }: TurnLoss, loss: Loss): Retokenised | null {
  const segment = context.workload.segments[history];
  const template = segment === undefined ? undefined : context.templates[segment.template];
  const inForce = segment === undefined ? null : (context.workload.histories[segment.template] ?? null);
  if (segment === undefined || template === undefined || inForce === null) return null;
  const requests = context.workload.requestsOf[segment.template]?.length ?? 0;
  const lost = stakeOf(context, loss, requests);
  if (lost.tokensPerRequest < worthSaying) return null;
  const isWritten = segment.kind === "block" && holdsMessages(context, history);
  const isOwn = inForce.isDeclared || (isWritten && !isLookedAt(template, segment));
  return { cause, segment, template, inForce, isOwn, lost };
}

function* describe(context: FindingContext, found: Retokenised): Generator<void, Finding, void> {
  const { cause, segment, template, inForce, lost } = found;
  const severity = severityOf(found);
  const isTried = severity !== "hint" && isWorthEdit(lost);
  const trial = isTried ? yield* context.tryChange?.(template, keptHistory(cause, inForce)) ?? [] : null;
  const { stake, isWorth } = promised(context, lost, trial ?? null);
  const said = (atStake: Stake) => {
    const { short, detail } =
      cause === "generation" ? generationTexts(atStake) : answerTexts(inForce, atStake);
    return { message: lossHeadline(context, atStake, short), detail };
  };
  const finding: Finding = {
    rule: retokenised.id,
    severity: isWorth ? severity : "hint",
    templateId: template.id,
    path: segment.path,
    range: visibleRange(segment),
    ...said(stake),
    stake,
    assumptions: ["turn-losses", "history"],
    related: [],
  };
  if (trial) context.onTried?.(finding, trial, (gain) => restated(context, finding, said, trial, gain));
  return finding;
}

/**
 * Whose answers a history holds is known only where the template speaks for itself, or where it was declared. What the chat
 * template writes in front of an answer is its own; but where neither the history was declared nor the request gives the
 * template its arguments, that the answers come back at all is our own assumption.
 */
function severityOf({ cause, template, isOwn }: Retokenised): Finding["severity"] {
  if (cause !== "generation") return isOwn ? "information" : "hint";
  return isOwn || hasArguments(template.chatArguments) ? "warning" : "hint";
}

function answerTexts({ answers }: HistoryInForce, stake: Stake) {
  const short = t("the last turn comes back as other tokens");
  const kv = bytes(stake.bytes);
  return {
    short,
    detail:
      answers === "trimmed"
        ? t(
            "They are not those that were generated, as the white space in front of the answer is trimmed, so that they are prefilled again and held once more ({0} of KV). Put answers back exactly as they were generated, white space included, or send their token ids.",
            kv,
          )
        : t(
            "They are not those that were generated, so that they are prefilled again and held once more ({0} of KV). Put answers back exactly as they were generated, white space included, or send their token ids.",
            kv,
          ),
  };
}

function generationTexts(stake: Stake) {
  return {
    short: t("history lacks the words that ask for an answer"),
    detail: t(
      "The chat template ends a prompt with words that it does not write in front of the same answer in the next one, so that each turn is prefilled again from there ({kv} of KV). {advice}",
      { kv: bytes(stake.bytes), advice: generationAdvice() },
    ),
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
