/** Finds code that tells policies, formats, models or rules apart by their ids or classes. */
import { models } from "../../src/core/cost/catalogue/models.ts";
import { policies } from "../../src/core/policies/registry.ts";
import { rules } from "../../src/findings/rules.ts";
import { formats } from "../../src/prompt/registry.ts";

export interface IdReader {
  /** From 1. */
  readonly line: number;
  readonly code: string;
  readonly advice: string;
}

const kinds = policies.map(({ kind }) => kind);
/** By what is compared. */
const idsOf: Readonly<Record<string, ReadonlySet<string>>> = {
  policy: new Set([...policies.map(({ id }) => id), ...kinds]),
  model: new Set(models.map(({ id }) => id)),
  rule: new Set(rules.map(({ id }) => id)),
  format: new Set(formats.map(({ id }) => id)),
};
/** Ids that are nothing else, whatever they are compared with. */
const unmistakable = new Set(
  [...policies, ...rules, ...formats, ...models].map(({ id }) => id).filter((id) => /[-+/]/.test(id)),
);

const comparison = String.raw`\s*(?:===|!==)\s*`;
const compared = new RegExp(String.raw`(?:${comparison}|\bcase )"([^"]+)"|"([^"]+)"${comparison}`, "g");
/** `args.format` and `values.format` are the output format of the command line. */
const comparedSubject = new RegExp(
  String.raw`(?<!values\.|args\.)\b(policy|model|rule|format)(?:Id|Kind|\.id|\.kind)?${comparison}"([^"]+)"`,
  "g",
);
const takenApart =
  /\b(?:policy|model|rule|format)(?:Id|\.id)(?:\.(?:startsWith|endsWith|includes|slice|split|match)\(| \+)/g;
const classAsked = /\binstanceof (\w+)/g;

const ask = {
  id: "add the answer to the interface (Policy, TemplateFormat, ModelSpec, Rule) and ask for that",
  class: "add the answer to the interface (CacheSystem, Eviction, Policy) and ask for that",
};

/** `classes` are those behind the interfaces that have many. */
export function idReaders(source: string, classes: ReadonlySet<string>): readonly IdReader[] {
  return source.split("\n").flatMap((code, index) => {
    const found: string[] = [];
    for (const [, left, right] of code.matchAll(compared))
      if (unmistakable.has(left ?? right ?? "")) found.push(ask.id);
    for (const [, subject = "", id = ""] of code.matchAll(comparedSubject))
      if (idsOf[subject]?.has(id)) found.push(ask.id);
    if ([...code.matchAll(takenApart)].length > 0) found.push(ask.id);
    for (const [, name = ""] of code.matchAll(classAsked)) if (classes.has(name)) found.push(ask.class);
    return found.slice(0, 1).map((advice) => ({ line: index + 1, code: code.trim(), advice }));
  });
}

/** Names of the classes that a source exports. */
export function classesOf(source: string): readonly string[] {
  return [...source.matchAll(/^export class (\w+)/gm)].map(([, name = ""]) => name);
}
