/**
 * Weight matrices by layer kind: what a token multiplies with, and what memory holds.
 * Norms, biases, convolution filters and decay vectors are left out: together under 0.1 % of every model in the catalogue.
 */
import { invariant } from "../invariant.ts";
import { compressedWeights } from "./compressed-attention.ts";
import { indexWeights } from "./index-keys.ts";
import { countKvCaches, countLayers, type LayerKind } from "./layer-counts.ts";
import type { HeadGeometry, ModelSpec, ReleasedWeights, WeightFormat } from "./model-spec.ts";
import { lastMixerWeights, lookupWeights, residualWeights, tableWeights } from "./residual-streams.ts";

/** Elements of all matrices of one kind, over all its layers. */
export interface KindWeights {
  readonly kind: LayerKind;
  readonly layers: number;
  /** Elements that one token multiplies with; a shared block counts at each place where it runs. */
  readonly used: number;
  /** Elements that memory holds. */
  readonly stored: number;
  /** Elements of `stored` that only the tokens routed to an expert read; 0 for everything but MoE. */
  readonly routed: number;
}

/** Weights of all kinds that the model has. */
export function weightsByKind(model: ModelSpec): KindWeights[] {
  const counts = countLayers(model);
  const result: KindWeights[] = [];
  const perBlock = residualWeights(model);
  const add = (kind: LayerKind, used: number, stored = used, routed = 0) => {
    const beside = counts[kind] * perBlock + lookupWeights(model, kind);
    const all = { used: used + beside, stored: stored + beside };
    if (counts[kind] > 0) result.push({ kind, layers: counts[kind], ...all, routed });
  };
  const shared = model.sharedBlocks;
  const kv = countKvCaches(model);
  const { query, keyValue } = attentionWeights(model, model.attention);
  const sliding = attentionWeights(model, model.attention?.sliding ?? model.attention);
  if (shared) {
    // The shared block is stored once per block; its output projection back to the residual stream once per layer.
    const perLayer = model.hiddenWidth ** 2;
    add(
      "attention",
      counts.attention * (query + keyValue + perLayer),
      shared.blocks * (query + keyValue) + counts.attention * perLayer,
    );
    const adapter = shared.adapterRank * (model.hiddenWidth + 2 * (model.mlp?.innerWidth ?? 0));
    add(
      "mlp",
      counts.mlp * (mlpWeights(model) + adapter),
      shared.blocks * mlpWeights(model) + counts.mlp * adapter,
    );
  } else {
    const ofIndex = model.attention?.indexer ? indexWeights(model) : 0;
    add("attention", counts.attention * query + kv.full * keyValue + ofIndex);
    add("mlp", counts.mlp * mlpWeights(model));
  }
  add("slidingAttention", counts.slidingAttention * sliding.query + kv.sliding * sliding.keyValue);
  add("crossAttention", counts.crossAttention * query);
  const ofLatentIndex = model.latentAttention?.indexer ? indexWeights(model) : 0;
  add("latentAttention", counts.latentAttention * latentAttentionWeights(model) + ofLatentIndex);
  for (const kind of ["windowEntries", "sparseEntries", "denseEntries"] as const) {
    add(kind, compressedWeights(model, kind));
  }
  for (const kind of [
    "mamba1",
    "mamba2",
    "gatedDeltaNet",
    "kimiDelta",
    "lightning",
    "shortConv",
    "rgLru",
  ] as const) {
    add(kind, counts[kind] * recurrentWeights(model, kind));
  }
  add("gatedMemoryUnit", counts.gatedMemoryUnit * 2 * model.hiddenWidth * (model.mamba1?.innerWidth ?? 0));
  const moe = moeWeights(model);
  add("moe", counts.moe * moe.used, counts.moe * moe.stored, counts.moe * moe.routed);
  return result;
}

