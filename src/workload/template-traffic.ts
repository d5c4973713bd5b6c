/** What one template sends, in its own numbering: kept until the template, or what is said of it, changes. */

import type { Config } from "../config/config.ts";
import { configuredTemplate, type TemplateOptions } from "../config/template-config.ts";
import type { Request } from "../core/replay/request.ts";
import type { ChatEncoder } from "../prompt/chat/encoder.ts";
import type { CapturedRequest, Template, ToolOrder } from "../prompt/template.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { t } from "../words/l10n.ts";
import type { AgentTurn } from "./agent-turn.ts";
import { agentTurnOf } from "./agent-turns.ts";
import { type Notes, RecordedAssumptions } from "./assumptions.ts";
import { type PlannedCapture, plannedCapture } from "./captured-traffic.ts";
import type { ContentTable } from "./content-table.ts";
import { historyInForce } from "./history-in-force.ts";
import { type PlanNode, planTemplate, type TemplatePlan } from "./plan.ts";
import {
  addChatEnd,
  addChatFront,
  type ChatPlaces,
  PromptEncoder,
  type RenderedPrompt,
} from "./prompt-tokens.ts";
import { permutation } from "./random.ts";
import { Renderer } from "./render.ts";
import { arrivals, type Demand, type Traffic } from "./schedule.ts";
import { type Call, Values } from "./values.ts";
import type { Conversations, HistoryInForce, SourceSegment } from "./workload.ts";

/** A template made ready: no value is drawn yet. */
export interface PlannedTemplate {
  readonly plan: TemplatePlan;
  readonly places: ChatPlaces;
  readonly options: TemplateOptions;
  readonly history: HistoryInForce;
  readonly agent: AgentTurn;
  /** Where calls of tools are booked; `null` where there are none, or the agent's conversation holds them. */
  readonly loop: { readonly index: number; readonly place: string } | null;
  /** The template's own: `template` is 0, and `parent` and `loop` are indices into this table. */
  readonly segments: readonly SourceSegment[];
  /** Of one prompt without its history, by the rule of thumb of four characters per token. */
  readonly estimatedTokens: number;
  /** Set where its requests are given, and nothing is drawn: the plan is then without nodes. */
  readonly captured: PlannedCapture | null;
}

export function plannedTemplate(
  template: Template,
  options: TemplateOptions,
  workload: Config["workload"],
): PlannedTemplate {
  const { captured } = template;
  if (captured !== undefined) return plannedAsGiven(template, captured, options, workload);
  const segments: SourceSegment[] = [];
  const configured = configuredTemplate(template, options);
  const front = addChatFront(configured, segments);
  const plan = planTemplate(configured, segments);
  const agent = agentTurnOf(plan, workload, options.agent);
  const loop = agent.toolCalls > 0 && plan.conversation === null ? addToolLoop(configured, segments) : null;
  const places = { ...front, end: addChatEnd(configured, segments) };
  // Of a template's own history loop it is not known what the code around it puts in: the bare questions.
  const questions = template.composition === undefined ? "bare" : "as-sent";
  const history = historyInForce(plan, workload, options.history, questions);
  const estimated = estimatedTokens(plan.nodes);
  const shared = { plan, places, options, history, agent, loop, segments };
  return { ...shared, estimatedTokens: estimated, captured: null };
}

function plannedAsGiven(
  template: Template,
  requests: readonly CapturedRequest[],
  options: TemplateOptions,
  workload: Config["workload"],
): PlannedTemplate {
  const captured = plannedCapture(template, requests);
  const plan: TemplatePlan = { template, nodes: [], conversation: null, hasMarkers: true, omitted: 0 };
  const history = historyInForce({ nodes: [], template }, workload, options.history, "as-sent");
  // Its calls of tools are those that were recorded.
  const agent = { ...agentTurnOf(plan, workload, options.agent), toolCalls: 0 };
  const places = captured.requests[0]!.places;
  const { segments } = captured;
  return { plan, places, options, history, agent, loop: null, segments, estimatedTokens: 0, captured };
}

export interface ConversationOptions {
  readonly demand: Demand;
  readonly traffic: Traffic;
  readonly seed: number;
  readonly tokenizer: Tokenizer;
  readonly chat: ChatEncoder;
  readonly contents: ContentTable;
  /** Is told each request as it is made, in the order of the conversations and not of time. */
  readonly onPrompt?: (prompt: RenderedPrompt) => void;
}

