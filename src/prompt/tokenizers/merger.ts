import type { TokenTable } from "./token-table.ts";

/** Pieces up to this many bytes are merged by scanning for the lowest rank; a heap pays only above it. */
const shortLength = 96;

/**
 * Byte-pair merging: as long as two neighbours spell a token together, the pair with the lowest id becomes one,
 * the leftmost of equals first.
 */
export class Merger {
  readonly #table: TokenTable;
  readonly #ids = new Int32Array(shortLength + 1);
  readonly #starts = new Int32Array(shortLength + 2);
  /** Id that the part and its right neighbour would have together, or -1. */
  readonly #pairIds = new Int32Array(shortLength + 1);

  constructor(table: TokenTable) {
    this.#table = table;
  }

  /** The token ids of `bytes[0, length)`, in an array of their own. `prefixHashes` belong to `bytes`. */
  merge(bytes: Uint8Array, length: number, prefixHashes: Int32Array): Int32Array {
    return length <= shortLength
      ? this.#mergeShort(bytes, length, prefixHashes)
      : mergeLong(this.#table, bytes, length, prefixHashes);
  }

  #mergeShort(bytes: Uint8Array, length: number, prefixHashes: Int32Array): Int32Array {
    const table = this.#table;
    const ids = this.#ids;
    const starts = this.#starts;
    const pairIds = this.#pairIds;
    for (let index = 0; index < length; index++) {
      ids[index] = table.idOfByte[bytes[index]!]!;
      starts[index] = index;
      pairIds[index] = index + 1 < length ? table.find(bytes, index, index + 2, prefixHashes) : -1;
    }
    starts[length] = length;
    let count = length;
    for (;;) {
      let best = -1;
      let bestId = 0x7fffffff;
      for (let index = 0; index + 1 < count; index++) {
        const id = pairIds[index]!;
        if (id >= 0 && id < bestId) {
          best = index;
          bestId = id;
        }
      }
      if (best < 0) return ids.slice(0, count);
      ids[best] = bestId;
      ids.copyWithin(best + 1, best + 2, count);
      starts.copyWithin(best + 1, best + 2, count + 1);
      pairIds.copyWithin(best + 1, best + 2, count);
      count--;
      const pairAt = (index: number): number =>
        index + 1 < count ? table.find(bytes, starts[index]!, starts[index + 2]!, prefixHashes) : -1;
      pairIds[best] = pairAt(best);
      if (best > 0) pairIds[best - 1] = pairAt(best - 1);
    }
  }
}

/** Parts form a linked list over byte positions; a heap orders the pairs. O(n log n), whatever the text. */
function mergeLong(
  table: TokenTable,
  bytes: Uint8Array,
  length: number,
  prefixHashes: Int32Array,
): Int32Array {
  const ids = new Int32Array(length);
  /** Where the part that starts here ends. */
  const ends = new Int32Array(length);
  /** Where the part before the one that starts here starts, or -1. */
  const before = new Int32Array(length);
  const pairIds = new Int32Array(length).fill(-1);
  const heap = new PairHeap(length);
  const updatePair = (start: number): void => {
    const middle = ends[start]!;
    const id = middle < length ? table.find(bytes, start, ends[middle]!, prefixHashes) : -1;
    pairIds[start] = id;
    if (id >= 0) heap.push(id, start);
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
    if (pairIds[start] !== heap.id) continue;
    const middle = ends[start]!;
    const end = ends[middle]!;
    pairIds[middle] = -1;
    ids[start] = heap.id;
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

/** Binary heap of (id, start), the lowest id first, then the lowest start, both packed into one exact double. */
class PairHeap {
  id = 0;
  start = 0;
  readonly #unit: number;
  #keys: Float64Array;
  #size = 0;

  /** Every start is below `limit`. */
  constructor(limit: number) {
    this.#unit = limit;
    this.#keys = new Float64Array(limit + 16);
  }

  push(id: number, start: number): void {
    if (this.#size === this.#keys.length) {
      const grown = new Float64Array(this.#size * 2);
      grown.set(this.#keys);
      this.#keys = grown;
    }
    const keys = this.#keys;
    const key = id * this.#unit + start;
    let hole = this.#size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[hole] = keys[parent]!;
      hole = parent;
    }
    keys[hole] = key;
  }

  /** Moves the least entry to `id` and `start`; false when there is none. */
  pop(): boolean {
    if (this.#size === 0) return false;
    const keys = this.#keys;
    const least = keys[0]!;
    this.id = Math.floor(least / this.#unit);
    this.start = least - this.id * this.#unit;
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
