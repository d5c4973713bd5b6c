/**
 * A captured request says again what the one before it said, with something changed in front: a checksum, a clock, a turn
 * that was dropped. It leaves its own conversation there. Both values are known, since both requests are.
 */

import { fates } from "../core/fates.ts";
import { fateIndex } from "../core/replay/ledger.ts";
import { inOrder } from "../prompt/conversations.ts";
import { sliceText } from "../prompt/segments.ts";
import type { CapturedRequest, Role, Template, TextSegment } from "../prompt/template.ts";
import { plural } from "../words/numbers.ts";
import { excerpt } from "./excerpt.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { lossHeadline } from "./sentences.ts";
import { addLoss, isWorthEdit, type Loss, stakeOf, worthSaying } from "./stake.ts";

export const resentChanged: Rule = {
  id: "resent-changed",
  title: "A captured request that changes what was said before",
  scope: "template",
  check: (context) =>
    context.templates.flatMap((template, index) =>
      template.captured === undefined ? [] : findingsIn(context, template, template.captured, index),
    ),
};

interface Text {
  readonly role: Role | null;
  readonly segment: TextSegment;
}

/** Where a request parts from the one before it. */
interface Parting {
  /** Tells the place of the same change in the next request. */
  readonly place: string;
  /** A clause for the headline, with the one name that may be cut between « and ». */
  readonly short: string;
  readonly says: string;
  readonly fix: string;
  readonly here: Place;
  readonly there: Place;
  /** Texts behind the change, up to the next one, which this change alone loses; and units of the changed text's own end. */
  readonly behind: readonly TextSegment[];
}

interface Place {
  readonly path: string;
  readonly range: { readonly start: number; readonly end: number };
}

function findingsIn(
  context: FindingContext,
  template: Template,
  captured: readonly CapturedRequest[],
  index: number,
): readonly Finding[] {
  const { outcomes, workload } = context;
  const rows = workload.requestsOf[index] ?? [];
  const byPlace = new Map<string, { readonly first: Parting; readonly loss: Loss }>();
  // The same texts come back in every request.
  const counts = new Map<string, number>();
  const tokensOf = (text: string): number => {
    const known = counts.get(text) ?? context.tokenizer.count(text);
    counts.set(text, known);
    return known;
  };
  for (const [turn, row] of rows.entries()) {
    const diverged = outcomes.fates[row * fates.length + fateIndex.diverged] ?? 0;
    const [before, now] = [captured[turn - 1], captured[turn]];
    if (diverged === 0 || before === undefined || now === undefined) continue;
    const parting = partingOf(before, now);
    if (parting === null) continue;
    const entry = byPlace.get(parting.place) ?? {
      first: parting,
      loss: { tokens: 0, ttftSeconds: 0, requests: 0 },
    };
    byPlace.set(parting.place, entry);
    const behind = parting.behind.reduce((sum, { text }) => sum + tokensOf(text), 0);
    addLoss(context, entry.loss, row, Math.min(diverged, behind));
  }
  return [...byPlace.values()].flatMap(
    ({ first, loss }) => describe(context, template, first, loss, rows.length) ?? [],
  );
}

function describe(
  context: FindingContext,
  template: Template,
  { short, says, fix, here, there }: Parting,
  loss: Loss,
  requests: number,
): Finding | null {
  const stake = stakeOf(context, loss, requests);
  if (stake.tokensPerRequest < worthSaying) return null;
  const often = `${plural(loss.requests, "request")} of ${requests} of this conversation`;
  return {
    rule: resentChanged.id,
    severity: isWorthEdit(stake) ? "warning" : "hint",
    templateId: template.id,
    path: here.path,
    range: here.range,
    message: lossHeadline(stake, short),
    detail: `${says} The same happens to ${often}: ${plural(loss.tokens, "token")} that had been sent before stand behind it, and are prefilled again. ${fix}`,
    stake,
    assumptions: [],
    related: [{ ...there, message: "The request before it, at the same place." }],
  };
}

/** `null` where the request only goes on, or nothing of the earlier one is behind the change. */
function partingOf(before: CapturedRequest, now: CapturedRequest): Parting | null {
  const [old, own] = [textsOf(before), textsOf(now)];
  const tool = now.tools.findIndex(({ json }, at) => json !== before.tools[at]?.json);
  const lastTool = before.tools.length > now.tools.length ? now.tools.length - 1 : tool;
  if (tool >= 0 || before.tools.length !== now.tools.length)
    return toolParting(before, now, Math.max(0, lastTool), own);
  let at = 0;
  while (at < own.length && at < old.length && isEqual(own[at]!, old[at]!)) at++;
  const [mine, theirs] = [own[at], old[at]];
  if (mine === undefined || theirs === undefined) return null;
  const moved = old.findIndex((text, other) => other > at && isEqual(text, mine));
  if (moved > 0) return droppedParting(before, now, { at, moved, own, old });
  return changedParting(before, now, { at, own, old });
}

