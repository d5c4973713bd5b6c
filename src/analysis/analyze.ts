/**
 * The pipeline: documents -> templates -> workload -> replay -> findings -> report.
 * Pure and synchronous; it yields between steps so that whoever drives it can stop it or show progress.
 */

import type { CacheSystem } from "../core/cache/cache-system.ts";
import { explainSteps } from "../core/replay/explain.ts";
import { type OutcomeTable, type ReplayInput, replaySteps } from "../core/replay/replay.ts";
import { forward } from "../core/steps.ts";
import { findingAssumptions } from "../findings/assumptions.ts";
import type { Finding, FindingContext } from "../findings/finding.ts";
import { findAll } from "../findings/rules.ts";
import { ChatEncoder } from "../prompt/chat/encoder.ts";
import { type StaticPrefix, staticPrefix } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { Tokenizer } from "../prompt/tokenizer.ts";
import { markedPlaces, markersOf } from "../workload/cache-markers.ts";
import { workloadSteps } from "../workload/generate.ts";
import { scopesInForce, staticEndsOf } from "../workload/static-ends.ts";
import type { Workload } from "../workload/workload.ts";
import { adviceSteps } from "./advice/advice.ts";
import { type BreakpointAdvice, breakpointSteps, unfinishedAssumption } from "./advice/breakpoints.ts";
import { hintSteps } from "./advice/hints.ts";
import type { AdvisingAnalyzer, AnalysisProgress, AnalyzerHost } from "./analyzer.ts";
import { type ChatTemplateInForce, chatTemplateInForce } from "./chat-template-in-force.ts";
import { describeRequest } from "./describe-request.ts";
import { Documents } from "./documents.ts";
import { type HeadroomInput, headroomAssumption, headroomOf, headroomReferences } from "./headroom.ts";
import { lossesOf } from "./losses.ts";
import { moneyOf } from "./money.ts";
import { prefixNodes } from "./prefix-nodes.ts";
import { relinkingOf } from "./relinking.ts";
import {
  type Assumption,
  type Memory,
  type Report,
  type Restored,
  reportSchema,
  type Scenario,
  type Totals,
} from "./report.ts";
import { contextAssumptions, formatAssumptions, textsById } from "./report-assumptions.ts";
import { type ResolvedScenario, resolveScenario } from "./scenario.ts";
import { type AnalysisSettings, UserError } from "./settings.ts";
import { indices, ledgerOf, ledgerTokens, ratio, secondsOf } from "./statistics.ts";
import { templateReports } from "./template-reports.ts";

/** Shares of the progress bar: parsing, static prefixes, workload, replay, report. */
const stages = { parse: 0, prefixes: 20, workload: 30, replay: 60, report: 90, total: 100 } as const;
const timelinePoints = 200;

export function createAnalyzer(host: AnalyzerHost): AdvisingAnalyzer {
  const documents = new Documents(host.parseTools);
  let skipped: Report["skipped"] = [];
  return {
    setWorkspace(all, config, notRead) {
      documents.replaceAll(all);
      documents.setConfig(config);
      skipped = notRead;
    },
    setDocument: (document) => documents.set(document),
    setConfig: (config) => documents.setConfig(config),
    removeDocument: (path) => documents.remove(path),
    get missingPaths() {
      return documents.missingPaths;
    },
    *run(settings) {
      const { problems, ...prepared } = yield* prepare(host, documents, settings);
      const input = replayInput(prepared);
      const count = input.requests.length;
      const outcomes = yield* atStage(
        replaySteps(input),
        (done) => stages.replay + share(done, count, stages.report - stages.replay),
      );
      yield { done: stages.report, total: stages.total };
      const references = yield* atStage(
        headroomReferences(prepared.scenario, input.requests),
        () => stages.report,
      );
      const { computedTokensAtLeast } = prepared.cache;
      const breakpoints = yield* atStage(breakpointSteps({ ...prepared, known: input }), () => stages.report);
      const analysis = { ...prepared, outcomes, references, computedTokensAtLeast, breakpoints };
      return assemble(analysis, problems, skipped);
    },
    *explain(settings, request) {
      const prepared = yield* prepare(host, documents, settings);
      const input = replayInput(prepared);
      if (input.requests[request] === undefined) {
        const { length } = input.requests;
        const known = length === 0 ? "has none" : `has requests 0 to ${length - 1}`;
        throw new UserError(`There is no request ${request}; the workload ${known}.`);
      }
      const explanation = yield* atStage(
        explainSteps(input, request),
        (done) => stages.replay + share(done, request + 1, stages.total - stages.replay),
      );
      return describeRequest(prepared, explanation);
    },
    *advise(settings) {
      const prepared = yield* prepare(host, documents, settings);
      const known = replayInput(prepared);
      return yield* atStage(adviceSteps({ ...prepared, known }), () => stages.replay);
    },
    *hints(settings, sha256) {
      const prepared = yield* prepare(host, documents, settings);
      const known = replayInput(prepared);
      const chatTemplate = prepared.chat.assumption.text;
      return yield* atStage(hintSteps({ ...prepared, known, chatTemplate, sha256 }), () => stages.replay);
    },
  };
}

