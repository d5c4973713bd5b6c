import { describe, expect, test } from "vitest";
import type { StateCost } from "../../../src/core/cache/cache-system.ts";
import { findModel } from "../../../src/core/cost/find.ts";
import { createModelCost } from "../../../src/core/cost/model-cost.ts";
import { fates } from "../../../src/core/fates.ts";
import type { Deployment, PolicyContext } from "../../../src/core/policies/policy.ts";
import { findPolicy, policies } from "../../../src/core/policies/registry.ts";
import { fateIndex } from "../../../src/core/replay/ledger.ts";
import { randomWorkload } from "../../support/random-workload.ts";
import { ReplayText } from "../../support/replay-text.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

function cacheOf(
  id: string,
  cost: StateCost,
  capacityBytes = 1e6,
  engineBlockTokens = 4,
  deployment?: Deployment,
) {
  const context: PolicyContext = { cost, capacityBytes, engineBlockTokens };
  return findPolicy(id)!.create(deployment === undefined ? context : { ...context, deployment });
}

function check(id: string, model: keyof typeof tinyCosts, lines: string, capacityBytes?: number): string {
  return new ReplayText(lines).fates(cacheOf(id, tinyCosts[model], capacityBytes));
}

describe("fates, worked by hand", () => {
  test("cold: nobody has sent this before", () => {
    expect(check("unlimited", "attention-only", "SYS=S×4 / user=a b | o")).toBe("cold 6; left at SYS");
  });

  test("diverged: known text behind a value that was new", () => {
    expect(
      check(
        "unlimited",
        "attention-only",
        "SYS=S×4 / name=ann / TAIL=t×3 |\nSYS=S×4 / name=bob / TAIL=t×3 |",
      ),
    ).toBe("cold 8; left at SYS\nreused 4, cold 1, diverged 3; left at name");
  });

  test("reused beats everything: the same prompt but for its last token", () => {
    expect(check("unlimited", "attention-only", "SYS=S×4 / user=a |\nSYS=S×4 / user=a |")).toBe(
      "cold 5; left at SYS\nreused 4, unaligned 1",
    );
  });

  test("noCheckpoint: the branch point gets its state at the second occurrence and is reused at the third", () => {
    expect(check("unlimited", "hybrid", "SYS=S×4 / user=a |\nSYS=S×4 / user=b |\nSYS=S×4 / user=c |")).toBe(
      "cold 5; left at SYS\ncold 1, noCheckpoint 4; left at user\nreused 4, cold 1; left at user",
    );
  });

  test("unaligned: whole blocks only", () => {
    expect(check("vllm-block", "attention-only", "SYS=S×6 / user=a |\nSYS=S×6 / user=b |")).toBe(
      "cold 7; left at SYS\nreused 4, cold 1, unaligned 2; left at user",
    );
  });

  test("evicted: had been kept, and made room", () => {
    // 15 bytes hold five tokens at 3 bytes each.
    expect(check("sglang-radix", "attention-only", "SYS=S×4 |\nOTHER=o×4 |\nSYS=S×4 |", 15)).toBe(
      "cold 4; left at SYS\ncold 4; left at OTHER\nunaligned 1, evicted 3",
    );
  });

  test("evicted: a checkpoint that had been kept", () => {
    // 11 bytes hold one checkpoint and seven tokens at most.
    expect(check("sglang-radix", "hybrid", "A=a×4 | b\nOTHER=o×4 | p\nA=a×4 / REPLY=b / next=c |", 11)).toBe(
      "cold 4; left at A\ncold 4; left at OTHER\ncold 1, evicted 5; left at next",
    );
  });

  test("ruledOut: a cache that keeps nothing", () => {
    expect(check("no-cache", "attention-only", "SYS=S×4 / user=a |\nSYS=S×4 / user=b |")).toBe(
      "cold 5; left at SYS\ncold 1, ruledOut 4; left at user",
    );
  });

  test("ruledOut: a sequence that is larger than the memory is kept in part", () => {
    // 9 bytes hold three tokens at 3 bytes each; of the fourth nothing was ever kept.
    expect(check("sglang-radix", "attention-only", "SYS=S×5 |\nSYS=S×5 |", 9)).toBe(
      "cold 5; left at SYS\nreused 3, unaligned 1, ruledOut 1",
    );
  });

  test("an empty prompt has no fate", () => {
    expect(check("unlimited", "hybrid", "SYS= | o\nSYS= | o")).toBe("\n");
  });
});

