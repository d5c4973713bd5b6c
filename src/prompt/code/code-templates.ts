/** From what was found in a file of code to its templates: which of it is a prompt, and what is only part of one. */
import { hasArguments } from "../chat/arguments.ts";
import type { Engine } from "../embedded.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { readJinja } from "../jinja/segments.ts";
import { latexGroups } from "../latex.ts";
import { type Declarations, declaredHere, declareSegments } from "../scope-inference.ts";
import { lexFormatString, namedPlacesEngine, strFormatEngine } from "../str-format.ts";
import type { CacheMarker, Template } from "../template.ts";
import type { Parsed, Problem, TextRange } from "../text.ts";
import { UniqueIds } from "../unique-ids.ts";
import { Budget, tooMuchToFollow } from "./budget.ts";
import type { FoundTemplate } from "./found-template.ts";
import type { Language } from "./language.ts";
import { roleCalled } from "./message-names.ts";
import { isPartsName, readMessages, readParts } from "./messages.ts";
import { applyEngine, knownText, type Piece, references, segmentsOf, withTextBehind } from "./pieces.ts";
import { withProgramNames } from "./program-names.ts";
import {
  addressesModel,
  isHeading,
  isPromptClass,
  isPromptModule,
  isPromptName,
  isProse,
  mayAddressModel,
  mayNamePrompt,
  usageOfName,
  withoutTags,
} from "./prompt-names.ts";
import { readTools } from "./tools.ts";
import { type CodeValue, entry, lastPart } from "./values.ts";

/** A name that code gives to a value. */
export interface NamedValue {
  readonly name: string;
  /** The class or object that it is a part of; `null` for none. */
  readonly owner: string | null;
  /** `local` inside of a function, where others cannot import it; `function` for what a function of that name returns. */
  readonly place: "module" | "member" | "local" | "function";
  readonly value: CodeValue;
  /** Set for a text that a function puts together of prompts, whatever it is called. */
  readonly isComposed?: true;
  /** Set for an entry of a record, which may be what a call is given. */
  readonly isEntry?: true;
  /** Where something says it beside the name. */
  readonly usage?: Template["usage"];
  /** Whether the language keeps it from being assigned again: members of enums, `const`, `as const`. */
  readonly isFixed?: boolean;
}

/** Everything in a file of code that may hold a prompt. */
export interface CodeFindings {
  readonly named: readonly NamedValue[];
  /** Prompts of calls, outer ones first. */
  readonly calls: readonly FoundTemplate[];
  /** Lists that may be messages, by the name that they are given; those without one are called `messages`. */
  readonly lists: readonly { readonly name: string; readonly value: CodeValue }[];
  /** Single messages; those without a name are called `message`. */
  readonly messages: readonly { readonly name: string; readonly value: CodeValue }[];
  /** Tools that are offered with all prompts of a class, by its name. */
  readonly offered: ReadonlyMap<string, CodeValue>;
  readonly declarations: Declarations;
  readonly problems: readonly Problem[];
}

type CodeFormat = Pick<TemplateFormat, "id" | "doublesBraces"> & Pick<Language, "engineOfConstant">;

const fewestWords = { named: 3, inPromptModule: 3 } as const;

/** The templates of a file in source order; ids are `path#name`. */
export function codeTemplates(
  document: SourceDocument,
  format: CodeFormat,
  findings: CodeFindings,
): Parsed<readonly Template[]> {
  const named = findings.named.flatMap((value) => namedTemplate(document.path, format, value) ?? []);
  const lists = findings.lists.flatMap((list) => listTemplate(document.path, list) ?? []);
  const conversations = [...findings.calls, ...named, ...lists].map((found) =>
    withOffered(document.path, found, findings.offered),
  );
  const sent = textsOf(conversations);
  const alone = findings.messages
    .flatMap((message) => messageTemplate(document.path, message) ?? [])
    .filter(({ pieces }) => ![...textsOf([{ pieces }])].some((start) => sent.has(start)));
  const { kept: all, problems: limits } = withinBudget(document, outermost([...conversations, ...alone]));
  const used = usedRanges(all);
  const isUsed = ({ range }: Found) => used.has(keyOf(range));
  const isPart = partsOfOthers(all);
  const said = textsOf(all.filter(({ isLoose }) => isLoose !== true));
  const isSaid = ({ pieces }: Found) => [...textsOf([{ pieces }])].some((start) => said.has(start));
  const kept = all.filter(
    (found) =>
      !(found.isLocal === true && (isUsed(found) || isPart(found))) &&
      !(found.isLoose === true && isSaid(found) && !isUsed(found)),
  );
  const problems = [...findings.problems, ...limits, ...kept.flatMap((found) => found.problems)];
  const ids = new UniqueIds();
  const templates = kept.map((found): Template => {
    const { importedTools = [] } = found;
    const written = { path: document.path, source: document.text };
    const range = withTextBehind(found.range, found.pieces);
    const segments = withProgramNames(segmentsOf(found.pieces, written, range));
    return {
      id: ids.next(`${document.path}#${found.name}`),
      path: document.path,
      format: format.id,
      name: found.name,
      range,
      usage: isUsed(found) ? "partial" : found.usage,
      segments: declareSegments(segments, findings.declarations, declaredHere),
      ...(found.tools.length === 0 ? {} : { tools: found.tools }),
      ...(importedTools.length === 0 ? {} : { importedTools }),
      ...(found.toolOrder === undefined ? {} : { toolOrder: found.toolOrder }),
      ...(found.tools.length + importedTools.length > 0 && readsCalls.test(document.text)
        ? { runsTools: true as const }
        : {}),
      ...(found.cacheMarkers.length > 0 || found.isWhole === true
        ? { cacheMarkers: found.cacheMarkers }
        : {}),
      ...(found.parameters === undefined ? {} : { parameters: found.parameters }),
      ...passedArguments(found.chatArguments),
      samples: new Map(),
      declarations: findings.declarations,
    };
  });
  return { value: templates, problems };
}

