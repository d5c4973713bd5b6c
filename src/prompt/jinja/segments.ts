/** A Jinja2 template, from its source to segments. */
import type { Declarations } from "../scope-inference.ts";
import { normalizeNewlines } from "../segments.ts";
import type { Segment } from "../template.ts";
import type { Parsed, TextRange } from "../text.ts";
import { readCommentDeclarations } from "./declarations.ts";
import { Evaluator } from "./evaluator.ts";
import { type LexOptions, lex } from "./lexer.ts";
import { parse } from "./parser.ts";

export interface JinjaTemplate {
  readonly segments: readonly Segment[];
  /** Scopes that its comments declare, and those it was given. The segments know of them already. */
  readonly declarations: Declarations;
  /** Values of names that it sets to literals. */
  readonly samples: ReadonlyMap<string, string>;
}

/** Of an environment that nothing is set in. */
const jinjaDefaults: LexOptions = { trimBlocks: false, lstripBlocks: false };

/** Reads the template at `range` of `source`. Ranges count from the start of `source`. `declared` comes from outside it. */
export function readJinja(
  path: string,
  source: string,
  range: TextRange,
  declared: Declarations = new Map(),
  options: LexOptions = jinjaDefaults,
): Parsed<JinjaTemplate> {
  const template = { start: range.start, end: withoutLastNewline(source, range) };
  const tokens = lex(source, template, options);
  const tree = parse(source, tokens.value);
  const { value: declarations, problems: misread } = readCommentDeclarations(source, tokens.value, declared);
  const problems = [...tokens.problems, ...tree.problems, ...misread];
  const evaluator = new Evaluator(path, source, declarations, problems);
  const segments = evaluator.template(tree.value);
  const samples = evaluator.literals();
  return { value: { segments: normalizeNewlines(segments), declarations, samples }, problems };
}

/** Jinja2 drops one newline at the end of a template. */
function withoutLastNewline(source: string, range: TextRange): number {
  const { start, end } = range;
  if (end === start || !/[\r\n]/.test(source[end - 1]!)) return end;
  if (source[end - 1] === "\r") return end - 1;
  return end - 2 >= start && source[end - 2] === "\r" ? end - 2 : end - 1;
}
