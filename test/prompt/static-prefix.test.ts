/** What is stable of a template, and that every token of it is found again in the source. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Documents } from "../../src/analysis/documents.ts";
import { emptyConfig } from "../../src/config/config.ts";
import { drain } from "../../src/core/steps.ts";
import { ChatEncoder } from "../../src/prompt/chat/encoder.ts";
import type { SourceDocument } from "../../src/prompt/format.ts";
import {
  type StaticPrefix,
  sourceOffsetOf,
  sourceOfToken,
  staticPrefix,
} from "../../src/prompt/static-prefix.ts";
import type { Template } from "../../src/prompt/template.ts";
import { loadVocabulary } from "../../src/tokenizers/vocabulary.ts";
import { generateWorkload } from "../../src/workload/generate.ts";
import { corpusFolders, hasCorpora, readCorpus } from "../support/corpora.ts";
import { parseTools } from "../support/parse-tools.ts";
import { repositoryRoot, tokenizerOf, vocabularyBytes } from "../tokenizers/vocabularies.ts";
import { builtIn } from "./chat/support.ts";

const tokenizers = { qwen3: tokenizerOf("qwen3"), cl100k: tokenizerOf("cl100k") } as const;
const families = [
  ["qwen3", "qwen3"],
  ["cl100k", "granite4"],
  ["cl100k", "llama3"],
] as const;

function templatesOf(documents: readonly SourceDocument[]): readonly Template[] {
  const workspace = new Documents(parseTools);
  workspace.replaceAll(documents);
  return drain(workspace.parse()).templates;
}

function prefixOf(files: Readonly<Record<string, string>>, family: string = "qwen3") {
  const documents = Object.entries(files).map(([path, text]) => ({ path, text }));
  const [template] = templatesOf(documents);
  return staticPrefix(template!, new ChatEncoder(tokenizers.qwen3, builtIn(family)));
}

/** The prefix as text; special tokens by their text. */
function textOf({ tokens }: StaticPrefix): string {
  const specials = new Map([...tokenizers.qwen3.specials].map(([text, id]) => [id, text]));
  return [...tokens].map((id) => specials.get(id) ?? bytesOf("qwen3", id).toString("utf8")).join("");
}

const vocabularies = new Map(
  Object.keys(tokenizers).map((id) => [id, loadVocabulary(vocabularyBytes(id))] as const),
);

function bytesOf(vocabularyId: string, token: number): Buffer {
  const { bytes, starts, lengths } = vocabularies.get(vocabularyId)!;
  const start = starts[token]!;
  return Buffer.from(bytes.subarray(start, start + lengths[token]!));
}

describe("the stable prefix", () => {
  test.each([
    ["Be kind. {{ question }}", "<|im_start|>user\nBe kind.", 8],
    ["Be kind.{{ question }}", "<|im_start|>user\nBe kind", 7],
    ["Be kind:\n\n{{ question }}", "<|im_start|>user\nBe kind", 7],
    ["{{ question }}", "<|im_start|>user", 0],
    [" {{ question }}", "<|im_start|>user", 0],
  ])("of %j ends where a token could still grow", (text, expected, end) => {
    const prefix = prefixOf({ "prompts/a.j2": text });
    expect(textOf(prefix)).toBe(expected);
    expect(prefix.end).toBe(end);
  });

  test("goes on through the marker of the message in which a value stands", () => {
    const text = "system:\nBe kind.\n\nuser:\n{{ question }}";
    const prefix = prefixOf({ "a.prompty": text });
    expect(textOf(prefix)).toBe("<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user");
    expect(prefix.end).toBe(text.indexOf("{{"));
    expect(prefix.chatTokens).toBe(prefix.tokens.length - 3);
  });

  test("of a file of instructions goes on to the agent's conversation", () => {
    const prefix = prefixOf({ "AGENTS.md": "Be kind." });
    expect(textOf(prefix)).toBe("<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user");
    expect(prefix.end).toBeNull();
  });

  test("of a prompt without holes is all of it, with the words that ask for an answer", () => {
    const prefix = prefixOf({ "prompts/a.j2": "Be kind." });
    expect(textOf(prefix)).toBe("<|im_start|>user\nBe kind.<|im_end|>\n<|im_start|>assistant\n");
    expect(prefix.end).toBeNull();
  });

  test("of a partial is its text alone", () => {
    const text = "Be kind. {{ name }}";
    const prefix = prefixOf({ "_tone.prompt": text });
    expect(textOf(prefix)).toBe("Be kind.");
    expect(prefix.chatTokens).toBe(0);
  });

  test("ends in front of the include in which it ends", () => {
    const text = 'Hello.\n{% include "tone.j2" %}\n{{ question }}';
    const prefix = prefixOf({ "prompts/a.j2": text, "prompts/tone.j2": "Be kind to {{ name }}." });
    expect(textOf(prefix)).toBe("<|im_start|>user\nHello.\nBe kind to");
    expect(prefix.end).toBe(text.indexOf("{%"));
  });
});

