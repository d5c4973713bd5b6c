/** Statements that decide whether, and how often, others run. */
import type { Node } from "web-tree-sitter";
import type { Scope } from "./bindings.ts";
import type { Branch } from "./branches.ts";
import type { Asked, ConditionalBranch, Loop } from "./expression.ts";
import { shortened } from "./nodes.ts";
import type { Program } from "./program.ts";

/** What is asked before a node runs; `isOtherwise` where it runs because that does not hold. */
export interface Condition {
  readonly asked: Asked;
  readonly holder: Node;
  readonly isOtherwise: boolean;
}

/** What decides about a node: conditions, from the innermost on, and at most one loop over a list. */
export interface Control {
  readonly conditions: readonly Condition[];
  readonly loop: { readonly loop: Loop; readonly statement: Node } | null;
}

/** The part of a module that control is looked for in. */
export type Extent = Pick<Scope, "start" | "end">;

/** Conditions in each other; what stands deeper is not followed. */
const maxConditions = 4;

interface Deciding {
  readonly node: Node;
  readonly branches: readonly ConditionalBranch[] | null;
}

/** The statements within `scope` that decide about the node, from the innermost on. */
function* deciding(program: Program, node: Node, scope: Extent): Generator<Deciding> {
  const { language } = program;
  for (let at = program.parentOf(node); at !== null; at = program.parentOf(at)) {
    if (at.startIndex <= scope.start && at.endIndex >= scope.end) return;
    const branches = language.branchesOf(at);
    // What an `if` asks, and what it does before, runs whether its branches do or not.
    if (branches !== null && branchWith(branches, node) === null) continue;
    if (branches !== null || language.decidingTypes.has(at.type) || program.functionOf(at) !== null)
      yield { node: at, branches };
  }
}

/** What decides within `scope` whether, or how often, the code at `node` runs; `null` when it runs once. */
export function controlAround(program: Program, node: Node, scope: Extent): Control | "other" | null {
  const conditions: Condition[] = [];
  let around: Control["loop"] = null;
  for (const { node: statement, branches } of deciding(program, node, scope)) {
    if (branches !== null) {
      const condition = conditionOf(branches, node);
      if (condition === null || conditions.length === maxConditions) return "other";
      conditions.push(condition);
      continue;
    }
    const loop = program.language.loopOf(statement);
    if (loop === null || around !== null) return "other";
    around = { loop, statement };
  }
  return conditions.length === 0 && around === null ? null : { conditions, loop: around };
}

/** The innermost loop within `scope` that runs two nodes in each of its rounds; `null` for none. */
export function loopAround(program: Program, one: Node, other: Node, scope: Extent): Extent | null {
  for (let at = program.parentOf(one); at !== null; at = program.parentOf(at)) {
    if (at.startIndex <= scope.start && at.endIndex >= scope.end) return null;
    const isAround = at.startIndex <= other.startIndex && other.endIndex <= at.endIndex;
    if (isAround && program.language.statement(at).kind === "loop")
      return { start: at.startIndex, end: at.endIndex };
  }
  return null;
}

/** `null` where all branches run it. */
function conditionOf(branches: readonly ConditionalBranch[], node: Node): Condition | null {
  const holding = branches.filter((branch) => holds(branch, node));
  const [first] = holding;
  if (first === undefined) return null;
  const { holder } = first;
  if (holding.every(({ asked }) => asked !== null))
    return { asked: anyOf(holding)!, holder, isOtherwise: false };
  const asked = anyOf(branches.filter((branch) => !holding.includes(branch)));
  return asked === null ? null : { asked, holder, isOtherwise: true };
}

/** Whether one of the branches runs; `null` for none. */
function anyOf(branches: readonly ConditionalBranch[]): Asked | null {
  const all = branches.flatMap(({ asked }) => asked ?? []);
  const [first] = all;
  if (first === undefined || all.length === 1) return first ?? null;
  return { node: first.node, expression: shortened(all.map(({ expression }) => expression).join(" || ")) };
}

function holds({ body }: ConditionalBranch, node: Node): boolean {
  return body.some((part) => part.startIndex <= node.startIndex && node.endIndex <= part.endIndex);
}

function branchWith(branches: readonly ConditionalBranch[], node: Node): ConditionalBranch | null {
  return branches.find((branch) => holds(branch, node)) ?? null;
}

/** In which branch of an `if` a value is assigned. */
export function branchOf(program: Program, value: Node, scope: Scope): Branch {
  const found = deciding(program, value, scope);
  const first = found.next();
  if (first.done === true) return { value, chain: null, statement: null, asked: null, around: null };
  const { node, branches } = first.value;
  const branch = branches === null ? null : branchWith(branches, value);
  if (branch === null) return { value, chain: null, statement: null, asked: null, around: node };
  const next = found.next();
  const around = next.done === true ? null : next.value.node;
  const holding = branches!.filter((each) => holds(each, value));
  const asked = holding.some((each) => each.asked === null) ? null : anyOf(holding);
  return { value, chain: node, statement: branch.holder, asked, around };
}

/** Whether what stands at `earlier` has run, in every case, when what stands at `later` in the same function does. */
export function runsBefore(program: Program, earlier: Node, later: Node): boolean {
  if (earlier.endIndex > later.startIndex) return false;
  const { blockTypes, decidingTypes } = program.language;
  let at: Node = earlier;
  while (!blockTypes.has(at.type)) {
    const parent = program.parentOf(at);
    if (parent === null) break;
    at = parent;
    const decides = decidingTypes.has(at.type) || program.language.branchesOf(at) !== null;
    if (decides || program.functionOf(at) !== null) return false;
  }
  return at.startIndex <= later.startIndex && later.endIndex <= at.endIndex;
}
