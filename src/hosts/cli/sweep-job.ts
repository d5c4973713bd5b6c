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
import { radixCache } from "../../core/policies/prefix-caches.ts";
import { findPolicy } from "../../core/policies/registry.ts";
import {
  NoTokensError,
  type SweepModel,
  type SweepRow,
  type SweepSystem,
  type SweepTrace,
  sweepCell,
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
  /** Id of a policy, `ideal`, `clairvoyant`, or a fixed alpha. */
  readonly system: string | number;
}

export interface NamedRow extends SweepRow {
  readonly file: string;
}

interface LoadedTrace extends SweepTrace {
  readonly file: string;
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
  | { readonly userError: string; readonly isForWantOfTokens: boolean };

/** Yields now and then. */
export function* answerSteps(job: SweepJob): Generator<void, SweepAnswer, void> {
  try {
    return { row: yield* jobSteps(job) };
  } catch (error) {
    if (!(error instanceof UserError || error instanceof CostError)) throw error;
    return { userError: error.message, isForWantOfTokens: error instanceof NoTokensError };
  }
}

/** Yields now and then. Throws `UserError` or `CostError` for what cannot be read or replayed. */
function* jobSteps(job: SweepJob): Generator<void, NamedRow, void> {
  if (loaded?.file !== job.file) {
    loaded = { ...readTrace(job.file), file: job.file, computedTokensAtLeast, footprints: new Map() };
  }
  const trace = loaded;
  const model = modelOf(job, trace.ownModels);
  const capacityBytes =
    "bytes" in job.capacity ? job.capacity.bytes : job.capacity.share * footprint(trace, model);
  const row = yield* sweepCell(trace, { system: systemOf(job.system), model, capacityBytes });
  return { file: basename(job.file), ...row };
}

function modelOf(
  { model: name, gpu, tensorParallel }: SweepJob,
  ownModels: LoadedTrace["ownModels"],
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
  const { ttft: _ttft, ...context } = modelContext(model, findGpu(gpu), { tensorParallel });
  return { id: model.id, ...context };
}

function systemOf(system: string | number): SweepSystem {
  if (typeof system === "number") return { kind: "alpha", alpha: system };
  if (system === "ideal" || system === "clairvoyant") return { kind: system };
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
