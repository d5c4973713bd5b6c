import { describe, expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import type { Template } from "../../../src/prompt/template.ts";
import { readFixtures } from "../../support/corpora.ts";
import { printSegments } from "../../support/print-segments.ts";

const documents = readFixtures("data");
const byPath = new Map(documents.map((document) => [document.path, document]));

/** The templates of one of our files, with what they include, as a person reads them. */
function show(path: string): string {
  const document = byPath.get(path)!;
  const { value, problems } = parseDocument(document);
  const resolved = resolveIncludes(value, (wanted) => byPath.get(wanted) ?? null);
  const said = [...problems, ...[...resolved.problems.values()].flat()].map(({ message }) => `! ${message}`);
  return [...resolved.templates.map((template) => showTemplate(template, document.text)), ...said].join(
    "\n\n",
  );
}

function showTemplate(template: Template, source: string): string {
  const { id, name, usage, segments, samples, tools = [], cacheMarkers = [] } = template;
  const notes = [
    ...[...samples].map(([hole, value]) => `sample ${hole} = ${value}`),
    ...tools.map((tool) => `tool ${tool.name}: ${tool.json}`),
    ...cacheMarkers.map(
      ({ end, isLong }) =>
        `cached${isLong ? " for long" : ""} up to …${JSON.stringify(source.slice(end - 12, end))}`,
    ),
  ];
  return [`${id} (${name}, ${usage})`, printSegments(segments), ...notes].join("\n");
}

test("a file that a test suite names is a prompt there, and not once more by itself", () => {
  const templates = ["promptfooconfig.yaml", "prompts/greet.txt"].flatMap(
    (path) => parseDocument(byPath.get(path)!).value,
  );
  const resolved = resolveIncludes(templates, (path) => byPath.get(path) ?? null);
  expect(resolved.templates.map(({ id, usage }) => `${id}: ${usage}`)).toEqual([
    "promptfooconfig.yaml#prompts[0]: request",
    "promptfooconfig.yaml#prompts[1]: request",
    "promptfooconfig.yaml#prompts[2]: request",
    "promptfooconfig.yaml#prompts[3]: request",
    "prompts/greet.txt: partial",
  ]);
});

test("a file that a test suite names in vain is a problem where it is named", () => {
  const text = 'prompts: [file://../outside.txt, "file://gone.txt"]\nproviders: [x]\n';
  const { value } = parseDocument({ path: "promptfooconfig.yaml", text });
  const { problems } = resolveIncludes(value, () => null);
  const found = problems.get("promptfooconfig.yaml") ?? [];
  expect(found.map(({ range }) => text.slice(range.start, range.end))).toEqual([
    "file://../outside.txt",
    "file://gone.txt",
  ]);
});

describe("what our files say", () => {
  test("a registry with every kind of scalar, anchors, merged keys and two documents", () => {
    expect(show("support.yaml")).toMatchInlineSnapshot(`
      "support.yaml#defaults.tone_instructions (defaults.tone_instructions, instructions)
      "Answer in two sentences, and never in more.\\nBe friendly."

      support.yaml#agents.triage (agents.triage, request)
      <system>
      "You are the triage agent of "
      {company} [tenant]
      ".\\n  Indented lines keep their blanks.\\n\\n"
      if vip [request]
        "Treat "
        {customer.name} [session]
        " as a VIP."
      <user>
      "Ticket:\\t"
      {ticket} [request]
      "\\nWhat now? → one word."

      support.yaml#agents.writer.system_prompt (agents.writer.system_prompt, instructions)
      "It's your job to write what "
      {customer.name} [session]
      " needs."

      support.yaml#review_prompt (review_prompt, request)
      "Review the change that follows, and list what is wrong with it. "
      {diff} [request]"
    `);
  });

  test("agents and tasks", () => {
    expect(show("agents.yaml")).toMatchInlineSnapshot(`
      "agents.yaml#researcher (researcher, instructions)
      {topic} [request]
      " researcher\\n"
      "Find out what is new in "
      {topic} [request]
      "\\n"
      "You never stop before you have read the source.\\n"

      agents.yaml#task (task, request)
      "Write about "
      {topic} [request]
      " as of "
      {current_date} [day]
      ".\\n"
      "A list of ten points.\\n""
    `);
  });

  test("a function of Semantic Kernel", () => {
    expect(show("function.yaml")).toMatchInlineSnapshot(`
      "function.yaml (Story, request)
      for facts [request]
        "- "
        {facts[]} [request]
        "\\n"
      "Tell a story about "
      {topic} [request]
      ".\\n"
      sample topic = the sea"
    `);
  });

  test("a task of the evaluation harness", () => {
    expect(show("tasks/reasoning.yaml")).toMatchInlineSnapshot(`
      "tasks/reasoning.yaml (reasoning, request)
      "The following are questions about "
      {subject} [request]
      ".\\n\\n"
      include fewshot_config
        include doc_to_text
          "Q: "
          include question
            "Is the sky blue?"
          "\\nA:"
        include target_delimiter
          " "
        include doc_to_target
          "Yes"
        include fewshot_delimiter
          "\\n---\\n"
        include doc_to_text
          "Q: "
          include question
            "Is \\"no\\" a word?"
          "\\nA:"
        include target_delimiter
          " "
        include doc_to_target
          "It's one."
        include fewshot_delimiter
          "\\n---\\n"
      "Q: "
      {question} [request]
      "\\nA:""
    `);
  });

  test("a collection of promptsource: the answer is no part of the prompt", () => {
    expect(show("promptsource/templates.yaml")).toMatchInlineSnapshot(`
      "promptsource/templates.yaml#templates.0a1b (good or bad, request)
      "Is this review "
      {answer_choices[0]} [constant!]
      " or "
      {answer_choices[1]} [constant!]
      "?\\n"
      {review} [request]"
    `);
  });

  test("promptfoo: a text, a file, a chat; the first test gives the samples", () => {
    expect(show("promptfooconfig.yaml")).toMatchInlineSnapshot(`
      "promptfooconfig.yaml#prompts[0] (prompts[0], request)
      "Greet "
      {name} [session]
      " in "
      {language} [tenant]
      "."
      sample name = Ada
      sample language = English

      promptfooconfig.yaml#prompts[1] (prompts[1], request)
      include prompts/greet.txt
        "Say hello to "
        {name} [session]
        ", in "
        {language} [tenant]
        "."
      sample name = Ada
      sample language = English

      promptfooconfig.yaml#prompts[2] (prompts[2], request)
      <system>
      "You are polite."
      <user>
      "Greet "
      {name} [session]
      "."
      sample name = Ada
      sample language = English

      promptfooconfig.yaml#prompts[3] (prompts[3], request)
      <system>
      "Be \\"very\\" polite."
      <user>
      "Greet\\n"
      {name} [session]
      "."
      sample name = Ada
      sample language = English"
    `);
  });

  test("a request to Anthropic: tools, the system prompt that is written last, marks for the cache", () => {
    expect(show("anthropic-request.json")).toMatchInlineSnapshot(`
      "anthropic-request.json (anthropic-request, request)
      include system
        <system>
        "You are a tutor."
      <user>
      "What is \\"prefix caching\\"?\\n"
      <assistant>
      "It keeps states."
      <user>
      {call image} [constant]
      "And "
      {term} [request]
      "?"
      tool search: {"name":"search","description":"Search the web","input_schema":{"type":"object","properties":{"10":{},"q":{"type":"string"}}}}
      tool read: {"name":"read","input_schema":{"type":"object"}}
      cached for long up to …"l\\": \\"1h\\" } }"
      cached for long up to …"re a tutor.\\""
      cached up to …"{{ term }}?\\"""
    `);
  });

  test("a request to OpenAI's responses", () => {
    expect(show("openai-request.json")).toMatchInlineSnapshot(`
      "openai-request.json (openai-request, request)
      <system>
      "Speak like a pirate."
      <user>
      "Where is "
      {place} [request]
      "?"
      tool where: {"type":"function","name":"where","parameters":{"type":"object"}}"
    `);
  });

  test("a list of messages", () => {
    expect(show("chat.json")).toMatchInlineSnapshot(`
      "chat.json (chat, request)
      <system>
      "You answer about "
      {product} [request]
      "."
      <user>
      {question} [request]"
    `);
  });

  test("a chat prompt of LangSmith", () => {
    expect(show("langsmith.json")).toMatchInlineSnapshot(`
      "langsmith.json (langsmith, request)
      <system>
      "Answer as JSON: {\\"answer\\": \\""
      {style} [constant]
      "\\"}\\n"
      {history chat_history} [session]
      <user>
      {question} [request]
      <assistant>
      "{not a place}"
      sample style = short"
    `);
  });
});

test.each(["flowise.json", "langflow.json", "opencode.json", "desk.rivet-project"])(
  "%s says what it says",
  (path) => {
    expect(show(path)).toMatchSnapshot();
  },
);
