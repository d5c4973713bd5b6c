/** Filters over whole blocks of text, `{% filter upper %}`: those that change static text in a known way. */
import { normalizeNewlines, sliceText } from "../segments.ts";
import type { Segment, TextSegment } from "../template.ts";
import type { Filter } from "./expression.ts";

export function applyFilters(filters: readonly Filter[], segments: readonly Segment[]): readonly Segment[] {
  return filters.reduce((inner, filter) => applyFilter(filter, inner), segments);
}

/** Other filters leave the text as it stands: its length and its holes are still about right. */
function applyFilter(filter: Filter, segments: readonly Segment[]): readonly Segment[] {
  switch (filter.name) {
    case "upper":
      return mapText(segments, (text) => text.toUpperCase());
    case "lower":
      return mapText(segments, (text) => text.toLowerCase());
    case "trim":
      return trim(segments);
    case "indent":
      return indent(normalizeNewlines(segments), filter);
    default:
      return segments;
  }
}

function mapText(segments: readonly Segment[], change: (text: string) => string): readonly Segment[] {
  return segments.map((segment) => {
    if (segment.kind !== "text") return segment;
    const text = change(segment.text);
    // A case change that alters the length (`ß`) has no offsets that hold; it stays as written.
    if (text === segment.text || text.length !== segment.text.length) return segment;
    return { ...segment, text, sourceOffsets: offsetsOf(segment) };
  });
}

function offsetsOf(segment: TextSegment): Int32Array {
  return (
    segment.sourceOffsets ??
    Int32Array.from({ length: segment.text.length + 1 }, (_, index) => segment.range.start + index)
  );
}

function trim(segments: readonly Segment[]): readonly Segment[] {
  const trimmed = [...segments];
  while (trimmed[0]?.kind === "text") {
    const { text } = trimmed[0];
    const from = text.length - text.trimStart().length;
    if (from < text.length) {
      trimmed[0] = sliceText(trimmed[0], from, text.length);
      break;
    }
    trimmed.shift();
  }
  for (let last = trimmed.at(-1); last?.kind === "text"; last = trimmed.at(-1)) {
    const to = last.text.trimEnd().length;
    if (to > 0) {
      trimmed[trimmed.length - 1] = sliceText(last, 0, to);
      break;
    }
    trimmed.pop();
  }
  return trimmed;
}

/** Blanks after every newline, except before blank lines; the first line only when asked for. */
function indent(segments: readonly Segment[], filter: Filter): readonly Segment[] {
  const width = filter.arguments.find((lexeme) => lexeme.kind === "number");
  const blanks = " ".repeat(Math.min(width === undefined ? 4 : Number(width.text), 200) || 0);
  const isFirstIndented = /first=[Tt]rue|,[Tt]rue/.test(filter.text);
  let atLineStart = isFirstIndented;
  return segments.map((segment, index) => {
    if (segment.kind !== "text") {
      atLineStart = false;
      return segment;
    }
    const offsets = offsetsOf(segment);
    const units: string[] = [];
    const sources: number[] = [];
    const addBlanks = (at: number) => {
      for (const blank of blanks) {
        units.push(blank);
        sources.push(offsets[at]!);
      }
    };
    for (let at = 0; at < segment.text.length; at++) {
      const unit = segment.text[at]!;
      if (atLineStart && unit !== "\n") addBlanks(at);
      atLineStart = unit === "\n";
      units.push(unit);
      sources.push(offsets[at]!);
    }
    if (atLineStart && index < segments.length - 1) addBlanks(segment.text.length);
    sources.push(offsets[segment.text.length]!);
    return { ...segment, text: units.join(""), sourceOffsets: Int32Array.from(sources) };
  });
}
