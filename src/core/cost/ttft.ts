/** Time to first token of one prompt alone on its GPUs: a roofline per layer kind. Reasons and errors: docs/adr/0005. */

import { t } from "../../words/l10n.ts";
import { count, percent, seconds } from "../../words/numbers.ts";
import { invariant } from "../invariant.ts";
import { prefillDefaults } from "./catalogue/gpus.ts";
import { attentionFlops, attentionFlopsPerPair, flopsPerTokenByKind, outputHeadFlops } from "./flops.ts";
import {
  attentionRate,
  gemmPlateauShare,
  matrixRate,
  matrixShare,
  moeShare,
  streamRate,
  tensorParallelShare,
} from "./gpu-rates.ts";
import type { GpuSpec } from "./gpu-spec.ts";
import { kvBytesPerToken } from "./kv-bytes.ts";
import type { KvDtype } from "./kv-options.ts";
import type { LayerKind } from "./layer-counts.ts";
import type { ModelSpec, WeightFormat } from "./model-spec.ts";
import { convBytesPerToken, convRate, scanTimes } from "./scan-rates.ts";
import { checkTensorParallel } from "./state-bytes.ts";
import { bytesOfWeights, weightFormats, weightsByKind, weightsInWords } from "./weights.ts";

export interface TtftOptions {
  /** Default 1. */
  readonly tensorParallel?: number;
  /** How all weights are stored; default as the model was released. `fp8` also multiplies at the fp8 peak where the card has one. */
  readonly weights?: WeightFormat;
  /** Default `bf16`. */
  readonly kvDtype?: KvDtype;
  /** Share of the dense peak that dense matrices reach, 0 to 1; default from the card. */
  readonly matrixShare?: number;
  /** Time of a prefill of nothing; default 15 ms. */
  readonly floorSeconds?: number;
  /**
   * The most tokens that the server computes at once, at least 1: each such pass reads all weights, and the keys and values
   * before it. Default: the whole prompt.
   */
  readonly stepTokens?: number;
}

/** `attentionScores` are the products of queries with keys and values; kinds of layers stand for their matrices. */
export type TtftKind = LayerKind | "attentionScores" | "convolution" | "outputHead";

export interface KindTime {
  readonly kind: TtftKind;
  readonly flopsSeconds: number;
  readonly bytesSeconds: number;
  /** The larger of the two in each pass, summed: in one pass the larger of the two. */
  readonly seconds: number;
  readonly boundBy: "flops" | "bytes";
}

/** `totalSeconds` is the sum of the floor, the kinds' seconds and the scans. */
export interface TtftBreakdown {
  readonly totalSeconds: number;
  readonly floorSeconds: number;
  readonly perKind: readonly KindTime[];
  readonly scanSeconds: number;
}

export interface TtftModel {
  /** Prefill of tokens `reusedTokens` … `promptTokens`; 0 ≤ reusedTokens ≤ promptTokens. */
  ttftSeconds(reusedTokens: number, promptTokens: number): number;
  breakdown(reusedTokens: number, promptTokens: number): TtftBreakdown;
  /** What the prediction rests on, one sentence each. */
  readonly assumptions: readonly string[];
}

/** Everything that does not depend on the prompt. Rates are those of all ranks together. */
interface Rates {
  readonly matrices: (rows: number) => number;
  readonly attention: (promptTokens: number) => number;
  readonly stream: number;
  readonly conv: number;
}

/** Throws `CostError` when the heads do not divide among the ranks. */
export function createTtftModel(model: ModelSpec, gpu: GpuSpec, options: TtftOptions = {}): TtftModel {
  const {
    tensorParallel = 1,
    weights,
    kvDtype = "bf16",
    floorSeconds = prefillDefaults.floorSeconds,
    stepTokens = Number.POSITIVE_INFINITY,
  } = options;
  checkTensorParallel(model, tensorParallel);
  invariant(stepTokens >= 1, `steps of ${stepTokens} tokens`);
  const share = options.matrixShare ?? matrixShare(gpu);
  const ranksShare = tensorParallel > 1 ? tensorParallel * tensorParallelShare : 1;
  // Released formats change the bytes that are read, and no rate: which kernels a server takes is not known.
  const perGpuMatrices = matrixRate(gpu, weights ?? "bf16", share);
  const perGpuAttention = attentionRate(gpu);
  const rates: Rates = {
    matrices: (rows) => perGpuMatrices(rows) * ranksShare,
    attention: (promptTokens) => perGpuAttention(promptTokens) * tensorParallel,
    stream: streamRate(gpu) * tensorParallel,
    conv: convRate(gpu) * tensorParallel,
  };
  const layers = layerTimes(model, weights, stepTokens, rates);
  const attention = attentionTime(model, { kvDtype, tensorParallel, stepTokens }, rates);
  const conv = convTime(model, rates);
  const head = outputHeadTime(model, weights ?? "bf16", rates);
  const scans = scanTimes(model, gpu, tensorParallel);

  function breakdown(reusedTokens: number, promptTokens: number): TtftBreakdown {
    invariant(
      reusedTokens >= 0 && reusedTokens <= promptTokens,
      `${reusedTokens} reused tokens of a prompt of ${promptTokens}`,
    );
    const newTokens = promptTokens - reusedTokens;
    const perKind = newTokens === 0 ? [] : layers.map((layer) => layer(newTokens));
    if (newTokens > 0 && attention) perKind.push(attention(reusedTokens, promptTokens));
    if (newTokens > 0 && conv) perKind.push(conv(newTokens));
    perKind.push(head);
    let scanSeconds = 0;
    for (const scan of scans) scanSeconds += newTokens * scan.layers * scan.secondsPerToken(newTokens);
    const kindSeconds = perKind.reduce((sum, kind) => sum + kind.seconds, 0);
    return { totalSeconds: floorSeconds + kindSeconds + scanSeconds, floorSeconds, perKind, scanSeconds };
  }

  return {
    ttftSeconds: (reusedTokens, promptTokens) => breakdown(reusedTokens, promptTokens).totalSeconds,
    breakdown,
    assumptions: assumptions(
      model,
      gpu,
      { tensorParallel, weights, floorSeconds, stepTokens, share },
      options,
    ),
  };
}

