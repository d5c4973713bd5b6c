/**
 * One trace under many configurations. Each cell is a replay from an empty cache; what matches at any token is replayed
 * over spans, everything else over tokens. Rows are plain data; the caller drives the steps, shows progress and may stop.
 * A row has the numbers that `replay` has for the same requests; what it cannot have them for is refused.
 */
import type { Served, StateCost } from "../cache/cache-system.ts";
import { serveLoop } from "../cache/serve-loop.ts";
import { isSpanCache } from "../cache/span-cache.ts";
import { cutForCapacity, type SpanTrace, type TraceRequest } from "../cache/span-trace.ts";
import { CostError } from "../cost/cost-error.ts";
import type { Policy, PolicyContext } from "../policies/policy.ts";
import { marconiWithAlpha } from "../policies/prefix-caches.ts";
import { clairvoyantReuse, idealReuse } from "./clairvoyant.ts";
import { optimalReuse } from "./optimum.ts";
import type { Request } from "./request.ts";
import { serveRequest } from "./serve-request.ts";

/** What policies are told of a model; without a deployment, those that need one are refused. */
export interface SweepModel
  extends Pick<PolicyContext, "cost" | "engineBlockTokens" | "engineCheckpointBytes" | "deployment"> {
  readonly id: string;
}

/** What a cell replays: a policy, Marconi with one alpha, or what a cache that knows the trace would do. */
export type SweepSystem =
  | { readonly kind: "policy"; readonly policy: Policy }
  | { readonly kind: "alpha"; readonly alpha: number }
  | { readonly kind: "ideal" }
  | { readonly kind: "clairvoyant" }
  | { readonly kind: "optimum" };

/** The optimum of the trace is not known: finding it takes more than is tried. */
export class TooLargeError extends CostError {}

/** Schedules that the search for an optimum looks at: some seconds. */
const mostSchedules = 500_000;

/** The system is replayed over tokens, of which the trace has none. */
export class NoTokensError extends CostError {}

export interface SweepCell {
  readonly system: SweepSystem;
  readonly model: SweepModel;
  readonly capacityBytes: number;
}

export interface SweepTrace {
  readonly spans: SpanTrace;
  /** `null` where the trace has no tokens, so that some policies cannot be replayed. */
  readonly requests: readonly Request[] | null;
  /** The same as the spans were cut with. */
  readonly computedTokensAtLeast: number;
}

export interface SweepRow {
  readonly system: string;
  readonly model: string;
  readonly capacityBytes: number;
  /** Fixed for the whole replay; `null` where it is not, or there is none. */
  readonly alpha: number | null;
  /** As the policy tuned it; `null` where it did not. */
  readonly tunedAlpha: number | null;
  readonly requests: number;
  readonly promptTokens: number;
  /** Leading and linked. */
  readonly reusedTokens: number;
  /** Reused over prompt tokens; 0 without any. */
  readonly tokenHitRate: number;
  readonly requestHitRate: number;
  /** Prefill FLOPs that reuse avoided, and that there would have been without it. */
  readonly flopsSaved: number;
  readonly prefillFlops: number;
  /** What the prompts cost at a hosted API, in plain input tokens; 0 on one's own GPUs. */
  readonly inputUnits: number;
}

/** Requests between two steps, so that a step takes a few milliseconds. */
const stepRequests = 64;

/** Yields now and then; the row is complete at the end. Throws `CostError` when this system cannot be replayed so. */
export function* sweepCell(trace: SweepTrace, cell: SweepCell): Generator<void, SweepRow, void> {
  const { system, model, capacityBytes } = cell;
  const tally = new Tally(model.cost);
  const alpha = system.kind === "alpha" ? system.alpha : null;
  let tunedAlpha: number | null = null;
  if (system.kind !== "policy" && system.kind !== "alpha") {
    const reused = yield* knowingReuse(trace.spans, cell, system);
    for (const [index, request] of trace.spans.requests.entries())
      tally.add(reused[index], request.promptTokens);
  } else {
    tunedAlpha = yield* serveTrace(trace, cell, system, tally);
  }
  return { system: systemName(system), model: model.id, capacityBytes, alpha, tunedAlpha, ...tally.totals() };
}

function* knowingReuse(
  spans: SpanTrace,
  { model: { cost }, capacityBytes }: SweepCell,
  { kind }: SweepSystem & { readonly kind: "ideal" | "clairvoyant" | "optimum" },
): Generator<void, Int32Array, void> {
  if (kind === "ideal") return idealReuse(spans);
  if (kind === "clairvoyant") return yield* clairvoyantReuse(spans, cost, capacityBytes);
  const cut = cutForCapacity(spans, cost, capacityBytes);
  const reused = yield* optimalReuse(cut, cost, capacityBytes, mostSchedules);
  if (reused !== null) return reused;
  throw new TooLargeError(
    "The trace is too large for its exact optimum; take the first requests of it only.",
  );
}

