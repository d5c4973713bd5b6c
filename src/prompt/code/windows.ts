/**
 * How much of a conversation the code around a request keeps: told by how the name of the history is cut in the function or
 * class that sends it, by the function that gives it, or by the memory that a framework is told to have. Every language
 * writes it in a few ways; a regular expression knows them all, as nothing of the value counts but the number.
 */
import { mapSegments } from "../segments.ts";
import type { HistoryWindow, Segment, Template } from "../template.ts";
import { memoryWindows } from "./memory-windows.ts";
import type { Program } from "./program.ts";
import { outsideBlocks } from "./scopes.ts";

/** Characters of a function, a class or a module that are looked at. */
const lookedAt = 40_000;
const mostMessages = 500;
/** Histories of one file that are looked for. */
const mostHistories = 50;

/** The templates with what the code says of their histories. */
export function withWindows(templates: readonly Template[], program: Program): readonly Template[] {
  const finder = new Windows(program);
  return templates.map((template) => {
    const segments = finder.filled(template.segments, template.path);
    const own = segments === template.segments ? template : { ...template, segments };
    return finder.ofMemory === null ? own : { ...own, window: finder.ofMemory };
  });
}

class Windows {
  /** Of the one memory that the file sets up; `null` where there is none, or there are several. */
  readonly ofMemory: HistoryWindow | null;
  readonly #program: Program;
  #left = mostHistories;

  constructor(program: Program) {
    this.#program = program;
    this.ofMemory = memoryWindow(program.source);
  }

