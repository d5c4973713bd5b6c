import { expect, test } from "vitest";
import { formatFor } from "../../../src/prompt/registry.ts";
import { readTemplate, showTemplate } from "../../support/show-template.ts";

const show = (text: string) => showTemplate("prompts/answer.txt", text);

test("single braces name places", () => {
  expect(show("Answer {question} with {doc.title}, not {}, { x } or {1}.")).toMatchInlineSnapshot(`
    ""Answer "
    {question} [request]
    " with "
    {doc.title} [request]
    ", not {}, { x } or {1}.""
  `);
});

test("where double braces name places, single ones are text", () => {
  expect(show("Answer {{ question }} as {json}.")).toMatchInlineSnapshot(`
    ""Answer "
    {question} [request]
    " as {json}.""
  `);
});

test("single braces in code are code", () => {
  expect(show("Use `{name}`:\n```\n{x}\n```\n{y}")).toMatchInlineSnapshot(`
    ""Use \`{name}\`:\\n\`\`\`\\n{x}\\n\`\`\`\\n"
    {y} [request]"
  `);
});

test("braces around prose are for the model to fill in", () => {
  expect(show("Score: {score of the answer} {emoji}")).toBe('"Score: {score of the answer} {emoji}"');
});

test("braces around lists are text, and so are those around an item alone", () => {
  const areas = "Jane may go to {kitchen, bathroom}.\nAnswer: {kitchen}\nTom: {hall}";
  expect(show(areas)).toBe(JSON.stringify(areas));
  expect(show("Of {a, b}: {question}")).toContain("{question} [request]");
});

test.each([
  ["website/docs/create-prompt.md", 0],
  ["prompt-engineering-docs/writing-prompt.md", 0],
  ["docs/prompts/answer-prompt.md", 1],
  ["src/create-prompt.md", 1],
])("%s holds %d templates: pages of a manual hold none", (path, templates) => {
  expect(formatFor(path) === null ? 0 : 1).toBe(templates);
});

test("earlier turns and declared scopes", () => {
  expect(show("{chat_history} {city}<!-- promptcache: city=tenant -->")).toMatchInlineSnapshot(`
    "{history chat_history} [session]
    " "
    {city} [tenant!]
    "<!-- promptcache: city=tenant -->""
  `);
});

test.each([
  ["patterns/x/system.md", "instructions"],
  ["prompts/answer.txt", "request"],
  ["prompts/partials/tone.txt", "partial"],
  ["prompts/_tone.txt", "partial"],
])("%s is used as %s", (path, usage) => {
  expect(readTemplate(path, "x").usage).toBe(usage);
});
