/** Tools that a call offers to the model, where the code writes them out. */
import type { CacheMarker, ImportedTool, ScopeClaim, ToolDefinition, ToolOrder } from "../template.ts";
import type { Problem, TextRange } from "../text.ts";
import { handoffOf } from "./handoffs.ts";
import { listOf } from "./lists.ts";
import { cacheMarkersOf, cachePointOf, isCachePoint } from "./messages.ts";
import { dedentPieces, hasImports, knownText, trimPieces } from "./pieces.ts";
import {
  type CallValue,
  type CodeValue,
  callBehind,
  entry,
  type FunctionValue,
  type ListValue,
  lastPart,
  type MaybeValue,
  type RecordValue,
  type TextValue,
} from "./values.ts";

export interface ToolList {
  readonly tools: readonly ToolDefinition[];
  /** Those that are written in other files. */
  readonly importedTools: readonly ImportedTool[];
  /** Places among them up to which they ask to keep the prefix. */
  readonly cacheMarkers: readonly CacheMarker[];
  /** `null` where their order is fixed, or there is none of several. */
  readonly order: ToolOrder | null;
  /** What is not known of their text and their number. */
  readonly problems: readonly Problem[];
}

interface OtherTools {
  readonly handoffs?: CodeValue | undefined;
  readonly servers?: CodeValue | undefined;
}

/**
 * The definitions of tools in their order, behind them `handoffs` as such; those that only a run knows are left out, as are all of
 * `servers`, which tell theirs when they run.
 */
export function readTools(
  path: string,
  values: readonly (CodeValue | undefined)[],
  { handoffs, servers }: OtherTools = {},
): ToolList {
  const written: WrittenTool[] = [];
  const importedTools: ImportedTool[] = [];
  for (const tool of values.flatMap(offeredTools)) {
    if ("module" in tool) importedTools.push({ ...tool, after: written.length });
    else written.push(tool);
  }
  written.push(...handedOver(handoffs));
  return {
    tools: written.map((tool) => definitionOf(path, tool)),
    importedTools,
    cacheMarkers: [
      ...written.flatMap(({ options, range }) => cacheMarkersOf(options, range.end)),
      ...values.flatMap(cachePoints),
    ],
    order: written.length + importedTools.length < 2 ? null : orderOf(values),
    problems: [
      ...values.flatMap((value) => (value === undefined ? [] : flawsOf(path, value))),
      ...unreadProblem(unreadHandoffs(handoffs)),
      ...(servers === undefined || isNothing(servers) ? [] : [unfollowedProblem(path, servers)]),
    ],
  };
}

/** Tools stand in front of everything: what is not known of them is said. */
function flawsOf(path: string, value: CodeValue): readonly Problem[] {
  const unknown = unknownTools(value, 0);
  const unread = unknown === null ? unreadProblem(unreadTools(value, 0)) : [unfollowedProblem(path, unknown)];
  return [...unread, ...conditionalProblem(conditionalTools(value, 0))];
}

/** A tool that is there where a condition holds. */
interface Conditional {
  readonly name: string;
  readonly choice: MaybeValue["choice"];
}

/** A tool that is not always there changes the start of all that is sent. */
function conditionalProblem(conditional: readonly Conditional[]): readonly Problem[] {
  const [first] = conditional;
  if (first === undefined) return [];
  const names = [...new Set(conditional.map(({ name }) => `\`${name}\``))];
  const asked = [...new Set(conditional.map(({ choice }) => `\`${choice.expression}\``))];
  const [what, are] = names.length === 1 ? ["The tool", "is"] : ["The tools", "are"];
  const listed = (all: readonly string[]) =>
    all.slice(0, mostNamed).join(", ") + (all.length > mostNamed ? " and others" : "");
  const message = `${what} ${listed(names)} ${are} offered as ${listed(asked)} decides, and counted as always there: requests with and without share nothing, as tools stand in front of everything.`;
  return [{ range: first.choice.range, severity: "information", message }];
}

