/** TensorRT-LLM's prefix cache, and its settings that decide what is reused. */
import { everyBlock } from "../../cache/admission/every-block.ts";
import type { CacheSystem } from "../../cache/cache-system.ts";
import { BlockStateCache } from "../../cache/engines/block-states.ts";
import {
  type TensorrtLlmOptions,
  tensorrtLlmDefaults,
  tensorrtLlmRules,
} from "../../cache/engines/tensorrt-llm.ts";
import { LruEviction } from "../../cache/eviction/lru.ts";
import type { Policy, PolicyContext, TunableEngine } from "../policy.ts";
import { oneAtATime, prefixCache } from "../prefix-caches.ts";
import { isHybrid, modelName, parallelFlag, presentFirst } from "./settings.ts";

interface ServerOptions extends TensorrtLlmOptions {
  readonly blockTokens: number;
}

export const tensorrtLlmPolicies: readonly Policy[] = [
  {
    id: "tensorrt-llm",
    name: "TensorRT-LLM",
    kind: "engine",
    memory: "own",
    description:
      "Blocks of 32, reused whole; on hybrid models a state every 256 tokens and at the prompt's end, rounded down to blocks; evicts the least recently used leaf block.",
    version: "2026: cache manager V2, periodic_snapshot_interval 256 (off in the newest)",
    learned: { asOf: "2026-11-21", from: "documentation" },
    source: "NVIDIA/TensorRT-LLM docs/source/features/kvcache.md",
    leavesOut: "Partial reuse of a block by copy, priorities, host tier.",
    isBlockBased: true,
    create: (context) => createCache(context, tensorrtLlmDefaults),
    tuning: (context) => tuning(context, tensorrtLlmDefaults),
  },
];

function createCache(context: PolicyContext, options: ServerOptions): CacheSystem {
  const { blockTokens } = options;
  if (!isHybrid(context))
    return prefixCache(oneAtATime(context), blockTokens, everyBlock, (view) => new LruEviction(view));
  return new BlockStateCache({
    blockTokens,
    kvBlockBytes: context.cost.kvBytesPerToken * blockTokens,
    stateBytes: context.engineCheckpointBytes ?? context.cost.checkpointBytes,
    capacityBytes: context.capacityBytes,
    rules: tensorrtLlmRules(options),
  });
}

const configFile = "cache.yaml";

function tuning(context: PolicyContext, options: ServerOptions): TunableEngine {
  const { blockTokens, intervalTokens } = options;
  const blocks = { name: "tokens_per_block", values: presentFirst<number>(blockTokens, [16, 32, 64, 128]) };
  const intervals = {
    name: "periodic_snapshot_interval",
    values: presentFirst<number>(intervalTokens, [0, 128, 256, 512, 1024]),
  };
  return {
    settings: isHybrid(context) ? [blocks, intervals] : [blocks],
    create: ([block, interval = intervalTokens]) =>
      createCache(context, { ...options, blockTokens: Number(block), intervalTokens: Number(interval) }),
    // A state at the end of a shared prefix stands at a snapshot only: the prompt's own end is not shared.
    unitTokens: ([block, interval = 0]) =>
      isHybrid(context) && Number(interval) > 0 ? Number(interval) : Number(block),
    launch: () =>
      [
        `trtllm-serve ${modelName(context)}`,
        ...parallelFlag(context, "--tp_size"),
        `--extra_llm_api_options ${configFile}`,
      ].join(" "),
    besides: ([block, interval]) => {
      const states =
        interval === undefined ? "" : `, mamba_state_config: {periodic_snapshot_interval: ${interval}}`;
      return [`Write into ${configFile}: kv_cache_config: {tokens_per_block: ${block}${states}}`];
    },
  };
}
