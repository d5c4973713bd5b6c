/**
 * A hole whose value changes stands in front of text that does not: every request leaves the others there, and the text
 * behind it is prefilled again. Which hole it is comes from the ledger: tokens that diverged because of it. What is promised is
 * what moving it gives, and all that has to be moved with it, when the conversations are replayed.
 */

import { assertNever } from "../core/invariant.ts";
import { inDays } from "../prompt/day.ts";
import type { Named, TextEdit } from "../prompt/move.ts";
import { type Scope, type ScopeClaim, scopes } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import { t } from "../words/l10n.ts";
import { listed } from "../words/lists.ts";
import { bytes } from "../words/numbers.ts";
import type { SourceSegment } from "../workload/workload.ts";
import { bestMoves, type Tried } from "./best-move.ts";
import { lossesByCulprit } from "./culprit-losses.ts";
import type { Finding, FindingContext, Fix, Rule, Stake } from "./finding.ts";
import { lossHeadline } from "./sentences.ts";
import {
  isWorthEdit,
  isWorthGuess,
  isWorthSharing,
  isWorthTriedEdit,
  type Loss,
  stakeOf,
  worthSaying,
} from "./stake.ts";
import { restated, stakeOfGain } from "./tried.ts";
import { unorderedLosses } from "./unstable-order.ts";
import { isStanding, isWhole } from "./whole-prompt.ts";

export const volatileEarly: Rule = {
  id: "volatile-early",
  get title() {
    return t("A changing value before static text");
  },
  scope: "template",
  *check(context) {
    const findings: Finding[] = [];
    const shown = new Map<number, Loser[]>();
    const hints: Loser[] = [];
    // Where only the order changes, moving is not the remedy, and another rule says so.
    const unordered = unorderedLosses(context);
    for (const [culprit, loss] of yield* lossesByCulprit(context)) {
      const loser = unordered.has(culprit) ? null : loserOf(context, culprit, loss);
      if (loser === null) continue;
      const known = shown.get(loser.segment.template);
      if (loser.severity === "hint") hints.push(loser);
      else if (known === undefined) shown.set(loser.segment.template, [loser]);
      else known.push(loser);
    }
    const moved = new Set<SourceSegment>();
    for (const losers of shown.values()) {
      const { best, bestEdit } = yield* bestMoves(
        context,
        losers.map(({ segment: { template }, scope }) => ({ template, scope })),
      );
      const known = knownAmong(context, losers, best);
      if (known.length === 0) continue;
      const fixes =
        best === null ? [] : [...moveFixes(context, losers, bestEdit), ...(yield* dayFixes(context, known))];
      const { finding, said } = describe(context, known, best, fixes);
      findings.push(finding);
      if (best === null) continue;
      context.onTried?.(finding, best.trial, (gain) => restated(context, finding, said, best.trial, gain));
      for (const segment of sourcesOf(context, losers[0]!.segment.template, best.move.moved))
        moved.add(segment);
    }
    // What is moved with another is said there.
    const left = hints.filter((loser) => !isUnknown(loser.segment) && !moved.has(loser.segment));
    return [...findings, ...left.map((loser) => describe(context, [loser], null, []).finding)];
  },
};

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
  if (segment.isHistory || (isUnknown(segment) && isStanding(segment, template))) return null;
  const isShown = isWorthEdit(stake) && isWhole(context, segment.template) && !writesTurns(context, segment);
  const severity = isShown ? severityOf(segment, stake) : "hint";
  return { segment, scope: segment.scope, stake, severity };
}

/** Of a value of which nothing is known nothing is said here, see undeclared.ts. */
function isUnknown({ scope }: SourceSegment): boolean {
  return scope?.basis === "unknown";
}

/** Whom to speak of: where requests part at what is not known, what is known and has to go along. */
function knownAmong(context: FindingContext, losers: readonly Loser[], best: Tried | null): readonly Loser[] {
  const known = losers.filter(({ segment }) => !isUnknown(segment));
  if (known.length > 0 || best === null) return known;
  const { stake, segment } = losers[0]!;
  return sourcesOf(context, segment.template, best.move.moved).flatMap((each) =>
    each.scope === null || isUnknown(each)
      ? []
      : [{ segment: each, scope: each.scope, stake, severity: severityOf(each, stake) }],
  );
}

