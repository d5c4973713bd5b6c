/** SGLang: what its server makes of a model, a card and its settings; its versions and variants, a row each. */

import { bytes, decimal, percent } from "../../../words/numbers.ts";
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
import { stateDtypes } from "../../cost/state-bytes.ts";
import type {
  EngineSetting,
  Learned,
  Policy,
  PolicyContext,
  SettingValue,
  TunableEngine,
} from "../policy.ts";
import { flagsOf, isHybrid, modelName, parallelFlag, presentFirst } from "./settings.ts";

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
  /** `--enable-hierarchical-cache`; `null` without. */
  readonly hiCache: HiCacheOptions | null;
}

interface HiCacheOptions {
  /** `--hicache-ratio`: host pools to those on the GPU. */
  readonly ratio: number;
  /** `--hicache-write-policy`. */
  readonly writePolicy: HiCacheWritePolicy;
}

/** Insertions that pass a node before it is copied: `unified_radix_cache.py`, `init_hicache`. */
const copiedAfter = { write_through: 1, write_through_selective: 2 } as const;

type HiCacheWritePolicy = keyof typeof copiedAfter;

const defaults: SglangServerOptions = {
  strategy: "auto",
  level: 3,
  pageTokens: 1,
  trackIntervalTokens: 256,
  stateToKvRatio: 0.9,
  prefillChunkTokens: null,
  hasInt8Checkpoints: false,
  hiCache: null,
};

/** Versions that have the level. */
const withLevel: SglangServerOptions = { ...defaults, level: 2 };

interface Variant {
  readonly id: string;
  readonly name: string;
  /** Where a hybrid model's states are kept, behind "a state". */
  readonly states: string;
  readonly version: string;
  readonly settings: string;
  readonly options: SglangServerOptions;
  readonly learned: Learned;
  /** Against the engine's own code, and by which command; or that it was not. */
  readonly checked: string;
  /** Instead of `leftOut`. */
  readonly leavesOut?: string;
}

const leftOut = "Concurrent requests, scheduling by longest match, draft models, sliding windows, HiCache.";

const july = "July 2026 (8905cbd)";
const julyDay = "2026-07-20";
const byOracle = "equal to its code request by request (npm run oracle)";

const variants: readonly Variant[] = [
  {
    id: "sglang",
    name: "SGLang",
    states:
      "per prefill chunk, at the kernel's last chunk (64 tokens, or those of Mamba-2) or at the branch point instead, and at the output's last multiple of 256 (exactly at ends where kernels leave none inside)",
    version: july,
    settings: "mamba-radix-cache-strategy auto, track interval 256, mamba-full-memory-ratio 0.9",
    options: defaults,
    learned: { asOf: julyDay, from: "runs" },
    checked: byOracle,
  },
  {
    id: "sglang-no-buffer",
    name: "SGLang without extra buffer",
    states: "exactly at the end of each prefill chunk, of the prompt and of the request",
    version: july,
    settings: "no_buffer, mamba-full-memory-ratio 0.9",
    options: { ...defaults, strategy: "no_buffer" },
    learned: { asOf: julyDay, from: "runs" },
    checked: byOracle,
  },
  {
    id: "sglang-lazy",
    name: "SGLang with a lazy extra buffer",
    states: "where SGLang has one; a running request holds 2 slots instead of 3",
    version: july,
    settings: "extra_buffer_lazy, mamba-full-memory-ratio 0.9",
    options: { ...defaults, strategy: "extra_buffer_lazy" },
    learned: { asOf: julyDay, from: "code" },
    checked: "slots as its code has them, not replayed against it",
  },
  {
    id: "sglang-int8",
    name: "SGLang with int8 checkpoints",
    states:
      "where SGLang has one; kept in int8 in a pool of its own, of twice as many slots as that of running requests",
    version: `code after ${july}, read at b8f7466`,
    settings: "enable-int8-mamba-checkpoint with its default size, mamba-full-memory-ratio 0.9",
    options: { ...defaults, hasInt8Checkpoints: true },
    learned: { asOf: julyDay, from: "code" },
    checked: "pools as its code has them, not compared with runs",
  },
  {
    id: "sglang-hicache",
    name: "SGLang with HiCache",
    states:
      "where SGLang has one; each insertion that is no chunk copies its path to host memory, from where KV and states come back when they are asked for",
    version: `code after ${july}, read at 018c3bd and b8f7466, with branch points (#31181)`,
    settings: "enable-hierarchical-cache, hicache-ratio 2, write_through, mamba-full-memory-ratio 0.9",
    options: { ...defaults, hiCache: { ratio: 2, writePolicy: "write_through" } },
    learned: { asOf: julyDay, from: "code" },
    checked: "rules as its code has them, not compared with runs",
    leavesOut:
      "Concurrent requests, scheduling by longest match, draft models, sliding windows, write_back, storage behind the host; copying takes no time, and loading does not overlap with computing. States that are added to a copied node are not copied (before #33639). Models of attention alone run another class, taken for the same.",
  },
  {
    id: "sglang-level-2",
    name: "SGLang at checkpoints level 2",
    states: "at branch points and at the end of each request, and one per path beside those above forks",
    version: "November 2026 (documentation of --hybrid-cache-checkpoints-level)",
    settings: "level 2, its default",
    options: withLevel,
    learned: { asOf: "2026-11-01", from: "documentation" },
    checked: "not checked against code",
  },
];

