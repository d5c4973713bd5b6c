/** One conversation or more with every provider of the catalogue: what is billed, and why nothing more is read. */
import { describe, expect, it } from "vitest";
import { providers } from "../../../src/core/providers/catalogue.ts";
import { createMatcher, findProvider, termsOf } from "../../../src/core/providers/choose.ts";
import { inputCost } from "../../../src/core/providers/money.ts";
import { type Sent, send, told } from "./prompts.ts";

/** A request, what is told of it, and its cost in prices of a plain input token. */
type Step = readonly [Sent, string, number];

interface Conversation {
  readonly id: string;
  readonly model?: string;
  readonly title: string;
  readonly steps: readonly Step[];
}

const conversations: readonly Conversation[] = [
  {
    id: "openai-classic",
    model: "gpt-5.4",
    title: "reads whole steps of 128 from 1,024 on; gone after 5 idle minutes, renewed by use",
    steps: [
      [{ prompt: "S1500 A300" }, "read 0, written 0, plain 1800", 1800],
      [{ at: 290, prompt: "S1500 B300" }, "read 1408, written 0, plain 392; rounding 92", 532.8],
      [{ at: 580, prompt: "S1500 C300" }, "read 1408, written 0, plain 392; rounding 92", 532.8],
      [{ at: 881, prompt: "S1500 D300" }, "read 0, written 0, plain 1800; expired 1500", 1800],
      [{ at: 882, prompt: "S1000 E300" }, "read 0, written 0, plain 1300; belowMinimum 1000", 1300],
    ],
  },
  {
    id: "openai-gpt-5.6",
    title:
      "rewrites 9,000 stable tokens each time, until a breakpoint stands behind them (openai/codex#35300)",
    steps: [
      [{ prompt: "D9000 U50" }, "read 0, written 9050, plain 0", 11312.5],
      [{ at: 10, prompt: "D9000 V50" }, "read 0, written 9050, plain 0; noBreakpoint 9000", 11312.5],
      [
        { at: 20, prompt: "D9000 W50", marks: [9000] },
        "read 0, written 9050, plain 0; noBreakpoint 9000",
        11312.5,
      ],
      [{ at: 30, prompt: "D9000 X50", marks: [9000] }, "read 9000, written 50, plain 0", 962.5],
      [
        { at: 1821, prompt: "D9000 Y50", marks: [9000] },
        "read 0, written 9050, plain 0; expired 9000",
        11312.5,
      ],
    ],
  },
  {
    id: "openai-gpt-6.1",
    model: "gpt-6.1-terra",
    title: "reads a twentieth of the price; a long marker lives for twelve hours at 2.5 times the price",
    steps: [
      [{ prompt: "D9000 U50", marks: [-9000] }, "read 0, written 9050 (9000 long), plain 0", 22562.5],
      [{ at: 43200, prompt: "D9000 V50", marks: [-9000] }, "read 9000, written 50, plain 0", 512.5],
    ],
  },
  {
    id: "azure-openai",
    model: "gpt-4o-mini",
    title: "counts as OpenAI does",
    steps: [
      [{ prompt: "S1500 A300" }, "read 0, written 0, plain 1800", 1800],
      [{ at: 60, prompt: "S1500 B300" }, "read 1408, written 0, plain 392; rounding 92", 1096],
    ],
  },
  {
    id: "anthropic",
    model: "claude-opus-4-8",
    title: "an automatic marker moves with the conversation; a read renews five minutes",
    steps: [
      [{ prompt: "S1200 U100", hasAutomaticMarker: true }, "read 0, written 1300, plain 0", 1625],
      [
        { at: 200, prompt: "S1200 U100 A50 V60", hasAutomaticMarker: true },
        "read 1300, written 110, plain 0",
        267.5,
      ],
      [
        { at: 450, prompt: "S1200 U100 A50 V60 B50 W40", hasAutomaticMarker: true },
        "read 1410, written 90, plain 0",
        253.5,
      ],
      [{ at: 460, prompt: "S1200 U100 A50" }, "read 0, written 0, plain 1350; noBreakpoint 1350", 1350],
      [
        { at: 751, prompt: "S1200 U100 A50 V60", hasAutomaticMarker: true },
        "read 0, written 1410, plain 0; expired 1410",
        1762.5,
      ],
    ],
  },
  {
    id: "gemini-implicit",
    model: "gemini-2.5-flash",
    title: "reads any prefix of 2,048 tokens or more",
    steps: [
      [{ prompt: "D2000" }, "read 0, written 0, plain 2000", 2000],
      [{ at: 1, prompt: "D2000 A40" }, "read 0, written 0, plain 2040; belowMinimum 2000", 2040],
      [{ at: 2, prompt: "D2000 B100" }, "read 0, written 0, plain 2100; belowMinimum 2000", 2100],
      [{ at: 3, prompt: "D2000 B100 C10" }, "read 2100, written 0, plain 10", 220],
    ],
  },
  {
    id: "gemini-explicit",
    model: "gemini-2.5-pro",
    title: "a cache object lives for an hour from its creation, however often it is read",
    steps: [
      [{ prompt: "D5000 A40", marks: [5000] }, "read 0, written 5000, plain 40", 5040],
      [{ at: 3000, prompt: "D5000 B40", marks: [5000] }, "read 5000, written 0, plain 40", 540],
      [{ at: 3500, prompt: "D5000 B40" }, "read 0, written 0, plain 5040; noBreakpoint 5040", 5040],
      [
        { at: 3601, prompt: "D5000 C40", marks: [5000] },
        "read 0, written 5000, plain 40; expired 5000",
        5040,
      ],
    ],
  },
  {
    id: "deepseek",
    model: "deepseek-v4-flash",
    title: "A+B then A+B+C reads A+B, and with its answer in between, that too (guides/kv_cache, example 1)",
    steps: [
      [{ prompt: "A1000 B500", answer: "R200" }, "read 0, written 0, plain 1500", 1500],
      [{ at: 9, prompt: "A1000 B500 C100" }, "read 1500, written 0, plain 100", 130],
      [{ at: 9, prompt: "A1000 B500 R200 D100" }, "read 1700, written 0, plain 100", 134],
    ],
  },
  {
    id: "deepseek",
    model: "deepseek-v4-pro",
    title: "A+B then A+C reads nothing but writes A; then A+D reads A (guides/kv_cache, example 2)",
    steps: [
      [{ prompt: "A1000 B500" }, "read 0, written 0, plain 1500", 1500],
      [{ at: 9, prompt: "A1000 C500" }, "read 0, written 0, plain 1500; betweenUnits 1000", 1500],
      [{ at: 99, prompt: "A1000 D500" }, "read 1000, written 0, plain 500", 533.3],
    ],
  },
  {
    id: "deepseek-2024",
    title: "reads whole units of 64 tokens",
    steps: [
      [{ prompt: "A100 B100" }, "read 0, written 0, plain 200", 200],
      [{ prompt: "A100 C100" }, "read 64, written 0, plain 136; rounding 36", 152.576],
      [{ prompt: "A60 D100" }, "read 0, written 0, plain 160; belowMinimum 60", 160],
    ],
  },
  {
    id: "bedrock-claude",
    model: "anthropic.claude-3-7-sonnet-20250219-v1:0",
    title: "the second marker needs twice the minimum: 2,048",
    steps: [
      [{ prompt: "T1024 S976 U40", marks: [1024, 2000] }, "read 0, written 1024, plain 1016", 2296],
      [
        { at: 9, prompt: "T1024 S976 V40", marks: [1024, 2000] },
        "read 1024, written 0, plain 1016; noBreakpoint 976",
        1118.4,
      ],
      [
        { at: 9, prompt: "T1024 S1024 W40", marks: [1024, 2048] },
        "read 1024, written 1024, plain 40; noBreakpoint 976",
        1422.4,
      ],
    ],
  },
  {
    id: "bedrock-nova",
    title: "marks without published prices: reading and writing count as plain input",
    steps: [
      [{ prompt: "S2000 U40", marks: [2000] }, "read 0, written 2000, plain 40", 2040],
      [{ at: 300, prompt: "S2000 V40", marks: [2000] }, "read 2000, written 0, plain 40", 2040],
      [{ at: 601, prompt: "S2000 W40", marks: [2000] }, "read 0, written 2000, plain 40; expired 2000", 2040],
    ],
  },
  {
    id: "xai",
    title: "reads 98 of 125 tokens, as in the provider's own example",
    steps: [
      [{ prompt: "P98 Q27" }, "read 0, written 0, plain 125", 125],
      [{ at: 5, prompt: "P98 R27" }, "read 98, written 0, plain 27", 51.5],
    ],
  },
  {
    id: "fireworks",
    title: "half the price for any prefix",
    steps: [
      [{ prompt: "S300 A10" }, "read 0, written 0, plain 310", 310],
      [{ at: 5, prompt: "S300 B10" }, "read 300, written 0, plain 10", 160],
    ],
  },
  {
    id: "groq",
    title: "keeps a prefix for two idle hours",
    steps: [
      [{ prompt: "S300 A10" }, "read 0, written 0, plain 310", 310],
      [{ at: 7200, prompt: "S300 B10" }, "read 300, written 0, plain 10", 160],
      [{ at: 14401, prompt: "S300 C10" }, "read 0, written 0, plain 310; expired 300", 310],
    ],
  },
  {
    id: "mistral",
    title: "a tenth of the price for any prefix",
    steps: [
      [{ prompt: "S300 A10" }, "read 0, written 0, plain 310", 310],
      [{ at: 5, prompt: "S300 B10" }, "read 300, written 0, plain 10", 40],
    ],
  },
  {
    id: "kimi-coding",
    title: "reads chunks of 256 tokens and ignores markers",
    steps: [
      [{ prompt: "S800 A10", marks: [800] }, "read 0, written 0, plain 810", 810],
      [{ at: 5, prompt: "S800 B10", marks: [800] }, "read 768, written 0, plain 42; rounding 32", 810],
    ],
  },
  {
    id: "kimi-k3",
    title: "a tenth of the price: 0.30 against 3.00 USD",
    steps: [
      [{ prompt: "S800 A10" }, "read 0, written 0, plain 810", 810],
      [{ at: 5, prompt: "S800 B10" }, "read 800, written 0, plain 10", 90],
    ],
  },
  {
    id: "alibaba-explicit",
    title: "an entry exists only after the answer that creates it",
    steps: [
      [{ prompt: "S1500 A10", marks: [1500], answerEndSeconds: 20 }, "read 0, written 1500, plain 10", 1885],
      [
        { at: 10, prompt: "S1500 B10", marks: [1500], answerEndSeconds: 20 },
        "read 0, written 1500, plain 10; notYetReadable 1500",
        1885,
      ],
      [{ at: 20, prompt: "S1500 C10", marks: [1500] }, "read 1500, written 0, plain 10", 160],
      [
        { at: 21, prompt: "S1000 D10", marks: [1000] },
        "read 0, written 0, plain 1010; belowMinimum 1000",
        1010,
      ],
    ],
  },
  {
    id: "alibaba-implicit",
    title: "a fifth of the price from 1,024 tokens on",
    steps: [
      [{ prompt: "S1500 A10" }, "read 0, written 0, plain 1510", 1510],
      [{ at: 5, prompt: "S1500 B10" }, "read 1500, written 0, plain 10", 310],
      [{ at: 5, prompt: "S1000 B50" }, "read 0, written 0, plain 1050; belowMinimum 1000", 1050],
    ],
  },
  {
    id: "cerebras",
    title: "reads blocks of at most 600 tokens; sure for five minutes",
    steps: [
      [{ prompt: "S1500 A10" }, "read 0, written 0, plain 1510", 1510],
      [{ at: 300, prompt: "S1500 B10" }, "read 1200, written 0, plain 310; rounding 300", 1510],
      [{ at: 601, prompt: "S1500 C10" }, "read 0, written 0, plain 1510; expired 1500", 1510],
    ],
  },
  {
    id: "minimax",
    title: "marks in Anthropic's style",
    steps: [
      [{ prompt: "S1500 A10", marks: [1500] }, "read 0, written 1500, plain 10", 1510],
      [
        { at: 299, prompt: "S1500 A10 B10", marks: [1520] },
        "read 1500, written 20, plain 0; noBreakpoint 10",
        1520,
      ],
    ],
  },
];

describe("every provider of the catalogue", () => {
  it.each(
    conversations.map((conversation) => [`${conversation.id}: ${conversation.title}`, conversation] as const),
  )("%s", (_, { id, model, steps }) => {
    const provider = findProvider(id);
    if (!provider) throw new Error(`${id} is not in the catalogue`);
    const terms = termsOf(provider, { model: model ?? null });
    const matcher = createMatcher(terms);
    for (const [sent, expected, cost] of steps) {
      const served = send(matcher, sent);
      expect(told(served), `at ${sent.at ?? 0}`).toBe(expected);
      expect(inputCost(served, terms), `at ${sent.at ?? 0}`).toBeCloseTo(cost, 6);
    }
  });

  it("leaves no entry out", () => {
    const worked = new Set(conversations.map(({ id }) => id));
    expect(providers.map(({ id }) => id).filter((id) => !worked.has(id))).toEqual([]);
  });
});
