/**
 * How much of a conversation the code around a request keeps: told by a cut of what is sent, by a cut that is given back to the
 * list itself, by the function that gives the list, or by the memory that a framework is told to have. A part that is only
 * printed, or handed to something else, says nothing of the request. Every language writes a cut in a few ways; a regular
 * expression knows them all, as nothing of the value counts but the number.
 */
import { mapSegments } from "../segments.ts";
import type { HistoryWindow, Segment, Template } from "../template.ts";
import type { Scope } from "./bindings.ts";
import { anyName, cutsOf } from "./cuts.ts";
import { memoryWindows } from "./memory-windows.ts";
import type { Program } from "./program.ts";
import { classAround, outsideBlocks } from "./scopes.ts";

/** Characters of a function, a class or a module that are looked at. */
const lookedAt = 40_000;
const mostMessages = 500;
/** Histories of one file that are looked for. */
const mostHistories = 50;
/** Cuts of one list that are looked at. */
const mostCuts = 50;
/** Characters of a statement in front of a cut. */
const longestBefore = 400;

/** The templates with what the code says of their histories. */
export function withWindows(templates: readonly Template[], program: Program): readonly Template[] {
  const finder = new Windows(program, templates);
  return templates.map((template) => {
    const segments = finder.filled(template.segments, template);
    const own = segments === template.segments ? template : { ...template, segments };
    const window = finder.ofMemory(template);
    return window === null ? own : { ...own, window };
  });
}

/** Set up in the file at `at`, under `name` where it has one; `isGiven` says whether a template of the file is seen to have it. */
interface Memory {
  readonly window: HistoryWindow;
  readonly at: number;
  readonly name: string | null;
}

class Windows {
  readonly #program: Program;
  readonly #memories: readonly Memory[];
  /** The only template that the only memory of the file can be for. */
  readonly #only: Template | null;
  #left = mostHistories;

  constructor(program: Program, templates: readonly Template[]) {
    this.#program = program;
    this.#memories = memoriesOf(program.source);
    const [memory, ...others] = this.#memories;
    const [only, ...more] = templates.filter(
      ({ usage, path }) => usage !== "partial" && path === templates[0]?.path,
    );
    const isTold = memory !== undefined && others.length === 0 && more.length === 0;
    this.#only = isTold && only !== undefined ? only : null;
  }

  /** Of the memory that is given to what the template is for; `null` where it has none, or it cannot be told which. */
  ofMemory(template: Template): HistoryWindow | null {
    if (this.#memories.length === 0 || template.usage === "partial") return null;
    const given = this.#memories.filter((memory) => this.#isGiven(memory, template));
    const [first, ...others] = given.length === 0 && this.#only === template ? this.#memories : given;
    if (first === undefined) return null;
    const { keep, last } = first.window;
    return others.every(({ window }) => window.keep === keep && window.last === last) ? first.window : null;
  }

  #isGiven({ at, name }: Memory, { range }: Template): boolean {
    if (at >= range.start && at < range.end) return true;
    if (name === null) return false;
    const code = withoutTexts(
      this.#program.source.slice(range.start, Math.min(range.end, range.start + lookedAt)),
    );
    const isNamed = new RegExp(`(?<![\\w$])${escaped(name)}\\b(?!\\s{0,4}[:=(])`).test(code);
    return isNamed && this.#scopeOf(name, at) === this.#scopeOf(name, range.start);
  }

