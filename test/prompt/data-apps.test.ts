/** Apps of Dify without a workflow, and requests of n8n whose body is a table of fields. */
import { describe, expect, it, test } from "vitest";
import { parseDocument } from "../../src/prompt/registry.ts";
import { brokenPromises } from "../support/check-template.ts";
import { printSegments } from "../support/print-segments.ts";

function shown(path: string, text: string): readonly string[] {
  const parsed = parseDocument({ path, text });
  expect(brokenPromises({ path, text }, parsed)).toEqual([]);
  return parsed.value.map(
    ({ usage, segments, tools }) =>
      `${usage}: ${printSegments(segments).replaceAll("\n", " ")}${tools === undefined ? "" : ` with ${tools.map(({ name }) => name).join()}`}`,
  );
}

describe("an app of Dify without a workflow", () => {
  const app = (mode: string, settings: object) =>
    shown(
      "apps/desk.yml",
      JSON.stringify({ app: { mode, name: "desk" }, kind: "app", model_config: settings }),
    );
  const model = { provider: "openai", name: "gpt-4o", mode: "chat" };

  test.each<[string, string, object, string]>([
    [
      "has its prompt above the conversation",
      "chat",
      { model, prompt_type: "simple", pre_prompt: "You greet {{visitor}}." },
      'instructions: <system> "You greet " {visitor} [session] "."',
    ],
    [
      "asks with its prompt, where there is no conversation",
      "completion",
      { model, prompt_type: "simple", pre_prompt: "Shorten this: {{query}}" },
      'request: <user> "Shorten this: " {query} [request]',
    ],
    [
      "has messages, and behind them the turns and the question",
      "chat",
      {
        model,
        prompt_type: "advanced",
        pre_prompt: "",
        chat_prompt_config: { prompt: [{ role: "system", text: "You greet {{visitor}}." }] },
      },
      'request: <system> "You greet " {visitor} [session] "." {history chat_history} [session] <user> {sys.query} [request]',
    ],
    [
      "has one text, which holds all of it",
      "completion",
      {
        model,
        prompt_type: "advanced",
        chat_prompt_config: {},
        completion_prompt_config: { prompt: { text: "Go on: {{#query#}}" } },
      },
      'request: <user> "Go on: " {query} [request]',
    ],
    [
      "offers the tools of an agent that are switched on",
      "agent-chat",
      {
        model,
        pre_prompt: "You greet all visitors.",
        agent_mode: {
          enabled: true,
          tools: [
            { enabled: true, tool_name: "current_time", provider_type: "builtin" },
            { enabled: false, tool_name: "weather", provider_type: "builtin" },
          ],
        },
      },
      'instructions: <system> "You greet all visitors." with current_time',
    ],
  ])("%s", (_, mode, settings, expected) => {
    expect(app(mode, settings)).toEqual([expected]);
  });

  it("with no words is none", () => {
    expect(app("chat", { model, prompt_type: "advanced", chat_prompt_config: { prompt: [] } })).toEqual([]);
  });
});

describe("a request of n8n with fields", () => {
  const sent = (fields: Readonly<Record<string, string>>) => {
    const parameters = Object.entries(fields).map(([name, value]) => ({ name, value }));
    const node = {
      type: "n8n-nodes-base.httpRequest",
      name: "Ask",
      parameters: { method: "POST", sendBody: true, bodyParameters: { parameters } },
    };
    return shown("workflows/desk.json", JSON.stringify({ name: "w", nodes: [node], connections: {} }));
  };

  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      "asks with a prompt",
      { model: "llama3", prompt: "=Sort this letter: {{ $json.letter }}", system: "You are brief." },
      [
        'request: include system   <system>   "You are brief." <user> "Sort this letter: " {letter} [request]',
      ],
    ],
    [
      "asks with messages",
      {
        model: "m",
        messages:
          '=[{"role": "system", "content": "You are brief."}, {"role": "user", "content": "{{ $json.q }}"}]',
      },
      ['request: <system> "You are brief." <user> {q} [request]'],
    ],
    ["of something else says nothing", { title: "x", prompt: "Pick a colour for the house." }, []],
  ])("%s", (_, fields, expected) => {
    expect(sent(fields)).toEqual(expected);
  });
});
