import { describe, expect, test } from "vitest";
import { Served } from "../../../src/core/cache/cache-system.ts";
import { radixCache } from "../../../src/core/policies/prefix-caches.ts";
import { findPolicy } from "../../../src/core/policies/registry.ts";
import { planRestoration } from "../../../src/core/restore/restoration.ts";
import { type Restore, RestoringCache } from "../../../src/core/restore/restoring-cache.ts";
import { ReplayText } from "../../support/replay-text.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";
import { llama2, llama31 } from "./models.ts";

/** 15 bytes hold five tokens at 3 bytes each, 11 bytes one checkpoint and seven tokens; the tier holds everything. */
function cache(model: "hybrid" | "attention-only", capacityBytes: number, restore: Restore): RestoringCache {
  const cost = tinyCosts[model];
  const radix = (bytes: number) =>
    findPolicy("sglang-radix")!.create({ cost, capacityBytes: bytes, engineBlockTokens: 4 });
  return new RestoringCache(radix(capacityBytes), [{ name: "host memory", cache: radix(1e6) }], restore);
}

/** Brings everything back in a quarter of a second. */
const all: Restore = (_resident, held) => ({ tokens: Math.max(...held), seconds: 0.25 });

describe("a tier below the GPU", () => {
  const lines = "SYS=S×4 |\nOTHER=o×4 |\nSYS=S×4 / user=a |";

  test("gives back what the GPU had to evict, and takes its time", () => {
    const asked: number[][] = [];
    const restore: Restore = (resident, held) => {
      asked.push([resident, ...held]);
      return all(resident, held);
    };
    const text = new ReplayText(lines);
    expect(text.fates(cache("attention-only", 15, restore)).split("\n")[2]).toBe(
      "reused 4, cold 1; left at user",
    );
    expect(asked).toEqual([[0, 4]]);
    expect([...text.replay(cache("attention-only", 15, restore)).ttftSeconds]).toEqual([4, 4, 1.25]);
  });

  test("keeps the checkpoints of hybrids, where the recurrent state cannot be projected", () => {
    const text = new ReplayText("A=a×4 | b\nOTHER=o×4 | p\nA=a×4 / REPLY=b / next=c |");
    expect(text.fates(cache("hybrid", 11, all)).split("\n")[2]).toBe("reused 5, cold 1; left at next");
  });

  test("is left alone where computing is faster", () => {
    const text = new ReplayText(lines);
    expect(text.fates(cache("attention-only", 15, () => null)).split("\n")[2]).toBe(
      "cold 1, ruledOut 4; left at user",
    );
    const reasons = text.replay(cache("attention-only", 15, () => null)).tokensByReason;
    expect([...reasons]).toEqual([["computing is faster than restoring", 4]]);
  });

  test("below another one gives what that one had to let go, and says which of them it was", () => {
    const cost = tinyCosts["attention-only"];
    const radix = (capacityBytes: number) => radixCache({ cost, capacityBytes, engineBlockTokens: 4 });
    // Five tokens on the GPU, nine in host memory, all on the SSDs.
    const three = new RestoringCache(
      radix(15),
      [
        { name: "host memory", cache: radix(27) },
        { name: "SSDs", cache: radix(1e6) },
      ],
      all,
    );
    const send = (start: number, end: number): Served => {
      const served = new Served();
      served.begin();
      const tokens = Int32Array.from({ length: end - start }, (_, index) => start + index);
      three.serve(tokens, new Int32Array(0), served);
      return served;
    };
    for (const start of [100, 200, 300]) send(start, start + 4);
    expect(three.tierContents().map(({ kvBytes }) => kvBytes)).toEqual([24, 36]);
    // The last one is on the GPU, the one before in host memory, the first on the SSDs alone.
    expect(send(300, 305).restored).toEqual([]);
    expect(send(200, 205).restored).toEqual([{ from: "host memory", start: 0, end: 4 }]);
    const first = send(100, 105);
    expect(first).toMatchObject({ reusedTokens: 4, restoreSeconds: 0.25, losses: [] });
    expect(first.restored).toEqual([{ from: "SSDs", start: 0, end: 4 }]);
    // It came through host memory, and stayed there.
    send(400, 404);
    expect(send(100, 106).restored).toEqual([{ from: "host memory", start: 0, end: 5 }]);
  });

  test("shows what either of the two holds", () => {
    const both = cache("attention-only", 15, all);
    const served = new Served();
    both.serve(Int32Array.of(1, 2, 3, 4), new Int32Array(0), served);
    both.serve(Int32Array.of(5, 6, 7, 8), new Int32Array(0), served);
    expect(both.inspect(Int32Array.of(1, 2, 3, 4)).cachedTokens).toBe(4);
    expect(both.contents().kvBytes).toBeLessThanOrEqual(15);
  });
});

describe("restoring behind what is on the GPU", () => {
  const speeds = { bytesPerSecond: 5e10, flopsPerSecond: 4e14, hasCheckpoint: true };
  const plan = (model: typeof llama2, residentTokens: number, tokens: number) =>
    planRestoration(model, { ...speeds, residentTokens, tokens });

  test("loads and projects the missing tokens alone, and computes them against all before them", () => {
    const ways = Object.fromEntries(plan(llama31, 3000, 4000).estimates.map((each) => [each.way, each]));
    const alone = Object.fromEntries(plan(llama31, 0, 1000).estimates.map((each) => [each.way, each]));
    expect(ways["offload"]).toEqual(alone["offload"]);
    expect(ways["recompute"]!.seconds).toBeGreaterThan(alone["recompute"]!.seconds);
    expect(ways["offload"]!.storedBytes).toBe(131_072 * 1000);
  });

  test("uses hidden states where heads are many, and says that they are larger where they are few", () => {
    expect(plan(llama2, 0, 4096).chosen.way).toBe("hiddenStates");
    expect(plan(llama31, 0, 4096).chosen.way).not.toBe("hiddenStates");
  });

  test("refuses more resident tokens than there are", () => {
    expect(() => plan(llama31, 11, 10)).toThrow(/Of 10 tokens 11/);
  });
});
