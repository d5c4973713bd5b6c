import { readFileSync } from "node:fs";
import { Tokenizer as NativeTokenizer } from "tokenizers";
import { describe, expect, test } from "vitest";
import { type BpeTokenizer, createTokenizer } from "../../src/tokenizers/byte-level-bpe.ts";
import { createLibraryTokenizer } from "../../src/tokenizers/library-tokenizer.ts";
import { readTokenizerJson } from "../../src/tokenizers/tokenizer-json.ts";
import { adversarialTexts } from "./adversarial.ts";
import { byteLevelKinds, otherKinds } from "./kinds.ts";
import { publishedJson } from "./reference.ts";
import { corpora } from "./vocabularies.ts";

const kinds = Object.entries({ ...byteLevelKinds, ...otherKinds });

function tokenizerOfText(text: string): BpeTokenizer {
  const file = readTokenizerJson(text, "file");
  return file.kind === "byte-level"
    ? createTokenizer(file.vocabulary)
    : createLibraryTokenizer(file.json, "file");
}

async function expectEqualToNative(json: string, texts: readonly string[]): Promise<void> {
  const ours = tokenizerOfText(json);
  const encodings = await NativeTokenizer.fromString(json).encodeBatch([...texts], {
    addSpecialTokens: false,
  });
  for (const [index, text] of texts.entries()) {
    const expected = encodings[index]!.getIds();
    const { ids, ends } = ours.encodeWithSpecials(text);
    const isSame = ids.length === expected.length && expected.every((id, token) => ids[token] === id);
    if (!isSame) expect({ text, ids: [...ids] }).toEqual({ text, ids: expected });
    const isAscending = ends.every((end, token) => end >= (ends[token - 1] ?? 0) && end <= text.length);
    if (!isAscending) expect({ text, ends: [...ends] }).toBe("ascending ends within the text");
  }
}

describe.each(kinds)("%s", (_name, json) => {
  test("is what the native tokenizer makes of 10,000 generated texts", () =>
    expectEqualToNative(JSON.stringify(json), adversarialTexts(51, 10_000)));

  test("is what the native tokenizer makes of the corpora", () =>
    expectEqualToNative(JSON.stringify(json), [...corpora().values()]));

  test("has stable tokens that stay the same whatever is appended", () => {
    const tokenizer = tokenizerOfText(JSON.stringify(json));
    const texts = adversarialTexts(52, 3000, 8);
    for (const [index, text] of texts.entries()) {
      const stable = tokenizer.stableCount(text);
      const ids = tokenizer.encode(text).subarray(0, stable);
      for (const continuation of [texts[(index * 7 + 1) % texts.length]!, "a", " x", "s", "\u0301"]) {
        const longer = tokenizer.encode(text + continuation);
        const isSame = ids.every((id, token) => longer[token] === id);
        if (!isSame) expect({ text, continuation, stable }).toBe("tokens that stay");
      }
    }
  });
});

test.each(kinds)("%s: words before the last one are stable, but for unknown patterns", (name, json) => {
  const stable = tokenizerOfText(JSON.stringify(json)).stableCount("the text of the end");
  if (name.startsWith("punctuation")) expect(stable).toBe(0);
  else expect(stable).toBeGreaterThan(2);
});

test("a token without merges is only a piece that is it, and only where whole pieces go first", () => {
  const count = (kind: string) => tokenizerOfText(JSON.stringify(byteLevelKinds[kind])).count("Zebra");
  expect([count("whole pieces first"), count("merges in their own order")]).toEqual([1, 5]);
});

test.each(Object.entries(publishedJson))("the file that %s was packed from gives the same ids", (_id, path) =>
  expectEqualToNative(readFileSync(path, "utf8"), adversarialTexts(53, 10_000)),
);

test.each(Object.keys(otherKinds))("%s: long runs and long texts end", (kind) => {
  const tokenizer = tokenizerOfText(JSON.stringify(otherKinds[kind]));
  for (const run of ["a", " ", "你", "the end\n"])
    expect(tokenizer.count(`x${run.repeat(200_000 / run.length)}`)).toBeGreaterThan(0);
});

test("ends of other kinds are where the words end", () => {
  const tokenizer = tokenizerOfText(JSON.stringify(otherKinds["WordPiece"]));
  const text = "The  END of\tÉtext";
  const { ids, ends } = tokenizer.encodeWithEnds(text);
  expect(ids.length).toBe(ends.length);
  expect([...ends].slice(0, 3)).toEqual([3, 8, 11]);
  expect(ends.at(-1)).toBe(text.length);
});

describe("files that cannot be used say why", () => {
  test.each<[what: string, text: string, message: RegExp]>([
    ["empty", "", /it is not JSON/],
    ["cut short", '{"model": {"vocab": {"a"', /it is not JSON/],
    ["a list", "[]", /it is no tokenizer\.json/],
    ["another JSON file", '{"name": "x"}', /has no "model" with a "vocab"/],
    ["deeply nested", "[".repeat(100_000), /it is not JSON/],
    [
      "a wild id",
      JSON.stringify({
        model: { type: "BPE", vocab: { a: 1e12 }, merges: [] },
        pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
      }),
      /the id of its token "a" is not a number/,
    ],
  ])("%s", (_what, text, message) => {
    expect(() => readTokenizerJson(text, "file")).toThrow(message);
  });

  test("a merge of tokens that are not there", () => {
    const kind = byteLevelKinds["whole pieces first"]!;
    const model = { ...(kind["model"] as object), merges: [["a", "nowhere"]] };
    expect(() => readTokenizerJson(JSON.stringify({ ...kind, model }), "file")).toThrow(
      /merge 0 .*vocabulary lacks/,
    );
  });
});
