/** Independent tokenizers to compare ours with: js-tiktoken, and the official native `tokenizers`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Tiktoken, type TiktokenBPE } from "js-tiktoken/lite";
import cl100kRanks from "js-tiktoken/ranks/cl100k_base";
import o200kRanks from "js-tiktoken/ranks/o200k_base";
import { Tokenizer as NativeTokenizer } from "tokenizers";
import { repositoryRoot } from "./vocabularies.ts";

const ranksOf: Readonly<Record<string, TiktokenBPE>> = { cl100k: cl100kRanks, o200k: o200kRanks };

/** The patterns as the models' tokenizer.json files have them. */
const publishedPatterns: Readonly<Record<string, string>> = {
  cl100k:
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  o200k:
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?" +
    "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?" +
    "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
};

export function jsTiktoken(id: string): (text: string) => number[] {
  const tokenizer = new Tiktoken(ranksOf[id]!);
  return (text) => tokenizer.encode(text, [], []);
}

/**
 * js-tiktoken leaves the published patterns where JavaScript's `\s` does (U+0085 and U+FEFF) and where a long s follows `'`.
 * The native tokenizer, which servers run, decides about those; there js-tiktoken cannot be asked.
 */
export function jsTiktokenDeparts(text: string): boolean {
  return /[\u0085\uFEFF]|'\u017F/.test(text);
}

export interface Native {
  encodeAll(texts: readonly string[]): Promise<number[][]>;
}

/**
 * `specials: false` builds the tokenizer without its special tokens, so that their text is ordinary text. Special tokens
 * `added` to a vocabulary of ranks have the ids behind the last one.
 */
export function native(
  id: string,
  options: { readonly specials: boolean; readonly added?: readonly string[] },
): Native {
  const { specials, added = [] } = options;
  const tokenizer = NativeTokenizer.fromString(JSON.stringify(tokenizerJson(id, specials, added)));
  return {
    async encodeAll(texts) {
      const encodings = await tokenizer.encodeBatch([...texts], { addSpecialTokens: false });
      return encodings.map((encoding) => encoding.getIds());
    },
  };
}

/** The tokenizer.json of a vocabulary that ships, as parsed: the published one, or one made of its ranks. */
export function tokenizerJson(id: string, specials: boolean, added: readonly string[]): unknown {
  const published = publishedJson[id];
  if (published !== undefined) {
    const json = JSON.parse(readFileSync(published, "utf8")) as Record<string, unknown>;
    return specials ? json : { ...json, added_tokens: [] };
  }
  return tokenizerJsonOfRanks(id, added);
}

/** The tokenizer.json files of the vocabularies that are packed from one. */
export const publishedJson: Readonly<Record<string, string>> = {
  qwen3: jsonOf("tokenizer-qwen3"),
  deepseek3: jsonOf("tokenizer-deepseek_v3"),
};

function jsonOf(name: string): string {
  return join(repositoryRoot, "node_modules", "@lenml", name, "models", "tokenizer.json");
}

function tokenizerJsonOfRanks(id: string, added: readonly string[]): unknown {
  const tokens = tokensOfRanks(ranksOf[id]!.bpe_ranks);
  const ranks = new Map(tokens.map((token, rank) => [token, rank]));
  const toText = printableBytes();
  const print = (token: string): string => Array.from(token, (byte) => toText[byte.charCodeAt(0)]).join("");
  const merges: [string, string][] = [];
  for (const [rank, token] of tokens.entries()) {
    if (token.length > 1) merges.push(lastMerge(token, rank, ranks).map(print) as [string, string]);
  }
  return {
    version: "1.0",
    added_tokens: added.map((content, index) => ({
      id: tokens.length + index,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: publishedPatterns[id] }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: null,
    model: {
      type: "BPE",
      vocab: Object.fromEntries(tokens.map((token, rank) => [print(token), rank])),
      merges,
      ignore_merges: false,
      byte_fallback: false,
      fuse_unk: false,
    },
  };
}

/** Tokens as strings of one character per byte, in rank order. */
function tokensOfRanks(bpeRanks: string): string[] {
  const tokens: string[] = [];
  for (const line of bpeRanks.split("\n")) {
    const [, offset, ...encoded] = line.split(" ");
    for (const [index, token] of encoded.entries()) {
      tokens[Number(offset) + index] = Buffer.from(token, "base64").toString("latin1");
    }
  }
  return tokens;
}

/** The two tokens that `token` is made of: what its bytes merge to with the tokens that come before it. */
function lastMerge(token: string, limit: number, ranks: ReadonlyMap<string, number>): string[] {
  const parts = token.split("");
  for (;;) {
    let best = -1;
    let bestRank = limit;
    for (let index = 0; index + 1 < parts.length; index++) {
      const rank = ranks.get(parts[index]! + parts[index + 1]!) ?? limit;
      if (rank < bestRank) {
        best = index;
        bestRank = rank;
      }
    }
    if (best < 0) break;
    parts.splice(best, 2, parts[best]! + parts[best + 1]!);
  }
  if (parts.length !== 2) throw new Error(`Token ${limit} is not one merge of earlier tokens.`);
  return parts;
}

function printableBytes(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCodePoint(isPrintable ? byte : next++);
  });
}
