/** What is shown as the request is what was sent, token for token, and covered by its parts. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import { partingOf, partsOfPrompt } from "../../src/analysis/rendered-request.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { drain } from "../../src/core/steps.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { parseTools } from "../support/parse-tools.ts";

const root = join(import.meta.dirname, "../..");
const tokenizer = createTokenizerLoader(join(root, "media/vocabularies"));
const folder = join(root, "examples/prompts");
const documents = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isFile()
    ? [{ path: `prompts/${entry.name}`, text: readFileSync(join(folder, entry.name), "utf8") }]
    : [],
);
const config = {
  path: "promptcache.json",
  text: readFileSync(join(root, "examples/promptcache.json"), "utf8"),
};

describe.each(["marconi", "anthropic"])("under %s", (policy) => {
  const analyzer = createAnalyzer({ tokenizer, parseTools });
  analyzer.setWorkspace(documents, config, []);
  const studied = drain(analyzer.study({ ...defaultSettings, policy }));
  const { templates, workload, trials } = studied;

  it("is what was sent", () => {
    let called = 0;
    for (const [index, template] of templates.entries()) {
      const { requests } = workload.parts[index]!;
      const rendered = drain(trials.rendered(template));
      const own = requests.filter(({ session }) => session === 0).toSorted((a, b) => a.turn - b.turn);
      expect((rendered?.prompts ?? []).map(({ ids }) => [...ids])).toEqual(
        own.map(({ promptTokens }) => [...promptTokens]),
      );
      for (const prompt of rendered?.prompts ?? []) {
        const parts = partsOfPrompt(prompt);
        expect(parts.map(({ text }) => text).join("")).toBe(prompt.text);
        expect(parts.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(prompt.ids.length);
        expect(parts.map(({ start }) => start)).toEqual(
          parts.map((_, at) => parts.slice(0, at).reduce((sum, { tokens }) => sum + tokens, 0)),
        );
      }
      if (own.length > 0) called += 1;
    }
    expect(called).toBeGreaterThan(5);
  });

  it("parts from another at the first token that differs", () => {
    const rendered = templates.flatMap((template) => {
      const found = drain(trials.rendered(template));
      return found === null || found.prompts.length === 0 ? [] : [found];
    });
    for (const a of rendered) {
      for (const b of rendered) {
        const parting = partingOf(a, b)!;
        const [one, other] = [a.prompts[0]!.ids, b.prompts[0]!.ids];
        let same = 0;
        while (same < one.length && same < other.length && one[same] === other[same]) same++;
        expect(parting.shared).toBe(same);
        expect(parting.first.segment === null).toBe(same === one.length);
        expect(parting.second.segment === null).toBe(same === other.length);
      }
    }
  });
});
