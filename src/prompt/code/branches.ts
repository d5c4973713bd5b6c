/** A name to which several branches of a program assign a text: `x = ""`, and `x = "…"` in an `if` behind it. */
import type { Node } from "web-tree-sitter";
import type { Asked } from "./expression.ts";
import type { Piece } from "./pieces.ts";

/** A name that is assigned more often is not followed. */
export const maxBranches = 8;

/** A value that is assigned on its own, or in one branch of an `if`. */
export interface Branch {
  readonly value: Node;
  /** The `if` with all of its branches; `null` for a value that is assigned on its own. */
  readonly chain: Node | null;
  /** What holds the branch. */
  readonly statement: Node | null;
  /** `null` for `else`. */
  readonly asked: Asked | null;
  /** What decides whether, or how often, all of this runs; `null` when it runs once. */
  readonly around: Node | null;
}

/**
 * The last `if` that decides what a name holds at `node`; `null` where anything but `if` decides, or where the name is read
 * before all of it was decided.
 */
export function decidedAt(node: Node, branches: readonly Branch[]): Node | null {
  const around = branches[0]?.around ?? null;
  const decided = branches.findLast(({ chain }) => chain !== null)?.chain ?? null;
  if (decided === null || branches.length > maxBranches || node.startIndex < decided.endIndex) return null;
  if (around !== null && node.startIndex >= around.endIndex) return null;
  return branches.every((branch) => branch.around?.id === around?.id) ? decided : null;
}

type Choose = (
  branch: Branch & { readonly asked: Asked },
  body: readonly Piece[],
  otherwise: readonly Piece[],
) => Piece;

/** What is in the name behind all branches, in source order; `null` where one of them may leave it unset. */
export function assignedPieces(
  branches: readonly Branch[],
  given: readonly (readonly Piece[])[],
  choose: Choose,
): readonly Piece[] | null {
  let before: readonly Piece[] | null = null;
  for (let at = 0; at < branches.length; ) {
    const chain = branches[at]!.chain;
    let end = at + 1;
    while (chain !== null && branches[end]?.chain?.id === chain.id) end++;
    before =
      chain === null ? given[at]! : chained(branches.slice(at, end), given.slice(at, end), before, choose);
    if (before === null) return null;
    at = end;
  }
  return before;
}

function chained(
  branches: readonly Branch[],
  given: readonly (readonly Piece[])[],
  before: readonly Piece[] | null,
  choose: Choose,
): readonly Piece[] | null {
  let rest = before;
  for (let at = branches.length - 1; at >= 0; at--) {
    const branch = branches[at]!;
    const { asked } = branch;
    if (asked === null) rest = given[at]!;
    else if (rest === null) return null;
    else rest = [choose({ ...branch, asked }, given[at]!, rest)];
  }
  return rest;
}
