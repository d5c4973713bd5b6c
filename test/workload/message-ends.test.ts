/** Where the contents of messages end: what hosted caches match at. */
import { describe, expect, it } from "vitest";
import { firstAddedId } from "../../src/prompt/chat/encoder.ts";
import { generateWorkload } from "../../src/workload/generate.ts";
import { chatTemplate, configOf, hole, marker, promptTexts, readableTokenizer, template } from "./support.ts";

/** The second special token of the chat template. */
const userMarker = firstAddedId + 1;

describe("message ends", () => {
  it("stand behind the content of each message, in front of what the chat template writes", () => {
    const { tokenizer, words } = readableTokenizer();
    const chat = template("chat.j2", [
      marker("system"),
      "You are kind.",
      marker("user"),
      "Hello ",
      hole("customer_name", "session"),
      marker("assistant"),
      "Yes?",
      marker("user"),
      hole("question", "request"),
    ]);
    const settings = { seed: 1, sessions: 2, turns: 2 };
    const workload = generateWorkload([chat], { settings, config: configOf({}), tokenizer, chatTemplate });
    const texts = promptTexts(workload, words);
    for (const [index, { promptTokens, messageEnds = [] }] of workload.requests.entries()) {
      expect(messageEnds).toHaveLength(4);
      const said = (from: number, end?: number) =>
        [...promptTokens.subarray(from, end)].map((id) => words.get(id) ?? "").join("");
      const [system, first, answer, last] = messageEnds.map((end) => said(0, end));
      expect(system).toMatch(/You are kind\.$/);
      expect(first).toMatch(/Hello [^<>]+$/);
      expect(answer).toMatch(/Yes\?$/);
      expect(last).toBe(texts[index]);
      // Two markers follow, of which nothing is said: the end of the message, and what asks for the answer.
      expect(promptTokens.length - messageEnds.at(-1)!).toBe(2);
      expect(said(messageEnds[0]!, messageEnds[0]! + 2)).toBe("");
    }
  });

  it("come with the places at which messages of the user begin", () => {
    const { tokenizer } = readableTokenizer();
    const chat = template("chat.j2", [marker("system"), "You are kind.", marker("user"), "Hello."]);
    const asked = template("asked.j2", [marker("user"), "A", marker("assistant"), "B", marker("user"), "C"]);
    const settings = { seed: 1, sessions: 1, turns: 1 };
    const workload = generateWorkload([chat, asked], {
      settings,
      config: configOf({}),
      tokenizer,
      chatTemplate,
    });
    expect(workload.requests).toHaveLength(2);
    expect(workload.requests.map(({ userStarts }) => userStarts?.length)).toEqual([1, 2]);
    for (const { promptTokens, userStarts = [] } of workload.requests) {
      for (const start of userStarts) expect(promptTokens[start]).toBe(userMarker);
    }
  });

  it("are one for text without roles, and none for nothing", () => {
    const { tokenizer } = readableTokenizer();
    const settings = { seed: 1, sessions: 1, turns: 1 };
    const endsOf = (text: string) => {
      const options = { settings, config: configOf({}), tokenizer };
      const [request] = generateWorkload([template("a.j2", [text])], options).requests;
      return [request!.messageEnds, request!.promptTokens.length] as const;
    };
    const [ends, length] = endsOf("Only this.");
    expect(ends).toEqual([length]);
    expect(endsOf("")).toEqual([[], 0]);
  });
});
