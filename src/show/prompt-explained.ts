/** One prompt by itself: what its requests share, what becomes of each part, by position, and what can be done. */
import type { Finding, Report, SegmentReport, TemplateRow } from "../analysis/report.ts";
import { fates } from "../core/fates.ts";
import { assertNever } from "../core/invariant.ts";
import { isShownAtPrompt } from "../findings/workspace-finding.ts";
import { t } from "../words/l10n.ts";
import { count, percent, plural, shareOf } from "../words/numbers.ts";
import { approximation } from "./approximation.ts";
import { editCost } from "./edit-cost.ts";
import { fateName, shownFates } from "./fate-names.ts";
import { scenarioLine } from "./labels.ts";
import { code, literal, table } from "./markdown.ts";
import { costBeside } from "./price-text.ts";
import { ledgerTotal, tokensBeforeEach } from "./report-lookup.ts";
import { scopeWord } from "./scope-words.ts";

export interface PromptExplained {
  readonly report: Pick<Report, "scenario">;
  readonly row: TemplateRow;
  /** All of the workspace. */
  readonly findings: readonly Finding[];
  /** What is offered about a finding, with what it gives. */
  titlesOf(finding: Finding): readonly string[];
  lineOf(path: string, offset: number): number;
}

/** More parts than a person reads. */
const mostParts = 200;

export function promptExplained(prompt: PromptExplained): string {
  const { report, row } = prompt;
  const parts = [
    `# ${literal(row.name)}`,
    headline(prompt),
    `_${literal(scenarioLine(report))}_`,
    `## ${t("What can be done")}`,
    findingsText(prompt),
    `## ${t("Part by part")}`,
    partsTable(prompt),
    ...(row.requests === 0 ? [] : [`## ${t("What becomes of its tokens")}`, fatesTable(row)]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function headline({ report, row }: PromptExplained): string {
  const about = approximation(report.scenario);
  const stable = count(row.stablePrefixTokens);
  const shared = t("Its requests share their first {about}{stable} of {tokens}.", {
    ...{ about, stable, tokens: plural(row.promptTokensMean, "token") },
  });
  if (row.requests === 0) {
    const why =
      row.usage === "partial"
        ? t("It is sent as a part of other prompts only.")
        : t("Nothing calls it in this workload.");
    return `${shared} ${why}`;
  }
  const { name, now, without } = costBeside(report.scenario, row);
  const rate = percent(row.tokenHitRate);
  const requests = plural(row.requests, "request");
  const sentences = [
    t("**{rate} of its prompt tokens are reused**, over {requests}.", { rate, requests }),
    shared,
    t("{name} {now}, {without} without a cache.", { name, now, without }),
  ];
  if (row.usage === "instructions")
    sentences.push(t("An edit of its first line {0}.", editCost(row, ownTokensStart(row))));
  return sentences.join(" ");
}

/** Tokens in front of the first text of its own. */
function ownTokensStart({ segments }: TemplateRow): number {
  const first = segments.findIndex(({ kind }) => kind === "text" || kind === "hole");
  return tokensBeforeEach(segments)[first] ?? 0;
}

function findingsText({ row, findings, titlesOf, lineOf }: PromptExplained): string {
  const own = findings.filter((finding) => isShownAtPrompt(finding) && finding.templateId === row.id);
  if (own.length === 0)
    return t("Nothing: what is prefilled again is new each time, or too little to be worth an edit.");
  return own
    .map((finding) => {
      const where = `${literal(finding.path)}:${lineOf(finding.path, finding.range.start)}`;
      const fixes = titlesOf(finding).map((title) => `  - ${literal(title)}`);
      return [
        `- **${literal(finding.message)}** (${code(finding.rule)}, ${where})`,
        `  ${literal(finding.detail)}`,
        ...fixes,
      ].join("\n");
    })
    .join("\n");
}

function partsTable({ row, lineOf }: PromptExplained): string {
  const before = tokensBeforeEach(row.segments);
  const rows = row.segments.flatMap((segment, index) =>
    segment.tokensMean === 0 && segment.kind !== "hole" ? [] : [partRow(segment, before[index]!, lineOf)],
  );
  const shown = rows.slice(0, mostParts);
  const rest = rows.length - shown.length;
  return [
    table(
      [t("tokens"), t("part"), t("how often it changes"), t("what becomes of it"), t("place")],
      shown,
      (column) => column === 0,
    ),
    ...(rest > 0 ? [t("… and {0} more.", plural(rest, "part"))] : []),
  ].join("\n\n");
}

function partRow(
  segment: SegmentReport,
  before: number,
  lineOf: PromptExplained["lineOf"],
): readonly string[] {
  const { kind, depth, scope, tokensMean, ledger, path, range } = segment;
  const what = partName(segment);
  const total = ledgerTotal(ledger);
  const most = fates.reduce((best, fate) => (ledger[fate] > ledger[best] ? fate : best));
  return [
    `${count(before)} – ${count(before + tokensMean)}`,
    `${"· ".repeat(depth)}${what}`,
    scope === null ? t("never") : `${scopeWord(scope)}: ${literal(scope.reason)}`,
    total === 0 ? "" : `${shareOf(ledger[most], total)} ${fateName(most)}`,
    kind === "chat" ? "" : `${literal(path)}:${lineOf(path, range.start)}`,
  ];
}

function partName({ kind, name, role }: SegmentReport): string {
  switch (kind) {
    case "text":
      return t("text");
    case "chat":
      return t("chat template");
    case "marker":
      return role === null ? t("start of a message") : t("start of {0} message", role);
    case "hole":
      return t("hole {0}", code(name));
    case "block":
      return t("block {0}", code(name));
    case "include":
      return t("include {0}", code(name));
    case "tool":
      return t("tool {0}", code(name));
    default:
      return assertNever(kind);
  }
}

function fatesTable({ ledger, requests }: TemplateRow): string {
  const total = ledgerTotal(ledger);
  const rows = shownFates(ledger)
    .filter((fate) => ledger[fate] > 0)
    .map((fate) => [fateName(fate), count(ledger[fate] / requests), shareOf(ledger[fate], total)]);
  return table([t("fate"), t("tokens per request"), t("share")], rows);
}
