/** The verdict of a report, and from where on a prefix helps at all. */

import type { Report } from "../analysis/report.ts";
import { longestTried } from "../core/longest-tried.ts";
import type { VerdictKind } from "../findings/verdict.ts";
import { count, plural } from "../words/numbers.ts";
import { isBelow } from "./below.ts";

const names: Readonly<Record<VerdictKind, string>> = {
  capacity: "Capacity",
  policy: "Policy",
  placement: "Placement",
  prompts: "Prompts",
  none: "None",
};

/** `Verdict: Capacity. 61.0 % of prompt tokens reused with 28.0 GiB, 36.0 % with 13.6 GiB`. */
export function verdictPhrase({ verdict }: Pick<Report, "verdict">): string {
  return `Verdict: ${names[verdict.kind]}. ${verdict.text}`;
}

/** `528 tokens is the smallest shared prefix that can hit; 3 prompts share fewer`. */
export function smallestPrefixPhrase({
  smallestPrefixTokens: tokens,
  templates,
}: Pick<Report, "smallestPrefixTokens"> & {
  readonly templates: readonly Pick<Report["templates"][number], "requests" | "stablePrefixTokens">[];
}): string {
  if (tokens === null) return `No shared prefix of up to ${count(longestTried)} tokens hits`;
  const short = templates.filter((each) => isBelow(each, tokens)).length;
  const fewer =
    tokens === 1 || short === 0 ? "" : `; ${plural(short, "prompt")} share${short === 1 ? "s" : ""} fewer`;
  return `${plural(tokens, "token")} ${tokens === 1 ? "is" : "are"} the smallest shared prefix that can hit${fewer}`;
}

/** The same without prompts, in a line of other facts. */
export function hitsFrom(tokens: number | null): string {
  if (tokens === null) return "no shared prefix hits";
  return tokens === 1
    ? "a shared prefix hits at any length"
    : `a shared prefix hits from ${count(tokens)} tokens on`;
}
