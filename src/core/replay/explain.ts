/**
 * One request of a trace, explained: what the cache held of it when it came, what it could use, where every token went,
 * and which earlier requests had put there, or taken away, what it needed.
 * The trace is replayed up to that request, and the cache is asked about its prompt after each step.
 */
import type { Inspection } from "../cache/cache-system.ts";
import { invariant } from "../invariant.ts";
import type { FateSpan } from "./ledger.ts";
import { type ReplayInput, replaySteps } from "./replay.ts";

/** What an earlier request changed of what is held of this prompt. Positions in tokens from the prompt's start. */
export interface HoldingChange {
  readonly request: number;
  /** Leading tokens of the prompt whose KV was cached, before and after. */
  readonly cachedBefore: number;
  readonly cachedAfter: number;
  readonly keptCheckpoints: readonly number[];
  readonly evictedCheckpoints: readonly number[];
}

export interface RequestExplanation {
  readonly request: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** What the cache held of the prompt when the request came. */
  readonly held: Inspection;
  readonly reusedTokens: number;
  /** Leading tokens that somebody had sent before. */
  readonly sentTokens: number;
  /** The checkpoint nearest below the end of what was sent before, or 0; and how many tokens short of it that is. */
  readonly nearestCheckpoint: number;
  readonly shortfallTokens: number;
  readonly spans: readonly FateSpan[];
  /** Source segment in which the request left all others; -1 where it left none, or the source is not known. */
  readonly leftAtSegment: number;
  /** In the order of the trace. */
  readonly history: readonly HoldingChange[];
  readonly insertedTokens: number;
  readonly newCheckpoints: readonly number[];
  readonly evictedNodes: number;
  readonly evictedBytes: number;
  readonly ttftSeconds: number;
  readonly ttftSecondsWithoutCache: number;
}

/** Throws a broken invariant when there is no such request; yields the number of requests done. */
export function* explainSteps(
  input: ReplayInput,
  request: number,
): Generator<number, RequestExplanation, void> {
  const asked = input.requests[request];
  invariant(asked !== undefined, `request ${request} of ${input.requests.length}`);
  const prompt = asked.promptTokens;
  const history: HoldingChange[] = [];
  let held: Inspection = input.cache.inspect(prompt);
  let explanation: Omit<
    RequestExplanation,
    "leftAtSegment" | "ttftSeconds" | "ttftSecondsWithoutCache"
  > | null = null;
  const table = yield* replaySteps({
    ...input,
    requests: input.requests.slice(0, request + 1),
    onServed(index, served, spans, sentTokens) {
      if (index < request) {
        const now = input.cache.inspect(prompt);
        const change = changeOf(index, held, now);
        if (change !== null) history.push(change);
        held = now;
        return;
      }
      const nearestCheckpoint = held.checkpoints.findLast((position) => position <= sentTokens) ?? 0;
      explanation = {
        request,
        promptTokens: prompt.length,
        outputTokens: asked.outputTokens.length,
        held,
        reusedTokens: served.reusedTokens,
        sentTokens,
        nearestCheckpoint,
        shortfallTokens: sentTokens - nearestCheckpoint,
        spans,
        history,
        insertedTokens: served.insertedTokens,
        newCheckpoints: [...served.checkpoints],
        evictedNodes: served.evictedNodes,
        evictedBytes: served.evictedBytes,
      };
    },
  });
  const explained = explanation as typeof explanation;
  invariant(explained !== null, `request ${request} was not served`);
  return {
    ...(explained as Omit<RequestExplanation, "leftAtSegment" | "ttftSeconds" | "ttftSecondsWithoutCache">),
    leftAtSegment: table.leftAtSegment[request],
    ttftSeconds: table.ttftSeconds[request],
    ttftSecondsWithoutCache: table.ttftSecondsWithoutCache[request],
  };
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
