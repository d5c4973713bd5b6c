/**
 * One cell of a sweep, from the name of a file to a row. Whoever runs cells keeps the last file that it has read and cut;
 * a job is plain data, so that it can be sent to a worker.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { UserError } from "../analysis/settings.ts";
import type { StateCost } from "../core/cache/cache-system.ts";
import { Served } from "../core/cache/cache-system.ts";
import { cutIntoSpans, type TraceRequest, tokenRequest } from "../core/cache/span-trace.ts";
import { findModel } from "../core/cost/find.ts";
import { createModelCost } from "../core/cost/model-cost.ts";
import {
  paperCheckpointBytes,
  paperKvBytesPerToken,
  paperPrefillFlops,
} from "../core/cost/paper-formulas.ts";
import { vllmHybridBlock } from "../core/cost/vllm-block.ts";
import { radixCache } from "../core/policies/prefix-caches.ts";
import { findPolicy } from "../core/policies/registry.ts";
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
/** What engines use for a model without recurrent layers. */
const attentionBlockTokens = 16;

let loaded: LoadedTrace | null = null;

export function runJob(job: SweepJob): NamedRow {
  if (loaded?.file !== job.file) loaded = load(job.file);
  const trace = loaded;
  const model = modelOf(job.model, trace.ownModels);
  const capacityBytes =
    "bytes" in job.capacity ? job.capacity.bytes : job.capacity.share * footprint(trace, model);
  const steps = sweepCell(trace, { system: systemOf(job.system), model, capacityBytes });
  for (;;) {
    const step = steps.next();
    if (step.done) return { file: basename(job.file), ...step.value };
  }
}

/** Throws `UserError` when the file cannot be read as any trace. */
function load(file: string): LoadedTrace {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const trace = isMooncake(text) ? mooncake(text) : oracle(file, text);
  return { ...trace, file, computedTokensAtLeast, footprints: new Map() };
}

type Parsed = Pick<LoadedTrace, "spans" | "tokens" | "ownModels">;

function oracle(file: string, text: string): Parsed {
  try {
    const { requests, models } = readOracle(text);
    const tokens = requests.map(({ tokens, inputLength }) => ({
      prompt: tokens.subarray(0, inputLength),
      output: tokens.subarray(inputLength),
    }));
    const uncut = tokens.map(({ prompt, output }) => tokenRequest(prompt, output, computedTokensAtLeast));
    return { spans: cutIntoSpans(uncut), tokens, ownModels: models };
  } catch (error) {
    throw new UserError(`${file} is no trace: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Whole blocks only: a server keeps no others. What the model answers is not recorded. */
function mooncake(text: string): Parsed {
  const uncut = readMooncake(text).requests.map(({ blocks, inputTokens }): TraceRequest => {
    const whole = Math.floor(inputTokens / mooncakeBlockTokens);
    const computed = Math.max(0, inputTokens - computedTokensAtLeast);
    return {
      sequence: blocks.subarray(0, whole),
      promptSymbols: whole,
      resumeLimit: Math.floor(computed / mooncakeBlockTokens),
      promptTokens: inputTokens,
    };
  });
  return { spans: cutIntoSpans(uncut, mooncakeBlockTokens), tokens: null, ownModels: {} };
}

function modelOf(name: string, ownModels: LoadedTrace["ownModels"]): SweepModel {
  const own = ownModels[name];
  if (own !== undefined) {
    const paper = artifactModel(own);
    const cost: StateCost = {
      kvBytesPerToken: paperKvBytesPerToken(paper),
      checkpointBytes: paperCheckpointBytes(paper),
      prefillFlops: (reused, prompt) => paperPrefillFlops(paper, prompt) - paperPrefillFlops(paper, reused),
    };
    return { id: name, cost, engineBlockTokens: 32 };
  }
  const model = findModel(name);
  const block = vllmHybridBlock(model, {});
  return {
    id: model.id,
    cost: createModelCost(model),
    engineBlockTokens: block?.blockTokens ?? attentionBlockTokens,
  };
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
