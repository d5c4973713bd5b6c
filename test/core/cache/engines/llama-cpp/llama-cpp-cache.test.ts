import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Served } from "../../../../../src/core/cache/cache-system.ts";
import { LlamaCppCache } from "../../../../../src/core/cache/engines/llama-cpp/llama-cpp-cache.ts";
import {
  type LlamaCppOptions,
  llamaCppDefaults,
} from "../../../../../src/core/cache/engines/llama-cpp/options.ts";
import { PlainLlamaCpp } from "../../../../support/plain-llama-cpp.ts";

const hybrid: LlamaCppOptions = {
  ...llamaCppDefaults,
  kvBytesPerToken: 1,
  stateBytes: 100,
  contextTokens: 1e6,
  hostBytesPerSecond: 1000,
};
const oneSlot = { slots: 1, isKvUnified: false, promptCacheBytes: 0 };
const fourSlots = { isKvUnified: false, promptCacheBytes: 0 };

function run(start: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => start + i);
}

function join(...parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}

function server(options: Partial<LlamaCppOptions> = {}) {
  const cache = new LlamaCppCache({ ...hybrid, ...options });
  const served = new Served();
  const serve = (
    prompt: Int32Array,
    output: Int32Array = new Int32Array(0),
    userStarts?: readonly number[],
  ) => {
    cache.serve(prompt, output, served, {
      arrivalSeconds: 0,
      ...(userStarts !== undefined && { userStarts }),
    });
    return { reused: served.reusedTokens, slot: cache.lastSlot };
  };
  return { cache, serve, served };
}

describe("checkpoints", () => {
  it("stand 4 tokens, and 4 tokens and a micro-batch, before the prompt's end, however long it is", () => {
    const { cache, serve } = server();
    serve(run(0, 20_000));
    expect(cache.inspect(run(0, 19_999)).checkpoints).toEqual([20_000 - 516, 20_000 - 4]);
  });

  it("have no smallest position", () => {
    const { cache, serve } = server();
    serve(run(0, 7));
    expect(cache.inspect(run(0, 6)).checkpoints).toEqual([3]);
  });

  it("stand at the last message of the user, and at those a step behind the newest", () => {
    const { cache, serve } = server({ minStepTokens: 1000 });
    serve(run(0, 6000), new Int32Array(0), [500, 800, 2000, 2900, 3100, 4000]);
    // 500 is the first; 800 is 300 behind it, 2,900 is 900 behind 2,000; 4,000 is the last one.
    expect(cache.inspect(run(0, 5999)).checkpoints).toEqual([500, 2000, 3100, 4000, 5484, 5996]);
  });

  it("of earlier requests are thinned to one per step before another is stored", () => {
    const { cache, serve } = server(oneSlot);
    let prompt = run(0, 2000);
    for (let turn = 1; turn <= 4; turn++) {
      serve(prompt, run(90_000 * turn, 50));
      prompt = join(prompt, run(90_000 * turn, 49), run(5_000_000 + 1000 * turn, 700));
    }
    // The first of all, and those of the fourth prompt of 2,000 + 3 · 749 = 4,247 tokens, which resumed at 3,547.
    expect(cache.inspect(prompt).checkpoints).toEqual([1484, 4247 - 516, 4243, 4296]);
  });

  it("of earlier requests stay, since September, until the last place is needed", () => {
    const { cache, serve } = server({ ...oneSlot, thinsOnlyWhenFull: true, replacesEqual: true });
    serve(run(0, 2000), run(90_000, 50));
    serve(join(run(0, 2000), run(90_000, 49), run(50_000, 700)));
    expect(cache.inspect(join(run(0, 2000), run(90_000, 49), run(50_000, 699))).checkpoints).toEqual([
      1484,
      1996,
      2749 - 516,
      2745,
    ]);
  });

  it("are at most as many as --ctx-checkpoints says, the oldest erased", () => {
    const { cache, serve } = server({ checkpointsPerSequence: 2, minStepTokens: 0 });
    serve(run(0, 2000), new Int32Array(0), [700]);
    expect(cache.inspect(run(0, 1999)).checkpoints).toEqual([1484, 1996]);
    const none = server({ checkpointsPerSequence: 0 });
    none.serve(run(0, 2000));
    expect(none.cache.inspect(run(0, 1999)).checkpoints).toEqual([]);
  });
});

