/**
 * Sparse prefix caching (arXiv 2605.05219): of each request at most so many checkpoints, placed so that what is computed
 * again is least under the distribution of overlap depths, the length that a request shares with those before it:
 *   minimize  sum over d of p(d) x (d - the deepest checkpoint at or above d).
 * Optimal places are depths that occur, found exactly by a dynamic program over them, O(K^2 M) for K depths and M
 * checkpoints. The paper has the distribution given; here it is that of the latest requests. Needs a cache with a history.
 */
import type { Admission, AdmissionRequest } from "./admission.ts";

/** Requests whose overlap is remembered. */
const remembered = 256;

/** One for each cache, as it remembers. */
export function sparseAdmission(mostCheckpoints: number): Admission {
  const depths: number[] = [];
  return {
    positions(request, out) {
      const overlap = overlapOf(request);
      if (overlap > 0) depths.push(overlap);
      if (depths.length > remembered) depths.shift();
      const { reused, sequenceSymbols } = request;
      const reachable = depths.filter((depth) => depth > reused && depth <= sequenceSymbols);
      for (const place of bestPlaces(reachable, { base: reused, most: mostCheckpoints })) {
        // Prefill makes no state behind the last position from which this prompt could resume, but for the sequence's end.
        if (place <= request.resumeLimit || place === sequenceSymbols) out.push(place);
      }
    },
  };
}

/** What is known to be shared with earlier requests, cached or not. */
function overlapOf({ matched, deepestFork, resumeLimit }: AdmissionRequest): number {
  return Math.min(Math.max(matched, deepestFork), resumeLimit);
}

/**
 * At most `most` of the depths, ascending, that leave the least to be computed again; `base` is where a state is already.
 * Fewer where more would give nothing.
 */
export function bestPlaces(
  depths: readonly number[],
  { base, most }: { readonly base: number; readonly most: number },
): readonly number[] {
  const places = [...new Set(depths)].sort((a, b) => a - b);
  const count = places.length;
  // Requests, and the sum of their depths, up to each place.
  const [weight, sum] = [new Float64Array(count + 1), new Float64Array(count + 1)];
  for (const [index, place] of places.entries()) {
    const times = depths.reduce((all, depth) => all + (depth === place ? 1 : 0), 0);
    weight[index + 1] = weight[index]! + times;
    sum[index + 1] = sum[index]! + times * place;
  }
  /** Computed again by requests of depths `from` up to but not including `to`, with a state at `at`. */
  const again = (at: number, from: number, to: number) =>
    sum[to]! - sum[from]! - at * (weight[to]! - weight[from]!);
  // least[i]: of all depths from place i on, with a state there and so many more behind it.
  let least = Float64Array.from(places, (place, i) => again(place, i, count));
  const nexts: Int32Array[] = [];
  for (let more = 1; more < Math.min(most, count); more++) {
    const next = new Int32Array(count).fill(-1);
    const improved = Float64Array.from(least);
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++) {
        const cost = again(places[i]!, i, j) + least[j]!;
        if (cost >= improved[i]!) continue;
        improved[i] = cost;
        next[i] = j;
      }
    }
    least = improved;
    nexts.push(next);
  }
  let first = -1;
  let lowest = again(base, 0, count);
  for (let i = 0; i < count; i++) {
    const cost = again(base, 0, i) + least[i]!;
    if (cost < lowest) [first, lowest] = [i, cost];
  }
  const chosen: number[] = [];
  for (let at = first, left = nexts.length; at >= 0; left--) {
    chosen.push(places[at]!);
    at = left > 0 ? nexts[left - 1]![at]! : -1;
  }
  return chosen;
}
