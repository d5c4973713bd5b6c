/**
 * A tree of POML to segments: about what its Markdown writer makes of it. Headings, lists and paragraphs are those of
 * the usual stylesheet; another one, or tables and files that are read in a run, come out differently.
 */
import { asDay } from "../day.ts";
import { lexemesOf } from "../jinja/lexemes.ts";
import { Names, type Reading, readingOf } from "../jinja/scopes.ts";
import { type Declarations, inferred, isHistoryName, mostVolatile } from "../scope-inference.ts";
import type { BlockSegment, Role, ScopeClaim, Segment } from "../template.ts";
import type { Parsed, Problem, TextRange } from "../text.ts";
import { captions, inline, leads, roles, silent, sources, speakers, wrapped } from "./vocabulary.ts";
import { MarkdownWriter } from "./writer.ts";
import { type Attribute, decoded, type Element, entity, type XmlNode } from "./xml.ts";

export interface PomlText {
  readonly segments: readonly Segment[];
  /** Values that the file itself gives to names. */
  readonly samples: ReadonlyMap<string, string>;
}

export function pomlSegments(
  source: string,
  nodes: readonly XmlNode[],
  start: number,
  declarations: Declarations,
): Parsed<PomlText> {
  const renderer = new Renderer(source, declarations, holdsMessage(nodes));
  const segments = renderer.render(nodes, start);
  return { value: { segments, samples: renderer.samples }, problems: renderer.problems };
}

interface Surroundings {
  readonly writer: MarkdownWriter;
  readonly names: Names;
  /** Of the next heading. */
  readonly level: number;
  readonly isPre: boolean;
  /** What begins the items of the list around. */
  readonly list: "-" | "1." | null;
}

/** Where some text has a speaker, text without one is the system's, and the user's otherwise. */
function holdsMessage(nodes: readonly XmlNode[]): boolean {
  return nodes.some(
    (node) => node.kind === "element" && (roleOf(node) !== null || holdsMessage(node.children)),
  );
}

function roleOf({ name, attributes }: Element): Role | null {
  const speaker = attributes.get("speaker")?.value.toLowerCase();
  return roles[name] ?? (speaker === undefined ? null : (speakers[speaker] ?? null));
}

