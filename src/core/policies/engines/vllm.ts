/** vLLM: its versions and variants, what its cache is made of for a model, and which of its settings can be tried. */
import { type VllmOptions, vllmDefaults } from "../../cache/engines/vllm/options.ts";
import { VllmCache } from "../../cache/engines/vllm/vllm-cache.ts";
import { vllmKeepsAllStates, vllmWithoutAllStates } from "../../cost/vllm-block.ts";
import { type VllmLayout, vllmLayout } from "../../cost/vllm-groups.ts";
import type {
  EngineSetting,
  Learned,
  Policy,
  PolicyContext,
  SettingValue,
  TunableEngine,
} from "../policy.ts";
import { flagsOf, isHybrid, modelName, parallelFlag, presentFirst } from "./settings.ts";

/** The options of a server, with the interval as a wish: vLLM takes whole blocks only. */
export interface VllmServer extends VllmOptions {
  /** Tokens of a block where no state makes it grow (`--block-size`); `null` leaves it to vLLM. */
  readonly blockSize: number | null;
}

interface VllmVersion {
  readonly id: string;
  readonly name: string;
  /** Where a hybrid model's states are kept, behind "a state". */
  readonly states: string;
  readonly version: string;
  readonly learned: Learned;
  readonly leavesOut: string;
  readonly server: VllmServer;
  readonly has: VersionSettings;
}

/** Settings that not all versions have. */
interface VersionSettings {
  /**
   * Retention of states: an environment variable since #45845 (June 2026), a flag since #52216 (17 August 2026); `null` before
   * both.
   */
  readonly retention: "flag" | "variable" | null;
  /** `--prefix-match-unit`, since v0.26. */
  readonly matchUnit: boolean;
  /** `disable_eagle_block_drop` of `--speculative-config`, #53388 (opened on 22 August 2026). */
  readonly keptDraftBlock: boolean;
}

const ofAugust: VersionSettings = { retention: "flag", matchUnit: true, keptDraftBlock: false };

const august: VllmServer = { ...vllmDefaults, blockSize: null };
const dense: VllmServer = { ...august, retentionInterval: null };
const notModelled = "KV connectors, cache salts, LoRA and multimodal keys.";
const sameCode = "the code of 20 August 2026 (7cfb97e)";
const byRuns: Learned = { asOf: "2026-08-20", from: "runs" };

const versions: readonly VllmVersion[] = [
  {
    id: "vllm",
    name: "vLLM",
    states: "where a prefill step ends on the last whole block, and where the request leaves what is cached",
    version: `August 2026: ${sameCode}, mamba_cache_mode align, junctions on, retention interval 0`,
    learned: byRuns,
    leavesOut: notModelled,
    server: august,
    has: ofAugust,
  },
  {
    id: "vllm-0.28",
    name: "vLLM 0.25 to 0.28",
    states: "wherever a step of prefill or decoding ends on a block",
    version: "v0.25 to v0.28: the code of 17 August 2026 (1d3a8b9), mamba_cache_mode align, dense retention",
    learned: { asOf: "2026-08-17", from: "runs", isOfPast: true },
    leavesOut: notModelled,
    server: dense,
    has: { ...ofAugust, retention: "variable", matchUnit: false },
  },
  {
    id: "vllm-september",
    name: "vLLM of September 2026",
    states: "wherever a step of prefill or decoding ends on a block",
    version: "September 2026: dense retention again, as #53945 and #55760 say; not checked against code",
    learned: { asOf: "2026-09-01", from: "threads" },
    leavesOut: `${notModelled} Fine-grained checkpoints (#55760), and states of draft models as #53945 mends them.`,
    server: dense,
    has: { ...ofAugust, keptDraftBlock: true },
  },
  {
    id: "vllm-no-junctions",
    name: "vLLM without junctions",
    states: "wherever a step of prefill or decoding ends on a block",
    version: "before #37898: the code of 11 June 2026 (2ba68d9), mamba_cache_mode align",
    learned: { asOf: "2026-06-11", from: "runs", isOfPast: true },
    leavesOut: notModelled,
    server: { ...dense, hasJunctions: false, freesUnhashedFirst: false },
    has: { retention: null, matchUnit: false, keptDraftBlock: false },
  },
  {
    id: "vllm-interval",
    name: "vLLM with retention",
    states: "where a prefill step ends; of those at the multiple of the block next to 2,048 all are kept",
    version: `August 2026: ${sameCode}, prefix_cache_retention_interval about 2048`,
    learned: byRuns,
    leavesOut: notModelled,
    server: { ...august, retentionInterval: 2048 },
    has: ofAugust,
  },
  {
    id: "vllm-draft",
    name: "vLLM with a draft model",
    states: "where a prefill step ends, one block earlier than without speculative decoding",
    version: `August 2026: ${sameCode}, MTP with 3 tokens, retention interval 0`,
    learned: byRuns,
    leavesOut: `${notModelled} Draft tokens are taken to be rejected. Mended in September (#53945).`,
    server: { ...august, draftTokens: 3 },
    has: ofAugust,
  },
  {
    id: "vllm-all",
    name: "vLLM, all states",
    states: "at each block end; those of the last whole block and of junctions stay",
    version: `August 2026: ${sameCode}, mamba_cache_mode all, retention interval 0`,
    learned: byRuns,
    leavesOut: `${notModelled} Models that do not support it run in align; vLLM refuses Qwen3-Next and Qwen3.5.`,
    server: { ...august, mambaCacheMode: "all" },
    has: ofAugust,
  },
  {
    id: "vllm-match-unit",
    name: "vLLM with a match unit of 16",
    states:
      "where a prefill step ends on the last whole block, at junctions, and at the prompt's last multiple of 16",
    version: `August 2026: ${sameCode}, --prefix-match-unit 16, retention interval 0`,
    learned: byRuns,
    leavesOut: notModelled,
    server: { ...august, matchUnitTokens: 16 },
    has: ofAugust,
  },
];

