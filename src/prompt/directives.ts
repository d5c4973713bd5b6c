/** Scopes declared in a comment of the template: `promptcache: customer=session, now=volatile`. */
import type { DeclaringWords } from "./format.ts";
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

/** The directive as a comment of the language. */
export function inComment(open: string, close = ""): DeclaringWords {
  return (entries) => {
    const said = entries.map(([name, scope]) => `${name}=${scope}`).join(", ");
    return `\`${open} promptcache: ${said}${close === "" ? "" : ` ${close}`}\``;
  };
}

/** The same under a key of the frontmatter. */
export const inFrontmatter: DeclaringWords = (entries) => {
  const said = entries.map(([name, scope]) => `${name}: ${scope}`).join(", ");
  return `\`promptcache: {${said}}\` in the frontmatter`;
};

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
