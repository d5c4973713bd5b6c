/** Memories below the GPU's, from which states come back instead of being computed again. */

import { bytes, count } from "../../words/numbers.ts";
import type { CacheSystem } from "../cache/cache-system.ts";
import {
  type LowerTier,
  lowerTiersOf,
  readSecondsPerByte,
  testServer,
  tierBytesPerSecond,
} from "../restore/hcache-storage.ts";
import { restorationWork } from "../restore/layer-work.ts";
import { planRestoration, type RestorationPlan } from "../restore/restoration.ts";
import { type Restore, type Restored, RestoringCache } from "../restore/restoring-cache.ts";
import { knownHostLink } from "./engines/settings.ts";
import type { Deployment, Policy, PolicyContext } from "./policy.ts";
import { forTokens, oneAtATime, radixCache, tunedMarconi } from "./prefix-caches.ts";

/** What is kept of a token, and the sentence about it, are those of the plan for a sequence of so many tokens. */
const typicalTokens = 8192;

const tierNames: Readonly<Record<LowerTier["tier"], string>> = { host: "host memory", ssd: "SSDs" };

const leftOut =
  "Writing to the tiers is free. Queues on the bus. The unfilled end of a sequence's last storage chunk takes no room. A checkpoint that was restored serves its request and is not kept on the GPU.";

export const hcachePolicies: readonly Policy[] = [
  restoring(radixCache, {
    id: "hcache",
    name: "HCache",
    description:
      "SGLang-like radix tree on the GPU over host memory and SSDs, to which every request is written; each lets the least recently used go. What only a tier holds is restored at its bandwidth, in chunks of 64 tokens, from hidden states or KV, whichever is faster, unless computing it again is.",
    version: "as published, EuroSys 2025, with the best whole-layer split",
    source: "arXiv 2410.05004, sections 3 and 4",
    leavesOut: leftOut,
  }),
  restoring(tunedMarconi, {
    id: "marconi-hcache",
    name: "HCache below Marconi",
    description:
      "Marconi on the GPU over HCache's host memory and SSDs: a state that Marconi evicts comes back from there, unless computing it again is faster.",
    version: "a combination that nobody has published: Marconi, MLSys 2025, over HCache, EuroSys 2025",
    source: "arXiv 2411.19379, sections 4.1 and 4.2; arXiv 2410.05004, sections 3 and 4",
    leavesOut: `${leftOut} Marconi does not know what the tiers hold, and evicts as if nothing came back.`,
  }),
];

function restoring(
  createGpuCache: (context: PolicyContext) => CacheSystem,
  named: Pick<Policy, "id" | "name" | "description" | "version" | "source" | "leavesOut">,
): Policy {
  return {
    ...named,
    kind: "research",
    memory: "own",
    isBlockBased: false,
    needsDeployment: true,
    create(context) {
      const { deployment } = context;
      if (deployment === undefined) return createGpuCache(oneAtATime(context));
      const tiers = tiersOf(deployment);
      const caches = tiers.map(({ tier, capacityBytes }) => {
        const name = tierNames[tier];
        return { name, cache: tierCache(context, deployment, capacityBytes) };
      });
      return new RestoringCache(
        createGpuCache(oneAtATime(forTokens(context))),
        caches,
        restoreFrom(tiers, deployment),
      );
    },
    assumptions: ({ deployment }) => (deployment === undefined ? [] : assumptionsOf(deployment)),
  };
}

function tiersOf(deployment: Deployment): readonly LowerTier[] {
  return deployment.lowerTiers ?? lowerTiersOf(deployment.tensorParallel, knownHostLink(deployment));
}

/** A tier keeps what restoring needs, hidden states or KV, and resumes where the GPU's cache does. */
function tierCache(context: PolicyContext, deployment: Deployment, capacityBytes: number): CacheSystem {
  const { cost } = context;
  const kvBytesPerToken = storedBytesPerToken(context, deployment);
  const prefillFlops = (reused: number, prompt: number) => cost.prefillFlops(reused, prompt);
  return radixCache({
    ...oneAtATime(forTokens(context)),
    cost: { ...cost, kvBytesPerToken, prefillFlops },
    capacityBytes,
  });
}

