/**
 * A template made ready for rendering: its segments numbered into the workload's table,
 * with the scope that is in force at each place.
 */

import { splitWords } from "../prompt/names.ts";
import { findFormat } from "../prompt/registry.ts";
import { isHistory } from "../prompt/segments.ts";
import type { BlockSegment, HoleSegment, Role, ScopeClaim, Segment, Template } from "../prompt/template.ts";
import { isItemName } from "./item-names.ts";
import type { SourceSegment } from "./workload.ts";

export interface PlanNode {
  /** Index into the template's own table of segments. */
  readonly index: number;
  readonly segment: Segment;
  /** In force here: an item's fields change with the list. `null` for what is no hole and no block. */
  readonly claim: ScopeClaim | null;
  readonly isInBlock: boolean;
  /** Document and range: the identity of the place, whichever template shows it. */
  readonly place: string;
  /** Body of a block, or what an include stands for. */
  readonly body: readonly PlanNode[];
  readonly otherwise: readonly PlanNode[];
}

export interface TemplatePlan {
  readonly template: Template;
  readonly nodes: readonly PlanNode[];
  readonly hasMarkers: boolean;
  /** Where the agent's conversation after the template is booked; `null` for other usages. */
  readonly conversation: { readonly index: number; readonly place: string } | null;
  /** Segments that were left out because the template nests too deep or includes too much. */
  readonly omitted: number;
}

const maximumDepth = 64;
const maximumNodes = 50_000;

/** Numbers the template's segments into its own `table`, in source order, parents before children. */
export function planTemplate(template: Template, table: SourceSegment[]): TemplatePlan {
  const planner = new Planner(template, table);
  const nodes = planner.plan(template.segments, {
    path: template.path,
    parent: -1,
    depth: 0,
    isInBlock: false,
    loops: [],
  });
  const conversation = template.usage === "instructions" ? addConversation(template, table) : null;
  return { template, nodes, conversation, hasMarkers: planner.hasMarkers, omitted: planner.omitted };
}

interface Surroundings {
  readonly path: string;
  readonly parent: number;
  readonly depth: number;
  readonly isInBlock: boolean;
  /** Enclosing loops, innermost last. */
  readonly loops: readonly Loop[];
}

interface Loop {
  readonly block: BlockSegment;
  readonly claim: ScopeClaim;
  readonly index: number;
}

class Planner {
  hasMarkers = false;
  omitted = 0;
  /** Of the message that is being planned. */
  #role: Role | null = null;
  readonly #outside: ReadonlySet<string>;
  /** Whether an agent reads the template once, at the start of a conversation. */
  readonly #isReadOnce: boolean;
  /** Whether all of it stands before the conversation. */
  readonly #isStanding: boolean;
  readonly #table: SourceSegment[];
  readonly #first: number;

  constructor(template: Template, table: SourceSegment[]) {
    this.#outside = namesOutsideLoops(template.segments);
    this.#isReadOnce =
      template.usage === "instructions" && findFormat(template.format)?.isReadByAgent === true;
    const words = splitWords(template.name);
    this.#isStanding =
      template.usage === "instructions" || words.some((word) => word === "system" || word === "instructions");
    this.#table = table;
    this.#first = table.length;
  }

