import { expect, test } from "vitest";
import { analyze, policyText } from "../support/analyze.ts";

test("formats that are read only about say so in the report, and nowhere else", () => {
  const report = analyze({ "prompts/a.poml": `<role>${policyText(20)}</role><p>{{ question }}</p>` });
  expect(report.assumptions.filter(({ id }) => id === "format-poml")).toHaveLength(1);
  expect(report.problems).toEqual([]);
  expect(analyze({ "prompts/a.j2": policyText(5) }).assumptions.map(({ id }) => id)).not.toContain(
    "format-poml",
  );
});

test("chat templates are listed, but are neither prompts nor near-duplicates of each other", () => {
  const chat = `{# ${policyText(40)} #}{% for m in messages %}<|im_start|>${policyText(40)}{{ m }}{% endfor %}{% if add_generation_prompt %}A{% endif %}`;
  const report = analyze({
    "a/chat_template.jinja": chat,
    "b/chat_template.jinja": chat.replace("im_start", "start"),
    "prompts/a.j2": `${policyText(20)} {{ question }}`,
  });
  expect(
    report.templates.map(({ path, format, usage, requests }) => [path, format, usage, requests > 0]),
  ).toEqual([
    ["a/chat_template.jinja", "chat-template", "partial", false],
    ["b/chat_template.jinja", "chat-template", "partial", false],
    ["prompts/a.j2", "jinja", "request", true],
  ]);
  // What is said of them is what they do to conversations: the words that ask for an answer are missing in the history.
  const said = report.findings.filter(({ path }) => path.endsWith("chat_template.jinja"));
  expect(said.map(({ rule }) => rule)).toEqual(["chat-template", "chat-template"]);
});

test("functions of BAML and of Semantic Kernel are requests, and what they share is seen", () => {
  const rules = policyText(60);
  const report = analyze({
    "baml_src/a.baml": `template_string Rules() #"${rules}"#\nfunction A(x: string) -> int { prompt #"{{ Rules() }} {{ x }}"# }\nfunction B(x: string) -> int { prompt #"{{ Rules() }} Now: {{ x }}"# }`,
    "Writer/Poem/skprompt.txt": "Write about {{$topic}}.",
    "Writer/Poem/config.json": '{"input_variables": [{"name": "topic", "default": "Dogs"}]}',
  });
  const byId = new Map(report.templates.map((template) => [template.id, template]));
  expect([...byId.keys()]).toEqual([
    "Writer/Poem/skprompt.txt",
    "baml_src/a.baml#Rules",
    "baml_src/a.baml#A",
    "baml_src/a.baml#B",
  ]);
  expect(byId.get("baml_src/a.baml#Rules")?.requests).toBe(0);
  const [a, b] = ["A", "B"].map((name) => byId.get(`baml_src/a.baml#${name}`)!);
  expect(a!.stablePrefixTokens).toBeGreaterThan(60 * 14);
  expect(b!.sharesPrefixWith.map(({ id }) => id)).toContain("baml_src/a.baml#A");
});
