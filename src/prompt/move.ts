/**
 * Moving what changes behind what stays, as an author would: whole lines or sentences, with the heading, the tag or the fence
 * that belongs to them. Every character and every hole of the prompt is there exactly once afterwards.
 * Start reading at `moveBehind`.
 */
import { isBlank, isHistory } from "./segments.ts";
import type { Segment, Template } from "./template.ts";
import type { TextRange } from "./text.ts";
import {
  cutUnits,
  endText,
  filledFrom,
  isFilled,
  isLabel,
  isPair,
  joined,
  joinedRanges,
  linesOf,
  longLine,
  rangeOf,
  rangesOf,
  rotated,
  type Unit,
  withoutEnd,
  wordsOf,
} from "./units.ts";

/** Holes, and blocks by what they depend on. */
export type Named = Extract<Segment, { readonly kind: "hole" | "block" }>;

export interface MoveOptions {
  /** What is to be moved; a block is asked for itself, and for what is inside. */
  isMoved(segment: Named): boolean;
  /** What may stay at the end, behind what is moved: the question of the call, and the like. */
  isLast(segment: Named): boolean;
  /**
   * `message`: behind the text of its own message. `prompt`: behind that of all messages. `conversation`: out of the prompt,
   * to be sent with the latest message of a conversation that follows it.
   */
  within: "message" | "prompt" | "conversation";
}

export interface Move {
  /** The prompt as it would be. */
  readonly template: Template;
  /** What was moved, in its order. */
  readonly moved: readonly Named[];
  /** Document of the following ranges: the template's own, or that of what it consists of. */
  readonly path: string;
  /** Ascending, apart from each other. */
  readonly taken: readonly TextRange[];
  /** Put in at `at`, one after the other: the same characters as `taken`; none where it is to be sent later. */
  readonly put: readonly TextRange[];
  readonly at: number;
}

/** Replaces a range of a document. */
export interface TextEdit {
  readonly path: string;
  readonly range: TextRange;
  readonly newText: string;
}

/** The move as edits of the document that it belongs to. */
export function editsOf({ path, taken, put, at }: Move, text: string): readonly TextEdit[] {
  const moved = put.map(({ start, end }) => text.slice(start, end)).join("");
  // Where a format leaves out indentation, what stood in front of an empty line does not bring that of the next one along.
  const indent = moved.endsWith("\n") ? indentBefore(text, at) : "";
  const newText = `${moved}${indent}`;
  const edits = taken.map((range) => ({ path, range, newText: "" }));
  return [...edits, { path, range: { start: at, end: at }, newText }].sort(
    (a, b) => a.range.start - b.range.start || a.range.end - b.range.end,
  );
}

/** Blanks between the beginning of its line and a place, where there is nothing else. */
function indentBefore(text: string, at: number): string {
  const before = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return before.trim() === "" ? before : "";
}

/** Whether some message of the prompt says nothing, as providers refuse it. */
export function hasEmptyMessage(segments: readonly Segment[]): boolean {
  const filled = segments.filter((segment) => !isBlank(segment));
  return filled.some(({ kind }, at) => kind === "marker" && (filled[at + 1]?.kind ?? "marker") === "marker");
}

/** Of one document, in any order, apart from each other. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const { range, newText } of edits.toSorted((a, b) => a.range.start - b.range.start)) {
    parts.push(text.slice(from, range.start), newText);
    from = Math.max(from, range.end);
  }
  return [...parts, text.slice(from)].join("");
}

/**
 * Moves behind the last text that stays, but in front of a question at the end. `null` where nothing is to be moved, or
 * nothing that stays stands behind it.
 */
export function moveBehind(template: Template, options: MoveOptions): Move | null {
  const { path, segments } = template;
  const done = moveIn({ path, segments }, options);
  return done === null ? null : { ...done.move, template: { ...template, segments: done.segments } };
}

/** Whether two templates say the same: texts, however they are cut, and holes, blocks and includes by how they are written. */
export function isSameText(a: readonly Segment[], b: readonly Segment[]): boolean {
  return spelled(a, (text) => text) === spelled(b, (text) => text);
}

/** The same but for white space: formats drop what stands at the beginning and the end of a message. */
export function isSameButBlanks(a: readonly Segment[], b: readonly Segment[]): boolean {
  return spelled(a, withoutBlanks) === spelled(b, withoutBlanks);
}

function withoutBlanks(text: string): string {
  return text.replace(/\s+/g, "");
}