/** One conversation per step. */
export function* converse(
  { plan, places, options, history, agent, loop, segments }: PlannedTemplate,
  { demand, traffic, seed, tokenizer, chat, contents, onPrompt }: ConversationOptions,
): Generator<void, Conversations, void> {
  const assumptions = new RecordedAssumptions();
  const encoder = new PromptEncoder(chat, contents, onPrompt);
  const asksForAnswer = chat.generationPrompt(places.arguments);
  const { id, samples } = plan.template;
  const { outputTokens } = traffic;
  const { reasoningTokens } = history;
  const { holes } = options;
  const values = new Values({
    seed,
    tokenizer,
    outputTokens,
    reasoningTokens,
    agent,
    holes,
    samples,
    assumptions,
  });
  // Each comes back in all requests behind it.
  const callTexts = new Map<string, string>();
  const tools = {
    calls: agent.toolCalls,
    text(step: number, argument: string): string {
      const name = toolName(places, step);
      const key = `${name} ${argument}`;
      const text = callTexts.get(key) ?? chat.callText(name, argument);
      callTexts.set(key, text);
      return text;
    },
  };
  const renderer = new Renderer(plan, values, { holes, samples, assumptions, history, tools, loop });
  const { toolOrder } = plan.template;
  const placesOf = (call: Call): ChatPlaces =>
    toolOrder === undefined ? places : { ...places, tools: inOrderOf(toolOrder, places.tools, values, call) };
  const times = arrivals(id, demand, traffic, options.weight ?? 1, seed);
  const sent: { readonly request: Request; readonly isRewritten: boolean }[] = [];
  chat.takeRefusals();
  for (let session = 0; session < demand.sessions; session++) {
    for (const { turn, step } of stepsOf(demand, agent)) {
      const waited = (turn * agent.toolCalls + step) * agent.callSeconds;
      const arrivalSeconds = times[session]![turn]! + waited;
      const tenant = session % traffic.tenants;
      const call = { templateId: id, tenant, session, turn, step, turns: demand.turns, arrivalSeconds };
      const { tokens, messageEnds, blocks, userStarts, runs } = encoder.prompt(
        renderer.render(call),
        placesOf(call),
      );
      const request = {
        arrivalSeconds,
        session,
        turn: turn * (agent.toolCalls + 1) + step,
        promptTokens: tokens,
        outputTokens: encoder.text(generatedBehind(asksForAnswer, renderer.conversation.generated(call))).ids,
        messageEnds,
        ...(blocks !== null && { blocks }),
        userStarts,
        runs,
      };
      // Within a turn the application only adds to what it has sent, but for one that sends its own conversation.
      const isAdded = step > 0 && plan.conversation === null;
      sent.push({ request, isRewritten: !isAdded && renderer.conversation.isRewritten(call) });
    }
    yield;
  }
  if (renderer.hasCut) assumptions.note("reduced-workload", cutText());
  // Equal times keep the order of the conversations: the sort is stable.
  sent.sort((left, right) => left.request.arrivalSeconds - right.request.arrivalSeconds);
  return {
    segments,
    requests: sent.map(({ request }) => request),
    rewritten: Uint8Array.from(sent, ({ isRewritten }) => (isRewritten ? 1 : 0)),
    history: { ...history, generationTokens: encoder.text(asksForAnswer).ids.length },
    assumptions,
    refusals: chat.takeRefusals(),
  };
}

/** Every request of a conversation: in each turn one that brings the question, and one for each result of a tool. */
function* stepsOf({ turns }: Demand, { toolCalls }: AgentTurn) {
  for (let turn = 0; turn < turns; turn++) {
    for (let step = 0; step <= toolCalls; step++) yield { turn, step };
  }
}

/** As whoever is in one scope has them. */
function inOrderOf(
  { scope: { scope } }: ToolOrder,
  tools: ChatPlaces["tools"],
  values: Values,
  call: Call,
): ChatPlaces["tools"] {
  return permutation(values.stream("order", "tools", scope, call), tools.length).map((at) => tools[at]!);
}

/** The tools in turn. */
function toolName({ tools }: ChatPlaces, step: number): string {
  const definition = tools[step % Math.max(1, tools.length)];
  return definition?.name ?? "tool";
}

/** Calls of tools stand nowhere in the source: they follow the template. */
function addToolLoop(template: Template, table: SourceSegment[]) {
  const { path, range, id } = template;
  const { end } = range;
  const index = table.length;
  table.push({
    template: 0,
    path,
    range: { start: end, end },
    kind: "hole",
    name: "tool calls",
    scope: {
      scope: "request",
      basis: "inferred",
      reason: "calls of tools and their results follow the question",
    },
    role: null,
    parent: -1,
    loop: -1,
    isHistory: true,
  });
  return { index, place: `${id}:tool calls` };
}

/** A model whose prompt has begun its reasoning does not begin it again. */
function generatedBehind(asksForAnswer: string, text: string): string {
  const tag = "<think>";
  if (!asksForAnswer.trimEnd().endsWith(tag) || !text.startsWith(tag)) return text;
  const begun = asksForAnswer.slice(asksForAnswer.lastIndexOf(tag));
  return text.startsWith(begun) ? text.slice(begun.length) : text.slice(tag.length);
}

function cutText(): string {
  return t(
    "Prompts of more than 2 million characters were cut there; check the loops of the longest templates.",
  );
}

/** A hole counts like a long value. */
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

export function addInferredScopes(plan: TemplatePlan, assumptions: Notes): void {
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