export const vllmPolicies: readonly Policy[] = versions.map(
  ({ id, name, states, version, learned, leavesOut, server, has }) => ({
    id,
    name,
    kind: "engine",
    memory: "own",
    description: `Fixed blocks of one pool, reused whole; on hybrid models a state ${states}; takes the block that was freed longest ago, those without content first, tails before heads.`,
    version,
    learned,
    source:
      "vllm-project/vllm v1/core/{block_pool,single_type_kv_cache_manager,kv_cache_coordinator,kv_cache_manager}.py, v1/core/sched/scheduler.py",
    leavesOut,
    isBlockBased: true,
    countsDraftTokens: true,
    ...(server.draftTokens > 0 && { ownDraftTokens: server.draftTokens }),
    countsInFlight: true,
    keepsWindows: true,
    create: (context) => vllmCache(context, withDrafts(context, server)),
    prefillStepTokens: (context) => maxBatchedTokens(context, server),
    tuning: (context) => vllmTuning(context, withDrafts(context, server), has),
    assumptions: (context) => modeAssumptions(context, server),
  }),
);

function modeAssumptions(context: PolicyContext, { mambaCacheMode }: VllmServer): readonly string[] {
  const model = context.deployment?.model;
  if (mambaCacheMode !== "all" || model === undefined || !isHybrid(context) || vllmKeepsAllStates(model)) {
    return [];
  }
  return [
    `vLLM ${vllmWithoutAllStates(model)} where ${model.id} is to keep all states (--mamba-cache-mode all): its class does not support that. What is simulated is align, as the policy vllm does it.`,
  ];
}

function withDrafts({ deployment }: PolicyContext, server: VllmServer): VllmServer {
  const { draftTokens = 0 } = deployment ?? {};
  return draftTokens === 0 ? server : { ...server, draftTokens };
}

/** `max_num_batched_tokens`. */
function maxBatchedTokens({ deployment }: PolicyContext, server: VllmServer): number {
  return deployment?.maxBatchedTokens ?? server.maxBatchedTokens;
}

