/** Findings as rows: the worst first, with what is at stake in words. */
import type { Finding, Report } from "../../src/analysis/report.ts";
import { lostMoney } from "../../src/findings/lost-price.ts";
import { t } from "../../src/words/l10n.ts";
import { bytes, count, seconds } from "../../src/words/numbers.ts";

export interface FindingRow {
  readonly finding: Finding;
  readonly severityName: string;
  readonly stakes: readonly string[];
  /** Texts of the assumptions that the numbers rest on. */
  readonly assumptions: readonly string[];
}

const severities = ["error", "warning", "information", "hint"] as const;
const severityNames = {
  error: () => t("Error"),
  warning: () => t("Warning"),
  information: () => t("Information"),
  hint: () => t("Hint"),
} as const;

export function findingRows(
  report: Pick<Report, "findings" | "assumptions">,
  scenario: Pick<Report["scenario"], "billing">,
): FindingRow[] {
  const texts = new Map(report.assumptions.map((assumption) => [assumption.id, assumption.text]));
  return [...report.findings]
    .sort(
      (a, b) =>
        severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
        b.stake.ttftSecondsPerRequest - a.stake.ttftSecondsPerRequest ||
        b.stake.tokensPerRequest - a.stake.tokensPerRequest,
    )
    .map((finding) => ({
      finding,
      severityName: severityNames[finding.severity](),
      stakes: stakes(finding, scenario),
      assumptions: finding.assumptions.map((id) => texts.get(id) ?? id),
    }));
}

/** Only what is not zero. */
function stakes({ stake }: Finding, { billing }: Pick<Report["scenario"], "billing">): string[] {
  const money = lostMoney(stake.tokensPerRequest, billing);
  return [
    ...(stake.tokensPerRequest > 0 ? [t("{0} tokens / request", count(stake.tokensPerRequest))] : []),
    ...(money === null ? [] : [t("{0} requests", money)]),
    ...(stake.ttftSecondsPerRequest > 0
      ? [t("{0} TTFT / request", seconds(stake.ttftSecondsPerRequest))]
      : []),
    ...(stake.bytes > 0 ? [t("{0} of cache", bytes(stake.bytes))] : []),
  ];
}
