import { describe, expect, it } from "vitest";
import { Served } from "../../../../src/core/cache/cache-system.ts";
import { BlockStateCache } from "../../../../src/core/cache/engines/block-states.ts";
import { stopPositions, tensorrtLlmRules } from "../../../../src/core/cache/engines/tensorrt-llm.ts";

function run(start: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => start + i);
}

function server(intervalTokens: number, offsetsFromEnd: readonly number[], capacityBytes = 1e9) {
  const cache = new BlockStateCache({
    blockTokens: 32,
    kvBlockBytes: 1,
    stateBytes: 1,
    capacityBytes,
    rules: tensorrtLlmRules({ intervalTokens, offsetsFromEnd }),
  });
  const served = new Served();
  return (prompt: Int32Array) => {
    cache.serve(prompt, new Int32Array(0), served);
    return { reused: served.reusedTokens, checkpoints: [...served.checkpoints] };
  };
}

describe("stop positions", () => {
  it.each([
    [128, 32, 64, [64, 128]],
    [70, 32, 256, []],
    [150, 32, 64, [64, 128]],
    [150, 32, 0, []],
    [200, 32, 100, [96, 192]],
  ])("of %i tokens, blocks of %i, interval %i are %o", (tokens, block, interval, stops) => {
    expect(stopPositions(tokens, block, interval)).toEqual(stops);
  });
});

describe("states", () => {
  it("lie at the interval and at the prompt's end, rounded down to blocks", () => {
    expect(server(64, [0])(run(0, 150)).checkpoints).toEqual([64, 128]);
    expect(server(0, [0])(run(0, 150)).checkpoints).toEqual([128]);
    expect(server(0, [40])(run(0, 150)).checkpoints).toEqual([96]);
  });

  it("are resumed from at the largest one within the matched blocks", () => {
    const serve = server(64, [0]);
    serve(run(0, 150));
    expect(serve(Int32Array.from([...run(0, 100), ...run(5000, 60)])).reused).toBe(64);
  });
});

describe("eviction", () => {
  it("takes leaves only, oldest first, KV and state together", () => {
    const serve = server(0, [0], 6);
    serve(run(0, 64)); // Two blocks and a state.
    serve(run(1000, 64));
    serve(run(2000, 64)); // The first sequence loses its tail, then its head.
    expect(serve(Int32Array.from([...run(1000, 64), ...run(7000, 1)])).reused).toBe(64);
    expect(serve(Int32Array.from([...run(0, 64), ...run(7000, 1)])).reused).toBe(0);
  });
});