/** A prompt of a method with the tools that are offered with all of its class. */
function withOffered(path: string, found: Found, offered: CodeFindings["offered"]): Found {
  const given = offered.get(found.name.split(".", 1)[0]!);
  if (given === undefined) return found;
  const { tools, importedTools, order, cacheMarkers, problems } = readTools(path, [given]);
  return {
    ...found,
    tools: [...found.tools, ...tools],
    importedTools,
    ...(order !== null && { toolOrder: order }),
    cacheMarkers: [...cacheMarkers, ...found.cacheMarkers],
    problems: [...found.problems, ...problems],
  };
}

function passedArguments(passed: FoundTemplate["chatArguments"]) {
  const { known, unknown = [] } = passed ?? {};
  return {
    ...(hasArguments(known) && { chatArguments: known }),
    ...(unknown.length > 0 && { unknownChatArguments: unknown }),
  };
}

/** What code that answers calls of tools has to name, by the words of the APIs: a call that was made, or its result. */
const readsCalls =
  /\b(?:tool_calls|tool_call_id|tool_use|tool_result|tool_use_id|tool_outputs|function_call_output|toolCalls|toolResults?|toolUse|toolUseId|functionResponse|function_response|maxSteps|stopWhen|max_turns|maxTurns)\b/;

/** Without those behind the ones that have, with all that they refer to, as much text as may be written out of one file. */
function withinBudget(
  { text }: SourceDocument,
  all: readonly Found[],
): { readonly kept: readonly Found[]; readonly problems: readonly Problem[] } {
  const budget = new Budget(text);
  const left = all.findIndex(({ pieces }) => {
    budget.spendOnPieces(pieces);
    return budget.isSpent;
  });
  if (left < 0) return { kept: all, problems: [] };
  return { kept: all.slice(0, left), problems: [tooMuchToFollow(all[left]!.range)] };
}

/** Nobody outside of the function sees what is local: where it is part of another prompt, it is nothing by itself. */
type Found = FoundTemplate;

/** Cheap test before a value is looked at: whether a prompt may have this name in this place. */
export function isCandidateName(path: string, { name, owner, place }: Omit<NamedValue, "value">): boolean {
  if (owner !== null && asksPerson.test(owner)) return false;
  return (
    isPromptName(name) ||
    mayAddressModel(name) ||
    (isAmongPrompts(path, { owner, place }) && mayNamePrompt(name))
  );
}

/** Objects of what people read: questions to the person at the screen (`confirmationDetails.prompt`), errors, recipes. */
const asksPerson =
  /confirm(?:ation)?(?:Details|Options|Dialog)?$|(?:dialog|modal|toast|tooltip|alert|notification)s?$|shouldConfirm|(?:^|[._])(?:errors?|error_?messages|labels|translations?|i18n|locales?|recipes?|products?|faqs?)$|[a-z](?:Errors?|ErrorMessages|Labels|Translations|Recipes?|Products?)$/i;

/** Whether an object of this name holds what people read. */
export function isReadByPeople(name: string): boolean {
  return asksPerson.test(name);
}

/** Modules of texts for people, by language. */
export function isTranslation(path: string): boolean {
  return /(?:^|\/)(?:i18n|locales?|translations?|lang)\/|(?:^|\/)[a-z]{2}(?:[-_][A-Z]{2})?\.\w+$/.test(path);
}

function isAmongPrompts(path: string, { owner, place }: Pick<NamedValue, "owner" | "place">): boolean {
  if (owner !== null && place !== "function" && isPromptClass(lastPart(owner))) return true;
  return (place === "module" || place === "member") && isPromptModule(path);
}

