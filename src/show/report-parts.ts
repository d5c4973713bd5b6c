/** The report, cut into the parts that the dashboard asks for. */

import type { Report, TemplateReport } from "../analysis/report.ts";
import { isShown } from "../findings/finding.ts";
import type { LedgerTemplate, PartId, ReportOverview, ReportParts } from "../protocol/report-parts.ts";
import { isNotRead } from "./not-read.ts";
import { smallFindings } from "./small-findings.ts";

/** More files than these are only counted. */
const mostSkipped = 8;

export function overviewOf({
  scenario,
  totals,
  counted,
  hitRates,
  memory,
  verdict,
  smallestPrefixTokens,
  templates,
  findings,
  problems,
  skipped,
}: Report): ReportOverview {
  const { timeline: _, ...sizes } = memory;
  return {
    scenario,
    totals,
    counted,
    hitRates,
    verdict,
    smallestPrefixTokens,
    memory: sizes,
    counts: {
      templates: templates.length,
      findings: findings.filter(isShown).length,
      problems: problems.filter((problem) => !isNotRead(problem)).length,
    },
    skipped: { first: skipped.slice(0, mostSkipped), files: skipped.length },
  };
}

/** A part that the report has. */
type CutPart = Exclude<PartId, "prefix">;

const cuts: { readonly [Id in CutPart]: (report: Report) => ReportParts[Id] } = {
  ledger: ({ templates }) => ({
    templates: templates.filter(({ requests }) => requests > 0).map(ledgerTemplate),
  }),
  tree({ prefixTree, templates }) {
    const listed = new Set(prefixTree.flatMap((node) => node.templates));
    return {
      nodes: prefixTree,
      names: templates.filter(({ id }) => listed.has(id)).map(({ id, name }) => [id, name] as const),
    };
  },
  memory: ({ memory }) => ({ memory }),
  findings: (report) => ({
    findings: report.findings.filter(isShown),
    small: smallFindings(report).join(""),
    assumptions: report.assumptions,
  }),
  notes: ({ assumptions, problems, skipped }) => ({ assumptions, problems, skipped }),
};

export function partOf<Id extends CutPart>(report: Report, id: Id): ReportParts[Id] {
  return cuts[id](report);
}

function ledgerTemplate(template: TemplateReport): LedgerTemplate {
  const { id, path, name, range, requests, promptTokensMean, stablePrefixTokens } = template;
  const { ledger, losses, tokenHitRate, steadyTokenHitRate } = template;
  const { headroom, ttftSeconds, ttftSecondsWithoutCache } = template;
  return {
    ...{ id, path, name, range, requests, promptTokensMean, stablePrefixTokens },
    ...{ ledger, losses, tokenHitRate, steadyTokenHitRate },
    ...{ headroom, ttftSeconds, ttftSecondsWithoutCache },
  };
}
