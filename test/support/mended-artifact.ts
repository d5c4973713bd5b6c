/**
 * The artifact's radix cache with some of its slips mended, to measure what each of them does by itself. Numbers of quirks
 * are those of docs/adr/0002-paper-and-artifact-arithmetic.md. Nothing of this is in the product, which mends them all.
 */
import type { ArtifactRadixPolicy } from "../../src/core/cache/artifact/radix-cache.ts";
import { ArtifactRadixCache } from "../../src/core/cache/artifact/radix-cache.ts";
import {
  type PaperModel,
  paperAttentionFlops,
  paperCheckpointBytes,
  paperKvBytesPerToken,
  paperMlpFlops,
  paperSsmFlops,
} from "../../src/core/cost/paper-formulas.ts";
import { concatTokens } from "../../src/core/tokens/common-prefix.ts";
import { type NodeId, ROOT } from "../../src/core/tree/radix-tree.ts";

/**
 * - Q1: the MLP part subtracts the parent's MLP FLOPs;
 * - Q2: an entry holds the KV of its own edge;
 * - Q3: a leaf frees its own bytes;
 * - Q4: the walk ends where an edge agrees only in part;
 * - Q5: needed space is that of the nodes and tokens that are added;
 * - Q6: what the sequence at hand matches is pinned.
 */
export type Slip = "Q1" | "Q2" | "Q3" | "Q4" | "Q5" | "Q6";

export function mendedArtifact(
  model: PaperModel,
  capacityBytes: number,
  policy: ArtifactRadixPolicy,
  mended: readonly Slip[],
): ArtifactRadixCache {
  const cache = new ArtifactRadixCache(model, capacityBytes, policy);
  const stateBytes = paperCheckpointBytes(model);
  const tokenBytes = paperKvBytesPerToken(model);
  const mends = new Set(mended);
  if (mends.has("Q1") || mends.has("Q2")) {
    cache["measure"] = (node: NodeId) => {
      const end = cache["edges"].end(node);
      const edge = cache["edges"].edge(node);
      const held = mends.has("Q2") ? edge : end;
      cache["efficiencyOf"].reserve(node + 1);
      cache["efficiencyOf"].data[node] =
        savedFlops(model, end, end - edge, mends.has("Q1")) / (stateBytes + tokenBytes * held);
    };
  }
  if (mends.has("Q3")) {
    cache["evictLowestUtility"] = (alpha: number) => {
      const before = cache.sizeBytes;
      const victim = cache["lowestScore"](cache["findCandidates"](), alpha);
      if (cache.tree.childCount(victim) === 1) cache["mergeIntoChild"](victim);
      else cache["removeLeaf"](victim);
      return before - cache.sizeBytes;
    };
  }
  if (mends.has("Q4")) cache["continueFalsely"] = () => {};
  if (mends.has("Q5")) {
    const estimate = cache["neededBytes"].bind(cache);
    cache["neededBytes"] = (tokens: Int32Array) => {
      // The estimate's walk moves the clock and refreshes nodes.
      estimate(tokens);
      const { matched, partialLength } = cache["match"];
      const nodes = (partialLength > 0 ? 1 : 0) + (matched < tokens.length ? 1 : 0);
      return nodes * stateBytes + (tokens.length - matched) * tokenBytes;
    };
  }
  if (mends.has("Q6")) pinMatched(cache);
  return cache;
}

/** Reused tokens over prompt tokens, in per cent. */
export function mendedHitRate(
  requests: readonly { readonly prompt: Int32Array; readonly output: Int32Array }[],
  cache: ArtifactRadixCache,
): number {
  let reused = 0;
  let prompts = 0;
  for (const { prompt, output } of requests) {
    reused += cache.serve(concatTokens(prompt, output), prompt.length);
    prompts += prompt.length;
  }
  return (100 * reused) / prompts;
}

/** What stands on the path that was matched is no candidate. */
function pinMatched(cache: ArtifactRadixCache): void {
  const findCandidates = cache["findCandidates"].bind(cache);
  cache["findCandidates"] = () => {
    const { partial, node } = cache["match"];
    const path = new Set([partial]);
    for (let visited = node; visited !== ROOT; visited = cache.tree.parent(visited)) path.add(visited);
    const all = findCandidates();
    const { data } = cache["candidates"];
    let count = 0;
    for (let index = 0; index < all; index++) {
      if (!path.has(data[index]!)) data[count++] = data[index]!;
    }
    return count;
  };
  const evictLowestUtility = cache["evictLowestUtility"].bind(cache);
  cache["evictLowestUtility"] = (alpha: number) =>
    // Nothing may go: what is needed does not fit, and the insertion happens all the same.
    cache["findCandidates"]() === 0 ? Number.POSITIVE_INFINITY : evictLowestUtility(alpha);
}

/** The artifact's sum, in its order; parent and end in tokens. */
function savedFlops(model: PaperModel, end: number, parent: number, isMended: boolean): number {
  const parentMlp = isMended ? paperMlpFlops(model, parent) : paperAttentionFlops(model, parent);
  return (
    model.ssmLayers * paperSsmFlops(model, end - parent) +
    model.attentionLayers * (paperAttentionFlops(model, end) - paperAttentionFlops(model, parent)) +
    model.mlpLayers * (paperMlpFlops(model, end) - parentMlp)
  );
}
