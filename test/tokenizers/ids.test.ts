import { beforeAll, describe, expect, test } from "vitest";
import type { BpeTokenizer } from "../../src/tokenizers/byte-level-bpe.ts";
import { adversarialTexts, longRuns, randomSource } from "./adversarial.ts";
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

  test("both sides of every border between classes of characters", () => {
    const texts = bordersOfClasses();
    // Other vocabularies treat characters that are not assigned as they treat marks and symbols.
    return compare(id === "deepseek3" ? texts.filter((text) => !isOfUnicode17.test(text)) : texts);
  });
});

describe.each(["qwen3", "deepseek3"])("special tokens of %s", (id) => {
  const ours = tokenizerOf(id);
  const reference = native(id, { specials: true });

  test("become their ids where they are asked for, as in the native tokenizer", async () => {
    const texts = [
      ...withSpecials(adversarialTexts(3, 10_000), [...ours.specials.keys()]),
      ...corpusTexts.filter((text) => text.includes("<|im_")),
    ];
    const expected = await reference.encodeAll(texts);
    for (const [index, text] of texts.entries()) {
      expectSame(ours.encodeWithSpecials(text).ids, expected[index]!, text);
    }
  });
});

test.each([
  ["qwen3", "<|im_start|>", 151_644, 26],
  ["deepseek3", "<｜User｜>", 128_803, 818],
])("special tokens of %s can be looked up by their text", (id, text, specialId, count) => {
  const { specials } = tokenizerOf(id);
  expect(specials.get(text)).toBe(specialId);
  expect(specials.size).toBe(count);
});

/** Characters that Unicode 17 added: the reference has the tables of Unicode 16, and counts them as not assigned. */
const ofUnicode17 =
  "\\u{1acf}-\\u{1add}\\u{1ae0}-\\u{1aeb}\\u{20c1}\\u{2b96}\\u{a7ce}-\\u{a7cf}\\u{a7d2}\\u{a7d4}\\u{a7f1}" +
  "\\u{fbc3}-\\u{fbd2}\\u{fd90}-\\u{fd91}\\u{fdc8}-\\u{fdce}\\u{10940}-\\u{10959}\\u{10ec5}-\\u{10ec7}" +
  "\\u{10ed0}-\\u{10ed8}\\u{10efa}-\\u{10efb}\\u{11b60}-\\u{11b67}\\u{11db0}-\\u{11ddb}\\u{11de7}" +
  "\\u{16ea0}-\\u{16eb8}\\u{16ebb}-\\u{16ed3}\\u{16ff2}-\\u{16ff3}\\u{187f8}-\\u{187ff}\\u{18d09}-\\u{18d1e}" +
  "\\u{18d80}-\\u{18df2}\\u{1ccfa}-\\u{1ccfc}\\u{1ceba}-\\u{1ced0}\\u{1cee0}-\\u{1cef0}\\u{1e6c0}-\\u{1e6de}" +
  "\\u{1e6e0}-\\u{1e6f5}\\u{1e6fe}-\\u{1e6ff}\\u{1f6d8}\\u{1f777}-\\u{1f77a}\\u{1f8d0}-\\u{1f8d8}" +
  "\\u{1fa54}-\\u{1fa57}\\u{1fa8a}\\u{1fa8e}\\u{1fac8}\\u{1facd}\\u{1faea}\\u{1faef}\\u{1fbfa}" +
  "\\u{2b73a}-\\u{2b73f}\\u{2cea2}-\\u{2cead}\\u{323b0}-\\u{33479}";
const isOfUnicode17 = new RegExp(`[${ofUnicode17}]`, "u");

/** One of the special tokens, or the beginning of one, somewhere in each text. */
function withSpecials(texts: readonly string[], specials: readonly string[]): string[] {
  const random = randomSource(4);
  return texts.map((text) => {
    const special = specials[random(specials.length)]!;
    const at = random(text.length + 1);
    return text.slice(0, at) + special.slice(0, random(3) === 0 ? 3 : undefined) + text.slice(at);
  });
}

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
