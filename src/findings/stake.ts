/** What tokens that are prefilled again cost. */
import type { FindingContext, Stake } from "./finding.ts";

/** Fewer tokens per request than one cache block of an ordinary engine are not worth a word. */
export const worthSaying = 16;
/** A few cache blocks, and a delay that adds up: less than either stays a hint, whatever causes it. */
const worthWarning = { tokens: 64, seconds: 0.0005 };

/** What differs between conversations or tenants costs their first request: it has to be long. */
const worthSharing = 64;

export function isWorthSharing({ tokensPerRequest }: Stake): boolean {
  return tokensPerRequest >= worthSharing;
}

/** What was tried is sure, so that less of it is worth an edit than of what was only counted. */
const worthTried = { tokens: 32, seconds: 0.0002 };

/** Whether a loss is worth an edit. */
export function isWorthEdit(stake: Stake): boolean {
  return reaches(stake, worthWarning);
}

/** The same of an edit that was tried. */
export function isWorthTriedEdit(stake: Stake): boolean {
  return reaches(stake, worthTried);
}

/** What rests on values of which nothing is known may come to nothing: half as much again. */
const worthGuess = { tokens: 48, seconds: 0.0003 };

/** The same of an edit that was tried and rests on such values. */
export function isWorthGuess(stake: Stake): boolean {
  return reaches(stake, worthGuess);
}

/** Where time costs nothing, as at a provider, the tokens alone decide. */
function reaches({ tokensPerRequest, ttftSecondsPerRequest }: Stake, least: typeof worthTried): boolean {
  if (tokensPerRequest < least.tokens) return false;
  return ttftSecondsPerRequest === 0 || ttftSecondsPerRequest >= least.seconds;
}

/** Sums over the requests that lose something in one place. */
export interface Loss {
  tokens: number;
  ttftSeconds: number;
  requests: number;
}

/** Adds to the loss what one request would save if `tokens` more of it were reused. */
export function addLoss(context: FindingContext, loss: Loss, request: number, tokens: number): void {
  const { outcomes } = context;
  const promptTokens = outcomes.promptTokens[request] ?? 0;
  const reused = outcomes.reusedTokens[request] ?? 0;
  const couldReuse = Math.min(promptTokens - 1, reused + tokens);
  loss.tokens += tokens;
  loss.ttftSeconds +=
    context.ttftSeconds(reused, promptTokens) - context.ttftSeconds(couldReuse, promptTokens);
  loss.requests++;
}

/** The entry of a map of losses, made when it is asked for first. */
export function lossAt<K>(losses: Map<K, Loss>, key: K): Loss {
  const known = losses.get(key);
  if (known !== undefined) return known;
  const loss: Loss = { tokens: 0, ttftSeconds: 0, requests: 0 };
  losses.set(key, loss);
  return loss;
}

/** Per request of the template, whether or not it lost anything. */
export function stakeOf(context: FindingContext, loss: Loss, requests: number): Stake {
  const tokensPerRequest = loss.tokens / requests;
  return {
    tokensPerRequest,
    ttftSecondsPerRequest: loss.ttftSeconds / requests,
    bytes: tokensPerRequest * context.kvBytesPerToken,
  };
}
