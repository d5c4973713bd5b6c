/** Which hole or block made a request part from all others. */
import type { SourceSegment } from "../workload/workload.ts";

/**
 * The hole or block behind a parting of ways. Requests may part in known text: inside a block that others skipped,
 * or right behind one that this request skipped. -1 when no hole is to blame.
 */
export function culpritOf(segments: readonly SourceSegment[], left: number): number {
  let segment = segments[left];
  if (segment === undefined) return -1;
  // An agent's conversation stands nowhere in the source, and behind everything else.
  if (segment.range.start === segment.range.end) return -1;
  if (segment.kind === "hole" || segment.kind === "block") return movable(segments, left);
  for (let parent = segment.parent; parent >= 0; parent = segment.parent) {
    segment = segments[parent];
    if (segment === undefined) return -1;
    if (segment.kind === "block") return movable(segments, parent);
  }
  const own = segments[left];
  for (let before = left - 1; before >= 0; before--) {
    const candidate = segments[before];
    if (candidate === undefined || own === undefined || candidate.template !== own.template) return -1;
    if (candidate.parent !== own.parent || candidate.kind === "marker") continue;
    return candidate.kind === "hole" || candidate.kind === "block" ? movable(segments, before) : -1;
  }
  return -1;
}

/** An item changes because its list does, and can only be moved with the loop. */
function movable(segments: readonly SourceSegment[], culprit: number): number {
  const loop = segments[culprit]?.loop ?? -1;
  if (loop < 0 || segments[loop]?.scope?.scope !== segments[culprit]?.scope?.scope) return culprit;
  return movable(segments, loop);
}

/** The outermost of the segment and those around it that stand for the earlier turns; -1 where none does. */
export function historyAround(segments: readonly SourceSegment[], segment: number): number {
  let found = -1;
  for (let at = segment; at >= 0; at = segments[at]?.parent ?? -1) {
    if (segments[at]?.isHistory === true) found = at;
  }
  return found;
}

export function isInside(segments: readonly SourceSegment[], segment: number, block: number): boolean {
  let at = segment;
  while (at > block) at = segments[at]?.parent ?? -1;
  return at === block;
}
