/**
 * Which blanks around tags fall away: a line that holds nothing but a block tag, a partial or a comment leaves
 * nothing behind. Handlebars asks for one tag alone on its line, mustache.js for nothing but such tags.
 */
import type { TextRange } from "../text.ts";
import type { Dialect, Sigil, Tag, Token } from "./lexer.ts";

const standaloneSigils: ReadonlySet<Sigil> = new Set(["#", "^", "/", ">", "#>", "#*", "!", "="]);

/** For every token the range that renders: empty for tags. */
export function renderedRanges(
  source: string,
  tokens: readonly Token[],
  dialect: Dialect,
): readonly TextRange[] {
  const kept = tokens.map((token) => ({ start: token.range.start, end: token.range.end }));
  if (dialect === "handlebars") stripHandlebars(source, tokens, kept);
  else stripMustache(source, tokens, kept);
  return kept;
}

interface Kept {
  start: number;
  end: number;
}

function isStandalone(source: string, tag: Tag, dialect: Dialect): boolean {
  if (standaloneSigils.has(tag.sigil)) return true;
  return (
    dialect === "handlebars" &&
    tag.sigil === "" &&
    /^\s*else\b/.test(source.slice(tag.inside.start, tag.inside.end))
  );
}

function stripHandlebars(source: string, tokens: readonly Token[], kept: readonly Kept[]): void {
  const textOf = (index: number): string | null => {
    const token = tokens[index];
    return token?.kind === "text" ? source.slice(token.range.start, token.range.end) : null;
  };
  const last = tokens.length - 1;
  for (const [index, token] of tokens.entries()) {
    if (token.kind === "text") continue;
    const before = textOf(index - 1);
    const after = textOf(index + 1);
    const beginsLine =
      index === 0 || (before !== null && (index === 1 ? /(?:^|\n)[^\S\n]*$/ : /\n[^\S\n]*$/).test(before));
    const endsLine =
      index === last ||
      (after !== null && (index === last - 1 ? /^[^\S\n]*(?:\n|$)/ : /^[^\S\n]*\n/).test(after));
    if (isStandalone(source, token, "handlebars") && beginsLine && endsLine) {
      if (before !== null) trimEnd(kept[index - 1]!, before, token.range.start, /[ \t]/);
      if (after !== null) trimLine(kept[index + 1]!, after, token.range.end);
    }
    if (token.stripsLeft && before !== null) trimEnd(kept[index - 1]!, before, token.range.start, /\s/);
    if (token.stripsRight && after !== null) {
      const start = token.range.end + (after.length - after.trimStart().length);
      raiseStart(kept[index + 1]!, start);
    }
  }
}

function trimEnd(kept: Kept, text: string, end: number, blank: RegExp): void {
  let length = text.length;
  while (length > 0 && blank.test(text[length - 1]!)) length--;
  kept.end = Math.max(kept.start, Math.min(kept.end, end - (text.length - length)));
}

function trimLine(kept: Kept, text: string, start: number): void {
  raiseStart(kept, start + /^[ \t]*\r?\n?/.exec(text)![0].length);
}

function raiseStart(kept: Kept, start: number): void {
  kept.start = Math.min(kept.end, Math.max(kept.start, start));
}

/** A line of text tokens and tags, from one newline in text to the next. */
function stripMustache(source: string, tokens: readonly Token[], kept: readonly Kept[]): void {
  let line: { from: number; hasTag: boolean; hasContent: boolean } = {
    from: 0,
    hasTag: false,
    hasContent: false,
  };
  /** Removes the blanks of the line that ends inside or after the token at `to`. */
  const endLine = (to: number, lineEnd: number) => {
    if (line.hasTag && !line.hasContent) {
      for (let index = line.from; index <= to && index < tokens.length; index++) {
        const token = tokens[index]!;
        if (token.kind === "tag") continue;
        const text = source.slice(token.range.start, token.range.end);
        const newline = text.lastIndexOf("\n");
        if (index === to) raiseStart(kept[index]!, lineEnd);
        else
          kept[index]!.end = Math.max(
            kept[index]!.start,
            Math.min(kept[index]!.end, token.range.start + newline + 1),
          );
      }
    }
    line = { from: to, hasTag: false, hasContent: false };
  };
  for (const [index, token] of tokens.entries()) {
    if (token.kind === "tag") {
      line.hasTag = true;
      if (!isStandalone(source, token, "mustache")) line.hasContent = true;
      continue;
    }
    for (let at = token.range.start; at < token.range.end; ) {
      const newline = source.indexOf("\n", at);
      const end = newline < 0 || newline >= token.range.end ? token.range.end : newline;
      if (source.slice(at, end).trim() !== "") line.hasContent = true;
      at = end + 1;
      if (end < token.range.end) endLine(index, at);
    }
  }
  endLine(tokens.length, source.length);
}
