/** Templates to requests. Start reading at `WorkloadMaker.steps`. */
import type { Config } from "../config/config.ts";
import { createTemplateLookup } from "../config/template-config.ts";
import { KnownContents } from "../core/replay/known-contents.ts";
import type { Request } from "../core/replay/request.ts";
import { drain, every, forward } from "../core/steps.ts";
import type { ChatTemplate } from "../prompt/chat/chat-template.ts";
import { ChatEncoder } from "../prompt/chat/encoder.ts";
import { isHistory } from "../prompt/segments.ts";
import type { Template } from "../prompt/template.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { t } from "../words/l10n.ts";
import { plural } from "../words/numbers.ts";
import { offersTools } from "./agent-turns.ts";
import { appended } from "./appended.ts";
import { type Assumptions, createAssumptions } from "./assumptions.ts";
import {
  atTimes,
  type CapturedPrompts,
  capturedPrompts,
  capturedSchedule,
  noteCaptured,
} from "./captured-traffic.ts";
import { SharedContents } from "./content-table.ts";
import { historyPhrase } from "./history-policy.ts";
import type { PlanNode } from "./plan.ts";
import type { RenderedPrompt } from "./prompt-tokens.ts";
import {
  affordableDemands,
  type Demand,
  demandOf,
  type Traffic,
  trafficOf,
  type WorkloadSettings,
} from "./schedule.ts";
import {
  addInferredScopes,
  type ConversationOptions,
  converse,
  type PlannedTemplate,
  plannedTemplate,
} from "./template-traffic.ts";
import type {
  Alteration,
  Conversations,
  SourceSegment,
  Workload,
  WorkloadBasis,
  WorkloadPart,
} from "./workload.ts";

export interface WorkloadOptions {
  /** Seed, conversations and turns that are in force; the configuration adds what it says of single templates. */
  readonly settings: WorkloadSettings;
  readonly config: Config;
  readonly tokenizer: Tokenizer;
  /** Left out for raw completions: the texts of the messages, one after the other. */
  readonly chatTemplate?: ChatTemplate | null;
}

/** Conversations rendered so far, and in all. */
export interface WorkloadProgress {
  readonly done: number;
  readonly total: number;
}

/** All at once; `workloadSteps` for work that must be possible to stop. */
export function generateWorkload(templates: readonly Template[], options: WorkloadOptions): Workload {
  return drain(workloadSteps(templates, options));
}

/** Once; a `WorkloadMaker` for whoever makes the next one of templates that are mostly the same. */
export function workloadSteps(
  templates: readonly Template[],
  options: WorkloadOptions,
): Generator<WorkloadProgress, Workload, void> {
  return new WorkloadMaker().steps(templates, options);
}

/** A template's share of the workload: made of its own inputs alone, and moved to its place among the others. */
interface Share {
  readonly template: Template;
  /** The last one that said the same of it. */
  config: Config;
  readonly planned: PlannedTemplate;
  /** `null` where the template is not called, and until it is. */
  sent: {
    readonly key: string;
    /** `null` where the requests are given. */
    readonly asked: AskedConversations | null;
    readonly conversations: Conversations;
    release(): void;
  } | null;
  /** Of what was captured, the first so many prompts, whenever they are sent. */
  given: { readonly most: number; readonly prompts: CapturedPrompts; release(): void } | null;
  /** What it is while it is not called. */
  silent: WorkloadPart | null;
  placed: Placed | null;
}

type AskedConversations = Pick<ConversationOptions, "demand" | "traffic" | "seed">;

/** What a share is among the others: indices of its template, its first segment and its first conversation. */
interface Place {
  readonly template: number;
  readonly firstSegment: number;
  readonly firstSession: number;
}

interface Placed extends Place {
  readonly part: WorkloadPart;
  readonly segments: readonly SourceSegment[];
  readonly requests: readonly Request[];
}

/** A template that is called, and how often. */
interface Application {
  readonly index: number;
  readonly share: Share;
  readonly demand: Demand;
}

/** The requests of one conversation in their order. */
export interface RenderedConversation {
  readonly prompts: readonly RenderedPrompt[];
  /** To which their runs point. */
  readonly segments: readonly SourceSegment[];
}

/**
 * Remembers what each template sends: of templates that are given again, as the same objects and under the same options,
 * nothing is rendered or tokenized again. The workload is the same as one made anew.
 */
