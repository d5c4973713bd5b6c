import { describe, expect, test } from "vitest";
import { modelContext } from "../../../src/analysis/scenario.ts";
import { Served } from "../../../src/core/cache/cache-system.ts";
import { cutIntoSpans, tokenRequest } from "../../../src/core/cache/span-trace.ts";
import { findGpu, findModel } from "../../../src/core/cost/find.ts";
import { marconiWithAlpha } from "../../../src/core/policies/prefix-caches.ts";
import { findPolicy, policies } from "../../../src/core/policies/registry.ts";
import { replay } from "../../../src/core/replay/replay.ts";
import type { Request } from "../../../src/core/replay/request.ts";
import {
  alphaGrid,
  offlineOptimum,
  type SweepRow,
  type SweepSystem,
  type SweepTrace,
  sweepCell,
} from "../../../src/core/replay/sweep.ts";
import { drain } from "../../../src/core/steps.ts";
import { concatTokens } from "../../../src/core/tokens/common-prefix.ts";
import { createRandom, wholeNumber } from "../../../src/workload/random.ts";
import { randomCase, randomRequest, type TokenLists } from "../../support/cache-pairs.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

const model = { id: "tiny", cost: tinyCosts.hybrid, engineBlockTokens: 2 };

function randomTrace(seed: number): ReturnType<typeof traceOf> {
  const random = createRandom(seed);
  const shape = { ...randomCase(random, "marconi"), alphabet: 3, longest: 12 };
  const lists: TokenLists[] = [];
  for (let i = 0; i < 200; i++) lists.push(randomRequest(random, shape, lists));
  const requests = lists.map(({ prompt, output }, index) => ({
    arrivalSeconds: 40 * index,
    session: index,
    turn: 0,
    promptTokens: Int32Array.from(prompt),
    outputTokens: Int32Array.from(output),
    runs: null,
  }));
  return traceOf(requests);
}

