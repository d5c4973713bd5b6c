/** Fills in one prompt: a template's plan and a call give messages, made of pieces that know their source. */
import { assertNever } from "../core/invariant.ts";
import type { BlockKind, BlockSegment, HoleSegment, Role } from "../prompt/template.ts";
import {
  historyShape,
  PastConversation,
  type PastItem,
  pastText,
  roleCondition,
  type ToolLoop,
} from "./history.ts";
import { isItemName, itemField, loopCounter } from "./item-names.ts";
import { type Item, Lists, type ListsOptions } from "./lists.ts";
import { type Message, type Piece, trimmedPieces } from "./message.ts";
import { namesOutsideLoops, type PlanNode, type TemplatePlan } from "./plan.ts";
import type { Call, Values } from "./values.ts";
import type { HistoryInForce } from "./workload.ts";

/** UTF-16 units of one prompt; loops in loops multiply, and a prompt beyond this is of no use to anyone. */
const maximumEffort = 2_000_000;
/** A rendered segment costs as much as this many units, even when it renders to nothing. */
const segmentEffort = 32;

/** One round of a loop. */
interface Frame {
  readonly block: BlockSegment;
  readonly item: Item;
  readonly index: number;
  readonly count: number;
  /** Set in loops over the earlier turns. */
  readonly past: PastItem | null;
  readonly outer: Frame | null;
}

export interface RendererOptions extends ListsOptions {
  readonly history: HistoryInForce;
  readonly tools: ToolLoop;
  /** Where calls of tools and their results are booked; `null` where there are none, or the conversation has its place. */
  readonly loop: { readonly index: number; readonly place: string } | null;
}

/** For one template; the calls of a conversation come in order. */
export class Renderer {
  readonly #plan: TemplatePlan;
  readonly #values: Values;
  readonly #lists: Lists;
  readonly #past: PastConversation;
  /** Names that are variables of the prompt wherever they stand. */
  readonly #outside: ReadonlySet<string>;
  readonly #loopPlace: RendererOptions["loop"];
  /** What the template itself gave to the turn: a loop of tools adds to it. */
  #head: readonly Message[] = [];
  #hasCut = false;

  constructor(plan: TemplatePlan, values: Values, options: RendererOptions) {
    this.#plan = plan;
    this.#values = values;
    this.#lists = new Lists(values, options);
    this.#past = new PastConversation(historyShape(plan), values, options.history, options.tools);
    this.#loopPlace = options.loop;
    this.#outside = namesOutsideLoops(plan.template.segments);
  }

  /** Whether a prompt was cut because it grew beyond all measure. */
  get hasCut(): boolean {
    return this.#hasCut;
  }

  render(call: Call): readonly Message[] {
    const { conversation, nodes } = this.#plan;
    const { step = 0 } = call;
    const draft = new Draft(step === 0 ? [] : this.#head);
    if (step === 0) {
      draft.begin(conversation === null ? null : "system");
      this.#all(nodes, null, draft, call);
      this.#head = [...draft.messages];
    }
    if (this.#loopPlace !== null) {
      for (const { role, text } of this.#past.ofTools(call)) {
        draft.begin(role, this.#loopPlace.index);
        draft.add(this.#loopPlace, text);
      }
    }
    if (conversation !== null) {
      for (const { role, text } of this.#past.withQuestion(call)) {
        draft.begin(role, conversation.index);
        draft.add(conversation, text);
      }
    }
    this.#hasCut ||= draft.isFull;
    const question = draft.messages.findLast(({ role }) => role === "user");
    if (question !== undefined && conversation === null && step === 0)
      this.#past.remember(call, textOf(question));
    return draft.messages;
  }

  /** Of the call that was rendered last, or of one before it in its conversation. */
  get conversation(): Pick<PastConversation, "generated" | "isRewritten"> {
    return this.#past;
  }

  #all(nodes: readonly PlanNode[], frame: Frame | null, draft: Draft, call: Call): void {
    for (const node of nodes) {
      draft.spend(segmentEffort);
      if (draft.isFull) return;
      this.#node(node, frame, draft, call);
    }
  }

  #node(node: PlanNode, frame: Frame | null, draft: Draft, call: Call): void {
    const { segment } = node;
    switch (segment.kind) {
      case "text":
        draft.add(node, segment.text, node.isInBlock, segment.endsBlock);
        return;
      case "marker":
        draft.begin(segment.role, node.index);
        return;
      case "include":
        this.#all(node.body, frame, draft, call);
        return;
      case "hole":
        if (segment.form === "history" && this.#pastOf(segment.name, frame) === null) {
          this.#history(node, draft, call);
        } else draft.add(node, this.#holeText(node, segment, frame, call), false, segment.endsBlock);
        return;
      case "block":
        if (segment.form === "loop") this.#loop(node, segment, frame, draft, call);
        else
          this.#all(this.#holds(node, segment, frame, call) ? node.body : node.otherwise, frame, draft, call);
        return;
      default:
        assertNever(segment);
    }
  }

  #loop(node: PlanNode, block: BlockSegment, frame: Frame | null, draft: Draft, call: Call): void {
    const outer = frame?.item.key ?? "";
    const past = block.isHistory ? this.#past.items(node, call) : null;
    const items =
      past?.map((_, index) => ({ key: `${outer}/${block.name}#${index}`, choice: null, tokens: null })) ??
      this.#lists.items(node, block, outer, call);
    if (items.length === 0) this.#all(node.otherwise, frame, draft, call);
    for (const [index, item] of items.entries()) {
      const round = { block, item, index, count: items.length, past: past?.[index] ?? null, outer: frame };
      this.#all(node.body, round, draft, call);
    }
  }

  /** Messages of their own where the template speaks in messages, lines of text where it does not. */
  #history(node: PlanNode, draft: Draft, call: Call): void {
    const before = draft.role;
    const { hasMarkers } = this.#plan;
    for (const { role, text } of this.#past.messages(call)) {
      if (hasMarkers) draft.begin(role, node.index);
      draft.add(node, hasMarkers ? text : `${role}: ${text}\n`);
    }
    if (hasMarkers) draft.begin(before, node.index);
  }

