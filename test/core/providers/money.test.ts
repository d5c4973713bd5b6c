import { describe, expect, it } from "vitest";
import { findProvider, termsOf } from "../../../src/core/providers/choose.ts";
import {
  breakEven,
  dollars,
  hitShareToBreakEven,
  inputCost,
  requestCost,
  reusesToBreakEven,
  savedShare,
} from "../../../src/core/providers/money.ts";
import { facts } from "./facts.ts";

const anthropic = termsOf(findProvider("anthropic")!, { model: "claude-opus-4-8" });
const openai = termsOf(findProvider("openai-gpt-5.6")!);

const cases = [
  ["anthropic5m", breakEven(anthropic), 0.278, 0.217],
  ["anthropic1h", breakEven(anthropic, "long"), 1.111, 0.526],
  ["openaiGpt56", breakEven(openai), 0.278, 0.217],
] as const;

describe("break-even", () => {
  it.each(cases)("%s", (_, { reuses, hitShare }, expectedReuses, expectedShare) => {
    expect(reuses).toBeCloseTo(expectedReuses, 3);
    expect(hitShare).toBeCloseTo(expectedShare, 3);
  });

  it("is what the reference facts derive", () => {
    const { note, ...derived } = facts.derived.breakEven;
    expect(note).toContain("w + r*n = 1 + n");
    const ours = Object.fromEntries(
      cases.map(([id, , reusesToBreakEven, hitProbabilityToBreakEven]) => [
        id,
        { reusesToBreakEven, hitProbabilityToBreakEven },
      ]),
    );
    expect(derived).toEqual(ours);
  });

  it("solves its own equations", () => {
    for (const [write, read] of [
      [1.25, 0.1],
      [2, 0.05],
      [1.5, 0.5],
    ] as const) {
      const reuses = reusesToBreakEven(write, read);
      expect(write + reuses * read).toBeCloseTo(1 + reuses, 12);
      const share = hitShareToBreakEven(write, read);
      expect(share * read + (1 - share) * write).toBeCloseTo(1, 12);
    }
  });

  it("is at once where writing is free, and never where reading saves nothing", () => {
    expect([reusesToBreakEven(1, 0.5), hitShareToBreakEven(1, 0.5)]).toEqual([0, 0]);
    expect([reusesToBreakEven(1.25, 1), hitShareToBreakEven(1.25, 1)]).toEqual([Infinity, Infinity]);
  });
});

describe("cost", () => {
  const billed = { readTokens: 10_000, writtenTokens: 3000, writtenLongTokens: 1000, plainTokens: 500 };

  it("is plain·1 + read·r + written·w, each lifetime at its own price", () => {
    expect(inputCost(billed, anthropic)).toBe(500 + 1000 + 2000 * 1.25 + 1000 * 2);
    expect(requestCost(billed, anthropic, 200, 5)).toBe(6000 + 1000);
    expect(savedShare(billed, anthropic)).toBeCloseTo(1 - 6000 / 13_500, 12);
    expect(dollars(6000, 5)).toBeCloseTo(0.03, 12);
  });

  it("is negative savings where nothing is read again", () => {
    const once = { readTokens: 0, writtenTokens: 1000, writtenLongTokens: 0, plainTokens: 0 };
    expect(savedShare(once, openai)).toBeCloseTo(-0.25, 12);
    expect(savedShare({ ...once, writtenTokens: 0 }, openai)).toBe(0);
  });
});
