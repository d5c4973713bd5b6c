/** What the cache itself says of tokens: reuse behind the leading ones, losses with a reason, and what both cost. */
import { describe, expect, test } from "vitest";
import type { CacheSystem, Served } from "../../../src/core/cache/cache-system.ts";
import { NoCache } from "../../../src/core/cache/no-cache.ts";
import { findModel } from "../../../src/core/cost/find.ts";
import { createModelCost } from "../../../src/core/cost/model-cost.ts";
import { radixCache } from "../../../src/core/policies/prefix-caches.ts";
import { pieceStartsOf } from "../../../src/core/replay/request.ts";
import { EpicCache } from "../../../src/core/restore/epic-cache.ts";
import { ReplayText } from "../../support/replay-text.ts";

const llama = findModel("meta-llama/Llama-3.1-8B-Instruct");
const kvBytes = createModelCost(llama).kvBytesPerToken;

function epic(capacityTokens: number): EpicCache {
  const capacityBytes = capacityTokens * kvBytes;
  const prefixCache = radixCache({ cost: createModelCost(llama), capacityBytes, engineBlockTokens: 16 });
  return new EpicCache({
    model: llama,
    capacityBytes,
    method: { kind: "legoLink", tokens: 2 },
    prefixCache,
  });
}

const twoOrders = "SYS=s×40 / A=a×50 / B=b×60 / q=x |\nSYS=s×40 / B=b×60 / A=a×50 / q=y |";

describe("pieces in another order", () => {
  test("are reused but for the first tokens of each", () => {
    const text = new ReplayText(twoOrders);
    expect(text.fates(epic(1000))).toBe("cold 151; left at SYS\nreused 146, cold 1, ruledOut 4; left at B");
    const table = text.replay(epic(1000));
    expect([...table.reusedTokens]).toEqual([0, 40]);
    expect([...table.linkedTokens]).toEqual([0, 58 + 48]);
    // TTFT is that of a prefix whose reuse leaves as many FLOPs: here a second per token.
    expect(table.ttftSeconds[1]).toBeGreaterThan(4);
    expect(table.ttftSeconds[1]).toBeLessThan(10);
  });

  test("are evicted, with the reason, when they had to make room", () => {
    // 100 tokens hold the system piece and one of the chunks.
    const text = new ReplayText(
      "SYS=s×40 / A=a×50 / q=x |\nSYS=s×40 / B=b×60 / q=y |\nSYS=s×40 / A=a×50 / q=z |",
    );
    expect(text.fates(epic(100)).split("\n")[2]).toBe("reused 40, cold 1, evicted 50; left at q");
    expect([...text.replay(epic(100)).tokensByReason]).toEqual([["chunk evicted", 50]]);
  });

  test("short runs side by side are one piece, and a long one keeps its own", () => {
    const runs = (...starts: number[]) => ({
      starts: Int32Array.from(starts),
      segments: new Int32Array(starts.length),
      contents: new Int32Array(starts.length),
    });
    expect([...pieceStartsOf(runs(0, 31, 40, 50, 82, 83), 90)]).toEqual([0, 50, 82]);
    expect([...pieceStartsOf(runs(0, 32, 64), 96)]).toEqual([0, 32, 64]);
    expect([...pieceStartsOf(runs(0, 0, 0), 0)]).toEqual([]);
  });
});

/** Says of every request the same. */
function saying(speak: (out: Served) => void): CacheSystem {
  const cache = new NoCache();
  cache.serve = (_prompt, _output, out) => {
    out.reusedTokens = 0;
    out.insertedTokens = 0;
    speak(out);
  };
  return cache;
}

describe("what a cache says", () => {
  test("restoring is added to the prefill, and forgotten before the next request", () => {
    let isFirst = true;
    const cache = saying((out) => {
      if (isFirst) out.restoreSeconds = 0.5;
      isFirst = false;
    });
    const table = new ReplayText("A=a×10 |\nA=a×10 |").replay(cache);
    expect([...table.ttftSeconds]).toEqual([10.5, 10]);
  });

  test("is refused where a token would have two fates", () => {
    const twice = saying((out) => {
      out.reusedRanges.push({ start: 2, end: 5 });
      out.losses.push({ fate: "ruledOut", reason: "expired", start: 4, end: 6 });
    });
    expect(() => new ReplayText("A=a×10 |").replay(twice)).toThrow(/twice/);
  });
});
