/**
 * A hole whose value changes stands in front of text that does not: every request leaves the others there, and the text
 * behind it is prefilled again. The numbers come from the ledger: tokens that diverged because of this hole.
 */

import { formatBytes } from "../core/cost/bytes.ts";
import { fates } from "../core/replay/fates.ts";
import { fateIndex } from "../core/replay/ledger.ts";
import type { Scope } from "../prompt/template.ts";
import type { SourceSegment } from "../workload/workload.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { milliseconds, tokens } from "./format.ts";

/** Fewer tokens per request than one cache block of an ordinary engine are not worth a word. */
const worthSaying = 16;
/** A few cache blocks: less than this stays a hint, whatever causes it. */
const worthWarning = 64;

export const volatileEarly: Rule = {
  id: "volatile-early",
  title: "A changing value before static text",
  check(context) {
    const findings: Finding[] = [];
    for (const [culprit, loss] of lossesByCulprit(context)) {
      const finding = describe(context, culprit, loss);
      if (finding !== null) findings.push(finding);
    }
    return findings;
  },
};

interface Loss {
  tokens: number;
  ttftSeconds: number;
  requests: number;
}

/** Diverged tokens and the time they cost, by the hole or block that made the requests part. */
function lossesByCulprit(context: FindingContext): Map<number, Loss> {
  const { outcomes, workload } = context;
  const losses = new Map<number, Loss>();
  const known = new Set<number>();
  for (let request = 0; request < outcomes.length; request++) {
    const left = outcomes.leftAtSegment[request] ?? -1;
    const diverged = outcomes.fates[request * fates.length + fateIndex.diverged] ?? 0;
    const culprit = left < 0 || diverged === 0 ? -1 : culpritOf(workload.segments, left);
    if (culprit >= 0) {
      // A cache that links pieces has reused some of what stands inside, which the difference leaves out.
      const behind = Math.max(0, diverged - knownInside(context, request, culprit, known));
      addLoss(context, losses, request, culprit, behind);
    }
    for (const content of workload.requests[request]?.runs?.contents ?? []) known.add(content);
  }
  return losses;
}

function addLoss(
  context: FindingContext,
  losses: Map<number, Loss>,
  request: number,
  culprit: number,
  tokens: number,
): void {
  const promptTokens = context.outcomes.promptTokens[request] ?? 0;
  const reused = context.outcomes.reusedTokens[request] ?? 0;
  const couldReuse = Math.min(promptTokens - 1, reused + tokens);
  const loss = losses.get(culprit) ?? { tokens: 0, ttftSeconds: 0, requests: 0 };
  loss.tokens += tokens;
  loss.ttftSeconds +=
    context.ttftSeconds(reused, promptTokens) - context.ttftSeconds(couldReuse, promptTokens);
  loss.requests++;
  losses.set(culprit, loss);
}

/** Diverged tokens of a block's own: its known text goes where the block goes, so that moving it saves none of them. */
function knownInside(
  { workload, outcomes }: FindingContext,
  request: number,
  culprit: number,
  known: ReadonlySet<number>,
): number {
  const runs = workload.requests[request]?.runs ?? null;
  if (runs === null || workload.segments[culprit]?.kind !== "block") return 0;
  const sent = outcomes.sentTokens[request] ?? 0;
  let tokens = 0;
  for (let run = runs.starts.length - 1; run >= 0; run--) {
    const end = runs.starts[run + 1] ?? outcomes.promptTokens[request] ?? 0;
    if (end <= sent) break;
    if (!known.has(runs.contents[run] ?? -1)) continue;
    if (isInside(workload.segments, runs.segments[run] ?? -1, culprit)) {
      tokens += end - Math.max(sent, runs.starts[run] ?? 0);
    }
  }
  return tokens;
}

function isInside(segments: readonly SourceSegment[], segment: number, block: number): boolean {
  let at = segment;
  while (at > block) at = segments[at]?.parent ?? -1;
  return at === block;
}

/**
 * The hole or block behind a parting of ways. Requests may part in known text: inside a block that others skipped,
 * or right behind one that this request skipped. -1 when no hole is to blame.
 */
export function culpritOf(segments: readonly SourceSegment[], left: number): number {
  let segment = segments[left];
  if (segment === undefined) return -1;
  // An agent's conversation stands nowhere in the source, and behind everything else.
  if (segment.range.start === segment.range.end) return -1;
  if (segment.kind === "hole" || segment.kind === "block") return movable(segments, left);
  for (let parent = segment.parent; parent >= 0; parent = segment.parent) {
    segment = segments[parent];
    if (segment === undefined) return -1;
    if (segment.kind === "block") return movable(segments, parent);
  }
  const own = segments[left];
  for (let before = left - 1; before >= 0; before--) {
    const candidate = segments[before];
    if (candidate === undefined || own === undefined || candidate.template !== own.template) return -1;
    if (candidate.parent !== own.parent || candidate.kind === "marker") continue;
    return candidate.kind === "hole" || candidate.kind === "block" ? movable(segments, before) : -1;
  }
  return -1;
}

/** An item changes because its list does, and can only be moved with the loop. */
function movable(segments: readonly SourceSegment[], culprit: number): number {
  const loop = segments[culprit]?.loop ?? -1;
  if (loop < 0 || segments[loop]?.scope?.scope !== segments[culprit]?.scope?.scope) return culprit;
  return movable(segments, loop);
}

function describe(context: FindingContext, culprit: number, loss: Loss): Finding | null {
  const segment = context.workload.segments[culprit];
  const template = segment === undefined ? undefined : context.templates[segment.template];
  if (segment === undefined || template === undefined || segment.scope === null) return null;
  const requests = context.requestsOf[segment.template]?.length ?? 0;
  if (requests === 0) return null;
  const tokensPerRequest = loss.tokens / requests;
  if (tokensPerRequest < worthSaying) return null;
  const { scope, basis, reason } = segment.scope;
  const stake = {
    tokensPerRequest,
    ttftSecondsPerRequest: loss.ttftSeconds / requests,
    bytes: tokensPerRequest * context.kvBytesPerToken,
  };
  const what = segment.kind === "block" ? `The block "${segment.name}"` : `"${segment.name}"`;
  const known = basis === "declared" ? reason : `inferred: ${reason}`;
  return {
    rule: volatileEarly.id,
    severity: severityOf(scope, tokensPerRequest),
    templateId: template.id,
    path: segment.path,
    range: segment.range,
    message:
      `${what} ${changes[scope]} (${known}) and stands before text that has been sent before: ` +
      `${tokens(tokensPerRequest)} per request are prefilled again, ${milliseconds(stake.ttftSecondsPerRequest)} of TTFT ` +
      `and ${formatBytes(stake.bytes)} of KV. Move it behind the text that stays the same.`,
    stake,
    assumptions: ["moved-hole", "hole-values", ...(basis === "inferred" ? ["inferred-scopes"] : [])],
    related: [],
  };
}

const changes: Readonly<Record<Scope, string>> = {
  constant: "is fixed at deployment",
  tenant: "differs between tenants",
  session: "differs between conversations",
  request: "is new in every call",
  volatile: "never repeats",
};

function severityOf(scope: Scope, tokensPerRequest: number): Finding["severity"] {
  if (scope === "constant" || tokensPerRequest < worthWarning) return "hint";
  return scope === "volatile" || scope === "request" ? "warning" : "information";
}
