/** Vocabularies, and how those that ship are read: scripts/pack-vocabularies.mjs writes the files and describes their layout. */
import type { MergeList } from "./merge-list.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";
import { type PreTokenizerId, preTokenizerIds, preTokenizers } from "./pre-tokenizer.ts";
import { decodeUtf8 } from "./utf8.ts";

/** A byte-level BPE vocabulary. */
export interface Vocabulary {
  readonly id: string;
  readonly preTokenizer: PreTokenizer;
  readonly normalizer: "none" | "nfc";
  /** Holds the bytes of every token; owned by the vocabulary once it is loaded. */
  readonly bytes: Uint8Array;
  /** Where in `bytes` each token starts, by id. */
  readonly starts: Int32Array;
  /** Length in bytes of each token, by id; 0 for an id that no ordinary token has. */
  readonly lengths: Uint16Array;
  /** Text of each special token to its id. */
  readonly specials: ReadonlyMap<string, number>;
  /** `null` when the order of ids is the order of merging, and every token is what its own bytes merge to. */
  readonly merges: MergeList | null;
}

const magic = "PCLV";
const supportedVersion = 1;

/** `bytes` are decompressed. Throws an Error that says what is wrong with them, where, and what to do. */
export function loadVocabulary(bytes: Uint8Array): Vocabulary {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw damaged("it is still compressed; decompress it first", 0);
  const reader = new Reader(bytes);
  if (reader.text(4) !== magic) throw damaged(`it does not begin with ${magic}`, 0);
  const version = reader.u16();
  if (version !== supportedVersion) {
    throw damaged(`its version is ${version} and this program reads version ${supportedVersion}`, 4);
  }
  reader.u16();
  assertChecksum(bytes);
  const id = reader.string();
  const preTokenizer = preTokenizers[knownPreTokenizer(reader.string(), reader.position)];
  const normalizer = knownNormalizer(reader.string(), reader.position);
  const tokenCount = reader.u32();
  const specialCount = reader.u32();
  const tokenBytes = reader.u32();
  const specials = new Map<string, number>();
  for (let index = 0; index < specialCount; index++) {
    const specialId = reader.u32();
    specials.set(reader.string(), specialId);
  }
  const { starts, lengths } = readTokens(reader, tokenCount, tokenBytes, new Set(specials.values()));
  return { id, preTokenizer, normalizer, bytes, starts, lengths, specials, merges: null };
}

function readTokens(
  reader: Reader,
  count: number,
  byteCount: number,
  specialIds: ReadonlySet<number>,
): { starts: Int32Array; lengths: Uint16Array } {
  // A token takes a byte at least, so a wild count is refused before it is allocated.
  if (count > reader.remaining) throw damaged(`it ends before its ${count} tokens`, reader.position);
  const starts = new Int32Array(count);
  const lengths = new Uint16Array(count);
  let sum = 0;
  for (let id = 0; id < count; id++) {
    const length = reader.varint();
    if (length === 0 && !specialIds.has(id)) throw damaged(`token ${id} is empty`, reader.position);
    lengths[id] = length;
    starts[id] = reader.skip(length);
    sum += length;
  }
  if (sum !== byteCount || reader.remaining !== 4) {
    throw damaged(`its tokens have ${sum} bytes where ${byteCount} were announced`, reader.position);
  }
  return { starts, lengths };
}

/** Checked before the tokens are read: a token that changed by one bit would give wrong ids in silence. */
function assertChecksum(bytes: Uint8Array): void {
  const end = bytes.length - 4;
  if (end < 8) throw damaged("it ends within its header", bytes.length);
  let hash = 0x811c9dc5;
  for (let index = 0; index < end; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
  const stored = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(end, true);
  if (hash >>> 0 !== stored) throw damaged("its checksum does not agree with its content", end);
}

function knownPreTokenizer(id: string, position: number): PreTokenizerId {
  const known = preTokenizerIds.find((candidate) => candidate === id);
  if (known === undefined) {
    throw damaged(`it asks for the pre-tokenizer "${id}"; known are ${preTokenizerIds.join(", ")}`, position);
  }
  return known;
}

function knownNormalizer(name: string, position: number): Vocabulary["normalizer"] {
  if (name === "") return "none";
  if (name === "nfc") return "nfc";
  throw damaged(`it asks for the normalizer "${name}"; known is nfc`, position);
}

function damaged(what: string, position: number): Error {
  return new Error(
    `The vocabulary file cannot be used: ${what} (at byte ${position}). Reinstall the extension, or pack the file again.`,
  );
}

class Reader {
  readonly #bytes: Uint8Array;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.position;
  }

  /** Passes over `length` bytes and returns where they start. */
  skip(length: number): number {
    const start = this.position;
    if (length > this.remaining) throw damaged(`it ends ${length - this.remaining} bytes too early`, start);
    this.position += length;
    return start;
  }

  u8(): number {
    return this.#bytes[this.skip(1)]!;
  }

  u16(): number {
    return this.u8() + this.u8() * 0x100;
  }

  u32(): number {
    return this.u16() + this.u16() * 0x10000;
  }

  /** Two bytes at most. */
  varint(): number {
    const low = this.u8();
    return low < 128 ? low : low - 128 + this.u8() * 128;
  }

  text(length: number): string {
    const start = this.skip(length);
    return decodeUtf8(this.#bytes, start, start + length);
  }

  string(): string {
    return this.text(this.u8());
  }
}
