import { describe, expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { formatOf, parseDocument } from "../../../src/prompt/registry.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { hasCorpora, readCorpus } from "../../support/corpora.ts";
import { printSegments } from "../../support/print-segments.ts";
import { readTemplate, showTemplate } from "../../support/show-template.ts";

const path = "prompts/answer.liquid";
const show = (text: string) => showTemplate(path, text).split("\n");

describe("values", () => {
  test.each([
    ["{{ customer.name | upcase }}!", ["{customer.name} [session]", '"!"']],
    ["{{ question | truncate: max_length, '…' }}", ["{question} [request]"]],
    ["{{ 'now' | date: '%Y' }}", ["{now} [day]"]],
    ["{{ items | map: key: 'x' }}", ["{items} [request]"]],
    ["{{ user-name }}", ["{user-name} [session]"]],
    ["{{ 'text' }}", ['"text"']],
    ["{{ chat_history }}", ["{history chat_history} [session]"]],
    ["a \n {{- x -}} \n b", ['"a"', "{x} [request]", '"b"']],
    ["{# is text #}", ['"{# is text #}"']],
    ["a\n", ['"a\\n"']],
    ["a\r\nb", ['"a\\r\\nb"']],
  ] as const)("%s", (source, expected) => {
    expect(show(source)).toEqual(expected);
  });
});

describe("tags", () => {
  test("conditions, and the other way round", () => {
    expect(
      show(
        "{% if a and b.c contains 'x' %}1{% elsif tenant %}2{% else %}3{% endif %}{% unless a %}4{% else %}5{% endunless %}",
      ),
    ).toEqual([
      "if a and b.c contains 'x' [request]",
      '  "1"',
      "else",
      "  if tenant [tenant]",
      '    "2"',
      "  else",
      '    "3"',
      "if a [request]",
      '  "5"',
      "else",
      '  "4"',
    ]);
  });

  test("cases are conditions on one value", () => {
    expect(show("{% case plan %} x {% when 'a', 'b' %}1{% when 'c' %}2{% else %}3{% endcase %}")).toEqual([
      "if plan [tenant]",
      '  "1"',
      "else",
      "  if plan [tenant]",
      '    "2"',
      "  else",
      '    "3"',
    ]);
  });

  test("loops over values, turns and numbers", () => {
    expect(
      show(
        "{% for m in messages limit: 5 offset: start reversed %}{{ forloop.index }}{{ m.text }}{% else %}none{% endfor %}" +
          "{% for i in (1..3) %}{% cycle 'a', 'b' %}{% endfor %}",
      ),
    ).toEqual([
      "for each turn of m in messages [session]",
      "  {forloop.index} [constant]",
      "  {m.text} [session]",
      "else",
      '  "none"',
      "for i in (1..3) [constant]",
      "  {'a', 'b'} [constant]",
    ]);
  });

  test("names that the template gives are followed", () => {
    expect(
      show(
        "{% assign who = customer.name | upcase %}{{ who }}{% capture tone %} kind {% endcapture %}{{ tone | strip }}",
      ),
    ).toEqual(["{who} [session]", "include tone", '  "kind"']);
    expect([...readTemplate(path, "{% assign n = 'three' %}{{ n }}").samples]).toEqual([["n", "three"]]);
  });

  test("comments render nothing, and may declare scopes", () => {
    expect(
      show(
        "a{% comment %} promptcache: x=tenant {% endcomment %}{% comment %} {{ y }} {% if %} {% endcomment %}{% # a note %}b{{ x }}",
      ),
    ).toEqual(['"a"', '"b"', "{x} [tenant!]"]);
  });

  test("raw text stays", () => {
    expect(show("{% raw %}{{ x }}{% if %}{% endraw %}")).toEqual(['"{{ x }}{% if %}"']);
  });
});

describe("messages", () => {
  test("role lines and message tags", () => {
    expect(show("system:\n You help. \nuser:\n{{ question }}\n")).toEqual([
      "<system>",
      '"You help."',
      "<user>",
      "{question} [request]",
    ]);
    expect(show('<message role="system">x</message>')).toEqual(["<system>", '"x"']);
  });

  test("in YAML", () => {
    const text =
      "template_format: liquid\ninput_variables:\n  - name: q\ntemplate: |\n  system:\n  Be kind.\n  user:\n  {% unless q %}-{% endunless %}{{ q }}\n";
    expect(showTemplate("functions/ask.yaml", text).split("\n")).toEqual([
      "<system>",
      '"Be kind."',
      "<user>",
      "if q [request]",
      "else",
      '  "-"',
      "{q} [request]",
    ]);
  });
});

test("includes are found with and without ending and underscore, cycles are said", () => {
  const files: Readonly<Record<string, string>> = {
    [path]:
      "{% include 'tone' %}{% render 'rules.liquid', item: x %}{% include name %}{% include 'answer' %}",
    "prompts/_tone.liquid": "kind",
    "prompts/partials/rules.liquid": "rules",
  };
  const find = (wanted: string) =>
    files[wanted] === undefined ? null : { path: wanted, text: files[wanted] };
  const templates = Object.entries(files).flatMap(([at, text]) => parseDocument({ path: at, text }).value);
  const resolved = resolveIncludes(templates, find);
  expect(printSegments(resolved.templates[0]!.segments).split("\n")).toEqual([
    "include tone",
    '  "kind"',
    "include rules.liquid",
    '  "rules"',
    "{include name} [session]",
    "include answer (unresolved)",
  ]);
  const [problem] = resolved.problems.get(path) ?? [];
  expect(problem?.message).toContain("includes itself");
  expect(files[path]!.slice(problem!.range.start, problem!.range.end)).toBe("{% include 'answer' %}");
});

describe("half-typed text", () => {
  test.each([
    ["Hi {{ na", ['"Hi "', "{na} [request]", 'error at "{{ na": `{{` is not closed: add `}}`.']],
    ["{% if x %}a", ['"a"', 'error at "{% if x %}": `{% if %}` is not closed: add `{% endif %}`.']],
    [
      "{% case x %}{% when 1 %}a",
      ['"a"', 'error at "{% case x %}": `{% case %}` is not closed: add `{% endcase %}`.'],
    ],
    [
      "{% comment %} a",
      ['" a"', 'error at "{% comment %}": `{% comment %}` is not closed: add `{% endcomment %}`.'],
    ],
    [
      "{% when 1 %}",
      [
        "",
        'error at "{% when 1 %}": `when` does not belong to an open `case`: remove it, or open one before it.',
      ],
    ],
  ] as const)("%s", (source, expected) => {
    expect(show(source)).toEqual(expected);
  });

  test.each([
    "{% comment %}",
    "{% endcomment %}",
    "{% case x %}",
    "{% when 1 %}",
    "{% unless x %}",
    "{% elsif x %}",
    "{% capture x %}",
    "{% # ",
    "{% raw %}",
    "{% for a in b %}",
    "{% assign x = '",
    "{{ 'now' | date",
    "{% cycle",
  ])("%s, repeated, is read to its end", (piece) => {
    const document = { path, text: piece.repeat(20_000) };
    expect(brokenPromises(document, parseDocument(document))).toEqual([]);
  });
});

test.each([
  ["prompts/answer.liquid", "", true],
  ["themes/product.liquid", "<div>{{ product }}</div>", false],
  ["views/mail.liquid", "system:\nYou write mail.\n", true],
  ["prompts/page.html.liquid", "", false],
  ["Liquid/TestData/chat.txt", "system:\nYou\n", true],
  ["Liquid/notes.txt", "system notes", false],
  ["other/chat.txt", "system:\nYou\n", false],
])("%s with %j: %s", (at, text, expected) => {
  expect(formatOf({ path: at, text })?.id === "liquid").toBe(expected);
});

test.skipIf(!hasCorpora())("Semantic Kernel's chat", () => {
  const document = readCorpus("semantic-kernel").find((one) => one.path.endsWith("TestData/chat.txt"))!;
  const template = readTemplate(document.path, document.text);
  expect(template).toMatchObject({ format: "liquid", usage: "request" });
  const shown = printSegments(template.segments).split("\n");
  expect(shown.slice(0, 2)).toEqual(["<system>", expect.stringContaining("You are an AI agent")]);
  expect(shown.slice(-6)).toEqual([
    "for each turn of item in history [session]",
    '  if item.role == "user" [session]',
    "    <user>",
    "  else",
    "    <assistant>",
    "  {item.content} [session]",
  ]);
});
