/**
 * One trace under many configurations. Each cell is a replay from an empty cache; what matches at any token is replayed
 * over spans, everything else over tokens. Rows are plain data; the caller drives the steps, shows progress and may stop.
 */
import { type CacheSystem, Served, type StateCost } from "../cache/cache-system.ts";
import { PrefixCache } from "../cache/prefix-cache.ts";
import { cutForCapacity, type SpanTrace } from "../cache/span-trace.ts";
import { TunedMarconi } from "../cache/tuned-marconi.ts";
import { CostError } from "../cost/cost-error.ts";
import type { Policy, PolicyContext } from "../policies/policy.ts";
import { marconiWithAlpha } from "../policies/prefix-caches.ts";
import { clairvoyantReuse, idealReuse } from "./clairvoyant.ts";

export interface SweepModel {
  readonly id: string;
  readonly cost: StateCost;
  /** See `PolicyContext`. */
  readonly engineBlockTokens: number;
}

/** What a cell replays: a policy, Marconi with one alpha, or what a cache that knows the trace would do. */
export type SweepSystem =
  | { readonly kind: "policy"; readonly policy: Policy }
  | { readonly kind: "alpha"; readonly alpha: number }
  | { readonly kind: "ideal" }
  | { readonly kind: "clairvoyant" };

export interface SweepCell {
  readonly system: SweepSystem;
  readonly model: SweepModel;
  readonly capacityBytes: number;
}

export interface SweepTrace {
  readonly spans: SpanTrace;
  /** Prompt and output of each request; `null` where the trace has no tokens, so that some policies cannot be replayed. */
  readonly tokens: readonly { readonly prompt: Int32Array; readonly output: Int32Array }[] | null;
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
  readonly reusedTokens: number;
  /** Reused over prompt tokens; 0 without any. */
  readonly tokenHitRate: number;
  readonly requestHitRate: number;
  /** Prefill FLOPs that reuse avoided, and that there would have been without it. */
  readonly flopsSaved: number;
  readonly prefillFlops: number;
}

/** Requests between two steps, so that a step takes a few milliseconds. */
const stepRequests = 64;

/** Yields now and then; the row is complete at the end. Throws when the system needs tokens and the trace has none. */
export function* sweepCell(trace: SweepTrace, cell: SweepCell): Generator<void, SweepRow, void> {
  const { system, model, capacityBytes } = cell;
  const tally = new Tally(model.cost);
  const alpha = system.kind === "alpha" ? system.alpha : null;
  let tunedAlpha: number | null = null;
  if (system.kind === "ideal" || system.kind === "clairvoyant") {
    const reused =
      system.kind === "ideal"
        ? idealReuse(trace.spans)
        : yield* clairvoyantReuse(trace.spans, model.cost, capacityBytes);
    for (const [index, request] of trace.spans.requests.entries())
      tally.add(reused[index], request.promptTokens);
  } else {
    tunedAlpha = yield* serveTrace(trace, cell, system, tally);
  }
  return { system: systemName(system), model: model.id, capacityBytes, alpha, tunedAlpha, ...tally.totals() };
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
  const context: PolicyContext = {
    cost: model.cost,
    capacityBytes,
    engineBlockTokens: model.engineBlockTokens,
    computedTokensAtLeast: trace.computedTokensAtLeast,
    spans: spans.spans,
  };
  const cache =
    system.kind === "alpha" ? marconiWithAlpha(context, system.alpha) : system.policy.create(context);
  const served = new Served();
  for (const [index, request] of spans.requests.entries()) {
    if (servesSpans(cache)) cache.serveSymbols(request, served);
    else serveTokens(cache, trace, index, served);
    tally.add(served.reusedTokens, request.promptTokens);
    if (index % stepRequests === stepRequests - 1) yield;
  }
  return cache instanceof TunedMarconi ? cache.tunedAlpha : null;
}

function servesSpans(cache: CacheSystem): cache is PrefixCache | TunedMarconi {
  return (cache instanceof PrefixCache || cache instanceof TunedMarconi) && cache.servesSpans;
}

function serveTokens(cache: CacheSystem, { tokens }: SweepTrace, index: number, served: Served): void {
  if (tokens === null) {
    throw new CostError("This policy is replayed over tokens, and the trace has blocks only.");
  }
  cache.serve(tokens[index].prompt, tokens[index].output, served);
}

class Tally {
  private readonly cost: StateCost;
  private requests = 0;
  private hits = 0;
  private promptTokens = 0;
  private reusedTokens = 0;
  private flopsSaved = 0;
  private prefillFlops = 0;

  constructor(cost: StateCost) {
    this.cost = cost;
  }

  add(reusedTokens: number, promptTokens: number): void {
    const all = this.cost.prefillFlops(0, promptTokens);
    this.requests++;
    if (reusedTokens > 0) this.hits++;
    this.promptTokens += promptTokens;
    this.reusedTokens += reusedTokens;
    this.prefillFlops += all;
    this.flopsSaved += all - this.cost.prefillFlops(reusedTokens, promptTokens);
  }

  totals() {
    const { requests, hits, promptTokens, reusedTokens, flopsSaved, prefillFlops } = this;
    return {
      requests,
      promptTokens,
      reusedTokens,
      tokenHitRate: promptTokens === 0 ? 0 : reusedTokens / promptTokens,
      requestHitRate: requests === 0 ? 0 : hits / requests,
      flopsSaved,
      prefillFlops,
    };
  }
}
