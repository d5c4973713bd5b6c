/** Jinja2 tokens to a tree of statements. Tags that do not fit together are problems, and the tree still stands. */
import type { Parsed, Problem, TextRange } from "../text.ts";
import type { Token } from "./lexer.ts";

export type Node =
  | { readonly kind: "text"; readonly range: TextRange }
  | { readonly kind: "output"; readonly range: TextRange; readonly inside: TextRange }
  | Statement;

export interface Statement {
  readonly kind: "statement";
  readonly keyword: string;
  /** From the opening tag to the end of the closing one. */
  readonly range: TextRange;
  /** What follows the keyword in the opening tag. */
  readonly head: TextRange;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

interface Frame {
  readonly keyword: string;
  readonly tag: TextRange;
  readonly head: TextRange;
  readonly body: Node[];
  otherwise: Node[] | null;
  /** An `elif`, which ends together with the `if` before it. */
  readonly isChained: boolean;
}

/** Statements that hold others; all end with `end` and their name. */
const blocks = new Set(
  "if for block macro call filter with autoescape trans generation set spaceless".split(" "),
);
const single = new Set("include extends import from do break continue debug pluralize".split(" "));

/** Deeper blocks are read as if their tags were not there: recursion over the tree stays bounded. */
const maxDepth = 100;

export function parse(source: string, tokens: readonly Token[]): Parsed<readonly Node[]> {
  const parser = new Parser(source);
  for (const token of tokens) parser.add(token);
  return { value: parser.finish(), problems: parser.problems };
}

class Parser {
  readonly problems: Problem[] = [];
  readonly #source: string;
  readonly #root: Node[] = [];
  readonly #stack: Frame[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  add(token: Token): void {
    const { range, inside } = token;
    if (token.kind === "text") this.#target().push({ kind: "text", range });
    else if (token.kind === "output") this.#target().push({ kind: "output", range, inside });
    else if (token.kind === "statement") this.#addStatement(range, inside);
  }

  finish(): readonly Node[] {
    while (this.#stack.length > 0) this.#dissolve();
    return this.#root;
  }

  #target(): Node[] {
    const frame = this.#stack.at(-1);
    return frame === undefined ? this.#root : (frame.otherwise ?? frame.body);
  }

  #addStatement(tag: TextRange, inside: TextRange): void {
    const match = /^\s*([A-Za-z_]\w*)\s*/.exec(this.#source.slice(inside.start, inside.end));
    if (match === null) {
      this.#problem(tag, "This tag has no statement: write one, such as `if`, or remove the tag.");
      return;
    }
    const keyword = match[1]!;
    const head = { start: inside.start + match[0].length, end: inside.end };
    if (keyword === "else" || keyword === "elif") this.#branch(keyword, tag, head);
    else if (keyword.startsWith("end")) this.#closeBlock(keyword.slice(3), tag);
    else if (keyword === "raw")
      return; // Its text came out of the lexer already.
    else if (this.#opensBlock(keyword, head)) this.#open(keyword, tag, head, false);
    else this.#addSingle(keyword, tag, head);
  }

  /** `set` holds a body unless it assigns; an assignment has `=` outside comparison. */
  #opensBlock(keyword: string, head: TextRange): boolean {
    if (!blocks.has(keyword)) return false;
    return keyword !== "set" || !/^[^=|]*=(?!=)/.test(this.#source.slice(head.start, head.end));
  }

  #addSingle(keyword: string, tag: TextRange, head: TextRange): void {
    if (!single.has(keyword) && keyword !== "set") {
      const message = `\`${keyword}\` is no statement of Jinja2: check its spelling. It counts as rendering nothing.`;
      this.problems.push({ range: tag, severity: "warning", message });
    }
    this.#target().push({ kind: "statement", keyword, range: tag, head, body: [], otherwise: [] });
  }

  #open(keyword: string, tag: TextRange, head: TextRange, isChained: boolean): void {
    const isTooDeep = this.#stack.length >= maxDepth;
    if (isTooDeep)
      this.#problem(tag, `Blocks are nested more than ${maxDepth} deep here: split the template.`);
    const body = isTooDeep ? this.#target() : [];
    this.#stack.push({ keyword, tag, head, body, otherwise: null, isChained });
  }

  #branch(keyword: string, tag: TextRange, head: TextRange): void {
    const frame = this.#stack.at(-1);
    const fits = frame?.keyword === "if" || (frame?.keyword === "for" && keyword === "else");
    if (frame === undefined || !fits || frame.otherwise !== null) {
      this.#problem(
        tag,
        `\`${keyword}\` does not belong to an open \`if\`: remove it, or open one before it.`,
      );
      return;
    }
    frame.otherwise = this.#stack.length > maxDepth ? frame.body : [];
    if (keyword === "elif") this.#open("if", tag, head, true);
  }

  #closeBlock(keyword: string, tag: TextRange): void {
    const isOpen = this.#stack.some((frame) => frame.keyword === keyword);
    if (!isOpen) {
      const isKnown = blocks.has(keyword) || keyword === "raw";
      const message = `\`end${keyword}\` closes nothing: remove it, or open \`${keyword}\` before it.`;
      this.problems.push({ range: tag, severity: isKnown ? "error" : "warning", message });
      return;
    }
    for (;;) {
      const frame = this.#stack.at(-1)!;
      if (frame.keyword !== keyword) this.#dissolve();
      else {
        this.#close(frame.isChained ? tag.start : tag.end);
        if (!frame.isChained) return;
      }
    }
  }

  #close(end: number): void {
    const isFlat = this.#stack.length > maxDepth;
    const { keyword, tag, head, body, otherwise } = this.#stack.pop()!;
    if (isFlat) return;
    const range = { start: tag.start, end };
    this.#target().push({ kind: "statement", keyword, range, head, body, otherwise: otherwise ?? [] });
  }

  /** A block that is never closed is most likely being typed: what follows stays as it was without it. */
  #dissolve(): void {
    const isFlat = this.#stack.length > maxDepth;
    const { keyword, tag, body, otherwise, isChained } = this.#stack.pop()!;
    if (!isChained) this.#problem(tag, unclosed(keyword));
    if (isFlat) return;
    const target = this.#target();
    for (const node of body) target.push(node);
    for (const node of otherwise ?? []) target.push(node);
  }

  #problem(range: TextRange, message: string): void {
    this.problems.push({ range, severity: "error", message });
  }
}

function unclosed(keyword: string): string {
  return `\`{% ${keyword} %}\` is not closed: add \`{% end${keyword} %}\`.`;
}
