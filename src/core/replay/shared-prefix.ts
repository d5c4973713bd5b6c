/**
 * What a cache gives to requests that share a prefix and nothing else, without any prompt: from which length on it hits at all,
 * and how much of it. Found by serving such requests to empty caches, so that it holds for every policy.
 */
import { type CacheSystem, Served } from "../cache/cache-system.ts";
import { longestTried } from "../longest-tried.ts";

export interface SharedPrefixOptions {
  /** Tokens of its own behind the prefix that each request ends with. */
  readonly tailTokens: number;
  readonly outputTokens: number;
}

export const sharedPrefixDefaults: SharedPrefixOptions = { tailTokens: 64, outputTokens: 64 };

/** The first ones make it known that the prefix is shared, and put states where it ends; the last one tells. */
const requests = 4;
/** A minute apart: within every lifetime. */
const secondsApart = 60;

/** Tokens that a request reuses of a prefix of so many tokens, which some before it sent. `cache` is empty. */
export function reuseOfSharedPrefix(
  cache: CacheSystem,
  prefixTokens: number,
  { tailTokens, outputTokens }: SharedPrefixOptions = sharedPrefixDefaults,
): number {
  const served = new Served();
  const promptTokens = prefixTokens + tailTokens;
  for (let request = 0; request < requests; request++) {
    const prompt = new Int32Array(promptTokens);
    for (let at = 0; at < promptTokens; at++) prompt[at] = at < prefixTokens ? at : ownToken(request, at);
    const output = Int32Array.from({ length: outputTokens }, (_, at) => ownToken(request, promptTokens + at));
    served.begin();
    // As one conversation, so that each begins when the one before has ended.
    cache.flights?.expect(0);
    cache.serve(prompt, output, served, {
      arrivalSeconds: request * secondsApart,
      stableTokens: prefixTokens,
      blockEnds: [prefixTokens, promptTokens],
      staticEnds: () => [{ end: prefixTokens, sharedBy: "all" }],
    });
  }
  return served.reusedTokens;
}

/** No two places of two requests have the same. */
function ownToken(request: number, at: number): number {
  return (request + 1) * 2 ** 24 + at;
}

/**
 * The fewest shared tokens of which anything is reused; `null` where `mostTokens` are not enough, by default `longestTried`. Block ends are tried one by
 * one, as with some policies more tokens can be reused less; caches that match at any token are searched by halving.
 */
export function* smallestSharedPrefix(
  create: () => CacheSystem,
  mostTokens = longestTried,
  options: SharedPrefixOptions = sharedPrefixDefaults,
): Generator<void, number | null, void> {
  const hits = (tokens: number) => reuseOfSharedPrefix(create(), tokens, options) > 0;
  const unit = create().blockTokens;
  let below = 0;
  let tokens = unit;
  while (tokens <= mostTokens && !hits(tokens)) {
    below = tokens;
    tokens = unit > 1 ? tokens + unit : tokens * 2;
    yield;
  }
  if (tokens > mostTokens) return null;
  // Between the last length without a hit and the first with one; in blocks those are neighbours but for the last token.
  while (tokens - below > 1) {
    const middle = (below + tokens) >> 1;
    if (hits(middle)) tokens = middle;
    else below = middle;
    yield;
  }
  return tokens;
}

/**
 * Lengths from 0 to `mostTokens` at which a curve is drawn: both sides of each end of a block, where reuse jumps, or so many even
 * ones where those would be more.
 */
export function curveLengths(blockTokens: number, mostTokens: number, points: number): readonly number[] {
  const ends = Math.floor(mostTokens / blockTokens);
  if (blockTokens === 1 || 2 * ends > points)
    return Array.from({ length: points + 1 }, (_, point) => Math.round((point * mostTokens) / points));
  const lengths = [0];
  for (let end = 1; end <= ends; end++) lengths.push(end * blockTokens - 1, end * blockTokens);
  if (ends * blockTokens < mostTokens) lengths.push(mostTokens);
  return lengths;
}