export class WorkloadMaker {
  readonly #contents = new SharedContents();
  #shares = new Map<Template, Share>();
  #tokenizer: Tokenizer | null = null;
  #chatTemplate: ChatTemplate | null = null;
  #chat: ChatEncoder | null = null;

  /**
   * Requests of all templates, interleaved by arrival. The same input gives the same bytes, and what one template sends does
   * not depend on the others, but for how often it can be called. A step renders at most one conversation.
   * Memory: the prompts, at most some tens of MB of token ids.
   */
  *steps(
    templates: readonly Template[],
    options: WorkloadOptions,
  ): Generator<WorkloadProgress, Workload, void> {
    const chat = this.#chatFor(options);
    const assumptions = createAssumptions();
    const traffic = trafficOf(options.config);
    // How many conversations there will be is not known yet.
    const shares = yield* forward(this.#sharesOf(templates, options.config), () => ({
      done: 0,
      total: templates.length,
    }));
    const { applications, askedFor } = applicationsOf(shares, options, traffic, assumptions);
    const { applications: captured, leftOut } = capturedOf(shares, traffic, assumptions);
    const basis: WorkloadBasis = {
      prompts: promptsByUse(shares),
      captured: { conversations: captured.length, requests: requestsIn(captured), leftOut },
      simulated: { prompts: applications.length, requests: requestsIn(applications), askedFor },
    };
    yield { done: 0, total: templates.length };
    yield* forward(inferredScopeSteps(applications, assumptions), () => ({
      done: 0,
      total: templates.length,
    }));
    const called = [...applications, ...captured];
    const total = called.reduce((sum, { demand }) => sum + demand.sessions, 0);
    let done = 0;
    for (const { share, demand } of applications) {
      const asked = { demand, traffic, seed: options.settings.seed };
      const key = JSON.stringify(asked);
      if (share.sent?.key !== key) {
        const contents = this.#contents.owned();
        const before = done;
        const { tokenizer } = options;
        const steps = converse(share.planned, { ...asked, tokenizer, chat, contents });
        const conversations = yield* forward(steps, () => ({ done: ++done, total }));
        share.sent?.release();
        share.sent = { key, asked, conversations, release: contents.release };
        done = before;
      }
      done += demand.sessions;
    }
    for (const { share, times } of captured) {
      yield* forward(this.#give(share, times, chat), () => ({ done, total }));
      done++;
    }
    const workload = yield* forward(this.#assemble(shares, called, assumptions), () => ({ done, total }));
    return { ...workload, basis };
  }

  /** Other times take no other tokens. */
  *#give(share: Share, times: readonly number[], chat: ChatEncoder): Generator<void, void, void> {
    const planned = share.planned.captured;
    const key = JSON.stringify(times);
    if (planned === null || share.sent?.key === key) return;
    if (share.given?.most !== times.length) {
      const contents = this.#contents.owned();
      const prompts = yield* capturedPrompts(planned, times.length, chat, contents);
      share.given?.release();
      share.given = { most: times.length, prompts, release: contents.release };
    }
    const { prompts, release } = share.given;
    share.sent = { key, asked: null, conversations: atTimes(planned, prompts, times), release };
  }

  /**
   * What the same conversations would send if a template of the last workload, or its history, was changed; `null` where it
   * is not called. Nothing of it is remembered. One conversation, or one captured request, per step.
   */
  *instead(
    template: Template,
    { edited = template, history, keepsTokens }: Alteration,
  ): Generator<void, WorkloadPart | null, void> {
    const share = this.#shares.get(template);
    const chat = this.#chat;
    const tokenizer = this.#tokenizer;
    if (share === undefined || share.sent === null || chat === null || tokenizer === null) return null;
    const planned = plannedTemplate(edited, share.planned.options, share.config.workload);
    const contents = this.#contents.owned();
    const { asked, conversations } = share.sent;
    let part: WorkloadPart;
    if (asked !== null) {
      const told = { ...planned, history: { ...planned.history, ...history } };
      part = yield* converse(told, { ...asked, tokenizer, chat, contents });
    } else if (planned.captured !== null) {
      const { length } = conversations.requests;
      const times = conversations.requests.map(({ arrivalSeconds }) => arrivalSeconds);
      const prompts = yield* capturedPrompts(planned.captured, length, chat, contents);
      part = atTimes(planned.captured, prompts, times);
    } else part = conversations;
    contents.release();
    return keepsTokens === true ? appended(part) : part;
  }

  /**
   * The requests of the first conversation of a template of the last workload, with their texts, and where their tokens come
   * from; as it would be with `edited` in its place. `null` where it is not called.
   */
  *rendered(template: Template, edited = template): Generator<void, RenderedConversation | null, void> {
    const share = this.#shares.get(template);
    const [chat, tokenizer] = [this.#chat, this.#tokenizer];
    if (share === undefined || share.sent === null || chat === null || tokenizer === null) return null;
    const planned = plannedTemplate(edited, share.planned.options, share.config.workload);
    const contents = this.#contents.owned();
    const prompts: RenderedPrompt[] = [];
    const onPrompt = (prompt: RenderedPrompt) => void prompts.push(prompt);
    const { asked, conversations } = share.sent;
    if (asked !== null) {
      const demand = { ...asked.demand, sessions: 1 };
      yield* converse(planned, { ...asked, demand, tokenizer, chat, contents, onPrompt });
    } else if (planned.captured !== null) {
      const { length } = conversations.requests;
      yield* capturedPrompts(planned.captured, length, chat, contents, onPrompt);
    }
    contents.release();
    const { segments } = planned.captured ?? planned;
    return { prompts, segments };
  }

  /** Another vocabulary or chat template makes everything anew. */
  #chatFor({ tokenizer, chatTemplate = null }: WorkloadOptions): ChatEncoder {
    const isSame = this.#tokenizer === tokenizer && this.#chatTemplate === chatTemplate;
    if (this.#chat === null || !isSame) {
      this.#chat = new ChatEncoder(tokenizer, chatTemplate);
      for (const share of this.#shares.values()) share.sent?.release();
      this.#shares = new Map();
    }
    this.#tokenizer = tokenizer;
    this.#chatTemplate = chatTemplate;
    return this.#chat;
  }

  /** In the order of the templates; shares of templates that are gone give up what they hold. */
  *#sharesOf(templates: readonly Template[], config: Config): Generator<void, readonly Share[], void> {
    const lookup = createTemplateLookup(config);
    const before = this.#shares;
    const now = new Map<Template, Share>();
    const isTime = every(stepTemplates);
    for (const template of templates) {
      const known = before.get(template);
      const isKept = known !== undefined && (known.config === config || isSaidAgain(known, config, lookup));
      const share: Share = isKept
        ? known
        : {
            template,
            config,
            planned: plannedTemplate(template, lookup(template), config.workload),
            sent: null,
            given: null,
            silent: null,
            placed: null,
          };
      share.config = config;
      now.set(template, share);
      if (isTime(1)) yield;
    }
    // Only now: a run that is left before this has changed nothing.
    this.#shares = now;
    for (const [template, share] of before) {
      if (now.get(template) !== share) share.sent?.release();
    }
    return [...now.values()];
  }

  *#assemble(
    shares: readonly Share[],
    applications: readonly Application[],
    assumptions: Assumptions,
  ): Generator<void, Omit<Workload, "basis">, void> {
    const isTime = every(stepRequests);
    const called = new Map(applications.map((application) => [application.index, application]));
    const segments: SourceSegment[] = [];
    const parts: WorkloadPart[] = [];
    const firstSegment = new Int32Array(shares.length);
    const sent: SentRequest[] = [];
    let firstSession = 0;
    for (const [index, share] of shares.entries()) {
      const demand = called.get(index)?.demand ?? null;
      const part = partOf(share, demand !== null);
      firstSegment[index] = segments.length;
      const place = { template: index, firstSegment: segments.length, firstSession };
      const { requests, segments: own } = placed(share, place, part);
      for (const segment of own) segments.push(segment);
      for (const [at, request] of requests.entries()) {
        sent.push({ request, template: index, isRewritten: part.rewritten[at] === 1 });
        if (isTime(1)) yield;
      }
      parts.push(part);
      firstSession += demand?.sessions ?? 0;
      if (demand !== null) share.sent?.conversations.assumptions.sayTo(assumptions);
    }
    const refusals = applications.flatMap(({ share }) => share.sent?.conversations.refusals ?? []);
    for (const reason of new Set(refusals)) {
      assumptions.note(
        "chat-template-refusals",
        t("The chat template refuses some of the conversations ({0}); they are counted without it.", reason),
      );
    }
    // Equal times keep the order in which the templates were given: the sort is stable.
    sent.sort((left, right) => left.request.arrivalSeconds - right.request.arrivalSeconds);
    const requests = sent.map(({ request }) => request);
    yield;
    return {
      requests,
      templateOf: Int32Array.from(sent, ({ template }) => template),
      requestsOf: requestsByTemplate(sent, shares.length),
      rewritten: Uint8Array.from(sent, ({ isRewritten }) => (isRewritten ? 1 : 0)),
      histories: parts.map(({ history }) => history),
      knownRuns: yield* knownRunsOf(requests),
      parts,
      firstSegment,
      segments,
      assumptions: sent.length === 0 ? [] : assumptions.list(),
    };
  }
}

