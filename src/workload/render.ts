/** Fills in one prompt: a template's plan and a call give messages, made of pieces that know their source. */
import { assertNever } from "../core/invariant.ts";
import type { BlockSegment, HoleSegment, Role, Scope } from "../prompt/template.ts";
import type { Assumptions } from "./assumptions.ts";
import {
  agentConversation,
  type HistoryShape,
  historyShape,
  type PastItem,
  type PastMessage,
  pastItems,
  pastMessages,
  pastText,
  roleCondition,
} from "./history.ts";
import { isItemName, itemField, loopCounter } from "./item-names.ts";
import { createLists, type Item } from "./lists.ts";
import { namesOutsideLoops, type PlanNode, type TemplatePlan } from "./plan.ts";
import type { Call, Values, ValuesOptions } from "./values.ts";

/** Rendered text of one place. */
export interface Piece {
  /** Index into `Workload.segments`. */
  readonly segment: number;
  readonly place: string;
  readonly text: string;
  /** Static text of a block's body. */
  readonly isLayout: boolean;
}

export interface Message {
  /** `null` for text without any role. */
  readonly role: Role | null;
  readonly pieces: readonly Piece[];
}

export interface Renderer {
  render(call: Call): readonly Message[];
  /** Whether a prompt was cut because it grew beyond all measure. */
  isCut(): boolean;
}

/** UTF-16 units of one prompt; loops in loops multiply, and a prompt beyond this is of no use to anyone. */
const maximumEffort = 2_000_000;
/** A rendered segment costs as much as this many units, even when it renders to nothing. */
const segmentEffort = 32;

/** One round of a loop, innermost first. */
interface Frame {
  readonly block: BlockSegment;
  readonly scope: Scope;
  readonly item: Item;
  readonly index: number;
  readonly count: number;
  /** Set in loops over the earlier turns. */
  readonly past: PastItem | null;
  readonly outer: Frame | null;
}

export function createRenderer(
  plan: TemplatePlan,
  values: Values,
  options: Pick<ValuesOptions, "holes" | "samples"> & { readonly assumptions: Assumptions },
): Renderer {
  const shape = historyShape(plan);
  let isCut = false;
  const scribe = createScribe(plan, values, shape, options, () => {
    isCut = true;
  });
  return { render: scribe, isCut: () => isCut };
}

function createScribe(
  plan: TemplatePlan,
  values: Values,
  shape: HistoryShape,
  options: Pick<ValuesOptions, "holes" | "samples"> & { readonly assumptions: Assumptions },
  onCut: () => void,
): (call: Call) => readonly Message[] {
  const outside = namesOutsideLoops(plan.template.segments);
  const lists = createLists(values, options);
  let call!: Call;
  let messages: { role: Role | null; pieces: Piece[] }[] = [];
  let effort = 0;

  function begin(role: Role | null): void {
    messages.push({ role, pieces: [] });
  }

  function emit(
    at: { readonly index: number; readonly place: string },
    text: string,
    isLayout = false,
  ): void {
    if (text === "") return;
    effort += text.length;
    if (effort > maximumEffort) return;
    messages.at(-1)!.pieces.push({ segment: at.index, place: at.place, text, isLayout });
  }

  function renderAll(nodes: readonly PlanNode[], frame: Frame | null): void {
    for (const node of nodes) {
      effort += segmentEffort;
      if (effort > maximumEffort) return;
      renderNode(node, frame);
    }
  }

  function renderNode(node: PlanNode, frame: Frame | null): void {
    const { segment } = node;
    switch (segment.kind) {
      case "text":
        emit(node, segment.text, node.isInBlock);
        return;
      case "marker":
        begin(segment.role);
        return;
      case "include":
        renderAll(node.body, frame);
        return;
      case "hole":
        if (segment.form === "history" && ownerOf(segment.name, frame)?.past == null) renderHistory(node);
        else emit(node, holeText(node, segment, frame));
        return;
      case "block":
        if (segment.form === "loop") renderLoop(node, segment, frame);
        else renderAll(holds(node, segment, frame) ? node.body : node.otherwise, frame);
        return;
      default:
        assertNever(segment);
    }
  }

  function renderLoop(node: PlanNode, block: BlockSegment, frame: Frame | null): void {
    const scope = node.claim!.scope;
    const outer = frame?.item.key ?? "";
    const past = block.isHistory ? pastItems(node, shape, values, call) : null;
    const items =
      past?.map((_, index) => ({ key: `${outer}/${block.name}#${index}`, choice: null, tokens: null })) ??
      lists.items(node, block, scope, outer, call);
    if (items.length === 0) renderAll(node.otherwise, frame);
    items.forEach((item, index) => {
      const round = { block, scope, item, index, count: items.length, past: past?.[index] ?? null };
      renderAll(node.body, { ...round, outer: frame });
    });
  }

  /** Messages of their own where the template speaks in messages, lines of text where it does not. */
  function renderHistory(node: PlanNode): void {
    const before = messages.at(-1)!.role;
    for (const { role, text } of pastMessages(shape, values, call)) {
      if (plan.hasMarkers) begin(role);
      emit(node, plan.hasMarkers ? text : `${role}: ${text}\n`);
    }
    if (plan.hasMarkers) begin(before);
  }

  function ownerOf(name: string, frame: Frame | null): Frame | null {
    let owner = frame;
    while (owner !== null && !isItemName(name, owner.block, outside)) owner = owner.outer;
    return owner;
  }

  function holeText(node: PlanNode, segment: HoleSegment, frame: Frame | null): string {
    const counter = frame === null ? null : loopCounter(segment.name, frame.index, frame.count);
    if (counter !== null) return counter;
    const owner = ownerOf(segment.name, frame);
    if (owner?.past != null) return pastText(owner.past, itemField(segment.name, owner.block));
    return values.value(lists.wanted(node, segment.name, owner), call);
  }

  function holds(node: PlanNode, block: BlockSegment, frame: Frame | null): boolean {
    const counter = frame === null ? null : loopCounter(block.name, frame.index, frame.count);
    if (counter !== null) return counter !== "" && counter !== "0";
    const owner = ownerOf(block.name, frame);
    if (owner?.past != null) {
      const answer = roleCondition(owner.past, block.expression);
      if (answer !== null) return answer;
      return pastText(owner.past, itemField(block.name, owner.block)) !== "";
    }
    if (block.isHistory || shape.names.has(block.name)) return call.turn > 0;
    return lists.holds(node, block, owner, call);
  }

  return (next) => {
    call = next;
    messages = [];
    effort = 0;
    begin(plan.conversation === null ? null : "system");
    renderAll(plan.nodes, null);
    if (plan.conversation !== null) {
      agentConversation(shape, values, call).forEach(({ role, text }: PastMessage) => {
        begin(role);
        emit(plan.conversation!, text);
      });
    }
    if (effort > maximumEffort) onCut();
    return messages;
  };
}