export function vllmCache(context: PolicyContext, server: VllmServer): VllmCache {
  const { deployment } = context;
  const hasAll = deployment === undefined || vllmKeepsAllStates(deployment.model);
  const mambaCacheMode = server.mambaCacheMode === "all" && !hasAll ? "align" : server.mambaCacheMode;
  const layout = layoutOf(context, { ...server, mambaCacheMode });
  const blockTokens = layout.groups[0]?.blockTokens ?? context.engineBlockTokens;
  const { retentionInterval } = server;
  return new VllmCache({
    ...layout,
    capacityBytes: context.capacityBytes,
    ...(context.inFlight !== undefined && { inFlight: context.inFlight }),
    server: {
      ...server,
      mambaCacheMode,
      maxBatchedTokens: maxBatchedTokens(context, server),
      retentionInterval: retentionInterval === null ? null : wholeBlocks(retentionInterval, blockTokens),
      matchUnitTokens: isHybrid(context) && mambaCacheMode === "align" ? unitIn(server, blockTokens) : null,
    },
  });
}

/** An interval that vLLM takes: whole blocks, and at least one; 0 keeps none. */
function wholeBlocks(tokens: number, blockTokens: number): number {
  return tokens === 0 ? 0 : Math.max(1, Math.round(tokens / blockTokens)) * blockTokens;
}

/** The match unit, where whole units fill a block. */
function unitIn({ matchUnitTokens }: VllmServer, blockTokens: number): number | null {
  return matchUnitTokens !== null && blockTokens % matchUnitTokens === 0 ? matchUnitTokens : null;
}

/** More groups than any model has; bytes alone may ask for more. */
const mostGroups = 64;

/** The groups of the model, or of a model that has these bytes and of which nothing else is known. */
function layoutOf(context: PolicyContext, server: VllmServer): VllmLayout {
  const { deployment, cost, engineBlockTokens, engineCheckpointBytes = cost.checkpointBytes } = context;
  const blockTokens = server.blockSize ?? engineBlockTokens;
  if (deployment !== undefined) {
    const layout = vllmLayout(deployment.model, {
      blockTokens,
      tensorParallel: deployment.tensorParallel,
      ...(deployment.kvDtype && { kvDtype: deployment.kvDtype }),
      speculativeTokens: server.draftTokens,
      keepsAllStates: server.mambaCacheMode === "all",
    });
    if (layout !== null) return layout;
  }
  const kvBytes = cost.kvBytesPerToken * blockTokens;
  const full = { kind: "full", blockTokens, windowTokens: null } as const;
  const recurrent = { kind: "recurrent", blockTokens, windowTokens: null } as const;
  if (engineCheckpointBytes === 0) return { groups: kvBytes > 0 ? [full] : [], blockBytes: kvBytes };
  if (kvBytes === 0) return { groups: [recurrent], blockBytes: engineCheckpointBytes };
  const states = Math.min(mostGroups, Math.ceil(engineCheckpointBytes / kvBytes - roundingNoise));
  return {
    groups: [...Array.from({ length: states }, () => recurrent), full],
    blockBytes: Math.max(kvBytes, engineCheckpointBytes / states),
  };
}

/** Padded bytes are quotients of whole ones. */
const roundingNoise = 1e-6;

const denseName = "dense";
const retentionNames = {
  flag: "--prefix-cache-retention-interval",
  variable: "VLLM_PREFIX_CACHE_RETENTION_INTERVAL",
} as const;

function isRetention({ name }: EngineSetting): boolean {
  return name === retentionNames.flag || name === retentionNames.variable;
}

