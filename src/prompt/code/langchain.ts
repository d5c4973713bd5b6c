/** Templates of LangChain and of what took them over: langchaingo, LangChain4j, Eino. */
import type { Engine } from "../embedded.ts";
import { goTemplateEngine, looksLikeGoTemplate } from "../go-template.ts";
import { readJinja } from "../jinja/segments.ts";
import { strFormatEngine } from "../str-format.ts";
import type { CacheMarker } from "../template.ts";
import type { Problem, TextRange } from "../text.ts";
import { doubledBracesEngine } from "./brace-places.ts";
import type { FoundTemplate } from "./found-template.ts";
import { listOf } from "./lists.ts";
import { readMessages } from "./messages.ts";
import { applyEngine, knownText, type Piece } from "./pieces.ts";
import { readTools } from "./tools.ts";
import { type CallValue, type CodeValue, lastPart, piecesOfGiven } from "./values.ts";

/** Whether a call makes a template, by what is called. */
export function isTemplateOfLangChain({ callee }: Pick<CallValue, "callee">): boolean {
  return classNamed(callee) !== undefined || /^from_?messages$/i.test(lastPart(callee));
}

function classNamed(callee: string): string | undefined {
  return callee.split(".").find((part) => /PromptTemplate$/.test(part));
}

/** `ChatPromptTemplate.from_messages([…])`, `PromptTemplate.from_template("…")` and their constructors. */
export function readLangChain(path: string, call: CallValue): FoundTemplate | null {
  if (!isTemplateOfLangChain(call)) return null;
  const className = classNamed(call.callee);
  const last = lastPart(call.callee);
  const { tools, importedTools, order, ...ofTools } = readTools(path, [call.bound]);
  const problems: Problem[] = [...ofTools.problems];
  const { positional, engine } = formatOf(call);
  const cacheMarkers: CacheMarker[] = [...ofTools.cacheMarkers];
  const lists: TextRange[] = [];
  const values = valuesGiven(call);
  const options = { path, problems, cacheMarkers, parts: lists, engine, values, hasPairs: true };
  const [first, ...others] = positional;
  const offered = { tools, importedTools, ...(order !== null && { toolOrder: order }) };
  const found = { range: call.range, ...offered, cacheMarkers, parts: lists, problems, name: call.callee };
  const list =
    listArguments.map((name) => call.named.get(name)).find((value) => value !== undefined) ?? first;
  const isSeveral =
    className === undefined && first !== undefined && (others.length > 0 || first.kind === "call");
  const all = isSeveral ? listOf(call, positional) : list;
  const messages = all?.kind === "list" ? readMessages(all, options) : null;
  if (messages !== null) return { ...found, usage: "request", pieces: messages };
  const template = call.named.get("template") ?? (last === "from_file" ? undefined : first);
  if (template?.kind !== "text" || knownText(template.pieces).trim() === "") return null;
  const pieces =
    engine === null ? template.pieces : applyEngine(path, template.pieces, { engine, values }, problems);
  return { ...found, usage: /^(?:System|Human|AI)/.test(className ?? "") ? "partial" : "request", pieces };
}

/** Arguments that hold the messages: of LangChain, and of LlamaIndex. */
const listArguments = ["messages", "promptMessages", "message_templates", "messageTemplates"] as const;

/** Values for the places of the template: those that it is made with, and those that it gets where it is used. */
function valuesGiven({ named, given }: CallValue): ReadonlyMap<string, readonly Piece[]> {
  const partial = named.get("partial_variables") ?? named.get("partialVariables");
  const own = partial?.kind === "record" ? partial.entries : [];
  return new Map([...(given ?? []), ...own.map(({ key, value }) => [key, piecesOfGiven(value)] as const)]);
}

/** What is formatted, and how: `prompt.FromMessages(schema.FString, …)` of Eino says it first. */
function formatOf(call: CallValue): {
  readonly positional: readonly CodeValue[];
  readonly engine: Engine | null;
} {
  const [first, ...rest] = call.positional;
  const named =
    first === undefined || first.kind === "list" ? undefined : engineNamed.get(lastPart(first.hole().name));
  return named === undefined
    ? { positional: call.positional, engine: engineOf(call) }
    : { positional: rest, engine: named };
}

/** https://pkg.go.dev/github.com/cloudwego/eino/schema#FormatType */
const engineNamed: ReadonlyMap<string, Engine> = new Map([
  ["FString", strFormatEngine],
  ["GoTemplate", goTemplateEngine],
  ["Jinja2", readJinja],
]);

/** langchaingo's templates are Go's unless they say otherwise. */
const formatsOrGo: Engine = (path, source, range, declared) =>
  (looksLikeGoTemplate(source.slice(range.start, range.end)) ? goTemplateEngine : strFormatEngine)(
    path,
    source,
    range,
    declared,
  );

function engineOf(call: CallValue): Engine | null {
  // LangChain4j; LangChain calls it `from_template`.
  if (call.callee.endsWith("PromptTemplate.from")) return doubledBracesEngine;
  const format = call.named.get("template_format") ?? call.named.get("templateFormat");
  const name = format?.kind === "text" ? knownText(format.pieces) : "f-string";
  if (name === "jinja2") return readJinja;
  return name === "f-string" ? formatsOrGo : null;
}
