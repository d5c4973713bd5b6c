/**
 * Marconi's judicious admission (arXiv 2411.19379, section 4.1): at most two checkpoints per request.
 * One at the last decoded token, for conversations that go on; one where the input leaves what is cached, for prefixes
 * that several requests share. The branch point is found by inserting the input speculatively before prefill, so one
 * that lies in the output gets no checkpoint: prefill could not have made it.
 */
import type { Admission } from "./admission.ts";

export const branchAndEnd: Admission = {
  positions({ matched, reused, resumeLimit, sequenceSymbols }, out) {
    // The whole input may be cached already; the same input sent again resumes one token earlier.
    const branch = Math.min(matched, resumeLimit);
    if (branch > reused) out.push(branch);
    if (sequenceSymbols > Math.max(branch, reused)) out.push(sequenceSymbols);
  },
};