  plan(segments: readonly Segment[], around: Surroundings): readonly PlanNode[] {
    const nodes: PlanNode[] = [];
    for (const segment of segments) {
      const isTooMuch = around.depth > maximumDepth || this.#table.length - this.#first >= maximumNodes;
      if (isTooMuch) this.omitted++;
      else nodes.push(this.#planSegment(segment, around));
    }
    return nodes;
  }

  #planSegment(segment: Segment, around: Surroundings): PlanNode {
    if (segment.kind === "marker") {
      this.hasMarkers = true;
      this.#role = segment.role;
    }
    const isNamed = segment.kind === "hole" || segment.kind === "block";
    const loop = isNamed ? this.#loopOf(segment, around) : undefined;
    const claim = isNamed ? this.#claimInForce(segment, loop) : null;
    const { path, parent, isInBlock } = around;
    const { range, kind } = segment;
    const index = this.#table.length;
    const name = segmentName(segment);
    const own = { template: 0, path, range, kind, name, scope: claim, role: this.#role, parent };
    this.#table.push({ ...own, loop: loop?.index ?? -1, isHistory: isHistory(segment) });
    const leaf = { index, segment, claim, place: `${path}:${range.start}:${range.end}`, isInBlock };
    const inside = { ...around, parent: index, depth: around.depth + 1 };
    if (segment.kind === "include" && segment.resolved !== null) {
      const included = { ...inside, path: segment.resolved.path };
      return { ...leaf, body: this.plan(segment.resolved.segments, included), otherwise: [] };
    }
    if (segment.kind === "block" && claim !== null) {
      const inBlock = { ...inside, isInBlock: true };
      const loops =
        segment.form === "loop" ? [...around.loops, { block: segment, claim, index }] : around.loops;
      // The body first: the table is in source order.
      const body = this.plan(segment.body, { ...inBlock, loops });
      return { ...leaf, body, otherwise: this.plan(segment.otherwise, inBlock) };
    }
    return { ...leaf, body: [], otherwise: [] };
  }

  /** What the author declared holds; otherwise a field of an item changes with the list that it comes from. */
  #claimInForce(segment: HoleSegment | BlockSegment, loop: Loop | undefined): ScopeClaim {
    if (segment.scope.basis === "declared") return segment.scope;
    if (loop !== undefined) {
      return { ...loop.claim, reason: `it belongs to an item of \`${loop.block.name}\`` };
    }
    const { scope, basis, reason } = segment.scope;
    if (scope !== "request") return segment.scope;
    if (this.#isReadOnce) {
      const read = "an agent reads its instructions once, at the start of a conversation";
      return { scope: "session", basis, reason: `${reason}, and ${read}` };
    }
    const isCondition = segment.kind === "block" && segment.form === "conditional";
    const isStanding = this.#role === "system" || this.#role === "developer" || this.#isStanding;
    if (!isCondition || !isStanding) return segment.scope;
    const asked = "what a system prompt asks for changes at most between conversations";
    return { scope: "session", basis, reason: `${reason}, but ${asked}` };
  }

  #loopOf({ name }: { readonly name: string }, around: Surroundings): Loop | undefined {
    return around.loops.findLast(({ block }) => isItemName(name, block, this.#outside));
  }
}

function segmentName(segment: Segment): string {
  switch (segment.kind) {
    case "hole":
    case "block":
      return segment.name;
    case "include":
      return segment.target;
    case "text":
    case "marker":
      return "";
  }
}

/** Names that stand outside every loop are variables of the prompt, also where a loop uses them. */
export function namesOutsideLoops(segments: readonly Segment[]): ReadonlySet<string> {
  const names = new Set<string>();
  const left: Segment[] = [...segments];
  for (let segment = left.pop(); segment !== undefined; segment = left.pop()) {
    if (segment.kind === "hole" || segment.kind === "block") names.add(segment.name);
    if (segment.kind === "block" && segment.form === "conditional") {
      left.push(...segment.body, ...segment.otherwise);
    }
    if (segment.kind === "include" && segment.resolved !== null) left.push(...segment.resolved.segments);
  }
  return names;
}

function addConversation(template: Template, table: SourceSegment[]) {
  const index = table.length;
  const { end } = template.range;
  table.push({
    template: 0,
    path: template.path,
    range: { start: end, end },
    kind: "hole",
    name: "conversation",
    scope: {
      scope: "request",
      basis: "inferred",
      reason: "an agent's conversation follows the instructions",
    },
    role: null,
    parent: -1,
    loop: -1,
    isHistory: true,
  });
  return { index, place: `${template.id}:conversation` };
}
