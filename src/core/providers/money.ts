/** What requests cost at a hosted provider, in prices of one plain input token, and from when on writing pays. */
import type { ProviderTerms } from "./choose.ts";
import type { BilledTokens } from "./request.ts";

/** Prices of one token, in prices of a plain input token. */
export interface Multipliers {
  readonly readMultiplier: number;
  readonly writeMultiplier: number;
  readonly longWriteMultiplier: number;
}

/** Plain tokens count 1, read and written ones their multiplier. */
export function inputCost(billed: BilledTokens, prices: Multipliers): number {
  const written = billed.writtenTokens - billed.writtenLongTokens;
  return (
    billed.plainTokens +
    billed.readTokens * prices.readMultiplier +
    written * prices.writeMultiplier +
    billed.writtenLongTokens * prices.longWriteMultiplier
  );
}

/** The same with the answer, whose price per token is given in prices of a plain input token. */
export function requestCost(
  billed: BilledTokens,
  prices: Multipliers,
  outputTokens: number,
  outputMultiplier: number,
): number {
  return inputCost(billed, prices) + outputTokens * outputMultiplier;
}

/** Share of the uncached price that the cache saves; negative where writing cost more than reading saved. */
export function savedShare(billed: BilledTokens, prices: Multipliers): number {
  const promptTokens = billed.readTokens + billed.writtenTokens + billed.plainTokens;
  return promptTokens === 0 ? 0 : 1 - inputCost(billed, prices) / promptTokens;
}

/** `inputUsdPerMillion` is the list price of a million plain input tokens. */
export function dollars(cost: number, inputUsdPerMillion: number): number {
  return (cost * inputUsdPerMillion) / 1e6;
}

/** Reuses n of a written prefix from which on it costs less than sending it plainly: w + n·r = 1 + n. */
export function reusesToBreakEven(writeMultiplier: number, readMultiplier: number): number {
  if (writeMultiplier <= 1) return 0;
  return readMultiplier >= 1 ? Number.POSITIVE_INFINITY : (writeMultiplier - 1) / (1 - readMultiplier);
}

/** Share p of requests that must hit when every miss writes the prefix anew: p·r + (1 − p)·w = 1. */
export function hitShareToBreakEven(writeMultiplier: number, readMultiplier: number): number {
  if (writeMultiplier <= 1) return 0;
  return readMultiplier >= 1
    ? Number.POSITIVE_INFINITY
    : (writeMultiplier - 1) / (writeMultiplier - readMultiplier);
}

export interface BreakEven {
  readonly reuses: number;
  readonly hitShare: number;
}

export function breakEven(terms: ProviderTerms, lifetime: "default" | "long" = "default"): BreakEven {
  const write = lifetime === "long" ? terms.longWriteMultiplier : terms.writeMultiplier;
  return {
    reuses: reusesToBreakEven(write, terms.readMultiplier),
    hitShare: hitShareToBreakEven(write, terms.readMultiplier),
  };
}
