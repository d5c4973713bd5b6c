/** Filters over whole blocks of text, `{% filter upper %}`: those that change static text in a known way. */
import { mapSegments, normalizeNewlines, sliceText } from "../segments.ts";
import type { Segment, TextSegment } from "../template.ts";
import type { Filter } from "./values.ts";

export function applyFilters(filters: readonly Filter[], segments: readonly Segment[]): readonly Segment[] {
  return filters.reduce((inner, filter) => applyFilter(filter, inner), segments);
}

/** Other filters leave the text as it stands: its length and its holes are still about right. */
function applyFilter(filter: Filter, segments: readonly Segment[]): readonly Segment[] {
  switch (filter.name) {
    case "upper":
    case "upcase":
      return mapText(segments, (text) => text.toUpperCase());
    case "lower":
    case "downcase":
      return mapText(segments, (text) => text.toLowerCase());
    case "trim":
    case "strip":
      return trim(segments);
    case "indent":
      return indent(normalizeNewlines(segments), filter);
    default:
      return segments;
  }
}

function mapText(segments: readonly Segment[], change: (text: string) => string): readonly Segment[] {
  return mapSegments(segments, (segment) => {
    if (segment.kind === "include" && segment.resolved !== null) {
      const { path, segments: inner } = segment.resolved;
      return { ...segment, resolved: { path, segments: mapText(inner, change) } };
    }
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
  const blanks = " ".repeat(Math.min(Number(width?.text ?? 4) || 0, 200));
  const isFirstIndented = /first=[Tt]rue|,[Tt]rue/.test(filter.text);
  return new Indenter(blanks, isFirstIndented).all(segments);
}

class Indenter {
  readonly #blanks: string;
  /** Whether blanks are due before the next thing that prints. */
  #due: boolean;

  constructor(blanks: string, due: boolean) {
    this.#blanks = blanks;
    this.#due = due;
  }

  all(segments: readonly Segment[]): readonly Segment[] {
    return segments.map((segment, index) => {
      if (segment.kind === "text") return this.#text(segment, index < segments.length - 1);
      if (segment.kind === "block") {
        return { ...segment, body: this.all(segment.body), otherwise: this.all(segment.otherwise) };
      }
      if (segment.kind === "include" && segment.resolved !== null) {
        const { path, segments: inner } = segment.resolved;
        return { ...segment, resolved: { path, segments: this.all(inner) } };
      }
      this.#due = false;
      return segment;
    });
  }

  #text(segment: TextSegment, isFollowed: boolean): TextSegment {
    const offsets = offsetsOf(segment);
    const units: string[] = [];
    const sources: number[] = [];
    const addBlanks = (at: number) => {
      for (const blank of this.#blanks) {
        units.push(blank);
        sources.push(offsets[at]!);
      }
      this.#due = false;
    };
    for (let at = 0; at < segment.text.length; at++) {
      const unit = segment.text[at]!;
      if (this.#due && unit !== "\n") addBlanks(at);
      if (unit === "\n") this.#due = true;
      units.push(unit);
      sources.push(offsets[at]!);
    }
    // What follows is no text that could take the blanks: they stand at the end of this one.
    if (this.#due && isFollowed) addBlanks(segment.text.length);
    sources.push(offsets[segment.text.length]!);
    return { ...segment, text: units.join(""), sourceOffsets: Int32Array.from(sources) };
  }
}
