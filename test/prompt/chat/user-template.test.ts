import { describe, expect, test } from "vitest";
import { chatml } from "../../../src/prompt/chat/built-in.ts";
import { parseChatTemplate } from "../../../src/prompt/chat/user-template.ts";

const jinja =
  "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{{ eos_token }}{% endfor %}";
const conversation = { messages: [{ role: "user" as const, content: "Hi" }], tools: [] };
const config = (value: object) => ({
  path: "model/tokenizer_config.json",
  text: JSON.stringify(value, null, 2),
});

function rendered(path: string, text: string) {
  const { value, problems } = parseChatTemplate({ path, text }, { ...chatml, bos: "<s>" });
  expect(problems).toEqual([]);
  return { text: value?.render(conversation).text, specials: value?.specials };
}

describe("a file of Jinja", () => {
  test("takes the tokens of the family, and what looks like one in it", () => {
    expect(rendered("chat_template.jinja", jinja)).toEqual({
      text: "<s><|user|>Hi<|end|><|im_end|>",
      specials: ["<|im_start|>", "<|im_end|>", "<|end|>"],
    });
  });

  test("has a problem on its first line where it cannot be read or used", () => {
    for (const text of [
      "{% for m in messages %}\n{{ m",
      "{{ raise_exception('No.') }}\n",
      "{% for i in range(10 ** 9) %}{% endfor %}",
    ]) {
      const { value, problems } = parseChatTemplate({ path: "chat_template.jinja", text }, chatml);
      expect(value).toBeNull();
      expect(problems).toEqual([
        {
          range: { start: 0, end: text.split("\n")[0]!.length },
          severity: "error",
          message: expect.stringMatching(/^The chat template cannot be used: .+ instead\.$/),
        },
      ]);
    }
  });
});

describe("tokenizer_config.json", () => {
  test("gives the template and its tokens, as texts or as objects", () => {
    const file = config({
      added_tokens_decoder: { 7: { content: "<end>", special: true }, 8: { content: "<s2>" } },
      bos_token: "<s2>",
      chat_template: jinja.replace("<|end|>", "<end>"),
      eos_token: { content: "</s>", lstrip: false },
    });
    expect(rendered(file.path, file.text)).toEqual({
      text: "<s2><|user|>Hi<end></s>",
      specials: ["<end>", "<s2>"],
    });
  });

  test("may have no token of beginning", () => {
    const file = config({ bos_token: null, eos_token: "E", chat_template: jinja });
    expect(rendered(file.path, file.text).text).toBe("<|user|>Hi<|end|>E");
  });

  test("may name several templates", () => {
    const both = [
      { name: "tool_use", template: "tools" },
      { name: "default", template: "default" },
    ];
    for (const [templates, text] of [
      [both, "default"],
      [both.slice(0, 1), "tools"],
    ] as const) {
      const file = config({ chat_template: templates });
      expect(rendered(file.path, file.text).text).toBe(text);
    }
  });

  test.each([
    ["", /not valid JSON/],
    ["{", /not valid JSON/],
    ["[]", /no text under "chat_template"/],
    ["{}", /no text under "chat_template"/],
    ['{"chat_template": 7}', /no text under "chat_template"/],
    ['{"chat_template": []}', /no text under "chat_template"/],
    ['{"chat_template": [{"name": "default"}]}', /no text under "chat_template"/],
    ['{"chat_template": "{{ x"}', /cannot be used/],
    ['{"chat_template": "a", "added_tokens_decoder": [1, {"a": {}}], "bos_token": [], "eos_token": 1}', null],
  ])("%s", (text, message) => {
    const { value, problems } = parseChatTemplate({ path: "tokenizer_config.json", text }, chatml);
    expect(value === null).toBe(message !== null);
    expect(problems.map((problem) => problem.message)).toEqual(
      message === null ? [] : [expect.stringMatching(message)],
    );
    for (const { range } of problems) {
      expect(range.start).toBeLessThanOrEqual(range.end);
      expect(range.end).toBeLessThanOrEqual(text.length);
    }
  });

  test("a problem with the template stands at the template", () => {
    const text = '{"chat_template": "{{ x"}';
    const [problem] = parseChatTemplate({ path: "a/tokenizer_config.json", text }, chatml).problems;
    expect(text.slice(problem!.range.start, problem!.range.end)).toBe('"{{ x"');
  });

  test("no cut of a file makes it throw, or a range leave it", () => {
    const { path, text } = config({
      chat_template: jinja,
      bos_token: "<s>",
      added_tokens_decoder: { 1: { content: "x" } },
    });
    for (let end = 0; end <= text.length; end++) {
      for (const { range } of parseChatTemplate({ path, text: text.slice(0, end) }, chatml).problems) {
        expect(range.end).toBeLessThanOrEqual(end);
      }
    }
  });
});
