/**
 * The stages between documents and report, each remembered by the inputs that it is given:
 *   settings -> scenario; documents -> templates; templates + scenario -> prefixes; all of these -> workload;
 *   workload + scenario -> outcomes; outcomes + templates -> studies, findings.
 * A stage that is asked again with the same inputs gives the same object, and whatever follows from it is not made again.
 */

import type { Config } from "../config/config.ts";
import type { CacheSystem } from "../core/cache/cache-system.ts";
import type { SpanTrace } from "../core/cache/span-trace.ts";
import { Remembered } from "../core/remembered.ts";
import { type OutcomeTable, type ReplayInput, replaySteps } from "../core/replay/replay.ts";
import { SpanBook } from "../core/replay/span-book.ts";
import { every, forward } from "../core/steps.ts";
import { type Finding, RuleMemory } from "../findings/finding.ts";
import { ignoreProblems, withIgnored } from "../findings/ignored.ts";
import { type Found, findingSteps, inOrder, ruleIds } from "../findings/rules.ts";
import { ChatEncoder } from "../prompt/chat/encoder.ts";
import { type StaticPrefix, staticPrefix } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { WorkloadMaker } from "../workload/generate.ts";
import type { Workload } from "../workload/workload.ts";
import { AlteredParts } from "./altered-parts.ts";
import type { AnalysisProgress, AnalyzerHost } from "./analyzer-host.ts";
import { ChatTemplateFiles } from "./chat-template-files.ts";
import { type ChatTemplateInForce, chatTemplateInForce } from "./chat-template-in-force.ts";
import { Documents } from "./documents.ts";
import type { SettingsInForce } from "./model-in-force.ts";
import { tokenPriceOf } from "./money.ts";
import { computedTokensAtLeast, overSpans, replayInput } from "./replay-input.ts";
import type { DocumentProblem } from "./report.ts";
import { requestedModel } from "./requested-model.ts";
import { type ResolvedScenario, resolveScenario } from "./scenario.ts";
import { type CommonContext, TemplateStudies, type TemplateStudy } from "./template-studies.ts";
import { type SentPart, Trials } from "./trials.ts";

/** Shares of the progress bar: parsing, static prefixes, workload, replay, studies, what follows. */
export const stages = {
  parse: 0,
  prefixes: 20,
  workload: 30,
  replay: 60,
  studies: 80,
  deeper: 90,
  total: 100,
} as const;

/** Everything up to the replay. */
export interface Prepared {
  readonly scenario: ResolvedScenario;
  readonly tokenizer: Tokenizer;
  readonly chat: ChatTemplateInForce;
  readonly templates: readonly Template[];
  readonly config: Config;
  /** Of promptcache.json; `null` where there is none. */
  readonly configPath: string | null;
  readonly prefixes: readonly StaticPrefix[];
  readonly workload: Workload;
  /** Of documents, and of the chat template. */
  readonly problems: readonly DocumentProblem[];
}

/** What became of the requests, and what an editor shows of it. */
export interface Studied extends Prepared {
  /** The cache and its requests in spans, if the policy can serve those. */
  readonly input: ReplayInput;
  /** Another cache for them, empty. */
  createCache(): CacheSystem;
  /** The requests in spans, whatever the policy. */
  readonly spans: SpanTrace;
  /** Without the parts of evicted spans, which take another replay. */
  readonly outcomes: OutcomeTable;
  /** As the last request left it. */
  readonly cache: CacheSystem;
  readonly studies: readonly TemplateStudy[];
  readonly context: CommonContext;
  /** What rules found by comparing templates. */
  readonly across: Found;
  /** Of all rules that need no search. */
  readonly findings: readonly Finding[];
  /** Other findings, those that people ignore as hints. */
  ignored(findings: readonly Finding[]): readonly Finding[];
  /** What these rest on, where it was tried. */
  readonly trials: Trials;
}

