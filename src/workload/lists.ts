/** How many items a list has and which, and whether a condition holds: assumed by scope, or as declared. */
import type { HoleConfig } from "../config/config.ts";
import { isSorted } from "../prompt/item-order.ts";
import type { BlockSegment } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import type { Notes } from "./assumptions.ts";
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

export interface ListsOptions {
  readonly holes: ReadonlyMap<string, HoleConfig>;
  readonly samples: ReadonlyMap<string, string>;
  readonly assumptions: Notes;
}

/** Items of a list that never changes; a list that changes has between `fewest` and `most`. */
const usualItems = 3;
const fewestItems = 2;
const mostItems = 4;

/** For one template. */
export class Lists {
  readonly #values: Values;
  readonly #options: ListsOptions;
  readonly #declaredCounts = new Map<PlanNode, number>();

  constructor(values: Values, options: ListsOptions) {
    this.#values = values;
    this.#options = options;
  }

  /** `outer` is the key of the item around; empty outside of loops. */
  items(node: PlanNode, block: BlockSegment, outer: string, call: Call): readonly Item[] {
    const { holes, assumptions } = this.#options;
    const { scope } = node.claim!;
    const tokens = holes.get(block.name)?.tokens ?? null;
    const prefix = `${outer}/${block.name}#`;
    const isFixed = scope === "constant";
    const declared = this.#declaredCount(node, block);
    if (declared > 0) {
      // Declared items of a list that changes are the same items in another order, unless they are sorted.
      const order =
        isFixed || isSorted(block.expression)
          ? Array.from({ length: declared }, (_, index) => index)
          : permutation(this.#values.stream("order", prefix, scope, call), declared);
      return order.map((choice) => ({ key: `${prefix}${choice}`, choice, tokens }));
    }
    const count = isFixed
      ? usualItems
      : wholeNumber(this.#values.stream("length", prefix, scope, call), fewestItems, mostItems);
    const said = isFixed
      ? t("{0} items", usualItems)
      : t("{fewest} to {most} items, by {scope}", { fewest: fewestItems, most: mostItems, scope });
    assumptions.add("list-lengths", block.name, said);
    return Array.from({ length: count }, (_, index) => ({ key: `${prefix}${index}`, choice: null, tokens }));
  }

  /** `owner` is the round of the loop that the name belongs to. */
  wanted(node: PlanNode, name: string, owner: Owner | null): Wanted {
    const { scope } = node.claim!;
    if (owner === null) return { name, scope, item: "", choice: null, tokens: null };
    const { block, item } = owner;
    const isWholeItem = itemField(name, block) === "" && !this.#options.holes.has(name);
    return {
      name: isWholeItem ? block.name : name,
      // Declared items stay themselves; only their order changes.
      scope: item.choice === null ? scope : "constant",
      item: item.key,
      choice: item.choice,
      tokens: item.tokens,
    };
  }

  holds(node: PlanNode, block: BlockSegment, owner: Owner | null, call: Call): boolean {
    const { holes, samples, assumptions } = this.#options;
    const { scope } = node.claim!;
    const isNegated = /^(?:if\s+)?(?:not\s|!|\^|#?unless\s)/.test(block.expression.trim());
    if (holes.get(block.name)?.values !== undefined) {
      return isTruthy(this.#values.value(this.wanted(node, block.name, owner), call)) !== isNegated;
    }
    const sample = samples.get(block.name);
    if (sample !== undefined && (scope === "constant" || !/^(?:true|false|)$/i.test(sample))) {
      return isTruthy(sample) !== isNegated;
    }
    if (scope === "constant") {
      assumptions.add("conditions", block.name, t("always"));
      return true;
    }
    assumptions.add("conditions", block.name, t("half of the time, by {0}", scope));
    return this.#values.stream("condition", `${owner?.item.key ?? ""}/${block.name}`, scope, call)() < 0.5;
  }

  /** Items that the configuration declares, through the list itself or through fields of its items; 0 for none. */
  #declaredCount(node: PlanNode, block: BlockSegment): number {
    const known = this.#declaredCounts.get(node);
    if (known !== undefined) return known;
    const { holes } = this.#options;
    let count = holes.get(block.name)?.values?.length ?? 0;
    const left: PlanNode[] = [...node.body];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { segment } = next;
      if (segment.kind === "hole" && isItemName(segment.name, block, new Set())) {
        count = Math.max(count, holes.get(segment.name)?.values?.length ?? 0);
      }
      left.push(...next.body, ...next.otherwise);
    }
    this.#declaredCounts.set(node, count);
    return count;
  }
}

function isTruthy(value: string): boolean {
  return !/^(?:|false|0|no|none|null|off)$/i.test(value.trim());
}
