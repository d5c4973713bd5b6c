import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Served } from "../../../../src/core/cache/cache-system.ts";
import {
  LlamaCppCache,
  type LlamaCppOptions,
  llamaCppDefaults,
} from "../../../../src/core/cache/engines/llama-cpp.ts";

const hybrid: LlamaCppOptions = {
  ...llamaCppDefaults,
  slots: 1,
  kvBytesPerToken: 1,
  stateBytes: 100,
  capacityBytes: 1e12,
};

function run(start: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => start + i);
}

function join(...parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}

function server(options: Partial<LlamaCppOptions> = {}) {
  const cache = new LlamaCppCache({ ...hybrid, ...options });
  const served = new Served();
  const serve = (prompt: Int32Array, output: Int32Array = new Int32Array(0)) => {
    cache.serve(prompt, output, served);
    return { reused: served.reusedTokens, checkpoints: [...served.checkpoints] };
  };
  return { cache, serve };
}

describe("checkpoints", () => {
  it("stand 4 tokens, and 4 tokens and a micro-batch, before the prompt's end", () => {
    const { cache, serve } = server();
    serve(run(0, 2000));
    expect(cache.inspect(run(0, 1999)).checkpoints).toEqual([2000 - 516, 2000 - 4]);
  });

  it("stand every 8,192 tokens of a long prompt", () => {
    const { cache, serve } = server();
    serve(run(0, 20_000));
    expect(cache.inspect(run(0, 19_999)).checkpoints).toEqual([8192, 16_384, 19_484, 19_996]);
  });

  it("never stand within the first 64 tokens", () => {
    const { cache, serve } = server();
    serve(run(0, 60));
    expect(cache.inspect(run(0, 59)).checkpoints).toEqual([]);
  });

  it("are at most 32, the oldest erased", () => {
    const { cache, serve } = server({ minStepTokens: 100, microBatchTokens: 50 });
    serve(run(0, 5000));
    expect(cache.inspect(run(0, 4999)).checkpoints).toHaveLength(32);
    expect(cache.inspect(run(0, 4999)).checkpoints.at(-1)).toBe(4996);
  });
});

describe("going on", () => {
  it("recomputes about one micro-batch when the end of a prompt is replaced", () => {
    for (const microBatchTokens of [32, 64, 1024]) {
      const { serve } = server({ microBatchTokens });
      serve(run(0, 5000), run(90_000, 1));
      // The last tokens are rendered anew, as chat templates do; 6 of them differ.
      const { reused } = serve(join(run(0, 4994), run(70_000, 6)));
      expect(4994 - reused).toBeGreaterThanOrEqual(0);
      expect(4994 - reused).toBeLessThanOrEqual(microBatchTokens + 4);
    }
  });

  it("continues at the very end of the slot's own sequence", () => {
    const { serve } = server();
    serve(run(0, 500), run(9000, 100));
    expect(serve(join(run(0, 500), run(9000, 100), run(400, 20))).reused).toBe(600);
  });

  it("processes everything again when the shared part ends before the first checkpoint", () => {
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

  it("takes the slot with the longest common prefix, else the one used longest ago", () => {
    const { serve } = server({ slots: 2, stateBytes: 0 });
    serve(run(0, 100));
    serve(run(1000, 100));
    expect(serve(join(run(0, 100), run(5, 1))).reused).toBe(100);
    serve(run(2000, 100)); // Replaces the second sequence.
    expect(serve(run(1000, 100)).reused).toBe(0);
  });
});

describe("any traffic", () => {
  it("stays within the capacity and resumes only where something is kept", () => {
    const tokens = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 150 });
    const traffic = fc.record({
      requests: fc.array(fc.record({ prompt: tokens, output: tokens }), { maxLength: 12 }),
      capacity: fc.integer({ min: 0, max: 2000 }),
      slots: fc.integer({ min: 1, max: 3 }),
      stateBytes: fc.constantFrom(0, 40),
    });
    fc.assert(
      fc.property(traffic, ({ requests, capacity, slots, stateBytes }) => {
        const { cache, serve } = server({ capacityBytes: capacity, slots, stateBytes, microBatchTokens: 16 });
        for (const request of requests) {
          const prompt = Int32Array.from(request.prompt);
          const before = cache.inspect(prompt);
          const { reused } = serve(prompt, Int32Array.from(request.output));
          expect(reused).toBeLessThan(Math.max(1, prompt.length));
          expect(reused).toBeLessThanOrEqual(before.cachedTokens);
          if (reused > 0 && stateBytes > 0) expect(before.checkpoints).toContain(reused);
          const { kvBytes, checkpointBytes } = cache.contents();
          expect(kvBytes + checkpointBytes).toBeLessThanOrEqual(capacity);
        }
      }),
      { seed: 22746, numRuns: 300 },
    );
  });
});