function kindTime(kind: TtftKind, flopsSeconds: number, bytesSeconds: number): KindTime {
  const boundBy = flopsSeconds >= bytesSeconds ? "flops" : "bytes";
  return { kind, flopsSeconds, bytesSeconds, seconds: Math.max(flopsSeconds, bytesSeconds), boundBy };
}

/**
 * Matrices of each layer kind. FLOPs at the rate of so many rows, however they are cut: no engine was measured to lose more
 * with passes of 512 (docs/adr/0005). Weights are read once in each pass, which takes the longer of its own FLOPs and that.
 */
function layerTimes(
  model: ModelSpec,
  format: WeightFormat | undefined,
  stepTokens: number,
  rates: Rates,
): ((newTokens: number) => KindTime)[] {
  const { routedExperts, otherMatrices } = weightFormats(model, format);
  return weightsByKind(model).map(({ kind, used, stored, routed }) => {
    const share = kind === "moe" ? moeShare : 1;
    const flopsSeconds = (newTokens: number) =>
      newTokens === 0 ? 0 : (newTokens * 2 * used) / (rates.matrices(newTokens) * share);
    const bytesSeconds = (tokens: number) => {
      const ofExperts = routed === 0 ? 0 : routed * shareOfExpertsTouched(model, tokens);
      const others = routed === 0 ? used : stored - routed;
      const read = bytesOfWeights(ofExperts, routedExperts) + bytesOfWeights(others, otherMatrices);
      return read / rates.stream;
    };
    const perFullPass = Number.isFinite(stepTokens) ? bytesSeconds(stepTokens) : 0;
    // Seconds of so many full passes, made longer when a prompt needs it.
    const full = [0];
    return (newTokens) => {
      const passes = Number.isFinite(stepTokens) ? Math.ceil(newTokens / stepTokens) - 1 : 0;
      for (let done = full.length; done <= passes; done++) {
        const own = flopsSeconds(done * stepTokens) - flopsSeconds((done - 1) * stepTokens);
        full.push(full[done - 1] + Math.max(own, perFullPass));
      }
      const before = passes === 0 ? 0 : passes * stepTokens;
      const lastBytes = bytesSeconds(newTokens - before);
      const all = kindTime(kind, flopsSeconds(newTokens), passes * perFullPass + lastBytes);
      if (passes === 0) return all;
      const ownOfLast = flopsSeconds(newTokens) - flopsSeconds(before);
      return { ...all, seconds: full[passes] + Math.max(ownOfLast, lastBytes) };
    };
  });
}

/** Expected share of experts that at least one of the tokens is routed to, by even and independent routing. */
function shareOfExpertsTouched(model: ModelSpec, tokens: number): number {
  if (!model.moe) return 0;
  return 1 - (1 - model.moe.expertsPerToken / model.moe.experts) ** tokens;
}

/** Scores and weighted values; each pass reads the KV of the prompt up to its own end. */
function attentionTime(
  model: ModelSpec,
  {
    stepTokens,
    ...kvOptions
  }: { readonly kvDtype: KvDtype; readonly tensorParallel: number; readonly stepTokens: number },
  rates: Rates,
): ((reusedTokens: number, promptTokens: number) => KindTime) | null {
  const perPair = attentionFlopsPerPair(model);
  if (perPair.full + perPair.sliding + perPair.chosen === 0) return null;
  const kv = kvBytesPerToken(model, kvOptions);
  return (reusedTokens, promptTokens) => {
    const flops = attentionFlops(perPair, kv.windowTokens, reusedTokens, promptTokens);
    const passes = Math.max(1, Math.ceil((promptTokens - reusedTokens) / stepTokens));
    const read = readTokens(promptTokens, passes, stepTokens);
    const windowRead = readInWindow(promptTokens, passes, stepTokens, kv.windowTokens);
    const bytes = read * kv.fullBytes + windowRead * kv.slidingBytes;
    // By prompt length, not by new tokens: few queries against a long prefix still fill the GPU with keys.
    return kindTime("attentionScores", flops / rates.attention(promptTokens), bytes / rates.stream);
  };
}

