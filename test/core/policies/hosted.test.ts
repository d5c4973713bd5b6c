/** One conversation that only grows, through the policy of every hosted API: tokens read, and what the prompts cost. */
import { describe, expect, it } from "vitest";
import { findPolicy, policies } from "../../../src/core/policies/registry.ts";
import { type OutcomeTable, replay } from "../../../src/core/replay/replay.ts";
import type { Request } from "../../../src/core/replay/request.ts";
import { tokens } from "../providers/prompts.ts";

/**
 * 4,800 tokens that never change, then questions of 200 tokens and answers of 100, a minute apart: prompts of 5,000, 5,300
 * and 5,600 tokens. Before the next question lies 5,100, then 5,400 of what was sent and answered.
 */
const stable = 4800;
const turns: readonly Request[] = [0, 1, 2].map((turn) => {
  const text = Array.from({ length: turn }, (_, past) => `${"abc"[past]}200 ${"xyz"[past]}100`);
  const ends = [
    stable,
    ...Array.from({ length: turn }, (_, past) => [5000 + 300 * past, 5100 + 300 * past]).flat(),
  ];
  return {
    arrivalSeconds: 60 * turn,
    session: 0,
    turn,
    promptTokens: tokens([`S${stable}`, ...text, `${"abc"[turn]}200`].join(" ")),
    outputTokens: tokens(`${"xyz"[turn]}100`),
    messageEnds: [...ends, 5000 + 300 * turn],
    runs: null,
  };
});
const prompts = [5000, 5300, 5600];

/** Tokens read by the second and by the third turn, and the prices of a token read and of one that is written. */
interface Row {
  readonly reads: readonly [number, number];
  readonly read: number;
  /** 1 where writing is no item of the bill. */
  readonly write: number;
  /** Where less than all that was not read is written: up to here. */
  readonly writtenTo?: number;
}

/** A marker at the end of each prompt: the next turn reads all of it, and writes what is new. */
const marked = { reads: [5000, 5300] } as const;
/** The longest prefix of prompt and answer. */
const anyPrefix = { reads: [5100, 5400], write: 1 } as const;
const rows: Readonly<Record<string, Row>> = {
  "openai-classic": { reads: [39 * 128, 42 * 128], read: 0.5, write: 1 },
  "openai-gpt-5.6": { ...marked, read: 0.1, write: 1.25 },
  "openai-gpt-6.1": { ...marked, read: 0.05, write: 1.25 },
  "openai-gpt-6.1-12h": { ...marked, read: 0.05, write: 2.5 },
  "azure-openai": { reads: [39 * 128, 42 * 128], read: 0.5, write: 1 },
  anthropic: { ...marked, read: 0.1, write: 1.25 },
  "anthropic-1h": { ...marked, read: 0.1, write: 2 },
  "anthropic:claude-opus-5-5": { ...marked, read: 0.05, write: 1.25 },
  "gemini-implicit": { ...anyPrefix, read: 0.1 },
  "gemini-explicit": { reads: [stable, stable], read: 0.25, write: 1, writtenTo: stable },
  "gemini-explicit:gemini-2.5-pro": { reads: [stable, stable], read: 0.1, write: 1, writtenTo: stable },
  deepseek: { ...anyPrefix, read: 0.0333 },
  "deepseek-2024": { reads: [79 * 64, 84 * 64], read: 0.259, write: 1 },
  // The second marker needs twice the 4,096 tokens that a model without a name needs.
  "bedrock-claude": { reads: [stable, stable], read: 0.1, write: 1.25, writtenTo: stable },
  "bedrock-claude-1h": { reads: [stable, stable], read: 0.1, write: 2, writtenTo: stable },
  "bedrock-claude:claude-opus-5": { ...marked, read: 0.1, write: 1.25 },
  "bedrock-nova": { reads: [stable, stable], read: 1, write: 1 },
  xai: { ...anyPrefix, read: 0.25 },
  fireworks: { ...anyPrefix, read: 0.5 },
  groq: { ...anyPrefix, read: 0.5 },
  mistral: { ...anyPrefix, read: 0.1 },
  "kimi-coding": { reads: [19 * 256, 21 * 256], read: 1, write: 1 },
  "kimi-k3": { ...anyPrefix, read: 0.1 },
  "alibaba-explicit": { ...marked, read: 0.1, write: 1.25 },
  "alibaba-implicit": { ...anyPrefix, read: 0.2 },
  cerebras: { reads: [8 * 600, 9 * 600], read: 1, write: 1 },
  minimax: { ...marked, read: 1, write: 1 },
};

