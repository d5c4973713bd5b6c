/** Predicted against measured TTFT for every published series at hand; no constant is fitted to a series here. */
import { llamaCppDefaults } from "../../core/cache/engines/llama-cpp/options.ts";
import { relativeClaims, ttftSeries } from "../../core/cost/catalogue/ttft-series.ts";
import { median } from "../../core/cost/curve.ts";
import { findGpu, findModel } from "../../core/cost/find.ts";
import type { TtftSeries } from "../../core/cost/gpu-spec.ts";
import type { ModelSpec, WeightFormat } from "../../core/cost/model-spec.ts";
import { createTtftModel } from "../../core/cost/ttft.ts";
import { count, decimal, percent, seconds, signedPercent } from "../../words/numbers.ts";
import { textTable } from "../../words/table.ts";
import { type Command, parseArguments } from "./command.ts";

export interface ValidatedPoint {
  readonly promptTokens: number;
  readonly measuredSeconds: number;
  readonly predictedSeconds: number;
  /** Predicted over measured, less 1. */
  readonly error: number;
}

export interface ValidatedSeries {
  readonly series: TtftSeries;
  /** Empty when the series was skipped. */
  readonly points: readonly ValidatedPoint[];
  readonly skipped: string | null;
  /** Counts in the overall median: measured on one request at a time. */
  readonly counts: boolean;
}

/** How the names of measured systems map to the catalogue; first match wins. */
const systems: readonly (readonly [RegExp, string])[] = [
  [/A100 40 GB SXM/, "A100-SXM-40"],
  [/H100 80 GB/, "H100-SXM"],
  [/H200/, "H200-SXM"],
  [/B200/, "B200-SXM"],
  [/RTX 3090/, "RTX3090"],
  [/RTX 4090/, "RTX4090"],
  [/RTX 5090/, "RTX5090"],
];

/** How the sources name the storage of weights; bf16 where none matches. */
const formats: readonly (readonly [RegExp, WeightFormat])[] = [
  [/NVFP4/, "fp4"],
  [/W4A8/, "int4"],
  [/4-bit weights/, "q4"],
  [/3-bit weights/, "q3"],
  [/fp8\b|\bFP8\)/, "fp8"],
];

export function validateTtft(): ValidatedSeries[] {
  return ttftSeries.map((series) => {
    const setup = setupOf(series);
    if (typeof setup === "string") return { series, points: [], skipped: setup, counts: false };
    const { model, gpuId, ...options } = setup;
    const ttft = createTtftModel(model, findGpu(gpuId), options);
    const points = series.points.map(({ promptTokens, seconds }) => {
      const predictedSeconds = ttft.ttftSeconds(0, promptTokens);
      return {
        promptTokens,
        measuredSeconds: seconds,
        predictedSeconds,
        error: predictedSeconds / seconds - 1,
      };
    });
    return { series, points, skipped: null, counts: series.basis !== "mean under load" };
  });
}

interface Setup {
  readonly model: ModelSpec;
  readonly gpuId: string;
  readonly tensorParallel: number;
  readonly weights: WeightFormat;
  /** Left out where the engine is not known to cut prompts, or its memory budget is not stated. */
  readonly stepTokens?: number;
}

