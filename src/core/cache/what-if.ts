/** Caches of equal contents for requests that are known in advance. */
import { invariant } from "../invariant.ts";
import type { Spans } from "./edge-tokens.ts";
import { largest } from "./plan.ts";
import type { PrefixCache } from "./prefix-cache.ts";
import { cutAt, cutSteps, treeInSpans } from "./span-trace.ts";
import type { SymbolRequest } from "./symbols.ts";

/** Requests in spans, and caches of equal contents for them. */
export interface SpanForks {
  readonly requests: readonly SymbolRequest[];
  readonly spans: Spans;
  fork(): PrefixCache;
}

/**
 * The requests, which follow on those that the cache has served so far, cut into spans, and what makes caches of equal
 * contents that serve them so. Costs a pass over the tokens held and given, in steps; each cache then costs a copy of columns.
 */
export function* forksInSpans(
  cache: PrefixCache,
  requests: readonly SymbolRequest[],
): Generator<void, SpanForks, void> {
  const { spans } = cache.options;
  if (spans !== undefined) return { requests, spans, fork: () => cache.fork() };
  invariant(cache.history === null, "a history of tokens cannot go on with spans");
  const trie = cache.tree.copy();
  yield;
  const cut = yield* cutSteps(requests, cache.blockTokens, trie);
  yield;
  const trace = cutAt(cut, tokensThatFit(cache));
  const options = { ...cache.options, spans: trace.spans };
  const tree = treeInSpans(cache.tree, trie);
  yield;
  return {
    requests: trace.requests,
    spans: trace.spans,
    fork: () => cache.forkOver(options, tree.copy()),
  };
}

/** Where a cache without boundaries cuts a sequence that is longer than its memory; infinite where it never does. */
function tokensThatFit({ cached: { states }, capacityBytes, blockTokens }: PrefixCache): number {
  if (states.needBoundaries || capacityBytes === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  const fits = (blocks: number) => states.weigh(blocks * blockTokens, []) <= capacityBytes;
  return largest(2 ** 32, fits) * blockTokens;
}
