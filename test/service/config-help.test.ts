/** What an editor is told of promptcache.json: fixes, completions, and a first one, from the last answer. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import type { Question, QuestionAnswer } from "../../src/protocol/editor.ts";
import { MemoryTree } from "../support/memory-tree.ts";
import { analyze, folders, runSession } from "../support/session.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
const prompts = {
  "prompts/agent.j2": "You answer for {{ company }}.\nIt is {{ now }}.\n{{ question }}\n",
  "prompts/deep/other.j2": "{# promptcache: tone=session #}\nBe {{ tone }}: {{ xyzzy }}\n",
};

/** A folder that was analysed with these files, and who asks about it. */
async function opened(config: string | null) {
  const { settle, posted } = runSession({
    createAnalyzer: () => createAnalyzer({ tokenizer }),
    trees: { w: new MemoryTree({ ...prompts, ...(config !== null && { "promptcache.json": config }) }) },
  });
  await settle(folders("w"), analyze(1));
  let id = 0;
  return async <K extends Question["kind"]>(question: Extract<Question, { readonly kind: K }>) => {
    id++;
    await settle({ type: "ask", id, folder: "w", question });
    const told = posted.find((message) => message.type === "told" && message.id === id);
    const answer = told?.type === "told" ? told.answer : null;
    return answer as Extract<QuestionAnswer, { readonly kind: K }> | null;
  };
}

/** What is offered at the bar, and the text that it replaces. */
async function completed(withBar: string) {
  const offset = withBar.indexOf("|");
  const text = withBar.replace("|", "");
  const ask = await opened("{}");
  const told = await ask({ kind: "completions", text, offset });
  if (told?.value == null) return null;
  const { range, items } = told.value;
  return { replaced: text.slice(range.start, range.end), items };
}

describe("promptcache.json", () => {
  it("offers what was meant under the light bulb", async () => {
    const config = '{ "gpu": "H100", "holes": { "nwo": { "scope": "day" } } }';
    const ask = await opened(config);
    const at = (word: string) => ({ start: config.indexOf(word) + 1, end: config.indexOf(word) + 1 });
    const gpu = await ask({ kind: "fixes", path: "promptcache.json", range: at('"H100"') });
    expect(gpu?.value[0]).toMatchObject({
      kind: "correct",
      rule: null,
      range: { start: 9, end: 15 },
      edits: [{ path: "promptcache.json", range: { start: 9, end: 15 } }],
    });
    expect(gpu?.value.map(({ title }) => title)).toContain('Replace "H100" by "H100-SXM"');
    const hole = await ask({ kind: "fixes", path: "promptcache.json", range: at('"nwo"') });
    expect(hole?.value.map(({ title }) => title)).toEqual(['Replace "nwo" by "now"', "Remove this entry"]);
  });

  it("completes models, GPUs and policies with their numbers", async () => {
    const model = await completed('{ "model": "gran|" }');
    expect(model?.replaced).toBe('"gran"');
    expect(model?.items.find(({ label }) => label === "ibm-granite/granite-4.0-h-small")).toMatchObject({
      newText: '"ibm-granite/granite-4.0-h-small"',
      documentation: expect.stringMatching(/^KV 16\.0 KiB per token .* blocks of 528 in vLLM/),
    });
    const gpu = await completed('{ "gpu": |\n"turns": 3 }');
    expect(gpu?.items.find(({ label }) => label === "H100-SXM")).toMatchObject({
      newText: '"H100-SXM",',
      documentation: expect.stringMatching(/^80 GB · 3,350 GB\/s/),
    });
    const policy = await completed('{ "policy": "|" }');
    expect(policy?.items.find(({ label }) => label === "anthropic")).toMatchObject({
      detail: expect.stringMatching(/^Anthropic/),
      documentation: expect.stringMatching(/from [\d,]+ tokens on/),
    });
  });

  it("completes templates with their tokens, and globs with their prompts", async () => {
    const keys = await completed('{ "templates": { "|" } }');
    expect(keys?.items.map(({ label, newText }) => [label, newText])).toEqual([
      ["prompts/agent.j2", '"prompts/agent.j2": {}'],
      ["prompts/deep/other.j2", '"prompts/deep/other.j2": {}'],
      ["prompts/**", '"prompts/**": {}'],
      ["prompts/deep/**", '"prompts/deep/**": {}'],
    ]);
    expect(keys?.items[0]?.detail).toMatch(/^\d+\/\d+ stable · .* hit$/);
    expect(keys?.items[2]?.detail).toBe("2 prompts");
    const globs = await completed('{ "include": ["prompts/**", |] }');
    expect(globs?.items.map(({ newText }) => newText)).toEqual(['"prompts/**"', '"prompts/deep/**"']);
    const parts = await completed('{ "applications": { "a": { "system": ["|"] } } }');
    expect(parts?.items.map(({ label }) => label)).toEqual(["prompts/agent.j2", "prompts/deep/other.j2"]);
  });

  it("completes holes that nobody has declared, with what is thought of them", async () => {
    const all = await completed('{ "holes": { "question": {}, "|" } }');
    expect(all?.items.map(({ label }) => label)).toEqual(["company", "now", "xyzzy"]);
    expect(all?.items[1]).toMatchObject({
      detail: expect.stringMatching(/^volatile: /),
      newText: '"now": { "scope": "volatile" }',
      placeholder: "volatile",
    });
    expect(all?.items[2]).toMatchObject({
      detail: expect.stringMatching(/^unknown: /),
      placeholder: "request",
    });
    const own = await completed('{ "templates": { "prompts/deep/**": { "holes": { "|": {} } } } }');
    expect(own?.items).toMatchObject([{ label: "xyzzy", newText: '"xyzzy"' }]);
  });

  it("completes rules and chat templates, and leaves to the schema what is in it", async () => {
    const rules = await completed('{ "ignore": [{ "rule": "|" }] }');
    expect(rules?.items).toContainEqual({
      label: "volatile-early",
      detail: "A changing value before static text",
      newText: '"volatile-early"',
    });
    const chat = await completed('{ "chatTemplate": "|" }');
    expect(chat?.items.map(({ label }) => label)).toEqual(["auto", "none"]);
    expect(await completed('{ "holes": { "now": { "scope": "|" } } }')).toBeNull();
    expect(await completed('{ "|" }')).toBeNull();
    expect(await completed(`${'{ "templates": '.repeat(100_000)}|`)).toBeNull();
  });

  it("begins with what is in force, and what was inferred as comments", async () => {
    const ask = await opened(null);
    const told = await ask({ kind: "first-config" });
    const text = told?.value ?? "";
    expect(parseConfig({ path: "promptcache.json", text }).problems).toEqual([]);
    expect(text).toContain('"model": "ibm-granite/granite-4.0-h-small"');
    expect(text).toMatch(/^ {4}\/\/ "now": \{ "scope": "volatile" \}, \/\/ volatile: /m);
    expect(text).not.toContain('"tone"');
  });
});