  /** `alias` is the name under which they stand in the request. */
  filled(segments: readonly Segment[], path: string, alias: string | null = null): readonly Segment[] {
    return mapSegments(segments, (segment): Segment => {
      if (segment.kind === "include" && segment.resolved?.path === path) {
        const inner = this.filled(segment.resolved.segments, path, segment.target);
        return inner === segment.resolved.segments
          ? segment
          : { ...segment, resolved: { path, segments: inner } };
      }
      if (segment.kind !== "hole" || segment.form !== "history" || segment.window !== undefined)
        return segment;
      if (this.#left-- <= 0) return segment;
      const named = alias === null ? null : this.#windowOf(alias, segment.range.start);
      const window = this.#windowOf(segment.expression, segment.range.start) ?? named;
      return window === null ? segment : { ...segment, window };
    });
  }

  #windowOf(expression: string, at: number): HistoryWindow | null {
    const own = this.#cutIn(expression, anyName);
    if (own !== null) return own;
    const called = /^(?:[\w$@.>:-]{0,80}[.>:])?([A-Za-z_]\w*)\s{0,3}\(/.exec(expression)?.[1];
    if (called !== undefined) {
      const definition = this.#program.names.functions.find(({ name }) => name === called)?.node;
      return definition === undefined
        ? null
        : this.#cutIn(this.#textOf(definition.startIndex, definition.endIndex), anyName);
    }
    const name = /^(?:.{0,80}[.>:@$])?([A-Za-z_]\w*)$/.exec(expression)?.[1];
    if (name === undefined) return null;
    const isMember = /[.>:@]/.test(expression);
    let scope = outsideBlocks(this.#program.names.scopeAt(at));
    while (scope.parent !== null && (isMember ? scope.kind !== "class" : scope.kind !== "function"))
      scope = outsideBlocks(scope.parent);
    const isOwn = isMember || scope.bindings.has(name);
    const [start, end] = isOwn ? [scope.start, scope.end] : [0, this.#program.source.length];
    return this.#cutIn(this.#textOf(start, end), name);
  }

  #textOf(start: number, end: number): string {
    return this.#program.source.slice(start, Math.min(end, start + lookedAt));
  }

  #cutIn(text: string, name: string): HistoryWindow | null {
    for (const { keep, pattern } of cutsOf(name)) {
      const [, count] = pattern.exec(text) ?? [];
      const last = count === undefined ? null : this.#numberOf(count, text);
      // Nobody keeps so many messages: what is counted are tokens.
      if (last !== null && last > 0) return { keep: last > mostMessages ? "tokens" : keep, last };
    }
    return null;
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

/** Of whatever is called so. */
const anyName = "[A-Za-z_]\\w{0,60}";

interface Cut {
  readonly keep: HistoryWindow["keep"];
  readonly pattern: RegExp;
}

/** Ways to keep the last of a list that is called `name`, a name or a pattern of names. */
function cutsOf(name: string): readonly Cut[] {
  const list = `(?:[\\w$@]{1,40}(?:\\.|->|::)){0,3}[$@]?\\b${name}`;
  const number = "((?:[\\w$]{1,40}(?:\\.|->|::)){0,3}\\$?[A-Za-z_]\\w{0,60}|[0-9][0-9_]{0,8})";
  const length = `(?:len\\(\\s{0,4}${list}\\s{0,4}\\)|count\\(\\s{0,4}${list}\\s{0,4}\\)|${list}\\.(?:length|len\\(\\)|size\\(\\)|size|Count|Length))`;
  const less = `(?:Math\\.[mM]ax\\(\\s{0,4}0\\s{0,4},\\s{0,4})?${length}(?:\\s{0,4}-\\s{0,4}|\\.saturating_sub\\(\\s{0,4})${number}`;
  const patterns: readonly (readonly [HistoryWindow["keep"], string])[] = [
    // `history[-10:]`, `history[-10..]`, `history[^10..]`, `del history[:-10]`
    ["messages", `${list}\\s{0,4}\\[\\s{0,4}[-^]\\s{0,4}${number}\\s{0,4}(?::|\\.\\.)`],
    ["messages", `${list}\\s{0,4}\\[\\s{0,4}:\\s{0,4}-\\s{0,4}${number}\\s{0,4}\\]`],
    [
      "messages",
      `${list}\\??\\.(?:slice|last|takeLast|TakeLast|suffix)\\(\\s{0,4}-?\\s{0,4}${number}\\s{0,4}\\)`,
    ],
    ["messages", `array_slice\\(\\s{0,4}${list}\\s{0,4},\\s{0,4}-\\s{0,4}${number}`],
    // `h[len(h)-20:]`, `h.slice(h.length - MAX)`, `h.splice(0, h.length - MAX)`, `h.subList(h.size() - 8, …)`
    [
      "messages",
      `${list}(?:\\[|\\.(?:slice|splice|subList|Skip|drain|drop)\\()\\s{0,4}(?:0\\s{0,4},\\s{0,4}|\\.\\.)?${less}`,
    ],
    // `while len(h) > 20: h.pop(0)`
    [
      "messages",
      `(?:while|if|until)\\s{0,4}\\(?\\s{0,4}${length}\\s{0,4}>=?\\s{0,4}${number}[^]{0,120}?${list}\\.(?:pop|shift|popleft|removeFirst|remove|RemoveAt|RemoveRange|delete_at|splice)\\b`,
    ],
    [
      "messages",
      `${list}\\b[^=\\n]{0,60}=[^\\n]{0,40}\\bdeque\\([^)\\n]{0,60}\\bmaxlen\\s{0,4}=\\s{0,4}${number}`,
    ],
    // `while count(messages) > 6000: messages.pop(1)`
    [
      "tokens",
      `while\\s{0,4}\\(?\\s{0,4}[\\w.$]{0,60}(?:[tT]oken|count)\\w{0,30}\\([^)\\n]{0,60}\\)\\s{0,4}>=?\\s{0,4}${number}[^]{0,120}?${list}\\.(?:pop|shift|popleft|removeFirst|remove|splice)\\b`,
    ],
  ];
  return patterns.map(([keep, pattern]) => ({ keep, pattern: new RegExp(pattern) }));
}

/** What the only memory of the file keeps. */
function memoryWindow(source: string): HistoryWindow | null {
  const text = source.slice(0, lookedAt);
  const found = memoryWindows.flatMap(({ keep, pattern }) =>
    [...text.matchAll(pattern)].map(([, count]) => ({ keep, last: Number(count!.replaceAll("_", "")) })),
  );
  const [only, ...others] = found;
  const isOne = others.every(({ keep, last }) => keep === only?.keep && last === only.last);
  return only !== undefined && isOne && only.last > 0 ? only : null;
}
