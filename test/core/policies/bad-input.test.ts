import { describe, expect, it } from "vitest";
import type { StateCost } from "../../../src/core/cache/cache-system.ts";
import { findModel } from "../../../src/core/cost/find.ts";
import { createModelCost } from "../../../src/core/cost/model-cost.ts";
import { fates } from "../../../src/core/fates.ts";
import type { PolicyContext } from "../../../src/core/policies/policy.ts";
import { policies } from "../../../src/core/policies/registry.ts";
import { type OutcomeTable, replay } from "../../../src/core/replay/replay.ts";
import type { Request } from "../../../src/core/replay/request.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

const largestId = 2 ** 31 - 1;
const smallestId = -(2 ** 31);

/** Every kind of model, as bytes alone and as a model on a GPU. */
const contexts: readonly (readonly [string, Omit<PolicyContext, "capacityBytes">])[] = [
  ...Object.entries(tinyCosts).map(([name, cost]) => [name, { cost, engineBlockTokens: 4 }] as const),
  ...["ibm-granite/granite-4.0-h-small", "meta-llama/Llama-3.1-8B", "state-spaces/mamba2-2.7b"].map((id) => {
    const model = findModel(id);
    const deployment = { model, tensorParallel: 1, hostBytesPerSecond: 5e10, flopsPerSecond: 5e14 };
    return [id, { cost: createModelCost(model), engineBlockTokens: 16, deployment }] as const;
  }),
];

const plain = range(0, 40);
/** What no well-behaved client sends. */
const traces: Readonly<Record<string, readonly Request[]>> = {
  "zero-length prompts and answers": [
    request([], []),
    request([], [1, 2]),
    request([1, 2, 3], []),
    request([], []),
    request([1, 2, 3], []),
    request([1], []),
    request([1], [2, 3]),
    request([], [1, 2, 3]),
  ],
  "zero-length prompts with known sources": [
    withRuns(request([], []), [0]),
    withRuns(request([], [5]), [0, 0]),
    withRuns(request(plain, []), [0, 0, 20, 20]),
    withRuns(request([9, ...plain], []), [0, 1, 1, 21]),
    withRuns(request([], []), [0]),
  ],
  "ids at the ends of 32 bits": [
    request([-1, -1, -1, -1, -1, -1], [-1]),
    request([largestId, -1, smallestId, 0, largestId, -1], [smallestId]),
    request([largestId, -1, smallestId, 0, largestId, -1, smallestId, largestId], [-1]),
    request([-1, -1, -1, -1, -1, -1, -1, -1], []),
  ],
  "one id again and again": [3, 1, 64, 300, 65, 64, 2].map((count) => request(same(7, count), same(7, 2))),
  "longer than the memory": [
    request(range(0, 5000), range(0, 50)),
    request(range(0, 10), [1]),
    request(range(0, 5000), range(0, 50)),
    request(range(0, 9000), []),
  ],
  // Chunks and prefixes by turns, each of them more than a small memory holds.
  "pieces in every order, and prompts without": [
    withRuns(request(range(0, 300), [1]), [0, 40, 100, 250]),
    request(range(0, 250), [1]),
    withRuns(request([...range(0, 40), ...range(100, 250), ...range(40, 100), 7], []), [0, 40, 190, 250]),
    request(range(0, 300), []),
    withRuns(request(range(0, 5000), [1]), [0, 40, 100, 250]),
    withRuns(request(range(40, 100), [1]), [0]),
    request(range(0, 5000), [1]),
    withRuns(request(range(0, 300), [1]), [0, 40, 100, 250]),
  ],
  "message ends that are none": [
    [],
    [0, 3000],
    [-5, 2999, 2999, 4000],
    [3000, 1500, 2.5, 1],
    [Number.NaN, Number.POSITIVE_INFINITY],
    [3000],
  ].map((messageEnds, turn) => ({ ...request(range(0, 3000), [1], turn), messageEnds })),
  "times that run backwards": [1000, 10, 999, -5, 1e9, 0, 1e9, 1e9 + 1].map((seconds) =>
    request(range(0, 3000), [1], seconds),
  ),
  "times that are none": [Number.NaN, 0, Number.POSITIVE_INFINITY, 5, Number.NEGATIVE_INFINITY, 6].map(
    (seconds) => request(range(0, 3000), [1], seconds),
  ),
};