function conditionalTools(value: CodeValue, depth: number): readonly Conditional[] {
  if (depth > deepest) return [];
  if (value.kind === "maybe") {
    const names = offeredTools(listOf(value, [value])).map(({ name }) => name);
    const { choice } = value;
    return (names.length > 0 ? names : [surely(value).hole().name]).map((name) => ({ name, choice }));
  }
  if (value.kind === "text") return importedList(value).conditional;
  if (value.kind === "spread") return conditionalTools(value.value, depth + 1);
  if (value.kind === "list") return value.items.flatMap((item) => conditionalTools(item, depth + 1));
  if (value.kind !== "record" || depth > 0) return [];
  return value.entries.flatMap(({ key, value: tool }) =>
    tool.kind === "maybe" ? [{ name: key, choice: tool.choice }] : [],
  );
}

function unfollowedProblem(path: string, value: CodeValue): Problem {
  const { expression } = value.hole();
  const message = `Tools from \`${expression}\` could not be followed: their text, number and order are not known and not counted, though they stand in front of everything. ${adviceFor(path, value)}`;
  return { range: value.range, severity: "information", message };
}

/** A map gives its values as they were put in, where the language says so: then only what fills it may change their order. */
function adviceFor(path: string, value: CodeValue): string {
  const written = [value.hole().expression, callBehind(value)?.hole().expression ?? ""];
  return keepsInsertionOrder.test(path) && written.some((expression) => ofMap.test(expression))
    ? "They come in the order in which they were put in: keep that one, also where they are loaded at the same time."
    : "Sort them by name, unless something else keeps their order.";
}

