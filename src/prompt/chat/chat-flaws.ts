/**
 * What a chat template does to the reuse of a conversation, found by rendering one: a question, a loop of tool calls, an answer,
 * the next question. A request of a conversation that only grows begins with the one before it; where it does not, the
 * template has written the same messages in another way, and what follows is prefilled again.
 */
import type { TextRange } from "../text.ts";
import type {
  ChatMessage,
  ChatTemplate,
  ChatToolCall,
  Conversation,
  RenderOptions,
} from "./chat-template.ts";
import { anotherDay, laterThatDay } from "./fixed-date.ts";

/**
 * `reasoning`: what the model wrote before its answer is left out later. `generation`: the words that ask for an answer do not
 * stand in front of it later. `turn`: a turn is written otherwise once it is no longer the last. `tools`: the definitions move
 * with the conversation. `day`, `clock`: the date, or the time, is written. `order`: tools, or the arguments of a call, are written in
 * another order than they were given.
 */
export const chatFlawKinds = ["reasoning", "generation", "turn", "tools", "clock", "day", "order"] as const;
export type ChatFlawKind = (typeof chatFlawKinds)[number];

export interface ChatFlaw {
  readonly kind: ChatFlawKind;
  /** How often: at each new question, at each call of a tool within a turn, or with the value itself. */
  readonly pace: "turn" | "call" | "value";
  /** The part of the template that writes the first difference; `null` where that cannot be told. */
  readonly place: TextRange | null;
  /** Calls of tools in each turn of the conversation; 0 for a template that knows none. */
  readonly calls: number;
  /** Text in front of the difference, which is reused, and the same messages behind it, which are prefilled again. */
  readonly kept: string;
  readonly resent: string;
  /** An argument that changes it. */
  readonly remedy: { readonly name: string; readonly value: unknown } | null;
}

/** What is said in the conversation: no two texts alike. */
export interface ProbeTexts {
  readonly system: string;
  readonly questions: readonly [string, string, string];
  /** What the model writes for its calls and answers, by turn. */
  readonly reasoning: readonly string[];
  readonly argument: string;
  readonly result: string;
  readonly answers: readonly [string, string];
  /** Calls of tools in one turn. */
  readonly calls: number;
}

/** Of each kind the first, in the order of the kinds; nothing of a template that refuses plain conversations. */
export function* chatFlawSteps(
  template: ChatTemplate,
  texts: ProbeTexts,
): Generator<void, readonly ChatFlaw[], void> {
  const found = yield* flawsOf(template, texts);
  const flaws: ChatFlaw[] = [];
  for (const kind of chatFlawKinds) {
    const flaw = found.find((each) => each.kind === kind);
    if (flaw === undefined) continue;
    flaws.push({ ...flaw, remedy: yield* remedyOf(template, texts, kind, found) });
  }
  return flaws;
}

type Flaw = Omit<ChatFlaw, "remedy">;

/** Steps of one rendering, and of all that are made to find a remedy: published templates take a hundredth of the first. */
const trial = { trialSteps: 50_000 } as const;
const maximumSteps = 1_000_000;

function* flawsOf(template: ChatTemplate, texts: ProbeTexts): Generator<void, readonly Flaw[], void> {
  const shape = shapeOf(template, texts);
  yield;
  if (shape === null) return [];
  const probe = new Probe(template, texts, shape);
  const found: Flaw[] = [];
  for (const looking of [probe.rewrites(), probe.reasoning(), probe.dates(), probe.orders()]) {
    for (const flaw of looking) {
      found.push(flaw);
      yield;
    }
    yield;
  }
  return found;
}

/** What the template takes: some refuse a system message, and some know no tools. */
interface Shape {
  readonly hasSystem: boolean;
  /** How it takes the arguments of a call, and whether beside a content; `null` for a template that writes no calls. */
  readonly calls: "values" | "text" | "text-alone" | null;
}

function shapeOf(template: ChatTemplate, texts: ProbeTexts): Shape | null {
  for (const calls of ["values", "text", "text-alone", null] as const) {
    for (const hasSystem of [true, false]) {
      const shape = { hasSystem, calls };
      const { requests } = conversationOf(texts, shape, "none");
      const offered = calls === null ? [] : tools;
      const rendered = requests.map((messages) => template.render({ messages, tools: offered }, trial).text);
      const isTaken = rendered.every((text) => text?.includes(texts.questions[0]) === true);
      // Results that are not written, or calls, belong to a template without tools.
      const called = [texts.result, texts.argument];
      if (isTaken && (calls === null || called.every((text) => rendered.at(-1)?.includes(text))))
        return shape;
    }
  }
  return null;
}

