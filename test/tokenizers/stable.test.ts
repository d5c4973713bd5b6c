import { describe, expect, test } from "vitest";
import { cacheBlocks } from "../../src/tokenizers/caching-tokenizer.ts";
import { withoutHalfPair } from "../../src/tokenizers/characters.ts";
import { type PreTokenizer, preTokenizers } from "../../src/tokenizers/pre-tokenizer.ts";
import { adversarialTexts } from "./adversarial.ts";
import { tokenizerOf, vocabularyIds } from "./vocabularies.ts";

function commonLength(a: Int32Array, b: Int32Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

function edgesOf(preTokenizer: PreTokenizer, text: string): Int32Array {
  return Int32Array.from(preTokenizer.pieceEnds(text));
}

/** One continuation for every way in which the end of a text can still change. */
const probes =
  "a|A|s|l|e|1| |\n|\r|/|!|'|'s|x y|\u0301|\u0323|\u0338|\u3099|\u1161|\u11A8|你|\uDC00|\uDE00| \n|\u0B3E|\u0345a|\u093C".split(
    "|",
  );

describe.each(vocabularyIds)("stable tokens of %s", (id) => {
  const tokenizer = tokenizerOf(id);

  test("stay the same whatever is appended", () => {
    const texts = adversarialTexts(11, 12_000, 8);
    for (const [index, text] of texts.entries()) {
      const ids = tokenizer.encode(text);
      const stable = tokenizer.stableCount(text);
      for (const continuation of [texts[(index * 7 + 1) % texts.length]!, probes[index % probes.length]!]) {
        const common = commonLength(ids, tokenizer.encode(text + continuation));
        if (common < stable)
          expect({ text, continuation, stable }).toEqual({ text, continuation, stable: common });
      }
    }
  });

  test("stay the same when a text is cut anywhere, even within a character", () => {
    for (const text of adversarialTexts(12, 600, 10)) {
      const ids = tokenizer.encode(text);
      for (let cut = 0; cut < text.length; cut++) {
        const part = text.slice(0, cut);
        const stable = tokenizer.stableCount(part);
        const common = commonLength(tokenizer.encode(part), ids);
        if (common < stable) expect({ text, part, stable }).toEqual({ text, part, stable: common });
      }
    }
  });

  test("are as many as the pieces that nothing can change, but for a few", () => {
    const preTokenizer = preTokenizers[id];
    let missed = 0;
    for (const text of adversarialTexts(13, 3000, 8).map(withoutHalfPair)) {
      if (text === "") continue;
      const edges = edgesOf(preTokenizer, text);
      const settled = Math.min(
        ...probes.map((probe) => commonLength(edges, edgesOf(preTokenizer, text + probe))),
      );
      const unsettled = preTokenizer.unsettled(text, text.length);
      const claimed = edges.findIndex(
        (end, k) => (edges[k - 1] ?? 0) >= unsettled.start || end >= unsettled.end,
      );
      expect(claimed).toBeLessThanOrEqual(settled);
      missed += settled - claimed;
    }
    // Digits at the end that nothing joins, and white space that some text could join, but only a longer one.
    expect(missed / 3000).toBeLessThan(0.15);
  });

  test("are the same through the block cache", () => {
    const cached = cacheBlocks(tokenizer);
    for (const text of adversarialTexts(14, 3000, 16)) {
      const stable = tokenizer.stableCount(text);
      if (cached.stableCount(text) !== stable)
        expect({ text, stable }).toEqual({ text, stable: cached.stableCount(text) });
    }
  });
});

test.each<[vocabulary: (typeof vocabularyIds)[number], settled: string, tail: string]>([
  ["cl100k", "Hello", " world"],
  ["cl100k", "Hello world", "."],
  ["cl100k", "Hello", " "],
  ["cl100k", "Hello.\n\n", "Next"],
  ["cl100k", "Name:", " \n "],
  ["cl100k", "don", "'"],
  ["o200k", "Hello", " world"],
  ["o200k", "I", " don'"],
  ["o200k", "So", " we'r"],
  ["o200k", "hello", "WORLD"],
  ["o200k", "see", " 日本W"],
  ["o200k", "one:\n/", "two"],
  ["deepseek3", "Hello", " world"],
  ["deepseek3", "Hello", " "],
  ["deepseek3", "Hello ", "1"],
  ["deepseek3", "see ", "\u65e5\u672c"],
  ["qwen3", "Hello", " cafe"],
  ["qwen3", "Hello", " cafe\u0301"],
  ["qwen3", "Hello.\n\n", "X"],
  ["qwen3", "a", " \uD83D"],
])("%s keeps all of %j before %j", (id, settled, tail) => {
  const tokenizer = tokenizerOf(id);
  const { ids, ends } = tokenizer.encodeWithEnds(settled + tail);
  const stable = tokenizer.stableCount(settled + tail);
  expect(ids.length).toBeGreaterThan(stable);
  expect(stable === 0 ? 0 : ends[stable - 1]).toBe(settled.length);
});
