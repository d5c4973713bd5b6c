import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { historyKeeps } from "../../src/config/config.ts";
import { findModel } from "../../src/core/cost/find.ts";
import { createModelCost } from "../../src/core/cost/model-cost.ts";
import { findPolicy } from "../../src/core/policies/registry.ts";
import { replay } from "../../src/core/replay/replay.ts";
import type { Request } from "../../src/core/replay/request.ts";
import { commonPrefixLength, concatTokens } from "../../src/core/tokens/common-prefix.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { readChatLog } from "../../src/log/chat-log.ts";
import {
  appendOnly,
  applyHistory,
  type HistoryMessage,
  type HistoryPolicy,
  historyPhrase,
  messageText,
} from "../../src/workload/history-policy.ts";
import { recordedCalls, recordedRequests, recordedText } from "../../src/workload/recorded.ts";
import { wordTokenizer } from "./support.ts";

function policy(more: Partial<HistoryPolicy>): HistoryPolicy {
  return { ...appendOnly, ...more };
}

/** `S u1 a1 u2`: the first letter is the role, the whole word the text. */
function messages(text: string): HistoryMessage[] {
  const roles = { S: "system", u: "user", a: "assistant", t: "tool", d: "user" } as const;
  return text.split(" ").map((word) => ({
    role: roles[word[0] as keyof typeof roles],
    text: word,
    ...(word.startsWith("d") ? { isDemonstration: true } : {}),
    ...(word.startsWith("a") ? { reasoning: `<${word}>` } : {}),
  }));
}

function shown(text: string, more: Partial<HistoryPolicy>): string {
  const summarise = (old: readonly HistoryMessage[]) => `(${old.map((message) => message.text).join("+")})`;
  return applyHistory(messages(text), policy(more), { summarise, tokensIn: (text) => text.length })
    .map(messageText)
    .join(" ");
}

describe("applyHistory", () => {
  const long = "S u1 a1 u2 a2 u3 a3 u4";

  it.each<[string, Partial<HistoryPolicy>, string]>([
    [long, {}, "S u1 <a1>a1 u2 <a2>a2 u3 <a3>a3 u4"],
    [long, { reasoning: "stripped" }, "S u1 a1 u2 a2 u3 a3 u4"],
    ["S u1 a1 t1 a2 t2", { reasoning: "stripped" }, "S u1 <a1>a1 t1 <a2>a2 t2"],
    ["S u1 a1 u2 a2 t2", { reasoning: "stripped" }, "S u1 a1 u2 <a2>a2 t2"],
    [long, { keep: "turns", last: 2 }, "S u2 <a2>a2 u3 <a3>a3 u4"],
    [long, { keep: "turns", last: 0 }, "S u4"],
    [long, { keep: "turns", last: 9 }, "S u1 <a1>a1 u2 <a2>a2 u3 <a3>a3 u4"],
    [long, { keep: "turns", last: 1, every: 2 }, "S u2 <a2>a2 u3 <a3>a3 u4"],
    ["S d1 u1 a1 u2", { keep: "turns", last: 0 }, "S d1 u2"],
    [long, { keep: "messages", last: 3 }, "S <a2>a2 u3 <a3>a3 u4"],
    // Of two tokens each question, of six each answer.
    [long, { keep: "tokens", last: 18 }, "S u2 <a2>a2 u3 <a3>a3 u4"],
    [long, { keep: "tokens", last: 17 }, "S u3 <a3>a3 u4"],
    [long, { keep: "tokens", last: 10 }, "S u3 <a3>a3 u4"],
    [long, { keep: "tokens", last: 9 }, "S u4"],
    [long, { keep: "tokens", last: 1 }, "S u4"],
    [long, { keep: "tokens", last: 10, every: 30 }, "S u1 <a1>a1 u2 <a2>a2 u3 <a3>a3 u4"],
    [long, { keep: "tokens", last: 26 }, "S u1 <a1>a1 u2 <a2>a2 u3 <a3>a3 u4"],
    [long, { keep: "tokens", last: 10, every: 20 }, "S u3 <a3>a3 u4"],
    ["S d1 u1 a1 u2", { keep: "tokens", last: 2 }, "S d1 u2"],
    ["S u1 a1 t1 a2 t2", { keep: "tokens", last: 4 }, "S u1 <a1>a1 t1 <a2>a2 t2"],
    [long, { keep: "summary", last: 1 }, "S (u1+a1+u2+a2) u3 <a3>a3 u4"],
    [long, { keep: "summary", last: 0, every: 2 }, "S (u1+a1+u2+a2) u3 <a3>a3 u4"],
    [long, { keep: "summary", last: 0, every: 4 }, "S u1 <a1>a1 u2 <a2>a2 u3 <a3>a3 u4"],
    ["S", { keep: "turns", last: 0 }, "S"],
  ])("%s with %j is %s", (text, more, expected) => {
    expect(shown(text, more)).toBe(expected);
  });

  it.each(historyKeeps)("leaves no messages as they are (%s)", (keep) => {
    expect(applyHistory([], policy({ keep, last: 0 }))).toEqual([]);
  });

  it("replaces all but the first and the last observations, demonstrations aside", () => {
    const text = "S d1 u1 a1 u2 a2 t3 a3 u4 a4 u5";
    const line = "Old environment output: (1 lines omitted)";
    const result = applyHistory(messages(text), policy({ keep: "observations", last: 2 }));
    expect(result.map((message) => message.text).join(" ")).toBe(`S d1 u1 a1 ${line} a2 ${line} a3 u4 a4 u5`);
  });

  it.each([
    ["", 0],
    ["a", 1],
    ["a\n", 1],
    ["a\r\nb\rc\u2028d", 4],
    ["\n\n", 2],
  ])("counts the lines of %j as Python does", (text, lines) => {
    const conversation: HistoryMessage[] = ["task", text, "now"].map((content) => ({
      role: "tool",
      text: content,
    }));
    const [, elided] = applyHistory(conversation, policy({ keep: "observations", last: 1 }));
    expect(elided?.text).toBe(`Old environment output: (${lines} lines omitted)`);
  });

  it("says what it does", () => {
    expect(historyPhrase(appendOnly)).toBe("only grows");
    expect(historyPhrase(policy({ keep: "turns", last: 1 }))).toBe("keeps only the last 1 turn");
    expect(historyPhrase(policy({ keep: "observations", every: 5 }))).toBe(
      "replaces all but the last 5 observations by a line, and is cut again after 5 more",
    );
    expect(historyPhrase(policy({ keep: "summary", last: 2, every: 4, reasoning: "stripped" }))).toBe(
      "replaces all but the last 2 turns by a summary, every 4 turns, and loses the reasoning of earlier answers",
    );
  });
});

