import { describe, expect, test } from "vitest";
import { byPatterns, takingWords } from "../../src/tokenizers/pre-tokenizer.ts";
import { translatePattern } from "../../src/tokenizers/published-pattern.ts";
import { adversarialTexts } from "./adversarial.ts";
import { corpora } from "./vocabularies.ts";

/** Where the pieces end, by the pattern and nothing else. */
function plainEnds(source: string, text: string): readonly number[] {
  const ends: number[] = [];
  let done = 0;
  for (const match of text.matchAll(new RegExp(source, "gu"))) {
    for (const end of [match.index, match.index + match[0].length]) if (end > done) ends.push(end);
    done = ends.at(-1) ?? 0;
  }
  return done < text.length ? [...ends, text.length] : ends;
}

const words = [
  "Hello",
  "hELLO",
  "HTTPServer",
  "A",
  " A",
  "  a",
  "don't",
  "it'S",
  "a1",
  "x_y",
  "naïve",
  "aK",
  "aſ",
];
const texts = [
  ...adversarialTexts(71, 3000, 6),
  ...words.flatMap((word) => words.map((other) => `${word}${other} ${word}`)),
  `${"a".repeat(200)} ${"b".repeat(63)}c ${"d".repeat(64)}.`,
  ...[...corpora().values()].map((text) => text.slice(0, 4000)),
];

describe.each([...takingWords])("%s", (pattern) => {
  test("cuts words of ASCII where its expression does", () => {
    const cutter = byPatterns([pattern])!;
    const source = translatePattern(pattern)!;
    expect(texts.length).toBeGreaterThan(3000);
    for (const text of texts) {
      const ends = cutter.pieceEnds(text);
      const plain = plainEnds(source, text);
      if (ends.join() !== plain.join()) expect({ text, ends }).toEqual({ text, ends: plain });
    }
  });
});