  /** `alias` is the name under which they stand in the request, and where. */
  filled(
    segments: readonly Segment[],
    template: Template,
    alias: { readonly name: string; readonly at: number } | null = null,
  ): readonly Segment[] {
    return mapSegments(segments, (segment): Segment => {
      if (segment.kind === "include" && segment.resolved?.path === template.path) {
        const { segments: included } = segment.resolved;
        const inner = this.filled(included, template, { name: segment.target, at: segment.range.start });
        return inner === included
          ? segment
          : { ...segment, resolved: { path: template.path, segments: inner } };
      }
      if (segment.kind !== "hole" || segment.form !== "history" || segment.window !== undefined)
        return segment;
      if (this.#left-- <= 0) return segment;
      const sentAt = template.range.end;
      const window =
        this.#windowOf(segment.expression, segment.range.start, sentAt) ??
        (alias === null ? null : this.#windowOf(alias.name, alias.at, sentAt));
      return window === null ? segment : { ...segment, window };
    });
  }

  #windowOf(expression: string, at: number, sentAt: number): HistoryWindow | null {
    const own = this.#cutsIn(expression, anyName)[0];
    if (own !== undefined) return own.window;
    const called = /^(?:[\w$@.>:-]{0,80}[.>:])?([A-Za-z_]\w*)\s{0,3}\(/.exec(expression)?.[1];
    if (called !== undefined) {
      const definition = this.#program.names.functions.find(({ name }) => name === called)?.node;
      return definition === undefined ? null : this.#returned(definition.startIndex, definition.endIndex);
    }
    const [, owner, name] = /^(.{0,80}?(?:\.|->|::|@|\$))?([A-Za-z_]\w*)$/.exec(expression) ?? [];
    return name === undefined ? null : this.#kept(ownerOf(owner), name, at, sentAt);
  }

  /** What is cut in what a function gives back: in the `return`, or in the list of that name. */
  #returned(start: number, end: number): HistoryWindow | null {
    const text = this.#textOf(start, end);
    const isExpression = !/\breturn\b/.test(text);
    for (const { window, list, at, isInPlace } of this.#cutsIn(text, anyName)) {
      const before = statementBefore(text, at);
      if (isExpression || /\breturn\b/.test(before)) return window;
      const name = isInPlace ? list : assignedIn(before);
      const given =
        name === null ? null : new RegExp(`\\breturn\\b[^;\\n]{0,200}(?<![\\w])${escaped(name)}(?!\\w)`);
      if (given?.test(text.slice(at)) === true) return window;
    }
    return null;
  }

  /** How much of a list is kept in it, by what the code gives back to it. */
  #kept(owner: string | null, name: string, at: number, sentAt: number): HistoryWindow | null {
    const { source } = this.#program;
    const here = this.#placeOf(owner, name, at);
    const [start, end] = here.extent;
    const text = this.#textOf(start, end);
    const around = this.#functionAt(at);
    const isNear = (cut: FoundCut) => Number(this.#functionAt(start + cut.at) === around);
    const cuts = this.#cutsIn(text, name).toSorted((one, other) => isNear(other) - isNear(one));
    for (const cut of cuts) {
      const [cutOwner] = splitName(cut.list);
      const whole = cut.isInPlace ? cut.list : assignedIn(statementBefore(text, cut.at));
      if (whole === null) continue;
      const [toOwner, to] = splitName(whole);
      const from = start + cut.at;
      if (to !== name || !this.#isSame(here.id, toOwner, name, from)) continue;
      if (!this.#isSame(here.id, cutOwner, name, from)) continue;
      const isLater = from >= sentAt && this.#functionAt(from) === around;
      // What is cut behind the request is there in the next round of a loop, or where others see the list.
      const isOwn = this.#scopeOf(name, at) === around && owner === null;
      if (isLater && isOwn && !/\b(?:while|for|foreach|loop|until)\b/.test(source.slice(around.start, at)))
        continue;
      return cut.window;
    }
    return null;
  }

  #isSame(id: string, owner: string | null, name: string, at: number): boolean {
    return this.#placeOf(owner, name, at).id === id;
  }

  /** Which list a name is at an offset, and the part of the file where that one has the name. */
  #placeOf(
    owner: string | null,
    name: string,
    at: number,
  ): { readonly id: string; readonly extent: readonly [number, number] } {
    const { source, names } = this.#program;
    const around = this.#functionAt(at);
    const holder = this.#scopeOf(name, at);
    const ofClass = classAround(names.scopeAt(at));
    if (owner === "self" || (owner === null && holder?.kind === "class")) {
      if (ofClass !== null) return { id: `class ${ofClass.start}`, extent: [ofClass.start, ofClass.end] };
    }
    if (owner !== null && ofClass === null) {
      // Methods of Go stand outside of their type.
      const method = names.functions.find(
        ({ node }) => node.startIndex <= at && at < node.endIndex && around.start <= node.startIndex,
      );
      if (method?.owner != null) return { id: `type ${method.owner} ${name}`, extent: [0, source.length] };
    }
    if (owner !== null || holder === null) {
      const part = owner !== null && ofClass !== null ? ofClass : around;
      return { id: `${owner} in ${part.start}`, extent: [part.start, part.end] };
    }
    return { id: `name of ${holder.start}`, extent: [holder.start, holder.end] };
  }

  #functionAt(at: number): Scope {
    let scope = outsideBlocks(this.#program.names.scopeAt(at));
    while (scope.parent !== null && scope.kind !== "function") scope = outsideBlocks(scope.parent);
    return scope;
  }

  /** Where a name is bound; that of a block counts as one of its function. */
  #scopeOf(name: string, at: number): Scope | null {
    for (let scope: Scope | null = this.#program.names.scopeAt(at); scope !== null; scope = scope.parent)
      if (scope.bindings.has(name)) return outsideBlocks(scope);
    return null;
  }

  #textOf(start: number, end: number): string {
    return this.#program.source.slice(start, Math.min(end, start + lookedAt));
  }