/** Everything up to the replay. */
export interface Prepared {
  readonly scenario: ResolvedScenario;
  readonly tokenizer: Tokenizer;
  readonly chat: ChatTemplateInForce;
  readonly templates: readonly Template[];
  readonly prefixes: readonly StaticPrefix[];
  readonly workload: Workload;
  readonly cache: CacheSystem;
}

export function* prepare(
  host: AnalyzerHost,
  documents: Documents,
  settings: AnalysisSettings,
): Generator<AnalysisProgress, Prepared & { readonly problems: Report["problems"] }, void> {
  const scenario = resolveScenario(settings);
  const tokenizer = host.tokenizer(scenario.vocabulary.id);
  const { templates, problems } = yield* atStage(documents.parse(), () => stages.parse);
  const chat = chatTemplateInForce(scenario, documents);
  const encoder = new ChatEncoder(tokenizer, chat.template);
  const prefixes = yield* atStage(prefixSteps(templates, encoder), () => stages.prefixes);
  const { config } = documents;
  const workload = yield* atStage(
    workloadSteps(templates, { settings, config, tokenizer, chatTemplate: chat.template }),
    ({ done, total }) => stages.workload + share(done, total, stages.replay - stages.workload),
  );
  return {
    scenario,
    tokenizer,
    chat,
    templates,
    prefixes,
    workload,
    cache: scenario.createCache(),
    problems: [...problems, ...chat.problems],
  };
}

export function replayInput({ templates, workload, cache, scenario, prefixes }: Prepared): ReplayInput {
  const stableTokens = (request: number) => prefixes[workload.templateOf[request] ?? -1]?.tokens.length ?? 0;
  const scopes = scopesInForce(workload.segments);
  const marked = templates.map((template, index) => markedPlaces(template, index, workload.segments));
  return {
    requests: workload.requests,
    segmentCount: workload.segments.length,
    isStatic: (segment) => workload.segments[segment]?.kind === "text",
    cache,
    createCache: scenario.createCache,
    ttftSeconds: (reused, prompt) => scenario.ttft.ttftSeconds(reused, prompt),
    stableTokens,
    staticEnds(index) {
      const request = workload.requests[index];
      if (request === undefined || request.runs === null) return [];
      return staticEndsOf(request.runs, request.promptTokens.length, scopes, stableTokens(index));
    },
    markers(index) {
      const request = workload.requests[index];
      const places = marked[workload.templateOf[index] ?? -1] ?? [];
      if (request === undefined || request.runs === null || places.length === 0) return [];
      return markersOf(places, request.runs, request.promptTokens.length, workload.segments);
    },
  };
}

interface Analysis extends Prepared, HeadroomInput {
  /** `null` where the policy has no breakpoints to set. */
  readonly breakpoints: BreakpointAdvice | null;
}

/** Passes the steps on as progress. */
function* atStage<T, R>(
  steps: Generator<T, R, void>,
  doneOf: (step: T) => number,
): Generator<{ done: number; total: number }, R, void> {
  return yield* forward(steps, (step) => ({ done: doneOf(step), total: stages.total }));
}

function share(done: number, total: number, width: number): number {
  return total === 0 ? width : Math.floor((done / total) * width);
}

