/**
 * A map from text to what was computed for it, bounded by a budget in units of the caller's choice.
 * Two generations instead of a list in order of use: when the young one is full, the old one is forgotten.
 * What is asked for again moves to the young one, so the frequent stays; the bound is twice the budget.
 */
export class BoundedCache<T> {
  readonly #budget: number;
  readonly #costOf: (key: string, value: T) => number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();
  #cost = 0;

  constructor(budget: number, costOf: (key: string, value: T) => number) {
    this.#budget = budget;
    this.#costOf = costOf;
  }

  get(key: string): T | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** A value that costs more than half the budget is not kept: it would push out everything else. */
  set(key: string, value: T): void {
    const cost = this.#costOf(key, value);
    if (cost * 2 > this.#budget) return;
    if (this.#cost + cost > this.#budget) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#cost = 0;
    }
    this.#young.set(ownCopy(key), value);
    this.#cost += cost;
  }
}

/** A slice keeps the text that it was cut from alive, in every engine; a joined string that is cut again has only itself. */
function ownCopy(text: string): string {
  return ` ${text}`.slice(1);
}
