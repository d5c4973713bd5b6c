import { expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import type { Segment, Template } from "../../../src/prompt/template.ts";
import { parseTools } from "../../support/parse-tools.ts";

function said(segments: readonly Segment[]): string {
  return segments
    .map((segment) => {
      if (segment.kind === "text") return segment.text;
      if (segment.kind === "include") return said(segment.resolved?.segments ?? []);
      if (segment.kind === "block") return `<${said(segment.body)}>`;
      if (segment.kind === "marker") return `[${segment.role}]`;
      return segment.form === "history" ? `{history ${segment.name}}` : `{${segment.name}}`;
    })
    .join("");
}

function requests(path: string, text: string): readonly Template[] {
  return parseDocument({ path, text }, parseTools).value.filter(({ usage }) => usage === "request");
}

const desk = "You are a clerk of the town hall. Serve {customer}.";
const whole = "[system]You are a clerk of the town hall. Serve {customer}.[user]{question} please";

const python = (text: string) => `
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.messages import SystemMessage
DESK = "${desk}"
ASK = "{question} please"
${text}
`;

test.each([
  ["texts", 'p = ChatPromptTemplate.from_messages([("system", DESK), ("human", ASK)])'],
  ["a list", 'messages = [("system", DESK), ("human", ASK)]\np = ChatPromptTemplate.from_messages(messages)'],
  [
    "a list with a type",
    'messages: list[tuple[str, str]] = [("system", DESK), ("human", ASK)]\np = ChatPromptTemplate.from_messages(messages)',
  ],
  ["the constructor", 'messages = [("system", DESK), ("human", ASK)]\np = ChatPromptTemplate(messages)'],
  ["a keyword", 'messages = [("system", DESK), ("human", ASK)]\np = ChatPromptTemplate(messages=messages)'],
  ["a message", 'first = ("system", DESK)\np = ChatPromptTemplate.from_messages([first, ("human", ASK)])'],
  [
    "a message of a class",
    'first = SystemMessage(content=DESK)\np = ChatPromptTemplate.from_messages([first, ("human", ASK)])',
  ],
  ["a role", 'ROLE = "system"\np = ChatPromptTemplate.from_messages([(ROLE, DESK), ("human", ASK)])'],
  [
    "a list that grows",
    'def build():\n    messages = [("system", DESK)]\n    messages.append(("human", ASK))\n    return ChatPromptTemplate.from_messages(messages)',
  ],
  ["a sum", 'head = [("system", DESK)]\np = ChatPromptTemplate.from_messages(head + [("human", ASK)])'],
  ["a part", 'head = [("system", DESK)]\np = ChatPromptTemplate.from_messages([*head, ("human", ASK)])'],
  [
    "a member",
    'class Desk:\n    MESSAGES = [("system", DESK), ("human", ASK)]\n    def go(self):\n        return ChatPromptTemplate.from_messages(self.MESSAGES)',
  ],
  [
    "a function",
    'def messages():\n    return [("system", DESK), ("human", ASK)]\n\np = ChatPromptTemplate.from_messages(messages())',
  ],
])("messages by names: LangChain in Python, %s", (_, text) => {
  expect(requests("a.py", python(text)).map(({ segments }) => said(segments))).toEqual([whole]);
});

test("a place for earlier messages by a name stays one", () => {
  const text = python(
    'past = MessagesPlaceholder("chat_history")\np = ChatPromptTemplate.from_messages([("system", DESK), past, ("human", ASK)])',
  );
  expect(requests("a.py", text).map(({ segments }) => said(segments))).toEqual([
    whole.replace("[user]", "{history chat_history}[user]"),
  ]);
});

test("what a parameter brings is not known", () => {
  const text = python("def build(messages):\n    return ChatPromptTemplate.from_messages(messages)");
  expect(requests("a.py", text)).toEqual([]);
});

const script = (text: string) => `
import { ChatPromptTemplate } from "@langchain/core/prompts";
const DESK = "${desk}";
const ASK = "{question} please";
${text}
`;

test.each([
  ["texts", 'ChatPromptTemplate.fromMessages([["system", DESK], ["human", ASK]]);'],
  [
    "a list",
    'const messages: [string, string][] = [["system", DESK], ["human", ASK]];\nChatPromptTemplate.fromMessages(messages);',
  ],
  [
    "a message",
    'const first = ["system", DESK] as const;\nChatPromptTemplate.fromMessages([first, ["human", ASK]]);',
  ],
  [
    "a message of a class",
    'const first = new SystemMessage(DESK);\nChatPromptTemplate.fromMessages([first, ["human", ASK]]);',
  ],
  ["a part", 'const head = [["system", DESK]];\nChatPromptTemplate.fromMessages([...head, ["human", ASK]]);'],
  [
    "the constructor",
    'const messages = [["system", DESK], ["human", ASK]];\nnew ChatPromptTemplate({ promptMessages: messages, inputVariables: [] });',
  ],
])("messages by names: LangChain in TypeScript, %s", (_, text) => {
  expect(requests("a.ts", script(text)).map(({ segments }) => said(segments))).toEqual([whole]);
});

const mark = "providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } }";
const aiSdk = (system: string, more = "prompt: question") => `
import { generateText } from "ai";
const DESK = "You are a clerk of the town hall.";
const message = { role: "system" as const, content: DESK, ${mark} };
export const ask = (question: string, messages: ModelMessage[], given: SystemModelMessage) =>
  generateText({ model, system: ${system}, ${more} });
`;

/** What is sent, the number of marks, and whether it is known that there are no others. */
function sent(text: string) {
  return requests("a.ts", text).map(({ segments, cacheMarkers }) => [
    said(segments),
    cacheMarkers?.length ?? null,
  ]);
}

test.each([
  ["a text", "DESK", "[system]You are a clerk of the town hall.", 0],
  ["a message", '{ role: "system", content: DESK }', "[system]You are a clerk of the town hall.", 0],
  [
    "a marked message",
    `{ role: "system", content: DESK, ${mark} }`,
    "[system]You are a clerk of the town hall.",
    1,
  ],
  ["a message by name", "message", "[system]You are a clerk of the town hall.", 1],
  [
    "several messages",
    '[message, { role: "system", content: "Be brief to everybody." }]',
    "[system]You are a clerk of the town hall.[system]Be brief to everybody.",
    1,
  ],
])("system of the AI SDK as %s", (_, system, standing, marks) => {
  expect(sent(aiSdk(system))).toEqual([[`${standing}[user]{question}`, marks]]);
  const [[said, ...others] = []] = sent(aiSdk(system, "messages"));
  expect(said).toBe(`${standing}{history messages}`);
  // Messages that only a run knows may be marked.
  expect(others).toEqual([marks === 0 ? null : marks]);
});

test("options that only a run knows may mark a message", () => {
  const system = '{ role: "system", content: DESK, providerOptions: given.providerOptions }';
  expect(sent(aiSdk(system))).toEqual([["[system]You are a clerk of the town hall.[user]{question}", null]]);
});
