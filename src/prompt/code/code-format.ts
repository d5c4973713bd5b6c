/** A programming language as a format of prompts: constants, texts that functions give back, messages, and calls that send them. */
import type { Node, Tree } from "web-tree-sitter";
import { inComment } from "../directives.ts";
import type {
  ForwardedRequest,
  ModuleMembers,
  ParseTools,
  SourceDocument,
  TemplateFormat,
} from "../format.ts";
import { inferred } from "../scope-inference.ts";
import { addressesModelIn } from "../speaks-of-prompts.ts";
import type { Template, ToolDefinition } from "../template.ts";
import type { Parsed, Problem, TextRange } from "../text.ts";
import {
  type Assignment,
  type Decoration,
  type Export,
  isOfModule,
  type ModuleNames,
  readNames,
} from "./bindings.ts";
import { bodyWords, callOfBody, isBody } from "./bodies.ts";
import { isSaid, mayBePromptCall, readCall } from "./calls.ts";
import { withChains } from "./chains.ts";
import { withChats } from "./chats.ts";
import {
  codeTemplates,
  hasOtherRole,
  isCandidateName,
  isReadByPeople,
  isTranslation,
  type NamedValue,
  requestTemplate,
  templateOfName,
} from "./code-templates.ts";
import { readCodeDirectives } from "./directives.ts";
import { signatureOfClass } from "./dspy.ts";
import { Evaluator } from "./evaluate.ts";
import type { CallExpression, Expression } from "./expression.ts";
import { givesWhole, optionOf } from "./fluent.ts";
import { isOnlyShown } from "./for-people.ts";
import { frameworkWords } from "./frameworks.ts";
import type { Language } from "./language.ts";
import { isPartsName } from "./messages.ts";
import { mentions, rangeOf } from "./nodes.ts";
import { unrendered } from "./operations.ts";
import { knownText, type ReferencePiece, references } from "./pieces.ts";
import { Program } from "./program.ts";
import { isPromptModule, isPromptName } from "./prompt-names.ts";
import { outsideBlocks } from "./scopes.ts";
import { toolsOfServices } from "./services.ts";
import { endlessCode } from "./syntax.ts";
import { isToolClass, toolNamed, toolOfClass, toolsOfList } from "./tools.ts";
import { withUnfollowed } from "./unfollowed.ts";
import { type CallValue, type CodeValue, lastPart } from "./values.ts";
import { withWindows } from "./windows.ts";
import { forwarded, sentElsewhere, wrappersOf } from "./wrappers.ts";

export function codeFormat(language: Language): TemplateFormat {
  const { id, name, matches, refuses, doublesBraces, filesOf, comment } = language;
  const format: TemplateFormat = {
    id,
    name,
    declaring: inComment(comment),
    matches,
    mayHold: (text, path) =>
      (isPromptModule(path) || language.promptWords.test(text) || addressesModelIn(text)) &&
      language.isLeftOut?.(text) !== true,
    languageOf: (path) => language.grammarOf(path),
    parse: (document, tools) => parse(language, document, tools),
    members: (document, tools) => members(language, document, tools),
    ...(refuses && { refuses }),
    ...(doublesBraces && { doublesBraces }),
    ...(filesOf && { filesOf }),
  };
  return format;
}

function withTree<T>(
  language: Language,
  { path, text }: SourceDocument,
  { syntax }: ParseTools,
  without: (problems: readonly Problem[]) => T,
  read: (tree: Tree) => T,
): T {
  const refused = language.refusesToParse?.(text) ?? null;
  if (refused !== null) return without([refused]);
  const prepared = language.prepared?.(text) ?? text;
  const tree = syntax?.parse(language.grammarOf(path), prepared) ?? null;
  if (tree === null || tree === "endless") return without(tree === null ? [] : [endlessCode]);
  try {
    return read(tree);
  } finally {
    tree.delete();
  }
}