function* prefixSteps(
  templates: readonly Template[],
  encoder: ChatEncoder,
): Generator<number, StaticPrefix[], void> {
  const prefixes: StaticPrefix[] = [];
  for (const template of templates) {
    prefixes.push(staticPrefix(template, encoder));
    yield prefixes.length;
  }
  return prefixes;
}

function assemble(analysis: Analysis, problems: Report["problems"], skipped: Report["skipped"]): Report {
  const { scenario, workload, outcomes, templates, prefixes, tokenizer, cache } = analysis;
  const requestsOf: number[][] = templates.map(() => []);
  for (const [request, template] of workload.templateOf.entries()) requestsOf[template]?.push(request);
  const { kvBytesPerToken, checkpointBytes } = scenario.cost;
  const context: FindingContext = {
    templates,
    prefixes,
    requestsOf,
    workload,
    outcomes,
    tokenizer,
    policy: { id: scenario.policy.id, name: scenario.policy.name, blockTokens: cache.blockTokens },
    ...(analysis.breakpoints !== null && { breakpoints: analysis.breakpoints.proposals }),
    kvBytesPerToken,
    checkpointBytes,
    ttftSeconds: (reused, prompt) => scenario.ttft.ttftSeconds(reused, prompt),
  };
  const relinking = relinkingOf(scenario, outcomes);
  const assumptions = textsById([
    ...scenario.assumptions,
    analysis.chat.assumption,
    ...workload.assumptions,
    ...contextAssumptions(scenario, outcomes),
    ...formatAssumptions(templates),
    relinking.assumption,
    headroomAssumption(scenario.policy, analysis.references),
    ...unfinishedAssumption(analysis.breakpoints),
  ]);
  const findings = findAll(context).map((finding) => withKnownAssumptions(finding, assumptions));
  return {
    schema: reportSchema,
    scenario: scenarioOf(analysis),
    assumptions: [...assumptions].map(([id, text]): Assumption => ({ id, text })),
    totals: totalsOf(analysis, relinking.tokens),
    memory: memoryOf(analysis),
    templates: templateReports({ ...analysis, requestsOf, kvBytesPerToken }),
    findings,
    prefixTree: prefixNodes({ templates, prefixes, workload, outcomes, cache, tokenizer, kvBytesPerToken }),
    problems,
    skipped,
  };
}

/** Enters the finding's own assumptions in the report's list, and leaves out those that this workload did not make. */
function withKnownAssumptions(finding: Finding, assumptions: Map<string, string>): Finding {
  for (const id of finding.assumptions) {
    const text = findingAssumptions[id];
    if (text !== undefined) assumptions.set(id, text);
  }
  return { ...finding, assumptions: finding.assumptions.filter((id) => assumptions.has(id)) };
}

function scenarioOf({ scenario, workload, cache }: Analysis): Scenario {
  const { settings, model, gpu, policy, cost } = scenario;
  return {
    model: { id: model.id, hasRecurrentLayers: cost.hasRecurrentLayers },
    gpu: { id: gpu.id, name: gpu.name },
    tensorParallel: settings.tensorParallel,
    policy: { id: policy.id, description: policy.description },
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
  };
}

function totalsOf(analysis: Analysis, relinkableTokens: number | null): Totals {
  const { outcomes, scenario } = analysis;
  const rows = indices(outcomes.length);
  const ledger = ledgerOf(outcomes.fates, rows);
  const promptTokens = ledgerTokens(ledger);
  const hits = rows.reduce((sum, row) => sum + (reusedTokensOf(outcomes, row) > 0 ? 1 : 0), 0);
  return {
    requests: outcomes.length,
    promptTokens,
    ledger,
    losses: lossesOf(analysis, rows),
    linkedTokens: outcomes.linkedTokens.reduce((sum, tokens) => sum + tokens, 0),
    restored: restoredOf(outcomes, rows),
    relinkableTokens,
    tokenHitRate: ratio(ledger.reused, promptTokens),
    headroom: headroomOf(analysis, rows),
    requestHitRate: ratio(hits, outcomes.length),
    ttftSeconds: secondsOf(outcomes.ttftSeconds, rows),
    ttftSecondsWithoutCache: secondsOf(outcomes.ttftSecondsWithoutCache, rows),
    money: scenario.policy.kind === "hosted" ? moneyOf(outcomes, promptTokens) : null,
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
    evictions,
    timeline,
  };
}
