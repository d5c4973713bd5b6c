import { describe, expect, test } from "vitest";
import { modelContext } from "../../../src/analysis/scenario.ts";
import type { StaticEnd } from "../../../src/core/cache/cache-system.ts";
import {
  cutForCapacity,
  cutIntoSpans,
  type SpanTrace,
  tokenRequest,
} from "../../../src/core/cache/span-trace.ts";
import { findGpu, findModel } from "../../../src/core/cost/find.ts";
import type { PolicyContext } from "../../../src/core/policies/policy.ts";
import { policies } from "../../../src/core/policies/registry.ts";
import { type OutcomeTable, type ReplayInput, replay } from "../../../src/core/replay/replay.ts";
import type { Request } from "../../../src/core/replay/request.ts";
import { fittedToCache } from "../../../src/core/replay/serve-request.ts";
import { SpanBook } from "../../../src/core/replay/span-book.ts";
import { drain } from "../../../src/core/steps.ts";
import { createRandom, pick, wholeNumber } from "../../../src/workload/random.ts";
import { randomWorkload } from "../../support/random-workload.ts";
import { ReplayText } from "../../support/replay-text.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

/** The trace with its spans numbered by first appearance, so that only their ids may differ. */
function plainTrace({ requests, spans, symbolTokens }: SpanTrace) {
  const numbers = new Map<number, number>();
  const rows = requests.map(({ sequence, promptSymbols, resumeLimit, promptTokens }) => ({
    sequence: [...sequence].map((span) => {
      if (!numbers.has(span)) numbers.set(span, numbers.size);
      return [numbers.get(span), spans.ends[span], spans.lengths[span]];
    }),
    promptSymbols,
    resumeLimit,
    promptTokens,
  }));
  return { rows, symbolTokens };
}

function cutAnew(requests: readonly Request[]): SpanTrace {
  return cutIntoSpans(
    requests.map(({ promptTokens, outputTokens }) => tokenRequest(promptTokens, outputTokens, 1)),
  );
}

/** The list with some requests gone, new, moved, twice there, or made again around the same arrays. */
function edited(requests: readonly Request[], fresh: readonly Request[], random: () => number): Request[] {
  const next = requests.filter(() => random() < 0.8);
  for (const request of fresh) {
    if (random() < 0.3) next.splice(wholeNumber(random, 0, next.length), 0, request);
  }
  if (next.length > 0 && random() < 0.5) next.push(pick(random, next));
  return next.map((request) => (random() < 0.3 ? { ...request, session: 7 } : request));
}

describe("a book of requests that change", () => {
  test.each(Array.from({ length: 20 }, (_, i) => i + 1))("cuts them as anew, seed %i", (seed) => {
    const random = createRandom(seed);
    const pool = new ReplayText(randomWorkload(seed, 60, [3, 20])).requests;
    const book = new SpanBook(1);
    let requests: readonly Request[] = pool.slice(0, 30);
    for (let update = 0; update < 12; update++) {
      expect(plainTrace(drain(book.update(requests)))).toEqual(plainTrace(cutAnew(requests)));
      requests = edited(requests, pool, random);
    }
    expect(plainTrace(drain(book.update([])))).toEqual({ rows: [], symbolTokens: 1 });
    expect(book.spanCount).toBe(0);
  });

  test("that is left halfway goes on with the next list", () => {
    const { requests } = new ReplayText(randomWorkload(4, 60, [3000]));
    const book = new SpanBook(1);
    const steps = book.update(requests);
    expect(steps.next().done).toBe(false);
    const next = requests.slice(20);
    expect(plainTrace(drain(book.update(next)))).toEqual(plainTrace(cutAnew(next)));
  });

  test("holds no more after 300 edits of one prompt than its requests need", () => {
    const rest = new ReplayText(randomWorkload(5, 40, [150])).requests;
    const book = new SpanBook(1);
    const first = drain(book.update(rest));
    const spanCount = book.spanCount;
    const words = first.spans.lengths.reduce((sum, tokens) => sum + tokens, 0);
    for (let edit = 0; edit < 300; edit++) {
      const promptTokens = Int32Array.from({ length: 2000 }, (_, at) =>
        at < edit ? at : edit * 10_000 + at,
      );
      const request: Request = { ...rest[0]!, promptTokens, outputTokens: new Int32Array(0), runs: null };
      drain(book.update([...rest, request]));
      expect(book.spanCount).toBeLessThanOrEqual(spanCount + 2);
    }
    // Twice what lives, and no less than what is worth a compaction.
    expect(book.storedTokens).toBeLessThanOrEqual(Math.max(2 * (words + 2000), 1 << 16));
    drain(book.update(rest));
    expect(book.spanCount).toBe(spanCount);
  });
});

