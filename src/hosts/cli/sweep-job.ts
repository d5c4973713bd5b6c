/**
 * One cell of a sweep, from the name of a file to a row. Whoever runs cells keeps the last file that it has read and cut;
 * a job is plain data, so that it can be sent to a worker.
 */
import { basename } from "node:path";
import { modelInForce } from "../../analysis/model-in-force.ts";
import { modelContext } from "../../analysis/scenario.ts";
import { defaultSettings, UserError } from "../../config/settings.ts";
import type { StateCost } from "../../core/cache/cache-system.ts";
import { serveLoop } from "../../core/cache/serve-loop.ts";
import { CostError } from "../../core/cost/cost-error.ts";
import { findGpu } from "../../core/cost/find.ts";
import {
  paperCheckpointBytes,
  paperKvBytesPerToken,
  paperPrefillFlops,
} from "../../core/cost/paper-formulas.ts";
import type { Engine } from "../../core/cost/state-bytes.ts";
import { radixCache } from "../../core/policies/prefix-caches.ts";
import { findPolicy } from "../../core/policies/registry.ts";
import {
  NoTokensError,
  type SweepModel,
  type SweepRow,
  type SweepSystem,
  type SweepTrace,
  sweepCell,
  systemName,
  TooLargeError,
} from "../../core/replay/sweep.ts";
import { drain } from "../../core/steps.ts";
import type { OracleModel } from "../../log/marconi-oracle.ts";
import { createModelReader } from "../node/model-files.ts";
import { artifactModel } from "./oracle/marconi.ts";
import { computedTokensAtLeast, readTrace } from "./trace-files.ts";

export interface SweepJob {
  readonly file: string;
  /** Bytes, or a share of what unlimited memory would hold in the end. */
  readonly capacity: { readonly bytes: number } | { readonly share: number };
  /** Of the catalogue, or of the file. */
  readonly model: string;
  /** What a model of the catalogue runs on. */
  readonly gpu: string;
  readonly tensorParallel: number;
  /** Id of a policy, `ideal`, `clairvoyant`, `optimum`, or a fixed alpha. */
  readonly system: string | number;
  /** So many requests from the start of the trace; all where it is left out. */
  readonly first?: number;
}

export interface NamedRow extends SweepRow {
  readonly file: string;
}

/** A cell whose optimum takes longer to find than is tried. */
export interface UnsolvedCell {
  readonly file: string;
  readonly system: string;
  readonly model: string;
  readonly capacityBytes: number;
}

interface LoadedTrace extends SweepTrace {
  readonly file: string;
  readonly first: number | undefined;
  readonly ownModels: Readonly<Record<string, OracleModel>>;
  readonly footprints: Map<string, number>;
}

/** What the public artifact's baseline divides prompts into, for a file's own models. */
const artifactBlockTokens = 32;

let loaded: LoadedTrace | null = null;

const readModelOf = createModelReader();

/** A mistake of the user is told as text, because errors lose their class on the way between threads. */
export type SweepAnswer =
  | { readonly row: NamedRow }
  | { readonly tooLarge: UnsolvedCell }
  | { readonly userError: string; readonly isForWantOfTokens: boolean };

/** Yields now and then. */
export function* answerSteps(job: SweepJob): Generator<void, SweepAnswer, void> {
  try {
    return yield* jobSteps(job);
  } catch (error) {
    if (!(error instanceof UserError || error instanceof CostError)) throw error;
    return { userError: error.message, isForWantOfTokens: error instanceof NoTokensError };
  }
}

/** Yields now and then. Throws `UserError` or `CostError` for what cannot be read or replayed. */
function* jobSteps(job: SweepJob): Generator<void, SweepAnswer, void> {
  const { file: path, first } = job;
  if (loaded?.file !== path || loaded.first !== first) {
    loaded = { ...readTrace(path, first), file: path, first, computedTokensAtLeast, footprints: new Map() };
  }
  const trace = loaded;
  const system = systemOf(job.system);
  const engine = system.kind === "policy" ? system.policy.engine : undefined;
  const model = modelOf(job, trace.ownModels, engine);
  // The same memory for all systems, whatever their element types.
  const capacityBytes =
    "bytes" in job.capacity
      ? job.capacity.bytes
      : job.capacity.share * footprint(trace, modelOf(job, trace.ownModels, undefined));
  const file = basename(path);
  try {
    return { row: { file, ...(yield* sweepCell(trace, { system, model, capacityBytes })) } };
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error;
    return { tooLarge: { file, system: systemName(system), model: model.id, capacityBytes } };
  }
}

function modelOf(
  { model: name, gpu, tensorParallel }: SweepJob,
  ownModels: LoadedTrace["ownModels"],
  engine: Engine | undefined,
): SweepModel {
  const own = ownModels[name];
  if (own !== undefined) {
    const paper = artifactModel(own);
    const cost: StateCost = {
      kvBytesPerToken: paperKvBytesPerToken(paper),
      checkpointBytes: paperCheckpointBytes(paper),
      prefillFlops: (reused, prompt) => paperPrefillFlops(paper, prompt) - paperPrefillFlops(paper, reused),
    };
    return { id: name, cost, engineBlockTokens: artifactBlockTokens };
  }
  const places = { isUsers: true, workspace: null };
  const model = modelInForce(readModelOf({ ...defaultSettings, model: name }, places));
  const { ttft: _ttft, ...context } = modelContext(model, findGpu(gpu), {
    tensorParallel,
    engine,
  });
  return { id: model.id, ...context };
}

function systemOf(system: string | number): SweepSystem {
  if (typeof system === "number") return { kind: "alpha", alpha: system };
  if (system === "ideal" || system === "clairvoyant" || system === "optimum") return { kind: system };
  const policy = findPolicy(system);
  if (policy === undefined) throw new UserError(`Unknown policy "${system}".`);
  return { kind: "policy", policy };
}

/** Bytes that two checkpoints per request and all KV come to at the end of the trace. */
function footprint(trace: LoadedTrace, model: SweepModel): number {
  const known = trace.footprints.get(model.id);
  if (known !== undefined) return known;
  const cache = radixCache({
    cost: model.cost,
    capacityBytes: Number.POSITIVE_INFINITY,
    engineBlockTokens: model.engineBlockTokens,
    spans: trace.spans.spans,
  });
  drain(
    serveLoop({
      requests: trace.spans.requests,
      cache,
      serve: (request, out) => cache.serveSymbols(request, out),
      after: () => 1,
      stepWork: Number.POSITIVE_INFINITY,
    }),
  );
  const bytes = cache.usedBytes;
  trace.footprints.set(model.id, bytes);
  return bytes;
}
