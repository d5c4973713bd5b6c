// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code stands in strings here.
import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import type { Segment } from "../../../src/prompt/template.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { parseTools } from "../../support/parse-tools.ts";

/** What is sent, in order: `[role]`, `{name}` for holes, `<name?a:b>` for conditions, `<name*a>` for loops. */
function sentOf(segment: Segment): string {
  switch (segment.kind) {
    case "marker":
      return `[${segment.role}]`;
    case "text":
      return segment.text;
    case "include":
      return said(segment.resolved?.segments ?? []);
    case "block": {
      const { form, name, body, otherwise } = segment;
      return form === "loop" ? `<${name}*${said(body)}>` : `<${name}?${said(body)}:${said(otherwise)}>`;
    }
    case "hole":
      return `{${segment.name}}`;
  }
}

function said(segments: readonly Segment[]): string {
  return segments.map(sentOf).join("");
}

function prompts(path: string, text: string): readonly string[] {
  const document = { path, text };
  const parsed = parseDocument(document, parseTools);
  expect(brokenPromises(document, parsed)).toEqual([]);
  return parsed.value.map(({ segments }) => said(segments).trim());
}

describe("parts of a message", () => {
  test.each([
    [
      "in a list",
      "const parts: Part[] = [{ text: `Use the tool of ${agent}.` }];",
      "Use the tool of {agent}.",
    ],
    [
      "under another name",
      "function ask() {\n  const note = `Use the tool of ${agent}.`;\n  queryParts.push({ text: note });\n}",
      "Use the tool of {agent}.",
    ],
    [
      "with a type",
      'userParts.push({ type: "text", text: `Use the tool of ${agent}.` });',
      "Use the tool of {agent}.",
    ],
    [
      "given to a chat",
      "const again = [{ text: `You repeat yourself: ${detail}. Take a step back.` }];\nagent.sendMessageStream(again, signal);",
      "You repeat yourself: {detail}. Take a step back.",
    ],
  ])("%s", (_, text, expected) => {
    expect(prompts("a.ts", text)).toEqual([expected]);
  });

  test.each([
    ["a heading", "queryParts.push({ text: `--- Content of the file ${name} ---` });"],
    ["a line before a value", "queryParts.push({ text: `Content of the file ${name}:` });"],
    ["two words", 'chat.sendMessageStream([{ text: "Please continue." }]);'],
    ["parts of a screen", 'lineParts.push({ text: "Use the tool of the agent.", color: "red" });'],
    [
      "tags around a value",
      'client.addHistory({ role: "user", parts: [{ text: `<hook_context>${x}</hook_context>` }] });',
    ],
  ])("not %s", (_, text) => {
    expect(prompts("a.ts", text)).toEqual([]);
  });
});

describe("a message alone", () => {
  const content = "`You have one more turn. Finish ${task} now.`";
  const expected = ["[user]You have one more turn. Finish {task} now."];
  test.each([
    [
      "with a name",
      "a.ts",
      `function go() {\n  const last = { role: "user", parts: [{ text: ${content} }] };\n  return turn(chat, last);\n}`,
    ],
    ["given back", "a.ts", `function last() {\n  return { role: "user", content: ${content} };\n}`],
    [
      "made of each item",
      "a.ts",
      `const all = tasks.map((task) => ({ role: "user", content: ${content} }));`,
    ],
    [
      "in Python",
      "a.py",
      'def last(task):\n    return {"role": "user", "content": f"You have one more turn. Finish {task} now."}\n',
    ],
  ])("%s", (_, path, text) => {
    expect(prompts(path, text)).toEqual(expected);
  });

  test("is no other template where a conversation gets it", () => {
    const text = `function go() {\n  const last = { role: "user", content: ${content} };\n  return client.chat.completions.create({ model: m, messages: [last] });\n}`;
    expect(prompts("a.ts", text)).toEqual(expected);
  });

  test.each([
    ["an answer", 'const said = { role: "assistant", content: "Here is what I have found." };'],
    [
      "a message of another protocol",
      'const update = { role: "agent", parts: [{ text: "The tool has been run." }] };',
    ],
    [
      "parts of a page",
      'const shown = { content: [{ type: "content", content: { type: "text", text: "The agent needs to read it." } }] };',
    ],
  ])("not %s", (_, text) => {
    expect(prompts("a.ts", text)).toEqual([]);
  });
});