function traceOf(requests: readonly Request[]): SweepTrace & { readonly requests: readonly Request[] } {
  const uncut = requests.map(({ promptTokens, outputTokens }) => tokenRequest(promptTokens, outputTokens, 1));
  return { spans: cutIntoSpans(uncut), requests, computedTokensAtLeast: 1 };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function policy(id: string): SweepSystem {
  return { kind: "policy", policy: findPolicy(id)! };
}

/**
 * Six conversations with one system prompt of 1,500 tokens, so that blocks, chunks and hosted minimums are reached. Every
 * third request asks behind something new, which moves the system prompt.
 */
function conversations(): Request[] {
  const random = createRandom(3);
  const text = (tokens: number): Int32Array =>
    Int32Array.from({ length: tokens }, () => wholeNumber(random, 0, 30_000));
  const system = text(1500);
  const histories = Array.from({ length: 6 }, () => system);
  return Array.from({ length: 60 }, (_, index) => {
    const session = wholeNumber(random, 0, 5);
    const isMoved = index % 3 === 2;
    const promptTokens = isMoved
      ? concatTokens(text(40), concatTokens(system, text(300)))
      : concatTokens(histories[session]!, text(300));
    const outputTokens = text(120);
    if (!isMoved) {
      histories[session] = promptTokens.length > 6000 ? system : concatTokens(promptTokens, outputTokens);
    }
    // Contents that nobody else has are numbered from the index on; 0 is the system prompt.
    const [starts, contents] = isMoved
      ? [
          [0, 40, 1540],
          [2 * index + 1, 0, 2 * index + 2],
        ]
      : [
          [0, 1500],
          [0, 2 * index + 1],
        ];
    const runs = {
      starts: Int32Array.from(starts!),
      segments: Int32Array.from(contents!, (content) => (content === 0 ? 0 : 1)),
      contents: Int32Array.from(contents!),
    };
    return { arrivalSeconds: 20 * index, session, turn: 0, promptTokens, outputTokens, runs };
  });
}

describe("a cell", () => {
  const gpu = findGpu("H100-SXM");
  const models = ["ibm-granite/granite-4.0-h-small", "meta-llama/Llama-3.1-8B-Instruct"].map((id) => {
    const { ttft: _ttft, ...context } = modelContext(findModel(id), gpu);
    return { id, ...context };
  });
  const trace = traceOf(conversations());

  test.each(policies.flatMap(({ id }) => models.map((model) => [id, model] as const)))(
    "of %s with $id has the numbers of its replay",
    (id, model) => {
      const { id: _id, ...context } = model;
      // Room for a few of the six conversations.
      const capacityBytes = 6 * context.cost.checkpointBytes + 9000 * context.cost.kvBytesPerToken;
      const row = drain(sweepCell(trace, { system: policy(id), model, capacityBytes }));
      const table = replay({
        requests: trace.requests,
        segmentCount: 2,
        isStatic: () => false,
        cache: findPolicy(id)!.create({ ...context, capacityBytes }),
        ttftSeconds: () => 0,
      });
      const reused = table.reusedTokens.map((tokens, index) => tokens + table.linkedTokens[index]!);
      expect(row).toMatchObject({
        system: id,
        requests: 60,
        promptTokens: sum(table.promptTokens),
        reusedTokens: sum(reused),
        inputUnits: sum(table.inputUnits),
        requestHitRate: reused.filter((tokens) => tokens > 0).length / 60,
      });
    },
  );

  test("counts what was linked, and what it costs at a hosted API", () => {
    const rowOf = (id: string, requests: readonly Request[]) => {
      const cell = { system: policy(id), model: models[1]!, capacityBytes: 1e10 };
      return drain(sweepCell(traceOf(requests), cell));
    };
    const moved = trace.requests.filter((_, index) => index % 3 === 2);
    expect(rowOf("sglang-radix", moved).reusedTokens).toBe(0);
    expect(rowOf("epic", moved).tokenHitRate).toBeGreaterThan(0.5);
    const { inputUnits, promptTokens } = rowOf("anthropic", trace.requests);
    expect(inputUnits).toBeGreaterThan(0);
    expect(inputUnits).not.toBe(promptTokens);
  });

  test.each(["marconi", "sglang-radix", "unlimited", "vllm-block", "llama-cpp", "no-cache"])(
    "of %s is the replay of its policy, FLOPs included",
    (id) => {
      const random = randomTrace(7);
      const row = drain(sweepCell(random, { system: policy(id), model, capacityBytes: 60 }));
      const cache = findPolicy(id)!.create({ cost: model.cost, capacityBytes: 60, engineBlockTokens: 2 });
      const served = new Served();
      let reused = 0;
      let saved = 0;
      for (const { promptTokens, outputTokens } of random.requests) {
        cache.serve(promptTokens, outputTokens, served);
        reused += served.reusedTokens;
        saved +=
          model.cost.prefillFlops(0, promptTokens.length) -
          model.cost.prefillFlops(served.reusedTokens, promptTokens.length);
      }
      expect(row).toMatchObject({ model: "tiny", capacityBytes: 60, requests: 200, reusedTokens: reused });
      expect(row.flopsSaved).toBeCloseTo(saved, 6);
      expect(row.tokenHitRate).toBe(reused / row.promptTokens);
    },
  );

  test.each(policies.filter(({ needsDeployment }) => needsDeployment === true).map(({ id }) => id))(
    "of %s is refused where only the sizes of states are known",
    (id) => {
      const cell = { system: policy(id), model, capacityBytes: 60 };
      expect(() => drain(sweepCell(randomTrace(1), cell))).toThrow(
        `The policy ${id} needs a model of the catalogue`,
      );
    },
  );

  test("of a policy that needs tokens says so where there are none", () => {
    const trace = { ...randomTrace(1), requests: null };
    expect(() => drain(sweepCell(trace, { system: policy("vllm-block"), model, capacityBytes: 60 }))).toThrow(
      "over tokens",
    );
    expect(drain(sweepCell(trace, { system: policy("marconi"), model, capacityBytes: 60 })).requests).toBe(
      200,
    );
  });

  test("can be stopped between two steps", () => {
    const steps = sweepCell(randomTrace(1), { system: policy("marconi"), model, capacityBytes: 60 });
    expect(steps.next().done).toBe(false);
    expect(steps.return({} as SweepRow).done).toBe(true);
  });
});

describe("the best fixed alpha, offline", () => {
  test.each([1, 2, 3])("is the best of the replays with each alpha, seed %i", (seed) => {
    const trace = randomTrace(seed);
    const rows = alphaGrid.map((alpha) =>
      drain(sweepCell(trace, { system: { kind: "alpha", alpha }, model, capacityBytes: 40 })),
    );
    const reused = alphaGrid.map((alpha) => {
      const cache = marconiWithAlpha({ cost: model.cost, capacityBytes: 40, engineBlockTokens: 2 }, alpha);
      const served = new Served();
      return trace.requests.reduce((sum, { promptTokens, outputTokens }) => {
        cache.serve(promptTokens, outputTokens, served);
        return sum + served.reusedTokens;
      }, 0);
    });
    const most = Math.max(...reused);
    const best = offlineOptimum(rows)!;
    expect(best.tokenHitRate.reusedTokens).toBe(most);
    expect(best.tokenHitRate.alpha).toBe(alphaGrid[reused.indexOf(most)]);
    expect(best.flopsSaved.flopsSaved).toBe(Math.max(...rows.map(({ flopsSaved }) => flopsSaved)));
  });

  test("can differ for tokens and FLOPs, and is the smallest on ties", () => {
    const row = (alpha: number, reusedTokens: number, flopsSaved: number): SweepRow => ({
      ...drain(sweepCell(randomTrace(1), { system: { kind: "alpha", alpha }, model, capacityBytes: 0 })),
      reusedTokens,
      flopsSaved,
    });
    const best = offlineOptimum([row(0.5, 9, 3), row(0, 9, 1), row(2, 4, 3), row(1, 8, 2)])!;
    expect([best.tokenHitRate.alpha, best.flopsSaved.alpha]).toEqual([0, 0.5]);
    expect(offlineOptimum([])).toBeNull();
  });
});
