import { describe, expect, test } from "vitest";
import type { ByteLevelTokenizer } from "../../src/tokenizers/byte-level-bpe.ts";
import { createTokenizer } from "../../src/tokenizers/byte-level-bpe.ts";
import { cacheBlocks } from "../../src/tokenizers/caching-tokenizer.ts";
import { TokenizedDocument, tokenizeBlocks } from "../../src/tokenizers/tokenized-document.ts";
import { readTokenizerJson } from "../../src/tokenizers/tokenizer-json.ts";
import { adversarialTexts, randomSource } from "./adversarial.ts";
import { byteLevelKinds } from "./kinds.ts";
import { tokenizerOf, vocabularyIds } from "./vocabularies.ts";

/** Counts what it is asked to tokenize. */
function counting(tokenizer: ByteLevelTokenizer): { tokenizer: ByteLevelTokenizer; units: () => number } {
  let units = 0;
  return {
    units: () => units,
    tokenizer: {
      ...tokenizer,
      vocabulary: tokenizer.vocabulary,
      specials: tokenizer.specials,
      encode: (text) => {
        units += text.length;
        return tokenizer.encode(text);
      },
      endsOf: (text, ids) => tokenizer.endsOf(text, ids),
    },
  };
}

function ofFile(kind: string): ByteLevelTokenizer {
  const file = readTokenizerJson(JSON.stringify(byteLevelKinds[kind]), kind);
  if (file.kind !== "byte-level" || !file.vocabulary.preTokenizer.cutsAtLines) throw new Error(kind);
  return createTokenizer(file.vocabulary);
}

const tokenizers: readonly (readonly [string, () => ByteLevelTokenizer])[] = [
  ...vocabularyIds.map((id) => [id, () => tokenizerOf(id)] as const),
  ...["merges in their own order", "whole pieces first", "digits one by one, NFC"].map(
    (kind) => [kind, () => ofFile(kind)] as const,
  ),
];

describe.each(tokenizers)("a document in %s", (_name, create) => {
  const tokenizer = create();

  test("has the tokens of its whole text after any edits", () => {
    const random = randomSource(61);
    const pieces = adversarialTexts(62, 400, 4);
    const pick = () => pieces[random(pieces.length)]! + (random(2) ? "\n" : "");
    for (let round = 0; round < 40; round++) {
      const document = new TokenizedDocument(
        tokenizeBlocks(tokenizer),
        Array.from({ length: random(20) }, pick).join(""),
      );
      for (let edit = 0; edit < 25; edit++) {
        const before = document.text;
        const start = random(before.length + 1);
        const end = Math.min(before.length, start + random(random(4) === 0 ? 200 : 4));
        const replacement = random(3) === 0 ? "" : random(3) === 0 ? "\n" : pick();
        const after = before.slice(0, start) + replacement + before.slice(end);
        if (random(2)) document.edit(start, end, replacement);
        else document.update(after);
        expect(document.text).toBe(after);
        const { ids, ends } = tokenizer.encodeWithEnds(after);
        const ours = document.encoding();
        const isSame =
          ids.length === ours.ids.length &&
          ids.every((id, token) => ours.ids[token] === id && ours.ends[token] === ends[token]);
        if (!isSame) expect({ before, start, end, replacement, ids: [...ours.ids] }).toEqual([...ids]);
        expect(document.ids().length).toBe(ids.length);
      }
    }
  });

  test("tokenizes only what an edit touches", () => {
    const counted = counting(tokenizer);
    const text = "One line of a prompt.\n".repeat(5000);
    const document = new TokenizedDocument(tokenizeBlocks(counted.tokenizer), text);
    const first = counted.units();
    document.edit(50_000, 50_000, "x");
    document.update(`${document.text.slice(0, 70_000)}yz${document.text.slice(70_002)}`);
    expect(first).toBe(text.length);
    expect(counted.units() - first).toBeLessThan(200);
  });
});

test("long texts that follow each other have their own tokens, whichever they begin or end like", () => {
  const tokenizer = tokenizerOf("o200k");
  const cached = cacheBlocks(tokenizer);
  const random = randomSource(63);
  const lines = adversarialTexts(64, 1000, 8);
  let text = lines.join("\n");
  for (let round = 0; round < 40; round++) {
    const at = random(text.length);
    const rest = at + random(random(5) === 0 ? 20_000 : 5);
    text = `${text.slice(0, at)}${lines[random(lines.length)]!}${text.slice(rest)}`;
    if (text.length < 12_000) text = lines.join("\n");
    for (const asked of [text, text.slice(random(3000)), text.slice(0, -1 - random(3000))]) {
      const { ids, ends } = tokenizer.encodeWithEnds(asked);
      const ours = cached.encodeWithEnds(asked);
      const isSame = ours.ids.every((id, token) => id === ids[token] && ours.ends[token] === ends[token]);
      expect([isSame, ours.ids.length, cached.count(asked)]).toEqual([true, ids.length, ids.length]);
    }
  }
});

test("a pattern that is not known keeps lines together", () => {
  const file = readTokenizerJson(JSON.stringify(byteLevelKinds["punctuation and runs of digits"]), "file");
  expect(file.kind === "byte-level" && file.vocabulary.preTokenizer.cutsAtLines).toBe(false);
});
