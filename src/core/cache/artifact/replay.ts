/** Replays a trace through one of the artifact's caches and gives everything its golden data hold. */

import type { PaperModel } from "../../cost/paper-formulas.ts";
import { type AlphaTuning, TunedArtifactCache } from "./alpha-tuning.ts";
import { type FlopsSaved, flopsSaved } from "./arithmetic.ts";
import { ArtifactBlockCache } from "./block-cache.ts";
import { EvictionLog } from "./eviction-log.ts";
import type { ArtifactRadixCache } from "./radix-cache.ts";
import type { ArtifactRequest } from "./request.ts";
import { type ArtifactSpans, createRadixCache } from "./span-cache.ts";

export type ArtifactPolicy =
  | { readonly kind: "vllm"; readonly blockTokens: number }
  | { readonly kind: "v1" }
  | { readonly kind: "v2"; readonly alphaInitial: number; readonly multiplier: number }
  | { readonly kind: "v3"; readonly alpha: number };

/** One node in pre-order: depth, tokens on the edge, first token, last access. */
export type TreeRow = readonly [number, number, number, number];

export interface ArtifactReplay {
  readonly reused: readonly number[];
  readonly states: readonly number[];
  readonly kvTokens: readonly number[];
  readonly evicted: readonly number[];
  readonly evictions: EvictionLog;
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
  const server = createServer(model, capacityBytes, policy, spans);
  const tuned = server instanceof TunedArtifactCache ? server : null;
  const cache = server instanceof TunedArtifactCache ? server.cache : server;
  const columns = {
    reused: [] as number[],
    states: [] as number[],
    kvTokens: [] as number[],
    evicted: [] as number[],
  };
  const evictions = new EvictionLog();
  let firstEvictionAt: number | null = null;
  let peakTreeBytes = 0;
  let index = 0;
  cache.onEviction = (...removed) => evictions.add(index, ...removed);
  for (const request of policy.kind === "vllm" || spans === null ? requests : spans.requests) {
    const evictedBefore = evictions.length;
    const callsBefore = cache.evictCalls;
    columns.reused.push(server.serve(request.tokens, request.inputLength));
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

function createServer(
  model: PaperModel,
  capacityBytes: number,
  policy: ArtifactPolicy,
  spans: ArtifactSpans | null,
): ArtifactCache | TunedArtifactCache {
  switch (policy.kind) {
    case "vllm":
      return new ArtifactBlockCache(model, capacityBytes, policy.blockTokens);
    case "v1":
      return createRadixCache(model, capacityBytes, policy, spans);
    case "v2":
      return new TunedArtifactCache(model, capacityBytes, policy.alphaInitial, policy.multiplier, spans);
    case "v3":
      return createRadixCache(model, capacityBytes, { kind: "utility", alpha: policy.alpha }, spans);
  }
}

/** All nodes but the root, in pre-order. */
export function treeRows(cache: ArtifactCache): TreeRow[] {
  const { tree } = cache;
  const rows: TreeRow[] = [];
  const depths = new Int32Array(tree.idCount);
  tree.forEachPreorder((node) => {
    depths[node] = depths[tree.parent(node)] + 1;
    rows.push([depths[node], cache.tokensOf(node), cache.firstTokenOf(node), cache.timeOf(node)]);
  });
  return rows;
}
