import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Served } from "../../../../src/core/cache/cache-system.ts";
import { BlockStateCache } from "../../../../src/core/cache/engines/block-states.ts";
import {
  type VllmModeOptions,
  vllmDefaults,
  vllmRules,
  vllmStepEnds,
} from "../../../../src/core/cache/engines/vllm.ts";

interface Options extends VllmModeOptions {
  readonly blockTokens: number;
}

const usual: Options = { ...vllmDefaults, blockTokens: 1056 };

function createCache(
  options: Options,
  sizes = { kvBlockBytes: 1056 * 20_480, stateBytes: 64_389_120, capacityBytes: 1e15 },
) {
  return new BlockStateCache({ ...sizes, blockTokens: options.blockTokens, rules: vllmRules(options) });
}

/** `shared` tokens that all prompts begin with, then tokens of the prompt's own. */
function prompt(shared: number, own: number, number: number): Int32Array {
  return Int32Array.from({ length: shared + own }, (_, i) => (i < shared ? i : number * 1_000_000 + i));
}

function serveAll(options: Partial<Options>, prompts: readonly Int32Array[], outputTokens = 0) {
  const cache = createCache({ ...usual, ...options });
  const served = new Served();
  return prompts.map((tokens, index) => {
    const output = Int32Array.from({ length: outputTokens }, (_, i) => 900_000_000 + index * 1000 + i);
    cache.serve(tokens, output, served);
    return { reused: served.reusedTokens, checkpoints: [...served.checkpoints] };
  });
}

describe("vllm-project/vllm#42317: 6,000 shared tokens, 2,000 of their own, blocks of 1,056", () => {
  const prompts = [1, 2, 3, 4].map((number) => prompt(6000, 2000, number));

  it("reuses nothing without junctions: every state lies at 7,392", () => {
    for (const { reused, checkpoints } of serveAll({ hasJunctions: false }, prompts)) {
      expect(reused).toBe(0);
      expect(checkpoints).toEqual([7392]);
    }
  });

  it("stops at 5,280 in the second request and reuses it from the third", () => {
    const rows = serveAll({}, prompts);
    expect(rows.map(({ reused }) => reused)).toEqual([0, 0, 5280, 5280]);
    expect(rows.map(({ checkpoints }) => checkpoints)).toEqual([[7392], [5280, 7392], [7392], [7392]]);
  });

  it("prefills in the steps that the thread lists", () => {
    const plan = { promptTokens: 8000, blockTokens: 1056 };
    const ends = (reusedBlocks: number, matchedBlocks: number) =>
      vllmStepEnds({ ...plan, reusedBlocks, matchedBlocks }, vllmDefaults);
    expect(ends(0, 0)).toEqual([7392, 8000]);
    expect(ends(0, 5)).toEqual([5280, 7392, 8000]);
    expect(ends(5, 5)).toEqual([7392, 8000]);
  });
});

describe("vllm-project/vllm#52897: a prompt sent again with a draft model, blocks of 1,648", () => {
  it.each([
    [8702, 6592],
    [9155, 6592],
    [6592, 3296],
  ])("%i tokens reuse %i", (length, reused) => {
    const tokens = prompt(length, 0, 0);
    expect(serveAll({ blockTokens: 1648, hasDraftModel: true }, [tokens, tokens])[1]?.reused).toBe(reused);
  });
});

describe("vllm-project/vllm#40696: the saw-tooth of short prompts, blocks of 528", () => {
  it.each([
    [500, 0],
    [528, 0],
    [529, 528],
    [552, 528],
    [979, 528],
    [1057, 1056],
  ])("%i tokens sent again reuse %i", (length, reused) => {
    const tokens = prompt(length, 0, 0);
    expect(serveAll({ blockTokens: 528 }, [tokens, tokens])[1]?.reused).toBe(reused);
  });
});

describe("vllm-project/vllm#45238: 8 groups, blocks of 528", () => {
  const groups = (shared: number, own: number) =>
    Array.from({ length: 64 }, (_, i) => {
      const tokens = prompt(shared, own, i + 1);
      for (let t = 0; t < shared; t++) tokens[t] = (tokens[t] ?? 0) + (i % 8) * 10_000_000;
      return tokens;
    });
  const hits = (rows: readonly { reused: number }[]) => rows.filter(({ reused }) => reused > 0).length;

  it("hits at 1,584 when 1,600 tokens are shared and prompts end below the next block", () => {
    const rows = serveAll({ blockTokens: 528, hasJunctions: false }, groups(1600, 500));
    expect(hits(rows)).toBe(56);
    expect(new Set(rows.map(({ reused }) => reused))).toEqual(new Set([0, 1584]));
  });

  it("hits exactly never without junctions when 1,500 are shared", () => {
    expect(hits(serveAll({ blockTokens: 528, hasJunctions: false }, groups(1500, 700)))).toBe(0);
  });

  it("hits at 1,056 from the third request of a group with junctions", () => {
    const rows = serveAll({ blockTokens: 528 }, groups(1500, 700));
    expect(hits(rows)).toBe(48);
    expect(new Set(rows.map(({ reused }) => reused))).toEqual(new Set([0, 1056]));
  });

  it("hits from the second request with a state at every block", () => {
    const rows = serveAll(
      { blockTokens: 528, hasJunctions: false, retentionIntervalTokens: 528 },
      groups(1500, 700),
    );
    expect(hits(rows)).toBe(56);
  });
});

describe("vllm-project/vllm#48401: a block larger than any prompt", () => {
  it("never reuses", () => {
    const prompts = [1, 2, 3].map((number) => prompt(3536, 500, number));
    expect(serveAll({ blockTokens: 8320 }, prompts).every(({ reused }) => reused === 0)).toBe(true);
  });
});

describe("any traffic", () => {
  it("stays within the capacity, resumes at kept states only, and reuses a true prefix", () => {
    const tokens = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 24 });
    const run = fc.record({
      requests: fc.array(fc.record({ prompt: tokens, output: tokens }), { maxLength: 30 }),
      capacity: fc.integer({ min: 0, max: 40 }),
      mode: fc.constantFrom("align" as const, "all" as const),
      hasJunctions: fc.boolean(),
      hasDraftModel: fc.boolean(),
      retention: fc.constantFrom(0, 2, 4),
    });
    fc.assert(
      fc.property(run, ({ requests, capacity, mode, hasJunctions, hasDraftModel, retention }) => {
        const cache = createCache(
          { blockTokens: 2, mode, hasJunctions, retentionIntervalTokens: retention, hasDraftModel },
          { kvBlockBytes: 1, stateBytes: 3, capacityBytes: capacity },
        );
        const served = new Served();
        const sent: number[][] = [];
        for (const request of requests) {
          const before = cache.inspect(Int32Array.from(request.prompt));
          cache.serve(Int32Array.from(request.prompt), Int32Array.from(request.output), served);
          const { reusedTokens } = served;
          expect(reusedTokens).toBeLessThan(Math.max(1, request.prompt.length));
          if (reusedTokens > 0) {
            expect(before.checkpoints).toContain(reusedTokens);
            const isPrefix = (other: number[]) =>
              request.prompt.slice(0, reusedTokens).every((t, i) => t === other[i]);
            expect(sent.some(isPrefix)).toBe(true);
          }
          const { kvBytes, checkpointBytes } = cache.contents();
          expect(kvBytes + checkpointBytes).toBeLessThanOrEqual(capacity);
          sent.push([...request.prompt, ...request.output]);
        }
      }),
      { seed: 42317, numRuns: 400 },
    );
  });
});
