/** What a cache needs to know of a model: bytes and FLOPs in closed form, cheap enough to ask once per node. */
import { compressedStateBytes } from "./compressed-attention.ts";
import { attentionFlops, attentionFlopsPerPair, flopsPerTokenByKind, outputHeadFlops } from "./flops.ts";
import { indexStateBytes } from "./index-keys.ts";
import { kvBytesPerToken } from "./kv-bytes.ts";
import type { KvDtype } from "./kv-options.ts";
import type { ModelSpec } from "./model-spec.ts";
import { lookupConvElements } from "./residual-streams.ts";
import { bytesOfDtype, checkTensorParallel, type Engine, stateBytes, stateDtypes } from "./state-bytes.ts";

export interface ModelCostOptions {
  /** Whose element types the states have; default `vllm`. */
  readonly engine?: Engine;
  /** Default `bf16`. */
  readonly kvDtype?: KvDtype;
  /** Default 1. Bytes are totals over all ranks. */
  readonly tensorParallel?: number;
}

export interface ModelCost {
  /** KV that every cached token keeps, in full and latent attention layers. */
  readonly kvBytesPerToken: number;
  /** One checkpoint: convolution and recurrent states, keys of unfinished groups, and the KV of the sliding windows before it. */
  readonly checkpointBytes: number;
  readonly convBytesPerCheckpoint: number;
  readonly recurrentBytesPerCheckpoint: number;
  /** Tokens that wait for their group to be full, of index keys or of compressed attention; 0 without such groups. */
  readonly groupBytesPerCheckpoint: number;
  /** KV of a full sliding window; a resume needs these tokens and none before them. 0 without sliding layers. */
  readonly windowKvBytesPerCheckpoint: number;
  /** Such as 4,719 for Granite 4.0 H Small: KV tokens that cost as much as one checkpoint; `null` without KV. */
  readonly checkpointKvTokens: number | null;
  /** The model can resume only where a checkpoint is. */
  readonly hasRecurrentLayers: boolean;
  /** The model keeps KV for every token. */
  readonly hasAttentionLayers: boolean;
  /**
   * FLOPs to prefill tokens `reusedTokens` … `promptTokens`, with the logits of the last one.
   * 0 ≤ reusedTokens ≤ promptTokens. Constant time, no allocation.
   */
  prefillFlops(reusedTokens: number, promptTokens: number): number;
}

/**
 * Sliding-window KV counts into the checkpoint, at its full window: beyond the window no token's KV in those layers is of
 * use, and a resume needs the whole window. It overstates checkpoints closer to the start, or to each other, than a window.
 * Throws `CostError` when the heads do not divide among the ranks.
 */
export function createModelCost(model: ModelSpec, options: ModelCostOptions = {}): ModelCost {
  const { engine = "vllm", kvDtype = "bf16", tensorParallel = 1 } = options;
  checkTensorParallel(model, tensorParallel);
  // llama.cpp deals whole layers to the GPUs and copies nothing.
  const ranks = engine === "llama.cpp" ? 1 : tensorParallel;
  const kv = kvBytesPerToken(model, { kvDtype, tensorParallel: ranks });
  const dtypes = stateDtypes(model, engine);
  const layerStates = stateBytes(model, dtypes, { tensorParallel: ranks });
  const lookupBytes = lookupConvElements(model) * bytesOfDtype[dtypes.conv];
  const state = { ...layerStates, convBytes: layerStates.convBytes + lookupBytes };
  const windowKvBytes = kv.slidingBytes * kv.windowTokens;
  const groupBytes =
    indexStateBytes(model, { tensorParallel: ranks }) +
    compressedStateBytes(model, { tensorParallel: ranks });
  const stateOnlyBytes = state.convBytes + state.recurrentBytes + groupBytes;
  const checkpointBytes = stateOnlyBytes + windowKvBytes;
  const flopsPerToken = flopsPerTokenByKind(model).reduce(
    (sum, kind) => sum + kind.matrices + kind.scan + kind.conv,
    0,
  );
  const perPair = attentionFlopsPerPair(model);
  const onceFlops = outputHeadFlops(model);
  const { windowTokens } = kv;
  return {
    kvBytesPerToken: kv.fullBytes,
    checkpointBytes,
    convBytesPerCheckpoint: state.convBytes,
    recurrentBytesPerCheckpoint: state.recurrentBytes,
    groupBytesPerCheckpoint: groupBytes,
    windowKvBytesPerCheckpoint: windowKvBytes,
    checkpointKvTokens: kv.fullBytes > 0 ? checkpointBytes / kv.fullBytes : null,
    hasRecurrentLayers: stateOnlyBytes > 0,
    hasAttentionLayers: kv.fullBytes > 0,
    prefillFlops(reusedTokens, promptTokens) {
      return (
        (promptTokens - reusedTokens) * flopsPerToken +
        attentionFlops(perPair, windowTokens, reusedTokens, promptTokens) +
        onceFlops
      );
    },
  };
}
