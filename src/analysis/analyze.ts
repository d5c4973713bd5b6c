/**
 * The report: what the stages of a study give, with what takes further replays (references, when evicted tokens went, places
 * for breakpoints) and what only people look at (the prefix tree). Pure; it yields between steps of a few milliseconds.
 */

import type { EvictedPart } from "../core/replay/evictions.ts";
import type { References } from "../core/replay/references.ts";
import { evictedParts, type OutcomeTable } from "../core/replay/replay.ts";
import { inspectRequest } from "../core/replay/serve-request.ts";
import { every } from "../core/steps.ts";
import { findingAssumptions } from "../findings/assumptions.ts";
import type { Finding } from "../findings/finding.ts";
import { findingsOf, inOrder } from "../findings/rules.ts";
import { verdictOf } from "../findings/verdict.ts";
import type { WorkspaceProposals } from "../findings/workspace-proposal.ts";
import { type BreakpointAdvice, breakpointSteps, unfinishedAssumption } from "./advice/breakpoints.ts";
import { unsearchedAssumption, workspaceSteps } from "./advice/workspace-advice.ts";
import type { Analyzer } from "./analyzer.ts";
import type { AnalysisProgress, AnalyzerHost } from "./analyzer-host.ts";
import { chatTemplateNotes } from "./chat-template-notes.ts";
import { countedOf } from "./counted.ts";
import { type HeadroomInput, headroomAssumption, headroomOf, headroomReferences } from "./headroom.ts";
import { hitRatesOf } from "./hit-rates.ts";
import { hitsOf } from "./hits.ts";
import { lossesOf } from "./losses.ts";
import { moneyOf, tokenPriceOf } from "./money.ts";
import { prefixNodes } from "./prefix-nodes.ts";
import { prefixSharers } from "./prefix-sharers.ts";
import { relinkingOf } from "./relinking.ts";
import {
  type Assumption,
  type Memory,
  type Report,
  type Restored,
  reportSchema,
  type Scenario,
  type TemplateReport,
  type Totals,
} from "./report.ts";
import {
  assumptionsById,
  contextAssumptions,
  formatAssumptions,
  markAssumptions,
} from "./report-assumptions.ts";
import { smallestPrefixOf } from "./smallest-prefix.ts";
import { indices, ledgerOf, ledgerTokens, ratio, secondsOf } from "./statistics.ts";
import { type SteadyRound, steadySteps } from "./steady-state.ts";
import { atStage, type Studied, Study, stages } from "./study.ts";

const timelinePoints = 200;

export function createAnalyzer(host: AnalyzerHost): Analyzer {
  return analyzerOf(new Study(host));
}

/** Over a study that others ask as well. */
export function analyzerOf(study: Study): Analyzer {
  const { documents } = study;
  let skipped: Report["skipped"] = [];
  return {
    setWorkspace(all, config, notRead) {
      documents.setWorkspace(all, config);
      skipped = notRead;
    },
    setDocument: (document) => documents.set(document),
    setConfig: (config) => documents.setConfig(config),
    removeDocument: (path) => documents.remove(path),
    asked: () => atStage(documents.asked(), () => stages.parse),
    *run(settings) {
      return yield* reportSteps(yield* study.study(settings), skipped);
    },
    study: (settings) => study.study(settings),
    *advised(studied) {
      const { findings, steady } = yield* advisedOf(studied);
      return { findings, steadyTokenHitRate: steady.state?.tokenHitRate ?? null };
    },
    report: (studied) => reportSteps(studied, skipped),
  };
}

interface Analysis extends Studied, HeadroomInput {
  /** With the parts of evicted spans. */
  readonly outcomes: OutcomeTable;
  /** `null` where the policy has no breakpoints to set. */
  readonly breakpoints: BreakpointAdvice | null;
  readonly steady: SteadyRound;
  readonly smallestPrefixTokens: number | null;
}

