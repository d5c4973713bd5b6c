/** What tokens cost that are paid as plain input and could be read, at a hosted provider. */
import type { HostedLimits } from "../core/policies/policy.ts";
import { count, shareOf } from "../words/numbers.ts";

/**
 * "1,240 units per request, 37.2 % of the price without a cache", one unit being the price of a plain input token. Per
 * request, both; what writing costs is not in it.
 */
export function lostPrice(
  { readMultiplier }: Pick<HostedLimits, "readMultiplier">,
  lostTokens: number,
  promptTokens: number,
): string {
  const units = lostTokens * (1 - readMultiplier);
  return `${count(units)} units per request, ${shareOf(units, promptTokens)} of the price without a cache`;
}
