import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Served } from "../../../../src/core/cache/cache-system.ts";
import { type VllmOptions, vllmDefaults } from "../../../../src/core/cache/engines/vllm/options.ts";
import { PrefixIds } from "../../../../src/core/cache/engines/vllm/prefix-ids.ts";
import { VllmRequest } from "../../../../src/core/cache/engines/vllm/request.ts";
import { VllmScheduler } from "../../../../src/core/cache/engines/vllm/scheduler.ts";
import { VllmCache } from "../../../../src/core/cache/engines/vllm/vllm-cache.ts";
import { ReplayText } from "../../../support/replay-text.ts";

interface Options extends VllmOptions {
  readonly blockTokens: number;
}

const usual: Options = { ...vllmDefaults, blockTokens: 1056 };

/** Three groups of recurrent layers and one of attention, as Qwen3.5 has them. */
function groupsOf(blockTokens: number, recurrentGroups = 3) {
  const recurrent = { kind: "recurrent", blockTokens, windowTokens: null } as const;
  const full = { kind: "full", blockTokens, windowTokens: null } as const;
  return [...Array.from({ length: recurrentGroups }, () => recurrent), full];
}

function createCache({ blockTokens, ...server }: Options) {
  return new VllmCache({ groups: groupsOf(blockTokens), blockBytes: 1, capacityBytes: 1e6, server });
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
    const { blockTokens, ...server } = usual;
    const groups = groupsOf(blockTokens);
    const scheduler = new VllmScheduler(groups, 1000, server);
    const ids = new PrefixIds(scheduler.coordinator.unitTokens);
    const ends = prompts.slice(0, 3).map((tokens) => {
      const request = new VllmRequest(tokens.length, 1, ids.of(tokens), groups.length);
      scheduler.serve(request);
      return request.stepEnds;
    });
    expect(ends).toEqual([
      [7392, 8000],
      [5280, 7392, 8000],
      [7392, 8000],
    ]);
  });
});

describe("vllm-project/vllm#52897: a prompt sent again with a draft model, blocks of 1,648", () => {
  it.each([
    [8702, 6592],
    [9155, 6592],
  ])("%i tokens reuse %i, with every state kept", (length, reused) => {
    const tokens = prompt(length, 0, 0);
    expect(
      serveAll({ blockTokens: 1648, draftTokens: 1, retentionInterval: null }, [tokens, tokens])[1]?.reused,
    ).toBe(reused);
  });
});

describe("a draft model", () => {
  it("makes the first repeat reuse nothing at interval 0: the mask keeps another block end than the step has", () => {
    const tokens = prompt(2673, 0, 0);
    const rows = serveAll({ blockTokens: 528, draftTokens: 3 }, [tokens, tokens, tokens, tokens], 30);
    expect(rows.map(({ reused }) => reused)).toEqual([0, 0, 2112, 2112]);
  });
});