/** All of it. */
export function* reportSteps(
  studied: Studied,
  skipped: Report["skipped"],
): Generator<AnalysisProgress, Report, void> {
  const { cache } = studied;
  const parts = yield* atStage(evictedPartSteps(studied), () => stages.deeper);
  const references = yield* atStage(referencesOf(studied), () => stages.deeper);
  const { breakpoints, steady, smallestPrefixTokens, findings } = yield* advisedOf(studied);
  const { computedTokensAtLeast } = cache;
  const outcomes = { ...studied.outcomes, evictedParts: parts };
  const analysis: Analysis = {
    ...studied,
    outcomes,
    references,
    computedTokensAtLeast,
    breakpoints,
    steady,
    smallestPrefixTokens,
    findings,
  };
  return yield* atStage(assembleSteps(analysis, skipped), () => stages.deeper);
}

/** When, and for whom, evicted tokens went: in one more replay. */
function* evictedPartSteps({
  input,
  outcomes,
  createCache,
}: Studied): Generator<number, readonly EvictedPart[], void> {
  if (outcomes.evictedSpans.length === 0) return [];
  return yield* evictedParts(input, createCache(), outcomes.evictedSpans);
}

function* assembleSteps(analysis: Analysis, skipped: Report["skipped"]): Generator<void, Report, void> {
  const { scenario, workload, outcomes, problems } = analysis;
  const relinking = relinkingOf(scenario, outcomes);
  const assumptions = assumptionsById([
    ...markAssumptions(scenario, analysis.templates, workload),
    ...chatTemplateNotes(analysis),
    ...scenario.assumptions,
    analysis.chat.assumption,
    ...workload.assumptions,
    ...contextAssumptions(scenario, outcomes),
    ...formatAssumptions(analysis.templates),
    relinking.assumption,
    headroomAssumption(scenario.policy, analysis.references),
    analysis.steady.assumption,
    ...unsearchedAssumption(analysis.steady),
    ...unfinishedAssumption(analysis.breakpoints),
  ]);
  const findings = analysis.findings.map((finding) => withKnownAssumptions(finding, assumptions));
  yield;
  const totals = totalsOf(analysis, relinking.tokens);
  yield;
  const memory = memoryOf(analysis);
  yield;
  const templates = yield* templateReportSteps(analysis);
  return {
    schema: reportSchema,
    scenario: scenarioOf(analysis),
    assumptions: [...assumptions.values()],
    totals,
    counted: countedOf(analysis),
    hitRates: hitRatesOf({
      measured: scenario.measured,
      isHosted: scenario.policy.memory === "provider",
      ...{ totals, templates, findings },
      assumptions: [...assumptions.values()],
    }),
    memory,
    verdict: verdictOf(findings),
    smallestPrefixTokens: analysis.smallestPrefixTokens,
    templates,
    findings,
    prefixTree: yield* prefixNodes({
      ...analysis,
      inspect: (request, tokens) => inspectRequest(analysis.input, analysis.cache, request, tokens),
      needsCheckpoints: analysis.cache.needsCheckpoints,
      kvBytesPerToken: scenario.cost.kvBytesPerToken,
    }),
    problems,
    skipped,
  };
}

const knownReferences = new WeakMap<Studied, References | null>();

function* referencesOf(studied: Studied): Generator<void, References | null, void> {
  const known = knownReferences.get(studied);
  if (known !== undefined) return known;
  const { scenario, input, spans } = studied;
  const references = yield* headroomReferences(scenario, input.requests, spans);
  knownReferences.set(studied, references);
  return references;
}

/** What takes a search, or other replays than the one of a study. */
interface Advised {
  /** `null` where the policy has no breakpoints to set. */
  readonly breakpoints: BreakpointAdvice | null;
  readonly steady: SteadyRound;
  /** See `Report.smallestPrefixTokens`. */
  readonly smallestPrefixTokens: number | null;
  /** All findings, those of the workspace among them. */
  readonly findings: readonly Finding[];
}

/** Found once for each study. */
const advised = new WeakMap<Studied, Advised>();