/** The prediction's inputs, or why there is none. */
function setupOf(series: TtftSeries): Setup | string {
  const gpuId = systems.find(([pattern]) => pattern.test(series.system))?.[1];
  if (gpuId === undefined) return `GPU not in the catalogue: ${series.system}`;
  const tensorParallel = Number(/^\d+/.exec(series.system)?.[0] ?? 1);
  const text = `${series.model}, ${series.engine}, ${series.system}`;
  const weights = formats.find(([pattern]) => pattern.test(text))?.[1] ?? "bf16";
  try {
    const model = findModel(series.model.replace(/ \(.*/, ""));
    return { model, gpuId, tensorParallel, weights, ...stepsOf(series.engine) };
  } catch {
    return `model not in the catalogue: ${series.model}`;
  }
}

/** Micro-batches as llama.cpp is released: of other engines no series says how they were set. */
function stepsOf(engine: string): Pick<Setup, "stepTokens"> {
  return /llama\.cpp/.test(engine) ? { stepTokens: llamaCppDefaults.microBatchTokens } : {};
}

/** Median of absolute errors; `null` without points. */
export function medianError(series: readonly ValidatedSeries[]): number | null {
  const errors = series.flatMap(({ points }) => points.map(({ error }) => Math.abs(error)));
  return errors.length > 0 ? median(errors) : null;
}

const syntax = {
  name: "validate-ttft",
  operands: null,
  about: "predicted against measured times to first token",
  settings: [],
  options: {},
} as const;

export const validateTtftCommand: Command = {
  ...syntax,
  run(args, { print }) {
    parseArguments(syntax, args);
    print(formatTtftValidation());
    return 0;
  },
};

/** The table that `npm run validate:ttft` prints. */
export function formatTtftValidation(validated: readonly ValidatedSeries[] = validateTtft()): string {
  const lines: string[] = [];
  for (const { series, points, skipped, counts } of validated) {
    lines.push(`${series.model} | ${series.system} | ${series.engine}`);
    lines.push(`  ${series.basis}; confidence ${series.confidence}; ${series.source}`);
    if (skipped !== null) lines.push(`  skipped: ${skipped}`);
    lines.push(...pointLines(points));
    if (points.length > 0)
      lines.push(`  ${seriesSummary(points)}${counts ? "" : "; not counted: other requests were running"}`);
    lines.push("");
  }
  return [...lines, ...overall(validated), "", ...claims()].join("\n");
}

function pointLines(points: readonly ValidatedPoint[]): string[] {
  if (points.length === 0) return [];
  const rows = points.map(({ promptTokens, measuredSeconds, predictedSeconds, error }) => [
    count(promptTokens),
    seconds(measuredSeconds),
    seconds(predictedSeconds),
    signedPercent(error),
  ]);
  return textTable([["tokens", "measured", "predicted", "error"], ...rows], () => true).map(
    (line) => `  ${line}`,
  );
}

function seriesSummary(points: readonly ValidatedPoint[]): string {
  const absolute = points.map(({ error }) => Math.abs(error));
  return `median |error| ${percent(median(absolute))}, worst ${percent(Math.max(...absolute))}`;
}

function overall(validated: readonly ValidatedSeries[]): string[] {
  const counted = validated.filter(({ counts }) => counts);
  const others = counted.filter(({ series }) => !series.isCalibration);
  return [
    `All counted: ${errorSummary(counted)}.`,
    `Without the two that the engine share comes from: ${errorSummary(others)}.`,
    "No series is a clean hold-out: the cards' stated ranges rest partly on them (docs/adr/0005-ttft-by-roofline.md).",
    `Skipped: ${validated.filter(({ skipped }) => skipped !== null).length}.`,
  ];
}

function errorSummary(validated: readonly ValidatedSeries[]): string {
  const points = validated.reduce((sum, series) => sum + series.points.length, 0);
  const perSeries = validated.map((series) => medianError([series]) ?? 0);
  return (
    `${validated.length} series, ${points} points; median |error| per point ${percent(medianError(validated) ?? 0)}, ` +
    `median over series of their medians ${percent(median(perSeries))}`
  );
}

/** Published ratios: predicted where the claim is about prefill and both sides can be built. */
function claims(): string[] {
  return ["Relative claims:", ...relativeClaims.map((claim) => `  ${claim}\n    ${claimVerdict(claim)}`)];
}

function claimVerdict(claim: string): string {
  if (claim.startsWith("Kimi Linear")) {
    const kimi = findModel("moonshotai/Kimi-Linear-48B-A3B-Instruct");
    const attentionOnly = { ...kimi, mixerPattern: "A".repeat(kimi.mixerPattern.length), kimiDelta: null };
    const ratio = ttftSeconds(attentionOnly, "H200-SXM", 131072) / ttftSeconds(kimi, "H200-SXM", 131072);
    return `predicted ${decimal(ratio)} times faster prefill at 131,072 tokens than the same model with attention everywhere, on one H200 (card not stated)`;
  }
  if (claim.startsWith("DeltaNet scan kernel")) {
    const model = findModel("Qwen/Qwen3.5-397B-A17B");
    const { scanSeconds, totalSeconds } = createTtftModel(model, findGpu("B200-SXM"), {
      tensorParallel: 8,
    }).breakdown(0, 8192);
    return `the scan is ${percent(scanSeconds / totalSeconds)} of the predicted TTFT on eight B200, so a kernel can save no more than that`;
  }
  if (claim.startsWith("SSM-Scope")) {
    const ratio =
      ttftSeconds(findModel("Qwen/Qwen3-8B"), "RTX4090", 57344) /
      ttftSeconds(findModel("falcon-mamba-7b"), "RTX4090", 57344);
    return `models not stated; predicted ${decimal(ratio)} times for falcon-mamba-7b against Qwen3-8B on RTX 4090`;
  }
  return "not predicted: throughput with decoding, not TTFT";
}

function ttftSeconds(model: ModelSpec, gpuId: string, promptTokens: number): number {
  return createTtftModel(model, findGpu(gpuId)).ttftSeconds(0, promptTokens);
}
