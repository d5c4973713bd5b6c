/** Jinja2 tokens, or those of Liquid, to a tree of statements. Tags that do not fit together are problems, and the tree still stands. */
import { words } from "../names.ts";
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
  /** The statement whose end closes it: its own, or that of the branch before it. */
  readonly end: string;
  readonly tag: TextRange;
  readonly head: TextRange;
  readonly body: Node[];
  otherwise: Node[] | null;
  /** An `elif` or `when`, which ends together with the branch before it. */
  readonly isChained: boolean;
}

/** The statements of a template language. */
export interface Dialect {
  readonly name: string;
  /** Statements that hold others; all end with `end` and their name. */
  readonly blocks: ReadonlySet<string>;
  readonly single: ReadonlySet<string>;
  /** Whether `else` and the like may stand in a block, by what begins the branch. */
  readonly branches: Readonly<Record<string, ReadonlySet<string>>>;
}

export const jinjaDialect: Dialect = {
  name: "Jinja2",
  blocks: words("if for block macro call filter with autoescape trans generation set spaceless"),
  single: words("include extends import from do break continue debug pluralize set"),
  branches: { else: words("if for"), elif: words("if") },
};

/** The statement that a branch with a condition of its own is. */
const branchStatements: Readonly<Record<string, string>> = { elif: "if", elsif: "if", when: "when" };

/** Deeper blocks are read as if their tags were not there: recursion over the tree stays bounded. */
const maxDepth = 100;

export function parse(
  source: string,
  tokens: readonly Token[],
  dialect: Dialect = jinjaDialect,
): Parsed<readonly Node[]> {
  const parser = new Parser(source, dialect);
  for (const token of tokens) parser.add(token);
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
    if (this.#dialect.branches[keyword] !== undefined) this.#branch(keyword, tag, head);
    else if (keyword.startsWith("end")) this.#closeBlock(keyword.slice(3), tag);
    else if (keyword === "raw")
      return; // Its text came out of the lexer already.
    else if (this.#opensBlock(keyword, head)) this.#open(keyword, keyword, tag, head, false);
    else this.#addSingle(keyword, tag, head);
  }

  /** `set` holds a body unless it assigns; an assignment has `=` outside comparison. */
  #opensBlock(keyword: string, head: TextRange): boolean {
    if (!this.#dialect.blocks.has(keyword)) return false;
    return keyword !== "set" || !/^[^=|]*=(?!=)/.test(this.#source.slice(head.start, head.end));
  }

  #addSingle(keyword: string, tag: TextRange, head: TextRange): void {
    if (!this.#dialect.single.has(keyword)) {
      const message = `\`${keyword}\` is no statement of ${this.#dialect.name}: check its spelling. It counts as rendering nothing.`;
      this.problems.push({ range: tag, severity: "warning", message });
    }
    this.#target().push({ kind: "statement", keyword, range: tag, head, body: [], otherwise: [] });
  }

  #open(keyword: string, end: string, tag: TextRange, head: TextRange, isChained: boolean): void {
    const isTooDeep = this.#stack.length >= maxDepth;
    if (isTooDeep)
      this.#problem(tag, `Blocks are nested more than ${maxDepth} deep here: split the template.`);
    const body = isTooDeep ? this.#target() : [];
    this.#stack.push({ keyword, end, tag, head, body, otherwise: null, isChained });
  }

  #branch(keyword: string, tag: TextRange, head: TextRange): void {
    const frame = this.#stack.at(-1);
    const fits = frame !== undefined && this.#dialect.branches[keyword]?.has(frame.keyword) === true;
    if (frame === undefined || !fits || frame.otherwise !== null) {
      this.#problem(
        tag,
        `\`${keyword}\` does not belong to an open \`${keyword === "when" ? "case" : "if"}\`: remove it, or open one before it.`,
      );
      return;
    }
    frame.otherwise = this.#stack.length > maxDepth ? frame.body : [];
    const statement = branchStatements[keyword];
    if (statement !== undefined) this.#open(statement, frame.end, tag, head, true);
  }

  #closeBlock(keyword: string, tag: TextRange): void {
    const isOpen = this.#stack.some((frame) => frame.end === keyword);
    if (!isOpen) {
      const isKnown = this.#dialect.blocks.has(keyword) || keyword === "raw";
      const message = `\`end${keyword}\` closes nothing: remove it, or open \`${keyword}\` before it.`;
      this.problems.push({ range: tag, severity: isKnown ? "error" : "warning", message });
      return;
    }
    for (;;) {
      const frame = this.#stack.at(-1)!;
      if (frame.end !== keyword) this.#dissolve();
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
