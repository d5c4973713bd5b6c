/** How many items a list has and which, and whether a condition holds: assumed by scope, or as declared. */
import type { HoleConfig } from "../config/config.ts";
import type { BlockSegment, Scope } from "../prompt/template.ts";
import type { Assumptions } from "./assumptions.ts";
import { isItemName, itemField } from "./item-names.ts";
import type { PlanNode } from "./plan.ts";
import { permutation, wholeNumber } from "./random.ts";
import type { Call, Values, Wanted } from "./values.ts";

export interface Item {
  /** Tells the item from the others of its list, and from items of other lists. */
  readonly key: string;
  /** Which of the declared values it takes; `null` when none are declared. */
  readonly choice: number | null;
  /** Length of each field in tokens, where the list declares one. */
  readonly tokens: number | null;
}

/** The round of the loop that a name belongs to. */
interface Owner {
  readonly block: BlockSegment;
  readonly item: Item;
}

export interface Lists {
  items(node: PlanNode, block: BlockSegment, scope: Scope, outer: string, call: Call): readonly Item[];
  wanted(node: PlanNode, name: string, owner: Owner | null): Wanted;
  holds(node: PlanNode, block: BlockSegment, owner: Owner | null, call: Call): boolean;
}

/** Items of a list that never changes; a list that changes has between `fewest` and `most`. */
const usualItems = 3;
const fewestItems = 2;
const mostItems = 4;

export function createLists(
  values: Values,
  options: {
    readonly holes: ReadonlyMap<string, HoleConfig>;
    readonly samples: ReadonlyMap<string, string>;
    readonly assumptions: Assumptions;
  },
): Lists {
  const { holes, samples, assumptions } = options;
  const poolSizes = new Map<PlanNode, number>();

  /** Items that the configuration declares, through the list itself or through fields of its items; 0 for none. */
  function poolSize(node: PlanNode, block: BlockSegment): number {
    let size = poolSizes.get(node);
    if (size !== undefined) return size;
    size = holes.get(block.name)?.values?.length ?? 0;
    const left: PlanNode[] = [...node.body];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { segment } = next;
      if (segment.kind === "hole" && isItemName(segment.name, block, new Set())) {
        size = Math.max(size, holes.get(segment.name)?.values?.length ?? 0);
      }
      left.push(...next.body, ...next.otherwise);
    }
    poolSizes.set(node, size);
    return size;
  }

  function items(node: PlanNode, block: BlockSegment, scope: Scope, outer: string, call: Call) {
    const tokens = holes.get(block.name)?.tokens ?? null;
    const prefix = `${outer}/${block.name}#`;
    const declared = poolSize(node, block);
    if (declared > 0) {
      const stream = values.stream("order", prefix, scope, call);
      // Declared items of a list that changes are the same items in another order.
      const order =
        scope === "constant" ? Array.from({ length: declared }, (_, i) => i) : permutation(stream, declared);
      return order.map((choice) => ({ key: `${prefix}${choice}`, choice, tokens }));
    }
    const isFixed = scope === "constant";
    const count = isFixed
      ? usualItems
      : wholeNumber(values.stream("length", prefix, scope, call), fewestItems, mostItems);
    assumptions.add(
      "list-lengths",
      block.name,
      isFixed ? `${usualItems} items` : `${fewestItems} to ${mostItems} items, by ${scope}`,
    );
    return Array.from({ length: count }, (_, index) => ({ key: `${prefix}${index}`, choice: null, tokens }));
  }

  function wanted(node: PlanNode, name: string, owner: Owner | null): Wanted {
    const scope = node.claim!.scope;
    if (owner === null) return { name, scope, item: "", choice: null, tokens: null };
    const { block, item } = owner;
    const isWholeItem = itemField(name, block) === "";
    return {
      name: isWholeItem && !holes.has(name) ? block.name : name,
      // Declared items stay themselves; only their order changes.
      scope: item.choice === null ? scope : "constant",
      item: item.key,
      choice: item.choice,
      tokens: item.tokens,
    };
  }

  function holds(node: PlanNode, block: BlockSegment, owner: Owner | null, call: Call): boolean {
    const scope = node.claim!.scope;
    const isNegated = /^(?:if\s+)?(?:not\s|!|\^|#?unless\s)/.test(block.expression.trim());
    if (holes.get(block.name)?.values !== undefined) {
      return isTruthy(values.value(wanted(node, block.name, owner), call)) !== isNegated;
    }
    const sample = samples.get(block.name);
    if (sample !== undefined && (scope === "constant" || !/^(?:true|false|)$/i.test(sample))) {
      return isTruthy(sample) !== isNegated;
    }
    if (scope === "constant") {
      assumptions.add("conditions", block.name, "always");
      return true;
    }
    assumptions.add("conditions", block.name, `half of the time, by ${scope}`);
    return values.stream("condition", `${owner?.item.key ?? ""}/${block.name}`, scope, call)() < 0.5;
  }

  return { items, wanted, holds };
}

function isTruthy(value: string): boolean {
  return !/^(?:|false|0|no|none|null|off)$/i.test(value.trim());
}
