import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatOf, parseDocument } from "../../src/prompt/registry.ts";
import type { Template } from "../../src/prompt/template.ts";
import { analyze } from "../support/analyze.ts";
import { brokenPromises } from "../support/check-template.ts";
import { printSegments } from "../support/print-segments.ts";

function shown(path: string, text: string): string {
  const parsed = parseDocument({ path, text });
  expect(brokenPromises({ path, text }, parsed)).toEqual([]);
  return parsed.value
    .map(({ name, usage, segments }: Template) => `${name}: ${usage}\n${printSegments(segments)}`)
    .join("\n\n");
}

const node = (type: string, parameters: object, name = "Node") => ({
  parameters,
  type,
  name,
  typeVersion: 1,
});
const workflow = (...nodes: readonly object[]) =>
  JSON.stringify({ name: "w", nodes, connections: {} }, null, 2);
const n8n = (...nodes: readonly object[]) => shown("workflows/desk.json", workflow(...nodes));

describe("a workflow of n8n", () => {
  it("is a request for each node that calls a model, system first wherever it is written", () => {
    const agent = {
      promptType: "define",
      text: "={{ $json.chatInput }}",
      options: { systemMessage: "You are brief." },
    };
    expect(
      n8n(
        node("@n8n/n8n-nodes-langchain.agent", agent, "Desk"),
        node("n8n-nodes-base.httpRequest", { text: "You are no prompt." }),
      ),
    ).toBe(
      [
        "Desk: request",
        "include system",
        "  <system>",
        '  "You are brief."',
        "<user>",
        "{chatInput} [request]",
      ].join("\n"),
    );
  });

  it("has the messages of OpenAI's node, and of a chain, in their roles", () => {
    const values = [
      { role: "system", content: "=Today is {{ $now.toFormat('yyyy-MM-dd HH:mm') }}." },
      { content: "=Sort {{ $('Webhook').item.json.body.letter }} now." },
    ];
    expect(n8n(node("@n8n/n8n-nodes-langchain.openAi", { messages: { values } }))).toBe(
      [
        "Node: request",
        "<system>",
        '"Today is "',
        "{now} [volatile]",
        '"."',
        "<user>",
        '"Sort "',
        "{letter} [request]",
        '" now."',
      ].join("\n"),
    );
    const messageValues = [
      { message: "You sort letters." },
      { type: "AIMessagePromptTemplate", message: "Which one?" },
      { type: "HumanMessagePromptTemplate", message: "=This one: {{ $json.letter }}" },
    ];
    const chain = n8n(node("@n8n/n8n-nodes-langchain.chainLlm", { messages: { messageValues } }));
    expect(chain).toContain('<system>\n"You sort letters."\n<assistant>\n"Which one?"\n<user>\n"This one: "');
  });

  it.each([
    ["={{ $json.user.name }} asks.", "{user.name}"],
    ['={{ $node["Set"].json["first line"] }} asks.', "{first_line}"],
    ["={{ JSON.stringify({ a: { b: 1 } }) }} asks.", "{JSON}"],
    ["={{ '}}' }} asks.", "{'}}'}"],
    ["={{ $today.toFormat('yyyy') }} asks.", "{today} [day]"],
    ["={{ $now.toFormat('yyyy-MM-dd') }} asks.", "{now} [day]"],
    ["={{ $execution.id }} asks.", "{execution.id} [volatile]"],
    ["={{ $vars.tone }} asks.", "{vars.tone} [constant]"],
    ["={{ new Date().toISOString() }} asks.", "[volatile]"],
    ["={{ not closed, says nobody.", '"{{ not closed, says nobody."'],
    ["No expression: {{ $now }}.", '"No expression: {{ $now }}."'],
  ])("reads %j", (text, part) => {
    expect(n8n(node("@n8n/n8n-nodes-langchain.agent", { text }))).toContain(part);
  });

  it("says nothing where a node passes on what came in, and calls no URL a prompt", () => {
    const passing = node("@n8n/n8n-nodes-langchain.agent", { text: "={{ $json.chatInput }}" });
    const call = node("n8n-nodes-base.httpRequest", {
      url: "https://example.org/prompt",
      prompt: "You are a field of a form, nothing else.",
    });
    expect(n8n(passing, call)).toBe("");
  });

  it("is found in a template of the gallery, in a list, and in a folder called workflows, but not in that of a runner", () => {
    const one = JSON.parse(
      workflow(node("@n8n/n8n-nodes-langchain.agent", { options: { systemMessage: "You are brief." } })),
    );
    for (const root of [{ workflow: one }, [one, one]]) {
      expect(shown("exports/all.json", JSON.stringify(root))).toContain("You are brief.");
    }
    const text = JSON.stringify(one);
    expect(formatOf({ path: "workflows/a.json", text })?.id).toBe("json");
    expect(formatOf({ path: ".github/workflows/a.json", text })).toBeNull();
    expect(
      formatOf({ path: ".github/workflows/a.yml", text: "jobs:\n  system_prompt: You are brief.\n" }),
    ).toBeNull();
  });
});

