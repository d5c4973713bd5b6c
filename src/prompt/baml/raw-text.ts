/**
 * What BAML makes of a text between `#"` and `"#`: without the line breaks before it, the blanks behind it and the
 * indentation that its lines share. https://github.com/BoundaryML/baml/blob/canary/engine/baml-lib/ast/src/ast/expression.rs
 */
import { type EmbeddedText, EmbeddedTextBuilder } from "../embedded.ts";
import { lineAt } from "../frontmatter.ts";
import type { TextRange } from "../text.ts";

/** A prompt is trimmed on both sides; a `template_string` keeps blanks at its beginning that are no line breaks. */
export function rawText(source: string, inside: TextRange, isPrompt: boolean): EmbeddedText {
  const written = source.slice(inside.start, inside.end);
  const leading = /^[\r\n]*/.exec(written)![0].length;
  const end = inside.start + Math.max(leading, written.trimEnd().length);
  const lines = linesOf(source, { start: inside.start + leading, end });
  const indent = Math.min(...lines.filter(({ isBlank }) => !isBlank).map((line) => line.indent));
  const builder = new EmbeddedTextBuilder(source);
  let hasBegun = !isPrompt;
  for (const { range, isBlank, indent: own, next } of lines) {
    if (!hasBegun && isBlank) continue;
    const dropped = isBlank ? Math.min(indent, range.end - range.start) : hasBegun ? indent : own;
    builder.slice(range.start + dropped, next);
    hasBegun = true;
  }
  return builder.build(inside);
}

interface Line {
  readonly range: TextRange;
  /** Where the next one begins. */
  readonly next: number;
  readonly isBlank: boolean;
  /** Characters of blank space before its text. */
  readonly indent: number;
}

function linesOf(source: string, { start, end }: TextRange): readonly Line[] {
  const lines: Line[] = [];
  for (let at = start; at < end; ) {
    const line = lineAt(source, at);
    const range = { start: at, end: Math.min(line.end, end) };
    const text = source.slice(range.start, range.end);
    const indent = text.length - text.trimStart().length;
    const next = Math.min(line.next, end);
    lines.push({ range, next, isBlank: indent === text.length, indent });
    at = Math.max(next, at + 1);
  }
  return lines;
}
