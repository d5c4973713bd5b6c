/** A report as plain text for a terminal: the answer first, then what to change, then the details. */

import type { Finding, Money, Report, TemplateReport } from "../analysis/report.ts";
import { fates } from "../core/fates.ts";
import { isShown } from "../findings/finding.ts";
import { harmless, harmlessLines } from "../words/foreign.ts";
import { bytes, count, nothing, percent, plural, seconds, shareOf } from "../words/numbers.ts";
import { clipStart, textTable } from "../words/table.ts";
import { fateName } from "./fate-names.ts";
import { headroomSentence } from "./headroom-text.ts";
import { knownPrompts } from "./known-prompts.ts";
import { servedPhrase } from "./labels.ts";
import { lossLines } from "./loss-lines.ts";
import { isNotRead } from "./not-read.ts";
import { scopeWord } from "./scope-words.ts";
import { smallFindings } from "./small-findings.ts";
import { coldStart, headlineOf, roundName, roundText } from "./steady-text.ts";
import { smallestPrefixPhrase, verdictPhrase } from "./verdict-text.ts";
import { countedPhrase, cutNote, hitRateLines, promptsPhrase, workloadPhrase } from "./workload-text.ts";

const barWidth = 40;
const templateWidth = 48;
const findingsShown = 20;
const templatesShown = 60;
const problemsShown = 10;

/** `positionOf` gives line and column, counted from 1, of an offset in a document. */
export function reportText(
  report: Report,
  positionOf: (path: string, offset: number) => { line: number; column: number },
): string {
  const lines =
    report.templates.length === 0
      ? [...nothingFound(report), ...problemLines(report, positionOf)]
      : allLines(report, positionOf);
  return `${harmlessLines(lines)}\n`;
}

/** What was left out on purpose comes first: it may be what was looked for. */
function nothingFound({ skipped }: Report): string[] {
  const kinds = skipped.filter(({ path }) => path === "").map(({ reason }) => `Left out: ${reason}.`);
  return [...kinds, `No prompt templates were found. ${knownPrompts}`];
}

function allLines(report: Report, positionOf: Parameters<typeof reportText>[1]): string[] {
  return [
    ...scenarioLines(report),
    "",
    ...totalLines(report),
    "",
    ...ledgerLines(report),
    ...lossLines(report, positionOf),
    "",
    ...templateLines(report),
    ...compositionLines(report),
    "",
    ...findingLines(report, positionOf),
    ...problemLines(report, positionOf),
    "",
    ...assumptionLines(report),
  ];
}

function scenarioLines({ scenario, totals }: Report): string[] {
  const ranks = scenario.tensorParallel === 1 ? "" : `${scenario.tensorParallel} x `;
  const approximate = scenario.vocabulary.isExact ? "" : " (approximate)";
  const state = scenario.checkpointBytes === 0 ? "" : `, ${bytes(scenario.checkpointBytes)} per checkpoint`;
  return [
    `Model     ${scenario.model.id} on ${ranks}${scenario.gpu.name}${servedPhrase(scenario)}`,
    totals.money === null
      ? `Cache     ${scenario.policy.id}, ${bytes(scenario.capacityBytes)} (${scenario.capacityBasis}); ${bytes(scenario.kvBytesPerToken)} of KV per token${state}`
      : `Cache     ${scenario.policy.id}: ${scenario.policy.description}`,
    `Tokens    by the ${scenario.vocabulary.id} vocabulary${approximate}: ${scenario.vocabulary.note}`,
    `Prompts   ${promptsPhrase(scenario)}`,
    `Workload  ${workloadPhrase(scenario)}`,
  ];
}

function totalLines(report: Report): string[] {
  const { totals, memory, scenario, counted, assumptions } = report;
  const [rates, ...reasons] = hitRateLines(report);
  const { ttftSeconds: cold, ttftSecondsWithoutCache: without, steady } = totals;
  const { tokenHitRate, requestHitRate, ledger, promptTokens, ttftSeconds } = headlineOf(totals);
  const beside =
    steady === null ? "" : `; from an empty cache p50 ${seconds(cold.p50)}, p95 ${seconds(cold.p95)}`;
  return [
    `${percent(tokenHitRate)} of prompt tokens reused ${roundName(totals)} (${count(ledger.reused)} of ${count(promptTokens)}), ${percent(requestHitRate)} of requests hit${cutNote(scenario)}`,
    ...steadyLines(totals),
    ...(rates === undefined ? [] : [rates, ...reasons.map((note) => `  ${note}`)]),
    ...(counted === null ? [] : [countedPhrase(counted)]),
    ...headroomLines(totals),
    `TTFT p50 ${seconds(ttftSeconds.p50)}, p95 ${seconds(ttftSeconds.p95)}${beside}; without a cache p50 ${seconds(without.p50)}, p95 ${seconds(without.p95)}`,
    totals.money === null ? memoryLine(memory) : moneyLine(totals.money),
    smallestPrefixPhrase(report),
    verdictPhrase(report),
    ...assumptions.filter(({ isLeading }) => isLeading === true).map(({ text }) => text),
  ];
}

