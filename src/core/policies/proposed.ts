/**
 * Systems proposed here: density over age, and template-informed admission over every radix policy.
 * docs/density.md says how they were found, and where they lose.
 */
import type { Admission } from "../cache/admission/admission.ts";
import { branchAndEnd } from "../cache/admission/branch-and-end.ts";
import { forkAndEnd } from "../cache/admission/forks.ts";
import { withTemplateEnds } from "../cache/admission/template-ends.ts";
import type { CacheSystem } from "../cache/cache-system.ts";
import { LruEviction } from "../cache/eviction/lru.ts";
import type { Policy, PolicyContext } from "./policy.ts";
import { densityCache, prefixCache, tunedMarconi } from "./prefix-caches.ts";

const oneAtATime = "One request at a time.";
const source = "docs/density.md";

/** A cache that matches at any token, apart from what it admits. */
interface RadixPolicy {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly admission: Admission;
  create(context: PolicyContext, admission: Admission): CacheSystem;
}

const density: RadixPolicy = {
  id: "density",
  name: "Density over age",
  description:
    "Radix tree; a checkpoint where ids alone show that requests part, evicted or not, and one at the end of each request; evicts what saves the least prefill per byte and per request since its last use. Nothing to tune.",
  admission: forkAndEnd,
  create: (context, admission) => densityCache(context, admission, {}),
};

const sampledDensity: RadixPolicy = {
  id: "density-sampled",
  name: "Density over age, sampled",
  description: "Density over age that looks at 64 states for each victim, drawn from a fixed seed.",
  admission: forkAndEnd,
  create: (context, admission) => densityCache(context, admission, { sample: 64 }),
};

const continuation: RadixPolicy = {
  id: "density-continuation",
  name: "Density over age, with the continuation rate",
  description:
    "Density over age that weighs the end of a conversation by the share of conversations that went on after as many turns.",
  admission: forkAndEnd,
  create: (context, admission) => densityCache(context, admission, { weighsContinuation: true }),
};

const marconi = {
  id: "marconi",
  name: "Marconi",
  admission: branchAndEnd,
  create: (context: PolicyContext, admission: Admission) => tunedMarconi(context, admission),
};

const leastRecent = {
  id: "sglang-radix",
  name: "SGLang-like radix",
  admission: branchAndEnd,
  create: (context: PolicyContext, admission: Admission) =>
    prefixCache(context, 1, admission, (view) => new LruEviction(view)),
};

/** The same cache with a checkpoint at the end of every static part of a prompt that its template knows. */
function told(policy: Omit<RadixPolicy, "description">): Policy {
  return {
    id: `${policy.id}+template`,
    name: `${policy.name}, told by the template`,
    kind: "proposed",
    description: `${policy.name}, and a checkpoint at the end of each static part of a prompt at its first occurrence; ends that only one conversation shares until the memory was full once.`,
    version: "2026-11",
    source,
    leavesOut: `${oneAtATime} No engine takes such hints yet.`,
    isBlockBased: false,
    create: (context) => policy.create(context, withTemplateEnds(policy.admission)),
  };
}

function plain(policy: RadixPolicy): Policy {
  return {
    id: policy.id,
    name: policy.name,
    kind: "proposed",
    description: policy.description,
    version: "2026-11",
    source,
    leavesOut: `${oneAtATime} Checkpoints lie exactly at the branch point.`,
    isBlockBased: false,
    create: (context) => policy.create(context, policy.admission),
  };
}

export const proposedPolicies: readonly Policy[] = [
  plain(density),
  plain(sampledDensity),
  plain(continuation),
  ...[marconi, leastRecent, density, continuation].map(told),
];
