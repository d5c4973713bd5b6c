/** Tools that a call offers to the model, where the code writes them out. */
import type { CacheMarker, ToolDefinition } from "../template.ts";
import type { Problem, TextRange } from "../text.ts";
import { listOf } from "./lists.ts";
import { cacheMarkersOf, cachePointOf, isCachePoint } from "./messages.ts";
import { dedentPieces, knownText, trimPieces } from "./pieces.ts";
import {
  type CallValue,
  type CodeValue,
  entry,
  type FunctionValue,
  lastPart,
  type RecordValue,
  type TextValue,
} from "./values.ts";

export interface ToolList {
  readonly tools: readonly ToolDefinition[];
  /** Places among them up to which they ask to keep the prefix. */
  readonly cacheMarkers: readonly CacheMarker[];
  /** What is not known of their text and their order. */
  readonly problems: readonly Problem[];
}

/** The definitions of tools in their order; those that only a run knows are left out. */
export function readTools(path: string, values: readonly (CodeValue | undefined)[]): ToolList {
  const written = values.flatMap(writtenTools);
  return {
    tools: written.map(({ name, definition, range }) => ({
      name,
      json: JSON.stringify(definition),
      path,
      range,
    })),
    cacheMarkers: [
      ...written.flatMap(({ options, range }) => cacheMarkersOf(options, range.end)),
      ...values.flatMap(cachePoints),
    ],
    problems: values.flatMap((value) => (value === undefined ? [] : flawsOf(value, written.length))),
  };
}

/** Tools stand in front of everything: what is not known of them, and an order that nobody fixed, is said. */
function flawsOf(value: CodeValue, count: number): readonly Problem[] {
  const flaws: Problem[] = [];
  if (isUnordered(value) && count > 1) {
    flaws.push({
      range: value.range,
      severity: "warning",
      message:
        "These tools have no order of their own: each process may send them in another, and all behind them, which is the whole prompt, is then prefilled again. Sort them by name.",
    });
  }
  const unknown = unknownTools(value, 0);
  if (unknown !== null) {
    const { expression } = unknown.hole();
    flaws.push({
      range: unknown.range,
      severity: "information",
      message: `Tools from \`${expression}\` could not be followed: their text, number and order are not known and not counted, though they stand in front of everything. Sort them by name.`,
    });
  }
  return flaws;
}

function isUnordered(value: CodeValue): boolean {
  if (value.kind !== "list") return false;
  return (
    value.isUnordered === true ||
    value.items.some((item) => item.kind === "spread" && isUnordered(item.value))
  );
}

/** The first value that may be several tools, and does not show which; `null` where all are seen. */
function unknownTools(value: CodeValue, depth: number): CodeValue | null {
  if (depth > deepest) return null;
  const inner = (values: readonly CodeValue[]) => {
    for (const each of values) {
      const found = unknownTools(each, depth + 1);
      if (found !== null) return found;
    }
    return null;
  };
  switch (value.kind) {
    case "list":
      return inner(value.items);
    case "spread":
      return value.value.kind === "opaque" || value.value.kind === "call" || value.value.kind === "text"
        ? value.value
        : unknownTools(value.value, depth + 1);
    case "maybe":
      return unknownTools(value.value, depth + 1);
    case "repeat":
      return value;
    case "opaque":
    case "text":
      return depth === 0 ? value : null;
    case "call":
      return depth === 0 && toolOf(value, null) === null ? value : null;
    default:
      return null;
  }
}

/** Lists in lists that tools are looked for in. */
const deepest = 8;

/** Among tools they are items of their own. */
function cachePoints(value: CodeValue | undefined): readonly CacheMarker[] {
  if (value?.kind !== "list") return [];
  return value.items.flatMap((item, at) =>
    isCachePoint(item) ? cachePointOf(item, value.items[at - 1]) : [],
  );
}

interface WrittenTool {
  readonly name: string;
  readonly definition: Json;
  /** What is written of the tool. */
  readonly options: RecordValue;
  readonly range: TextRange;
}

/** A list of tools, or an object of them by name (AI SDK). */
function writtenTools(value: CodeValue | undefined): readonly WrittenTool[] {
  if (value?.kind === "record") {
    return value.entries.map(({ key, value: tool }) => toolOf(tool, key)).filter((tool) => tool !== null);
  }
  if (value?.kind !== "list") return [];
  return value.items.flatMap((item): readonly WrittenTool[] => {
    if (item.kind === "spread") return writtenTools(item.value);
    if (item.kind === "maybe") return writtenTools(listOf(item, [item.value]));
    if (isCachePoint(item)) return [];
    const tool = toolOf(item, null);
    return tool === null ? [] : [tool];
  });
}

