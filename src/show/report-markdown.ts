/** The cache report as Markdown: what to look at first stands first. */

import type { Finding, Report, TemplateReport } from "../analysis/report.ts";
import { assertNever } from "../core/invariant.ts";
import { isShown } from "../findings/finding.ts";
import type { DashboardState } from "../protocol/dashboard.ts";
import { t } from "../words/l10n.ts";
import { bytes, count, percent, plural, seconds, shareOf } from "../words/numbers.ts";
import { approximation } from "./approximation.ts";
import { fateName, shownFates } from "./fate-names.ts";
import { headroomGains, headroomMarks, headroomSentence } from "./headroom-text.ts";
import { scenarioLine, servedPhrase } from "./labels.ts";
import { LineIndex } from "./line-index.ts";
import { code, literal, table } from "./markdown.ts";
import { isNotRead } from "./not-read.ts";
import { smallFindings } from "./small-findings.ts";
import { coldStart, headlineOf, roundText } from "./steady-text.ts";
import { smallestPrefixPhrase, verdictPhrase } from "./verdict-text.ts";
import {
  basisText,
  countedPhrase,
  cutNote,
  hitRateLines,
  promptsPhrase,
  workloadPhrase,
} from "./workload-text.ts";

export const reportTitle = () => t("Prompt Cache Report");
/** Rows of the longest tables; the dashboard shows all. */
const maxRows = 100;

export interface ReportView {
  readonly report: Report | null;
  readonly status: DashboardState["status"];
  /** Text that offsets mean, by path; for line numbers. */
  readonly texts: ReadonlyMap<string, string>;
}

export function reportMarkdown({ report, status, texts }: ReportView): string {
  const parts = [`# ${reportTitle()}`];
  if (status.kind === "failed") {
    const failed = t("**The last analysis failed:** {0}", literal(status.message));
    parts.push(
      report === null ? failed : t("{0} What follows is from the last analysis that succeeded.", failed),
    );
  }
  if (report === null) {
    parts.push(
      status.kind === "running"
        ? t("The prompts are being analysed.")
        : t("There is nothing to report yet. Open a folder that contains prompts."),
    );
  } else if (report.templates.length === 0) {
    const kinds = report.skipped
      .filter(({ path }) => path === "")
      .map(({ reason }) => t("Left out: {0}.", literal(reason)));
    parts.push(t("No prompts were found in this workspace."), ...kinds, ...files(report, texts));
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
  const hit = {
    rate: percent(tokenHitRate),
    about,
    reused: count(tokens.reused),
    tokens: count(promptTokens),
  };
  const { ttftSeconds: cached, ttftSecondsWithoutCache: uncached, steady } = totals;
  const spread = (name: string, { mean, p50, p95 }: typeof cached) => [
    name,
    ...[mean, p50, p95].map((value) => seconds(value)),
  ];
  return [
    t("Prompts: {prompts}. Workload: {workload}.", {
      prompts: promptsPhrase(report.scenario),
      workload: workloadPhrase(report.scenario),
    }),
    [
      steady === null
        ? t("**{rate} of prompt tokens are reused** from an empty cache ({about}{reused} of {tokens}).", hit)
        : t("**{rate} of prompt tokens are reused** in the steady state ({about}{reused} of {tokens}).", hit),
      t("{share} of requests reuse something of their own{cut}.", {
        ...{ share: percent(requestHitRate), cut: cutNote(report.scenario) },
      }),
    ].join(" "),
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
      : [t("≈ Token numbers are approximate: {0}", literal(report.scenario.vocabulary.note))]),
    table(
      [t("Time to first token"), t("mean"), "p50", "p95"],
      [
        ...(steady === null ? [] : [spread(t("in the steady state"), steady.ttftSeconds)]),
        spread(t("from an empty cache"), cached),
        spread(t("without cache"), uncached),
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
    literal(t("Steady state: {round}; {cold}.", { round: roundText(totals.steady), cold })),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${literal(note)}`).join("\n")]),
  ];
}

function findings(report: Report, texts: ReadonlyMap<string, string>): readonly string[] {
  const shown = report.findings.filter(isShown);
  const small = smallFindings(report).map(literal);
  if (shown.length === 0) return [`## ${t("Findings")}`, t("None."), ...small];
  const places = placeNames(texts);
  const line = (finding: Finding) =>
    `- **${severityName(finding.severity)}** ${code(finding.rule)} ${literal(places(finding.path, finding.range.start))}: ${literal(finding.message)}. ${literal(finding.detail)}`;
  return [
    `## ${t("Findings")}`,
    shown.slice(0, maxRows).map(line).join("\n"),
    ...rest(shown.length),
    ...small,
  ];
}

function severityName(severity: Finding["severity"]): string {
  switch (severity) {
    case "error":
      return t("error");
    case "warning":
      return t("warning");
    case "information":
      return t("information");
    case "hint":
      return t("hint");
    default:
      return assertNever(severity);
  }
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
  const own =
    stablePrefixChatTokens === 0 ? "" : ` (${t("{0} chat template", count(stablePrefixChatTokens))})`;
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
    t("Prompt"),
    t("Requests"),
    t("Tokens (mean)"),
    t("Stable prefix"),
    t("KV of it"),
    t("Token hit rate, steady"),
    t("from empty"),
    t("Ideal"),
    t("TTFT"),
    t("without cache"),
  ];
  return [
    `## ${t("Prompts")}`,
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
      .map((other) => ({ tokens: other.tokens, first: literal(id), second: literal(other.id) })),
  );
  if (lines.length === 0) return [];
  lines.sort((a, b) => b.tokens - a.tokens);
  return [
    `### ${t("Shared prefixes")}`,
    lines
      .slice(0, maxRows)
      .map(({ first, second, tokens }) => {
        return `- ${t("{first} and {second}: {tokens}", { first, second, tokens: plural(tokens, "token") })}`;
      })
      .join("\n"),
    ...rest(lines.length),
  ];
}

function ledger({ totals }: Report): readonly string[] {
  const rows = shownFates(totals.ledger).map((fate) => [
    fateName(fate),
    count(totals.ledger[fate]),
    shareOf(totals.ledger[fate], totals.promptTokens),
  ]);
  rows.push([t("all"), count(totals.promptTokens), shareOf(totals.promptTokens, totals.promptTokens)]);
  return [
    `## ${t("Where the prompt tokens went, from an empty cache")}`,
    table([t("Fate"), t("Tokens"), t("Share")], rows),
  ];
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
    `## ${t("Headroom from an empty cache")}`,
    `${sentence}.`,
    table(
      ["", t("Tokens"), t("Share"), ""],
      [row(t("This policy"), totals.ledger.reused, t("What it reuses.")), ...marks, ...gains],
    ),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join("\n")]),
  ];
}

