import { describe, expect, test } from "vitest";
import { adversarialTexts } from "./adversarial.ts";
import { corpora, tokenizerOf, vocabularyIds } from "./vocabularies.ts";

describe.each(vocabularyIds)("ends of %s", (id) => {
  const tokenizer = tokenizerOf(id);

  test("ascend, fall between characters, and the last is the end of the text", () => {
    for (const text of [...adversarialTexts(21, 5000), ...corpora().values()]) {
      const { ids, ends } = tokenizer.encodeWithEnds(text);
      const plain = tokenizer.encode(text);
      let isGood = ends.length === ids.length && (ends.at(-1) ?? 0) === text.length;
      for (let index = 0; index < ids.length && isGood; index++) {
        const isAscending = ends[index]! >= (ends[index - 1] ?? 0);
        isGood = isAscending && ids[index] === plain[index] && !splitsPair(text, ends[index]!);
      }
      if (!isGood) expect({ text, ends: [...ends] }).toBe("ascending ends up to the end of the text");
    }
  });

  test("cut the text where its tokens do", () => {
    for (const text of adversarialTexts(22, 2000)) {
      // With text before and after them, pieces may differ: settled ends alone are places to cut.
      const { ends } = tokenizer.encodeWithEnds(text);
      const stable = tokenizer.stableCount(text);
      if (stable === 0) continue;
      const head = tokenizer.encodeWithEnds(text.slice(0, ends[stable - 1]));
      expect(head.ends.at(-1)).toBe(ends[stable - 1]);
    }
  });
});

test("tokens within a character end where the character ends", () => {
  const { ids, ends } = tokenizerOf("cl100k").encodeWithEnds("a🦜b");
  expect(ids.length).toBeGreaterThan(3);
  expect([...ends]).toEqual([1, ...Array<number>(ids.length - 2).fill(3), 4]);
});

test("ends count in the text as written, not in its normal form", () => {
  const text = "cafe\u0301 au\u0308ssert \u212B.";
  const { ids, ends } = tokenizerOf("qwen3").encodeWithEnds(text);
  expect(ids).toEqual(tokenizerOf("qwen3").encode(text.normalize("NFC")));
  expect([...ends].map((end, index) => text.slice(ends[index - 1] ?? 0, end)).join("|")).toBe(
    "ca|fe\u0301| a|u\u0308ss|ert| \u212B|.",
  );
});

function splitsPair(text: string, index: number): boolean {
  return index > 0 && index < text.length && text.codePointAt(index - 1)! > 0xffff;
}
