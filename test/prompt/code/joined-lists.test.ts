import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import type { Segment, Template } from "../../../src/prompt/template.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { parseTools } from "../../support/parse-tools.ts";

/** What is sent, in order: `system:`, `user:` for messages, `<name>` for earlier turns, `{name}` for other holes. */
function sent(segments: readonly Segment[]): string {
  return segments.map(sentOf).join("").trim();
}

function sentOf(segment: Segment): string {
  switch (segment.kind) {
    case "marker":
      return ` ${segment.role}:`;
    case "text":
      return segment.text;
    case "include":
      return segment.resolved === null ? "" : segment.resolved.segments.map(sentOf).join("");
    case "block":
      return segment.body.map(sentOf).join("");
    case "hole":
      return segment.form === "history" ? ` <${segment.name} ${segment.scope.scope}>` : `{${segment.name}}`;
  }
}

function prompts(path: string, text: string): readonly string[] {
  const document = { path, text };
  const parsed = parseDocument(document, parseTools);
  expect(brokenPromises(document, parsed)).toEqual([]);
  return parsed.value.map(({ segments }: Template) => sent(segments));
}

const whole = "system:Answer in three words. <history session> user:{question}";
const openAi = "client.chat.completions.create(model=m, messages=";

describe("Python", () => {
  const [a, b] = [
    '{"role": "system", "content": "Answer in three words."}',
    '{"role": "user", "content": question}',
  ];
  test.each([
    ["a sum", `    ${openAi}[${a}] + history + [${b}])`],
    ["a sum with names", `    a = ${a}\n    b = ${b}\n    ${openAi}[a] + history + [b])`],
    ["names of lists", `    a = [${a}]\n    b = [${b}]\n    ${openAi}a + history + b)`],
    ["in a variable", `    both = [${a}] + history + [${b}]\n    litellm.completion(model=m, messages=both)`],
    ["spread", `    ${openAi}[${a}, *history, ${b}])`],
    ["or nothing", `    ${openAi}[${a}, *(history or []), ${b}])`],
    ["+=", `    all = [${a}]\n    all += history\n    all.append(${b})\n    ${openAi}all)`],
    ["extend", `    all = [${a}]\n    all.extend(history)\n    all.extend([${b}])\n    ${openAi}all)`],
    [
      "assigned again",
      `    all = [${a}]\n    all = all + history\n    all = all + [${b}]\n    ${openAi}all)`,
    ],
    ["spread again", `    all = [${a}]\n    all = [*all, *history, ${b}]\n    ${openAi}all)`],
    ["in front", `    all = history + [${b}]\n    all = [${a}] + all\n    ${openAi}all)`],
    ["inserted", `    all = list(history)\n    all.insert(0, ${a})\n    all.append(${b})\n    ${openAi}all)`],
    ["inserted before the last", `    all = [${a}, ${b}]\n    all.insert(-1, history)\n    ${openAi}all)`],
    [
      "if there is any",
      `    all = [${a}]\n    if history:\n        all = all + history\n    all += [${b}]\n    ${openAi}all)`,
    ],
    [
      "LangChain",
      '    llm.invoke([SystemMessage("Answer in three words.")] + history + [HumanMessage(question)])',
    ],
  ])("%s", (_, body) => {
    expect(prompts("a.py", `def ask(history, question):\n${body}\n`)).toEqual([whole]);
  });

  test.each([
    [
      "what is asked behind a copy",
      `    all = history.copy()\n    all.append(${b})\n    client.messages.create(model=m, system="Answer in three words.", messages=all)`,
      ["system:Answer in three words. <history.copy session> user:{question}"],
    ],
    ["a parameter that grows", `    history.append(${b})\n    ${openAi}history)\n    done(history)`, []],
    ["a parameter behind instructions", `    history.append(${b})\n    ${openAi}[${a}] + history)`, [whole]],
    [
      "two requests of one list",
      `    all = [${a}]\n    ${openAi}all)\n    all += history\n    ${openAi}all)`,
      ["system:Answer in three words.", "system:Answer in three words. <history session>"],
    ],
    [
      "a list that is given another value in one branch only: the items of each branch",
      `    all = [${a}]\n    if short:\n        all = [${b}]\n    ${openAi}all)`,
      ["user:{question}"],
    ],
  ])("%s", (_, body, expected) => {
    expect(prompts("a.py", `def ask(history, question):\n${body}\n`)).toEqual(expected);
  });

  test("functions and methods that give the list back", () => {
    const built = `def build(history, question):\n    all = [${a}]\n    all += history\n    all.append(${b})\n    return all\n`;
    const text = `${built}\ndef ask(history, question):\n    ${openAi}build(history, question))\n`;
    expect(prompts("a.py", text)).toEqual([whole]);
    const method = `class Bot:\n    def build(self, history, question):\n        return [${a}, *history, ${b}]\n    def ask(self, history, question):\n        ${openAi}self.build(history, question))\n`;
    expect(prompts("a.py", method)).toEqual([whole]);
  });

  test("what other methods and functions add are earlier turns, before what this one adds", () => {
    const bot = `class Bot:\n    def __init__(self):\n        self.log = [${a}]\n        self.history = []\n    def ask(self, question):\n        ${openAi}self.log)\n        self.log.append(answer)\n    def again(self, question):\n        ${openAi}[${a}] + self.history + [${b}])\n`;
    expect(prompts("a.py", bot)).toEqual([
      "system:Answer in three words. <self.log session>",
      "system:Answer in three words. <self.history session> user:{question}",
    ]);
    const script = `log = [${a}]\ndef ask(question):\n    log.append(${b})\n    ${openAi}log)\n`;
    expect(prompts("a.py", script)).toEqual(["system:Answer in three words. <log session> user:{question}"]);
  });
});

