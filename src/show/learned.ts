/** How the rules of a policy were learned of, in words. */
import type { Learned } from "../core/policies/policy.ts";

export const learnedFrom: Readonly<Record<Learned["from"], string>> = {
  runs: "compared with runs of its code",
  code: "read from its code",
  documentation: "from its documentation",
  threads: "from threads about it",
};
