/**
 * StringTemplate 4 as Spring AI renders prompts with it: expressions between braces, or between angle brackets where a
 * program sets them. https://github.com/antlr/stringtemplate4/blob/master/doc/cheatsheet.md,
 * https://docs.spring.io/spring-ai/reference/api/prompt.html
 */
import type { Engine } from "./embedded.ts";
import { maxNesting } from "./nesting.ts";
import { claimFor, type Declarations, inferred, inferScope, isHistoryName } from "./scope-inference.ts";
import { TextRun } from "./str-format.ts";
import type { BlockSegment, HoleSegment, ScopeClaim, Segment } from "./template.ts";
import { maxTags, type Problem, type TextRange } from "./text.ts";

/** Longer ones are no expressions that anybody writes. */
const longestExpression = 5000;

const name = String.raw`[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*`;
const braced = new RegExp(String.raw`(?<!\\)\{(?:${name}\s*(?:[;:}]|\()|if\s*\(|\[)`, "u");
const angled = new RegExp(`<${name}>`, "u");

/** How an expression goes on behind what it is about. */
const begins = new RegExp(
  String.raw`^(?:!|\s{0,20}(?:if|elseif)\s?\(|\s{0,20}(?:${name}|\[[\w,. ]{1,200}\])\s{0,20}[;:(,}>])`,
  "u",
);

interface Delimiters {
  readonly open: string;
  readonly close: string;
}

const braces: Delimiters = { open: "{", close: "}" };
const angles: Delimiters = { open: "<", close: ">" };

/** Names in angle brackets, in a text that closes none: with tags for the model among them it could not be rendered. */
function delimitersOf(text: string): Delimiters {
  const isAngled = angled.test(text) && !/<\/[\p{L}_]/u.test(text);
  return isAngled && !braced.test(text) ? angles : braces;
}

export const stringTemplateEngine: Engine = (_path, source, range, declared = new Map()) => {
  const delimiters = delimitersOf(source.slice(range.start, range.end));
  const reader = new StReader(source, range.end, declared, delimiters);
  return { value: { segments: reader.read(range.start), declarations: declared }, problems: reader.problems };
};

/** An expression that begins a block, and what of it has been read. */
interface Frame {
  readonly start: number;
  readonly condition: string;
  readonly bodies: {
    readonly condition: string | null;
    readonly range: TextRange;
    readonly segments: readonly Segment[];
  }[];
  run: TextRun;
  bodyStart: number;
  current: string | null;
}

class StReader {
  readonly problems: Problem[] = [];
  readonly #source: string;
  readonly #limit: number;
  readonly #declared: Declarations;
  readonly #delimiters: Delimiters;
  /** Parameters of the parts that are being read, with what the list that they come from changes with. */
  readonly #items = new Map<string, ScopeClaim>();
  #tags = 0;

  constructor(source: string, limit: number, declared: Declarations, delimiters: Delimiters) {
    this.#source = source;
    this.#limit = limit;
    this.#declared = declared;
    this.#delimiters = delimiters;
  }

