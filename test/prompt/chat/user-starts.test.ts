import { describe, expect, it } from "vitest";
import { builtInChatTemplates } from "../../../src/prompt/chat/built-in.ts";
import type { ChatMessage } from "../../../src/prompt/chat/chat-template.ts";
import { ChatEncoder } from "../../../src/prompt/chat/encoder.ts";
import { tokenizerOf } from "../../tokenizers/vocabularies.ts";
import { builtIn, chatTemplate } from "./support.ts";

const tokenizer = tokenizerOf("qwen3");

/** The text behind each place at which a message of the user begins. */
function openedTexts(encoder: ChatEncoder, messages: readonly ChatMessage[]): string[] {
  const prompt = encoder.encode({ messages, tools: [] });
  const starts = encoder.userStarts(prompt, (index) => messages[index]?.role === "user");
  return starts.map((token) => prompt.text.slice(token === 0 ? 0 : prompt.ends[token - 1]));
}

const talk: readonly ChatMessage[] = [
  { role: "system", content: "Be kind." },
  { role: "user", content: "First." },
  { role: "assistant", content: "Yes." },
  { role: "user", content: "Second." },
];

/** What the template writes in front of a message of the user, and nothing of the message before it. */
const headers: Readonly<Record<string, string>> = {
  chatml: "<|im_start|>user\n",
  qwen3: "<|im_start|>user\n",
  granite4: "<|start_of_role|>user<|end_of_role|>",
  "phi4-mini": "<|user|>",
  llama3: "<|start_header_id|>user<|end_header_id|>\n\n",
  "deepseek-v3": "<｜User｜>",
};

describe("messages of the user", () => {
  it.each(builtInChatTemplates.map(({ id }) => id))("begin where %s opens them", (id) => {
    const texts = openedTexts(new ChatEncoder(tokenizer, builtIn(id)), talk);
    expect(texts).toHaveLength(2);
    expect(texts[0]!.startsWith(`${headers[id]}First.`)).toBe(true);
    expect(texts[1]!.startsWith(`${headers[id]}Second.`)).toBe(true);
  });

  it("are those too in which a template writes the results of tools", () => {
    const texts = openedTexts(new ChatEncoder(tokenizer, builtIn("qwen3")), [
      ...talk,
      { role: "assistant", content: "Looking." },
      { role: "tool", content: "12 degrees" },
    ]);
    expect(texts).toHaveLength(3);
    expect(texts[2]!.startsWith("<|im_start|>user\n<tool_response>\n12 degrees")).toBe(true);
  });

  it("are not known where no special token opens them, or nothing is written around them", () => {
    const bare = chatTemplate("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}");
    expect(openedTexts(new ChatEncoder(tokenizer, bare), talk)).toEqual([]);
    expect(openedTexts(new ChatEncoder(tokenizer, null), talk)).toEqual([]);
    expect(openedTexts(new ChatEncoder(tokenizer, builtIn("chatml")), talk.slice(0, 1))).toEqual([]);
  });

  it("are opened by what a message quotes as well", () => {
    const texts = openedTexts(new ChatEncoder(tokenizer, builtIn("chatml")), [
      { role: "user", content: "What does <|im_start|>user\n mean?" },
    ]);
    expect(texts).toHaveLength(2);
  });
});
