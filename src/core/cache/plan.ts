/** Which of the positions that a request wants to keep fit beside the path that it uses. */
import type { States } from "./components/states.ts";
import type { EdgeTokens } from "./edge-tokens.ts";

/** What of a request goes into the cache. */
export interface Plan {
  /** Positions of new boundaries, ascending; where states divide at any token, also the end of what is inserted. */
  readonly kept: readonly number[];
  /** So many boundaries of the path are given up for the first of them, deepest first. */
  readonly superseded: number;
  /** Bytes that what lies behind the matched symbols adds at most, whatever else is evicted. */
  readonly bytesBehind: number;
}

/** The path of the request in the cache, which ends where the sequence leaves it. */
export interface PlannedPath {
  readonly sequence: Int32Array;
  readonly edges: EdgeTokens;
  /** Symbols. */
  readonly matched: number;
  /** Its boundaries, in tokens, ascending. */
  readonly boundaries: readonly number[];
}

const nothing: Plan = { kept: [], superseded: 0, bytesBehind: 0 };

/**
 * What does not fit is given up, deepest first. The first wanted position may supersede boundaries of the path, or a
 * conversation that fills the memory would stand still.
 */
export function planOf(
  wanted: readonly number[],
  path: PlannedPath,
  states: States,
  capacityBytes: number,
): Plan {
  if (!states.needBoundaries) return cutPlan(wanted, path, states, capacityBytes);
  if (wanted.length === 0) return nothing;
  const { boundaries } = path;
  const count = largest(wanted.length, (some) => bytesWith(some, boundaries.length) <= capacityBytes);
  if (count > 0) return planWith(count, boundaries.length);
  const left = largest(boundaries.length - 1, (some) => bytesWith(1, some) <= capacityBytes);
  return left < 0 ? nothing : planWith(1, left);

  /** Of the path up to the last of the first `some` wanted positions, with as many boundaries of its own as are `left`. */
  function bytesWith(some: number, left: number): number {
    const end = Math.max(path.matched, some === 0 ? 0 : wanted[some - 1]);
    return states.weigh(tokensTo(path, end), merged(some, left));
  }

  function planWith(some: number, left: number): Plan {
    let inside = 0;
    while (inside < some && wanted[inside] <= path.matched) inside++;
    const bytesBehind = bytesWith(some, left) - bytesWith(inside, left);
    return { kept: wanted.slice(0, some), superseded: boundaries.length - left, bytesBehind };
  }

  function merged(some: number, left: number): number[] {
    const all = boundaries.slice(0, left);
    for (let index = 0; index < some; index++) all.push(tokensTo(path, wanted[index]));
    const isAscending = left === 0 || some === 0 || all[left - 1] < all[left];
    return isAscending ? all : all.sort((a, b) => a - b);
  }
}

/** The sequence is cut where memory ends. Boundaries cost nothing. */
function cutPlan(wanted: readonly number[], path: PlannedPath, states: States, capacityBytes: number): Plan {
  const { sequence, matched } = path;
  const bytesTo = (end: number) => states.weigh(tokensTo(path, end), noBoundaries);
  const more = largest(sequence.length - matched, (some) => bytesTo(matched + some) <= capacityBytes);
  const end = matched + Math.max(0, more);
  const kept = wanted.filter((position) => position <= end);
  if (end > matched && kept.at(-1) !== end) kept.push(end);
  return { kept, superseded: 0, bytesBehind: bytesTo(end) - bytesTo(matched) };
}

const noBoundaries: readonly number[] = [];

/** The largest number up to `limit` that fits, where each smaller one does too; -1 where not even 0 does. O(log limit). */
export function largest(limit: number, fits: (count: number) => boolean): number {
  if (limit < 0 || fits(limit)) return limit;
  let low = -1;
  let high = limit;
  while (low + 1 < high) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function tokensTo({ edges, sequence }: PlannedPath, position: number): number {
  return edges.leading(sequence, position);
}
