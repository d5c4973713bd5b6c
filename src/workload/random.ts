/** Seeded randomness that is passed around: nothing in the workload asks the machine for chance or for the time. */

/** The next number of a stream, in [0, 1). */
export type Random = () => number;

/** The mulberry32 generator: 32 bits of state, enough for filler text. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A seed from names (FNV-1a over UTF-16 units, with a final mix).
 * Streams are told apart by what they are for, never by the order in which they are asked for,
 * so that one template's values do not depend on another template.
 */
export function seedOf(seed: number, ...parts: readonly (string | number)[]): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const part of parts) {
    const text = String(part);
    for (let index = 0; index < text.length; index++) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    }
    // A separator, so that ("ab", "c") and ("a", "bc") differ.
    hash = Math.imul(hash ^ 0x1f0000, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A whole number in [low, high], both included. */
export function wholeNumber(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

/** The numbers 0 to count - 1 in random order. */
export function permutation(random: Random, count: number): readonly number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index--) {
    const other = wholeNumber(random, 0, index);
    [order[index], order[other]] = [order[other]!, order[index]!];
  }
  return order;
}

/** Seconds until the next event of a Poisson process. */
export function exponentialSeconds(random: Random, eventsPerSecond: number): number {
  return -Math.log(1 - random()) / eventsPerSecond;
}
