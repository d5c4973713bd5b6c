/** Scopes declared in a comment of the template: `promptcache: customer=session, now=volatile`. */
import type { Declared, Declaring } from "./format.ts";
import { type Frontmatter, isRecord } from "./frontmatter.ts";
import { type Declarations, isScope } from "./scope-inference.ts";
import { type Scope, scopes } from "./template.ts";
import type { Parsed, Problem, TextRange } from "./text.ts";

const keyword = /^\s*promptcache\s*:/;
const declarable = /^[\p{L}_$@][\p{L}\p{N}_.$@[\]-]*$/u;

/** Whether a directive can name a value. */
export function canDirect(name: string): boolean {
  return declarable.test(name);
}

/** The directive as a comment of the language; one without an end goes to the end of its line. */
export function inComment(open: string, close = ""): Declaring {
  const said = (declared: Declared) => declared.map(([name, scope]) => `${name}=${scope}`).join(", ");
  const remarks = close === "" ? lineRemarks(open) : enclosedRemarks(open, close);
  return {
    words: (declared) => `\`${open} promptcache: ${said(declared)}${close === "" ? "" : ` ${close}`}\``,
    changes(text, at, declared) {
      const known = directiveIn(text, open, close);
      if (known === null) return remarks(text, at, `promptcache: ${said(declared)}`);
      const changed = withDeclared(text.slice(known.start, known.end), declared);
      return [{ range: known, newText: changed }];
    },
    remarks,
  };
}

/** The inside of the first directive of a file, behind its colon and without blanks at its end. */
function directiveIn(text: string, open: string, close: string): TextRange | null {
  for (let at = text.indexOf(open); at >= 0; at = text.indexOf(open, at + open.length)) {
    const head = /^[-~!]{0,3}[ \t]*promptcache[ \t]*:/.exec(
      text.slice(at + open.length, at + open.length + 80),
    );
    if (head === null) continue;
    const start = at + open.length + head[0].length;
    const end = close === "" ? endOfLine(text, start) : text.indexOf(close, start);
    if (end < 0) return null;
    return { start, end: start + text.slice(start, end).replace(/[\s~-]+$/, "").length };
  }
  return null;
}

/** What a directive says, with other scopes for some names, and with more names. */
function withDeclared(said: string, declared: Declared): string {
  const left = new Map(declared);
  const entries = said.split(",").filter((entry) => entry.trim() !== "");
  const kept = entries.map((entry) => {
    const [name = ""] = entry.split("=");
    const scope = left.get(name.trim());
    left.delete(name.trim());
    return scope === undefined ? entry : `${name.trimEnd()}=${scope}`;
  });
  return [...kept, ...[...left].map(([name, scope]) => ` ${name}=${scope}`)].join(",");
}

/** On a line of its own above the place, as far in; or above everything. */
function lineRemarks(sign: string): NonNullable<Declaring["remarks"]> {
  return (text, at, remark) => {
    const newLine = text.includes("\r\n") ? "\r\n" : "\n";
    const above = text.lastIndexOf("\n", at - 1) + 1;
    const top = text.startsWith("#!") ? Math.min(text.length, endOfLine(text, 0) + 1) : 0;
    return [above, top].map((start) => {
      const [indent = ""] = /^[ \t]*/.exec(text.slice(start, start + 200)) ?? [];
      return { range: { start, end: start }, newText: `${indent}${sign} ${remark}${newLine}` };
    });
  };
}

