/** A Liquid template, from its source to segments, by the scanner of Jinja2: tags and blanks follow the same rules. */

import type { Engine } from "../embedded.ts";
import { readCommentDeclarations } from "../jinja/declarations.ts";
import { Evaluator } from "../jinja/evaluator.ts";
import { lex } from "../jinja/lexer.ts";
import { parse } from "../jinja/parser.ts";
import { liquidLexemesOf } from "./lexemes.ts";
import { jinjaStatements, liquidDialect } from "./statements.ts";

const lexOptions = { trimBlocks: false, lstripBlocks: false, isLiquid: true } as const;

export const readLiquid: Engine = (path, source, range, declared = new Map()) => {
  const tokens = lex(source, range, lexOptions);
  const tree = parse(source, tokens.value, liquidDialect);
  const declarations = readCommentDeclarations(source, tokens.value, declared);
  const problems = [...tokens.problems, ...tree.problems, ...declarations.problems];
  const evaluator = new Evaluator(path, source, declarations.value, problems, liquidLexemesOf);
  const segments = evaluator.template(jinjaStatements(source, tree.value));
  const samples = evaluator.literals();
  return { value: { segments, declarations: declarations.value, samples }, problems };
};