function parse(language: Language, document: SourceDocument, tools: ParseTools): Parsed<readonly Template[]> {
  const none = (problems: readonly Problem[]) => ({ value: [], problems });
  return withTree(language, document, tools, none, (tree) => readModule(language, document, tree));
}

function readModule(language: Language, document: SourceDocument, tree: Tree): Parsed<readonly Template[]> {
  const { path, text } = document;
  const { callTypes, listTypes, recordTypes, commentTypes } = language;
  const types = [...callTypes, ...listTypes, ...recordTypes, ...commentTypes];
  const names = readNames(language, tree, types);
  const program = new Program(language, text, names);
  const evaluator = new Evaluator(path, program);
  const ofType = (types: readonly string[]) => names.others.filter(({ type }) => types.includes(type));
  const directives = readCodeDirectives(text, ofType(commentTypes));
  const mentionsArguments = mentions(text, callWordsOf(names));
  const mentionsMessages = mentions(text, messageWords);
  const calls = ofType(callTypes).filter((node) => mentionsArguments(rangeOf(node)));
  const nameOfNode = assignedNames(names);
  const named = [
    ...assigned(path, names, evaluator, tree.rootNode),
    ...ofType(recordTypes).flatMap((node) => standingEntries(node, nameOfNode(node), evaluator)),
    ...returned(path, names, evaluator, mentionsPrompts(text, names)),
  ];
  const asked = calls.flatMap((node) => {
    const call = promptCall(node, evaluator);
    return call === null ? [] : [{ node, call }];
  });
  const chained = withChains(asked, ofType(callTypes), evaluator);
  const whole = withChats(
    asked.map(({ node }, at) => ({ node, call: chained[at]! })),
    evaluator,
  );
  const bodies = bodiesAmong(ofType(recordTypes), nameOfNode, evaluator);
  const sent = [...asked.map(({ node }, at) => ({ node, call: whole[at]! })), ...bodies];
  const read = sent.map(({ node, call }) => ({ node, found: readCall(path, call) }));
  const passedOn = forwarded(read, ofType(callTypes), evaluator);
  const isPassedOn = new Set(passedOn.map(({ node }) => node.id));
  const own = read.flatMap(({ node, found }) =>
    found === null || isPassedOn.has(node.id) || !isSaid(found) ? [] : [{ node, found }],
  );
  const isRead = new Set([...isPassedOn, ...own.map(({ node }) => node.id)]);
  const elsewhere = sentElsewhere(
    ofType(callTypes).filter(({ id }) => !isRead.has(id)),
    evaluator,
  );
  const nameOfList = (node: Node) => nameOfNode(node) ?? "messages";
  const lists = ofType(listTypes)
    .filter((node) => mentionsMessages(rangeOf(node)) || isPartsName(nameOfList(node)))
    // Looking for parents takes long in a chain of calls, which are lists too in some languages.
    .filter((node) => holdsRecords(node, program) && !isOfMessage(node, program) && !isStored(node, program))
    .map((node) => ({ name: nameOfList(node), value: evaluator.value(node) }));
  const messages = ofType(recordTypes)
    .filter((node) => mentionsMessages(rangeOf(node)) && isMessageRecord(node, program))
    .filter((node) => !isStored(node, program) && !isBesideOthers(node, evaluator))
    .map((node) => ({ name: nameOfNode(node) ?? "message", value: evaluator.value(node) }));
  const parsed = codeTemplates(document, language, {
    named,
    messages,
    calls: [
      ...signaturesAmong(names, evaluator, tree.rootNode),
      ...passedOn.map(({ found }) => found),
      ...own.map(({ found }) => found),
      ...elsewhere,
    ],
    lists,
    offered: toolsOfServices(ofType(callTypes), evaluator),
    declarations: directives.value,
    problems: [...directives.problems, ...evaluator.limits],
  });
  return withUnfollowed({ ...parsed, value: withWindows(parsed.value, program) }, whole);
}

