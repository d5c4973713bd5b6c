/** What is counted and not shown, in one line: too little is at stake, or nothing is to be done. */
import type { Report } from "../analysis/report.ts";
import { isShown } from "../findings/finding.ts";
import { t } from "../words/l10n.ts";
import { count, plural } from "../words/numbers.ts";

export function smallFindings({ findings }: Pick<Report, "findings">): readonly string[] {
  const byRule = new Map<string, number>();
  for (const finding of findings) {
    if (!isShown(finding)) byRule.set(finding.rule, (byRule.get(finding.rule) ?? 0) + 1);
  }
  const total = [...byRule.values()].reduce((sum, number) => sum + number, 0);
  if (total === 0) return [];
  const rules = [...byRule].map(([rule, number]) => `${count(number)} ${rule}`).join(", ");
  return [
    t("{losses} too small to show, or not known well enough: {rules}.", {
      losses: plural(total, "loss", "losses"),
      rules,
    }),
  ];
}
