import { BoundedCache } from "./bounded-cache.ts";
import { withoutHalfPair } from "./characters.ts";
import { Merger } from "./merger.ts";
import { normalize, settledLength } from "./normal-form.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";
import { SpecialTokens } from "./special-tokens.ts";
import { TokenTable } from "./token-table.ts";
import type { Encoding, Tokenizer } from "./tokenizer.ts";
import { codePointAt, encodeUtf8, maxUtf8Length, utf8LengthOf } from "./utf8.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface BpeTokenizer extends Tokenizer {
  /** Like `encodeWithEnds`, but the text of a special token becomes that token: for rendered chat templates. */
  encodeWithSpecials(text: string): Encoding;
}

/** Longer pieces are rare and mostly unique (base64, long runs): remembering them would only fill the cache. */
const maxCachedUnits = 64;
/** In UTF-16 units of pieces plus token ids: about 4 MB. */
const pieceCacheBudget = 1_000_000;

const reached = 1;
const notReached = 2;

/** Scratch space for one piece: what a giant piece needed is given back with the next one. */
const minBytes = 1024;
const maxKeptBytes = 1 << 20;

export function createTokenizer(vocabulary: Vocabulary): BpeTokenizer {
  return new ByteLevelBpe(vocabulary);
}

/** What it keeps between calls (caches and scratch space) cannot be seen from outside. */
class ByteLevelBpe implements BpeTokenizer {
  readonly vocabulary: string;
  readonly specials: ReadonlyMap<string, number>;
  readonly #lengths: Uint16Array;
  readonly #isNormalized: boolean;
  readonly #preTokenizer: PreTokenizer;
  readonly #table: TokenTable;
  readonly #merger: Merger;
  readonly #specialTokens: SpecialTokens;
  /** By id whether a token is what its own bytes merge to: 0 unknown, else one of the two below. `null` where all are. */
  readonly #reached: Uint8Array | null;
  readonly #pieces = new BoundedCache<Int32Array>(
    pieceCacheBudget,
    (key, ids) => key.length + ids.length + 32,
  );
  #bytes = new Uint8Array(minBytes);
  #prefixHashes = new Int32Array(minBytes + 1);

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary.id;
    this.specials = vocabulary.specials;
    this.#lengths = vocabulary.lengths;
    this.#isNormalized = vocabulary.normalizer === "nfc";
    this.#preTokenizer = vocabulary.preTokenizer;
    this.#table = new TokenTable(vocabulary);
    this.#merger = new Merger(this.#table, vocabulary.merges);
    const allAreReached = vocabulary.merges === null || vocabulary.merges.wholePiecesFirst;
    this.#reached = allAreReached ? null : new Uint8Array(vocabulary.lengths.length);
    this.#specialTokens = new SpecialTokens(vocabulary.specials);
  }

  encode(text: string): Int32Array {
    return this.#encodeNormal(this.#isNormalized ? text.normalize("NFC") : text);
  }

  encodeWithEnds(text: string): Encoding {
    if (!this.#isNormalized) {
      const ids = this.#encodeNormal(text);
      return { ids, ends: this.#endsOf(text, ids) };
    }
    const normal = normalize(text);
    const ids = this.#encodeNormal(normal.text);
    const ends = this.#endsOf(normal.text, ids);
    normal.toOriginal(ends);
    return { ids, ends };
  }

  encodeWithSpecials(text: string): Encoding {
    return this.#specialTokens.encode(text, this);
  }

  count(text: string): number {
    return this.encode(text).length;
  }

  stableCount(text: string): number {
    const whole = withoutHalfPair(text);
    const normal = this.#isNormalized ? whole.normalize("NFC") : whole;
    const unsettled = this.#preTokenizer.unsettled(
      normal,
      this.#isNormalized ? settledLength(whole) : whole.length,
    );
    const ids = new IdList(normal.length);
    let start = 0;
    for (const end of this.#preTokenizer.pieceEnds(normal)) {
      if (start >= unsettled.start || end >= unsettled.end) break;
      this.#appendPiece(normal, start, end, ids);
      start = end;
    }
    return ids.length;
  }

  #encodeNormal(text: string): Int32Array {
    const ids = new IdList(text.length);
    let start = 0;
    for (const end of this.#preTokenizer.pieceEnds(text)) {
      this.#appendPiece(text, start, end, ids);
      start = end;
    }
    return ids.toArray();
  }

  #appendPiece(text: string, start: number, end: number, ids: IdList): void {
    this.#makeRoom(maxUtf8Length(end - start));
    const length = encodeUtf8(text, start, end, this.#bytes);
    this.#table.hashPrefixes(this.#bytes, length, this.#prefixHashes);
    // Nine pieces of ten are a token.
    const id = this.#table.find(this.#bytes, 0, length, this.#prefixHashes);
    if (id >= 0 && this.#isReached(id, length)) {
      ids.push(id);
      return;
    }
    if (end - start > maxCachedUnits) {
      ids.pushAll(this.#merger.merge(this.#bytes, length, this.#prefixHashes));
      return;
    }
    const piece = text.slice(start, end);
    let merged = this.#pieces.get(piece);
    if (merged === undefined) {
      merged = this.#merger.merge(this.#bytes, length, this.#prefixHashes);
      this.#pieces.set(piece, merged);
    }
    ids.pushAll(merged);
  }

  /** Whether token `id`, whose bytes are at hand, is what they merge to. Found out when it is first asked for. */
  #isReached(id: number, length: number): boolean {
    if (this.#reached === null) return true;
    if (this.#reached[id] === 0) {
      const merged = this.#merger.merge(this.#bytes, length, this.#prefixHashes);
      this.#reached[id] = merged.length === 1 && merged[0] === id ? reached : notReached;
    }
    return this.#reached[id] === reached;
  }

  /** A token's length in bytes is known, so one walk over the text finds all ends. */
  #endsOf(text: string, ids: Int32Array): Int32Array {
    const ends = new Int32Array(ids.length);
    const lengths = this.#lengths;
    let index = 0;
    let bytesSeen = 0;
    let tokenEnd = 0;
    for (let token = 0; token < ids.length; token++) {
      tokenEnd += lengths[ids[token]!]!;
      while (bytesSeen < tokenEnd) {
        const codePoint = codePointAt(text, index);
        bytesSeen += utf8LengthOf(codePoint);
        index += codePoint > 0xffff ? 2 : 1;
      }
      ends[token] = index;
    }
    return ends;
  }

  #makeRoom(byteCount: number): void {
    if (byteCount <= this.#bytes.length && this.#bytes.length <= maxKeptBytes) return;
    const size = Math.max(byteCount, minBytes);
    this.#bytes = new Uint8Array(size);
    this.#prefixHashes = new Int32Array(size + 1);
  }
}

/** Token ids while they are collected. */
class IdList {
  length = 0;
  #ids: Int32Array;

  constructor(textLength: number) {
    this.#ids = new Int32Array((textLength >> 1) + 16);
  }

  push(id: number): void {
    if (this.length === this.#ids.length) this.#grow(1);
    this.#ids[this.length++] = id;
  }

  pushAll(ids: Int32Array): void {
    if (this.length + ids.length > this.#ids.length) this.#grow(ids.length);
    for (let index = 0; index < ids.length; index++) this.#ids[this.length++] = ids[index]!;
  }

  /** A copy that is no longer than it must be. */
  toArray(): Int32Array {
    return this.#ids.slice(0, this.length);
  }

  #grow(room: number): void {
    const grown = new Int32Array(this.#ids.length * 2 + room);
    grown.set(this.#ids);
    this.#ids = grown;
  }
}