/** Words without one of which a call says nothing to a model. */
const callWords = new RegExp(
  [
    "system|instruction|messages|prompt|preamble|History|sendMessage|send_message|\\bsend\\b|sendStream|parts\\b|ChatMessage|UserMessage|apply_chat_template|backstory",
    String.raw`\b(?:ask|user|role|input|contents|config|RunAsync|RunStreamingAsync)\b`,
    String.raw`\b(?:a?invoke|a?batch|a?predict|create|a?complete|a?completions?|call|chat|a?stream|parse)\b`,
    String.raw`\b(?:a?generate|generate_content\w*|generateContent|generateContentStream|CompleteChat\w*)\b`,
    String.raw`\b(?:post|request|fetch|axios|dumps|stringify|invoke_?model\w*)\b`,
    String.raw`\bGet(?:Streaming)?(?:Response|ChatMessageContent)\w*`,
    String.raw`\b(?:${[...frameworkWords].join("|")})\b`,
  ].join("|"),
  "gi",
);

/** With names that such words were imported under. */
function callWordsOf({ module }: ModuleNames): RegExp {
  const aliases = [...module.bindings].flatMap(([name, [binding]]) => {
    const original = binding?.kind === "import" ? binding.name : null;
    const isOther = original !== null && original !== name && /^\w+$/.test(name);
    return isOther && original.search(callWords) >= 0 ? [name] : [];
  });
  if (aliases.length === 0) return callWords;
  return new RegExp(`${callWords.source}|\\b(?:${aliases.join("|")})\\b`, callWords.flags);
}

const messageWords =
  /\brole\b|\.role[a-z]|Role(?:\.|::)|\btype\b|Message|ChatHistory|\b(?:system|human|placeholder)\b/gi;

function promptCall(node: Node, evaluator: Evaluator): CallValue | null {
  const { program } = evaluator;
  const call = program.lower(node);
  if (call.kind === "record" && call.type !== undefined)
    return mayBePromptCall(call.type, keysOf(call)) ? evaluator.call(node) : null;
  if (call.kind !== "call") return null;
  const isWhole =
    call.object !== null && givesWhole(call) && program.tellings.isOfTold(program.bare(call.object));
  if (isWhole) return evaluator.call(node);
  const callee = program.originalName(program.calleeOf(call), node);
  if (stores.test(callee)) return null;
  return mayBePromptCall(callee, argumentNames(call, program)) ? evaluator.call(node) : null;
}

/** Names of arguments, and keys of a record that stands for them; a variable there may hold any. */
function argumentNames({ arguments: given }: CallExpression, program: Program): readonly string[] {
  const named = given.flatMap(({ name, value }) => name ?? optionNamed(program.lower(value)) ?? []);
  const last = given.at(-1);
  const record = last !== undefined && last.name === null ? program.lower(last.value) : null;
  if (record?.kind !== "record") return named;
  const keys = keysOf(record);
  // A record that is no argument by its keys may still be a message.
  if (program.language.takesRecords !== true) return keys.includes("role") ? [...named, "role"] : named;
  return [...named, ...keys];
}

function keysOf({ entries }: Extract<Expression, { readonly kind: "record" }>): readonly string[] {
  return entries.flatMap(({ key }) =>
    typeof key === "string" ? [key] : key === null ? [] : [stringIn(key)],
  );
}