/** Templates that are planned, and requests that are put together, between two steps: a step takes a few milliseconds. */
const stepTemplates = 128;
const stepRequests = 1000;

interface SentRequest {
  readonly request: Request;
  readonly template: number;
  readonly isRewritten: boolean;
}

function requestsByTemplate(sent: readonly SentRequest[], templates: number): readonly (readonly number[])[] {
  const requestsOf: number[][] = Array.from({ length: templates }, () => []);
  for (const [request, { template }] of sent.entries()) requestsOf[template]?.push(request);
  return requestsOf;
}

/** What the template sends, if anything; the same object as long as the share has not changed. */
function partOf(share: Share, isCalled: boolean): WorkloadPart {
  if (isCalled && share.sent !== null) return share.sent.conversations;
  share.silent ??= {
    segments: share.planned.segments,
    requests: [],
    rewritten: new Uint8Array(0),
    history: null,
  };
  return share.silent;
}

function* knownRunsOf(requests: readonly Request[]): Generator<void, readonly Uint8Array[], void> {
  const isTime = every(stepRequests);
  const known = new KnownContents();
  const flagsOf: Uint8Array[] = [];
  for (const { runs } of requests) {
    flagsOf.push(known.meet(runs));
    if (isTime(1)) yield;
  }
  return flagsOf;
}

