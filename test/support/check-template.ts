import type { SourceDocument } from "../../src/prompt/format.ts";
import type { Segment, Template, TextSegment } from "../../src/prompt/template.ts";
import type { Parsed, TextRange } from "../../src/prompt/text.ts";

/** What every parser promises about ranges, as a list of broken promises; empty when all hold. */
export function brokenPromises(
  document: SourceDocument,
  parsed: Parsed<readonly Template[]>,
): readonly string[] {
  const broken: string[] = [];
  const { text } = document;
  const whole: TextRange = { start: 0, end: text.length };
  for (const { range, message } of parsed.problems) {
    if (!isInside(range, whole)) broken.push(`problem outside the document: ${message} ${show(range)}`);
  }
  for (const template of parsed.value) {
    if (!isInside(template.range, whole))
      broken.push(`template outside the document: ${show(template.range)}`);
    checkList(template.segments, template.range, document, broken);
  }
  return broken;
}

function checkList(
  segments: readonly Segment[],
  within: TextRange,
  document: SourceDocument,
  broken: string[],
): void {
  let at = within.start;
  for (const segment of segments) {
    const { range } = segment;
    if (!isInside(range, { start: at, end: within.end })) {
      broken.push(
        `${segment.kind} out of order or bounds: ${show(range)}, expected from ${at} to ${within.end}`,
      );
    }
    at = Math.max(at, range.end);
    if (segment.kind === "text") checkText(segment, document.text, broken);
    else if (segment.kind === "block") {
      checkList(segment.body, range, document, broken);
      checkList(segment.otherwise, range, document, broken);
    } else if (segment.kind === "include") {
      // What a template says in another place keeps the ranges of that place.
      const whole = { start: 0, end: document.text.length };
      if (segment.resolved?.path === document.path)
        checkList(segment.resolved.segments, whole, document, broken);
      for (const body of segment.overrides?.values() ?? []) checkList(body, whole, document, broken);
    }
  }
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    const isSplit =
      segment.kind === "text" && next?.kind === "text" && !segment.sourceOffsets && !next.sourceOffsets;
    if (isSplit && segment.range.end === next.range.start)
      broken.push(`text is split at ${segment.range.end}`);
  }
}

function checkText({ range, text, sourceOffsets }: TextSegment, source: string, broken: string[]): void {
  if (text === "") broken.push(`empty text at ${range.start}`);
  if (sourceOffsets === undefined) {
    if (text !== source.slice(range.start, range.end)) broken.push(`text is no slice at ${show(range)}`);
    return;
  }
  if (sourceOffsets.length !== text.length + 1) broken.push(`offsets do not fit the text at ${show(range)}`);
  for (const [index, offset] of sourceOffsets.entries()) {
    const before = sourceOffsets[index - 1] ?? range.start;
    if (offset < before || offset > range.end) broken.push(`offset ${offset} out of order at ${show(range)}`);
  }
}

function isInside(range: TextRange, within: TextRange): boolean {
  return within.start <= range.start && range.start <= range.end && range.end <= within.end;
}

function show(range: TextRange): string {
  return `[${range.start}, ${range.end})`;
}