export function systemName(system: SweepSystem): string {
  switch (system.kind) {
    case "policy":
      return system.policy.id;
    case "alpha":
      return `marconi, alpha ${system.alpha}`;
    case "ideal":
    case "clairvoyant":
      return system.kind;
    case "optimum":
      return "exact optimum";
  }
}

/** The best rows of one model and capacity among fixed alphas; each by its own measure, the smallest alpha on ties. */
export interface OfflineOptimum {
  readonly tokenHitRate: SweepRow;
  readonly flopsSaved: SweepRow;
}

/** `null` without a row for any alpha. */
export function offlineOptimum(rows: readonly SweepRow[]): OfflineOptimum | null {
  const ascending = rows.filter(({ alpha }) => alpha !== null).sort((a, b) => a.alpha! - b.alpha!);
  if (ascending.length === 0) return null;
  const best = (measure: (row: SweepRow) => number): SweepRow =>
    ascending.reduce((winner, row) => (measure(row) > measure(winner) ? row : winner));
  return { tokenHitRate: best((row) => row.reusedTokens), flopsSaved: best((row) => row.flopsSaved) };
}

/** 0, 0.1, … 2: the grid of the paper's offline oracle, which its tuning uses too. */
export const alphaGrid: readonly number[] = Array.from({ length: 21 }, (_, step) => step / 10);

/** Returns the alpha that the system had in the end, if it tunes one. */
function* serveTrace(
  trace: SweepTrace,
  { model, capacityBytes }: SweepCell,
  system: SweepSystem & { readonly kind: "policy" | "alpha" },
  tally: Tally,
): Generator<void, number | null, void> {
  const spans = cutForCapacity(trace.spans, model.cost, capacityBytes);
  const { id: _id, ...known } = model;
  const context: PolicyContext = {
    ...known,
    capacityBytes,
    computedTokensAtLeast: trace.computedTokensAtLeast,
    spans: spans.spans,
  };
  if (system.kind === "policy") checkDeployment(system.policy, model);
  const cache =
    system.kind === "alpha" ? marconiWithAlpha(context, system.alpha) : system.policy.create(context);
  const serve = isSpanCache(cache)
    ? ([, request]: [number, TraceRequest], out: Served) => cache.serveSymbols(request, out)
    : ([index]: [number, TraceRequest], out: Served) =>
        serveRequest({ requests: tokensFor(system, trace) }, cache, index, out);
  const steps = serveLoop({
    requests: spans.requests.entries(),
    cache,
    serve,
    after([, request], served) {
      tally.addServed(served, request.promptTokens);
      return 1;
    },
    stepWork: stepRequests,
  });
  for (const _ of steps) yield;
  return cache.tunedAlpha ?? null;
}

function checkDeployment({ id, needsDeployment }: Policy, model: SweepModel): void {
  if (needsDeployment !== true || model.deployment !== undefined) return;
  throw new CostError(
    `The policy ${id} needs a model of the catalogue, on a GPU; of "${model.id}" only the sizes of states are known. Leave one of the two out.`,
  );
}

function tokensFor(system: SweepSystem, { requests }: SweepTrace): readonly Request[] {
  if (requests !== null) return requests;
  throw new NoTokensError(
    `The policy ${systemName(system)} is replayed over tokens, and the trace has blocks only. Leave it out, or take a trace with tokens.`,
  );
}

class Tally {
  private readonly cost: StateCost;
  private requests = 0;
  private hits = 0;
  private promptTokens = 0;
  private reusedTokens = 0;
  private flopsSaved = 0;
  private prefillFlops = 0;
  private inputUnits = 0;

  constructor(cost: StateCost) {
    this.cost = cost;
  }

  addServed(served: Served, promptTokens: number): void {
    const { reusedTokens, reusedRanges, equivalentPrefixTokens, inputUnits } = served;
    const linkedTokens = reusedRanges.reduce((sum, { start, end }) => sum + end - start, 0);
    this.add(reusedTokens + linkedTokens, promptTokens, equivalentPrefixTokens ?? reusedTokens);
    this.inputUnits += inputUnits;
  }

  /** The prefill is that behind so many leading tokens. */
  add(reusedTokens: number, promptTokens: number, prefixTokens = reusedTokens): void {
    const all = this.cost.prefillFlops(0, promptTokens);
    this.requests++;
    if (reusedTokens > 0) this.hits++;
    this.promptTokens += promptTokens;
    this.reusedTokens += reusedTokens;
    this.prefillFlops += all;
    this.flopsSaved += all - this.cost.prefillFlops(prefixTokens, promptTokens);
  }

  totals() {
    const { requests, hits, promptTokens, reusedTokens, flopsSaved, prefillFlops, inputUnits } = this;
    return {
      requests,
      promptTokens,
      reusedTokens,
      tokenHitRate: promptTokens === 0 ? 0 : reusedTokens / promptTokens,
      requestHitRate: requests === 0 ? 0 : hits / requests,
      flopsSaved,
      prefillFlops,
      inputUnits,
    };
  }
}
