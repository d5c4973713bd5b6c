/** Settings to a scenario: the model, the GPU, the cache that fits beside the weights, and what that assumes. */

import { type Measured, parseMeasured } from "../config/measured.ts";
import { type AnalysisSettings, checkNumbers, UserError } from "../config/settings.ts";
import type { CacheSystem } from "../core/cache/cache-system.ts";
import type { Spans } from "../core/cache/edge-tokens.ts";
import { parseBytes } from "../core/cost/bytes.ts";
import {
  autoCapacityBytes,
  type CapacityOptions,
  defaultReserveShare,
  WeightsDoNotFitError,
} from "../core/cost/capacity.ts";
import { CostError } from "../core/cost/cost-error.ts";
import { findGpu } from "../core/cost/find.ts";
import type { GpuSpec } from "../core/cost/gpu-spec.ts";
import type { KvDtype } from "../core/cost/kv-options.ts";
import { createModelCost, type ModelCost } from "../core/cost/model-cost.ts";
import type { ModelSpec } from "../core/cost/model-spec.ts";
import { tableWeights } from "../core/cost/residual-streams.ts";
import type { Engine } from "../core/cost/state-bytes.ts";
import { createTtftModel, type TtftModel } from "../core/cost/ttft.ts";
import { vllmHybridBlock } from "../core/cost/vllm-block.ts";
import { vllmStepBudget } from "../core/cost/vllm-budget.ts";
import { bytesOfWeights, weightBytes, weightsInWords } from "../core/cost/weights.ts";
import { unknownName } from "../core/near-words.ts";
import type { Policy, PolicyContext } from "../core/policies/policy.ts";
import { findPolicy, policies } from "../core/policies/registry.ts";
import { t } from "../words/l10n.ts";
import { bytes, percent } from "../words/numbers.ts";
import { modelAssumptions, modelInForce, type SettingsInForce } from "./model-in-force.ts";
import type { Assumption } from "./report.ts";
import { type VocabularyInForce, vocabularyInForce } from "./vocabulary-in-force.ts";

/** Block of engines for models without recurrent layers (vLLM's default). */
const attentionBlockTokens = 16;
/** Long enough for rates to be those of full GPUs. */
const longPrefillTokens = 8192;

export interface ResolvedScenario {
  readonly settings: SettingsInForce;
  readonly model: ModelSpec;
  readonly gpu: GpuSpec;
  readonly policy: Policy;
  readonly cost: ModelCost;
  /** With the passes that the policy's server makes of a prompt. */
  readonly ttft: TtftModel;
  /** With passes of so many tokens, of a server that is set in another way; with one pass where nothing is said. */
  ttftInSteps(stepTokens?: number): TtftModel;
  readonly capacityBytes: number;
  readonly capacityBasis: "auto" | "given";
  /** What the GPUs have beside the weights; `null` where those leave no room. */
  readonly gpuCapacityBytes: number | null;
  readonly vocabulary: VocabularyInForce;
  /** What the user saw of the real cache; `null` where nothing was given. */
  readonly measured: Measured | null;
  readonly assumptions: readonly Assumption[];
  /** Empty. For requests in spans where those are given and the policy can serve them so. */
  createCache(spans?: Spans): CacheSystem;
  /** A cache of another make in the same place. */
  createWith<T>(create: (context: PolicyContext) => T): T;
}

/**
 * `hostedModel` is that of the requests, where the settings name a hosted policy without one. Throws `UserError` when the
 * settings name something unknown or cannot be met.
 */
export function resolveScenario(
  settings: SettingsInForce,
  hostedModel: string | null = null,
): ResolvedScenario {
  try {
    return resolve(settings, hostedModel);
  } catch (error) {
    if (error instanceof CostError) throw new UserError(error.message);
    throw error;
  }
}

