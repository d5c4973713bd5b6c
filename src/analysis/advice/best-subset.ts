/** The subset of a few items that costs least, found by trying: all subsets where they are few, else step by step. */

export interface SubsetProblem {
  /** Items are numbered from 0. */
  readonly items: number;
  /** Items that a subset holds at most. */
  readonly most: number;
  /** What a subset costs; its items come ascending. Yields now and then. */
  cost(subset: readonly number[]): Generator<void, number, void>;
}

export interface CostedSubset {
  /** Ascending. */
  readonly subset: readonly number[];
  readonly cost: number;
}

/** With so many items all subsets of at most four are 256; beyond, those that differ in one step from the best so far are tried. */
export const exhaustiveItems = 9;

/** Share by which a cost must be smaller to count as smaller: sums of products differ in their last digits. */
const noise = 1e-9;

/** Of subsets that cost the same, one with the fewest items, and of these the first in the order of the items. */
export function bestSubsetSteps(problem: SubsetProblem): Generator<void, CostedSubset, void> {
  return problem.items <= exhaustiveItems ? exhaustiveSteps(problem) : stepwiseSteps(problem);
}

/** Tries all subsets, smaller ones first. */
export function* exhaustiveSteps({ items, most, cost }: SubsetProblem): Generator<void, CostedSubset, void> {
  let best: CostedSubset = { subset: [], cost: yield* cost([]) };
  for (let size = 1; size <= Math.min(most, items); size++) {
    for (const subset of subsetsOf(items, size)) {
      const candidate = { subset, cost: yield* cost(subset) };
      if (isCheaper(candidate, best)) best = candidate;
    }
  }
  return best;
}

/**
 * Adds, exchanges or takes away the one item that helps most, until nothing does. Never worse than the empty subset; the
 * best only where the items do not need each other.
 */
export function* stepwiseSteps({ items, most, cost }: SubsetProblem): Generator<void, CostedSubset, void> {
  let best: CostedSubset = { subset: [], cost: yield* cost([]) };
  for (;;) {
    const before = best;
    for (const subset of neighboursOf(before.subset, items, most)) {
      const candidate = { subset, cost: yield* cost(subset) };
      if (isCheaper(candidate, best)) best = candidate;
    }
    if (best === before) return best;
  }
}

/** Cheaper, or as cheap with fewer items. */
function isCheaper(candidate: CostedSubset, best: CostedSubset): boolean {
  const margin = noise * Math.max(Math.abs(candidate.cost), Math.abs(best.cost));
  if (candidate.cost < best.cost - margin) return true;
  return candidate.cost <= best.cost + margin && candidate.subset.length < best.subset.length;
}

/** In lexicographic order. */
function* subsetsOf(items: number, size: number, from = 0): Generator<readonly number[], void, void> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let first = from; first <= items - size; first++) {
    for (const rest of subsetsOf(items, size - 1, first + 1)) yield [first, ...rest];
  }
}

/** One item less, one exchanged, one more. */
function neighboursOf(
  subset: readonly number[],
  items: number,
  most: number,
): readonly (readonly number[])[] {
  const others = Array.from({ length: items }, (_, item) => item).filter((item) => !subset.includes(item));
  const smaller = subset.map((item) => subset.filter((each) => each !== item));
  const exchanged = smaller.flatMap((rest) => others.map((item) => sorted([...rest, item])));
  const larger = subset.length < most ? others.map((item) => sorted([...subset, item])) : [];
  return [...smaller, ...exchanged, ...larger];
}

function sorted(items: readonly number[]): readonly number[] {
  return items.toSorted((a, b) => a - b);
}
