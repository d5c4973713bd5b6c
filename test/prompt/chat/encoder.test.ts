import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { builtInChatTemplates } from "../../../src/prompt/chat/built-in.ts";
import type { ChatMessage } from "../../../src/prompt/chat/chat-template.ts";
import { ChatEncoder, firstAddedId } from "../../../src/prompt/chat/encoder.ts";
import { tokenizerOf, vocabularyIds } from "../../tokenizers/vocabularies.ts";
import { builtIn, chatTemplate } from "./support.ts";

const tokenizers = new Map(vocabularyIds.map((id) => [id, tokenizerOf(id)]));
const qwen3 = tokenizers.get("qwen3")!;
const user = (content: string): ChatMessage => ({ role: "user", content });
const assistant = (content: string): ChatMessage => ({ role: "assistant", content });

describe("special tokens", () => {
  test("have the vocabulary's ids where it knows them", () => {
    const { ids } = new ChatEncoder(qwen3, builtIn("qwen3")).encode({ messages: [user("Hi")], tools: [] });
    const [start, end] = ["<|im_start|>", "<|im_end|>"].map((text) => qwen3.specials.get(text)!);
    const newline = qwen3.encode("\n")[0]!;
    expect([...ids]).toEqual([
      ...[start!, ...qwen3.encode("user\nHi"), end!, newline],
      ...[start!, ...qwen3.encode("assistant\n")],
    ]);
  });

  test("are one token each above all vocabularies where it does not", () => {
    const cl100k = tokenizers.get("cl100k")!;
    const { ids } = new ChatEncoder(cl100k, builtIn("chatml")).encode({ messages: [user("Hi")], tools: [] });
    expect([...ids]).toEqual([
      ...[firstAddedId, ...cl100k.encode("user\nHi"), firstAddedId + 1, ...cl100k.encode("\n")],
      ...[firstAddedId, ...cl100k.encode("assistant\n")],
    ]);
    for (const tokenizer of tokenizers.values()) {
      for (const id of tokenizer.specials.values()) expect(id).toBeLessThan(firstAddedId);
    }
  });

  test("are found in contents too, as servers find them", () => {
    const encoder = new ChatEncoder(qwen3, null);
    const { ids } = encoder.encode({ messages: [user("a<|im_end|>b")], tools: [] });
    expect([...ids]).toEqual([...qwen3.encode("a"), qwen3.specials.get("<|im_end|>")!, ...qwen3.encode("b")]);
  });
});

test("raw completions are the contents, one after the other", () => {
  const { text, ids } = new ChatEncoder(qwen3, null).encode({
    messages: [user("Hel"), assistant("lo")],
    tools: [],
  });
  expect(text).toBe("Hello");
  expect([...ids]).toEqual([...qwen3.encode("Hello")]);
});

test.each(["qwen3", "granite4", "llama3", "deepseek-v3"])("a thousand turns are not too many: %s", (id) => {
  const encoder = new ChatEncoder(qwen3, builtIn(id));
  const messages = Array.from({ length: 2001 }, (_, index) =>
    index % 2 === 0 ? user("A?") : assistant("B."),
  );
  expect(encoder.encode({ messages, tools: [] }).ids.length).toBeGreaterThan(4_000);
  expect(encoder.takeRefusals()).toEqual([]);
});

test("a refused conversation is encoded as its contents, and the reason is kept", () => {
  const encoder = new ChatEncoder(qwen3, chatTemplate("{{ raise_exception('No.') }}"));
  expect(encoder.encode({ messages: [user("Hello")], tools: [] }).text).toBe("Hello");
  expect(encoder.takeRefusals()).toEqual(["No."]);
});

const word = fc.constantFrom(
  ...[
    "Hi",
    "a",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    ".",
    "...",
    "'s",
    "é",
    "\u0301",
    "\u{1F600}",
    "你好",
    "12345",
  ],
  ...["<|im_end|>", "<think>", "</think>", "<", "<|", "/", "_", "https://x.y/z?a=1"],
);
const text = fc.array(word, { maxLength: 8 }).map((words) => words.join(""));
const role = fc.constantFrom("system", "user", "assistant", "tool");
const messages = fc.array(fc.record({ role, content: text }), { minLength: 1, maxLength: 4 }) as fc.Arbitrary<
  ChatMessage[]
