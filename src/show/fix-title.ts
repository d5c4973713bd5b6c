/** What a light bulb says. */

import type { Scenario } from "../analysis/report.ts";
import type { Gain } from "../findings/finding.ts";
import { lostMoney } from "../findings/lost-price.ts";
import { t } from "../words/l10n.ts";
import { plural, seconds } from "../words/numbers.ts";

/** An imperative with what was measured: `Move now to the end of the prompt: +94 stable tokens, −0.9 ms`. */
export function fixTitle(title: string, effect: Gain | null, { billing }: Pick<Scenario, "billing">): string {
  if (effect === null) return title;
  const { tokensPerRequest, ttftSecondsPerRequest } = effect;
  const tokens =
    billing === undefined
      ? plural(tokensPerRequest, "stable token")
      : plural(tokensPerRequest, "cached token");
  const time = ttftSecondsPerRequest > 0 ? seconds(ttftSecondsPerRequest) : null;
  const less = billing === undefined ? time : lostMoney(tokensPerRequest, billing);
  return less === null
    ? t("{title}: +{tokens}", { title, tokens })
    : t("{title}: +{tokens}, −{less}", { title, tokens, less });
}
