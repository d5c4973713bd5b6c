/** Time of recurrent scans and short convolutions, which matrix FLOPs do not describe. Reasons: docs/adr/0005. */

import { t } from "../../words/l10n.ts";
import { gpus } from "./catalogue/gpus.ts";
import { interpolate, median } from "./curve.ts";
import { streamRate } from "./gpu-rates.ts";
import type { Curve, GpuSpec, ScanCurve } from "./gpu-spec.ts";
import { countLayers, type LayerKind } from "./layer-counts.ts";
import type { ModelSpec } from "./model-spec.ts";
import { stateElements } from "./state-bytes.ts";

export interface ScanTime {
  readonly kind: LayerKind;
  readonly layers: number;
  /** Where the rate comes from; one sentence part for the assumptions. */
  readonly basis: string;
  /** Seconds per token and layer when `tokens` are prefilled. */
  secondsPerToken(tokens: number): number;
}

/** Scans of all recurrent kinds of the model on each of `tensorParallel` equal ranks. */
export function scanTimes(model: ModelSpec, gpu: GpuSpec, tensorParallel: number): ScanTime[] {
  const counts = countLayers(model);
  return scanShapes(model).map((shape) => {
    const heads = shape.heads / tensorParallel;
    const bytesSeconds = shape.bytesPerToken / tensorParallel / streamRate(gpu);
    const measured = shape.table && measurementFor(gpu, shape.table);
    if (!measured) {
      const basis = t("no kernel measurement; its tensors read and written once");
      return { kind: shape.kind, layers: counts[shape.kind], basis, secondsPerToken: () => bytesSeconds };
    }
    const floorSeconds = measured.isOwn ? 0 : bytesSeconds;
    return {
      kind: shape.kind,
      layers: counts[shape.kind],
      basis: measured.basis,
      secondsPerToken: (tokens) =>
        Math.max(floorSeconds, nanoseconds(measured.curves, heads, tokens) * measured.scale * 1e-9),
    };
  });
}

interface ScanShape {
  readonly kind: LayerKind;
  readonly table: "gatedDeltaNet" | "mamba2" | null;
  /** Heads of the measured size that do the same work. */
  readonly heads: number;
  readonly bytesPerToken: number;
}

/** Memory traffic per token and layer in 16-bit tensors, chunk states in 32 bits, after the kernels named below. */
function scanShapes(model: ModelSpec): ScanShape[] {
  const shapes: ScanShape[] = [];
  const { mamba1, mamba2, gatedDeltaNet: delta, kimiDelta: kda, lightning, rgLru } = model;
  // selective_scan: input, time step and gate in, output out; B and C.
  if (mamba1) {
    const bytesPerToken = 2 * (4 * mamba1.innerWidth + 2 * mamba1.stateWidth);
    shapes.push({ kind: "mamba1", table: null, heads: 0, bytesPerToken });
  }
  if (mamba2) {
    const inner = mamba2.heads * mamba2.headWidth;
    shapes.push({
      kind: "mamba2",
      table: "mamba2",
      heads: (inner * mamba2.stateWidth) / (64 * 128),
      bytesPerToken: mamba2ScanBytes(inner, mamba2.stateWidth, mamba2.groups, mamba2.chunkTokens),
    });
  }
  if (delta) {
    const bytesPerToken = delta.valueHeads * deltaScanBytes(delta.keyWidth, delta.valueWidth);
    const heads = (delta.valueHeads * delta.keyWidth * delta.valueWidth) / 128 ** 2;
    shapes.push({ kind: "gatedDeltaNet", table: "gatedDeltaNet", heads, bytesPerToken });
  }
  if (kda) {
    const bytesPerToken = kda.heads * (deltaScanBytes(kda.headWidth, kda.headWidth) + 4 * kda.headWidth);
    const heads = (kda.heads * kda.headWidth ** 2) / 128 ** 2;
    shapes.push({ kind: "kimiDelta", table: "gatedDeltaNet", heads, bytesPerToken });
  }
  // lightning_attn: query, key and value in, output out; a state per block of 256.
  if (lightning) {
    const width = lightning.heads * lightning.headWidth;
    shapes.push({
      kind: "lightning",
      table: null,
      heads: 0,
      bytesPerToken: 8 * width + (8 * width * lightning.headWidth) / 256,
    });
  }
  // linear recurrence: input and two gates in, output out.
  if (rgLru) shapes.push({ kind: "rgLru", table: null, heads: 0, bytesPerToken: 8 * rgLru.width });
  return shapes;
}

