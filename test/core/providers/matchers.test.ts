import { describe, expect, it } from "vitest";
import { Breakpoints, type BreakpointsOptions } from "../../../src/core/providers/breakpoints.ts";
import { providers } from "../../../src/core/providers/catalogue.ts";
import {
  createMatcher,
  findProvider,
  type ProviderChoice,
  termsOf,
} from "../../../src/core/providers/choose.ts";
import { PrefixRounded } from "../../../src/core/providers/prefix-rounded.ts";
import { providerFates } from "../../../src/core/providers/provider-fates.ts";
import { type Matcher, ProviderServed } from "../../../src/core/providers/request.ts";
import { WholeUnits } from "../../../src/core/providers/whole-units.ts";
import { send, tokens, told } from "./prompts.ts";

function matcherOf(id: string, choice: ProviderChoice = {}): Matcher {
  const provider = findProvider(id);
  if (!provider) throw new Error(`${id} is not in the catalogue`);
  return createMatcher(termsOf(provider, choice));
}

/** `count` blocks of 100 tokens, from `B`'s first one. */
function blocks(count: number): { prompt: string; blockEnds: number[] } {
  return {
    prompt: `B${count * 100}`,
    blockEnds: Array.from({ length: count }, (_, index) => (index + 1) * 100),
  };
}

const plainBreakpoints: BreakpointsOptions = {
  maxBreakpoints: 4,
  lookbackPositions: 20,
  lookbackFrom: "eachMarker",
  automaticMarker: "never",
  isRenewedByReads: true,
  isMinimumPerMarker: false,
  readableFrom: "arrival",
  minimumTokens: 0,
  lifetimeSeconds: 300,
  longLifetimeSeconds: 3600,
};

