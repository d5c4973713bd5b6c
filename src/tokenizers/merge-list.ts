/** Pairs of tokens that merge, in the order of merging, as a tokenizer.json lists them. */

const leftMultiplier = 0x9e3779b1;
const rightMultiplier = 0x85ebca6b;

/** Which of two neighbours merge first, and what they become. Ranks count from 0; lower ones merge first. */
export class MergeList {
  /** A piece that is a token is that token, whatever its bytes would merge to (`ignore_merges`). */
  readonly wholePiecesFirst: boolean;
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #merged: Int32Array;
  /** Rank plus one, 0 for an empty slot. */
  readonly #slots: Int32Array;
  readonly #shift: number;

  /** Ids of the two and of what they become, by rank. */
  constructor(left: Int32Array, right: Int32Array, merged: Int32Array, wholePiecesFirst: boolean) {
    this.wholePiecesFirst = wholePiecesFirst;
    this.#left = left;
    this.#right = right;
    this.#merged = merged;
    const bits = Math.max(4, Math.ceil(Math.log2(left.length * 2)));
    this.#slots = new Int32Array(2 ** bits);
    this.#shift = 32 - bits;
    for (let rank = 0; rank < left.length; rank++) this.#insert(rank);
  }

  /** -1 when the two do not merge. */
  rankOf(left: number, right: number): number {
    const slots = this.#slots;
    for (let slot = this.#slotOf(left, right); ; slot = (slot + 1) & (slots.length - 1)) {
      const rank = slots[slot]! - 1;
      if (rank < 0 || (this.#left[rank] === left && this.#right[rank] === right)) return rank;
    }
  }

  idOf(rank: number): number {
    return this.#merged[rank]!;
  }

  /** A pair that is listed twice has its last rank, as in the reference. */
  #insert(rank: number): void {
    const slots = this.#slots;
    const left = this.#left[rank]!;
    const right = this.#right[rank]!;
    let slot = this.#slotOf(left, right);
    for (; slots[slot] !== 0; slot = (slot + 1) & (slots.length - 1)) {
      const other = slots[slot]! - 1;
      if (this.#left[other] === left && this.#right[other] === right) break;
    }
    slots[slot] = rank + 1;
  }

  #slotOf(left: number, right: number): number {
    const hash = Math.imul(left, leftMultiplier) ^ Math.imul(right, rightMultiplier);
    return Math.imul(hash ^ (hash >>> 15), leftMultiplier) >>> this.#shift;
  }
}
