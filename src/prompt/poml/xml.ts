/** POML source as a tree of elements. What does not fit together is a problem, and the tree still stands. */
import { lineEndBefore } from "../frontmatter.ts";
import type { Parsed, Problem, TextRange } from "../text.ts";

export interface Attribute {
  readonly value: string;
  /** Without quotes. */
  readonly range: TextRange;
}

export interface Element {
  readonly kind: "element";
  /** In lower case, without hyphens: `human-msg` and `HumanMsg` are the same. */
  readonly name: string;
  /** From the opening tag to the end of the closing one. */
  readonly range: TextRange;
  readonly tag: TextRange;
  /** By name in lower case. */
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly children: readonly XmlNode[];
}

export type XmlNode = Element | { readonly kind: "text" | "cdata"; readonly range: TextRange };

interface Frame {
  readonly name: string;
  readonly written: string;
  readonly tag: TextRange;
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly children: XmlNode[];
}

/** Deeper elements count as text of the one that holds them: recursion over the tree stays bounded. */
const maxDepth = 100;

const markup = /<(?:!--|!\[CDATA\[|\?|!|(\/?)([A-Za-z_][\w.:-]*))/g;
const attribute = /\s*([^\s=/>"'<]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?/y;
const tagRest = /[^<>\r\n]*>/y;

export function readXml(source: string, start: number): Parsed<readonly XmlNode[]> {
  return new XmlReader(source).read(start);
}

export function elementName(written: string): string {
  return written.toLowerCase().replace(/[-_]/g, "");
}

class XmlReader {
  readonly #source: string;
  readonly #problems: Problem[] = [];
  readonly #root: XmlNode[] = [];
  readonly #stack: Frame[] = [];
  /** By what closes a comment and the like, from where on there is none: many open ones stay cheap. */
  readonly #noCloserFrom = new Map<string, number>();
  /** Open elements that are too deep to count, by name. */
  readonly #flat: string[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  read(start: number): Parsed<readonly XmlNode[]> {
    let at = start;
    markup.lastIndex = start;
    for (let match = markup.exec(this.#source); match !== null; match = markup.exec(this.#source)) {
      this.#add("text", { start: at, end: match.index });
      at = this.#markup(match);
      markup.lastIndex = at;
    }
    this.#add("text", { start: at, end: this.#source.length });
    while (this.#stack.length > 0) {
      const { written, tag } = this.#stack.at(-1)!;
      this.#problem(tag, `\`<${written}>\` is not closed: add \`</${written}>\`.`);
      this.#close(this.#source.length);
    }
    return { value: this.#root, problems: this.#problems };
  }

  /** Gives where to read on. */
  #markup(match: RegExpExecArray): number {
    const [written, slash, name] = match;
    const { index } = match;
    const inside = index + written.length;
    if (written === "<!--") return this.#until("-->", inside, index);
    if (written === "<![CDATA[") {
      const end = this.#until("]]>", inside, index);
      const isClosed = this.#source.startsWith("]]>", end - 3) && end - 3 >= inside;
      this.#add("cdata", { start: inside, end: isClosed ? end - 3 : end });
      return end;
    }
    if (name === undefined) return this.#until(">", inside, index);
    return slash === "/" ? this.#closingTag(name, index, inside) : this.#openingTag(name, index, inside);
  }

  /** The end of what begins at `open`; what is not closed reaches to the end of its line. */
  #until(closer: string, from: number, open: number): number {
    const isGone = from >= (this.#noCloserFrom.get(closer) ?? Number.POSITIVE_INFINITY);
    const end = isGone ? -1 : this.#source.indexOf(closer, from);
    if (end >= 0) return end + closer.length;
    if (!isGone) this.#noCloserFrom.set(closer, from);
    this.#problem({ start: open, end: from }, `This is not closed: add \`${closer}\`.`);
    return lineEndBefore(this.#source, from, this.#source.length);
  }

  #openingTag(written: string, open: number, from: number): number {
    const attributes = new Map<string, Attribute>();
    let at = from;
    for (;;) {
      attribute.lastIndex = at;
      const match = attribute.exec(this.#source);
      if (match === null) break;
      at = attribute.lastIndex;
      const value = match[2] ?? match[3] ?? "";
      const end = match[2] === undefined && match[3] === undefined ? at : at - 1;
      const key = match[1]!.toLowerCase();
      if (!attributes.has(key)) attributes.set(key, { value, range: { start: end - value.length, end } });
    }
    const close = /\s*(\/?)>/y;
    close.lastIndex = at;
    const closed = close.exec(this.#source);
    let end = at + (closed?.[0].length ?? 0);
    if (closed === null) {
      const next = this.#source.indexOf("<", at);
      end = lineEndBefore(this.#source, at, next < 0 ? this.#source.length : next);
      this.#problem({ start: open, end }, `\`<${written}\` is not closed: add \`>\`.`);
    }
    const tag = { start: open, end };
    const name = elementName(written);
    const isWhole = closed?.[1] === "/" || closed === null;
    if (this.#stack.length >= maxDepth) {
      if (!isWhole) this.#flat.push(name);
      if (this.#flat.length === 1)
        this.#problem(tag, `Elements are nested more than ${maxDepth} deep here: split the file.`);
    } else {
      this.#stack.push({ name, written, tag, attributes, children: [] });
      if (isWhole) this.#close(end);
    }
    return end;
  }

  #closingTag(written: string, open: number, from: number): number {
    tagRest.lastIndex = from;
    const end = from + (tagRest.exec(this.#source)?.[0].length ?? 0);
    const name = elementName(written);
    if (this.#flat.length > 0) {
      this.#flat.pop();
      return end;
    }
    if (!this.#stack.some((frame) => frame.name === name)) {
      this.#problem(
        { start: open, end },
        `\`</${written}>\` closes nothing: remove it, or open \`<${written}>\` before it.`,
      );
      return end;
    }
    for (;;) {
      const frame = this.#stack.at(-1)!;
      const isOwn = frame.name === name;
      if (!isOwn)
        this.#problem(frame.tag, `\`<${frame.written}>\` is not closed: add \`</${frame.written}>\`.`);
      this.#close(isOwn ? end : open);
      if (isOwn) return end;
    }
  }

  #close(end: number): void {
    const { name, tag, attributes, children } = this.#stack.pop()!;
    this.#children().push({
      kind: "element",
      name,
      range: { start: tag.start, end },
      tag,
      attributes,
      children,
    });
  }

  #add(kind: "text" | "cdata", range: TextRange): void {
    if (range.end > range.start) this.#children().push({ kind, range });
  }

  #children(): XmlNode[] {
    return this.#stack.at(-1)?.children ?? this.#root;
  }

  #problem(range: TextRange, message: string): void {
    this.#problems.push({ range, severity: "error", message });
  }
}

const entities: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
  hash: "#",
  lbrace: "{",
  rbrace: "}",
};

/** POML writes braces as `#lbrace;`, since `{{` begins an expression. */
export const entity =
  /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|amp|quot|apos));|#(lt|gt|amp|quot|apos|hash|lbrace|rbrace);/g;

/** What a match of `entity` stands for. */
export function decoded([written, decimal, hex, named, ours]: RegExpMatchArray): string {
  const name = named ?? ours;
  if (name !== undefined) return entities[name] ?? written;
  const code = Number.parseInt(decimal ?? hex ?? "", decimal === undefined ? 16 : 10);
  return code <= 0x10ffff ? String.fromCodePoint(code) : written;
}
