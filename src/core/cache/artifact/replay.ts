/** Replays a trace through one of the artifact's caches and gives everything its golden data hold. */

import type { PaperModel } from "../../cost/paper-formulas.ts";
import { NONE, type NodeId, type RadixTree, ROOT } from "../../tree/radix-tree.ts";
import { type AlphaTuning, TunedArtifactCache } from "./alpha-tuning.ts";
import { type FlopsSaved, flopsSaved } from "./arithmetic.ts";
import { ArtifactBlockCache } from "./block-cache.ts";
import { ArtifactRadixCache, type ArtifactRadixPolicy } from "./radix-cache.ts";
import { ArtifactSpanCache, type ArtifactSpans } from "./span-cache.ts";

export type ArtifactPolicy =
  | { readonly kind: "vllm"; readonly blockTokens: number }
  | { readonly kind: "v1" }
  | { readonly kind: "v2"; readonly alphaInitial: number; readonly multiplier: number }
  | { readonly kind: "v3"; readonly alpha: number };

export interface ArtifactRequest {
  /** Input followed by output. */
  readonly tokens: Int32Array;
  readonly inputLength: number;
}

/** One removed node: request index, kind, tokens from the root (−1: unknown), tokens on the edge, last access. */
export type EvictionRow = readonly [number, 0 | 1, number, number, number];
/** One node in pre-order: depth, tokens on the edge, first token, last access. */
export type TreeRow = readonly [number, number, number, number];

export interface ArtifactReplay {
  readonly reused: readonly number[];
  readonly states: readonly number[];
  readonly kvTokens: readonly number[];
  readonly evicted: readonly number[];
  readonly evictions: readonly EvictionRow[];
  readonly tree: readonly TreeRow[];
  readonly peakTreeBytes: number;
  readonly treeBytes: number;
  readonly logicalClock: number;
  readonly evictCalls: number;
  readonly firstEvictionAt: number | null;
  readonly flopsSaved: FlopsSaved;
  readonly alphaFinal: number | null;
  readonly tuning: AlphaTuning | null;
}

type ArtifactCache = ArtifactBlockCache | ArtifactRadixCache;

/** With the requests cut into spans by `cutArtifactTrace` V1, V2 and V3 are replayed over those, with equal results. */
export function replayArtifact(
  requests: readonly ArtifactRequest[],
  model: PaperModel,
  capacityBytes: number,
  policy: ArtifactPolicy,
  spans: ArtifactSpans | null = null,
): ArtifactReplay {
  const createRadix = (radixPolicy: ArtifactRadixPolicy) =>
    spans === null
      ? new ArtifactRadixCache(model, capacityBytes, radixPolicy)
      : new ArtifactSpanCache(model, capacityBytes, radixPolicy, spans);
  const tuned =
    policy.kind === "v2"
      ? new TunedArtifactCache(model, createRadix, policy.alphaInitial, policy.multiplier)
      : null;
  const cache = tuned?.cache ?? createCache(model, capacityBytes, policy, createRadix);
  const server = tuned ?? cache;
  const columns = {
    reused: [] as number[],
    states: [] as number[],
    kvTokens: [] as number[],
    evicted: [] as number[],
  };
  const evictions: EvictionRow[] = [];
  let firstEvictionAt: number | null = null;
  let peakTreeBytes = 0;
  let index = 0;
  cache.onEviction = (removed) => {
    evictions.push([index, removed.kind, removed.endTokens, removed.edgeTokens, removed.lastAccess]);
  };
  for (const request of policy.kind === "vllm" || spans === null ? requests : spans.requests) {
    const evictedBefore = evictions.length;
    const callsBefore = cache.evictCalls;
    columns.reused.push(server.lookup(request.tokens, request.inputLength));
    server.insert(request.tokens);
    if (firstEvictionAt === null && cache.evictCalls > callsBefore) firstEvictionAt = index;
    columns.states.push(cache.tree.nodeCount);
    columns.kvTokens.push(cache.cachedTokens);
    columns.evicted.push(evictions.length - evictedBefore);
    peakTreeBytes = Math.max(peakTreeBytes, cache.sizeBytes);
    index++;
  }
  return {
    ...columns,
    evictions,
    tree: treeRows(cache),
    peakTreeBytes,
    treeBytes: cache.sizeBytes,
    logicalClock: cache.clock,
    evictCalls: cache.evictCalls,
    firstEvictionAt,
    flopsSaved: flopsSaved(model, columns.reused),
    alphaFinal: tuned?.alpha ?? null,
    tuning: tuned?.tuning ?? null,
  };
}

function createCache(
  model: PaperModel,
  capacityBytes: number,
  policy: ArtifactPolicy,
  createRadix: (policy: ArtifactRadixPolicy) => ArtifactRadixCache,
): ArtifactCache {
  switch (policy.kind) {
    case "vllm":
      return new ArtifactBlockCache(model, capacityBytes, policy.blockTokens);
    case "v1":
      return createRadix({ kind: "v1" });
    case "v2":
      return createRadix({ kind: "utility", alpha: policy.alphaInitial });
    case "v3":
      return createRadix({ kind: "utility", alpha: policy.alpha });
  }
}

function treeRows(cache: ArtifactCache): TreeRow[] {
  const rows: TreeRow[] = [];
  cache.tree.forEachPreorder((node) => {
    const depth = depthOf(cache.tree, node);
    rows.push([depth, cache.tokensOf(node), cache.firstTokenOf(node), cache.timeOf(node)]);
  });
  return rows;
}

function depthOf(tree: RadixTree, node: NodeId): number {
  let depth = 0;
  for (let above = node; above !== ROOT && above !== NONE; above = tree.parent(above)) depth++;
  return depth;
}
