/** Bytes of the recurrent state that one checkpoint holds, per layer and in all. */
import { CostError } from "./cost-error.ts";
import { countLayers, type LayerKind } from "./layer-counts.ts";
import type { Dtype, ModelSpec } from "./model-spec.ts";

export type Engine = "vllm" | "sglang" | "llama.cpp";

/** Elements of one layer's state over all ranks. */
export interface StateElements {
  readonly kind: LayerKind;
  readonly layers: number;
  /** Convolution window: kernel − 1 columns, as vLLM, SGLang and llama.cpp keep it. */
  readonly conv: number;
  readonly recurrent: number;
  /** Channels that the convolution runs over. */
  readonly convChannels: number;
}

export interface StateOptions {
  /** Default 1. */
  readonly tensorParallel?: number;
  /** Draft tokens of speculative decoding, each one more column of the convolution window; default 0. */
  readonly speculativeTokens?: number;
}

/**
 * State shapes of vLLM's `mamba_utils.py` and SGLang's `mamba_utils.py`, equal to what llama.cpp allocates for
 * every architecture that it knows. Heads divide among the ranks; Mamba-2 groups that do not are kept by every rank.
 */
export function stateElements(model: ModelSpec, options: StateOptions = {}): StateElements[] {
  const { tensorParallel = 1, speculativeTokens = 0 } = options;
  const counts = countLayers(model);
  const result: StateElements[] = [];
  const add = (kind: LayerKind, convChannels: number, convKernel: number, recurrent: number) => {
    const columns = convKernel === 0 ? 0 : convKernel - 1 + speculativeTokens;
    result.push({ kind, layers: counts[kind], conv: convChannels * columns, recurrent, convChannels });
  };
  const { mamba1, mamba2, gatedDeltaNet: delta, kimiDelta: kda, lightning, shortConv, rgLru } = model;
  if (mamba1) add("mamba1", mamba1.innerWidth, mamba1.convKernel, mamba1.innerWidth * mamba1.stateWidth);
  if (mamba2) {
    const inner = mamba2.heads * mamba2.headWidth;
    const groups = mamba2.groups % tensorParallel === 0 ? mamba2.groups : tensorParallel;
    add("mamba2", inner + 2 * groups * mamba2.stateWidth, mamba2.convKernel, inner * mamba2.stateWidth);
  }
  if (delta) {
    const valueWidth = delta.valueHeads * delta.valueWidth;
    add(
      "gatedDeltaNet",
      2 * delta.keyHeads * delta.keyWidth + valueWidth,
      delta.convKernel,
      valueWidth * delta.keyWidth,
    );
  }
  if (kda) {
    const width = kda.heads * kda.headWidth;
    add("kimiDelta", 3 * width, kda.convKernel, width * kda.headWidth);
  }
  if (lightning) add("lightning", 0, 0, lightning.heads * lightning.headWidth ** 2);
  if (shortConv) add("shortConv", shortConv.width, shortConv.convKernel, 0);
  if (rgLru) add("rgLru", rgLru.width, rgLru.convKernel, rgLru.width);
  return result;
}

export const bytesOfDtype: Readonly<Record<Dtype, number>> = { bfloat16: 2, float32: 4 };

/**
 * Element types by engine. vLLM: convolution as the model, state by `mamba_ssm_cache_dtype: auto`; where vLLM names
 * none, float32 as in the reference code. SGLang: float32 state for every model. llama.cpp: both float32.
 */
export function stateDtypes(model: ModelSpec, engine: Engine): { conv: Dtype; recurrent: Dtype } {
  switch (engine) {
    case "vllm":
      return { conv: "bfloat16", recurrent: model.vllmStateDtype ?? "float32" };
    case "sglang":
      return { conv: "bfloat16", recurrent: "float32" };
    case "llama.cpp":
      return { conv: "float32", recurrent: "float32" };
  }
}

/** Bytes of one checkpoint over all ranks: it resumes one sequence at one token position. */
export function stateBytes(
  model: ModelSpec,
  dtypes: { readonly conv: Dtype; readonly recurrent: Dtype },
  options: StateOptions = {},
): { convBytes: number; recurrentBytes: number } {
  let convBytes = 0;
  let recurrentBytes = 0;
  for (const state of stateElements(model, options)) {
    convBytes += state.layers * state.conv * bytesOfDtype[dtypes.conv];
    recurrentBytes += state.layers * state.recurrent * bytesOfDtype[dtypes.recurrent];
  }
  return { convBytes, recurrentBytes };
}

/** Throws `CostError` when heads cannot be dealt evenly to the ranks, as the engines do at start. */
export function checkTensorParallel(model: ModelSpec, tensorParallel: number): void {
  if (!Number.isInteger(tensorParallel) || tensorParallel < 1) {
    throw new CostError(`Tensor parallel must be a whole number from 1, not ${tensorParallel}.`);
  }
  const heads: readonly (readonly [string, number | undefined])[] = [
    ["query heads", model.attention?.queryHeads],
    ["query heads of sliding layers", model.attention?.sliding?.queryHeads],
    ["latent-attention heads", model.latentAttention?.heads],
    ["compressed-attention heads", model.compressedAttention?.heads],
    ["Mamba channels", model.mamba1?.innerWidth],
    ["Mamba-2 heads", model.mamba2?.heads],
    ["key heads", model.gatedDeltaNet?.keyHeads],
    ["delta-attention heads", model.kimiDelta?.heads],
    ["lightning-attention heads", model.lightning?.heads],
    ["convolution channels", model.shortConv?.width],
    ["recurrent channels", model.rgLru?.width],
  ];
  for (const [name, count] of heads) {
    if (count !== undefined && count % tensorParallel !== 0) {
      throw new CostError(
        `${model.id} cannot be divided among ${tensorParallel} GPUs: its ${count} ${name} do not divide evenly.`,
      );
    }
  }
}