export class Study {
  readonly documents: Documents;
  readonly #host: AnalyzerHost;
  readonly #maker = new WorkloadMaker();
  readonly #altered = new AlteredParts(this.#maker);
  readonly #scenario = new Remembered<ResolvedScenario>();
  readonly #chat = new Remembered<ChatTemplateInForce>();
  readonly #encoder = new Remembered<{ chat: ChatEncoder; prefixes: WeakMap<Template, StaticPrefix> }>();
  #prefixOf: (template: Template) => StaticPrefix = (template) => {
    throw new Error(`the prefix of ${template.id} was asked for before any other`);
  };
  readonly #prefixes = new Remembered<readonly StaticPrefix[]>();
  readonly #workload = new Remembered<Workload>();
  readonly #book = new SpanBook(computedTokensAtLeast);
  readonly #spans = new Remembered<SpanTrace>();
  readonly #prepared = new Remembered<Prepared>();
  readonly #studies = new Remembered<TemplateStudies>();
  readonly #trials = new Remembered<Trials>();
  readonly #memory = new Remembered<RuleMemory>();
  readonly #chatTemplates = new ChatTemplateFiles();
  readonly #studied = new Remembered<Studied>();

  constructor(host: AnalyzerHost) {
    this.#host = host;
    this.documents = new Documents(host.parseTools, host.onFile?.bind(host));
  }

  /** Throws `UserError` when the settings cannot be met. */
  *prepare({ unusable = [], ...settings }: SettingsInForce): Generator<AnalysisProgress, Prepared, void> {
    const { templates, problems } = yield* atStage(this.documents.parse(), () => stages.parse);
    const hostedModel = requestedModel(settings.policy, templates);
    const scenario = this.#scenario.get([JSON.stringify(settings), hostedModel], () =>
      resolveScenario(settings, hostedModel),
    );
    const tokenizer = this.#host.tokenizer(scenario.vocabulary.id);
    const { config, configPath } = this.documents;
    const { chatTemplate, chatTemplateArguments } = scenario.settings;
    const { memory, putsToolsFirst } = scenario.policy;
    const given = JSON.stringify(chatTemplateArguments);
    const document = this.documents.documentAt(chatTemplate);
    const chat = this.#chat.get(
      [
        ...[scenario.model, scenario.settings.modelFile?.chatTemplate?.text, memory, putsToolsFirst],
        ...[chatTemplate, given, document, config, configPath],
      ],
      () => chatTemplateInForce(scenario, this.documents),
    );
    const prefixes = yield* atStage(this.#prefixSteps(templates, tokenizer, chat), () => stages.prefixes);
    const { seed, sessions, turns } = settings;
    const workload = yield* this.#workload.steps(
      [templates, config, tokenizer, chat.template, seed, sessions, turns],
      () =>
        atStage(
          this.#maker.steps(templates, { settings, config, tokenizer, chatTemplate: chat.template }),
          ({ done, total }) => stages.workload + share(done, total, stages.replay - stages.workload),
        ),
    );
    const inputs = [
      ...[scenario, tokenizer, chat, templates, config, configPath, problems, prefixes, workload],
      JSON.stringify(unusable),
    ];
    return this.#prepared.get(inputs, () => ({
      scenario,
      tokenizer,
      chat,
      templates,
      config,
      configPath,
      prefixes,
      workload,
      problems: [...unusable, ...problems, ...chat.problems, ...this.#ignoreProblems()],
    }));
  }

  /** The requests in spans. */
  *spansOf({ workload: { requests } }: Prepared): Generator<AnalysisProgress, SpanTrace, void> {
    return yield* atStage(
      this.#spans.steps([requests], () => this.#book.update(requests)),
      () => stages.replay,
    );
  }

  /** Up to everything that an editor shows. */
  *study(settings: SettingsInForce): Generator<AnalysisProgress, Studied, void> {
    const prepared = yield* this.prepare(settings);
    return yield* this.#studied.steps([prepared], () => this.#studySteps(prepared));
  }

  *#studySteps(prepared: Prepared): Generator<AnalysisProgress, Studied, void> {
    const { requests, parts } = prepared.workload;
    this.#altered.keepOnly(parts);
    const spans = yield* this.spansOf(prepared);
    const { input, createCache } = yield* atStage(
      overSpans(replayInput(prepared), spans, prepared.scenario),
      () => stages.replay,
    );
    const { cache } = input;
    const count = requests.length;
    const outcomes = yield* atStage(
      replaySteps(input),
      (done) => stages.replay + share(done, count, stages.studies - stages.replay),
    );
    const context = this.#contextOf(prepared, cache);
    const trials = this.#trials.get([prepared.scenario, prepared.tokenizer], () => this.#trialsOf(prepared));
    const makes = this.#studies.get(
      [prepared.scenario, prepared.tokenizer, context.isChatTemplateOurs],
      () => new TemplateStudies(context, trials),
    );
    const studies = yield* atStage(makes.steps({ ...prepared, outcomes }), () => stages.studies);
    const { id: modelId } = prepared.scenario.model;
    const chatTemplates = yield* atStage(
      this.#chatTemplates.steps(prepared.templates, prepared.chat, { documents: this.documents, modelId }),
      () => stages.studies,
    );
    const sentPart = (template: Template): SentPart => ({
      template,
      part: prepared.workload.parts[prepared.templates.indexOf(template)]!,
    });
    const across = yield* atStage(
      findingSteps("workspace", {
        ...context,
        ...prepared,
        outcomes,
        chatTemplates,
        found: studies.flatMap(({ findings: found }) => [...found.values()].flat()),
        tryShared: ([first, second], edited, key) =>
          trials.shared([sentPart(first), sentPart(second)], edited, key),
        readEdited: (template, edits) => trials.readEdited(sentPart(template), edits),
        textOf: (path) => trials.textOf(path),
      }),
      () => stages.studies,
    );
    const { documents } = this;
    const ignored = (findings: readonly Finding[]) =>
      withIgnored(findings, {
        ...prepared,
        documentAt: (path) => documents.documentAt(path),
        rules: ruleIds,
      });
    const findings = ignored(inOrder([...studies.map(({ findings: found }) => found), across]));
    return {
      ...prepared,
      input,
      createCache,
      spans,
      outcomes,
      cache,
      studies,
      context,
      across,
      findings,
      ignored,
      trials,
    };
  }

  #ignoreProblems(): Iterable<DocumentProblem> {
    const { config, configPath } = this.documents;
    return ignoreProblems(this.documents.all(), { value: config, path: configPath }, ruleIds);
  }

  #trialsOf({ scenario }: Prepared): Trials {
    return new Trials({
      documents: this.documents,
      altered: this.#altered,
      scenario,
      prefixOf: (template) => this.#prefixOf(template),
    });
  }

  /** What rules are told beside templates and their requests. */
  #contextOf({ scenario, tokenizer, chat }: Prepared, cache: CacheSystem): CommonContext {
    const { policy, cost, ttft } = scenario;
    return {
      tokenizer,
      memory: this.#memory.get([tokenizer], () => new RuleMemory()),
      isChatTemplateOurs: chat.path !== null,
      policy: {
        id: policy.id,
        name: policy.name,
        blockTokens: cache.blockTokens,
        ...(policy.limits !== undefined && { limits: policy.limits }),
        ...(policy.bills === true && { price: tokenPriceOf(policy) }),
      },
      capacityBytes: policy.memory === "own" ? scenario.capacityBytes : Number.POSITIVE_INFINITY,
      kvBytesPerToken: cost.kvBytesPerToken,
      checkpointBytes: cost.checkpointBytes,
      ttftSeconds: (reused, prompt) => ttft.ttftSeconds(reused, prompt),
    };
  }

  *#prefixSteps(
    templates: readonly Template[],
    tokenizer: Tokenizer,
    { template: chatTemplate }: ChatTemplateInForce,
  ): Generator<void, readonly StaticPrefix[], void> {
    const { chat, prefixes } = this.#encoder.get([tokenizer, chatTemplate], () => ({
      chat: new ChatEncoder(tokenizer, chatTemplate),
      prefixes: new WeakMap(),
    }));
    this.#prefixOf = (template) => prefixes.get(template) ?? staticPrefix(template, chat);
    return yield* this.#prefixes.steps([templates, prefixes], function* () {
      const all: StaticPrefix[] = [];
      const isTime = every(stepTemplates);
      for (const template of templates) {
        const known = prefixes.get(template);
        const prefix = known ?? staticPrefix(template, chat);
        prefixes.set(template, prefix);
        all.push(prefix);
        if (known === undefined) yield;
        else if (isTime(1)) yield;
      }
      return all;
    });
  }
}

/** Templates whose prefix is known, between two steps. */
const stepTemplates = 500;

/** Passes the steps on as progress. */
export function atStage<T, R>(
  steps: Generator<T, R, void>,
  doneOf: (step: T) => number,
): Generator<AnalysisProgress, R, void> {
  return forward(steps, (step) => ({ done: doneOf(step), total: stages.total }));
}

export function share(done: number, total: number, width: number): number {
  return total === 0 ? width : Math.floor((done / total) * width);
}
