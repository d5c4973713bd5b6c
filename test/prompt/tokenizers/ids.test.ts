import { beforeAll, describe, expect, test } from "vitest";
import type { BpeTokenizer } from "../../../src/prompt/tokenizers/byte-level-bpe.ts";
import { adversarialTexts, longRuns } from "./adversarial.ts";
import { jsTiktoken, jsTiktokenDeparts, type Native, native } from "./reference.ts";
import { corpora, tokenizerOf, vocabularyIds } from "./vocabularies.ts";

const corpusTexts = [...corpora().values()];
if (corpusTexts.length === 0) console.log("../shared/corpora is absent: corpus comparisons are skipped.");

/** Compares whole arrays only when they differ: a deep comparison of each would take most of the time. */
function expectSame(ours: Int32Array, reference: readonly number[], text: string): void {
  const isSame = ours.length === reference.length && reference.every((id, index) => ours[index] === id);
  if (!isSame) expect({ text, ids: [...ours] }).toEqual({ text, ids: reference });
}

describe.each(["cl100k", "o200k"])("%s against js-tiktoken", (id) => {
  const ours = tokenizerOf(id);
  const reference = jsTiktoken(id);

  test.skipIf(corpusTexts.length === 0)("every file of the corpora", () => {
    for (const text of corpusTexts) {
      if (!jsTiktokenDeparts(text)) expectSame(ours.encode(text), reference(text), text);
    }
  });

  test("generated texts", () => {
    for (const text of adversarialTexts(1, 6000)) {
      if (!jsTiktokenDeparts(text)) expectSame(ours.encode(text), reference(text), text);
    }
  });
});

describe.each(vocabularyIds)("%s against the native tokenizer", (id) => {
  let ours: BpeTokenizer;
  let reference: Native;
  beforeAll(() => {
    ours = tokenizerOf(id);
    reference = native(id, { specials: false });
  });

  async function compare(texts: readonly string[]): Promise<void> {
    const expected = await reference.encodeAll(texts);
    for (const [index, text] of texts.entries()) expectSame(ours.encode(text), expected[index]!, text);
  }

  test.skipIf(corpusTexts.length === 0)("every file of the corpora", () => compare(corpusTexts));

  test("generated texts", () => compare(adversarialTexts(2, 10_000)));

  test("long runs", () => compare(longRuns(20_000)));

  test("both sides of every border between classes of characters", () => compare(bordersOfClasses()));
});

describe("special tokens of Qwen3", () => {
  const ours = tokenizerOf("qwen3");
  const reference = native("qwen3", { specials: true });

  test("become their ids where they are asked for, as in the native tokenizer", async () => {
    const texts = [...adversarialTexts(3, 4000), ...corpusTexts.filter((text) => text.includes("<|im_"))];
    const expected = await reference.encodeAll(texts);
    for (const [index, text] of texts.entries()) {
      expectSame(ours.encodeWithSpecials(text).ids, expected[index]!, text);
    }
  });

  test("can be looked up by their text", () => {
    expect(ours.specials.get("<|im_start|>")).toBe(151644);
    expect(ours.specials.size).toBe(26);
  });
});

/** JavaScript's Unicode tables decide about classes here, the reference brings its own: this is where they would part. */
function bordersOfClasses(): string[] {
  const classes = [/\p{White_Space}/u, /\p{N}/u, /\p{M}/u, /\p{Lm}|\p{Lo}/u, /\p{Lu}|\p{Lt}/u, /\p{Ll}/u];
  const classOf = (character: string): number => classes.findIndex((pattern) => pattern.test(character));
  const texts: string[] = [];
  let before = "\0";
  for (let codePoint = 1; codePoint <= 0x10ffff; codePoint++) {
    if (codePoint === 0xd800) codePoint = 0xe000;
    const character = String.fromCodePoint(codePoint);
    if (classOf(character) !== classOf(before)) {
      for (const one of [before, character]) texts.push(`a${one}1${one} ${one}\nA${one}a '${one}!`);
    }
    before = character;
  }
  return texts;
}
