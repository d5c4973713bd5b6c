/**
 * Cuts Handlebars and Mustache source into text and tags; one scanner serves both, and half-typed tags too.
 * Text tokens are as written: which blanks fall away is decided in whitespace.ts.
 */
import { lineEndBefore } from "../frontmatter.ts";
import { maxTags, type Parsed, type Problem, type TextRange } from "../text.ts";

export type Dialect = "handlebars" | "mustache";

export interface TextToken {
  readonly kind: "text";
  readonly range: TextRange;
}

export type Sigil = "" | "&" | "#" | "^" | "/" | ">" | "#>" | "#*" | "*" | "!" | "=";

export interface Tag {
  readonly kind: "tag";
  readonly range: TextRange;
  /** What kind of tag it is: the characters before its content; `{{{x}}}` counts as `&`. */
  readonly sigil: Sigil;
  readonly inside: TextRange;
  /** `~` at either end: all blanks on that side fall away. */
  readonly stripsLeft: boolean;
  readonly stripsRight: boolean;
}

export type Token = TextToken | Tag;

const sigils = /^(?:#>|#\*|[&#^/>*!=])/;

export function lex(source: string, range: TextRange, dialect: Dialect): Parsed<readonly Token[]> {
  return new Lexer(source, range, dialect).run();
}

class Lexer {
  readonly #source: string;
  readonly #end: number;
  readonly #dialect: Dialect;
  readonly #tokens: Token[] = [];
  readonly #problems: Problem[] = [];
  #open = "{{";
  #close = "}}";
  /** Start of the text that is not yet a token. */
  #from: number;
  /** From here on no comment ends: remembered so that many open comments stay cheap. */
  #noCommentEndFrom = Number.POSITIVE_INFINITY;
  /** By name where raw blocks end; `null` until the first one begins. */
  #rawEnds: Map<string, { readonly places: number[]; next: number }> | null = null;

  constructor(source: string, range: TextRange, dialect: Dialect) {
    this.#source = source;
    this.#from = range.start;
    this.#end = range.end;
    this.#dialect = dialect;
  }

  run(): Parsed<readonly Token[]> {
    let at = this.#from;
    for (;;) {
      const open = this.#findOpen(at);
      if (open >= this.#end || this.#tokens.length > maxTags) break;
      const next = this.#escaped(open) ?? this.#rawBlock(open) ?? this.#tag(open);
      at = Math.max(next, open + this.#open.length);
    }
    this.#text(this.#end);
    return { value: this.#tokens, problems: this.#problems };
  }

  #findOpen(from: number): number {
    const open = this.#source.indexOf(this.#open, from);
    return open < 0 || open >= this.#end ? this.#end : open;
  }

  #text(end: number): void {
    if (end > this.#from) this.#tokens.push({ kind: "text", range: { start: this.#from, end } });
    this.#from = Math.max(this.#from, end);
  }

  /** Handlebars: a backslash before a tag makes it text; two make one backslash and a tag. */
  #escaped(open: number): number | null {
    if (this.#dialect !== "handlebars" || this.#source[open - 1] !== "\\" || open - 1 < this.#from)
      return null;
    if (this.#source[open - 2] === "\\" && open - 2 >= this.#from) {
      this.#text(open - 1);
      this.#from = open;
      return null;
    }
    this.#text(open - 1);
    this.#from = open;
    const next = this.#findOpen(open + 2);
    let end = next;
    while (end < this.#end && end > open + 2 && next - end < 2 && this.#source[end - 1] === "\\") end--;
    this.#text(end);
    return next;
  }

  /** Handlebars: `{{{{name}}}} text {{{{/name}}}}`, whose text is literal. */
  #rawBlock(open: number): number | null {
    if (this.#dialect !== "handlebars" || !this.#source.startsWith("{{{{", open)) return null;
    const head = /^\{\{\{\{\s*([\w.-]+)(?:[^{}\w.-][^{}]*)?\}\}\}\}/.exec(
      this.#source.slice(open, open + 200),
    );
    if (head === null) return null;
    const start = open + head[0].length;
    const closing = `{{{{/${head[1]}}}}}`;
    const close = this.#findRawEnd(head[1]!, start);
    if (close === null || close + closing.length > this.#end) return null;
    this.#text(open);
    this.#from = start;
    this.#text(close);
    this.#from = close + closing.length;
    return this.#from;
  }

  /** All ends are found in one pass, so that many open raw blocks stay cheap. */
  #findRawEnd(name: string, from: number): number | null {
    if (this.#rawEnds === null) {
      this.#rawEnds = new Map();
      for (const { 1: ended, index } of this.#source.matchAll(/\{\{\{\{\/([\w.-]+)\}\}\}\}/g)) {
        const known = this.#rawEnds.get(ended!);
        if (known === undefined) this.#rawEnds.set(ended!, { places: [index], next: 0 });
        else known.places.push(index);
      }
    }
    const ends = this.#rawEnds.get(name);
    if (ends === undefined) return null;
    // Blocks are read from first to last: what lies behind is not asked for again.
    while (ends.next < ends.places.length && ends.places[ends.next]! < from) ends.next++;
    return ends.places[ends.next] ?? null;
  }

  #tag(open: number): number {
    const source = this.#source;
    let start = open + this.#open.length;
    const isTriple = this.#open === "{{" && source[start] === "{";
    if (isTriple) start++;
    const stripsLeft = this.#dialect === "handlebars" && source[start] === "~";
    if (stripsLeft) start++;
    const blanks = /^\s*/.exec(source.slice(start, start + 100))![0].length;
    const written = sigils.exec(source.slice(start + blanks, start + blanks + 2))?.[0] ?? "";
    const sigil = this.#sigilOf(written);
    const content = sigil === "" ? start : start + blanks + sigil.length;
    const closer = isTriple ? "}}}" : sigil === "=" ? `=${this.#close}` : this.#close;
    const close = this.#findEnd(content, sigil, closer);
    if (close === null) return this.#unclosed(open, content, sigil, stripsLeft);
    const end = close.at + close.length;
    const stripsRight = this.#dialect === "handlebars" && close.at > content && source[close.at - 1] === "~";
    const inside = { start: content, end: close.at - (stripsRight ? 1 : 0) };
    this.#add({ start: open, end }, isTriple ? "&" : sigil, inside, stripsLeft, stripsRight);
    if (sigil === "=") this.#changeDelimiters(inside);
    return end;
  }

  #sigilOf(written: string): Sigil {
    if (this.#dialect === "handlebars") return written as Sigil;
    return written.startsWith("*") ? "" : (written.slice(0, 1) as Sigil);
  }

  #add(range: TextRange, sigil: Sigil, inside: TextRange, stripsLeft: boolean, stripsRight: boolean): void {
    this.#text(range.start);
    this.#tokens.push({ kind: "tag", range, sigil, inside, stripsLeft, stripsRight });
    this.#from = range.end;
  }

  #findEnd(from: number, sigil: Sigil, closer: string): { at: number; length: number } | null {
    if (sigil === "!") return this.#findCommentEnd(from);
    let limit = this.#findOpen(from);
    if (this.#open === this.#close) limit = this.#end;
    const text = this.#source.slice(from, limit);
    let at = 0;
    // In Handlebars a closer inside a string is part of it; a string that never ends hides none.
    while (this.#dialect === "handlebars" && at < text.length && !text.startsWith(closer, at)) {
      const quote = text[at] === '"' || text[at] === "'" ? text.indexOf(text[at]!, at + 1) : -1;
      at = quote < 0 ? at + 1 : quote + 1;
    }
    const found = this.#dialect === "handlebars" && text.startsWith(closer, at) ? at : text.indexOf(closer);
    return found < 0 || from + found + closer.length > this.#end
      ? null
      : { at: from + found, length: closer.length };
  }

  #findCommentEnd(from: number): { at: number; length: number } | null {
    if (from >= this.#noCommentEndFrom) return null;
    // What `{{!--` opens only `--}}` closes, so that it may hold tags.
    const isLong = this.#dialect === "handlebars" && this.#source.startsWith("--", from);
    if (isLong) {
      const end = this.#source.indexOf("--", from + 2);
      for (let at = end; at >= 0 && at < this.#end; at = this.#source.indexOf("--", at + 1)) {
        const closer = /^--~?\}\}/.exec(this.#source.slice(at, at + 5))?.[0];
        if (closer !== undefined) return { at, length: closer.length };
      }
    }
    const at = this.#source.indexOf(this.#close, from);
    if (at >= 0 && at + this.#close.length <= this.#end && !isLong) return { at, length: this.#close.length };
    this.#noCommentEndFrom = Math.min(from, this.#noCommentEndFrom);
    return null;
  }

  /** A tag that is still being typed. What names a value is a hole already; other tags reach to the end of the line. */
  #unclosed(open: number, content: number, sigil: Sigil, stripsLeft: boolean): number {
    let end = lineEndBefore(this.#source, content, this.#findOpen(content));
    this.#problems.push({
      range: { start: open, end },
      severity: "error",
      message: `\`${this.#source.slice(open, content)}\` is not closed: add \`${this.#close}\`.`,
    });
    if (sigil === "" || sigil === "&") {
      const typed = /^\s*[\p{L}_@][\p{L}\p{N}_.]*/u.exec(this.#source.slice(content, end));
      if (typed === null) return content;
      end = content + typed[0].length;
    }
    const isComment = sigil === "!";
    const isName = isComment || this.#source.slice(content, end).trim() !== "";
    if (!isName) return content;
    this.#add({ start: open, end }, sigil, { start: content, end }, stripsLeft, false);
    return end;
  }

  #changeDelimiters(inside: TextRange): void {
    const [open, close] = this.#source.slice(inside.start, inside.end).trim().split(/\s+/);
    if (open === undefined || open === "" || close === undefined || close === "") return;
    this.#open = open;
    this.#close = close;
  }
}
