/** Questions that several surfaces ask of a report. */

import type { Report, SegmentReport, TemplateRow } from "../analysis/report.ts";
import { fates } from "../core/fates.ts";

type Ledger = Report["totals"]["ledger"];

/** The template at an offset of a file; the file's first one when the offset is in none. */
export function templateAt<T extends Pick<TemplateRow, "path" | "range">>(
  report: { readonly templates: readonly T[] },
  path: string,
  offset: number,
): T | null {
  const inFile = report.templates.filter((template) => template.path === path);
  const around = inFile.find(({ range }) => range.start <= offset && offset <= range.end);
  return around ?? inFile[0] ?? null;
}

export interface SegmentUse {
  readonly template: TemplateRow;
  readonly segment: SegmentReport;
  /** Mean prompt tokens of this template before the segment begins, as far as segments render to tokens. */
  readonly tokensBefore: number;
}

/**
 * The innermost segment at an offset of a file, once for each template that contains it:
 * the file's own first, then those that include the file.
 */
export function segmentsAt(
  report: { readonly templates: readonly TemplateRow[] },
  path: string,
  offset: number,
): readonly SegmentUse[] {
  const uses: SegmentUse[] = [];
  for (const template of report.templates) {
    const before = tokensBeforeEach(template.segments);
    let found = -1;
    template.segments.forEach((segment, index) => {
      if (segment.path !== path || segment.range.start > offset || segment.range.end <= offset) return;
      if (found < 0 || segment.depth >= template.segments[found]!.depth) found = index;
    });
    if (found < 0) continue;
    uses.push({ template, segment: template.segments[found]!, tokensBefore: before[found]! });
  }
  const rank = ({ template }: SegmentUse) =>
    (template.path === path ? 0 : 1) + (template.requests > 0 ? 0 : 2);
  return uses.sort((a, b) => rank(a) - rank(b));
}

/** Mean prompt tokens of a template without those that the model's chat template puts around its messages. */
export function ownTokens({ promptTokensMean, segments }: TemplateRow): number {
  const markup = segments.filter(({ kind, depth }) => kind === "chat" && depth === 0);
  return markup.reduce((left, { tokensMean }) => left - tokensMean, promptTokensMean);
}

/** A segment's tokens contain those of the segments nested in it, which follow it in the list. */
export function tokensBeforeEach(segments: readonly SegmentReport[]): readonly number[] {
  /** By depth, where the next segment of that depth starts. */
  const next: number[] = [0];
  return segments.map(({ depth, tokensMean }) => {
    const start = next[depth] ?? 0;
    next[depth] = start + tokensMean;
    next[depth + 1] = start;
    return start;
  });
}

export function ledgerTotal(ledger: Ledger): number {
  return fates.reduce((sum, fate) => sum + ledger[fate], 0);
}
