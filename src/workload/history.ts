/** The conversation so far, as templates show it: what the user asked in each turn, and what the model answered. */
import { splitWords } from "../prompt/names.ts";
import type { Role } from "../prompt/template.ts";
import { applyHistory, type HistoryMessage, messageText } from "./history-policy.ts";
import { historyField, itemField } from "./item-names.ts";
import type { PlanNode, TemplatePlan } from "./plan.ts";
import { valueKinds } from "./value-kinds.ts";
import type { Call, Values } from "./values.ts";
import type { HistoryInForce } from "./workload.ts";

export interface PastMessage {
  readonly role: Role;
  readonly text: string;
}

/** Calls of tools in each turn, and how they are written. */
export interface ToolLoop {
  readonly calls: number;
  /** The call of this number within a turn, as the model writes it. */
  text(step: number, argument: string): string;
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
  const { composition } = plan.template;
  const asksByItself = composition === undefined || composition.some(({ kind }) => kind === "question");
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
  return { questionName: asksByItself ? questionName : null, names };
}

/** The conversation of one template, as its requests show it: under the history policy that is in force. */
export class PastConversation {
  readonly shape: HistoryShape;
  readonly #values: Values;
  readonly #history: HistoryInForce;
  readonly #tools: ToolLoop;
  /** The user's messages as they were sent, by conversation and turn. */
  readonly #sent = new Map<string, string>();

  constructor(shape: HistoryShape, values: Values, history: HistoryInForce, tools: ToolLoop) {
    this.shape = shape;
    this.#values = values;
    this.#history = history;
    this.#tools = tools;
  }

  /** Remembers what the user's message of this call was; calls come in the order of their turns. */
  remember(call: Call, message: string): void {
    if (this.#history.questions === "as-sent") this.#sent.set(callKey(call), message);
  }

  /** The messages before the current one; with it where the template has no place of its own for the question. */
  messages(call: Call): readonly PastMessage[] {
    const all = this.withQuestion(call);
    return this.shape.questionName === null ? all : all.slice(0, -1);
  }

  /** The same up to the current question, which an agent's conversation ends with. */
  withQuestion(call: Call): readonly PastMessage[] {
    const all: HistoryMessage[] = [];
    for (let turn = 0; turn <= call.turn; turn++) {
      const past = { ...call, turn };
      all.push({ role: "user", text: this.#sent.get(callKey(past)) ?? this.#question(past) });
      const steps = turn < call.turn ? this.#tools.calls : (call.step ?? 0);
      for (let step = 0; step < steps; step++) all.push(...this.#toolMessages(past, step));
      if (turn < call.turn) all.push({ role: "assistant", ...this.#values.answer(past) });
    }
    const summarise = (old: readonly HistoryMessage[]) =>
      this.#values.summary(call, old.length, this.#history.summaryTokens);
    const tokensIn = (text: string) => this.#values.tokensIn(text);
    return applyHistory(all, this.#history.policy, { summarise, tokensIn }).map((message) => ({
      role: message.role,
      text: messageText(message),
    }));
  }

  /** Calls of tools in the current turn so far, and their results. */
  ofTools(call: Call): readonly PastMessage[] {
    const messages: HistoryMessage[] = [];
    for (let step = 0; step < (call.step ?? 0); step++) messages.push(...this.#toolMessages(call, step));
    return messages.map((message) => ({ role: message.role, text: messageText(message) }));
  }

  #toolMessages(call: Call, step: number): readonly HistoryMessage[] {
    return [
      { role: "assistant", ...this.#toolCall(call, step) },
      { role: "tool", text: this.#values.toolResult(call, step) },
    ];
  }

  #toolCall(call: Call, step: number): Pick<HistoryMessage, "text" | "reasoning"> {
    const { argument, ...thought } = this.#values.toolCall(call, step);
    return { text: this.#tools.text(step, argument), ...thought };
  }

  /** The rounds of a loop over the history; the loop's own fields tell whether a round is a message or a pair. */
  items(node: PlanNode, call: Call): readonly PastItem[] {
    if (!showsPairs(node)) {
      return this.messages(call).map(({ role, text }) => ({
        role,
        content: text,
        question: text,
        answer: text,
      }));
    }
    const pairs: PastItem[] = [];
    for (const { role, text } of this.withQuestion(call).slice(0, -1)) {
      const last = pairs.at(-1);
      if (role === "assistant" && last !== undefined && last.answer === "") {
        pairs[pairs.length - 1] = { ...last, answer: text };
      } else {
        const [question, answer] = role === "assistant" ? ["", text] : [text, ""];
        pairs.push({ role: "user", content: question, question, answer });
      }
    }
    return pairs;
  }

  /** What the model writes: a call of a tool, or the answer, as the history does not always show it. */
  generated(call: Call): string {
    const { step = 0 } = call;
    const { text, reasoning = "" } =
      step < this.#tools.calls ? this.#toolCall(call, step) : this.#values.answer(call);
    return this.#history.answers === "trimmed" ? `${reasoning}\n\n${text}` : reasoning + text;
  }

  /** Whether messages that the call before sent, or its answer, were changed, dropped or replaced. */
  isRewritten(call: Call): boolean {
    const { turn, step = 0 } = call;
    if (turn === 0 && step === 0) return false;
    const before =
      step > 0 ? { ...call, step: step - 1 } : { ...call, turn: turn - 1, step: this.#tools.calls };
    const { text, reasoning = "" } =
      step > 0 ? this.#toolCall(before, step - 1) : this.#values.answer(before);
    const sent = [...this.withQuestion(before), { role: "assistant", text: reasoning + text }];
    const now = this.withQuestion(call);
    return sent.some((message, index) => message.text !== now[index]?.text);
  }

  #question(call: Call): string {
    const name = this.shape.questionName ?? "question";
    return this.#values.value({ name, scope: "request", item: "", choice: null, tokens: null }, call);
  }
}

function callKey({ session, turn }: Call): string {
  return `${session} ${turn}`;
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
