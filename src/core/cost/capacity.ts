/** Memory that is left for the cache. */

import { t } from "../../words/l10n.ts";
import { bytes } from "../../words/numbers.ts";
import { gpus } from "./catalogue/gpus.ts";
import { CostError } from "./cost-error.ts";
import type { GpuSpec } from "./gpu-spec.ts";
import type { ModelSpec, WeightFormat } from "./model-spec.ts";
import { checkTensorParallel } from "./state-bytes.ts";
import { weightBytes } from "./weights.ts";

/**
 * Share of GPU memory that is neither weights nor cache: context, activations, graphs, fragmentation.
 * vLLM's default since mid 2026, `gpu_memory_utilization` 0.92 (`vllm/config/cache.py`).
 */
export const defaultReserveShare = 0.08;

export interface CapacityOptions {
  readonly model: ModelSpec;
  readonly gpu: GpuSpec;
  /** Default 1. */
  readonly tensorParallel?: number;
  /** How all weights are stored; default as the model was released. */
  readonly weights?: WeightFormat;
  /** Share of GPU memory kept free, 0 to 1; default 0.08. */
  readonly reserveShare?: number;
}

/** The weights leave no memory for a cache. */
export class WeightsDoNotFitError extends CostError {
  override readonly name = "WeightsDoNotFitError";
  readonly weightBytes: number;
  /** GPU memory less the reserve, over all ranks. */
  readonly usableBytes: number;
  /** Smallest tensor parallel on the same card with room for weights and some cache; `null` when 64 do not do. */
  readonly smallestTensorParallel: number | null;
  /** Cards on which as many GPUs would do, smallest memory first. */
  readonly fittingGpus: readonly string[];

  constructor(options: CapacityOptions, size: { readonly weights: number; readonly usable: number }) {
    const smallest = smallestTensorParallel(options);
    const fitting = fittingGpus(options);
    const { model, gpu, tensorParallel = 1 } = options;
    const hints = [
      smallest === null ? [] : [t("tensor parallel {smallest} on {gpu}", { smallest, gpu: gpu.id })],
      fitting.length === 0
        ? []
        : [
            t("{gpus} at tensor parallel {tensorParallel}", {
              gpus: fitting.slice(0, 3).join(t(" or ")),
              tensorParallel,
            }),
          ],
    ].flat();
    const lack = t(
      "The weights of {model} ({weights}) leave no room for a cache in the {usable} usable on {tensorParallel} × {gpu}.",
      {
        model: model.id,
        weights: bytes(size.weights),
        usable: bytes(size.usable),
        tensorParallel,
        gpu: gpu.id,
      },
    );
    const room =
      hints.length > 0 ? t("{lack} These have room: {hints}.", { lack, hints: hints.join("; ") }) : lack;
    super(
      t(
        '{0} "capacity" (--capacity) says what a cache has on other hardware, or beside smaller weights.',
        room,
      ),
    );
    this.weightBytes = size.weights;
    this.usableBytes = size.usable;
    this.smallestTensorParallel = smallest;
    this.fittingGpus = fitting;
  }
}

/** Bytes of one card: reported by the driver, else as sold, read as decimal gigabytes because that is the smaller reading. */
export function gpuMemoryBytes(gpu: GpuSpec): number {
  return gpu.memoryReportedBytes ?? gpu.memoryMarketedGb * 1e9;
}

/**
 * Bytes for KV and checkpoints over all ranks: GPU memory times tensor parallel, less the reserve and the weights.
 * Throws `WeightsDoNotFitError` when nothing is left, `CostError` when heads do not divide among the ranks.
 */
export function autoCapacityBytes(options: CapacityOptions): number {
  const { model, gpu, tensorParallel = 1, weights, reserveShare = defaultReserveShare } = options;
  checkTensorParallel(model, tensorParallel);
  const usable = Math.floor(gpuMemoryBytes(gpu) * tensorParallel * (1 - reserveShare));
  const needed = weightBytes(model, weights);
  if (usable <= needed) throw new WeightsDoNotFitError(options, { weights: needed, usable });
  return Math.floor(usable - needed);
}

function smallestTensorParallel(options: CapacityOptions): number | null {
  for (let ranks = 1; ranks <= 64; ranks *= 2) {
    if (hasRoom({ ...options, tensorParallel: ranks })) return ranks;
  }
  return null;
}

function fittingGpus(options: CapacityOptions): string[] {
  return gpus
    .filter((gpu) => hasRoom({ ...options, gpu }))
    .toSorted((a, b) => gpuMemoryBytes(a) - gpuMemoryBytes(b))
    .map((gpu) => gpu.id);
}

function hasRoom(options: CapacityOptions): boolean {
  const { model, gpu, tensorParallel = 1, weights, reserveShare = defaultReserveShare } = options;
  try {
    checkTensorParallel(model, tensorParallel);
  } catch {
    return false;
  }
  return gpuMemoryBytes(gpu) * tensorParallel * (1 - reserveShare) > weightBytes(model, weights);
}
