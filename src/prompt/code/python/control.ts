/** Statements that decide whether, and how often, others run. */
import type { Node } from "web-tree-sitter";
import type { Branch } from "../branches.ts";

export interface Control {
  readonly statement: Node;
  /** `null` where it is not a condition that decides. */
  readonly condition: Node | null;
}

/** The statement that decides whether, or how often, what stands at `node` runs; `null` when it runs once. */
export function controlAround(node: Node): Control | null {
  for (let at = node.parent; at !== null; at = at.parent) {
    if (conditionals.has(at.type)) return { statement: at, condition: at.childForFieldName("condition") };
    if (otherControls.has(at.type)) return { statement: at, condition: null };
    if (bodies.has(at.type)) return null;
  }
  return null;
}

const conditionals: ReadonlySet<string> = new Set(["if_statement", "elif_clause"]);
const otherControls: ReadonlySet<string> = new Set(
  "for_statement while_statement else_clause try_statement except_clause case_clause".split(" "),
);
const bodies: ReadonlySet<string> = new Set(["function_definition", "class_definition", "module", "lambda"]);

/** Whether what stands at `earlier` has run, in every case, when what stands at `later` in the same function does. */
export function runsBefore(earlier: Node, later: Node): boolean {
  if (earlier.endIndex > later.startIndex) return false;
  let at: Node = earlier;
  while (at.parent !== null && at.type !== "block" && at.type !== "module") at = at.parent;
  return at.startIndex <= later.startIndex && later.endIndex <= at.endIndex;
}

export function branchOf(value: Node): Branch {
  const control = controlAround(value);
  const statement = control?.statement ?? null;
  const chain = statement?.type === "if_statement" ? statement : (statement?.parent ?? null);
  if (control === null || chain?.type !== "if_statement") {
    return { value, chain: null, statement: null, condition: null, around: statement };
  }
  const around = controlAround(chain)?.statement ?? null;
  return { value, chain, statement, condition: control.condition, around };
}