/** Which round that is, and the cold start beside it. */
function steadyLines(totals: Report["totals"]): string[] {
  const cold = coldStart(totals);
  if (totals.steady === null || cold === null) return [];
  return [`  ${roundText(totals.steady)}; ${cold}`, ...totals.steady.notes.map((note) => `  ${note}`)];
}

/** What other caches would reuse; an assumption says which they are. */
function headroomLines(totals: Report["totals"]): string[] {
  const sentence = headroomSentence(totals, percent);
  if (sentence === "") return [];
  return [`Headroom from an empty cache: ${sentence}`, ...totals.headroom.notes.map((note) => `  ${note}`)];
}

function memoryLine(memory: Report["memory"]): string {
  const {
    endKvBytes: kvBytes,
    endCheckpointBytes: checkpointBytes,
    endCheckpoints: checkpoints,
    host,
  } = memory;
  const inHost = host === undefined ? "" : `; in host memory ${heldText(host)}`;
  return `Memory at the end: ${heldText({ kvBytes, checkpointBytes, checkpoints })}${inHost}; peak ${bytes(memory.peakBytes)}, ${count(memory.evictions)} evictions`;
}

function heldText({ kvBytes, checkpointBytes, checkpoints }: NonNullable<Report["memory"]["host"]>): string {
  return `${bytes(kvBytes)} of KV and ${bytes(checkpointBytes)} of SSM states in ${count(checkpoints)} checkpoints`;
}

/** A unit is the price of one plain input token. */
function moneyLine({ inputUnits, inputUnitsWithoutCache, savedShare, note }: Money): string {
  const change = savedShare >= 0 ? `${percent(savedShare)} less` : `${percent(-savedShare)} more`;
  return `Input costs ${count(inputUnits)} units, ${change} than the ${count(inputUnitsWithoutCache)} without a cache (a unit is the price of one plain input token). ${note}`;
}

function ledgerLines({ totals }: Report): string[] {
  const rows = fates
    .filter((fate) => totals.ledger[fate] > 0 || fate === "reused")
    .map((fate) => {
      const tokens = totals.ledger[fate];
      const part = totals.promptTokens === 0 ? 0 : tokens / totals.promptTokens;
      const bar = "#".repeat(Math.round(part * barWidth)).padEnd(barWidth, ".");
      return [fateName(fate), count(tokens), shareOf(tokens, totals.promptTokens), bar];
    });
  return [
    "Where the prompt tokens went, from an empty cache",
    ...textTable(rows, (column) => column === 1 || column === 2).map((line) => `  ${line}`),
    ...reuseLines(totals),
    ...relinkableLines(totals),
  ];
}

/** What the ledger calls reused although it came from elsewhere, or answers are not what they would be. */
function reuseLines({ linkedTokens, restored }: Report["totals"]): string[] {
  const lines: string[] = [];
  if (linkedTokens > 0) {
    lines.push(
      `  Of the reused tokens, ${count(linkedTokens)} were linked: computed without what stands before them, so that answers are approximate.`,
    );
  }
  if (restored !== null) {
    const parts = restored.memories.map(({ name, tokens }) => `${count(tokens)} came back from ${name}`);
    lines.push(
      `  Of the reused tokens, ${parts.join(" and ")}, for ${count(restored.requests)} requests; each waited ${seconds(restored.seconds.mean)} for it on average.`,
    );
  }
  return lines;
}

/** A second chance that the ledger does not count; where there is none, an assumption says why. */
function relinkableLines({ ledger, relinkableTokens }: Report["totals"]): string[] {
  if (relinkableTokens === null || ledger.diverged === 0) return [];
  return [
    `  Of the diverged tokens, position-independent reuse (EPIC) could still save ${count(relinkableTokens)}; answers are then approximate.`,
  ];
}

function templateLines({ templates }: Report): string[] {
  const shown = templates.slice(0, templatesShown);
  const header = ["Template", "tokens", "stable", "chat", "steady", "cold", "TTFT", "uncached", "ends at"];
  const rest = templates.length - shown.length;
  return [
    ...textTable([header, ...shown.map(templateCells)], (column) => column > 0 && column < 8),
    ...(rest > 0 ? [`… and ${count(rest)} more templates (--format json has all of them)`] : []),
  ];
}

