import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { builtInChatTemplates } from "../../../src/prompt/chat/built-in.ts";
import { type ChatTemplate, type Conversation, toolTexts } from "../../../src/prompt/chat/chat-template.ts";
import { ChatLayout } from "../../../src/prompt/chat/layout.ts";
import { builtIn, chatTemplate } from "./support.ts";

const plain = "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}<assistant>";
const trimmed = "{% for m in messages %}<{{ m.role }}>\n\n{{ m.content | trim }}<end>{% endfor %}";
const hostile = {
  plain,
  trimmed,
  "without an end": "{% for m in messages %}{{ m.content }}{% endfor %}",
  quoted: "{% for m in messages %}{{ m.content | tojson }},{% endfor %}",
  "in another order": "{% for m in messages[::-1] %}<{{ m.role }}>{{ m.content }}{% endfor %}",
  twice: "{% for m in messages %}{{ m.content }}|{{ m.content }};{% endfor %}",
  "the last alone": "<user>{{ messages[-1].content }}<end>",
  loud: "{% for m in messages %}{{ m.content | upper }}<end>{% endfor %}",
  "the first word": "{% for m in messages %}{{ m.content.split(' ')[0] }}<end>{% endfor %}",
  "the last thought": "{% for m in messages %}{{ m.content.split('</think>')[-1] }}<end>{% endfor %}",
  "by length":
    "{% for m in messages %}{% if m.content | length > 6 %}{{ m.content }}{% else %}short{% endif %}<end>{% endfor %}",
};

function describeLayout(template: ChatTemplate, conversation: Conversation): readonly string[] {
  const layout = new ChatLayout(template).layout(conversation);
  if ("error" in layout) return [layout.error];
  return layout.stretches.map(
    ({ kind, index, offset, start, end }) => `${kind} ${index}@${offset} ${layout.text.slice(start, end)}`,
  );
}

function checkLayout(template: ChatTemplate, conversation: Conversation): void {
  const layout = new ChatLayout(template).layout(conversation);
  if ("error" in layout) return;
  let position = 0;
  for (const { start, end, kind, index, offset } of layout.stretches) {
    expect(start).toBe(position);
    expect(end).toBeGreaterThan(start);
    position = end;
    const text = layout.text.slice(start, end);
    if (kind === "content")
      expect(conversation.messages[index]!.content.slice(offset).startsWith(text)).toBe(true);
    if (kind === "tool") expect(toolTexts(conversation.tools[index]!)).toContain(text);
  }
  expect(position).toBe(layout.text.length);
}

const user = (content: string) => ({ role: "user" as const, content });
const assistant = (content: string) => ({ role: "assistant" as const, content });