/**
 * Tokens before the ends of so many passes, the last of which ends with the prompt. Counted back from there, so that a longer
 * reused prefix never has more to read.
 */
function readTokens(promptTokens: number, passes: number, stepTokens: number): number {
  return passes <= 1
    ? passes * promptTokens
    : passes * promptTokens - (stepTokens * passes * (passes - 1)) / 2;
}

/** The same, where no pass reads more than a window. */
function readInWindow(
  promptTokens: number,
  passes: number,
  stepTokens: number,
  windowTokens: number,
): number {
  if (passes <= 1) return passes * Math.min(promptTokens, windowTokens);
  const full = Math.min(passes, Math.max(0, Math.ceil((promptTokens - windowTokens) / stepTokens)));
  return full * windowTokens + readTokens(promptTokens - full * stepTokens, passes - full, stepTokens);
}

/** Short convolutions are bound by memory in every measurement. */
function convTime(model: ModelSpec, rates: Rates): ((newTokens: number) => KindTime) | null {
  const bytesPerToken = convBytesPerToken(model);
  if (bytesPerToken === 0) return null;
  const flopsPerToken = flopsPerTokenByKind(model).reduce((sum, kind) => sum + kind.conv, 0);
  return (newTokens) =>
    kindTime(
      "convolution",
      (newTokens * flopsPerToken) / rates.matrices(newTokens),
      (newTokens * bytesPerToken) / rates.conv,
    );
}

/** Logits of one token. */
function outputHeadTime(model: ModelSpec, format: WeightFormat, rates: Rates): KindTime {
  const flops = outputHeadFlops(model);
  return kindTime("outputHead", flops / rates.matrices(1), bytesOfWeights(flops / 2, format) / rates.stream);
}

function assumptions(
  model: ModelSpec,
  gpu: GpuSpec,
  chosen: {
    tensorParallel: number;
    weights: WeightFormat | undefined;
    floorSeconds: number;
    stepTokens: number;
    share: number;
  },
  options: TtftOptions,
): string[] {
  const [least, most] = prefillDefaults.floorSecondsRange;
  const result = [
    Number.isFinite(chosen.stepTokens)
      ? t(
          "One prompt at a time, in passes of at most {0} tokens, each of which reads all weights: no queue, no other requests in the batch.",
          count(chosen.stepTokens),
        )
      : t("One prompt at a time, in one prefill: no queue, no other requests in the batch."),
    options.matrixShare !== undefined
      ? t("Dense matrices reach {0} of the peak, as set.", percent(chosen.share))
      : t("Dense matrices reach {share} of the dense peak of {name} ({gpu}).", {
          share: percent(chosen.share),
          name: gpu.name,
          gpu: shareBasis(gpu),
        }),
    gpu.kernels
      ? t("Attention at the rates measured on {0}.", gpu.id)
      : t(
          "Attention in the proportion to matrices measured on related cards: none is published for this one.",
        ),
    t("Fixed cost of {fixed}; measured ones range from {least} to {most}.", {
      ...{ fixed: seconds(chosen.floorSeconds), least: seconds(least), most: seconds(most) },
    }),
  ];
  for (const scan of scanTimes(model, gpu, chosen.tensorParallel)) {
    result.push(
      t("Recurrent scan ({kind}) after the matrices: {basis}.", { kind: scan.kind, basis: scan.basis }),
    );
  }
  if (model.moe) result.push(t("Experts at {0} of the dense rate, evenly routed.", percent(moeShare)));
  if (chosen.tensorParallel > 1) {
    result.push(
      t(
        "{tensorParallel} GPUs at {tensorParallelShare} of their joint rate; plain PCIe between them can be much slower.",
        { tensorParallel: chosen.tensorParallel, tensorParallelShare: percent(tensorParallelShare) },
      ),
    );
  }
  const stored = chosen.weights ?? weightsInWords(model);
  if (stored !== "bf16") result.push(t("Weights stored as {0}.", stored));
  if (model.vocabularyTokens === null)
    result.push(t("Vocabulary size unknown: the output head is left out."));
  return result;
}

function shareBasis(gpu: GpuSpec): string {
  if (gemmPlateauShare(gpu) === null) return gpu.prefillMfu.basis;
  return t("measured matrix kernels, less what engines lose between them");
}