/** The text of a name as a template that others can include; `null` for values that are no text, or none that stays. */
export function templateOfName(
  document: SourceDocument,
  format: CodeFormat,
  named: NamedValue,
): Template | null {
  const found = foundByName(document.path, format, named) ?? foundFixed(named);
  if (found === null) return null;
  const { name, pieces } = found;
  const range = withTextBehind(found.range, pieces);
  const { path, text: source } = document;
  const segments = withProgramNames(segmentsOf(pieces, { path, source, isForOthers: true }, range));
  return {
    id: `${path}:${name}`,
    path,
    format: format.id,
    name,
    range,
    usage: "partial",
    segments,
    samples: new Map(),
  };
}

/** What a function sends of what it is given, for those that call it elsewhere. */
export function requestTemplate(
  { path, text: source }: SourceDocument,
  format: CodeFormat,
  found: FoundTemplate,
  name: string,
): Template {
  const range = withTextBehind(found.range, found.pieces);
  return {
    id: `${path}:${name}()`,
    path,
    format: format.id,
    name,
    range,
    usage: "partial",
    segments: segmentsOf(found.pieces, { path, source }, range),
    samples: new Map(),
  };
}

function foundByName(
  path: string,
  format: CodeFormat,
  { name, owner, value, usage }: NamedValue,
): Found | null {
  if (value.kind !== "text") return null;
  const problems: Problem[] = [];
  const engine = value.isFilled === true ? null : engineFor(knownText(value.pieces), format);
  const pieces =
    engine === null ? value.pieces : applyEngine(path, value.pieces, { engine, values: new Map() }, problems);
  return {
    name: owner === null ? name : `${owner}.${name}`,
    range: value.range,
    usage: usage ?? usageOfName(owner === null ? name : `${owner} ${name}`),
    pieces,
    tools: [],
    cacheMarkers: [],
    problems,
  };
}

/** A number or a flag that nothing assigns again: `Limits.MAX_INPUT`, a member of an enum. */
function foundFixed({
  name,
  owner,
  value,
  isFixed,
}: NamedValue): Pick<Found, "name" | "range" | "pieces"> | null {
  if (value.kind !== "literal" || value.pieces === null || value.value === null) return null;
  if (isFixed !== true && !isInCapitals(name)) return null;
  return { name: owner === null ? name : `${owner}.${name}`, range: value.range, pieces: value.pieces };
}

/** How programs write what is set once: `MAX_INPUT`, `_TOOL_CALL_LIMIT`. */
function isInCapitals(name: string): boolean {
  return /^_*[A-Z][A-Z0-9_]*$/.test(name);
}

function namedTemplate(path: string, format: CodeFormat, named: NamedValue): Found | null {
  const { name, place, value } = named;
  const isComposed = named.isComposed === true;
  if (value.kind !== "text" || !isWritten(value.pieces)) return null;
  if (!isComposed && !isCandidateName(path, named)) return null;
  const isNamed = isComposed || isPromptName(name) || isAmongPrompts(path, named);
  const text = knownText(value.pieces);
  if (!isNamed && !addressesModel(name, text)) return null;
  const fewest = isPromptName(name) ? fewestWords.named : fewestWords.inPromptModule;
  const found = isProse(text, fewest) ? foundByName(path, format, named) : null;
  if (found === null) return null;
  return { ...found, isLocal: place === "local", ...(named.isEntry === true && { isLoose: true }) };
}

/** Who speaks to a model, in messages that are seen in no conversation. */
const asks = /^(?:system|developer|user|human)$/;

/** A message that goes into no conversation which is seen. */
function messageTemplate(path: string, { name, value }: CodeFindings["messages"][number]): Found | null {
  const role = value.kind === "record" ? entry(value, "role") : undefined;
  if (role?.kind !== "text" || !asks.test(knownText(role.pieces))) return null;
  const found = listTemplate(path, { name, value });
  const text = found === null ? "" : withoutTags(knownText(found.pieces));
  if (found === null || isHeading(text) || !isProse(text, fewestWords.named)) return null;
  return { ...found, usage: "partial" };
}

/** Records with a role that no model knows are none of a conversation: `{ role: "menuitem" }`, `{ role: "admin" }`. */
export function hasOtherRole(value: CodeValue): boolean {
  if (value.kind === "list") return value.items.some(hasOtherRole);
  const role = value.kind === "record" ? entry(value, "role") : undefined;
  if (role?.kind !== "text") return false;
  const name = knownText(role.pieces);
  return /^[\w-]+$/.test(name) && roleCalled(name) === null;
}