/** State space duality in five kernels (arXiv 2405.21060, section 6): chunk states are written, passed on and read. */
function mamba2ScanBytes(inner: number, stateWidth: number, groups: number, chunkTokens: number): number {
  const tensors = 2 * (3 * inner + 4 * groups * stateWidth);
  const chunkStates = (4 * 4 * inner * stateWidth) / chunkTokens;
  return tensors + chunkStates + 2 * 4 * groups * chunkTokens;
}

/** One head of the chunked delta rule: q, k, v in, output out, two helpers and a state per 64 tokens written and read. */
function deltaScanBytes(keyWidth: number, valueWidth: number): number {
  return 2 * (2 * keyWidth + 2 * valueWidth) + 4 * (keyWidth + valueWidth) + (4 * keyWidth * valueWidth) / 64;
}

/** Straight between the measured head counts, constant below them, in proportion above. */
function nanoseconds(curves: readonly ScanCurve[], heads: number, tokens: number): number {
  const byHeads: Curve = curves.map(
    (curve) => [curve.heads, interpolate(curve.scanNsByTokens, tokens)] as const,
  );
  const [mostHeads] = byHeads[byHeads.length - 1];
  return interpolate(byHeads, heads) * Math.max(1, heads / mostHeads);
}

interface Measurement {
  readonly curves: readonly ScanCurve[];
  readonly isOwn: boolean;
  readonly scale: number;
  readonly basis: string;
}

/**
 * The card's own measurement, or that of the measured card nearest in memory bandwidth. Where time does not grow with
 * heads the scan waits for its own last step, and the time is taken as it is; where it grows, by the ratio of bandwidths.
 */
function measurementFor(gpu: GpuSpec, table: "gatedDeltaNet" | "mamba2"): Measurement | null {
  const own = gpu.kernels?.[table] ?? [];
  if (own.length > 0) return { curves: own, isOwn: true, scale: 1, basis: t("measured on {0}", gpu.id) };
  const distance = (other: GpuSpec) =>
    Math.abs(Math.log(other.memoryBytesPerSecond / gpu.memoryBytesPerSecond));
  const [nearest] = gpus
    .filter((other) => (other.kernels?.[table].length ?? 0) > 0)
    .toSorted((a, b) => distance(a) - distance(b));
  const curves = nearest?.kernels?.[table];
  if (!nearest || !curves) return null;
  const [fewer, more] = curves;
  const growth = interpolate(more.scanNsByTokens, 16384) / interpolate(fewer.scanNsByTokens, 16384);
  const isStreaming = growth > 1.2;
  const scale = isStreaming ? nearest.memoryBytesPerSecond / gpu.memoryBytesPerSecond : 1;
  const basis = isStreaming
    ? t("measured on {0}, scaled by memory bandwidth", nearest.id)
    : t("measured on {0}, taken as it is, but no faster than memory", nearest.id);
  return { curves, isOwn: false, scale, basis };
}

/** Channels that the convolution of a measured delta-net layer runs over: 16 key heads beside the value heads. */
const measuredConvChannels = (heads: number) => 128 * (2 * 16 + heads);

/** Bytes per second of the short convolution: measured, else at the median share of bandwidth of the measured cards. */
export function convRate(gpu: GpuSpec): number {
  const share = convShare(gpu) ?? median(gpus.flatMap((other) => convShare(other) ?? []));
  return gpu.memoryBytesPerSecond * share;
}

/** Achieved share of memory bandwidth of the convolution kernels, each element read and written once. */
function convShare(gpu: GpuSpec): number | null {
  const curve = gpu.kernels?.gatedDeltaNet[0];
  if (!curve) return null;
  const seconds = interpolate(curve.convNsByTokens, 16384) * 1e-9;
  return (4 * measuredConvChannels(curve.heads)) / seconds / gpu.memoryBytesPerSecond;
}

/** Bytes that all convolutions of the model read and write per token. */
export function convBytesPerToken(model: ModelSpec): number {
  return stateElements(model).reduce((sum, state) => sum + state.layers * 4 * state.convChannels, 0);
}
