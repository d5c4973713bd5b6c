import type { Vocabulary } from "./vocabulary.ts";

const multiplier = 0x01000193;

/**
 * Bytes to token id: open addressing over the vocabulary's own bytes, so that loading copies nothing.
 * The hash is a polynomial over the bytes: from the hashes of all prefixes of a piece, the hash of any part of it follows
 * in constant time, which is what makes merging cheap.
 */
export class TokenTable {
  readonly maxLength: number;
  /** Id of each single byte. */
  readonly idOfByte = new Int32Array(256);
  readonly #bytes: Uint8Array;
  readonly #starts: Int32Array;
  readonly #lengths: Uint16Array;
  readonly #hashes: Int32Array;
  /** Id plus one, 0 for an empty slot. */
  readonly #slots: Int32Array;
  readonly #shift: number;
  /** `multiplier` to the power of the index. */
  readonly #powers: Int32Array;

  constructor(vocabulary: Vocabulary) {
    const { bytes, starts, lengths } = vocabulary;
    const count = starts.length;
    // At most half full, so that a miss (most look-ups of merging) ends after a probe or two.
    const bits = Math.max(4, Math.ceil(Math.log2(count * 2)));
    this.#bytes = bytes;
    this.#starts = starts;
    this.#lengths = lengths;
    this.#hashes = new Int32Array(count);
    this.#slots = new Int32Array(2 ** bits);
    this.#shift = 32 - bits;
    let maxLength = 0;
    for (let id = 0; id < count; id++) {
      const length = lengths[id]!;
      if (length === 0) continue;
      if (length > maxLength) maxLength = length;
      if (length === 1) this.idOfByte[bytes[starts[id]!]!] = id;
      this.#insert(id, hashOf(bytes, starts[id]!, starts[id]! + length));
    }
    this.maxLength = maxLength;
    this.#powers = new Int32Array(maxLength + 1);
    this.#powers[0] = 1;
    for (let k = 1; k <= maxLength; k++) this.#powers[k] = Math.imul(this.#powers[k - 1]!, multiplier);
  }

  /** Fills `prefixHashes[0..length]` for `find`. */
  hashPrefixes(bytes: Uint8Array, length: number, prefixHashes: Int32Array): void {
    let hash = 0;
    prefixHashes[0] = 0;
    for (let index = 0; index < length; index++) {
      hash = (Math.imul(hash, multiplier) + bytes[index]! + 1) | 0;
      prefixHashes[index + 1] = hash;
    }
  }

  /** Id of the token that is spelled `bytes[start, end)`, or -1. `prefixHashes` belong to `bytes`. */
  find(bytes: Uint8Array, start: number, end: number, prefixHashes: Int32Array): number {
    const length = end - start;
    if (length > this.maxLength) return -1;
    const hash = (prefixHashes[end]! - Math.imul(prefixHashes[start]!, this.#powers[length]!)) | 0;
    return this.#findHashed(hash, bytes, start, length);
  }

  /** Id of the token that is spelled `bytes[0, length)`, or -1. */
  findWhole(bytes: Uint8Array, length: number): number {
    return length > this.maxLength ? -1 : this.#findHashed(hashOf(bytes, 0, length), bytes, 0, length);
  }

  #findHashed(hash: number, bytes: Uint8Array, start: number, length: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = Math.imul(hash, 0x9e3779b1) >>> this.#shift;
    for (;;) {
      const id = slots[slot]! - 1;
      if (id < 0) return -1;
      if (this.#hashes[id] === hash && this.#isSpelled(id, bytes, start, length)) return id;
      slot = (slot + 1) & mask;
    }
  }

  #isSpelled(id: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (this.#lengths[id] !== length) return false;
    const own = this.#bytes;
    const offset = this.#starts[id]!;
    for (let k = 0; k < length; k++) if (own[offset + k] !== bytes[start + k]) return false;
    return true;
  }

  #insert(id: number, hash: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = Math.imul(hash, 0x9e3779b1) >>> this.#shift;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = id + 1;
    this.#hashes[id] = hash;
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let index = start; index < end; index++) hash = (Math.imul(hash, multiplier) + bytes[index]! + 1) | 0;
  return hash;
}
