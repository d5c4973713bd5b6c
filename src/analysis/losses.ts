/** Why prompt tokens were prefilled again, beyond the names of their fates: where, when, for whom, and how far off. */

import { fates } from "../core/fates.ts";
import type { EvictedPart } from "../core/replay/evictions.ts";
import { fateIndex } from "../core/replay/ledger.ts";
import type { OutcomeTable } from "../core/replay/replay.ts";
import type { Template } from "../prompt/template.ts";
import type { Workload } from "../workload/workload.ts";
import type { Divergence, Evictions, Losses, MissingCheckpoints } from "./report.ts";
import { spreadOf } from "./statistics.ts";

export interface LossInput {
  readonly templates: readonly Template[];
  readonly workload: Workload;
  readonly outcomes: OutcomeTable;
}

const placesShown = 5;

/** Of the given requests; `evictedParts` are those that these requests lacked. */
export function lossesOf(
  input: LossInput,
  requests: readonly number[],
  evictedParts: readonly EvictedPart[],
): Losses {
  return {
    diverged: divergences(input, requests),
    evicted: evictions(input, requests, evictedParts),
    noCheckpoint: missingCheckpoints(input.outcomes, requests),
  };
}

/** The ledger blames the segment in which a request left all others for everything that diverged behind it. */
function divergences({ workload, outcomes }: LossInput, requests: readonly number[]): Divergence[] {
  const sums = new Map<number, { requests: number; tokens: number }>();
  for (const row of requests) {
    const tokens = outcomes.fates[row * fates.length + fateIndex.diverged] ?? 0;
    const segment = outcomes.leftAtSegment[row] ?? -1;
    if (tokens === 0 || segment < 0) continue;
    const sum = sums.get(segment) ?? { requests: 0, tokens: 0 };
    sums.set(segment, { requests: sum.requests + 1, tokens: sum.tokens + tokens });
  }
  return largest(sums, ({ tokens }) => tokens).flatMap(([segment, sum]) => {
    const source = workload.segments[segment];
    return source === undefined
      ? []
      : [
          {
            path: source.path,
            range: source.range,
            name: source.name,
            isUnknown: source.scope?.basis === "unknown",
            ...sum,
          },
        ];
  });
}

function evictions(
  input: LossInput,
  requests: readonly number[],
  parts: readonly EvictedPart[],
): Evictions | null {
  if (parts.length === 0) return null;
  const { templates, workload, outcomes } = input;
  const evictedTokens = requests.map((row) => outcomes.fates[row * fates.length + fateIndex.evicted] ?? 0);
  const secondsAt = (request: number) => workload.requests[request]?.arrivalSeconds ?? 0;
  const tokensFor = new Map<number, number>();
  for (const { evictedBy, start, end } of parts) {
    const template = workload.templateOf[evictedBy] ?? -1;
    tokensFor.set(template, (tokensFor.get(template) ?? 0) + end - start);
  }
  return {
    requests: evictedTokens.filter((tokens) => tokens > 0).length,
    tokens: evictedTokens.reduce((sum, tokens) => sum + tokens, 0),
    tracedTokens: parts.reduce((sum, { start, end }) => sum + end - start, 0),
    idleRequests: spreadOf(parts.map(({ evictedBy, lastSentBy }) => evictedBy - lastSentBy)),
    idleSeconds: spreadOf(
      parts.map(({ evictedBy, lastSentBy }) => secondsAt(evictedBy) - secondsAt(lastSentBy)),
    ),
    lackedAfterRequests: spreadOf(parts.map(({ request, evictedBy }) => request - evictedBy)),
    lackedAfterSeconds: spreadOf(
      parts.map(({ request, evictedBy }) => secondsAt(request) - secondsAt(evictedBy)),
    ),
    madeRoomFor: largest(tokensFor, (tokens) => tokens).map(([template, tokens]) => ({
      id: templates[template]?.id ?? "",
      tokens,
    })),
  };
}

function missingCheckpoints(outcomes: OutcomeTable, requests: readonly number[]): MissingCheckpoints | null {
  const rows = requests.filter((row) => (outcomes.missingCheckpointAt[row] ?? -1) >= 0);
  if (rows.length === 0) return null;
  const nearest = rows.map((row) => outcomes.nearestCheckpoint[row] ?? 0);
  return {
    requests: rows.length,
    requestsWithoutAny: nearest.filter((position) => position === 0).length,
    missingAt: spreadOf(rows.map((row) => outcomes.missingCheckpointAt[row] ?? 0)),
    nearestAt: spreadOf(nearest),
    distanceTokens: spreadOf(
      rows.map((row, index) => (outcomes.missingCheckpointAt[row] ?? 0) - (nearest[index] ?? 0)),
    ),
  };
}

/** The entries with the largest measure; on ties the earlier ones. */
function largest<T>(sums: ReadonlyMap<number, T>, measure: (value: T) => number): [number, T][] {
  return [...sums].sort(([, a], [, b]) => measure(b) - measure(a)).slice(0, placesShown);
}
