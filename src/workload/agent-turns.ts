/** Which prompts run their tools, and what a turn of theirs holds. */
import type { AgentConfig, WorkloadConfig } from "../config/config.ts";
import { isHistory } from "../prompt/segments.ts";
import type { Template } from "../prompt/template.ts";
import { usualAgentTurn } from "./agent-turn.ts";
import type { PlanNode, TemplatePlan } from "./plan.ts";

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
