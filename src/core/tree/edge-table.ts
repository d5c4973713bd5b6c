/**
 * Which child of a node begins with a symbol: one table for the whole tree, keyed by (parent, first symbol).
 * Open addressing with linear probing and deletion by shifting back, in three flat arrays,
 * so that a snapshot of the tree is a copy of columns and a wide root costs nothing extra.
 */
import { invariant } from "../invariant.ts";

const FREE = -1;

export class EdgeTable {
  private parents = new Int32Array(64).fill(FREE);
  private symbols = new Int32Array(64);
  private children = new Int32Array(64);
  private mask = 63;
  private count = 0;

  /** The child of `parent` whose edge begins with `symbol`, or -1. */
  get(parent: number, symbol: number): number {
    const { parents, symbols, mask } = this;
    let slot = slotOf(parent, symbol) & mask;
    while (parents[slot] !== FREE) {
      if (parents[slot] === parent && symbols[slot] === symbol) return this.children[slot];
      slot = (slot + 1) & mask;
    }
    return FREE;
  }

  /** Adds the entry or replaces its child. */
  set(parent: number, symbol: number, child: number): void {
    if ((this.count + 1) * 4 > (this.mask + 1) * 3) this.grow();
    const { parents, symbols, mask } = this;
    let slot = slotOf(parent, symbol) & mask;
    while (parents[slot] !== FREE) {
      if (parents[slot] === parent && symbols[slot] === symbol) {
        this.children[slot] = child;
        return;
      }
      slot = (slot + 1) & mask;
    }
    parents[slot] = parent;
    symbols[slot] = symbol;
    this.children[slot] = child;
    this.count++;
  }

  /** Removes the entry, which must exist. */
  delete(parent: number, symbol: number): void {
    const { parents, symbols, children, mask } = this;
    let hole = slotOf(parent, symbol) & mask;
    while (parents[hole] !== parent || symbols[hole] !== symbol) {
      invariant(parents[hole] !== FREE, "the edge to delete is not in the table");
      hole = (hole + 1) & mask;
    }
    // Entries further along the probe sequence move back, so that no search stops too early.
    let slot = (hole + 1) & mask;
    while (parents[slot] !== FREE) {
      const home = slotOf(parents[slot], symbols[slot]) & mask;
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        parents[hole] = parents[slot];
        symbols[hole] = symbols[slot];
        children[hole] = children[slot];
        hole = slot;
      }
      slot = (slot + 1) & mask;
    }
    parents[hole] = FREE;
    this.count--;
  }

  copy(): EdgeTable {
    const copy = new EdgeTable();
    copy.parents = this.parents.slice();
    copy.symbols = this.symbols.slice();
    copy.children = this.children.slice();
    copy.mask = this.mask;
    copy.count = this.count;
    return copy;
  }

  private grow(): void {
    const { parents, symbols, children } = this;
    const size = (this.mask + 1) * 2;
    this.parents = new Int32Array(size).fill(FREE);
    this.symbols = new Int32Array(size);
    this.children = new Int32Array(size);
    this.mask = size - 1;
    this.count = 0;
    for (let slot = 0; slot < parents.length; slot++) {
      if (parents[slot] !== FREE) this.set(parents[slot], symbols[slot], children[slot]);
    }
  }
}

/** Mixes both halves of the key; only the low bits are used. */
function slotOf(parent: number, symbol: number): number {
  let hash = Math.imul(parent, 0x9e3779b1) ^ Math.imul(symbol, 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