  /** In source order of each way to write one. */
  #cutsIn(text: string, name: string): readonly FoundCut[] {
    return cutsOf(name).flatMap(({ keep, pattern, isInPlace }) =>
      [...text.matchAll(pattern)].slice(0, mostCuts).flatMap((match) => {
        const { list, count } = match.groups ?? {};
        const last = count === undefined ? null : this.#numberOf(count, text);
        if (list === undefined || last === null || last <= 0) return [];
        // Nobody keeps so many messages: what is counted are tokens.
        const window = { keep: last > mostMessages ? ("tokens" as const) : keep, last };
        return [{ window, list, at: match.index, isInPlace }];
      }),
    );
  }

  /** A number, or what the code says that a name of one is: near by, or anywhere in the module. */
  #numberOf(written: string, near: string): number | null {
    if (/^[0-9]/.test(written)) return Number(written.replaceAll("_", ""));
    const name = written
      .split(/\.|->|::/)
      .at(-1)!
      .replace(/^\$/, "");
    const assigned = new RegExp(`\\b${name}\\b[^=\\n;,(){}]{0,40}[=:]\\s{0,4}([0-9][0-9_]{0,8})\\b`);
    const found = assigned.exec(near) ?? assigned.exec(this.#program.source.slice(0, lookedAt));
    return found === null ? null : Number(found[1]!.replaceAll("_", ""));
  }
}

interface FoundCut {
  readonly window: HistoryWindow;
  readonly list: string;
  readonly at: number;
  readonly isInPlace: boolean;
}

/** What stands in front of an offset in the same statement: a line, with those that its open brackets began. */
function statementBefore(text: string, at: number): string {
  let open = 0;
  for (let index = at - 1; index >= Math.max(0, at - longestBefore); index--) {
    const character = text[index]!;
    const isEnd =
      character === ";" ||
      (character === "{" &&
        /(?:\)|=>|\b(?:else|do|try))\s{0,4}$/.test(text.slice(Math.max(0, index - 12), index))) ||
      (character === "}" && !/^\s{0,80}[.,)\]]/.test(text.slice(index + 1, at)));
    if (open === 0 && isEnd) return text.slice(index + 1, at);
    if (")]}".includes(character)) open++;
    else if (open > 0 && "([{".includes(character)) open--;
    else if (open === 0 && character === "\n") {
      const line = text.slice(Math.max(0, index - longestBefore), index).trimEnd();
      if (!/[([{,=+?:|&\\]$/.test(line) || /(?:\)|\w)\s{0,4}[:{]$/.test(line))
        return text.slice(index + 1, at);
    }
  }
  return text.slice(Math.max(0, at - longestBefore), at);
}

/** What a statement gives its value to, as it is written; `null` where it names nothing. */
function assignedIn(before: string): string | null {
  const found =
    /(?:^|[\s;{}(])((?:[\w$@]{1,40}(?:\.|->|::)){0,3}[$@]?[A-Za-z_]\w{0,60})\s{0,4}(?::\s{0,4}[^=;\n]{1,80})?(?::=|=)(?![=>])/.exec(
      before,
    );
  return found?.[1] ?? null;
}

/** `this.turns` into what has it, and its name. */
function splitName(written: string): readonly [owner: string | null, name: string] {
  const [, owner, name] = /^(.*?(?:\.|->|::|@|\$))?([A-Za-z_]\w*)$/.exec(written) ?? [];
  return [ownerOf(owner), name ?? written];
}

/** What a field is of: `self` for the object of the method, by whatever name; `null` for a variable. */
function ownerOf(written: string | undefined): string | null {
  const owner = written?.replace(/(?:\.|->|::|\$|\?)+$/, "").replace(/^\$/, "") ?? "";
  if (owner === "") return null;
  return /^(?:self|this|@)$/.test(owner) ? "self" : owner;
}

/** Code without what stands in its quotes. */
function withoutTexts(code: string): string {
  return code.replace(
    /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g,
    '""',
  );
}

function escaped(name: string): string {
  return name.replaceAll("$", "\\$").replaceAll(".", "\\.");
}

function memoriesOf(source: string): readonly Memory[] {
  const text = source.slice(0, lookedAt);
  return memoryWindows.flatMap(({ keep, pattern }) =>
    [...text.matchAll(pattern)].slice(0, mostCuts).flatMap((match) => {
      const last = Number(match[1]!.replaceAll("_", ""));
      const name = assignedIn(statementBefore(text, match.index));
      const window = { keep, last };
      return last > 0 ? [{ window, at: match.index, name: name === null ? null : splitName(name)[1] }] : [];
    }),
  );
}
