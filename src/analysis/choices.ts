/** What each model, GPU or policy of the catalogue would come to in the place of the one in force, without any prompt. */
import type { AnalysisSettings } from "../config/settings.ts";
import { autoCapacityBytes, WeightsDoNotFitError } from "../core/cost/capacity.ts";
import { gpus } from "../core/cost/catalogue/gpus.ts";
import { models } from "../core/cost/catalogue/models.ts";
import { CostError } from "../core/cost/cost-error.ts";
import { findGpu } from "../core/cost/find.ts";
import { longestInList } from "../core/longest-tried.ts";
import type { Policy } from "../core/policies/policy.ts";
import { policies } from "../core/policies/registry.ts";
import { modelInForce, type SettingsInForce } from "./model-in-force.ts";
import { type ServedBy, smallestPrefixBy } from "./smallest-prefix.ts";

export type ChosenKind = "model" | "gpu" | "policy";

/** A setting with another value. */
export type Change = Partial<Pick<AnalysisSettings, ChosenKind | "tensorParallel">>;

export interface Outlook {
  readonly id: string;
  /**
   * Tokens from which on a shared prefix hits under the policy; `null` where none up to `longestInList` does. Left out
   * where it says nothing of what is chosen.
   */
  readonly smallestPrefixTokens?: number | null;
  /** Bytes that weights and reserve leave on the GPUs; negative by what is missing. Left out where the memory is not one's own. */
  readonly freeBytes?: number;
  /** What else to set so that it fits, the nearest first; empty where it fits as it is, or nothing is near. */
  readonly fits: readonly Change[];
  /** Why it cannot be served at all; `null` where it can. */
  readonly refusal: string | null;
}

/** More GPUs are no near thing. */
const mostGpus = 8;

/** One after the other, in the catalogue's order; some milliseconds each. */
export function* outlooks(
  settings: SettingsInForce,
  policy: Policy,
  kind: ChosenKind,
): Generator<void, readonly Outlook[], void> {
  const found: Outlook[] = [];
  const now = { model: modelInForce(settings), gpu: findGpu(settings.gpu), policy };
  const choices: Readonly<Record<ChosenKind, readonly (typeof now & { readonly id: string })[]>> = {
    model: models.map((model) => ({ ...now, model, id: model.id })),
    gpu: gpus.map((gpu) => ({ ...now, gpu, id: gpu.id })),
    policy: policies.map((each) => ({ ...now, policy: each, id: each.id })),
  };
  for (const choice of choices[kind]) {
    found.push({ id: choice.id, ...(yield* outlookOf(choice, settings, kind)) });
    yield;
  }
  return found;
}

function* outlookOf(
  served: ServedBy,
  settings: SettingsInForce,
  kind: ChosenKind,
): Generator<void, Omit<Outlook, "id">, void> {
  const { policy } = served;
  const room = policy.memory === "own" ? roomOf(served, settings, kind) : {};
  // A GPU changes no length but by its memory.
  if (kind === "gpu") return { fits: [], refusal: null, ...room };
  const servedSo = { ...settings, kvType: settings.kvType === "fp8" ? "fp8" : "bf16" } as const;
  try {
    return {
      fits: [],
      refusal: null,
      ...room,
      smallestPrefixTokens: yield* smallestPrefixBy(served, servedSo, longestInList),
    };
  } catch (error) {
    if (!(error instanceof CostError)) throw error;
    return { fits: [], ...room, refusal: error.message };
  }
}

function roomOf(
  { model, gpu }: ServedBy,
  { tensorParallel, capacity }: SettingsInForce,
  kind: ChosenKind,
): Pick<Outlook, "freeBytes" | "fits" | "refusal"> {
  try {
    return { freeBytes: autoCapacityBytes({ model, gpu, tensorParallel }), fits: [], refusal: null };
  } catch (error) {
    if (!(error instanceof CostError)) throw error;
    if (!(error instanceof WeightsDoNotFitError)) return { fits: [], refusal: error.message };
    const { smallestTensorParallel: ranks, fittingGpus, weightBytes, usableBytes } = error;
    const freeBytes = usableBytes - weightBytes;
    // Who says how large the cache is need not let us find room for it.
    if (capacity.trim().toLowerCase() !== "auto") return { freeBytes, fits: [], refusal: null };
    const chosen: Change = kind === "model" ? { model: model.id } : kind === "gpu" ? { gpu: gpu.id } : {};
    const onMore: readonly Change[] =
      ranks !== null && ranks <= mostGpus ? [{ ...chosen, tensorParallel: ranks }] : [];
    // Who chooses a GPU wants that one.
    const others =
      kind === "gpu" ? [] : fittingGpus.slice(0, 2).map((id): Change => ({ ...chosen, gpu: id }));
    return {
      freeBytes,
      fits: [...onMore, ...others],
      refusal: error.message,
    };
  }
}
