/** The history of one template's conversations: what promptcache.json declares, else what the template itself shows. */
import type { HistoryConfig, Located, WorkloadConfig } from "../config/config.ts";
import { isHistory } from "../prompt/segments.ts";
import type { HistoryWindow } from "../prompt/template.ts";
import { appendOnly, usualLast } from "./history-policy.ts";
import type { PlanNode, TemplatePlan } from "./plan.ts";
import type { HistoryInForce } from "./workload.ts";

const usual = { summaryTokens: 150, reasoningTokens: 0, answers: "as-generated" } as const;

/** `questions` is how they come back unless declared; what is said of the template stands above the workload's word. */
export function historyInForce(
  { nodes, template }: Pick<TemplatePlan, "nodes" | "template">,
  workload: WorkloadConfig | undefined,
  own: Located<HistoryConfig> | undefined,
  questions: HistoryInForce["questions"],
): HistoryInForce {
  const declared: HistoryConfig = { ...workload?.history?.value, ...own?.value };
  const shown = windowShown(nodes) ?? template.window ?? null;
  const chosen = { ...appendOnly, ...shown, ...declared };
  const { keep, every, reasoning, last: _, ...rest } = chosen;
  const last = declared.last ?? (shown !== null && shown.keep === keep ? shown.last : usualLast(keep));
  return {
    ...usual,
    questions,
    ...rest,
    policy: { keep, last, every, reasoning },
    isDeclared: Object.keys(declared).length > 0,
    areQuestionsDeclared: declared.questions !== undefined,
    basis: declared.keep !== undefined || declared.reasoning !== undefined ? "declared" : "inferred",
  };
}

/** `messages[-5:]`, `messages.slice(-5)`, `messages.takeLast(5)`. */
const window =
  /\[\s*-\s*([0-9]{1,4})\s*:\s*\]|\.slice\(\s*-\s*([0-9]{1,4})\s*\)|\.(?:takeLast|TakeLast|last)\(\s*([0-9]{1,4})\s*\)/;

/** What a reader knows of a window, or an expression such as `messages[-5:]` shows; `null` for all earlier turns. */
function windowShown(nodes: readonly PlanNode[]): HistoryWindow | null {
  for (const { segment, body, otherwise } of nodes) {
    if (segment.kind === "hole" && isHistory(segment) && segment.window !== undefined) return segment.window;
    const expression =
      isHistory(segment) && (segment.kind === "hole" || segment.kind === "block") ? segment.expression : "";
    const slice = window.exec(expression);
    if (slice !== null) return { keep: "messages", last: Number(slice[1] ?? slice[2] ?? slice[3]) };
    const inside = windowShown(body) ?? windowShown(otherwise);
    if (inside !== null) return inside;
  }
  return null;
}
