/**
 * A small vocabulary of rules for JSON values with source positions.
 * A rule reads what is valid and reports the rest; one bad value never costs its neighbours.
 */
import { getNodeValue, type Node } from "jsonc-parser";
import type { Problem, TextRange } from "../prompt/text.ts";
import type { Entry, Located } from "./config.ts";
import { nearestWord } from "./did-you-mean.ts";
import { type Kind, quoted } from "./setting-kinds.ts";

export interface Rule<T> {
  /** The value, or `undefined` when nothing of it can be used. */
  read(node: Node, name: string, problems: Problem[]): T | undefined;
  /** Keys with their rules, for objects; what the schema is compared with. */
  readonly keys?: Readonly<Record<string, Rule<unknown>>>;
  /** Rule of each entry, for lists and for objects with free keys. */
  readonly each?: Rule<unknown>;
  /** All values that are valid, where those are a few words. */
  readonly words?: readonly string[];
}

/** Text that must match `pattern`; `expected` completes "must be ...". */
export function text(pattern: Pick<RegExp, "test">, expected: string): Rule<string> {
  return {
    read(node, name, problems) {
      const value: unknown = getNodeValue(node);
      if (typeof value === "string" && pattern.test(value)) return value;
      problems.push(mustBe(node, name, expected));
      return undefined;
    },
  };
}

/** What a setting can hold. */
export function kindOf<T>({ parse, expected, words }: Kind<T>): Rule<T> {
  return {
    ...(words !== undefined && { words }),
    read(node, name, problems) {
      const value = parse(getNodeValue(node));
      if (value !== null) return value;
      problems.push(mustBe(node, name, quoted(expected)));
      return undefined;
    },
  };
}

/** A number with `low <= value <= high`, or `low < value` when `isOpen`. */
export function number(
  low: number,
  high: number,
  options: { readonly isWhole?: boolean; readonly isOpen?: boolean } = {},
): Rule<number> {
  const noun = options.isWhole === true ? "a whole number" : "a number";
  const expected =
    options.isOpen === true ? `${noun} above ${low}, at most ${high}` : `${noun} from ${low} to ${high}`;
  return {
    read(node, name, problems) {
      const value: unknown = getNodeValue(node);
      if (
        typeof value === "number" &&
        value <= high &&
        (options.isOpen === true ? value > low : value >= low) &&
        (options.isWhole !== true || Number.isInteger(value))
      ) {
        return value;
      }
      problems.push(mustBe(node, name, expected));
      return undefined;
    },
  };
}

export function choice<const T extends string>(values: readonly T[]): Rule<T> {
  return {
    words: values,
    read(node, name, problems) {
      const value: unknown = getNodeValue(node);
      const found = values.find((candidate) => candidate === value);
      if (found !== undefined) return found;
      const nearest = typeof value === "string" ? nearestWord(value, values) : null;
      const expected = `one of ${values.map((candidate) => `"${candidate}"`).join(", ")}`;
      problems.push(
        mustBe(node, name, nearest === null ? expected : `${expected}; did you mean "${nearest}"?`),
      );
      return undefined;
    },
  };
}

export function list<T>(each: Rule<T>, minimum = 0): Rule<readonly T[]> {
  return {
    each,
    read(node, name, problems) {
      const children = node.type === "array" ? (node.children ?? []) : null;
      if (children === null || children.length < minimum) {
        problems.push(mustBe(node, name, minimum > 0 ? "a list with at least one entry" : "a list"));
        return undefined;
      }
      const values: T[] = [];
      for (const child of children) {
        const value = each.read(child, `an entry of ${name}`, problems);
        if (value !== undefined) values.push(value);
      }
      // A list that has lost all its entries is as good as not given.
      return values.length < minimum ? undefined : values;
    },
  };
}