/** The end among those of the tiers, or none, with which all that any of them holds is there first. */
function restoreFrom(tiers: readonly LowerTier[], deployment: Deployment): Restore {
  return (residentTokens, heldTokens) => {
    const wanted = Math.max(...heldTokens);
    let best: Restored | null = null;
    let bestSeconds = computeSeconds(deployment, residentTokens, wanted);
    for (const [deepest, tokens] of heldTokens.entries()) {
      if (tokens <= residentTokens) continue;
      const { chosen } = planFor(deployment, tiers.slice(0, deepest + 1), residentTokens, [
        ...heldTokens.slice(0, deepest),
        tokens,
      ]);
      if (chosen.way === "recompute") continue;
      const seconds = chosen.seconds + computeSeconds(deployment, tokens, wanted);
      if (seconds >= bestSeconds) continue;
      best = { tokens, seconds: chosen.seconds };
      bestSeconds = seconds;
    }
    return best;
  };
}

function computeSeconds(
  { model, tensorParallel, flopsPerSecond }: Deployment,
  from: number,
  to: number,
): number {
  return restorationWork(model, to, { tensorParallel }, from).prefillFlops / flopsPerSecond;
}

/**
 * Of all tokens that the last of the tiers holds. Each comes from the fastest tier that has it, one tier after the other;
 * the last one has the checkpoint, where the model needs one: it was stored at this very token.
 */
function planFor(
  deployment: Deployment,
  tiers: readonly LowerTier[],
  residentTokens: number,
  heldTokens: readonly number[],
): RestorationPlan {
  const { model, tensorParallel, flopsPerSecond } = deployment;
  const tokens = heldTokens.at(-1) ?? residentTokens;
  let secondsPerByte = 0;
  let start = residentTokens;
  for (const [index, { tier, bandwidths }] of tiers.entries()) {
    const end = Math.min(tokens, heldTokens[index]);
    secondsPerByte += readSecondsPerByte(tier, start, end, bandwidths);
    start = Math.max(start, end);
  }
  const last = tiers[tiers.length - 1];
  const input = {
    tokens,
    residentTokens,
    bytesPerSecond: (tokens - residentTokens) / secondsPerByte,
    checkpointBytesPerSecond: tierBytesPerSecond(last.tier, last.bandwidths),
    flopsPerSecond,
    hasCheckpoint: true,
  };
  return planRestoration(model, input, { tensorParallel });
}

/** One tier with all tokens of a typical sequence. */
function typicalPlan(deployment: Deployment, tier: LowerTier): RestorationPlan {
  return planFor(deployment, [tier], 0, [typicalTokens]);
}

/** What the fastest tier is best restored from; KV where nothing worth keeping is chosen: what is never restored still has a size. */
function storedBytesPerToken({ cost }: PolicyContext, deployment: Deployment): number {
  const { storedBytes } = typicalPlan(deployment, tiersOf(deployment)[0]).chosen;
  const perToken = (storedBytes - cost.checkpointBytes) / typicalTokens;
  return perToken > 0 ? perToken : cost.kvBytesPerToken;
}

function assumptionsOf(deployment: Deployment): string[] {
  const tiers = tiersOf(deployment);
  const memories = tiers.map(({ tier, capacityBytes, bandwidths }) => {
    const perSecond = bytes(tierBytesPerSecond(tier, bandwidths));
    return `${bytes(capacityBytes)} of ${tierNames[tier]}, ${perSecond} per second away`;
  });
  const { gpus, hostBytes, ssds, ssdBytes } = testServer;
  const basis = `as much for each GPU as in HCache's test server (${hostBytes / 1e9} GB of memory and ${ssds} SSDs of ${ssdBytes / 1e12} TB beside ${gpus} GPUs)`;
  return [
    `Below the GPU's cache lie ${memories.join(", and ")}${deployment.lowerTiers === undefined ? `: ${basis}` : ""}. Every request is written to all of them at no cost, and each lets the least recently used go. Restored tokens count as reused, and the time to restore them is part of TTFT.`,
    ...tiers.map((tier, index) => {
      const plan = typicalPlan(deployment, tier);
      const text = index === 0 ? plan.reason : plan.choice;
      return `Restoring ${count(typicalTokens)} tokens from ${tierNames[tier.tier]}: ${text}`;
    }),
  ];
}
