/** A second memory below the GPU's, from which states come back instead of being computed again. */
import { formatBytes } from "../cost/bytes.ts";
import { planRestoration, type RestorationPlan } from "../restore/restoration.ts";
import { RestoringCache } from "../restore/restoring-cache.ts";
import type { Deployment, Policy, PolicyContext } from "./policy.ts";
import { forTokens, radixCache } from "./prefix-caches.ts";

/** Host memory that a server can spare beside one model; nobody asks for it yet. */
const hostTierBytes = 64 * 2 ** 30;
/** What is kept of a token, and the sentence about it, are those of the plan for a sequence of so many tokens. */
const typicalTokens = 8192;

export const hcachePolicy: Policy = {
  id: "hcache",
  name: "HCache",
  kind: "research",
  description:
    "SGLang-like radix tree on the GPU over a tier of 64 GiB of host memory that every request is written to; what only the tier holds is restored from hidden states or KV, whichever is faster, unless computing it again is.",
  version: "as published, EuroSys 2025, with the best whole-layer split",
  source: "arXiv 2410.05004, sections 3 and 4.1",
  leavesOut:
    "Writing to the tier is free. SSDs. Queues on the bus. A checkpoint that was restored serves its request and is not kept on the GPU.",
  isBlockBased: false,
  create(context) {
    const { deployment, cost } = context;
    if (deployment === undefined) return radixCache(context);
    const gpu = radixCache(forTokens(context));
    const kvBytesPerToken = storedBytesPerToken(context, deployment);
    const tier = radixCache({
      ...forTokens(context),
      cost: { ...cost, kvBytesPerToken, prefillFlops: (reused, prompt) => cost.prefillFlops(reused, prompt) },
      capacityBytes: hostTierBytes,
    });
    return new RestoringCache(gpu, tier, (residentTokens, tokens) => {
      const { chosen } = planFor(deployment, residentTokens, tokens);
      return chosen.way === "recompute" ? null : chosen.seconds;
    });
  },
  assumptions({ deployment }) {
    if (deployment === undefined) return [];
    const { reason } = planFor(deployment, 0, typicalTokens);
    return [
      `${formatBytes(hostTierBytes)} of host memory lie below the GPU's, ${formatBytes(deployment.hostBytesPerSecond)} per second away; every request is written there at no cost. Restored tokens count as reused, and the time to restore them is part of TTFT.`,
      `Restoring ${typicalTokens.toLocaleString("en-US")} tokens: ${reason}`,
    ];
  },
};

function planFor(deployment: Deployment, residentTokens: number, tokens: number): RestorationPlan {
  const { model, tensorParallel, hostBytesPerSecond, flopsPerSecond } = deployment;
  // The tier resumes at checkpoints only, where the model needs them: one was stored at this very token.
  const input = {
    tokens,
    residentTokens,
    bytesPerSecond: hostBytesPerSecond,
    flopsPerSecond,
    hasCheckpoint: true,
  };
  return planRestoration(model, input, { tensorParallel });
}

/** KV where nothing worth keeping is chosen: what is never restored still has a size. */
function storedBytesPerToken({ cost }: PolicyContext, deployment: Deployment): number {
  const { storedBytes } = planFor(deployment, 0, typicalTokens).chosen;
  const perToken = (storedBytes - cost.checkpointBytes) / typicalTokens;
  return perToken > 0 ? perToken : cost.kvBytesPerToken;
}
