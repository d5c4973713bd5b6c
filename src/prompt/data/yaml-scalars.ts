/**
 * What YAML scalars say, unit by unit: folding, indentation, escapes.
 * The rules are those of https://yaml.org/spec/1.2.2/#chapter-7-flow-style-productions and chapter 8, as the package
 * `yaml` reads them, which this must agree with for any source (a test compares the two).
 */
import { type EmbeddedText, EmbeddedTextBuilder } from "../embedded.ts";
import { lineAt } from "../frontmatter.ts";
import type { TextRange } from "../text.ts";

/** A plain scalar over one or more lines. */
export function plainScalar(source: string, range: TextRange): EmbeddedText {
  const builder = new EmbeddedTextBuilder(source);
  unfold(source, range, builder, (start, end) => builder.slice(start, end));
  return builder.build(range);
}

/** `'…'` with its quotes; the second may be missing. */
export function singleQuotedScalar(source: string, range: TextRange): EmbeddedText {
  const builder = new EmbeddedTextBuilder(source);
  unfold(source, withoutQuotes(source, range), builder, (start, end) => {
    let from = start;
    for (let at = source.indexOf("''", from); at >= 0 && at + 2 <= end; at = source.indexOf("''", from)) {
      builder.slice(from, at);
      builder.unit("'", at, at + 2);
      from = at + 2;
    }
    builder.slice(from, end);
  });
  return builder.build(range);
}

/** What stands between the quotes. Without the second one, as while it is typed, all of the rest counts. */
function withoutQuotes(source: string, { start, end }: TextRange): TextRange {
  const quote = source[start]!;
  let backslashes = 0;
  if (quote === '"') while (source[end - 2 - backslashes] === "\\") backslashes++;
  const isClosed = end - start > 1 && source[end - 1] === quote && backslashes % 2 === 0;
  return { start: start + 1, end: isClosed ? end - 1 : Math.max(start + 1, end) };
}

/** The parts of folded lines go to `add`; one line break becomes a space, and each further one a newline. */
function unfold(
  source: string,
  range: TextRange,
  builder: EmbeddedTextBuilder,
  add: (start: number, end: number) => void,
): void {
  let line = lineOf(source, range.start, range.end);
  if (line.next === null) {
    add(range.start, range.end);
    return;
  }
  add(range.start, trimmedEnd(source, range.start, line.end));
  /** Where the break that is still to be written begins, and what it says so far. */
  let gap: TextRange = { start: line.end, end: line.next };
  let isFolded = true;
  while (line.next !== null) {
    line = lineOf(source, line.next, range.end);
    const start = trimmedStart(source, line.start, line.end);
    // Blanks at the very end of a quoted text stay, but for those that begin its last line.
    const end = line.next === null ? line.end : trimmedEnd(source, start, line.end);
    if (start === end && line.next !== null) {
      if (!isFolded) builder.unit("\n", gap.start, gap.end);
      isFolded = false;
      gap = { start: line.end, end: line.next };
      continue;
    }
    builder.unit(isFolded ? " " : "\n", gap.start, gap.end);
    add(start, end);
    isFolded = true;
    gap = { start: line.end, end: line.next ?? line.end };
  }
}

interface Line {
  readonly start: number;
  /** Without its line break. */
  readonly end: number;
  /** Start of the next line; `null` for the last one. */
  readonly next: number | null;
}

/** The line that begins at `start`, looking no further than `limit`. */
function lineOf(source: string, start: number, limit: number): Line {
  const { end, next } = lineAt(source, start);
  if (end >= limit) return { start, end: limit, next: null };
  return { start, end: end > start && source[end - 1] === "\r" ? end - 1 : end, next };
}

function isBlank(unit: string | undefined): boolean {
  return unit === " " || unit === "\t";
}

function trimmedStart(source: string, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(source[at])) at++;
  return at;
}

function trimmedEnd(source: string, start: number, end: number): number {
  let at = end;
  while (at > start && isBlank(source[at - 1])) at--;
  return at;
}

const escapes: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  N: "\u0085",
  _: "\u00a0",
  L: "\u2028",
  P: "\u2029",
  " ": " ",
  '"': '"',
  "/": "/",
  "\\": "\\",
  "\t": "\t",
};

const hexLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** `"…"` with its quotes; the second may be missing. */
export function doubleQuotedScalar(source: string, range: TextRange): EmbeddedText {
  const builder = new EmbeddedTextBuilder(source);
  const { start, end } = withoutQuotes(source, range);
  const special = /[\\\r\n \t]/g;
  let at = start;
  while (at < end) {
    special.lastIndex = at;
    const found = special.exec(source)?.index ?? end;
    builder.slice(at, Math.min(found, end));
    if (found >= end) break;
    at = found;
    const unit = source[at]!;
    if (unit === "\\") at = addEscape(source, at, end, builder);
    else if (unit === "\n" || (unit === "\r" && source[at + 1] === "\n"))
      at = addFold(source, at, end, builder);
    else if (unit === "\r") builder.slice(at, ++at);
    else at = addBlanks(source, at, end, builder);
  }
  return builder.build(range);
}

/** Blanks say nothing before a line break. */
function addBlanks(source: string, at: number, end: number, builder: EmbeddedTextBuilder): number {
  const next = trimmedStart(source, at, end);
  const isBeforeBreak = source[next] === "\n" || (source[next] === "\r" && source[next + 1] === "\n");
  if (!isBeforeBreak || next >= end) builder.slice(at, next);
  return next;
}

