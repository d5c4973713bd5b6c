import { describe, expect, it } from "vitest";
import { providers } from "../../../src/core/providers/catalogue.ts";
import { findProvider, termsOf } from "../../../src/core/providers/choose.ts";
import { facts } from "./facts.ts";

describe("the reference facts", () => {
  it("are all there, in their order", () => {
    expect(providers.map(({ id }) => id)).toEqual(facts.rules.map(({ id }) => id));
  });

  it("state multipliers that follow from their own prices", () => {
    const priced = providers.flatMap((provider) =>
      provider.pricesUsdPerMillion.map((prices) => ({ provider, ...prices })),
    );
    expect([...new Set(priced.map(({ provider }) => provider.id))]).toEqual([
      "openai-gpt-5.6",
      "openai-gpt-6.1",
      "anthropic",
      "deepseek",
      "deepseek-2024",
      "xai",
      "kimi-k3",
    ]);
    for (const { provider, model, plain, read, write, longWrite } of priced) {
      const terms = termsOf(provider, { model });
      expect(read / plain, model).toBeCloseTo(terms.readMultiplier, 3);
      if (write !== undefined) expect(write / plain, model).toBe(terms.writeMultiplier);
      if (longWrite !== undefined) expect(longWrite / plain, model).toBe(terms.longWriteMultiplier);
    }
  });
});

describe("catalogue", () => {
  it("has twenty-one entries under different ids, each with date, source and confidence", () => {
    expect(new Set(providers.map(({ id }) => id)).size).toBe(21);
    for (const provider of providers) {
      expect(provider.asOf, provider.id).toMatch(/^20\d\d/);
      expect(provider.sources.length, provider.id).toBeGreaterThan(0);
      expect(provider.confidence, provider.id).toMatch(/^(high|medium|low)/);
      expect(provider.lifetimes[0]?.id, provider.id).toBe("default");
    }
  });

  it("covers all providers with three matchers", () => {
    const count = (kind: string) => providers.filter(({ matcher }) => matcher.kind === kind).length;
    const counts = {
      prefixRounded: count("prefixRounded"),
      breakpoint: count("breakpoint"),
      unit: count("unit"),
    };
    expect(counts).toEqual({ prefixRounded: 12, breakpoint: 8, unit: 1 });
  });

  it("reads long for less than plain, and writes short for no more than long", () => {
    for (const provider of providers) {
      const terms = termsOf(provider);
      expect(terms.readMultiplier, provider.id).toBeLessThanOrEqual(1);
      expect(terms.longWriteMultiplier, provider.id).toBeGreaterThanOrEqual(terms.writeMultiplier);
    }
  });
});

describe("terms of a model", () => {
  const anthropic = findProvider("anthropic")!;
  const bedrock = findProvider("bedrock-claude")!;
  const openai = findProvider("openai-classic")!;
  const gemini = findProvider("gemini-implicit")!;

  it.each([
    [anthropic, "claude-opus-4-7", 2048, 0.1],
    [anthropic, "Opus 4.7", 2048, 0.1],
    [anthropic, "claude-opus-4-20250514", 1024, 0.1],
    [anthropic, "claude-opus-4-1-20250805", 1024, 0.1],
    [anthropic, "claude-opus-5", 512, 0.1],
    [anthropic, "claude-opus-5-5", 512, 0.05],
    [anthropic, "claude-mythos-5-1", 512, 0.025],
    [anthropic, "claude-haiku-4-5", 4096, 0.1],
    [bedrock, "anthropic.claude-opus-4-7", 4096, 0.1],
    [bedrock, "anthropic.claude-sonnet-4-6", 1024, 0.1],
    [openai, "gpt-4o-mini", 1024, 0.5],
    [openai, "o3-pro", 1024, 0.5],
    [openai, "gpt-4.1-nano", 1024, 0.25],
    [openai, "gpt-5.4", 1024, 0.1],
    [gemini, "gemini-3.1-pro-preview", 4096, 0.1],
    [gemini, "gemini-2.5-pro", 2048, 0.1],
  ])("$id: %s, %s", (provider, model, minimumTokens, readMultiplier) => {
    expect(termsOf(provider, { model })).toMatchObject({ minimumTokens, readMultiplier });
    expect(termsOf(provider, { model }).assumptions).toEqual(provider.assumptions);
  });

  it("takes the worst for a model that it does not know, and says so", () => {
    const terms = termsOf(anthropic, { model: "claude-sonnet-9" });
    expect(terms.minimumTokens).toBe(4096);
    expect(terms.assumptions).toEqual([
      "The minimum length for claude-sonnet-9 is not known: the highest, 4096.",
    ]);
    expect(termsOf(openai).assumptions.at(-1)).toBe(
      "The price of reading for this model is not known: the highest, 0.5.",
    );
  });

  it("knows DeepSeek's newer prices, and keeps the older ones as a conflict", () => {
    const deepseek = findProvider("DeepSeek ")!;
    expect(termsOf(deepseek, { model: "deepseek-v4-flash" }).readMultiplier).toBe(0.02);
    expect(deepseek.conflicts.join()).toContain("0.201");
    expect(findProvider("nobody")).toBeUndefined();
  });
});
