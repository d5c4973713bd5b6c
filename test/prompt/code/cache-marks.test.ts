/** Marks that code writes, whatever the library: where each prefix ends, and whether nothing is known of them. */
import { expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { parseTools } from "../../support/parse-tools.ts";

const policy = "You answer every question about the rules of the house.";

/** What each mark has in front of it, with `1h` behind the long ones; `null` where nothing is known of marks. */
function marksOf(path: string, text: string): readonly string[] | null {
  const [template] = parseDocument({ path, text }, parseTools).value;
  const { cacheMarkers, tools = [] } = template!;
  expect(JSON.stringify(tools)).not.toMatch(/cachePoint|cache_control/);
  return (
    cacheMarkers?.map(({ end, isLong }) => {
      const line = text.slice(0, end).split("\n").at(-1)!;
      return `${line.trim().slice(-12)}${isLong ? " 1h" : ""}`;
    }) ?? null
  );
}

const converse = (system: string, more = "") => `
def ask(client, history, question):
    return client.converse(
        modelId="anthropic.claude-sonnet-4-5",
        system=${system},
        ${more}
        messages=history + [{"role": "user", "content": [{"text": question}]}],
    )
`;

test.each([
  [
    "a cachePoint behind a block",
    converse(`[{"text": "${policy}"}, {"cachePoint": {"type": "default"}}]`),
    ['the house."}'],
  ],
  [
    "one for an hour",
    converse(`[{"text": "${policy}"}, {"cachePoint": {"type": "default", "ttl": "1h"}}]`),
    ['the house."} 1h'],
  ],
  [
    "one among tools",
    converse(
      `[{"text": "${policy}"}]`,
      `toolConfig={"tools": [{"toolSpec": {"name": "look"}}, {"cachePoint": {"type": "default"}}]},`,
    ),
    ['e": "look"}}'],
  ],
  [
    "one with nothing before it",
    converse(`[{"cachePoint": {"type": "default"}}, {"text": "${policy}"}]`),
    [],
  ],
  ["none", converse(`[{"text": "${policy}"}]`), []],
  ["a system message that a function makes", converse("blocks()"), null],
] as const)("Bedrock in Python: %s", (_, text, marks) => {
  const asked = marks === null ? text.replace('[{"text": question}]', `"${policy}"`) : text;
  expect(marksOf("a.py", asked)).toEqual(marks);
});

test("Bedrock in TypeScript", () => {
  const text = `import { ConverseCommand } from "@aws-sdk/client-bedrock-runtime";
export const ask = (question: string) =>
  new ConverseCommand({
    modelId: "anthropic.claude-sonnet-4-5",
    system: [{ text: "${policy}" }, { cachePoint: { type: "default" } }],
    messages: [{ role: "user", content: [{ text: question }] }],
  });
`;
  expect(marksOf("a.ts", text)).toEqual(['he house." }']);
});

test.each([
  ["anthropic", `providerOptions: { anthropic: { cacheControl: { type: "ephemeral" } } }`],
  ["bedrock", `providerOptions: { bedrock: { cachePoint: { type: "default" } } }`],
])("the AI SDK writes marks in the options of %s", (_, options) => {
  const text = `import { generateText } from "ai";
export const ask = (model: any, question: string) =>
  generateText({
    model,
    messages: [
      { role: "system", content: "${policy}", ${options} },
      { role: "user", content: question },
    ],
  });
`;
  expect(marksOf("a.ts", text)).toEqual([' the house."']);
});

test("cache_control on the call itself marks the end of the newest block", () => {
  const text = `
def ask(client, question):
    return client.messages.create(model="claude-sonnet-4-5", cache_control={"type": "ephemeral"},
        messages=[{"role": "user", "content": question}], system="${policy}")
`;
  expect(marksOf("a.py", text)).toEqual([": question}]"]);
});

test("LangChain makes a cache point by a call", () => {
  const text = `
from langchain_core.prompts import ChatPromptTemplate
prompt = ChatPromptTemplate.from_messages([
    ("system", [{"text": "${policy}"}, ChatBedrockConverse.create_cache_point()]),
    ("human", "{question}"),
])
`;
  expect(marksOf("a.py", text)).toEqual(['the house."}']);
});

test.each([
  [
    "Bedrock's tools",
    `"modelId": "m", "toolConfig": {"tools": [{"toolSpec": {"name": "look"}}, {"cachePoint": {"type": "default"}}]},`,
  ],
  [
    "OpenAI's breakpoint",
    `"model": "gpt-5.6", "instructions": [{"type": "input_text", "text": "${policy}", "prompt_cache_breakpoint": {"mode": "explicit"}}],`,
  ],
])("a body in JSON: %s", (_, head) => {
  const text = `{${head} "messages": [{"role": "user", "content": [{"text": "${policy}"}]}]}`;
  expect(marksOf("request.json", text)).toHaveLength(1);
});
