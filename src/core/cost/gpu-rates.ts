/** Rates that a GPU reaches in a prefill, from its data sheet and from kernel measurements. Reasons: docs/adr/0005. */
import { gpus, prefillDefaults } from "./catalogue/gpus.ts";
import { interpolate, median } from "./curve.ts";
import type { Curve, GpuSpec } from "./gpu-spec.ts";
import type { WeightFormat } from "./model-spec.ts";

/**
 * What a whole engine keeps of the matrix kernels' rate: norms, activations, residuals, gaps between kernels.
 * Typical whole-prefill share of peak over the measured matrix kernels' share, on the two cards where one dense model
 * was measured alone: H100 0.55 / 0.77, B200 0.50 / 0.70. A test recomputes it from the catalogue.
 */
export const engineShare = 0.71;

/** What mixture-of-experts matrices keep of the dense rate, and tensor-parallel ranks of a single GPU's. */
export const moeShare = prefillDefaults.moeMfu / prefillDefaults.denseMfu;
export const tensorParallelShare = prefillDefaults.tensorParallelMfu / prefillDefaults.denseMfu;

/** Rows from which matrix kernels run at full rate. */
const plateauRows = 4096;

/** Mean over the measured shapes, weighting each by the time it takes, as share of the dense bf16 peak. */
function gemmShareByRows(gpu: GpuSpec): Curve | null {
  const shapes = gpu.kernels?.gemm;
  if (!shapes) return null;
  return shapes[0].tflopsByRows.map(([rows], index) => {
    const inverse = shapes.reduce((sum, shape) => sum + 1 / shape.tflopsByRows[index][1], 0);
    return [rows, shapes.length / inverse / halfPrecisionTflops(gpu)] as const;
  });
}

/** Full-rate share of peak of the matrix kernels; `null` when neither table nor benchmark is known. */
export function gemmPlateauShare(gpu: GpuSpec): number | null {
  const curve = gemmShareByRows(gpu);
  if (curve) return mean(curve.filter(([rows]) => rows >= plateauRows).map(([, share]) => share));
  return gpu.matmulBf16Tflops === null ? null : gpu.matmulBf16Tflops / halfPrecisionTflops(gpu);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Turing has no bfloat16 tensor cores: float16 stands in. */
export function halfPrecisionTflops(gpu: GpuSpec): number {
  return gpu.bf16Tflops ?? gpu.fp16Tflops;
}

/**
 * Rate by rows relative to full rate: the card's own table, else the median of the measured relatives.
 * Never above 1: between 1,024 and 4,096 rows one card is measured faster than it sustains.
 */
function relativeGemmCurve(gpu: GpuSpec): Curve {
  const own = gemmShareByRows(gpu);
  const plateau = gemmPlateauShare(gpu);
  if (own && plateau) return own.map(([rows, share]) => [rows, Math.min(1, share / plateau)] as const);
  const measured = measuredRelatives(gpu).map(relativeGemmCurve);
  return [256, 1024, plateauRows].map(
    (rows) => [rows, median(measured.map((curve) => interpolate(curve, rows)))] as const,
  );
}

/** Cards with kernel tables: those of the same compute capability, else all. */
function measuredRelatives(gpu: GpuSpec): readonly GpuSpec[] {
  const measured = gpus.filter((other) => other.kernels);
  const same = measured.filter((other) => other.computeCapability === gpu.computeCapability);
  return same.length > 0 ? same : measured;
}

/**
 * Share of the dense peak that dense matrices reach at full rate inside an engine: measured kernels times `engineShare`,
 * kept within the range stated for the card; the card's typical whole-prefill share where no kernel was measured.
 */
export function matrixShare(gpu: GpuSpec): number {
  const plateau = gemmPlateauShare(gpu);
  if (plateau === null) return gpu.prefillMfu.typical;
  return Math.min(gpu.prefillMfu.high, Math.max(gpu.prefillMfu.low, plateau * engineShare));
}

/** FLOP/s of dense matrices on one GPU by rows (new tokens). `share` replaces `matrixShare`. */
export function matrixRate(
  gpu: GpuSpec,
  format: WeightFormat,
  share = matrixShare(gpu),
): (rows: number) => number {
  const curve = relativeGemmCurve(gpu);
  const fullRate = peakFlopsPerSecond(gpu, format) * share;
  return (rows) => fullRate * interpolate(curve, rows);
}

/**
 * Dense peak for weights so stored. Four bits and fewer are expanded to 16 for the multiplication: W4A8 and NVFP4 runs on
 * RTX 5090 were measured at 0.69 to 0.78 of the bf16 peak, far from what the narrow units could do.
 */
export function peakFlopsPerSecond(gpu: GpuSpec, format: WeightFormat): number {
  const tflops = format === "fp8" ? (gpu.fp8Tflops ?? halfPrecisionTflops(gpu)) : halfPrecisionTflops(gpu);
  return tflops * 1e12;
}

/**
 * FLOP/s of causal attention on one GPU by prompt length. Measured kernels; for cards without a table the median ratio of
 * attention to matrix kernels on measured relatives, times the card's own matrix kernels.
 */
export function attentionRate(gpu: GpuSpec): (promptTokens: number) => number {
  const own = gpu.kernels?.attentionTflopsByTokens;
  if (own) return (promptTokens) => interpolate(own, promptTokens) * 1e12;
  const gemmTflops =
    halfPrecisionTflops(gpu) * (gemmPlateauShare(gpu) ?? gpu.prefillMfu.typical / engineShare);
  const curve = relativeAttentionCurve(gpu);
  return (promptTokens) => gemmTflops * interpolate(curve, promptTokens) * 1e12;
}

function relativeAttentionCurve(gpu: GpuSpec): Curve {
  const measured = measuredRelatives(gpu).flatMap((other) => {
    const attention = other.kernels?.attentionTflopsByTokens;
    const gemmTflops = halfPrecisionTflops(other) * (gemmPlateauShare(other) ?? 1);
    return attention ? [{ attention, gemmTflops }] : [];
  });
  return measured[0].attention.map(([tokens]) => {
    const ratios = measured.map(({ attention, gemmTflops }) => interpolate(attention, tokens) / gemmTflops);
    return [tokens, median(ratios)] as const;
  });
}

/** Bytes per second that streaming kernels reach on one GPU. */
export function streamRate(gpu: GpuSpec): number {
  return gpu.memoryBytesPerSecond * prefillDefaults.bandwidthEfficiency;
}