/** https://docs.python.org/3/library/stdtypes.html#dict, ECMAScript (`Map`, `Object.values`), PHP's arrays and Ruby's hashes. */
const keepsInsertionOrder = /\.(?:py|ipynb|[cm]?[jt]sx?|php|rb)$/i;
const ofMap = /\.(?:values|items|entries)(?:\(\))?(?:\W|$)|\bObject\.(?:values|entries)\(|\barray_values\(/;

function isNothing(value: CodeValue): boolean {
  if (value.kind === "literal") return true;
  if (value.kind === "record") return value.isWhole && value.entries.length === 0;
  return value.kind === "list" && value.items.length === 0;
}

/** Said of tools that are seen one by one, and say nothing of themselves here. */
function unreadProblem(unread: readonly CodeValue[]): readonly Problem[] {
  const [first, ...others] = unread;
  if (first === undefined) return [];
  const names = unread.slice(0, mostNamed).map((each) => `\`${each.hole().expression}\``);
  const more = unread.length > mostNamed ? " and others" : "";
  const [what, are] = others.length === 0 ? ["text of the tool", "is"] : ["texts of the tools", "are"];
  const message = `The ${what} ${names.join(", ")}${more} ${are} not known and not counted, though tools stand in front of everything.`;
  return [{ range: first.range, severity: "information", message }];
}

const mostNamed = 5;

/** Objects of libraries, and names of which nobody sees what they stand for. */
function unreadTools(value: CodeValue, depth: number): readonly CodeValue[] {
  if (depth > deepest) return [];
  switch (value.kind) {
    case "list":
      return value.items.flatMap((item) => unreadTools(item, depth + 1));
    case "spread":
    case "maybe":
      return unreadTools(value.value, depth + 1);
    case "record":
      // A tool by itself, where it stands in a list.
      return depth > 0 ? [] : value.entries.flatMap(({ key, value: tool }) => unreadTool(surely(tool), key));
    default:
      return depth === 0 ? [] : unreadTool(value, null);
  }
}

function unreadTool(tool: CodeValue, key: string | null): readonly CodeValue[] {
  const isTold = tool.kind === "literal" || tool.kind === "repeat" || isCachePoint(tool);
  // A name of a tool is one that somebody else offers.
  const isName = tool.kind === "text" && !hasImports(tool.pieces);
  if (isTold || isName || toolMethodsOf(tool).length > 0) return [];
  return importedTool(tool, key) === null && toolOf(tool, key) === null ? [tool] : [];
}

/** Conversations are held by several processes, each of which may have another order. */
const openOrder: ScopeClaim = {
  scope: "session",
  basis: "inferred",
  reason: "a set has no order of its own: each process may send them in another",
};
const drawnOrder: ScopeClaim = {
  scope: "request",
  basis: "inferred",
  reason: "they have no fixed order: each call draws one",
};

/** The first list among them whose order nobody fixed. */
function orderOf(values: readonly (CodeValue | undefined)[]): ToolOrder | null {
  for (const value of values) {
    const order = value === undefined ? undefined : openIn(value);
    if (order !== undefined) return { range: value!.range, scope: order === "open" ? openOrder : drawnOrder };
  }
  return null;
}

function openIn(value: CodeValue): ListValue["order"] {
  if (value.kind !== "list") return undefined;
  if (value.order !== undefined) return value.order;
  for (const item of value.items) {
    const order = item.kind === "spread" ? openIn(item.value) : undefined;
    if (order !== undefined) return order;
  }
  return undefined;
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
    case "record":
      return depth === 0 ? (value.more?.[0] ?? null) : null;
    case "text":
      return depth === 0 && importedList(value).tools.length === 0 ? value : null;
    case "opaque":
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

function definitionOf(path: string, { name, definition, range }: WrittenTool): ToolDefinition {
  return { name, json: JSON.stringify(definition), path, range };
}

/** What others may offer as a tool that is written here under a name; `null` for any other value. */
export function toolNamed(path: string, name: string, value: CodeValue): ToolDefinition | null {
  if (value.kind === "function" ? value.tool?.documentation == null : value.kind !== "call") return null;
  const tool = toolOf(value, name);
  return tool === null ? null : definitionOf(path, tool);
}

/** What others may offer as all tools of a list; none where not all of them are seen. */
export function toolsOfList(path: string, value: CodeValue): readonly ToolDefinition[] {
  const isSet = value.kind === "record" && value.entries.every((each) => each.value.kind === "call");
  if (value.kind !== "list" && !isSet) return [];
  if (value.kind === "list" && value.items.length > mostOfList) return [];
  const { tools, importedTools, problems } = readTools(path, [value]);
  return importedTools.length + problems.length > 0 ? [] : tools;
}

/** Longer lists are data. */
const mostOfList = 200;

/** What a class says of the tool that is made of it. */
export function toolOfClass(path: string, name: string, fields: RecordValue): ToolDefinition | null {
  const description = entry(fields, "description");
  if (description === undefined) return null;
  const own = entry(fields, "name");
  const called = own?.kind === "text" ? knownText(own.pieces) : name;
  return definitionOf(path, describedTool(fields, called, description.range));
}

/** Whether a class is one of a tool, by what it is derived from: `class Search(BaseTool)`, `extends StructuredTool`. */
export function isToolClass({ bases }: { readonly bases: readonly string[] }): boolean {
  return bases.some((base) => /Tool$/.test(lastPart(base)));
}

type OfferedTool = WrittenTool | Omit<ImportedTool, "after">;

/** A list of tools, or an object of them by name (AI SDK). */
function offeredTools(value: CodeValue | undefined): readonly OfferedTool[] {
  if (value?.kind === "record") {
    return value.entries.flatMap(({ key, value: given }) => {
      const tool = surely(given);
      return importedTool(tool, key) ?? toolOf(tool, key) ?? [];
    });
  }
  if (value?.kind === "text") return importedList(value).tools;
  if (value?.kind !== "list") return [];
  return value.items.flatMap((item): readonly OfferedTool[] => {
    if (item.kind === "spread") return offeredTools(item.value);
    if (item.kind === "maybe") return offeredTools(listOf(item, [item.value]));
    if (isCachePoint(item)) return [];
    const methods = toolMethodsOf(item);
    if (methods.length > 0) return methods.flatMap((method) => toolOfFunction(method) ?? []);
    return [importedTool(item, null) ?? toolOf(item, null)].filter((tool) => tool !== null);
  });
}

/** Without the conditions under which it is there. */
function surely(value: CodeValue): CodeValue {
  let at = value;
  for (let depth = 0; at.kind === "maybe" && depth < deepest; depth++) at = at.value;
  return at;
}

/** The methods of an object that are tools: `new Calculator()`, also by a name. */
function toolMethodsOf(item: CodeValue): readonly FunctionValue[] {
  return callBehind(item)?.toolMethods?.() ?? [];
}

/** Other agents that the conversation may be handed over to, as tools. */
function handedOver(handoffs: CodeValue | undefined): readonly WrittenTool[] {
  if (handoffs?.kind !== "list") return [];
  return handoffs.items.flatMap((item) => {
    const handoff = handoffOf(item);
    if (handoff === null) return [];
    const { range, hole } = item;
    const definition: Json = { type: "function", function: { ...handoff, parameters: noParameters } };
    const options: RecordValue = { kind: "record", range, hole, entries: [], isWhole: true };
    return [{ name: handoff.name, definition, options, range }];
  });
}

/** What is handed over to, and nobody sees how it is called. */
function unreadHandoffs(handoffs: CodeValue | undefined): readonly CodeValue[] {
  if (handoffs === undefined) return [];
  return handoffs.kind === "list" ? handoffs.items.filter((item) => handoffOf(item) === null) : [handoffs];
}

const noParameters = { type: "object", properties: {} } as const;

/** What is imported is taken for a text until its module is known. */
function importedTool(given: CodeValue, calledAs: string | null): OfferedTool | null {
  const value = wrappedIn(given) ?? given;
  const { range } = given;
  if (value.kind === "call" && value.madeOf?.module != null && !value.named.has("description"))
    return { module: value.madeOf.module, name: value.madeOf.name, calledAs, range };
  // What a function makes is no tool of that name.
  const isMade = value.kind === "text" && value.call !== undefined;
  const [only, ...others] = value.kind === "text" && !isMade ? value.pieces : [];
  if (only?.kind !== "segment" || only.segment.kind !== "include" || others.length > 0) return null;
  const { member } = only.segment;
  if (member === undefined || member.module === null || member.file !== undefined) return null;
  return { module: member.module, name: member.name, calledAs, range };
}

/** A list of tools that another module has, also where a condition decides about all of it. */
function importedList(value: TextValue): {
  readonly tools: readonly OfferedTool[];
  readonly conditional: readonly Conditional[];
} {
  const [only, ...others] = value.pieces;
  if (only?.kind !== "choice" || others.length > 0 || (only.body.length > 0 && only.otherwise.length > 0)) {
    const tool = importedTool(value, null);
    return { tools: tool === null ? [] : [tool], conditional: [] };
  }
  const { tools } = importedList({ ...value, pieces: [...only.body, ...only.otherwise] });
  return { tools, conditional: tools.map(({ name }) => ({ name, choice: only })) };
}

/** `key` is the name that an object gives the tool. */
function toolOf(value: CodeValue, key: string | null): WrittenTool | null {
  if (value.kind === "record" && key === null) {
    return { name: nameOf(value), definition: jsonOf(value), options: value, range: value.range };
  }
  const wrapped = wrappedIn(value);
  const called = wrapped?.kind === "function" ? wrapped : value;
  if (called.kind === "function") return toolOfFunction(called);
  const options = optionsOf(value);
  if (options === null) return null;
  const description = entry(options, "description");
  // What an object of another library says of itself is not seen.
  const isUnknown =
    value.kind === "call" && description === undefined && entry(options, "name") === undefined;
  if (isUnknown && key === null) return null;
  const isOfClass = value.kind === "call" && value.fields !== undefined && description !== undefined;
  return describedTool(options, key ?? nameOf(options), isOfClass ? description.range : value.range);
}

/** A tool by what it says of itself. */
function describedTool(options: RecordValue, name: string, range: TextRange): WrittenTool {
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
  return { name, definition, options, range };
}

/** What `FunctionTool(search)` and `tool(search)` make a tool of without saying more; `null` for any other value. */
function wrappedIn(value: CodeValue): CodeValue | null {
  if (value.kind !== "call" || value.named.has("description")) return null;
  if (!isToolCall(value) && !makesOfFunction.test(value.callee)) return null;
  const wrapped = value.named.get("func") ?? value.positional[0];
  return wrapped?.kind === "function" || wrapped?.kind === "text" ? wrapped : null;
}

/** Microsoft.Extensions.AI 9 and Semantic Kernel 1. */
const makesOfFunction = /(?:^|\.)(?:AIFunctionFactory\.Create|KernelFunctionFactory\.CreateFromMethod)$/;

/** A function that is offered by its name, its documentation and its types, as SDKs of Python make the definition. */
function toolOfFunction({ tool, parameters, range, hole }: FunctionValue): WrittenTool | null {
  if (tool === null) return null;
  // What a framework passes by itself is not asked of the model.
  const asked = parameters.filter(({ name, type = "" }) => name !== null && !ofFramework.test(type));
  const properties = Object.fromEntries(
    asked.map(({ name, type }) => {
      const said = tool.described.get(name!);
      return [name!, { type: jsonType(type ?? ""), ...(said && { description: documented(said) }) }] as const;
    }),
  );
  const required = asked.flatMap(({ name, fallback, isOptional }) =>
    fallback === null && isOptional !== true ? [name!] : [],
  );
  const description = tool.documentation === null ? {} : { description: documented(tool.documentation) };
  const schema = { type: "object", properties, required };
  const definition: Json = {
    type: "function",
    function: { name: tool.name, ...description, parameters: schema },
  };
  const options: RecordValue = { kind: "record", range, hole, entries: [], isWhole: true };
  return { name: tool.name, definition, options, range: tool.definition };
}

const ofFramework =
  /\b(?:RunContext|RunContextWrapper|ToolContext|Context|InjectedToolArg|InjectedState|ToolRuntime|CancellationToken|Kernel|IServiceProvider)\b/;

function documented({ pieces }: TextValue): string {
  return knownText(trimPieces(dedentPieces(pieces), "both"));
}

function jsonType(type: string): string {
  const plain = type
    .replace(/^(?:Optional|Annotated)\[\s*([^,\]]*)[\s\S]*$/, "$1")
    .replace(/\s*\|\s*None$|\?$/, "")
    .trim();
  if (/^(?:int|integer|long|short)$/i.test(plain)) return "integer";
  if (/^(?:float|Decimal|number|double|BigDecimal)$/i.test(plain)) return "number";
  if (/^bool/i.test(plain)) return "boolean";
  if (/^(?:list|List|set|Set|Collection|Sequence|tuple|I?Enumerable|IList|Array)\b|\[\]$/.test(plain))
    return "array";
  return /^(?:dict|Dict|Map|Mapping|BaseModel)\b/.test(plain) ? "object" : "string";
}

const schemaKeys = ["inputSchema", "parameters", "schema"] as const;

/**
 * `tool({ description, inputSchema })`, `tool(run, { name, description, schema })`, `defineTool({ name, description }, run)`, or the
 * object alone.
 */
function optionsOf(value: CodeValue): RecordValue | null {
  if (value.kind === "record") return value;
  if (value.kind !== "call") return null;
  if (value.fields === undefined && !isToolCall(value)) return null;
  const named = [...value.named].map(([key, inner]) => ({ key, value: inner }));
  const [first] = value.positional;
  const given = first?.kind === "record" ? first.entries : [];
  const entries = [...(value.fields?.().entries ?? []), ...given, ...named];
  return { kind: "record", range: value.range, hole: value.hole, entries, isWhole: true };
}

/** Whether a call makes a tool: `tool({ … })`, `new DynamicStructuredTool({ … })`. */
export function isToolCall({ callee }: Pick<CallValue, "callee">): boolean {
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