/** In front of the line of the place, on a line of its own where that is not sent; or where the place begins. */
function enclosedRemarks(open: string, close: string): NonNullable<Declaring["remarks"]> {
  return (text, at, remark) => {
    const newLine = text.includes("\r\n") ? "\r\n" : "\n";
    const start = text.lastIndexOf("\n", at - 1) + 1;
    const comment = `${open} ${remark} ${close}`;
    return [
      { range: { start, end: start }, newText: `${comment}${newLine}` },
      { range: { start, end: start }, newText: `${open} ${remark} -${close}${newLine}` },
      { range: { start, end: start }, newText: comment },
      { range: { start: at, end: at }, newText: comment },
    ];
  };
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** The same under a key of the frontmatter, which begins the file. */
export const inFrontmatter: Declaring = {
  words(declared) {
    const said = declared.map(([name, scope]) => `${name}: ${scope}`).join(", ");
    return `\`promptcache: {${said}}\` in the frontmatter`;
  },
  changes(text, _at, declared) {
    const newLine = text.includes("\r\n") ? "\r\n" : "\n";
    const lines = declared.map(([name, scope]) => `  ${plainKey(name)}: ${scope}${newLine}`).join("");
    const head = /^---[ \t]*\r?\n/.exec(text);
    if (head === null) {
      const newText = `---${newLine}promptcache:${newLine}${lines}---${newLine}`;
      return [{ range: { start: 0, end: 0 }, newText }];
    }
    const end = /^---[ \t]*\r?$/m.exec(text.slice(head[0].length));
    if (end === null) return [];
    const close = head[0].length + end.index;
    const key = /^promptcache:[ \t]*\r?\n/m.exec(text.slice(0, close));
    const at = key === null ? close : key.index + key[0].length;
    const newText = key === null ? `promptcache:${newLine}${lines}` : lines;
    return [{ range: { start: at, end: at }, newText }];
  },
};

/** A key of YAML as it is written. */
function plainKey(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(name) ? name : JSON.stringify(name);
}

/** Reads one comment, given the range of its inside; `null` when it is no directive. */
export function readDirective(source: string, inside: TextRange): Parsed<Declarations> | null {
  const text = source.slice(inside.start, inside.end);
  const head = keyword.exec(text);
  if (head === null) return null;
  const value = new Map<string, Scope>();
  const problems: Problem[] = [];
  let at = head[0].length;
  for (const entry of text.slice(at).split(",")) {
    const start = inside.start + at + (entry.length - entry.trimStart().length);
    const range = { start, end: start + entry.trim().length };
    at += entry.length + 1;
    const [name = "", scope = "", ...rest] = entry.split("=").map((part) => part.trim());
    if (name === "" && scope === "" && rest.length === 0) {
      const written = text.trimEnd();
      const whole = {
        start: inside.start + (text.length - text.trimStart().length),
        end: inside.start + written.length,
      };
      if (written.endsWith(":")) problems.push(bad(whole, "This directive declares nothing"));
    } else if (name === "" || rest.length > 0 || !canDirect(name)) {
      problems.push(bad(range, `\`${entry.trim()}\` is no declaration`));
    } else if (!isScope(scope)) {
      const what = scope === "" ? `\`${name}\` is given no scope` : `\`${scope}\` is no scope`;
      problems.push(bad(scope === "" ? range : { start: range.end - scope.length, end: range.end }, what));
    } else {
      value.set(name, scope);
    }
  }
  return { value, problems };
}

function bad(range: TextRange, what: string, sign = "="): Problem {
  return {
    range,
    severity: "warning",
    message: `${what}: write \`name${sign}scope\`, where the scope is one of ${scopes.join(", ")}.`,
  };
}

/** All directives in HTML comments of a document. */
export function readHtmlDirectives(source: string): Parsed<Declarations> {
  const value = new Map<string, Scope>();
  const problems: Problem[] = [];
  let open = source.includes("promptcache") ? source.indexOf("<!--") : -1;
  while (open >= 0) {
    const start = open + "<!--".length;
    const end = source.indexOf("-->", start);
    if (end < 0) break;
    const read = readDirective(source, { start, end });
    for (const [name, scope] of read?.value ?? []) value.set(name, scope);
    problems.push(...(read?.problems ?? []));
    open = source.indexOf("<!--", end);
  }
  return { value, problems };
}

/** Scopes under `promptcache:` in a frontmatter, as `name: scope`. */
export function readFrontmatterScopes(source: string, front: Frontmatter): Parsed<Declarations> {
  const value = new Map<string, Scope>();
  const problems: Problem[] = [];
  const written = front.values["promptcache"];
  if (front.range === null || written === undefined) return { value, problems };
  const key = source.indexOf("promptcache", front.range.start);
  if (!isRecord(written)) {
    problems.push(bad({ start: key, end: key + "promptcache".length }, "`promptcache` holds no names", ": "));
    return { value, problems };
  }
  for (const [name, scope] of Object.entries(written)) {
    if (typeof scope === "string" && isScope(scope)) {
      value.set(name, scope);
      continue;
    }
    const start = Math.max(key, source.indexOf(name, key + "promptcache".length));
    problems.push(bad({ start, end: start + name.length }, `\`${name}\` is given no scope`, ": "));
  }
  return { value, problems };
}