function stringIn({ text }: Node): string {
  return text.replace(/^["']|["']$/g, "");
}

/** `ai.WithSystem("…")` names what it gives. */
function optionNamed(value: Expression): string | null {
  return value.kind === "call" ? optionOf(value.name) : null;
}

/** Classes that are signatures of DSPy, as the requests that they make. */
function signaturesAmong({ module, assignments }: ModuleNames, evaluator: Evaluator, root: Node) {
  return [...module.bindings].flatMap(([name, [binding]]) => {
    const isSignature =
      binding?.kind === "class" && binding.scope.bases.some((base) => lastPart(base) === "Signature");
    if (!isSignature) return [];
    const said = assignments.find((each) => each.owner === name && each.name === "instructions");
    const documentation = said === undefined ? null : evaluator.value(said.value);
    const fields = evaluator.fieldsOf(root, binding.scope);
    return signatureOfClass(name, fields, documentation?.kind === "text" ? documentation : null) ?? [];
  });
}

/** Records that are the bodies of requests, as the calls that would send them. */
function bodiesAmong(
  records: readonly Node[],
  nameOf: (node: Node) => string | null,
  evaluator: Evaluator,
): readonly { readonly node: Node; readonly call: CallValue }[] {
  const mentionsBody = mentions(evaluator.source, bodyWords);
  return records.flatMap((node) => {
    const record = mentionsBody(rangeOf(node)) ? evaluator.program.lower(node) : null;
    if (record?.kind !== "record" || record.type !== undefined || !isBody(keysOf(record))) return [];
    const body = evaluator.value(node);
    return body.kind === "record" ? [{ node, call: callOfBody(nameOf(node) ?? "body", body) }] : [];
  });
}

/** What lists and records are called: as what they are assigned to; `null` for those that are not. */
function assignedNames({ assignments }: ModuleNames): (node: Node) => string | null {
  const names = new Map(assignments.map(({ name, value }) => [value.id, name]));
  return (node) => names.get(node.id) ?? null;
}

/** Lists of records, or of calls that make them, may be messages. */
function holdsRecords(node: Node, program: Program): boolean {
  const list = program.lower(node);
  return (
    list.kind === "list" &&
    list.items.some((item) => ["record", "call"].includes(program.lowerBare(item).kind))
  );
}

/** `{ role: "user", parts: [{ text }] }`. */
function isMessageRecord(node: Node, program: Program): boolean {
  const record = program.lowerBare(node);
  if (record.kind !== "record") return false;
  const keys = keysOf(record);
  return keys.includes("role") && (keys.includes("content") || keys.includes("parts"));
}

function assigned(path: string, names: ModuleNames, evaluator: Evaluator, root: Node): readonly NamedValue[] {
  return names.assignments.flatMap((assignment): readonly NamedValue[] => {
    const { name, owner, scope, value } = assignment;
    const place = placeOf(assignment);
    if (!isCandidateName(path, { name, owner, place })) return [];
    const known = givenBy(value, evaluator);
    if (known === null) return [];
    // A template that is rendered here is a prompt where that is done.
    const isTemplate = known.kind === "text" && evaluator.value(value).kind === "call";
    if (isTemplate && isRendered(name, evaluator.program)) return [];
    const uses = { name, from: value.endIndex, to: scope.end };
    if (known.kind === "text" && place === "local" && owner === null && isOnlyShown(evaluator, root, uses))
      return [];
    const isEntry = owner !== null && isOfRecord(value, evaluator.program);
    return [{ name, owner, place, value: withoutOtherName(known), ...(isEntry && { isEntry }) }];
  });
}

/** The parts of a message that is written around them. */
function isOfMessage(node: Node, program: Program): boolean {
  const pair = program.parentOf(node);
  const record = pair === null ? null : program.parentOf(pair);
  return record !== null && isMessageRecord(record, program);
}

function isOfRecord(value: Node, program: Program): boolean {
  const pair = program.parentOf(value);
  const record = pair === null ? null : program.parentOf(pair);
  return record !== null && program.lowerBare(record).kind === "record";
}

/** A value, or what a function gives back; a template that is rendered elsewhere is its text. */
function givenBy(node: Node, evaluator: Evaluator) {
  const inside = evaluator.program.bare(node);
  if (evaluator.program.functionOf(inside) !== null) return evaluator.returned(inside);
  const value = evaluator.value(node);
  return value.kind === "call" ? (unrendered(node, value, evaluator) ?? value) : value;
}

/** Calls of databases: what they are given is kept, and sent by none of them. */
const stores =
  /^(?:prisma|knex|supabase|sequelize|mongoose|db|tx)\.|(?:^|\.)(?:insertMany|insertOne|insert_one|insert_many|bulkCreate|bulk_create|createMany|upsert|values|objects\.create)$/;

function isStored(node: Node, program: Program): boolean {
  for (let at = program.parentOf(node), steps = 0; at !== null && steps < deepestName; steps++) {
    if (program.functionOf(at) !== null) return false;
    const lowered = program.lower(at);
    if (lowered.kind === "call") return stores.test(program.calleeOf(lowered));
    at = program.parentOf(at);
  }
  return false;
}

/** One of a list of records whose other ones have roles that no model knows. */
function isBesideOthers(node: Node, evaluator: Evaluator): boolean {
  const list = evaluator.program.parentOf(node);
  return (
    list !== null && evaluator.program.lower(list).kind === "list" && hasOtherRole(evaluator.value(list))
  );
}

/** Keys of what stands before every conversation, in a record of any depth: `{ session: { instructions: "…" } }`. */
const standingKeys = /^system_?(?:prompt|message|instructions?)$/i;
const looseStandingKeys = /^(?:system|instructions?)$/;

function standingEntries(node: Node, called: string | null, evaluator: Evaluator): readonly NamedValue[] {
  const record = evaluator.program.lowerBare(node);
  if (record.kind !== "record" || (called !== null && isReadByPeople(called))) return [];
  const isOfPeople = isTranslation(evaluator.path) || isStored(node, evaluator.program);
  return record.entries.flatMap(({ key, value: written }): readonly NamedValue[] => {
    const name = key === null || typeof key === "string" ? key : stringIn(key);
    if (name === null || !(standingKeys.test(name) || looseStandingKeys.test(name))) return [];
    const value = evaluator.value(written);
    // Recipes have instructions too, for people who are not spoken to.
    const isSaid =
      value.kind === "text" &&
      (standingKeys.test(name) || (!isOfPeople && /\byou/i.test(knownText(value.pieces))));
    return isSaid ? [{ name, owner: null, place: "local", value, isEntry: true }] : [];
  });
}

const rendering = /\.(?:render|render_async|async_render|substitute|safe_substitute)\s*\(/;

function isRendered(name: string, { source }: Program): boolean {
  for (let at = source.indexOf(`${name}.`); at >= 0; at = source.indexOf(`${name}.`, at + 1)) {
    const isWhole = at === 0 || !/[\w$]/.test(source[at - 1]!);
    if (isWhole && rendering.exec(source.slice(at + name.length, at + name.length + 40))?.index === 0)
      return true;
  }
  return false;
}

function placeOf({ owner, scope }: Pick<Assignment, "owner" | "scope">): NamedValue["place"] {
  if (outsideBlocks(scope).kind === "function") return "local";
  return owner === null ? "module" : "member";
}

/** What functions return that are called like prompts: `def review_prompt(code): return f"…"`. */
function returned(
  path: string,
  names: ModuleNames,
  evaluator: Evaluator,
  isOfPrompts: (range: TextRange) => boolean,
): readonly NamedValue[] {
  const asPrompt = new Map(
    names.decorations.filter(givesPrompt).map(({ node, object }) => [node.id, object === null]),
  );
  return names.functions.flatMap(({ name, owner, scope, node }): readonly NamedValue[] => {
    const place = isOfModule(scope) ? "module" : "function";
    const isStanding = asPrompt.get(node.id);
    if (isStanding !== undefined) {
      const value = evaluator.returned(node);
      const given = {
        name,
        owner,
        place,
        isComposed: true,
        usage: isStanding ? "instructions" : "request",
      } as const;
      return value === null ? [] : [{ ...given, value: withoutLocal(value, rangeOf(node)) }];
    }
    const isCandidate = isCandidateName(path, { name, owner, place });
    if (!isCandidate && !isOfPrompts(rangeOf(node))) return [];
    const value = evaluator.returned(node);
    if (value === null) return [];
    if (isCandidate) return [{ name, owner, place, value: withoutLocal(value, rangeOf(node)) }];
    return putsTogether(value) ? [{ name, owner, place, value, isComposed: true }] : [];
  });
}

/**
 * `@dynamic_prompt` of LangChain makes the system prompt of each call, `@mcp.prompt()` of FastMCP a prompt that a server offers.
 */
function givesPrompt({ object, name }: Decoration): boolean {
  return object === null ? name === "dynamic_prompt" : name === "prompt";
}

/** Whether a function speaks of constants of its module that are called like prompts. */
function mentionsPrompts(text: string, { assignments }: ModuleNames): (range: TextRange) => boolean {
  const constants = assignments.flatMap(({ name, owner, scope }) =>
    owner === null && scope.kind === "module" && /^[\w$]+$/.test(name) && isPromptName(name) ? [name] : [],
  );
  if (constants.length === 0) return () => false;
  const all = [...new Set(constants)].slice(0, mostConstants).map((name) => name.replaceAll("$", "\\$"));
  return mentions(text, new RegExp(`\\b(?:${all.join("|")})\\b`, "g"));
}

/** A text under a name that says nothing, which gets the name of a prompt afterwards, is written under the first one. */
function withoutOtherName(value: CodeValue): CodeValue {
  let found = value;
  for (let depth = 0; found.kind === "text" && depth < deepestName; depth++) {
    const [only, ...others] = found.pieces;
    if (only?.kind !== "reference" || others.length > 0 || isPromptName(only.name)) return found;
    found = { ...found, pieces: only.pieces, range: only.definition };
  }
  return found;
}

const mostConstants = 200;

const deepestName = 16;

/** A text that is put together of prompts and more: what is sent is the whole. */
function putsTogether(value: CodeValue): boolean {
  if (value.kind !== "text") return false;
  let { pieces } = value;
  // Another name of one text is no more than that.
  for (
    let depth = 0;
    pieces.length === 1 && pieces[0]?.kind === "reference" && depth < deepestName;
    depth++
  ) {
    if (isPromptName(pieces[0].name)) return false;
    pieces = pieces[0].pieces;
  }
  const isPrompt = ({ name }: ReferencePiece) => isPromptName(name);
  return pieces.length > 1 && [...references(pieces)].some(isPrompt);
}

/** What a function puts together in a variable that is called like no prompt (`sb`, `lines`) is written in the function. */
function withoutLocal(value: CodeValue, { start, end }: TextRange): CodeValue {
  let found = value;
  for (let depth = 0; found.kind === "text" && depth < deepestName; depth++) {
    const [only, ...others] = found.pieces;
    if (only?.kind !== "reference" || others.length > 0) return found;
    const { name, definition, pieces } = only;
    const isOwn = start <= definition.start && definition.end <= end;
    if (isPromptName(name)) return found;
    // What is done to a text of elsewhere before it is given back is done here.
    if (!isOwn) return depth === 0 ? found : { ...found, pieces: [{ ...only, isJoined: true }] };
    const range = { start: definition.start, end: Math.max(definition.end, found.range.end) };
    found = { ...found, pieces, range };
  }
  return found;
}

/** The values of a module that others may import, by name. */
function members(language: Language, document: SourceDocument, tools: ParseTools): ModuleMembers {
  const none: ModuleMembers = { byName: new Map(), tools: new Map(), requests: new Map(), passedOn: [] };
  return withTree(
    language,
    document,
    tools,
    () => none,
    (tree) => readMembers(language, document, tree),
  );
}

function readMembers(language: Language, document: SourceDocument, tree: Tree): ModuleMembers {
  const names = readNames(language, tree, language.callTypes);
  const evaluator = new Evaluator(document.path, new Program(language, document.text, names));
  const found = new Map<string, Template & { readonly takes?: readonly string[] }>();
  const offered = new Map<string, readonly ToolDefinition[]>();
  const offer = (name: string, tool: ToolDefinition | null) => {
    if (tool !== null) offered.set(name, [tool]);
  };
  const add = (name: string, owner: string | null, node: Node) => {
    const value = givenBy(node, evaluator);
    const tool = evaluator.program.functionOf(node) === null ? value : evaluator.passed(node);
    if (tool !== null)
      offer(owner === null ? name : `${owner}.${name}`, toolNamed(document.path, name, tool));
    const several = owner !== null || value === null ? [] : toolsOfList(document.path, value);
    if (several.length > 0) offered.set(name, several);
    const place = owner === null ? "module" : "member";
    const isFixed = language.isFixed?.(node) ?? false;
    const member =
      value === null ? null : templateOfName(document, language, { name, owner, place, isFixed, value });
    const takes = evaluator.program
      .functionOf(evaluator.program.bare(node))
      ?.parameters.map((each) => each.name ?? "");
    if (member !== null) found.set(member.name, takes === undefined ? member : { ...member, takes });
  };
  const isOutside = ({ scope }: { readonly scope: Assignment["scope"] }) =>
    outsideBlocks(scope).kind !== "function";
  for (const each of names.assignments) if (isOutside(each)) add(each.name, each.owner, each.value);
  for (const each of names.functions) if (isOutside(each)) add(each.name, each.owner, each.node);
  for (const exported of names.exports) {
    if (exported.kind === "value") add(exported.name, null, exported.value);
    else if (exported.kind === "local") rename(found, exported.local, exported.name);
    else {
      const passed = reexported(language, document, exported);
      if (passed !== null) found.set(exported.name, passed);
    }
  }
  const passedOn = names.exportedModules.flatMap((module) => language.passedOn?.(module) ?? []);
  for (const [name, [binding]] of names.module.bindings) {
    if (binding?.kind === "class" && isToolClass(binding.scope))
      offer(name, toolOfClass(document.path, name, evaluator.fieldsOf(tree.rootNode, binding.scope)));
  }
  return {
    byName: found,
    tools: offered,
    requests: requestsOf(language, document, names, evaluator),
    passedOn,
  };
}

/** Functions of the module that send what they are given, under the names that others know them by. */
function requestsOf(
  language: Language,
  document: SourceDocument,
  names: ModuleNames,
  evaluator: Evaluator,
): ReadonlyMap<string, ForwardedRequest> {
  const mentionsArguments = mentions(document.text, callWords);
  const asked = names.others
    .filter((node) => mentionsArguments(rangeOf(node)))
    .flatMap((node) => {
      const call = promptCall(node, evaluator);
      return call === null ? [] : [{ node, call }];
    });
  const whole = withChats(asked, evaluator);
  const sent = asked.map(({ node }, at) => ({ node, found: readCall(document.path, whole[at]!) }));
  const found = new Map(
    wrappersOf(sent, evaluator).map((wrapper) => {
      const request = requestTemplate(document, language, wrapper.found, wrapper.name);
      return [wrapper.name, { ...request, takes: wrapper.takes }];
    }),
  );
  for (const exported of names.exports) {
    const own = exported.kind === "local" ? found.get(exported.local) : undefined;
    if (exported.kind === "local" && own !== undefined) found.set(exported.name, own);
  }
  return found;
}

type ExportOfOther = Extract<Export, { readonly kind: "other" }>;

/** `export { system } from "./prompts"`. */
function reexported(
  language: Language,
  { path }: SourceDocument,
  { name, from, node }: ExportOfOther,
): Template | null {
  const found = language.memberOf(from, [], false);
  if (found === null) return null;
  const range = rangeOf(node);
  const scope = inferred("constant", `\`${name}\` is imported: fixed at deployment`);
  const otherwise = { kind: "hole", range, form: "variable", name, expression: name, scope } as const;
  const member = { ...found, otherwise };
  const segments = [{ kind: "include", range, target: name, resolved: null, member }] as const;
  const id = `${path}:${name}`;
  return { id, path, format: language.id, name, range, usage: "partial", segments, samples: new Map() };
}

/** `export { system as prompt }`, with the members that it has. */
function rename<T extends Template>(found: Map<string, T>, local: string, name: string): void {
  for (const [key, template] of [...found]) {
    if (key !== local && !key.startsWith(`${local}.`)) continue;
    const own = name + key.slice(local.length);
    found.set(own, { ...template, name: own, id: `${template.path}:${own}` });
  }
}
