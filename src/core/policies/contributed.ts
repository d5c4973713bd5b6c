/** Rules for the caches of hybrid models that others have proposed since Marconi, each as it is published. */
import { branchAndEnd } from "../cache/admission/branch-and-end.ts";
import { promptEnd } from "../cache/admission/prompt-end.ts";
import { sparseAdmission } from "../cache/admission/sparse.ts";
import { HitsPerTokenEviction } from "../cache/eviction/hits-per-token.ts";
import { LruEviction } from "../cache/eviction/lru.ts";
import { SegmentLengthEviction } from "../cache/eviction/segment-length.ts";
import type { Policy } from "./policy.ts";
import { forTokens, historySequences, prefixCache, radixCache } from "./prefix-caches.ts";

const common = { kind: "research", memory: "own", isBlockBased: false, countsInFlight: true } as const;

/** As many as Marconi keeps of a request. */
const sparseCheckpoints = 2;

export const contributedPolicies: readonly Policy[] = [
  {
    ...common,
    id: "seglen",
    name: "SegLen",
    description:
      "Radix tree; a checkpoint at the branch point and at the end of each request; evicts the lowest 0.85 x replay length to the nearest state + 0.15 x recency.",
    version: "pull request of April 2026, closed: --radix-eviction-policy seglen, weight 0.85",
    source: "sgl-project/sglang #22172",
    leavesOut:
      "Two pools with lists of their own. How both parts are scaled is not said there: over the candidates, as in Marconi.",
    create: (context) => prefixCache(context, 1, branchAndEnd, (view) => new SegmentLengthEviction(view)),
  },
  {
    ...common,
    id: "hits-per-token",
    name: "Hits per token",
    description:
      "Radix tree; a checkpoint at the branch point and at the end of each request; evicts the leaf with the fewest hits per token of its edge, with all its states.",
    version: "pull request of July 2026, open: --radix-eviction-policy hpt",
    source: "sgl-project/sglang #30300",
    leavesOut: "It was written for models with attention alone; states of hybrids go with their leaves here.",
    create: (context) => prefixCache(context, 1, branchAndEnd, (view) => new HitsPerTokenEviction(view)),
  },
  {
    ...common,
    id: "prompt-end",
    name: "Prompt ends alone",
    description:
      "Radix tree; one checkpoint per request, at the end of its prompt, and none where requests part; evicts the least recently used leaf with all its states.",
    version: "as measured on traffic of agents, 2026",
    source: "ATOM #2045, #1879",
    leavesOut: "Its pools and tiers.",
    create: (context) => radixCache(context, promptEnd),
  },
  {
    ...common,
    id: "sparse",
    name: "Sparse prefix caching",
    description:
      "Radix tree; of each request two checkpoints, placed exactly for the overlap depths of the latest 256 requests; evicts the least recently used leaf with all its states.",
    version: "as published, April 2026, with two checkpoints per request",
    source: "arXiv 2605.05219",
    leavesOut:
      "The paper has the distribution of overlap depths given and one document per entry; here it is learned from all requests.",
    // Depths of different requests compare in tokens alone.
    create: (context) =>
      prefixCache(
        forTokens(context),
        1,
        sparseAdmission(sparseCheckpoints),
        (view) => new LruEviction(view),
        historySequences,
      ),
  },
];