describe.each(policies.map((policy) => [policy.id, policy] as const))("%s", (_id, policy) => {
  it.each(Object.entries(traces))("gives every token one fate: %s", (_name, requests) => {
    // A hosted cache knows neither the model nor its memory.
    for (const [model, context] of policy.kind === "hosted" ? contexts.slice(0, 1) : contexts) {
      for (const capacityBytes of capacitiesOf(context.cost)) {
        const cache = policy.create({ ...context, capacityBytes });
        const limit = policy.id === "unlimited" ? Number.POSITIVE_INFINITY : capacityBytes;
        const outcomes = replayAll(cache, requests);
        checkOutcomes(outcomes, requests, limit, `${model}, ${capacityBytes} bytes`);
      }
    }
  });

  it("takes a time that runs backwards, or is none, for the latest so far", () => {
    const [, context] = contexts[0]!;
    const replayed = (times: readonly number[]) => {
      const cache = policy.create({ ...context, capacityBytes: 1e6 });
      const requests = times.map((seconds) => request(range(0, 3000), [1], seconds));
      const { reusedTokens, inputUnits } = replayAll(cache, requests);
      return { reusedTokens, inputUnits };
    };
    const unordered = [1000, 10, Number.NaN, 1100, Number.POSITIVE_INFINITY, 1200, -5, 1e9, 1e9 + 1, 0];
    const ordered = [1000, 1000, 1000, 1100, 1100, 1200, 1200, 1e9, 1e9 + 1, 1e9 + 1];
    expect(replayed(unordered)).toEqual(replayed(ordered));
  });

  it("reuses nothing without memory", () => {
    if (policy.kind === "bound" || policy.kind === "hosted") return;
    // A second memory below the GPU's still holds what was sent.
    const hasSecondMemory = policy.id.endsWith("hcache");
    for (const [model, context] of contexts) {
      if (hasSecondMemory && context.deployment !== undefined) continue;
      const cache = policy.create({ ...context, capacityBytes: 0 });
      const outcomes = replayAll(cache, traces["one id again and again"]!);
      expect(
        outcomes.reusedTokens.every((tokens) => tokens === 0),
        model,
      ).toBe(true);
    }
  });

  it("says that a model has nothing to cache", () => {
    const cost: StateCost = { kvBytesPerToken: 0, checkpointBytes: 0, prefillFlops: () => 1 };
    const create = () => policy.create({ cost, capacityBytes: 100, engineBlockTokens: 4 });
    const keepsNothing = ["no-cache", "epic-full-recompute"].includes(policy.id);
    if (policy.kind === "hosted" || keepsNothing) expect(create).not.toThrow();
    else expect(create).toThrow(/no layer whose state could be cached/);
  });

  it.each([-1, Number.NaN])("refuses a capacity of %s bytes", (capacityBytes) => {
    for (const [model, context] of contexts) {
      const create = () => policy.create({ ...context, capacityBytes });
      if (policy.kind === "hosted" || policy.kind === "bound") expect(create, model).not.toThrow();
      else expect(create, model).toThrow(/a cache needs 0 or more/);
    }
  });
});

/** None, too little for a checkpoint and one token, just that, some. */
function capacitiesOf({ checkpointBytes, kvBytesPerToken }: StateCost): number[] {
  const state = checkpointBytes + kvBytesPerToken;
  return [0, state - 1, state, 3 * checkpointBytes + 100 * kvBytesPerToken];
}

function replayAll(cache: Parameters<typeof replay>[0]["cache"], requests: readonly Request[]): OutcomeTable {
  return replay({
    requests,
    segmentCount: 4,
    isStatic: () => true,
    cache,
    ttftSeconds: (reused, prompt) => prompt - reused,
  });
}

function checkOutcomes(
  table: OutcomeTable,
  requests: readonly Request[],
  capacityBytes: number,
  what: string,
): void {
  for (const [row, { promptTokens, runs: promptRuns }] of requests.entries()) {
    const where = `${what}, request ${row}`;
    const ledger = [...table.fates.subarray(row * fates.length, (row + 1) * fates.length)];
    expect(Math.min(...ledger), where).toBeGreaterThanOrEqual(0);
    expect(
      ledger.reduce((sum, tokens) => sum + tokens, 0),
      where,
    ).toBe(promptTokens.length);
    expect(ledger[0], where).toBe(table.reusedTokens[row]! + table.linkedTokens[row]!);
    // A piece that stood elsewhere before was compiled alone: where a prompt begins with it, it is as good as a prefix.
    if (promptRuns === null)
      expect(table.reusedTokens[row], where).toBeLessThanOrEqual(table.sentTokens[row]!);
    expect(table.kvBytes[row]! + table.checkpointBytes[row]!, where).toBeLessThanOrEqual(capacityBytes);
    for (const column of [table.ttftSeconds, table.inputUnits, table.evictedBytes]) {
      expect(Number.isFinite(column[row]) && column[row]! >= 0, where).toBe(true);
    }
  }
}

function request(prompt: readonly number[], answer: readonly number[], arrivalSeconds = 0): Request {
  return {
    arrivalSeconds,
    session: 0,
    turn: 0,
    promptTokens: Int32Array.from(prompt),
    outputTokens: Int32Array.from(answer),
    runs: null,
  };
}

function withRuns(plainRequest: Request, starts: readonly number[]): Request {
  const indices = Int32Array.from(starts, (_, index) => index);
  return { ...plainRequest, runs: { starts: Int32Array.from(starts), segments: indices, contents: indices } };
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

function same(id: number, count: number): number[] {
  return Array.from({ length: count }, () => id);
}
