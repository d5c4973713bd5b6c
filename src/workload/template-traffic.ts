/** What one template sends, in its own numbering: kept until the template, or what is said of it, changes. */
import type { Config } from "../config/config.ts";
import { configuredTemplate, type TemplateOptions } from "../config/template-config.ts";
import type { Request } from "../core/replay/request.ts";
import type { ChatEncoder } from "../prompt/chat/encoder.ts";
import type { CapturedRequest, Template } from "../prompt/template.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { type Notes, RecordedAssumptions } from "./assumptions.ts";
import { type PlannedCapture, plannedCapture } from "./captured-traffic.ts";
import type { ContentTable } from "./content-table.ts";
import { historyInForce } from "./history-in-force.ts";
import { type PlanNode, planTemplate, type TemplatePlan } from "./plan.ts";
import { addChatEnd, addChatFront, type ChatPlaces, PromptEncoder } from "./prompt-tokens.ts";
import { Renderer } from "./render.ts";
import { arrivals, type Demand, type Traffic } from "./schedule.ts";
import { Values } from "./values.ts";
import type { Conversations, HistoryInForce, SourceSegment } from "./workload.ts";

/** A template made ready: no value is drawn yet. */
export interface PlannedTemplate {
  readonly plan: TemplatePlan;
  readonly places: ChatPlaces;
  readonly options: TemplateOptions;
  readonly history: HistoryInForce;
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
  const places = { ...front, end: addChatEnd(configured, segments) };
  // Of a template's own history loop it is not known what the code around it puts in: the bare questions.
  const questions = template.composition === undefined ? "bare" : "as-sent";
  const history = historyInForce(plan.nodes, workload, options.history, questions);
  return {
    plan,
    places,
    options,
    history,
    segments,
    estimatedTokens: estimatedTokens(plan.nodes),
    captured: null,
  };
}

function plannedAsGiven(
  template: Template,
  requests: readonly CapturedRequest[],
  options: TemplateOptions,
  workload: Config["workload"],
): PlannedTemplate {
  const captured = plannedCapture(template, requests);
  const plan: TemplatePlan = { template, nodes: [], conversation: null, hasMarkers: true, omitted: 0 };
  const history = historyInForce([], workload, options.history, "as-sent");
  const places = captured.requests[0]!.places;
  return { plan, places, options, history, segments: captured.segments, estimatedTokens: 0, captured };
}

export interface ConversationOptions {
  readonly demand: Demand;
  readonly traffic: Traffic;
  readonly seed: number;
  readonly tokenizer: Tokenizer;
  readonly chat: ChatEncoder;
  readonly contents: ContentTable;
}

/** One conversation per step. */
export function* converse(
  { plan, places, options, history, segments }: PlannedTemplate,
  { demand, traffic, seed, tokenizer, chat, contents }: ConversationOptions,
): Generator<void, Conversations, void> {
  const assumptions = new RecordedAssumptions();
  const encoder = new PromptEncoder(chat, contents);
  const { id, samples } = plan.template;
  const { outputTokens } = traffic;
  const { reasoningTokens } = history;
  const { holes } = options;
  const values = new Values({ seed, tokenizer, outputTokens, reasoningTokens, holes, samples, assumptions });
  const renderer = new Renderer(plan, values, { holes, samples, assumptions, history });
  const times = arrivals(id, demand, traffic, options.weight ?? 1, seed);
  const sent: { readonly request: Request; readonly isRewritten: boolean }[] = [];
  chat.takeRefusals();
  for (let session = 0; session < demand.sessions; session++) {
    for (let turn = 0; turn < demand.turns; turn++) {
      const arrivalSeconds = times[session]![turn]!;
      const tenant = session % traffic.tenants;
      const call = { templateId: id, tenant, session, turn, turns: demand.turns, arrivalSeconds };
      const { tokens, messageEnds, runs } = encoder.prompt(renderer.render(call), places);
      const request = {
        arrivalSeconds,
        session,
        turn,
        promptTokens: tokens,
        outputTokens: encoder.text(renderer.conversation.generated(call)).ids,
        messageEnds,
        runs,
      };
      sent.push({ request, isRewritten: renderer.conversation.isRewritten(call) });
    }
    yield;
  }
  if (renderer.hasCut) assumptions.note("reduced-workload", cutText);
  // Equal times keep the order of the conversations: the sort is stable.
  sent.sort((left, right) => left.request.arrivalSeconds - right.request.arrivalSeconds);
  return {
    segments,
    requests: sent.map(({ request }) => request),
    rewritten: Uint8Array.from(sent, ({ isRewritten }) => (isRewritten ? 1 : 0)),
    history,
    assumptions,
    refusals: chat.takeRefusals(),
  };
}

const cutText =
  "Prompts of more than 2 million characters were cut there; check the loops of the longest templates.";

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
