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

/** One whose tokens are the bytes of the text, so that the ends follow from the ids. */
export interface ByteLevelTokenizer extends BpeTokenizer {
  /** `encodeWithEnds(text).ends`, where `ids` are `encode(text)`. */
  endsOf(text: string, ids: Int32Array): Int32Array;
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
/** The same for the ids of one text. */
const minIds = 1024;
const maxKeptIds = 1 << 18;

export function createTokenizer(vocabulary: Vocabulary): ByteLevelTokenizer {
  return new ByteLevelBpe(vocabulary);
}

/** What it keeps between calls (caches and scratch space) cannot be seen from outside. */
class ByteLevelBpe implements ByteLevelTokenizer {
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
  readonly #ids = new IdList();

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
    const ids = this.encode(text);
    return { ids, ends: this.endsOf(text, ids) };
  }

  endsOf(text: string, ids: Int32Array): Int32Array {
    if (!this.#isNormalized) return this.#endsOfNormal(text, ids);
    const normal = normalize(text);
    const ends = this.#endsOfNormal(normal.text, ids);
    normal.toOriginal(ends);
    return ends;
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
    const ids = this.#ids;
    ids.clear();
    let start = 0;
    for (const end of this.#preTokenizer.pieceEnds(normal)) {
      if (start >= unsettled.start || end >= unsettled.end) break;
      this.#appendPiece(normal, start, end, ids);
      start = end;
    }
    return ids.length;
  }

  #encodeNormal(text: string): Int32Array {
    const ids = this.#ids;
    ids.clear();
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
    // Nine pieces of ten are a token.
    const id = this.#table.findWhole(this.#bytes, length);
    if (id >= 0 && this.#isReached(id, length)) {
      ids.push(id);
      return;
    }
    if (end - start > maxCachedUnits) {
      ids.pushAll(this.#merged(length));
      return;
    }
    const piece = text.slice(start, end);
    let merged = this.#pieces.get(piece);
    if (merged === undefined) {
      merged = this.#merged(length);
      this.#pieces.set(piece, merged);
    }
    ids.pushAll(merged);
  }

  /** What the first `length` bytes at hand merge to. */
  #merged(length: number): Int32Array {
    this.#table.hashPrefixes(this.#bytes, length, this.#prefixHashes);
    return this.#merger.merge(this.#bytes, length, this.#prefixHashes);
  }

  /** Whether token `id`, whose bytes are at hand, is what they merge to. Found out when it is first asked for. */
  #isReached(id: number, length: number): boolean {
    if (this.#reached === null) return true;
    if (this.#reached[id] === 0) {
      const merged = this.#merged(length);
      this.#reached[id] = merged.length === 1 && merged[0] === id ? reached : notReached;
    }
    return this.#reached[id] === reached;
  }

  /** A token's length in bytes is known, so one walk over the text finds all ends. */
  #endsOfNormal(text: string, ids: Int32Array): Int32Array {
    const ends = new Int32Array(ids.length);
    const lengths = this.#lengths;
    let tokenEnd = 0;
    for (let token = 0; token < ids.length; token++) {
      tokenEnd += lengths[ids[token]!]!;
      ends[token] = tokenEnd;
    }
    // As many bytes as UTF-16 units: all of them are ASCII.
    if (tokenEnd === text.length) return ends;
    let index = 0;
    let bytesSeen = 0;
    for (let token = 0; token < ids.length; token++) {
      while (bytesSeen < ends[token]!) {
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

/** Token ids while they are collected, one text after the other. What a giant text needed is given back with the next one. */
class IdList {
  length = 0;
  #ids = new Int32Array(minIds);

  push(id: number): void {
    if (this.length === this.#ids.length) this.#grow(1);
    this.#ids[this.length++] = id;
  }

  pushAll(ids: Int32Array): void {
    if (this.length + ids.length > this.#ids.length) this.#grow(ids.length);
    for (let index = 0; index < ids.length; index++) this.#ids[this.length++] = ids[index]!;
  }

  clear(): void {
    this.length = 0;
    if (this.#ids.length > maxKeptIds) this.#ids = new Int32Array(minIds);
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
