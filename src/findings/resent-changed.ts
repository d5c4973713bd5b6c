/**
 * A captured request says again what the one before it said, with something changed in front: a checksum, a clock, a turn
 * that was dropped. It leaves its own conversation there. Both values are known, since both requests are.
 */

import { fates } from "../core/fates.ts";
import { fateIndex } from "../core/replay/ledger.ts";
import { inOrder } from "../prompt/conversations.ts";
import { sliceText } from "../prompt/segments.ts";
import type { CapturedRequest, Role, Segment, Template, TextSegment } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { plural } from "../words/numbers.ts";
import { excerpt } from "./excerpt.ts";
import type { Finding, FindingContext, Rule, Stake, Trial } from "./finding.ts";
import { type ClauseAbout, lossHeadline } from "./sentences.ts";
import { addLoss, isWorthEdit, type Loss, stakeOf, worthSaying } from "./stake.ts";
import { promised, restated } from "./tried.ts";

export const resentChanged: Rule = {
  id: "resent-changed",
  get title() {
    return t("A captured request that changes what was said before");
  },
  scope: "template",
  *check(context) {
    const findings: Finding[] = [];
    for (const [index, template] of context.templates.entries()) {
      if (template.captured !== undefined)
        findings.push(...(yield* findingsIn(context, template, template.captured, index)));
    }
    return findings;
  },
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
  readonly short: string | ClauseAbout;
  readonly says: string;
  readonly fix: string;
  readonly here: Place;
  readonly there: Place;
  /** Texts behind the change, up to the next one, which this change alone loses; and units of the changed text's own end. */
  readonly behind: readonly TextSegment[];
  /** The request with what the one before it said in this place. */
  kept(): CapturedRequest;
}

interface Place {
  readonly path: string;
  readonly range: { readonly start: number; readonly end: number };
}

/** Tokens that are written anew to try what is said of one conversation; the largest loss is always tried. */
const mostTried = 2_000_000;

function* findingsIn(
  context: FindingContext,
  template: Template,
  captured: readonly CapturedRequest[],
  index: number,
): Generator<void, readonly Finding[], void> {
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
  const promptTokens = rows.reduce((sum, row) => sum + (outcomes.promptTokens[row] ?? 0), 0);
  const findings: Finding[] = [];
  let left = Math.max(mostTried, promptTokens);
  for (const { first, loss } of [...byPlace.values()].sort((a, b) => b.loss.tokens - a.loss.tokens)) {
    const lost = stakeOf(context, loss, rows.length);
    if (lost.tokensPerRequest < worthSaying) continue;
    let trial: Trial | null = null;
    if (isWorthEdit(lost) && left >= promptTokens) {
      left -= promptTokens;
      const edited = { ...template, captured: keptThroughout(captured, first.place) };
      trial = (yield* context.tryChange?.(template, { key: first.place, edited }) ?? []) ?? null;
    }
    const { finding, said } = describe(context, template, first, {
      loss,
      lost,
      trial,
      requests: rows.length,
    });
    findings.push(finding);
    if (trial !== null)
      context.onTried?.(finding, trial, (gain) => restated(context, finding, said, trial, gain));
  }
  return findings;
}

/** The requests as they would be if nothing had changed in that place since the first one that was sent. */
function keptThroughout(captured: readonly CapturedRequest[], place: string): readonly CapturedRequest[] {
  const kept: CapturedRequest[] = [];
  for (const request of captured) {
    const before = kept.at(-1);
    let now = request;
    // As many messages may have been dropped as there are, one after the other.
    for (let change = 0; before !== undefined && change < mostChanges; change++) {
      const parting = partingOf(before, now);
      if (parting?.place !== place) break;
      now = parting.kept();
    }
    kept.push(now);
  }
  return kept;
}

/** Changes of one kind between two requests. */
const mostChanges = 64;

interface Stakes {
  readonly loss: Loss;
  readonly lost: Stake;
  readonly trial: Trial | null;
  readonly requests: number;
}

