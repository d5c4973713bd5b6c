import type { MergeList } from "./merge-list.ts";
import type { TokenTable } from "./token-table.ts";

/** Which neighbours merge. Of the pairs in a piece the one with the lowest rank is next, the leftmost of equals. */
interface Pairs {
  /** Of the parts `left` and `right`, which are spelled `bytes[start, end)` together; -1 when they do not merge. */
  rankOf(
    left: number,
    right: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    prefixHashes: Int32Array,
  ): number;
  /** Of the token that a pair of this rank becomes. */
  idOf(rank: number): number;
}

/** Pieces up to this many bytes are merged by scanning for the lowest rank; a heap pays only above it. */
const shortLength = 96;

/**
 * Byte-pair merging: as long as two neighbours make a token together, the pair with the lowest rank becomes one.
 * Without a list of merges, two neighbours make the token that they spell, and its id is its rank.
 */
export class Merger {
  readonly #table: TokenTable;
  readonly #pairs: Pairs;
  readonly #ids = new Int32Array(shortLength + 1);
  readonly #starts = new Int32Array(shortLength + 2);
  /** Rank of the part and its right neighbour, or -1. */
  readonly #ranks = new Int32Array(shortLength + 1);

  constructor(table: TokenTable, merges: MergeList | null) {
    this.#table = table;
    this.#pairs = merges ?? spelledPairs(table);
  }

  /** The token ids of `bytes[0, length)`, in an array of their own. `prefixHashes` belong to `bytes`. */
  merge(bytes: Uint8Array, length: number, prefixHashes: Int32Array): Int32Array {
    return length <= shortLength
      ? this.#mergeShort(bytes, length, prefixHashes)
      : mergeLong(this.#table, this.#pairs, bytes, length, prefixHashes);
  }

  #mergeShort(bytes: Uint8Array, length: number, prefixHashes: Int32Array): Int32Array {
    const { idOfByte } = this.#table;
    const pairs = this.#pairs;
    const ids = this.#ids;
    const starts = this.#starts;
    const ranks = this.#ranks;
    let count = length;
    const rankAt = (index: number): number =>
      index + 1 < count
        ? pairs.rankOf(ids[index]!, ids[index + 1]!, bytes, starts[index]!, starts[index + 2]!, prefixHashes)
        : -1;
    for (let index = 0; index < length; index++) {
      ids[index] = idOfByte[bytes[index]!]!;
      starts[index] = index;
    }
    starts[length] = length;
    for (let index = 0; index < length; index++) ranks[index] = rankAt(index);
    for (;;) {
      let best = -1;
      let bestRank = 0x7fffffff;
      for (let index = 0; index + 1 < count; index++) {
        const rank = ranks[index]!;
        if (rank >= 0 && rank < bestRank) {
          best = index;
          bestRank = rank;
        }
      }
      if (best < 0) return ids.slice(0, count);
      ids[best] = pairs.idOf(bestRank);
      ids.copyWithin(best + 1, best + 2, count);
      starts.copyWithin(best + 1, best + 2, count + 1);
      ranks.copyWithin(best + 1, best + 2, count);
      count--;
      ranks[best] = rankAt(best);
      if (best > 0) ranks[best - 1] = rankAt(best - 1);
    }
  }
}

function spelledPairs(table: TokenTable): Pairs {
  return {
    rankOf: (_left, _right, bytes, start, end, prefixHashes) => table.find(bytes, start, end, prefixHashes),
    idOf: (rank) => rank,
  };
}

/** Parts form a linked list over byte positions; a heap orders the pairs. O(n log n), whatever the text. */
function mergeLong(
  table: TokenTable,
  pairs: Pairs,
  bytes: Uint8Array,
  length: number,
  prefixHashes: Int32Array,
): Int32Array {
  const ids = new Int32Array(length);
  /** Where the part that starts here ends. */
  const ends = new Int32Array(length);
  /** Where the part before the one that starts here starts, or -1. */
  const before = new Int32Array(length);
  const ranks = new Int32Array(length).fill(-1);
  const heap = new PairHeap(length);
  const updatePair = (start: number): void => {
    const middle = ends[start]!;
    const rank =
      middle < length
        ? pairs.rankOf(ids[start]!, ids[middle]!, bytes, start, ends[middle]!, prefixHashes)
        : -1;
    ranks[start] = rank;
    if (rank >= 0) heap.push(rank, start);
  };
  for (let index = 0; index < length; index++) {
    ids[index] = table.idOfByte[bytes[index]!]!;
    ends[index] = index + 1;
    before[index] = index - 1;
  }
  for (let index = 0; index < length; index++) updatePair(index);
  let count = length;
  while (heap.pop()) {
    const start = heap.start;
    // Entries are not removed when a pair changes: one that no longer says what the pair says is passed over.
    if (ranks[start] !== heap.rank) continue;
    const middle = ends[start]!;
    const end = ends[middle]!;
    ranks[middle] = -1;
    ids[start] = pairs.idOf(heap.rank);
    ends[start] = end;
    if (end < length) before[end] = start;
    count--;
    updatePair(start);
    if (before[start]! >= 0) updatePair(before[start]!);
  }
  const merged = new Int32Array(count);
  for (let start = 0, index = 0; start < length; start = ends[start]!) merged[index++] = ids[start]!;
  return merged;
}

/** Binary heap of (rank, start), the lowest rank first, then the lowest start, both packed into one exact double. */
class PairHeap {
  rank = 0;
  start = 0;
  readonly #unit: number;
  #keys: Float64Array;
  #size = 0;

  /** Every start is below `limit`. */
  constructor(limit: number) {
    this.#unit = limit;
    this.#keys = new Float64Array(limit + 16);
  }

  push(rank: number, start: number): void {
    if (this.#size === this.#keys.length) {
      const grown = new Float64Array(this.#size * 2);
      grown.set(this.#keys);
      this.#keys = grown;
    }
    const keys = this.#keys;
    const key = rank * this.#unit + start;
    let hole = this.#size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[hole] = keys[parent]!;
      hole = parent;
    }
    keys[hole] = key;
  }

  /** Moves the least entry to `rank` and `start`; false when there is none. */
  pop(): boolean {
    if (this.#size === 0) return false;
    const keys = this.#keys;
    const least = keys[0]!;
    this.rank = Math.floor(least / this.#unit);
    this.start = least - this.rank * this.#unit;
    const size = --this.#size;
    const key = keys[size]!;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= size) break;
      if (child + 1 < size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[hole] = keys[child]!;
      hole = child;
    }
    keys[hole] = key;
    return true;
  }
}
