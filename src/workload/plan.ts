/**
 * A template made ready for rendering: its segments numbered into the workload's table,
 * with the scope that is in force at each place.
 */
import type { BlockSegment, ScopeClaim, Segment, Template } from "../prompt/template.ts";
import { isItemName } from "./item-names.ts";
import type { SourceSegment } from "./workload.ts";

export interface PlanNode {
  /** Index into `Workload.segments`. */
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

/** Numbers the template's segments into `table`, in source order, parents before children. */
export function planTemplate(
  template: Template,
  templateIndex: number,
  table: SourceSegment[],
): TemplatePlan {
  const planner = createPlanner(template, templateIndex, table);
  const nodes = planner.plan(template.segments, {
    path: template.path,
    parent: -1,
    depth: 0,
    isInBlock: false,
    loops: [],
  });
  const conversation =
    template.usage === "instructions" ? addConversation(template, templateIndex, table) : null;
  return { template, nodes, conversation, hasMarkers: planner.hasMarkers(), omitted: planner.omitted() };
}

interface Surroundings {
  readonly path: string;
  readonly parent: number;
  readonly depth: number;
  readonly isInBlock: boolean;
  /** Enclosing loops, innermost last. */
  readonly loops: readonly { readonly block: BlockSegment; readonly claim: ScopeClaim }[];
}

function createPlanner(template: Template, templateIndex: number, table: SourceSegment[]) {
  const outside = namesOutsideLoops(template.segments);
  const first = table.length;
  let hasMarkers = false;
  let omitted = 0;

  function plan(segments: readonly Segment[], around: Surroundings): readonly PlanNode[] {
    const nodes: PlanNode[] = [];
    for (const segment of segments) {
      if (around.depth > maximumDepth || table.length - first >= maximumNodes) {
        omitted++;
        continue;
      }
      nodes.push(planSegment(segment, around));
    }
    return nodes;
  }

  function planSegment(segment: Segment, around: Surroundings): PlanNode {
    if (segment.kind === "marker") hasMarkers = true;
    const claim = segment.kind === "hole" || segment.kind === "block" ? claimInForce(segment, around) : null;
    const index = table.length;
    table.push({
      template: templateIndex,
      path: around.path,
      range: segment.range,
      kind: segment.kind,
      name: segmentName(segment),
      scope: claim,
      parent: around.parent,
    });
    const place = `${around.path}:${segment.range.start}:${segment.range.end}`;
    const isInBlock = around.isInBlock || segment.kind === "block";
    const inside = { ...around, parent: index, depth: around.depth + 1, isInBlock };
    const leaf = { index, segment, claim, place, isInBlock: around.isInBlock };
    if (segment.kind === "include" && segment.resolved !== null) {
      const { path, segments } = segment.resolved;
      return { ...leaf, body: plan(segments, { ...inside, path }), otherwise: [] };
    }
    if (segment.kind === "block" && claim !== null) {
      const loops = segment.form === "loop" ? [...around.loops, { block: segment, claim }] : around.loops;
      // The body first: the table is in source order.
      const body = plan(segment.body, { ...inside, loops });
      return { ...leaf, body, otherwise: plan(segment.otherwise, inside) };
    }
    return { ...leaf, body: [], otherwise: [] };
  }

  /** What the author declared holds; otherwise a field of an item changes with the list that it comes from. */
  function claimInForce(
    segment: { readonly name: string; readonly scope: ScopeClaim },
    around: Surroundings,
  ): ScopeClaim {
    if (segment.scope.basis === "declared") return segment.scope;
    const loop = around.loops.findLast(({ block }) => isItemName(segment.name, block, outside));
    if (loop === undefined) return segment.scope;
    return { ...loop.claim, reason: `it belongs to an item of \`${loop.block.name}\`` };
  }

  return { plan, hasMarkers: () => hasMarkers, omitted: () => omitted };
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

function addConversation(template: Template, templateIndex: number, table: SourceSegment[]) {
  const index = table.length;
  const { end } = template.range;
  table.push({
    template: templateIndex,
    path: template.path,
    range: { start: end, end },
    kind: "hole",
    name: "conversation",
    scope: {
      scope: "request",
      basis: "inferred",
      reason: "an agent's conversation follows the instructions",
    },
    parent: -1,
  });
  return { index, place: `${template.id}:conversation` };
}
