/** llama.cpp's server: its versions and the options that people set, each with what it was compared with. */

import type { CacheSystem } from "../../cache/cache-system.ts";
import { checkMemory } from "../../cache/check-memory.ts";
import { LlamaCppCache } from "../../cache/engines/llama-cpp/llama-cpp-cache.ts";
import {
  contextThatFits,
  type LlamaCppServerOptions,
  llamaCppDefaults,
} from "../../cache/engines/llama-cpp/options.ts";
import type {
  EngineSetting,
  Learned,
  Policy,
  PolicyContext,
  SettingValue,
  TunableEngine,
} from "../policy.ts";
import { flagsOf, isHybrid, modelName, presentFirst } from "./settings.ts";

interface Variant {
  readonly id: string;
  readonly name: string;
  /** Behind the name of the server, one sentence: what it does. */
  readonly description: string;
  readonly version: string;
  readonly learned: Learned;
  /** What its rules were compared with. */
  readonly checked: string;
  readonly options: LlamaCppServerOptions;
}

const oneLiveSlot =
  "One sequence on the GPU at a time, whole sequences in 8 GiB of host memory, the oldest saved one goes first";
const inAugust = "August 2026 (b10573+14)";
const byRuns: Learned = { asOf: "2026-08-22", from: "runs" };
const runs = "Equal to the server's own runs in every request and slot (npm run oracle).";

const variants: readonly Variant[] = [
  {
    id: "llama-cpp",
    name: "llama.cpp",
    description: `${oneLiveSlot}; on hybrid models checkpoints near the ends of prompts and at messages of the user, of earlier requests one per 8,192 tokens.`,
    version: `${inAugust}: parallel automatic (4, one pool), cache-ram 8192, ctx-checkpoints 32, checkpoint-min-step 8192, ubatch-size 512`,
    learned: byRuns,
    checked: runs,
    options: llamaCppDefaults,
  },
  {
    id: "llama-cpp-september",
    name: "llama.cpp, September",
    description: `${oneLiveSlot}; on hybrid models up to 32 checkpoints per sequence near the ends of prompts and at messages of the user, thinned only where there is no room for another.`,
    version: "September 2026 (de3ff815): as in August, but checkpoints stay until all 32 are taken",
    learned: { asOf: "2026-09-28", from: "code" },
    checked: "Read from its code, not compared with runs.",
    options: { ...llamaCppDefaults, thinsOnlyWhenFull: true, replacesEqual: true },
  },
  {
    id: "llama-cpp-slots",
    name: "llama.cpp with 4 fixed slots",
    description:
      "Four sequences on the GPU, each in its own part of the KV, copies of all of them in 8 GiB of host memory; the slot that shares more than a tenth of the prompt serves, else the one used longest ago.",
    version: `${inAugust}: --parallel 4, else as released`,
    learned: byRuns,
    checked: runs,
    options: { ...llamaCppDefaults, isKvUnified: false },
  },
  {
    id: "llama-cpp-no-prompt-cache",
    name: "llama.cpp without prompt cache",
    description:
      "Four sequences on the GPU in one pool of KV and nothing in host memory but checkpoints; the slot that shares more than a tenth of the prompt serves, else the one used longest ago.",
    version: `${inAugust}: --cache-ram 0, else as released`,
    learned: byRuns,
    checked: runs,
    options: { ...llamaCppDefaults, promptCacheBytes: 0 },
  },
];

export const llamaCppPolicies: readonly Policy[] = variants.map(
  ({ id, name, description, version, learned, checked, options }) => ({
    id,
    name,
    kind: "engine",
    memory: "own",
    description,
    version,
    learned,
    source: "ggml-org/llama.cpp tools/server/{server-context,server-task}.cpp, common/arg.cpp",
    leavesOut: `Concurrent requests, cache-reuse of shifted chunks, draft models, a context below what the memory holds. ${checked}`,
    isBlockBased: false,
    engine: "llama.cpp",
    create: (context) => llamaCppCache(context, options),
    prefillStepTokens: () => options.microBatchTokens,
    tuning: (context) => llamaCppTuning(context, options),
    assumptions: (context) => hostLinkAssumption(context, options),
  }),
);

function hostLinkAssumption(
  { deployment }: PolicyContext,
  { promptCacheBytes }: LlamaCppServerOptions,
): readonly string[] {
  if (deployment === undefined || deployment.hostBytesPerSecond !== null || promptCacheBytes === 0) return [];
  return [
    "No bandwidth to host memory is known of this GPU: saved sequences are taken to come back in no time.",
  ];
}

export function llamaCppCache(context: PolicyContext, options: LlamaCppServerOptions): CacheSystem {
  const { cost, capacityBytes, deployment } = context;
  const { kvBytesPerToken, checkpointBytes: stateBytes } = cost;
  checkMemory(capacityBytes, cost);
  return new LlamaCppCache({
    ...options,
    kvBytesPerToken,
    stateBytes,
    contextTokens: contextThatFits(capacityBytes, kvBytesPerToken, stateBytes, options.slots),
    hostBytesPerSecond: deployment?.hostBytesPerSecond ?? Number.POSITIVE_INFINITY,
  });
}

/** `--parallel` where the server chooses: four slots with one pool of KV. */
const automatic = "auto";

/** Values are those that the server's options take. */
function llamaCppTuning(context: PolicyContext, options: LlamaCppServerOptions): TunableEngine {
  const { slots, isKvUnified, promptCacheBytes, minStepTokens, checkpointsPerSequence } = options;
  const present: SettingValue = isKvUnified ? automatic : slots;
  const ofAll = [
    { name: "--parallel", values: presentFirst<SettingValue>(present, [automatic, 1, 2, 4, 8, 16]) },
    { name: "--cache-ram", values: presentFirst(promptCacheBytes / 2 ** 20, [0, 2048, 8192, 32_768]) },
  ];
  const microBatch = {
    name: "--ubatch-size",
    values: presentFirst(options.microBatchTokens, [64, 128, 256, 512, 1024, 2048]),
  };
  const ofHybrids = [
    { name: "--checkpoint-min-step", values: presentFirst(minStepTokens, [0, 256, 1024, 4096, 8192]) },
    { name: "--ctx-checkpoints", values: presentFirst(checkpointsPerSequence, [0, 8, 32, 128]) },
    microBatch,
  ];
  const settings: readonly EngineSetting[] = isHybrid(context) ? [...ofAll, ...ofHybrids] : ofAll;
  const name = modelName(context);
  const file = `${name.slice(name.lastIndexOf("/") + 1)}.gguf`;
  return {
    settings,
    create: ([
      parallel,
      cacheMiB,
      step = minStepTokens,
      checkpoints = checkpointsPerSequence,
      microBatchTokens = options.microBatchTokens,
    ]) =>
      llamaCppCache(context, {
        ...options,
        slots: parallel === automatic ? llamaCppDefaults.slots : Number(parallel),
        isKvUnified: parallel === automatic,
        promptCacheBytes: Number(cacheMiB) * 2 ** 20,
        minStepTokens: Number(step),
        checkpointsPerSequence: Number(checkpoints),
        microBatchTokens: Number(microBatchTokens),
      }),
    unitTokens: () => 1,
    prefillStepTokens: (chosen) => Number(chosen[settings.indexOf(microBatch)] ?? options.microBatchTokens),
    launch: (chosen) => [`llama-server -m ${file}`, ...flagsOf(settings, chosen, [automatic])].join(" "),
    besides: () => [`${file} stands for your own file of the model.`],
  };
}
