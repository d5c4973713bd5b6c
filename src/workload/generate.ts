/** Templates to requests. Start reading at `workloadSteps`. */
import type { Config } from "../config/config.ts";
import { configuredTemplate, createTemplateLookup, type TemplateOptions } from "../config/template-config.ts";
import type { Request } from "../core/replay/request.ts";
import { drain } from "../core/steps.ts";
import type { ChatTemplate } from "../prompt/chat/chat-template.ts";
import { ChatEncoder } from "../prompt/chat/encoder.ts";
import type { Template } from "../prompt/template.ts";
import type { Tokenizer } from "../prompt/tokenizer.ts";
import { type Assumptions, createAssumptions } from "./assumptions.ts";
import { type HistoryInForce, historyInForce } from "./history-in-force.ts";
import { historyPhrase } from "./history-policy.ts";
import { isHistory, type PlanNode, planTemplate, type TemplatePlan } from "./plan.ts";
import { addChatEnd, addChatFront, type ChatPlaces, PromptEncoder } from "./prompt-tokens.ts";
import { Renderer } from "./render.ts";
import {
  affordableDemands,
  arrivals,
  type Demand,
  demandOf,
  type Traffic,
  trafficOf,
  type WorkloadSettings,
} from "./schedule.ts";
import { Values } from "./values.ts";
import type { SourceSegment, Workload } from "./workload.ts";

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

/**
 * Requests of all templates, interleaved by arrival. The same input gives the same bytes,
 * and what one template sends does not depend on the others.
 * A step is one conversation. Memory: the prompts, at most some tens of MB of token ids.
 */
export function* workloadSteps(
  templates: readonly Template[],
  options: WorkloadOptions,
): Generator<WorkloadProgress, Workload, void> {
  const assumptions = createAssumptions();
  const traffic = trafficOf(options.config);
  const segments: SourceSegment[] = [];
  const applications = planApplications(templates, options, traffic, segments, assumptions);
  const total = applications.reduce((sum, { demand }) => sum + demand.sessions, 0);
  const chat = new ChatEncoder(options.tokenizer, options.chatTemplate ?? null);
  const encoder = new PromptEncoder(chat);
  const sent: SentRequest[] = [];
  let done = 0;
  for (const application of applications) {
    for (const _ of converse(application, done, options, traffic, encoder, assumptions, sent)) {
      done++;
      yield { done, total };
    }
  }
  for (const reason of chat.refusals) {
    assumptions.note(
      "chat-template-refusals",
      `The chat template refuses some of the conversations (${reason}); they are counted without it.`,
    );
  }
  // Equal times keep the order in which the templates were given: the sort is stable.
  sent.sort((left, right) => left.request.arrivalSeconds - right.request.arrivalSeconds);
  return {
    requests: sent.map(({ request }) => request),
    templateOf: Int32Array.from(sent, ({ template }) => template),
    rewritten: Uint8Array.from(sent, ({ isRewritten }) => (isRewritten ? 1 : 0)),
    histories: templates.map(
      (_, index) => applications.find((each) => each.index === index)?.history ?? null,
    ),
    segments,
    assumptions: sent.length === 0 ? [] : assumptions.list(),
  };
}

interface SentRequest {
  readonly request: Request;
  readonly template: number;
  readonly isRewritten: boolean;
}

/** A template that is called, and how often. */
interface Application {
  readonly index: number;
  readonly plan: TemplatePlan;
  readonly places: ChatPlaces;
  readonly options: TemplateOptions;
  readonly history: HistoryInForce;
  readonly demand: Demand;
}

function planApplications(
  templates: readonly Template[],
  options: WorkloadOptions,
  traffic: Traffic,
  segments: SourceSegment[],
  assumptions: Assumptions,
): readonly Application[] {
  const lookup = createTemplateLookup(options.config);
  const called = templates
    .map((template, index) => {
      const own = lookup(template);
      const configured = configuredTemplate(template, own);
      const front = addChatFront(configured, index, segments);
      const plan = planTemplate(configured, index, segments);
      const places = { ...front, end: addChatEnd(configured, index, segments) };
      // Of a template's own history loop it is not known what the code around it puts in: the bare questions.
      const questions = template.composition === undefined ? "bare" : "as-sent";
      const history = historyInForce(plan.nodes, options.config.workload, own.history, questions);
      return { index, plan, places, options: own, history };
    })
    .filter(({ plan }) => plan.template.usage !== "partial");
  const wanted = called.map((application) => demandOf(application.options, options.settings));
  const lengths = called.map(({ plan }) => estimatedTokens(plan.nodes));
  const demands = affordableDemands(wanted, lengths, traffic.outputTokens);
  const applications = called
    .map((application, position) => ({ ...application, demand: demands[position]! }))
    .filter(({ demand }) => demand.sessions > 0);
  noteTraffic(applications, traffic, assumptions);
  noteReduction(applications, wanted, demands, assumptions);
  for (const { plan } of applications) addInferredScopes(plan, assumptions);
  return applications;
}

