/**
 * Gives every prompt token of a request exactly one fate. The prompt is cut at four positions:
 *   0 .. reused .. once resumable .. once sent .. prompt length
 * and each piece between them has a fate of its own; the last one is divided by the runs of the prompt.
 */
import type { CacheSystem } from "../cache/cache-system.ts";
import { invariant } from "../invariant.ts";
import { type Fate, fates } from "./fates.ts";
import type { PromptRuns } from "./request.ts";
import type { Seen } from "./seen-tree.ts";

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

/** Spans in order, without gaps, from 0 to the prompt length; empty spans are left out. */
export function fateSpans(
  cache: CacheSystem,
  promptTokens: number,
  reusedTokens: number,
  seen: Seen,
  runs: PromptRuns | null,
  isKnownContent: (content: number) => boolean,
): FateSpan[] {
  const spans: FateSpan[] = [];
  let position = 0;
  const upTo = (end: number, fate: Fate): void => {
    if (end <= position) return;
    spans.push({ fate, start: position, end });
    position = end;
  };
  const limit = resumeLimitOf(cache, promptTokens);
  upTo(reusedTokens, "reused");
  if (cache.keepsAnything) {
    const aligned = Math.floor(Math.min(seen.sentTokens, limit) / cache.blockTokens) * cache.blockTokens;
    if (cache.needsCheckpoints) {
      upTo(seen.checkpointTokens, "evicted");
      upTo(aligned, "noCheckpoint");
    } else {
      upTo(Math.min(seen.cachedTokens, aligned), "evicted");
      upTo(aligned, "ruledOut");
    }
    upTo(seen.sentTokens, "unaligned");
  } else {
    upTo(seen.sentTokens, "ruledOut");
  }
  upToEnd(promptTokens, runs, isKnownContent, () => position, upTo);
  invariant(position === promptTokens, `fates cover ${position} of ${promptTokens} tokens`);
  return spans;
}

/** What nobody had sent behind this prefix: known text that came too late, and text that is new. */
function upToEnd(
  promptTokens: number,
  runs: PromptRuns | null,
  isKnownContent: (content: number) => boolean,
  position: () => number,
  upTo: (end: number, fate: Fate) => void,
): void {
  if (runs !== null) {
    for (let run = 0; run < runs.starts.length; run++) {
      const end = run + 1 < runs.starts.length ? runs.starts[run + 1] : promptTokens;
      if (end > position()) upTo(end, isKnownContent(runs.contents[run]) ? "diverged" : "cold");
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
