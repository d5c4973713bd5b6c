/** Vocabularies of GGUF files that the test writes, against the native tokenizer with the patterns of llama.cpp. */
import { Tokenizer as NativeTokenizer } from "tokenizers";
import { describe, expect, test } from "vitest";
import { readGgufHeader } from "../../src/core/gguf-header.ts";
import { type ByteLevelTokenizer, createTokenizer } from "../../src/tokenizers/byte-level-bpe.ts";
import { readGgufVocabulary } from "../../src/tokenizers/gguf-vocabulary.ts";
import { ggufBytes } from "../support/gguf-bytes.ts";
import { ggufVocabularyValues, type TokenizerParts } from "../support/gguf-vocabulary.ts";
import { adversarialTexts } from "./adversarial.ts";
import { byteLevelKinds } from "./kinds.ts";
import { tokenizerJson } from "./reference.ts";
import { corpora } from "./vocabularies.ts";

type Values = ReturnType<typeof ggufVocabularyValues>;

/** Through the bytes of a file, as a user's would come. */
function readValues(values: Values) {
  const header = readGgufHeader(ggufBytes({ "general.architecture": "llama", ...values }, []), (utf8) =>
    new TextDecoder().decode(utf8),
  );
  return readGgufVocabulary(header.values, "file");
}

function tokenizerOf(values: Values): ByteLevelTokenizer {
  const read = readValues(values);
  if (read.kind === "other") throw new Error(read.reason);
  return createTokenizer(read.vocabulary);
}

/** As they stand in llama.cpp's `src/llama-vocab.cpp`. */
const contractions = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
const spaces = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const cased = (end: string, digits: string) =>
  `[^\\r\\n\\p{L}\\p{N}]?((?=[\\p{L}])([^a-z]))*((?=[\\p{L}])([^A-Z]))+${end}|[^\\r\\n\\p{L}\\p{N}]?((?=[\\p{L}])([^a-z]))+((?=[\\p{L}])([^A-Z]))*${end}|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${spaces}`;
const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";
const patternsOf: Readonly<Record<string, readonly string[]>> = {
  dbrx: [
    `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${spaces}`,
  ],
  qwen2: [`${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${spaces}`],
  qwen35: [
    `${contractions}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${spaces}`,
  ],
  "gpt-4o": [cased(`${contractions}?`, "\\p{N}{1,3}")],
  tekken: [cased("", "\\p{N}")],
  "gpt-2": [gpt2],
  smollm: ["\\p{N}", gpt2],
  "deepseek-v3": [
    "\\p{N}{1,3}",
    "[一-龥぀-ゟ゠-ヿ]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
  ],
};

/** What llama.cpp makes of the vocabulary: its patterns, and no normal form. */
function asLlamaCpp(json: object, pre: string): object {
  return {
    ...json,
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        ...patternsOf[pre]!.map((Regex) => ({
          type: "Split",
          pattern: { Regex },
          behavior: "Isolated",
          invert: false,
        })),
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
      ],
    },
  };
}

async function expectSame(tokenizer: ByteLevelTokenizer, json: object, texts: readonly string[]) {
  const native = NativeTokenizer.fromString(JSON.stringify(json));
  const encodings = await native.encodeBatch([...texts], { addSpecialTokens: false });
  for (const [index, text] of texts.entries()) {
    const expected = encodings[index]!.getIds();
    const { ids } = tokenizer.encodeWithSpecials(text);
    const isSame = ids.length === expected.length && expected.every((id, token) => ids[token] === id);
    if (!isSame) expect({ text, ids: [...ids] }).toEqual({ text, ids: expected });
  }
}

const added = ["<|endoftext|>", "<|im_start|>"];
const published = (id: string) => tokenizerJson(id, true, added) as TokenizerParts;
const all = [...corpora().values()];
if (all.length === 0) console.warn("corpora are absent: only generated texts are compared");

/** Vocabulary that ships, and the name of its pre-tokenizer in a GGUF file. */
const vocabularies = [
  ["qwen3", "qwen2"],
  ["deepseek3", "deepseek-v3"],
  ["cl100k", "dbrx"],
  ["o200k", "gpt-4o"],
] as const;

