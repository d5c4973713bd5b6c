/**
 * Gives every prompt token of a request exactly one fate. The prompt is cut at five positions:
 *   0 .. reused .. held .. once resumable .. once sent .. prompt length
 * and each piece between them has a fate of its own; the last one is divided by the runs of the prompt. What the cache
 * itself says of tokens behind the leading ones stands above that: reused out of place, or lost for a reason of its own.
 */
import type { CacheSystem, Inspection, Served } from "../cache/cache-system.ts";
import { type Fate, fates } from "../fates.ts";
import { invariant } from "../invariant.ts";
import type { PromptRuns } from "./request.ts";
import type { Seen } from "./seen-spans.ts";

/** Tokens `[start, end)` of the prompt share one fate. */
export interface FateSpan {
  readonly fate: Fate;
  readonly start: number;
  readonly end: number;
}

export const fateIndex: Readonly<Record<Fate, number>> = Object.fromEntries(
  fates.map((fate, index) => [fate, index]),
) as Record<Fate, number>;

/** Deepest position, in tokens, from which a prompt of this length may resume. */
export function resumeLimitOf(cache: CacheSystem, promptTokens: number): number {
  const computed = Math.max(0, promptTokens - cache.computedTokensAtLeast);
  return Math.floor(computed / cache.blockTokens) * cache.blockTokens;
}

/** Deepest position at which what the cache holds of a prompt looks resumable, at most the limit. */
export function heldTokensOf(cache: CacheSystem, held: Inspection, resumeLimit: number): number {
  if (!cache.needsCheckpoints) return Math.min(held.cachedTokens, resumeLimit);
  return held.checkpoints.findLast((position) => position <= resumeLimit) ?? 0;
}

/**
 * Spans in order, without gaps, from 0 to the prompt length; empty spans are left out. `heldTokens` as above, from before the
 * request; what was held and not reused was ruled out. `knownRuns` says of each run whether an earlier request had it.
 */
export function fateSpans(
  cache: CacheSystem,
  promptTokens: number,
  served: Served,
  seen: Seen,
  heldTokens: number,
  runs: PromptRuns | null,
  knownRuns: Uint8Array,
): FateSpan[] {
  const spans: FateSpan[] = [];
  let position = 0;
  const upTo = (end: number, fate: Fate): void => {
    if (end <= position) return;
    spans.push({ fate, start: position, end });
    position = end;
  };
  const limit = resumeLimitOf(cache, promptTokens);
  upTo(served.reusedTokens, "reused");
  if (cache.keepsAnything) {
    upTo(heldTokens, "ruledOut");
    const inBlocks = (tokens: number) => Math.floor(tokens / cache.blockTokens) * cache.blockTokens;
    const aligned = inBlocks(Math.min(seen.sentTokens, limit));
    if (cache.needsCheckpoints) {
      upTo(Math.min(served.attendedTokens, seen.checkpointTokens), "windowGone");
      upTo(seen.checkpointTokens, "evicted");
      upTo(aligned, "noCheckpoint");
    } else {
      upTo(Math.min(inBlocks(seen.cachedTokens), aligned), "evicted");
      upTo(aligned, "ruledOut");
    }
    upTo(seen.sentTokens, "unaligned");
  } else {
    upTo(seen.sentTokens, "ruledOut");
  }
  upToEnd(promptTokens, runs, knownRuns, () => position, upTo);
  invariant(position === promptTokens, `fates cover ${position} of ${promptTokens} tokens`);
  return overlaid(spans, served);
}

/** The spans with what the cache itself says laid over them. */
function overlaid(spans: FateSpan[], { reusedTokens, reusedRanges, losses }: Served): FateSpan[] {
  if (reusedRanges.length === 0 && losses.length === 0) return spans;
  const said: FateSpan[] = [
    ...reusedRanges.map(({ start, end }) => ({ fate: "reused" as const, start, end })),
    ...losses.map(({ fate, start, end }) => ({ fate, start, end })),
  ];
  said.sort((a, b) => a.start - b.start);
  const result: FateSpan[] = [];
  let position = 0;
  for (const span of said) {
    const isApart = span.start >= Math.max(position, reusedTokens) && span.end >= span.start;
    invariant(isApart, `the cache speaks of tokens ${span.start} to ${span.end} twice`);
    pushPart(result, spans, position, span.start);
    if (span.end > span.start) result.push(span);
    position = span.end;
  }
  pushPart(result, spans, position, Number.POSITIVE_INFINITY);
  return result;
}

/** The parts of the spans that lie in `[start, end)`. */
function pushPart(result: FateSpan[], spans: readonly FateSpan[], start: number, end: number): void {
  for (const span of spans) {
    const from = Math.max(span.start, start);
    const to = Math.min(span.end, end);
    if (to > from) result.push({ fate: span.fate, start: from, end: to });
  }
}

/** What nobody had sent behind this prefix: known text that came too late, and text that is new. */
function upToEnd(
  promptTokens: number,
  runs: PromptRuns | null,
  knownRuns: Uint8Array,
  position: () => number,
  upTo: (end: number, fate: Fate) => void,
): void {
  if (runs !== null) {
    for (let run = runOfToken(runs, position()); run < runs.starts.length; run++) {
      const end = run + 1 < runs.starts.length ? runs.starts[run + 1] : promptTokens;
      if (end > position()) upTo(end, knownRuns[run] === 1 ? "diverged" : "cold");
    }
  }
  upTo(promptTokens, "cold");
}

/** Index of the run that holds the token; the runs must not be empty. */
export function runOfToken(runs: PromptRuns, token: number): number {
  let low = 0;
  let high = runs.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (runs.starts[middle] <= token) low = middle;
    else high = middle - 1;
  }
  return low;
}
