/**
 * Systems proposed here: density over age. Its kin told by the template stand with the policies that they vary.
 * docs/density.md says how they were found, and where they lose.
 */
import { forkAndEnd } from "../cache/admission/forks.ts";
import type { Policy } from "./policy.ts";
import { densityCache } from "./prefix-caches.ts";
import { withHints } from "./with-hints.ts";

const common = {
  kind: "proposed",
  memory: "own",
  version: "2026-11",
  source: "docs/density.md",
  leavesOut: "Checkpoints lie exactly at the branch point.",
  isBlockBased: false,
  countsInFlight: true,
} as const;

export const proposedPolicies: readonly Policy[] = [
  withHints({
    ...common,
    id: "density",
    name: "Density over age",
    description:
      "Radix tree; a checkpoint where ids alone show that requests part, evicted or not, and one at the end of each request; evicts what saves the least prefill per byte and per request since its last use. Nothing to tune.",
    admission: forkAndEnd,
    create: (context, admission) => densityCache(context, admission, {}),
  }),
  {
    ...common,
    id: "density-sampled",
    name: "Density over age, sampled",
    description: "Density over age that looks at 64 states for each victim, drawn from a fixed seed.",
    create: (context) => densityCache(context, forkAndEnd, { sample: 64 }),
  },
  withHints({
    ...common,
    id: "density-continuation",
    name: "Density over age, with the continuation rate",
    description:
      "Density over age that weighs the end of a conversation by the share of conversations that went on after as many turns.",
    admission: forkAndEnd,
    create: (context, admission) => densityCache(context, admission, { weighsContinuation: true }),
  }),
];