/** Whether another promptcache.json says the same of the template. */
function isSaidAgain(
  { planned, template, config: before }: Share,
  config: Config,
  lookup: ReturnType<typeof createTemplateLookup>,
): boolean {
  const said = ({ holes, ...options }: ReturnType<typeof lookup>, workload: Config["workload"]) =>
    JSON.stringify([[...holes], options, workload]);
  return said(planned.options, before.workload) === said(lookup(template), config.workload);
}

/** The share's segments and requests with the numbers that they have among all; the same objects where nothing moved. */
function placed(share: Share, place: Place, part: WorkloadPart): Placed {
  const { placed: before, planned } = share;
  const { template, firstSegment, firstSession } = place;
  const isThere = before?.template === template && before.firstSegment === firstSegment;
  const moved = (index: number) => (index < 0 ? index : index + firstSegment);
  const segments = isThere
    ? before.segments
    : planned.segments.map((segment) => ({
        ...segment,
        template,
        parent: moved(segment.parent),
        loop: moved(segment.loop),
      }));
  const isSame = isThere && before.firstSession === firstSession && before.part === part;
  const requests = isSame
    ? before.requests
    : part.requests.map((request) => ({
        ...request,
        session: firstSession + request.session,
        runs: request.runs && { ...request.runs, segments: request.runs.segments.map(moved) },
      }));
  share.placed = { ...place, part, segments, requests };
  return share.placed;
}

function applicationsOf(
  shares: readonly Share[],
  options: WorkloadOptions,
  traffic: Traffic,
  assumptions: Assumptions,
): { readonly applications: readonly Application[]; readonly askedFor: number } {
  const called = shares
    .map((share, index) => ({ share, index }))
    .filter(
      ({ share: { planned } }) => planned.captured === null && planned.plan.template.usage !== "partial",
    );
  const wanted = called.map(({ share }) => demandOf(share.planned.options, options.settings));
  const lengths = called.map(({ share }) => promptTokensOfTurn(share.planned));
  const turnTokens = called.map(({ share }) =>
    sendsHistory(share.planned.plan) ? historyTokensOfTurn(share.planned, traffic) : 0,
  );
  const demands = affordableDemands(wanted, lengths, turnTokens);
  const applications = called
    .map((application, position) => ({ ...application, demand: demands[position]! }))
    .filter(({ demand }) => demand.sessions > 0);
  noteTraffic(applications, traffic, assumptions);
  const requests = called.map(({ share }) => requestsOfTurn(share.planned));
  noteReduction(applications, { wanted, demands, requests }, assumptions);
  const askedFor = wanted.reduce((sum, { sessions, turns }, at) => sum + sessions * turns * requests[at]!, 0);
  return { applications, askedFor };
}

