/** The cache report as Markdown: what to look at first stands first. */

import type { Finding, Report, TemplateReport } from "../analysis/report.ts";
import { isShown } from "../findings/finding.ts";
import type { DashboardState } from "../protocol/dashboard.ts";
import { bytes, count, percent, plural, seconds, shareOf } from "../words/numbers.ts";
import { approximation } from "./approximation.ts";
import { fateNames, shownFates } from "./fate-names.ts";
import { headroomGains, headroomMarks, headroomSentence } from "./headroom-text.ts";
import { scenarioLine, servedPhrase } from "./labels.ts";
import { LineIndex } from "./line-index.ts";
import { code, literal, table } from "./markdown.ts";
import { isNotRead } from "./not-read.ts";
import { smallFindings } from "./small-findings.ts";
import { coldStart, headlineOf, roundName, roundText } from "./steady-text.ts";
import { smallestPrefixPhrase, verdictPhrase } from "./verdict-text.ts";
import { countedPhrase, cutNote, hitRateLines, promptsPhrase, workloadPhrase } from "./workload-text.ts";

export const reportTitle = "Prompt Cache Report";
/** Rows of the longest tables; the dashboard shows all. */
const maxRows = 100;

export interface ReportView {
  readonly report: Report | null;
  readonly status: DashboardState["status"];
  /** Text that offsets mean, by path; for line numbers. */
  readonly texts: ReadonlyMap<string, string>;
}

export function reportMarkdown({ report, status, texts }: ReportView): string {
  const parts = [`# ${reportTitle}`];
  if (status.kind === "failed") {
    const stale = report === null ? "" : " What follows is from the last analysis that succeeded.";
    parts.push(`**The last analysis failed:** ${literal(status.message)}${stale}`);
  }
  if (report === null) {
    parts.push(
      status.kind === "running"
        ? "The prompts are being analysed."
        : "There is nothing to report yet. Open a folder that contains prompts.",
    );
  } else if (report.templates.length === 0) {
    const kinds = report.skipped
      .filter(({ path }) => path === "")
      .map(({ reason }) => `Left out: ${literal(reason)}.`);
    parts.push("No prompts were found in this workspace.", ...kinds, ...files(report, texts));
  } else {
    parts.push(...headline(report), ...findings(report, texts), ...templates(report));
    parts.push(
      ...ledger(report),
      ...headroom(report),
      ...memory(report),
      ...scenario(report),
      ...files(report, texts),
      ...assumptions(report),
    );
  }
  return `${parts.join("\n\n")}\n`;
}

function rateSentences(report: Report): readonly string[] {
  const [rates, ...reasons] = hitRateLines(report);
  return rates === undefined ? [] : [[`${rates}.`, ...reasons].map(literal).join(" ")];
}

function headline(report: Report): readonly string[] {
  const { totals } = report;
  const about = approximation(report.scenario);
  const { tokenHitRate, requestHitRate, ledger: tokens, promptTokens } = headlineOf(totals);
  const hit = `**${percent(tokenHitRate)} of prompt tokens are reused** ${roundName(totals)} (${about}${count(tokens.reused)} of ${count(promptTokens)}).`;
  const { ttftSeconds: cached, ttftSecondsWithoutCache: uncached, steady } = totals;
  const spread = (name: string, { mean, p50, p95 }: typeof cached) => [
    name,
    ...[mean, p50, p95].map((value) => seconds(value)),
  ];
  return [
    `Prompts: ${promptsPhrase(report.scenario)}. Workload: ${workloadPhrase(report.scenario)}.`,
    `${hit} ${percent(requestHitRate)} of requests reuse something of their own${cutNote(report.scenario)}.`,
    ...steadyState(report),
    ...report.assumptions
      .filter(({ isLeading }) => isLeading === true)
      .map(({ text }) => `**${literal(text)}**`),
    ...rateSentences(report),
    `**${literal(verdictPhrase(report))}.** ${smallestPrefixPhrase(report)}.`,
    ...(report.counted === null ? [] : [`${countedPhrase(report.counted)}.`]),
    `${literal(scenarioLine(report))}.`,
    ...(report.scenario.vocabulary.isExact
      ? []
      : [`≈ Token numbers are approximate: ${literal(report.scenario.vocabulary.note)}`]),
    table(
      ["Time to first token", "mean", "p50", "p95"],
      [
        ...(steady === null ? [] : [spread("in the steady state", steady.ttftSeconds)]),
        spread("from an empty cache", cached),
        spread("without cache", uncached),
      ],
    ),
  ];
}

