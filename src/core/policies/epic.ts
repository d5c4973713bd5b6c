/** Position-independent reuse, where the model allows it. */
import { epicCaution, epicRefusal, publishedLinkTokens } from "../restore/epic.ts";
import { EpicCache } from "../restore/epic-cache.ts";
import type { Policy } from "./policy.ts";
import { forTokens, radixCache } from "./prefix-caches.ts";

export const epicPolicy: Policy = {
  id: "epic",
  name: "EPIC",
  kind: "research",
  description:
    "Position-independent chunks, LegoLink-16: each segment of a template is a chunk that is reused wherever it stands, but for its first 16 tokens; least recently used chunks go first. Approximate answers. Attention-only models: on hybrids prefixes are reused instead.",
  version: "LegoLink-16, as published, ICML 2025",
  source: "arXiv 2410.15332, sections 3 and 4",
  leavesOut:
    "Loss of accuracy. Chunking by 512 tokens: chunks are the segments of the template. Answers are not kept. Traces whose segments are not known reuse prefixes.",
  isBlockBased: false,
  create(context) {
    if (context.deployment === undefined) return radixCache(context);
    const prefixes = radixCache(forTokens(context));
    const { model, tensorParallel } = context.deployment;
    const { capacityBytes } = context;
    return new EpicCache({
      model,
      costOptions: { tensorParallel },
      capacityBytes,
      linkTokens: publishedLinkTokens,
      prefixCache: prefixes,
    });
  },
  assumptions({ deployment }) {
    if (deployment === undefined) return [];
    const refusal = epicRefusal(deployment.model);
    if (refusal !== null) return [refusal];
    return [
      epicCaution,
      "Every segment of a template is a chunk, and neighbouring ones of fewer than 32 tokens are one; the last chunk is the question and always computed. A chunk that is not there is prefilled alone and then linked, which makes its first request slower than without a cache.",
    ];
  },
};
