/** What evictions that score states have in common: ties, replay, and scaling over the candidates. */
import { type NodeId, ROOT } from "../../tree/radix-tree.ts";
import type { EvictionView } from "./eviction.ts";

/** Of equal scores the least recently used goes, then the deepest. */
export function goesBefore(
  { tree }: EvictionView,
  lastUsed: { readonly [node: NodeId]: number },
  node: NodeId,
  other: NodeId,
): boolean {
  const age = lastUsed[other] - lastUsed[node];
  return age > 0 || (age === 0 && tree.end(node) > tree.end(other));
}

/** The nearest node above from which a request could resume. */
export function resumableAbove(view: EvictionView, node: NodeId): NodeId {
  let above = view.tree.parent(node);
  while (above !== ROOT && !view.canResumeAt(above)) above = view.tree.parent(above);
  return above;
}

export interface Range {
  readonly smallest: number;
  readonly span: number;
}

export function rangeOf(smallest: number, largest: number): Range {
  return { smallest, span: largest - smallest };
}

/** To [0, 1]; 1 for all when there is nothing to tell apart. */
export function scaled(value: number, { smallest, span }: Range): number {
  return span === 0 ? 1 : (value - smallest) / span;
}