export const sglangPolicies: readonly Policy[] = variants.map(policyOf);

function policyOf(variant: Variant): Policy {
  const { id, name, states, version, settings, options, learned, checked, leavesOut = leftOut } = variant;
  return {
    id,
    name,
    kind: "engine",
    memory: "own",
    description: `Radix tree; on hybrid models a state ${states}; KV and states in two pools, least recently used first.`,
    version: `${version}: ${settings}; ${checked}`,
    learned,
    source:
      "sgl-project/sglang python/sglang/srt/mem_cache/{unified_radix_cache,radix_cache,allocation}.py, managers/schedule_batch.py",
    leavesOut,
    isBlockBased: false,
    ...(options.hiCache === null ? {} : { needsDeployment: true }),
    create: (context) => sglangCache(context, options),
    tuning: (context) => sglangTuning(context, options),
    assumptions: (context) => assumptionsOf(context, options),
  };
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
    hasOverlap: !isHybrid(context) || sglangStrategies[strategy].hasOverlap,
    pageTokens: options.pageTokens,
    prefillChunkTokens: prefillChunkOf(context, options),
    chunkTokens: kernelChunkOf(context, options.pageTokens),
    trackIntervalTokens: options.trackIntervalTokens,
  };
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
    bytesPerSecond: deployment.hostBytesPerSecond,
  };
}

/** States that have heads and key channels; those of other layers are not quantized, and the server does not start with them. */
function keepsInt8(context: PolicyContext, { hasInt8Checkpoints }: SglangServerOptions): boolean {
  return hasInt8Checkpoints && takesInt8(context);
}

function takesInt8(context: PolicyContext): boolean {
  return isHybrid(context) && takesExtraBuffer(context);
}

/** Where only bytes are known, a state is taken for 32-bit numbers. */
function int8StateBytes({ cost, deployment }: PolicyContext): number {
  if (deployment === undefined) return cost.checkpointBytes / 4;
  return (
    cost.checkpointBytes - int8SavedBytes(deployment.model, stateDtypes(deployment.model, "vllm").recurrent)
  );
}

/**
 * Recurrent layers whose kernels can leave a state inside of a prefill. By layer, where the server goes by architecture
 * (`arg_groups/overrides.py`, `_MAMBA_EXTRA_BUFFER_ARCHS`): Qwen3-Next and 3.5, Kimi, Nemotron-H, Falcon-H1, Granite and
 * Bailing; not LFM2 and Jet-Nemotron.
 */
const trackedLayers: readonly LayerKind[] = ["gatedDeltaNet", "kimiDelta", "mamba2", "lightning"];
const untrackedLayers: readonly LayerKind[] = ["mamba1", "shortConv", "rgLru"];

/** Where only bytes are known, a model is taken for one of those that most are. */
function takesExtraBuffer({ deployment }: PolicyContext): boolean {
  if (deployment === undefined) return true;
  const layers = countLayers(deployment.model);
  return (
    trackedLayers.some((kind) => layers[kind] > 0) && untrackedLayers.every((kind) => layers[kind] === 0)
  );
}

/** A buffer that the server refuses for a model gives way to what it would take. */
function strategyOf(context: PolicyContext, { strategy }: SglangServerOptions): SglangStrategy {
  if (!takesExtraBuffer(context)) return "no_buffer";
  return strategy === "auto" ? "extra_buffer" : strategy;
}