/** One workspace with every way in which a text may differ from its source. */
const written: Readonly<Record<string, string>> = {
  "prompts/escapes.hbs": "system: \\{{not a hole}} and {{{{raw}}}}{{x}}{{{{/raw}}}}.\nBe kind to {{name}}.",
  "prompts/trimmed.j2":
    "  \n{%- set x = 1 -%}\n  Be kind,   {#- why not -#}   always.\n{% raw %}{{ a }}{% endraw %} {{ q }}",
  "prompts/shared.prompty":
    '---\nname: x\n---\nsystem:\n  {% include "policy.j2" %}\n\nMore.\n\nuser:\nHello, {{ name }}',
  "prompts/policy.j2":
    "Policy \u{1F600} é e\u0301 你好.\n{% macro m() %}Twice. {% endmacro %}{{ m() }}{{ m() }}\n",
  "booking.prompt": '{{role "system"}}\nYou book.\n\n{{>tone}}\n{{role "user"}}\n{{question}}',
  "_tone.prompt": "\n  Be kind.  \n",
  "AGENTS.md": "# Rules\n\n@docs/more.md\n\nBe kind.\n",
  "docs/more.md": "Read this.\n",
  "prompts/folded.yaml":
    'system_prompt: >-\n  Be kind\n  to all,\n\n  always.  {{ name }}\nprompts:\n  - "tab\\there \\u00e9 \\"x\\" {{ q }}"\n',
  "prompts/python_prompts.py":
    'from textwrap import dedent\n\nSYSTEM_PROMPT = dedent("""\\\n    Be kind\\tto all.\n      Always \\u00e9.\n    {name}""")\n',
  "prompts/line-ends.txt": "One\r\ntwo\rthree\n{name}",
};

/** Tokens that stand for whole characters of contents alone; what is wrong with any token is thrown. */
function checkTokens(
  vocabularyId: keyof typeof tokenizers,
  prefix: StaticPrefix,
  documents: ReadonlyMap<string, string>,
): number {
  let whole = 0;
  const { ends } = prefix.sources;
  const contents = prefix.sources.stretches.filter(({ kind }) => kind === "content");
  const check = (holds: boolean, what: string, token: number) => {
    if (!holds) expect.fail(`${what}, token ${token}: ${JSON.stringify(sourceOfToken(prefix, token))}`);
  };
  for (let token = 0; token < prefix.tokens.length; token++) {
    const runs = sourceOfToken(prefix, token);
    const start = token === 0 ? 0 : ends[token - 1]!;
    const end = ends[token]!;
    const units = contents.reduce(
      (sum, each) => sum + Math.max(0, Math.min(end, each.end) - Math.max(start, each.start)),
      0,
    );
    check(runs.reduce((sum, run) => sum + run.end - run.start, 0) === units, "units are lost", token);
    for (const { text, start: from, end: to } of runs) {
      const range = { start: sourceOffsetOf(text, from), end: sourceOffsetOf(text, to) };
      check(range.start >= text.range.start && range.end <= text.range.end, "outside its text", token);
      const source = documents.get(text.path)!.slice(range.start, range.end);
      const rendered = text.text.slice(from, to);
      const isSame = text.sourceOffsets === undefined ? source === rendered : mayRenderTo(source, rendered);
      check(isSame, `${JSON.stringify(source)} is not ${JSON.stringify(rendered)}`, token);
    }
    const isWhole = units > 0 && units === end - start && ends[token - 1] !== end && ends[token + 1] !== end;
    if (!isWhole) continue;
    const text = runs.map((run) => run.text.text.slice(run.start, run.end)).join("");
    const own = bytesOf(vocabularyId, prefix.tokens[token]!).toString("utf8");
    check(own === (vocabularyId === "qwen3" ? text.normalize("NFC") : text), `is ${own}`, token);
    whole++;
  }
  return whole;
}

