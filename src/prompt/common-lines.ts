/**
 * Two prompts that say almost the same: what only one of them says is moved behind the lines that both say, so that they begin
 * alike. Lines stay whole, and take the heading or the tags along that would hold nothing. Start at `differencesBehind`.
 */
import { diffArrays } from "diff";
import { type Move, unitsBehind } from "./move.ts";
import type { Template } from "./template.ts";
import type { TextRange } from "./text.ts";
import { isLabel, isPair, joinedRanges, linesOf, rangeOf, textOf, type Unit } from "./units.ts";

/** One of the two prompts. */
export interface Rearranged {
  readonly move: Move;
  /** What both begin with then: its lines, in the document as it is. */
  readonly shared: readonly TextRange[];
}

/** Of what is shared, in characters: more than this is not moved. */
const mostMoved = 0.25;

/** Common lines of fewer characters between two differences do not make up for a difference that is moved. */
const worthFollowing = 64;

/**
 * `null` where the two begin alike already, share too little, or differ too much. What is compared is the text in front of all
 * holes, of the first message.
 */
export function differencesBehind(a: Template, b: Template): readonly [Rearranged, Rearranged] | null {
  const [own, other] = [leadingLines(a), leadingLines(b)];
  const common = commonLines(own, other);
  const isShared = sharedLines(own, common);
  const shared = common.filter((_, at) => isShared[at]);
  if (shared.length === 0) return null;
  const [first, second] = [
    rearranged(
      a,
      own,
      shared.map(([line]) => line),
    ),
    rearranged(
      b,
      other,
      shared.map(([, line]) => line),
    ),
  ];
  return first === null || second === null ? null : [first, second];
}

/** Indices of one line in both. */
type Common = readonly [own: number, other: number];

interface Leading {
  readonly units: readonly Unit[];
  /** How many of them, from the first on, are whole lines. */
  readonly whole: number;
  /** Segments in front of them, and up to their end. */
  readonly start: number;
  readonly end: number;
}

const nothing: Leading = { units: [], whole: 0, start: 0, end: 0 };

function leadingLines({ segments }: Template): Leading {
  const start = segments.findIndex(({ kind }) => kind !== "marker");
  const ahead = segments.slice(Math.max(0, start)).findIndex(({ kind }) => kind !== "text");
  const end = ahead < 0 ? segments.length : start + ahead;
  if (start < 0 || end === start) return nothing;
  const units = linesOf(segments.slice(start, end));
  const isCut = segments[end] !== undefined && segments[end].kind !== "marker";
  const last = units.at(-1)!.at(-1)!;
  const isOpen = isCut && last.kind === "text" && !last.text.endsWith("\n");
  return { units, whole: isOpen ? units.length - 1 : units.length, start, end };
}

function commonLines(own: Leading, other: Leading): readonly Common[] {
  const textsOf = ({ units, whole }: Leading) => units.slice(0, whole).map(textOf);
  const common: Common[] = [];
  let [line, there] = [0, 0];
  for (const { added, removed, count } of diffArrays(textsOf(own), textsOf(other))) {
    if (!added && !removed) for (let at = 0; at < count; at++) common.push([line + at, there + at]);
    if (!added) line += count;
    if (!removed) there += count;
  }
  return common;
}

/** Which common lines both begin with when all else is moved behind the last of them. */
function sharedLines(own: Leading, common: readonly Common[]): boolean[] {
  const texts = common.map(([line]) => textOf(own.units[line]!));
  const isParted = common.map(
    ([line, there], at) =>
      line !== (common[at - 1]?.[0] ?? -1) + 1 || there !== (common[at - 1]?.[1] ?? -1) + 1,
  );
  const end = lastWorthFollowing(texts, isParted);
  const isShared = texts.map((_, at) => at <= end);
  for (let at = 0; at <= end; at++) if (isParted[at]) takeAlong(texts, isShared, at, end);
  return isShared;
}

/** Index of the last line of the last run that is long enough; -1 where none is. */
function lastWorthFollowing(texts: readonly string[], isParted: readonly boolean[]): number {
  let length = 0;
  let end = -1;
  for (const [at, text] of texts.entries()) {
    length = isParted[at] ? text.length : length + text.length;
    if (length >= worthFollowing) end = at;
  }
  return end;
}

/** What would be left with nothing in it when the lines in front of `at` have gone: tags, a heading, an empty line. */
function takeAlong(texts: readonly string[], isShared: boolean[], at: number, end: number): void {
  let [above, below] = [at - 1, at];
  const near = (from: number, step: 1 | -1) => {
    let found = from;
    while (found >= 0 && found <= end && texts[found]!.trim() === "") found += step;
    return found;
  };
  for (;;) {
    const [opening, closing] = [near(above, -1), near(below, 1)];
    const [open, close] = [texts[opening]?.trim() ?? "", closing > end ? "" : (texts[closing]?.trim() ?? "")];
    const isHeading = isLabel(open) && (close === "" || isLabel(close) || closing > below);
    if (isPair(open, close)) below = closing + 1;
    else if (!isHeading) break;
    above = opening - 1;
  }
  // The empty line that set it apart from what follows.
  const isFirst = above < 0 || texts[above]!.trim() === "";
  if (isFirst && below <= end && texts[below]!.trim() === "") below++;
  for (let line = above + 1; line < below; line++) isShared[line] = false;
}

function rearranged(
  template: Template,
  { units, start, end }: Leading,
  shared: readonly number[],
): Rearranged | null {
  const tail = shared.at(-1)! + 1;
  const isMoved = Array.from({ length: tail }, () => true);
  for (const line of shared) isMoved[line] = false;
  const stays = shared.map((line) => textOf(units[line]!)).join("");
  const goes = units
    .slice(0, tail)
    .reduce((sum, unit, at) => sum + (isMoved[at] ? textOf(unit).length : 0), 0);
  if (goes > stays.length * mostMoved) return null;
  const { path, segments } = template;
  const before = { path, moved: [], taken: [], put: [], at: rangeOf(units[tail - 1]!).end };
  const order =
    goes === 0 ? { segments: units.flat(), move: before } : unitsBehind(path, units, isMoved, tail);
  return {
    move: {
      ...before,
      ...order.move,
      template: {
        ...template,
        segments: [...segments.slice(0, start), ...order.segments, ...segments.slice(end)],
      },
    },
    shared: joinedRanges(shared.map((line) => rangeOf(units[line]!))),
  };
}
