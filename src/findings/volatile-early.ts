/**
 * A hole whose value changes stands in front of text that does not: every request leaves the others there, and the text
 * behind it is prefilled again. The numbers come from the ledger: tokens that diverged because of this hole.
 */

import { fates } from "../core/fates.ts";
import { fateIndex } from "../core/replay/ledger.ts";
import type { Scope } from "../prompt/template.ts";
import { bytes, plural, seconds } from "../words/numbers.ts";
import { culpritOf, isInside } from "./culprit.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { addLoss, type Loss, lossAt, stakeOf, worthSaying, worthWarning } from "./stake.ts";
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
  const what = segment.kind === "block" ? `The block "${segment.name}"` : `"${segment.name}"`;
  const known = basis === "declared" ? reason : `${basis}: ${reason}`;
  return {
    rule: volatileEarly.id,
    severity: severityOf(scope, tokensPerRequest),
    templateId: template.id,
    path: segment.path,
    range: segment.range,
    message:
      `${what} ${changes[scope]} (${known}) and stands before text that has been sent before: ` +
      `${plural(tokensPerRequest, "token")} per request are prefilled again, ${seconds(stake.ttftSecondsPerRequest)} of TTFT ` +
      `and ${bytes(stake.bytes)} of KV. Move it behind the text that stays the same.`,
    stake,
    assumptions: ["moved-hole", "hole-values", ...(basis === "inferred" ? ["inferred-scopes"] : [])],
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

function severityOf(scope: Scope, tokensPerRequest: number): Finding["severity"] {
  if (scope === "constant" || tokensPerRequest < worthWarning) return "hint";
  return scope === "volatile" || scope === "request" ? "warning" : "information";
}
