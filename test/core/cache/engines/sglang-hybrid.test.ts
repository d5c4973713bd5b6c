import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Served } from "../../../../src/core/cache/cache-system.ts";
import {
  SglangHybridCache,
  type SglangHybridOptions,
  sglangDefaults,
} from "../../../../src/core/cache/engines/sglang-hybrid.ts";

const roomy: SglangHybridOptions = {
  ...sglangDefaults,
  kvBytesPerToken: 1,
  stateBytes: 1000,
  capacityBytes: 1e12,
};

function run(start: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => start + i);
}

function join(...parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}

const nothing = new Int32Array(0);

function server(options: Partial<SglangHybridOptions> = {}) {
  const cache = new SglangHybridCache({ ...roomy, ...options });
  const served = new Served();
  const serve = (prompt: Int32Array, output: Int32Array = nothing) => {
    cache.serve(prompt, output, served);
    return { reused: served.reusedTokens, checkpoints: [...served.checkpoints] };
  };
  return { cache, serve };
}

/** Capacity with room for so many states and tokens. */
function pools(
  states: number,
  tokens: number,
  strategy: "no_buffer" | "extra_buffer",
): Partial<SglangHybridOptions> {
  const slots = states + (strategy === "extra_buffer" ? 5 : 3);
  const ratio = (slots * 1000) / tokens;
  return { strategy, capacityBytes: slots * 1000 + tokens, stateToKvRatio: ratio };
}

describe("extra_buffer", () => {
  it("keeps a state at the last multiple of 64 of the prompt and reuses it", () => {
    const { serve } = server();
    expect(serve(run(0, 200)).checkpoints).toEqual([192]);
    expect(serve(join(run(0, 200), run(5000, 30))).reused).toBe(192);
  });

  it("keeps one at the branch point, rounded down to the chunk, and not below what is reused", () => {
    const { serve } = server();
    serve(join(run(0, 150), run(1000, 100)));
    expect(serve(join(run(0, 150), run(2000, 100)))).toEqual({ reused: 0, checkpoints: [128, 192] });
    expect(serve(join(run(0, 150), run(3000, 100)))).toEqual({ reused: 128, checkpoints: [192] });
  });

  it("tracks a state every 256 tokens of decoding", () => {
    const { serve } = server();
    expect(serve(run(0, 200), run(9000, 400)).checkpoints).toEqual([192, 512]);
    expect(serve(join(run(0, 200), run(9000, 400), run(70_000, 50))).reused).toBe(512);
  });

  it("keeps nothing of a prompt below one chunk", () => {
    const { serve } = server();
    expect(serve(run(0, 63)).checkpoints).toEqual([]);
    expect(serve(run(0, 63)).reused).toBe(0);
  });

  it("never uses the state at the end of the very same prompt", () => {
    const { serve } = server();
    expect(serve(run(0, 128)).checkpoints).toEqual([128]);
    expect(serve(run(0, 128)).reused).toBe(0);
    expect(serve(join(run(0, 128), run(900, 1))).reused).toBe(128);
  });
});

describe("no_buffer", () => {
  it("keeps states exactly at the end of prefill and of the request", () => {
    const { serve } = server({ strategy: "no_buffer" });
    expect(serve(run(0, 101), run(9000, 20)).checkpoints).toEqual([101, 121]);
    expect(serve(join(run(0, 101), run(9000, 20), run(500, 7))).reused).toBe(121);
    expect(serve(join(run(0, 101), run(800, 7))).reused).toBe(101);
  });

  it("matches a partly shared edge without being able to resume there: a split leaves the upper part stateless", () => {
    const { cache, serve } = server({ strategy: "no_buffer" });
    serve(run(0, 100));
    expect(serve(join(run(0, 60), run(700, 40))).reused).toBe(0);
    expect(cache.inspect(run(0, 60))).toEqual({ cachedTokens: 60, checkpoints: [] });
    expect(serve(join(run(0, 60), run(800, 40))).reused).toBe(0);
  });
});

describe("eviction", () => {
  it("takes the whole leaf when its state goes", () => {
    const { cache, serve } = server(pools(2, 1000, "no_buffer"));
    for (const start of [0, 1000, 2000]) serve(run(start, 10));
    expect(cache.inspect(run(0, 10)).cachedTokens).toBe(0);
    expect(cache.inspect(run(2000, 10))).toEqual({ cachedTokens: 10, checkpoints: [10] });
  });

  it("leaves a tombstone when the state of an inner node goes", () => {
    const { cache, serve } = server(pools(2, 1000, "no_buffer"));
    serve(run(0, 10), run(100, 5));
    serve(join(run(0, 10), run(100, 5), run(200, 5)));
    // Three states were wanted, the oldest unused one is the inner one at 10.
    const held = cache.inspect(join(run(0, 10), run(100, 5), run(200, 5)));
    expect(held.cachedTokens).toBe(20);
    expect(held.checkpoints).toEqual([15, 20]);
  });

  it("removes tombstones together with the last leaf below them", () => {
    const { cache, serve } = server(pools(1, 1000, "no_buffer"));
    serve(run(0, 10), run(100, 5));
    serve(run(5000, 8));
    expect(cache.inspect(run(0, 10)).cachedTokens).toBe(0);
    expect(cache.contents().kvBytes).toBe(8);
  });

  it("takes the oldest leaf when KV runs out, with its state", () => {
    const { cache, serve } = server(pools(50, 30, "no_buffer"));
    for (const start of [0, 1000, 2000]) serve(run(start, 10));
    serve(run(0, 10));
    serve(run(3000, 10));
    expect(cache.inspect(run(1000, 10)).cachedTokens).toBe(0);
    expect(cache.inspect(run(0, 10)).cachedTokens).toBe(10);
  });

  it("divides memory between states and KV by the ratio, less the slots of the running request", () => {
    const { cache } = server({ capacityBytes: 190_000, stateToKvRatio: 0.9 });
    expect(cache.stateSlots).toBe(90 - 5);
    expect(cache.kvTokens).toBe(100_000);
  });
});

describe("any traffic", () => {
  it("stays within both pools and resumes only where a state is", () => {
    const tokens = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 20 });
    const traffic = fc.record({
      requests: fc.array(fc.record({ prompt: tokens, output: tokens }), { maxLength: 30 }),
      states: fc.integer({ min: 0, max: 6 }),
      room: fc.integer({ min: 1, max: 60 }),
      strategy: fc.constantFrom("no_buffer" as const, "extra_buffer" as const),
    });
    fc.assert(
      fc.property(traffic, ({ requests, states, room, strategy }) => {
        const options = { ...pools(states, room, strategy), chunkTokens: 4, trackIntervalTokens: 8 };
        const { cache, serve } = server(options);
        for (const request of requests) {
          const prompt = Int32Array.from(request.prompt);
          const before = cache.inspect(prompt);
          const { reused } = serve(prompt, Int32Array.from(request.output));
          expect(reused).toBeLessThan(Math.max(1, prompt.length));
          if (reused > 0) expect(before.checkpoints).toContain(reused);
          expect(cache.contents().kvBytes).toBeLessThanOrEqual(cache.kvTokens);
          expect(cache.contents().checkpoints).toBeLessThanOrEqual(cache.stateSlots);
        }
      }),
      { seed: 21158, numRuns: 400 },
    );
  });
});