/** One line break is a space, `n` of them are `n − 1` newlines; blanks at the start of a line say nothing. */
function addFold(source: string, at: number, end: number, builder: EmbeddedTextBuilder): number {
  const first = source[at] === "\r" ? at + 1 : at;
  let next = first + 1;
  let newlines = 0;
  while (next < end && /[ \t\r\n]/.test(source[next]!)) {
    if (source[next] === "\r" && source[next + 1] !== "\n") break;
    if (source[next] === "\n") {
      newlines++;
      builder.unit("\n", next, next + 1);
    }
    next++;
  }
  if (newlines === 0) builder.unit(" ", at, first + 1);
  return next;
}

function addEscape(source: string, at: number, end: number, builder: EmbeddedTextBuilder): number {
  const next = source[at + 1] ?? "";
  if (at + 1 >= end) {
    builder.slice(at, end);
    return end;
  }
  const said = escapes[next];
  if (said !== undefined) {
    builder.unit(said, at, at + 2);
    return at + 2;
  }
  if (next === "\n") return trimmedStart(source, at + 2, end);
  if (next === "\r" && source[at + 2] === "\n") return trimmedStart(source, at + 3, end);
  const length = hexLengths[next];
  const code = length === undefined ? "" : source.slice(at + 2, Math.min(at + 2 + length, end));
  const point =
    code.length === length && /^[0-9a-fA-F]+$/.test(code) ? Number.parseInt(code, 16) : Number.NaN;
  if (point <= 0x10ffff) {
    builder.unit(String.fromCodePoint(point), at, at + 2 + code.length);
    return at + 2 + code.length;
  }
  // An escape that is none stands as it is written; the document has a problem for it.
  const written = Math.min(at + 2 + code.length, end);
  builder.slice(at, written);
  return written;
}

export interface BlockHeader {
  readonly isFolded: boolean;
  /** `-`: no newline at the end; `+`: all of them; empty: one. */
  readonly chomping: "" | "-" | "+";
  /** Columns before the text; `null` where its first line tells. */
  readonly indentation: number | null;
}

interface BlockLine {
  readonly start: number;
  /** Where the blanks that begin it end. */
  readonly content: number;
  /** Without the line break. */
  readonly end: number;
  /** With it. */
  readonly next: number;
}

/** `|` and `>`: `range` holds the lines below the header. */
export function blockScalar(source: string, range: TextRange, header: BlockHeader): EmbeddedText {
  const builder = new EmbeddedTextBuilder(source);
  const lines = blockLines(source, range);
  const filled = lines.findLastIndex((line) => line.content < line.end) + 1;
  if (filled === 0) {
    // A last line of blanks without a break counts only where it is alone.
    const breaks = lines.filter((line, index) => index === 0 || line.next > line.end);
    if (header.chomping === "+") for (const line of breaks) addNewline(line, builder);
    return builder.build(range);
  }
  const first = lines.findIndex((line) => line.content < line.end);
  const indentation = header.indentation ?? lines[first]!.content - lines[first]!.start;
  const textStart = ({ start, content }: BlockLine) => Math.min(start + indentation, content);
  // Lines of nothing but blanks beyond the indentation are text too.
  const last = lines.findLastIndex((line) => line.content - line.start > indentation) + 1;
  const end = Math.max(filled, last);
  for (const line of lines.slice(0, first)) {
    builder.slice(textStart(line), line.content);
    builder.unit("\n", line.end, line.next);
  }
  const body = lines.slice(first, end);
  if (header.isFolded) addFolded(source, body, indentation, builder);
  else addLiteral(body, textStart, builder);
  if (header.chomping !== "-") addNewline(lines[end - 1]!, builder);
  if (header.chomping === "+") {
    // None of them holds more than indentation; the last one may have no break of its own.
    for (const line of lines.slice(end)) if (line.next > line.end) addNewline(line, builder);
  }
  return builder.build(range);
}

function addNewline({ end, next }: BlockLine, builder: EmbeddedTextBuilder): void {
  builder.unit("\n", end, Math.max(end, next));
}

function blockLines(source: string, range: TextRange): readonly BlockLine[] {
  const lines: BlockLine[] = [];
  for (let start: number | null = range.start; start !== null; ) {
    const line = lineOf(source, start, range.end);
    let content = line.start;
    while (content < line.end && source[content] === " ") content++;
    if (line.next !== null || line.end > line.start) {
      lines.push({ start: line.start, content, end: line.end, next: line.next ?? line.end });
    }
    start = line.next;
  }
  return lines;
}

function addLiteral(
  lines: readonly BlockLine[],
  textStart: (line: BlockLine) => number,
  builder: EmbeddedTextBuilder,
): void {
  for (const [index, line] of lines.entries()) {
    if (index > 0) addNewline(lines[index - 1]!, builder);
    builder.slice(textStart(line), line.end);
  }
}

/** Breaks between two lines at the indentation are folded; those around lines indented further stay. */
function addFolded(
  source: string,
  lines: readonly BlockLine[],
  indentation: number,
  builder: EmbeddedTextBuilder,
): void {
  /** Line breaks since the last line with text. */
  let breaks: BlockLine[] = [];
  let wasIndented = false;
  for (const [index, line] of lines.entries()) {
    const isIndented = line.content - line.start > indentation || source[line.content] === "\t";
    if (line.content === line.end && !isIndented) {
      if (index > 0) breaks.push(line);
      continue;
    }
    const before = index === 0 ? null : lines[index - 1 - breaks.length]!;
    if (before !== null) {
      const stays = isIndented || wasIndented;
      if (stays) addNewline(before, builder);
      else if (breaks.length === 0) builder.unit(" ", before.end, before.next);
      for (const blank of breaks) addNewline(blank, builder);
    }
    builder.slice(Math.min(line.start + indentation, line.content), line.end);
    breaks = [];
    wasIndented = isIndented;
  }
  for (const blank of breaks) addNewline(blank, builder);
}
