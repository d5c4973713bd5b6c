/**
 * Cuts Jinja2 source, or Liquid, into text and tags, with whitespace control applied: what a text token covers is what renders.
 * It understands half-typed tags, as no library does; each is a token too, with a problem.
 */
import { lineEndBefore } from "../frontmatter.ts";
import { maxTags, type Parsed, type Problem, type TextRange } from "../text.ts";

export interface Token {
  readonly kind: "text" | "output" | "statement" | "comment";
  readonly range: TextRange;
  /** For tags what stands between the delimiters; for text the same as `range`. */
  readonly inside: TextRange;
}

/** How the environment that renders the template is set up; Jinja2's own defaults are both false. */
export interface LexOptions {
  /** The first newline after a statement or comment is removed. */
  readonly trimBlocks: boolean;
  /** Blanks before a statement or comment that begins its line are removed. */
  readonly lstripBlocks: boolean;
  /** Liquid: `{#` is text, and comments are `{% # … %}` and `{% comment %} … {% endcomment %}`. */
  readonly isLiquid?: boolean;
}

interface Tag {
  readonly kind: "output" | "statement" | "comment";
  readonly inside: TextRange;
  readonly end: number;
  readonly left: string;
  readonly right: string;
}

const kinds = { "{": "output", "%": "statement", "#": "comment" } as const;
const closers = { output: "}}", statement: "%}", comment: "#}" } as const;
const noOptions: LexOptions = { trimBlocks: false, lstripBlocks: false };
const openers = { jinja: /\{[{%#]/g, liquid: /\{[{%]/g } as const;
const ends = {
  raw: /\{%([-+]?)\s*endraw\s*([-+]?)%\}/g,
  comment: /\{%([-+]?)\s*endcomment\s*([-+]?)%\}/g,
} as const;

export function lex(source: string, range: TextRange, options: LexOptions): Parsed<readonly Token[]> {
  const tokens: Token[] = [];
  const problems: Problem[] = [];
  const reader = new TagReader(source, range.end, options.isLiquid === true ? "liquid" : "jinja", problems);
  const addText = (start: number, end: number) => {
    if (end > start) tokens.push({ kind: "text", range: { start, end }, inside: { start, end } });
  };
  let textStart = range.start;
  let at = range.start;
  for (;;) {
    const open = reader.findOpener(at);
    if (open >= range.end || tokens.length > maxTags) break;
    const tag = reader.read(open);
    if (tag === null) {
      at = open + 2;
      continue;
    }
    addText(textStart, textEndBefore(source, textStart, open, tag, options));
    const keyword = tag.kind === "statement" ? source.slice(tag.inside.start, tag.inside.end).trim() : "";
    const comment =
      options.isLiquid && keyword === "comment" ? reader.readEndOf("comment", open, tag.end) : null;
    if (comment !== null) {
      const inside = { start: tag.end, end: comment.inside.start };
      tokens.push({ kind: "comment", range: { start: open, end: comment.end }, inside });
      at = textStart = Math.min(textStartAfter(source, comment, options), range.end);
      continue;
    }
    tokens.push({ kind: tag.kind, range: { start: open, end: tag.end }, inside: tag.inside });
    const isRaw = keyword === "raw";
    // A newline after `{% raw %}` stays whatever the options say.
    at = textStart = Math.min(textStartAfter(source, tag, isRaw ? noOptions : options), range.end);
    if (isRaw) {
      const close = reader.readEndRaw(open, textStart);
      addText(textStart, textEndBefore(source, textStart, close.inside.start, close, options));
      at = textStart = Math.min(textStartAfter(source, close, options), range.end);
    }
  }
  addText(textStart, range.end);
  return { value: tokens, problems };
}

function skipBlanks(source: string, at: number): number {
  let end = at;
  while (end < source.length && /\s/.test(source[end]!)) end++;
  return end;
}

function trimBlanks(source: string, start: number, at: number): number {
  let end = at;
  while (end > start && /\s/.test(source[end - 1]!)) end--;
  return end;
}

function textEndBefore(source: string, start: number, open: number, tag: Tag, options: LexOptions): number {
  if (tag.left === "-") return trimBlanks(source, start, open);
  if (!options.lstripBlocks || tag.left === "+" || tag.kind === "output") return open;
  let end = open;
  while (end > start && (source[end - 1] === " " || source[end - 1] === "\t")) end--;
  const beginsLine = end === 0 || source[end - 1] === "\n";
  return beginsLine ? end : open;
}

function textStartAfter(source: string, tag: Tag, options: LexOptions): number {
  if (tag.right === "-") return skipBlanks(source, tag.end);
  if (!options.trimBlocks || tag.right === "+" || tag.kind === "output") return tag.end;
  if (source.startsWith("\r\n", tag.end)) return tag.end + 2;
  return source[tag.end] === "\n" ? tag.end + 1 : tag.end;
}

class TagReader {
  readonly #source: string;
  readonly #end: number;
  readonly #dialect: keyof typeof openers;
  readonly #problems: Problem[];
  /** From here on there is no end of a comment: remembered so that many open comments stay cheap. */
  #noCommentEndFrom = Number.POSITIVE_INFINITY;
  readonly #noEndFrom = { raw: Number.POSITIVE_INFINITY, comment: Number.POSITIVE_INFINITY };

  constructor(source: string, end: number, dialect: keyof typeof openers, problems: Problem[]) {
    this.#source = source;
    this.#end = end;
    this.#dialect = dialect;
    this.#problems = problems;
  }

  findOpener(from: number): number {
    const opener = openers[this.#dialect];
    opener.lastIndex = from;
    const match = opener.exec(this.#source);
    return match === null || match.index >= this.#end ? this.#end : match.index;
  }

  /** The tag that begins at `open`; `null` when there is nothing but its delimiter, which is then text. */
  read(open: number): Tag | null {
    const kind = kinds[this.#source[open + 1] as keyof typeof kinds];
    const sign = this.#source[open + 2];
    const left = sign === "-" || sign === "+" ? sign : "";
    const start = open + 2 + left.length;
    const close = kind === "comment" ? this.#findCommentEnd(start) : this.#findClose(start, closers[kind]);
    if (close >= 0) {
      const last = this.#source[close - 1];
      const right = close > start && (last === "-" || (last === "+" && kind !== "output")) ? last! : "";
      const isNote =
        this.#dialect === "liquid" &&
        kind === "statement" &&
        /\S/.exec(this.#source.slice(start, close))?.[0] === "#";
      if (isNote) {
        const from = this.#source.indexOf("#", start) + 1;
        return {
          kind: "comment",
          inside: { start: from, end: close - right.length },
          end: close + 2,
          left,
          right,
        };
      }
      return { kind, inside: { start, end: close - right.length }, end: close + 2, left, right };
    }
    return this.#readUnclosed(kind, open, start, left);
  }

  #findCommentEnd(from: number): number {
    if (from >= this.#noCommentEndFrom) return -1;
    const end = this.#source.indexOf("#}", from);
    if (end >= 0 && end + 2 <= this.#end) return end;
    this.#noCommentEndFrom = Math.min(from, this.#noCommentEndFrom);
    return -1;
  }

  /** Where `closer` stands outside strings and nested braces; −1 when another tag begins before it. */
  #findClose(from: number, closer: string): number {
    const source = this.#source;
    let depth = 0;
    for (let at = from; at < this.#end; at++) {
      const char = source[at]!;
      if (char === '"' || char === "'") {
        at = skipString(source, at, this.#end);
        if (at < 0) break;
      } else if (char === closer[0] && source[at + 1] === closer[1] && depth === 0) {
        return at + 2 <= this.#end ? at : -1;
      } else if (char === "{") {
        if (/[{%#]/.test(source[at + 1] ?? "")) break;
        depth++;
      } else if (char === "}" && depth > 0) {
        depth--;
      }
    }
    // A quote or brace without its partner hides the end: look for it as plain text, up to the next tag.
    const close = source.slice(from, this.findOpener(from)).indexOf(closer);
    if (close < 0) return -1;
    this.#problem(from, from + close, "A quote or bracket is not closed in this tag");
    return from + close;
  }

  /** A tag that is still being typed: up to the end of its line, or to the next tag. */
  #readUnclosed(kind: Tag["kind"], open: number, start: number, left: string): Tag | null {
    let end = lineEndBefore(this.#source, start, this.findOpener(start));
    if (kind === "output") {
      const name = /^\s*[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*/u;
      const typed = name.exec(this.#source.slice(start, end));
      this.#problem(open, Math.max(open + 2, end), "`{{` is not closed: add `}}`");
      if (typed === null) return null;
      end = start + typed[0].length;
    } else {
      const closer = closers[kind];
      this.#problem(open, end, `\`${this.#source.slice(open, open + 2)}\` is not closed: add \`${closer}\``);
    }
    return { kind, inside: { start, end }, end, left, right: "" };
  }

  /** The `{% endraw %}` that ends the literal text which begins at `start`. */
  readEndRaw(open: number, start: number): Tag {
    const end = this.#end;
    const none: Tag = { kind: "statement", inside: { start: end, end }, end, left: "", right: "" };
    return this.readEndOf("raw", open, start) ?? none;
  }

  /** The tag that ends what `keyword` began at `open`; `null`, and a problem, where there is none behind `start`. */
  readEndOf(keyword: keyof typeof ends, open: number, start: number): Tag | null {
    const pattern = ends[keyword];
    pattern.lastIndex = start;
    const match = start < this.#noEndFrom[keyword] ? pattern.exec(this.#source) : null;
    if (match === null || match.index + match[0].length > this.#end) {
      this.#noEndFrom[keyword] = Math.min(start, this.#noEndFrom[keyword]);
      this.#problem(open, start, `\`{% ${keyword} %}\` is not closed: add \`{% end${keyword} %}\``);
      return null;
    }
    const end = match.index + match[0].length;
    const inside = { start: match.index, end };
    return { kind: "statement", inside, end, left: match[1]!, right: match[2]! };
  }

  #problem(start: number, end: number, what: string): void {
    this.#problems.push({ range: { start, end }, severity: "error", message: `${what}.` });
  }
}

/** Offset of the quote that ends the string which begins at `at`; −1 when there is none. */
export function skipString(source: string, at: number, end: number): number {
  const quote = source[at];
  for (let index = at + 1; index < end; index++) {
    if (source[index] === "\\") index++;
    else if (source[index] === quote) return index;
  }
  return -1;
}
