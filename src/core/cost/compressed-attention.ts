/** What compressed attention (DeepSeek-V4) keeps and takes, over all layers. */
import { bytesOfKvDtype, type KvOptions } from "./kv-options.ts";
import { countLayers, type LayerKind } from "./layer-counts.ts";
import type { CompressedAttentionGeometry, ModelSpec } from "./model-spec.ts";

/** Index keys are fp8 with a scale in float32 (vLLM `DeepseekV4IndexerCache`, 132 bytes for a width of 128). */
export const indexScaleBytes = 4;

/**
 * Of one entry. In fp8 its part with a position stays in 16 bits, and eight bytes of scales stand behind: 584 bytes for 512 elements
 * (vLLM `fp8_ds_mla` for DeepSeek-V4).
 */
export function entryBytes(
  { entryWidth, ropeWidth }: CompressedAttentionGeometry,
  { kvDtype = "bf16" }: KvOptions,
): number {
  return kvDtype === "fp8" ? entryWidth + ropeWidth + 8 : entryWidth * bytesOfKvDtype[kvDtype];
}

/** Per token over all ranks, each of which keeps all: compressed entries and index keys, and what the windows keep. */
export function compressedBytesPerToken(
  model: ModelSpec,
  options: KvOptions = {},
): { readonly fullBytes: number; readonly windowBytes: number } {
  const { compressedAttention: geometry } = model;
  if (geometry === undefined) return { fullBytes: 0, windowBytes: 0 };
  const { tensorParallel = 1 } = options;
  const { windowEntries, sparseEntries, denseEntries } = countLayers(model);
  const entry = entryBytes(geometry, options);
  const sparse = (entry + geometry.indexWidth + indexScaleBytes) / geometry.sparseTokens;
  return {
    fullBytes: (sparseEntries * sparse + (denseEntries * entry) / geometry.denseTokens) * tensorParallel,
    windowBytes: (windowEntries + sparseEntries + denseEntries) * entry * tensorParallel,
  };
}

/**
 * Bytes of the tokens whose group is not compressed yet, over all ranks, each of which keeps all: what a token gives to the
 * entry and to its weight, in float32. Sparse groups reach back over the one before them and have halves for both.
 * Source: vLLM `CompressorStateCache`, windows of 8 and 128 tokens.
 */
export function compressedStateBytes(model: ModelSpec, { tensorParallel = 1 }: KvOptions = {}): number {
  const { compressedAttention: geometry } = model;
  if (geometry === undefined) return 0;
  const { sparseEntries, denseEntries } = countLayers(model);
  const { entryWidth, indexWidth, sparseTokens, denseTokens } = geometry;
  const elements =
    sparseEntries * 2 * sparseTokens * 2 * 2 * (entryWidth + indexWidth) +
    denseEntries * denseTokens * 2 * entryWidth;
  return elements * 4 * tensorParallel;
}

/** Of all layers of the kind, as `compressor.py`, `indexer` and the grouped output of DeepSeek-V4 have them. */
export function compressedWeights(model: ModelSpec, kind: LayerKind): number {
  const { compressedAttention: geometry, hiddenWidth: hidden } = model;
  if (geometry === undefined) return 0;
  const { heads, entryWidth, queryRank, outputGroups, outputRank, indexHeads, indexWidth } = geometry;
  const query = hidden * queryRank + queryRank * heads * entryWidth;
  const output = heads * entryWidth * outputRank + outputGroups * outputRank * hidden;
  const attention = query + hidden * entryWidth + output;
  const indexer = hidden * 4 * indexWidth + queryRank * indexHeads * indexWidth + hidden * indexHeads;
  const compressors: Partial<Record<LayerKind, number>> = {
    windowEntries: 0,
    sparseEntries: hidden * 4 * entryWidth + indexer,
    denseEntries: hidden * 2 * entryWidth,
  };
  const own = compressors[kind];
  return own === undefined ? 0 : countLayers(model)[kind] * (attention + own);
}

/** FLOPs of one query per token before it: of all tokens, within the window, and within `topTokens` where entries are chosen. */
export function compressedFlopsPerPair(model: ModelSpec): {
  readonly full: number;
  readonly window: number;
  readonly chosen: number;
  readonly topTokens: number;
} {
  const { compressedAttention: geometry } = model;
  if (geometry === undefined) return { full: 0, window: 0, chosen: 0, topTokens: 0 };
  const { windowEntries, sparseEntries, denseEntries } = countLayers(model);
  const { heads, entryWidth, sparseTokens, denseTokens, indexHeads, indexWidth, topEntries } = geometry;
  const perEntry = 2 * heads * 2 * entryWidth;
  return {
    full:
      (sparseEntries * 2 * indexHeads * indexWidth) / sparseTokens + (denseEntries * perEntry) / denseTokens,
    window: (windowEntries + sparseEntries + denseEntries) * perEntry,
    chosen: (sparseEntries * perEntry) / sparseTokens,
    topTokens: topEntries * sparseTokens,
  };
}
