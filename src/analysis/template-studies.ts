/**
 * Each template with what became of its requests, and what follows from that alone: its row of the report and what rules find
 * in it. The same objects as before where nothing of that changed, so that an edit pays for the templates that it touches.
 */
import { chosenRows, isSameChoice } from "../core/replay/outcome-rows.ts";
import type { OutcomeTable } from "../core/replay/replay.ts";
import { every } from "../core/steps.ts";
import type { Finding, FindingContext, Rule } from "../findings/finding.ts";
import { findingSteps } from "../findings/rules.ts";
import type { StaticPrefix } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { Workload, WorkloadPart } from "../workload/workload.ts";
import type { TemplateRow } from "./report.ts";
import { indices } from "./statistics.ts";
import { templateRow } from "./template-reports.ts";
import type { Trials } from "./trials.ts";

/** What rules see of everything that is no template's own. */
export type CommonContext = Omit<FindingContext, "templates" | "prefixes" | "workload" | "outcomes">;

export interface TemplateStudy {
  readonly template: Template;
  readonly prefix: StaticPrefix;
  readonly part: WorkloadPart;
  /** Its own requests and segments, both counted from 0; see `chosenRows`. */
  readonly outcomes: OutcomeTable;
  readonly row: TemplateRow;
  readonly findings: ReadonlyMap<Rule, readonly Finding[]>;
}

export interface StudiesInput {
  readonly templates: readonly Template[];
  readonly prefixes: readonly StaticPrefix[];
  readonly workload: Workload;
  readonly outcomes: OutcomeTable;
}

/** Templates that are only compared, between two steps. */
const stepTemplates = 128;

interface Kept {
  readonly knownRuns: readonly Uint8Array[];
  readonly study: TemplateStudy;
}

export class TemplateStudies {
  readonly #kept = new WeakMap<Template, Kept>();
  readonly #context: CommonContext;
  readonly #trials: Trials;

  /** Another context gives other numbers and findings: it needs another one of these. */
  constructor(context: CommonContext, trials: Trials) {
    this.#context = context;
    this.#trials = trials;
  }

  /** In the order of the templates. Yields after each template that is studied anew, and now and then. */
  *steps(input: StudiesInput): Generator<void, readonly TemplateStudy[], void> {
    const studies: TemplateStudy[] = [];
    const isTime = every(stepTemplates);
    for (const index of indices(input.templates.length)) {
      const known = this.#known(input, index);
      studies.push(known ?? (yield* this.#study(input, index)));
      if (known === null) yield;
      else if (isTime(1)) yield;
    }
    return studies;
  }

  #known(input: StudiesInput, index: number): TemplateStudy | null {
    const { workload, outcomes } = input;
    const kept = this.#kept.get(input.templates[index]!);
    const rows = input.workload.requestsOf[index]!;
    if (kept === undefined) return null;
    const { study, knownRuns } = kept;
    if (study.prefix !== input.prefixes[index] || study.part !== workload.parts[index]) return null;
    if (!isSameChoice(study.outcomes, outcomes, choiceOf(input, index))) return null;
    return rows.every((row, at) => isSameFlags(knownRuns[at], workload.knownRuns[row])) ? study : null;
  }

  *#study(input: StudiesInput, index: number): Generator<void, TemplateStudy, void> {
    const template = input.templates[index]!;
    const prefix = input.prefixes[index]!;
    const part = input.workload.parts[index]!;
    const outcomes = chosenRows(input.outcomes, choiceOf(input, index));
    const knownRuns = input.workload.requestsOf[index]!.map((row) => input.workload.knownRuns[row]!);
    const study: TemplateStudy = {
      template,
      prefix,
      part,
      outcomes,
      row: templateRow({ template, prefix, part, outcomes }, this.#context),
      findings: yield* this.#findings(template, prefix, part, knownRuns, outcomes),
    };
    this.#kept.set(template, { knownRuns, study });
    return study;
  }

  *#findings(
    template: Template,
    prefix: StaticPrefix,
    part: WorkloadPart,
    knownRuns: Workload["knownRuns"],
    outcomes: OutcomeTable,
  ): Generator<void, TemplateStudy["findings"], void> {
    const { requests, segments, rewritten, history } = part;
    return yield* findingSteps("template", {
      ...this.#context,
      templates: [template],
      prefixes: [prefix],
      workload: {
        requests,
        segments,
        rewritten,
        knownRuns,
        templateOf: new Int32Array(requests.length),
        requestsOf: [indices(requests.length)],
        histories: [history],
      },
      outcomes,
      tryMove: (of, move) => this.#trials.move(of, part, move),
      textOf: (path) => this.#trials.textOf(path),
      tryEdits: (of, edits) => this.#trials.edits(of, part, edits),
      tryChange: (of, change) => this.#trials.change(of, part, change),
      onTried: (finding, trial, restated) => this.#trials.note(finding, trial, restated),
    });
  }
}

function choiceOf({ workload }: StudiesInput, index: number) {
  return {
    rows: workload.requestsOf[index]!,
    firstSegment: workload.firstSegment[index]!,
    segmentCount: workload.parts[index]!.segments.length,
  };
}

function isSameFlags(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length && a.every((flag, at) => flag === b[at]);
}
