/** Where nobody knows what requests mark, that is said beside the numbers; where it is known, not at all. */
import { expect, test } from "vitest";
import { reportMarkdown } from "../../src/show/report-markdown.ts";
import { reportText } from "../../src/show/report-text.ts";
import { analyze, policyText } from "../support/analyze.ts";

const lone = { "prompts/a.j2": `${policyText(100)}\n{{ question }}` };
const mark = { cache_control: { type: "ephemeral" } };
const body = (marks: object) => ({
  "request.json": JSON.stringify({
    model: "claude-sonnet-4-5",
    system: [{ type: "text", text: policyText(100), ...marks }],
    messages: [{ role: "user", content: "{{ question }}" }],
  }),
});

const assumed = /Marks are assumed, not known, for (all|1 of 2) prompts/;

function shown(files: Readonly<Record<string, string>>, policy: string): { text: string; markdown: string } {
  const report = analyze(files, { policy });
  return {
    text: reportText(report, () => ({ line: 1, column: 1 })),
    markdown: reportMarkdown({ report, status: { kind: "idle" }, texts: new Map() }),
  };
}

test("they are assumed: among the first lines, and only there", () => {
  const { text, markdown } = shown(lone, "anthropic:claude-sonnet-4-5");
  expect(text.slice(0, text.indexOf("Where the prompt tokens went"))).toMatch(assumed);
  expect(text.match(new RegExp(assumed, "g"))).toHaveLength(1);
  expect(markdown.slice(0, markdown.indexOf("Time to first token"))).toMatch(assumed);
  expect(markdown.match(new RegExp(assumed, "g"))).toHaveLength(1);
});

test("some are known: it says of how many they are not", () => {
  const { text } = shown({ ...lone, ...body(mark) }, "anthropic:claude-sonnet-4-5");
  expect(assumed.exec(text)?.[1]).toBe("1 of 2");
});

test.each([
  ["the request writes them", body(mark), "anthropic:claude-sonnet-4-5"],
  ["the request is whole and has none", body({}), "anthropic:claude-sonnet-4-5"],
  ["the provider needs none", lone, "openai-gpt-5.6"],
  ["the cache is one's own", lone, "marconi"],
])("nothing is assumed: %s", (_, files, policy) => {
  const { text, markdown } = shown(files, policy);
  expect(text).not.toMatch(assumed);
  expect(markdown).not.toMatch(assumed);
});