/** Which round that is, and the cold start beside it. */
function steadyState({ totals }: Report): readonly string[] {
  const cold = coldStart(totals);
  if (totals.steady === null || cold === null) return [];
  const { notes } = totals.steady;
  return [
    literal(`Steady state: ${roundText(totals.steady)}; ${cold}.`),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${literal(note)}`).join("\n")]),
  ];
}

function findings(report: Report, texts: ReadonlyMap<string, string>): readonly string[] {
  const shown = report.findings.filter(isShown);
  const small = smallFindings(report).map(literal);
  if (shown.length === 0) return ["## Findings", "None.", ...small];
  const places = placeNames(texts);
  const line = (finding: Finding) =>
    `- **${finding.severity}** ${code(finding.rule)} ${literal(places(finding.path, finding.range.start))}: ${literal(finding.message)}. ${literal(finding.detail)}`;
  return ["## Findings", shown.slice(0, maxRows).map(line).join("\n"), ...rest(shown.length), ...small];
}

/** `path:line`; lines are counted from 1. */
function placeNames(texts: ReadonlyMap<string, string>): (path: string, offset: number) => string {
  const indexes = new Map<string, LineIndex>();
  return (path, offset) => {
    const text = texts.get(path);
    if (text === undefined) return path;
    const index = indexes.get(path) ?? new LineIndex(text);
    indexes.set(path, index);
    return `${path}:${index.placeAt(offset).line + 1}`;
  };
}

/** Tokens, and how many of them stand in no document. */
function stablePrefix({ stablePrefixTokens, stablePrefixChatTokens }: TemplateReport): string {
  const own = stablePrefixChatTokens === 0 ? "" : ` (${count(stablePrefixChatTokens)} chat template)`;
  return `${count(stablePrefixTokens)}${own}`;
}

function templates(report: Report): readonly string[] {
  const row = (template: TemplateReport) => [
    literal(template.id),
    count(template.requests),
    count(template.promptTokensMean),
    stablePrefix(template),
    bytes(template.stablePrefixKvBytes),
    template.requests === 0 || template.steadyTokenHitRate === null
      ? "–"
      : percent(template.steadyTokenHitRate),
    template.requests === 0 ? "–" : percent(template.tokenHitRate),
    template.requests === 0 ? "–" : idealRate(template.headroom),
    template.requests === 0 ? "–" : seconds(template.ttftSeconds.mean),
    template.requests === 0 ? "–" : seconds(template.ttftSecondsWithoutCache.mean),
  ];
  const header = [
    "Prompt",
    "Requests",
    "Tokens (mean)",
    "Stable prefix",
    "KV of it",
    "Token hit rate, steady",
    "from empty",
    "Ideal",
    "TTFT",
    "without cache",
  ];
  return [
    "## Prompts",
    table(header, report.templates.slice(0, maxRows).map(row)),
    ...rest(report.templates.length),
    ...shared(report),
  ];
}

function idealRate({ idealTokens, promptGainTokens }: TemplateReport["headroom"]): string {
  return shareOf(idealTokens, idealTokens + promptGainTokens);
}

function shared(report: Report): readonly string[] {
  const lines = report.templates.flatMap(({ id, sharesPrefixWith }) =>
    // Each pair once.
    sharesPrefixWith
      .filter((other) => id < other.id)
      .map((other) => ({ tokens: other.tokens, text: `- ${literal(id)} and ${literal(other.id)}: ` })),
  );
  if (lines.length === 0) return [];
  lines.sort((a, b) => b.tokens - a.tokens);
  return [
    "### Shared prefixes",
    lines
      .slice(0, maxRows)
      .map(({ text, tokens }) => text + plural(tokens, "token"))
      .join("\n"),
    ...rest(lines.length),
  ];
}

function ledger({ totals }: Report): readonly string[] {
  const rows = shownFates(totals.ledger).map((fate) => [
    fateNames[fate],
    count(totals.ledger[fate]),
    shareOf(totals.ledger[fate], totals.promptTokens),
  ]);
  rows.push(["all", count(totals.promptTokens), shareOf(totals.promptTokens, totals.promptTokens)]);
  return ["## Where the prompt tokens went, from an empty cache", table(["Fate", "Tokens", "Share"], rows)];
}

function headroom({ totals }: Report): readonly string[] {
  const sentence = headroomSentence(totals, percent);
  if (sentence === "") return [];
  const row = (name: string, tokens: number, meaning: string) => [
    name,
    count(tokens),
    shareOf(tokens, totals.promptTokens),
    meaning,
  ];
  const marks = headroomMarks(totals).map(({ tokens, name, meaning }) => row(name, tokens, meaning));
  const gains = headroomGains(totals, percent).map(({ tokens, label, detail }) => row(label, tokens, detail));
  const { notes } = totals.headroom;
  return [
    "## Headroom from an empty cache",
    `${sentence}.`,
    table(
      ["", "Tokens", "Share", ""],
      [row("This policy", totals.ledger.reused, "What it reuses."), ...marks, ...gains],
    ),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join("\n")]),
  ];
}

function memory({ memory: used }: Report): readonly string[] {
  return [
    "## Cache memory",
    table(
      ["", ""],
      [
        ["Capacity", bytes(used.capacityBytes)],
        ["Peak", bytes(used.peakBytes)],
        ["At the end", bytes(used.endBytes)],
        ["of it KV", bytes(used.endKvBytes)],
        [
          "of it checkpoints (SSM states)",
          `${bytes(used.endCheckpointBytes)} in ${count(used.endCheckpoints)}`,
        ],
        ...(used.host === undefined
          ? []
          : [
              ["in host memory, besides", bytes(used.host.kvBytes + used.host.checkpointBytes)],
              [
                "of it checkpoints (SSM states), in host memory",
                `${bytes(used.host.checkpointBytes)} in ${count(used.host.checkpoints)}`,
              ],
            ]),
        ["Evictions", count(used.evictions)],
      ],
    ),
  ];
}

function scenario({ scenario: used }: Report): readonly string[] {
  return [
    "## Scenario",
    table(
      ["", ""],
      [
        ["Model", literal(used.model.id)],
        ["GPU", `${used.tensorParallel} × ${literal(used.gpu.name + servedPhrase(used))}`],
        ["Policy", literal(used.policy.id)],
        ["Capacity", `${bytes(used.capacityBytes)} (${used.capacityBasis})`],
        ["Block", plural(used.blockTokens, "token")],
        ["KV per token", bytes(used.kvBytesPerToken)],
        ["One checkpoint", used.checkpointBytes > 0 ? bytes(used.checkpointBytes) : "none needed"],
        ["Prompts", promptsPhrase(used)],
        ["Workload", workloadPhrase(used)],
        ["Seed", String(used.seed)],
        [
          "Vocabulary",
          `${literal(used.vocabulary.id)} (${used.vocabulary.isExact ? "exact" : "approximate"})`,
        ],
      ],
    ),
    literal(used.policy.description),
  ];
}

function files({ problems, skipped }: Report, texts: ReadonlyMap<string, string>): readonly string[] {
  const parts: string[] = [];
  const lineOf = ({ path, message }: Report["problems"][number]) => `- ${literal(path)}: ${literal(message)}`;
  const own = problems.filter((problem) => !isNotRead(problem));
  if (own.length > 0) {
    const lines = own.map(lineOf);
    parts.push("## Problems", lines.slice(0, maxRows).join("\n"), ...rest(lines.length));
  }
  const notRead = problems.filter(isNotRead);
  if (skipped.length + notRead.length > 0) {
    const left = skipped.map(({ path, reason }) =>
      path === "" ? `- ${literal(reason)}` : `- ${literal(path)}: ${literal(reason)}`,
    );
    const placeOf = placeNames(texts);
    const places = notRead.map(({ path, range, message }) => {
      return `- ${literal(placeOf(path, range.start))}: ${literal(message)}`;
    });
    const lines = [...left, ...places];
    parts.push("## Files left out", lines.slice(0, maxRows).join("\n"), ...rest(lines.length));
  }
  return parts;
}

function assumptions({ assumptions: made }: Report): readonly string[] {
  const others = made.filter(({ isLeading }) => isLeading !== true);
  if (others.length === 0) return [];
  return ["## Assumptions", others.map(({ text }) => `- ${literal(text)}`).join("\n")];
}

function rest(total: number): readonly string[] {
  return total > maxRows ? [`… and ${count(total - maxRows)} more.`] : [];
}
