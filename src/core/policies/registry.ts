/** The caching systems that a user can pick by name. A new one is its own files and one entry in the list of its kind. */
import { boundPolicies } from "./bounds.ts";
import { contributedPolicies } from "./contributed.ts";
import { enginePolicies } from "./engines.ts";
import { hostedPolicies, hostedPolicyOf } from "./hosted.ts";
import type { Policy } from "./policy.ts";
import { proposedPolicies } from "./proposed.ts";
import { researchPolicies } from "./research.ts";

const ownPolicies = [...researchPolicies, ...contributedPolicies, ...proposedPolicies];

export const policies: readonly Policy[] = [
  ...ownPolicies,
  ...ownPolicies.flatMap((policy) => policy.withHints ?? []),
  ...enginePolicies,
  ...boundPolicies,
  ...hostedPolicies,
];

/** The policy that this one is with hints; itself where it takes none. */
export function withoutHints(policy: Policy): Policy {
  return policies.find(({ withHints }) => withHints === policy) ?? policy;
}

/** A hosted one can name the model behind a colon, also one with colons of its own. `undefined` when no policy has this id. */
export function findPolicy(id: string): Policy | undefined {
  const [name = "", ...rest] = id.trim().toLowerCase().split(":");
  const model = rest.join(":");
  if (model !== "") return hostedPolicyOf(name, model);
  return policies.find((policy) => policy.id === name);
}