>;
const combinations = [...tokenizers.keys()].flatMap((vocabulary) =>
  [...builtInChatTemplates.map(({ id }) => id), "none"].map((id) => [vocabulary, id] as const),
);

/** With `value` at the end of the last message. */
function grow(conversation: readonly ChatMessage[], value: string): ChatMessage[] {
  const last = conversation.at(-1)!;
  return [...conversation.slice(0, -1), { ...last, content: last.content + value }];
}

describe("what is stable", () => {
  test.each(combinations)("stays whatever is appended: %s, %s", (vocabulary, id) => {
    const template = id === "none" ? null : builtIn(id);
    const encoder = new ChatEncoder(tokenizers.get(vocabulary)!, template);
    fc.assert(
      fc.property(messages, fc.string(), fc.array(text, { minLength: 1 }), (all, odd, values) => {
        // Reasoning in the open message decides about that in all of it, so that nothing of it is stable.
        const closed = all.map((message) => ({
          ...message,
          content: message.content.replaceAll("think>", ""),
        }));
        const stable = encoder.encodeShared(
          ["\uE002", "\uE003"].map((value) => ({ messages: grow(closed, value), tools: [] })),
        );
        for (const value of ["", "x", " ", "\n", odd, ...values].map((each) =>
          each.replaceAll("think>", ""),
        )) {
          const grown = grow(closed, value);
          const { ids } = encoder.encode({ messages: grown, tools: [] });
          expect([...ids.subarray(0, stable.ids.length)]).toEqual([...stable.ids]);
        }
      }),
      { seed: 8, numRuns: 60 },
    );
  });
});

describe("a conversation that only grows", () => {
  const answer = fc.array(fc.constantFrom("Yes", " it", " is", ".\n\n", "Then", " 42", "!", "*a*"), {
    minLength: 1,
  });
  test.each(combinations)("goes on from the prompt before and its answer: %s, %s", (vocabulary, id) => {
    const encoder = new ChatEncoder(
      tokenizers.get(vocabulary)!,
      id === "none"
        ? chatTemplate("{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}<assistant>", [
            "<system>",
            "<user>",
            "<assistant>",
            "<end>",
          ])
        : builtIn(id),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(text, answer), { minLength: 1, maxLength: 4 }), (turns) => {
        const past: ChatMessage[] = [{ role: "system", content: "Be brief." }];
        let known: number[] = [];
        for (const [question, words] of turns) {
          past.push(user(`Q: ${question}.`));
          const prompt = [...encoder.encode({ messages: past, tools: [] }).ids];
          expect(prompt.slice(0, known.length)).toEqual(known);
          // Models begin with a word, and end with one: templates trim the rest.
          const reply = `Well, ${words.join("").trimEnd()}`;
          known = [...prompt, ...encoder.encodeText(reply).ids];
          past.push(assistant(reply));
        }
      }),
      { seed: 9, numRuns: 60 },
    );
  });

  test("is tokenized anew where an answer begins with a line break: the tokens merge", () => {
    const encoder = new ChatEncoder(qwen3, builtIn("qwen3"));
    const first = encoder.encode({ messages: [user("A?")], tools: [] }).ids;
    const reply = "\nYes.";
    const next = encoder.encode({ messages: [user("A?"), assistant(reply), user("B?")], tools: [] }).ids;
    const known = [...first, ...encoder.encodeText(reply).ids];
    expect([...next.subarray(0, first.length - 1)]).toEqual([...first.subarray(0, -1)]);
    expect([...next.subarray(0, known.length)]).not.toEqual(known);
  });

  test("leaves its past where reasoning is dropped from it", () => {
    const encoder = new ChatEncoder(qwen3, builtIn("qwen3"));
    const first = encoder.encode({ messages: [user("A?")], tools: [] }).ids;
    const reply = "<think>\nHm.\n</think>\n\nYes.";
    const next = encoder.encode({ messages: [user("A?"), assistant(reply), user("B?")], tools: [] }).ids;
    expect([...next.subarray(0, first.length)]).toEqual([...first]);
    expect(next[first.length]).toBe(qwen3.encode("Yes")[0]);
  });
});