/** A list, or one entry that needs no brackets. */
export function oneOrMore<T>(each: Rule<T>): Rule<readonly T[]> {
  const several = list(each, 1);
  return {
    read(node, name, problems) {
      if (node.type === "array") return several.read(node, name, problems);
      const value = each.read(node, name, problems);
      return value === undefined ? undefined : [value];
    },
  };
}

/** The value with its place in the file. */
export function located<T>(rule: Rule<T>): Rule<Located<T>> {
  return {
    ...rule,
    read(node, name, problems) {
      const value = rule.read(node, name, problems);
      return value === undefined ? undefined : { range: rangeOf(node), value };
    },
  };
}

/** An object with known keys, all optional. */
export function object<T extends object>(
  keys: {
    readonly [K in keyof T]-?: Rule<NonNullable<T[K]>>;
  },
): Rule<T> {
  const rules = keys as Readonly<Record<string, Rule<unknown>>>;
  return {
    keys: rules,
    read(node, name, problems) {
      const values = new Map<string, unknown>();
      const isObject = eachProperty(node, name, problems, (key, keyNode, valueNode) => {
        const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
        if (rule === undefined) {
          problems.push(unknownKey(keyNode, key, name, Object.keys(rules)));
          return;
        }
        const value = rule.read(valueNode, `"${key}"`, problems);
        if (value === undefined) values.delete(key);
        else values.set(key, value);
      });
      return isObject ? (Object.fromEntries(values) as T) : undefined;
    },
  };
}

/** An object whose keys the author chooses. */
export function entries<T>(
  each: Rule<T>,
  keyPattern: Pick<RegExp, "test">,
  keyExpected: string,
): Rule<readonly Entry<T>[]> {
  return {
    each,
    read(node, name, problems) {
      const found = new Map<string, Entry<T>>();
      const isObject = eachProperty(node, name, problems, (key, keyNode, valueNode) => {
        if (!keyPattern.test(key)) {
          problems.push(mustBe(keyNode, `The key "${key}" in ${name}`, keyExpected));
          return;
        }
        const value = each.read(valueNode, `"${key}"`, problems);
        if (value !== undefined) found.set(key, { key, range: rangeOf(keyNode), value });
      });
      return isObject ? [...found.values()] : undefined;
    },
  };
}

export function rangeOf(node: Node): TextRange {
  return { start: node.offset, end: node.offset + node.length };
}

function eachProperty(
  node: Node,
  name: string,
  problems: Problem[],
  visit: (key: string, keyNode: Node, valueNode: Node) => void,
): boolean {
  if (node.type !== "object") {
    problems.push(mustBe(node, name, "an object in braces"));
    return false;
  }
  const seen = new Set<string>();
  for (const property of node.children ?? []) {
    const [keyNode, valueNode] = property.children ?? [];
    // A half-typed property has no value yet; the JSON parser has already said so.
    if (keyNode === undefined || valueNode === undefined) continue;
    const key = String(getNodeValue(keyNode));
    if (seen.has(key)) problems.push(repeatedKey(keyNode, key));
    seen.add(key);
    visit(key, keyNode, valueNode);
  }
  return true;
}

function mustBe(node: Node, name: string, expected: string): Problem {
  const end = expected.endsWith("?") ? "" : ".";
  return {
    range: rangeOf(node),
    severity: "error",
    message: `${capitalized(name)} must be ${expected}${end}`,
  };
}

function unknownKey(node: Node, key: string, name: string, known: readonly string[]): Problem {
  const nearest = nearestWord(key, known);
  const advice = nearest === null ? `known here: ${known.join(", ")}.` : `did you mean "${nearest}"?`;
  return {
    range: rangeOf(node),
    severity: "warning",
    message: `"${key}" is not a key of ${name}, so it has no effect; ${advice}`,
  };
}

function repeatedKey(node: Node, key: string): Problem {
  return {
    range: rangeOf(node),
    severity: "warning",
    message: `"${key}" is given twice, and only the last one counts; remove one of them.`,
  };
}

function capitalized(name: string): string {
  return name[0]!.toUpperCase() + name.slice(1);
}
