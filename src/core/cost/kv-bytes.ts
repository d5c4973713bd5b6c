/** Bytes of KV, per token and in all. */

import { compressedBytesPerToken } from "./compressed-attention.ts";
import { indexBytesPerToken } from "./index-keys.ts";
import { bytesOfKvDtype, type KvOptions } from "./kv-options.ts";
import { countKvCaches } from "./layer-counts.ts";
import type { ModelSpec } from "./model-spec.ts";

/**
 * Bytes of K and V of one token in one grouped-query layer, full or sliding, over all ranks. Ranks beyond the number of KV heads hold
 * copies (vLLM's and SGLang's `QKVParallelLinear`), so that the total grows with tensor parallel from there on.
 */
export function kvBytesPerTokenPerLayer(
  { attention }: Pick<ModelSpec, "attention">,
  options: KvOptions = {},
  layers: "full" | "sliding" = "full",
): number {
  const { kvDtype = "bf16", tensorParallel = 1 } = options;
  if (attention === null) return 0;
  const { kvHeads, headWidth, valueWidth } = layers === "full" ? attention : (attention.sliding ?? attention);
  const heads = Math.ceil(kvHeads / tensorParallel) * tensorParallel;
  return heads * (headWidth + valueWidth) * bytesOfKvDtype[kvDtype];
}

/** Bytes of one token's latent vector in one latent-attention layer; every rank keeps all of it. */
export function latentBytesPerTokenPerLayer(model: ModelSpec, options: KvOptions = {}): number {
  const { kvDtype = "bf16", tensorParallel = 1 } = options;
  if (!model.latentAttention) return 0;
  return (
    (model.latentAttention.kvRank + model.latentAttention.ropeWidth) *
    bytesOfKvDtype[kvDtype] *
    tensorParallel
  );
}

/** KV bytes of one token over all ranks: what grows with every token, and what sliding windows keep for the last ones only. */
export function kvBytesPerToken(
  model: ModelSpec,
  options: KvOptions = {},
): { fullBytes: number; slidingBytes: number; windowTokens: number } {
  const caches = countKvCaches(model);
  const perLayer = kvBytesPerTokenPerLayer(model, options);
  const compressed = compressedBytesPerToken(model, options);
  const windowTokens = caches.sliding > 0 ? (model.attention?.windowTokens ?? 0) : 0;
  return {
    fullBytes:
      compressed.fullBytes +
      caches.full * perLayer +
      caches.latent * latentBytesPerTokenPerLayer(model, options) +
      indexBytesPerToken(model, options),
    slidingBytes:
      compressed.windowBytes + caches.sliding * kvBytesPerTokenPerLayer(model, options, "sliding"),
    windowTokens: model.compressedAttention?.windowTokens ?? windowTokens,
  };
}
