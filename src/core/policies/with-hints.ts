/** A cache that matches at any token, and the same one told by the template: one entry gives both. */
import type { Admission } from "../cache/admission/admission.ts";
import { withTemplateEnds } from "../cache/admission/template-ends.ts";
import type { CacheSystem } from "../cache/cache-system.ts";
import type { Policy, PolicyContext } from "./policy.ts";

/** A policy, but for what it admits. */
interface Hintable extends Omit<Policy, "withHints" | "create"> {
  readonly admission: Admission;
  create(context: PolicyContext, admission: Admission): CacheSystem;
}

export function withHints({ admission, create, ...policy }: Hintable): Policy {
  const { id, name } = policy;
  return {
    ...policy,
    create: (context) => create(context, admission),
    withHints: {
      id: `${id}+template`,
      name: `${name}, told by the template`,
      kind: "proposed",
      memory: policy.memory,
      description: `${name}, and a checkpoint at the end of each static part of a prompt at its first occurrence; ends that only one conversation shares until the memory was full once.`,
      version: "2026-11",
      source: "docs/density.md",
      leavesOut:
        "What engines take today says less (`hints --for`): one marker per prompt, or the end of the leading system messages.",
      isBlockBased: policy.isBlockBased,
      countsInFlight: true,
      create: (context) => create(context, withTemplateEnds(admission)),
    },
  };
}