describe("going on", () => {
  it("happens at the end of the slot's own sequence, which lacks the last token of the answer", () => {
    const { serve } = server();
    serve(run(0, 500), run(9000, 100));
    expect(serve(join(run(0, 500), run(9000, 100), run(400, 20))).reused).toBe(599);
  });

  it("starts from nothing when the shared part ends before the first checkpoint", () => {
    const { cache, serve } = server();
    serve(run(0, 5000));
    expect(serve(join(run(0, 3000), run(80_000, 2000))).reused).toBe(0);
    expect(cache.inspect(run(0, 3000)).cachedTokens).toBe(3000);
  });

  it("cuts attention-only models back at any token", () => {
    const { serve } = server({ stateBytes: 0 });
    serve(run(0, 5000));
    expect(serve(join(run(0, 3000), run(80_000, 2000))).reused).toBe(3000);
    expect(serve(join(run(0, 3000), run(80_000, 2000))).reused).toBe(4999);
  });

  it("is refused to a prompt that the context does not hold", () => {
    const { cache, serve } = server({ contextTokens: 100 });
    serve(run(0, 100), run(500, 5));
    expect(cache.contents()).toMatchObject({ kvBytes: 0, checkpointBytes: 0, checkpoints: 0 });
    serve(run(0, 97), run(500, 50));
    expect(cache.contents().kvBytes).toBe(99);
  });
});

describe("slots", () => {
  it("serve what shares more than a tenth with them, else the one used longest ago, the last of the empty ones first", () => {
    const { serve } = server({ ...fourSlots, slots: 2, stateBytes: 0 });
    expect(serve(run(0, 100))).toEqual({ reused: 0, slot: 1 });
    expect(serve(run(1000, 100))).toEqual({ reused: 0, slot: 0 });
    expect(serve(join(run(0, 100), run(5, 1)))).toEqual({ reused: 100, slot: 1 });
    // A tenth is not more than a tenth.
    expect(serve(join(run(1000, 10), run(2000, 90)))).toEqual({ reused: 10, slot: 0 });
    expect(serve(join(run(0, 10), run(3000, 90)))).toEqual({ reused: 10, slot: 1 });
  });

  it("of one pool are emptied one by one, the first first, when the KV is full", () => {
    const { cache, serve } = server({ stateBytes: 0, promptCacheBytes: 0, contextTokens: 1000 });
    for (const start of [0, 1000, 2000, 3000]) serve(run(start, 240));
    expect(cache.contents().kvBytes).toBe(960);
    // The slots 3, 2, 1, 0 served them. The fifth takes slot 3, and only slot 0 has to go.
    expect(serve(run(4000, 400)).slot).toBe(3);
    expect(cache.contents().kvBytes).toBe(400 + 2 * 240);
    expect(cache.inspect(run(3000, 240)).cachedTokens).toBe(0);
  });
});

describe("the host prompt cache", () => {
  it("takes idle slots, so that one is filled at a time, and gives back what the next prompt continues", () => {
    const { cache, serve, served } = server();
    serve(run(0, 600), run(9000, 11));
    serve(run(20_000, 600));
    // The checkpoints of the filled slot are in host memory as well: 84 and 596, beside the saved sequence's three states.
    expect(cache.contents()).toEqual({
      kvBytes: 600,
      checkpointBytes: 100,
      checkpoints: 1,
      host: { kvBytes: 610, checkpointBytes: 500, checkpoints: 5 },
    });
    // 610 tokens of 1 + 12 bytes, the state and the checkpoints at 84 and 596.
    expect(cache.hostBytes).toBe(610 * 13 + 300);
    expect(serve(join(run(0, 600), run(9000, 10), run(0, 30))).reused).toBe(610);
    expect(served.restored).toEqual([{ from: "host prompt cache", start: 0, end: 610 }]);
    // 610 bytes of KV and a state of 100 at 1,000 bytes per second.
    expect(served.restoreSeconds).toBe(0.71);
  });

  it("gives nothing back of which it would keep less than a quarter", () => {
    const reusedOf = (shared: number) => {
      const { serve } = server({ stateBytes: 0 });
      serve(run(0, 1000));
      serve(run(20_000, 1000));
      return serve(join(run(0, shared), run(30_000, 100))).reused;
    };
    expect([249, 250].map(reusedOf)).toEqual([0, 250]);
  });

  it("lets the oldest go when it is full, and always keeps one", () => {
    const { cache, serve } = server({ stateBytes: 0, promptCacheBytes: 250 * 13 });
    for (const start of [0, 1000, 2000]) serve(run(start, 200));
    expect(cache.hostBytes).toBe(200 * 13);
    expect(cache.inspect(run(0, 200)).cachedTokens).toBe(0);
    expect(cache.inspect(run(1000, 200)).cachedTokens).toBe(200);
  });

  it("keeps copies of idle slots that have their own part of the KV", () => {
    const { cache, serve } = server({ isKvUnified: false, stateBytes: 0 });
    serve(run(0, 200));
    serve(run(1000, 200));
    expect(cache.contents().kvBytes).toBe(400);
    expect(cache.hostBytes).toBe(200 * 13);
  });
});

