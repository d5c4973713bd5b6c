/** What bringing back one attention layer of a model takes, in bytes and FLOPs: the input of every way to restore. */
import { bytes } from "../../words/numbers.ts";
import { outputHeadFlops } from "../cost/flops.ts";
import { kvBytesPerToken } from "../cost/kv-bytes.ts";
import type { KvDtype } from "../cost/kv-options.ts";
import { countKvCaches } from "../cost/layer-counts.ts";
import { createModelCost, type ModelCostOptions } from "../cost/model-cost.ts";
import type { ModelSpec } from "../cost/model-spec.ts";

/** Hidden states are kept in the 16-bit type of the activations, whatever the KV is kept in. */
const bytesPerHiddenElement = 2;

/** Of one token in one attention layer that keeps KV for every token; averages where such layers differ. */
export interface StateSizes {
  readonly hiddenBytes: number;
  readonly kvBytes: number;
  readonly projectionFlops: number;
  /** A sentence that compares the two sizes and says what decides. */
  readonly comparison: string;
}

/** Of a whole model and so many tokens. */
export interface RestorationWork {
  /** Attention layers that keep KV for every token; layers that share one KV count once. */
  readonly layers: number;
  /** Of one such layer. */
  readonly hiddenBytes: number;
  readonly kvBytes: number;
  readonly projectionFlops: number;
  /** `null` where the recurrent layers in between make layers unequal. */
  readonly recomputeFlops: number | null;
  /** Recurrent states and sliding windows, which neither KV of full layers nor hidden states give back; 0 without. */
  readonly checkpointBytes: number;
  readonly hasRecurrentLayers: boolean;
  /** The whole prefill, without the logits: a restored state needs none. */
  readonly prefillFlops: number;
}

/**
 * K and V are hidden states times their projections: 2·D·kvHeads·(headWidth + valueWidth) FLOPs, 2·D·(kvRank + ropeWidth) to a latent
 * vector. Zamba2's shared block reads the token's embedding beside the hidden state: twice the width in, nothing more to
 * keep, as embeddings are looked up by token. `null` when no layer keeps KV for every token.
 */
export function stateSizes(model: ModelSpec, options: ModelCostOptions = {}): StateSizes | null {
  const caches = countKvCaches(model);
  const layers = caches.full + caches.latent;
  if (layers === 0) return null;
  const { attention, latentAttention: latent, hiddenWidth } = model;
  const inputWidth = model.sharedBlocks ? 2 * hiddenWidth : hiddenWidth;
  const fullFlops = attention
    ? 2 * inputWidth * attention.kvHeads * (attention.headWidth + attention.valueWidth)
    : 0;
  const latentFlops = latent ? 2 * hiddenWidth * (latent.kvRank + latent.ropeWidth) : 0;
  const indexer = latent?.indexer ?? attention?.indexer;
  const indexFlops = indexer ? 2 * hiddenWidth * indexer.keyWidth * indexer.layers : 0;
  const hiddenBytes = hiddenWidth * bytesPerHiddenElement;
  const kvBytes = kvBytesPerToken(model, kvOptions(options)).fullBytes / layers;
  return {
    hiddenBytes,
    kvBytes,
    projectionFlops: (caches.full * fullFlops + caches.latent * latentFlops + indexFlops) / layers,
    comparison: compare(model, hiddenBytes, kvBytes),
  };
}

/** llama.cpp deals whole layers to the GPUs, so that ranks hold no copies of KV. */
function kvOptions(options: ModelCostOptions): { kvDtype: KvDtype; tensorParallel: number } {
  const tensorParallel = options.engine === "llama.cpp" ? 1 : (options.tensorParallel ?? 1);
  return { kvDtype: options.kvDtype ?? "bf16", tensorParallel };
}

/** At equal precision hidden states are smaller only above one KV head for every two query heads. */
function compare(model: ModelSpec, hiddenBytes: number, kvBytes: number): string {
  const heads = model.attention
    ? `${model.attention.kvHeads} KV heads for ${model.attention.queryHeads} query heads`
    : "one latent vector per token";
  const sizes = `${bytes(hiddenBytes)} per token and layer against ${bytes(kvBytes)} of KV (${heads})`;
  if (hiddenBytes > kvBytes)
    return `Hidden states are larger: ${sizes}; loading KV is less to load and nothing to compute.`;
  if (hiddenBytes === kvBytes)
    return `Hidden states are no smaller: ${sizes}; loading KV needs no computing beside it.`;
  return `Hidden states are smaller: ${sizes}.`;
}

/** Of tokens `[residentTokens, tokens)`; those before them are on the GPU. A checkpoint is loaded whole. */
export function restorationWork(
  model: ModelSpec,
  tokens: number,
  options: ModelCostOptions = {},
  residentTokens = 0,
): RestorationWork {
  const cost = createModelCost(model, options);
  const caches = countKvCaches(model);
  const layers = caches.full + caches.latent;
  const sizes = stateSizes(model, options);
  const missing = tokens - residentTokens;
  const prefillFlops = cost.prefillFlops(residentTokens, tokens) - outputHeadFlops(model);
  const isUniform = cost.checkpointBytes === 0 && layers > 0;
  return {
    layers,
    hiddenBytes: missing * (sizes?.hiddenBytes ?? 0),
    kvBytes: missing * (sizes?.kvBytes ?? 0),
    projectionFlops: missing * (sizes?.projectionFlops ?? 0),
    recomputeFlops: isUniform ? prefillFlops / layers : null,
    checkpointBytes: missing > 0 ? cost.checkpointBytes : 0,
    hasRecurrentLayers: cost.hasRecurrentLayers,
    prefillFlops,
  };
}
