/** Position-independent reuse, where the model allows it: EPIC's LegoLink, and what its authors compare it with. */
import { NoCache } from "../cache/no-cache.ts";
import {
  cautionOf,
  epicRefusal,
  type LinkMethod,
  publishedBlendPercent,
  publishedLinkTokens,
} from "../restore/epic.ts";
import { EpicCache } from "../restore/epic-cache.ts";
import type { Policy } from "./policy.ts";
import { forTokens, oneAtATime, radixCache } from "./prefix-caches.ts";

const legoLinkSource = "arXiv 2410.15332, sections 3 and 4";
const leftOutByAll =
  "Loss of accuracy. Chunking by 512 tokens: chunks are the segments of the template. Answers are not kept. Traces whose segments are not known reuse prefixes.";

export const epicPolicies: readonly Policy[] = [
  linking({
    id: "epic",
    name: "EPIC",
    method: { kind: "legoLink", tokens: publishedLinkTokens },
    does: `LegoLink-${publishedLinkTokens}: each segment of a template is a chunk that is reused wherever it stands, but for its first ${publishedLinkTokens} tokens`,
    version: `LegoLink-${publishedLinkTokens}, as published, ICML 2025`,
    source: legoLinkSource,
    leavesOut: leftOutByAll,
  }),
  linking({
    id: "epic-lego-0",
    name: "EPIC, LegoLink-0",
    method: { kind: "legoLink", tokens: 0 },
    does: "LegoLink-0: each segment of a template is a chunk that is reused whole wherever it stands; it was compiled behind three more begin tokens, which are dropped",
    version: "LegoLink-0, as published, ICML 2025",
    source: legoLinkSource,
    leavesOut: `${leftOutByAll} Answers that grow too long, which the authors saw.`,
  }),
  linking({
    id: "epic-cacheblend",
    name: "CacheBlend",
    method: { kind: "cacheBlend", percent: publishedBlendPercent },
    does: `CacheBlend-${publishedBlendPercent}: each segment of a template is a chunk that is reused wherever it stands; the first layer computes every token and chooses ${publishedBlendPercent} % of them for the others to compute`,
    version: `CacheBlend-${publishedBlendPercent}, as EPIC's authors run it, ICML 2025`,
    source: "arXiv 2410.15332, section 4; DerekHJH/epic, vllm/model_executor/models/llama.py",
    leavesOut: `${leftOutByAll} Which tokens are chosen depends on their values: the first ones of each chunk stand in for them.`,
  }),
  linking({
    id: "epic-naive",
    name: "Naive chunk reuse",
    method: { kind: "naive" },
    does: "Naive reuse: each segment of a template is a chunk that is reused whole wherever it stands, the question included; only the prompt's last token is computed",
    version: "as EPIC's authors run it, ICML 2025",
    source: "arXiv 2410.15332, section 4; DerekHJH/epic, vllm/model_executor/models/llama.py",
    leavesOut: leftOutByAll,
  }),
  {
    id: "epic-full-recompute",
    name: "Full recompute",
    kind: "bound",
    memory: "none",
    description: "What EPIC is measured against: every token of every prompt is computed. Exact answers.",
    version: "as EPIC's authors run it, ICML 2025",
    source: "arXiv 2410.15332, section 4",
    leavesOut: "Nothing: it is the same as no-cache.",
    isBlockBased: false,
    create: () => new NoCache(),
  },
];

interface Linking extends Pick<Policy, "id" | "name" | "version" | "source" | "leavesOut"> {
  readonly method: LinkMethod;
  readonly does: string;
}

function linking({ method, does, ...named }: Linking): Policy {
  return {
    ...named,
    kind: "research",
    memory: "own",
    description: `Position-independent chunks, ${does}; least recently used chunks go first. Approximate answers. Attention-only models: on hybrids prefixes are reused instead.`,
    isBlockBased: false,
    needsDeployment: true,
    create(context) {
      if (context.deployment === undefined) return radixCache(oneAtATime(context));
      const { model, tensorParallel } = context.deployment;
      return new EpicCache({
        model,
        costOptions: { tensorParallel },
        capacityBytes: context.capacityBytes,
        method,
        prefixCache: radixCache(oneAtATime(forTokens(context))),
      });
    },
    assumptions({ deployment }) {
      if (deployment === undefined) return [];
      const refusal = epicRefusal(deployment.model);
      if (refusal !== null) return [refusal];
      const caution = cautionOf(method);
      return [...(caution === null ? [] : [caution]), chunksText(method)];
    },
  };
}

function chunksText({ kind }: LinkMethod): string {
  const question =
    kind === "legoLink"
      ? "the last chunk is the question and always computed"
      : "the last chunk is the question, and compiled like the others";
  return `Every segment of a template is a chunk, and neighbouring ones of fewer than 32 tokens are one; ${question}. A chunk that is not there is prefilled alone and then linked, which makes its first request slower than without a cache.`;
}
