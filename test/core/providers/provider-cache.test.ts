/** A provider among the systems that are replayed: the ledger gets its fates without knowing what a provider is. */
import { describe, expect, it } from "vitest";
import { Served } from "../../../src/core/cache/cache-system.ts";
import { fates } from "../../../src/core/fates.ts";
import { findProvider, termsOf } from "../../../src/core/providers/choose.ts";
import { ProviderCache } from "../../../src/core/providers/provider-cache.ts";
import { providerFates } from "../../../src/core/providers/provider-fates.ts";
import { replay } from "../../../src/core/replay/replay.ts";
import type { Request } from "../../../src/core/replay/request.ts";
import { tokens } from "./prompts.ts";

function cacheOf(id: string, model: string | null = null): ProviderCache {
  return new ProviderCache(termsOf(findProvider(id)!, { model }));
}

function requestsOf(prompts: readonly string[]): Request[] {
  return prompts.map((prompt, turn) => ({
    arrivalSeconds: turn,
    session: 0,
    turn,
    promptTokens: tokens(prompt),
    outputTokens: tokens(""),
    runs: null,
  }));
}

/** Fates of each request, by name, zeros left out. */
function ledgerOf(cache: ProviderCache, prompts: readonly string[]): Record<string, number>[] {
  const requests = requestsOf(prompts);
  const table = replay({
    requests,
    segmentCount: 0,
    isStatic: () => false,
    cache,
    ttftSeconds: () => 0,
  });
  return requests.map((_, row) =>
    Object.fromEntries(
      fates
        .map((fate, column) => [fate, table.fates[row * fates.length + column]!] as const)
        .filter(([, count]) => count > 0),
    ),
  );
}

describe("ProviderCache in the replay as it is", () => {
  it("loses rounded tokens as unaligned", () => {
    expect(ledgerOf(cacheOf("kimi-coding"), ["S800 A10", "S800 B10"])).toEqual([
      { cold: 810 },
      { reused: 768, unaligned: 32, cold: 10 },
    ]);
  });

  it("loses tokens between units as ruled out", () => {
    expect(ledgerOf(cacheOf("deepseek"), ["A100 B50", "A100 C50", "A100 D50"])).toEqual([
      { cold: 150 },
      { ruledOut: 100, cold: 50 },
      { reused: 100, cold: 50 },
    ]);
  });

  it("has nothing evicted and no checkpoint missing", () => {
    const rows = ledgerOf(cacheOf("openai-gpt-5.6"), ["S2000 A10", "S2000 A10 B10", "S2000 C10"]);
    expect(rows).toEqual([{ cold: 2010 }, { reused: 2010, cold: 10 }, { ruledOut: 2000, cold: 10 }]);
  });
});

describe("ProviderCache with message ends", () => {
  /** One conversation in messages of 100 tokens; the second request comes 30 messages later. */
  const conversation = (id: string, model: string | null, hasEnds: boolean) => {
    const cache = new ProviderCache(termsOf(findProvider(id)!, { model }), {
      atStableEnd: false,
      atPromptEnd: id !== "openai-gpt-5.6",
    });
    const requests = [20, 50, 60].map((messages, turn) => ({
      ...requestsOf([`M${messages * 100}`])[0]!,
      arrivalSeconds: turn,
      ...(hasEnds && { messageEnds: Array.from({ length: messages }, (_, index) => (index + 1) * 100) }),
    }));
    const table = replay({ requests, segmentCount: 0, isStatic: () => false, cache, ttftSeconds: () => 0 });
    return [[...table.reusedTokens], Object.fromEntries(table.tokensByReason)];
  };

  it.each([
    ["anthropic", "claude-opus-5"],
    ["bedrock-claude", "claude-opus-5"],
    ["alibaba-explicit", null],
    ["minimax", null],
  ])("%s looks back over 20 of them", (id, model) => {
    expect(conversation(id, model, true)).toEqual([[0, 0, 5000], { lookbackExceeded: 2000 }]);
    // Whoever does not know them compares at every position.
    expect(conversation(id, model, false)).toEqual([[0, 2000, 5000], {}]);
  });

  it("OpenAI compares the latest 80, Nova the marker alone", () => {
    expect(conversation("openai-gpt-5.6", null, true)).toEqual([[0, 2000, 5000], {}]);
    expect(conversation("bedrock-nova", null, true)).toEqual([[0, 0, 0], { lookbackExceeded: 7000 }]);
  });
});