function* advisedOf(studied: Studied): Generator<AnalysisProgress, Advised, void> {
  const known = advised.get(studied);
  if (known !== undefined) return known;
  const breakpoints = yield* atStage(
    breakpointSteps({ ...studied, known: studied.input }),
    () => stages.deeper,
  );
  const steady = yield* atStage(steadySteps(studied), () => stages.deeper);
  const workspace = yield* atStage(
    workspaceSteps(studied, steady, () => referencesOf(studied)),
    () => stages.deeper,
  );
  yield { done: stages.deeper, total: stages.total };
  const all = findingsWith(studied, breakpoints, workspace);
  const findings = yield* atStage(studied.trials.amongAll(studied, all), () => stages.deeper);
  const smallestPrefixTokens = yield* atStage(smallestPrefixOf(studied), () => stages.deeper);
  const found = { breakpoints, steady, smallestPrefixTokens, findings };
  advised.set(studied, found);
  return found;
}

/** Those that need no search, and those that one was made for. */
function findingsWith(
  studied: Studied,
  breakpoints: BreakpointAdvice | null,
  workspace: WorkspaceProposals | null,
): readonly Finding[] {
  const { studies, across, context } = studied;
  const common = { ...context, ...studied, found: studied.findings };
  const advised = [
    ...(breakpoints === null
      ? []
      : [findingsOf("advice", { ...common, breakpoints: breakpoints.proposals })]),
    ...(workspace === null ? [] : [findingsOf("workspace-advice", { ...common, workspace })]),
  ];
  const isNone = advised.every((found) => [...found.values()].every(({ length }) => length === 0));
  if (isNone) return studied.findings;
  return studied.ignored(inOrder([...studies.map(({ findings }) => findings), across, ...advised]));
}

/** Templates between two steps, so that a step takes a few milliseconds. */
const stepTemplates = 32;

function* templateReportSteps(analysis: Analysis): Generator<void, TemplateReport[], void> {
  const { studies, workload, templates, prefixes, outcomes } = analysis;
  const sharers = yield* prefixSharers(templates, prefixes);
  yield;
  const partsOf = partsByTemplate(outcomes.evictedParts, workload.templateOf);
  const isTime = every(stepTemplates);
  const reports: TemplateReport[] = [];
  for (const [index, { row }] of studies.entries()) {
    const { tokenHitRate, ttftSeconds, ttftSecondsWithoutCache, segments, ...before } = row;
    const rows = workload.requestsOf[index] ?? [];
    reports.push({
      ...before,
      losses: lossesOf(analysis, rows, partsOf.get(index) ?? []),
      tokenHitRate,
      steadyTokenHitRate: analysis.steady.tokenHitRates[index] ?? null,
      headroom: headroomOf(analysis, rows),
      ttftSeconds,
      ttftSecondsWithoutCache,
      segments,
      sharesPrefixWith: sharers[index] ?? [],
    });
    if (isTime(1)) yield;
  }
  return reports;
}

function partsByTemplate(
  parts: readonly EvictedPart[],
  templateOf: Int32Array,
): ReadonlyMap<number, readonly EvictedPart[]> {
  const byTemplate = new Map<number, EvictedPart[]>();
  for (const part of parts) {
    const template = templateOf[part.request] ?? -1;
    const known = byTemplate.get(template);
    if (known === undefined) byTemplate.set(template, [part]);
    else known.push(part);
  }
  return byTemplate;
}

/** Enters the finding's own assumptions in the report's list, and leaves out those that this workload did not make. */
function withKnownAssumptions(finding: Finding, assumptions: Map<string, Assumption>): Finding {
  for (const id of finding.assumptions) {
    const text = findingAssumptions[id]?.();
    if (text !== undefined) assumptions.set(id, { id, text });
  }
  return { ...finding, assumptions: finding.assumptions.filter((id) => assumptions.has(id)) };
}

export function scenarioOf({
  scenario,
  workload,
  cache,
}: Pick<Studied, "scenario" | "workload" | "cache">): Scenario {
  const { settings, model, gpu, policy, cost } = scenario;
  return {
    model: { id: model.id, hasRecurrentLayers: cost.hasRecurrentLayers },
    gpu: { id: gpu.id, name: gpu.name },
    tensorParallel: settings.tensorParallel,
    kvType: settings.kvType,
    draftTokens: settings.draftTokens,
    inFlight: policy.countsInFlight === true ? settings.inFlight : 1,
    policy: { id: policy.id, description: policy.description },
    ...(policy.bills === true && { billing: tokenPriceOf(policy) }),
    vocabulary: scenario.vocabulary,
    capacityBytes: scenario.capacityBytes,
    capacityBasis: scenario.capacityBasis,
    blockTokens: cache.blockTokens,
    kvBytesPerToken: cost.kvBytesPerToken,
    checkpointBytes: cost.checkpointBytes,
    convBytesPerCheckpoint: cost.convBytesPerCheckpoint,
    recurrentBytesPerCheckpoint: cost.recurrentBytesPerCheckpoint,
    seed: settings.seed,
    sessions: settings.sessions,
    turnsPerSession: settings.turns,
    requests: workload.requests.length,
    workload: workload.basis,
  };
}