describe("stretches", () => {
  test("of contents that are written as they are", () => {
    const conversation = { messages: [user("Hi <end>"), assistant("<user>Yes")], tools: [] };
    expect(describeLayout(chatTemplate(plain), conversation)).toEqual([
      "markup 0@0 <user>",
      "content 0@0 Hi <end>",
      "markup 1@0 <end><assistant>",
      "content 1@0 <user>Yes",
      "markup -1@0 <end><assistant>",
    ]);
  });

  test("of contents that are trimmed", () => {
    const conversation = { messages: [user("\n\nHi  \n"), assistant("Yes ")], tools: [] };
    expect(describeLayout(chatTemplate(trimmed), conversation)).toEqual([
      "markup 0@0 <user>\n\n",
      "content 0@2 Hi",
      "markup 1@0 <end><assistant>\n\n",
      "content 1@0 Yes",
      "markup -1@0 <end>",
    ]);
  });

  test("of reasoning that is dropped, and of reasoning that is kept", () => {
    const thought = assistant("<think>\nWell.\n</think>\n\nYes.");
    const system = { role: "system" as const, content: "Be brief." };
    const dropped = describeLayout(builtIn("qwen3"), {
      messages: [system, user("A?"), thought, user("B?")],
      tools: [],
    });
    expect(dropped).toEqual([
      "markup 0@0 <|im_start|>system\n",
      "content 0@0 Be brief.",
      "markup 1@0 <|im_end|>\n<|im_start|>user\n",
      "content 1@0 A?",
      "markup 2@0 <|im_end|>\n<|im_start|>assistant\n",
      "content 2@24 Yes.",
      "markup 3@0 <|im_end|>\n<|im_start|>user\n",
      "content 3@0 B?",
      "markup -1@0 <|im_end|>\n<|im_start|>assistant\n",
    ]);
    const kept = describeLayout(builtIn("qwen3"), { messages: [user("A?"), thought], tools: [] });
    // The template takes the reasoning out and writes the first tag itself.
    expect(kept.slice(2, 4)).toEqual([
      "markup 1@0 <|im_end|>\n<|im_start|>assistant\n<think>\n",
      "content 1@8 Well.\n</think>\n\nYes.",
    ]);
  });

  test("of messages that are moved", () => {
    const messages = [user("A?"), { role: "system" as const, content: "Be brief." }];
    expect(describeLayout(builtIn("deepseek-v3"), { messages, tools: [] })).toEqual([
      "markup 1@0 <｜begin▁of▁sentence｜>",
      "content 1@0 Be brief.",
      "markup 0@0 <｜User｜>",
      "content 0@0 A?",
      "markup -1@0 <｜Assistant｜>",
    ]);
  });

  test.each(["qwen3", "granite4", "llama3", "chatml"])("of tools, by %s", (id) => {
    const tools = ['{"name":"a","n":1}', '{"name":"ä \\"b\\"","list":[1,2],"o":{}}'];
    const found = describeLayout(builtIn(id), { messages: [user("A?")], tools });
    const indent = id === "llama3" ? 4 : 0;
    expect(found.filter((line) => line.startsWith("tool"))).toEqual(
      tools.map((tool, index) => `tool ${index}@0 ${pythonJson(JSON.parse(tool), indent)}`),
    );
  });

  test("a developer's message is a system message where the template knows no such role", () => {
    const messages = [{ role: "developer" as const, content: "Be brief." }, user("A?")];
    expect(describeLayout(builtIn("qwen3"), { messages, tools: [] })[0]).toBe(
      "markup 0@0 <|im_start|>system\n",
    );
    const own = chatTemplate(`{# developer #}${plain}`);
    expect(describeLayout(own, { messages, tools: [] })[0]).toBe("markup 0@0 <developer>");
  });

  test("of a conversation that is refused", () => {
    const strict = chatTemplate(
      "{% if messages[0].role != 'user' %}{{ raise_exception('Ask first.') }}{% endif %}",
    );
    expect(describeLayout(strict, { messages: [assistant("Yes")], tools: [] })).toEqual(["Ask first."]);
    expect(describeLayout(builtIn("qwen3"), { messages: [user("A")], tools: ["{"] })).toEqual([
      "the definition of a tool is not valid JSON",
    ]);
  });
});

/** As Python's `json.dumps` writes it. */
function pythonJson(value: unknown, indent: number): string {
  if (indent > 0) return JSON.stringify(value, null, indent);
  if (Array.isArray(value)) return `[${value.map((item) => pythonJson(item, 0)).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${pythonJson(item, 0)}`);
  return `{${fields.join(", ")}}`;
}

const word = fc.constantFrom(
  ...[
    "Hi",
    " ",
    "\n",
    "\n\n",
    "<end>",
    "<user>",
    "<think>",
    "</think>",
    "<|im_end|>",
    "<tool_response>",
    '"',
    "\\",
  ],
  ...["</tool_response>", "a b c", "\u{1F600}", "é", "\uE0005\uE001", "{{ x }}"],
);
const anyConversation = fc.record({
  messages: fc.array(
    fc.record({
      role: fc.constantFrom("system", "developer", "user", "assistant", "tool"),
      content: fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join("")),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  tools: fc.subarray(['{"name":"a"}', '{"name":"b","x":[{},[]]}']),
}) as fc.Arbitrary<Conversation>;

describe("stretches cover the text, and contents are equal to what they came from", () => {
  test.each(Object.entries(hostile))("%s", (_, source) => {
    const template = chatTemplate(source);
    fc.assert(
      fc.property(anyConversation, (conversation) => checkLayout(template, conversation)),
      { seed: 5, numRuns: 150 },
    );
  });

  test.each(builtInChatTemplates.map(({ id }) => id))("%s", (id) => {
    const template = builtIn(id);
    fc.assert(
      fc.property(anyConversation, (conversation) => checkLayout(template, conversation)),
      { seed: 6, numRuns: 150 },
    );
  });
});