/** Values that this version of vLLM takes for this model, the present one first. */
function vllmTuning(context: PolicyContext, server: VllmServer, has: VersionSettings): TunableEngine {
  const presentBlock = vllmCache(context, server).options.groups[0]?.blockTokens ?? context.engineBlockTokens;
  const interval = (tokens: number | null) =>
    tokens === null ? denseName : wholeBlocks(tokens, presentBlock);
  const tunables: Tunable[] = [];
  if (!isHybrid(context)) {
    tunables.push({
      name: "--block-size",
      values: presentFirst<SettingValue>(presentBlock, [16, 32]),
      set: (value) => ({ blockSize: Number(value) }),
    });
  } else {
    if (context.deployment !== undefined && vllmKeepsAllStates(context.deployment.model)) {
      tunables.push({
        name: "--mamba-cache-mode",
        values: presentFirst<SettingValue>(server.mambaCacheMode, ["align", "all"]),
        set: (value) => ({ mambaCacheMode: value === "all" ? "all" : "align" }),
      });
    }
    if (has.retention !== null) {
      tunables.push({
        name: retentionNames[has.retention],
        values: presentFirst<SettingValue>(interval(server.retentionInterval), [
          0,
          denseName,
          ...[1024, 2048, 4096, 8192].map((tokens) => wholeBlocks(tokens, presentBlock)),
        ]),
        set: (value) => ({ retentionInterval: value === denseName ? null : Number(value) }),
      });
    }
    if (has.matchUnit) {
      tunables.push({
        name: "--prefix-match-unit",
        values: presentFirst<SettingValue>(server.matchUnitTokens ?? wholeBlock, [wholeBlock, 16]),
        set: (value) => ({ matchUnitTokens: value === wholeBlock ? null : Number(value) }),
      });
    }
  }
  if (has.keptDraftBlock) {
    tunables.push({
      name: keepsBlockName,
      values: presentFirst<SettingValue>(`${!server.dropsDraftBlock}`, ["false", "true"]),
      set: (value) => ({ dropsDraftBlock: value === "false" }),
    });
  }
  tunables.push({
    name: draftTokensName,
    values: presentFirst<SettingValue>(server.draftTokens, [0, 1, 3, 7]),
    isForOtherEnds: true,
    set: (value) => ({ draftTokens: Number(value) }),
  });
  const chosenServer = (chosen: readonly SettingValue[]): VllmServer =>
    Object.assign({}, server, ...tunables.map(({ set }, index) => set(chosen[index]!)));
  const settings = tunables.map(({ set: _set, ...setting }): EngineSetting => setting);
  // Other settings may have changed the block of which an interval has to be a multiple.
  const inForce = (chosen: readonly SettingValue[]) => {
    const { retentionInterval } = vllmCache(context, chosenServer(chosen)).options.server;
    return chosen.map((value, index) =>
      isRetention(settings[index]!) ? (retentionInterval ?? denseName) : value,
    );
  };
  return {
    settings,
    inForce,
    // A server without a draft model has no block to keep for it, and one that would be without says nothing of it.
    accepts: (chosen) =>
      server.draftTokens > 0 || chosenServer(chosen).draftTokens > 0 || chosenServer(chosen).dropsDraftBlock,
    create: (chosen) => vllmCache(context, chosenServer(chosen)),
    unitTokens: (chosen) => vllmCache(context, chosenServer(chosen)).blockTokens,
    prefillStepTokens: () => maxBatchedTokens(context, server),
    launch: (chosen) => {
      const values = inForce(chosen);
      // The command line takes None for what is dense; a variable is left out.
      const written = values.map((value) => (value === denseName ? "None" : value));
      const variables = settings.flatMap(({ name }, index) =>
        name === retentionNames.variable && values[index] !== denseName ? [`${name}=${values[index]}`] : [],
      );
      return [...variables, ...vllmServe(context), ...flagsOf(settings, written, [wholeBlock])].join(" ");
    },
    besides: (chosen) => draftSentences(server, chosenServer(chosen)),
  };
}

/** The command, with what the deployment decides. */
export function vllmServe(context: PolicyContext): readonly string[] {
  return [
    `vllm serve ${modelName(context)} --enable-prefix-caching`,
    ...parallelFlag(context, "--tensor-parallel-size"),
    ...(context.deployment?.kvDtype === "fp8" ? ["--kv-cache-dtype fp8"] : []),
  ];
}

const draftTokensName = "num_speculative_tokens";
/** Of `--speculative-config`. */
const keepsBlockName = "disable_eagle_block_drop";
/** No flag sets it. */
const wholeBlock = "block";

/** The flag names a method, and where the model has no layers for it another model: only its user knows those. */
function draftSentences(before: VllmServer, { draftTokens, dropsDraftBlock }: VllmServer): readonly string[] {
  if (draftTokens === 0) {
    return before.draftTokens === 0
      ? []
      : ["Leave --speculative-config out: it is taken to run without drafts."];
  }
  const keys = [
    `"${draftTokensName}": ${draftTokens}`,
    ...(dropsDraftBlock ? [] : [`"${keepsBlockName}": true`]),
  ];
  const flag = `Add your --speculative-config (a "method" that the model has layers for, such as mtp, or a draft "model"), with ${keys.join(" and ")}.`;
  return [flag];
}

interface Tunable extends EngineSetting {
  set(value: SettingValue): Partial<VllmServer>;
}