/** All conversations of one template, one per step. */
function* converse(
  { index, plan, places, options: own, history, demand }: Application,
  firstSession: number,
  options: WorkloadOptions,
  traffic: Traffic,
  encoder: PromptEncoder,
  assumptions: Assumptions,
  sent: SentRequest[],
): Generator<void, void, void> {
  const { tokenizer } = options;
  const { seed } = options.settings;
  const { id, samples } = plan.template;
  const { outputTokens } = traffic;
  const { reasoningTokens } = history;
  const { holes } = own;
  const values = new Values({ seed, tokenizer, outputTokens, reasoningTokens, holes, samples, assumptions });
  const renderer = new Renderer(plan, values, { holes, samples, assumptions, history });
  const times = arrivals(id, demand, traffic, own.weight ?? 1, seed);
  for (let session = 0; session < demand.sessions; session++) {
    for (let turn = 0; turn < demand.turns; turn++) {
      const arrivalSeconds = times[session]![turn]!;
      const tenant = session % traffic.tenants;
      const call = { templateId: id, tenant, session, turn, turns: demand.turns, arrivalSeconds };
      const { tokens, messageEnds, runs } = encoder.prompt(renderer.render(call), places);
      const request: Request = {
        arrivalSeconds,
        session: firstSession + session,
        turn,
        promptTokens: tokens,
        outputTokens: encoder.text(renderer.conversation.generated(call)).ids,
        messageEnds,
        runs,
      };
      sent.push({ request, template: index, isRewritten: renderer.conversation.isRewritten(call) });
    }
    yield;
  }
  if (renderer.hasCut) assumptions.note("reduced-workload", cutText);
}

const cutText =
  "Prompts of more than 2 million characters were cut there; check the loops of the longest templates.";

/** By the rule of thumb of four characters per token; a hole counts like a long value. */
function estimatedTokens(nodes: readonly PlanNode[]): number {
  let tokens = 0;
  const left: PlanNode[] = [...nodes];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (node.segment.kind === "text") tokens += node.segment.text.length / 4;
    if (node.segment.kind === "hole") tokens += 100;
    left.push(...node.body, ...node.otherwise);
  }
  return tokens;
}

function noteTraffic(applications: readonly Application[], traffic: Traffic, assumptions: Assumptions): void {
  const { tenants, thinkSeconds, arrivalsPerSecond, outputTokens } = traffic;
  const sessions = applications.reduce((sum, { demand }) => sum + demand.sessions, 0);
  assumptions.note(
    "sessions",
    `${applications.length} templates are called in ${sessions} conversations; declare sessions, turns and weights in promptcache.json.`,
  );
  assumptions.note(
    "arrivals",
    `Conversations of a template of weight 1 start at random, ${arrivalsPerSecond} per second on average, and their turns are ${thinkSeconds} seconds apart on average.`,
  );
  assumptions.note("tenants", `The conversations of every template are spread over ${tenants} tenants.`);
  assumptions.note("output-length", `Every answer is seeded filler text of ${outputTokens} tokens.`);
  if (applications.some(({ plan }) => plan.conversation !== null)) {
    assumptions.note(
      "agent-conversation",
      "Instruction files are sent as a system message, followed by a conversation that only grows; the agent's own system prompt and tools are not known and not counted.",
    );
  }
  noteHistories(applications, assumptions);
}

/** What the earlier turns are assumed to be, each way once; what is declared is no assumption. */
function noteHistories(applications: readonly Application[], assumptions: Assumptions): void {
  for (const { plan, demand, history } of applications) {
    if (demand.turns === 1 || (plan.conversation === null && !hasHistory(plan.nodes))) continue;
    if (history.basis === "inferred") {
      const { keep } = history.policy;
      const what =
        keep === "all"
          ? "The history holds the questions and answers of the earlier turns, unabridged"
          : `Where the template cuts it, the history ${historyPhrase(history.policy)}`;
      assumptions.note("history", `${what}.`);
    }
    if (plan.conversation === null && plan.template.composition === undefined) {
      const shown = history.questions === "bare" ? "the value of the question hole alone" : "as it was sent";
      assumptions.note("history", `In it, a question is ${shown}.`);
    }
  }
}

function noteReduction(
  applications: readonly Application[],
  wanted: readonly Demand[],
  demands: readonly Demand[],
  assumptions: Assumptions,
): void {
  const reduced = wanted.filter(
    ({ sessions, turns }, index) => demands[index]!.sessions < sessions || demands[index]!.turns < turns,
  ).length;
  const omitted = applications.reduce((sum, { plan }) => sum + plan.omitted, 0);
  const texts: string[] = [];
  if (reduced > 0) {
    const before = wanted.reduce((sum, { sessions, turns }) => sum + sessions * turns, 0);
    const after = demands.reduce((sum, { sessions, turns }) => sum + sessions * turns, 0);
    texts.push(
      `To keep the analysis small, ${reduced} templates are called less often than asked for: ${after} requests instead of ${before}. Ask for fewer conversations, or exclude files.`,
    );
  }
  if (omitted > 0) {
    texts.push(`${omitted} segments are left out because their templates nest too deep or include too much.`);
  }
  if (texts.length > 0) assumptions.note("reduced-workload", texts.join(" "));
}

function addInferredScopes(plan: TemplatePlan, assumptions: Assumptions): void {
  const left: PlanNode[] = [...plan.nodes];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    const { segment, claim } = node;
    const isNamed = segment.kind === "hole" || segment.kind === "block";
    // Fields of a list's items follow the list, which is named itself.
    if (isNamed && claim === segment.scope && claim.basis === "inferred") {
      assumptions.add("inferred-scopes", segment.name, claim.scope);
    }
    left.push(...node.body, ...node.otherwise);
  }
}

function hasHistory(nodes: readonly PlanNode[]): boolean {
  return nodes.some(
    ({ segment, body, otherwise }) => isHistory(segment) || hasHistory(body) || hasHistory(otherwise),
  );
}
