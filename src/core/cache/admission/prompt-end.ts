/**
 * One checkpoint per request, at the prompt's end, and none where requests part (ROCm/ATOM #2045): what conversations of
 * agents come back to, as they repeat the prompt and go on behind it.
 */
import type { Admission } from "./admission.ts";

export const promptEnd: Admission = {
  positions({ reused, resumeLimit }, out) {
    if (resumeLimit > reused) out.push(resumeLimit);
  },
};