/** What a source knows beside tokens, at random but the same for every replay. */
function knownOf(text: ReplayText, seed: number): Omit<ReplayInput, "cache"> {
  const random = createRandom(seed);
  const endsOf = text.requests.map(({ promptTokens }): readonly StaticEnd[] => {
    const ends = Array.from({ length: wholeNumber(random, 0, 3) }, () =>
      wholeNumber(random, 0, promptTokens.length),
    );
    const shared = ["all", "tenant", "session"] as const;
    return [...new Set(ends)].sort((a, b) => a - b).map((end) => ({ end, sharedBy: pick(random, shared) }));
  });
  return {
    requests: text.requests,
    segmentCount: text.segments.length,
    isStatic: (segment) => text.segments[segment]! === text.segments[segment]!.toUpperCase(),
    ttftSeconds: (reused, prompt) => prompt - reused,
    staticEnds: (request) => endsOf[request]!,
    stableTokens: (request) => endsOf[request]![0]?.end ?? 0,
  };
}

interface Replays {
  readonly overTokens: OutcomeTable;
  readonly overSpans: OutcomeTable;
  readonly isSpanCache: boolean;
}

function bothReplays(
  known: Omit<ReplayInput, "cache">,
  trace: SpanTrace,
  policy: (typeof policies)[number],
  context: PolicyContext,
): Replays {
  const create = () => policy.create(context);
  const fitting = cutForCapacity(trace, context.cost, context.capacityBytes);
  const createFor = ({ spans }: SpanTrace) => policy.create({ ...context, spans });
  const fitted = drain(fittedToCache(fitting, known, createFor));
  return {
    overTokens: replay({ ...known, cache: create(), createCache: create }),
    overSpans: replay({
      ...known,
      spans: fitted.trace,
      cache: fitted.cache,
      createCache: () => createFor(fitted.trace),
    }),
    isSpanCache: fitted.cache.servesSpans === true,
  };
}

/** A trace of a book that has seen other requests before, and those of the text in part. */
function usedBookTrace(seed: number, { requests }: ReplayText): SpanTrace {
  const random = createRandom(seed);
  const others = new ReplayText(randomWorkload(seed, 60)).requests;
  const book = new SpanBook(1);
  let list: readonly Request[] = others;
  for (let update = 0; update < 4; update++) {
    drain(book.update(list));
    list = edited(list, requests, random);
  }
  return drain(book.update(requests));
}

describe("a replay over spans has the table of one over tokens", () => {
  const seeds = [1, 2, 3, 4, 5, 6];
  const gpu = findGpu("H100-SXM");
  const models = ["ibm-granite/granite-4.0-h-small", "meta-llama/Llama-3.1-8B-Instruct"].map((id) => {
    const { ttft: _ttft, ...context } = modelContext(findModel(id), gpu);
    return context;
  });
  const ofSpans = new Set<string>();

  test.each(policies.map((policy) => [policy.id, policy] as const))("%s, tiny models", (id, policy) => {
    let evicted = 0;
    for (const seed of seeds) {
      const text = new ReplayText(randomWorkload(seed, 40));
      const known = knownOf(text, seed);
      const trace = usedBookTrace(seed, text);
      for (const cost of Object.values(tinyCosts)) {
        for (const capacityBytes of [0, 30, 300, 3000, 1e7]) {
          const context = { cost, capacityBytes, engineBlockTokens: 8 };
          const { overTokens, overSpans, isSpanCache } = bothReplays(known, trace, policy, context);
          expect(overSpans, `seed ${seed}, ${capacityBytes} bytes`).toEqual(overTokens);
          evicted += overTokens.evictedSpans.length;
          if (isSpanCache) ofSpans.add(id);
        }
      }
    }
    if (ofSpans.has(id) && id !== "unlimited") expect(evicted).toBeGreaterThan(0);
  });

  test("on every policy that matches at any token of a tree", () => {
    expect([...ofSpans].sort()).toEqual([
      ...["density", "density+template", "density-continuation", "density-continuation+template"],
      ...["density-sampled", "epic", "epic-cacheblend", "epic-lego-0", "epic-naive", "hcache"],
      ...["hits-per-token", "marconi", "marconi+template", "marconi-hcache"],
      ...["prompt-end", "seglen", "sglang-radix", "sglang-radix+template", "unlimited"],
    ]);
  });

  test.each(policies.map((policy) => [policy.id, policy] as const))("%s, models on GPUs", (_, policy) => {
    const text = new ReplayText(randomWorkload(7, 30, [3000]));
    const known = knownOf(text, 7);
    const trace = usedBookTrace(7, text);
    for (const model of models) {
      const stateBytes = model.cost.checkpointBytes + 2000 * model.cost.kvBytesPerToken;
      for (const states of [2, 8]) {
        const context = { ...model, capacityBytes: states * stateBytes };
        const { overTokens, overSpans } = bothReplays(known, trace, policy, context);
        expect(overSpans).toEqual(overTokens);
      }
    }
  });
});
