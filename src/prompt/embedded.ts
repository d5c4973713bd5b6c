/**
 * Template text that is written inside another language: a YAML scalar, a JSON string, a raw string of BAML, a literal
 * of Python. Its engine reads what the outer language makes of it; its ranges must lie in the outer document.
 *
 * Whoever reads the outer language builds an `EmbeddedText`, piece by piece, and hands it to `readEmbedded` with the
 * engine that renders it. What comes back has every range, and every `sourceOffsets`, in the outer document.
 */
import type { Declarations } from "./scope-inference.ts";
import type { Segment, TextSegment } from "./template.ts";
import type { Parsed, Problem, TextRange } from "./text.ts";

/** What the outer language makes of a part of its source, unit by unit. */
export interface EmbeddedText {
  /** The outer document. */
  readonly source: string;
  /** The text as the engine sees it. */
  readonly text: string;
  /**
   * UTF-16 unit `i` of `text` is written at `[starts[i], ends[i])` of `source`: both have the length of `text`, never
   * decrease, and the units of one escape share its range. What lies between two units (indentation, quotes) says nothing.
   */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Where the text is written, with what it says nothing with: quotes, escapes at its ends. */
  readonly range: TextRange;
}

/** Puts an `EmbeddedText` together, in the order of the source. */
export class EmbeddedTextBuilder {
  readonly #source: string;
  #text = "";
  /** With room for more units than the text has. */
  #starts = new Int32Array(16);
  #ends = new Int32Array(16);

  constructor(source: string) {
    this.#source = source;
  }

  /** Source that stands for itself. */
  slice(start: number, end: number): void {
    if (end <= start) return;
    const first = this.#reserve(end - start);
    for (let at = start; at < end; at++) {
      this.#starts[first + at - start] = at;
      this.#ends[first + at - start] = at + 1;
    }
    this.#text += this.#source.slice(start, end);
  }

  /** Source that as a whole stands for `text`: an escape, a folded line break. */
  unit(text: string, start: number, end: number): void {
    const first = this.#reserve(text.length);
    this.#starts.fill(start, first, first + text.length);
    this.#ends.fill(end, first, first + text.length);
    this.#text += text;
  }

  /** Makes room for more units, and gives the index of the first of them. */
  #reserve(units: number): number {
    const first = this.#text.length;
    if (first + units > this.#starts.length) {
      const capacity = Math.max(first + units, 2 * this.#starts.length);
      this.#starts = grown(this.#starts, capacity);
      this.#ends = grown(this.#ends, capacity);
    }
    return first;
  }

