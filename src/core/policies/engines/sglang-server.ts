/** What an SGLang server runs with: its settings, and what it makes of them on a model and a card. */
import type { CacheSystem } from "../../cache/cache-system.ts";
import { checkMemory } from "../../cache/check-memory.ts";
import {
  type HostPools,
  type SglangLevel,
  type SglangModeOptions,
  type SglangPools,
  type SglangStrategy,
  sglangStrategies,
} from "../../cache/engines/sglang/options.ts";
import { SglangCache } from "../../cache/engines/sglang/sglang-cache.ts";
import { int8SavedBytes } from "../../cost/int8-checkpoint.ts";
import { countLayers, type LayerKind } from "../../cost/layer-counts.ts";
import { stateBytes, stateDtypes, stateElements } from "../../cost/state-bytes.ts";
import type { PolicyContext } from "../policy.ts";
import { isHybrid, knownHostLink } from "./settings.ts";

/** As they are given to the server; what it would choose by itself can be left to it. */
export interface SglangServerOptions {
  /** `--mamba-radix-cache-strategy`. */
  readonly strategy: "auto" | SglangStrategy;
  /** `--hybrid-cache-checkpoints-level`; 3 is what versions do that do not have it. */
  readonly level: SglangLevel;
  /** `--page-size`. */
  readonly pageTokens: number;
  /** `--mamba-track-interval`. */
  readonly trackIntervalTokens: number;
  /** `--mamba-full-memory-ratio`: states to KV by memory. */
  readonly stateToKvRatio: number;
  /** `--chunked-prefill-size`; `null` for what it takes on the card. */
  readonly prefillChunkTokens: number | null;
  /** `--enable-int8-mamba-checkpoint`: states of the tree in int8, in a pool of their own. */
  readonly hasInt8Checkpoints: boolean;
  /** `--mamba-max-states-per-path`, -1 for any number; `null` where the level decides, or the version does not have it. */
  readonly statesPerPath: number | null;
  /** `--enable-hierarchical-cache`; `null` without. */
  readonly hiCache: HiCacheOptions | null;
}

export interface HiCacheOptions {
  /** `--hicache-ratio`: host pools to those on the GPU. */
  readonly ratio: number;
  /** `--hicache-write-policy`. */
  readonly writePolicy: HiCacheWritePolicy;
}

/** Insertions that pass a node before it is copied: `unified_radix_cache.py`, `init_hicache`. */
export const copiedAfter = { write_through: 1, write_through_selective: 2 } as const;

type HiCacheWritePolicy = keyof typeof copiedAfter;

export const sglangDefaults: SglangServerOptions = {
  strategy: "auto",
  level: 3,
  pageTokens: 1,
  trackIntervalTokens: 256,
  stateToKvRatio: 0.9,
  prefillChunkTokens: null,
  hasInt8Checkpoints: false,
  statesPerPath: null,
  hiCache: null,
};

/** Versions that have the level. */
export const sglangWithLevel: SglangServerOptions = { ...sglangDefaults, level: 2 };

/** Models of which nothing but sliding windows is a state are taken as plain attention. */
export function withoutWindows(context: PolicyContext): PolicyContext {
  if (!hasOnlyWindows(context)) return context;
  const { cost } = context;
  const prefillFlops = (reused: number, prompt: number) => cost.prefillFlops(reused, prompt);
  return {
    ...context,
    cost: { kvBytesPerToken: cost.kvBytesPerToken, checkpointBytes: 0, prefillFlops },
    engineCheckpointBytes: 0,
  };
}

export function hasOnlyWindows({ deployment }: PolicyContext): boolean {
  const model = deployment?.model;
  if (model === undefined || (model.attention?.windowTokens ?? null) === null) return false;
  return stateElements(model).length === 0;
}

/** What the server runs with. Throws `CostError` where the model has nothing that could be cached. */
export function sglangCache(context: PolicyContext, options: SglangServerOptions): CacheSystem {
  const { kvBytesPerToken, checkpointBytes } = context.cost;
  checkMemory(context.capacityBytes, context.cost);
  const treeStateBytes = keepsInt8(context, options) ? int8StateBytes(context) : checkpointBytes;
  const pools = poolsOf(context, options);
  const host = hostPoolsOf(context, options, pools);
  return new SglangCache({
    ...modeOf(context, options),
    ...pools,
    ...(host === null ? {} : { host }),
    kvBytesPerToken,
    stateBytes: treeStateBytes,
  });
}

function modeOf(context: PolicyContext, options: SglangServerOptions): SglangModeOptions {
  const strategy = strategyOf(context, options);
  return {
    strategy,
    level: options.level,
    ...(options.statesPerPath === null ? {} : { statesPerPath: statesPerPath(options.statesPerPath) }),
    hasOverlap: !isHybrid(context) || sglangStrategies[strategy].hasOverlap,
    pageTokens: options.pageTokens,
    prefillChunkTokens: prefillChunkOf(context, options),
    chunkTokens: kernelChunkOf(context, options.pageTokens),
    trackIntervalTokens: options.trackIntervalTokens,
  };
}

function statesPerPath(given: number): number {
  return given === -1 ? Number.POSITIVE_INFINITY : given;
}

/** `maybe_init_int8_mamba_checkpoint_pool`: slots of the pool of int8 checkpoints for each of the other. */
const int8SlotsPerSlot = 2;

