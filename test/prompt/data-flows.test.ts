import { describe, expect, it } from "vitest";
import { formatOf, parseDocument } from "../../src/prompt/registry.ts";
import type { Template } from "../../src/prompt/template.ts";
import { brokenPromises } from "../support/check-template.ts";
import { printSegments } from "../support/print-segments.ts";

function parsed(root: object): readonly Template[] {
  const document = { path: "flows/desk.json", text: JSON.stringify(root, null, 2) };
  expect(formatOf(document)?.id).toBe("json");
  const read = parseDocument(document);
  expect(brokenPromises(document, read)).toEqual([]);
  return read.value;
}

const shown = (root: object) =>
  parsed(root).map(({ name, usage, segments }) => `${name}: ${usage}\n${printSegments(segments)}`);

describe("a flow of Flowise", () => {
  const node = (type: "customNode" | "agentFlow", name: string, inputs: object, label = "Desk") => ({
    id: `${name}_0`,
    type,
    data: { id: `${name}_0`, label, name, inputs },
  });
  const flow = (...nodes: readonly object[]) => ({ nodes, edges: [] });
  const chain = (name: string, inputs: object) => shown(flow(node("customNode", name, inputs)));
  const agent = (inputs: object) => shown(flow(node("agentFlow", "agentAgentflow", inputs)));

  it("is a request for each node that says something to a model", () => {
    expect(
      shown(
        flow(
          node("customNode", "toolAgent", {
            memory: "{{bufferMemory_0.data.instance}}",
            model: "{{chatOpenAI_0.data.instance}}",
            systemMessage: "You are brief.",
          }),
          node("customNode", "bufferMemory", { sessionId: "", memoryKey: "chat_history" }),
          node("customNode", "stickyNote", { note: "You are no prompt at all." }),
          node("customNode", "retrieverTool", { description: "You find the letters of the desk." }),
        ),
      ),
    ).toEqual([
      'Desk: request\ninclude system\n  <system>\n  "You are brief."\n{history chat_history} [session]',
    ]);
  });

  it("has the values that the node gives to places", () => {
    const [template] = parsed(
      flow(
        node("customNode", "chatPromptTemplate", {
          systemMessagePrompt: "You write {language}, as {{tone}} as {{$vars.house}} and {person}.",
          humanMessagePrompt: "{text}",
          promptValues: '{"language":"French","text":"{{question}}"}',
        }),
      ),
    );
    expect(printSegments(template!.segments).split("\n")).toEqual([
      "<system>",
      '"You write "',
      "{language} [constant]",
      '", as {tone} as "',
      "{$vars.house} [constant]",
      '" and "',
      "{person} [session]",
      '"."',
      "<user>",
      "{text} [request]",
    ]);
    expect([...template!.samples]).toEqual([["language", "French"]]);
  });

  it("sends a question and its answer in calls of their own", () => {
    const found = chain("conversationalRetrievalQAChain", {
      rephrasePrompt: "Rephrase what is asked: {question}",
      responsePrompt: "Answer from {context} only.",
    });
    expect(found.map((text) => text.split("\n")[0])).toEqual([
      "Desk: request",
      "Desk (rephrasePrompt): request",
    ]);
  });

  it("takes a template for a prompt in nodes that make prompts only", () => {
    expect(chain("promptTemplate", { template: "Sort this letter: {letter}" })).toHaveLength(1);
    expect(chain("csvAgent", { template: "Sort this letter: {letter}", systemMessagePrompt: "" })).toEqual(
      [],
    );
  });

  it("has an agent's messages, its memory, and what it says then", () => {
    const inputs = {
      agentMessages: [
        {
          role: "system",
          content: "<p>You are <strong>brief</strong>.</p><p></p><p>Be kind &amp; fair.</p>",
        },
      ],
      agentEnableMemory: true,
      agentUserMessage:
        '<p>Now <span class="variable" data-type="mention" data-id="question">{{ question }}</span> </p>',
    };
    expect(agent(inputs)).toEqual([
      [
        "Desk: request",
        "<system>",
        '"You are **brief**.\\n\\nBe kind & fair."',
        "{history chat_history} [session]",
        "<user>",
        '"Now "',
        "{question} [request]",
        '" "',
      ].join("\n"),
    ]);
  });

  const windowOf = (root: object) => {
    const history = parsed(root)[0]!.segments.find((one) => one.kind === "hole" && one.form === "history");
    return history?.kind === "hole" ? (history.window ?? "all turns") : "no history";
  };

  it.each([
    ["bufferWindowMemory", { k: "4" }, { keep: "turns", last: 4 }],
    ["bufferWindowMemory", {}, { keep: "turns", last: 4 }],
    ["bufferMemory", { k: "4" }, "all turns"],
  ])("has the window of the memory that is linked to it: %s %j", (name, inputs, window) => {
    const memory = `{{${name}_0.data.instance}}`;
    const chain = node("customNode", "conversationChain", { systemMessagePrompt: "You are brief.", memory });
    expect(windowOf(flow(chain, node("customNode", name, inputs)))).toEqual(window);
  });

  it.each([
    [
      { agentMemoryType: "windowSize", agentMemoryWindowSize: "6" },
      { keep: "turns", last: 6 },
    ],
    [{ agentMemoryType: "windowSize" }, { keep: "turns", last: 20 }],
    [{ agentMemoryType: "allMessages", agentMemoryWindowSize: "6" }, "all turns"],
  ])("has the window of an agent's own memory: %j", (memory, window) => {
    const agentMessages = [{ role: "system", content: "You are brief." }];
    const inputs = { agentMessages, agentEnableMemory: true, ...memory };
    expect(windowOf(flow(node("agentFlow", "agentAgentflow", inputs)))).toEqual(window);
  });

  it("offers the tools that are linked to it, or listed by it, and says what is not known of them", () => {
    const search = { name: "letters", description: "Finds the letters of the desk." };
    const root = flow(
      node("customNode", "toolAgent", {
        systemMessage: "You are brief.",
        tools: ["{{calculator_0.data.instance}}", "{{retrieverTool_0.data.instance}}", "no link"],
      }),
      node("agentFlow", "agentAgentflow", {
        agentMessages: [{ role: "system", content: "You are kind." }],
        agentTools: [{ agentSelectedTool: "gmail", agentSelectedToolConfig: {} }, { agentSelectedTool: "" }],
      }),
      node("customNode", "retrieverTool", search),
    );
    const tools = parsed(root).map((template) =>
      template.tools!.map(({ json }) => JSON.parse(json).function),
    );
    expect(tools).toEqual([
      [{ name: "calculator" }, { name: "letters", description: "Finds the letters of the desk." }],
      [{ name: "gmail" }],
    ]);
    const { problems } = parseDocument({ path: "flows/desk.json", text: JSON.stringify(root) });
    expect(problems.map(({ severity, message }) => [severity, message.split(" is not all")[0]])).toEqual([
      ["information", "What the model is told of `calculator`, `letters`"],
      ["information", "What the model is told of `gmail`"],
    ]);
  });

  it.each([
    ["At {{ current_date_time }}", "{current_date_time} [volatile]"],
    ["For {{ $flow.sessionId }}", "{$flow.sessionId} [session]"],
    ["Of {{ $flow.state.letter }}", "{letter} [request]"],
    ["In {{ $vars.tone }}", "{$vars.tone} [constant]"],
    ["Form {{ $form.name }}", "{$form.name} [session]"],
    ["From {{ llmAgentflow_0 }}", "{llmAgentflow_0} [request]"],
    ["Before {{ chat_history }}", "{history chat_history} [session]"],
    ["As {braces}", '"As {braces}"'],
    ["Tags <b>stay</b> text", '"Tags <b>stay</b> text"'],
    ["<h2>Head</h2><ul><li><p>one</p></li><li><p>two</p></li></ul>", '"## Head\\n\\n*   one\\n\\n*   two"'],
  ])("reads %j in an agent", (content, part) => {
    expect(agent({ agentMessages: [{ role: "user", content }] }).join()).toContain(part);
  });

  it("says nothing where a node passes on what came in, and reads no canvas of others", () => {
    expect(agent({ agentUserMessage: "<p>{{ question }}</p>" })).toEqual([]);
    const other = {
      nodes: [{ type: "box", data: { name: "promptTemplate", inputs: { template: "a b c d" } } }],
    };
    expect(shown({ ...other, edges: [] })).toEqual([]);
  });
});

