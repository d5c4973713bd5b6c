/**
 * A hole whose value changes stands in front of text that does not: every request leaves the others there, and the text
 * behind it is prefilled again. The numbers come from the ledger: tokens that diverged because of this hole.
 */

import { fates } from "../core/fates.ts";
import { fateIndex } from "../core/replay/ledger.ts";
import type { Scope, Template } from "../prompt/template.ts";
import { bytes } from "../words/numbers.ts";
import type { SourceSegment } from "../workload/workload.ts";
import { culpritOf, isInside } from "./culprit.ts";
import type { Finding, FindingContext, Rule, Stake } from "./finding.ts";
import { lossHeadline } from "./sentences.ts";
import { addLoss, isWorthEdit, isWorthSharing, type Loss, lossAt, stakeOf, worthSaying } from "./stake.ts";
import { unorderedLosses } from "./unstable-order.ts";

export const volatileEarly: Rule = {
  id: "volatile-early",
  title: "A changing value before static text",
  scope: "template",
  check(context) {
    const findings: Finding[] = [];
    // Where only the order changes, moving is not the remedy, and another rule says so.
    const unordered = unorderedLosses(context);
    for (const [culprit, loss] of lossesByCulprit(context)) {
      if (unordered.has(culprit)) continue;
      const finding = describe(context, culprit, loss);
      if (finding !== null) findings.push(finding);
    }
    return findings;
  },
};

/** Diverged tokens and the time they cost, by the hole or block that made the requests part. */
function lossesByCulprit(context: FindingContext): Map<number, Loss> {
  const { outcomes, workload } = context;
  const losses = new Map<number, Loss>();
  for (let request = 0; request < outcomes.length; request++) {
    const left = outcomes.leftAtSegment[request] ?? -1;
    const diverged = outcomes.fates[request * fates.length + fateIndex.diverged] ?? 0;
    const culprit = left < 0 || diverged === 0 ? -1 : culpritOf(workload.segments, left);
    if (culprit >= 0) {
      // A cache that links pieces has reused some of what stands inside, which the difference leaves out.
      const behind = Math.max(0, diverged - knownInside(context, request, culprit));
      addLoss(context, lossAt(losses, culprit), request, behind);
    }
  }
  return losses;
}

/**
 * Diverged tokens of a block's or a history's own: its known text goes where it goes, so that moving it saves none of them.
 */
function knownInside({ workload, outcomes }: FindingContext, request: number, culprit: number): number {
  const runs = workload.requests[request]?.runs ?? null;
  const known = workload.knownRuns[request];
  const segment = workload.segments[culprit];
  if (runs === null || (segment?.kind !== "block" && segment?.isHistory !== true)) return 0;
  const sent = outcomes.sentTokens[request] ?? 0;
  let tokens = 0;
  for (let run = runs.starts.length - 1; run >= 0; run--) {
    const end = runs.starts[run + 1] ?? outcomes.promptTokens[request] ?? 0;
    if (end <= sent) break;
    if (known?.[run] !== 1) continue;
    if (isInside(workload.segments, runs.segments[run] ?? -1, culprit)) {
      tokens += end - Math.max(sent, runs.starts[run] ?? 0);
    }
  }
  return tokens;
}

function describe(context: FindingContext, culprit: number, loss: Loss): Finding | null {
  const segment = context.workload.segments[culprit];
  const template = segment === undefined ? undefined : context.templates[segment.template];
  if (segment === undefined || template === undefined || segment.scope === null) return null;
  const requests = context.workload.requestsOf[segment.template]?.length ?? 0;
  if (requests === 0) return null;
  const stake = stakeOf(context, loss, requests);
  const { tokensPerRequest } = stake;
  if (tokensPerRequest < worthSaying) return null;
  const { scope, basis, reason } = segment.scope;
  // Moving the earlier turns behind what follows them is no remedy.
  if (segment.isHistory) return null;
  const known = basis === "declared" ? reason : `${basis}: ${reason}`;
  return {
    rule: volatileEarly.id,
    severity: isWorthEdit(stake) && isWhole(context, segment) ? severityOf(segment, template, stake) : "hint",
    templateId: template.id,
    path: segment.path,
    range: segment.range,
    message: lossHeadline(
      stake,
      segment.kind === "block"
        ? `the block «${segment.name}» stands before the shared text`
        : `«${segment.name}» stands before the shared text`,
    ),
    detail:
      `It ${changes[scope]} (${known}), so that the text behind it, which has been sent before, is prefilled again and held ` +
      `once more (${bytes(stake.bytes)} of KV). ${adviceFor(segment)}`,
    stake,
    assumptions: ["moved-hole", "hole-values", ...(basis === "declared" ? [] : ["inferred-scopes"])],
    related: [],
  };
}

const changes: Readonly<Record<Scope, string>> = {
  constant: "is fixed at deployment",
  day: "changes once a day",
  tenant: "differs between tenants",
  session: "differs between conversations",
  request: "is new in every call",
  volatile: "never repeats",
};

/** What is only guessed at is no warning, and in a system prompt, where most is fixed at deployment, not shown at all. */
function severityOf(
  { kind, scope, role }: SourceSegment,
  { usage }: Template,
  stake: Stake,
): Finding["severity"] {
  if (scope === null || scope.scope === "constant") return "hint";
  if (scope.basis === "unknown") {
    const isStanding = role === "system" || role === "developer" || usage === "instructions";
    return kind === "hole" && !isStanding && scope.scope === "request" ? "information" : "hint";
  }
  if (scope.scope === "volatile" || scope.scope === "request") return "warning";
  return isWorthSharing(stake) ? "information" : "hint";
}

/** Less text than this is a part of a prompt that others send, whatever is put around it here: characters. */
const leastText = 256;

function isWhole({ prefixes }: FindingContext, { template }: SourceSegment): boolean {
  const texts = prefixes[template]?.texts ?? [];
  return texts.reduce((sum, { text }) => sum + text.trim().length, 0) >= leastText;
}

const speaksOfTime = /\b(?:now|utcnow|clock|time|timestamp|datetime|date|another time|Date)\b/;

function adviceFor({ scope }: SourceSegment): string {
  if (scope?.basis === "unknown") {
    return "If its value changes from call to call, move it behind the text that stays the same; if not, declare how often it does.";
  }
  if (scope?.scope === "volatile" && speaksOfTime.test(scope.reason)) {
    return "Move it behind the text that stays the same, or write no more of it than changes once a day.";
  }
  return "Move it behind the text that stays the same.";
}