const openExpression = /\{\{\s*([\p{L}_$][\p{L}\p{N}_$.]*)/u;

interface Expression {
  readonly range: TextRange;
  /** Without braces and the blanks inside of them. */
  readonly inside: TextRange;
}

/** What stands between `{{` and the next `}}` in `text`, which begins at `offset`; one in another is the inner one. */
function expressionsIn(text: string, offset: number): readonly Expression[] {
  const found: Expression[] = [];
  let close = -1;
  for (let open = text.indexOf("{{"); open >= 0; ) {
    if (close < open + 2) close = text.indexOf("}}", open + 2);
    if (close < 0) break;
    const next = text.indexOf("{{", open + 2);
    if (next >= 0 && next < close) {
      open = next;
      continue;
    }
    // Of three braces the first one closes something inside.
    const end = text[close + 2] === "}" ? close + 1 : close;
    const written = text.slice(open + 2, end);
    const start = offset + open + 2 + (written.length - written.trimStart().length);
    const inside = { start, end: start + written.trim().length };
    if (inside.end > start) found.push({ range: { start: offset + open, end: offset + end + 2 }, inside });
    open = text.indexOf("{{", end + 2);
  }
  return found;
}

class Renderer {
  readonly problems: Problem[] = [];
  readonly samples = new Map<string, string>();
  readonly #source: string;
  readonly #declarations: Declarations;
  readonly #usual: Role;

  constructor(source: string, declarations: Declarations, hasMessages: boolean) {
    this.#source = source;
    this.#declarations = declarations;
    this.#usual = hasMessages ? "system" : "user";
  }

  render(nodes: readonly XmlNode[], start: number): readonly Segment[] {
    const writer = new MarkdownWriter(this.#source, start, false);
    this.#nodes(nodes, { writer, names: new Names(null), level: 1, isPre: false, list: null });
    const segments = writer.end();
    const [first] = segments;
    if (first === undefined || first.kind === "marker") return segments;
    const at = first.range.start;
    return [{ kind: "marker", range: { start: at, end: at }, role: this.#usual }, ...segments];
  }

  #nodes(nodes: readonly XmlNode[], around: Surroundings): void {
    for (const node of nodes) {
      if (node.kind === "element") this.#element(node, around);
      else this.#text(node.range, node.kind === "cdata" || around.isPre, node.kind === "text", around);
    }
  }

  #element(element: Element, around: Surroundings): void {
    const { name, attributes } = element;
    if (silent.has(name)) return;
    if (name === "let") {
      this.#let(element, around);
      return;
    }
    const loop = attributes.get("for");
    const condition = attributes.get("if");
    if (loop !== undefined) this.#loop(element, loop, condition, around);
    else if (condition !== undefined) this.#conditional(element, condition, around);
    else this.#content(element, around);
  }

  #loop(element: Element, loop: Attribute, condition: Attribute | undefined, around: Surroundings): void {
    const [, item, written] = /^\s*([\w$]+)\s+in\s+(.+)$/s.exec(loop.value) ?? [];
    const listRange =
      written === undefined ? loop.range : { start: loop.range.end - written.length, end: loop.range.end };
    if (written === undefined)
      this.#problem(loop.range, "`for` needs an item and a list: write `item in list`.");
    const { claim, path } = this.#reading(listRange, around.names);
    const source = claim ?? inferred("constant", "the list is written in this template");
    const expression = this.#source.slice(listRange.start, listRange.end).trim();
    const names = new Names(around.names);
    if (item !== undefined) {
      const reason = `\`${item}\` comes from \`${path ?? expression}\`: ${source.reason}`;
      names.bind(item, { kind: "value", claim: { ...source, reason }, isHistory: false });
    }
    this.#block(element, around, (inner) => {
      const isHistory = path !== null && isHistoryName(path);
      const head = {
        form: "loop",
        name: path ?? expression,
        expression,
        scope: source,
        item: item ?? null,
        isHistory,
      } as const;
      if (condition === undefined) this.#content(element, { ...inner, names });
      else this.#conditional(element, condition, { ...inner, names });
      return head;
    });
  }

  #conditional(element: Element, condition: Attribute, around: Surroundings): void {
    const { claim, path } = this.#reading(condition.range, around.names);
    this.#block(element, around, (inner) => {
      this.#content(element, { ...inner, names: new Names(around.names) });
      const expression = condition.value.trim();
      const scope = claim ?? inferred("constant", "the condition reads nothing that changes");
      return {
        form: "conditional",
        name: path ?? expression,
        expression,
        scope,
        item: null,
        isHistory: false,
      };
    });
  }

  /** What an element renders as a block of its own, with the break that belongs before it. */
  #block(
    element: Element,
    around: Surroundings,
    fill: (inner: Surroundings) => Omit<BlockSegment, "kind" | "range" | "body" | "otherwise">,
  ): void {
    const { range } = element;
    const lines = element.name === "item" ? "\n" : "\n\n";
    const isLoop = element.attributes.has("for");
    // Every turn of a loop begins a block.
    const writer = new MarkdownWriter(this.#source, range.start, around.writer.hasBegun || isLoop);
    if (!inline.has(element.name)) writer.break(lines);
    const head = fill({ ...around, writer });
    const body = writer.end();
    if (body.length === 0) return;
    if (!inline.has(element.name)) around.writer.leaveBreak();
    around.writer.segment({ kind: "block", range, ...head, body, otherwise: [] });
    if (!inline.has(element.name)) around.writer.break(lines);
  }

  #content(element: Element, around: Surroundings): void {
    const { name, range, tag, children } = element;
    const { writer } = around;
    const role = roleOf(element);
    if (role !== null) {
      writer.segment({ kind: "marker", range: tag, role });
      this.#nodes(children, { ...around, level: 1, list: null });
      writer.resume(this.#usual);
      return;
    }
    if (name === "include") this.#include(element, around);
    else if (name === "conversation") this.#conversation(element, around);
    else if (name === "br") writer.unit("\n", range);
    else if (sources.has(name) && children.length === 0) this.#given(element, around);
    else if (inline.has(name)) this.#inline(element, around);
    else this.#blockContent(element, around);
  }

  #inline({ name, children, tag, range }: Element, around: Surroundings): void {
    const mark = wrapped[name];
    if (mark !== undefined) around.writer.unit(mark, tag);
    this.#nodes(children, around);
    if (mark !== undefined) around.writer.unit(mark, { start: range.end, end: range.end });
  }

  #blockContent({ name, attributes, tag, children }: Element, around: Surroundings): void {
    const { writer, level, list } = around;
    const caption = attributes.get("caption")?.value ?? captions[name];
    writer.break(name === "item" ? "\n" : "\n\n");
    if (name === "item" && list !== null) writer.unit(`${list} `, tag);
    const isHeading = /^h[1-6]?$/.test(name);
    if (isHeading) writer.unit(`${"#".repeat(level)} `, tag);
    else if (caption !== undefined) {
      writer.unit(`${"#".repeat(Math.min(level, 6))} ${caption}`, tag);
      writer.break("\n\n");
    } else if (leads[name] !== undefined) writer.unit(`**${leads[name]}:** `, tag);
    const inner: Surroundings = {
      ...around,
      level: caption === undefined ? level : level + 1,
      isPre:
        around.isPre ||
        attributes.get("whitespace")?.value === "pre" ||
        attributes.get("syntax")?.value === "text",
      list: name === "list" ? listMark(attributes.get("liststyle")?.value) : list,
    };
    this.#nodes(children, inner);
    writer.break(name === "item" ? "\n" : "\n\n");
  }

  #include({ range, attributes }: Element, { writer, names }: Surroundings): void {
    const src = attributes.get("src");
    if (src === undefined || src.value.trim() === "") {
      this.#problem(range, "`include` names no file: write its path as `src`.");
      return;
    }
    writer.break("\n\n");
    const { claim, path } = this.#readingOfText(src, names);
    if (!src.value.includes("{{"))
      writer.segment({ kind: "include", range, target: src.value.trim(), resolved: null });
    else {
      const scope = claim ?? inferred("constant", "the file is named by literals only");
      writer.segment({
        kind: "hole",
        range,
        form: "include",
        name: path ?? src.value,
        expression: src.value,
        scope,
      });
    }
    writer.break("\n\n");
  }

  #conversation({ range, attributes }: Element, { writer }: Surroundings): void {
    const expression =
      attributes.get("messages")?.value.replace(/^\s*\{\{\s*|(?<!\s)\s*\}\}\s*$/g, "") || "messages";
    const scope = inferred("session", `\`${expression}\` stands for the earlier turns of the conversation`);
    writer.segment({ kind: "hole", range, form: "history", name: expression, expression, scope });
  }

  /** A file, a page or a value that is shown in a form of its own. */
  #given({ name, range, attributes }: Element, { writer, names }: Surroundings): void {
    const given =
      attributes.get("src") ?? attributes.get("url") ?? attributes.get("data") ?? attributes.get("records");
    if (given === undefined) return;
    writer.break("\n\n");
    const { claim, path } = this.#readingOfText(given, names);
    const isLiteral = !given.value.includes("{{");
    const scope =
      isLiteral || claim === null ? inferred("constant", `\`${given.value}\` is named literally`) : claim;
    const hole = isLiteral ? given.value : (path ?? given.value);
    writer.segment({
      kind: "hole",
      range,
      form: "call",
      name: hole,
      expression: `${name} ${given.value}`,
      scope,
    });
    writer.break("\n\n");
  }

  #let({ attributes, children }: Element, { names }: Surroundings): void {
    const name = attributes.get("name")?.value;
    if (name === undefined) return;
    const value = attributes.get("value");
    const [only] = children;
    const inside = value?.range ?? (only === undefined || only.kind === "element" ? null : only.range);
    const read = inside === null ? null : this.#reading(inside, names).claim;
    const fixed = inferred(
      "constant",
      attributes.has("src")
        ? `\`${name}\` is read from a file that is named literally`
        : `\`${name}\` is set to a literal in this template`,
    );
    const claim: ScopeClaim =
      read === null ? fixed : { ...read, reason: `\`${name}\` is set in this template: ${read.reason}` };
    names.bind(name, { kind: "value", claim, isHistory: false });
    const literal =
      inside === null
        ? null
        : /^\s*(["'])([^"'\\]*)\1\s*$|^\s*(-?\d+(?:\.\d+)?)\s*$/.exec(
            this.#source.slice(inside.start, inside.end),
          );
    if (literal !== null) this.samples.set(name, literal[2] ?? literal[3] ?? "");
  }

  /** Text with the expressions in it. Blanks collapse, unless they are kept. */
  #text(range: TextRange, isPre: boolean, hasEntities: boolean, around: Surroundings): void {
    const text = this.#source.slice(range.start, range.end);
    let at = range.start;
    for (const { range: written, inside } of expressionsIn(text, at)) {
      this.#plain({ start: at, end: written.start }, isPre, hasEntities, around.writer);
      this.#hole(written, inside, around);
      at = written.end;
    }
    const rest = text.slice(at - range.start);
    const open = rest.includes("{{") ? openExpression.exec(rest) : null;
    if (open !== null) {
      const start = at + open.index;
      const end = start + open[0].length;
      this.#problem({ start, end }, "`{{` is not closed: add `}}`.");
      this.#plain({ start: at, end: start }, isPre, hasEntities, around.writer);
      this.#hole({ start, end }, { start: end - open[1]!.length, end }, around);
      at = end;
    }
    this.#plain({ start: at, end: range.end }, isPre, hasEntities, around.writer);
  }

  #hole(range: TextRange, inside: TextRange, { writer, names }: Surroundings): void {
    const expression = this.#source.slice(inside.start, inside.end);
    const { claim, path } = this.#reading(inside, names);
    const name = path ?? expression;
    const scope = asDay(claim ?? inferred("constant", "made of literals only"), expression);
    const form = isHistoryName(name) ? "history" : "variable";
    writer.segment({ kind: "hole", range, form, name, expression, scope });
  }

  #plain({ start, end }: TextRange, isPre: boolean, hasEntities: boolean, writer: MarkdownWriter): void {
    let at = start;
    const text = this.#source.slice(start, end);
    for (const match of hasEntities ? text.matchAll(entity) : []) {
      const from = start + match.index;
      this.#words({ start: at, end: from }, isPre, writer);
      at = from + match[0].length;
      writer.unit(decoded(match), { start: from, end: at });
    }
    this.#words({ start: at, end }, isPre, writer);
  }

  #words({ start, end }: TextRange, isPre: boolean, writer: MarkdownWriter): void {
    if (isPre) {
      writer.slice(start, end);
      return;
    }
    for (const match of this.#source.slice(start, end).matchAll(/(\s+)|\S+/g)) {
      const from = start + match.index;
      const range = { start: from, end: from + match[0].length };
      if (match[1] === undefined) writer.slice(range.start, range.end);
      else writer.blank(range);
    }
  }

  #reading(range: TextRange, names: Names): Reading {
    return readingOf(lexemesOf(this.#source, range), names, this.#declarations);
  }

  /** What the expressions in an attribute read. */
  #readingOfText({ value, range }: Attribute, names: Names): Reading {
    const readings = expressionsIn(value, range.start).map(({ inside }) => this.#reading(inside, names));
    const claim = mostVolatile(readings.flatMap((reading) => reading.claim ?? []));
    return readings.find((reading) => reading.claim === claim) ?? { claim: null, path: null };
  }

  #problem(range: TextRange, message: string): void {
    this.problems.push({ range, severity: "error", message });
  }
}

function listMark(style: string | undefined): Surroundings["list"] {
  return style === "decimal" ? "1." : "-";
}
