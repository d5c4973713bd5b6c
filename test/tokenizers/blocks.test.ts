import { describe, expect, test } from "vitest";
import { blockEnd } from "../../src/tokenizers/blocks.ts";
import { cacheBlocks } from "../../src/tokenizers/caching-tokenizer.ts";
import { adversarialTexts, randomSource } from "./adversarial.ts";
import { tokenizerOf, vocabularyIds } from "./vocabularies.ts";

describe.each(vocabularyIds)("block cache over %s", (id) => {
  const plain = tokenizerOf(id);

  test.each([500, 4_000_000])("answers as without it, with a budget of %i", (budget) => {
    const cached = cacheBlocks(tokenizerOf(id), budget);
    const lines = adversarialTexts(31, 300, 5);
    const random = randomSource(32);
    for (let round = 0; round < 1500; round++) {
      let text = "";
      for (let left = random(12); left >= 0; left--)
        text += lines[random(lines.length)]! + (random(3) ? "\n" : "");
      expect(sum(cached.encode(text))).toBe(sum(plain.encode(text)));
      if (round % 3 > 0) continue;
      expect(cached.encodeWithEnds(text)).toEqual(plain.encodeWithEnds(text));
      expect(cached.encodeWithSpecials(text)).toEqual(plain.encodeWithSpecials(text));
      expect(cached.count(text)).toBe(plain.count(text));
    }
  });

  test("a caller that changes what it got changes nothing else", () => {
    const cached = cacheBlocks(plain);
    const first = cached.encodeWithEnds("one\ntwo");
    const copy = { ids: first.ids.slice(), ends: first.ends.slice() };
    first.ids.fill(0);
    first.ends.fill(0);
    expect(cached.encodeWithEnds("one\ntwo")).toEqual(copy);
  });
});

test("blocks end before a line with something on it, but for a slash at its start", () => {
  const text = "one\ntwo\n\nthree\n  four\n/five\r\nsix\n \t\n\t/seven\n \u00a0eight\n  ";
  const blocks: string[] = [];
  for (let start = 0; start < text.length; start += blocks.at(-1)!.length) {
    blocks.push(text.slice(start, blockEnd(text, start)));
  }
  expect(blocks).toEqual([
    "one\n",
    "two\n\n",
    "three\n",
    "  four\n/five\r\n",
    "six\n \t\n",
    "\t/seven\n \u00a0eight\n  ",
  ]);
});

test("text without a place to cut is one block, and too long to be kept", () => {
  const text = "no newline ".repeat(2000);
  const cached = cacheBlocks(tokenizerOf("o200k"), 1000);
  expect(cached.encode(text)).toEqual(cached.encode(text));
  expect(cached.count(text)).toBe(tokenizerOf("o200k").count(text));
});

function sum(ids: Int32Array): string {
  let hash = 0;
  for (const id of ids) hash = (Math.imul(hash, 31) + id) | 0;
  return `${ids.length} tokens, hash ${hash}`;
}