describe("an app of Dify", () => {
  it("is a request for each node with a prompt", () => {
    const app = `app:
  mode: advanced-chat
  name: desk
kind: app
workflow:
  graph:
    nodes:
      - id: '1711529036587'
        data:
          title: Answer
          type: llm
          prompt_template:
            - role: system
              text: "It is {{#sys.timestamp#}}. You know {{#1711529036999.result#}} of {{#env.house#}}."
            - role: user
              text: '{{#sys.query#}}'
      - id: '2'
        data: { title: Sort, type: question-classifier, instruction: "Sort what {{#sys.user_id#}} asks." }
      - id: '3'
        data: { title: Completion, type: llm, prompt_template: { text: "Go on: {{#context#}}" } }
      - id: '4'
        data:
          title: Jinja
          type: llm
          prompt_template:
            - { role: system, edition_type: jinja2, text: old, jinja2_text: "Say {{ word }}." }
`;
    expect(shown("apps/desk.yml", app)).toBe(
      [
        "Answer: request",
        "<system>",
        '"It is "',
        "{sys.timestamp} [volatile]",
        '". You know "',
        "{result} [request]",
        '" of "',
        "{env.house} [constant]",
        '"."',
        "<user>",
        "{sys.query} [request]",
        "",
        "Sort: request",
        "<system>",
        '"Sort what "',
        "{sys.user_id} [session]",
        '" asks."',
        "",
        "Completion: request",
        "<user>",
        '"Go on: "',
        "{context} [request]",
        "",
        "Jinja: request",
        "<system>",
        '"Say "',
        "{word} [request]",
        '"."',
      ].join("\n"),
    );
  });

  it("is what stands above a conversation where it has no workflow", () => {
    const app =
      "app:\n  name: desk\nmodel_config:\n  pre_prompt: |\n    Today is {{today}}, {{ not a place }}.\n";
    expect(shown("apps/simple.yml", app)).toBe(
      ["desk: instructions", "<system>", '"Today is "', "{today} [day]", '", {{ not a place }}.\\n"'].join(
        "\n",
      ),
    );
  });
});

const cases = join(import.meta.dirname, "../../../shared/cases/exports-of-builders");
if (!existsSync(cases)) console.log(`Skipped: no cases at ${cases}`);

it.runIf(existsSync(cases))("the clocks of the public constructs are found", () => {
  const read = (path: string) => readFileSync(join(cases, path), "utf8");
  const report = analyze(
    {
      "workflows/desk.json": read("input-n8n/workflows/desk.json"),
      "apps/desk.yml": read("input-dify/apps/desk.yml"),
    },
    { policy: "openai-classic" },
  );
  expect(report.templates.filter(({ requests }) => requests > 0)).toHaveLength(4);
  const early = report.findings.filter(
    ({ rule, severity }) => rule === "volatile-early" && severity === "warning",
  );
  expect(early.map(({ path }) => path).toSorted()).toEqual([
    "apps/desk.yml",
    "workflows/desk.json",
    "workflows/desk.json",
  ]);
  for (const { stake } of early) expect(stake.tokensPerRequest).toBeGreaterThan(1000);
});
