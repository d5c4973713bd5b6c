/** BAML (`.baml`): functions with a prompt, and the `template_string`s that these call. */
import { declarationsOf, type TestDeclaration } from "../baml/declarations.ts";
import { type BamlFile, readPrompt } from "../baml/prompt-segments.ts";
import { tokensOf } from "../baml/tokens.ts";
import { inComment, readDirective } from "../directives.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import type { Scope, Template } from "../template.ts";
import type { Parsed, Problem } from "../text.ts";
import { UniqueIds } from "../unique-ids.ts";

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
  const samples = samplesOf(tests);
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
      samples: new Map([...(samples.get(prompt.name) ?? []), ...(value.samples ?? [])]),
      declarations: value.declarations,
    };
  });
  return { value: templates, problems };
}

/** By name of the function; the first test that gives a value counts. */
function samplesOf(tests: readonly TestDeclaration[]): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const byFunction = new Map<string, Map<string, string>>();
  for (const { functions, samples } of tests) {
    for (const name of new Set(functions)) {
      const known = byFunction.get(name) ?? new Map<string, string>();
      for (const [value, text] of samples) if (!known.has(value)) known.set(value, text);
      byFunction.set(name, known);
    }
  }
  return byFunction;
}

export const baml: TemplateFormat = {
  id: "baml",
  name: "BAML",
  declaring: inComment("{#", "#}"),
  matches: (path) => path.toLowerCase().endsWith(".baml"),
  parse,
};
