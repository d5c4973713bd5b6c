/** The block size that vLLM derives for a hybrid model. */

import { type KvDtype, kvBytesPerTokenPerLayer, latentBytesPerTokenPerLayer } from "./kv-bytes.ts";
import { countLayers } from "./layer-counts.ts";
import type { Dtype, ModelSpec } from "./model-spec.ts";
import { bytesOfDtype, stateDtypes, stateElements } from "./state-bytes.ts";

export interface VllmBlockOptions {
  readonly kvDtype?: KvDtype;
  readonly tensorParallel?: number;
  readonly speculativeTokens?: number;
  /** Multiple that the attention kernel asks for; default 16. */
  readonly alignTokens?: number;
  /** Replaces vLLM's default for the model. */
  readonly stateDtype?: Dtype;
}

export interface VllmBlock {
  /** Tokens of one attention block; also the distance between the positions where a state can be resumed. */
  readonly blockTokens: number;
  /** Bytes per rank of one recurrent layer's state, before padding. */
  readonly statePageBytes: number;
  /** Bytes per rank of one token in one attention layer. */
  readonly attentionBytesPerToken: number;
  /** What padding adds to the state page, as a share of it. */
  readonly paddingShare: number;
}

/**
 * vLLM `platforms/interface.py`, `_align_hybrid_block_size`: every page of a hybrid model has the same size, so the
 * attention block grows until it covers the state of one layer: align · ⌈page / (align · bytes per token)⌉.
 * `null` where nothing grows: models without a recurrent or without a full attention layer, and states smaller than an
 * ordinary block (LFM2); and with sliding windows, for which vLLM has another rule.
 */
export function vllmHybridBlock(model: ModelSpec, options: VllmBlockOptions = {}): VllmBlock | null {
  const { tensorParallel = 1, alignTokens = 16 } = options;
  const counts = countLayers(model);
  const states = stateElements(model, options);
  const hasAttention = counts.attention + counts.latentAttention > 0;
  if (!hasAttention || states.length === 0 || counts.slidingAttention > 0) return null;
  const dtypes = stateDtypes(model, "vllm");
  const statePageBytes =
    Math.max(
      ...states.map(
        (state) =>
          state.conv * bytesOfDtype[dtypes.conv] +
          state.recurrent * bytesOfDtype[options.stateDtype ?? dtypes.recurrent],
      ),
    ) / tensorParallel;
  const attentionBytesPerToken =
    (kvBytesPerTokenPerLayer(model, options) || latentBytesPerTokenPerLayer(model, options)) / tensorParallel;
  if (statePageBytes <= alignTokens * attentionBytesPerToken) return null;
  const blockTokens = alignTokens * Math.ceil(statePageBytes / (alignTokens * attentionBytesPerToken));
  return {
    blockTokens,
    statePageBytes,
    attentionBytesPerToken,
    paddingShare: (blockTokens * attentionBytesPerToken) / statePageBytes - 1,
  };
}
