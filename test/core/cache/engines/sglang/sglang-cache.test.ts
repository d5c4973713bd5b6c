import { describe, expect, it } from "vitest";
import { Served } from "../../../../../src/core/cache/cache-system.ts";
import {
  SglangCache,
  type SglangCacheOptions,
} from "../../../../../src/core/cache/engines/sglang/sglang-cache.ts";

/** Room for everything; a byte per token and per state, so that contents are counts. */
const extraBuffer: SglangCacheOptions = {
  strategy: "extra_buffer",
  level: 3,
  hasOverlap: true,
  pageTokens: 1,
  prefillChunkTokens: 8192,
  chunkTokens: 64,
  trackIntervalTokens: 256,
  kvTokens: Number.POSITIVE_INFINITY,
  stateSlots: Number.POSITIVE_INFINITY,
  kvBytesPerToken: 1,
  stateBytes: 1,
};
const noBuffer: SglangCacheOptions = { ...extraBuffer, strategy: "no_buffer", hasOverlap: false };
const attention: SglangCacheOptions = { ...noBuffer, hasOverlap: true, stateSlots: null };

function run(start: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => start + i);
}

function join(...parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}

const nothing = new Int32Array(0);

function server(options: SglangCacheOptions) {
  const cache = new SglangCache(options);
  const served = new Served();
  const serve = (prompt: Int32Array, output: Int32Array = nothing) => {
    cache.serve(prompt, output, served);
    return { reused: served.reusedTokens, checkpoints: [...served.checkpoints] };
  };
  return { cache, served, serve };
}

describe("extra_buffer", () => {
  it("keeps a state at the last multiple of 64 of the prompt and reuses it", () => {
    const { serve } = server(extraBuffer);
    expect(serve(run(0, 200)).checkpoints).toEqual([192]);
    expect(serve(join(run(0, 200), run(5000, 30))).reused).toBe(192);
  });

  it("keeps the branch point instead of the chunk's end, and the end with the next request", () => {
    const { serve } = server(extraBuffer);
    serve(join(run(0, 150), run(1000, 100)));
    expect(serve(join(run(0, 150), run(2000, 100)))).toEqual({ reused: 0, checkpoints: [128] });
    expect(serve(join(run(0, 150), run(2000, 100)))).toEqual({ reused: 128, checkpoints: [192] });
  });

  it("keeps one state per prefill chunk", () => {
    const { serve } = server({ ...extraBuffer, prefillChunkTokens: 128 });
    expect(serve(run(0, 300)).checkpoints).toEqual([128, 256]);
  });

  it("keeps nothing of a chunk shorter than the kernel's", () => {
    const { serve } = server(extraBuffer);
    expect(serve(run(0, 63)).checkpoints).toEqual([]);
    expect(serve(run(0, 63)).reused).toBe(0);
  });

  it("never uses the state at the end of the very same prompt", () => {
    const { serve } = server(extraBuffer);
    expect(serve(run(0, 128)).checkpoints).toEqual([128]);
    expect(serve(run(0, 128)).reused).toBe(0);
    expect(serve(join(run(0, 128), run(900, 1))).reused).toBe(128);
  });

  it("keeps the last multiple of 256 of the output, and KV no further", () => {
    const { cache, serve } = server(extraBuffer);
    expect(serve(run(0, 200), run(9000, 400)).checkpoints).toEqual([192, 512]);
    expect(cache.contents()).toEqual({ kvBytes: 512, checkpointBytes: 2, checkpoints: 2 });
  });

  it("misses the boundary one token behind the prompt, but not the next", () => {
    // 255 + 1 = 256 is missed with the overlap scheduler, 254 + 2 is not.
    expect(server(extraBuffer).serve(run(0, 255), run(9000, 20)).checkpoints).toEqual([192]);
    expect(server(extraBuffer).serve(run(0, 254), run(9000, 20)).checkpoints).toEqual([192, 256]);
    const late = { ...extraBuffer, hasOverlap: false };
    expect(server(late).serve(run(0, 255), run(9000, 20)).checkpoints).toEqual([192, 256]);
  });

  it("matches whole pages", () => {
    const { cache, serve } = server({ ...extraBuffer, pageTokens: 64 });
    serve(run(0, 200));
    expect(cache.contents().kvBytes).toBe(192);
    expect(serve(join(run(0, 190), run(700, 40))).reused).toBe(0);
    // Two pages agree: their end is the branch point.
    expect(serve(join(run(0, 190), run(800, 40))).reused).toBe(128);
  });
});