function spelled(segments: readonly Segment[], read: (text: string) => string): string {
  const parts: string[] = [];
  let text = "";
  const end = () => {
    const said = read(text);
    if (said !== "") parts.push(said);
    text = "";
  };
  for (const segment of segments) {
    if (segment.kind === "text") {
      text += segment.text;
      continue;
    }
    end();
    if (segment.kind === "marker") parts.push(JSON.stringify([segment.role]));
    if (segment.kind === "hole") parts.push(JSON.stringify([segment.form, segment.expression]));
    if (segment.kind === "include") {
      const inner = segment.resolved === null ? null : spelled(segment.resolved.segments, read);
      parts.push(JSON.stringify([segment.target, inner]));
    }
    if (segment.kind === "block") {
      parts.push(
        JSON.stringify([
          segment.form,
          segment.expression,
          spelled(segment.body, read),
          spelled(segment.otherwise, read),
        ]),
      );
    }
  }
  end();
  return JSON.stringify(parts);
}

interface Part {
  readonly path: string;
  readonly segments: readonly Segment[];
}

interface Done {
  readonly segments: readonly Segment[];
  readonly move: Omit<Move, "template">;
}

/** The first stretch in which something can be moved: a message, or all of the prompt; or inside of what it consists of. */
function moveIn({ path, segments }: Part, options: MoveOptions): Done | null {
  for (const { start, end } of stretchesOf(segments, options)) {
    const stretch = segments.slice(start, end);
    const isOneInclude = stretch
      .filter((segment) => !isBlank(segment))
      .every(({ kind }) => kind === "include");
    const done =
      (isOneInclude ? null : moveWithin(path, stretch, options)) ?? moveInInclude(stretch, options);
    if (done === null) continue;
    return { ...done, segments: [...segments.slice(0, start), ...done.segments, ...segments.slice(end)] };
  }
  return null;
}

/** As indices: between markers, and what consists of messages itself, each by itself. */
function stretchesOf(segments: readonly Segment[], { within }: MoveOptions): readonly TextRange[] {
  if (within !== "message") return [{ start: 0, end: segments.length }];
  const stretches: TextRange[] = [];
  let start = 0;
  const close = (end: number) => {
    if (end > start) stretches.push({ start, end });
  };
  for (const [index, segment] of segments.entries()) {
    // Earlier turns are messages of their own.
    const isEnd = segment.kind === "marker" || isHistory(segment);
    if (!isEnd && !holdsMarker(segment)) continue;
    close(index);
    if (!isEnd) stretches.push({ start: index, end: index + 1 });
    start = index + 1;
  }
  close(segments.length);
  return stretches;
}

function holdsMarker(segment: Segment): boolean {
  if (segment.kind !== "include") return false;
  return segment.resolved?.segments.some((inner) => inner.kind === "marker" || holdsMarker(inner)) === true;
}

/** In the first include of the stretch in which something can be moved. */
function moveInInclude(stretch: readonly Segment[], options: MoveOptions): Done | null {
  for (const [index, segment] of stretch.entries()) {
    if (segment.kind !== "include" || segment.resolved === null) continue;
    const done = moveIn(segment.resolved, options);
    if (done === null) continue;
    const include = { ...segment, resolved: { path: segment.resolved.path, segments: done.segments } };
    return { ...done, segments: stretch.with(index, include) };
  }
  return null;
}

function moveWithin(path: string, stretch: readonly Segment[], options: MoveOptions): Done | null {
  const units = linesOf(stretch).flatMap((line) => sentencesOf(line, options));
  const isMoved = units.map((unit) => movedIn(unit, options).length > 0);
  for (const [at, moves] of isMoved.entries()) if (moves) takeAlong(units, isMoved, at);
  if (options.within === "conversation") return takenOut(path, units, isMoved, options);
  const tail = tailOf(units, isMoved, options);
  const moved = [...units.keys()].filter((at) => isMoved[at] && at < tail);
  if (
    moved.length === 0 ||
    !units.some((unit, at) => at > moved[0]! && at < tail && !isMoved[at] && isFilled(unit))
  ) {
    return null;
  }
  const order = unitsBehind(path, units, isMoved, tail);
  return {
    segments: order.segments,
    move: { ...order.move, moved: moved.flatMap((at) => movedIn(units[at]!, options)) },
  };
}

