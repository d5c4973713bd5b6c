import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { models } from "../../../src/core/cost/catalogue/models.ts";
import { createModelCost } from "../../../src/core/cost/model-cost.ts";
import type { ModelSpec } from "../../../src/core/cost/model-spec.ts";
import {
  createLinkCost,
  epicRefusal,
  equivalentPrefixTokens,
  extraBeginTokens,
  type LinkMethod,
  linkWork,
} from "../../../src/core/restore/epic.ts";
import {
  chunkLimitTokens,
  chunkTargetTokens,
  documentChunkStarts,
  periodLimitTokens,
} from "../../support/document-chunks.ts";
import { epicFacts, hasFacts } from "./facts.ts";
import { granite, latentModel, llama31, slidingModel } from "./models.ts";

const legoLink = (tokens: number): LinkMethod => ({ kind: "legoLink", tokens });
const counts = (pieces: readonly number[], method: LinkMethod) => {
  const { recomputedTokens, attendedPairs } = linkWork(pieces, method);
  return { recomputedTokens, attendedPairs };
};

describe("what is recomputed", () => {
  test("LegoLink-2 of a system piece, two chunks and a query: two tokens of each chunk, and the query", () => {
    const work = linkWork([5, 4, 1, 3], legoLink(2));
    expect(work.recomputed).toEqual([
      { start: 5, end: 7 },
      // The second chunk is shorter than the link and touches the query.
      { start: 9, end: 13 },
    ]);
    expect(work.recomputedTokens).toBe(6);
    // Positions 5, 6, 9, 10, 11 and 12 see one key more than their number.
    expect(work.attendedPairs).toBe(6 + 7 + 10 + 11 + 12 + 13);
  });

  test("LegoLink-0 recomputes the query, naive reuse its last token", () => {
    expect(linkWork([5, 4, 3], legoLink(0)).recomputed).toEqual([{ start: 9, end: 12 }]);
    expect(linkWork([5, 4, 3], { kind: "naive" }).recomputed).toEqual([{ start: 11, end: 12 }]);
  });

  test("one piece is a query, and none is nothing", () => {
    expect(linkWork([7], legoLink(2)).recomputed).toEqual([{ start: 0, end: 7 }]);
    for (const kind of ["full", "naive"] as const) expect(linkWork([], { kind }).recomputed).toEqual([]);
    expect(linkWork([], { kind: "cacheBlend", percent: 15 }).recomputedTokens).toBe(0);
  });

  test.each([
    ["full", { kind: "full" }, 2710, 3_673_405],
    ["naive", { kind: "naive" }, 1, 2710],
    ["LegoLink-0", legoLink(0), 50, 134_275],
    ["LegoLink-2", legoLink(2), 60, 145_530],
    ["LegoLink-16", legoLink(16), 130, 224_875],
    ["LegoLink-32", legoLink(32), 210, 316_755],
  ] as const)("five chunks of 512 by %s", (_, method, recomputedTokens, attendedPairs) => {
    expect(counts([100, 512, 512, 512, 512, 512, 50], method)).toEqual({ recomputedTokens, attendedPairs });
  });

  test("uneven chunks are cut off at their ends", () => {
    const pieces = [64, 700, 12, 512, 1024, 3, 40];
    expect(counts(pieces, legoLink(16))).toEqual({ recomputedTokens: 103, attendedPairs: 144_064 });
    expect(counts(pieces, legoLink(32))).toEqual({ recomputedTokens: 151, attendedPairs: 179_288 });
    expect(linkWork(pieces, { kind: "cacheBlend", percent: 15 })).toMatchObject({
      recomputedTokens: 354,
      recomputedTokensInFirstLayer: 2355,
      attendedPairs: null,
    });
  });
});

describe.skipIf(!hasFacts)("against the facts", () => {
  it.each(hasFacts ? epicFacts!.derivedVectors.rows : [])("$name", (row) => {
    const chunk = epicFacts!.chunking.targetTokens;
    const pieces = row.pieceTokens ?? [
      row.systemTokens,
      ...Array<number>(row.chunkCount).fill(chunk),
      row.queryTokens,
    ];
    expect(linkWork(pieces, { kind: "full" }).promptTokens).toBe(row.promptTokens);
    expect(counts(pieces, { kind: "full" })).toEqual(row.fullyRecompute);
    expect(counts(pieces, { kind: "naive" })).toEqual(row.naive);
    expect(counts(pieces, legoLink(0))).toEqual(row.legoLink0);
    expect(counts(pieces, legoLink(2))).toEqual(row.legoLink2);
    expect(counts(pieces, legoLink(16))).toEqual(row.legoLink16);
    expect(counts(pieces, legoLink(32))).toEqual(row.legoLink32);
    const blend = linkWork(pieces, { kind: "cacheBlend", percent: 15 });
    expect(blend.recomputedTokens).toBe(row.cacheBlend15.recomputedTokensFromLayer2);
    expect(blend.recomputedTokensInFirstLayer).toBe(row.cacheBlend15.recomputedTokensLayer0);
  });

  test("chunk sizes", () => {
    expect(epicFacts!.chunking).toMatchObject({
      targetTokens: chunkTargetTokens,
      extendToPeriodBelow: periodLimitTokens,
      hardMaxTokens: chunkLimitTokens,
    });
  });
});

const pieceLists = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 30 });
const percents = fc.integer({ min: 0, max: 100 });

