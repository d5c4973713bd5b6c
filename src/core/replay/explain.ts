/**
 * One request of a trace, explained: what the cache held of it when it came, what it could use, where every token went,
 * and which earlier requests had put there, or taken away, what it needed.
 * The trace is replayed up to that request, and the cache is asked about its prompt after each step.
 */
import type { Inspection, Loss, RestoredRange } from "../cache/cache-system.ts";
import { invariant } from "../invariant.ts";
import { concatTokens } from "../tokens/common-prefix.ts";
import type { EvictedPart } from "./evictions.ts";
import type { FateSpan } from "./ledger.ts";
import { evictedParts, type OutcomeTable, type ReplayInput, replaySteps } from "./replay.ts";

/** What an earlier request changed of what is held of this prompt. Positions in tokens from the prompt's start. */
export interface HoldingChange {
  readonly request: number;
  /** Leading tokens of the prompt whose KV was cached, before and after. */
  readonly cachedBefore: number;
  readonly cachedAfter: number;
  readonly keptCheckpoints: readonly number[];
  readonly evictedCheckpoints: readonly number[];
}

/** A stretch of the prompt that the cache held, up to a checkpoint or to where it held no more. */
export interface PathStep {
  readonly start: number;
  readonly end: number;
  readonly hasCheckpoint: boolean;
  readonly isReused: boolean;
  /** The last earlier request that left it so. */
  readonly leftBy: number;
}

export interface RequestExplanation {
  readonly request: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** See `CacheSystem.blockTokens`. */
  readonly blockTokens: number;
  /** What the cache held of the prompt when the request came. */
  readonly held: Inspection;
  /** The same in stretches, cut at checkpoints and where reuse ends. */
  readonly path: readonly PathStep[];
  /** Leading ones. */
  readonly reusedTokens: number;
  /** Those behind them. */
  readonly linkedTokens: number;
  /** Reused tokens that came back from slower memories. */
  readonly restored: readonly RestoredRange[];
  /** Leading tokens that somebody had sent before. */
  readonly sentTokens: number;
  /** Where a checkpoint would have been of use, and the nearest one kept below it, 0 for none; `null` where none was missing. */
  readonly missingCheckpoint: { readonly at: number; readonly nearest: number } | null;
  readonly spans: readonly FateSpan[];
  /** Where the cache itself says why tokens were not reused. */
  readonly losses: readonly Loss[];
  /** When the evicted tokens went, and for whom. */
  readonly evictedParts: readonly EvictedPart[];
  /** Source segment in which the request left all others; -1 where it left none, or the source is not known. */
  readonly leftAtSegment: number;
  /** In the order of the trace. */
  readonly history: readonly HoldingChange[];
  /** What the cache holds of prompt and output afterwards. */
  readonly heldAfter: Inspection;
  readonly newCheckpoints: readonly number[];
  readonly evictedNodes: number;
  readonly evictedBytes: number;
  readonly ttftSeconds: number;
  readonly ttftSecondsWithoutCache: number;
  /** Of `ttftSeconds`: bringing states back; what is left is a prefill behind so many reused tokens. */
  readonly restoreSeconds: number;
  readonly equivalentPrefixTokens: number;
  /** See `Served.inputUnits`. */
  readonly inputUnits: number;
}

/** What is known as soon as the request was served. */
type ServedPart = Omit<RequestExplanation, keyof TablePart | "path" | "evictedParts">;
/** What the table of outcomes says. */
type TablePart = Pick<
  RequestExplanation,
  "linkedTokens" | "missingCheckpoint" | "leftAtSegment" | "ttftSeconds" | "ttftSecondsWithoutCache"
>;

/**
 * Throws a broken invariant when there is no such request, and without `ReplayInput.createCache`.
 * Yields the number of requests done.
 */
