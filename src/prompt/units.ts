/** The lines and sentences of a prompt: what is moved as one, and what belongs to it. */
import { isHistory, sliceText } from "./segments.ts";
import type { Segment, TextSegment } from "./template.ts";
import type { TextRange } from "./text.ts";

/** What goes together: segments, texts cut at the ends of lines or sentences. */
export type Unit = readonly Segment[];

/**
 * Cut behind each line break that stands in a text of the stretch itself. Markers, earlier turns and long included texts are
 * lines of their own.
 */
export function linesOf(stretch: readonly Segment[]): Unit[] {
  return cutUnits(stretch, /\n/g);
}

/** So much text around what changes is more than a label. */
export const longLine = 80;

/** What a constant or another file brings, and is more than a word in a line. */
function isPassage(segment: Segment): boolean {
  return (
    segment.kind === "include" && segment.resolved !== null && lengthOf(segment.resolved.segments) >= longLine
  );
}

/** Characters of text, of includes too. */
function lengthOf(segments: readonly Segment[]): number {
  return segments.reduce((length, segment) => {
    if (segment.kind === "text") return length + segment.text.trim().length;
    return segment.kind === "include" ? length + lengthOf(segment.resolved?.segments ?? []) : length;
  }, 0);
}

export function cutUnits(segments: readonly Segment[], ends: RegExp): Unit[] {
  const units: Segment[][] = [];
  let unit: Segment[] = [];
  const close = () => {
    if (unit.length > 0) units.push(unit);
    unit = [];
  };
  for (const segment of segments) {
    if (segment.kind === "marker" || isHistory(segment) || isPassage(segment)) {
      close();
      units.push([segment]);
      continue;
    }
    if (segment.kind !== "text") {
      unit.push(segment);
      continue;
    }
    let from = 0;
    for (const match of segment.text.matchAll(ends)) {
      const to = match.index + match[0].length;
      unit.push(sliceText(segment, from, to));
      from = to;
      close();
    }
    if (from < segment.text.length) unit.push(sliceText(segment, from, segment.text.length));
  }
  close();
  return units;
}

export function filledFrom(units: readonly Unit[], at: number, step: 1 | -1): number {
  for (let near = at + step; near >= 0 && near < units.length; near += step) {
    const unit = units[near]!;
    if (isFilled(unit)) return unit.every(({ kind }) => kind === "text") ? near : -1;
  }
  return -1;
}

export function isPair(opening: string, closing: string): boolean {
  const tag = /^<([\w-]+)[^<>]*>$/.exec(opening)?.[1];
  if (tag !== undefined) return closing === `</${tag}>`;
  const fence = /^(`{3,}|~{3,}|"{3}|-{3,}|={3,})/.exec(opening)?.[1];
  return fence !== undefined && closing.startsWith(fence);
}

const longestLabel = 160;

export function isLabel(line: string): boolean {
  return line.length <= longestLabel && (/^#{1,6}\s/.test(line) || /:(?:\*\*)?$/.test(line));
}

/** The text of a unit, without the blanks around it. */
export function wordsOf(unit: Unit): string {
  return textOf(unit).trim();
}

/** As it is read. */
export function textOf(unit: Unit): string {
  return unit.map((segment) => (segment.kind === "text" ? segment.text : "")).join("");
}

export function isFilled(unit: Unit): boolean {
  return unit.some((segment) => segment.kind !== "text" || segment.text.trim() !== "");
}

export function endText(unit: Unit): string {
  const last = unit.at(-1);
  return last?.kind === "text" ? last.text : "";
}

/** The blanks at its end in front of it. */
export function rotated(unit: Unit): Unit {
  const [rest, end] = withoutEnd(unit);
  return [...end, ...rest];
}

/** The unit without the blanks at its end, and these; one that is all blanks stays whole. */
export function withoutEnd(unit: Unit): readonly [unit: Unit, end: Unit] {
  const last = unit.at(-1);
  const length = last?.kind === "text" ? last.text.trimEnd().length : 0;
  if (last?.kind !== "text" || length === last.text.length) return [unit, []];
  const rest = length === 0 ? [] : [sliceText(last, 0, length)];
  const words = [...unit.slice(0, -1), ...rest];
  return words.length === 0 ? [unit, []] : [words, [sliceText(last, length, last.text.length)]];
}

export function rangeOf(unit: Unit): TextRange {
  return { start: unit[0]!.range.start, end: unit.at(-1)!.range.end };
}

/** Of a unit in its place one; of one whose blanks were moved to its front two. */
export function rangesOf(unit: Unit): readonly TextRange[] {
  const [first, ...rest] = unit;
  if (first === undefined || rest.length === 0) return unit.map(({ range }) => range);
  const isInPlace = first.range.start <= rest[0]!.range.start;
  return isInPlace ? [rangeOf(unit)] : [first.range, rangeOf(rest)];
}

export function joinedRanges(ranges: readonly TextRange[]): readonly TextRange[] {
  const joinedSoFar: TextRange[] = [];
  for (const range of ranges) {
    const last = joinedSoFar.at(-1);
    if (last !== undefined && last.end === range.start) {
      joinedSoFar[joinedSoFar.length - 1] = { start: last.start, end: range.end };
    } else joinedSoFar.push(range);
  }
  return joinedSoFar;
}

/** Texts that touch in the source are one again. */
export function joined(segments: readonly Segment[]): readonly Segment[] {
  const all: Segment[] = [];
  let run: TextSegment[] = [];
  const close = () => {
    if (run.length > 0) all.push(run.length === 1 ? run[0]! : joinedText(run));
    run = [];
  };
  for (const segment of segments) {
    if (segment.kind !== "text" || run.at(-1)?.range.end !== segment.range.start) close();
    if (segment.kind === "text") run.push(segment);
    else all.push(segment);
  }
  close();
  return all;
}

/** O(characters), however many texts there are. */
function joinedText(texts: readonly TextSegment[]): TextSegment {
  const range = { start: texts[0]!.range.start, end: texts.at(-1)!.range.end };
  const text = texts.map((each) => each.text).join("");
  if (texts.every(({ sourceOffsets }) => sourceOffsets === undefined)) return { kind: "text", range, text };
  const sourceOffsets = new Int32Array(text.length + 1);
  let at = 0;
  for (const { sourceOffsets: own, range: place, text: part } of texts) {
    for (let unit = 0; unit < part.length; unit++)
      sourceOffsets[at + unit] = own?.[unit] ?? place.start + unit;
    at += part.length;
  }
  sourceOffsets[at] = range.end;
  return { kind: "text", range, text, sourceOffsets };
}
