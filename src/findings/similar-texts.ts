/**
 * Which of many texts are likely to be near-duplicates: those that share runs of eight tokens. Kept from one state of a
 * workspace to the next, so that a text that changed costs its own runs and not those of all others.
 */

/** Tokens per run, and the part of all runs that is looked at: one in `sampling`. */
export const runTokens = 8;
const sampling = 4;
/** A run that more texts share says nothing about any pair of them: only the first ones count. */
const mostHolders = 32;

export interface TokenText {
  readonly ids: Int32Array;
}

interface Entry<T> {
  readonly text: T;
  /** Different for every entry there ever was; below 2^26. */
  readonly number: number;
  readonly runs: ReadonlySet<number>;
  /** Place in the list as last given. */
  place: number;
}

interface Pair<T> {
  readonly a: Entry<T>;
  readonly b: Entry<T>;
  /** Runs that both hold. */
  shared: number;
}

export class SimilarTexts<T extends TokenText> {
  #entries = new Map<T, Entry<T>>();
  /** The entries that hold a run, in the order of their places. */
  readonly #holders = new Map<number, Entry<T>[]>();
  readonly #pairs = new Map<number, Pair<T>>();
  #count = 0;

  /** Pairs of the texts, by place, that share at least this part of the shorter one's runs, each pair once and in order. */
  likelyPairs(similarity: number): readonly (readonly [number, number])[] {
    const pairs: [number, number][] = [];
    for (const { a, b, shared } of this.#pairs.values()) {
      const smaller = Math.min(a.runs.size, b.runs.size);
      if (smaller > 0 && shared >= similarity * smaller) {
        pairs.push([Math.min(a.place, b.place), Math.max(a.place, b.place)]);
      }
    }
    return pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  }

  /** The texts are these now; told apart as objects. O(runs of what is new or gone). Yields after each of those. */
  *update(texts: readonly (T | null)[]): Generator<void, void, void> {
    const before = new Map(this.#entries);
    const kept = texts.flatMap((text) => (text === null ? [] : (before.get(text) ?? [])));
    // Whoever is first among many holders of a run depends on the order.
    const isMoved = kept.some((entry, index) => index > 0 && entry.place < kept[index - 1]!.place);
    if (isMoved) {
      this.#entries = new Map();
      this.#holders.clear();
      this.#pairs.clear();
    } else {
      const stay = new Set(kept);
      for (const entry of before.values()) {
        if (stay.has(entry)) continue;
        this.#remove(entry);
        this.#entries.delete(entry.text);
        yield;
      }
    }
    for (const [place, text] of texts.entries()) {
      const known = text === null ? undefined : this.#entries.get(text);
      if (known !== undefined) known.place = place;
    }
    for (const [place, text] of texts.entries()) {
      if (text === null || this.#entries.has(text)) continue;
      const entry = { text, number: ++this.#count, runs: runHashes(text.ids), place };
      this.#entries.set(text, entry);
      this.#add(entry);
      yield;
    }
  }

  #add(entry: Entry<T>): void {
    for (const run of entry.runs) {
      const holders = this.#holders.get(run) ?? [];
      this.#holders.set(run, holders);
      const at = holders.findLastIndex(({ place }) => place < entry.place) + 1;
      // Beyond the first ones it is no part of any pair.
      if (at < mostHolders) {
        const pushedOut = holders[mostHolders - 1];
        if (pushedOut !== undefined) this.#share(pushedOut, holders.slice(0, mostHolders - 1), -1);
        this.#share(entry, holders.slice(0, mostHolders - (pushedOut === undefined ? 0 : 1)), 1);
      }
      holders.splice(at, 0, entry);
    }
  }

  #remove(entry: Entry<T>): void {
    for (const run of entry.runs) {
      const holders = this.#holders.get(run);
      const at = holders?.indexOf(entry) ?? -1;
      if (holders === undefined || at < 0) continue;
      holders.splice(at, 1);
      if (at < mostHolders) {
        const others = holders.slice(0, mostHolders - 1);
        this.#share(entry, others, -1);
        const movedUp = holders[mostHolders - 1];
        if (movedUp !== undefined) this.#share(movedUp, others, 1);
      }
      if (holders.length === 0) this.#holders.delete(run);
    }
  }

  /** Counts one run more, or less, that the entry shares with each of the others. */
  #share(entry: Entry<T>, others: readonly Entry<T>[], by: 1 | -1): void {
    for (const other of others) {
      const key = pairKey(entry, other);
      const pair = this.#pairs.get(key) ?? { a: entry, b: other, shared: 0 };
      pair.shared += by;
      if (pair.shared === 0) this.#pairs.delete(key);
      else this.#pairs.set(key, pair);
    }
  }
}

function pairKey<T>(a: Entry<T>, b: Entry<T>): number {
  return Math.min(a.number, b.number) * 2 ** 26 + Math.max(a.number, b.number);
}

function runHashes(ids: Int32Array): Set<number> {
  const hashes = new Set<number>();
  for (let start = 0; start + runTokens <= ids.length; start++) {
    let hash = runHash(ids, start);
    hash ^= hash >>> 15;
    if (hash % sampling === 0) hashes.add(hash);
  }
  return hashes;
}

/** Of the run that begins there, by FNV-1a over its ids. */
export function runHash(ids: Int32Array, start: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < runTokens; i++) hash = Math.imul(hash ^ (ids[start + i] ?? 0), 0x01000193);
  return hash;
}
