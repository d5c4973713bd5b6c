/** SGLang: its versions and variants, a row each. */
import { bytes, decimal, percent } from "../../../words/numbers.ts";
import type { Learned, Policy, PolicyContext } from "../policy.ts";
import { isHybrid, knownHostLink } from "./settings.ts";
import {
  hasOnlyWindows,
  int8StateBytes,
  prefillChunkOf,
  type SglangServerOptions,
  sglangCache,
  sglangDefaults,
  sglangWithLevel,
  strategyOf,
  takesInt8,
  withoutWindows,
} from "./sglang-server.ts";
import { sglangTuning } from "./sglang-tuning.ts";

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
    options: sglangDefaults,
    learned: { asOf: julyDay, from: "runs" },
    checked: byOracle,
  },
  {
    id: "sglang-no-buffer",
    name: "SGLang without extra buffer",
    states: "exactly at the end of each prefill chunk, of the prompt and of the request",
    version: july,
    settings: "no_buffer, mamba-full-memory-ratio 0.9",
    options: { ...sglangDefaults, strategy: "no_buffer" },
    learned: { asOf: julyDay, from: "runs" },
    checked: byOracle,
  },
  {
    id: "sglang-lazy",
    name: "SGLang with a lazy extra buffer",
    states: "where SGLang has one; a running request holds 2 slots instead of 3",
    version: july,
    settings: "extra_buffer_lazy, mamba-full-memory-ratio 0.9",
    options: { ...sglangDefaults, strategy: "extra_buffer_lazy" },
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
    options: { ...sglangDefaults, hasInt8Checkpoints: true, statesPerPath: -1 },
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
    options: { ...sglangDefaults, statesPerPath: -1, hiCache: { ratio: 2, writePolicy: "write_through" } },
    learned: { asOf: julyDay, from: "code" },
    checked: "rules as its code has them, not compared with runs",
    leavesOut:
      "Concurrent requests, scheduling by longest match, draft models, sliding windows, write_back, storage behind the host; copying takes no time, and loading does not overlap with computing. States that are added to a copied node are not copied (before #33639). Models of attention alone run another class, taken for the same.",
  },
  {
    id: "sglang-level-2",
    name: "SGLang at checkpoints level 2",
    states:
      "at branch points and at the end of each request, and one per path beside those at forks and in use",
    version: "November 2026 (documentation of --hybrid-cache-checkpoints-level)",
    settings: "level 2, its default",
    options: sglangWithLevel,
    learned: { asOf: "2026-11-01", from: "documentation" },
    checked: "the cap per path as its code has it (#31230, b8f7466), the rest not checked against code",
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
    engine: "sglang",
    keepsWindows: true,
    ...(options.hiCache === null ? {} : { needsDeployment: true }),
    create: (context) => sglangCache(withoutWindows(context), options),
    prefillStepTokens: (context) => prefillChunkOf(context, options),
    tuning: (context) => sglangTuning(withoutWindows(context), options),
    assumptions: (context) => [
      ...windowAssumptions(context),
      ...assumptionsOf(withoutWindows(context), options),
    ],
  };
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

function windowAssumptions(context: PolicyContext): readonly string[] {
  if (!hasOnlyWindows(context)) return [];
  return [
    "SGLang's own cache for sliding windows is not modelled: a prefix resumes at any token, and the KV of the windows takes no room.",
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
  const perSecond = bytes(knownHostLink(deployment));
  return [
    `HiCache has host memory for ${decimal(hiCache.ratio)} times what the GPU keeps, ${perSecond} per second away. Loaded tokens count as reused, and the time to load them is part of TTFT.`,
  ];
}
