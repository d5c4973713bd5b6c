/** FLOPs of a prefill: a multiply and an add count as two. */
import { compressedFlopsPerPair } from "./compressed-attention.ts";
import { indexFlopsPerPair } from "./index-keys.ts";
import { countLayers, type LayerKind } from "./layer-counts.ts";
import type { HeadGeometry, ModelSpec } from "./model-spec.ts";
import { lookupConvFlops, lookupWeights } from "./residual-streams.ts";
import { stateElements } from "./state-bytes.ts";
import { weightsByKind } from "./weights.ts";

/** FLOPs per new token of one layer kind, over all its layers. */
export interface KindFlops {
  readonly kind: LayerKind;
  /** Two per weight that the token multiplies with. */
  readonly matrices: number;
  /** The recurrence itself. */
  readonly scan: number;
  /** Two per tap and channel. */
  readonly conv: number;
}

export function flopsPerTokenByKind(model: ModelSpec): KindFlops[] {
  const states = new Map(stateElements(model).map((state) => [state.kind, state]));
  return weightsByKind(model).map(({ kind, layers, used }) => ({
    kind,
    matrices: 2 * used,
    scan: layers * scanFlopsPerToken(model, kind),
    conv:
      layers * 2 * convKernel(model, kind) * (states.get(kind)?.convChannels ?? 0) +
      (lookupWeights(model, kind) > 0 ? lookupConvFlops(model) : 0),
  }));
}

function convKernel(model: ModelSpec, kind: LayerKind): number {
  switch (kind) {
    case "mamba1":
    case "mamba2":
    case "gatedDeltaNet":
    case "kimiDelta":
    case "shortConv":
    case "rgLru":
      return model[kind]?.convKernel ?? 0;
    default:
      return 0;
  }
}

/** Chunk of the gated delta rule's kernels in flash-linear-attention. */
const deltaChunkTokens = 64;
/** Block of lightning attention's kernel (Lightning Attention-2, arXiv 2401.04658). */
const lightningBlockTokens = 256;

/**
 * FLOPs per token of one layer's recurrence, in the chunked form that the kernels use.
 * Mamba-1: the selective scan (arXiv 2312.00752). Mamba-2: state space duality (arXiv 2405.21060, section 6).
 * Gated delta net (arXiv 2412.06464, section 3.3); KDA (arXiv 2510.26692) like it.
 */
function scanFlopsPerToken(model: ModelSpec, kind: LayerKind): number {
  const { mamba1, mamba2, gatedDeltaNet: delta, kimiDelta: kda, lightning, rgLru } = model;
  if (kind === "mamba1" && mamba1) return 9 * mamba1.innerWidth * mamba1.stateWidth;
  if (kind === "mamba2" && mamba2) {
    const inner = mamba2.heads * mamba2.headWidth;
    return (
      2 * mamba2.chunkTokens * (mamba2.groups * mamba2.stateWidth + inner) + 4 * mamba2.stateWidth * inner
    );
  }
  if (kind === "gatedDeltaNet" && delta)
    return delta.valueHeads * deltaRuleFlops(delta.keyWidth, delta.valueWidth);
  if (kind === "kimiDelta" && kda) return kda.heads * deltaRuleFlops(kda.headWidth, kda.headWidth);
  if (kind === "lightning" && lightning) {
    return lightning.heads * (4 * lightningBlockTokens * lightning.headWidth + 4 * lightning.headWidth ** 2);
  }
  if (kind === "rgLru" && rgLru) return 10 * rgLru.width;
  return 0;
}

/** One head: scores within the chunk, the triangular solve, outputs, and the state's read, write and correction. */
function deltaRuleFlops(keyWidth: number, valueWidth: number): number {
  const chunk = deltaChunkTokens;
  return (
    4 * chunk * keyWidth +
    2 * chunk * (keyWidth + valueWidth) +
    2 * chunk * valueWidth +
    6 * keyWidth * valueWidth
  );
}

/** FLOPs of one query against one key, over all layers: scores and the weighted sum of values. */
export interface PairFlops {
  /** Every key before the query, those of an indexer's scores among them. */
  readonly full: number;
  /** Keys within the window. */
  readonly sliding: number;
  /** Keys that an indexer chooses, at most `topTokens`. */
  readonly chosen: number;
  readonly topTokens: number;
}

export function attentionFlopsPerPair(model: ModelSpec): PairFlops {
  const counts = countLayers(model);
  const { attention, latentAttention: latent } = model;
  const perLayer = attention ? headFlopsPerPair(attention) : 0;
  const perSlidingLayer = attention ? headFlopsPerPair(attention.sliding ?? attention) : 0;
  const perLatentLayer = latent
    ? 2 * latent.heads * (latent.queryKeyWidth + latent.ropeWidth + latent.valueWidth)
    : 0;
  const latentChooses = (latent?.indexer ?? null) !== null;
  const choosing = attention?.indexer?.layers ?? 0;
  const ofLatent = counts.latentAttention * perLatentLayer;
  const ofAll = (counts.attention - choosing + counts.crossAttention) * perLayer;
  const compressed = compressedFlopsPerPair(model);
  return {
    full: ofAll + (latentChooses ? 0 : ofLatent) + indexFlopsPerPair(model) + compressed.full,
    sliding: counts.slidingAttention * perSlidingLayer + compressed.window,
    chosen: choosing * perLayer + (latentChooses ? ofLatent : 0) + compressed.chosen,
    topTokens: (latent?.indexer ?? attention?.indexer)?.topTokens ?? compressed.topTokens,
  };
}

/** FLOPs of attention for the tokens after `reusedTokens`. */
export function attentionFlops(
  pairs: PairFlops,
  windowTokens: number,
  reusedTokens: number,
  promptTokens: number,
): number {
  return (
    causalPairs(reusedTokens, promptTokens) * pairs.full +
    windowPairs(reusedTokens, promptTokens, windowTokens) * pairs.sliding +
    windowPairs(reusedTokens, promptTokens, pairs.topTokens) * pairs.chosen
  );
}

function headFlopsPerPair({ queryHeads, headWidth, valueWidth }: HeadGeometry): number {
  return 2 * queryHeads * (headWidth + valueWidth);
}

/** Logits of the last prompt token; 0 when the vocabulary is unknown. */
export function outputHeadFlops(model: ModelSpec): number {
  return 2 * model.hiddenWidth * (model.vocabularyTokens ?? 0);
}

/** (query, key) pairs of causal attention for the tokens after `reusedTokens`: n·p + n·(n + 1)/2. */
export function causalPairs(reusedTokens: number, promptTokens: number): number {
  const newTokens = promptTokens - reusedTokens;
  return newTokens * reusedTokens + (newTokens * (newTokens + 1)) / 2;
}

/** The same where a query sees min(position + 1, window) keys. */
export function windowPairs(reusedTokens: number, promptTokens: number, windowTokens: number): number {
  return pairsFromStart(promptTokens, windowTokens) - pairsFromStart(reusedTokens, windowTokens);
}

function pairsFromStart(tokens: number, windowTokens: number): number {
  const rising = Math.min(tokens, windowTokens);
  return (rising * (rising + 1)) / 2 + (tokens - rising) * windowTokens;
}