describe("every history", () => {
  const message = fc.record({
    role: fc.constantFrom("user", "assistant", "tool"),
    text: fc.string({ maxLength: 6 }),
  });
  const conversation = fc
    .array(message, { maxLength: 24 })
    .map((list): HistoryMessage[] => [{ role: "system", text: "S" }, ...(list as HistoryMessage[])]);
  const anyPolicy = fc.record({
    keep: fc.constantFrom(...historyKeeps),
    last: fc.nat(6),
    every: fc.integer({ min: 1, max: 5 }),
    reasoning: fc.constantFrom("kept", "stripped"),
  }) as fc.Arbitrary<HistoryPolicy>;

  it("that only grows begins each request with the one before it and its answer", () => {
    fc.assert(
      fc.property(conversation, (list) => {
        const requests = recordedRequests(list, appendOnly, wordTokenizer);
        for (const [index, next] of requests.entries()) {
          const before = requests[index - 1];
          if (before === undefined) continue;
          const sent = concatTokens(before.promptTokens, before.outputTokens);
          expect([...next.promptTokens.subarray(0, sent.length)]).toEqual([...sent]);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it("keeps the head and the current message, never grows, and changes nothing when applied to a short one", () => {
    fc.assert(
      fc.property(conversation, anyPolicy, (list, chosen) => {
        const sent = applyHistory(list, chosen, { summarise: () => "" });
        expect(sent[0]).toEqual(list[0]);
        expect(sent.at(-1)?.text).toBe(list.at(-1)?.text);
        expect(sent.length).toBeLessThanOrEqual(list.length + 1);
        const few = { ...chosen, last: 100 };
        expect(applyHistory(list, few)).toEqual(list);
      }),
      { seed: 2, numRuns: 400 },
    );
  });

  it("loses by a window exactly the messages behind the first one that changed", () => {
    fc.assert(
      fc.property(conversation, anyPolicy, (list, chosen) => {
        const calls = recordedCalls(list, chosen, (text) => wordTokenizer.encode(text).length);
        const requests = recordedRequests(list, chosen, wordTokenizer);
        for (let index = 1; index < calls.length; index++) {
          const before = [...calls[index - 1]!.messages, calls[index - 1]!.answer].map(recordedText);
          const now = calls[index]!.messages.map(recordedText);
          let same = 0;
          while (same < now.length && now[same] === before[same]) same++;
          const lost = now.slice(same).flatMap((text) => [...wordTokenizer.encode(text)]);
          const sent = concatTokens(requests[index - 1]!.promptTokens, requests[index - 1]!.outputTokens);
          const { promptTokens } = requests[index]!;
          const limit = Math.min(sent.length, promptTokens.length);
          const reused = commonPrefixLength(sent, 0, promptTokens, 0, limit);
          const kept = promptTokens.length - lost.length;
          expect(reused).toBeGreaterThanOrEqual(kept);
          // Two different messages may begin alike, and no further than they are alike.
          const alike = commonCharacters(before[same] ?? "", now[same] ?? "");
          expect(reused - kept).toBeLessThanOrEqual(alike);
        }
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});

function commonCharacters(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  let same = 0;
  while (same < left.length && left[same] === right[same]) same++;
  return same;
}

const shared = join(import.meta.dirname, "../../../shared");
const logFile = join(shared, "traces/swe-agent/conversations.jsonl");
const hasLog = existsSync(logFile);
if (!hasLog) console.warn(`Skipped: the recorded conversations are not there (${logFile}).`);

interface Counted {
  readonly promptCharacters: number;
  readonly reusedPromptOnly: number;
  readonly reusedPromptAndOutput: number;
}

describe.skipIf(!hasLog)("recorded conversations of SWE-agent", () => {
  const { conversations, problems } = hasLog
    ? readChatLog(readFileSync(logFile, "utf8"))
    : { conversations: [], problems: [] };
  const policies: Readonly<Record<string, HistoryPolicy>> = {
    appendOnly,
    keepLast5Observations: policy({ keep: "observations", last: 5 }),
    keepLast5ObservationsPolling5: policy({ keep: "observations", last: 5, every: 5 }),
  };

  it("are read whole", () => {
    expect(problems).toEqual([]);
    expect(conversations).toHaveLength(7);
  });

  it("send and reuse the characters that a plain program counts", () => {
    const facts = JSON.parse(readFileSync(join(shared, "facts/traces.json"), "utf8")) as {
      files: Record<string, Record<string, Record<string, Counted>>>;
    };
    const expected = facts.files["swe-agent/conversations.jsonl"]!;
    expect(Object.keys(expected)).toEqual(conversations.map(({ id }) => id));
    for (const { id, messages: list } of conversations) {
      for (const [name, chosen] of Object.entries(policies)) {
        expect([id, name, countCharacters(list, chosen)]).toEqual([id, name, expected[id]![name]]);
      }
    }
  });

  const marshmallow = conversations.find(({ id }) => id.endsWith("window100"))?.messages ?? [];

  it("cost 3.8 times as much with the last five observations, to save 6 % of the prompt", () => {
    const newOf = (chosen: HistoryPolicy) => {
      const { promptCharacters, reusedPromptAndOutput } = countCharacters(marshmallow, chosen);
      return [promptCharacters, reusedPromptAndOutput, promptCharacters - reusedPromptAndOutput];
    };
    expect(newOf(appendOnly)).toEqual([239_316, 204_296, 35_020]);
    expect(newOf(policies["keepLast5Observations"]!)).toEqual([225_448, 91_933, 133_515]);
    expect(newOf(policies["keepLast5ObservationsPolling5"]!)).toEqual([235_695, 179_929, 55_766]);
    expect(133_515 / 35_020).toBeCloseTo(3.8, 1);
  });

  /** Prefilled tokens of all calls under one policy, model and caching system. */
  function prefilled(chosen: HistoryPolicy, modelId: string, system: string): number {
    const load = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
    const requests: readonly Request[] = recordedRequests(marshmallow, chosen, load("qwen3"));
    const cost = createModelCost(findModel(modelId));
    const cache = findPolicy(system)!.create({ cost, capacityBytes: 2 ** 40, engineBlockTokens: 16 });
    const input = { requests, segmentCount: 0, isStatic: () => false, cache, ttftSeconds: () => 0 };
    const outcomes = replay(input);
    return requests.reduce(
      (sum, { promptTokens }, index) => sum + promptTokens.length - (outcomes.reusedTokens[index] ?? 0),
      0,
    );
  }

  it.each([
    ["an attention model", "Qwen/Qwen3-8B", "sglang-radix", { all: 10_428, five: 41_151, polled: 16_840 }],
    // A hybrid resumes at a checkpoint, and none stands exactly where two requests part.
    ["a hybrid", "ibm-granite/granite-4.0-h-small", "marconi", { all: 10_428, five: 41_566, polled: 16_842 }],
  ])("cost %s the same story in tokens", (_, model, system, expected) => {
    const [all, five, polled] = Object.values(policies).map((chosen) => prefilled(chosen, model, system));
    expect({ all, five, polled }).toEqual(expected);
  });
});

/** By code points, as the facts count; a message's text as in `recordedText`. */
function countCharacters(conversation: readonly HistoryMessage[], chosen: HistoryPolicy): Counted {
  let [promptCharacters, reusedPromptOnly, reusedPromptAndOutput] = [0, 0, 0];
  let before: { prompt: string; answer: string } | null = null;
  for (const { messages: list, answer } of recordedCalls(conversation, chosen)) {
    const prompt = list.map(recordedText).join("");
    promptCharacters += [...prompt].length;
    if (before !== null) {
      reusedPromptOnly += commonCharacters(before.prompt, prompt);
      reusedPromptAndOutput += commonCharacters(before.prompt + before.answer, prompt);
    }
    before = { prompt, answer: recordedText(answer) };
  }
  return { promptCharacters, reusedPromptOnly, reusedPromptAndOutput };
}
