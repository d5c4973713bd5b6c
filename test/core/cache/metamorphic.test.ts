import { describe, expect, test } from "vitest";
import { replayArtifact } from "../../../src/core/cache/artifact/replay.ts";
import { Served } from "../../../src/core/cache/cache-system.ts";
import { findPolicy, policies } from "../../../src/core/policies/registry.ts";
import { artifactModel } from "../../../src/hosts/cli/oracle/marconi.ts";
import { createRandom } from "../../../src/workload/random.ts";
import {
  createCache,
  pairedPolicies,
  randomCase,
  randomRequest,
  type TokenLists,
} from "../../support/cache-pairs.ts";
import { oracleFile, oracleMissing, paperCost, requestsOf } from "../../support/oracle-traces.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

function trace(seed: number, alphabet: number, longest: number, count = 80): TokenLists[] {
  const random = createRandom(seed);
  const shape = { ...randomCase(random, "unlimited"), alphabet, longest };
  const requests: TokenLists[] = [];
  for (let i = 0; i < count; i++) requests.push(randomRequest(random, shape, requests));
  return requests;
}

function commonPrefix(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

/** For each prompt the longest prefix that it shares with any earlier prompt and output. */
function sharedWithEarlier(requests: readonly TokenLists[]): number[] {
  return requests.map(({ prompt }, index) =>
    Math.max(0, ...requests.slice(0, index).map((r) => commonPrefix(prompt, [...r.prompt, ...r.output]))),
  );
}

describe("unlimited memory, attention only", () => {
  test.each(seeds)("reuse is the longest prefix ever sent, but for the last token, seed %i", (seed) => {
    const requests = trace(seed, 3, 12);
    const cache = findPolicy("unlimited")!.create({
      cost: tinyCosts["attention-only"],
      capacityBytes: 0,
      engineBlockTokens: 16,
    });
    const served = new Served();
    for (const [i, shared] of sharedWithEarlier(requests).entries()) {
      const { prompt, output } = requests[i]!;
      cache.serve(Int32Array.from(prompt), Int32Array.from(output), served);
      expect(served.reusedTokens).toBe(Math.min(shared, Math.max(0, prompt.length - 1)));
    }
  });

  test.each(seeds)(
    "blocks reuse the same, rounded down to blocks, with or without recurrent layers, seed %i",
    (seed) => {
      const requests = trace(seed, 2, 20);
      for (const cost of Object.values(tinyCosts)) {
        const cache = findPolicy("vllm-block")!.create({
          cost,
          capacityBytes: Number.POSITIVE_INFINITY,
          engineBlockTokens: 4,
        });
        const served = new Served();
        for (const [i, shared] of sharedWithEarlier(requests).entries()) {
          const { prompt, output } = requests[i]!;
          cache.serve(Int32Array.from(prompt), Int32Array.from(output), served);
          const usable = Math.min(shared, Math.max(0, prompt.length - 1));
          expect(served.reusedTokens).toBe(usable - (usable % 4));
        }
      }
    },
  );
});

describe("renumbering the tokens changes nothing", () => {
  for (const policy of policies) {
    test.each(seeds.slice(0, 4))(`${policy.id}, seed %i`, (seed) => {
      const requests = trace(seed, 4, 10, 120);
      for (const cost of Object.values(tinyCosts)) {
        const context = { cost, capacityBytes: 40, engineBlockTokens: 2 };
        const renumbered = (token: number) => 7919 * (5 - token) - 3;
        const plain = policy.create(context);
        const other = policy.create(context);
        const [a, b] = [new Served(), new Served()];
        for (const { prompt, output } of requests) {
          plain.serve(Int32Array.from(prompt), Int32Array.from(output), a);
          other.serve(Int32Array.from(prompt, renumbered), Int32Array.from(output, renumbered), b);
          expect(b).toEqual(a);
          expect(other.contents()).toEqual(plain.contents());
        }
      }
    });
  }
});

describe("a fork", () => {
  for (const policy of pairedPolicies) {
    test.each(seeds)(
      `has the same future as its original and does not touch it, ${policy}, seed %i`,
      (seed) => {
        const random = createRandom(seed);
        const { options } = randomCase(random, policy);
        const requests = trace(seed, 3, 10, 90);
        const original = createCache(options);
        const [a, b] = [new Served(), new Served()];
        const serve = (cache: typeof original, { prompt, output }: TokenLists, out: Served) =>
          cache.serve(Int32Array.from(prompt), Int32Array.from(output), out);
        for (const request of requests.slice(0, 30)) serve(original, request, a);
        const fork = original.fork();
        const stray = original.fork();
        for (const request of requests.slice(60)) serve(stray, request, b);
        for (const request of requests.slice(30, 60)) {
          serve(original, request, a);
          serve(fork, request, b);
          expect(b).toEqual(a);
          expect(fork.contents()).toEqual(original.contents());
        }
      },
    );
  }
});

describe.skipIf(oracleMissing !== null)(`golden traces (${oracleMissing ?? "present"})`, () => {
  if (oracleMissing !== null) console.log(`Skipped: ${oracleMissing}.`);

  // Token hit rates that an independent study found with the artifact's state sizes and unlimited memory.
  test.each([
    ["fewshot-a", 87.03],
    ["tot-a", 96.71],
    ["chat-a", 93.25],
  ])(
    "%s with unlimited memory: %d %% of the tokens, request by request those of the artifact",
    (name, expected) => {
      const file = oracleFile(name);
      const model = artifactModel(file.models["hybrid7b"]!);
      const cost = paperCost(model);
      expect([cost.checkpointBytes, cost.kvBytesPerToken]).toEqual([26_787_840, 65_536]);
      const cache = findPolicy("unlimited")!.create({
        cost,
        capacityBytes: 0,
        engineBlockTokens: 16,
        computedTokensAtLeast: 0,
      });
      const served = new Served();
      const reused: number[] = [];
      const checkpoints: number[] = [];
      let prompts = 0;
      for (const { prompt, output } of requestsOf(file)) {
        cache.serve(prompt, output, served);
        reused.push(served.reusedTokens);
        checkpoints.push(cache.contents().checkpoints);
        prompts += prompt.length;
      }
      const rate = (100 * reused.reduce((sum, tokens) => sum + tokens, 0)) / prompts;
      expect(rate.toFixed(2)).toBe(expected.toFixed(2));
      const artifact = replayArtifact(file.requests, model, 1e15, { kind: "v1" });
      expect(reused).toEqual(artifact.reused);
      expect(checkpoints.at(-1)).toBe(artifact.states.at(-1));
    },
  );
});