/** What is moved of the units in front of `tail`, at least one, directly in front of it; at least one of them stays. */
export function unitsBehind(
  path: string,
  units: readonly Unit[],
  isMoved: readonly boolean[],
  tail: number,
): { readonly segments: readonly Segment[]; readonly move: Omit<Move, "template" | "moved"> } {
  const moved = [...units.keys()].filter((at) => isMoved[at] && at < tail);
  const stays = units.filter((_, at) => at < tail && !isMoved[at]);
  const before = stays.at(-1)!;
  // A line that becomes the last one takes the end of its line in front of it, and stands in front of what ended the last.
  const isLast = tail === units.length;
  const isRotated = before.at(-1)?.kind !== "marker" && (isLast || !/\s$/.test(endText(before)));
  const put = moved.map((at) => (isRotated ? rotated(units[at]!) : units[at]!));
  const [words, end] = isLast && isRotated ? withoutEnd(before) : [before, []];
  const ordered = [...stays.slice(0, -1), words, ...put, end, ...units.slice(tail)];
  return {
    segments: joined(ordered.flat()),
    move: {
      path,
      taken: joinedRanges(moved.map((at) => rangeOf(units[at]!))),
      put: put.flatMap(rangesOf),
      at: units[tail]?.[0]?.range.start ?? words.at(-1)!.range.end,
    },
  };
}

function takenOut(
  path: string,
  units: readonly Unit[],
  isMoved: readonly boolean[],
  options: MoveOptions,
): Done | null {
  const moved = units.filter((_, at) => isMoved[at]);
  const stays = units.filter((_, at) => !isMoved[at]);
  if (moved.length === 0) return null;
  return {
    segments: joined(stays.flat()),
    move: {
      path,
      moved: moved.flatMap((unit) => movedIn(unit, options)),
      taken: joinedRanges(moved.map(rangeOf)),
      put: [],
      at: moved[0]![0]!.range.start,
    },
  };
}

const sentenceEnd = /[.!?]["'”’)\]]*\s+/g;

/** A line that holds a whole paragraph beside what is moved is cut at the ends of sentences. */
function sentencesOf(line: Unit, options: MoveOptions): readonly Unit[] {
  if (movedIn(line, options).length === 0) return [line];
  const text = line.reduce(
    (length, segment) => length + (segment.kind === "text" ? segment.text.trim().length : 0),
    0,
  );
  return text < longLine ? [line] : cutUnits(line, sentenceEnd);
}

function movedIn(unit: readonly Segment[], options: MoveOptions): readonly Named[] {
  return unit.flatMap((segment) => {
    if (segment.kind === "include") {
      return holdsMarker(segment) ? [] : movedIn(segment.resolved?.segments ?? [], options);
    }
    if (segment.kind !== "hole" && segment.kind !== "block") return [];
    if (isHistory(segment)) return [];
    if (options.isMoved(segment)) return [segment];
    return segment.kind === "block" ? movedIn([...segment.body, ...segment.otherwise], options) : [];
  });
}

/** What opens and closes around the unit, and the heading or label above it, where the unit itself says nothing. */
function takeAlong(units: readonly Unit[], isMoved: boolean[], at: number): void {
  let first = at;
  let last = at;
  if (/\p{L}/u.test(wordsOf(units[at]!))) return;
  for (;;) {
    const above = filledFrom(units, first, -1);
    const below = filledFrom(units, last, 1);
    const opening = above < 0 ? "" : wordsOf(units[above]!);
    const closing = below < 0 ? "" : wordsOf(units[below]!);
    if (opening !== "" && isPair(opening, closing)) {
      first = above;
      last = below;
      continue;
    }
    if (isLabel(opening)) {
      first = above;
      // The empty line that set it apart from what follows.
      if (last + 1 < units.length && !isFilled(units[last + 1]!)) last++;
    }
    break;
  }
  for (let unit = first; unit <= last; unit++) isMoved[unit] = true;
}

/** Less text than this behind the last hole, in characters, is a cue for the answer and not worth a cache. */
const shortCue = 64;

/** Index of the first unit of the end that stays the end: the question of the call, and a cue behind it. */
function tailOf(units: readonly Unit[], isMoved: readonly boolean[], { isLast }: MoveOptions): number {
  let tail = units.length;
  let cue = 0;
  for (let at = units.length - 1; at >= 0; at--) {
    const unit = units[at]!;
    if (unit.some(({ kind }) => kind === "marker")) continue;
    if (unit.some((segment) => segment.kind === "hole" && !isHistory(segment) && isLast(segment))) {
      tail = at;
      cue = 0;
      continue;
    }
    cue += wordsOf(unit).length;
    const isText = unit.every(({ kind }) => kind === "text");
    if (!isText || isMoved[at] || cue > shortCue) break;
  }
  return tail;
}
