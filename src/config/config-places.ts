/** Places of promptcache.json, and which words are right there. */
import type { JSONPath } from "jsonc-parser";
import { configRule } from "./parse-config.ts";
import type { Rule } from "./rules.ts";

/** A key or a value, by the keys and indices that lead there. */
export interface ConfigPlace {
  readonly path: JSONPath;
  readonly isKey: boolean;
}

/** Words that the workspace or a catalogue knows. */
export type ConfigSlot =
  | "model"
  | "gpu"
  | "policy"
  | "chatTemplate"
  /** Ids, and globs over paths. */
  | "templates"
  /** Ids of what a request can be made of. */
  | "parts"
  | "globs"
  | "holes"
  | "rules";

const any = "*";

const keys: readonly (readonly [path: readonly string[], slot: ConfigSlot])[] = [
  [["templates", any], "templates"],
  [["formats", any], "globs"],
  [["holes", any], "holes"],
  [["templates", any, "holes", any], "holes"],
  [["applications", any, "holes", any], "holes"],
];

const values: typeof keys = [
  [["model"], "model"],
  [["gpu"], "gpu"],
  [["policy"], "policy"],
  [["chatTemplate"], "chatTemplate"],
  [["include", any], "globs"],
  [["exclude", any], "globs"],
  [["ignore", any, "rule"], "rules"],
  [["ignore", any, "templates"], "templates"],
  ...["system", "examples", "question"].flatMap((part): typeof keys => [
    [["applications", any, part], "parts"],
    [["applications", any, part, any], "parts"],
  ]),
];

/** `null` where the words, if there are any, are those of the file itself. */
export function slotAt({ path, isKey }: ConfigPlace): ConfigSlot | null {
  const found = (isKey ? keys : values).find(
    ([pattern]) =>
      pattern.length === path.length && pattern.every((part, at) => part === any || part === path[at]),
  );
  return found?.[1] ?? null;
}

/** Keys and values that are the same everywhere; none where anything may stand. */
export function fixedWords({ path, isKey }: ConfigPlace): readonly string[] {
  const rule = ruleAt(isKey ? path.slice(0, -1) : path);
  return (isKey ? Object.keys(rule?.keys ?? {}) : rule?.words) ?? [];
}

function ruleAt(path: JSONPath): Rule<unknown> | undefined {
  return path.reduce<Rule<unknown> | undefined>((rule, key) => rule?.keys?.[key] ?? rule?.each, configRule);
}