describe("JavaScript", () => {
  const [a, b] = [
    '{ role: "system", content: "Answer in three words." }',
    '{ role: "user", content: question }',
  ];
  const send = "client.chat.completions.create({ model, messages: ";
  test.each([
    ["concat", `${send}[${a}].concat(history, [${b}]) });`],
    ["concat of an item", `${send}[${a}].concat(history, ${b}) });`],
    ["concat of nothing", `${send}[].concat([${a}], history, [${b}]) });`],
    ["chained", `${send}[${a}].concat(history.slice(-9)).concat([${b}]) });`],
    ["names", `const a = ${a}, b = ${b}; ${send}[a, ...history, b] });`],
    ["names of lists", `const a = [${a}], b = [${b}]; ${send}a.concat(history).concat(b) });`],
    ["names of lists, spread", `const a = [${a}]; const b = [${b}]; ${send}[...a, ...history, ...b] });`],
    ["or nothing", `${send}[${a}, ...(history ?? []), ${b}] });`],
    ["mapped", `${send}[${a}, ...history.map(toMessage), ${b}] });`],
    [
      "pushed",
      `const messages = [${a}]; messages.push(...history); messages.push(${b}); ${send}messages });`,
    ],
    ["pushed at once", `const all = [${a}]; all.push(...history, ${b}); ${send}all });`],
    ["pushed as a list", `const all = [${a}]; all.push(...history); all.push(...[${b}]); ${send}all });`],
    ["assigned again", `let all = [${a}]; all = all.concat(history); all = [...all, ${b}]; ${send}all });`],
    ["in front", `let all = [...history, ${b}]; all = [${a}, ...all]; ${send}all });`],
    ["unshifted", `const all = [...history]; all.unshift(${a}); all.push(${b}); ${send}all });`],
    ["spliced", `const all = [${a}, ${b}]; all.splice(1, 0, ...history); ${send}all });`],
    ["AI SDK", `streamText({ model, messages: [${a}, ...history, ${b}] });`],
    [
      "AI SDK in a variable",
      `const all = [${a}].concat(history, ${b}); generateText({ model, messages: all });`,
    ],
    [
      "Anthropic",
      `client.messages.create({ model, system: "Answer in three words.", messages: history.concat([${b}]) });`,
    ],
  ])("%s", (_, body) => {
    expect(prompts("a.ts", `async function ask(history, question) { ${body} }\n`)).toEqual([whole]);
  });

  test("functions and methods that give the list back", () => {
    const built = `const build = (history, question) => { const all = [${a}]; all.push(...history, ${b}); return all; };`;
    expect(
      prompts(
        "a.ts",
        `${built}\nasync function ask(history, question) { ${send}build(history, question) }); }`,
      ),
    ).toEqual([whole]);
    const method = `class Bot { build(history, question) { return [${a}, ...history, ${b}]; } ask(history, question) { return ${send}this.build(history, question) }); } }`;
    expect(prompts("a.ts", method)).toEqual([whole]);
  });

  test("what other methods and functions add are earlier turns, before what this one adds", () => {
    const bot = `class Bot { history = []; ask(question) { this.history.push(${b}); return ${send}[${a}, ...this.history] }); } }`;
    expect(prompts("a.ts", bot)).toEqual([
      "system:Answer in three words. <this.history session> user:{question}",
    ]);
    const script = `const log = [${a}];\nexport function ask(question) { log.push(${b}); return ${send}log }); }`;
    expect(prompts("a.ts", script)).toEqual(["system:Answer in three words. <log session> user:{question}"]);
  });

  test("texts that are joined are no messages", () => {
    const text = `const parts = ["Answer in three words."]; parts.unshift("You are a poet."); const prompt = parts.concat(["Be kind."]).join(" "); ${send}[{ role: "user", content: prompt }] });`;
    expect(prompts("a.ts", `function ask() { ${text} }`)).toEqual([
      "user:You are a poet. Answer in three words. Be kind.",
    ]);
  });
});

test.each([
  [
    "a.py",
    "m0 = [{'role': 'user', 'content': 'Answer in three words.'}]",
    (at: number) => `m${at + 1} = [*m${at}, *m${at}]`,
    "c.create(model=1, messages=m60)",
  ],
  [
    "a.ts",
    "const m0 = [{role: 'user', content: 'Answer in three words.'}];",
    (at: number) => `const m${at + 1} = m${at}.concat(m${at});`,
    "c.create({model: 1, messages: m60})",
  ],
])("lists of lists in %s end", (path, first, next, call) => {
  const lines = Array.from({ length: 60 }, (_, at) => next(at));
  const { value } = parseDocument({ path, text: [first, ...lines, call].join("\n") }, parseTools);
  expect(value.length).toBeLessThan(3);
});
