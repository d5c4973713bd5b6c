import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Served } from "../../../src/core/cache/cache-system.ts";
import { createModelCost } from "../../../src/core/cost/model-cost.ts";
import type { ModelSpec } from "../../../src/core/cost/model-spec.ts";
import { radixCache } from "../../../src/core/policies/prefix-caches.ts";
import { ChunkStore } from "../../../src/core/restore/chunk-store.ts";
import { createLinkCost, type LinkMethod, linkWork } from "../../../src/core/restore/epic.ts";
import { EpicCache, PieceServed } from "../../../src/core/restore/epic-cache.ts";
import { granite, llama31 } from "./models.ts";

const noOutput = new Int32Array(0);
/** Llama-3.1-8B in bf16. */
const kvBytes = 131_072;

function prefixCache(model: ModelSpec, capacityBytes: number) {
  const cost = createModelCost(model);
  return radixCache({ cost, capacityBytes, engineBlockTokens: 16 });
}

interface CacheOptions {
  readonly capacityTokens?: number;
  readonly linkTokens?: number;
  readonly method?: LinkMethod;
}

function epicCache(model: ModelSpec, options: CacheOptions = {}): EpicCache {
  const { capacityTokens = 1e6, linkTokens = 2, method = { kind: "legoLink", tokens: linkTokens } } = options;
  const capacityBytes = capacityTokens * kvBytes;
  return new EpicCache({ model, capacityBytes, method, prefixCache: prefixCache(model, capacityBytes) });
}

/** `A10` stands for ten tokens that no other letter has; pieces are separated by blanks. */
function pieces(text: string): { readonly tokens: Int32Array; readonly starts: number[] } {
  const tokens: number[] = [];
  const starts: number[] = [];
  for (const piece of text.split(" ")) {
    starts.push(tokens.length);
    for (let i = 0; i < Number(piece.slice(1)); i++) tokens.push(piece.charCodeAt(0) * 1000 + i);
  }
  return { tokens: Int32Array.from(tokens), starts };
}

function send(cache: EpicCache, text: string): PieceServed {
  const out = new PieceServed();
  const { tokens, starts } = pieces(text);
  cache.servePieces(tokens, noOutput, starts, out);
  return out;
}

describe("attention-only models", () => {
  const cost = createModelCost(llama31);
  const link = createLinkCost(llama31);

  test("chunks in another order are linked, but for the first tokens of each", () => {
    const cache = epicCache(llama31);
    const first = send(cache, "S8 A10 B20 Q5");
    expect(first).toMatchObject({ reusedTokens: 0, linkedTokens: 0, compiledTokens: 38, insertedTokens: 8 });
    const second = send(cache, "S8 B20 A10 R6");
    expect(second).toMatchObject({
      reusedTokens: 8,
      linkedTokens: 18 + 8,
      compiledTokens: 0,
      recomputedTokens: 10,
    });
    expect(second.reused).toEqual([
      { start: 0, end: 8 },
      { start: 10, end: 28 },
      { start: 30, end: 38 },
    ]);
    expect(second.prefillFlops).toBe(
      link.linkFlops(linkWork([8, 20, 10, 6], { kind: "legoLink", tokens: 2 })),
    );
    expect(second.equivalentPrefixTokens).toBeGreaterThan(30);
    expect(second.equivalentPrefixTokens).toBeLessThan(38);
  });

  test("a missing chunk is prefilled alone and then linked", () => {
    const cache = epicCache(llama31);
    send(cache, "S8 A10 Q5");
    const out = send(cache, "S8 A10 C12 Q5");
    expect(out).toMatchObject({ reusedTokens: 8, linkedTokens: 8, compiledTokens: 12 });
    const linking = link.linkFlops(linkWork([8, 10, 12, 5], { kind: "legoLink", tokens: 2 }));
    expect(out.prefillFlops).toBe(cost.prefillFlops(0, 12) + linking);
  });

  test("LegoLink-0 recomputes nothing of a chunk; only the system piece is as if everything had been computed", () => {
    const cache = epicCache(llama31, { linkTokens: 0 });
    send(cache, "S8 A10 B20 Q5");
    expect(send(cache, "S8 B20 A10 Q5")).toMatchObject({
      reusedTokens: 8,
      linkedTokens: 30,
      recomputedTokens: 5,
      reused: [
        { start: 0, end: 8 },
        { start: 8, end: 38 },
      ],
    });
  });

  test("memory is one copy of each distinct chunk, wherever it stands", () => {
    const cache = epicCache(llama31);
    send(cache, "S8 A10 B20 A10 Q5");
    send(cache, "S8 B20 A10 R6");
    expect(cache.contents()).toEqual({ kvBytes: 38 * kvBytes, checkpointBytes: 0, checkpoints: 0 });
  });

  test("chunks no longer than the link are neither compiled nor kept", () => {
    const cache = epicCache(llama31, { linkTokens: 16 });
    send(cache, "S8 A16 Q5");
    expect(cache.contents().kvBytes).toBe(8 * kvBytes);
    expect(send(cache, "S8 A16 Q5")).toMatchObject({
      reusedTokens: 8,
      linkedTokens: 0,
      recomputedTokens: 21,
    });
  });

  test("the least recently used chunk goes; what is in use stays, and what does not fit is computed in its place", () => {
    const cache = epicCache(llama31, { capacityTokens: 40 });
    send(cache, "S8 A10 B20 Q5");
    const out = send(cache, "S8 A10 C15 Q5");
    expect(out).toMatchObject({ evictedNodes: 1, evictedBytes: 20 * kvBytes, compiledTokens: 15 });
    const tooMuch = send(cache, "S8 A10 C15 D9 Q5");
    expect(tooMuch).toMatchObject({ evictedNodes: 0, compiledTokens: 0, linkedTokens: 8 + 13 });
    expect(tooMuch.recomputedTokens).toBe(2 + 2 + 9 + 5);
    expect(cache.contents().kvBytes).toBe(33 * kvBytes);
  });

  test("a request without pieces is served by the prefix cache", () => {
    const cache = epicCache(llama31);
    const { tokens } = pieces("S8 A10 Q5");
    const out = new Served();
    cache.serve(tokens, noOutput, out);
    cache.serve(tokens, noOutput, out);
    expect(out.reusedTokens).toBe(22);
    expect(cache.inspect(tokens).cachedTokens).toBe(23);
    const asPieces = new PieceServed();
    cache.servePieces(tokens, noOutput, [], asPieces);
    expect(asPieces).toMatchObject({ reusedTokens: 22, linkedTokens: 0, equivalentPrefixTokens: 22 });
  });

  test("shows the kept piece with which a prompt begins", () => {
    const cache = epicCache(llama31);
    send(cache, "S8 A10 Q5");
    expect(cache.inspect(pieces("S8 B4").tokens)).toEqual({ cachedTokens: 8, checkpoints: [] });
    expect(cache.refusal).toBeNull();
    expect(cache.blockTokens).toBe(1);
  });
});