function toolParting(
  before: CapturedRequest,
  now: CapturedRequest,
  at: number,
  own: readonly Text[],
): Parting | null {
  const [mine, theirs] = [now.tools[at] ?? before.tools[at], before.tools[at] ?? now.tools[at]];
  if (mine === undefined || theirs === undefined) return null;
  return {
    place: `tool ${mine.name}`,
    short: `the tools change at «${mine.name}»`,
    says: `The tool ${mine.name} is another one than in the request before, or stands at another place; tools stand in front of the messages.`,
    fix: "Send the same tools in the same order in every request of a conversation.",
    here: { path: mine.path, range: mine.range },
    there: { path: theirs.path, range: theirs.range },
    behind: own.map(({ segment }) => segment),
  };
}

interface Compared {
  readonly at: number;
  readonly own: readonly Text[];
  readonly old: readonly Text[];
}

function droppedParting(
  before: CapturedRequest,
  now: CapturedRequest,
  { at, moved, own, old }: Compared & { readonly moved: number },
): Parting {
  const [mine, gone] = [own[at]!, old[at]!];
  const dropped = plural(moved - at, "earlier text");
  return {
    place: "dropped",
    short: `${dropped} ${moved - at === 1 ? "is" : "are"} gone, first «${excerpt(gone.segment.text)}»`,
    says: `${dropped} of the request before ${moved - at === 1 ? "is" : "are"} not sent any more, so that what follows stands behind another beginning.`,
    fix: "Keep what was sent as it was, or drop earlier turns seldom and many at a time.",
    here: { path: now.path, range: mine.segment.range },
    there: { path: before.path, range: gone.segment.range },
    behind: equalFrom(own, at, old, moved),
  };
}

function changedParting(
  before: CapturedRequest,
  now: CapturedRequest,
  { at, own, old }: Compared,
): Parting | null {
  const [mine, theirs] = [own[at]!, old[at]!];
  if (mine.role !== theirs.role) return null;
  const [a, b] = [mine.segment, theirs.segment];
  const change = changeBetween(a.text, b.text);
  const end = { from: a.text.length - change.sameAtEnd, to: a.text.length };
  const rest = change.sameAtEnd === 0 ? [] : [sliceText(a, end.from, end.to)];
  const where = mine.role === "system" || mine.role === "developer" ? "the system message" : `text ${at + 1}`;
  const value = (text: string, { start, end: to }: Span) =>
    start === to ? "nothing" : excerpt(text.slice(start, to));
  const [newValue, oldValue] = [value(a.text, change.own), value(b.text, change.other)];
  return {
    place: `${mine.role} ${at}`,
    short: `«${newValue}» stands where ${excerpt(oldValue, shownOld)} was`,
    says: `In ${where}, "${newValue}" stands where the request before had "${oldValue}", in front of text that is the same.`,
    fix: "Send the same value in all requests of a conversation, or put it behind everything that stays.",
    here: { path: now.path, range: rangeOf(a, change.own) },
    there: { path: before.path, range: rangeOf(b, change.other) },
    behind: [...rest, ...equalFrom(own, at + 1, old, at + 1)],
  };
}

/** Characters of the earlier value in a headline. */
const shownOld = 16;

function rangeOf(segment: TextSegment, { start, end }: Span): Place["range"] {
  const to = Math.min(segment.text.length, Math.max(end, start + 1));
  return sliceText(segment, Math.min(start, to), to).range;
}

function textsOf({ segments }: CapturedRequest): readonly Text[] {
  let role: Role | null = null;
  return inOrder(segments).flatMap((segment): readonly Text[] => {
    if (segment.kind === "marker") role = segment.role;
    return segment.kind === "text" ? [{ role, segment }] : [];
  });
}

function isEqual(a: Text, b: Text): boolean {
  return a.role === b.role && a.segment.text === b.segment.text;
}

function equalFrom(
  own: readonly Text[],
  at: number,
  old: readonly Text[],
  other: number,
): readonly TextSegment[] {
  const equal: TextSegment[] = [];
  for (let step = 0; at + step < own.length && other + step < old.length; step++) {
    const mine = own[at + step]!;
    if (!isEqual(mine, old[other + step]!)) break;
    equal.push(mine.segment);
  }
  return equal;
}

/** UTF-16 units `[start, end)` of a text. */
interface Span {
  readonly start: number;
  readonly end: number;
}

const inWord = /[\p{L}\p{N}_]/u;

/** The words that differ, from the first to the last, and how many units behind them are the same. */
function changeBetween(own: string, other: string) {
  const most = Math.min(own.length, other.length);
  let start = 0;
  while (start < most && own[start] === other[start]) start++;
  let sameAtEnd = 0;
  while (sameAtEnd < most - start && own.at(-1 - sameAtEnd) === other.at(-1 - sameAtEnd)) sameAtEnd++;
  while (start > 0 && inWord.test(own[start - 1]!)) start--;
  while (sameAtEnd > 0 && inWord.test(own.at(-sameAtEnd)!)) sameAtEnd--;
  const span = (text: string): Span => ({ start, end: Math.max(start, text.length - sameAtEnd) });
  return { own: span(own), other: span(other), sameAtEnd };
}
