/** How many layers of each kind a model has, read off its patterns. */
import { invariant } from "../invariant.ts";
import type { ModelSpec } from "./model-spec.ts";

export interface LayerCounts {
  readonly attention: number;
  readonly slidingAttention: number;
  readonly latentAttention: number;
  /** Attention layers that read another layer's KV and keep none (Phi-4-mini-flash). */
  readonly crossAttention: number;
  /** Compressed attention (DeepSeek-V4): the window alone, with chosen entries, and with entries of long groups. */
  readonly windowEntries: number;
  readonly sparseEntries: number;
  readonly denseEntries: number;
  readonly mamba1: number;
  readonly mamba2: number;
  readonly gatedDeltaNet: number;
  readonly kimiDelta: number;
  readonly lightning: number;
  readonly shortConv: number;
  readonly rgLru: number;
  /** Gated memory units reuse the output of a recurrent layer and keep no state (Phi-4-mini-flash). */
  readonly gatedMemoryUnit: number;
  readonly mlp: number;
  readonly moe: number;
}

export type LayerKind = keyof LayerCounts;

/** A letter stands for one residual block, or for several mixers that run in parallel in one. */
const kindsOfLetter: Readonly<Record<string, readonly LayerKind[]>> = {
  "*": ["attention"],
  S: ["slidingAttention"],
  A: ["latentAttention"],
  X: ["crossAttention"],
  W: ["windowEntries"],
  c: ["sparseEntries"],
  d: ["denseEntries"],
  m: ["mamba1"],
  M: ["mamba2"],
  G: ["gatedDeltaNet"],
  K: ["kimiDelta"],
  L: ["lightning"],
  C: ["shortConv"],
  R: ["rgLru"],
  U: ["gatedMemoryUnit"],
  P: ["attention", "mamba2"],
  H: ["attention", "mamba1"],
  h: ["slidingAttention", "mamba1"],
  Z: ["mamba2", "attention", "mlp"],
  "-": ["mlp"],
  E: ["moe"],
};

export function countLayers(model: Pick<ModelSpec, "id" | "mixerPattern" | "ffnPattern">): LayerCounts {
  const counts: Record<LayerKind, number> = {
    attention: 0,
    slidingAttention: 0,
    latentAttention: 0,
    crossAttention: 0,
    windowEntries: 0,
    sparseEntries: 0,
    denseEntries: 0,
    mamba1: 0,
    mamba2: 0,
    gatedDeltaNet: 0,
    kimiDelta: 0,
    lightning: 0,
    shortConv: 0,
    rgLru: 0,
    gatedMemoryUnit: 0,
    mlp: 0,
    moe: 0,
  };
  for (const letter of model.mixerPattern + (model.ffnPattern ?? "")) {
    const kinds = kindsOfLetter[letter];
    invariant(kinds !== undefined, `${model.id} has the unknown layer letter ${letter}`);
    for (const kind of kinds) counts[kind] += 1;
  }
  return counts;
}

/** The kinds of layers of a model, in the order in which they first stand in it. */
export function layerKindsInOrder(model: Pick<ModelSpec, "mixerPattern" | "ffnPattern">): LayerKind[] {
  const letters = new Set(model.mixerPattern + (model.ffnPattern ?? ""));
  return [...new Set([...letters].flatMap((letter) => kindsOfLetter[letter] ?? []))];
}

/**
 * Attention layers, full and sliding, that keep a KV cache of their own:
 * a sharing group keeps one for all its layers (Hymba, arXiv 2411.13676, section 2.3).
 */
export function countKvCaches(model: ModelSpec): { full: number; sliding: number; latent: number } {
  const counts = countLayers(model);
  let full = counts.attention;
  let sliding = counts.slidingAttention;
  for (const group of model.attention?.kvSharingGroups ?? []) {
    const isFull = "*PHZ".includes(model.mixerPattern.charAt(group[0]));
    if (isFull) full -= group.length - 1;
    else sliding -= group.length - 1;
  }
  return { full, sliding, latent: counts.latentAttention };
}
