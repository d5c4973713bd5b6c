/** Lists that a program puts together: of other lists, and of what is added to them afterwards. */
import type { CodeValue, ListValue, SpreadValue } from "./values.ts";

/** What is added to a list: one item, or all items of another value; `at` for those that do not go to the end. */
export interface Addition {
  readonly form: "concat" | "append";
  /** Counted from the start; from the end where it is negative. `null` for a place that only a run knows. */
  readonly at?: number | null;
}

export function spreadOf(value: CodeValue): SpreadValue {
  return { kind: "spread", range: value.range, hole: value.hole, value };
}

/** One list behind the other. What has a name stays one item, so that it is known where it is written. */
export function concatenated(values: readonly CodeValue[]): readonly CodeValue[] {
  return values.flatMap((value) =>
    value.kind === "list" && value.reference === null ? value.items : [spreadOf(value)],
  );
}

/** Puts an item where it goes. A place that only a run knows is taken for the end. */
export function insert(items: CodeValue[], item: CodeValue, { at }: Addition): void {
  if (at == null) items.push(item);
  else items.splice(at, 0, item);
}

/** The items with those of lists in it that have a name. */
export function flatItems(list: ListValue): readonly CodeValue[] {
  return list.items.flatMap((item) =>
    item.kind === "spread" && item.value.kind === "list" ? item.value.items : [item],
  );
}
