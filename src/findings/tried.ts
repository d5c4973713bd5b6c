/** What a finding says of a change that was tried, alone at first and then among all requests. */
import { t } from "../words/l10n.ts";
import { plural } from "../words/numbers.ts";
import type { Finding, FindingContext, Gain, Stake, Trial } from "./finding.ts";
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
 * evict what is shared, the numbers stay those of the prompt alone, and that is said. `said` is what the finding says where so
 * much is at stake.
 */
export function restated(
  context: FindingContext,
  finding: Finding,
  said: (stake: Stake) => Pick<Finding, "message" | "detail">,
  tried: Trial,
  gain: Gain,
): Finding {
  const stake = stakeOfGain(context, gain);
  const { detail, fixes } = finding;
  if (stake.tokensPerRequest < worthSaying) {
    const left = plural(stake.tokensPerRequest, "token");
    return {
      ...finding,
      detail: t(
        "{detail} By itself, that is: among all these prompts the cache evicts too early, and {left} of it are left.",
        { detail, left },
      ),
    };
  }
  return {
    ...finding,
    ...(!isWorthTriedEdit(stake) && { severity: "hint" as const }),
    ...said(stake),
    stake,
    // What another change of the same prompt gives was tried by itself.
    ...(fixes && { fixes: fixes.map((fix) => (fix.edits === tried.edits ? { ...fix, effect: gain } : fix)) }),
  };
}
