/** BAML (`.baml`): functions with a prompt, and the `template_string`s that these call. */
import { declarationsOf, type TestDeclaration } from "../baml/declarations.ts";
import { type BamlFile, readPrompt } from "../baml/prompt-segments.ts";
import { tokensOf } from "../baml/tokens.ts";
import { UniqueIds } from "../data/data-templates.ts";
import { readDirective } from "../directives.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import type { Scope, Template } from "../template.ts";
import type { Parsed, Problem } from "../text.ts";

function parse(document: SourceDocument): Parsed<readonly Template[]> {
  const { path, text } = document;
  const { tokens, comments, problems: unclosed } = tokensOf(text);
  const { prompts, tests, enums } = declarationsOf(text, tokens);
  const problems: Problem[] = [...unclosed];
  const declared = new Map<string, Scope>();
  for (const comment of comments) {
    const read = readDirective(text, comment);
    for (const [name, scope] of read?.value ?? []) declared.set(name, scope);
    problems.push(...(read?.problems ?? []));
  }
  const file: BamlFile = { path, source: text, declared, enums };
  const ids = new UniqueIds();
  const templates = prompts.map((prompt): Template => {
    const { value, problems: own } = readPrompt(file, prompt);
    problems.push(...own);
    return {
      id: ids.next(`${path}#${prompt.name}`),
      path,
      format: baml.id,
      name: prompt.name,
      range: prompt.body.range,
      usage: prompt.kind === "function" ? "request" : "partial",
      segments: value.segments,
      samples: new Map([...samplesOf(prompt.name, tests), ...(value.samples ?? [])]),
      declarations: value.declarations,
    };
  });
  return { value: templates, problems };
}

/** The first test of a function that gives a value counts. */
function samplesOf(name: string, tests: readonly TestDeclaration[]): ReadonlyMap<string, string> {
  const samples = tests.filter(({ functions }) => functions.includes(name)).map((test) => test.samples);
  return new Map(samples.toReversed().flatMap((values) => [...values]));
}

export const baml: TemplateFormat = {
  id: "baml",
  name: "BAML",
  matches: (path) => path.toLowerCase().endsWith(".baml"),
  parse,
};