describe("a prompt of whole blocks", () => {
  it("leaves no state for its first repeat, and one a block earlier for the second", () => {
    const tokens = prompt(1584, 0, 0);
    const rows = serveAll({ blockTokens: 528 }, [tokens, tokens, tokens]);
    expect(rows.map(({ reused }) => reused)).toEqual([0, 0, 1056]);
  });

  it("leaves one where the budget ends a step there", () => {
    const tokens = prompt(1584, 0, 0);
    const rows = serveAll({ blockTokens: 528, maxBatchedTokens: 1100 }, [tokens, tokens]);
    expect(rows.map(({ reused }) => reused)).toEqual([0, 1056]);
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

  it("hits from the second request with a state at every block, dense", () => {
    const states = { mambaCacheMode: "all", retentionInterval: null } as const;
    const rows = serveAll({ blockTokens: 528, hasJunctions: false, ...states }, groups(1500, 700));
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
  it("stays within the capacity, resumes where every group can, and reuses a true prefix", () => {
    const tokens = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 24 });
    const kinds = fc.constantFrom("full" as const, "window" as const, "recurrent" as const);
    const run = fc.record({
      requests: fc.array(fc.record({ prompt: tokens, output: tokens }), { maxLength: 30 }),
      capacityBlocks: fc.integer({ min: 0, max: 60 }),
      kinds: fc.array(kinds, { minLength: 1, maxLength: 3 }),
      mambaCacheMode: fc.constantFrom("align" as const, "all" as const),
      hasJunctions: fc.boolean(),
      draftTokens: fc.constantFrom(0, 0, 1, 3),
      retentionInterval: fc.constantFrom(0, 4, 8, null),
      maxBatchedTokens: fc.constantFrom(3, 9, 64),
      matchUnitTokens: fc.constantFrom(null, 2),
      hasAsyncScheduling: fc.boolean(),
    });
    fc.assert(
      fc.property(run, ({ requests, capacityBlocks, kinds: ofGroups, matchUnitTokens, ...server }) => {
        const groups = ofGroups.map((kind) => ({
          kind,
          blockTokens: 4,
          windowTokens: kind === "window" ? 6 : null,
        }));
        const isPartial =
          server.mambaCacheMode === "align" && ofGroups.includes("recurrent") && !ofGroups.includes("window");
        const options = { ...vllmDefaults, ...server, matchUnitTokens: isPartial ? matchUnitTokens : null };
        const capacityBytes = 10 * (capacityBlocks + 1);
        const cache = new VllmCache({ groups, blockBytes: 10, capacityBytes, server: options });
        const served = new Served();
        const sent: number[][] = [];
        for (const request of requests) {
          const before = cache.inspect(Int32Array.from(request.prompt));
          cache.serve(Int32Array.from(request.prompt), Int32Array.from(request.output), served);
          const { reusedTokens } = served;
          expect(reusedTokens).toBeLessThan(Math.max(1, request.prompt.length));
          expect(reusedTokens % cache.blockTokens).toBe(0);
          if (reusedTokens > 0) {
            if (cache.needsCheckpoints) expect(before.checkpoints).toContain(reusedTokens);
            else expect(before.cachedTokens).toBeGreaterThanOrEqual(reusedTokens);
            const isPrefix = (other: number[]) =>
              request.prompt.slice(0, reusedTokens).every((t, i) => t === other[i]);
            expect(sent.some(isPrefix)).toBe(true);
          }
          const { kvBytes, checkpointBytes } = cache.contents();
          expect(kvBytes + checkpointBytes).toBeLessThanOrEqual(capacityBlocks * 10);
          sent.push([...request.prompt, ...request.output]);
        }
      }),
      { seed: 42317, numRuns: 600 },
    );
  });
});

describe("a window of 64 tokens beside full attention, blocks of 16", () => {
  const full = { kind: "full", blockTokens: 16, windowTokens: null } as const;
  const window = { kind: "window", blockTokens: 16, windowTokens: 64 } as const;
  // Answers of one token, which no request shares.
  const fatesOf = (capacityBytes: number, lines: string, retentionInterval: number | null) => {
    const server = { ...vllmDefaults, retentionInterval };
    const cache = new VllmCache({ groups: [window, full], blockBytes: 1, capacityBytes, server });
    return new ReplayText(lines).fates(cache).split("\n").at(-1);
  };
  const long = "A=a×320 / B=b×320 | o";
  const begun = "A=a×320 / C=c×160 | o";

  it("lets a prefix of a longer prompt hit wherever its window is still there", () => {
    expect(fatesOf(1000, `${long}\n${begun}`, null)).toMatch(/^reused 320, cold 160/);
  });

  it("kept none there where only ends are kept", () => {
    expect(fatesOf(1000, `${long}\n${begun}`, 0)).toMatch(/^cold 160, noCheckpoint 320/);
  });

  it("is gone where others took its blocks and the KV of full attention is there", () => {
    // Blocks that fell out of the window are the first to go: the prompt between takes some of them, and no others.
    expect(fatesOf(100, `${long}\nX=x×400 | o\n${begun}`, null)).toMatch(
      /^reused 144, cold 160, windowGone 176/,
    );
  });
});
