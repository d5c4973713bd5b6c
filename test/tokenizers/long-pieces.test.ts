import { expect, test } from "vitest";
import { normalize } from "../../src/tokenizers/normal-form.ts";
import { longestPiece, preTokenizers } from "../../src/tokenizers/pre-tokenizer.ts";
import { tokenizerOf, vocabularyIds } from "./vocabularies.ts";

const runs = ["a", "A", "你", "😀", " ", "\n", "!", "\u0301"];
/** Well above what the stack of regular expressions takes. */
const length = 12_000_000;

test.each(vocabularyIds)(
  "%s: runs of twelve million characters are cut into pieces of bounded length",
  (id) => {
    for (const run of runs) {
      const text = run.repeat(length / run.length);
      const ends = preTokenizers[id].pieceEnds(text);
      let isBounded = ends.at(-1) === text.length;
      for (const [index, end] of ends.entries()) {
        isBounded &&= end > (ends[index - 1] ?? 0) && end - (ends[index - 1] ?? 0) <= longestPiece;
      }
      expect([run, isBounded]).toEqual([run, true]);
    }
  },
);

test("tokens of a cut run are those of its parts", () => {
  const tokenizer = tokenizerOf("qwen3");
  const { ids, ends } = tokenizer.encodeWithEnds("a".repeat(longestPiece * 2 + 10));
  const part = tokenizer.encode("a".repeat(longestPiece));
  expect(ids.length).toBe(part.length * 2 + tokenizer.count("a".repeat(10)));
  expect(ends.at(-1)).toBe(longestPiece * 2 + 10);
});

test("a run of marks that is too long for a pattern goes back to the text as written", () => {
  const original = `e${"\u0301".repeat(length)}x\u0301 y`;
  const { text, toOriginal } = normalize(original);
  const ends = Int32Array.of(text.length - 1, text.length);
  toOriginal(ends);
  expect([...ends]).toEqual([original.length - 1, original.length]);
});
