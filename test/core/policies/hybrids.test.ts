import { describe, expect, it } from "vitest";
import { type CacheSystem, Served } from "../../../src/core/cache/cache-system.ts";
import { models } from "../../../src/core/cost/catalogue/models.ts";
import { createModelCost, type ModelCost } from "../../../src/core/cost/model-cost.ts";
import type { PolicyContext } from "../../../src/core/policies/policy.ts";
import { marconiWithAlpha } from "../../../src/core/policies/prefix-caches.ts";
import { findPolicy } from "../../../src/core/policies/registry.ts";

/**
 * Marconi in the paper's arithmetic, on the state sizes of the catalogue. A letter is a token.
 *
 *   request   prompt          answer   agrees with the cache   reused   new checkpoints   new KV
 *   1         SSSSSSSS aa     AA       0                       0        12                12
 *   2         SSSSSSSS bbb    B        8, inside an edge       0        8 and 12          12 - 8 = 4
 *   3         SSSSSSSS c      CC       8                       8        11                11 - 8 = 3
 *   4         … c CC dd       D        11, where 3 ended       11       14                14 - 11 = 3
 *
 * Request 1 keeps its last decoded token alone. Request 2 leaves it behind 8 tokens, where no state was kept: nothing is
 * reused, and the branch point gets its checkpoint. Request 3 resumes there; it is the ninth token that must be computed.
 * Request 4 is the next turn of request 3, and resumes at its last decoded token.
 * Held afterwards: 12, 16, 19, 22 tokens of KV and 1, 3, 4, 5 checkpoints.
 */
const trace = [
  { prompt: "SSSSSSSSaa", answer: "AA", reused: 0, kvTokens: 12, checkpoints: 1, kept: [12] },
  { prompt: "SSSSSSSSbbb", answer: "B", reused: 0, kvTokens: 16, checkpoints: 3, kept: [8, 12] },
  { prompt: "SSSSSSSSc", answer: "CC", reused: 8, kvTokens: 19, checkpoints: 4, kept: [11] },
  { prompt: "SSSSSSSScCCdd", answer: "D", reused: 11, kvTokens: 22, checkpoints: 5, kept: [14] },
] as const;

const recurrent = models.filter(({ kind }) => ["hybrid", "ssm", "compressed"].includes(kind));

describe.each(recurrent.map((model) => [model.id, createModelCost(model)] as const))("%s", (_id, cost) => {
  it("serves a shared prefix and a turn as worked by hand", () => {
    const cache = findPolicy("marconi")!.create(contextOf(cost, 1e15));
    for (const { prompt, answer, reused, kvTokens, checkpoints, kept } of trace) {
      const served = serve(cache, prompt, answer);
      expect(served.reusedTokens).toBe(reused);
      expect(served.checkpoints).toEqual(kept);
      expect(cache.contents()).toEqual({
        kvBytes: kvTokens * cost.kvBytesPerToken,
        checkpointBytes: checkpoints * cost.checkpointBytes,
        checkpoints,
      });
    }
  });

  /*
   * A of 20 tokens, B of 4, C of 6, nothing shared; room for two checkpoints and 26 tokens of KV, so that C needs one of
   * the others' checkpoints and B's 4 tokens are just enough. When C comes, A is 2 requests old and B is 1, so that the
   * recencies 1/2 and 1 become 0 and 1; A saves more FLOPs per byte, for its checkpoint costs as much as B's and stands
   * for five times the tokens, so that the efficiencies become 1 and 0. A's score is alpha, B's is 1.
   */
  it.each([
    { alpha: 0, gone: "A" },
    { alpha: 0.5, gone: "A" },
    { alpha: 2, gone: "B" },
  ])("with room for two checkpoints and alpha $alpha, $gone goes", ({ alpha, gone }) => {
    const { kvBytesPerToken: kv, checkpointBytes: checkpoint } = cost;
    expect(efficiency(cost, 20)).toBeGreaterThan(efficiency(cost, 4));
    const context = contextOf(cost, 2 * checkpoint + 26 * kv);
    const cache = alpha === 0 ? findPolicy("marconi")!.create(context) : marconiWithAlpha(context, alpha);
    serve(cache, "A".repeat(19), "A");
    serve(cache, "B".repeat(3), "B");
    const third = serve(cache, "C".repeat(5), "C");
    const goneTokens = gone === "A" ? 20 : 4;
    expect(third.evictedNodes).toBe(1);
    expect(third.evictedBytes).toBe(checkpoint + goneTokens * kv);
    expect(cache.contents()).toEqual({
      kvBytes: (30 - goneTokens) * kv,
      checkpointBytes: 2 * checkpoint,
      checkpoints: 2,
    });
    expect(cache.inspect(tokensOf("A".repeat(20))).checkpoints).toEqual(gone === "A" ? [] : [20]);
    expect(cache.inspect(tokensOf("B".repeat(4))).checkpoints).toEqual(gone === "B" ? [] : [4]);
  });

  /*
   * A and B of 12 tokens each fill two checkpoints and 24 of the 27 tokens; the next turn of A adds 3 tokens and a checkpoint.
   * A is the older one, but what the turn resumes from is in use: B goes, and A keeps both of its checkpoints.
   */
  it("lets go of the other conversation when a turn needs room", () => {
    const { kvBytesPerToken: kv, checkpointBytes: checkpoint } = cost;
    const cache = findPolicy("marconi")!.create(contextOf(cost, 2 * checkpoint + 27 * kv));
    serve(cache, "A".repeat(10), "AA");
    serve(cache, "B".repeat(10), "BB");
    const turn = serve(cache, `${"A".repeat(12)}tt`, "T");
    expect([turn.reusedTokens, turn.evictedBytes]).toEqual([12, checkpoint + 12 * kv]);
    expect(cache.inspect(tokensOf(`${"A".repeat(12)}ttT`)).checkpoints).toEqual([12, 15]);
    expect(cache.contents()).toEqual({ kvBytes: 15 * kv, checkpointBytes: 2 * checkpoint, checkpoints: 2 });
  });
});

it("has every model with a recurrent layer, and none whose checkpoint is free", () => {
  const withState = models.filter((model) => createModelCost(model).hasRecurrentLayers);
  expect(recurrent.map(({ id }) => id)).toEqual(withState.map(({ id }) => id));
  for (const model of recurrent) expect(createModelCost(model).checkpointBytes, model.id).toBeGreaterThan(0);
});

function contextOf(cost: ModelCost, capacityBytes: number): PolicyContext {
  return { cost, capacityBytes, engineBlockTokens: 16 };
}

/** FLOPs saved per byte by a sequence that shares nothing. */
function efficiency(cost: ModelCost, tokens: number): number {
  const saved = cost.prefillFlops(0, tokens) - cost.prefillFlops(tokens, tokens);
  return saved / (cost.checkpointBytes + tokens * cost.kvBytesPerToken);
}

function serve(cache: CacheSystem, prompt: string, answer: string): Served {
  const served = new Served();
  served.begin();
  cache.serve(tokensOf(prompt), tokensOf(answer), served);
  return served;
}

function tokensOf(text: string): Int32Array {
  return Int32Array.from(text, (letter) => letter.charCodeAt(0));
}