/**
 * `model_runner_kv_cache_mixin.py`: states and KV share what is there by the ratio; only what a model has takes a share. The
 * server takes the pool of int8 checkpoints from memory that it leaves free; here it counts as all others do, so that the
 * three together are no larger than the two would be.
 */
function poolsOf(context: PolicyContext, options: SglangServerOptions): SglangPools {
  const { cost, capacityBytes } = context;
  const { kvBytesPerToken, checkpointBytes } = cost;
  const hasInt8 = keepsInt8(context, options);
  const slotBytes = checkpointBytes + (hasInt8 ? int8SlotsPerSlot * int8StateBytes(context) : 0);
  const isShared = checkpointBytes > 0 && kvBytesPerToken > 0;
  const stateToKv = options.stateToKvRatio * (isShared ? slotBytes / checkpointBytes : 1);
  const stateBytes = isShared ? (capacityBytes * stateToKv) / (1 + stateToKv) : capacityBytes;
  const kvBytes = isShared ? capacityBytes - stateBytes : capacityBytes;
  const stateSlots = checkpointBytes > 0 ? Math.floor(stateBytes / slotBytes) : null;
  return {
    stateSlots,
    ...(hasInt8 && stateSlots !== null ? { checkpointSlots: int8SlotsPerSlot * stateSlots } : {}),
    kvTokens: kvBytesPerToken > 0 ? Math.floor(kvBytes / kvBytesPerToken) : Number.POSITIVE_INFINITY,
  };
}

/** `unified_radix_cache.py`, `init_hicache`. */
const leastLoadedTokens = 10;

/** Beside KV as much of states as the ratio says: `hybrid_pool_assembler.py`, `build_hybrid_mamba_stack`. */
function hostPoolsOf(
  { deployment }: PolicyContext,
  { hiCache }: SglangServerOptions,
  { kvTokens, stateSlots }: SglangPools,
): HostPools | null {
  if (hiCache === null || deployment === undefined) return null;
  return {
    kvTokens: Math.floor(kvTokens * hiCache.ratio),
    stateSlots: Math.floor((stateSlots ?? 0) * hiCache.ratio),
    copiedAfter: copiedAfter[hiCache.writePolicy],
    leastLoadedTokens,
    bytesPerSecond: knownHostLink(deployment),
  };
}

/** States that have heads and key channels; those of other layers are not quantized, and the server does not start with them. */
function keepsInt8(context: PolicyContext, { hasInt8Checkpoints }: SglangServerOptions): boolean {
  return hasInt8Checkpoints && takesInt8(context);
}

export function takesInt8(context: PolicyContext): boolean {
  return isHybrid(context) && takesExtraBuffer(context);
}

/** Where only bytes are known, a state is taken for 32-bit numbers. */
export function int8StateBytes({ cost, deployment }: PolicyContext): number {
  if (deployment === undefined) return cost.checkpointBytes / 4;
  const { model } = deployment;
  const dtypes = stateDtypes(model, "sglang");
  const { convBytes, recurrentBytes } = stateBytes(model, dtypes);
  return convBytes + recurrentBytes - int8SavedBytes(model, dtypes.recurrent);
}

/**
 * Recurrent layers whose kernels can leave a state inside of a prefill. By layer, where the server goes by architecture
 * (`arg_groups/overrides.py`, `_MAMBA_EXTRA_BUFFER_ARCHS`): Qwen3-Next and 3.5, Kimi, Nemotron-H, Falcon-H1, Granite and
 * Bailing; not LFM2 and Jet-Nemotron.
 */
const trackedLayers: readonly LayerKind[] = ["gatedDeltaNet", "kimiDelta", "mamba2", "lightning"];
const untrackedLayers: readonly LayerKind[] = ["mamba1", "shortConv", "rgLru"];

/** Where only bytes are known, a model is taken for one of those that most are. */
export function takesExtraBuffer({ deployment }: PolicyContext): boolean {
  if (deployment === undefined) return true;
  const layers = countLayers(deployment.model);
  return (
    trackedLayers.some((kind) => layers[kind] > 0) && untrackedLayers.every((kind) => layers[kind] === 0)
  );
}

/** A buffer that the server refuses for a model gives way to what it would take. */
export function strategyOf(context: PolicyContext, { strategy }: SglangServerOptions): SglangStrategy {
  if (!takesExtraBuffer(context)) return "no_buffer";
  return strategy === "auto" ? "extra_buffer" : strategy;
}

/** Of the kernels of linear attention, `FLA_CHUNK_SIZE`; models of Mamba-2 layers bring their own. */
const linearAttentionChunk = 64;

/** `overrides.py`, `mamba_cache_chunk_size`: the larger of the kernel's chunk and the page. */
export function kernelChunkOf({ deployment }: PolicyContext, pageTokens: number): number {
  return Math.max(deployment?.model.mamba2?.chunkTokens ?? linearAttentionChunk, pageTokens);
}

const gib = 2 ** 30;

/** By the memory of one card, `server_args.py`; in whole pages. 8,192 where the card is not known. */
export function prefillChunkOf({ deployment }: PolicyContext, options: SglangServerOptions): number {
  const { prefillChunkTokens, pageTokens } = options;
  const tokens = prefillChunkTokens ?? chunkOnCard(deployment?.gpuMemoryBytes ?? 80 * gib);
  return Math.max(1, Math.floor(tokens / pageTokens)) * pageTokens;
}

function chunkOnCard(memoryBytes: number): number {
  if (memoryBytes < 35 * gib) return 2048;
  return memoryBytes < 160 * gib ? 8192 : 16_384;
}
