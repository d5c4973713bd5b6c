/** Scopes that the comments of a template declare. */
import { readDirective } from "../directives.ts";
import type { Declarations } from "../scope-inference.ts";
import type { Scope } from "../template.ts";
import type { Parsed, Problem } from "../text.ts";
import type { Token } from "./lexer.ts";

/** Together with those that the template was given, before which they stand. */
export function readCommentDeclarations(
  source: string,
  tokens: readonly Token[],
  declared: Declarations,
): Parsed<Declarations> {
  const value = new Map<string, Scope>(declared);
  const problems: Problem[] = [];
  for (const token of tokens) {
    const read = token.kind === "comment" ? readDirective(source, token.inside) : null;
    for (const [name, scope] of read?.value ?? []) value.set(name, scope);
    problems.push(...(read?.problems ?? []));
  }
  return { value, problems };
}
