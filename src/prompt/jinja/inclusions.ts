/** Conditions, and the templates that an include names. */
import { inferred } from "../scope-inference.ts";
import type { BlockSegment, Segment } from "../template.ts";
import type { TextRange } from "../text.ts";
import { type Lexemes, lexemesOf, textOf } from "./lexemes.ts";
import type { Reading } from "./scopes.ts";
import { literalSegments, type Value } from "./values.ts";

export function conditional(
  range: TextRange,
  { claim, path }: Reading,
  expression: string,
  body: readonly Segment[],
  otherwise: readonly Segment[],
): BlockSegment {
  const scope = claim ?? inferred("constant", "the condition reads nothing that changes");
  const name = path ?? expression;
  const rest = { body, otherwise, item: null, isHistory: false };
  return { kind: "block", range, form: "conditional", name, expression, scope, ...rest };
}

/** What an include stands for: one template, a choice of two, or one that is named at run time. */
export function included(
  source: string,
  target: Value,
  range: TextRange,
  optional: boolean,
  reading: (lexemes: Lexemes) => Reading,
): readonly Segment[] {
  const literal = (text: string): readonly Segment[] => [
    { kind: "include", range, target: text, resolved: null, ...(optional ? { optional } : {}) },
  ];
  if (target.kind === "literal") {
    return literal(
      literalSegments(target.lexeme)
        .map((segment) => segment.text)
        .join(""),
    );
  }
  if (target.kind === "choice") {
    const { chosen, otherwise, test } = target;
    const body = included(source, chosen, chosen.range, optional, reading);
    const rest = otherwise === null ? [] : included(source, otherwise, otherwise.range, optional, reading);
    return [conditional(range, reading(test), textOf(source, test), body, rest)];
  }
  // A list names alternatives: the first is the one that is meant.
  const [open, first] = target.kind === "other" ? target.base : [];
  if (/^[[(]$/.test(open?.text ?? "") && first?.kind === "string") return literal(first.text.slice(1, -1));
  const expression = source.slice(target.range.start, target.range.end);
  const { claim, path } = reading(lexemesOf(source, target.range));
  const scope = claim ?? inferred("constant", "the template is named by literals only");
  return [{ kind: "hole", range, form: "include", name: path ?? expression, expression, scope }];
}