function resolve(settings: SettingsInForce, hostedModel: string | null): ResolvedScenario {
  checkNumbers(settings);
  const model = modelInForce(settings);
  const gpu = findGpu(settings.gpu);
  const found = findPolicy(hostedModel === null ? settings.policy : `${settings.policy}:${hostedModel}`);
  if (found === undefined) {
    const ids = policies.map(({ id }) => id);
    throw new UserError(unknownName("policy", settings.policy, ids));
  }
  const policy = (settings.toolRuns === "once" ? found.withToolRunsOnce : undefined) ?? found;
  const kvDtype = settings.kvType === "fp8" ? "fp8" : "bf16";
  const { tensorParallel } = settings;
  const { ttft: _onePass, ...known } = modelContext(model, gpu, {
    ...settings,
    kvType: kvDtype,
    engine: policy.engine,
  });
  const ttftInSteps = (stepTokens?: number) =>
    createTtftModel(model, gpu, {
      tensorParallel,
      kvDtype,
      ...(stepTokens !== undefined && { stepTokens }),
    });
  const { cost } = known;
  const capacity = resolveCapacity(settings, model, gpu);
  checkCapacity(capacity.bytes, cost, policy);
  const { inFlight } = settings;
  const context: PolicyContext = {
    ...known,
    capacityBytes: capacity.bytes,
    ...(inFlight > 1 && { inFlight }),
  };
  const vocabulary = vocabularyInForce(model, settings);
  const ttft = ttftInSteps(policy.prefillStepTokens?.(context));
  return {
    settings,
    model,
    gpu,
    policy,
    cost,
    ttft,
    ttftInSteps,
    capacityBytes: capacity.bytes,
    capacityBasis: capacity.basis,
    gpuCapacityBytes: gpuCapacity({ model, gpu, tensorParallel }),
    vocabulary,
    measured: parseMeasured(settings.measured),
    assumptions: [
      ...modelAssumptions(settings),
      ...(policy.memory === "provider" ? [] : capacity.assumptions),
      ...ttft.assumptions.map((text, index) => ({ id: `ttft-${index + 1}`, text })),
      flightAssumption(settings, policy),
      ...windowAssumptions(model, cost, policy),
      ...tableAssumptions(model),
      ...hostedModelAssumptions(hostedModel),
      ...draftAssumptions(settings, policy),
      ...(policy.assumptions?.(context) ?? []).map((text, index) => ({ id: `policy-${index + 1}`, text })),
      ...(vocabulary.isExact ? [] : [{ id: "vocabulary", text: vocabulary.note }]),
    ],
    createCache: (spans) => policy.create(spans === undefined ? context : { ...context, spans }),
    createWith: (create) => create(context),
  };
}

/** Models whose only state besides KV are windows have no one place where they resume. */
function windowAssumptions(model: ModelSpec, cost: ModelCost, policy: Policy): readonly Assumption[] {
  if (policy.keepsWindows === true) {
    if (!cost.hasRecurrentLayers || cost.windowKvBytesPerCheckpoint === 0) return [];
    const text = t(
      "Windows beside recurrent layers, as {0} has them, are counted with the states: what a server makes of such models was not compared.",
      model.id,
    );
    return [{ id: "windows-beside-states", text }];
  }
  if (model.compressedAttention !== undefined) {
    const text = t(
      "The windows and unfinished groups of {id} are counted as checkpoints of {checkpointBytes}, each where a prefix can be resumed. The policies of vLLM know its own blocks for them.",
      { id: model.id, checkpointBytes: bytes(cost.checkpointBytes) },
    );
    return [{ id: "compressed-attention", text }];
  }
  if (cost.hasRecurrentLayers || cost.windowKvBytesPerCheckpoint === 0) return [];
  const text = t(
    "The sliding windows of {id} are counted as checkpoints of {windowKvBytesPerCheckpoint}, each where a prefix can be resumed. A server that keeps their blocks can resume in other places as well, and share what windows have in common.",
    { id: model.id, windowKvBytesPerCheckpoint: bytes(cost.windowKvBytesPerCheckpoint) },
  );
  return [{ id: "sliding-windows", text }];
}

function tableAssumptions(model: ModelSpec): readonly Assumption[] {
  const elements = tableWeights(model);
  if (elements === 0) return [];
  const text = t(
    "The table of n-grams of {id} ({elements}) counts as memory of the GPUs: a server that keeps it in host memory leaves more for the cache.",
    { id: model.id, elements: bytes(bytesOfWeights(elements, "bf16")) },
  );
  return [{ id: "ngram-table", text }];
}

function draftAssumptions(settings: AnalysisSettings, policy: Policy): readonly Assumption[] {
  const text = draftNote(policy, settings.draftTokens);
  return text === null ? [] : [{ id: "draft-tokens", text }];
}

/** Where a policy does not count the draft tokens that are set; `null` where it does. */
export function draftNote(policy: Policy, draftTokens: number): string | null {
  const { id, countsDraftTokens, ownDraftTokens } = policy;
  if (draftTokens > 0) {
    return countsDraftTokens === true
      ? null
      : t("The policy {0} knows no draft tokens: they are not counted.", id);
  }
  if (ownDraftTokens === undefined) return null;
  return t(
    "The policy {id} is a server with a draft model: without another number it runs with {ownDraftTokens} draft tokens, and 0 counts as none given. The policy vllm is the same server without.",
    { id, ownDraftTokens },
  );
}

