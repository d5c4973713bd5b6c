import { describe, expect, it } from "vitest";
import { NoCache } from "../../../src/core/cache/no-cache.ts";
import type { Fate } from "../../../src/core/fates.ts";
import type { FateSpan } from "../../../src/core/replay/ledger.ts";
import { relinkableTokens } from "../../../src/core/replay/relinkable.ts";
import { replay } from "../../../src/core/replay/replay.ts";
import type { PromptRuns, Request } from "../../../src/core/replay/request.ts";

describe("tokens that linking could still save", () => {
  /*
   * 0 .. 40 a value, 40 .. 140 rules, 140 .. 150 a short text, 150 .. 190 a question.
   * Of the rules 100 - 16 = 84; of the short text none, for it has fewer than 16; of the question none.
   */
  it("are those of a diverged run behind its first 16", () => {
    const spans = spansOf(["cold", 40], ["diverged", 140], ["diverged", 150], ["diverged", 190]);
    expect(relinkableTokens(spans, runsOf(0, 40, 140, 150), 190)).toBe(84);
  });

  it("are none where only a prefix was sent, or the source is not known", () => {
    const spans = spansOf(["reused", 100], ["evicted", 130], ["cold", 190]);
    expect(relinkableTokens(spans, runsOf(0, 100, 130), 190)).toBe(0);
    expect(relinkableTokens(spansOf(["diverged", 100]), null, 100)).toBe(0);
    expect(relinkableTokens([], runsOf(0), 0)).toBe(0);
  });

  it("are counted for each request of a replay", () => {
    // A value of one token, 100 tokens of rules that are the same in both requests, and 40 tokens of a question.
    const requests = [1, 2].map((value) =>
      requestOf([value], range(100, 200), range(1000 * value, 40 + 1000 * value)),
    );
    const table = replay({
      requests,
      segmentCount: 3,
      isStatic: (segment) => segment === 1,
      cache: new NoCache(),
      ttftSeconds: () => 0,
    });
    expect([...table.relinkableTokens]).toEqual([0, 84]);
  });
});

/** Each span begins where the one before it ends. */
function spansOf(...ends: readonly (readonly [Fate, number])[]): FateSpan[] {
  return ends.map(([fate, end], index) => ({ fate, start: ends[index - 1]?.[1] ?? 0, end }));
}

function runsOf(...starts: readonly number[]): PromptRuns {
  const indices = Int32Array.from(starts, (_, index) => index);
  return { starts: Int32Array.from(starts), segments: indices, contents: indices };
}

/** Equal first tokens mean equal content. */
function requestOf(...parts: readonly (readonly number[])[]): Request {
  const starts = parts.map((_, index) => parts.slice(0, index).flat().length);
  return {
    arrivalSeconds: 0,
    session: 0,
    turn: 0,
    promptTokens: Int32Array.from(parts.flat()),
    outputTokens: new Int32Array(0),
    runs: {
      starts: Int32Array.from(starts),
      segments: Int32Array.from(parts, (_, index) => index),
      contents: Int32Array.from(parts, ([first]) => first ?? -1),
    },
  };
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}
