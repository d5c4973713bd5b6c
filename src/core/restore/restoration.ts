/** Ways to bring back the state of a sequence that is no longer on the GPU, their times, and the fastest of them. */
import { CostError } from "../cost/cost-error.ts";
import type { ModelCostOptions } from "../cost/model-cost.ts";
import type { ModelSpec } from "../cost/model-spec.ts";
import { fastestSchedule, type LayerTimes } from "./hcache.ts";
import { type RestorationWork, restorationWork, stateSizes } from "./layer-work.ts";

/**
 * `recompute`: prefill from tokens. `offload`: KV and checkpoint as they are. `hiddenStates`: HCache.
 * `offloadAndRecompute`: the last layers as KV while the first are recomputed (the naive mix of HCache's figure 12).
 */
export type RestorationWay = "recompute" | "offload" | "hiddenStates" | "offloadAndRecompute";

export interface RestorationInput {
  readonly tokens: number;
  /** Leading ones of them that are on the GPU already; 0 when left out. */
  readonly residentTokens?: number;
  /** From where the states lie to all GPUs of the model together; may be infinite. See `tierBytesPerSecond`. */
  readonly bytesPerSecond: number;
  /** The same for the checkpoint, where it lies elsewhere than most of the rest. */
  readonly checkpointBytesPerSecond?: number;
  /** What the GPUs reach together in a prefill, not their peak. */
  readonly flopsPerSecond: number;
  /** A checkpoint was stored at exactly this token; models without checkpoints do not ask. */
  readonly hasCheckpoint: boolean;
}

export interface WayEstimate {
  readonly way: RestorationWay;
  readonly seconds: number;
  /** Bytes that must have been kept, and are loaded. */
  readonly storedBytes: number;
  readonly computedFlops: number;
  readonly layers: LayerSplit;
}

/** Attention layers that keep KV for every token, by how they are restored. */
export interface LayerSplit {
  readonly projected: number;
  readonly loaded: number;
  readonly recomputed: number;
}

export interface Refusal {
  readonly way: RestorationWay;
  readonly reason: string;
}

export interface RestorationPlan {
  /** Never slower than any other estimate. */
  readonly chosen: WayEstimate;
  readonly estimates: readonly WayEstimate[];
  /** Ways that this model or what was stored does not allow. */
  readonly refused: readonly Refusal[];
  /** The chosen way in a sentence. */
  readonly choice: string;
  /** Sentences: the choice, why it is the best, and what hidden states do and do not restore. */
  readonly reason: string;
}

/** Throws `CostError` for amounts that are no amounts, and when heads do not divide among the ranks. */
export function planRestoration(
  model: ModelSpec,
  input: RestorationInput,
  options: ModelCostOptions = {},
): RestorationPlan {
  checkInput(input);
  const work = restorationWork(model, input.tokens, options, input.residentTokens);
  const estimates = [recompute(work, input)];
  const refused: Refusal[] = [];
  const missing = work.checkpointBytes > 0 && !input.hasCheckpoint ? missingCheckpoint(work) : null;
  const add = (way: RestorationWay, refusal: string | null, estimate: () => WayEstimate) => {
    if (refusal === null) estimates.push(estimate());
    else refused.push({ way, reason: refusal });
  };
  add("offload", missing, () => offload(work, input));
  add("hiddenStates", missing ?? noLayersToProject(work), () => hiddenStates(work, input));
  add("offloadAndRecompute", missing ?? noLayersToRecompute(work), () => offloadAndRecompute(work, input));
  const chosen = estimates.reduce((best, estimate) => (estimate.seconds < best.seconds ? estimate : best));
  const reason = explain(model, work, chosen, missing, options);
  return { chosen, estimates, refused, choice: choiceText(chosen), reason };
}

function checkInput(input: RestorationInput): void {
  const { tokens, residentTokens = 0, bytesPerSecond, flopsPerSecond } = input;
  const { checkpointBytesPerSecond = bytesPerSecond } = input;
  if (!Number.isInteger(tokens) || tokens < 0) {
    throw new CostError(`Tokens to restore must be a whole number from 0, not ${tokens}.`);
  }
  if (!Number.isInteger(residentTokens) || residentTokens < 0 || residentTokens > tokens) {
    throw new CostError(`Of ${tokens} tokens ${residentTokens} cannot be on the GPU already.`);
  }
  if (!(bytesPerSecond > 0)) throw new CostError(`Bandwidth must be above 0 bytes/s, not ${bytesPerSecond}.`);
  if (!(checkpointBytesPerSecond > 0)) {
    throw new CostError(`Bandwidth of checkpoints must be above 0 bytes/s, not ${checkpointBytesPerSecond}.`);
  }
  if (!(flopsPerSecond > 0 && Number.isFinite(flopsPerSecond))) {
    throw new CostError(`Speed must be a number above 0 FLOP/s, not ${flopsPerSecond}.`);
  }
}

