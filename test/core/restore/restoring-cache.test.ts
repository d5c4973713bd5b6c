import { describe, expect, test } from "vitest";
import { Served } from "../../../src/core/cache/cache-system.ts";
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
  return new RestoringCache(radix(capacityBytes), radix(1e6), restore);
}

describe("a tier below the GPU", () => {
  const lines = "SYS=S×4 |\nOTHER=o×4 |\nSYS=S×4 / user=a |";

  test("gives back what the GPU had to evict, and takes its time", () => {
    const asked: number[][] = [];
    const restore: Restore = (resident, tokens) => {
      asked.push([resident, tokens]);
      return 0.25;
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
    expect(text.fates(cache("hybrid", 11, () => 0.25)).split("\n")[2]).toBe("reused 5, cold 1; left at next");
  });

  test("is left alone where computing is faster", () => {
    const text = new ReplayText(lines);
    expect(text.fates(cache("attention-only", 15, () => null)).split("\n")[2]).toBe(
      "cold 1, evicted 4; left at user",
    );
  });

  test("shows what either of the two holds", () => {
    const both = cache("attention-only", 15, () => 0);
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
