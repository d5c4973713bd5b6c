import { describe, expect, test } from "vitest";
import { Served, type StateCost } from "../../../src/core/cache/cache-system.ts";
import { PrefixCache } from "../../../src/core/cache/prefix-cache.ts";
import {
  cutForCapacity,
  cutIntoSpans,
  type SpanTrace,
  type TraceRequest,
  tokenRequest,
} from "../../../src/core/cache/span-trace.ts";
import { TunedMarconi } from "../../../src/core/cache/tuned-marconi.ts";
import type { PolicyContext } from "../../../src/core/policies/policy.ts";
import { marconiWithAlpha } from "../../../src/core/policies/prefix-caches.ts";
import { findPolicy } from "../../../src/core/policies/registry.ts";
import { artifactModel } from "../../../src/hosts/cli/oracle/marconi.ts";
import { createRandom, pick } from "../../../src/workload/random.ts";
import { randomCase, randomRequest, type TokenLists } from "../../support/cache-pairs.ts";
import { oracleFile, oracleMissing, paperCost, requestsOf } from "../../support/oracle-traces.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

type Tokens = readonly { readonly prompt: Int32Array; readonly output: Int32Array }[];

const policies = [
  "marconi",
  "alpha 0",
  "alpha 0.5",
  "alpha 2",
  "sglang-radix",
  "density",
  "density-continuation",
  "unlimited",
] as const;

function create(policy: string, context: PolicyContext): PrefixCache | TunedMarconi {
  const [, alpha] = policy.split(" ");
  const cache =
    alpha === undefined ? findPolicy(policy)!.create(context) : marconiWithAlpha(context, Number(alpha));
  if (cache instanceof PrefixCache || cache instanceof TunedMarconi) return cache;
  throw new Error(`${policy} serves no spans`);
}

/** Everything that can be seen of a cache, nodes in tokens. */
function facts(cache: PrefixCache | TunedMarconi, served: Served) {
  const inner: PrefixCache = cache instanceof TunedMarconi ? cache["cache"] : cache;
  const { view } = inner.cached;
  const nodes: string[] = [];
  inner.tree.forEachPreorder((node) => {
    const [from, to] = [view.endTokens(inner.tree.parent(node)), view.endTokens(node)];
    nodes.push(`${node} ${from} ${to} ${view.bytesAt(node)}`);
  });
  const tuned = cache instanceof TunedMarconi ? cache.tunedAlpha : null;
  const { checkpoints, ...counts } = served;
  return { ...counts, kept: [...checkpoints], ...cache.contents(), nodes, tuned };
}

function expectEqualReplays(
  requests: Tokens,
  cut: SpanTrace,
  context: PolicyContext,
  policy: string,
  every = 1,
): void {
  const trace = cutForCapacity(cut, context.cost, context.capacityBytes);
  const overTokens = create(policy, context);
  const overSpans = create(policy, { ...context, spans: trace.spans });
  const [tokens, spans] = [new Served(), new Served()];
  for (const [index, { prompt, output }] of requests.entries()) {
    overTokens.serve(prompt, output, tokens);
    overSpans.serveSymbols(trace.requests[index]!, spans);
    if (spans.reusedTokens === tokens.reusedTokens && index % every !== 0) continue;
    expect(facts(overSpans, spans), `${policy}, request ${index}`).toEqual(facts(overTokens, tokens));
  }
}

function cutRequests(requests: Tokens, computedTokensAtLeast: number): SpanTrace {
  return cutIntoSpans(
    requests.map(({ prompt, output }) => tokenRequest(prompt, output, computedTokensAtLeast)),
  );
}

