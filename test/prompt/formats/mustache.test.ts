import { expect, test } from "vitest";
import { showTemplate } from "../../support/show-template.ts";

const show = (text: string) => showTemplate("answer.mustache", text);

test("variables, escaped or not", () => {
  expect(show("{{name}} {{{query}}} {{& doc.title }}")).toMatchInlineSnapshot(`
    "{name} [session]
    " "
    {query} [request]
    " "
    {doc.title} [request]"
  `);
});

test("sections are lists or conditions, as name and body tell", () => {
  expect(
    show("{{#docs}}{{title}}{{/docs}}{{#vip}}thanks{{/vip}}{{#word}}{{.}}{{/word}}{{^docs}}none{{/docs}}"),
  ).toMatchInlineSnapshot(`
    "for docs [request]
      {docs[].title} [request]
    if vip [request]
      "thanks"
    for word [request]
      {word[]} [request]
    if not docs [request]
      "none""
  `);
});

test("lines of section tags, comments and partials leave nothing behind", () => {
  expect(show("a\n  {{#docs}}\n- {{.}}\n  {{/docs}}\n{{! note }}\n{{> part}}\nb")).toMatchInlineSnapshot(`
    ""a\\n"
    for docs [request]
      "- "
      {docs[]} [request]
      "\\n"
    include part (unresolved)
    "b""
  `);
});

test("other delimiters", () => {
  expect(show("{{x}} {{=<% %>=}} <% y %> {{z}} <%={{ }}=%> {{w}}")).toMatchInlineSnapshot(`
    "{x} [request]
    " "
    " "
    {y} [request]
    " {{z}} "
    " "
    {w} [request]"
  `);
});

test("a backslash and a tilde mean nothing", () => {
  expect(show("\\{{a}} b {{c}}")).toMatchInlineSnapshot(`
    ""\\\\"
    {a} [request]
    " b "
    {c} [request]"
  `);
});

test("sections that do not fit together", () => {
  expect(show("{{#a}}x{{/b}}{{/a}}{{#c}}y")).toMatchInlineSnapshot(`
    "if a [request]
      "x"
    "y"
    error at "{{/b}}": \`/b\` closes nothing: remove it, or open \`#b\` before it.
    error at "{{#c}}": \`#c\` is not closed: add \`{{/c}}\`."
  `);
});

test("web pages are no prompts", () => {
  expect(showTemplate("page.mustache", "<!DOCTYPE html>\n{{x}}")).toBe("");
});
