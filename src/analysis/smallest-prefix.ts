/** The smallest prefix that can hit in a scenario, found once for each. */
import { smallestSharedPrefix } from "../core/replay/shared-prefix.ts";
import type { ResolvedScenario } from "./scenario.ts";

/** No prompt shares more and is told that it shares too little. */
const mostTokens = 16_384;

const known = new WeakMap<ResolvedScenario, number | null>();

export function* smallestPrefixOf(scenario: ResolvedScenario): Generator<void, number | null, void> {
  const found = known.get(scenario);
  if (found !== undefined) return found;
  const tokens = yield* smallestSharedPrefix(() => scenario.createCache(), mostTokens);
  known.set(scenario, tokens);
  return tokens;
}
