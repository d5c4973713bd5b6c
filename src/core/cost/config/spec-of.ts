/** A `ModelSpec` of what was read from a file: nobody has published counts with it. */
import { countLayers, type LayerCounts } from "../layer-counts.ts";
import type { ModelSpec } from "../model-spec.ts";
import type { Geometry } from "./geometry.ts";

interface Parts
  extends Pick<
    ModelSpec,
    "id" | "family" | "hiddenWidth" | "vocabularyTokens" | "hasTiedEmbeddings" | "maxContextTokens"
  > {
  readonly geometry: Geometry;
}

export function specOf({ geometry, ...named }: Parts): ModelSpec {
  const counts = countLayers({ id: named.id, ...geometry });
  const hasAttention = counts.attention + counts.slidingAttention + counts.crossAttention > 0;
  return {
    ...named,
    aliases: [],
    kind: kindOf(counts),
    latentAttention: null,
    mamba1: null,
    mamba2: null,
    gatedDeltaNet: null,
    kimiDelta: null,
    lightning: null,
    shortConv: null,
    rgLru: null,
    sharedBlocks: null,
    ...geometry,
    attention: hasAttention ? (geometry.attention ?? null) : null,
    publishedParameters: null,
    confidence: "as the file says",
  };
}

function kindOf(counts: LayerCounts): ModelSpec["kind"] {
  const { mamba1, mamba2, gatedDeltaNet, kimiDelta, lightning, shortConv, rgLru } = counts;
  const recurrent = mamba1 + mamba2 + gatedDeltaNet + kimiDelta + lightning + shortConv + rgLru;
  const attention = counts.attention + counts.slidingAttention;
  if (counts.windowEntries + counts.sparseEntries + counts.denseEntries > 0) return "compressed";
  if (recurrent === 0) return attention > 0 ? "attention" : "latent";
  return attention + counts.latentAttention > 0 ? "hybrid" : "ssm";
}
