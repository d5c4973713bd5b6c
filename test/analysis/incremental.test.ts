/** What a second run does again, and what it does not: by what the tokenizer and the chat template are given. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import { type AnalysisSettings, defaultSettings } from "../../src/config/settings.ts";
import { policies } from "../../src/core/policies/registry.ts";
import { drain } from "../../src/core/steps.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import type { Tokenizer } from "../../src/tokenizers/tokenizer.ts";
import { manyTemplates } from "../support/many-templates.ts";

const loadTokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));

/** Tokenizers that note every text they are given; the same one for the same vocabulary. */
function notingTokenizers() {
  const given: string[] = [];
  const made = new Map<string, Tokenizer>();
  const noting = (tokenizer: Tokenizer): Tokenizer => ({
    vocabulary: tokenizer.vocabulary,
    specials: tokenizer.specials,
    encode: (text) => tokenizer.encode(noted(text)),
    encodeWithEnds: (text) => tokenizer.encodeWithEnds(noted(text)),
    count: (text) => tokenizer.count(noted(text)),
    stableCount: (text) => tokenizer.stableCount(noted(text)),
  });
  const noted = (text: string) => {
    given.push(text);
    return text;
  };
  const tokenizer = (id: string) => {
    const known = made.get(id) ?? noting(loadTokenizer(id));
    made.set(id, known);
    return known;
  };
  return { tokenizer, given };
}

/** A workspace that was analysed; what it tokenizes from then on is noted. */
function analysed(settings: AnalysisSettings, templates = 80) {
  const { tokenizer, given } = notingTokenizers();
  const analyzer = createAnalyzer({ tokenizer });
  const files = manyTemplates(templates);
  analyzer.setWorkspace(files, null, []);
  const first = drain(analyzer.study(settings));
  drain(analyzer.report(first));
  expect(given.length).toBeGreaterThan(templates);
  given.length = 0;
  const textOf = (path: string) => files.find((file) => file.path === path)!.text;
  return { analyzer, given, first, textOf };
}

const settings = { ...defaultSettings, sessions: 2, turns: 2 };

describe("another policy", () => {
  const served = policies.filter(({ memory, id }) => memory !== "provider" && id !== settings.policy);

  it.each(served.map(({ id }) => id))("%s: the tokenizer is not called once", (policy) => {
    const { analyzer, given, first } = analysed(settings, 16);
    const second = drain(analyzer.study({ ...settings, policy }));
    expect(second.outcomes).not.toBe(first.outcomes);
    expect(second.workload).toBe(first.workload);
    expect(given).toEqual([]);
  });
});

describe("an edit", () => {
  /** Paths of the templates whose conversations are others than before. */
  function renderedAfter(path: string) {
    const { analyzer, given, first, textOf } = analysed(settings);
    const before = new Map(first.templates.map(({ id }, at) => [id, first.workload.parts[at]]));
    analyzer.setDocument({ path, text: `${textOf(path)}Edited.` });
    const { templates, workload } = drain(analyzer.study(settings));
    const changed = templates.flatMap(({ id, usage }, at) =>
      usage !== "partial" && workload.parts[at] !== before.get(id) ? [id] : [],
    );
    // What a template writes itself has a word of its own.
    const words = new Set(given.flatMap((text) => text.match(/\bword\d+\b/g) ?? []));
    return { changed: changed.toSorted(), words: [...words].toSorted(), given };
  }

  it.each([
    ["prompts/jinja/8.j2", ["prompts/jinja/8.j2"], ["word8"]],
    ["prompts/text/6.txt", ["prompts/text/6.txt"], ["word6"]],
    ["prompts/jinja/part_8.j2", ["prompts/jinja/48.j2", "prompts/jinja/8.j2"], ["word48", "word8"]],
    [
      "prompts/handlebars/part_1.hbs",
      ["prompts/handlebars/1.hbs", "prompts/handlebars/41.hbs"],
      ["word1", "word41"],
    ],
  ])("of %s renders the conversations of %j and no other", (path, expected, words) => {
    const { changed, words: tokenized, given } = renderedAfter(path);
    expect(changed).toEqual(expected);
    expect(tokenized).toEqual(words);
    expect(given.length).toBeGreaterThan(0);
  });

  it("of nothing renders nothing", () => {
    const { analyzer, given, first, textOf } = analysed(settings);
    analyzer.setDocument({ path: "prompts/jinja/8.j2", text: textOf("prompts/jinja/8.j2") });
    expect(drain(analyzer.study(settings))).toBe(first);
    expect(given).toEqual([]);
  });
});
