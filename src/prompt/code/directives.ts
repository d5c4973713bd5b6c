/** Scopes that comments in code declare: `# promptcache: customer=session`, `// promptcache: …`. */
import type { Node } from "web-tree-sitter";
import { readDirective } from "../directives.ts";
import type { Declarations } from "../scope-inference.ts";
import type { Scope } from "../template.ts";
import type { Parsed, Problem } from "../text.ts";

/** `comments` are nodes as written, with their signs. They count for the whole file. */
export function readCodeDirectives(source: string, comments: readonly Node[]): Parsed<Declarations> {
  const value = new Map<string, Scope>();
  const problems: Problem[] = [];
  for (const { startIndex, endIndex } of comments) {
    const text = source.slice(startIndex, endIndex);
    if (!text.includes("promptcache")) continue;
    const [signs] = /^(?:#+|\/\/+|\/\*+)?/.exec(text)!;
    const closing = text.startsWith("/*") && text.endsWith("*/") ? 2 : 0;
    const read = readDirective(source, { start: startIndex + signs.length, end: endIndex - closing });
    for (const [name, scope] of read?.value ?? []) value.set(name, scope);
    problems.push(...(read?.problems ?? []));
  }
  return { value, problems };
}
