/**
 * The optimum by the definition: after each request every set of prefixes of what is held and what was computed, as far as it fits.
 * Prefixes are texts of tokens, bytes are counted over the distinct prefixes of what is kept, and nothing is known of next uses.
 */
import type { StateCost } from "../../src/core/cache/cache-system.ts";
import type { TokenLists } from "./cache-pairs.ts";

export interface PlainOptimumOptions {
  readonly cost: StateCost;
  readonly capacityBytes: number;
  readonly computedTokensAtLeast: number;
  /** Whether states may also be kept of what was not computed. */
  readonly isRelaxed: boolean;
  /** Whether a state may be kept behind this prefix; the empty one is never asked about. */
  mayKeep(prefix: readonly number[]): boolean;
}

/** Tokens reused over all requests. Exponential in the places where states may be kept. */
export function plainOptimum(requests: readonly TokenLists[], options: PlainOptimumOptions): number {
  const known = new Map<string, number>();
  const best = (index: number, held: readonly string[]): number => {
    const request = requests[index];
    if (request === undefined) return 0;
    const key = `${index} ${held.join("|")}`;
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    const { prompt, output } = request;
    const places = prefixesOf([...prompt, ...output]);
    const limit = Math.max(0, prompt.length - options.computedTokensAtLeast);
    const depths = places.map((place, at) => (held.includes(place) && at < limit ? at + 1 : 0));
    const reused = Math.max(0, ...depths);
    const own = places.filter((_, at) => {
      if (!options.isRelaxed && at < reused) return false;
      return options.mayKeep([...prompt, ...output].slice(0, at + 1));
    });
    const candidates = [...new Set([...held, ...own])].sort();
    let most = 0;
    for (const kept of subsets(candidates)) {
      if (bytesOf(kept, options.cost) > options.capacityBytes) continue;
      most = Math.max(most, best(index + 1, kept));
    }
    const result = reused + most;
    known.set(key, result);
    return result;
  };
  return best(0, []);
}

function prefixesOf(tokens: readonly number[]): string[] {
  return tokens.map((_, at) => tokens.slice(0, at + 1).join(" "));
}

function bytesOf(kept: readonly string[], { kvBytesPerToken, checkpointBytes }: StateCost): number {
  const cached = new Set(kept.flatMap((prefix) => prefixesOf(prefix.split(" ").map(Number))));
  return kept.length * checkpointBytes + cached.size * kvBytesPerToken;
}

function* subsets<T>(items: readonly T[], from = 0): Generator<readonly T[], void, void> {
  if (from === items.length) {
    yield [];
    return;
  }
  for (const rest of subsets(items, from + 1)) {
    yield rest;
    yield [items[from]!, ...rest];
  }
}