/** What requests are made of: each declared one, and the inferred ones by their kind. */
function compositionLines({ templates }: Report): string[] {
  const called = templates.filter(({ requests }) => requests > 0);
  const captured = called.filter(({ composition }) => composition.basis === "captured");
  const declared = called.filter(({ composition }) => composition.basis === "declared");
  const lines = declared.map(({ id, composition }) => {
    const parts = composition.parts.map(({ kind, target }) => (target === null ? kind : `${kind} ${target}`));
    return `Composed: ${id} = ${parts.join(" + ")} (declared)`;
  });
  if (captured.length > 0) {
    const requests = captured.reduce((sum, { requests: own }) => sum + own, 0);
    lines.push(
      `Captured: ${plural(captured.length, "conversation")} of ${plural(requests, "request")}, as they were sent`,
    );
  }
  const counts = new Map<string, number>();
  for (const { composition } of called) {
    if (composition.basis !== "inferred") continue;
    counts.set(composition.reason, (counts.get(composition.reason) ?? 0) + 1);
  }
  if (counts.size === 0) return lines;
  const inferred = [...counts].map(([reason, number]) => `${count(number)} ${reason}`);
  return [...lines, `Composed: ${inferred.join(", ")} (inferred)`];
}

function templateCells(template: TemplateReport): string[] {
  // A block stands before what is inside it, so that the first one is the outermost; an include does not stop anything.
  const stop = template.segments.find(({ kind }) => kind === "hole" || kind === "block");
  const isSent = template.requests > 0;
  const scope = stop?.scope ?? null;
  const end = stop === undefined ? "" : `${stop.name}${scope === null ? "" : ` (${scopeWord(scope)})`}`;
  return [
    clipStart(harmless(template.id), templateWidth),
    count(template.promptTokensMean),
    count(template.stablePrefixTokens),
    count(template.stablePrefixChatTokens),
    template.steadyTokenHitRate === null ? nothing : percent(template.steadyTokenHitRate),
    isSent ? percent(template.tokenHitRate) : nothing,
    isSent ? seconds(template.ttftSeconds.mean) : nothing,
    isSent ? seconds(template.ttftSecondsWithoutCache.mean) : nothing,
    isSent ? end : template.usage,
  ];
}

function findingLines(report: Report, positionOf: Parameters<typeof reportText>[1]): string[] {
  const findings = report.findings.filter(isShown);
  const small = smallFindings(report);
  if (findings.length === 0) return ["No findings.", ...small];
  const lines = [`Findings (${findings.length})`];
  for (const finding of findings.slice(0, findingsShown)) {
    lines.push(`  ${findingLine(finding, positionOf)}`, `    ${finding.detail}`);
  }
  const rest = findings.length - findingsShown;
  if (rest > 0) lines.push(`  … and ${count(rest)} more (--format json has all of them)`);
  return [...lines, ...small];
}

function findingLine(finding: Finding, positionOf: Parameters<typeof reportText>[1]): string {
  const { line, column } = positionOf(finding.path, finding.range.start);
  return `${finding.path}:${line}:${column}: ${finding.severity} ${finding.rule}: ${finding.message}`;
}

function problemLines(report: Report, positionOf: Parameters<typeof reportText>[1]): string[] {
  const lines: string[] = [];
  const problems = report.problems.filter((problem) => !isNotRead(problem));
  if (problems.length > 0) {
    lines.push("", `Problems in files (${problems.length})`);
    for (const problem of problems.slice(0, problemsShown)) {
      const { line, column } = positionOf(problem.path, problem.range.start);
      lines.push(`  ${problem.path}:${line}:${column}: ${problem.severity}: ${problem.message}`);
    }
    const rest = problems.length - problemsShown;
    if (rest > 0) lines.push(`  … and ${count(rest)} more`);
  }
  const left = [
    ...report.skipped.map(({ path, reason }) => (path === "" ? reason : `${path}: ${reason}`)),
    ...report.problems.filter(isNotRead).map(({ path, range, message }) => {
      return `${path}:${positionOf(path, range.start).line}: ${message}`;
    }),
  ];
  if (left.length > 0) {
    lines.push("", `Not analysed (${left.length})`);
    for (const line of left.slice(0, problemsShown)) lines.push(`  ${line}`);
    const rest = left.length - problemsShown;
    if (rest > 0) lines.push(`  … and ${count(rest)} more`);
  }
  return lines;
}

function assumptionLines({ assumptions }: Report): string[] {
  const others = assumptions.filter(({ isLeading }) => isLeading !== true);
  return ["What was assumed", ...others.map(({ text }) => `  - ${text}`)];
}
