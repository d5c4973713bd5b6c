/** What a finding says of a change that was tried, alone at first and then among all requests. */
import { bytes, plural } from "../words/numbers.ts";
import type { Finding, FindingContext, Gain, Stake, Trial } from "./finding.ts";
import { lossHeadline } from "./sentences.ts";
import { isWorthEdit, isWorthTriedEdit, worthSaying } from "./stake.ts";

/** What the change saves; nothing where it makes it worse. */
export function stakeOfGain({ kvBytesPerToken }: Pick<FindingContext, "kvBytesPerToken">, gain: Gain): Stake {
  const tokensPerRequest = Math.max(0, gain.tokensPerRequest);
  const ttftSecondsPerRequest = Math.max(0, gain.ttftSecondsPerRequest);
  return { tokensPerRequest, ttftSecondsPerRequest, bytes: tokensPerRequest * kvBytesPerToken };
}

/**
 * What is at stake: what was tried gives; where nothing was, what was lost, which is no promise. `isWorth` says whether
 * people are told of it; a loss that is too small is not tried.
 */
export function promised(
  context: FindingContext,
  lost: Stake,
  trial: Trial | null,
): { readonly stake: Stake; readonly isWorth: boolean } {
  if (trial === null) return { stake: lost, isWorth: isWorthEdit(lost) && context.tryChange === undefined };
  const stake = stakeOfGain(context, trial.gain);
  return { stake, isWorth: isWorthEdit(lost) && isWorthTriedEdit(stake) };
}

/**
 * Whether it is worth an edit was told by the prompt alone. Where next to nothing is left of it among others, because they
 * evict what is shared, the numbers stay those of the prompt alone, and that is said.
 */
export function restated(context: FindingContext, finding: Finding, tried: Trial, gain: Gain): Finding {
  const stake = stakeOfGain(context, gain);
  const { message, detail, fixes } = finding;
  if (stake.tokensPerRequest < worthSaying) {
    const left = plural(stake.tokensPerRequest, "token");
    const why = `By itself, that is: among all these prompts the cache evicts too early, and ${left} of it are left.`;
    return { ...finding, detail: `${detail} ${why}` };
  }
  return {
    ...finding,
    ...(!isWorthTriedEdit(stake) && { severity: "hint" as const }),
    message: lossHeadline(context, stake, message.slice(message.indexOf(": ") + 2)),
    detail: detail.replace(`(${bytes(finding.stake.bytes)} of KV)`, `(${bytes(stake.bytes)} of KV)`),
    stake,
    // What another change of the same prompt gives was tried by itself.
    ...(fixes && { fixes: fixes.map((fix) => (fix.edits === tried.edits ? { ...fix, effect: gain } : fix)) }),
  };
}
