import { describe, expect, test } from "vitest";
import type { CacheSystem, StateCost } from "../../../src/core/cache/cache-system.ts";
import { Served } from "../../../src/core/cache/cache-system.ts";
import { findModel } from "../../../src/core/cost/find.ts";
import { createModelCost } from "../../../src/core/cost/model-cost.ts";
import { fates } from "../../../src/core/fates.ts";
import type { PolicyContext } from "../../../src/core/policies/policy.ts";
import { findPolicy, policies } from "../../../src/core/policies/registry.ts";
import type { EvictedPart, EvictedSpan } from "../../../src/core/replay/evictions.ts";
import { fateIndex } from "../../../src/core/replay/ledger.ts";
import type { OutcomeTable } from "../../../src/core/replay/replay.ts";
import { pieceStartsOf, type Request } from "../../../src/core/replay/request.ts";
import { randomWorkload } from "../../support/random-workload.ts";
import { ReplayText } from "../../support/replay-text.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

type Create = () => CacheSystem;

function creator(id: string, context: PolicyContext): Create {
  return () => findPolicy(id)!.create(context);
}

function tiny(id: string, cost: StateCost, capacityBytes: number): Create {
  return creator(id, { cost, capacityBytes, engineBlockTokens: 4 });
}

/** `tokens 1 to 4 of request 2: evicted by 1, last sent by 0`, one line per part. */
function story(lines: string, create: Create): string {
  const { evictedParts } = new ReplayText(lines).replay(create(), create);
  return evictedParts
    .map(
      ({ request, start, end, evictedBy, lastSentBy }) =>
        `tokens ${start} to ${end} of request ${request}: evicted by ${evictedBy}, last sent by ${lastSentBy}`,
    )
    .join("\n");
}

describe("when evicted tokens went, and for whom, worked by hand", () => {
  test("KV that made room for another prompt", () => {
    // 15 bytes hold five tokens at 3 bytes each.
    const lines = "A=a×4 |\nB=b×4 |\nA=a×4 |";
    expect(story(lines, tiny("sglang-radix", tinyCosts["attention-only"], 15))).toBe(
      "tokens 0 to 3 of request 2: evicted by 1, last sent by 0",
    );
  });

  test("a checkpoint that made room, and the request that was the last to send what it stood for", () => {
    // 11 bytes hold one checkpoint of 4 and seven tokens.
    const lines = "A=a×4 | b\nB=o×4 | p\nA=a×4 / REPLY=b / next=c |";
    expect(story(lines, tiny("sglang-radix", tinyCosts.hybrid, 11))).toBe(
      "tokens 0 to 5 of request 2: evicted by 1, last sent by 0",
    );
  });

  test("blocks that went one after another, the tail first", () => {
    // 84 bytes hold seven blocks of four tokens at 3 bytes each.
    const lines = "A=a×16 |\nB=b×16 |\nC=c×12 |\nA=a×16 / next=x |";
    expect(story(lines, tiny("vllm-block", tinyCosts["attention-only"], 84))).toBe(
      [
        "tokens 0 to 12 of request 3: evicted by 2, last sent by 0",
        "tokens 12 to 16 of request 3: evicted by 1, last sent by 0",
      ].join("\n"),
    );
  });

  test("only the last time counts", () => {
    const lines = "A=a×4 |\nB=b×4 |\nA=a×4 |\nB=b×4 |\nA=a×4 |";
    expect(story(lines, tiny("sglang-radix", tinyCosts["attention-only"], 15))).toBe(
      [
        "tokens 0 to 3 of request 2: evicted by 1, last sent by 0",
        "tokens 0 to 3 of request 3: evicted by 2, last sent by 1",
        "tokens 0 to 3 of request 4: evicted by 3, last sent by 2",
      ].join("\n"),
    );
  });

  test("a chunk of EPIC, which stood elsewhere before", () => {
    const model = findModel("meta-llama/Llama-3.1-8B-Instruct");
    const cost = createModelCost(model);
    const deployment = { model, tensorParallel: 1, hostBytesPerSecond: 5e10, flopsPerSecond: 4e14 };
    const capacityBytes = 100 * cost.kvBytesPerToken;
    const create = creator("epic", { cost, capacityBytes, engineBlockTokens: 16, deployment });
    const lines = "A=a×60 / q=x |\nB=b×40 / C=c×40 / q=y |\nB=b×40 / A=a×60 / q=z |";
    expect(story(lines, create)).toBe("tokens 40 to 100 of request 2: evicted by 1, last sent by 0");
  });
});

