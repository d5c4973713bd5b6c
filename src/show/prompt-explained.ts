/** One prompt by itself: what its requests share, what becomes of each part, by position, and what can be done. */
import type { Finding, Report, SegmentReport, TemplateRow } from "../analysis/report.ts";
import { isShownAtPrompt } from "../findings/workspace-finding.ts";
import { count, percent, plural, shareOf } from "../words/numbers.ts";
import { approximation } from "./approximation.ts";
import { editCost } from "./edit-cost.ts";
import { fateNames, shownFates } from "./fate-names.ts";
import { scenarioLine } from "./labels.ts";
import { code, literal, table } from "./markdown.ts";
import { costBeside } from "./price-text.ts";
import { fates, ledgerTotal, tokensBeforeEach } from "./report-lookup.ts";

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
    "## What can be done",
    findingsText(prompt),
    "## Part by part",
    partsTable(prompt),
    ...(row.requests === 0 ? [] : ["## What becomes of its tokens", fatesTable(row)]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function headline({ report, row }: PromptExplained): string {
  const about = approximation(report.scenario);
  const shared = `Its requests share their first ${about}${count(row.stablePrefixTokens)} of ${plural(row.promptTokensMean, "token")}.`;
  if (row.requests === 0) {
    const why =
      row.usage === "partial"
        ? "It is sent as a part of other prompts only."
        : "Nothing calls it in this workload.";
    return `${shared} ${why}`;
  }
  const { name, now, without } = costBeside(report.scenario, row);
  const edit =
    row.usage === "instructions" ? ` An edit of its first line ${editCost(row, ownTokensStart(row))}.` : "";
  return (
    `**${percent(row.tokenHitRate)} of its prompt tokens are reused**, over ${plural(row.requests, "request")}. ${shared} ` +
    `${name} ${now}, ${without} without a cache.${edit}`
  );
}

/** Tokens in front of the first text of its own. */
function ownTokensStart({ segments }: TemplateRow): number {
  const first = segments.findIndex(({ kind }) => kind === "text" || kind === "hole");
  return tokensBeforeEach(segments)[first] ?? 0;
}

function findingsText({ row, findings, titlesOf, lineOf }: PromptExplained): string {
  const own = findings.filter((finding) => isShownAtPrompt(finding) && finding.templateId === row.id);
  if (own.length === 0)
    return "Nothing: what is prefilled again is new each time, or too little to be worth an edit.";
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
      ["tokens", "part", "how often it changes", "what becomes of it", "place"],
      shown,
      (column) => column === 0,
    ),
    ...(rest > 0 ? [`… and ${plural(rest, "part")} more.`] : []),
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
    scope === null
      ? "never"
      : `${scope.basis === "unknown" ? "unknown" : scope.scope}: ${literal(scope.reason)}`,
    total === 0 ? "" : `${shareOf(ledger[most], total)} ${fateNames[most]}`,
    kind === "chat" ? "" : `${literal(path)}:${lineOf(path, range.start)}`,
  ];
}

function partName({ kind, name, role }: SegmentReport): string {
  if (kind === "text") return "text";
  if (kind === "chat") return "chat template";
  return kind === "marker" ? `start of ${role ?? "a"} message` : `${kind} ${code(name)}`;
}

function fatesTable({ ledger, requests }: TemplateRow): string {
  const total = ledgerTotal(ledger);
  const rows = shownFates(ledger)
    .filter((fate) => ledger[fate] > 0)
    .map((fate) => [fateNames[fate], count(ledger[fate] / requests), shareOf(ledger[fate], total)]);
  return table(["fate", "tokens per request", "share"], rows);
}
