import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Template } from "@huggingface/jinja";
import { describe, expect, test } from "vitest";
import { builtInChatTemplates, chatml } from "../../../src/prompt/chat/built-in.ts";
import type { ChatMessage } from "../../../src/prompt/chat/chat-template.ts";
import { ChatEncoder } from "../../../src/prompt/chat/encoder.ts";
import { parseChatTemplate } from "../../../src/prompt/chat/user-template.ts";
import { native, publishedJson } from "../../tokenizers/reference.ts";
import { tokenizerOf } from "../../tokenizers/vocabularies.ts";
import { builtIn } from "./support.ts";

const folder = join(import.meta.dirname, "../../../../shared/corpora/chat-templates");
const hasPublished = existsSync(folder);
if (!hasPublished) console.warn("Skipped: the published chat templates are not beside the repository.");

const system = { role: "system", content: "You are terse." };
const question = { role: "user", content: "How far is the moon?" };
const answer = { role: "assistant", content: "384,400 km." };
const thought = {
  role: "assistant",
  content: "<think>\nMean distance, I suppose.\n</think>\n\n384,400 km.",
};
const call = { role: "assistant", content: "Let me look." };
const result = { role: "tool", content: '{"km": 384400}' };
const wrapped = { role: "user", content: "<tool_response>\n384400\n</tool_response>" };
const spaced = { role: "user", content: "\n  And the sun?  \n" };
const tools = [
  {
    type: "function",
    function: {
      name: "distance",
      description: 'Kilometres to a "body" — émis',
      parameters: { type: "object", properties: { body: { type: "string", enum: ["moon", "sun"] } } },
    },
  },
  { type: "function", function: { name: "noop", parameters: {} } },
];

const conversations = {
  "one question": [question],
  "system and question": [system, question],
  "two system messages": [system, question, answer, { role: "system", content: "Be kind." }, spaced],
  "many turns": [system, question, answer, spaced, answer, question],
  "earlier reasoning": [system, question, thought, spaced],
  "reasoning of the last answer": [question, thought],
  "an answer without reasoning at the end": [question, answer],
  "no question at all": [system],
  "a tool": [system, question, call, result],
  "tools one after the other": [question, call, result, result, call, result, spaced],
  "a tool's answer, then the model's": [question, call, result, answer, spaced],
  "reasoning between a tool's answers": [question, thought, result, thought, wrapped, thought],
  "reasoning without its first tag": [question, { role: "assistant", content: "Hm.\n</think>\n\nYes." }],
};

describe("a tokenizer_config.json as it is published", () => {
  const path = join(dirname(publishedJson["qwen3"]!), "tokenizer_config.json");
  const config = parseChatTemplate({ path, text: readFileSync(path, "utf8") }, chatml);
  const texts = Object.values(conversations).map((messages) => messages as ChatMessage[]);

  test("gives the ids that the native tokenizer gives, and so does ours", async () => {
    expect(config.problems).toEqual([]);
    const reference = native("qwen3", { specials: true });
    for (const template of [config.value!, builtIn("qwen3")]) {
      const encoder = new ChatEncoder(tokenizerOf("qwen3"), template);
      for (const definitions of [[], tools.map((tool) => JSON.stringify(tool))]) {
        const prompts = texts.map((messages) => encoder.encode({ messages, tools: definitions }));
        const expected = await reference.encodeAll(prompts.map(({ text }) => text));
        expect(prompts.map(({ ids }) => [...ids])).toEqual(expected);
      }
    }
  });
});

/**
 * Of purpose not compared, because a prompt of text never holds it: calls of tools (`tool_calls`, `reasoning_content`),
 * and switches that a caller may set (`enable_thinking`).
 */
describe.runIf(hasPublished).each([
  ["qwen3", "qwen3.jinja"],
  ["deepseek-v3", "deepseek-v3.jinja"],
])("%s writes what the published template writes", (id, file) => {
  const ours = builtInChatTemplates.find((template) => template.id === id)!;
  const own = new Template(ours.source);
  const published = hasPublished ? new Template(readFileSync(join(folder, file), "utf8")) : own;

  for (const [name, messages] of Object.entries(conversations)) {
    for (const add_generation_prompt of [true, false]) {
      for (const offered of [null, tools]) {
        const generation = add_generation_prompt ? " + generation prompt" : "";
        test(`${name}${offered === null ? "" : " + tools"}${generation}`, () => {
          const variables = {
            messages,
            tools: offered,
            add_generation_prompt,
            bos_token: ours.bos,
            eos_token: ours.eos,
          };
          expect(own.render(variables)).toBe(published.render(variables));
        });
      }
    }
  }
});