describe("a flow of Langflow", () => {
  const field = (value: unknown, type = "str") => ({ type, value });
  const node = (id: string, type: string, template: object) => ({
    id,
    type: "genericNode",
    data: { id, type, node: { display_name: type, template: { _type: "Component", ...template } } },
  });
  const edge = (source: string, target: string, fieldName: string) => ({
    source,
    target,
    data: { targetHandle: { fieldName, id: target } },
  });
  const flow = (nodes: readonly object[], edges: readonly object[]) => ({
    name: "desk",
    data: { nodes, edges },
  });
  const prompt = (id: string, text: string, others: object = {}) =>
    node(id, "Prompt", { template: field(text, "prompt"), ...others });
  const model = (id: string, system: string, input = "") =>
    node(id, "OpenAIModel", { input_value: field(input), system_message: field(system) });

  it("is a request for each model, with the prompts that are linked to it", () => {
    const nodes = [
      node("in", "ChatInput", { input_value: field("Hello there, my friend") }),
      prompt("p", "Answer as {tone} as {{ this }}, it is {now}; earlier: {earlier}; of {letter}.", {
        tone: field("a friend"),
      }),
      node("d", "CurrentDate", { timezone: field("UTC") }),
      node("m", "MemoryComponent", {}),
      node("r", "AstraDB", {}),
      model("o", "ignored, as a prompt is linked"),
    ];
    const edges = [
      edge("p", "o", "system_message"),
      edge("in", "o", "input_value"),
      edge("d", "p", "now"),
      edge("m", "p", "earlier"),
      edge("r", "p", "letter"),
    ];
    expect(shown(flow(nodes, edges))).toEqual([
      [
        "OpenAIModel: request",
        "<system>",
        '"Answer as "',
        "{tone} [constant]",
        '" as { this }, it is "',
        "{now} [volatile]",
        '"; earlier: "',
        "{history earlier} [session]",
        '"; of "',
        "{letter} [request]",
        '"."',
        "<user>",
        "{input_value} [request]",
      ].join("\n"),
    ]);
  });

  it("has texts of its own as they are, and the earlier turns of an agent", () => {
    const agent = node("a", "Agent", {
      n_messages: field(100, "int"),
      system_prompt: field("You are brief: {no} place."),
    });
    expect(shown(flow([agent], []))).toEqual([
      'Agent: request\ninclude system\n  <system>\n  "You are brief: {no} place."\n{history chat_history} [session]',
    ]);
  });

  it("puts a prompt into another one, and finds those that nothing uses", () => {
    const nodes = [
      prompt("a", "Be {how}, and {what}."),
      prompt("b", "as kind as {person}"),
      prompt("c", "Sort {letter} now."),
    ];
    const edges = [
      { source: "b", target: "a", targetHandle: "{œfieldNameœ:œhowœ,œidœ:œaœ}" },
      edge("a", "b", "person"),
    ];
    const found = shown(flow(nodes, edges));
    expect(found[0]).toContain('"Be "\ninclude how\n  "as kind as "\n  include person');
    expect(found.at(-1)).toBe('Prompt: request\n<user>\n"Sort "\n{letter} [request]\n" now."');
  });

  it("reads doubled braces where the node says so", () => {
    const doubled = prompt("a", "Say {{word}} of {this}.", { use_double_brackets: field(true, "bool") });
    expect(shown(flow([doubled], []))[0]).toContain('{word} [request]\n" of {this}."');
  });

  it("is found among several, and is none without fields", () => {
    expect(shown({ flows: [flow([prompt("a", "Say {word} twice, please.")], [])] })).toHaveLength(1);
    expect(shown({ data: { nodes: [{ id: "prompt", data: { type: "prompt" } }], edges: [] } })).toEqual([]);
  });
});