describe.each(vocabularies)("%s in a GGUF file (%s)", (id, pre) => {
  const json = published(id);
  const tokenizer = tokenizerOf(ggufVocabularyValues(json, pre));

  test("is what its tokenizer.json makes of the corpora", () => {
    // What llama.cpp does otherwise: no normal form, and under gpt-4o no cases but those of ASCII.
    const isAlike = (text: string) =>
      pre === "gpt-4o" ? !/[^\0-\x7f]/.test(text) : text === text.normalize("NFC");
    return expectSame(tokenizer, json, all.filter(isAlike));
  });

  test("is what llama.cpp's patterns make of the corpora and of 5,000 generated texts", () =>
    expectSame(tokenizer, asLlamaCpp(json, pre), [...all, ...adversarialTexts(71, 5000)]));
});

describe.each(Object.keys(patternsOf))("the pre-tokenizer %s", (pre) => {
  const json = byteLevelKinds["merges in their own order"] as unknown as TokenizerParts;
  const tokenizer = tokenizerOf(ggufVocabularyValues(json, pre));

  test("cuts 10,000 generated texts as llama.cpp's patterns do", () => {
    const reference = asLlamaCpp(json, pre);
    const model = { ...json.model, ignore_merges: pre === "tekken" };
    return expectSame(tokenizer, { ...reference, model }, adversarialTexts(72, 10_000));
  });

  test("has stable tokens that stay the same whatever is appended", () => {
    const texts = adversarialTexts(73, 3000, 8);
    for (const [index, text] of texts.entries()) {
      const stable = tokenizer.stableCount(text);
      const ids = tokenizer.encode(text).subarray(0, stable);
      for (const continuation of [texts[(index * 7 + 1) % texts.length]!, "a", " x", "s", "É", "\u0301"]) {
        const longer = tokenizer.encode(text + continuation);
        const isSame = ids.every((token, place) => longer[place] === token);
        if (!isSame) expect({ text, continuation, stable }).toBe("tokens that stay");
      }
    }
    expect(tokenizer.stableCount("the text of the end")).toBeGreaterThan(2);
  });

  test("comes to the end of long runs", () => {
    for (const run of ["a", " ", "你", "É", "the end\n"])
      expect(tokenizer.count(`x${run.repeat(600_000 / run.length)}`)).toBeGreaterThan(0);
  });
});

describe("what cannot be read is said", () => {
  const values = ggufVocabularyValues(
    byteLevelKinds["merges in their own order"] as unknown as TokenizerParts,
    "qwen2",
  );
  const key = (name: string) => `tokenizer.ggml.${name}`;
  const without = (name: string) =>
    Object.fromEntries(Object.entries(values).filter(([each]) => each !== key(name)));
  const tokens = values[key("tokens")] as readonly string[];

  test.each<[what: string, values: Values, reason: string]>([
    ["no vocabulary", {}, "the header has none (tokenizer.ggml.model)"],
    [
      "SentencePiece",
      { ...values, [key("model")]: "llama" },
      'it is of the kind "llama" (tokenizer.ggml.model), and "gpt2" alone is read',
    ],
    [
      "an unknown pre-tokenizer",
      { ...values, [key("pre")]: "kimi-k2" },
      'its pre-tokenizer is "kimi-k2" (tokenizer.ggml.pre), whose pattern is not known here',
    ],
    [
      "no pre-tokenizer",
      without("pre"),
      'its pre-tokenizer is "default" (tokenizer.ggml.pre), whose pattern is not known here',
    ],
    ["no merges", without("merges"), "tokenizer.ggml.tokens or .merges is no list of texts"],
    ["no types", without("token_type"), "tokenizer.ggml.token_type does not say of each token what it is"],
    [
      "types of other tokens",
      { ...values, [key("token_type")]: [1, 1] },
      "tokenizer.ggml.token_type does not say of each token what it is",
    ],
    [
      "a byte without a token",
      { ...values, [key("tokens")]: tokens.map((token) => (token === "a" ? "[gone]" : token)) },
      "it has no token for some of the bytes",
    ],
    [
      "a merge of what is no token",
      { ...values, [key("merges")]: ["a nowhere"] },
      'its merge 0 ("a nowhere") has a token that the vocabulary lacks',
    ],
  ])("%s", (_what, given, reason) => expect(readValues(given)).toEqual({ kind: "other", reason }));
});