type Traffic = typeof traffic extends fc.Arbitrary<infer T> ? T : never;

const tokens = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 60 });
const traffic = fc.record({
  requests: fc.array(
    fc.record({
      prompt: tokens,
      output: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 6 }),
      userStarts: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 4 }),
      /** Goes on with an earlier request, as turns do. */
      behind: fc.option(fc.nat(30), { nil: null }),
    }),
    { maxLength: 30 },
  ),
  options: fc.record({
    slots: fc.integer({ min: 1, max: 3 }),
    isKvUnified: fc.boolean(),
    promptCacheBytes: fc.constantFrom(0, 500, 3000, Number.POSITIVE_INFINITY),
    savesIdleSlots: fc.boolean(),
    stateBytes: fc.constantFrom(0, 40),
    checkpointsPerSequence: fc.constantFrom(0, 1, 3, 32),
    minStepTokens: fc.constantFrom(0, 5, 20),
    thinsOnlyWhenFull: fc.boolean(),
    replacesEqual: fc.boolean(),
    batchTokens: fc.constantFrom(3, 16, 100),
    microBatchTokens: fc.constantFrom(1, 4, 16),
    contextTokens: fc.constantFrom(50, 150, 100_000),
  }),
});

describe("any traffic", () => {
  it("is served as by the plain twin, and resumes only where something is kept", () => {
    let reusing = 0;
    const check = ({ requests, options }: Traffic) => {
      const all = { ...hybrid, ...options };
      const cache = new LlamaCppCache(all);
      const plain = new PlainLlamaCpp(all);
      const served = new Served();
      const sent: number[][] = [];
      for (const { prompt: own, output, userStarts, behind } of requests) {
        const base = behind === null ? [] : (sent[behind % Math.max(1, sent.length)] ?? []);
        const prompt = [...base, ...own];
        sent.push([...prompt, ...output]);
        const starts = userStarts.filter((start) => start < prompt.length).sort((a, b) => a - b);
        const before = cache.inspect(Int32Array.from(prompt));
        cache.serve(Int32Array.from(prompt), Int32Array.from(output), served, {
          arrivalSeconds: 0,
          userStarts: starts,
        });
        const expected = plain.serve(prompt, output, starts);
        if (prompt.length > 0)
          expect({ reused: served.reusedTokens, slot: cache.lastSlot }).toEqual(expected);
        expect(cache.hostBytes).toBe(plain.savedBytes);
        const live = plain.slots.filter((slot) => slot !== null);
        const kvBytes = live.reduce((sum, slot) => sum + slot.tokens.length, 0);
        const checkpoints = options.stateBytes > 0 ? live.length : 0;
        const inHost = [
          ...live.map((slot) => slot.checkpoints.length),
          ...plain.saved.map((saved) => saved.checkpoints.length + 1),
        ].reduce((sum, states) => sum + states, 0);
        const hostStates = options.stateBytes > 0 ? inHost : 0;
        expect(cache.contents()).toEqual({
          kvBytes,
          checkpointBytes: checkpoints * options.stateBytes,
          checkpoints,
          host: {
            kvBytes: plain.saved.reduce((sum, saved) => sum + saved.tokens.length, 0),
            checkpointBytes: hostStates * options.stateBytes,
            checkpoints: hostStates,
          },
        });
        expect(kvBytes).toBeLessThanOrEqual(options.contextTokens);
        expect(served.reusedTokens).toBeLessThanOrEqual(before.cachedTokens);
        if (served.reusedTokens > 0) reusing++;
        if (served.reusedTokens > 0 && options.stateBytes > 0)
          expect(before.checkpoints).toContain(served.reusedTokens);
      }
    };
    fc.assert(fc.property(traffic, check), { seed: 22746, numRuns: 600 });
    expect(reusing).toBeGreaterThan(1000);
  });
});
