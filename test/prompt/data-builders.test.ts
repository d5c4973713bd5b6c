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

describe("what other nodes of n8n give to one that calls a model", () => {
  const agent = (more: object = {}) => ({
    ...node("@n8n/n8n-nodes-langchain.agent", { options: { systemMessage: "You are brief." } }, "Desk"),
    ...more,
  });
  const linked = (kind: string, ...sources: readonly (object & { readonly name: string })[]) =>
    JSON.stringify({
      nodes: [agent(), ...sources],
      connections: Object.fromEntries(
        sources.map(({ name }) => [name, { [kind]: [[{ node: "Desk", type: kind, index: 0 }]] }]),
      ),
    });
  const parsed = (text: string) => parseDocument({ path: "workflows/desk.json", text });
  const windowIn = (text: string) => {
    const history = parsed(text).value[0]!.segments.find(
      (one) => one.kind === "hole" && one.form === "history",
    );
    return history?.kind === "hole" ? (history.window ?? "all turns") : "no history";
  };

  it.each([
    ["memoryBufferWindow", { contextWindowLength: 7 }, { keep: "turns", last: 7 }],
    ["memoryBufferWindow", {}, { keep: "turns", last: 5 }],
    ["memoryBufferWindow", { contextWindowLength: "={{ $json.size }}" }, "all turns"],
    ["memoryPostgresChat", { contextWindowLength: 9 }, { keep: "turns", last: 9 }],
    ["memoryZep", {}, "all turns"],
  ])("is the window of %s %j", (type, parameters, window) => {
    const memory = node(`@n8n/n8n-nodes-langchain.${type}`, parameters, "Memory");
    expect(windowIn(linked("ai_memory", memory))).toEqual(window);
    expect(windowIn(linked("ai_tool", memory))).toBe("no history");
    expect(windowIn(linked("ai_memory", { ...memory, disabled: true } as typeof memory))).toBe("no history");
  });

  it("asks what came in by the chat behind the history", () => {
    const memory = node("@n8n/n8n-nodes-langchain.memoryBufferWindow", {}, "Memory");
    expect(shown("workflows/desk.json", linked("ai_memory", memory)).split("\n")).toEqual([
      "Desk: request",
      "<system>",
      '"You are brief."',
      "{history chat_history} [session]",
      "<user>",
      "{chatInput} [request]",
    ]);
  });

  it("is its tools, with what the export says of them", () => {
    const { value, problems } = parsed(
      linked(
        "ai_tool",
        node(
          "n8n-nodes-base.httpRequestTool",
          {
            toolDescription: "Finds an order",
            url: "=https://x/{{ $fromAI('order', `its number`, 'number') }}/{{ $fromAI(\"day\") }}",
          },
          "Order lookup",
        ),
        node("@n8n/n8n-nodes-langchain.toolCalculator", {}, "Sums"),
        node("@n8n/n8n-nodes-langchain.mcpClientTool", {}, "Server"),
        { ...node("n8n-nodes-base.dateTimeTool", {}, "Off"), disabled: true } as { name: string },
      ),
    );
    expect(value[0]!.tools!.map(({ json }) => JSON.parse(json).function)).toEqual([
      {
        name: "Order_lookup",
        description: "Finds an order",
        parameters: {
          type: "object",
          properties: { order: { type: "number", description: "its number" }, day: { type: "string" } },
          required: ["order", "day"],
        },
      },
      { name: "Sums" },
    ]);
    expect(problems.map(({ severity, message }) => [severity, /`\w+`/.exec(message)?.[0]])).toEqual([
      ["information", "`Sums`"],
      ["information", "`Server`"],
    ]);
  });

  it("is nothing where a node is switched off", () => {
    expect(n8n(agent({ disabled: true }))).toBe("");
  });

  it("sends what shall be extracted behind the system prompt, and says that there is more", () => {
    const attributes = [{ name: "city", description: "Where it came from", required: true }];
    const parameters = {
      text: "={{ $json.mail }}",
      options: { systemPromptTemplate: "You extract." },
      attributes: { attributes },
    };
    const extractor = node("@n8n/n8n-nodes-langchain.informationExtractor", parameters);
    const schema = {
      type: "object",
      properties: { city: { type: "string", description: "Where it came from" } },
      required: ["city"],
    };
    const text = n8n(extractor);
    expect(text).toContain(JSON.stringify(JSON.stringify(schema)));
    expect(text.indexOf("You extract.")).toBeLessThan(text.indexOf("city"));
    expect(text.endsWith("<user>\n{mail} [request]")).toBe(true);
    expect(parsed(workflow(extractor)).problems.map(({ severity }) => severity)).toEqual(["information"]);
    const classifier = node("@n8n/n8n-nodes-langchain.textClassifier", {
      inputText: "={{ $json.mail }}",
      categories: { categories: [{ category: "Bills", description: "What is owed" }] },
    });
    expect(n8n(classifier)).toContain("What is owed");
  });

  const sends = (jsonBody: string) => n8n(node("n8n-nodes-base.httpRequest", { jsonBody }, "Call"));

  it("is a request where a node sends a body of messages by itself", () => {
    const body = `={
  "model": "m",
  "messages": [
    { "role": "system", "content": "You rate leads, as {this} says." },
    { "role": "user", "content": "Lead: {{ $json["lead"].trim() }}\\n" },
    { "role": "user", "content": {{ JSON.stringify($json.note) }} }
  ],
  "max_tokens": {{ $json.limit }}
}`;
    expect(sends(body)).toBe(
      [
        "Call: request",
        "<system>",
        '"You rate leads, as {this} says."',
        "<user>",
        '"Lead: "',
        "{lead} [request]",
        String.raw`"\n"`,
        "<user>",
        "{JSON} [request]",
      ].join("\n"),
    );
  });

  it("is none where the body is no expression of messages, or no JSON", () => {
    expect(sends('={ "name": "{{ $json.lead }}", "text": "You are no prompt at all." }')).toBe("");
    expect(sends('={ "messages": {{ JSON.stringify($json.messages) }} }')).toBe("");
    expect(sends('={ "messages": [{ "role": "user", "content": "{{ $json.text }}" }] }')).toBe("");
    expect(sends('={ "messages": [{ "role": "user" "content": "Broken" }')).toBe("");
    expect(sends('{ "messages": [{ "role": "user", "content": "Say {{ this }} twice." }] }')).toContain(
      "Say {{ this }} twice.",
    );
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
        "<user>",
        "{query} [request]",
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

  const graph = (data: object) =>
    `app: { mode: advanced-chat, name: desk }\nworkflow: ${JSON.stringify({ graph: { nodes: [{ id: "n", data }] } })}\n`;
  const parsed = (data: object) => parseDocument({ path: "apps/desk.yml", text: graph(data) });
  const dify = (data: object) => shown("apps/desk.yml", graph(data));
  const llm = (memory: object | null) => ({
    title: "Answer",
    type: "llm",
    memory,
    prompt_template: [{ role: "system", text: "You are brief." }],
  });

  it.each([
    ["a window", { window: { enabled: true, size: 5 } }, { keep: "turns", last: 5 }],
    ["all turns", { window: { enabled: false, size: 5 } }, undefined],
    ["all turns where no window is written", {}, undefined],
  ])("sends the earlier turns before the question: %s", (_, window, expected) => {
    const node = llm({ query_prompt_template: "Asked: {{#sys.query#}}", ...window });
    expect(dify(node).split("\n").slice(-4)).toEqual([
      "{history chat_history} [session]",
      "<user>",
      '"Asked: "',
      "{sys.query} [request]",
    ]);
    const history = parsed(node).value[0]!.segments.find(
      (segment) => segment.kind === "hole" && segment.form === "history",
    );
    expect(history?.kind === "hole" && history.window).toEqual(expected);
  });

  it("asks what the user says now where the memory has no words for it, and nothing without a memory", () => {
    expect(dify(llm({ window: { enabled: true, size: 2 } }))).toMatch(/<user>\n\{sys\.query\} \[request\]$/);
    expect(dify(llm(null))).toBe('Answer: request\n<system>\n"You are brief."');
  });

  it("has the query and the tools of an agent, and says what is not known of them", () => {
    const value = [
      {
        enabled: true,
        tool_name: "clock",
        tool_description: "Tells the time",
        schemas: [
          { name: "zone", type: "string", form: "llm", llm_description: "Where", required: true },
          { name: "key", type: "secret-input", form: "form" },
        ],
      },
      { enabled: true, tool_name: "search", extra: { description: "Finds pages" } },
      { enabled: false, tool_name: "off" },
    ];
    const agent = {
      title: "Agent",
      type: "agent",
      agent_parameters: {
        tools: { type: "constant", value },
        query: { type: "constant", value: "{{#sys.query#}}" },
        instruction: { type: "constant", value: "You sell." },
      },
    };
    expect(dify(agent)).toContain('"You sell."');
    const { value: templates, problems } = parsed(agent);
    expect(templates[0]!.tools!.map(({ json }) => JSON.parse(json).function)).toEqual([
      {
        name: "clock",
        description: "Tells the time",
        parameters: {
          type: "object",
          properties: { zone: { type: "string", description: "Where" } },
          required: ["zone"],
        },
      },
      { name: "search", description: "Finds pages" },
    ]);
    expect(problems).toEqual([
      expect.objectContaining({ severity: "information", message: expect.stringContaining("`search`") }),
    ]);
    expect(problems[0]!.message).not.toContain("`clock`");
  });

  it("asks a classifier what to sort, then its classes, then how", () => {
    const node = {
      title: "Sort",
      type: "question-classifier",
      query_variable_selector: ["sys", "query"],
      classes: [{ id: "1", name: "Bills" }],
      instruction: "Prefer bills.",
    };
    expect(dify(node)).toBe(
      [
        "Sort: request",
        "<user>",
        "{sys.query} [request]",
        `${JSON.stringify('[{"category_id":"1","category_name":"Bills"}]')}`,
        '"Prefer bills."',
      ].join("\n"),
    );
    expect(parsed(node).problems.map(({ severity }) => severity)).toEqual(["information"]);
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
