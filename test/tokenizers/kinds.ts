/** Small tokenizer.json files of every kind, written by hand. */

const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHTUWZ0123456789.,!?'-_/{}()\"#<>|é你日本語"];
const words = [
  "the",
  "re",
  "ing",
  "HTTP",
  "Server",
  "camel",
  "Case",
  "Up",
  "per",
  "end",
  "of",
  "text",
  "im",
  "start",
];

export const addedTokens = [
  { id: 0, content: "<unk>", special: true },
  { id: 1, content: "<|im_start|>", special: true },
  { id: 2, content: "<|endoftext|>", special: false },
].map((token) => ({ single_word: false, lstrip: false, rstrip: false, normalized: false, ...token }));

type Json = Readonly<Record<string, unknown>>;

function file(parts: Json): Json {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens,
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    ...parts,
  };
}

function ids(tokens: readonly string[]): Record<string, number> {
  return Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));
}

/** Each word by its left-to-right merges; some of their parts are merged in an order that is not that of their ids. */
function mergesOf(all: readonly string[]): { merges: [string, string][]; parts: string[] } {
  const merges: [string, string][] = [];
  for (const word of all) {
    const characters = [...word];
    for (let end = 1; end < characters.length; end++) {
      merges.push([characters.slice(0, end).join(""), characters[end]!]);
    }
  }
  const distinct = [...new Map(merges.map((merge) => [merge.join(" "), merge])).values()].reverse();
  return { merges: distinct, parts: distinct.map((merge) => merge.join("")) };
}

const added = addedTokens.map(({ content }) => content);
const metaspace = (prependScheme: string): Json => ({
  type: "Metaspace",
  replacement: "▁",
  prepend_scheme: prependScheme,
  split: true,
});

function sentencePiece(): Json {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  const { merges, parts } = mergesOf(words.flatMap((word) => [`▁${word}`, word]));
  return {
    type: "BPE",
    dropout: null,
    unk_token: "<unk>",
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: true,
    byte_fallback: true,
    ignore_merges: false,
    vocab: ids([...added, ...bytes, "▁", ...letters, ...words.join(""), ...parts]),
    merges,
  };
}

function unigram(): Json {
  const pieces = ["▁", ...letters, ...words.flatMap((word) => [word, `▁${word}`])];
  const scored = [...new Set(pieces)].map((piece, index) => [
    piece,
    -3 - (index % 17) / 7 - 2 / piece.length,
  ]);
  return {
    type: "Unigram",
    unk_id: 0,
    byte_fallback: false,
    vocab: [...added.map((token) => [token, 0]), ...scored],
  };
}

function wordPiece(): Json {
  const lower = [...letters, ...words].map((word) => word.toLowerCase());
  return {
    type: "WordPiece",
    unk_token: "<unk>",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: ids([...added, ...lower, ...lower.map((word) => `##${word}`)]),
  };
}

function printableBytes(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint((byte > 32 && byte < 127) || (byte > 160 && byte !== 173) ? byte : next++),
  );
}

function byteLevel(ignoreMerges: boolean): Json {
  const { merges, parts } = mergesOf(words.flatMap((word) => [`Ġ${word}`, word]));
  return {
    type: "BPE",
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: ignoreMerges,
    // "Zebra" and "ĠZebra" have no merges: only whole pieces can be them.
    vocab: ids([...added, ...printableBytes(), ...parts, "Zebra", "ĠZebra"]),
    merges,
  };
}

const byteLevelSteps = (steps: readonly Json[], useRegex: boolean): Json => ({
  type: "Sequence",
  pretokenizers: [
    ...steps,
    { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: useRegex },
  ],
});

export const byteLevelKinds: Readonly<Record<string, Json>> = {
  "merges in their own order": file({ model: byteLevel(false), pre_tokenizer: byteLevelSteps([], true) }),
  "whole pieces first": file({ model: byteLevel(true), pre_tokenizer: byteLevelSteps([], true) }),
  "digits one by one, NFC": file({
    model: byteLevel(true),
    normalizer: { type: "Sequence", normalizers: [{ type: "NFC" }] },
    pre_tokenizer: byteLevelSteps([{ type: "Digits", individual_digits: true }], true),
  }),
  "punctuation and runs of digits": file({
    model: byteLevel(false),
    pre_tokenizer: byteLevelSteps(
      [
        { type: "Punctuation", behavior: "Contiguous" },
        { type: "Digits", individual_digits: false },
        { type: "Split", pattern: { String: "the" }, behavior: "Isolated", invert: false },
      ],
      true,
    ),
  }),
};

export const otherKinds: Readonly<Record<string, Json>> = {
  "SentencePiece with bytes": file({
    model: sentencePiece(),
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "Prepend", prepend: "▁" },
        { type: "Replace", pattern: { String: " " }, content: "▁" },
      ],
    },
  }),
  Unigram: file({ model: unigram(), pre_tokenizer: metaspace("always") }),
  "Unigram, first word only": file({
    model: unigram(),
    normalizer: { type: "NFKC" },
    pre_tokenizer: metaspace("first"),
  }),
  WordPiece: file({
    model: wordPiece(),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
  }),
};
