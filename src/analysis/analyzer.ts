/**
 * The pipeline as its two consumers, worker and command line, see it.
 * It keeps what was parsed and tokenized, so that a run after an edit pays for the edit.
 */

import type { HintIntake } from "../core/policies/hint-intakes.ts";
import type { SourceDocument } from "../prompt/format.ts";
import type { Advice } from "./advice/advice.ts";
import type { EngineHints } from "./advice/engine-hints.ts";
import type { CheckpointHints } from "./advice/hints.ts";
import type { AnalysisProgress } from "./analyzer-host.ts";
import type { ExplainedRequest } from "./describe-request.ts";
import type { AskedPaths } from "./documents.ts";
import type { SettingsInForce } from "./model-in-force.ts";
import type { Finding, Report } from "./report.ts";
import type { Studied } from "./study.ts";

export interface Advised {
  /** All of them; the same list as that of the study where nothing came of the searches. */
  readonly findings: readonly Finding[];
  /** See `Totals.steady`; `null` where there is none. */
  readonly steadyTokenHitRate: number | null;
}

export interface Analyzer {
  setWorkspace(
    documents: readonly SourceDocument[],
    config: SourceDocument | null,
    skipped: readonly { readonly path: string; readonly reason: string }[],
  ): void;
  setDocument(document: SourceDocument): void;
  setConfig(config: SourceDocument | null): void;
  removeDocument(path: string): void;
  /** Parses what is new, and says which other files prompts ask for: whoever reads files gives those that are there. */
  asked(): Generator<AnalysisProgress, AskedPaths, void>;
  /**
   * One analysis, in steps of a few milliseconds: whoever drives it may stop between two steps.
   * Throws `UserError` when the settings cannot be met.
   */
  run(settings: SettingsInForce): Generator<AnalysisProgress, Report, void>;
  /** The first part of it: everything that an editor shows. The same object again where nothing has changed. */
  study(settings: SettingsInForce): Generator<AnalysisProgress, Studied, void>;
  /** What else is found once searches have been made, such as places for breakpoints, and the steady state. */
  advised(studied: Studied): Generator<AnalysisProgress, Advised, void>;
  /** The rest. */
  report(studied: Studied): Generator<AnalysisProgress, Report, void>;
}

/** Also answers about single requests. */
export interface ExplainingAnalyzer extends Analyzer {
  /** One request of the same workload, step by step. Throws `UserError` when there is no such request. */
  explain(settings: SettingsInForce, request: number): Generator<AnalysisProgress, ExplainedRequest, void>;
}

/** Also says where to keep states, and why. */
export interface AdvisingAnalyzer extends ExplainingAnalyzer {
  /** Better settings of a server, or breakpoints of a hosted API. Throws `UserError` when the settings cannot be met. */
  advise(settings: SettingsInForce): Generator<AnalysisProgress, Advice, void>;
  /** Positions worth a state, per template. Throws `UserError` when the settings cannot be met. */
  hints(settings: SettingsInForce): Generator<AnalysisProgress, CheckpointHints, void>;
  /** The same in the form that a server takes. Throws `UserError` when the settings cannot be met. */
  engineHints(settings: SettingsInForce, intake: HintIntake): Generator<AnalysisProgress, EngineHints, void>;
}
