/** What tokens cost that are paid as plain input and could be read, at a hosted provider. */
import type { HostedLimits } from "../core/policies/policy.ts";
import { t } from "../words/l10n.ts";
import { count, dollars, shareOf } from "../words/numbers.ts";

/** What a provider asks for. */
export interface TokenPrice {
  /** US dollars for a million plain input tokens; `null` where that is not known. */
  readonly usdPerMillionTokens: number | null;
  /** Price of a read token, in prices of a plain one. */
  readonly readMultiplier: number;
}

/**
 * "$3.35 per 1,000" requests of which so many tokens each are paid in full and could be read; `null` where no price is known,
 * or nothing is lost. What writing costs is not in it.
 */
export function lostMoney(tokensPerRequest: number, price: TokenPrice | undefined): string | null {
  if (price === undefined || price.usdPerMillionTokens === null || tokensPerRequest <= 0) return null;
  const usd = (tokensPerRequest * (1 - price.readMultiplier) * price.usdPerMillionTokens) / 1000;
  return t("{0} per 1,000", dollars(usd));
}

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
  return t("{units} units per request, {share} of the price without a cache", {
    units: count(units),
    share: shareOf(units, promptTokens),
  });
}