function requestsIn(applications: readonly Application[]): number {
  return applications.reduce(
    (sum, { share, demand: { sessions, turns } }) => sum + sessions * turns * requestsOfTurn(share.planned),
    0,
  );
}

function promptsByUse(shares: readonly Share[]): WorkloadBasis["prompts"] {
  const uses = shares.flatMap(({ planned: { captured, plan } }) =>
    captured === null ? [plan.template.usage] : [],
  );
  const count = (usage: Template["usage"]) => uses.filter((each) => each === usage).length;
  return { requests: count("request"), instructions: count("instructions"), parts: count("partial") };
}

/** What was captured, and when each of its requests is sent; a weight of 0 leaves it out. */
function capturedOf(
  shares: readonly Share[],
  traffic: Traffic,
  assumptions: Assumptions,
): {
  readonly applications: readonly (Application & { readonly times: readonly number[] })[];
  readonly leftOut: number;
} {
  const captured = shares.flatMap((share, index) => {
    const { captured: planned, options } = share.planned;
    return planned === null || options.weight === 0 ? [] : [{ share, index, planned }];
  });
  const conversations = captured.map(({ planned }) => planned);
  const schedule = capturedSchedule(conversations, traffic);
  noteCaptured(conversations, schedule, traffic, assumptions);
  const applications = captured.flatMap(({ share, index }, at) => {
    const times = schedule.times[at]!;
    return times.length === 0 ? [] : [{ share, index, times, demand: { sessions: 1, turns: times.length } }];
  });
  return { applications, leftOut: schedule.leftOut };
}

function* inferredScopeSteps(
  applications: readonly Application[],
  assumptions: Assumptions,
): Generator<void, void, void> {
  const isTime = every(stepTemplates);
  for (const { share } of applications) {
    addInferredScopes(share.planned.plan, assumptions);
    if (isTime(1)) yield;
  }
}

function noteTraffic(applications: readonly Application[], traffic: Traffic, assumptions: Assumptions): void {
  if (applications.length === 0) return;
  const { tenants, thinkSeconds, arrivalsPerSecond, outputTokens } = traffic;
  const sessions = applications.reduce((sum, { demand }) => sum + demand.sessions, 0);
  assumptions.note(
    "sessions",
    t(
      "{length} templates are called in {sessions} conversations; declare sessions, turns and weights in promptcache.json.",
      { length: applications.length, sessions },
    ),
  );
  assumptions.note(
    "arrivals",
    t(
      "Conversations of a template of weight 1 start at random, {arrivalsPerSecond} per second on average, and their turns are {thinkSeconds} seconds apart on average.",
      { arrivalsPerSecond, thinkSeconds },
    ),
  );
  assumptions.note("tenants", t("The conversations of every template are spread over {0} tenants.", tenants));
  assumptions.note("output-length", t("Every answer is seeded filler text of {0} tokens.", outputTokens));
  if (applications.some(({ share }) => share.planned.plan.conversation !== null)) {
    assumptions.note(
      "agent-conversation",
      t(
        "Instruction files are sent as a system message, followed by a conversation that only grows; the agent's own system prompt and tools are not known and not counted.",
      ),
    );
  }
  noteHistories(applications, assumptions);
  noteAgents(applications, assumptions);
}