/** Where the reasoning stands: nowhere, in front of the text of the message, or beside it. */
type Form = "none" | "inline" | "field";

interface ProbeConversation {
  /** The messages of each request; each begins with those of the one before. */
  readonly requests: readonly (readonly ChatMessage[])[];
  /** For each request but the first: whether it follows a call of a tool, rather than a question. */
  readonly isAfterCall: readonly boolean[];
}

/** Two turns, and the question of a third. */
function conversationOf(texts: ProbeTexts, { hasSystem, calls }: Shape, form: Form): ProbeConversation {
  const requests: (readonly ChatMessage[])[] = [];
  const isAfterCall: boolean[] = [];
  const messages: ChatMessage[] = hasSystem ? [{ role: "system", content: texts.system }] : [];
  let thoughts = 0;
  const spoken = (content: string, made?: readonly ChatToolCall[]): ChatMessage => {
    const reasoning = texts.reasoning[thoughts++ % texts.reasoning.length] ?? "";
    const own = made === undefined ? {} : { calls: made, isCallAlone: calls === "text-alone" };
    if (form === "none") return { role: "assistant", content, ...own };
    if (form === "field") return { role: "assistant", content, reasoning, ...own };
    return { role: "assistant", content: `<think>\n${reasoning}\n</think>\n\n${content}`, ...own };
  };
  for (const [turn, question] of texts.questions.entries()) {
    messages.push({ role: "user", content: question });
    requests.push([...messages]);
    isAfterCall.push(false);
    if (turn === texts.questions.length - 1) break;
    for (let call = 0; calls !== null && call < texts.calls; call++) {
      const given = { zone: texts.argument, area: call };
      messages.push(
        spoken("", [{ name: toolNames[0], arguments: calls === "values" ? given : JSON.stringify(given) }]),
      );
      messages.push({ role: "tool", content: `${call} ${texts.result}` });
      requests.push([...messages]);
      isAfterCall.push(true);
    }
    messages.push(spoken(texts.answers[turn] ?? ""));
  }
  return { requests, isAfterCall };
}

/** Given in an order that is neither that of the alphabet nor its reverse. */
const toolNames = ["measure_quay", "zero_gauge", "arrange_berth"] as const;
const tools: readonly string[] = toolNames.map((name) =>
  JSON.stringify({
    type: "function",
    function: {
      name,
      description: `What ${name} does.`,
      parameters: { type: "object", properties: { zone: { type: "string" }, area: { type: "integer" } } },
    },
  }),
);

class Probe {
  readonly #template: ChatTemplate;
  readonly #texts: ProbeTexts;
  readonly #shape: Shape;

  constructor(template: ChatTemplate, texts: ProbeTexts, shape: Shape) {
    this.#template = template;
    this.#texts = texts;
    this.#shape = shape;
  }

  get calls(): number {
    return this.#shape.calls === null ? 0 : this.#texts.calls;
  }

  /** Requests that do not begin with the one before, though nobody reasons. */
  *rewrites(): Generator<Flaw> {
    const asks = this.#template.generationPrompt();
    for (const pair of this.#pairs("none")) {
      const { before, now, shared } = pair;
      if (shared >= before.length) continue;
      if (shared >= before.length - asks.length) {
        // A prompt that begins the reasoning belongs to an answer with reasoning.
        if (opensReasoning(asks)) continue;
        yield this.#flaw("generation", pair, this.#placeAt(pair.messages, shared));
      } else {
        const isOfTools = this.#shape.calls !== null && this.#isGoneWithoutTools(pair);
        yield this.#flaw(isOfTools ? "tools" : "turn", pair, this.#placeAt(pair.messages, shared));
      }
      if (now === "") return;
    }
  }