function flightAssumption({ inFlight }: AnalysisSettings, policy: Policy): Assumption {
  if (policy.countsInFlight === true && inFlight > 1) {
    const text = t(
      "{0} requests run at once: the states of those that run cannot be evicted, and a request waits for the one of its conversation. TTFT is that of a lone request, without queueing.",
      inFlight,
    );
    return { id: "in-flight", text };
  }
  const text =
    inFlight > 1
      ? t(
          "Requests are served one at a time, and not {inFlight}, of which the policy {id} knows nothing; TTFT is that of a lone request, without queueing.",
          { inFlight, id: policy.id },
        )
      : t("Requests are served one at a time; TTFT is that of a lone request, without queueing.");
  return { id: "one-at-a-time", text };
}

function hostedModelAssumptions(hostedModel: string | null): readonly Assumption[] {
  if (hostedModel === null) return [];
  const text = t(
    "The provider's rules are those for {0}, which requests of the workspace name.",
    hostedModel,
  );
  return [{ id: "hosted-model", text }];
}

export interface ServedSo {
  /** Default 1. */
  readonly tensorParallel?: number;
  /** Default `bf16`. */
  readonly kvType?: KvDtype;
  /** See the setting; default 0. */
  readonly draftTokens?: number;
  /** See `Policy.engine`. */
  readonly engine?: Engine | undefined;
}

/** What policies are told of a model on its GPUs, but for the capacity, and how long a prefill takes there. */
export function modelContext(model: ModelSpec, gpu: GpuSpec, served: ServedSo = {}) {
  const { tensorParallel = 1, kvType: kvDtype = "bf16", draftTokens = 0, engine } = served;
  const options = { tensorParallel, kvDtype, ...(engine !== undefined && { engine }) };
  const cost = createModelCost(model, options);
  const ttft = createTtftModel(model, gpu, options);
  const engineBlock = vllmHybridBlock(model, options);
  const hostLink = gpu.hostToDeviceBytesPerSecond ?? gpu.pcieBytesPerSecond;
  return {
    cost,
    ttft,
    engineBlockTokens: engineBlock?.blockTokens ?? attentionBlockTokens,
    engineCheckpointBytes: cost.checkpointBytes * (1 + (engineBlock?.paddingShare ?? 0)),
    deployment: {
      model,
      tensorParallel,
      kvDtype,
      draftTokens,
      hostBytesPerSecond: hostLink === null ? null : hostLink * tensorParallel,
      gpuMemoryBytes: gpu.memoryReportedBytes ?? gpu.memoryMarketedGb * 1e9,
      flopsPerSecond: prefillFlopsPerSecond(cost, ttft),
      maxBatchedTokens: vllmStepBudget(gpu),
    },
  };
}

/** What the TTFT model lets a long prefill reach, without its fixed cost. */
function prefillFlopsPerSecond(cost: ModelCost, ttft: TtftModel): number {
  const { totalSeconds, floorSeconds } = ttft.breakdown(0, longPrefillTokens);
  return cost.prefillFlops(0, longPrefillTokens) / (totalSeconds - floorSeconds);
}

interface Capacity {
  readonly bytes: number;
  readonly basis: "auto" | "given";
  readonly assumptions: readonly Assumption[];
}

function resolveCapacity(settings: AnalysisSettings, model: ModelSpec, gpu: GpuSpec): Capacity {
  const given = settings.capacity.trim();
  if (given.toLowerCase() !== "auto") return { bytes: parseBytes(given), basis: "given", assumptions: [] };
  const capacityBytes = autoCapacityBytes({ model, gpu, tensorParallel: settings.tensorParallel });
  const ranks = settings.tensorParallel === 1 ? "" : `${settings.tensorParallel} x `;
  const text = t(
    "The cache has what {ranks}{id} leaves beside {weights} weights ({weightBytes}) and a reserve of {reserve} for activations and context: {capacity}.",
    {
      ...{ ranks, id: gpu.id, weights: weightsInWords(model), weightBytes: bytes(weightBytes(model)) },
      ...{ reserve: percent(defaultReserveShare), capacity: bytes(capacityBytes) },
    },
  );
  return { bytes: capacityBytes, basis: "auto", assumptions: [{ id: "capacity", text }] };
}

function gpuCapacity(options: CapacityOptions): number | null {
  try {
    return autoCapacityBytes(options);
  } catch (error) {
    if (error instanceof WeightsDoNotFitError) return null;
    throw error;
  }
}

/** A cache that cannot hold a single state would report zeros without a word. */
function checkCapacity(capacityBytes: number, cost: ModelCost, policy: Policy): void {
  if (policy.memory !== "own") return;
  if (policy.keepsWindows === true && cost.windowKvBytesPerCheckpoint > 0) return;
  const smallest = cost.checkpointBytes + cost.kvBytesPerToken;
  if (capacityBytes >= smallest) return;
  throw new UserError(
    t(
      "The capacity of {capacityBytes} is smaller than one state of this model ({smallest}: one checkpoint and the KV of one token). Give more, or pick the policy no-cache.",
      { capacityBytes: bytes(capacityBytes), smallest: bytes(smallest) },
    ),
  );
}
