/** What no policy can go below, and what more memory could still give. */
import { NoCache } from "../cache/no-cache.ts";
import type { PrefixCache } from "../cache/prefix-cache.ts";
import type { Policy } from "./policy.ts";
import { oneAtATime, type PrefixCacheContext, radixCache } from "./prefix-caches.ts";

export function unlimitedCache(context: Omit<PrefixCacheContext, "capacityBytes">): PrefixCache {
  return radixCache({ ...oneAtATime(context), capacityBytes: Number.POSITIVE_INFINITY });
}

export const unlimitedPolicy: Policy = {
  id: "unlimited",
  name: "Unlimited memory",
  kind: "bound",
  memory: "unlimited",
  description: "Marconi's checkpoints in a cache that never evicts: what more memory could still give.",
  version: "bound",
  source: "arXiv 2411.19379, section 4.1 without eviction",
  leavesOut: "Everything about memory.",
  isBlockBased: false,
  create: unlimitedCache,
};

export const boundPolicies: readonly Policy[] = [
  unlimitedPolicy,
  {
    id: "no-cache",
    name: "No cache",
    kind: "bound",
    memory: "none",
    description: "Every prompt is prefilled in full.",
    version: "bound",
    source: "none needed",
    leavesOut: "Nothing.",
    isBlockBased: false,
    create: () => new NoCache(),
  },
];