function served(id: string, requests: readonly Request[]): OutcomeTable {
  const cache = findPolicy(id)!.create({
    cost: { kvBytesPerToken: 1, checkpointBytes: 0, prefillFlops: () => 1 },
    capacityBytes: 1,
    engineBlockTokens: 16,
  });
  return replay({
    requests,
    segmentCount: 0,
    isStatic: () => true,
    cache,
    ttftSeconds: () => 1,
    stableTokens: () => stable,
  });
}

describe("a conversation that only grows", () => {
  it.each(Object.entries(rows))("%s", (id, { reads, read, write, writtenTo = Number.POSITIVE_INFINITY }) => {
    const { reusedTokens, inputUnits } = served(id, turns);
    expect([...reusedTokens]).toEqual([0, ...reads]);
    for (const [turn, prompt] of prompts.entries()) {
      const readTokens = turn === 0 ? 0 : reads[turn - 1]!;
      const written = Math.max(0, Math.min(prompt, writtenTo) - readTokens);
      const plain = prompt - readTokens - written;
      expect(inputUnits[turn], `turn ${turn}`).toBeCloseTo(readTokens * read + written * write + plain, 6);
    }
  });

  it.each([
    "bedrock-claude:anthropic.claude-opus-5-20260814-v1:0",
    " bedrock-claude:eu.anthropic.Claude-Opus-5-v1:0:200k ",
  ])("takes the rest of %s for the model's name, colons and all", (id) => {
    expect(findPolicy(id)).toMatchObject({
      id: id.trim().toLowerCase(),
      limits: findPolicy("bedrock-claude:claude-opus-5")!.limits,
    });
    expect(findPolicy("bedrock-claude:")?.id).toBe("bedrock-claude");
  });

  it("has a row for every hosted policy", () => {
    const hosted = policies.filter(({ kind }) => kind === "hosted").map(({ id }) => id);
    expect(Object.keys(rows)).toEqual(expect.arrayContaining(hosted));
  });

  it("keeps read(t) = read(t - 1) + write(t - 1) wherever all of a prompt is written at a price", () => {
    const priced = Object.entries(rows).filter(
      ([, { write, writtenTo }]) => write > 1 && writtenTo === undefined,
    );
    expect(priced.length).toBeGreaterThan(4);
    for (const [id, { reads }] of priced) expect([id, reads]).toEqual([id, prompts.slice(0, 2)]);
  });

  it("reads nothing after a pause longer than the lifetime, and everything where none is published", () => {
    const [first, second] = turns as [Request, Request];
    const readAfter = (id: string, seconds: number): number =>
      served(id, [first, { ...second, arrivalSeconds: seconds }]).reusedTokens[1]!;
    for (const [id, seconds] of [
      ["openai-classic", 300],
      ["openai-gpt-5.6", 1800],
      ["openai-gpt-6.1", 1800],
      ["openai-gpt-6.1-12h", 43200],
      ["gemini-implicit", 86400],
      ["anthropic", 300],
      ["anthropic-1h", 3600],
      ["gemini-explicit", 3600],
      ["bedrock-claude", 300],
      ["bedrock-claude-1h", 3600],
      ["bedrock-nova", 300],
      ["groq", 7200],
      ["alibaba-explicit", 300],
      ["cerebras", 300],
      ["minimax", 300],
    ] as const) {
      expect([id, readAfter(id, seconds)]).toEqual([id, rows[id]!.reads[0]]);
      expect([id, readAfter(id, seconds + 1)]).toEqual([id, 0]);
    }
    for (const id of ["deepseek", "xai", "fireworks", "mistral", "kimi-k3", "alibaba-implicit"]) {
      expect([id, readAfter(id, 1e7)]).toEqual([id, 5100]);
    }
  });
});

describe("DeepSeek's own example", () => {
  it("A+B then A+C reads nothing, but A is written; then A+D reads A", () => {
    const requests = ["A1000 B500", "A1000 C500", "A1000 D500"].map((text, turn) => ({
      ...turns[0]!,
      arrivalSeconds: turn,
      promptTokens: tokens(text),
      outputTokens: tokens(""),
      messageEnds: [1000, 1500],
    }));
    expect([...served("deepseek", requests).reusedTokens]).toEqual([0, 0, 1000]);
  });
});

describe("without a model", () => {
  it("the highest price of reading counts, also where one is published for all other models", () => {
    const assumptions = (id: string) =>
      findPolicy(id)!.assumptions!({
        cost: { kvBytesPerToken: 1, checkpointBytes: 0, prefillFlops: () => 1 },
        capacityBytes: 1,
        engineBlockTokens: 16,
      }).join(" ");
    expect(assumptions("gemini-explicit")).toContain(
      "The price of reading for this model is not known: the highest, 0.25.",
    );
    expect(assumptions("gemini-explicit:gemini-2.5-flash")).not.toContain("is not known");
  });
});
