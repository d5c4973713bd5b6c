/** The verdict of a report, and from where on a prefix helps at all. */

import type { Report } from "../analysis/report.ts";
import { assertNever } from "../core/invariant.ts";
import { longestTried } from "../core/longest-tried.ts";
import { t } from "../words/l10n.ts";
import { count, plural } from "../words/numbers.ts";
import { isBelow } from "./below.ts";

/** `Verdict: Capacity. 61.0 % of prompt tokens reused with 28.0 GiB, 36.0 % with 13.6 GiB`. */
export function verdictPhrase({ verdict: { kind, text } }: Pick<Report, "verdict">): string {
  switch (kind) {
    case "capacity":
      return t("Verdict: Capacity. {0}", text);
    case "policy":
      return t("Verdict: Policy. {0}", text);
    case "placement":
      return t("Verdict: Placement. {0}", text);
    case "prompts":
      return t("Verdict: Prompts. {0}", text);
    case "none":
      return t("Verdict: None. {0}", text);
    default:
      return assertNever(kind);
  }
}

/** `528 tokens is the smallest shared prefix that can hit; 3 prompts share fewer`. */
export function smallestPrefixPhrase({
  smallestPrefixTokens: tokens,
  templates,
}: Pick<Report, "smallestPrefixTokens"> & {
  readonly templates: readonly Pick<Report["templates"][number], "requests" | "stablePrefixTokens">[];
}): string {
  if (tokens === null) return t("No shared prefix of up to {0} tokens hits", count(longestTried));
  const short = templates.filter((each) => isBelow(each, tokens)).length;
  const least =
    tokens === 1
      ? t("{0} is the smallest shared prefix that can hit", plural(tokens, "token"))
      : t("{0} are the smallest shared prefix that can hit", plural(tokens, "token"));
  if (tokens === 1 || short === 0) return least;
  const prompts = plural(short, "prompt");
  return short === 1
    ? t("{least}; {prompts} shares fewer", { least, prompts })
    : t("{least}; {prompts} share fewer", { least, prompts });
}

/** The same without prompts, in a line of other facts. */
export function hitsFrom(tokens: number | null): string {
  if (tokens === null) return t("no shared prefix hits");
  return tokens === 1
    ? t("a shared prefix hits at any length")
    : t("a shared prefix hits from {0} tokens on", count(tokens));
}