/** Of the kernels of linear attention, `FLA_CHUNK_SIZE`; models of Mamba-2 layers bring their own. */
const linearAttentionChunk = 64;

/** `overrides.py`, `mamba_cache_chunk_size`: the larger of the kernel's chunk and the page. */
function kernelChunkOf({ deployment }: PolicyContext, pageTokens: number): number {
  return Math.max(deployment?.model.mamba2?.chunkTokens ?? linearAttentionChunk, pageTokens);
}

const gib = 2 ** 30;

/** By the memory of one card, `server_args.py`; in whole pages. 8,192 where the card is not known. */
function prefillChunkOf({ deployment }: PolicyContext, options: SglangServerOptions): number {
  const { prefillChunkTokens, pageTokens } = options;
  const tokens = prefillChunkTokens ?? chunkOnCard(deployment?.gpuMemoryBytes ?? 80 * gib);
  return Math.max(1, Math.floor(tokens / pageTokens)) * pageTokens;
}

function chunkOnCard(memoryBytes: number): number {
  if (memoryBytes < 35 * gib) return 2048;
  return memoryBytes < 160 * gib ? 8192 : 16_384;
}

function assumptionsOf(context: PolicyContext, options: SglangServerOptions): readonly string[] {
  const chunk = `SGLang prefills in chunks of ${prefillChunkOf(context, options)} tokens on this card.`;
  if (!isHybrid(context)) return [chunk, ...hiCacheAssumptions(context, options)];
  const strategy = strategyOf(context, options);
  const chosen = options.strategy === strategy ? "is run with" : "takes";
  return [
    `SGLang ${chosen} --mamba-radix-cache-strategy ${strategy} for this model.`,
    chunk,
    ...int8Assumptions(context, options),
    ...hiCacheAssumptions(context, options),
  ];
}

function int8Assumptions(context: PolicyContext, options: SglangServerOptions): readonly string[] {
  if (!options.hasInt8Checkpoints) return [];
  if (!takesInt8(context)) return [`SGLang keeps no int8 checkpoints of this model: it runs without them.`];
  const share = percent(int8StateBytes(context) / context.cost.checkpointBytes);
  return [
    `A checkpoint in int8 takes ${share} of the bytes of a state. Their pool comes out of the same memory as KV and states, as if --mem-fraction-static had been lowered by as much.`,
  ];
}

function hiCacheAssumptions(
  { deployment }: PolicyContext,
  { hiCache }: SglangServerOptions,
): readonly string[] {
  if (hiCache === null || deployment === undefined) return [];
  const perSecond = bytes(deployment.hostBytesPerSecond);
  return [
    `HiCache has host memory for ${decimal(hiCache.ratio)} times what the GPU keeps, ${perSecond} per second away. Loaded tokens count as reused, and the time to load them is part of TTFT.`,
  ];
}

const pages = [1, 16, 32, 64, 128, 256];
const prefillChunks = [2048, 4096, 8192, 16_384];

/** Of the versions that have the level. */
export function sglangLevelTuning(context: PolicyContext): TunableEngine {
  return sglangTuning(context, withLevel);
}

