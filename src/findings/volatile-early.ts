/**
 * A hole whose value changes stands in front of text that does not: every request leaves the others there, and the text
 * behind it is prefilled again. Which hole it is comes from the ledger: tokens that diverged because of it. What is promised is
 * what moving it gives, and all that has to be moved with it, when the conversations are replayed.
 */

import { fates } from "../core/fates.ts";
import { fateIndex } from "../core/replay/ledger.ts";
import type { Named } from "../prompt/move.ts";
import { inOrder } from "../prompt/segments.ts";
import { type Scope, type ScopeClaim, scopes, type Template } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import { bytes } from "../words/numbers.ts";
import type { SourceSegment } from "../workload/workload.ts";
import { bestMove, type Tried } from "./best-move.ts";
import { culpritOf, isInside } from "./culprit.ts";
import type { Finding, FindingContext, Rule, Stake } from "./finding.ts";
import { listed, lossHeadline } from "./sentences.ts";
import {
  addLoss,
  isWorthEdit,
  isWorthSharing,
  isWorthTriedEdit,
  type Loss,
  lossAt,
  stakeOf,
  worthSaying,
} from "./stake.ts";
import { restated, stakeOfGain } from "./tried.ts";
import { unorderedLosses } from "./unstable-order.ts";

export const volatileEarly: Rule = {
  id: "volatile-early",
  title: "A changing value before static text",
  scope: "template",
  *check(context) {
    const findings: Finding[] = [];
    const shown = new Map<number, Loser[]>();
    const hints: Loser[] = [];
    // Where only the order changes, moving is not the remedy, and another rule says so.
    const unordered = unorderedLosses(context);
    for (const [culprit, loss] of lossesByCulprit(context)) {
      const loser = unordered.has(culprit) ? null : loserOf(context, culprit, loss);
      if (loser === null) continue;
      const known = shown.get(loser.segment.template);
      if (loser.severity === "hint") hints.push(loser);
      else if (known === undefined) shown.set(loser.segment.template, [loser]);
      else known.push(loser);
    }
    const moved = new Set<SourceSegment>();
    for (const losers of shown.values()) {
      const best = yield* bestMove(
        context,
        losers.map(({ segment: { template }, scope }) => ({ template, scope })),
      );
      const finding = describe(context, losers, best);
      findings.push(finding);
      if (best === null) continue;
      context.onTried?.(finding, best.trial, (gain) => restated(context, finding, gain));
      for (const segment of sourcesOf(context, losers[0]!.segment.template, best.move.moved))
        moved.add(segment);
    }
    // What is moved with another is said there.
    const left = hints.filter(({ segment }) => !moved.has(segment));
    return [...findings, ...left.map((loser) => describe(context, [loser], null))];
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

/** A hole or block at which requests leave the others, and what that costs. */
interface Loser {
  readonly segment: SourceSegment;
  readonly scope: ScopeClaim;
  readonly stake: Stake;
  /** Before anything was tried. */
  readonly severity: Finding["severity"];
}

function loserOf(context: FindingContext, culprit: number, loss: Loss): Loser | null {
  const segment = context.workload.segments[culprit];
  const template = segment === undefined ? undefined : context.templates[segment.template];
  if (segment === undefined || template === undefined || segment.scope === null) return null;
  const requests = context.workload.requestsOf[segment.template]?.length ?? 0;
  if (requests === 0) return null;
  const stake = stakeOf(context, loss, requests);
  if (stake.tokensPerRequest < worthSaying) return null;
  // Moving the earlier turns behind what follows them is no remedy.
  if (segment.isHistory) return null;
  const isShown = isWorthEdit(stake) && isWhole(context, segment) && !writesTurns(context, segment);
  const isKept = segment.scope.basis === "unknown" && isInFrontOfTheQuestion(template, segment);
  const severity = isShown && !isKept ? severityOf(segment, template, stake) : "hint";
  return { segment, scope: segment.scope, stake, severity };
}

function describe(context: FindingContext, losers: readonly Loser[], best: Tried | null): Finding {
  const sorted = losers.toSorted(byChange);
  const { segment, scope, severity, ...lost } =
    sorted.find(({ segment: { range } }) => isAmong(best, range)) ?? sorted[0]!;
  const template = context.templates[segment.template]!;
  const moved = best === null ? [segment] : sourcesOf(context, segment.template, best.move.moved);
  const others = moved.filter((each) => each !== segment);
  const names = [...new Set([segment, ...others].map(({ name }) => name))];
  const stake = best === null ? lost.stake : stakeOfGain(context, best.trial.gain);
  const isEvery = scope.scope === "request" || scope.scope === "volatile";
  const isWorth = best !== null && isWorthTriedEdit(stake) && (isEvery || isWorthSharing(stake));
  const isGuess = severity === "warning" && moved.some((each) => each.scope?.basis === "unknown");
  const known = scope.basis === "declared" ? scope.reason : `${scope.basis}: ${scope.reason}`;
  const what = `${segment.kind === "block" && moved.length === 1 ? "the block " : ""}«${listed(names)}»`;
  const { path, range } = segment;
  return {
    rule: volatileEarly.id,
    severity: !isWorth ? "hint" : isGuess ? "information" : severity,
    templateId: template.id,
    path,
    range,
    message: lossHeadline(stake, `${what} ${names.length === 1 ? "stands" : "stand"} before the shared text`),
    detail:
      `"${segment.name}" ${changes[scope.scope]} (${known}), so that the text behind it, which has been sent before, is prefilled ` +
      `again and held once more (${bytes(stake.bytes)} of KV). ${adviceFor(segment, others, best)}`,
    stake,
    assumptions: ["moved-hole", "hole-values", ...(scope.basis === "declared" ? [] : ["inferred-scopes"])],
    related: others.map((each) => ({
      path: each.path,
      range: each.range,
      message: `"${each.name}" ${each.scope === null ? "changes" : changes[each.scope.scope]}: move it too`,
    })),
    ...(best !== null && isWorth && fixesOf(best, names)),
  };
}

/** What changes most often first; of equals what costs most. */
function byChange(a: Loser, b: Loser): number {
  const faster = scopes.indexOf(b.scope.scope) - scopes.indexOf(a.scope.scope);
  return faster !== 0 ? faster : b.stake.tokensPerRequest - a.stake.tokensPerRequest;
}

function isAmong(best: Tried | null, { start, end }: TextRange): boolean {
  return best?.move.moved.some(({ range }) => range.start === start && range.end === end) === true;
}

/** What stands in the table of sources for holes and blocks of the template. */
function sourcesOf(
  { workload }: FindingContext,
  template: number,
  moved: readonly Named[],
): readonly SourceSegment[] {
  const byPlace = new Map<string, SourceSegment>();
  for (const segment of workload.segments) {
    if (segment.template !== template || (segment.kind !== "hole" && segment.kind !== "block")) continue;
    byPlace.set(`${segment.range.start} ${segment.range.end} ${segment.name}`, segment);
  }
  return moved.flatMap(({ range, name }) => byPlace.get(`${range.start} ${range.end} ${name}`) ?? []);
}

function fixesOf({ trial, within }: Tried, names: readonly string[]): Pick<Finding, "fixes"> {
  if (trial.edits === null) return {};
  const title = `Move ${listed(names)} to the end of the ${within}`;
  return { fixes: [{ title, edits: trial.edits, effect: trial.gain }] };
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

/** What models are sent between turns: text that writes them itself cannot be put in another order. */
const turnTokens =
  /<\|(?:im_start|im_end|eot_id|end_of_turn|end|user|assistant|start_header_id)\|>|<(?:start|end)_of_turn>|\[\/INST\]|<\/s>|^### (?:Response|Assistant):?[ \t]*$/m;

function writesTurns({ prefixes }: FindingContext, { template }: SourceSegment): boolean {
  return (prefixes[template]?.texts ?? []).some(({ text }) => turnTokens.test(text));
}

/** Behind the question there is no more than this where it was put last on purpose: characters. */
const longestEnding = 96;

/**
 * Whether what changes in every call stands at the end, behind a value of which nothing is known: a document or a setting
 * that was put first so that it can be reused.
 */
function isInFrontOfTheQuestion({ segments }: Template, { range, name }: SourceSegment): boolean {
  let isBehind = false;
  let ending: number | null = null;
  for (const segment of inOrder(segments)) {
    if (segment.kind === "text") {
      if (ending !== null) ending += segment.text.length;
    } else if (segment.kind === "hole" || segment.kind === "block") {
      const isSame = segment.range.start === range.start && segment.range.end === range.end;
      const { scope, basis } = segment.scope;
      if (isSame && segment.name === name) isBehind = true;
      else if (isBehind && basis !== "unknown" && (scope === "request" || scope === "volatile")) ending ??= 0;
    }
  }
  return ending !== null && ending <= longestEnding;
}

/** "another value each time" says nothing of time: an id is as new. */
const speaksOfTime = /\b(?:now|utcnow|clock|(?<!\beach )time|timestamp|datetime|date|another time|Date)\b/;

function adviceFor({ scope }: SourceSegment, others: readonly SourceSegment[], best: Tried | null): string {
  const together =
    others.length === 0 ? "it" : `it, and ${listed(others.map(({ name }) => `"${name}"`))} with it,`;
  if (best?.within === "conversation") {
    return `Send ${together.replace(/,$/, "")} with the latest message of the conversation, behind all that was said before.`;
  }
  const behind =
    best?.within === "prompt"
      ? "behind the text of all messages that stays the same"
      : "behind the text that stays the same";
  if (scope?.basis === "unknown") {
    return `If its value changes from call to call, move ${together} ${behind}; if not, declare how often it does.`;
  }
  const shorter =
    scope?.scope === "volatile" && speaksOfTime.test(scope.reason)
      ? ", or write no more of it than changes once a day"
      : "";
  const marked = best?.trial.needsMark === true ? ", and mark the end of that text for the cache" : "";
  return `Move ${together} ${behind}${marked}${shorter}.`;
}