describe("where a request leaves the others", () => {
  test("in the text that was edited", () => {
    expect(
      check("unlimited", "attention-only", "SYS=a b c / TAIL=t×3 |\nSYS=a x c / TAIL=t×3 |").split("\n")[1],
    ).toBe("reused 1, cold 2, diverged 3; left at SYS");
  });

  test("in the value, although it is only the beginning of an earlier one", () => {
    expect(
      check("unlimited", "attention-only", "SYS=S×2 / n=1 2 / TAIL=t×3 |\nSYS=S×2 / n=1 / TAIL=t×3 |").split(
        "\n",
      )[1],
    ).toBe("reused 3, diverged 3; left at n");
  });

  test("in a value that is left out this time", () => {
    expect(
      check("unlimited", "attention-only", "SYS=S×2 / n=1 2 / TAIL=t×3 |\nSYS=S×2 / n= / TAIL=t×3 |").split(
        "\n",
      )[1],
    ).toBe("reused 2, diverged 3; left at n");
  });

  test("in the value before a text of one token", () => {
    const lines = "SYS=S×2 / n=1 2 / BREAK=x / m=q |\nSYS=S×2 / n=1 / BREAK=x / m=q |";
    expect(check("unlimited", "attention-only", lines).split("\n")[1]).toBe(
      "reused 3, diverged 2; left at n",
    );
  });

  test("in the value that grew into the last token of the text before it", () => {
    // The text ends in the token `x`; before the value `q` it merges into another one.
    const lines = "SYS=S×2 x / m=p |\nSYS=S×2 x / m=r |\nSYS=S×2 xq as S×2 x / m=s |";
    expect(check("unlimited", "attention-only", lines).split("\n")[2]).toBe(
      "reused 2, cold 1, diverged 1; left at m",
    );
  });

  test("in the text, when another template goes on differently behind an equal value", () => {
    expect(
      check("unlimited", "attention-only", "SYS=S×2 / n=1 / TAIL=t×3 |\nSYS=S×2 / n=1 / END=u×3 |").split(
        "\n",
      )[1],
    ).toBe("reused 3, cold 3; left at END");
  });

  test("nowhere, when all of it had been sent", () => {
    expect(check("unlimited", "attention-only", "SYS=S×2 / n=1 2 |\nSYS=S×2 / n=1 |").split("\n")[1]).toBe(
      "reused 2, unaligned 1",
    );
  });
});

describe("every token has one fate", () => {
  for (const policy of policies) {
    if (policy.kind === "hosted") {
      test.each([1, 2, 3, 4])(`${policy.id}, seed %i`, (seed) => {
        // Long enough for the minimum lengths of providers; their memory has no size.
        const text = new ReplayText(randomWorkload(seed, 25, [150, 3000]));
        expectBalanced(text, policy.id, tinyCosts.hybrid, 1e7);
      });
      continue;
    }
    test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(`${policy.id}, seed %i`, (seed) => {
      const text = new ReplayText(randomWorkload(seed, 40));
      for (const cost of Object.values(tinyCosts)) {
        for (const capacityBytes of [0, 30, 300, 3000, 1e7])
          expectBalanced(text, policy.id, cost, capacityBytes);
      }
    });
  }
});

/** Policies that need to know the model: pieces are linked, and states brought back. */
describe("every token has one fate, with a model and a host memory", () => {
  const models = ["meta-llama/Llama-3.1-8B-Instruct", "ibm-granite/granite-4.0-h-small"].map(findModel);
  for (const id of ["epic", "hcache"]) {
    test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(`${id}, seed %i`, (seed) => {
      const text = new ReplayText(randomWorkload(seed, 40));
      for (const model of models) {
        const cost = createModelCost(model);
        const deployment = { model, tensorParallel: 1, hostBytesPerSecond: 5e10, flopsPerSecond: 4e14 };
        const stateBytes = cost.checkpointBytes + 100 * cost.kvBytesPerToken;
        for (const states of [0, 1, 5, 1000]) expectBalanced(text, id, cost, states * stateBytes, deployment);
      }
    });
  }
});

function expectBalanced(
  text: ReplayText,
  id: string,
  cost: StateCost,
  capacityBytes: number,
  deployment?: Deployment,
): void {
  const table = text.replay(cacheOf(id, cost, capacityBytes, 8, deployment));
  const totals = new Float64Array(fates.length);
  let diverged = 0;
  for (let index = 0; index < table.length; index++) {
    const row = table.fates.subarray(index * fates.length, (index + 1) * fates.length);
    expect(sum(row)).toBe(table.promptTokens[index]);
    expect(row[fateIndex.reused]).toBe(table.reusedTokens[index]! + table.linkedTokens[index]!);
    expect(table.promptTokens[index]).toBe(text.requests[index]!.promptTokens.length);
    // Links and restoring take time of their own: a second per token here.
    if (deployment === undefined)
      expect(table.ttftSeconds[index]).toBe(table.promptTokens[index]! - table.reusedTokens[index]!);
    expect(table.kvBytes[index]! + table.checkpointBytes[index]!).toBeLessThanOrEqual(
      id === "unlimited" ? Number.POSITIVE_INFINITY : capacityBytes,
    );
    row.forEach((tokens, column) => {
      expect(tokens).toBeGreaterThanOrEqual(0);
      totals[column]! += tokens;
    });
    diverged += row[fateIndex.diverged]!;
  }
  const bySegment = new Float64Array(fates.length);
  table.segmentFates.forEach((tokens, i) => {
    bySegment[i % fates.length]! += tokens;
  });
  expect(bySegment).toEqual(totals);
  expect(sum(table.blamedTokens)).toBe(diverged);
  for (let segment = 0; segment < text.segments.length; segment++) {
    const tokens = text.requests.reduce((total, request) => total + tokensIn(request, segment), 0);
    const row = table.segmentFates.subarray(segment * fates.length, (segment + 1) * fates.length);
    expect(sum(row)).toBe(tokens);
  }
}

function tokensIn({ runs, promptTokens }: ReplayText["requests"][number], segment: number): number {
  let tokens = 0;
  runs!.segments.forEach((each, run) => {
    const end = runs!.starts[run + 1] ?? promptTokens.length;
    if (each === segment) tokens += end - runs!.starts[run]!;
  });
  return tokens;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
