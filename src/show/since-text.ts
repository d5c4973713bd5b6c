/** What a prompt lost or gained since its file had another text, such as that of HEAD. */
import type { AsOf } from "../analysis/trials.ts";
import { t } from "../words/l10n.ts";
import { count, percent, plural, signedCount, signedPoints } from "../words/numbers.ts";

export interface SinceText {
  readonly label: string;
  readonly beforeLabel: string;
  readonly tooltip: string;
}

/** Less than what is shown of a rate is no difference. */
const leastPoints = 0.0005;

export function sinceText({ before, now, requests }: Pick<AsOf, "before" | "now" | "requests">): SinceText {
  const rate = now.tokenHitRate - before.tokenHitRate;
  const stable = now.stableTokens - before.stableTokens;
  const isSame = Math.abs(rate) < leastPoints;
  const tokens =
    Math.abs(stable) === 1
      ? t("{0} stable token since HEAD", signedCount(stable))
      : t("{0} stable tokens since HEAD", signedCount(stable));
  const moved = isSame
    ? stable === 0
      ? null
      : tokens
    : t("{0} points since HEAD", signedPoints(100 * rate));
  const label = moved ?? t("as at HEAD");
  return {
    label,
    beforeLabel: [
      t("{0} hit", percent(before.tokenHitRate)),
      plural(before.stableTokens, "stable token"),
    ].join(" · "),
    tooltip: t(
      "{rateBefore} of its prompt tokens were reused at HEAD, {rateNow} are now; {stableBefore} tokens were stable, {stableNow} are. By itself, in an empty cache, over {requests}.",
      {
        rateBefore: percent(before.tokenHitRate),
        rateNow: percent(now.tokenHitRate),
        stableBefore: count(before.stableTokens),
        stableNow: count(now.stableTokens),
        requests: plural(requests, "request"),
      },
    ),
  };
}
