import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readChatLog } from "../../src/log/chat-log.ts";

const user = { role: "user", content: "Hi" };

describe("readChatLog", () => {
  it.each<[string, string, readonly (readonly [string, number])[]]>([
    ["a conversation a line", `{"id":"a","messages":[{"role":"user","content":"Hi"}]}\n\n`, [["a", 1]]],
    [
      "two lines, numbered ids",
      `${JSON.stringify({ id: 7, messages: [user] })}\n`.repeat(2),
      [
        ["7", 1],
        ["7", 1],
      ],
    ],
    ["a list of messages", JSON.stringify([user, { role: "assistant", content: "Yes?" }]), [["line 1", 2]]],
    [
      "a list of conversations",
      JSON.stringify([{ messages: [user] }, { messages: [user] }]),
      [
        ["line 1", 1],
        ["line 1", 1],
      ],
    ],
    ["one object over several lines", JSON.stringify({ id: "b", messages: [user] }, null, 2), [["b", 1]]],
    ["nothing", "\n", []],
  ])("reads %s", (_, text, expected) => {
    const { conversations, problems } = readChatLog(text);
    expect(problems).toEqual([]);
    expect(conversations.map(({ id, messages }) => [id, messages.length])).toEqual(expected);
  });

  it("knows text parts, tool calls without text, other names of roles, demonstrations and reasoning", () => {
    const messages = [
      {
        role: "human",
        content: [{ type: "text", text: "a" }, { type: "image" }, { type: "text", text: "b" }],
      },
      { role: "assistant", content: null, tool_calls: [] },
      { role: "function", content: "42" },
      { role: "assistant", content: "<think>\nhm\n</think>\n\nYes." },
      { role: "assistant", content: "No.", reasoning_content: "hm" },
      { role: "user", content: "<think>x</think>", is_demo: true },
    ];
    expect(readChatLog(JSON.stringify(messages)).conversations[0]?.messages).toEqual([
      { role: "user", text: "ab" },
      { role: "assistant", text: "" },
      { role: "tool", text: "42" },
      { role: "assistant", text: "Yes.", reasoning: "<think>\nhm\n</think>\n\n" },
      { role: "assistant", text: "No.", reasoning: "<think>\nhm\n</think>\n\n" },
      { role: "user", text: "<think>x</think>", isDemonstration: true },
    ]);
  });

  it("reads bodies of requests with their tools, system prompt and blocks; of those that go on from each other the last", () => {
    const body = (...more: readonly unknown[]) => ({
      model: "claude-sonnet-4-5",
      tools: [{ name: "find" }],
      system: [
        { type: "text", text: "You look up " },
        { type: "text", text: "pages." },
      ],
      messages: [user, ...more],
    });
    const call = {
      role: "assistant",
      content: [{ type: "tool_use", id: "t1", name: "find", input: { page: 7 } }],
    };
    const result = {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "Empty." }] }],
    };
    const text = [body(), { request: body(call, result), usage: {} }]
      .map((each) => JSON.stringify(each))
      .join("\n");
    expect(readChatLog(text)).toEqual({
      conversations: [
        {
          id: "line 2",
          messages: [
            { role: "system", text: '{"name":"find"}' },
            { role: "system", text: "You look up pages." },
            { role: "user", text: "Hi" },
            { role: "assistant", text: '{"name":"find","input":{"page":7}}' },
            { role: "user", text: "Empty." },
          ],
        },
      ],
      problems: [],
    });
  });

  it("says which line is wrong, and reads the others", () => {
    const lines = [
      JSON.stringify({ id: "good", messages: [user] }),
      "{not JSON",
      JSON.stringify({ id: "empty", messages: [] }),
      JSON.stringify({ id: "role", messages: [user, { role: "__proto__", content: "x" }] }),
      JSON.stringify({ id: "content", messages: [{ role: "user", content: 3 }] }),
      "null",
    ];
    const { conversations, problems } = readChatLog(lines.join("\n"));
    expect(conversations.map(({ id }) => id)).toEqual(["good"]);
    expect(problems.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6]);
    expect(problems[2]?.message).toContain("Message 2");
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const { conversations, problems } = readChatLog(text);
        expect(conversations.length + problems.length).toBeGreaterThanOrEqual(0);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});