  /** Reasoning that the model wrote and the next request lacks. */
  *reasoning(): Generator<Flaw> {
    // A prompt that closes the reasoning itself is answered without any.
    if (/<\/(?:think|thinking|reasoning)>\s*$/.test(this.#template.generationPrompt())) return;
    for (const form of ["field", "inline"] as const) {
      const pairs = this.#pairs(form);
      if (!this.#knowsReasoning(form)) continue;
      for (const pair of pairs) {
        const [first = ""] = this.#texts.reasoning;
        const said = pair.thoughts.filter((thought) => !pair.now.includes(thought));
        if (said.length === 0 || first === "") continue;
        const { messages, next, before, shared } = pair;
        const isInPrompt = shared < before.length;
        const place = isInPrompt ? this.#placeAt(messages, shared) : this.#placeAt(next, shared - 1);
        yield this.#flaw("reasoning", pair, place);
      }
      return;
    }
  }

  /** A template of a model that reasons writes the reasoning somewhere, or takes it out of the text. */
  #knowsReasoning(form: Exclude<Form, "none">): boolean {
    if (opensReasoning(this.#template.generationPrompt())) return true;
    const { requests } = conversationOf(this.#texts, this.#shape, form);
    const written = requests.map((messages) => this.#render(messages));
    const answered = requests.flatMap((messages) => {
      const last = messages.findLastIndex(({ role }) => role === "assistant");
      return last < 0 ? [] : [this.#render(messages.slice(0, last + 1), { asksForAnswer: false })];
    });
    const has = [...written, ...answered].some((text) =>
      this.#texts.reasoning.some((each) => text.includes(each)),
    );
    if (form === "field") return has;
    // Kept as it is, tags and all, it is text like any other.
    return !written.every((text, index) =>
      thoughtsOf(requests[index]!, this.#texts).every((each) => text.includes(each)),
    );
  }

  *dates(): Generator<Flaw> {
    const { requests } = conversationOf(this.#texts, this.#shape, "none");
    const messages = requests[0]!;
    const usual = this.#render(messages);
    for (const [kind, now] of [["clock", laterThatDay] as const, ["day", anotherDay] as const]) {
      const other = this.#render(messages, { now });
      if (other === usual) continue;
      const shared = commonPrefix(usual, other);
      const end = Math.max(shared, usual.indexOf(this.#texts.questions[0]));
      const place = this.#placeAt(messages, shared);
      yield {
        kind,
        pace: "value",
        place,
        calls: 0,
        kept: usual.slice(0, shared),
        resent: usual.slice(shared, end),
      };
      return;
    }
  }

  *orders(): Generator<Flaw> {
    if (this.#shape.calls === null) return;
    const { requests } = conversationOf(this.#texts, this.#shape, "none");
    const text = this.#render(requests[0]!);
    const bare = this.#render(requests[0]!, {}, []);
    const start = commonPrefix(text, bare);
    const written = text.slice(start, text.length - (bare.length - start));
    const isOrdered =
      isInOrder(written, toolNames) && toolNames.every((_, index) => keysInOrder(written, index));
    if (!isOrdered) {
      const place = this.#placeAt(
        requests[0]!,
        text.indexOf(toolNames.find((name) => text.includes(name)) ?? ""),
      );
      yield { kind: "order", pace: "value", place, calls: 0, kept: text.slice(0, start), resent: written };
      return;
    }
    const called = this.#render(requests[1]!).slice(text.length - this.#template.generationPrompt().length);
    if (isInOrder(called, ['"zone"', '"area"'])) return;
    const end = called.indexOf(this.#texts.result);
    const shared = Math.max(0, called.indexOf('"area"'));
    const place = this.#placeAt(
      requests[1]!,
      text.length - this.#template.generationPrompt().length + shared,
    );
    yield {
      kind: "order",
      pace: "call",
      place,
      calls: this.calls,
      kept: text,
      resent: called.slice(shared, Math.max(shared, end)),
    };
  }

  /** Requests and those before them: in tool loops, and from turn to turn. */
  #pairs(form: Form): readonly Pair[] {
    const { requests, isAfterCall } = conversationOf(this.#texts, this.#shape, form);
    const rendered = requests.map((messages) => this.#render(messages));
    return requests.slice(1).map((next, index): Pair => {
      const messages = requests[index]!;
      const [before, now] = [rendered[index]!, rendered[index + 1]!];
      const isCall = isAfterCall[index + 1] === true;
      return {
        messages,
        next,
        before,
        now,
        shared: commonPrefix(before, now),
        pace: isCall ? "call" : "turn",
        end: this.#endOfHeld(now, next, isCall),
        thoughts: form === "none" ? [] : thoughtsOf(next, this.#texts),
      };
    });
  }

  /** Where what the request before held, and its answer, end in the request. */
  #endOfHeld(now: string, next: readonly ChatMessage[], isCall: boolean): number {
    const newest = next.at(-1)?.content ?? "";
    const found = now.lastIndexOf(isCall ? newest : newest.trim());
    return found < 0 ? now.length : found;
  }

  #isGoneWithoutTools({ messages, next }: Pair): boolean {
    const [before, now] = [this.#render(messages, {}, []), this.#render(next, {}, [])];
    const asks = this.#template.generationPrompt().length;
    return commonPrefix(before, now) >= before.length - asks;
  }

  #flaw(kind: ChatFlawKind, pair: Pair, place: TextRange | null): Flaw {
    const { now, shared, end, pace } = pair;
    return {
      kind,
      pace,
      place,
      calls: this.calls,
      kept: now.slice(0, shared),
      resent: now.slice(shared, Math.max(shared, end)),
    };
  }

  #placeAt(messages: readonly ChatMessage[], offset: number): TextRange | null {
    const traced = this.#template.trace(this.#conversation(messages), trial);
    let end = 0;
    for (const { text, range } of traced.error === undefined ? traced.writes : []) {
      end += text.length;
      if (end > offset) return range;
    }
    return null;
  }

  #render(
    messages: readonly ChatMessage[],
    options: RenderOptions = {},
    offered?: readonly string[],
  ): string {
    return this.#template.render(this.#conversation(messages, offered), { ...trial, ...options }).text ?? "";
  }

  #conversation(
    messages: readonly ChatMessage[],
    offered = this.#shape.calls === null ? [] : tools,
  ): Conversation {
    return { messages, tools: offered };
  }
}

interface Pair {
  readonly messages: readonly ChatMessage[];
  readonly next: readonly ChatMessage[];
  readonly before: string;
  readonly now: string;
  /** UTF-16 units that both begin with. */
  readonly shared: number;
  readonly pace: "turn" | "call";
  readonly end: number;
  readonly thoughts: readonly string[];
}

function thoughtsOf(messages: readonly ChatMessage[], { reasoning }: ProbeTexts): readonly string[] {
  const said = messages.filter(({ role }) => role === "assistant").length;
  return reasoning.slice(0, said);
}

/** Whether the prompt ends within the model's thoughts. */
function opensReasoning(asks: string): boolean {
  return /<(?:think|thinking|reasoning)>\s*$/.test(asks);
}

/** Whether the last places of the texts ascend; texts that are not written have none. */
function isInOrder(written: string, texts: readonly string[]): boolean {
  const places = texts.map((text) => written.indexOf(text)).filter((place) => place >= 0);
  return places.every((place, index) => index === 0 || place > places[index - 1]!);
}

/** Of the properties of a tool, whose definition reaches to that of the next. */
function keysInOrder(written: string, tool: number): boolean {
  const start = written.indexOf(toolNames[tool] ?? "");
  const end = written.indexOf(toolNames[tool + 1] ?? "\uFFFF", start);
  const own = written.slice(Math.max(0, start), end < 0 ? written.length : end);
  return isInOrder(own, ["zone", "area"]) && isInOrder(own, ["description", "parameters"]);
}

function commonPrefix(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left.charCodeAt(length) === right.charCodeAt(length)) length++;
  return length;
}

/** More variables than any template asks for. */
const maximumCandidates = 12;

const candidateNames: Readonly<Partial<Record<ChatFlawKind, RegExp>>> = {
  reasoning: /think|thought|reason/i,
  generation: /think|thought|reason/i,
  turn: /think|thought|reason/i,
  clock: /date|time|now|today/i,
  day: /date|time|now|today/i,
};

/** Tries what the template may ask for: whether it does is seen by rendering. */
function* remedyOf(
  template: ChatTemplate,
  texts: ProbeTexts,
  kind: ChatFlawKind,
  before: readonly Flaw[],
): Generator<void, ChatFlaw["remedy"], void> {
  const pattern = candidateNames[kind];
  if (pattern === undefined) return null;
  const known = new Set(before.map((flaw) => flaw.kind));
  const names = freeNames(template.source).filter((word) => pattern.test(word));
  const values = kind === "day" || kind === "clock" ? ["26 Jul 2024"] : [true, false];
  // Whether anything is lost does not hang on how long the loops are.
  const short = { ...texts, calls: Math.min(1, texts.calls) };
  const limit = template.spentSteps + maximumSteps;
  for (const name of names.slice(0, maximumCandidates)) {
    for (const value of values) {
      if (template.spentSteps > limit) return null;
      if (template.arguments[name] === value) continue;
      const changed = template.withArguments({ ...template.arguments, [name]: value });
      const found = yield* flawsOf(changed, short);
      const isBetter = found.every((flaw) => flaw.kind !== kind && known.has(flaw.kind));
      if (isBetter && shapeOf(changed, short) !== null) return { name, value };
    }
  }
  return null;
}

/** Names that a template reads and never sets: no attributes, and no words of its texts as far as quotes tell. */
function freeNames(source: string): readonly string[] {
  const set = new Set(
    Array.from(source.matchAll(/\b(?:set|for|macro)\s+([A-Za-z_]\w*)/g), ([, name]) => name),
  );
  const read = source.match(/(?<![.\w'"])[A-Za-z_]\w*\b(?!['"])/g) ?? [];
  return [...new Set(read)].filter((name) => !set.has(name));
}