describe("under its name in objects", () => {
  test.each([
    [
      "of a call",
      "a.ts",
      'send({ type: "session.update", session: { instructions: "You speak slowly with the caller." } });',
      "You speak slowly with the caller.",
    ],
    [
      "of a list",
      "a.ts",
      'export const personas = [{ id: 1, systemPrompt: "Answer as a pirate at sea would." }];',
      "Answer as a pirate at sea would.",
    ],
    [
      "with what the user asks",
      "a.ts",
      'complete({ systemPrompt: "Shorten texts to a third.", userPrompt: `Shorten this text: ${text}` });',
      "[system]Shorten texts to a third.[user]Shorten this text: {text}",
    ],
    [
      "in Python",
      "a.py",
      'send({"session": {"system_prompt": "Speak slowly with the caller."}})\n',
      "Speak slowly with the caller.",
    ],
  ])("%s", (_, path, text, expected) => {
    expect(prompts(path, text)).toEqual([expected]);
  });

  test("but not what tells people how to cook", () => {
    const text =
      'save({ prompt: 1, recipe: { instructions: "Heat the oven and bake the cake for an hour." } });';
    expect(prompts("a.ts", text)).toEqual([]);
  });
});

describe("a text that grows on the way", () => {
  test.each([
    [
      "by a list that is given back in an object",
      "class C {\n  parts(isFull) {\n    if (isFull) return { lines: ['Here is all of the context.'] };\n    return { lines: ['Here is what has changed.'] };\n  }\n  go() {\n    const { lines } = this.parts(full);\n    chat.addHistory({ role: 'user', parts: [{ text: lines.join('') }] });\n  }\n}",
      "[user]<isFull?Here is all of the context.:><isFull?:Here is what has changed.>",
    ],
    [
      "by a condition in a loop",
      "function systemPrompt() {\n  const all: string[] = ['Follow these instructions of servers:'];\n  for (const server of servers) {\n    if (server.text) all.push(`Server ${server.name} says so.`);\n  }\n  return all.join('');\n}",
      "Follow these instructions of servers:<servers*<server.text?Server {server.name} says so.:>>",
    ],
    [
      "by a function for each item",
      "function systemPrompt() {\n  const all: string[] = ['Follow these rules to the letter:'];\n  rules.forEach((rule) => {\n    all.push(`Rule ${rule}.`);\n  });\n  return all.join('');\n}",
      "Follow these rules to the letter:<rules*Rule {rule}.>",
    ],
    [
      "by the cases of a switch",
      "function systemPrompt(mode) {\n  let how = '';\n  switch (mode) {\n    case 'ask':\n      how = 'Change no files.';\n      break;\n    default:\n      how = 'Change what you have to.';\n  }\n  return `You work in a terminal. ${how}`;\n}",
      "You work in a terminal. <mode?Change no files.:Change what you have to.>",
    ],
    [
      "where a pattern changes it",
      "function systemPrompt() {\n  const text = `You work in ${folder} of the user.`;\n  return text.replace(/\\s{2,}|\\t+/g, ' ');\n}",
      "You work in {folder} of the user.",
    ],
    [
      "by the text for a key",
      "const modes = { ask: 'You answer questions alone.', code: 'You write code alone.' };\ngenerateText({ model, system: modes[mode], prompt: question });",
      "[system]<mode?You answer questions alone.:You write code alone.>[user]{question}",
    ],
    [
      "by more in a field",
      "function again(config, isEmpty) {\n  let nudge = '';\n  if (isEmpty) nudge = 'You gave an empty answer. Give one now.';\n  config.systemInstruction += nudge;\n}",
      "<isEmpty?You gave an empty answer. Give one now.:>",
    ],
  ])("%s", (_, text, expected) => {
    expect(prompts("a.ts", text)).toContain(expected);
  });
});

describe("what only people see, whatever its name says", () => {
  test.each([
    [
      "an error",
      "a.ts",
      "function go() {\n  const resetInstruction = `Please delete ${file} to reset it.`;\n  throw new Error(`It is broken. ${resetInstruction}`);\n}",
    ],
    [
      "a line on the screen",
      "a.ts",
      "function go() {\n  const fullPrompt = `${text} We open a page in your browser now.`;\n  writeToStdout(fullPrompt);\n}",
    ],
    [
      "consent",
      "a.ts",
      "function go() {\n  const prompt = 'We open a page in your browser now. Do you agree to that?';\n  events.emitConsentRequest({ prompt, onConfirm });\n}",
    ],
    [
      "a question in Python",
      "a.py",
      "def go():\n    prompt = 'What shall the agent do for you today?'\n    return input(prompt)\n",
    ],
  ])("%s", (_, path, text) => {
    expect(prompts(path, text)).toEqual([]);
  });

  test("but not what is sent as well", () => {
    const text =
      "async function go() {\n  const prompt = `What is new in ${file} of the user?`;\n  console.log(prompt);\n  return ask(prompt);\n}";
    expect(prompts("a.ts", text)).toEqual(["What is new in {file} of the user?"]);
  });
});
