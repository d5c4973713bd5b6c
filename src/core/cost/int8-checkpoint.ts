/** A recurrent state as SGLang's pool of int8 checkpoints keeps it. */
import type { LayerKind } from "./layer-counts.ts";
import type { Dtype, ModelSpec } from "./model-spec.ts";
import { bytesOfDtype, stateElements } from "./state-bytes.ts";

/**
 * Bytes by which a checkpoint over all ranks is smaller: the recurrent part takes a byte per element, and an element of its
 * own type per head and key channel as the scale; convolution windows stay. 0 for layers whose states have no such shape.
 * Source: sgl-project/sglang `mem_cache/mamba_checkpoint_pool.py`, `estimate_mem_usage_bytes`.
 */
export function int8SavedBytes(model: ModelSpec, dtype: Dtype): number {
  const { mamba2, gatedDeltaNet: delta, kimiDelta: kda, lightning } = model;
  const scales: Partial<Record<LayerKind, number>> = {
    ...(mamba2 ? { mamba2: mamba2.heads * mamba2.stateWidth } : {}),
    ...(delta ? { gatedDeltaNet: delta.valueHeads * delta.keyWidth } : {}),
    ...(kda ? { kimiDelta: kda.heads * kda.headWidth } : {}),
    ...(lightning ? { lightning: lightning.heads * lightning.headWidth } : {}),
  };
  let elements = 0;
  let scaleElements = 0;
  for (const { kind, layers, recurrent } of stateElements(model)) {
    const scale = scales[kind];
    if (scale === undefined) continue;
    elements += layers * recurrent;
    scaleElements += layers * scale;
  }
  const bytes = bytesOfDtype[dtype];
  return elements * (bytes - 1) - scaleElements * bytes;
}
