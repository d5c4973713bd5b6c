import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { parseTools } from "../../support/parse-tools.ts";

/** What is said of a file without a template, with the text of the call that it is said of. */
function said(path: string, text: string): readonly string[] {
  const { value, problems } = parseDocument({ path, text }, parseTools);
  expect(value).toEqual([]);
  return problems.map(({ range, severity, message }) => {
    return `${severity} at ${text.slice(range.start).split("(", 1)[0]}: ${message}`;
  });
}

const create = "client.chat.completions.create";
const notFollowed = "which could not be followed.";

describe("a file that calls a model, and shows no prompt, says why", () => {
  test.each([
    ["a call", `${create}(model=m, messages=build_messages(q))`, "the messages come from `build_messages()`"],
    [
      "a method",
      `${create}(model=m, messages=self.history.all())`,
      "the messages come from `self.history.all()`",
    ],
    ["a parameter", `${create}(model=m, messages=messages)`, "the messages come from `messages`"],
    [
      "one message",
      `${create}(model=m, messages=[{"role": "user", "content": prompt}])`,
      "the messages come from `prompt`",
    ],
    [
      "a text of one value",
      `${create}(model=m, messages=[{"role": "user", "content": f"{prompt}"}])`,
      "the messages come from `prompt`",
    ],
    ["a copy", `${create}(model=m, messages=list(messages))`, "the messages come from `messages`"],
    ["another SDK", "litellm.completion(model=m, messages=messages)", "the messages come from `messages`"],
    ["input", "client.responses.create(model=m, input=question)", "the input comes from `question`"],
    ["contents", "client.models.generate_content(model=m, contents=parts)", "the contents come from `parts`"],
    [
      "spread arguments",
      `${create}(**body)`,
      `what \`${create}\` sends comes with arguments that are spread`,
    ],
    [
      "arguments of a wrapper",
      "gateway.ask(model=m, messages=messages)",
      "the messages come from `messages`",
    ],
  ])("Python: %s", (_, call, reason) => {
    const callee = call.split("(", 1)[0];
    expect(said("app.py", `def ask(q, prompt, messages):\n    return ${call}\n`)).toEqual([
      `information at ${callee}: No prompt was read: ${reason}, ${notFollowed}`,
    ]);
  });

  test.each([
    [
      "a call",
      `${create}({ model, messages: buildMessages(q) })`,
      "the messages come from `buildMessages()`",
    ],
    ["shorthand", `${create}({ model, messages })`, "the messages come from `messages`"],
    ["an object", `${create}(messages)`, `what \`${create}\` sends comes from \`messages\``],
    [
      "a spread",
      `generateText({ ...messages })`,
      "what `generateText` sends comes with arguments that are spread",
    ],
    ["AI SDK", `streamText({ model, prompt })`, "the prompt comes from `prompt`"],
    [
      "one message",
      `${create}({ model, messages: [{ role: "user", content: prompt }] })`,
      "the messages come from `prompt`",
    ],
  ])("TypeScript: %s", (_, call, reason) => {
    const text = `// messages: prompt\nexport function ask(q, prompt, messages) { return ${call}; }\n`;
    expect(said("app.ts", text)).toEqual([
      `information at ${call.split("(", 1)[0]}: No prompt was read: ${reason}, ${notFollowed}`,
    ]);
  });

  test("once, with the number of others", () => {
    const call = `    ${create}(model=m, messages=messages)\n`;
    const first = `information at ${create}: No prompt was read: the messages come from \`messages\`, which could not be followed`;
    expect(said("app.py", `def ask(messages):\n${call.repeat(2)}`)).toEqual([
      `${first}; so it is in one more call.`,
    ]);
    expect(said("app.py", `def ask(messages):\n${call.repeat(5)}`)).toEqual([
      `${first}; so it is in 4 more calls.`,
    ]);
  });
});

describe("nothing is said", () => {
  test.each([
    [
      "of calls that are none of a model's",
      "db.create(messages=messages)\nqueue.send(input=prompt)\nparse(prompt)",
    ],
    ["of a prompt of two words", 'client.responses.create(model="m", input="hello there")'],
    ["of functions that only have such names", "def create(model, messages):\n    return messages"],
    ["of classes that hold a request", "Request(model=m, messages=messages)"],
    ["of schemas", "schema.object(model=m, messages=messages)"],
    ["of messages without a value", `${create}(model=m, messages=[])`],
  ])("%s", (_, text) => {
    expect(said("app.py", `# prompt\n${text}\n`)).toEqual([]);
  });

  test("in the end, of lists of lists", () => {
    const lists = Array.from({ length: 9 }, (_, at) => `m${at + 1} = [${`*m${at}, `.repeat(100)}]`);
    const text = `m0 = [{"role": "user", "content": "1"}]\n${lists.join("\n")}\n${create}(model=m, messages=m9)\n`;
    expect(said("app.py", text)).toEqual([]);
  });

  test("where the file holds a template", () => {
    const text = `PROMPT = "You are a helpful assistant."\n${create}(model=m, messages=messages)\n`;
    const { value, problems } = parseDocument({ path: "app.py", text }, parseTools);
    expect([value.length, problems]).toEqual([1, []]);
  });
});