describe("breakpoint", () => {
  it("looks at 20 positions, the marker's own first (Anthropic's example of 10, 15 and 35 blocks)", () => {
    const cache = matcherOf("anthropic", { model: "claude-opus-5" });
    expect(told(send(cache, { ...blocks(10), marks: [1000] }))).toBe("read 0, written 1000, plain 0");
    expect(told(send(cache, { ...blocks(15), marks: [1500] }))).toBe("read 1000, written 500, plain 0");
    const late = "read 0, written 3500, plain 0; lookbackExceeded 1500";
    expect(told(send(cache, { ...blocks(35), marks: [3500] }))).toBe(late);
  });

  it("finds it from a second marker, or one block earlier", () => {
    const warm = (): Matcher => {
      const cache = matcherOf("anthropic", { model: "claude-opus-5" });
      send(cache, { ...blocks(15), marks: [1500] });
      return cache;
    };
    expect(told(send(warm(), { ...blocks(35), marks: [1500, 3500] }))).toBe(
      "read 1500, written 2000, plain 0",
    );
    expect(told(send(warm(), { ...blocks(34), marks: [3400] }))).toBe("read 1500, written 1900, plain 0");
  });

  it.each([
    ["each", false, "read 0, written 3500, plain 0; lookbackExceeded 1500"],
    ["once", true, "read 1500, written 2000, plain 0"],
  ])("counts the blocks of a run of tool calls %s", (_, countsToolRunsOnce, expected) => {
    const cache = matcherOf("anthropic", { model: "claude-opus-5", countsToolRunsOnce });
    send(cache, { ...blocks(15), marks: [1500] });
    // Blocks 17 to 25 go on with a run each.
    const { prompt, blockEnds } = blocks(35);
    const served = new ProviderServed();
    cache.serve(
      {
        arrivalSeconds: 0,
        promptTokens: tokens(prompt),
        outputTokens: tokens(""),
        blockEnds,
        withinToolRuns: blockEnds.slice(16, 25),
        markers: [{ end: 3500 }],
      },
      served,
    );
    expect(told(served)).toBe(expected);
  });

  it("knows nobody but Anthropic's own API of whom a run is said to count once", () => {
    const disputed = providers.filter(
      (provider) => termsOf(provider, { countsToolRunsOnce: true }).countsToolRunsOnce,
    );
    expect(disputed.map(({ id }) => id)).toEqual(["anthropic"]);
  });

  it("never finds stable text behind a marker on changing text (Anthropic's common mistake)", () => {
    const cache = matcherOf("anthropic", { model: "claude-opus-5" });
    for (const prompt of ["S3000 T40", "S3000 U40", "S3000 V40"]) {
      expect(send(cache, { prompt, marks: [3040] }).readTokens).toBe(0);
    }
    send(cache, { prompt: "S3000 W40", marks: [3000] });
    expect(send(cache, { prompt: "S3000 X40", marks: [3000] }).readTokens).toBe(3000);
  });

  it("bills the long part before the short part, and keeps each as long as it was paid for", () => {
    const cache = new Breakpoints(plainBreakpoints);
    const prompt = "S2000 U500 V10";
    expect(told(send(cache, { prompt, marks: [-2000, 2500] }))).toBe(
      "read 0, written 2500 (2000 long), plain 10",
    );
    const later = "read 2000, written 500, plain 10; expired 500; noBreakpoint 10";
    expect(told(send(cache, { at: 3600, prompt, marks: [-2000, 2500] }))).toBe(later);
    const gone = "read 0, written 2500 (2000 long), plain 10; expired 2500; noBreakpoint 10";
    expect(told(send(cache, { at: 7201, prompt, marks: [-2000, 2500] }))).toBe(gone);
  });

  it("writes at the latest of too many markers", () => {
    const cache = new Breakpoints({ ...plainBreakpoints, maxBreakpoints: 2 });
    send(cache, { prompt: "A10 B10 C10", marks: [10, 20, 30] });
    expect(cache.storedEnds(tokens("A10 B10 C10"), 0)).toEqual([20, 30]);
  });

  it("gives the automatic marker one of the places", () => {
    const cache = matcherOf("openai-gpt-5.6");
    const prompt = "A2000 B100 C100 D100 E100";
    send(cache, { prompt, marks: [2000, 2100, 2200, 2300] });
    expect(cache.storedEnds(tokens(prompt), 0)).toEqual([2100, 2200, 2300, 2400]);
  });

  it("OpenAI in mode explicit: own markers alone count, and without any nothing is cached", () => {
    const cache = matcherOf("openai-gpt-5.6");
    const off = { hasAutomaticMarker: false };
    send(cache, { prompt: "D2000 U50" });
    expect(told(send(cache, { prompt: "D2000 U50", ...off }))).toBe(
      "read 0, written 0, plain 2050; noBreakpoint 2050",
    );
    const missed = "read 0, written 2060, plain 0; lookbackExceeded 2050";
    expect(told(send(cache, { prompt: "D2000 U50 V10", marks: [2060], ...off }))).toBe(missed);
    expect(send(cache, { prompt: "D2000 U50 W10", marks: [2050, 2060], ...off }).readTokens).toBe(2050);
  });

  it("OpenAI compares the latest 80 positions", () => {
    const warm = (): Matcher => {
      const cache = matcherOf("openai-gpt-5.6");
      send(cache, blocks(20));
      return cache;
    };
    expect(send(warm(), blocks(99)).readTokens).toBe(2000);
    expect(told(send(warm(), blocks(100)))).toBe("read 0, written 10000, plain 0; lookbackExceeded 2000");
  });

  it("without known block ends looks as far back as there is text", () => {
    const cache = new Breakpoints({ ...plainBreakpoints, lookbackPositions: 1 });
    const request = { arrivalSeconds: 0, outputTokens: tokens("") };
    send(cache, { prompt: "A50", marks: [50] });
    const served = send(cache, { prompt: "A50 B50", marks: [100] });
    expect(served.readTokens).toBe(0);
    cache.serve({ ...request, promptTokens: tokens("A50 C50"), markers: [{ end: 100 }] }, served);
    expect(served.readTokens).toBe(50);
  });

  it("reads what an answer that has begun has written", () => {
    const cache = matcherOf("anthropic", { model: "claude-opus-5" });
    const parallel = { prompt: "S1000 U10", marks: [1000], answerStartSeconds: 3 };
    send(cache, parallel);
    expect(told(send(cache, { ...parallel, at: 2, prompt: "S1000 V10" }))).toBe(
      "read 0, written 1000, plain 10; notYetReadable 1000",
    );
    expect(send(cache, { ...parallel, at: 3, prompt: "S1000 W10" }).readTokens).toBe(1000);
  });

  it("keeps the longer life of two parallel writes of one prefix", () => {
    const cache = new Breakpoints({ ...plainBreakpoints, readableFrom: "answerStart" });
    send(cache, { prompt: "S100 U10", marks: [-100], answerStartSeconds: 5 });
    expect(
      send(cache, { at: 1, prompt: "S100 V10", marks: [100], answerStartSeconds: 9 }).writtenTokens,
    ).toBe(100);
    expect(send(cache, { at: 5, prompt: "S100 V10", marks: [100] }).readTokens).toBe(100);
    expect(send(cache, { at: 3600, prompt: "S100 W10", marks: [100] }).readTokens).toBe(100);
  });

  it("keeps a system prompt alive by reading conversations that begin with it", () => {
    const cache = new Breakpoints(plainBreakpoints);
    send(cache, { prompt: "S1000 U10", marks: [1000, 1010] });
    send(cache, { at: 299, prompt: "S1000 U10 V10", marks: [1020] });
    expect(send(cache, { at: 598, prompt: "S1000 W10", marks: [1000] }).readTokens).toBe(1000);
  });
});

