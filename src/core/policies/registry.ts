/** The caching systems that a user can pick by name. A new one is its own files and one entry in the list of its kind. */
import { boundPolicies } from "./bounds.ts";
import { enginePolicies } from "./engines.ts";
import type { Policy } from "./policy.ts";
import { researchPolicies } from "./research.ts";

export const policies: readonly Policy[] = [...researchPolicies, ...enginePolicies, ...boundPolicies];

/** `undefined` when no policy has this id. */
export function findPolicy(id: string): Policy | undefined {
  return policies.find((policy) => policy.id === id.trim().toLowerCase());
}