describe("cutting", () => {
  const tokens = (text: string) => Int32Array.from(text, (letter) => letter.charCodeAt(0));
  const requests = [
    { prompt: tokens("abcd"), output: tokens("ef") },
    { prompt: tokens("abxy"), output: tokens("") },
    { prompt: tokens("abcdefgh"), output: tokens("i") },
  ];
  const written = (trace: SpanTrace, { sequence, promptSymbols, resumeLimit }: TraceRequest) => {
    const ends = [...sequence].map((span) => trace.spans.ends[span]);
    return `${ends.join(" ")} | ${ends[promptSymbols - 1] ?? 0} | ${ends[resumeLimit - 1] ?? 0}`;
  };

  test("boundaries lie at branch points, ends, ends of prompts and one token before those", () => {
    const trace = cutRequests(requests, 1);
    expect(trace.requests.map((request) => written(trace, request))).toEqual([
      "2 3 4 6 | 4 | 3",
      "2 3 4 | 4 | 3",
      "2 3 4 6 7 8 9 | 8 | 7",
    ]);
  });

  test("equal beginnings are equal spans, and others are not", () => {
    const [first, second, third] = cutRequests(requests, 1).requests.map(({ sequence }) => [...sequence]);
    expect(third!.slice(0, 4)).toEqual(first);
    expect(second![0]).toBe(first![0]);
    expect(second![1]).not.toBe(first![1]);
  });

  test("a cut for a capacity divides the spans that cross it", () => {
    const trace = cutForCapacity(cutRequests(requests, 1), tinyCosts["attention-only"], 15);
    expect(trace.requests.map((request) => written(trace, request))).toEqual([
      "2 3 4 5 6 | 4 | 3",
      "2 3 4 | 4 | 3",
      "2 3 4 5 6 7 8 9 | 8 | 7",
    ]);
    expect([...trace.requests[2]!.sequence].map((span) => trace.spans.lengths[span])).toEqual([
      2, 1, 1, 1, 1, 1, 1, 1,
    ]);
  });

  test("an empty request has no spans", () => {
    const trace = cutRequests([{ prompt: tokens(""), output: tokens("") }], 1);
    expect(trace.requests[0]).toMatchObject({ promptSymbols: 0, resumeLimit: 0, promptTokens: 0 });
    expect(trace.requests[0]!.sequence.length).toBe(0);
  });
});

describe("a replay over spans equals the replay over tokens", () => {
  const seeds = Array.from({ length: 60 }, (_, index) => index + 1);
  test.each(seeds)("random trace, seed %i", (seed) => {
    const random = createRandom(seed);
    const shape = randomCase(random, pick(random, ["marconi", "sglang-radix", "unlimited"] as const));
    const lists: TokenLists[] = [];
    for (let i = 0; i < 120; i++) lists.push(randomRequest(random, shape, lists));
    const requests = lists.map(({ prompt, output }) => ({
      prompt: Int32Array.from(prompt),
      output: Int32Array.from(output),
    }));
    const { cost, capacityBytes, computedTokensAtLeast } = shape.options;
    const context = { cost, capacityBytes, computedTokensAtLeast, engineBlockTokens: 16 };
    const cut = cutRequests(requests, computedTokensAtLeast);
    for (const policy of policies) expectEqualReplays(requests, cut, context, policy);
  });

  const golden = [
    ["swe-a", "hybrid7b", 15e9],
    ["swe-a", "hybrid7b", 3e9],
    ["swe-collapse-a", "hybrid7b", 25e9],
    ["mixed-a", "hybrid7b", 10e9],
    ["fewshot-a", "pure-attention", 1e9],
    ["fewshot-a", "pure-ssm", 3e9],
    ["chat-a", "hybrid7b", 2e9],
    ["adversarial-v4", "tiny", 2e6],
  ] as const;
  test.skipIf(oracleMissing !== null).each(golden)("%s %s at %d B", (name, model, capacityBytes) => {
    const file = oracleFile(name);
    const cost: StateCost = paperCost(artifactModel(file.models[model]!));
    const requests = requestsOf(file);
    const context = { cost, capacityBytes, engineBlockTokens: 16 };
    const cut = cutRequests(requests, 1);
    for (const policy of policies) expectEqualReplays(requests, cut, context, policy, 10);
  });
});