describe("no_buffer", () => {
  it("keeps states at the end of the prompt, and before the last token, which is never computed", () => {
    const { serve } = server(noBuffer);
    expect(serve(run(0, 101), run(9000, 20)).checkpoints).toEqual([101, 120]);
    expect(serve(join(run(0, 101), run(9000, 20), run(500, 7))).reused).toBe(120);
    expect(serve(join(run(0, 101), run(800, 7))).reused).toBe(101);
  });

  it("keeps one at the end of each prefill chunk", () => {
    const { serve } = server({ ...noBuffer, prefillChunkTokens: 40 });
    expect(serve(run(0, 100)).checkpoints).toEqual([40, 80, 100]);
  });

  it("matches a partly shared edge without being able to resume there", () => {
    const { cache, serve } = server(noBuffer);
    serve(run(0, 100));
    expect(serve(join(run(0, 60), run(700, 40))).reused).toBe(0);
    expect(cache.inspect(run(0, 60))).toEqual({ cachedTokens: 60, checkpoints: [] });
    expect(serve(join(run(0, 60), run(800, 40))).reused).toBe(0);
  });
});

describe("attention alone", () => {
  it("matches at any token, and keeps the last token of the output with the overlap scheduler", () => {
    const { cache, serve } = server(attention);
    serve(run(0, 50), run(900, 10));
    expect(cache.contents()).toEqual({ kvBytes: 60, checkpointBytes: 0, checkpoints: 0 });
    expect(serve(join(run(0, 50), run(900, 10), run(70, 5))).reused).toBe(60);
    const lazy = server({ ...attention, hasOverlap: false });
    lazy.serve(run(0, 50), run(900, 10));
    expect(lazy.cache.contents().kvBytes).toBe(59);
  });

  it("makes one token where no output is known, which no prompt goes on with", () => {
    const { cache, serve } = server(attention);
    serve(run(0, 50));
    expect(cache.contents().kvBytes).toBe(51);
    expect(serve(run(0, 60)).reused).toBe(50);
  });
});

describe("a full KV pool", () => {
  it("holds the running request's tokens too, and lets go whole leaves until what was asked for is freed", () => {
    // Two requests of 10 + 1 tokens fill 22 of 30. The third asks for 10, 8 are free: 10 have to go, a leaf of 11 does.
    const { cache, served, serve } = server({ ...attention, kvTokens: 30 });
    serve(run(0, 10));
    serve(run(1000, 10));
    serve(run(2000, 10));
    expect(served.evictedNodes).toBe(1);
    expect(served.evictedBytes).toBe(11);
    expect(cache.inspect(run(0, 10)).cachedTokens).toBe(0);
    expect(cache.contents().kvBytes).toBe(22);
  });

  it("goes by the last use", () => {
    const { cache, serve } = server({ ...attention, kvTokens: 35 });
    for (const start of [0, 1000, 2000]) serve(run(start, 10));
    serve(join(run(0, 10), run(500, 1)));
    serve(run(3000, 10));
    expect(cache.inspect(run(1000, 10)).cachedTokens).toBe(0);
    expect(cache.inspect(run(0, 10)).cachedTokens).toBe(10);
  });

  it("refuses a prompt that it cannot hold, and keeps what it has", () => {
    const { cache, serve } = server({ ...attention, kvTokens: 30 });
    serve(run(0, 10));
    expect(serve(run(0, 30))).toEqual({ reused: 10, checkpoints: [] });
    expect(cache.contents().kvBytes).toBe(11);
  });
});