export function* explainSteps(
  input: ReplayInput,
  request: number,
): Generator<number, RequestExplanation, void> {
  const { createCache, ...once } = input;
  const asked = input.requests[request];
  invariant(asked !== undefined, `request ${request} of ${input.requests.length}`);
  invariant(createCache !== undefined, "evicted tokens are traced in a second cache");
  const prompt = asked.promptTokens;
  const history: HoldingChange[] = [];
  let held: Inspection = input.cache.inspect(prompt);
  let servedPart: ServedPart | null = null;
  const untilThen = { ...once, requests: input.requests.slice(0, request + 1) };
  const table = yield* replaySteps({
    ...untilThen,
    onServed(index, served, spans, sentTokens) {
      if (index < request) {
        const now = input.cache.inspect(prompt);
        const change = changeOf(index, held, now);
        if (change !== null) history.push(change);
        held = now;
        return;
      }
      servedPart = {
        request,
        promptTokens: prompt.length,
        outputTokens: asked.outputTokens.length,
        blockTokens: input.cache.blockTokens,
        held,
        reusedTokens: served.reusedTokens,
        restored: [...served.restored],
        sentTokens,
        spans,
        losses: [...served.losses],
        history,
        heldAfter: input.cache.inspect(concatTokens(prompt, asked.outputTokens)),
        newCheckpoints: [...served.checkpoints],
        evictedNodes: served.evictedNodes,
        evictedBytes: served.evictedBytes,
        restoreSeconds: served.restoreSeconds,
        equivalentPrefixTokens: served.equivalentPrefixTokens ?? served.reusedTokens,
        inputUnits: served.inputUnits,
      };
    },
  });
  const known = servedPart as ServedPart | null;
  invariant(known !== null, `request ${request} was not served`);
  const evictedSpans = table.evictedSpans.filter((span) => span.request === request);
  return {
    ...known,
    ...tablePart(table, request),
    path: pathOf(held, known.reusedTokens, history),
    evictedParts: yield* evictedParts(untilThen, createCache(), evictedSpans),
  };
}

function tablePart(table: OutcomeTable, request: number): TablePart {
  const at = table.missingCheckpointAt[request];
  return {
    linkedTokens: table.linkedTokens[request],
    missingCheckpoint: at < 0 ? null : { at, nearest: table.nearestCheckpoint[request] },
    leftAtSegment: table.leftAtSegment[request],
    ttftSeconds: table.ttftSeconds[request],
    ttftSecondsWithoutCache: table.ttftSecondsWithoutCache[request],
  };
}

function pathOf(held: Inspection, reusedTokens: number, history: readonly HoldingChange[]): PathStep[] {
  const checkpoints = new Set(held.checkpoints);
  const ends = new Set([...held.checkpoints, Math.min(reusedTokens, held.cachedTokens), held.cachedTokens]);
  const steps: PathStep[] = [];
  let start = 0;
  for (const end of [...ends].filter((position) => position > 0).sort((a, b) => a - b)) {
    const hasCheckpoint = checkpoints.has(end);
    const leftBy = history.findLast((change) =>
      hasCheckpoint
        ? change.keptCheckpoints.includes(end)
        : change.cachedBefore < end && change.cachedAfter >= end,
    );
    invariant(leftBy !== undefined, `nobody left what is held up to token ${end}`);
    steps.push({ start, end, hasCheckpoint, isReused: end <= reusedTokens, leftBy: leftBy.request });
    start = end;
  }
  return steps;
}

function changeOf(request: number, before: Inspection, after: Inspection): HoldingChange | null {
  const keptCheckpoints = after.checkpoints.filter((position) => !before.checkpoints.includes(position));
  const evictedCheckpoints = before.checkpoints.filter((position) => !after.checkpoints.includes(position));
  const isSame = before.cachedTokens === after.cachedTokens;
  if (isSame && keptCheckpoints.length === 0 && evictedCheckpoints.length === 0) return null;
  return {
    request,
    cachedBefore: before.cachedTokens,
    cachedAfter: after.cachedTokens,
    keptCheckpoints,
    evictedCheckpoints,
  };
}
