/** The first sentence of a finding: a row of the problems view, which is cut where it is long, so the number comes first. */
import { plural, seconds } from "../words/numbers.ts";
import type { FindingContext, Stake } from "./finding.ts";
import { lostMoney } from "./lost-price.ts";

/** Characters of a row that can be read. */
export const longestHeadline = 90;

/** `what` may hold one name, between « and », which is cut where the sentence would be too long. */
export function lossHeadline(
  { policy }: Pick<FindingContext, "policy">,
  { tokensPerRequest, ttftSecondsPerRequest }: Pick<Stake, "tokensPerRequest" | "ttftSecondsPerRequest">,
  what: string,
): string {
  const time = ttftSecondsPerRequest > 0 ? seconds(ttftSecondsPerRequest) : null;
  const cost = policy.price === undefined ? time : lostMoney(tokensPerRequest, policy.price);
  return headline(
    `${cost === null ? "" : `${cost}, `}${plural(tokensPerRequest, "token")} lost per request: ${what}`,
  );
}

/** Puts the name between « and » in quotes, as much of it as there is room for. */
export function headline(text: string): string {
  const [before, name, after] = text.split(/[«»]/);
  if (name === undefined || after === undefined) return text;
  const room = Math.max(8, longestHeadline - before!.length - after.length - 2);
  const flat = name.replace(/\s+/g, " ");
  return `${before}"${flat.length <= room ? flat : `${flat.slice(0, room - 1)}…`}"${after}`;
}