test("of very many losses a thousand are traced, evenly chosen", () => {
  // Three prompts take turns in a memory for one, so that every request lacks what the last two took away.
  const lines = Array.from({ length: 1203 }, (_, i) => `A=${"abc"[i % 3]}×4 |`).join("\n");
  const create = tiny("sglang-radix", tinyCosts["attention-only"], 15);
  const { evictedSpans, evictedParts } = new ReplayText(lines).replay(create(), create);
  expect(evictedSpans.length).toBe(1200);
  const traced = evictedParts.map(({ request }) => request);
  expect(traced.length).toBe(1000);
  expect(new Set(traced).size).toBe(1000);
  expect(traced.at(-1)).toBeGreaterThan(1200);
  for (const { request, evictedBy, lastSentBy } of evictedParts) {
    expect([request - evictedBy, evictedBy - lastSentBy]).toEqual([2, 1]);
  }
});

describe("a missing checkpoint", () => {
  test("is named with the place where it would have been of use, and with the nearest one kept", () => {
    const lines = "A=a×4 | o\nA=a×4 / REPLY=o / B=b×6 / x=1 |\nA=a×4 / REPLY=o / B=b×6 / x=2 |";
    const create = tiny("sglang-radix", tinyCosts.hybrid, 1000);
    const table = new ReplayText(lines).replay(create());
    expect([...table.missingCheckpointAt]).toEqual([-1, -1, 11]);
    expect([...table.nearestCheckpoint]).toEqual([-1, -1, 5]);
  });
});

/** Capacities in states of a checkpoint and twenty tokens. */
const sizes = [1, 3, 8];
const seeds = [1, 2, 3, 4, 5, 6];

describe("lists and loops find the same", () => {
  for (const policy of policies) {
    test.each(seeds)(`${policy.id}, seed %i`, (seed) => {
      const text = new ReplayText(
        randomWorkload(seed, 24, policy.kind === "hosted" ? [150, 3000] : [3, 20, 150]),
      );
      for (const cost of Object.values(tinyCosts)) {
        const stateBytes = cost.checkpointBytes + 20 * cost.kvBytesPerToken;
        for (const size of sizes) expectTwin(text, tiny(policy.id, cost, size * stateBytes));
      }
    });
  }

  const models = ["meta-llama/Llama-3.1-8B-Instruct", "ibm-granite/granite-4.0-h-small"].map(findModel);
  for (const id of ["epic", "hcache"]) {
    test.each(seeds)(`${id} with a model, seed %i`, (seed) => {
      const text = new ReplayText(randomWorkload(seed, 24));
      for (const model of models) {
        const cost = createModelCost(model);
        const deployment = { model, tensorParallel: 1, hostBytesPerSecond: 5e10, flopsPerSecond: 4e14 };
        const stateBytes = cost.checkpointBytes + 100 * cost.kvBytesPerToken;
        for (const size of sizes) {
          const capacityBytes = size * stateBytes;
          expectTwin(text, creator(id, { cost, capacityBytes, engineBlockTokens: 16, deployment }));
        }
      }
    });
  }
});

describe("with requests that run beside each other", () => {
  const counting = policies.filter(({ countsInFlight }) => countsInFlight === true);
  let losses = 0;
  test.each(seeds)("each evicted token has a part, seed %i", (seed) => {
    const text = new ReplayText(randomWorkload(seed, 24, [3, 20, 60]), 2);
    for (const policy of counting) {
      for (const [name, cost] of Object.entries(tinyCosts)) {
        const stateBytes = cost.checkpointBytes + 20 * cost.kvBytesPerToken;
        const context = { cost, capacityBytes: 8 * stateBytes, engineBlockTokens: 4, inFlight: 3 };
        const create = creator(policy.id, context);
        const table = text.replay(create(), create);
        losses += table.evictedSpans.length;
        expectSpansCover(table);
        const covered = table.evictedSpans.map(({ request, start, end }) => ({ request, start, end }));
        expect(joined(table.evictedParts), `${policy.id}, ${name}`).toEqual(joined(covered));
        for (const { evictedBy, lastSentBy } of table.evictedParts) {
          expect(evictedBy).toBeGreaterThanOrEqual(0);
          expect(lastSentBy).toBeGreaterThanOrEqual(0);
        }
      }
    }
  });

  test("some tokens are evicted", () => {
    expect(losses).toBeGreaterThan(100);
  });
});

/** Neighbours of one request as one, by request and place. */
function joined(
  parts: readonly { readonly request: number; readonly start: number; readonly end: number }[],
) {
  const result: { request: number; start: number; end: number }[] = [];
  const sorted = parts.toSorted((a, b) => a.request - b.request || a.start - b.start);
  for (const { request, start, end } of sorted) {
    const last = result.at(-1);
    if (last?.request === request && last.end === start) last.end = end;
    else result.push({ request, start, end });
  }
  return result;
}