/** A recurrent state at N is the scan over all N tokens: it cannot be projected from the hidden state of token N. */
function missingCheckpoint(work: RestorationWork): string {
  return work.hasRecurrentLayers
    ? "No checkpoint was stored at this token: the recurrent state depends on every token before it, cannot be projected from hidden states, and replaying it is the prefill itself."
    : "No checkpoint was stored at this token: the KV of the sliding windows is missing.";
}

function noLayersToProject(work: RestorationWork): string | null {
  return work.layers === 0
    ? "No attention layer keeps KV for every token: there is nothing to project."
    : null;
}

function noLayersToRecompute(work: RestorationWork): string | null {
  if (work.layers < 2) return "There are not two attention layers to divide.";
  return work.recomputeFlops === null
    ? "The first layers cannot be recomputed at a uniform cost: layers that need a checkpoint lie between them."
    : null;
}

function recompute(work: RestorationWork, input: RestorationInput): WayEstimate {
  return {
    way: "recompute",
    seconds: work.prefillFlops / input.flopsPerSecond,
    storedBytes: 0,
    computedFlops: work.prefillFlops,
    layers: { projected: 0, loaded: 0, recomputed: work.layers },
  };
}

function offload(work: RestorationWork, input: RestorationInput): WayEstimate {
  const storedBytes = work.checkpointBytes + work.layers * work.kvBytes;
  return {
    way: "offload",
    seconds: checkpointSeconds(work, input) + (work.layers * work.kvBytes) / input.bytesPerSecond,
    storedBytes,
    computedFlops: 0,
    layers: { projected: 0, loaded: work.layers, recomputed: 0 },
  };
}

function checkpointSeconds({ checkpointBytes }: RestorationWork, input: RestorationInput): number {
  return checkpointBytes / (input.checkpointBytesPerSecond ?? input.bytesPerSecond);
}

function layerTimes(work: RestorationWork, input: RestorationInput): LayerTimes {
  return {
    loadHiddenSeconds: work.hiddenBytes / input.bytesPerSecond,
    projectSeconds: work.projectionFlops / input.flopsPerSecond,
    loadKvSeconds: work.kvBytes / input.bytesPerSecond,
    recomputeSeconds: work.recomputeFlops === null ? null : work.recomputeFlops / input.flopsPerSecond,
  };
}

function hiddenStates(work: RestorationWork, input: RestorationInput): WayEstimate {
  const fixedLoadSeconds = checkpointSeconds(work, input);
  const { hiddenLayers, otherLayers, otherMethod, seconds } = fastestSchedule(
    work.layers,
    layerTimes(work, input),
    fixedLoadSeconds,
  );
  const loaded = otherMethod === "kv" ? otherLayers : 0;
  const recomputed = otherMethod === "recompute" ? otherLayers : 0;
  return {
    way: "hiddenStates",
    seconds,
    storedBytes: work.checkpointBytes + hiddenLayers * work.hiddenBytes + loaded * work.kvBytes,
    computedFlops: hiddenLayers * work.projectionFlops + recomputed * (work.recomputeFlops ?? 0),
    layers: { projected: hiddenLayers, loaded, recomputed },
  };
}

function offloadAndRecompute(work: RestorationWork, input: RestorationInput): WayEstimate {
  const { loadKvSeconds, recomputeSeconds } = layerTimes(work, input);
  const secondsWith = (loaded: number) =>
    Math.max(loaded * loadKvSeconds, (work.layers - loaded) * (recomputeSeconds ?? 0));
  let loaded = 1;
  for (let count = 2; count < work.layers; count++) {
    if (secondsWith(count) < secondsWith(loaded)) loaded = count;
  }
  const recomputed = work.layers - loaded;
  return {
    way: "offloadAndRecompute",
    seconds: secondsWith(loaded),
    storedBytes: loaded * work.kvBytes,
    computedFlops: recomputed * (work.recomputeFlops ?? 0),
    layers: { projected: 0, loaded, recomputed },
  };
}

function explain(
  model: ModelSpec,
  work: RestorationWork,
  chosen: WayEstimate,
  missing: string | null,
  options: ModelCostOptions,
): string {
  if (missing !== null) return missing;
  const sentences = [choiceText(chosen)];
  const comparison = stateSizes(model, options)?.comparison;
  if (comparison !== undefined) sentences.push(comparison);
  if (work.hasRecurrentLayers) {
    sentences.push(
      "Hidden states restore attention layers only: the recurrent state is loaded from its stored checkpoint.",
    );
  }
  return sentences.join(" ");
}

function choiceText({ way, layers }: WayEstimate): string {
  switch (way) {
    case "recompute":
      return "Computing the tokens again is faster than loading anything.";
    case "offload":
      return "Loading the states as they are is fastest.";
    case "offloadAndRecompute":
      return `Loading the KV of ${layers.loaded} layers while ${layers.recomputed} are recomputed is fastest.`;
    case "hiddenStates": {
      const parts = [`${layers.projected} layers projected`];
      if (layers.loaded > 0) parts.push(`${layers.loaded} loaded as KV`);
      if (layers.recomputed > 0) parts.push(`${layers.recomputed} recomputed`);
      return `Projecting hidden states is fastest: ${parts.join(", ")}.`;
    }
  }
}
