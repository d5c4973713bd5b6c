/**
 * Go's `text/template`: actions between doubled braces, with `-` to trim blanks around them.
 * https://pkg.go.dev/text/template
 */
import type { Engine } from "./embedded.ts";
import { maxNesting } from "./nesting.ts";
import {
  claimFor,
  type Declarations,
  inferCall,
  inferred,
  inferScope,
  isHistoryName,
  mostVolatile,
} from "./scope-inference.ts";
import { appendText, mapSegments } from "./segments.ts";
import type { BlockSegment, ScopeClaim, Segment } from "./template.ts";
import { maxTags, type Problem, type TextRange } from "./text.ts";

/** Longer ones are no actions that anybody writes. */
const longestAction = 5000;
/** Parts of a template within parts of it: more than anybody writes. */
const maxParts = 10_000;

/** What no other template language writes: a field, an action by name, a variable. */
const telling =
  /\{\{-?\s{0,20}(?:(?:if|range|with|else if|not|eq|len)\s{1,20}[(\s]{0,20}[.$]|\.[A-Za-z_]|template\s{1,20}"|define\s{1,20}"|block\s{1,20}"|\$\w{1,60}\s{0,20}:?=|\$\.)/;

export function looksLikeGoTemplate(text: string): boolean {
  return telling.test(text);
}

/** `$x.Name`, `.Name`, and `.` alone. */
const subjects = /(?<![\w.")\]])(?:(?=[$.])(\$\w*)?((?:\.[A-Za-z_]\w*)+)|(\$\w*)()|(\.)(?![\w.]))/g;

interface Frame {
  readonly kind: "root" | "if" | "range" | "with" | "define" | "block";
  readonly start: number;
  readonly body: Segment[];
  otherwise: Segment[] | null;
  readonly expression: string;
  readonly item: string | null;
  /** What `.` is in the body: empty for the data of the call. */
  readonly owner: Owner;
  /** An `else if`, which ends with the block that it belongs to. */
  readonly isChained: boolean;
}

interface Owner {
  readonly name: string;
  /** Of a list: what its fields change with. `null` for the data of the call. */
  readonly claim: ScopeClaim | null;
}

const data: Owner = { name: "", claim: null };

export const goTemplateEngine: Engine = (path, source, range, declared = new Map()) => {
  const reader = new GoReader(path, source, range, declared);
  return { value: { segments: reader.read(), declarations: declared }, problems: reader.problems };
};

class GoReader {
  readonly problems: Problem[] = [];
  readonly #path: string;
  readonly #source: string;
  readonly #range: TextRange;
  readonly #declared: Declarations;
  readonly #frames: Frame[];
  readonly #variables = new Map<string, Owner>();
  readonly #defined = new Map<string, readonly Segment[]>();

  constructor(path: string, source: string, range: TextRange, declared: Declarations) {
    this.#path = path;
    this.#source = source;
    this.#range = range;
    this.#declared = declared;
    this.#frames = [frame("root", range.start, "", data)];
  }

  read(): readonly Segment[] {
    const { end } = this.#range;
    let at = this.#range.start;
    let tags = 0;
    for (let open = this.#next(at); open >= 0 && tags < maxTags; open = this.#next(at)) {
      const close = actionEnd(this.#source, open + 2, Math.min(end, open + longestAction));
      if (close === null) {
        this.#problem({ start: open, end: open + 2 }, "`{{` is not closed: add `}}`.");
        break;
      }
      tags++;
      const written = this.#source.slice(open + 2, close);
      const trimsBefore = /^-\s/.test(written);
      const trimsAfter = /\s-$/.test(written);
      this.#text(at, trimsBefore ? trimmedEnd(this.#source, at, open) : open);
      at = close + 2;
      if (trimsAfter) while (at < end && /\s/.test(this.#source[at]!)) at++;
      const inside = written.slice(trimsBefore ? 1 : 0, trimsAfter ? -1 : undefined).trim();
      this.#action({ start: open, end: close + 2 }, inside);
    }
    this.#text(at, end);
    while (this.#frames.length > 1) {
      const { start, kind } = this.#top;
      this.#problem({ start, end: start + 2 }, `\`${kind}\` is not closed: add \`{{ end }}\`.`);
      this.#close(end);
    }
    return this.#withDefined(this.#top.body);
  }

  get #top(): Frame {
    return this.#frames.at(-1)!;
  }

  #next(from: number): number {
    const open = this.#source.indexOf("{{", from);
    return open >= this.#range.end ? -1 : open;
  }

  #problem(range: TextRange, message: string): void {
    this.problems.push({ range, severity: "error", message });
  }

  get #list(): Segment[] {
    return this.#top.otherwise ?? this.#top.body;
  }

  #text(start: number, end: number): void {
    appendText(this.#list, this.#source, start, end);
  }

  #action(range: TextRange, inside: string): void {
    if (inside === "" || inside.startsWith("/*")) return;
    const [word = ""] = /^[a-z]+\b/.exec(inside) ?? [];
    const rest = inside.slice(word.length).trim();
    switch (word) {
      case "if":
      case "with":
      case "range":
        this.#open(word, range, rest, false);
        return;
      case "else":
        this.#else(range, rest);
        return;
      case "end":
        if (this.#frames.length === 1) this.#problem(range, "`end` closes nothing: remove it.");
        else this.#close(range.end);
        return;
      case "define":
      case "block":
        this.#open(word, range, rest, false);
        return;
      case "template":
        this.#include(range, rest);
        return;
      case "break":
      case "continue":
        return;
      default:
        this.#value(range, inside);
    }
  }

  #open(kind: Frame["kind"], range: TextRange, expression: string, isChained: boolean): void {
    if (this.#frames.length === maxNesting) {
      this.#problem(
        range,
        `Blocks are nested more than ${maxNesting} deep here: what is deeper does not count.`,
      );
    }
    const assigned = /^(?:\$(\w+)\s*,\s*)?\$(\w+)\s*:?=\s*/.exec(expression);
    const pipeline = assigned === null ? expression : expression.slice(assigned[0].length);
    const subject = this.#subject(pipeline);
    const item = kind === "range" ? (assigned?.[2] ?? null) : null;
    const isOwner = kind === "range" || kind === "with";
    const inner: Owner = isOwner ? subject : kind === "define" ? data : this.#top.owner;
    for (const name of [assigned?.[1], assigned?.[2]]) {
      if (name !== undefined) this.#variables.set(name, kind === "range" ? { ...subject, name } : subject);
    }
    this.#frames.push(frame(kind, range.start, pipeline, inner, item, isChained));
  }

  #else(range: TextRange, rest: string): void {
    const { kind } = this.#top;
    if (kind !== "if" && kind !== "with" && kind !== "range") {
      this.#problem(range, "`else` belongs to no block: remove it.");
      return;
    }
    this.#top.otherwise = [];
    const chained = /^(if|with)\b(.*)$/s.exec(rest);
    if (chained !== null) this.#open(chained[1] as "if" | "with", range, chained[2]!.trim(), true);
  }

  /** With all `else if` that end here. */
  #close(end: number): void {
    while (this.#closeOne(end));
  }

  /** Whether what it belongs to ends too. */
  #closeOne(end: number): boolean {
    const closed = this.#frames.pop()!;
    const { kind, start, body, otherwise, expression, item, isChained } = closed;
    const name = /^"([^"]*)"/.exec(expression)?.[1] ?? "";
    if (kind === "define") this.#defined.set(name, body);
    else if (kind === "block") {
      const resolved = { path: this.#path, segments: body };
      this.#list.push({ kind: "include", range: { start, end }, target: name, resolved, slot: name });
    } else if (this.#frames.length <= maxNesting) {
      this.#list.push(
        this.#block({ start, end }, closed, { body, otherwise: otherwise ?? [], expression, item }),
      );
    }
    return isChained;
  }

  #block(
    range: TextRange,
    { kind, owner }: Frame,
    parts: Pick<BlockSegment, "body" | "otherwise" | "expression" | "item">,
  ): BlockSegment {
    const { name, claim } = kind === "if" ? this.#subject(parts.expression) : owner;
    const scope = claim ?? claimFor(name, this.#declared, () => inferScope(name));
    const isLoop = kind === "range";
    const isHistory = isLoop && isHistoryName(name);
    return { kind: "block", range, form: isLoop ? "loop" : "conditional", name, scope, isHistory, ...parts };
  }

  #value(range: TextRange, inside: string): void {
    const assigned = /^\$(\w+)\s*:?=\s*/.exec(inside);
    if (assigned !== null) {
      this.#variables.set(assigned[1]!, this.#subject(inside.slice(assigned[0].length)));
      return;
    }
    const include = /^(?:include|tpl)\s+("[^"]+".*)$/s.exec(inside);
    if (include !== null) {
      this.#include(range, include[1]!);
      return;
    }
    const { name, claim } = this.#subject(inside);
    const scope = asGoDay(claim ?? claimFor(name, this.#declared, () => inferScope(name)), inside);
    const form = isHistoryName(name) ? "history" : /^[a-z]\w*\b(?!\.)/.test(inside) ? "call" : "variable";
    this.#list.push({ kind: "hole", range, form, name, expression: inside, scope });
  }

  #include(range: TextRange, rest: string): void {
    const target = /^"([^"\n]+)"/.exec(rest)?.[1];
    if (target !== undefined) this.#list.push({ kind: "include", range, target, resolved: null });
  }

  /** What a pipeline is about: its first field or variable, and how often what it gives changes. */
  #subject(pipeline: string): Owner {
    const outside = pipeline.replace(/"(?:[^"\\\n]|\\.)*"|`[^`]*`/g, '""');
    const owners = [...outside.matchAll(subjects)].map(([, owner, fields = "", alone, , dot]) =>
      this.#named(owner ?? alone, dot ?? fields),
    );
    const call = /^(?:not\s+|\(\s*)*([a-zA-Z]\w*)/.exec(outside)?.[1];
    const claims = owners.map((owner) => owner.claim ?? this.#claim(owner.name));
    const [first] = owners;
    if (first === undefined) {
      if (call === undefined)
        return { name: pipeline, claim: inferred("constant", "it is written in the template") };
      return { name: call, claim: this.#claimOfCall(call) };
    }
    // `.Now.Format` is called on what it belongs to.
    const name = first.name.replace(/(?:\.(?:Format|String|UTC|Local|Unix|In))+$/, "");
    return { name: name || "data", claim: mostVolatile(claims) };
  }

  #claim(name: string): ScopeClaim {
    return claimFor(name, this.#declared, () =>
      inferScope(name.replace(/(?:\.(?:Format|String|UTC|Local))+$/, "")),
    );
  }

  #claimOfCall(name: string): ScopeClaim {
    return claimFor(name, this.#declared, () => inferCall(name, []));
  }

  #named(variable: string | undefined, fields: string): Owner {
    const inner = fields === "." ? "" : fields.slice(1);
    if (variable === undefined) {
      const { owner } = this.#top;
      const name = [owner.name, inner].filter((part) => part !== "").join(".");
      return { name, claim: owner.claim };
    }
    if (variable === "$") return { name: inner, claim: null };
    const known = this.#variables.get(variable.slice(1));
    const owner = known?.name ?? variable.slice(1);
    return { name: inner === "" ? owner : `${owner}.${inner}`, claim: known?.claim ?? null };
  }

  /** With what this file defines in place of its names, as far as that comes to an end. */
  #withDefined(segments: readonly Segment[]): readonly Segment[] {
    if (this.#defined.size === 0) return segments;
    let parts = 0;
    const open = new Set<string>();
    const fill = (list: readonly Segment[]): readonly Segment[] =>
      mapSegments(list, (segment) => {
        const body =
          segment.kind === "include" && segment.resolved === null
            ? this.#defined.get(segment.target)
            : undefined;
        if (segment.kind !== "include" || body === undefined) return segment;
        if (open.has(segment.target) || open.size > 20 || ++parts > maxParts) {
          this.#problem(segment.range, `\`${segment.target}\` includes itself, or grows beyond all measure.`);
          return { ...segment, resolved: { path: this.#path, segments: [] } };
        }
        open.add(segment.target);
        const resolved = { path: this.#path, segments: fill(body) };
        open.delete(segment.target);
        return { ...segment, resolved };
      });
    const filled = fill(segments);
    // A file that only defines is a file of parts: what it defines last is mostly the whole.
    const isBlank = filled.every(
      ({ kind, ...segment }) => kind === "text" && "text" in segment && segment.text.trim() === "",
    );
    if (!isBlank) return filled;
    return [...this.#defined].map(([target, body]): Segment => {
      const start = body[0]?.range.start ?? this.#range.start;
      const end = body.at(-1)?.range.end ?? start;
      return {
        kind: "include",
        range: { start, end },
        target,
        resolved: { path: this.#path, segments: fill(body) },
      };
    });
  }
}

function frame(
  kind: Frame["kind"],
  start: number,
  expression: string,
  owner: Owner,
  item: string | null = null,
  isChained = false,
): Frame {
  return { kind, start, body: [], otherwise: null, expression, item, owner, isChained };
}

function trimmedEnd(source: string, from: number, end: number): number {
  let at = end;
  while (at > from && /\s/.test(source[at - 1]!)) at--;
  return at;
}

/** Where an action ends, outside of its texts and comments; `null` where it does not. */
function actionEnd(source: string, from: number, limit: number): number | null {
  const comment = /^-?\s?\/\*/.test(source.slice(from, from + 5));
  if (comment) {
    const close = source.slice(from, limit).search(/\*\/\s?-?\}\}/);
    const end = close < 0 ? -1 : source.indexOf("}}", from + close);
    return end < 0 || end + 2 > limit ? null : end;
  }
  let quote = "";
  for (let at = from; at < limit; at++) {
    const character = source[at]!;
    if (quote !== "") {
      if (character === "\\" && quote !== "`") at++;
      else if (character === quote) quote = "";
      else if (character === "\n" && quote === '"') return null;
    } else if (character === '"' || character === "`") quote = character;
    else if (character === "}" && source[at + 1] === "}" && at + 1 < limit) return at;
    else if (character === "{" && source[at + 1] === "{") return null;
  }
  return null;
}

/** A layout of Go's clock is how it writes one moment: the day of `2006-01-02`, and no time where it has none of 15:04:05. */
function asGoDay(claim: ScopeClaim, expression: string): ScopeClaim {
  if (claim.scope !== "volatile" || claim.basis !== "inferred") return claim;
  const layouts = [...expression.matchAll(/"([^"\n]{2,60})"|`([^`\n]{2,60})`/g)].map(
    ([, a, b]) => a ?? b ?? "",
  );
  const isTime = layouts.some((layout) => /15|03|04|05|PM|Kitchen/.test(layout));
  const isDay = layouts.some((layout) => /2006|Jan|Mon|\b0?[12]\b/.test(layout));
  if (!isDay || isTime) return claim;
  return { scope: "day", basis: "inferred", reason: `${claim.reason}, of which the day is written` };
}
