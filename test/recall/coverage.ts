/** The lines that a template is written on, in its own file and in those that it takes texts from. */
import type { Segment, Template, TextSegment } from "../../src/prompt/template.ts";
import type { TextRange } from "../../src/prompt/text.ts";
import { LineIndex } from "../../src/show/line-index.ts";

/** Lines by path; they count from 1. */
export type Lines = ReadonlyMap<string, ReadonlySet<number>>;

export class Coverage {
  readonly #textOf: (path: string) => string | null;
  readonly #indices = new Map<string, LineIndex>();

  constructor(textOf: (path: string) => string | null) {
    this.#textOf = textOf;
  }

  /** Texts and places that values fill in; not a condition, nor the line that takes a text from elsewhere. */
  ofTexts({ path, segments }: Template): Lines {
    const lines = new Map<string, Set<number>>();
    this.#add(path, segments, lines);
    return lines;
  }

  ofTools({ tools = [] }: Template): Lines {
    const lines = new Map<string, Set<number>>();
    for (const { path, range } of tools) this.#addRange(path, range, lines);
    return lines;
  }

  lineAt(path: string, offset: number): number {
    const index = this.#indices.get(path) ?? new LineIndex(this.#textOf(path) ?? "");
    this.#indices.set(path, index);
    return index.placeAt(offset).line + 1;
  }

  #add(path: string, segments: readonly Segment[], lines: Map<string, Set<number>>): void {
    for (const segment of segments) {
      if (segment.kind === "text") this.#addText(path, segment, lines);
      else if (segment.kind === "hole") this.#addRange(path, segment.range, lines);
      else if (segment.kind === "block") this.#add(path, [...segment.body, ...segment.otherwise], lines);
      else if (segment.kind === "include") {
        if (segment.resolved !== null) this.#add(segment.resolved.path, segment.resolved.segments, lines);
        for (const part of segment.overrides?.values() ?? []) this.#add(path, part, lines);
      }
    }
  }

  /** Where its words are: a text that was put together of several may pass over lines of something else. */
  #addText(path: string, { text, range, sourceOffsets }: TextSegment, lines: Map<string, Set<number>>): void {
    for (const { index, 0: words } of text.matchAll(/[^\r\n]*\S[^\r\n]*/g)) {
      const begin = index + words.search(/\S/);
      const end = index + words.trimEnd().length;
      const at = (unit: number) => sourceOffsets?.[unit] ?? range.start + unit;
      this.#addRange(path, { start: at(begin), end: at(end - 1) + 1 }, lines);
    }
  }

  #addRange(path: string, { start, end }: TextRange, lines: Map<string, Set<number>>): void {
    const known = lines.get(path) ?? new Set<number>();
    lines.set(path, known);
    const last = this.lineAt(path, Math.max(start, end - 1));
    for (let line = this.lineAt(path, start); line <= last; line++) known.add(line);
  }
}
