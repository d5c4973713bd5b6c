/** The conversation so far, as templates see it: what the user asked in each turn, and what the model answered. */
import { splitWords } from "../prompt/names.ts";
import type { Role } from "../prompt/template.ts";
import { historyField, itemField } from "./item-names.ts";
import type { PlanNode, TemplatePlan } from "./plan.ts";
import { valueKinds } from "./value-kinds.ts";
import type { Call, Values } from "./values.ts";

export interface PastMessage {
  readonly role: Role;
  readonly text: string;
}

/** One round of a history loop: a message, or a question with its answer. */
export interface PastItem {
  readonly role: Role;
  readonly content: string;
  readonly question: string;
  readonly answer: string;
}

/** What a template makes of its conversation; found once per template. */
export interface HistoryShape {
  /** Name of the hole that holds the user's text of the turn; `null` when the template has none. */
  readonly questionName: string | null;
  /** Names of the lists and holes that stand for the earlier turns. */
  readonly names: ReadonlySet<string>;
}

export function historyShape(plan: TemplatePlan): HistoryShape {
  const names = new Set<string>();
  let questionName: string | null = null;
  let best = -1;
  let isUser = false;
  const visit = (nodes: readonly PlanNode[], isInLoop: boolean) => {
    for (const node of nodes) {
      const { segment } = node;
      if (segment.kind === "marker") isUser = segment.role === "user";
      if (segment.kind === "block" && segment.isHistory) names.add(segment.name);
      if (segment.kind === "hole" && segment.form === "history") names.add(segment.name);
      else if (segment.kind === "hole" && !isInLoop && node.claim?.scope === "request") {
        const score = (isQuestionName(segment.name) ? 2 : 0) + (isUser ? 1 : 0);
        if (score >= best) {
          best = score;
          questionName = segment.name;
        }
      }
      const isLoop = segment.kind === "block" && segment.form === "loop";
      visit(node.body, isInLoop || isLoop);
      visit(node.otherwise, isInLoop);
    }
  };
  visit(plan.nodes, false);
  return { questionName, names };
}

/** The messages before the current one; with it where the template has no place of its own for the question. */
export function pastMessages(shape: HistoryShape, values: Values, call: Call): readonly PastMessage[] {
  const messages = earlierTurns(shape, values, call);
  return shape.questionName === null
    ? [...messages, { role: "user", text: questionOf(shape, values, call) }]
    : messages;
}

/** An agent's conversation after its instructions: append-only, and it ends with the current question. */
export function agentConversation(shape: HistoryShape, values: Values, call: Call): readonly PastMessage[] {
  return [...earlierTurns(shape, values, call), { role: "user", text: questionOf(shape, values, call) }];
}

/** The rounds of a loop over the history; the loop's own fields tell whether a round is a message or a pair. */
export function pastItems(
  node: PlanNode,
  shape: HistoryShape,
  values: Values,
  call: Call,
): readonly PastItem[] {
  if (!showsPairs(node)) {
    return pastMessages(shape, values, call).map(({ role, text }) => ({
      role,
      content: text,
      question: text,
      answer: text,
    }));
  }
  return turnsBefore(call).map((past) => {
    const question = questionOf(shape, values, past);
    return { role: "user", content: question, question, answer: values.answer(past) };
  });
}

/** The text of a field of a past item, such as `message.content`. */
export function pastText(item: PastItem, field: string): string {
  return field === "" ? `${item.role}: ${item.content}` : item[historyField(field)];
}

/** Whether a condition such as `message.role == "user"` holds; `null` when it does not ask for the role. */
export function roleCondition(item: PastItem, expression: string): boolean | null {
  const asked = /["'](?<role>user|human|assistant|ai|bot|model|system|tool)["']/.exec(expression);
  const role = asked?.groups?.["role"];
  if (role === undefined) return null;
  const isAnswer = ["assistant", "ai", "bot", "model"].includes(role);
  const isQuestion = ["user", "human"].includes(role);
  const isEqual = (item.role === "assistant" && isAnswer) || (item.role === "user" && isQuestion);
  return /!=|\bnot\b|\bne\b/.test(expression) ? !isEqual : isEqual;
}

function earlierTurns(shape: HistoryShape, values: Values, call: Call): PastMessage[] {
  return turnsBefore(call).flatMap((past): readonly PastMessage[] => [
    { role: "user", text: questionOf(shape, values, past) },
    { role: "assistant", text: values.answer(past) },
  ]);
}

function turnsBefore(call: Call): readonly Call[] {
  return Array.from({ length: call.turn }, (_, turn) => ({ ...call, turn }));
}

function questionOf(shape: HistoryShape, values: Values, call: Call): string {
  const name = shape.questionName ?? "question";
  return values.value({ name, scope: "request", item: "", choice: null, tokens: null }, call);
}

function isQuestionName(name: string): boolean {
  const question = valueKinds.find((kind) => kind.id === "question");
  return splitWords(name).some((word) => question?.names.includes(word));
}

function showsPairs(node: PlanNode): boolean {
  const loop = node.segment;
  if (loop.kind !== "block") return false;
  const fields = new Set<string>();
  const left: PlanNode[] = [...node.body];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { segment } = next;
    if (segment.kind === "hole") {
      const field = itemField(segment.name, loop);
      fields.add(field === "" ? "content" : historyField(field));
    }
    left.push(...next.body, ...next.otherwise);
  }
  return fields.has("answer");
}