function describe(
  context: FindingContext,
  losers: readonly Loser[],
  best: Tried | null,
  fixes: readonly Fix[],
): { readonly finding: Finding; said(stake: Stake): Pick<Finding, "message" | "detail"> } {
  const sorted = losers.toSorted(byChange);
  const { segment, scope, severity, ...lost } =
    sorted.find(({ segment: { range } }) => isAmong(best, range)) ?? sorted[0]!;
  const template = context.templates[segment.template]!;
  const moved = best === null ? [segment] : sourcesOf(context, segment.template, best.move.moved);
  const others = moved.filter((each) => each !== segment);
  // What is not known may have to go along, but it is not what the sentence is about.
  const names = [...new Set([segment, ...others.filter((each) => !isUnknown(each))].map(({ name }) => name))];
  const stake = best === null ? lost.stake : stakeOfGain(context, best.trial.gain);
  const isEvery = scope.scope === "request" || scope.scope === "volatile";
  const isGuess = moved.some(isUnknown);
  const isWorthTried = isGuess ? isWorthGuess(stake) : isWorthTriedEdit(stake);
  const isWorth = best !== null && isWorthTried && (isEvery || isWorthSharing(stake));
  const said = (atStake: Stake) => ({
    message: lossHeadline(context, atStake, {
      name: listed(names),
      say: (name) => clause(name, segment.kind === "block", names.length === 1),
    }),
    detail: detailText(segment, scope, bytes(atStake.bytes), adviceFor(segment, others, best)),
  });
  const { path, range } = segment;
  const finding: Finding = {
    rule: volatileEarly.id,
    severity: !isWorth ? "hint" : isGuess && severity === "warning" ? "information" : severity,
    templateId: template.id,
    path,
    range,
    ...said(stake),
    stake,
    assumptions: ["moved-hole", "hole-values", ...(scope.basis === "declared" ? [] : ["inferred-scopes"])],
    related: others.map((each) => ({ path: each.path, range: each.range, message: besideText(each) })),
    ...(isWorth && fixes.length > 0 && { fixes }),
  };
  return { finding, said };
}

function clause(names: string, isBlock: boolean, isOne: boolean): string {
  if (!isOne) return t("{0} stand before the shared text", names);
  return isBlock
    ? t("the block {0} stands before the shared text", names)
    : t("{0} stands before the shared text", names);
}

function detailText({ name }: SourceSegment, scope: ScopeClaim, kv: string, advice: string): string {
  const what = { change: changes[scope.scope](name), reason: scope.reason, kv, advice };
  switch (scope.basis) {
    case "declared":
      return t(
        "{change} ({reason}), so that the text behind it, which has been sent before, is prefilled again and held once more ({kv} of KV). {advice}",
        what,
      );
    case "inferred":
      return t(
        "{change} (inferred: {reason}), so that the text behind it, which has been sent before, is prefilled again and held once more ({kv} of KV). {advice}",
        what,
      );
    case "unknown":
      return t(
        "{change} (unknown: {reason}), so that the text behind it, which has been sent before, is prefilled again and held once more ({kv} of KV). {advice}",
        what,
      );
    default:
      return assertNever(scope.basis);
  }
}

