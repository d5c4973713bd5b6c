import { describe, expect, test } from "vitest";
import { formatOf, parseDocument } from "../../../src/prompt/registry.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { hasCorpora, readCorpus } from "../../support/corpora.ts";
import { printSegments } from "../../support/print-segments.ts";
import { readTemplate } from "../../support/show-template.ts";

const template =
  "{%- for message in messages %}\n  {{- '<|im_start|>' + message.role + '\\n' }}\n{%- endfor %}\n{% if add_generation_prompt %}\n  A:\n{% endif %}\n";

describe("which files are chat templates", () => {
  test.each([
    ["models/qwen/chat_template.jinja", "{{ x }}", "chat-template"],
    ["qwen3.jinja", template, "chat-template"],
    ["llama.j2", "{% for m in messages %}<|eot_id|>{% endfor %}", "chat-template"],
    ["mistral.jinja2", "{% for message in loop_messages %}[INST]{% endfor %}", "chat-template"],
    ["prompts/summary.j2", "{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}", "jinja"],
    ["prompts/chatml.j2", "Be kind.<|im_end|>{% for m in messages %}{{ m }}{% endfor %}", "jinja"],
    ["prompts/explain.j2", "The token <|endoftext|> ends a text.", "jinja"],
    ["model/tokenizer_config.json", '{"chat_template": "{{ x }}"}', "chat-template"],
    ["model/tokenizer_config.json", '{"bos_token": "<s>"}', null],
    ["model/chat_template.json", '{"chat_template": "{{ x }}"}', "chat-template"],
    ["other/config.json", '{"chat_template": "{{ x }}"}', "json"],
  ])("%s with %j: %s", (path, text, format) => {
    expect(formatOf({ path, text })?.id ?? null).toBe(format);
  });
});

test("they are parts of other prompts, and read as the libraries set Jinja2 up", () => {
  const read = readTemplate("models/qwen/chat_template.jinja", template);
  expect(read).toMatchObject({ usage: "partial", name: "qwen", format: "chat-template" });
  expect(printSegments(read.segments).split("\n")).toEqual([
    "for each turn of message in messages [session]",
    '  "<|im_start|>"',
    "  {message.role} [session]",
    '  "\\n"',
    "if add_generation_prompt [request]",
    '  "  A:\\n"',
  ]);
});

test("in JSON, one or several, with places in the file", () => {
  const text = JSON.stringify({
    chat_template: [
      { name: "default", template: "a\n{{ x }}" },
      { name: "tool_use", template: "b" },
      { name: "broken", template: 3 },
    ],
  });
  const { value, problems } = parseDocument({ path: "m/tokenizer_config.json", text });
  expect(problems).toEqual([]);
  expect(value.map(({ id, name, usage }) => [id, name, usage])).toEqual([
    ["m/tokenizer_config.json", "m default", "partial"],
    ["m/tokenizer_config.json#2", "m tool_use", "partial"],
  ]);
  const hole = value[0]!.segments.find(({ kind }) => kind === "hole");
  expect(text.slice(hole!.range.start, hole!.range.end)).toBe("{{ x }}");
});

test("what is cut off is still read", () => {
  const config = JSON.stringify({ bos_token: "<s>", chat_template: template });
  for (const [path, text] of [
    ["chat_template.jinja", template],
    ["tokenizer_config.json", config],
  ] as const) {
    for (let end = 0; end <= text.length; end++) {
      const cut = { path, text: text.slice(0, end) };
      expect(brokenPromises(cut, parseDocument(cut)), `cut at ${end}`).toEqual([]);
    }
  }
});

test.skipIf(!hasCorpora())("published ones are understood", () => {
  for (const document of readCorpus("chat-templates")) {
    const { value, problems } = parseDocument(document);
    expect(problems, document.path).toEqual([]);
    expect(value.map(({ format, usage }) => [format, usage])).toEqual([["chat-template", "partial"]]);
  }
});
