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

/** The path of a request in the cache, which ends where the sequence leaves it. */
export interface RequestPath {
  readonly sequence: Int32Array;
  /** Symbols. */
  readonly matched: number;
  /** Its boundaries, in tokens, ascending. */
  readonly boundaries: readonly number[];
  readonly edges: EdgeTokens;
  readonly states: States;
}

const none: readonly number[] = [];
const nothing: Plan = { kept: none, superseded: 0, bytesBehind: 0 };

/**
 * For states that need boundaries. What does not fit is given up, deepest first. The first wanted position may supersede
 * boundaries of the path, or a conversation that fills the memory would stand still.
 */
export function boundaryPlan(wanted: readonly number[], path: RequestPath, capacityBytes: number): Plan {
  if (wanted.length === 0) return nothing;
  const whole = planIfFits(wanted, path.boundaries.length, path, capacityBytes);
  return whole ?? lesserPlan(wanted, path, capacityBytes);
}

function lesserPlan(wanted: readonly number[], path: RequestPath, capacityBytes: number): Plan {
  const own = path.boundaries.length;
  const planFor = (kept: readonly number[], left: number) => planIfFits(kept, left, path, capacityBytes);
  const count = largest(wanted.length - 1, (some) => planFor(wanted.slice(0, some), own) !== null);
  if (count > 0) return planFor(wanted.slice(0, count), own) ?? nothing;
  const first = wanted.slice(0, 1);
  const left = largest(own - 1, (some) => planFor(first, some) !== null);
  return planFor(first, left) ?? nothing;
}

/** Weighs the path, were it alone in the cache, with `left` of its own boundaries; `null` where that does not fit. */
function planIfFits(
  kept: readonly number[],
  left: number,
  { sequence, matched, boundaries, edges, states }: RequestPath,
  capacityBytes: number,
): Plan | null {
  if (left < 0) return null;
  const all = boundaries.slice(0, left);
  let index = 0;
  for (; index < kept.length && kept[index] <= matched; index++)
    all.push(edges.leading(sequence, kept[index]));
  // Those inside the path may lie between its own, those behind it do not.
  if (index > 0 && left > 0) all.sort((a, b) => a - b);
  const inside = states.weigh(edges.leading(sequence, matched), all);
  let whole = inside;
  if (index < kept.length) {
    for (; index < kept.length; index++) all.push(edges.leading(sequence, kept[index]));
    whole = states.weigh(all[all.length - 1], all);
  }
  if (whole > capacityBytes) return null;
  return { kept, superseded: boundaries.length - left, bytesBehind: whole - inside };
}

/** For states that divide at any token: the sequence is cut where memory ends, and boundaries cost nothing. */
export function cutPlan(wanted: readonly number[], path: RequestPath, capacityBytes: number): Plan {
  const { sequence, matched } = path;
  let end = sequence.length;
  if (bytesTo(end, path) > capacityBytes) {
    end = Math.max(
      matched,
      largest(end - 1, (position) => bytesTo(position, path) <= capacityBytes),
    );
  }
  const kept = wanted.filter((position) => position <= end);
  if (end > matched && kept.at(-1) !== end) kept.push(end);
  return { kept, superseded: 0, bytesBehind: bytesTo(end, path) - bytesTo(matched, path) };
}

function bytesTo(position: number, { sequence, edges, states }: RequestPath): number {
  return states.weigh(edges.leading(sequence, position), none);
}

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