describe("a full pool of states", () => {
  /** Each request leaves its state at the end of the prompt: one token of output adds none. */
  const tight = (stateSlots: number) => server({ ...noBuffer, stateSlots });

  it("takes the whole leaf when its state goes", () => {
    // Three slots have to be free before a prefill, so that of four one state is left beside the new one.
    const { cache, serve } = tight(4);
    for (const start of [0, 1000, 2000]) serve(run(start, 10));
    expect(cache.inspect(run(0, 10)).cachedTokens).toBe(0);
    expect(cache.inspect(run(1000, 10))).toEqual({ cachedTokens: 10, checkpoints: [10] });
    expect(cache.contents()).toEqual({ kvBytes: 20, checkpointBytes: 2, checkpoints: 2 });
  });

  it("leaves a tombstone when the state of an inner node goes", () => {
    // First: states at 10 and 14. Second: resumes at 14 with a slot of its own, wants three free of five: 10 goes. It leaves 20.
    const { cache, serve } = tight(5);
    serve(run(0, 10), run(100, 5));
    const next = join(run(0, 10), run(100, 5), run(200, 5));
    expect(serve(next).reused).toBe(14);
    expect(cache.inspect(next)).toEqual({ cachedTokens: 20, checkpoints: [14, 20] });
  });

  it("renews the resumed state alone, not those above it", () => {
    // States A at 10, B below it at 20, C elsewhere. B is resumed, which takes a slot: of six two are free, and A is the oldest.
    const { cache, serve } = tight(6);
    serve(run(0, 10));
    serve(run(0, 20));
    serve(run(5000, 10));
    expect(serve(run(0, 21)).reused).toBe(20);
    serve(run(6000, 10));
    expect(cache.inspect(run(0, 21)).checkpoints).toEqual([20, 21]);
    expect(cache.inspect(run(5000, 10)).checkpoints).toEqual([10]);
  });

  it("keeps a parent that lost its state and its only child, as KV that nobody can resume from", () => {
    const { cache, serve } = tight(4);
    serve(run(0, 10), run(100, 5));
    serve(run(5000, 10));
    serve(run(6000, 10));
    expect(cache.inspect(run(0, 10))).toEqual({ cachedTokens: 10, checkpoints: [] });
    expect(serve(run(0, 12)).reused).toBe(0);
  });

  it("keeps nothing where a request would not even start", () => {
    const { cache, serve } = server({ ...extraBuffer, stateSlots: 2 });
    expect(serve(run(0, 200)).checkpoints).toEqual([]);
    expect(cache.contents().kvBytes).toBe(0);
    expect(
      server({ ...extraBuffer, strategy: "extra_buffer_lazy", stateSlots: 3 }).serve(run(0, 200)).checkpoints,
    ).toEqual([192]);
  });
});

describe("a pool of their own for states of the tree", () => {
  const apart = (options: Partial<SglangCacheOptions>) =>
    server({ ...noBuffer, stateSlots: 4, checkpointSlots: 4, ...options });

  it("keeps as many as it has slots, whatever the running request holds", () => {
    // With one pool of four, three of which a prefill wants free, two would stay.
    const { cache, serve } = apart({});
    for (const start of [0, 1000, 2000, 3000]) serve(run(start, 10));
    expect(cache.contents()).toEqual({ kvBytes: 40, checkpointBytes: 4, checkpoints: 4 });
    serve(run(4000, 10));
    expect(cache.inspect(run(0, 10)).cachedTokens).toBe(0);
    expect(cache.contents().checkpoints).toBe(4);
  });

  it("gives up a state for one that stands there already", () => {
    const { cache, serve } = apart({ checkpointSlots: 2 });
    serve(run(0, 10));
    serve(run(1000, 10));
    // Its prompt ends in the state that it finds again: both are stored for a moment.
    serve(run(1000, 10));
    expect(cache.inspect(run(0, 10)).cachedTokens).toBe(0);
    expect(cache.contents().checkpoints).toBe(1);
  });

  it("gives up a state for a request that leaves none", () => {
    const { cache, serve } = apart({ ...extraBuffer, stateSlots: 4, checkpointSlots: 1 });
    serve(run(0, 200));
    expect(serve(run(1000, 30)).checkpoints).toEqual([]);
    expect(cache.contents().checkpoints).toBe(0);
  });

  it("needs a slot more for a state that a running request gives away", () => {
    const long = { ...extraBuffer, prefillChunkTokens: 128, checkpointSlots: 9 };
    expect(apart({ ...long, stateSlots: 3 }).serve(run(0, 330)).checkpoints).toEqual([320]);
    expect(apart({ ...long, stateSlots: 4 }).serve(run(0, 330)).checkpoints).toEqual([128, 256, 320]);
  });
});

