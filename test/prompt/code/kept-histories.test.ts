/** How much of a conversation counts as kept: only what is cut in the request, or given back to the list that is sent. */
import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { walkSegments } from "../../../src/prompt/segments.ts";
import type { HistoryWindow, Segment } from "../../../src/prompt/template.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { printSegments } from "../../support/print-segments.ts";

const system = "You are the porter of a museum.";

function windowsIn(segments: readonly Segment[]): readonly (HistoryWindow | undefined)[] {
  return [...walkSegments(segments)].flatMap((segment) => {
    if (segment.kind === "include") return windowsIn(segment.resolved?.segments ?? []);
    return segment.kind === "hole" && segment.form === "history" ? [segment.window] : [];
  });
}

function kept(path: string, text: string): readonly (number | undefined)[] {
  const { value } = parseDocument({ path, text }, parseTools);
  return value.flatMap(({ segments }) => windowsIn(segments).map((window) => window?.last));
}

const inPython = (list: string) =>
  `client.chat.completions.create(model="m", messages=[{"role": "system", "content": "${system}"}, *${list}, {"role": "user", "content": q}])`;
const inScript = (list: string) =>
  `openai.chat.completions.create({ model: "m", messages: [{ role: "system", content: "${system}" }, ...${list}, { role: "user", content: q }] })`;
const pythonClass = (before: string, more = "") =>
  `class Bot:\n    def __init__(self):\n        self.turns = []\n\n    def ask(self, q):\n${before}        return ${inPython("self.turns")}\n\n${more}`;
const scriptClass = (before: string, more = "") =>
  `class Bot {\n  turns: Message[] = [];\n  async ask(q: string) {\n    ${before}\n    return ${inScript("this.turns")};\n  }\n  ${more}\n}\n`;
const pythonLoop = (body: string) =>
  `def chat():\n    messages = []\n    while True:\n        messages.append({"role": "user", "content": input()})\n        r = client.messages.create(model="m", max_tokens=9, system="${system}", messages=messages)\n        messages.append({"role": "assistant", "content": r.content})\n        ${body}\n`;

test.each([
  ["given back to a field", "a.py", pythonClass("        self.turns = self.turns[-10:]\n")],
  [
    "given back to a field in another method",
    "a.py",
    pythonClass("", "    def trim(self):\n        self.turns = self.turns[-10:]\n"),
  ],
  ["deleted", "a.py", pythonClass("        del self.turns[:-10]\n")],
  ["popped", "a.py", pythonClass("        while len(self.turns) > 10:\n            self.turns.pop(0)\n")],
  [
    "popped in the method that sends, not in another one",
    "a.py",
    pythonClass(
      "        while len(self.turns) > 10:\n            self.turns.pop(0)\n",
      "    def trim(self):\n        self.turns = self.turns[-4:]\n",
    ),
  ],
  ["cut in the next round of a loop", "a.py", pythonLoop("messages = messages[-10:]")],
  ["spliced", "a.ts", scriptClass("this.turns.splice(0, this.turns.length - 10);")],
  ["shifted", "a.ts", scriptClass("if (this.turns.length > 10) { this.turns.shift(); }")],
  ["given back in a branch", "a.ts", scriptClass("if (q) { this.turns = this.turns.slice(-10); }")],
  ["over several lines", "a.ts", scriptClass("this.turns = [\n      ...this.turns.slice(-10),\n    ];")],
  [
    "what a function gives back",
    "a.py",
    `def recent(turns):\n    return turns[-10:]\n\ndef ask(q, turns):\n    return ${inPython("recent(turns)")}\n`,
  ],
  [
    "a field in Go",
    "a.go",
    `package a\nfunc (s *Bot) Ask(ctx context.Context, q string) {\ns.turns = s.turns[len(s.turns)-10:]\nall := append([]openai.ChatCompletionMessageParamUnion{openai.SystemMessage("${system}")}, s.turns...)\nclient.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Messages: append(all, openai.UserMessage(q))})\n}\n`,
  ],
])("is kept: %s", (_, path, text) => {
  expect(kept(path, text)).toEqual([10]);
});

test.each([
  ["printed", "a.py", pythonLoop("print(messages[-2:])")],
  ["logged", "a.py", pythonClass("        for turn in self.turns[-3:]:\n            print(turn)\n")],
  [
    "returned by another method",
    "a.py",
    pythonClass("", "    def preview(self):\n        return self.turns[-1:]\n"),
  ],
  ["given another name", "a.py", pythonClass("        recent = self.turns[-3:]\n        log(recent)\n")],
  ["handed to something else", "a.ts", scriptClass("this.render(this.turns.slice(-2));")],
  ["in another request", "a.ts", scriptClass("", `title() { return summarise(this.turns.slice(-2)); }`)],
  [
    "in another class",
    "a.py",
    `${pythonClass("")}class Other:\n    def trim(self):\n        self.turns = self.turns[-3:]\n`,
  ],
  [
    "in another function",
    "a.py",
    `def trim(turns):\n    turns = turns[-3:]\n    return turns\n\ndef ask(q, turns):\n    return ${inPython("turns")}\n`,
  ],
  ["the first of them", "a.ts", scriptClass("this.turns = this.turns.slice(1);")],
  [
    "what a function only prints",
    "a.py",
    `def shown(turns):\n    print(turns[-3:])\n    return turns\n\ndef ask(q, turns):\n    return ${inPython("shown(turns)")}\n`,
  ],
])("is not cut: %s", (_, path, text) => {
  expect(kept(path, text)).toEqual([undefined]);
});

