/**
 * Captured requests to conversations: a request belongs to the one whose messages it goes on from. Tools and system prompt
 * may change on the way; so may earlier turns, as long as something that was said is still there with more behind it.
 */
import { unchanged } from "../core/same-value.ts";
import { sliceText } from "./segments.ts";
import type { CapturedRequest, HoleSegment, Role, Segment, Template } from "./template.ts";

/** Remembers what it was given last, so that an edit elsewhere costs nothing. */
export class CapturedConversations {
  #captured: readonly Template[] = [];
  #conversations: readonly Template[] = [];
  readonly #turns = new WeakMap<CapturedRequest, Turn>();

  /**
   * All templates: those that were not captured as they are, then the conversations of the others, which are the same
   * objects where nothing of them has changed. O(messages of all captured requests), where any of these has changed.
   */
  of(templates: readonly Template[]): readonly Template[] {
    const captured = templates.filter((template) => template.captured !== undefined);
    if (captured.length === 0 && this.#captured.length === 0) return templates;
    const isKnown =
      captured.length === this.#captured.length && captured.every((each, at) => each === this.#captured[at]);
    if (!isKnown) {
      const before = new Map(this.#conversations.map((each) => [each.id, each]));
      this.#conversations = this.#gathered(captured).map((each) => unchanged(before.get(each.id), each));
      this.#captured = captured;
    }
    return [...templates.filter((template) => template.captured === undefined), ...this.#conversations];
  }

  #gathered(captured: readonly Template[]): readonly Template[] {
    const turns = captured.flatMap((template) =>
      template.captured!.map((request) => this.#turnOf(template, request)),
    );
    const conversations = new Conversations();
    for (const turn of turns.sort(bySending)) conversations.add(turn);
    return conversations.all.map(conversationOf);
  }

  #turnOf(template: Template, request: CapturedRequest): Turn {
    const known = this.#turns.get(request);
    const turn = known?.template === template ? known : { template, request, said: saidIn(request) };
    this.#turns.set(request, turn);
    return turn;
  }
}

/** A request and what is needed to tell its conversation. */
interface Turn {
  readonly template: Template;
  readonly request: CapturedRequest;
  /** What was said: all messages but those of the system. */
  readonly said: readonly SaidMessage[];
}

interface SaidMessage {
  readonly role: Role;
  readonly text: string;
}

function saidIn({ segments }: CapturedRequest): readonly SaidMessage[] {
  const said: { role: Role; text: string }[] = [];
  for (const segment of inOrder(segments)) {
    if (segment.kind === "marker") said.push({ role: segment.role, text: "" });
    else if (segment.kind === "text") {
      if (said.length === 0) said.push({ role: "user", text: "" });
      said.at(-1)!.text += segment.text;
    }
  }
  return said.filter(({ role }) => role !== "system" && role !== "developer");
}

/** Segments of a request in the order in which they are sent: parts of the same file that were moved are entered. */
export function inOrder(segments: readonly Segment[]): readonly Segment[] {
  return segments.flatMap((segment) =>
    segment.kind === "include" ? inOrder(segment.resolved?.segments ?? []) : [segment],
  );
}

/** By time where both have one, else by file and place; numbers in names count as numbers. */
export function bySending(
  { request: a }: { readonly request: CapturedRequest },
  { request: b }: { readonly request: CapturedRequest },
): number {
  const [first, second] = [
    a.sentAtSeconds ?? Number.POSITIVE_INFINITY,
    b.sentAtSeconds ?? Number.POSITIVE_INFINITY,
  ];
  if (first !== second) return first < second ? -1 : 1;
  return comparePaths(a.path, b.path) || a.range.start - b.range.start;
}

function comparePaths(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    const [number, otherNumber] = [Number(part), Number(other)];
    if (Number.isNaN(number) || Number.isNaN(otherNumber)) return part < other ? -1 : 1;
    if (number !== otherNumber) return number - otherNumber;
  }
  return left.length - right.length;
}

function partsOf(path: string): readonly string[] {
  return path.match(/\d+|\D+/g) ?? [];
}

/** Messages shorter than this, such as "yes", are said in many conversations. */
const tellingLength = 40;

class Conversations {
  readonly all: Turn[][] = [];
  /** Numbers of messages by what they say, and of sequences of messages: one after another. */
  readonly #messages = new Map<string, number>();
  readonly #sequences = new Map<string, number>();
  /** The conversation that a sequence was sent in last, whole. */
  readonly #bySequence = new Map<number, Turn[]>();
  /** The conversation that a message ended a request of last. */
  readonly #byLast = new Map<number, Turn[]>();
  readonly #bySession = new Map<string, Turn[]>();

