/** Tools that a call offers to the model, where the code writes them out. */
import type { ToolDefinition } from "../template.ts";
import { knownText } from "./pieces.ts";
import { type CodeValue, entry, type RecordValue } from "./values.ts";

/** The definitions of a list of tools, in their order; those that only a run knows are left out. */
export function readTools(path: string, value: CodeValue | undefined): readonly ToolDefinition[] {
  if (value?.kind !== "list") return [];
  return value.items.flatMap((item): readonly ToolDefinition[] => {
    if (item.kind === "spread") return readTools(path, item.value);
    if (item.kind !== "record") return [];
    return [{ name: nameOf(item), json: JSON.stringify(jsonOf(item)), path, range: item.range }];
  });
}

/** `{"type": "function", "function": {"name": …}}`, or `{"name": …}`. */
function nameOf(tool: RecordValue): string {
  const inner = entry(tool, "function");
  const name = entry(tool, "name") ?? (inner?.kind === "record" ? entry(inner, "name") : undefined);
  const type = name ?? entry(tool, "type");
  return type?.kind === "text" ? knownText(type.pieces) : "tool";
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What only a run knows stands as its expression. */
function jsonOf(value: CodeValue): Json {
  switch (value.kind) {
    case "text":
      return knownText(value.pieces);
    case "literal":
      return value.value;
    case "list":
      return value.items.map(jsonOf);
    case "record":
      return Object.fromEntries(value.entries.map(({ key, value: inner }) => [key, jsonOf(inner)]));
    case "spread":
    case "call":
    case "opaque":
      return `{${value.hole().expression}}`;
  }
}