function memory({ memory: used }: Report): readonly string[] {
  return [
    `## ${t("Cache memory")}`,
    table(
      ["", ""],
      [
        [t("Capacity"), bytes(used.capacityBytes)],
        [t("Peak"), bytes(used.peakBytes)],
        [t("At the end"), bytes(used.endBytes)],
        [t("of it KV"), bytes(used.endKvBytes)],
        [
          t("of it checkpoints (SSM states)"),
          t("{endCheckpointBytes} in {endCheckpoints}", {
            endCheckpointBytes: bytes(used.endCheckpointBytes),
            endCheckpoints: count(used.endCheckpoints),
          }),
        ],
        ...(used.host === undefined
          ? []
          : [
              [t("in host memory, besides"), bytes(used.host.kvBytes + used.host.checkpointBytes)],
              [
                t("of it checkpoints (SSM states), in host memory"),
                t("{checkpointBytes} in {checkpoints}", {
                  checkpointBytes: bytes(used.host.checkpointBytes),
                  checkpoints: count(used.host.checkpoints),
                }),
              ],
            ]),
        [t("Evictions"), count(used.evictions)],
      ],
    ),
  ];
}

function scenario({ scenario: used }: Report): readonly string[] {
  return [
    `## ${t("Scenario")}`,
    table(
      ["", ""],
      [
        [t("Model"), literal(used.model.id)],
        [t("GPU"), `${used.tensorParallel} × ${literal(used.gpu.name + servedPhrase(used))}`],
        [t("Policy"), literal(used.policy.id)],
        [t("Capacity"), `${bytes(used.capacityBytes)} (${basisText(used)})`],
        [t("Block"), plural(used.blockTokens, "token")],
        [t("KV per token"), bytes(used.kvBytesPerToken)],
        [t("One checkpoint"), used.checkpointBytes > 0 ? bytes(used.checkpointBytes) : t("none needed")],
        [t("Prompts"), promptsPhrase(used)],
        [t("Workload"), workloadPhrase(used)],
        [t("Seed"), String(used.seed)],
        [
          t("Vocabulary"),
          `${literal(used.vocabulary.id)} (${used.vocabulary.isExact ? t("exact") : t("approximate")})`,
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
    parts.push(`## ${t("Problems")}`, lines.slice(0, maxRows).join("\n"), ...rest(lines.length));
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
    parts.push(`## ${t("Files left out")}`, lines.slice(0, maxRows).join("\n"), ...rest(lines.length));
  }
  return parts;
}

function assumptions({ assumptions: made }: Report): readonly string[] {
  const others = made.filter(({ isLeading }) => isLeading !== true);
  if (others.length === 0) return [];
  return [`## ${t("Assumptions")}`, others.map(({ text }) => `- ${literal(text)}`).join("\n")];
}

function rest(total: number): readonly string[] {
  return total > maxRows ? [t("… and {0} more.", count(total - maxRows))] : [];
}
