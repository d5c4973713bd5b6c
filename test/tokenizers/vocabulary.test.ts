import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { vocabularyCatalogue } from "../../src/tokenizers/catalogue.ts";
import { loadVocabulary } from "../../src/tokenizers/vocabulary.ts";
import { repositoryRoot, tokenizerOf, vocabularyBytes, vocabularyIds } from "./vocabularies.ts";

const text = "Prompt Cache Lens: don't re-send 1234567 tokens!\n\n  naïve 你好 🦜 <|im_start|>";

/** What js-tiktoken and the native tokenizer gave. */
test.each([
  [
    "cl100k",
    "55715 20044 43771 25 1541 956 312 75218 220 4513 10961 22 11460 2268 220 95980 588 220 57668 53901 11410 99 250 83739 318 5011 91 29",
  ],
  [
    "o200k",
    "51905 35118 71456 25 4128 322 183329 220 7633 19354 22 20290 1703 220 153475 737 220 177519 9552 99 250 464 91 321 10949 91 29",
  ],
  [
    "qwen3",
    "54615 19479 42671 25 1513 944 312 74118 220 16 17 18 19 20 21 22 11211 2219 220 94880 586 220 108386 11162 99 250 82639 318 4906 91 29",
  ],
  [
    "deepseek3",
    "125842 69717 90085 28 2090 1664 322 1715 523 223 6895 18009 25 35977 2596 223 112752 223 30594 7351 102 253 818 94 328 37864 94 32",
  ],
])("golden ids of %s", (id, ids) => {
  expect(tokenizerOf(id).encode(text).join(" ")).toBe(ids);
});

test("text of special tokens is ordinary text unless it is asked for", () => {
  const tokenizer = tokenizerOf("qwen3");
  expect(tokenizer.count("<|im_start|>")).toBeGreaterThan(1);
  const { ids, ends } = tokenizer.encodeWithSpecials("<|im_start|>user\nHi<|im_end|>");
  expect([...ids]).toEqual([151644, 872, 198, 13048, 151645]);
  expect([...ends]).toEqual([12, 16, 17, 19, 29]);
});

test.each(vocabularyIds)("%s: no text has no tokens", (id) => {
  const tokenizer = tokenizerOf(id);
  expect(tokenizer.encodeWithEnds("")).toEqual({ ids: new Int32Array(0), ends: new Int32Array(0) });
  expect([tokenizer.count(""), tokenizer.stableCount("")]).toEqual([0, 0]);
});

test.each(vocabularyIds)("%s: long runs of one character come to an end, and to that of the text", (id) => {
  const tokenizer = tokenizerOf(id);
  for (const character of ["a", "A", "你", " ", "\n", "😀", "\u0301"]) {
    const text = character.repeat(50_000);
    expect(tokenizer.encodeWithEnds(text).ends.at(-1)).toBe(text.length);
  }
});

describe("packed files", () => {
  test("are what the script packs from the packages", async () => {
    const script = (await import(
      pathToFileURL(join(repositoryRoot, "scripts", "pack-vocabularies.mjs")).href
    )) as {
      packVocabularies(): Map<string, Uint8Array>;
    };
    const packed = script.packVocabularies();
    expect([...packed.keys()].sort()).toEqual([...vocabularyIds].sort());
    for (const [id, bytes] of packed) expect(Buffer.compare(bytes, vocabularyBytes(id))).toBe(0);
  });

  test("are those of the catalogue", () => {
    const files = readdirSync(join(repositoryRoot, "media", "vocabularies")).filter((name) =>
      name.endsWith(".gz"),
    );
    expect(vocabularyCatalogue.map((entry) => entry.file).sort()).toEqual(files.sort());
    for (const { id, file } of vocabularyCatalogue) {
      expect(file).toBe(`${id}.bin.gz`);
      expect(loadVocabulary(vocabularyBytes(id)).id).toBe(id);
    }
  });

  test.each([
    ["cl100k", 100_256, 5],
    ["o200k", 199_998, 2],
    ["qwen3", 151_643, 26],
    ["deepseek3", 128_000, 818],
  ])("%s has %i tokens and %i special ones", (id, tokens, specials) => {
    const vocabulary = loadVocabulary(vocabularyBytes(id));
    expect([vocabulary.starts.length, vocabulary.specials.size]).toEqual([tokens, specials]);
  });
});

describe("damaged files", () => {
  const good = vocabularyBytes("cl100k");

  test.each<[what: string, bytes: Uint8Array, message: RegExp]>([
    ["empty", new Uint8Array(0), /ends 4 bytes too early \(at byte 0\)/],
    ["still compressed", gzipSync("anything"), /still compressed/],
    ["another file", new TextEncoder().encode("# Vocabularies"), /does not begin with PCLV/],
    ["a later version", changed(good, 4, 2), /version is 2 and this program reads version 1/],
    ["cut short", good.slice(0, 100_000), /checksum/],
    ["hardly begun", good.slice(0, 9), /ends within its header/],
    ["one bit changed", changed(good, 200_000, good[200_000]! ^ 1), /checksum/],
  ])("%s", (_what, bytes, message) => {
    expect(() => loadVocabulary(bytes)).toThrow(message);
    expect(() => loadVocabulary(bytes)).toThrow("Reinstall the extension");
  });

  test("never load, and never fail in another way, wherever they are cut", () => {
    for (let length = 0; length < 200; length++) {
      expect(() => loadVocabulary(good.slice(0, length))).toThrow("The vocabulary file cannot be used");
    }
  });
});

function changed(bytes: Uint8Array, position: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[position] = value;
  return copy;
}