/** Query (with its gate) and output projections, and key and value projections, of one grouped-query layer. */
function attentionWeights(model: ModelSpec, heads: HeadGeometry | null): { query: number; keyValue: number } {
  if (!model.attention || !heads) return { query: 0, keyValue: 0 };
  // Zamba2's shared block reads the residual stream beside the embedding: twice the hidden width in, heads of twice the width.
  const inputWidth = model.sharedBlocks ? 2 * model.hiddenWidth : model.hiddenWidth;
  const queryWidth = heads.queryHeads * heads.headWidth;
  const outputWidth = heads.queryHeads * heads.valueWidth;
  return {
    query:
      inputWidth * queryWidth * (model.attention.hasOutputGate ? 2 : 1) + outputWidth * model.hiddenWidth,
    keyValue: inputWidth * heads.kvHeads * (heads.headWidth + heads.valueWidth),
  };
}

/** DeepSeek-V2, arXiv 2405.04434, section 2.1: down and up projections of query and latent, then output. */
function latentAttentionWeights(model: ModelSpec): number {
  const geometry = model.latentAttention;
  if (!geometry) return 0;
  const hidden = model.hiddenWidth;
  const queryWidth = geometry.heads * (geometry.queryKeyWidth + geometry.ropeWidth);
  const valueWidth = geometry.heads * geometry.valueWidth;
  const query =
    geometry.queryRank === null
      ? hidden * queryWidth
      : hidden * geometry.queryRank + geometry.queryRank * queryWidth;
  const latent =
    hidden * (geometry.kvRank + geometry.ropeWidth) +
    geometry.kvRank * geometry.heads * (geometry.queryKeyWidth + geometry.valueWidth);
  return query + latent + valueWidth * hidden * (geometry.hasOutputGate ? 2 : 1);
}

/** Projections of one recurrent layer, from the modelling code of each architecture in transformers. */
function recurrentWeights(model: ModelSpec, kind: LayerKind): number {
  const hidden = model.hiddenWidth;
  const { mamba1, mamba2, gatedDeltaNet: delta, kimiDelta: kda, lightning, shortConv, rgLru } = model;
  if (kind === "mamba1" && mamba1) {
    const { innerWidth, stateWidth, timeStepRank } = mamba1;
    return 3 * hidden * innerWidth + innerWidth * (timeStepRank + 2 * stateWidth) + timeStepRank * innerWidth;
  }
  if (kind === "mamba2" && mamba2) {
    const inner = mamba2.heads * mamba2.headWidth;
    return hidden * (2 * inner + 2 * mamba2.groups * mamba2.stateWidth + mamba2.heads) + inner * hidden;
  }
  if (kind === "gatedDeltaNet" && delta) {
    const valueWidth = delta.valueHeads * delta.valueWidth;
    return (
      hidden * (2 * delta.keyHeads * delta.keyWidth + 2 * valueWidth + 2 * delta.valueHeads) +
      valueWidth * hidden
    );
  }
  if (kind === "kimiDelta" && kda) {
    const width = kda.heads * kda.headWidth;
    const lowRank = hidden * kda.headWidth + kda.headWidth * width;
    const gate = kda.hasFullRankGate ? hidden * width : lowRank;
    const decay = kda.hasFullRankDecay ? hidden * width : lowRank;
    return 4 * hidden * width + hidden * kda.heads + decay + gate;
  }
  if (kind === "lightning" && lightning) return 5 * hidden * lightning.heads * lightning.headWidth;
  if (kind === "shortConv" && shortConv) return 4 * hidden * shortConv.width;
  if (kind === "rgLru" && rgLru) return 3 * hidden * rgLru.width + (2 * rgLru.width ** 2) / rgLru.gateBlocks;
  return 0;
}

function mlpWeights(model: ModelSpec): number {
  return model.mlp ? model.mlp.matrices * model.hiddenWidth * model.mlp.innerWidth : 0;
}

