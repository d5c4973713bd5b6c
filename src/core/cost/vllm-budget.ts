/** How many tokens a step of vLLM holds on a GPU, where `--max-num-batched-tokens` is left alone. */
import type { GpuSpec } from "./gpu-spec.ts";

const gibibyte = 2 ** 30;
/** The A100's; vLLM names it. */
const cautiousCapability = "8.0";

/**
 * `vllm serve`: 8,192 from 70 GiB, 16,384 from 160 GiB, 2,048 below and on the A100.
 * Source: vllm-project/vllm `engine/arg_utils.py`, `get_batch_defaults`, 20 August 2026.
 */
export function vllmStepBudget(gpu: GpuSpec): number {
  const bytes = gpu.memoryReportedBytes ?? gpu.memoryMarketedGb * 1e9;
  if (gpu.computeCapability === cautiousCapability || bytes < 70 * gibibyte) return 2048;
  return bytes < 160 * gibibyte ? 8192 : 16_384;
}