describe("unit", () => {
  const options = { writesAt: [], intervalTokens: null, minimumTokens: 0, idleSeconds: 60 } as const;

  it("writes at each interval of prompt and answer", () => {
    const cache = new WholeUnits({ ...options, writesAt: ["interval"], intervalTokens: 400 });
    send(cache, { prompt: "A1000", answer: "R300" });
    expect(cache.storedEnds(tokens("A1000 R300"), 0)).toEqual([400, 800, 1200]);
    expect(told(send(cache, { prompt: "A900 B100" }))).toBe(
      "read 800, written 0, plain 200; betweenUnits 100",
    );
  });

  it("forgets after its idle time, and reading renews", () => {
    const cache = new WholeUnits({ ...options, writesAt: ["inputEnd"] });
    send(cache, { prompt: "A100" });
    expect(send(cache, { at: 60, prompt: "A100 B10" }).readTokens).toBe(100);
    expect(send(cache, { at: 120, prompt: "A100 C10" }).readTokens).toBe(100);
    expect(told(send(cache, { at: 181, prompt: "A100 D10" }))).toBe(
      "read 0, written 0, plain 110; expired 100",
    );
  });

  it("writes no unit below the minimum", () => {
    const cache = new WholeUnits({ ...options, writesAt: ["inputEnd"], minimumTokens: 128 });
    send(cache, { prompt: "A100" });
    expect(told(send(cache, { prompt: "A100 B10" }))).toBe("read 0, written 0, plain 110; belowMinimum 100");
  });
});

describe("prefixRounded", () => {
  it("has a stored answer as part of the next prefix", () => {
    const cache = new PrefixRounded({ stepTokens: 10, minimumTokens: 0, idleSeconds: 60 });
    send(cache, { prompt: "A95", answer: "R12" });
    expect(told(send(cache, { prompt: "A95 R12 B40" }))).toBe("read 100, written 0, plain 47; rounding 7");
  });

  it("tells the rounded part of a living prefix from the expired part behind it", () => {
    const cache = new PrefixRounded({ stepTokens: 10, minimumTokens: 0, idleSeconds: 60 });
    send(cache, { prompt: "A95 B40" });
    send(cache, { at: 50, prompt: "A95 C40" });
    const served = send(cache, { at: 70, prompt: "A95 B40 D10" });
    expect(told(served)).toBe("read 90, written 0, plain 55; rounding 5; expired 40");
    expect(providerFates(served)).toEqual([
      { fate: "reused", start: 0, end: 90, reason: null },
      { fate: "unaligned", start: 90, end: 95, reason: "rounding" },
      { fate: "ruledOut", start: 95, end: 135, reason: "expired" },
      { fate: "cold", start: 135, end: 145, reason: null },
    ]);
  });

  it("lives for longer where the most is asked for", () => {
    const read = (choice: ProviderChoice, at: number): number => {
      const cache = matcherOf("openai-classic", choice);
      send(cache, { prompt: "S2048" });
      return send(cache, { at, prompt: "S2048" }).readTokens;
    };
    expect([300, 301].map((at) => read({}, at))).toEqual([2048, 0]);
    expect([3600, 3601].map((at) => read({ lives: "most" }, at))).toEqual([2048, 0]);
    expect([86400, 86401].map((at) => read({ lives: "most", lifetime: "extended" }, at))).toEqual([2048, 0]);
  });
});
