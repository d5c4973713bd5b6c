/** What a prompt lost or gained since its file had another text, such as that of HEAD. */
import type { AsOf } from "../analysis/trials.ts";
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
  const tokens = `${signedCount(stable)} stable ${Math.abs(stable) === 1 ? "token" : "tokens"}`;
  const change = isSame ? (stable === 0 ? null : tokens) : `${signedPoints(100 * rate)} points`;
  const label = change === null ? "as at HEAD" : `${change} since HEAD`;
  return {
    label,
    beforeLabel: `${percent(before.tokenHitRate)} hit · ${plural(before.stableTokens, "stable token")}`,
    tooltip:
      `${percent(before.tokenHitRate)} of its prompt tokens were reused at HEAD, ${percent(now.tokenHitRate)} are now; ` +
      `${count(before.stableTokens)} tokens were stable, ${count(now.stableTokens)} are. By itself, in an empty cache, over ${plural(requests, "request")}.`,
  };
}