/** What turns of prompts with tools are assumed to be; where it is declared it is no assumption. */
function noteAgents(applications: readonly Application[], assumptions: Assumptions): void {
  const offering = applications.filter(({ share }) => offersTools(share.planned.plan.template));
  const assumed = offering.filter(({ share: { planned, config } }) => {
    const said = planned.options.agent?.toolCalls ?? config.workload?.agent?.toolCalls;
    return said === undefined;
  });
  const running = assumed.filter(({ share }) => share.planned.agent.toolCalls > 0);
  const [first] = running;
  if (first !== undefined) {
    const { toolCalls, ...agent } = first.share.planned.agent;
    const what = {
      prompts: plural(running.length, "prompt"),
      calls: plural(toolCalls, "tool call"),
      seconds: agent.callSeconds,
      callTokens: agent.callTokens,
      resultTokens: agent.resultTokens,
    };
    assumptions.note(
      "agent-turns",
      running.length === 1
        ? t(
            'In {prompts} that runs its tools, a turn is a question, {calls} and an answer, each a request of its own, {seconds} seconds apart: {callTokens} tokens per call, {resultTokens} per result, as in ten recorded conversations of Claude Code. Declare "agent" in promptcache.json.',
            what,
          )
        : t(
            'In {prompts} that run their tools, a turn is a question, {calls} and an answer, each a request of its own, {seconds} seconds apart: {callTokens} tokens per call, {resultTokens} per result, as in ten recorded conversations of Claude Code. Declare "agent" in promptcache.json.',
            what,
          ),
    );
  }
  if (running.length < assumed.length) {
    assumptions.note(
      "agent-turns",
      t(
        "Of {0} with tools it is not seen that results of calls are sent back, so that a turn is one request.",
        plural(assumed.length - running.length, "prompt"),
      ),
    );
  }
}

/** What the earlier turns are assumed to be, each way once; what is declared is no assumption. */
function noteHistories(applications: readonly Application[], assumptions: Assumptions): void {
  for (const { share, demand } of applications) {
    const { plan, history } = share.planned;
    if (demand.turns === 1 || !sendsHistory(plan)) continue;
    if (history.basis === "inferred") {
      const { keep } = history.policy;
      assumptions.note(
        "history",
        keep === "all"
          ? t("The history holds the questions and answers of the earlier turns, unabridged.")
          : t("Where the template cuts it, the history {0}.", historyPhrase(history.policy)),
      );
    }
    if (plan.conversation === null && plan.template.composition === undefined) {
      assumptions.note(
        "history",
        history.questions === "bare"
          ? t("In it, a question is the value of the question hole alone.")
          : t("In it, a question is as it was sent."),
      );
    }
  }
}

function noteReduction(
  applications: readonly Application[],
  {
    wanted,
    demands,
    requests,
  }: {
    readonly wanted: readonly Demand[];
    readonly demands: readonly Demand[];
    /** In each turn. */
    readonly requests: readonly number[];
  },
  assumptions: Assumptions,
): void {
  const reduced = wanted.filter(
    ({ sessions, turns }, index) => demands[index]!.sessions < sessions || demands[index]!.turns < turns,
  ).length;
  const omitted = applications.reduce((sum, { share }) => sum + share.planned.plan.omitted, 0);
  const texts: string[] = [];
  if (reduced > 0) {
    const [before, after] = [wanted, demands].map((each) =>
      each.reduce((sum, { sessions, turns }, at) => sum + sessions * turns * requests[at]!, 0),
    ) as [number, number];
    texts.push(
      t(
        "To keep the analysis small, {reduced} templates are called less often than asked for: {after} requests instead of {before}. Ask for fewer conversations, or exclude files.",
        { reduced, after, before },
      ),
    );
  }
  if (omitted > 0) {
    texts.push(
      t("{0} segments are left out because their templates nest too deep or include too much.", omitted),
    );
  }
  if (texts.length > 0) assumptions.note("reduced-workload", texts.join(" "));
}

function requestsOfTurn({ agent }: PlannedTemplate): number {
  return agent.toolCalls + 1;
}

/** Of all requests of a turn, without what earlier turns left: each brings the calls before it. */
function promptTokensOfTurn(planned: PlannedTemplate): number {
  const { toolCalls, callTokens, resultTokens } = planned.agent;
  const requests = requestsOfTurn(planned);
  return planned.estimatedTokens * requests + ((toolCalls * requests) / 2) * (callTokens + resultTokens);
}

/** What a turn adds to all requests of each later one. */
function historyTokensOfTurn(planned: PlannedTemplate, { outputTokens }: Traffic): number {
  const { toolCalls, callTokens, resultTokens } = planned.agent;
  const turn = outputTokens + questionTokens + toolCalls * (callTokens + resultTokens);
  return turn * requestsOfTurn(planned);
}

/** Tokens of a question, with what a chat template writes around it and its answer. */
const questionTokens = 40;

function sendsHistory({ conversation, nodes }: PlannedTemplate["plan"]): boolean {
  return conversation !== null || hasHistory(nodes);
}

function hasHistory(nodes: readonly PlanNode[]): boolean {
  return nodes.some(
    ({ segment, body, otherwise }) => isHistory(segment) || hasHistory(body) || hasHistory(otherwise),
  );
}