describe("ProviderCache with arrivals", () => {
  it("takes time, block ends and markers, and tells the bill with its reasons", () => {
    const cache = cacheOf("anthropic", "claude-opus-4-8");
    const served = new Served();
    const none = new Int32Array(0);
    const first = { arrivalSeconds: 5, blockEnds: [2000, 2040], markers: [{ end: 2000 }] };
    cache.serve(tokens("S2000 U40"), none, served, first);
    expect([served.reusedTokens, cache.inputCost]).toEqual([0, 2540]);
    expect(cache.inspect(tokens("S2000 V1"))).toEqual({ cachedTokens: 2000, checkpoints: [2000] });

    cache.serve(tokens("S2000 V40"), none, served, { ...first, arrivalSeconds: 300 });
    expect([served.reusedTokens, cache.inputCost]).toEqual([2000, 240]);
    cache.serve(tokens("S2000 W40"), none, served, { ...first, arrivalSeconds: 601 });
    expect(providerFates(cache.billed)).toEqual([
      { fate: "ruledOut", start: 0, end: 2000, reason: "expired" },
      { fate: "cold", start: 2000, end: 2040, reason: null },
    ]);
    expect(cache.contents()).toEqual({ kvBytes: 0, checkpointBytes: 0, checkpoints: 0 });
  });

  it("does not let time run backwards, and without an arrival lets it stand", () => {
    const cache = cacheOf("groq");
    const served = new Served();
    const none = new Int32Array(0);
    cache.serve(tokens("S100"), none, served, { arrivalSeconds: 9000 });
    cache.serve(tokens("S100 A1"), none, served, { arrivalSeconds: 10 });
    expect(served.reusedTokens).toBe(100);
    cache.serve(tokens("S100 B1"), none, served);
    expect(served.reusedTokens).toBe(100);
  });
});

describe("ProviderCache with markers set for the author", () => {
  const none = new Int32Array(0);
  const terms = termsOf(findProvider("anthropic")!, { model: "claude-opus-4-8" });

  it("writes and reads the stable part, and the whole prompt for the next turn", () => {
    const cache = new ProviderCache(terms, { atStableEnd: true, atPromptEnd: true });
    const served = new Served();
    const context = { arrivalSeconds: 0, stableTokens: 2000 };
    cache.serve(tokens("S2000 U40"), none, served, context);
    expect([served.reusedTokens, served.inputUnits]).toEqual([0, 2040 * 1.25]);
    // Another customer reads the stable part; the next turn of the first reads all of it.
    cache.serve(tokens("S2000 V40"), none, served, context);
    expect([served.reusedTokens, served.inputUnits]).toEqual([2000, 2000 * 0.1 + 40 * 1.25]);
    cache.serve(tokens("S2000 U40 W40"), none, served, context);
    expect([served.reusedTokens, served.inputUnits]).toEqual([2040, 2040 * 0.1 + 40 * 1.25]);
    expect(served.losses).toEqual([]);
  });

  it("marks nothing where no part is stable, and nothing behind it where the end is not marked", () => {
    const cache = new ProviderCache(terms, { atStableEnd: true, atPromptEnd: false });
    const served = new Served();
    cache.serve(tokens("S2000 U40"), none, served, { arrivalSeconds: 0 });
    expect(served.inputUnits).toBe(2040);
    cache.serve(tokens("S2000 U40"), none, served, { arrivalSeconds: 1, stableTokens: 2000 });
    expect([served.reusedTokens, served.inputUnits]).toEqual([0, 2000 * 1.25 + 40]);
    expect(served.losses).toEqual([{ fate: "ruledOut", reason: "noBreakpoint", start: 0, end: 2040 }]);
  });
});