describe("a project of Rivet", () => {
  const project = (nodes: string) =>
    `version: 4\ndata:\n  graphs:\n    g1:\n      metadata: { name: Desk }\n      nodes:\n${nodes}\n`;
  const node = (id: string, type: string, data: string, links: readonly string[]) =>
    [
      `        '[${id}]:${type} "${type}"':`,
      `          data: ${data}`,
      "          outgoingConnections:",
      ...links.map((link) => `            - ${link}`),
    ].join("\n");
  const show = (text: string) => {
    const document = { path: "desk.rivet-project", text };
    expect(formatOf(document)?.id).toBe("yaml");
    const read = parseDocument(document);
    expect(brokenPromises(document, read)).toEqual([]);
    expect(read.problems).toEqual([]);
    return read.value.map(({ name, segments }) => `${name}\n${printSegments(segments)}`);
  };

  it("is a request for each node that calls a model, with the texts that are linked to it", () => {
    const text = project(
      [
        node("a", "text", '{ text: "You are brief, and know {{now}}." }', ['output->"Chat" c/systemPrompt']),
        node("b", "prompt", '{ promptText: "Sort {{letter | trim}} now.", type: user }', [
          'output->"Assemble Prompt" d/message2',
        ]),
        node("e", "prompt", '{ promptText: "Earlier I said so.", type: assistant }', [
          'output->"Assemble Prompt" d/message1',
        ]),
        node("d", "assemblePrompt", "{}", ['prompt->"Chat" c/prompt']),
        node("c", "chat", "{ model: gpt-4o }", ['response->"Text" x/input']),
      ].join("\n"),
    );
    expect(show(text)).toEqual([
      [
        "Desk: chat",
        "<system>",
        '"You are brief, and know "',
        "{now} [volatile]",
        '"."',
        "include assistant",
        "  <assistant>",
        '  "Earlier I said so."',
        "<user>",
        '"Sort "',
        "{letter} [request]",
        '" now."',
      ].join("\n"),
    ]);
  });

  it("has prompts that no model is linked to, and links that lead in circles", () => {
    const text = project(
      [
        node("a", "prompt", '{ promptText: "Sort {{letter}} now.", type: user }', []),
        node("d", "assemblePrompt", "{}", [
          'prompt->"Assemble Prompt" d/message1',
          'prompt->"Chat" c/prompt',
        ]),
        node("c", "chat", "{}", []),
      ].join("\n"),
    );
    expect(show(text).map((shown) => shown.split("\n")[0])).toEqual(["Desk: prompt"]);
  });
});

describe("a suite of promptfoo", () => {
  const read = (prompts: string) =>
    parseDocument({
      path: "promptfooconfig.yaml",
      text: `providers: [openai:gpt-4o]\nprompts: ${prompts}\n`,
    });

  it.each([
    "prompts.py:build",
    "file://prompts.py:build",
    "file://./lib/prompts.mjs:Desk.build",
    "prompts.ts",
    "exec:./make.sh",
  ])("says that %s is made by a program, and counts nothing", (written) => {
    const { value, problems } = read(`["${written}"]`);
    expect(value).toEqual([]);
    expect(problems.map(({ severity, message }) => [severity, message])).toEqual([
      ["information", expect.stringContaining(`\`${written}\` names a program`)],
    ]);
  });

  it("keeps texts, and files of text", () => {
    const { value, problems } = read('["Say {{ word }}.", "file://prompts/a.txt", "prompts.py:build"]');
    expect(value.map(({ id }) => id)).toEqual([
      "promptfooconfig.yaml#prompts[0]",
      "promptfooconfig.yaml#prompts[1]",
    ]);
    expect(problems).toHaveLength(1);
  });
});
