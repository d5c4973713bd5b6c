/** The block size that vLLM derives for a hybrid model. */

import { compressedBytesPerToken } from "./compressed-attention.ts";
import { kvBytesPerTokenPerLayer, latentBytesPerTokenPerLayer } from "./kv-bytes.ts";
import type { KvDtype } from "./kv-options.ts";
import { countLayers } from "./layer-counts.ts";
import type { Dtype, ModelSpec } from "./model-spec.ts";
import { bytesOfDtype, stateDtypes, stateElements } from "./state-bytes.ts";

export interface VllmBlockOptions {
  readonly kvDtype?: KvDtype;
  readonly tensorParallel?: number;
  readonly speculativeTokens?: number;
  /** Multiple that the attention kernel asks for; default 16, and 128 for latent attention. */
  readonly alignTokens?: number;
  /** A state at every block end (`--mamba-cache-mode all`): blocks are whole chunks of the scan too. */
  readonly keepsAllStates?: boolean;
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

/** What the kernels of latent attention ask for (`platforms/interface.py`). */
const latentAlignTokens = 128;
/** Mamba-1 has no chunks; vLLM takes this (`ModelConfig.get_mamba_chunk_size`). */
const mamba1ChunkTokens = 1024;

/** Blocks of compressed attention: 64 entries for 4 tokens each (DeepSeek-V4). */
export const compressedBlockTokens = 256;

function scanChunkTokens({ mamba1, mamba2 }: ModelSpec): number {
  return mamba2?.chunkTokens ?? (mamba1 ? mamba1ChunkTokens : 1);
}

function leastCommonMultiple(a: number, b: number): number {
  let multiple = a;
  while (multiple % b !== 0) multiple += a;
  return multiple;
}

/** Families whose models keep a state at every block end; on others vLLM falls back to `align`, or refuses. */
const familiesWithAllStates = new Set([
  "Jamba",
  "Mamba-2",
  "Falcon Mamba",
  "Nemotron-H",
  "Nemotron Nano 2",
  "Nemotron 3",
  "Granite 4.0",
  "Falcon-H1",
  "Zamba2",
]);

/** Families whose classes do not start with `all` (`qwen3_next.py`, `qwen3_5.py`, 20 August 2026). */
const familiesRefusingAllStates = new Set(["Qwen3-Next", "Qwen3.5"]);

/** What vLLM does when it is asked to keep all states of a model that does not support it. */
export function vllmWithoutAllStates({ family }: ModelSpec): "refuses to start" | "runs in align" {
  return familiesRefusingAllStates.has(family) ? "refuses to start" : "runs in align";
}

/** `SupportsMambaPrefixCaching` in vllm-project/vllm `model_executor/models`, 20 August 2026. */
export function vllmKeepsAllStates({ family }: ModelSpec): boolean {
  return familiesWithAllStates.has(family);
}

/**
 * vLLM `platforms/interface.py`, `_align_hybrid_block_size`: every page of a hybrid model has the same size, so the
 * attention block grows until it covers the state of one layer: align · ⌈page / (align · bytes per token)⌉.
 * Compressed attention has blocks of a size of its own, and of all layers together.
 * `null` where nothing grows: models without a recurrent or without a full attention layer, and states smaller than an
 * ordinary block (LFM2); and with sliding windows, for which vLLM has another rule.
 */
export function vllmHybridBlock(model: ModelSpec, options: VllmBlockOptions = {}): VllmBlock | null {
  const { tensorParallel = 1 } = options;
  const counts = countLayers(model);
  if (model.compressedAttention !== undefined) {
    const { fullBytes } = compressedBytesPerToken(model, options);
    const attentionBytesPerToken = fullBytes / tensorParallel;
    return { blockTokens: compressedBlockTokens, statePageBytes: 0, attentionBytesPerToken, paddingShare: 0 };
  }
  const kernelTokens = options.alignTokens ?? (counts.latentAttention > 0 ? latentAlignTokens : 16);
  const alignTokens = options.keepsAllStates
    ? leastCommonMultiple(kernelTokens, scanChunkTokens(model))
    : kernelTokens;
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
