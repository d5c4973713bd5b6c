/**
 * Single braces: Python's `str.format` (as in LangChain's f-string templates), and the plainer `{name}` of libraries
 * that replace names they know and leave every other brace alone (CrewAI).
 * https://docs.python.org/3/library/string.html#format-string-syntax
 */
import { asDay } from "./day.ts";
import { EmbeddedTextBuilder, type Engine, textSegmentOf } from "./embedded.ts";
import { lineEndBefore } from "./frontmatter.ts";
import { latexGroups } from "./latex.ts";
import { claimFor, type Declarations, inferScope, isHistoryName } from "./scope-inference.ts";
import type { HoleSegment, Segment } from "./template.ts";
import type { Problem, TextRange } from "./text.ts";

/** One replacement field, or a doubled brace, of a format string. */
export interface FormatToken {
  readonly kind: "field" | "brace";
  readonly range: TextRange;
  /** For fields the name, such as `user.name` or `0`, without conversion and format; empty for `{}`. For braces the brace. */
  readonly name: string;
}

/** Deeper than Python itself allows. */
const maxNesting = 2;

/** Cuts a format string. Fields that are still being typed count, with a problem, where they hold a name. */
export function lexFormatString(
  source: string,
  range: TextRange,
): { readonly tokens: readonly FormatToken[]; readonly problems: readonly Problem[] } {
  const tokens: FormatToken[] = [];
  const problems: Problem[] = [];
  const problem = (start: number, end: number, message: string) =>
    problems.push({ range: { start, end }, severity: "error", message });
  const braces = /[{}]/g;
  braces.lastIndex = range.start;
  for (
    let match = braces.exec(source);
    match !== null && match.index < range.end;
    match = braces.exec(source)
  ) {
    const at = match.index;
    const brace = match[0];
    let end = at + 1;
    if (source[end] === brace && end < range.end) {
      end++;
      tokens.push({ kind: "brace", range: { start: at, end }, name: brace });
    } else if (brace === "}") {
      problem(at, end, "A single `}` ends nothing: write `}}` for a brace in the text.");
    } else {
      const close = fieldEnd(source, end, range.end);
      const written = source.slice(
        end,
        close ?? lineEndBefore(source, end, nextBrace(source, end, range.end)),
      );
      const name = /^[^{}!:\n]*/.exec(written)![0].trim();
      if (close !== null) {
        end = close + 1;
        tokens.push({ kind: "field", range: { start: at, end }, name });
      } else {
        problem(
          at,
          end + written.length,
          "`{` is not closed: add `}`, or write `{{` for a brace in the text.",
        );
        if (isName.test(name)) {
          end += written.trimEnd().length;
          tokens.push({ kind: "field", range: { start: at, end }, name });
        }
      }
    }
    braces.lastIndex = end;
  }
  return { tokens, problems };
}

const isName = /^[\p{L}_][\p{L}\p{N}_.[\]]*$/u;

function nextBrace(source: string, from: number, limit: number): number {
  const rest = source.slice(from, limit).search(/[{}]/);
  return rest < 0 ? limit : from + rest;
}

/** Where the field whose inside begins at `from` ends, past fields in its format; `null` where it does not. */
function fieldEnd(source: string, from: number, limit: number): number | null {
  let depth = 0;
  const braces = /[{}]/g;
  braces.lastIndex = from;
  for (let match = braces.exec(source); match !== null && match.index < limit; match = braces.exec(source)) {
    if (match[0] === "{") {
      // Only a format holds fields; a brace in a name begins something else.
      if (depth === 0 && !source.slice(from, match.index).includes(":")) return null;
      depth++;
    } else if (depth === 0) {
      return match.index;
    } else {
      depth--;
    }
    if (depth > maxNesting) return null;
  }
  return null;
}

/** Python's `str.format`: `{name}`, `{user.name!r:>10}`; doubled braces stand for one. */
export const strFormatEngine: Engine = (_path, source, range, declared = new Map()) => {
  const { tokens, problems } = lexFormatString(source, range);
  const run = new TextRun(source, range.start);
  let position = 0;
  for (const { kind, range: written, name } of tokens) {
    if (kind === "brace") {
      run.replaced(written, name);
      continue;
    }
    const inside = source.slice(written.start + 1, written.end).replace(/\}$/, "");
    const named = name === "" ? String(position++) : name;
    run.segment(holeOf(named, inside === "" ? named : inside, written, declared));
  }
  return { value: { segments: run.end(range.end), declarations: declared }, problems };
};

/** Segments in the making: source that stands for itself, but for what is put in its place. */
export class TextRun {
  readonly #source: string;
  readonly #segments: Segment[] = [];
  #text: EmbeddedTextBuilder;
  #at: number;

  constructor(source: string, start: number) {
    this.#source = source;
    this.#text = new EmbeddedTextBuilder(source);
    this.#at = start;
  }

  /** The source at `range` stands for `text`. */
  replaced(range: TextRange, text: string): void {
    this.#text.slice(this.#at, range.start);
    this.#text.unit(text, range.start, range.end);
    this.#at = range.end;
  }

  segment(segment: Segment): void {
    this.#flush(segment.range.start);
    this.#segments.push(segment);
    this.#at = segment.range.end;
  }

  end(at: number): readonly Segment[] {
    this.#flush(at);
    return this.#segments;
  }

  #flush(until: number): void {
    this.#text.slice(this.#at, until);
    const text = textSegmentOf(this.#text.build({ start: this.#at, end: until }));
    if (text !== null) this.#segments.push(text);
    this.#text = new EmbeddedTextBuilder(this.#source);
  }
}

const namedPlace = /\{([\p{L}_][\p{L}\p{N}_-]*)\}/gu;

/** Only braces around one name are places; all others are text, doubled ones and groups of LaTeX commands too. */
export const namedPlacesEngine: Engine = (_path, source, range, declared = new Map()) => {
  const run = new TextRun(source, range.start);
  const text = source.slice(range.start, range.end);
  const groups = latexGroups(text);
  for (const match of text.matchAll(namedPlace)) {
    if (groups.has(match.index)) continue;
    const start = range.start + match.index;
    run.segment(holeOf(match[1]!, match[1]!, { start, end: start + match[0].length }, declared));
  }
  return { value: { segments: run.end(range.end), declarations: declared }, problems: [] };
};

/** A place that a named value fills in. */
export function holeOf(
  name: string,
  expression: string,
  range: TextRange,
  declared: Declarations,
): HoleSegment {
  const claim = claimFor(name, declared, () => inferScope(name));
  return {
    kind: "hole",
    range,
    form: isHistoryName(name) ? "history" : "variable",
    name,
    expression,
    scope: asDay(claim, expression),
  };
}
