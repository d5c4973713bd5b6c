/** A Handlebars or Mustache template, from its source to segments. */
import { readDirective } from "../directives.ts";
import type { Declarations } from "../scope-inference.ts";
import type { Scope, Segment } from "../template.ts";
import type { Parsed, TextRange } from "../text.ts";
import { Evaluator, type Helpers } from "./evaluator.ts";
import { type Dialect, lex, type Tag } from "./lexer.ts";
import { parse } from "./parser.ts";
import { renderedRanges } from "./whitespace.ts";

export interface CurlyTemplate {
  readonly segments: readonly Segment[];
  /** Scopes that its comments declare, and those it was given. The segments know of them already. */
  readonly declarations: Declarations;
}

const noHelpers: Helpers = () => null;

/** Reads the template at `range` of `source`. Ranges count from the start of `source`. `declared` comes from outside it. */
export function readCurly(
  path: string,
  source: string,
  range: TextRange,
  dialect: Dialect,
  helpers: Helpers = noHelpers,
  declared: Declarations = new Map(),
): Parsed<CurlyTemplate> {
  const tokens = lex(source, range, dialect);
  const rendered = renderedRanges(source, tokens.value, dialect);
  const tree = parse(source, tokens.value, rendered, dialect);
  const problems = [...tokens.problems, ...tree.problems];
  const declarations = new Map<string, Scope>(declared);
  for (const token of tokens.value) {
    if (token.kind !== "tag" || token.sigil !== "!") continue;
    const read = readDirective(source, commentText(source, token));
    for (const [name, scope] of read?.value ?? []) declarations.set(name, scope);
    problems.push(...(read?.problems ?? []));
  }
  const evaluator = new Evaluator(path, source, dialect, declarations, helpers, problems);
  return { value: { segments: evaluator.template(tree.value), declarations }, problems };
}

/** `{{!-- … --}}` without its dashes. */
function commentText(source: string, tag: Tag): TextRange {
  const { start, end } = tag.inside;
  const text = source.slice(start, end);
  const isLong = text.startsWith("--") && text.length >= 4;
  return isLong ? { start: start + 2, end: text.endsWith("--") ? end - 2 : end } : tag.inside;
}
