/**
 * A turn of an agent: the question, calls of tools with their results, and the answer. What it is assumed to hold where nobody
 * declares it is counted in ten recorded conversations of Claude Code (kv-cache-tester, WEKA): 184 requests that bring results
 * of tools to 60 that bring a question, 273 tokens per call with the words around it, 451 per result and 21 seconds from request
 * to request (medians). CacheWise (arXiv 2606.16824) counts twenty calls to a question in longer runs.
 */
import type { AgentConfig, WorkloadConfig } from "../config/config.ts";
import type { Template } from "../prompt/template.ts";
import { isHistory, type PlanNode, type TemplatePlan } from "./plan.ts";

export interface AgentTurn {
  /** Calls of tools before the answer; each request but the first of a turn brings the result of one. */
  readonly toolCalls: number;
  /** What the model writes for a call, in tokens. */
  readonly callTokens: number;
  readonly resultTokens: number;
  /** From one request of a turn to the next. */
  readonly callSeconds: number;
}

export const usualAgentTurn: AgentTurn = {
  toolCalls: 3,
  callTokens: 273,
  resultTokens: 451,
  callSeconds: 21,
};

/** Of a prompt: what is declared for it, else for all that offer tools, else whether it shows that it runs them. */
export function agentTurnOf(
  plan: TemplatePlan,
  workload: WorkloadConfig | undefined,
  own: AgentConfig | undefined,
) {
  const turn = { ...usualAgentTurn, ...workload?.agent, ...own };
  const isDeclared =
    own?.toolCalls !== undefined || (offersTools(plan.template) && workload?.agent?.toolCalls !== undefined);
  const isAgent = isDeclared || (runsTools(plan) && speaksInMessages(plan));
  return isAgent ? turn : { ...turn, toolCalls: 0 };
}

export function offersTools({ tools = [] }: Pick<Template, "tools">): boolean {
  return tools.length > 0;
}

/** Whether the results of tools go back to the model: agents do that by themselves, and code that reads calls. */
function runsTools({ template, nodes }: TemplatePlan): boolean {
  if (!offersTools(template)) return false;
  const { usage, composition = [], runsTools: isSeen = false } = template;
  const isApplication = composition.some(({ kind }) => kind === "history");
  return isSeen || usage === "instructions" || isApplication || nodes.some(isResult);
}

function isResult({ segment }: PlanNode): boolean {
  return segment.kind === "marker" && segment.role === "tool";
}

/** Where earlier turns are pairs of question and answer, or lines of one text, there is no place for calls. */
function speaksInMessages({ hasMarkers, conversation, nodes }: TemplatePlan): boolean {
  return conversation !== null || (hasMarkers && !nodes.some(isLoopOverHistory));
}

function isLoopOverHistory({ segment, body, otherwise }: PlanNode): boolean {
  return (segment.kind === "block" && isHistory(segment)) || [...body, ...otherwise].some(isLoopOverHistory);
}