const inGo = (body: string) =>
  `package a\nfunc run(ctx context.Context, q string) {\nmessages := []openai.ChatCompletionMessageParamUnion{openai.SystemMessage("${system}")}\nfor {\nmessages = append(messages, openai.UserMessage(q))\n${body}\nclient.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Messages: messages})\n}\n}\n`;
const loopInPython = (body: string) =>
  `def run():\n    messages = [{"role": "system", "content": "${system}"}]\n    while True:\n        messages.append({"role": "user", "content": input()})\n        ${body}\n        client.chat.completions.create(model="m", messages=messages)\n`;
const loopInScript = (body: string) =>
  `async function run() {\n  let messages = [{ role: "system", content: "${system}" }];\n  while (true) {\n    messages.push({ role: "user", content: await ask() });\n    ${body}\n    await openai.chat.completions.create({ model: "m", messages });\n  }\n}\n`;
const fieldInPython = (body: string) =>
  `class Bot:\n    def __init__(self):\n        self.items = [{"role": "system", "content": "${system}"}]\n\n    def ask(self, q):\n        self.items.append({"role": "user", "content": q})\n        ${body}\n        return client.chat.completions.create(model="m", messages=self.items)\n`;

test.each([
  ["Python: a sum", "a.py", loopInPython("messages = messages[:1] + messages[-10:]")],
  ["Python: a list", "a.py", loopInPython("messages = [messages[0], *messages[-10:]]")],
  ["Python: a sum of a list", "a.py", loopInPython("messages = [messages[0]] + messages[-10:]")],
  [
    "Python: under a condition",
    "a.py",
    loopInPython("if len(messages) > 11: messages = [messages[0]] + messages[-10:]"),
  ],
  ["Python: a field", "a.py", fieldInPython("self.items = [self.items[0]] + self.items[-10:]")],
  ["TypeScript: a list", "a.ts", loopInScript("messages = [messages[0], ...messages.slice(-10)];")],
  ["TypeScript: with !", "a.ts", loopInScript("messages = [messages[0]!, ...messages.slice(-10)];")],
  [
    "TypeScript: two slices",
    "a.ts",
    loopInScript("messages = [...messages.slice(0, 1), ...messages.slice(-10)];"),
  ],
  [
    "TypeScript: concat",
    "a.ts",
    loopInScript("messages = messages.slice(0, 1).concat(messages.slice(-10));"),
  ],
  ["Go: append", "a.go", inGo("messages = append(messages[:1], messages[len(messages)-10:]...)")],
])("is one list whose middle is left out: %s", (_, path, text) => {
  const requests = parseDocument({ path, text }, parseTools).value.filter(({ usage }) => usage === "request");
  expect(requests).toHaveLength(1);
  const shown = printSegments(requests[0]!.segments);
  expect(shown).toMatch(new RegExp(`<system>\\s+"${system}"\\s+\\{history [^}]+\\} \\[session\\]\\s+<user>`));
  expect(windowsIn(requests[0]!.segments)).toEqual([{ keep: "messages", last: 10 }]);
});

describe("the memory of a framework", () => {
  const given = (path: string, text: string) =>
    parseDocument({ path, text }, parseTools).value.map(({ window }) => window?.last);
  const agent = (name: string, memory: string) =>
    `export const ${name} = new Agent({ name: "${name}", instructions: "You are the porter called ${name}. Your memory is good.", model: "m"${memory} });\n`;
  const imports = 'import { Agent } from "@mastra/core/agent";\nimport { Memory } from "@mastra/memory";\n';
  const memory = (last: number) => `new Memory({ options: { lastMessages: ${last} } })`;

  test.each([
    ["of one of two agents", agent("one", `, memory: ${memory(15)}`) + agent("two", ""), [15, undefined]],
    [
      "of each of two agents",
      agent("one", `, memory: ${memory(15)}`) + agent("two", `, memory: ${memory(5)}`),
      [15, 5],
    ],
    [
      "by its name",
      `const memory = ${memory(15)};\nconst other = ${memory(5)};\n${agent("one", ", memory")}${agent("two", ", memory: other")}${agent("three", "")}`,
      [15, 5, undefined],
    ],
    ["the only one, of the only agent", `register(${memory(15)});\n${agent("one", "")}`, [15]],
    [
      "one of several, which cannot be told",
      `register(${memory(15)});\nregister(${memory(5)});\n${agent("one", "")}`,
      [undefined],
    ],
    [
      "of one of several, which cannot be told",
      `register(${memory(15)});\n${agent("one", "")}${agent("two", "")}`,
      [undefined, undefined],
    ],
  ])("%s", (_, text, expected) => {
    expect(given("a.ts", imports + text)).toEqual(expected);
  });
});