/** Router, shared expert and latent projections are read by every token, experts by those routed to them. */
function moeWeights(model: ModelSpec): { used: number; stored: number; routed: number } {
  const { moe, hiddenWidth: hidden } = model;
  if (!moe) return { used: 0, stored: 0, routed: 0 };
  const always =
    hidden * moe.experts +
    moe.matrices * hidden * moe.sharedInnerWidth +
    (moe.latentWidth === null ? 0 : 2 * hidden * moe.latentWidth);
  const expert = moe.matrices * (moe.latentWidth ?? hidden) * moe.expertInnerWidth;
  return {
    used: always + moe.expertsPerToken * expert,
    stored: always + moe.experts * expert,
    routed: moe.experts * expert,
  };
}

/** Elements of the embedding and, where it is not the same matrix, of the output head; 0 when the vocabulary is unknown. */
export function embeddingWeights(model: ModelSpec): number {
  return (model.vocabularyTokens ?? 0) * model.hiddenWidth * (model.hasTiedEmbeddings ? 1 : 2);
}

/** Parameters held in memory and used per token, recounted; `null` when the vocabulary is unknown. */
export function countParameters(model: ModelSpec): { total: number | null; active: number | null } {
  if (model.vocabularyTokens === null) return { total: null, active: null };
  const kinds = weightsByKind(model);
  const embedding = embeddingWeights(model) + lastMixerWeights(model);
  const total = kinds.reduce((sum, kind) => sum + kind.stored, embedding + tableWeights(model));
  if (!model.moe) return { total, active: null };
  return { total, active: kinds.reduce((sum, kind) => sum + kind.used, embedding) };
}

const bytesPerWeight: Readonly<Record<WeightFormat, number>> = {
  bf16: 2,
  fp8: 1,
  int8: 1 + 2 / 128,
  int4: 0.5 + 2 / 128,
  "int4-group-32": 0.5 + 2 / 32,
  fp4: 0.5 + 1 / 16,
  mxfp4: 0.5 + 1 / 32,
  q4: 144 / 256,
  q3: 110 / 256,
};

export function bytesOfWeights(elements: number, format: WeightFormat): number {
  return elements * bytesPerWeight[format];
}

/** Published parameters stand in where the vocabulary is unknown. */
export function parametersOf(model: ModelSpec): number {
  const parameters = countParameters(model).total ?? model.publishedParameters;
  invariant(
    parameters !== null,
    `neither the vocabulary nor the published parameters of ${model.id} are known`,
  );
  return parameters;
}

/** How the matrices of blocks are stored: all alike, or as the model was released. */
export function weightFormats(model: ModelSpec, format?: WeightFormat): ReleasedWeights {
  if (format !== undefined) return { routedExperts: format, otherMatrices: format };
  return model.releasedWeights ?? { routedExperts: "bf16", otherMatrices: "bf16" };
}

/** Memory of all weights over all ranks: in one format, or left out, as the model was released. */
export function weightBytes(model: ModelSpec, format?: WeightFormat): number {
  if (format !== undefined || model.releasedWeights === undefined) {
    return bytesOfWeights(parametersOf(model), format ?? "bf16");
  }
  const { routedExperts, otherMatrices, totalBytes } = model.releasedWeights;
  if (totalBytes !== undefined) return totalBytes;
  const kinds = weightsByKind(model);
  const routed = kinds.reduce((sum, kind) => sum + kind.routed, 0);
  const matrices = kinds.reduce((sum, kind) => sum + kind.stored, 0);
  return (
    bytesOfWeights(routed, routedExperts) +
    bytesOfWeights(matrices - routed, otherMatrices) +
    bytesOfWeights(parametersOf(model) - matrices, "bf16")
  );
}

/** In words: `bf16`, or `mxfp4 experts and bf16`. */
export function weightsInWords(model: ModelSpec): string {
  const { routedExperts, otherMatrices, totalBytes } = weightFormats(model);
  if (totalBytes !== undefined) return "the file's own";
  if (routedExperts === otherMatrices || model.moe === null) return otherMatrices;
  return `${routedExperts} experts and ${otherMatrices}`;
}