/** What has to go along with another value. */
function besideText(segment: SourceSegment): string {
  const { name, scope } = segment;
  if (isUnknown(segment))
    return t('nothing is known of "{0}": move it too, or declare that it changes less often', name);
  return t("{0}: move it too", scope === null ? t('"{0}" changes', name) : changes[scope.scope](name));
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

/** The best move that an edit makes: where the best of all takes more than that, it says what it gives itself. */
function moveFixes(
  context: FindingContext,
  losers: readonly Loser[],
  bestEdit: Tried | null,
): readonly Fix[] {
  if (bestEdit === null || bestEdit.trial.edits === null) return [];
  const { move, trial, within } = bestEdit;
  if (!isWorthTriedEdit(stakeOfGain(context, trial.gain))) return [];
  const moved = sourcesOf(context, losers[0]!.segment.template, move.moved);
  // What nothing is known of goes along, and is not what is spoken of; where that is all, it is.
  const known = moved.filter((each) => !isUnknown(each));
  const names = [...new Set((known.length > 0 ? known : moved).map(({ name }) => name))];
  return [
    {
      title: moveTitle(listed(names), within),
      edits: bestEdit.trial.edits,
      effect: trial.gain,
    },
  ];
}

function moveTitle(names: string, within: Tried["within"]): string {
  switch (within) {
    case "message":
      return t("Move {0} to the end of the message", names);
    case "prompt":
      return t("Move {0} to the end of the prompt", names);
    case "conversation":
      return t("Move {0} to the end of the conversation", names);
    default:
      return assertNever(within);
  }
}

/** Clocks that could write no more than the day, each tried by itself; what the others cost stays. */
function* dayFixes(context: FindingContext, losers: readonly Loser[]): Generator<void, readonly Fix[], void> {
  const fixes: Fix[] = [];
  for (const { segment, scope } of losers) {
    const template = context.templates[segment.template]!;
    const edit = scope.scope === "volatile" ? dayEdit(context, segment) : null;
    const trial = edit === null ? null : yield* context.tryEdits?.(template, [edit]) ?? [];
    if (!trial || trial.edits === null || trial.gain.tokensPerRequest < worthSaying) continue;
    fixes.push({
      title: t("Write only the day of {0}", segment.name),
      edits: trial.edits,
      effect: trial.gain,
    });
  }
  return fixes;
}

function dayEdit({ textOf }: FindingContext, { path, range }: SourceSegment): TextEdit | null {
  const text = textOf?.(path) ?? null;
  if (text === null) return null;
  const written = text.slice(range.start, range.end);
  // What closes a hole is no part of its expression.
  const [inside = written] = /^[\s\S]*?(?=[\s~-]*[%}]*\}?$)/.exec(written) ?? [];
  const shorter = inDays(inside);
  const end = range.start + inside.length;
  return shorter === null ? null : { path, range: { start: range.start, end }, newText: shorter };
}

/** How often what has the name changes. */
const changes: Readonly<Record<Scope, (name: string) => string>> = {
  constant: (name) => t('"{0}" is fixed at deployment', name),
  day: (name) => t('"{0}" changes once a day', name),
  tenant: (name) => t('"{0}" differs between tenants', name),
  session: (name) => t('"{0}" differs between conversations', name),
  request: (name) => t('"{0}" is new in every call', name),
  volatile: (name) => t('"{0}" never repeats', name),
};

function severityOf({ scope }: SourceSegment, stake: Stake): Finding["severity"] {
  if (scope === null || scope.scope === "constant") return "hint";
  if (scope.scope === "volatile" || scope.scope === "request") return "warning";
  return isWorthSharing(stake) ? "information" : "hint";
}

/** What models are sent between turns: text that writes them itself cannot be put in another order. */
const turnTokens =
  /<\|(?:im_start|im_end|eot_id|end_of_turn|end|user|assistant|start_header_id)\|>|<(?:start|end)_of_turn>|\[\/INST\]|<\/s>|^### (?:Response|Assistant):?[ \t]*$/m;

function writesTurns({ prefixes }: FindingContext, { template }: SourceSegment): boolean {
  return (prefixes[template]?.texts ?? []).some(({ text }) => turnTokens.test(text));
}

/** "another value each time" says nothing of time: an id is as new. */
const speaksOfTime = /\b(?:now|utcnow|clock|(?<!\beach )time|timestamp|datetime|date|another time|Date)\b/;

function adviceFor({ scope }: SourceSegment, others: readonly SourceSegment[], best: Tried | null): string {
  const names = listed(others.map(({ name }) => `"${name}"`));
  if (best?.within === "conversation") {
    return others.length === 0
      ? t("Send it with the latest message of the conversation, behind all that was said before.")
      : t(
          "Send it, and {0} with it with the latest message of the conversation, behind all that was said before.",
          names,
        );
  }
  const needsMark = best?.trial.needsMark === true;
  const moved = moveText(names, best?.within === "prompt");
  const marked = needsMark ? t("{0}, and mark the end of that text for the cache", moved) : moved;
  return scope?.scope === "volatile" && speaksOfTime.test(scope.reason)
    ? t("{0}, or write no more of it than changes once a day.", marked)
    : `${marked}.`;
}

/** What to do with a value, and with the others that have to go along, if there are any. */
function moveText(others: string, isInPrompt: boolean): string {
  if (others === "")
    return isInPrompt
      ? t("Move it behind the text of all messages that stays the same")
      : t("Move it behind the text that stays the same");
  return isInPrompt
    ? t("Move it, and {0} with it, behind the text of all messages that stays the same", others)
    : t("Move it, and {0} with it, behind the text that stays the same", others);
}
