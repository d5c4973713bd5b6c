/** Nodes of syntax trees, whatever the language. */
import type { Node } from "web-tree-sitter";
import type { TextRange } from "../text.ts";
import type { Asked, ConditionalBranch, Expression } from "./expression.ts";

export function rangeOf({ startIndex: start, endIndex: end }: Node): TextRange {
  return { start, end };
}

/** The named children without comments. */
export function children(node: Node): readonly Node[] {
  return node.namedChildren.filter((child): child is Node => child !== null && child.type !== "comment");
}

/** How a language lowers what is no expression of its own: `silent` are types of nodes that are no values. */
export function lowering({
  silent = new Set(),
  parts = children,
}: {
  readonly silent?: ReadonlySet<string>;
  parts?(node: Node): readonly Node[];
} = {}): {
  unknown(node: Node): Expression;
  /** `node` stands for `value`, where there is one. */
  sameAs(node: Node, value: Node | null | undefined): Expression;
} {
  const unknown = (node: Node): Expression => ({
    kind: "unknown",
    parts: parts(node).filter(({ type }) => !silent.has(type)),
  });
  return {
    unknown,
    sameAs: (node, value) => (value == null ? unknown(node) : { kind: "same", value }),
  };
}

/** Code on one line, as it can be shown to people. */
export function shortened(code: string): string {
  let line = "";
  for (const [word] of code.matchAll(/\s+|\S{1,80}/g)) {
    line += /^\s/.test(word) ? " " : word;
    if (line.length > 80) return `${line.slice(0, 79)}…`;
  }
  return line;
}

/** `null` of nothing too. */
export function field(node: Node | null, name: string): Node | null {
  return node?.childForFieldName(name) ?? null;
}

/** Of a sum, in the order in which they are written; its left spine is walked, not descended. */
export function operandsOf(sum: Node, isSum: (node: Node) => boolean): readonly Node[] {
  const found: Node[] = [];
  let left: Node | null = sum;
  while (left !== null && isSum(left)) {
    const right = field(left, "right");
    if (right !== null) found.push(right);
    left = field(left, "left");
  }
  if (left !== null) found.push(left);
  return found.reverse();
}

/** `null` for a number that only a run knows. */
export function integerOf(node: Node | undefined): number | null {
  return node !== undefined && /^-?\d{1,6}$/.test(node.text) ? Number(node.text) : null;
}

/** How a language writes an `if`. */
interface IfForm {
  readonly ifType: string;
  readonly asked: (condition: Node) => Asked;
  /** What follows `else`, where that stands in a node of its own. */
  readonly inside?: (otherwise: Node) => Node | undefined;
}

/** More are followed no further. */
const maxElseIfs = 1000;

/** The branches of an `if`, those of its `else if` among them. */
export function elseIfs(node: Node, { ifType, asked, inside }: IfForm): readonly ConditionalBranch[] {
  const branches: ConditionalBranch[] = [];
  let at: Node | null = node;
  for (let count = 0; at !== null && count < maxElseIfs; count++) {
    const [condition, body, otherwise]: readonly (Node | null)[] = [
      field(at, "condition"),
      field(at, "consequence"),
      field(at, "alternative"),
    ];
    if (body != null)
      branches.push({ asked: condition == null ? null : asked(condition), body: [body], holder: at });
    const inner: Node | undefined =
      otherwise == null ? undefined : inside === undefined ? otherwise : inside(otherwise);
    at = inner?.type === ifType ? inner : null;
    if (inner !== undefined && at === null)
      branches.push({ asked: null, body: [inner], holder: otherwise ?? inner });
  }
  return branches;
}

/** Tells whether any match lies in a range. Most calls of a file hold none, and are not looked at. */
export function mentions(text: string, words: RegExp): (range: TextRange) => boolean {
  const places = [...text.matchAll(words)].map(({ index }) => index);
  return ({ start, end }) => {
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[middle]! < start) low = middle + 1;
      else high = middle;
    }
    return low < places.length && places[low]! < end;
  };
}

/** Statements of cases behind each other that are followed: more are no prompts. */
const mostFallen = 200;

/**
 * The cases of a `switch` in source order, with what runs behind each: a case that does not leave goes on with the next one. So the
 * same statements may be in several.
 */
export function withFallThrough(
  cases: readonly ConditionalBranch[],
  falls: (last: Node) => boolean = goesOn,
): readonly ConditionalBranch[] {
  const found: ConditionalBranch[] = [];
  for (const each of cases.toReversed()) {
    const next = found.at(-1);
    const last = each.body.at(-1);
    const isOpen = next !== undefined && (last === undefined || falls(last));
    found.push(isOpen ? { ...each, body: [...each.body, ...next.body].slice(0, mostFallen) } : each);
  }
  return found.reverse();
}

/** Whether the next statement runs behind one. */
function goesOn(statement: Node): boolean {
  let last = statement;
  while (last.text.startsWith("{") && last.lastNamedChild !== null) last = last.lastNamedChild;
  return !/^(?:break|continue|return|throw|goto|exit|die|yield)\b/.test(last.text.slice(0, 12));
}