/** `key` is the name that an object gives the tool. */
function toolOf(value: CodeValue, key: string | null): WrittenTool | null {
  if (value.kind === "record" && key === null) {
    return { name: nameOf(value), definition: jsonOf(value), options: value, range: value.range };
  }
  if (value.kind === "function") return toolOfFunction(value);
  const options = optionsOf(value);
  if (options === null) return null;
  const name = key ?? nameOf(options);
  const description = entry(options, "description");
  const schema = schemaKeys.map((one) => entry(options, one)).find((found) => found !== undefined);
  const definition: Json = {
    type: "function",
    function: {
      name,
      ...(description === undefined ? {} : { description: jsonOf(description) }),
      ...(schema === undefined ? {} : { parameters: jsonOf(schema) }),
    },
  };
  return { name, definition, options, range: value.range };
}

/** A function that is offered by its name, its documentation and its types, as SDKs of Python make the definition. */
function toolOfFunction({ tool, parameters, range, hole }: FunctionValue): WrittenTool | null {
  if (tool === null) return null;
  // What a framework passes by itself is not asked of the model.
  const asked = parameters.filter(({ name, type = "" }) => name !== null && !ofFramework.test(type));
  const properties = Object.fromEntries(
    asked.map(({ name, type }) => [name!, { type: jsonType(type ?? "") }] as const),
  );
  const required = asked.flatMap(({ name, fallback }) => (fallback === null ? [name!] : []));
  const description = tool.documentation === null ? {} : { description: documented(tool.documentation) };
  const schema = { type: "object", properties, required };
  const definition: Json = {
    type: "function",
    function: { name: tool.name, ...description, parameters: schema },
  };
  const options: RecordValue = { kind: "record", range, hole, entries: [], isWhole: true };
  return { name: tool.name, definition, options, range };
}

const ofFramework =
  /\b(?:RunContext|RunContextWrapper|ToolContext|Context|InjectedToolArg|InjectedState|ToolRuntime)\b/;

function documented({ pieces }: TextValue): string {
  return knownText(trimPieces(dedentPieces(pieces), "both"));
}

function jsonType(type: string): string {
  const plain = type
    .replace(/^(?:Optional|Annotated)\[\s*([^,\]]*)[\s\S]*$/, "$1")
    .replace(/\s*\|\s*None$/, "")
    .trim();
  if (/^(?:int|integer)$/.test(plain)) return "integer";
  if (/^(?:float|Decimal|number)$/.test(plain)) return "number";
  if (/^bool/.test(plain)) return "boolean";
  if (/^(?:list|List|set|Sequence|tuple)\b/.test(plain)) return "array";
  return /^(?:dict|Dict|Mapping|BaseModel)\b/.test(plain) ? "object" : "string";
}

const schemaKeys = ["inputSchema", "parameters", "schema"] as const;

/** `tool({ description, inputSchema })`, `tool(run, { name, description, schema })`, or the object alone. */
function optionsOf(value: CodeValue): RecordValue | null {
  if (value.kind === "record") return value;
  if (value.kind !== "call" || !isToolCall(value)) return null;
  const entries = [...value.named].map(([key, inner]) => ({ key, value: inner }));
  return { kind: "record", range: value.range, hole: value.hole, entries, isWhole: true };
}

/** Whether a call makes a tool: `tool({ … })`, `new DynamicStructuredTool({ … })`. */
export function isToolCall({ callee }: CallValue): boolean {
  return /tool$/i.test(lastPart(callee));
}

/** `{"type": "function", "function": {"name": …}}`, `{"toolSpec": {"name": …}}`, or `{"name": …}`. */
function nameOf(tool: RecordValue): string {
  const inner = entry(tool, "function") ?? entry(tool, "toolSpec");
  const name = entry(tool, "name") ?? (inner?.kind === "record" ? entry(inner, "name") : undefined);
  const type = name ?? entry(tool, "type");
  return type?.kind === "text" ? knownText(type.pieces) : "tool";
}

/** The value as JSON; `null` where a part of it is only known by a run. */
export function writtenJson(value: CodeValue): string | null {
  return isKnown(value) ? JSON.stringify(jsonOf(value)) : null;
}

function isKnown(value: CodeValue): boolean {
  switch (value.kind) {
    case "text":
      return value.pieces.every(({ kind }) => kind === "literal" || kind === "reference");
    case "literal":
      return true;
    case "list":
      return value.items.every(isKnown);
    case "record":
      return value.isWhole && value.entries.every((each) => isKnown(each.value));
    default:
      return false;
  }
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
    default:
      return `{${value.hole().expression}}`;
  }
}