function describe(
  context: FindingContext,
  template: Template,
  { short, says, fix, here, there }: Parting,
  { loss, lost, trial, requests }: Stakes,
): { readonly finding: Finding; said(stake: Stake): Pick<Finding, "message" | "detail"> } {
  const { stake, isWorth } = promised(context, lost, trial);
  const detail = t(
    "{says} The same happens to {losing} of {requests} of this conversation: {tokens} that had been sent before stand behind it, and are prefilled again. {fix}",
    { says, losing: plural(loss.requests, "request"), requests, tokens: plural(loss.tokens, "token"), fix },
  );
  const said = (atStake: Stake) => ({ message: lossHeadline(context, atStake, short), detail });
  const finding: Finding = {
    rule: resentChanged.id,
    severity: isWorth ? "warning" : "hint",
    templateId: template.id,
    path: here.path,
    range: here.range,
    ...said(stake),
    stake,
    assumptions: [],
    related: [{ ...there, message: t("The request before it, at the same place.") }],
  };
  return { finding, said };
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
    place: "tools",
    short: { name: mine.name, say: (name) => t("the tools change at {0}", name) },
    says: t(
      "The tool {0} is another one than in the request before, or stands at another place; tools stand in front of the messages.",
      mine.name,
    ),
    fix: t("Send the same tools in the same order in every request of a conversation."),
    here: { path: mine.path, range: mine.range },
    there: { path: theirs.path, range: theirs.range },
    behind: own.map(({ segment }) => segment),
    kept: () => ({
      ...now,
      tools: before.tools.map((each, index) => placedAt(each, now.tools[index] ?? mine)),
    }),
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
  const isOne = moved - at === 1;
  return {
    place: "dropped",
    short: {
      name: excerpt(gone.segment.text),
      say: (name) =>
        isOne
          ? t("{dropped} is gone, first {name}", { dropped, name })
          : t("{dropped} are gone, first {name}", { dropped, name }),
    },
    says: isOne
      ? t(
          "{0} of the request before is not sent any more, so that what follows stands behind another beginning.",
          dropped,
        )
      : t(
          "{0} of the request before are not sent any more, so that what follows stands behind another beginning.",
          dropped,
        ),
    fix: t("Keep what was sent as it was, or drop earlier turns seldom and many at a time."),
    here: { path: now.path, range: mine.segment.range },
    there: { path: before.path, range: gone.segment.range },
    behind: equalFrom(own, at, old, moved),
    kept: () => {
      const { start } = mine.segment.range;
      const gap = { range: { start, end: start } };
      const [mineNow, theirs] = [messageTexts(now), messageTexts(before)];
      const missing = theirs.slice(at, moved).flat();
      const segments = [
        ...mineNow.slice(0, at).flat(),
        ...missing.map((each): Leaf => placedAt(plain(each), gap)),
        ...mineNow.slice(at).flat(),
      ];
      return { ...now, segments };
    },
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
  const isSystem = mine.role === "system" || mine.role === "developer";
  const value = (text: string, { start, end: to }: Span) =>
    start === to ? t("nothing") : excerpt(text.slice(start, to));
  const [newValue, oldValue] = [value(a.text, change.own), value(b.text, change.other)];
  return {
    place: `${mine.role} ${at}`,
    short: {
      name: newValue,
      say: (name) => t("{name} stands where {old} was", { name, old: excerpt(oldValue, shownOld) }),
    },
    says: isSystem
      ? t(
          'In the system message, "{newValue}" stands where the request before had "{oldValue}", in front of text that is the same.',
          { newValue, oldValue },
        )
      : t(
          'In text {number}, "{newValue}" stands where the request before had "{oldValue}", in front of text that is the same.',
          { number: at + 1, newValue, oldValue },
        ),
    fix: t("Send the same value in all requests of a conversation, or put it behind everything that stays."),
    here: { path: now.path, range: rangeOf(a, change.own) },
    there: { path: before.path, range: rangeOf(b, change.other) },
    behind: [...rest, ...equalFrom(own, at + 1, old, at + 1)],
    kept: () => {
      const texts = messageTexts(now).flat();
      const segments = texts.map((each): Leaf => (each === a ? placedAt(plain(b), a) : each));
      return { ...now, segments };
    },
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

type Leaf = Segment & { readonly kind: "marker" | "text" };

/** Each text with the markers in front of it; those behind the last one by themselves. */
function messageTexts({ segments }: CapturedRequest): readonly (readonly Leaf[])[] {
  const groups: Leaf[][] = [[]];
  for (const segment of inOrder(segments)) {
    if (segment.kind !== "marker" && segment.kind !== "text") continue;
    groups.at(-1)!.push(segment);
    if (segment.kind === "text") groups.push([]);
  }
  return groups;
}

function placedAt<T extends Pick<Place, "range">>(thing: T, { range }: Pick<Place, "range">): T {
  return { ...thing, range };
}

/** Without the places of its characters, which are those of another request. */
function plain(leaf: Leaf): Leaf {
  return leaf.kind === "text" ? { kind: "text", range: leaf.range, text: leaf.text } : leaf;
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