  #holeText(node: PlanNode, segment: HoleSegment, frame: Frame | null, call: Call): string {
    const counter = frame === null ? null : loopCounter(segment.name, frame.index, frame.count);
    if (counter !== null) return counter;
    const owner = this.#ownerOf(segment.name, frame);
    if (owner?.past != null) return pastText(owner.past, itemField(segment.name, owner.block));
    return this.#values.value(this.#lists.wanted(node, segment.name, owner), call);
  }

  #holds(node: PlanNode, block: BlockSegment, frame: Frame | null, call: Call): boolean {
    const counter = frame === null ? null : loopCounter(block.name, frame.index, frame.count);
    if (counter !== null) return counter !== "" && counter !== "0";
    const owner = this.#ownerOf(block.name, frame);
    if (owner?.past != null) {
      const byRole = roleCondition(owner.past, block.expression);
      return byRole ?? pastText(owner.past, itemField(block.name, owner.block)) !== "";
    }
    if (block.isHistory || this.#past.shape.names.has(block.name)) return call.turn > 0;
    return this.#lists.holds(node, block, owner, call);
  }

  #ownerOf(name: string, frame: Frame | null): Frame | null {
    let owner = frame;
    while (owner !== null && !isItemName(name, owner.block, this.#outside)) owner = owner.outer;
    return owner;
  }

  #pastOf(name: string, frame: Frame | null): PastItem | null {
    return this.#ownerOf(name, frame)?.past ?? null;
  }
}

function textOf(message: Message): string {
  return trimmedPieces(message)
    .map(({ text }) => text)
    .join("");
}

/** A prompt while it is being written. */
class Draft {
  readonly messages: (Message & { readonly pieces: Piece[] })[];
  #effort = 0;

  /** Goes on behind messages that are whole. */
  constructor(before: readonly Message[]) {
    this.messages = before.map((message) => ({ ...message, pieces: [...message.pieces] }));
    for (const { pieces } of before) for (const { text } of pieces) this.spend(text.length);
  }

  get isFull(): boolean {
    return this.#effort > maximumEffort;
  }

  /** Of the message that is being written. */
  get role(): Role | null {
    return this.messages.at(-1)?.role ?? null;
  }

  begin(role: Role | null, segment?: number): void {
    this.messages.push({ role, marker: segment === undefined ? null : { segment }, pieces: [] });
  }

  spend(effort: number): void {
    this.#effort += effort;
  }

  add(at: Pick<PlanNode, "index" | "place">, text: string, isLayout = false, endsBlock?: BlockKind): void {
    if (text === "") return;
    this.spend(text.length);
    if (!this.isFull) {
      const block = endsBlock && { endsBlock };
      this.messages.at(-1)?.pieces.push({ segment: at.index, place: at.place, text, isLayout, ...block });
    }
  }
}
