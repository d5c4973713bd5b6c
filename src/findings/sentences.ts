/** The first sentence of a finding: a row of the problems view, which is cut where it is long, so the number comes first. */
import { t } from "../words/l10n.ts";
import { plural, seconds } from "../words/numbers.ts";
import type { FindingContext, Stake } from "./finding.ts";
import { lostMoney } from "./lost-price.ts";

/** Characters of a row that can be read. */
export const longestHeadline = 90;

/** A clause with one name in it, which is cut where the headline would be too long. */
export interface ClauseAbout {
  readonly name: string;
  /** Is given the name as it is shown. */
  say(name: string): string;
}

export function lossHeadline(
  { policy }: Pick<FindingContext, "policy">,
  { tokensPerRequest, ttftSecondsPerRequest }: Pick<Stake, "tokensPerRequest" | "ttftSecondsPerRequest">,
  clause: string | ClauseAbout,
): string {
  const time = ttftSecondsPerRequest > 0 ? seconds(ttftSecondsPerRequest) : null;
  const cost = policy.price === undefined ? time : lostMoney(tokensPerRequest, policy.price);
  const tokens = plural(tokensPerRequest, "token");
  const say = (what: string) =>
    cost === null
      ? t("{tokens} lost per request: {what}", { tokens, what })
      : t("{cost}, {tokens} lost per request: {what}", { cost, tokens, what });
  if (typeof clause === "string") return say(clause);
  return headline(clause.name, (name) => say(clause.say(name)));
}

/** A sentence about a name, which is in quotes, and cut where there is no room for it. */
export function headline(name: string, say: (name: string) => string): string {
  const room = Math.max(8, longestHeadline - say("").length - 2);
  const flat = name.replace(/\s+/g, " ");
  return say(`"${flat.length <= room ? flat : `${flat.slice(0, room - 1)}…`}"`);
}
