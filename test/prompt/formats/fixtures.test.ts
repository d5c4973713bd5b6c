import { describe, expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { readFixtures } from "../../support/corpora.ts";
import { printSegments } from "../../support/print-segments.ts";

const documents = readFixtures("formats");
const variants = documents.flatMap(({ path, text }) => [
  { path, name: path, text },
  { path, name: `${path} with carriage returns`, text: text.replace(/\r?\n/g, "\r\n") },
  { path, name: `${path} with a byte order mark`, text: `\uFEFF${text}` },
]);

describe("every file of ours", () => {
  test("says what it says", () => {
    const templates = documents.flatMap((document) => parseDocument(document).value);
    const byPath = new Map(documents.map((document) => [document.path, document]));
    const resolved = resolveIncludes(templates, (path) => byPath.get(path) ?? null);
    for (const template of resolved.templates) {
      const head = `${template.name} (${template.format}, ${template.usage})`;
      const problems = (resolved.problems.get(template.path) ?? []).map(({ message }) => `! ${message}`);
      expect([head, printSegments(template.segments), ...problems].join("\n")).toMatchSnapshot(template.path);
    }
  });

  test("has no problems", () => {
    for (const document of documents) expect(parseDocument(document).problems, document.path).toEqual([]);
  });

  test.each(variants)("$name keeps its promises when cut anywhere", ({ path, text }) => {
    for (let end = 0; end <= text.length; end++) {
      const cut = { path, text: text.slice(0, end) };
      const broken = brokenPromises(cut, parseDocument(cut));
      if (broken.length > 0) expect(broken, `cut at ${end}`).toEqual([]);
    }
  });
});

/** Beginnings without ends, repeated: what a parser that goes back over its text takes hours for. */
const stubborn = [
  "{{",
  "{%",
  "{#",
  "{{ '",
  "{{!--",
  "{{{{",
  "{{#if x}}",
  "{{/x}}",
  "{% if x %}",
  "{% raw %}",
  "{% elif x %}",
  "{{ a ~ ",
  "{{ x[",
  "{{ (",
  "{{ a if b else ",
  "\\{{",
  "<!-- promptcache:",
  "`",
  "@a/b.md ",
  "#file:a ",
  "${",
  "{x}",
  '<message role="system">',
  "{% case x %}{% when y %}",
  "{% comment %}",
  "{{'",
  'prompt #"',
  "function f() {",
  '<p if="x">',
  "<item>{{x}}",
  " ",
  "\n",
];

describe("long and broken text", () => {
  const paths = [
    "x.j2",
    "x.prompty",
    "x.prompt",
    "prompts/x.hbs",
    "x.mustache",
    "x.prompt.md",
    "CLAUDE.md",
    "prompts/x.txt",
    "prompts/x.liquid",
    "x/skprompt.txt",
    "x.baml",
    "x.poml",
    "chat_template.jinja",
  ];

  test.each(paths)("%s is read in time that grows with its length", (path) => {
    for (const piece of stubborn) {
      const text = piece.repeat(Math.ceil(30_000 / piece.length));
      const started = performance.now();
      parseDocument({ path, text });
      expect(performance.now() - started, piece).toBeLessThan(4000);
    }
  });
});
