/** A doubly linked list of entries in two columns, oldest first. Every operation is O(1). */
import { Int32Column } from "../tokens/columns.ts";

const NO_ENTRY = -1;

export class RecencyList {
  oldest = NO_ENTRY;
  newest = NO_ENTRY;
  private older = new Int32Column(64);
  private newer = new Int32Column(64);

  /** The entry after `entry`; -1 at the end. */
  newerThan(entry: number): number {
    return this.newer.data[entry];
  }

  /** The entry before `entry`; -1 at the start. */
  olderThan(entry: number): number {
    return this.older.data[entry];
  }

  /** Makes an entry that is not in the list its newest one. */
  append(entry: number): void {
    this.insertAfter(entry, this.newest);
  }

  /** Puts an entry that is not in the list right behind `before`; -1 stands for an empty list. */
  insertAfter(entry: number, before: number): void {
    this.older.reserve(entry + 1);
    this.newer.reserve(entry + 1);
    const after = before === NO_ENTRY ? NO_ENTRY : this.newer.data[before];
    this.older.data[entry] = before;
    this.newer.data[entry] = after;
    if (before === NO_ENTRY) this.oldest = entry;
    else this.newer.data[before] = entry;
    if (after === NO_ENTRY) this.newest = entry;
    else this.older.data[after] = entry;
  }

  remove(entry: number): void {
    const before = this.older.data[entry];
    const after = this.newer.data[entry];
    if (before === NO_ENTRY) this.oldest = after;
    else this.newer.data[before] = after;
    if (after === NO_ENTRY) this.newest = before;
    else this.older.data[after] = before;
  }

  copy(): RecencyList {
    const copy = new RecencyList();
    copy.older = this.older.copy();
    copy.newer = this.newer.copy();
    copy.oldest = this.oldest;
    copy.newest = this.newest;
    return copy;
  }
}
