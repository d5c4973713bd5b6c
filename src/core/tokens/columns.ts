/**
 * Columns that grow: one value per node, indexed by node id.
 * Owners read and write `data` directly; `reserve` may replace it, so never keep a reference across an insertion.
 */

/** Smallest doubling of `current` that holds `needed` entries. */
function grownCapacity(current: number, needed: number): number {
  let capacity = Math.max(16, current);
  while (capacity < needed) capacity *= 2;
  return capacity;
}

export class Int32Column {
  data: Int32Array;

  constructor(capacity = 16) {
    this.data = new Int32Array(capacity);
  }

  reserve(length: number): void {
    if (length <= this.data.length) return;
    const grown = new Int32Array(grownCapacity(this.data.length, length));
    grown.set(this.data);
    this.data = grown;
  }

  copy(): Int32Column {
    const copy = new Int32Column(0);
    copy.data = this.data.slice();
    return copy;
  }
}

export class Float64Column {
  data: Float64Array;

  constructor(capacity = 16) {
    this.data = new Float64Array(capacity);
  }

  reserve(length: number): void {
    if (length <= this.data.length) return;
    const grown = new Float64Array(grownCapacity(this.data.length, length));
    grown.set(this.data);
    this.data = grown;
  }

  copy(): Float64Column {
    const copy = new Float64Column(0);
    copy.data = this.data.slice();
    return copy;
  }
}
