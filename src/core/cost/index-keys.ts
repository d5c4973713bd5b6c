/** What an indexer of sparse attention keeps beside K and V, or beside the latent vector, and what it takes to run it. */
import type { IndexerGeometry, ModelSpec } from "./model-spec.ts";

type Attentions = Pick<ModelSpec, "attention" | "latentAttention">;

interface Placed extends IndexerGeometry {
  /** Beside latent attention: scored by heads of their own weights, keys in fp8, pooled by a learned gate. Else all of that is plain. */
  readonly isLatent: boolean;
}

/** A model has one kind of attention that chooses, or none. */
function indexerOf({ attention, latentAttention: latent }: Attentions): Placed | null {
  const found = latent?.indexer ?? attention?.indexer ?? null;
  return found && { ...found, isLatent: (latent?.indexer ?? null) !== null };
}

/** A scale in float32 for every so many elements of an index key in fp8. */
const indexScaleElements = 128;

/**
 * Bytes of one token's index keys over all layers, on every rank and whatever the KV's type. Beside latent attention fp8 with a
 * scale per 128 elements (vLLM `DeepseekV32IndexerCache`, 132 bytes for a key of 128; SGLang `NSATokenToKVPool` the same),
 * beside grouped queries bfloat16 (vLLM `MiniMaxM3IndexerCache`; TensorRT-LLM `QSA_INDEX_K_CACHE_DTYPE`).
 */
export function indexBytesPerToken(
  model: Attentions,
  { tensorParallel = 1 }: { readonly tensorParallel?: number } = {},
): number {
  const indexer = indexerOf(model);
  if (indexer === null) return 0;
  const { keyWidth, layers, poolTokens, isLatent } = indexer;
  const keyBytes = isLatent ? keyWidth + 4 * Math.ceil(keyWidth / indexScaleElements) : 2 * keyWidth;
  return ((layers * keyBytes) / poolTokens) * tensorParallel;
}

/**
 * Bytes of the keys that wait for their group to be full, on every rank: a row for each token of a group in bfloat16, of the
 * key and, where a gate weighs the keys, of that. 0 where keys are not pooled.
 * Source: GLM-5.3's tail cache in vLLM (`Glm5NextTailCache`), Qwen3.8's `raw_key_ring`.
 */
export function indexStateBytes(
  model: Attentions,
  { tensorParallel = 1 }: { readonly tensorParallel?: number } = {},
): number {
  const indexer = indexerOf(model);
  if (indexer === null || indexer.poolTokens === 1) return 0;
  const { keyWidth, layers, poolTokens, isLatent } = indexer;
  return layers * poolTokens * (isLatent ? 2 : 1) * keyWidth * 2 * tensorParallel;
}

/** FLOPs of one query's scores per token before it, over all layers. */
export function indexFlopsPerPair(model: Attentions): number {
  const indexer = indexerOf(model);
  return indexer === null ? 0 : (2 * indexer.layers * indexer.heads * indexer.keyWidth) / indexer.poolTokens;
}

/**
 * Elements of the matrices of all layers that run one: queries, from the latent query where there is one, and a key. Beside
 * latent attention also a weight for each head, and a gate where keys are pooled.
 * Source: `Indexer` of DeepSeek-V3.2-Exp; transformers `Glm5NextTextIndexer`, `MiniMaxM3VLIndexer`, `Qwen4ExpTextQSAIndexer`.
 */
export function indexWeights(model: Attentions & Pick<ModelSpec, "hiddenWidth">): number {
  const indexer = indexerOf(model);
  if (indexer === null) return 0;
  const { hiddenWidth: hidden, latentAttention: latent } = model;
  const { heads, keyWidth, layers, poolTokens, isLatent } = indexer;
  const query = ((isLatent ? latent?.queryRank : null) ?? hidden) * heads * keyWidth;
  const weights = isLatent ? hidden * heads : 0;
  const gate = isLatent && poolTokens > 1 ? hidden * keyWidth : 0;
  return layers * (query + hidden * keyWidth + weights + gate);
}