  add(turn: Turn): void {
    const messages = turn.said.map(({ role, text }) => this.#numberOf(this.#messages, `${role} ${text}`));
    const sequences: number[] = [];
    for (const message of messages) {
      sequences.push(this.#numberOf(this.#sequences, `${sequences.at(-1) ?? -1} ${message}`));
    }
    const conversation = this.#conversationOf(turn, messages, sequences);
    conversation.push(turn);
    const [sequence, message] = [sequences.at(-1), messages.at(-1)];
    if (sequence !== undefined) this.#bySequence.set(sequence, conversation);
    if (message !== undefined) this.#byLast.set(message, conversation);
    if (turn.request.session !== null) this.#bySession.set(turn.request.session, conversation);
  }

  #conversationOf(turn: Turn, messages: readonly number[], sequences: readonly number[]): Turn[] {
    const { session } = turn.request;
    const known = session === null ? undefined : this.#bySession.get(session);
    const found = known ?? this.#continued(turn, messages, sequences);
    // Two that are named are two.
    if (
      found !== undefined &&
      (known !== undefined || session === null || found[0]!.request.session === null)
    ) {
      return found;
    }
    const conversation: Turn[] = [];
    this.all.push(conversation);
    return conversation;
  }

  /** The one whose last request this one begins with; else one whose last message is still there, with more behind it. */
  #continued(turn: Turn, messages: readonly number[], sequences: readonly number[]): Turn[] | undefined {
    const whole = sequences.findLast((sequence) => this.#bySequence.has(sequence));
    if (whole !== undefined) return this.#bySequence.get(whole);
    const message = messages.findLast(
      (each, at) =>
        at < messages.length - 1 && turn.said[at]!.text.length >= tellingLength && this.#byLast.has(each),
    );
    return message === undefined ? undefined : this.#byLast.get(message);
  }

  #numberOf(numbers: Map<string, number>, key: string): number {
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  }
}

function conversationOf(turns: readonly Turn[]): Template {
  const [first, ...others] = turns as readonly [Turn, ...Turn[]];
  const { template } = first;
  const captured = turns.map(({ request }, at) => ({
    ...request,
    answer: request.answer ?? answerIn(turns[at]!, turns[at + 1]),
  }));
  const { tools: _tools, ...rest } = template;
  const tools = first.request.tools.filter(({ json }, at) =>
    others.every(({ request }) => request.tools[at]?.json === json),
  );
  return {
    ...rest,
    ...(tools.length > 0 && { tools }),
    segments: others.length === 0 ? template.segments : commonSegments(first.request, others),
    captured,
  };
}

/** The message of the model with which the next request goes on. */
function answerIn({ said }: Turn, next: Turn | undefined): string | null {
  const answer = next?.said[said.length];
  const isSame = said.every(({ text }, at) => next?.said[at]?.text === text);
  return isSame && answer?.role === "assistant" ? answer.text : null;
}

/** What all requests begin with, and a place for what follows. */
function commonSegments(first: CapturedRequest, others: readonly Turn[]): readonly Segment[] {
  const own = inOrder(first.segments);
  let segments = own.length;
  let units = 0;
  for (const { request } of others) {
    const theirs = inOrder(request.segments);
    let at = 0;
    while (at < segments && at < theirs.length && isSame(own[at]!, theirs[at]!)) at++;
    const shared = sharedUnits(own[at], theirs[at]);
    units = at < segments ? shared : at === segments ? Math.min(units, shared) : units;
    segments = Math.min(segments, at);
  }
  const parted = own[segments];
  const leading = own.slice(0, segments);
  const cut = parted?.kind === "text" && units > 0 ? [sliceText(parted, 0, units)] : [];
  const start = cut[0]?.range.end ?? parted?.range.start ?? own.at(-1)?.range.end ?? first.range.end;
  return [...leading, ...cut, rest(start)];
}

function isSame(a: Segment, b: Segment): boolean {
  if (a.kind === "text") return b.kind === "text" && a.text === b.text;
  return a.kind === "marker" && b.kind === "marker" && a.role === b.role;
}

function sharedUnits(a: Segment | undefined, b: Segment | undefined): number {
  if (a?.kind !== "text" || b?.kind !== "text") return 0;
  const most = Math.min(a.text.length, b.text.length);
  let at = 0;
  while (at < most && a.text.charCodeAt(at) === b.text.charCodeAt(at)) at++;
  return at;
}

function rest(offset: number): HoleSegment {
  const reason = "each captured request goes on in its own way";
  return {
    kind: "hole",
    range: { start: offset, end: offset },
    form: "history",
    name: "conversation",
    expression: "",
    scope: { scope: "request", basis: "declared", reason },
  };
}
