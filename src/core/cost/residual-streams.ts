/** What several residual streams and a table of n-grams beside the layers take (transformers `modeling_qwen4_exp.py`). */
import { type LayerKind, layerKindsInOrder } from "./layer-counts.ts";
import type { ModelSpec } from "./model-spec.ts";

/** Channels of all streams together. */
function streamWidth({ gatedResidual, hiddenWidth }: ModelSpec): number {
  return (gatedResidual?.streams ?? 1) * hiddenWidth;
}

/** Elements of one block's gate, down and up, and of what it writes back with; 0 with a plain residual. */
export function residualWeights(model: ModelSpec): number {
  const { gatedResidual: residual } = model;
  return residual === undefined ? 0 : (2 * residual.rank + residual.streams) * streamWidth(model);
}

/** The gate behind the last block, which writes nothing back. */
export function lastMixerWeights(model: ModelSpec): number {
  const { gatedResidual: residual } = model;
  return residual === undefined ? 0 : 2 * residual.rank * streamWidth(model);
}

/** Elements of the table, which are looked up and not multiplied with. */
export function tableWeights({ ngramTable: table }: ModelSpec): number {
  return table === undefined ? 0 : table.rows * table.rowWidth;
}

/** Matrices of the look-up, in the layers of the kind that it stands beside: a key for each stream, and a value. */
export function lookupWeights(model: ModelSpec, kind: LayerKind): number {
  const { ngramTable: table, hiddenWidth, mixerPattern } = model;
  if (table === undefined) return 0;
  const [beside] = layerKindsInOrder({
    mixerPattern: mixerPattern.charAt(table.layer - 1),
    ffnPattern: null,
  });
  if (beside !== kind) return 0;
  return table.rowsPerToken * table.rowWidth * (streamWidth(model) + hiddenWidth);
}

/** Elements of the convolution's window: (kernel − 1) · dilation columns of all streams. */
export function lookupConvElements(model: ModelSpec): number {
  const { ngramTable: table } = model;
  return table === undefined ? 0 : (table.convKernel - 1) * table.convDilation * streamWidth(model);
}

/** Two FLOPs per tap and channel, per token. */
export function lookupConvFlops(model: ModelSpec): number {
  return 2 * (model.ngramTable?.convKernel ?? 0) * streamWidth(model);
}