  build(range: TextRange): EmbeddedText {
    const { length } = this.#text;
    const [starts, ends] = [this.#starts.slice(0, length), this.#ends.slice(0, length)];
    return { source: this.#source, text: this.#text, starts, ends, range };
  }
}

function grown(array: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity);
  larger.set(array);
  return larger;
}

/** Text that is written as it is: what `range` covers. */
export function embeddedSlice(source: string, range: TextRange): EmbeddedText {
  const builder = new EmbeddedTextBuilder(source);
  builder.slice(range.start, range.end);
  return builder.build(range);
}

/** A text that no engine reads, as a segment; `null` when it is empty. */
export function textSegmentOf(embedded: EmbeddedText): TextSegment | null {
  const { text } = embedded;
  if (text === "") return null;
  const inner: TextSegment = { kind: "text", range: { start: 0, end: text.length }, text };
  return outerText(embedded, inner);
}

/** The units `[from, to)` of a text. */
export function sliceEmbedded(embedded: EmbeddedText, from: number, to: number): EmbeddedText {
  const { source, text, starts, ends } = embedded;
  return {
    source,
    text: text.slice(from, to),
    starts: starts.subarray(from, to),
    ends: ends.subarray(from, to),
    range: outerRange(embedded, { start: from, end: to }),
  };
}

/** Text embedded in embedded text, such as a string of JSON in a scalar of YAML: `inner` counts in the text of `outer`. */
export function composeEmbedded(outer: EmbeddedText, inner: EmbeddedText): EmbeddedText {
  return {
    source: outer.source,
    text: inner.text,
    starts: inner.starts.map((start) => startOf(outer, start)),
    ends: inner.ends.map((end) => endOf(outer, end)),
    range: outerRange(outer, inner.range),
  };
}

/** What an engine makes of the template at `range` of `source`. */
export interface EngineTemplate {
  readonly segments: readonly Segment[];
  /** Scopes that the template declares itself, and those it was given. */
  readonly declarations: Declarations;
  /** Values of names that the template sets itself. */
  readonly samples?: ReadonlyMap<string, string>;
}

/** A template language. Ranges count from the start of `source`; `declared` comes from outside the template. Never throws. */
export type Engine = (
  path: string,
  source: string,
  range: TextRange,
  declared?: Declarations,
) => Parsed<EngineTemplate>;

/** Text without any engine: all of it is static. */
export const plainEngine: Engine = (_path, source, range, declared = new Map()) => {
  const text = source.slice(range.start, range.end);
  const segments: readonly Segment[] = text === "" ? [] : [{ kind: "text", range, text }];
  return { value: { segments, declarations: declared }, problems: [] };
};

/** Reads embedded text by its engine; all ranges lie in the outer document. `path` is the outer document's. */
export function readEmbedded(
  path: string,
  embedded: EmbeddedText,
  engine: Engine,
  declared?: Declarations,
): Parsed<EngineTemplate> {
  const { value, problems } = engine(path, embedded.text, { start: 0, end: embedded.text.length }, declared);
  return {
    value: { ...value, segments: outerSegments(embedded, value.segments, path) },
    problems: problems.map(
      (problem): Problem => ({ ...problem, range: outerRange(embedded, problem.range) }),
    ),
  };
}

/** Segments of the text, of the template at `path`, as segments of the outer document. */
export function outerSegments(
  embedded: EmbeddedText,
  segments: readonly Segment[],
  path: string,
): readonly Segment[] {
  return new Outward(embedded, path).list(segments, embedded.range);
}

/** Where units of the text are written. An empty range stays empty. */
export function outerRange(embedded: EmbeddedText, { start, end }: TextRange): TextRange {
  const from = startOf(embedded, start);
  return { start: from, end: end > start ? endOf(embedded, end) : from };
}

/** Where the unit at `offset` begins; for the end of the text, where its last unit ends. */
function startOf({ starts, ends, range }: EmbeddedText, offset: number): number {
  return starts[offset] ?? ends.at(-1) ?? range.start;
}

/** Where the unit before `offset` ends. */
function endOf({ ends, range }: EmbeddedText, offset: number): number {
  return ends[Math.min(offset, ends.length) - 1] ?? range.start;
}

class Outward {
  readonly #embedded: EmbeddedText;
  readonly #path: string;

  constructor(embedded: EmbeddedText, path: string) {
    this.#embedded = embedded;
    this.#path = path;
  }

  list(segments: readonly Segment[], within: TextRange): readonly Segment[] {
    return segments.map((segment) => this.#segment(segment, within));
  }

  #segment(segment: Segment, within: TextRange): Segment {
    if (segment.kind === "text") return outerText(this.#embedded, segment);
    const range = clamp(outerRange(this.#embedded, segment.range), within);
    if (segment.kind === "block") {
      const body = this.list(segment.body, range);
      return { ...segment, range, body, otherwise: this.list(segment.otherwise, range) };
    }
    if (segment.kind !== "include") return { ...segment, range };
    const { resolved, overrides, member } = segment;
    // What the template says in another place keeps the range of that place.
    const whole = this.#embedded.range;
    const own =
      resolved?.path === this.#path
        ? { path: this.#path, segments: this.list(resolved.segments, whole) }
        : resolved;
    const passed = member && {
      member: {
        ...member,
        otherwise: { ...member.otherwise, range: outerRange(this.#embedded, member.otherwise.range) },
      },
    };
    if (overrides === undefined) return { ...segment, ...passed, range, resolved: own };
    const bodies = [...overrides].map(([slot, body]) => [slot, this.list(body, whole)] as const);
    return { ...segment, ...passed, range, resolved: own, overrides: new Map(bodies) };
  }
}

/** A slice of the outer document where the text is one, or text with an offset for each unit. */
function outerText(embedded: EmbeddedText, segment: TextSegment): TextSegment {
  const { text, range: inner, sourceOffsets: offsets } = segment;
  const range = outerRange(embedded, inner);
  if (offsets === undefined && text === embedded.source.slice(range.start, range.end)) {
    return { kind: "text", range, text };
  }
  const sourceOffsets = new Int32Array(text.length + 1);
  for (let unit = 0; unit < text.length; unit++) {
    const offset = offsets?.[unit] ?? inner.start + unit;
    sourceOffsets[unit] = Math.min(startOf(embedded, offset), range.end);
  }
  sourceOffsets[text.length] = range.end;
  return { kind: "text", range, text, sourceOffsets };
}

/** An empty range at the border of what holds it stays inside. */
function clamp({ start, end }: TextRange, within: TextRange): TextRange {
  const from = Math.min(Math.max(start, within.start), within.end);
  return { start: from, end: Math.min(Math.max(end, from), within.end) };
}
