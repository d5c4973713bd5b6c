/** Where, in the text of a prompt, what its requests share ends, and what becomes of each of its parts. */
import type { Scenario, TemplateRow } from "../analysis/report.ts";
import { type Fate, fates, type Ledger } from "../core/fates.ts";
import type { TextRange } from "../prompt/text.ts";
import { t } from "../words/l10n.ts";
import { plural } from "../words/numbers.ts";
import { approximation } from "./approximation.ts";

/** A part of the prompt's own file, and what becomes of most of its tokens. */
export interface FateRange {
  readonly range: TextRange;
  readonly fate: Fate;
}

export interface BehindPrefix {
  readonly range: TextRange;
  readonly label: string;
  /** Not where most of it is reused, as behind a value that is the same for a day or for a customer. */
  readonly isPrefilled: boolean;
}

export interface PrefixInText {
  /** What stands behind the shared prefix, in the prompt's own file; `null` where nothing does. */
  readonly behind: BehindPrefix | null;
  /** In the order of the file, apart from each other; what nobody had sent before is left out. */
  readonly fates: readonly FateRange[];
}

export function prefixInText(report: { readonly scenario: Scenario }, row: TemplateRow): PrefixInText {
  const { stablePrefixTokens } = row;
  const label = t("◂ shared to here · {scenario}{tokens}", {
    scenario: approximation(report.scenario),
    tokens: plural(stablePrefixTokens, "token"),
  });
  const behind = rangeBehind(row);
  const fates = fatesOf(row);
  return {
    behind: behind && { range: behind, label, isPrefilled: !isMostlyReused(row, behind.start) },
    fates,
  };
}

/** In the text that a variable holds, where the prompt is put together of one: there is what ends the prefix. */
function rangeBehind({ path, range, segments, stablePrefixEnd: end }: TemplateRow): TextRange | null {
  if (end === null) return null;
  const ends = segments.find(({ kind }) => kind === "hole" || kind === "block");
  const isElsewhere = ends?.path === path && ends.range.end <= range.start;
  if (!isElsewhere) return range.start <= end && end < range.end ? { start: end, end: range.end } : null;
  const { start } = ends.range;
  const isOfText = (each: (typeof segments)[number]) =>
    each.kind !== "chat" && each.path === path && each.range.start >= start && each.range.end <= range.start;
  return { start, end: Math.max(...segments.filter(isOfText).map((each) => each.range.end)) };
}

/** Of what begins behind a place. */
function isMostlyReused({ path, segments }: TemplateRow, end: number): boolean {
  let [reused, all] = [0, 0];
  for (const { ledger, range, path: own } of leavesOf(segments)) {
    if (own !== path || range.start < end) continue;
    reused += ledger.reused;
    for (const fate of fates) all += ledger[fate];
  }
  return reused * 2 > all;
}

function fatesOf({ path, segments }: TemplateRow): readonly FateRange[] {
  const parts: FateRange[] = [];
  for (const segment of leavesOf(segments)) {
    const fate = segment.path === path ? mostOf(segment.ledger) : null;
    if (fate !== null && segment.range.end > segment.range.start) parts.push({ range: segment.range, fate });
  }
  parts.sort((a, b) => a.range.start - b.range.start);
  const joined: FateRange[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    // A text that stands in several places of the prompt is shown for the first of them.
    if (last !== undefined && part.range.start < last.range.end) continue;
    if (last?.fate === part.fate)
      joined[joined.length - 1] = {
        fate: part.fate,
        range: { start: last.range.start, end: part.range.end },
      };
    else joined.push(part);
  }
  return joined.filter(({ fate }) => fate !== "cold");
}

/** `null` where there are no tokens. */
function mostOf(ledger: Ledger): Fate | null {
  const most = fates.reduce((best, fate) => (ledger[fate] > ledger[best] ? fate : best));
  return ledger[most] > 0 ? most : null;
}

/** Those that hold no others. */
function leavesOf(segments: TemplateRow["segments"]): TemplateRow["segments"] {
  return segments.filter(({ depth }, index) => (segments[index + 1]?.depth ?? 0) <= depth);
}
