/** Systems as their papers describe them. */
import { branchAndEnd } from "../cache/admission/branch-and-end.ts";
import { everyBlock } from "../cache/admission/every-block.ts";
import { LruEviction } from "../cache/eviction/lru.ts";
import { epicPolicies } from "./epic.ts";
import { hcachePolicies } from "./hcache.ts";
import type { Policy } from "./policy.ts";
import { prefixCache, radixCache, tunedMarconi } from "./prefix-caches.ts";
import { withHints } from "./with-hints.ts";

export const marconiPolicy = withHints({
  id: "marconi",
  name: "Marconi",
  kind: "research",
  memory: "own",
  description:
    "Radix tree; a checkpoint at the branch point and at the last decoded token; evicts the lowest recency + alpha x FLOP efficiency; alpha tuned on the fly.",
  version: "as published, MLSys 2025",
  source: "arXiv 2411.19379, sections 4.1 and 4.2",
  leavesOut: "Chunked state passing: checkpoints lie exactly at the branch point.",
  isBlockBased: false,
  countsInFlight: true,
  admission: branchAndEnd,
  create: tunedMarconi,
});

export const researchPolicies: readonly Policy[] = [
  marconiPolicy,
  withHints({
    id: "sglang-radix",
    name: "SGLang-like radix",
    kind: "research",
    memory: "own",
    description:
      "Radix tree; a checkpoint at the branch point and at the end of each request; evicts the least recently used leaf with all its states.",
    version: "SGLang+ of the Marconi paper",
    source: "arXiv 2411.19379, section 5.1; sgl-project/sglang mem_cache/radix_cache.py",
    leavesOut: "Chunk-aligned states, tombstones and the two LRU lists of SGLang's hybrid cache.",
    isBlockBased: false,
    countsInFlight: true,
    admission: branchAndEnd,
    create: radixCache,
  }),
  {
    id: "vllm-block",
    name: "vLLM-like blocks",
    kind: "research",
    memory: "own",
    description:
      "Fixed blocks, reused whole; a checkpoint at the end of every block; evicts the least recently used block, tails first.",
    version: "vLLM+ of the Marconi paper, with the block size that vLLM derives for the model",
    source: "arXiv 2411.19379, section 5.1; vllm-project/vllm vllm/platforms/interface.py",
    leavesOut: "The align mode that keeps only some block-end states.",
    isBlockBased: true,
    countsInFlight: true,
    create: (context) =>
      prefixCache(context, context.engineBlockTokens, everyBlock, (view) => new LruEviction(view)),
  },
  ...epicPolicies,
  ...hcachePolicies,
];
