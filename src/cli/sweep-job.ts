/**
 * One cell of a sweep, from the name of a file to a row. Whoever runs cells keeps the last file that it has read and cut;
 * a job is plain data, so that it can be sent to a worker.
 */
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { modelContext } from "../analysis/scenario.ts";
import { UserError } from "../analysis/settings.ts";
import type { StateCost } from "../core/cache/cache-system.ts";
import { Served } from "../core/cache/cache-system.ts";
import { cutIntoSpans, type TraceRequest, tokenRequest } from "../core/cache/span-trace.ts";
import { CostError } from "../core/cost/cost-error.ts";
import { findGpu, findModel } from "../core/cost/find.ts";
import {
  paperCheckpointBytes,
  paperKvBytesPerToken,
  paperPrefillFlops,
} from "../core/cost/paper-formulas.ts";
import { radixCache } from "../core/policies/prefix-caches.ts";
import { findPolicy } from "../core/policies/registry.ts";
import type { Request } from "../core/replay/request.ts";
import {
  type SweepModel,
  type SweepRow,
  type SweepSystem,
  type SweepTrace,
  sweepCell,
} from "../core/replay/sweep.ts";
import { type OracleModel, readOracle } from "../trace/marconi-oracle.ts";
import { isMooncake, mooncakeBlockTokens, readMooncake } from "../trace/mooncake.ts";
import { artifactModel } from "./oracle.ts";

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

/** Tokens that a server computes even if the whole prompt is cached: the last, for its logits. */
const computedTokensAtLeast = 1;
/** What the public artifact's baseline divides prompts into, for a file's own models. */
const artifactBlockTokens = 32;

let loaded: LoadedTrace | null = null;

/** A mistake of the user is told as text, because errors lose their class on the way between threads. */
export type SweepAnswer = { readonly row: NamedRow } | { readonly userError: string };

/** Yields now and then. */
export function* answerSteps(job: SweepJob): Generator<void, SweepAnswer, void> {
  try {
    return { row: yield* jobSteps(job) };
  } catch (error) {
    if (error instanceof UserError || error instanceof CostError) return { userError: error.message };
    throw error;
  }
}

/** Yields now and then. Throws `UserError` or `CostError` for what cannot be read or replayed. */
function* jobSteps(job: SweepJob): Generator<void, NamedRow, void> {
  if (loaded?.file !== job.file) loaded = load(job.file);
  const trace = loaded;
  const model = modelOf(job, trace.ownModels);
  const capacityBytes =
    "bytes" in job.capacity ? job.capacity.bytes : job.capacity.share * footprint(trace, model);
  const row = yield* sweepCell(trace, { system: systemOf(job.system), model, capacityBytes });
  return { file: basename(job.file), ...row };
}

/** Throws `UserError` when the file cannot be read as any trace. */
function load(file: string): LoadedTrace {
  const text = read(file);
  const trace = isMooncake(text) ? mooncake(file, text) : oracle(file, text);
  if (trace.spans.requests.length === 0) throw new UserError(`${file} holds no requests.`);
  return { ...trace, file, computedTokensAtLeast, footprints: new Map() };
}

function read(file: string): string {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new UserError(`${file} is a folder; name the traces in it.`);
  }
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

type Parsed = Pick<LoadedTrace, "spans" | "requests" | "ownModels">;

function oracle(file: string, text: string): Parsed {
  try {
    const { requests, models } = readOracle(text);
    const recorded = requests.map(
      ({ tokens, inputLength, arrivalSeconds, session, turn }): Request => ({
        arrivalSeconds,
        session,
        turn,
        promptTokens: tokens.subarray(0, inputLength),
        outputTokens: tokens.subarray(inputLength),
        runs: null,
      }),
    );
    const uncut = recorded.map(({ promptTokens, outputTokens }) =>
      tokenRequest(promptTokens, outputTokens, computedTokensAtLeast),
    );
    return { spans: cutIntoSpans(uncut), requests: recorded, ownModels: models };
  } catch (error) {
    throw new UserError(`${file} is no trace: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Whole blocks only: a server keeps no others. What the model answers is not recorded. */
function mooncake(file: string, text: string): Parsed {
  const { requests, problems } = readMooncake(text);
  const [problem] = problems;
  if (problem !== undefined)
    throw new UserError(`${file} is no trace: line ${problem.line}: ${problem.message}`);
  const uncut = requests.map(({ blocks, inputTokens }): TraceRequest => {
    const whole = Math.floor(inputTokens / mooncakeBlockTokens);
    const computed = Math.max(0, inputTokens - computedTokensAtLeast);
    return {
      sequence: blocks.subarray(0, whole),
      promptSymbols: whole,
      resumeLimit: Math.floor(computed / mooncakeBlockTokens),
      promptTokens: inputTokens,
    };
  });
  return { spans: cutIntoSpans(uncut, mooncakeBlockTokens), requests: null, ownModels: {} };
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
  const model = findModel(name);
  const { ttft: _ttft, ...context } = modelContext(model, findGpu(gpu), tensorParallel);
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
  const served = new Served();
  for (const request of trace.spans.requests) cache.serveSymbols(request, served);
  const bytes = cache.usedBytes;
  trace.footprints.set(model.id, bytes);
  return bytes;
}