describe("FLOPs of a request", () => {
  const cost = createModelCost(llama31);
  const link = createLinkCost(llama31);

  test("recomputing everything is the model's prefill", () => {
    const flops = link.linkFlops(linkWork([100, 512, 50], { kind: "full" }));
    expect(flops / cost.prefillFlops(0, 662)).toBeCloseTo(1, 12);
  });

  test("LegoLink-0 pays for its begin tokens when it compiles", () => {
    expect(link.compileFlops(512, extraBeginTokens(legoLink(2), 1))).toBe(cost.prefillFlops(0, 512));
    expect(link.compileFlops(512, extraBeginTokens(legoLink(0), 1))).toBe(cost.prefillFlops(0, 515));
    // The system piece sees no begin tokens but its own.
    expect(extraBeginTokens(legoLink(0), 0)).toBe(0);
  });

  test("grow with the tokens that a link recomputes, and never exceed recomputing everything", () => {
    fc.assert(
      fc.property(pieceLists, fc.nat(64), fc.nat(64), percents, (pieces, a, b, percent) => {
        const few = linkWork(pieces, legoLink(Math.min(a, b)));
        const many = linkWork(pieces, legoLink(Math.max(a, b)));
        const blend = linkWork(pieces, { kind: "cacheBlend", percent });
        const full = linkWork(pieces, { kind: "full" });
        expect(few.recomputedTokens).toBeLessThanOrEqual(many.recomputedTokens);
        expect(few.attendedPairs).toBeLessThanOrEqual(many.attendedPairs!);
        expect(link.linkFlops(few)).toBeLessThanOrEqual(link.linkFlops(many));
        for (const work of [few, many, blend, linkWork(pieces, { kind: "naive" })]) {
          expect(work.recomputedTokens).toBeLessThanOrEqual(full.recomputedTokens);
          expect(link.linkFlops(work)).toBeLessThanOrEqual(link.linkFlops(full) * (1 + 1e-12));
        }
      }),
      { numRuns: 300, seed: 31 },
    );
  });

  test("ranges ascend, lie apart, and count what the work says", () => {
    fc.assert(
      fc.property(pieceLists, fc.nat(64), (pieces, tokens) => {
        const work = linkWork(pieces, legoLink(tokens));
        let position = -1;
        let counted = 0;
        let pairs = 0;
        for (const { start, end } of work.recomputed!) {
          expect(start).toBeGreaterThan(position);
          expect(end).toBeGreaterThan(start);
          for (let token = start; token < end; token++) pairs += token + 1;
          counted += end - start;
          position = end;
        }
        expect(position).toBe(work.promptTokens);
        expect(counted).toBe(work.recomputedTokens);
        expect(pairs).toBe(work.attendedPairs);
      }),
      { numRuns: 100, seed: 32 },
    );
  });

  test("as a prefix that would have left as much to do", () => {
    expect(equivalentPrefixTokens(cost.prefillFlops, 1000, cost.prefillFlops(0, 1000))).toBe(0);
    expect(equivalentPrefixTokens(cost.prefillFlops, 1000, cost.prefillFlops(640, 1000))).toBe(640);
    expect(equivalentPrefixTokens(cost.prefillFlops, 1000, 2 * cost.prefillFlops(0, 1000))).toBe(0);
    expect(equivalentPrefixTokens(cost.prefillFlops, 1000, 0)).toBe(1000);
  });
});

describe("models that refuse", () => {
  test("every model with a recurrent or sliding layer or an indexer, and no other of the catalogue", () => {
    const refuses = ({ kind, mixerPattern, attention, latentAttention }: ModelSpec) =>
      kind === "hybrid" ||
      kind === "compressed" ||
      kind === "ssm" ||
      mixerPattern.includes("S") ||
      (latentAttention?.indexer ?? attention?.indexer ?? null) !== null;
    for (const model of models) expect(epicRefusal(model) !== null, model.id).toBe(refuses(model));
    expect(epicRefusal(granite)).toContain("a recurrent layer keeps one state per sequence");
  });

  test("sliding windows refuse, latent attention does not", () => {
    expect(epicRefusal(slidingModel)).toContain("sliding-window");
    expect(epicRefusal(latentModel)).toBeNull();
  });
});

describe("a document in chunks", () => {
  const word = 0;
  const period = 1;
  const newline = 2;
  const ends = {
    endsInPeriod: (token: number) => token === period,
    endsInNewline: (token: number) => token === newline,
  };
  const document = (length: number, marks: Readonly<Record<number, number>>) =>
    Int32Array.from({ length }, (_, index) => marks[index] ?? word);

  test.each([
    ["no end anywhere", 2500, {}, [0, 1024, 2048]],
    ["a period too early, and one at the target", 600, { 400: period, 511: period }, [0, 512]],
    ["a period behind the target", 900, { 600: period }, [0, 601]],
    ["a newline does not end a chunk where a period could", 900, { 600: newline }, [0]],
    ["a period does not end a chunk from 768 on", 1100, { 800: period, 900: newline }, [0, 901]],
    ["the last token that a period may end", 800, { 766: period }, [0, 767]],
    ["the first length that a newline may end", 800, { 767: newline }, [0, 768]],
    ["a short document", 3, {}, [0]],
    ["nothing", 0, {}, []],
  ])("%s", (_, length, marks, starts) => {
    expect(documentChunkStarts(document(length, marks), ends)).toEqual(starts);
  });
});
