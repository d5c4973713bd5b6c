/** Scopes that comments of YAML (`# promptcache: …`) and of JSON (`// promptcache: …`) declare, for the whole file. */
import { readDirective } from "../directives.ts";
import type { Declarations } from "../scope-inference.ts";
import type { Scope } from "../template.ts";
import type { Parsed, Problem, TextRange } from "../text.ts";
import type { DataNode } from "./nodes.ts";

const comment = /(?<=^|\s)(?:#+|\/\/+)([ \t]*promptcache[ \t]*:[^\r\n]*)/gm;

export function readCommentScopes(source: string, roots: readonly DataNode[]): Parsed<Declarations> {
  const value = new Map<string, Scope>();
  const problems: Problem[] = [];
  if (!source.includes("promptcache")) return { value, problems };
  const texts = roots.flatMap((root) => [...textRanges(root)]);
  for (const match of source.matchAll(comment)) {
    const end = match.index + match[0].length;
    // What looks like a comment inside of a text is text.
    if (texts.some((text) => text.start <= match.index && end <= text.end)) continue;
    const read = readDirective(source, { start: end - match[1]!.length, end });
    for (const [name, scope] of read?.value ?? []) value.set(name, scope);
    problems.push(...(read?.problems ?? []));
  }
  return { value, problems };
}

function* textRanges(node: DataNode): Generator<TextRange> {
  if (node.kind === "text") yield node.range;
  else if (node.kind === "list") for (const item of node.items) yield* textRanges(item);
  else if (node.kind === "map") for (const { value } of node.entries) yield* textRanges(value);
}