describe("hybrids", () => {
  test("reuse nothing out of place, say why, and reuse prefixes as the given cache does", () => {
    const cache = epicCache(granite);
    const plain = prefixCache(granite, 1e6 * kvBytes);
    expect(cache.refusal).toMatch(/^Position-independent reuse is 0: a recurrent layer/);
    expect(cache.needsCheckpoints).toBe(true);
    for (const text of ["S8 A10 B20 Q5", "S8 B20 A10 R6", "S8 A10 C9 Q5", "S8 A10 B20 Q5 T3"]) {
      const out = send(cache, text);
      const expected = new Served();
      plain.serve(pieces(text).tokens, noOutput, expected);
      expect(out).toMatchObject({ reusedTokens: expected.reusedTokens, linkedTokens: 0, compiledTokens: 0 });
      expect(out.checkpoints).toEqual(expected.checkpoints);
      expect(cache.contents()).toEqual(plain.contents());
    }
  });
});

describe("any sequence of requests", () => {
  const letters = fc.constantFrom(..."ABCDEFGH");
  const requests = fc.array(fc.array(letters, { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 25,
  });
  const sizes: Readonly<Record<string, number>> = { A: 3, B: 40, C: 7, D: 100, E: 16, F: 17, G: 64, H: 1 };

  test("every token is reused or computed, memory holds, and unlimited memory reuses whatever was sent as a chunk", () => {
    fc.assert(
      fc.property(
        requests,
        fc.nat(20),
        fc.integer({ min: 1, max: 300 }),
        (sent, linkTokens, capacityTokens) => {
          const small = epicCache(llama31, { capacityTokens, linkTokens });
          const large = epicCache(llama31, { linkTokens });
          const known = new Set<string>();
          for (const request of sent) {
            const text = request.map((letter) => `${letter}${sizes[letter]}`).join(" ");
            const promptTokens = pieces(text).tokens.length;
            const out = send(large, text);
            let expected = 0;
            for (const [index, letter] of request.entries()) {
              if (index === request.length - 1) break;
              const reusable = Math.max(0, sizes[letter]! - (index === 0 ? 0 : linkTokens));
              if (known.has(letter)) expected += reusable;
              if (reusable > 0) known.add(letter);
            }
            expect(out.reusedTokens + out.linkedTokens).toBe(expected);
            for (const { reusedTokens, linkedTokens, reused, equivalentPrefixTokens } of [
              out,
              send(small, text),
            ]) {
              const covered = reused.reduce((total, { start, end }) => total + end - start, 0);
              expect(covered).toBe(reusedTokens + linkedTokens);
              expect(covered).toBeLessThan(promptTokens);
              expect(equivalentPrefixTokens).toBeLessThan(promptTokens);
            }
            expect(small.contents().kvBytes).toBeLessThanOrEqual(capacityTokens * kvBytes);
          }
        },
      ),
      { numRuns: 150, seed: 41 },
    );
  });
});

describe("chunks and prefixes in one memory", () => {
  const whole = (cache: EpicCache, text: string): Served => {
    const out = new Served();
    cache.serve(pieces(text).tokens, noOutput, out);
    return out;
  };

  test("what is not being served gives way, and comes back the same way", () => {
    const cache = epicCache(llama31, { capacityTokens: 100 });
    whole(cache, "P60");
    expect(cache.contents().kvBytes).toBe(60 * kvBytes);
    // 40 tokens are free; the second chunk needs 10 more, which the only prefix has to leave whole.
    expect(send(cache, "S20 A30 Q5")).toMatchObject({ evictedNodes: 1, evictedBytes: 60 * kvBytes });
    expect(cache.contents().kvBytes).toBe(50 * kvBytes);
    expect(whole(cache, "P60")).toMatchObject({
      reusedTokens: 0,
      evictedNodes: 1,
      evictedBytes: 20 * kvBytes,
    });
    expect(cache.contents().kvBytes).toBe(90 * kvBytes);
    expect(whole(cache, "P60")).toMatchObject({ reusedTokens: 59, evictedNodes: 0 });
    expect(send(cache, "A30 Q5")).toMatchObject({ reusedTokens: 30, evictedNodes: 0 });
  });

  test("a prompt longer than the memory leaves no chunk, and a chunk that cannot fit leaves the prefixes", () => {
    const cache = epicCache(llama31, { capacityTokens: 50 });
    send(cache, "S20 A20 Q5");
    whole(cache, "P70");
    expect(cache.contents().kvBytes).toBe(50 * kvBytes);
    expect(send(cache, "B51 Q5")).toMatchObject({ evictedNodes: 0, compiledTokens: 0, recomputedTokens: 56 });
    expect(whole(cache, "P70").reusedTokens).toBe(50);
  });

  test("never hold more than the capacity, and all of everything without one", () => {
    const parts = fc.array(fc.constantFrom("A3", "B40", "C7", "D100", "E16", "F17", "G64", "H1"), {
      minLength: 1,
      maxLength: 6,
    });
    const trace = fc.array(fc.tuple(parts, fc.boolean()), { minLength: 1, maxLength: 30 });
    const methods = fc.constantFrom<LinkMethod>(
      { kind: "legoLink", tokens: 2 },
      { kind: "legoLink", tokens: 0 },
      { kind: "cacheBlend", percent: 15 },
      { kind: "naive" },
      { kind: "full" },
    );
    fc.assert(
      fc.property(trace, methods, fc.integer({ min: 0, max: 300 }), (sent, method, capacityTokens) => {
        const small = epicCache(llama31, { capacityTokens, method });
        const large = epicCache(llama31, { capacityTokens: 1e6, method });
        for (const [request, isWhole] of sent) {
          const text = request.join(" ");
          for (const cache of [small, large]) {
            const before = cache.contents().kvBytes;
            const { evictedBytes } = isWhole ? whole(cache, text) : send(cache, text);
            expect(evictedBytes).toBeGreaterThanOrEqual(Math.max(0, before - cache.contents().kvBytes));
            if (cache === large) expect(evictedBytes).toBe(0);
          }
          expect(small.contents().kvBytes).toBeLessThanOrEqual(capacityTokens * kvBytes);
          if (!isWhole) continue;
          expect(large.inspect(pieces(text).tokens).cachedTokens).toBe(pieces(text).tokens.length);
          expect(whole(large, text).reusedTokens).toBe(pieces(text).tokens.length - 1);
        }
      }),
      { numRuns: 200, seed: 43 },
    );
  });
});

describe("the chunk store", () => {
  test("tells chunks with equal hashes apart", () => {
    const store = new ChunkStore(100, 1);
    store.beginRequest();
    // FNV-1a of two words: h = ((s ^ a) · p ^ b) · p; the second pair is chosen so that both products are equal.
    const start = 0x811c9dc5;
    const prime = 0x01000193;
    const a = Int32Array.of(1, 2);
    const b = Int32Array.of(5, Math.imul(start ^ 5, prime) ^ Math.imul(start ^ 1, prime) ^ 2);
    expect(store.keep(a)).toBe(true);
    expect(store.use(b)).toBe(false);
    expect(store.keep(b)).toBe(true);
    expect([store.use(a), store.use(b), store.chunks]).toEqual([true, true, 2]);
  });

  test("refuses what is larger than it without evicting anything", () => {
    const store = new ChunkStore(4, 1);
    store.beginRequest();
    store.keep(Int32Array.of(1, 2, 3));
    store.beginRequest();
    expect(store.keep(new Int32Array(5))).toBe(false);
    expect([store.bytes, store.evictedChunks]).toEqual([3, 0]);
  });
});
