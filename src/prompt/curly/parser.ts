/** Handlebars and Mustache tokens to a tree. Tags that do not fit together are problems, and the tree still stands. */
import type { Parsed, Problem, TextRange } from "../text.ts";
import type { Dialect, Tag, Token } from "./lexer.ts";

export type Node =
  | { readonly kind: "text"; readonly range: TextRange }
  | { readonly kind: "tag"; readonly tag: Tag }
  | Section;

export interface Section {
  readonly kind: "section";
  readonly tag: Tag;
  /** What follows the sigil, or the `else` of a chained section. */
  readonly head: TextRange;
  /** From the opening tag to the end of the closing one. */
  readonly range: TextRange;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

interface Frame {
  readonly tag: Tag;
  readonly head: TextRange;
  readonly name: string;
  readonly body: Node[];
  otherwise: Node[] | null;
  /** `{{else if x}}`, which ends together with the section before it. */
  readonly isChained: boolean;
}

/** Deeper sections are read as if their tags were not there: recursion over the tree stays bounded. */
const maxDepth = 100;

const opening = new Set(["#", "^", "#>", "#*"]);

export function parse(
  source: string,
  tokens: readonly Token[],
  rendered: readonly TextRange[],
  dialect: Dialect,
): Parsed<readonly Node[]> {
  const parser = new Parser(source, dialect);
  for (const [index, token] of tokens.entries()) parser.add(token, rendered[index]!);
  return { value: parser.finish(), problems: parser.problems };
}

class Parser {
  readonly problems: Problem[] = [];
  readonly #source: string;
  readonly #dialect: Dialect;
  readonly #root: Node[] = [];
  readonly #stack: Frame[] = [];

  constructor(source: string, dialect: Dialect) {
    this.#source = source;
    this.#dialect = dialect;
  }

  add(token: Token, rendered: TextRange): void {
    if (token.kind === "text") {
      if (rendered.end > rendered.start) this.#target().push({ kind: "text", range: rendered });
      return;
    }
    const content = this.#source.slice(token.inside.start, token.inside.end).trim();
    const alternative = this.#alternative(token, content);
    if (alternative !== null) this.#branch(token, alternative);
    else if (opening.has(token.sigil)) this.#open(token, token.inside, content, false);
    else if (token.sigil === "/") this.#closeSection(token, content);
    else this.#target().push({ kind: "tag", tag: token });
  }

  finish(): readonly Node[] {
    while (this.#stack.length > 0) this.#dissolve();
    return this.#root;
  }

  #target(): Node[] {
    const frame = this.#stack.at(-1);
    return frame === undefined ? this.#root : (frame.otherwise ?? frame.body);
  }

  /** What follows `else`, or an empty range for a plain one; `null` for tags that begin no alternative. */
  #alternative(tag: Tag, content: string): TextRange | null {
    if (this.#dialect !== "handlebars") return null;
    if (tag.sigil === "^" && content === "") return tag.inside;
    if (tag.sigil !== "" || !/^else(?:\s|$)/.test(content)) return null;
    const start = this.#source.indexOf("else", tag.inside.start) + "else".length;
    return { start, end: tag.inside.end };
  }

  #branch(tag: Tag, rest: TextRange): void {
    const frame = this.#stack.at(-1);
    if (frame === undefined || frame.otherwise !== null) {
      this.#problem(
        tag.range,
        "`else` does not belong to an open section: remove it, or open one before it.",
      );
      return;
    }
    frame.otherwise = this.#stack.length > maxDepth ? frame.body : [];
    const content = this.#source.slice(rest.start, rest.end).trim();
    if (content !== "") this.#open(tag, rest, content, true);
  }

  #open(tag: Tag, head: TextRange, content: string, isChained: boolean): void {
    const isTooDeep = this.#stack.length >= maxDepth;
    if (isTooDeep)
      this.#problem(tag.range, `Sections are nested more than ${maxDepth} deep here: split the template.`);
    const body = isTooDeep ? this.#target() : [];
    const name = this.#dialect === "mustache" ? content : (/^\S*/.exec(content)?.[0] ?? "");
    this.#stack.push({ tag, head, name, body, otherwise: null, isChained });
  }

  #closeSection(tag: Tag, name: string): void {
    const opener = this.#stack.findLastIndex((frame) => !frame.isChained && sameName(frame.name, name));
    if (opener < 0) {
      this.#problem(tag.range, `\`/${name}\` closes nothing: remove it, or open \`#${name}\` before it.`);
      return;
    }
    while (this.#stack.length > opener + 1) {
      if (this.#stack.slice(opener + 1).every((frame) => frame.isChained)) this.#close(tag.range.start);
      else this.#dissolve();
    }
    this.#close(tag.range.end);
  }

  #close(end: number): void {
    const isFlat = this.#stack.length > maxDepth;
    const { tag, head, body, otherwise } = this.#stack.pop()!;
    if (isFlat) return;
    const range = { start: tag.range.start, end };
    this.#target().push({ kind: "section", tag, head, range, body, otherwise: otherwise ?? [] });
  }

  /** A section that is never closed is most likely being typed: what follows stays as it was without it. */
  #dissolve(): void {
    const isFlat = this.#stack.length > maxDepth;
    const { tag, name, body, otherwise, isChained } = this.#stack.pop()!;
    if (!isChained) this.#problem(tag.range, `\`#${name}\` is not closed: add \`{{/${name}}}\`.`);
    if (isFlat) return;
    const target = this.#target();
    for (const node of body) target.push(node);
    for (const node of otherwise ?? []) target.push(node);
  }

  #problem(range: TextRange, message: string): void {
    this.problems.push({ range, severity: "error", message });
  }
}

/** Sections such as `{{#*inline "x"}}` are closed by their first word. */
function sameName(opened: string, closed: string): boolean {
  return opened === closed || opened.replace(/^[*>]/, "") === closed;
}
