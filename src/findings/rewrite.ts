/** Earlier turns were changed, dropped or summarised before they were sent again: the conversation is left there. */

import type { Template } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { bytes } from "../words/numbers.ts";
import { historyPhrase } from "../workload/history-policy.ts";
import type { HistoryInForce, SourceSegment } from "../workload/workload.ts";
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

export const rewrite: Rule = {
  id: "rewrite",
  get title() {
    return t("Earlier turns that were changed");
  },
  scope: "template",
  *check(context) {
    const losses = new Map<
      string,
      { readonly first: TurnLoss & { cause: RewriteCause }; readonly loss: Loss }
    >();
    for (const turn of turnLosses(context.workload)) {
      const { cause } = turn;
      // Said once for all prompts, where the chat template leaves it out.
      if (cause === "reasoning" && context.isChatTemplateOurs) continue;
      if (cause === "answer" || cause === "layout" || cause === "generation") continue;
      const key = `${turn.history} ${cause}`;
      const entry = losses.get(key) ?? {
        first: { ...turn, cause },
        loss: { tokens: 0, ttftSeconds: 0, requests: 0 },
      };
      losses.set(key, entry);
      addLoss(context, entry.loss, turn.request, turn.tokens + unresumedTokens(context, turn.request));
    }
    const findings: Finding[] = [];
    for (const { first, loss } of losses.values()) {
      const found = lossIn(context, first, loss);
      if (found !== null) findings.push(yield* describe(context, found));
    }
    return findings;
  },
};

/** Of one history and one cause. */
interface Rewritten {
  readonly cause: RewriteCause;
  readonly segment: SourceSegment;
  readonly template: Template;
  readonly inForce: HistoryInForce;
  readonly lost: Stake;
  readonly losing: number;
  readonly requests: number;
}

function lossIn(
  context: FindingContext,
  { history, cause }: TurnLoss & { readonly cause: RewriteCause },
  loss: Loss,
): Rewritten | null {
  const segment = context.workload.segments[history];
  const template = segment === undefined ? undefined : context.templates[segment.template];
  const inForce = segment === undefined ? null : (context.workload.histories[segment.template] ?? null);
  if (segment === undefined || template === undefined || inForce === null) return null;
  const requests = context.workload.requestsOf[segment.template]?.length ?? 0;
  const lost = stakeOf(context, loss, requests);
  if (lost.tokensPerRequest < worthSaying) return null;
  return { cause, segment, template, inForce, lost, losing: loss.requests, requests };
}

function* describe(context: FindingContext, found: Rewritten): Generator<void, Finding, void> {
  const { cause, segment, template, inForce, lost, losing, requests } = found;
  const severity = severityOf(cause, inForce);
  const isTried = severity !== "hint" && isWorthEdit(lost);
  const trial = isTried ? yield* context.tryChange?.(template, keptHistory(cause, inForce)) ?? [] : null;
  const { stake, isWorth } = promised(context, lost, trial ?? null);
  const { short, says, fix } = cause === "policy" ? policyTexts(inForce) : fixedTexts(cause);
  const said = (atStake: Stake) => ({
    message: lossHeadline(context, atStake, short),
    detail: t(
      "{says}: {losing} of {requests} requests leave their conversation there, and what the one before had sent or generated is prefilled again and held once more ({kv} of KV). {fix}",
      { says, losing, requests, kv: bytes(atStake.bytes), fix },
    ),
  });
  const finding: Finding = {
    rule: rewrite.id,
    severity: isWorth ? severity : "hint",
    templateId: template.id,
    path: segment.path,
    range: visibleRange(segment),
    ...said(stake),
    stake,
    assumptions: ["turn-losses", "history", "hole-values"],
    related: [],
  };
  if (trial) context.onTried?.(finding, trial, (gain) => restated(context, finding, said, trial, gain));
  return finding;
}

/** Of questions that come back in other words we know only where it was declared: otherwise it is our own assumption. */
function severityOf(cause: RewriteCause, { areQuestionsDeclared }: HistoryInForce): Finding["severity"] {
  if (cause === "question") return areQuestionsDeclared ? "information" : "hint";
  return "warning";
}

type RewriteCause = Exclude<TurnLossCause, "answer" | "layout" | "generation">;

interface CauseTexts {
  /** For the headline. */
  readonly short: string;
  readonly says: string;
  readonly fix: string;
}

function fixedTexts(cause: Exclude<RewriteCause, "policy">): CauseTexts {
  if (cause === "question")
    return {
      short: t("earlier questions come back in other words"),
      says: t("Earlier questions come back with other text around them than they were sent with"),
      fix: t(
        'Send them again as they were sent; if that is what happens, declare "questions": "as-sent" in promptcache.json.',
      ),
    };
  return {
    short: t("the reasoning of earlier answers is left out"),
    says: t("The chat template leaves out the reasoning of earlier answers"),
    fix: t("Keep it where the chat template has an option for that, or let the model reason less."),
  };
}

function shortOf(keep: HistoryInForce["policy"]["keep"]): string {
  if (keep === "all") return t("the reasoning of earlier answers is left out");
  return keep === "summary" ? t("the history is summarised") : t("the history is cut");
}

function policyTexts({ policy, basis }: HistoryInForce): CauseTexts {
  const short = shortOf(policy.keep);
  const says =
    basis === "declared"
      ? t("The history {0} (declared)", historyPhrase(policy))
      : t("The history {0} (inferred)", historyPhrase(policy));
  switch (policy.keep) {
    case "all":
      return {
        short,
        says,
        fix: t("Send answers again as they were generated, while the context has room for them."),
      };
    case "summary":
      return {
        short,
        says,
        fix: t("Summarise rarely and much at a time, so that the conversation only grows in between."),
      };
    case "turns":
    case "messages":
    case "observations":
    case "tokens":
      return {
        short,
        says,
        fix: t('Keep everything while the context has room, or cut rarely and much at a time ("every").'),
      };
  }
}