/** Settings that the server refuses together are not tried: `no_buffer` runs with pages of one token alone. */
export function sglangTuning(context: PolicyContext, options: SglangServerOptions): TunableEngine {
  const page = { name: "--page-size", values: presentFirst(options.pageTokens, pages) };
  const chunk = {
    name: "--chunked-prefill-size",
    values: presentFirst(prefillChunkOf(context, options), prefillChunks),
  };
  const hierarchy = hiCacheSettings(context, options);
  if (!isHybrid(context)) {
    const settings = [page, chunk, ...hierarchy];
    return {
      settings,
      create: (chosen) =>
        sglangCache(context, {
          ...options,
          pageTokens: Number(chosen[0]),
          prefillChunkTokens: Number(chosen[1]),
          hiCache: chosenHiCache(options, settings, chosen),
        }),
      unitTokens: ([pageTokens]) => Number(pageTokens),
      launch: (chosen) => launchLine(context, settings, chosen),
    };
  }
  const strategies: readonly SglangStrategy[] = takesExtraBuffer(context)
    ? ["extra_buffer", "extra_buffer_lazy", "no_buffer"]
    : ["no_buffer"];
  const level = { name: "--hybrid-cache-checkpoints-level", values: [2, 3] };
  const int8 = {
    name: "--enable-int8-mamba-checkpoint",
    values: presentFirst<SettingValue>(options.hasInt8Checkpoints ? "on" : "off", ["off", "on"]),
  };
  const chosenOf = (chosen: readonly SettingValue[]): ChosenOptions => {
    const [strategy, pageTokens, prefillChunkTokens, interval, ratio] = chosen;
    const chosenFor = (setting: EngineSetting) => chosen[settings.indexOf(setting)];
    return {
      level: chosenFor(level) === 2 ? 2 : 3,
      hasInt8Checkpoints: chosenFor(int8) === "on",
      hiCache: chosenHiCache(options, settings, chosen),
      strategy: strategies.find((each) => each === strategy) ?? strategyOf(context, options),
      pageTokens: Number(pageTokens),
      prefillChunkTokens: Number(prefillChunkTokens),
      trackIntervalTokens: Number(interval),
      stateToKvRatio: Number(ratio),
    };
  };
  const settings: readonly EngineSetting[] = [
    {
      name: "--mamba-radix-cache-strategy",
      values: presentFirst<SettingValue>(strategyOf(context, options), strategies),
    },
    page,
    chunk,
    {
      name: "--mamba-track-interval",
      values: presentFirst(options.trackIntervalTokens, [64, 128, 256, 512, 1024]),
    },
    {
      name: "--mamba-full-memory-ratio",
      values: presentFirst(options.stateToKvRatio, [0.3, 0.6, 0.9, 1.5, 3]),
    },
    // Versions that keep all have no level to set.
    ...(options.level === 3 ? [] : [level]),
    // The server refuses both together.
    ...(takesInt8(context) && options.hiCache === null ? [int8] : []),
    ...hierarchy,
  ];
  return {
    settings,
    accepts: (chosen) => isAccepted(context, chosenOf(chosen)),
    create: (chosen) => sglangCache(context, chosenOf(chosen)),
    unitTokens: (chosen) => {
      const { strategy, pageTokens } = chosenOf(chosen);
      return sglangStrategies[strategy].isExact ? 1 : kernelChunkOf(context, pageTokens);
    },
    launch: (chosen) => launchLine(context, settings, chosen),
  };
}

const ratioSetting = "--hicache-ratio";
const writePolicySetting = "--hicache-write-policy";

function hiCacheSettings(
  { deployment }: PolicyContext,
  { hiCache }: SglangServerOptions,
): readonly EngineSetting[] {
  if (hiCache === null || deployment === undefined) return [];
  return [
    { name: "--enable-hierarchical-cache", values: ["on"] },
    { name: ratioSetting, values: presentFirst(hiCache.ratio, [1.5, 2, 4, 8]) },
    {
      name: writePolicySetting,
      values: presentFirst<SettingValue>(hiCache.writePolicy, Object.keys(copiedAfter)),
    },
  ];
}

function chosenHiCache(
  { hiCache }: SglangServerOptions,
  settings: readonly EngineSetting[],
  chosen: readonly SettingValue[],
): HiCacheOptions | null {
  const at = (name: string) => chosen[settings.findIndex((setting) => setting.name === name)];
  const ratio = at(ratioSetting);
  if (hiCache === null || ratio === undefined) return hiCache;
  const isSelective = at(writePolicySetting) === "write_through_selective";
  return { ratio: Number(ratio), writePolicy: isSelective ? "write_through_selective" : "write_through" };
}

function launchLine(
  context: PolicyContext,
  settings: readonly EngineSetting[],
  chosen: readonly SettingValue[],
): string {
  const server = `python -m sglang.launch_server --model-path ${modelName(context)}`;
  return [server, ...parallelFlag(context, "--tp-size"), ...flagsOf(settings, chosen)].join(" ");
}

interface ChosenOptions extends SglangServerOptions {
  readonly strategy: SglangStrategy;
  readonly prefillChunkTokens: number;
}

/** `server_args.py` and `overrides.py`: pages and intervals that fit the kernel's chunk, and one of them per chunk at least. */
function isAccepted(
  context: PolicyContext,
  { strategy, pageTokens, prefillChunkTokens, trackIntervalTokens }: ChosenOptions,
): boolean {
  if (sglangStrategies[strategy].isExact) return pageTokens === 1;
  const kernelChunk = kernelChunkOf(context, pageTokens);
  return (
    kernelChunk % pageTokens === 0 &&
    kernelChunk % kernelChunkOf(context, 1) === 0 &&
    trackIntervalTokens % kernelChunk === 0 &&
    prefillChunkTokens >= kernelChunk
  );
}