  read(start: number, limit = this.#limit, depth = 0): readonly Segment[] {
    const { open } = this.#delimiters;
    const root = new TextRun(this.#source, start);
    const frames: Frame[] = [];
    const run = () => frames.at(-1)?.run ?? root;
    for (let at = start; at < limit; ) {
      const next = this.#next(at, limit);
      if (next < 0 || ++this.#tags > maxTags) break;
      if (this.#source[next] === "\\") {
        run().replaced({ start: next, end: next + 2 }, this.#source[next + 1]!);
        at = next + 2;
        continue;
      }
      const end = this.#isExpression(next + open.length) ? this.#end(next, limit) : null;
      if (end === null) {
        at = next + 1;
        continue;
      }
      const inside = this.#source.slice(next + open.length, end);
      at = end + 1;
      const whole = { start: next, end: at };
      this.#expression(inside.trim(), whole, frames, run, depth);
    }
    while (frames.length > 0) {
      const { start: from } = frames.at(-1)!;
      this.problems.push({
        range: { start: from, end: from + 1 },
        severity: "error",
        message: "`if` is not closed: add `endif`.",
      });
      this.#closeIf(frames, { start: limit, end: limit }, run);
    }
    return root.end(limit);
  }

  /** The next delimiter that opens, or the next escape. */
  #next(from: number, limit: number): number {
    const { open } = this.#delimiters;
    for (let at = from; at < limit; at++) {
      const character = this.#source[at]!;
      if (character === open) return at;
      if (character === "\\" && at + 1 < limit && /[{}<>\\]/.test(this.#source[at + 1]!)) return at;
    }
    return -1;
  }

  /** Where the expression that opens at `start` closes; parts of templates in it are balanced. */
  #end(start: number, limit: number): number | null {
    const { close } = this.#delimiters;
    let depth = 0;
    let quote = false;
    for (let at = start + 1; at < Math.min(limit, start + longestExpression); at++) {
      const character = this.#source[at]!;
      if (character === "\\") at++;
      else if (quote) quote = character !== '"' && character !== "\n";
      else if (character === '"' && depth === 0) quote = true;
      else if (character === "{") depth++;
      else if (character === "}" && depth > 0) depth--;
      else if (character === close && depth === 0) return at;
    }
    return null;
  }

  /** A brace in front of anything else is text. */
  #isExpression(from: number): boolean {
    return begins.test(this.#source.slice(from, from + 300));
  }

  #expression(inside: string, whole: TextRange, frames: Frame[], run: () => TextRun, depth: number): void {
    const condition = /^(if|elseif)\s*\((.*)\)\s*$/s.exec(inside);
    if (inside.startsWith("!")) run().replaced(whole, "");
    else if (condition?.[1] === "if") {
      if (frames.length + depth > maxNesting) return;
      const [, , written = ""] = condition;
      frames.push({
        start: whole.start,
        condition: written,
        bodies: [],
        run: new TextRun(this.#source, whole.end),
        bodyStart: whole.end,
        current: written,
      });
    } else if (condition !== null || inside === "else") {
      const frame = frames.at(-1);
      if (frame === undefined) this.#stray(whole, inside);
      else this.#nextCase(frame, whole, condition?.[2] ?? null);
    } else if (inside === "endif") {
      if (frames.length === 0) this.#stray(whole, inside);
      else this.#closeIf(frames, whole, run);
    } else this.#value(inside, whole, run(), depth);
  }

  #stray(range: TextRange, word: string): void {
    this.problems.push({ range, severity: "error", message: `\`${word}\` belongs to no \`if\`: remove it.` });
  }

  #nextCase(frame: Frame, whole: TextRange, condition: string | null): void {
    const range = { start: frame.bodyStart, end: whole.start };
    frame.bodies.push({ condition: frame.current, range, segments: frame.run.end(whole.start) });
    frame.run = new TextRun(this.#source, whole.end);
    frame.bodyStart = whole.end;
    frame.current = condition;
  }

  #closeIf(frames: Frame[], whole: TextRange, run: () => TextRun): void {
    const frame = frames.pop()!;
    this.#nextCase(frame, whole, null);
    // Further cases stand in the `else` of the one before; more of them than blocks may be nested are left out.
    const cases = frame.bodies.slice(0, maxNesting);
    let otherwise: readonly Segment[] = [];
    for (const [index, { condition, range, segments }] of [...cases.entries()].reverse()) {
      if (condition === null) otherwise = segments;
      else {
        const start = index === 0 ? frame.start : range.start;
        otherwise = [this.#conditional({ start, end: whole.end }, condition, segments, otherwise)];
      }
    }
    const [block] = otherwise;
    if (block !== undefined)
      run().segment({ ...block, range: { start: frame.start, end: whole.end } } as Segment);
  }

  #conditional(
    range: TextRange,
    condition: string,
    body: readonly Segment[],
    otherwise: readonly Segment[],
  ): BlockSegment {
    const expression = condition.trim();
    const subject = new RegExp(name, "u").exec(expression)?.[0] ?? expression;
    const scope = this.#claim(subject);
    return {
      ...{ kind: "block", range, form: "conditional", name: subject, expression, scope },
      ...{ body, otherwise, item: null, isHistory: false },
    };
  }

  #value(inside: string, range: TextRange, run: TextRun, depth: number): void {
    const [head = "", mapped] = splitOnce(inside, ":");
    const subject = new RegExp(name, "u").exec(head.replace(/^\w+\s*\(/, ""))?.[0] ?? inside;
    const part = mapped === undefined ? null : /^\s*\{\s*(?:([\w,\s]{1,100})\|\s?)?/.exec(mapped);
    if (part === null || mapped === undefined || depth > maxNesting / 10) {
      run.segment(this.#hole(subject, inside, range));
      return;
    }
    const offset = range.start + 1 + this.#source.slice(range.start + 1, range.end).indexOf(":") + 1;
    const bodyStart = offset + part[0].length;
    const bodyEnd = offset + mapped.lastIndexOf("}");
    const item = part[1]?.split(",")[0]?.trim() ?? "it";
    const scope = this.#claim(subject);
    const before = this.#items.get(item);
    this.#items.set(item, scope);
    const body = this.read(bodyStart, Math.max(bodyStart, Math.min(bodyEnd, range.end)), depth + 1);
    if (before === undefined) this.#items.delete(item);
    else this.#items.set(item, before);
    const isHistory = isHistoryName(subject);
    const block: BlockSegment = {
      ...{ kind: "block", range, form: "loop", name: subject, expression: head.trim(), scope },
      ...{ body, otherwise: [], item, isHistory },
    };
    run.segment(block);
  }

  #hole(subject: string, expression: string, range: TextRange): HoleSegment {
    const form = isHistoryName(subject) ? "history" : "variable";
    return { kind: "hole", range, form, name: subject, expression, scope: this.#claim(subject) };
  }

  #claim(subject: string): ScopeClaim {
    const [owner = ""] = subject.split(".");
    const item = this.#items.get(owner);
    if (item !== undefined) return item;
    // Spring AI fills it in with the schema of the answer: BeanOutputConverter and its like.
    const isSchema = subject === "format";
    return claimFor(subject, this.#declared, () =>
      isSchema
        ? inferred("constant", "`format` is the schema of the answer: fixed at deployment")
        : inferScope(subject),
    );
  }
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
