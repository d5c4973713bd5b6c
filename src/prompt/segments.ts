/** Building and changing lists of segments. */
import type { Segment, TextSegment } from "./template.ts";
import type { TextRange } from "./text.ts";

/** Adds a slice of the source, joined to the segment before it where the two touch. Nothing for an empty slice. */
export function appendText(into: Segment[], source: string, start: number, end: number): void {
  if (end <= start) return;
  const last = into.at(-1);
  if (last?.kind === "text" && last.sourceOffsets === undefined && last.range.end === start) {
    const from = last.range.start;
    into[into.length - 1] = {
      kind: "text",
      range: { start: from, end },
      text: source.slice(from, end),
    };
    return;
  }
  into.push({ kind: "text", range: { start, end }, text: source.slice(start, end) });
}

/** Adds a segment; text that touches the text before it joins it. */
export function appendSegment(into: Segment[], source: string, segment: Segment): void {
  if (segment.kind === "text" && segment.sourceOffsets === undefined) {
    appendText(into, source, segment.range.start, segment.range.end);
  } else {
    into.push(segment);
  }
}

/** The part of a text segment between two offsets of its rendered text. */
export function sliceText(segment: TextSegment, from: number, to: number): TextSegment {
  const text = segment.text.slice(from, to);
  const offsets = segment.sourceOffsets;
  if (offsets === undefined) {
    const start = segment.range.start + from;
    return { kind: "text", range: { start, end: start + text.length }, text };
  }
  const sourceOffsets = offsets.slice(from, to + 1);
  const range: TextRange = { start: sourceOffsets[0]!, end: sourceOffsets[to - from]! };
  return { kind: "text", range, text, sourceOffsets };
}

/** Applies `change` to every segment, innermost first; what it returns stands in the segment's place. */
export function mapSegments(
  segments: readonly Segment[],
  change: (segment: Segment) => Segment | readonly Segment[],
): readonly Segment[] {
  return segments.flatMap((segment) => {
    if (segment.kind !== "block") return change(segment);
    return change({
      ...segment,
      body: mapSegments(segment.body, change),
      otherwise: mapSegments(segment.otherwise, change),
    });
  });
}

/** Every segment written in the template itself: into blocks, not into what an include stands for. */
export function* walkSegments(segments: readonly Segment[]): Generator<Segment> {
  for (const segment of segments) {
    yield segment;
    if (segment.kind !== "block") continue;
    yield* walkSegments(segment.body);
    yield* walkSegments(segment.otherwise);
  }
}

/** Segments and the document that their ranges mean. */
interface Part {
  readonly path: string;
  readonly segments: readonly Segment[];
}

/** Every segment of a template and of what its includes stand for, with the path of its document. */
export function* walkWhole({
  path,
  segments,
}: Part): Generator<{ readonly path: string; readonly segment: Segment }, void, void> {
  for (const segment of walkSegments(segments)) {
    yield { path, segment };
    if (segment.kind === "include" && segment.resolved !== null) yield* walkWhole(segment.resolved);
  }
}

/** What engines do that read templates as text lines: `\r\n` and lone `\r` render as `\n`. */
export function normalizeNewlines(segments: readonly Segment[]): readonly Segment[] {
  return mapSegments(segments, (segment) => {
    if (segment.kind === "include" && segment.resolved !== null) {
      const { path, segments: inner } = segment.resolved;
      return { ...segment, resolved: { path, segments: normalizeNewlines(inner) } };
    }
    if (segment.kind !== "text" || !segment.text.includes("\r")) return segment;
    return normalizeText(segment);
  });
}

function normalizeText(segment: TextSegment): TextSegment {
  const units: string[] = [];
  const offsets: number[] = [];
  const at = (index: number) => segment.sourceOffsets?.[index] ?? segment.range.start + index;
  for (let index = 0; index < segment.text.length; index++) {
    const unit = segment.text[index]!;
    offsets.push(at(index));
    units.push(unit === "\r" ? "\n" : unit);
    if (unit === "\r" && segment.text[index + 1] === "\n") index++;
  }
  offsets.push(segment.range.end);
  return {
    kind: "text",
    range: segment.range,
    text: units.join(""),
    sourceOffsets: Int32Array.from(offsets),
  };
}

/** Whether the segment stands for the earlier turns. */
export function isHistory(segment: Segment): boolean {
  return segment.kind === "block" ? segment.isHistory : segment.kind === "hole" && segment.form === "history";
}

export function isBlank(segment: Segment): boolean {
  return segment.kind === "text" && segment.text.trim() === "";
}

/** Segments with those inside of them, in the order in which they are written. */
export function* inOrder(segments: readonly Segment[]): Generator<Segment> {
  for (const segment of segments) {
    yield segment;
    if (segment.kind === "include") yield* inOrder(segment.resolved?.segments ?? []);
    if (segment.kind !== "block") continue;
    yield* inOrder(segment.body);
    yield* inOrder(segment.otherwise);
  }
}
