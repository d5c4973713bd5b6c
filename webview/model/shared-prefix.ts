/** What a shared prefix gives by its length, as the columns that the chart draws, the rows beside it, and the same in words. */
import type { ReportParts } from "../../src/protocol/report-parts.ts";
import { isBelow } from "../../src/show/below.ts";
import { hitsFrom } from "../../src/show/verdict-text.ts";
import { t } from "../../src/words/l10n.ts";
import { enumerated } from "../../src/words/lists.ts";
import { count, percent, plural } from "../../src/words/numbers.ts";

type PrefixMark = ReportParts["prefix"]["marks"][number];

export interface PrefixSeries {
  readonly prefixTokens: readonly number[];
  readonly reusedTokens: readonly number[];
  /** Reused / shared tokens, in percent; 0 without any. */
  readonly hitPercent: readonly number[];
  /** The same where the stable prefix of a template ends, `null` elsewhere. */
  readonly markPercent: readonly (number | null)[];
  /** Names of the templates whose stable prefix ends there; empty elsewhere. */
  readonly markNames: readonly string[];
  /** Templates that are marked. */
  readonly marks: number;
  /** Where a line stands; `null` where nothing hits. */
  readonly smallestPrefixTokens: number | null;
  readonly endTokens: number;
  /** All that the drawing says. */
  readonly text: string;
}

/** Names beside one mark; more are counted. */
const mostNames = 3;

export function prefixSeries(
  { prefixTokens, reusedTokens, marks }: ReportParts["prefix"],
  smallestPrefixTokens: number | null,
): PrefixSeries {
  const hitPercent = prefixTokens.map((tokens, i) => 100 * share(reusedTokens[i] ?? 0, tokens));
  const marked = prefixTokens.map((tokens) => marks.filter((mark) => mark.stablePrefixTokens === tokens));
  const endTokens = prefixTokens.at(-1) ?? 0;
  return {
    prefixTokens,
    reusedTokens,
    hitPercent,
    markPercent: marked.map((here, i) => (here.length === 0 ? null : (hitPercent[i] ?? 0))),
    markNames: marked.map(names),
    marks: marks.length,
    smallestPrefixTokens,
    endTokens,
    text: curveText(smallestPrefixTokens, endTokens, reusedTokens.at(-1) ?? 0, marks),
  };
}

function curveText(
  smallest: number | null,
  end: number,
  reused: number,
  marks: readonly Pick<PrefixMark, "requests" | "stablePrefixTokens">[],
): string {
  const short = marks.filter((mark) => isBelow(mark, smallest)).length;
  return [
    t("Share of a shared prefix that is reused, by its length from 0 to {0} tokens", count(end)),
    hitsFrom(smallest),
    t("{reused} of {end} tokens", { reused: percent(share(reused, end)), end: count(end) }),
    t("{stable} marked, {short} of them too short to hit", {
      stable: plural(marks.length, "stable prefix", "stable prefixes"),
      short: count(short),
    }),
  ].join("; ");
}

function names(here: readonly PrefixMark[]): string {
  const shown = here.slice(0, mostNames).map(({ name }) => name);
  return enumerated(shown, here.length - shown.length);
}

export interface PrefixRow {
  readonly mark: PrefixMark;
  readonly tokens: string;
  readonly reused: string;
  readonly share: string;
  /** Tokens that are missing for any hit; `null` where none are. */
  readonly missing: string | null;
}

export function prefixRows(
  marks: readonly PrefixMark[],
  smallestPrefixTokens: number | null,
): readonly PrefixRow[] {
  return marks.map((mark) => ({
    mark,
    tokens: count(mark.stablePrefixTokens),
    reused: count(mark.reusedTokens),
    share: mark.stablePrefixTokens === 0 ? "–" : percent(share(mark.reusedTokens, mark.stablePrefixTokens)),
    missing: isBelow(mark, smallestPrefixTokens)
      ? t("{0} short of a hit", count((smallestPrefixTokens ?? 0) - mark.stablePrefixTokens))
      : null,
  }));
}

/** Empty where every template that is sent is marked. */
export function unmarkedText(unmarked: number, endTokens: number): string {
  if (unmarked === 0) return "";
  const templates = { unmarked: count(unmarked), tokens: count(endTokens) };
  return Math.round(unmarked) === 1
    ? t(
        "{unmarked} template is not marked: only those with the most requests are, and no prefix above {tokens} tokens.",
        templates,
      )
    : t(
        "{unmarked} templates are not marked: only those with the most requests are, and no prefix above {tokens} tokens.",
        templates,
      );
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