describe("HiCache", () => {
  const host = {
    kvTokens: 100,
    stateSlots: 10,
    copiedAfter: 1,
    leastLoadedTokens: 10,
    bytesPerSecond: 1,
  };
  /** 30 tokens on the GPU: the third request of 11 tokens sends the first to the host. */
  const tiered = (changed: Partial<typeof host>) =>
    server({ ...attention, kvTokens: 30, host: { ...host, ...changed } });

  it("brings back what the GPU let go, in the time of its bytes", () => {
    const { cache, served, serve } = tiered({});
    for (const start of [0, 1000, 2000]) serve(run(start, 10), run(start + 500, 1));
    expect(cache.contents().kvBytes).toBe(22);
    served.begin();
    expect(serve(join(run(0, 10), run(500, 1), run(70, 3))).reused).toBe(11);
    expect(served.restored).toEqual([{ from: "host memory", start: 0, end: 11 }]);
    expect(served.restoreSeconds).toBe(11);
  });

  it("leaves fewer than ten tokens of KV alone where they are", () => {
    const { served, serve } = tiered({});
    for (const start of [0, 1000, 2000]) serve(run(start, 10), run(start + 500, 1));
    served.begin();
    expect(serve(join(run(0, 9), run(70, 4))).reused).toBe(0);
    expect(served.restored).toEqual([]);
  });

  it("copies at the second insertion where it is selective", () => {
    const once = tiered({ copiedAfter: 2 });
    // Prefill and end of the request are one insertion each; with one token of output there is the last alone.
    for (const start of [0, 1000, 2000]) once.serve(run(start, 10), run(start + 500, 1));
    expect(once.serve(run(0, 11)).reused).toBe(0);
    const twice = tiered({ copiedAfter: 2 });
    for (const start of [0, 1000, 2000]) twice.serve(run(start, 9), run(start + 500, 2));
    expect(twice.cache.inspect(run(0, 9)).cachedTokens).toBe(9);
  });

  it("lets the host's oldest go, but not what is on the GPU too", () => {
    const { cache, serve } = tiered({ kvTokens: 25 });
    for (const start of [0, 1000, 2000, 3000]) serve(run(start, 10), run(start + 500, 1));
    // Room for two: the copy of the first made way for the third's, that of the second for the fourth's.
    expect(cache.inspect(run(0, 10)).cachedTokens).toBe(0);
    expect(cache.inspect(run(1000, 10)).cachedTokens).toBe(0);
    expect(cache.inspect(run(2000, 10)).cachedTokens).toBe(10);
  });

  it("loads a state of an inner node twice, and no KV", () => {
    // States at 10 and 14; the next request finds three slots of five by taking that at 10, whose KV stays.
    const { cache, served, serve } = server({ ...noBuffer, stateSlots: 5, host });
    serve(run(0, 10), run(100, 5));
    serve(join(run(0, 10), run(100, 5), run(200, 5)));
    const other = join(run(0, 10), run(300, 5));
    expect(cache.inspect(other).checkpoints).toEqual([10]);
    served.begin();
    expect(serve(other).reused).toBe(10);
    expect(served.restoreSeconds).toBe(2);
  });
});

describe("level 2", () => {
  it("keeps one state per path beside the one in use", () => {
    const { cache, serve } = server({ ...extraBuffer, level: 2 });
    serve(run(0, 200), run(9000, 400));
    const turn = join(run(0, 200), run(9000, 400), run(70_000, 200));
    expect(cache.inspect(turn).checkpoints).toEqual([192, 512]);
    expect(serve(turn).reused).toBe(512);
    expect(cache.inspect(turn).checkpoints).toEqual([512, 768]);
  });

  it("keeps the state at a fork, whatever ends behind it", () => {
    const { cache, serve } = server({ ...extraBuffer, level: 2 });
    for (const start of [1000, 2000, 3000]) serve(join(run(0, 128), run(start, 100)));
    for (const more of [200, 300]) serve(join(run(0, 128), run(3000, more)));
    expect(cache.inspect(join(run(0, 128), run(3000, 300))).checkpoints).toEqual([128, 320, 384]);
    expect(serve(join(run(0, 128), run(4000, 100))).reused).toBe(128);
  });

  it("gives up the state above a fork that is not at one", () => {
    // The prompts part at 150, and the state stands at 128: a link of a chain like any other.
    const { cache, serve } = server({ ...extraBuffer, level: 2 });
    for (const start of [1000, 2000, 3000]) serve(join(run(0, 150), run(start, 100)));
    expect(cache.inspect(join(run(0, 150), run(3000, 100))).checkpoints).toEqual([128, 192]);
    serve(join(run(0, 150), run(3000, 200)));
    expect(cache.inspect(join(run(0, 150), run(3000, 200))).checkpoints).toEqual([192, 320]);
    expect(serve(join(run(0, 150), run(4000, 100))).reused).toBe(0);
  });

  it("keeps no ends of chunks before the prompt's", () => {
    const chunks = { ...extraBuffer, prefillChunkTokens: 128 };
    expect(server({ ...chunks, level: 2 }).serve(run(0, 300), run(900, 5)).checkpoints).toEqual([]);
    expect(server({ ...chunks, level: 2 }).serve(run(0, 330), run(900, 5)).checkpoints).toEqual([320]);
    expect(server(chunks).serve(run(0, 330), run(900, 5)).checkpoints).toEqual([128, 256, 320]);
  });
});
