/**
 * Marconi's two checkpoints, with a branch point that ids alone can tell: where the cache has evicted a shared prefix, the
 * history still knows that requests part there. Needs a cache that keeps a history.
 */
import type { Admission } from "./admission.ts";
import { branchAndEnd } from "./branch-and-end.ts";

export const forkAndEnd: Admission = {
  positions(request, out) {
    const matched = Math.max(request.matched, request.deepestFork);
    branchAndEnd.positions({ ...request, matched }, out);
  },
};