function totalsOf(analysis: Analysis, relinkableTokens: number | null): Totals {
  const { outcomes, scenario } = analysis;
  const rows = indices(outcomes.length);
  const ledger = ledgerOf(outcomes.fates, rows);
  const promptTokens = ledgerTokens(ledger);
  const hits = hitsOf(outcomes, rows, analysis.workload);
  return {
    requests: outcomes.length,
    promptTokens,
    ledger,
    losses: lossesOf(analysis, rows, outcomes.evictedParts),
    linkedTokens: outcomes.linkedTokens.reduce((sum, tokens) => sum + tokens, 0),
    restored: restoredOf(outcomes, rows),
    relinkableTokens,
    tokenHitRate: ratio(ledger.reused, promptTokens),
    headroom: headroomOf(analysis, rows),
    requestHitRate: ratio(hits, outcomes.length),
    steady: analysis.steady.state,
    ttftSeconds: secondsOf(outcomes.ttftSeconds, rows),
    ttftSecondsWithoutCache: secondsOf(outcomes.ttftSecondsWithoutCache, rows),
    money: scenario.policy.bills === true ? moneyOf(outcomes, promptTokens) : null,
  };
}

function restoredOf(
  { restoredTokens, restoreSeconds }: OutcomeTable,
  rows: readonly number[],
): Restored | null {
  const memories = [...restoredTokens].map(([name, tokens]) => ({ name, tokens }));
  if (memories.length === 0) return null;
  const requests = rows.filter((row) => (restoreSeconds[row] ?? 0) > 0);
  return { requests: requests.length, memories, seconds: secondsOf(restoreSeconds, requests) };
}

/** Leading tokens and those behind them. */
function reusedTokensOf(outcomes: OutcomeTable, row: number): number {
  return (outcomes.reusedTokens[row] ?? 0) + (outcomes.linkedTokens[row] ?? 0);
}

function memoryOf({ scenario, outcomes, cache }: Analysis): Memory {
  const { length } = outcomes;
  const contents = cache.contents();
  let peakBytes = 0;
  let evictions = 0;
  const timeline = {
    request: [] as number[],
    kvBytes: [] as number[],
    checkpointBytes: [] as number[],
    reusedTokens: [] as number[],
    promptTokens: [] as number[],
  };
  let reusedTokens = 0;
  let promptTokens = 0;
  const stride = Math.max(1, Math.ceil(length / timelinePoints));
  for (let row = 0; row < length; row++) {
    const kvBytes = outcomes.kvBytes[row] ?? 0;
    const checkpointBytes = outcomes.checkpointBytes[row] ?? 0;
    peakBytes = Math.max(peakBytes, kvBytes + checkpointBytes);
    evictions += outcomes.evictedNodes[row] ?? 0;
    reusedTokens += reusedTokensOf(outcomes, row);
    promptTokens += outcomes.promptTokens[row] ?? 0;
    if ((row + 1) % stride !== 0 && row !== length - 1) continue;
    timeline.request.push(row + 1);
    timeline.kvBytes.push(kvBytes);
    timeline.checkpointBytes.push(checkpointBytes);
    timeline.reusedTokens.push(reusedTokens);
    timeline.promptTokens.push(promptTokens);
  }
  return {
    capacityBytes: scenario.capacityBytes,
    peakBytes,
    endBytes: contents.kvBytes + contents.checkpointBytes,
    endKvBytes: contents.kvBytes,
    endCheckpointBytes: contents.checkpointBytes,
    endCheckpoints: contents.checkpoints,
    ...(contents.host !== undefined && { host: contents.host }),
    evictions,
    timeline,
  };
}
