/** Tools that a call offers to the model, where the code writes them out. */
import type { CacheMarker, ToolDefinition } from "../template.ts";
import { cacheMarkersOf } from "./messages.ts";
import { knownText } from "./pieces.ts";
import { type CodeValue, entry, type RecordValue } from "./values.ts";

export interface ToolList {
  readonly tools: readonly ToolDefinition[];
  /** Places among them up to which they ask to keep the prefix. */
  readonly cacheMarkers: readonly CacheMarker[];
}

/** The definitions of a list of tools, in their order; those that only a run knows are left out. */
export function readTools(path: string, value: CodeValue | undefined): ToolList {
  const records = recordsOf(value);
  return {
    tools: records.map((record) => ({
      name: nameOf(record),
      json: JSON.stringify(jsonOf(record)),
      path,
      range: record.range,
    })),
    cacheMarkers: records.flatMap((record) => cacheMarkersOf(record, record.range.end)),
  };
}

function recordsOf(value: CodeValue | undefined): readonly RecordValue[] {
  if (value?.kind !== "list") return [];
  return value.items.flatMap((item): readonly RecordValue[] => {
    if (item.kind === "spread") return recordsOf(item.value);
    return item.kind === "record" ? [item] : [];
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

/** Keys that speak to the API, and not to the model. */
const unsent: ReadonlySet<string> = new Set(["cache_control", "cacheControl"]);

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
      return Object.fromEntries(
        value.entries.flatMap(({ key, value: inner }) => (unsent.has(key) ? [] : [[key, jsonOf(inner)]])),
      );
    case "spread":
    case "call":
    case "opaque":
      return `{${value.hole().expression}}`;
  }
}