function expectTwin(text: ReplayText, create: Create): void {
  const table = text.replay(create(), create);
  expectSpansCover(table);
  expect(table.evictedParts).toEqual(
    table.evictedSpans.flatMap((span) => plainParts(text.requests, span, create())),
  );
  for (const { evictedBy, lastSentBy, request } of table.evictedParts) {
    expect(evictedBy).toBeGreaterThanOrEqual(0);
    expect(lastSentBy).toBeGreaterThanOrEqual(0);
    expect(lastSentBy).toBeLessThanOrEqual(evictedBy);
    expect(evictedBy).toBeLessThanOrEqual(request);
  }
  expectNearest(text.requests, table, create());
}

function expectSpansCover(table: OutcomeTable): void {
  const tokens = new Int32Array(table.length);
  for (const { request, start, end } of table.evictedSpans) tokens[request]! += end - start;
  const evicted = Int32Array.from(tokens, (_, row) => table.fates[row * fates.length + fateIndex.evicted]!);
  expect(tokens).toEqual(evicted);
}

/** Asks the cache about every token of the span after every request. */
function plainParts(requests: readonly Request[], span: EvictedSpan, cache: CacheSystem): EvictedPart[] {
  const { request, start, end, isPiece } = span;
  const prompt = requests[request]!.promptTokens;
  const served = new Served();
  /** By token, the last request after which it was held; that before the last one that kept it, if it never was. */
  const heldLast = new Map<number, number>();
  for (let index = 0; index < request; index++) {
    serve(cache, requests[index]!, served);
    const isKept = isSentBy(requests[index]!, prompt, end) && served.checkpoints.includes(end);
    for (let token = start; token < end; token++) {
      if (isHeld(cache, prompt, span, token)) heldLast.set(token, index);
      else if (isKept) heldLast.set(token, index - 1);
    }
  }
  const parts: EvictedPart[] = [];
  for (let token = start; token < end; token++) {
    const evictedBy = heldLast.get(token)! + 1;
    const before = parts.at(-1);
    if (before?.evictedBy === evictedBy) parts[parts.length - 1] = { ...before, end: token + 1 };
    else parts.push({ request, start: token, end: token + 1, evictedBy, lastSentBy: -1 });
  }
  return parts.map((part) => ({ ...part, lastSentBy: plainSender(requests, prompt, part, isPiece) }));
}

function isHeld(cache: CacheSystem, prompt: Int32Array, span: EvictedSpan, token: number): boolean {
  const { start, end, isPiece } = span;
  if (isPiece) return cache.inspect(prompt.slice(start, end)).cachedTokens === end - start;
  const { cachedTokens, checkpoints } = cache.inspect(prompt);
  if (!cache.needsCheckpoints) return cachedTokens > token;
  return checkpoints.some((position) => position > token && position <= end);
}

function isSentBy({ promptTokens, outputTokens }: Request, prompt: Int32Array, length: number): boolean {
  return [...promptTokens, ...outputTokens].slice(0, length).join() === prompt.slice(0, length).join();
}

function plainSender(
  requests: readonly Request[],
  prompt: Int32Array,
  { start, end, evictedBy }: EvictedPart,
  isPiece: boolean,
): number {
  let sender = -1;
  for (let index = 0; index <= evictedBy; index++) {
    const { promptTokens, runs } = requests[index]!;
    if (isPiece) {
      const starts = [...pieceStartsOf(runs!, promptTokens.length), promptTokens.length];
      const pieces = starts
        .slice(0, -1)
        .map((from, piece) => [...promptTokens.slice(from, starts[piece + 1])]);
      const wanted = prompt.slice(start, end).join();
      if (pieces.some((piece) => piece.join() === wanted)) sender = index;
    } else {
      if (isSentBy(requests[index]!, prompt, end)) sender = index;
    }
  }
  return sender;
}

/** Asks the cache before every request what it holds of it. */
function expectNearest(requests: readonly Request[], table: OutcomeTable, cache: CacheSystem): void {
  const served = new Served();
  for (const [row, request] of requests.entries()) {
    const missing = table.missingCheckpointAt[row]!;
    const tokens = table.fates[row * fates.length + fateIndex.noCheckpoint]!;
    expect(missing >= 0).toBe(tokens > 0);
    if (missing >= 0) {
      const kept = cache.inspect(request.promptTokens).checkpoints.filter((position) => position <= missing);
      expect(table.nearestCheckpoint[row]).toBe(Math.max(0, ...kept));
      expect(table.nearestCheckpoint[row]).toBeGreaterThanOrEqual(table.reusedTokens[row]!);
      expect(missing - tokens).toBeGreaterThanOrEqual(table.nearestCheckpoint[row]!);
    }
    serve(cache, request, served);
  }
}

function serve(
  cache: CacheSystem,
  { promptTokens, outputTokens, runs, arrivalSeconds }: Request,
  out: Served,
): void {
  const pieceStarts = runs === null ? null : pieceStartsOf(runs, promptTokens.length);
  out.begin();
  cache.serve(promptTokens, outputTokens, out, {
    arrivalSeconds,
    pieceStarts: () => pieceStarts,
    stableTokens: 0,
  });
}
