/** What the opening tags of statements say, as plain data. */
import { closingBracket, type Lexemes, splitAtTop, splitOnce } from "./lexemes.ts";
import { readPath } from "./reads.ts";
import { type Filter, filterOf } from "./values.ts";

export interface Argument {
  /** `null` for a positional one. */
  readonly name: string | null;
  readonly value: Lexemes;
}

export function argumentsOf(lexemes: Lexemes): readonly Argument[] {
  if (lexemes.length === 0) return [];
  return splitAtTop(lexemes, [","]).map((part) =>
    part[0]?.kind === "name" && part[1]?.text === "="
      ? { name: part[0].text, value: part.slice(2) }
      : { name: null, value: part },
  );
}

/** `macro name(first, second=default)`: its parameters with their defaults. */
export function parametersOf(head: Lexemes): readonly { readonly name: string; readonly value: Lexemes }[] {
  if (head[1]?.text !== "(") return [];
  return argumentsOf(head.slice(2, closingBracket(head, 1))).flatMap(({ name, value }) => {
    if (name !== null) return [{ name, value }];
    return value[0]?.kind === "name" ? [{ name: value[0].text, value: [] }] : [];
  });
}

/** The value that a call gives to one parameter; the default when it gives none. */
export function argumentFor(
  parameters: readonly { readonly name: string; readonly value: Lexemes }[],
  index: number,
  given: readonly Argument[],
): Lexemes {
  const parameter = parameters[index]!;
  const named = given.find((argument) => argument.name === parameter.name);
  if (named !== undefined) return named.value;
  const positional = given[index];
  return positional !== undefined && positional.name === null ? positional.value : parameter.value;
}

/** `for a, b in list if test`. */
export function loopOf(head: Lexemes): { items: readonly string[]; list: Lexemes; filter: Lexemes } {
  const [targets, rest] = splitOnce(head, "in");
  const [list, filter] = splitOnce(rest ?? [], "if");
  const items = targets.filter((lexeme) => lexeme.kind === "name").map((lexeme) => lexeme.text);
  return { items, list, filter: filter ?? [] };
}

/** `set a, b = value`, or `set a | filter` before a body. */
export function assignmentOf(head: Lexemes): {
  paths: readonly string[];
  value: Lexemes | null;
  filters: readonly Filter[];
} {
  const [targets, value] = splitOnce(head, "=");
  const [names = [], ...filters] = splitAtTop(targets, ["|"]);
  const paths = splitAtTop(names, [","]).flatMap((target) =>
    target[0]?.kind === "name" ? [readPath(target, 0).path] : [],
  );
  return { paths, value, filters: filters.map(filterOf) };
}

/** `include "a" ignore missing without context`. */
export function inclusionOf(head: Lexemes): { target: Lexemes; optional: boolean } {
  const options = head.findIndex(
    ({ kind, text }, index) => index > 0 && kind === "name" && /^(?:ignore|with|without)$/.test(text),
  );
  if (options < 0) return { target: head, optional: false };
  return { target: head.slice(0, options), optional: head[options]!.text === "ignore" };
}

/** Names that `import … as name` and `from … import name, other as alias` bind. */
export function importedNames(keyword: string, head: Lexemes): readonly string[] {
  const [, imported] = splitOnce(head, keyword === "from" ? "import" : "as");
  return splitAtTop(imported ?? [], [","]).flatMap((part) => {
    const name = part[1]?.text === "as" ? part[2] : part[0];
    return name?.kind === "name" ? [name.text] : [];
  });
}

/** `call(a) macro(b)`: the call itself, without what it hands back. */
export function calledMacro(head: Lexemes): Lexemes {
  return head[0]?.text === "(" ? head.slice(closingBracket(head, 0) + 1) : head;
}