function listTemplate(path: string, { name, value }: CodeFindings["lists"][number]): Found | null {
  const problems: Problem[] = [];
  const cacheMarkers: CacheMarker[] = [];
  const parts: TextRange[] = [];
  const options = { path, problems, cacheMarkers, parts, engine: null, hasPairs: false };
  if (hasOtherRole(value)) return null;
  const messages = readMessages(value, options);
  const pieces = messages ?? (isPartsName(name) ? readParts(value, options) : null);
  if (pieces === null || !isProse(knownText(pieces), fewestWords.named)) return null;
  return {
    name,
    range: value.range,
    usage: messages === null ? "partial" : "request",
    pieces,
    tools: [],
    cacheMarkers,
    parts,
    problems,
    isLocal: true,
  };
}

/** False for another name of a text that is written elsewhere; the items of a list become one where they are joined. */
function isWritten(pieces: readonly Piece[]): boolean {
  return pieces.some(
    (piece) =>
      piece.kind === "literal" ||
      piece.kind === "choice" ||
      piece.kind === "loop" ||
      (piece.kind === "reference" && piece.isJoined === true),
  );
}

/**
 * How a constant is read whose use is not known: `{{ name }}` and `{% %}` speak of Jinja2; braces around names of
 * `str.format`, unless other braces (JSON, code) show that nobody formats this text. `{{name}}` is how some
 * languages write a brace around a name; elsewhere it is a place too.
 */
function engineFor(text: string, { doublesBraces, engineOfConstant }: CodeFormat): Engine | null {
  const own = engineOfConstant?.(text) ?? null;
  if (own !== null) return own;
  if (/\{%-?\s|\{\{-?\s+[\w.]+(?:\s+-?\}\}|\(|\s*\|)/.test(text)) return readJinja;
  if (!/[{}]/.test(text)) return null;
  const { tokens, problems } = lexFormatString(text, { start: 0, end: text.length });
  const fields = tokens.filter(({ kind }) => kind === "field");
  const isFormat =
    problems.length === 0 &&
    fields.length > 0 &&
    fields.every(({ name }) =>
      /^[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*|\[[\w-]+\])*$/u.test(name),
    );
  if (isFormat) {
    // `format` would fail on `\boxed{answer}`: whoever fills in such a text replaces the names that it knows.
    const groups = latexGroups(text);
    const outside = fields.filter(({ range }) => !groups.has(range.start));
    if (outside.length === fields.length) return strFormatEngine;
    return outside.length > 0 ? namedPlacesEngine : null;
  }
  return doublesBraces !== true && /\{\{[\w.]+\}\}/.test(text) ? readJinja : null;
}

/** Without what lies inside of another; in source order. */
function outermost(all: readonly Found[]): readonly Found[] {
  const sorted = all.toSorted((a, b) => a.range.start - b.range.start || b.range.end - a.range.end);
  const kept: Found[] = [];
  let end = -1;
  for (const found of sorted) {
    if (found.range.end <= end) continue;
    kept.push(found);
    end = found.range.end;
  }
  return kept;
}

/** Where text is written that other templates of the file refer to. */
function usedRanges(all: readonly Found[]): ReadonlySet<string> {
  return new Set(
    all.flatMap(({ pieces }) => [...references(pieces)].map(({ definition }) => keyOf(definition))),
  );
}

/** Where the literals of templates begin. */
function textsOf(all: readonly Pick<Found, "pieces">[]): ReadonlySet<number> {
  const starts = new Set<number>();
  // Names refer to the same pieces again and again.
  const seen = new Set<readonly Piece[]>();
  const visit = (pieces: readonly Piece[]): void => {
    if (seen.has(pieces)) return;
    seen.add(pieces);
    for (const piece of pieces) {
      if (piece.kind === "literal") starts.add(piece.text.range.start);
      else if (piece.kind === "reference") visit(piece.pieces);
      else if (piece.kind === "loop") visit(piece.body);
      else if (piece.kind === "choice") {
        visit(piece.body);
        visit(piece.otherwise);
      }
    }
  };
  for (const { pieces } of all) visit(pieces);
  return starts;
}

/** Tells lists that lie in what other templates take their messages from. */
function partsOfOthers(all: readonly Found[]): (found: Found) => boolean {
  const parts = all
    .flatMap(({ range, parts = [] }) => parts.filter((part) => keyOf(part) !== keyOf(range)))
    .toSorted((a, b) => a.start - b.start);
  const outer: TextRange[] = [];
  for (const part of parts) {
    const last = outer.at(-1);
    if (last === undefined || part.start >= last.end) outer.push(part);
    else if (part.end > last.end) outer[outer.length - 1] = { start: last.start, end: part.end };
  }
  return ({ range, parts: own }) => {
    if (own === undefined) return false;
    let [low, high] = [0, outer.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (outer[middle]!.start <= range.start) low = middle + 1;
      else high = middle;
    }
    return low > 0 && range.end <= outer[low - 1]!.end;
  };
}

function keyOf({ start, end }: TextRange): string {
  return `${start}:${end}`;
}