/** Letters are written as they are, in order, but for those that an escape such as `\u00e9` stands for. */
function mayRenderTo(source: string, text: string): boolean {
  let at = 0;
  for (const letter of text.replace(/[^\p{L}]/gu, "")) {
    const found = source.indexOf(letter, at);
    if (found >= 0) at = found + letter.length;
    else if (!/\\[a-zA-Z0-9]/.test(source)) return false;
  }
  return true;
}

describe("every token of the prefix is found again in the source", () => {
  test.each(families)("as it is written in all formats: %s, %s", (vocabularyId, family) => {
    const documents = Object.entries(written).map(([path, text]) => ({ path, text }));
    const texts = new Map(Object.entries(written));
    const encoder = new ChatEncoder(tokenizers[vocabularyId], builtIn(family));
    const templates = templatesOf(documents);
    expect(templates.length).toBeGreaterThan(7);
    expect(templates.map(({ format }) => format)).toEqual(
      expect.arrayContaining(["dotprompt", "handlebars", "jinja", "markdown-instructions", "plain-text"]),
    );
    expect(templates.map(({ format }) => format)).toEqual(expect.arrayContaining(["prompty", "python"]));
    let seen = 0;
    for (const template of templates) {
      const prefix = staticPrefix(template, encoder);
      seen += checkTokens(vocabularyId, prefix, texts);
    }
    expect(seen).toBeGreaterThan(60);
  });

  test.each(families)("in the examples: %s, %s", (vocabularyId, family) => {
    const folder = join(repositoryRoot, "examples");
    const documents = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ path: path.slice(folder.length + 1), text: readFileSync(path, "utf8") }));
    const texts = new Map(documents.map(({ path, text }) => [path, text]));
    const encoder = new ChatEncoder(tokenizers[vocabularyId], builtIn(family));
    let whole = 0;
    for (const template of templatesOf(documents)) {
      whole += checkTokens(vocabularyId, staticPrefix(template, encoder), texts);
    }
    expect(whole).toBeGreaterThan(8_000);
  });
});

describe.runIf(hasCorpora())("in the corpora", () => {
  test.each(families.slice(0, 2))(
    "every token is found again, and every request begins with the prefix: %s, %s",
    (vocabularyId, family) => {
      const settings = { seed: 1, sessions: 1, turns: 2 };
      const tokenizer = tokenizers[vocabularyId];
      const chatTemplate = builtIn(family);
      let whole = 0;
      let requests = 0;
      for (const folder of corpusFolders()) {
        const documents = readCorpus(folder);
        const texts = new Map(documents.map(({ path, text }) => [path, text]));
        const encoder = new ChatEncoder(tokenizer, chatTemplate);
        const templates = templatesOf(documents);
        const prefixes = templates.map((template) => staticPrefix(template, encoder));
        for (const prefix of prefixes) whole += checkTokens(vocabularyId, prefix, texts);
        const options = { settings, config: emptyConfig, tokenizer, chatTemplate };
        const workload = generateWorkload(templates, options);
        for (const [request, { promptTokens }] of workload.requests.entries()) {
          const template = workload.templateOf[request]!;
          // A prompt of which nothing is left is not sent.
          if (promptTokens.length === 0) continue;
          requests++;
          if (!prefixes[template]!.tokens.every((token, index) => promptTokens[index] === token)) {
            expect.fail(`${templates[template]!.id}: request ${request} does not begin with its prefix`);
          }
        }
      }
      expect(whole).toBeGreaterThan(50_000);
      expect(requests).toBeGreaterThan(500);
    },
  );
});
