/** Lists that a program puts together: of other lists, and of what is added to them afterwards. */
import type { Node } from "web-tree-sitter";
import type { TextRange } from "../text.ts";
import { roleOfCallee } from "./message-names.ts";
import { rangeOf } from "./nodes.ts";
import type { CodeValue, ListValue, SpreadValue } from "./values.ts";

/** What is added to a list: one item, or all items of another value; `at` for those that do not go to the end. */
export interface Addition {
  readonly form: "concat" | "append";
  /** Counted from the start; from the end where it is negative. `null` for a place that only a run knows. */
  readonly at?: number | null;
}

/** The items as a list that nobody has given a name, where `written` is. */
export function listOf(
  { range, hole }: Pick<CodeValue, "range" | "hole">,
  items: readonly CodeValue[],
): ListValue {
  return { kind: "list", range, hole, items, reference: null };
}

export function spreadOf(value: CodeValue): SpreadValue {
  return { kind: "spread", range: value.range, hole: value.hole, value };
}

/** One list behind the other, and single messages. What has a name stays one item, so that it is known where it is written. */
export function concatenated(values: readonly CodeValue[]): readonly CodeValue[] {
  return values.flatMap((value) => {
    if (value.kind === "list" && value.reference === null) return value.items;
    return [makesMessage(value) ? value : spreadOf(value)];
  });
}

/** `history + UserMessage(question)`, and not `history + userMessages(question)`. */
function makesMessage(value: CodeValue): boolean {
  return value.kind === "call" && !/s$/i.test(value.callee) && roleOfCallee(value.callee) !== null;
}

/** Puts an item where it goes. A place that only a run knows is taken for the end. */
export function insert(items: CodeValue[], item: CodeValue, { at }: Addition): void {
  if (at == null) items.push(item);
  else items.splice(at, 0, item);
}

/** The items with those of lists in it that have a name. */
export function flatItems(list: ListValue): readonly CodeValue[] {
  return list.items.flatMap((item) => flatItem(item, 0));
}

/** Conditions in each other; what stands deeper is one item. */
const maxConditions = 16;

function flatItem(item: CodeValue, depth: number): readonly CodeValue[] {
  if (item.kind === "spread" && item.value.kind === "list") return item.value.items;
  if (item.kind !== "maybe" || depth === maxConditions) return [item];
  return flatItem(item.value, depth + 1).map((value) => ({ ...item, range: value.range, value }));
}

/** What a name is bound to, in whatever language. */
interface Bound {
  readonly kind: string;
  readonly node?: Node;
}

/** Where a list begins, and what it is given up to some node. */
export interface ListSequence<B> {
  /** The value that it begins with; `null` for a parameter. */
  readonly start: Node | null;
  readonly more: readonly B[];
  /** Where it is written again, as in `messages = [...messages, a]`. */
  readonly parts: readonly TextRange[];
}

/** Bindings of a name up to `node`; those that take the name itself into a new list are additions to it. */
export function listSteps<B extends Bound>(
  node: Node,
  bindings: readonly B[],
  additionsTo: (value: Node) => readonly B[] | null,
): { readonly steps: readonly B[]; readonly parts: readonly TextRange[] } {
  const parts: TextRange[] = [];
  const steps = bindings
    .filter((binding) => binding.kind !== "value" || binding.node!.endIndex <= node.startIndex)
    .flatMap((binding): readonly B[] => {
      const additions = binding.kind === "value" ? additionsTo(binding.node!) : null;
      if (additions === null) return [binding];
      parts.push(rangeOf(binding.node!));
      return additions;
    })
    .filter((step) => step.kind !== "more" || step.node!.startIndex < node.startIndex);
  return { steps, parts };
}

/** The last list that is known to begin before `node`, and what follows; `null` where nothing tells. */
export function listSequence<B extends Bound>(
  node: Node,
  { steps, parts }: ReturnType<typeof listSteps<B>>,
  runsBefore: (earlier: Node, later: Node) => boolean,
): ListSequence<B> | null {
  const from = steps.findLastIndex((step) => step.kind === "value" && runsBefore(step.node!, node));
  const first = steps[Math.max(from, 0)];
  const more = steps.slice(Math.max(from, 0) + 1);
  if (first?.kind !== "value") {
    return first?.kind === "other" && more.length > 0 ? { start: null, more, parts } : null;
  }
  return from < 0 ? null : { start: first.node!, more, parts };
}
