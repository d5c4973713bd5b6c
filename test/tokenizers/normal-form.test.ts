import { expect, test } from "vitest";
import { normalize, settledLength } from "../../src/tokenizers/normal-form.ts";

const kindOf = (character: string): number =>
  [/\p{White_Space}/u, /\p{L}/u, /\p{N}/u].findIndex((kind) => kind.test(character));

/** What normal-form.ts relies on, for every composition of the Unicode version at hand. */
test("what composes is settled but for its starter, which keeps its kind", () => {
  let compositions = 0;
  for (let codePoint = 0xa0; codePoint <= 0x10ffff; codePoint++) {
    if (codePoint === 0xd800) codePoint = 0xe000;
    const composed = String.fromCodePoint(codePoint);
    const parts = [...composed.normalize("NFD")];
    const last = parts.pop()!;
    if (parts.length === 0) {
      // A character that another one stands for alone: of the same kind as well.
      if (last !== composed && kindOf(last) !== kindOf(composed)) expect(composed).toBe(last);
      continue;
    }
    compositions++;
    const base = parts.join("").normalize("NFC");
    const isSettled = settledLength(`x${base}`) === settledLength(`x${base}${last}`) || base.length > 1;
    if (!isSettled || (kindOf(base) !== kindOf(composed) && kindOf(base) !== -1)) {
      expect(codePoint.toString(16)).toBe("a composition that keeps the kind of its base");
    }
  }
  expect(compositions).toBeGreaterThan(12_000);
});

test("offsets go back to the text as written", () => {
  const original = "a\u0301b \u212B\u1100\u1161c";
  const { text, toOriginal } = normalize(original);
  expect(text).toBe("\u00E1b \u00C5\uAC00c");
  const ends = Int32Array.of(1, 2, 3, 4, 5, 6);
  toOriginal(ends);
  expect([...ends]).toEqual([2, 3, 4, 5, 7, 8]);
});

test("text in normal form keeps its offsets", () => {
  const { toOriginal } = normalize("plain");
  const ends = Int32Array.of(2, 5);
  toOriginal(ends);
  expect([...ends]).toEqual([2, 5]);
});
