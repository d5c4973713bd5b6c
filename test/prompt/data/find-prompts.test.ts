import { describe, expect, test } from "vitest";
import { formatOf, parseDocument } from "../../../src/prompt/registry.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { printSegments } from "../../support/print-segments.ts";

const prose = "You are a helpful assistant who answers in short sentences.";

/** Ids of the templates of a document, without its path. */
function keysOf(path: string, text: string): readonly string[] {
  return parseDocument({ path, text }).value.map(({ id }) => id.slice(path.length));
}

describe("which files are read at all", () => {
  test.each([
    ["config/agents.yaml", "yaml"],
    ["app.yml", "yaml"],
    ["requests/body.json", "json"],
    ["package.json", null],
    ["packages/a/package-lock.json", null],
    ["tsconfig.base.json", null],
    ["promptcache.json", null],
    ["pnpm-lock.yaml", null],
    ["docker-compose.prod.yml", null],
    [".github/workflows/ci.yml", null],
    [".github/ISSUE_TEMPLATE/bug.yml", null],
    ["api/pets.openapi.yaml", null],
    ["schemas/tool.schema.json", null],
    ["src/locales/en.json", null],
    ["notes.yaml.txt", null],
  ])("%s", (path, format) => {
    expect(formatOf({ path, text: `system_prompt: ${prose}` })?.id ?? null).toBe(format);
  });

  test.each([
    [
      "a workflow",
      "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm ci\n",
    ],
    [
      "a deployment",
      "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    metadata:\n      labels: {app: a}\n",
    ],
    [
      "a catalogue",
      '{"products": [{"name": "chair", "description": "A chair for the office.", "price": 10}]}',
    ],
  ])("%s is not even parsed", (_name, text) => {
    expect(formatOf({ path: text.startsWith("{") ? "a.json" : "a.yaml", text })).toBe(null);
  });
});

describe("keys that hold prompts", () => {
  test.each([
    ["system_prompt", `system_prompt: ${prose}`, ["#system_prompt"]],
    ["a camel-cased key", `systemPrompt: ${prose}`, ["#systemPrompt"]],
    ["a file that names its schema", `$schema: x\nsystem_prompt: ${prose}`, ["#system_prompt"]],
    ["nested", `a:\n  b:\n    - summary_prompt: ${prose}`, ["#a.b[0].summary_prompt"]],
    ["a list of texts", `prompts:\n  - ${prose}\n  - x.txt\n`, ["#prompts[0]"]],
    ["a hint and words to a model", `instructions: ${prose}`, ["#instructions"]],
    ["a pair", `system: ${prose}\nuser: Say hello to {{ name }} please, and nothing else at all.`, [""]],
    [
      "others beside a prompt",
      `system_prompt: ${prose}\nplan: "List the steps to take for {{ task }}, one in each line."`,
      ["#system_prompt", "#plan"],
    ],
    [
      "MLflow's registry",
      "name: summary\nversion: 2\ntemplate: Summarize this in {{ count }} sentences. {{ text }}\ntags: {}",
      ["#template"],
    ],
    [
      "MLflow's tag",
      `tags:\n  - key: mlflow.prompt.text\n    mlflow.prompt.text: ${prose}`,
      ["#tags[0].mlflow.prompt.text"],
    ],
    [
      "GitHub Models",
      `name: Greeter\nmessages:\n  - role: system\n    content: ${prose}\n  - role: user\n    content: "{{input}}"\ntestData:\n  - input: hello`,
      [""],
    ],
    ["two documents", `a_prompt: ${prose}\n---\na_prompt: ${prose}`, ["#a_prompt", "#a_prompt-2"]],
    ["an alias stands for what is written elsewhere", `a_prompt: &p ${prose}\nb_prompt: *p`, ["#a_prompt"]],
  ])("%s", (_name, text, keys) => {
    expect(keysOf("config/app.yaml", text)).toEqual(keys);
  });

  test.each([
    ["a path", "system_prompt: prompts/system.txt"],
    ["a word", "prompt: hello"],
    [
      "a question to the person at the terminal",
      'prompt: "Please enter the name of the project that you want to create"',
    ],
    [
      "directions for people",
      "instructions: Put the flour into a bowl, add the eggs, stir well and bake it for an hour.",
    ],
    ["a form", 'instruction_text: "Please answer by typing the number that corresponds to your answer: "'],
    ["a description", `description: ${prose}`],
    ["a number of tokens", "system_prompt_tokens: 100\nmax_prompt: 5"],
    ["an API", `openapi: 3.0.0\ninfo:\n  system_prompt: ${prose}`],
    [
      "a schema",
      `$schema: x\nproperties:\n  system_prompt: { default: "${prose}" }\nsystem_prompt: ${prose}`,
    ],
    ["a manifest", `apiVersion: v1\nkind: ConfigMap\ndata:\n  system_prompt: ${prose}`],
    [
      "what a test expects",
      `cases:\n  - template: "{{ a }} and {{ b }} are what you are given here, so answer."\n    expect: x`,
    ],
    ["cookiecutter", 'name_template: "{{ .ProjectName }}_{{ .Version }}"\ninstructions: see the docs'],
    ["what a model said", `output:\n  system_prompt: ${prose}`],
  ])("no prompt: %s", (_name, text) => {
    expect(keysOf("config/app.yaml", text)).toEqual([]);
  });

  test("a log of requests is no list of prompts", () => {
    const request = { messages: [{ role: "user", content: prose }] };
    const log = (count: number) => JSON.stringify(Array.from({ length: count }, () => request));
    expect(keysOf("log.json", log(21))).toEqual([]);
    expect(keysOf("log.json", log(3)).length).toBe(3);
  });
});

describe("problems", () => {
  test("broken YAML that holds a prompt is read as far as it goes, with a problem where it breaks", () => {
    const text = `system_prompt: "${prose}"\nmodel: [a, b\nother: c\n`;
    const { value, problems } = parseDocument({ path: "a.yaml", text });
    expect(value.map(({ name }) => name)).toEqual(["system_prompt"]);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^This is not valid YAML: /),
    ]);
    expect(text.slice(0, problems[0]!.range.start)).toContain("[a, b");
  });

  test("a problem of the template has its place in the scalar", () => {
    const text = 'chat_prompt: "Summarise this for {{ name }}:\\n{{ text and stop there."\n';
    const { problems } = parseDocument({ path: "a.yaml", text });
    expect(problems.map(({ range }) => text.slice(range.start, range.end))).toEqual([
      "{{ text and stop there.",
    ]);
  });

  test("broken files of something else are no business of ours", () => {
    expect(parseDocument({ path: "a.yaml", text: "prompt: [a, {{ b\n- c: : d" }).problems).toEqual([]);
  });
});

describe("scopes that the file declares", () => {
  test.each([
    [
      "YAML",
      "a.yaml",
      `# promptcache: topic=tenant, day=constant\nsystem_prompt: Talk about {{ topic }} on {{ day }}, please.`,
    ],
    [
      "JSON",
      "a.json",
      `// promptcache: topic=tenant, day=constant\n{"system_prompt": "Talk about {{ topic }} on {{ day }}, please."}`,
    ],
    [
      "beside a value",
      "a.yaml",
      "system_prompt: Talk about {{ topic }} on {{ day }}, please. # promptcache: topic=tenant, day=constant",
    ],
  ])("in a comment of %s", (_name, path, text) => {
    const { value, problems } = parseDocument({ path, text });
    expect(problems).toEqual([]);
    expect(printSegments(value[0]!.segments)).toContain("{topic} [tenant!]");
    expect(printSegments(value[0]!.segments)).toContain("{day} [constant!]");
  });

  test("a comment of the template wins; a line of text is no comment; a mistake has its place", () => {
    const text = [
      "# promptcache: topic=tenant, oops",
      "system_prompt: |",
      "  {# promptcache: topic=session #}",
      "  # promptcache: style=volatile",
      "  Talk about {{ topic }} in a {{ style }} way.",
    ].join("\n");
    const { value, problems } = parseDocument({ path: "a.yaml", text });
    expect(printSegments(value[0]!.segments)).toContain("{topic} [session!]");
    expect(printSegments(value[0]!.segments)).toContain("{style} [constant]");
    expect(problems.map(({ range }) => text.slice(range.start, range.end))).toEqual(["oops"]);
  });
});

describe("which engine renders a text", () => {
  test.each([
    ["Jinja2", "Greet {{ user.name|title }} in a way that fits them.", "{user.name}"],
    ["blocks", "{% if a %}Answer in German, please{% endif %} and be short.", "if a"],
    ["Handlebars", "{{#each items}}Look at {{this}} and say something{{/each}}", "for items"],
    [
      "str.format",
      'Answer as {{"a": 1}} about {topic} and nothing else.',
      '"Answer as {\\"a\\": 1} about "\n{topic}',
    ],
    ["names in braces", "Answer about {topic} as [a, b] and nothing else.", "{topic}"],
    [
      "braces of prose",
      "Answer with {name of the person} and {topic} only.",
      '"Answer with {name of the person} and {topic} only."',
    ],
    [
      "JSON",
      'Answer with {"a": "b"} and nothing else, please.',
      '"Answer with {\\"a\\": \\"b\\"} and nothing else, please."',
    ],
  ])("%s", (_name, text, expected) => {
    const document = { path: "a.json", text: JSON.stringify({ system_prompt: text }) };
    const parsed = parseDocument(document);
    expect(brokenPromises(document, parsed)).toEqual([]);
    expect(parsed.problems).toEqual([]);
    expect(printSegments(parsed.value[0]!.segments)).toContain(expected);
  });
});
