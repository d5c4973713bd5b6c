/** Prompts in JavaScript and TypeScript: constants, template literals, message lists, and calls that send a prompt. */

import type { Node, Tree } from "web-tree-sitter";
import { mayBePromptCall, readCall } from "../code/calls.ts";
import { codeTemplates, isCandidateName, type NamedValue, templateOfName } from "../code/code-templates.ts";
import { readCodeDirectives } from "../code/directives.ts";
import { Evaluator } from "../code/javascript/evaluate.ts";
import {
  type Assignment,
  type Export,
  functionTypes,
  keyOf,
  type ModuleNames,
  readNames,
  type Scope,
  unwrapped,
} from "../code/javascript/module.ts";
import { moduleFiles, modulePath } from "../code/javascript/module-paths.ts";
import { dottedName } from "../code/javascript/names.ts";
import { children, rangeOf } from "../code/nodes.ts";
import { isPromptModule } from "../code/prompt-names.ts";
import { outsideBlocks } from "../code/scopes.ts";
import { type CodeLanguage, codeLanguageOf, endlessCode } from "../code/syntax.ts";
import { withUnfollowed } from "../code/unfollowed.ts";
import type { CallValue } from "../code/values.ts";
import { inComment } from "../directives.ts";
import type { ModuleMembers, ParseTools, SourceDocument, TemplateFormat } from "../format.ts";
import { baseName, folders } from "../names.ts";
import { inferred } from "../scope-inference.ts";
import { speaksOfPrompts } from "../speaks-of-prompts.ts";
import type { Template } from "../template.ts";
import type { Parsed, Problem, TextRange } from "../text.ts";

/** Code of others, and what tools write. Tests are told from programs where folders are read. */
const foreignFolders = new Set([
  "node_modules",
  "bower_components",
  "vendor",
  "third_party",
  "dist",
  "out",
  ".next",
  ".nuxt",
  "coverage",
]);

function matches(path: string): boolean {
  const name = baseName(path);
  if (!/\.[cm]?[jt]sx?$/.test(name)) return false;
  // Types hold no values.
  if (/\.d\.[cm]?ts$|[.-]min\.[cm]?js$|\.(?:bundle|chunk|generated|stories|config)\.[cm]?[jt]sx?$/.test(name))
    return false;
  return !folders(path).some((folder) => foreignFolders.has(folder));
}

const hasWordOfPrompts =
  /prompt|instructions?\s*[:=`]|\bsystem\s*[:=]|system_?(?:message|text|template|content)|["']?role["']?\s*:|\bmessages\s*:|\b(?:System|Human)Message\b|fromMessages|generateContent/i;

/** Bundles are written on few lines. */
const bundleSize = 100_000;
const bundleLine = 500;

/** Without any word of prompts there is none; most files of code are done with here. */
function mayHold(text: string, path: string): boolean {
  return (isPromptModule(path) || hasWordOfPrompts.test(text)) && !isBundle(text);
}

/** Prompts of a bundle are those of its sources, which is where they are edited. */
function refuses(text: string): string | null {
  if (!isBundle(text) || !speaksOfPrompts(text)) return null;
  return "it is a bundle that speaks of prompts; its sources are read, where they are in the folder";
}

function isBundle(text: string): boolean {
  if (text.length < bundleSize) return false;
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return text.length / lines > bundleLine;
}

const wanted = ["call_expression", "new_expression", "array", "comment"] as const;

function parse(document: SourceDocument, tools: ParseTools): Parsed<readonly Template[]> {
  const none = (problems: readonly Problem[]) => ({ value: [], problems });
  return withTree(document, tools, none, (tree) => readModule(document, tree));
}

/** TypeScript is read where the name does not tell: nearly all JavaScript is TypeScript too. */
function languageOf(path: string): CodeLanguage {
  const told = codeLanguageOf(path);
  return told === null || told === "python" ? "typescript" : told;
}

function withTree<T>(
  { path, text }: SourceDocument,
  { syntax }: ParseTools,
  without: (problems: readonly Problem[]) => T,
  read: (tree: Tree) => T,
): T {
  const tree = syntax?.parse(languageOf(path), text) ?? null;
  if (tree === null || tree === "endless") return without(tree === null ? [] : [endlessCode]);
  try {
    return read(tree);
  } finally {
    tree.delete();
  }
}

function readModule(document: SourceDocument, tree: Tree): Parsed<readonly Template[]> {
  const { path, text } = document;
  const names = readNames(tree, wanted);
  const evaluator = new Evaluator(text, names);
  const ofType = (...types: string[]) => names.others.filter(({ type }) => types.includes(type));
  const directives = readCodeDirectives(text, ofType("comment"));
  const mentionsArguments = mentions(text, callWords);
  const mentionsMessages = mentions(text, messageWords);
  const calls = ofType("call_expression", "new_expression").filter((node) =>
    mentionsArguments(rangeOf(node)),
  );
  const named = [...assigned(path, names, evaluator), ...returned(path, names, evaluator)];
  const sent = calls.flatMap((node) => promptCall(node, evaluator) ?? []);
  const lists = ofType("array")
    .filter((node) => mentionsMessages(rangeOf(node)) && holdsRecords(node))
    .map((node) => ({ name: nameOfList(node), value: evaluator.value(node) }));
  const parsed = codeTemplates(document, javascript, {
    named,
    calls: sent.flatMap((call) => readCall(path, call) ?? []),
    lists,
    declarations: directives.value,
    problems: [...directives.problems, ...evaluator.limits],
  });
  return withUnfollowed(parsed, sent);
}

/** Words without one of which a call says nothing to a model. */
const callWords =
  /\b(?:system\w*|instructions|messages|input|contents|prompt|config)\b|PromptTemplate|fromMessages|\b(?:invoke|batch|predict|create|generate|generateContent|generateContentStream|complete|completions?|chat|stream|parse)\b/g;

const messageWords = /\brole\b|\btype\b|Message|\b(?:system|human|placeholder)\b/g;

/** Tells whether any match lies in a range. Most calls of a file hold none, and are not looked at. */
function mentions(text: string, words: RegExp): (range: TextRange) => boolean {
  const places = [...text.matchAll(words)].map(({ index }) => index);
  return ({ start, end }) => {
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[middle]! < start) low = middle + 1;
      else high = middle;
    }
    return low < places.length && places[low]! < end;
  };
}

function promptCall(node: Node, evaluator: Evaluator): CallValue | null {
  const called = node.childForFieldName("function") ?? node.childForFieldName("constructor");
  const given = node.childForFieldName("arguments");
  if (called === null || given?.type !== "arguments") return null;
  return mayBePromptCall(dottedName(called), argumentNames(given)) ? evaluator.call(node) : null;
}

/** Keys of an object that is the last argument; a variable there may hold any. */
function argumentNames(given: Node): readonly string[] {
  const last = children(given).at(-1);
  return last?.type === "object" ? children(last).flatMap((entry) => keyOf(entry) ?? []) : [];
}

function nameOfList({ parent, startIndex }: Node): string {
  const name = parent?.type === "variable_declarator" ? parent.childForFieldName("name") : null;
  return name?.type === "identifier" && name.startIndex < startIndex ? name.text : "messages";
}

/** Lists of objects, or of calls that make them, may be messages. */
function holdsRecords(list: Node): boolean {
  return children(list).some(({ type }) => ["object", "call_expression", "new_expression"].includes(type));
}

function assigned(path: string, names: ModuleNames, evaluator: Evaluator): readonly NamedValue[] {
  return names.assignments.flatMap((assignment): readonly NamedValue[] => {
    const { name, owner, value } = assignment;
    const place = placeOf(assignment);
    if (!isCandidateName(path, { name, owner, place })) return [];
    const inside = unwrapped(value);
    const known = functionTypes.has(inside.type) ? evaluator.returned(inside) : evaluator.value(value);
    return known === null ? [] : [{ name, owner, place, value: known }];
  });
}

function placeOf({ owner, scope }: Pick<Assignment, "owner" | "scope">): NamedValue["place"] {
  if (outsideBlocks(scope).kind === "function") return "local";
  return owner === null ? "module" : "member";
}

/** What functions return that are called like prompts: `const reviewPrompt = (code) => `…``. */
function returned(path: string, names: ModuleNames, evaluator: Evaluator): readonly NamedValue[] {
  return names.functions.flatMap(({ name, owner, scope, node }): readonly NamedValue[] => {
    const place = outsideBlocks(scope).kind === "module" ? "module" : "function";
    if (!isCandidateName(path, { name, owner, place })) return [];
    const value = evaluator.returned(node);
    return value === null ? [] : [{ name, owner, place, value }];
  });
}

type ExportOfOther = Extract<Export, { readonly kind: "other" }>;

/** The values of a module that others may import, by name. */
function members(document: SourceDocument, tools: ParseTools): ModuleMembers {
  const none: ModuleMembers = { byName: new Map(), passedOn: [] };
  return withTree(
    document,
    tools,
    () => none,
    (tree) => readMembers(document, tree),
  );
}

function readMembers(document: SourceDocument, tree: Tree): ModuleMembers {
  const names = readNames(tree, []);
  const evaluator = new Evaluator(document.text, names);
  const found = new Map<string, Template>();
  const add = (name: string, owner: string | null, node: Node) => {
    const inside = unwrapped(node);
    const value = functionTypes.has(inside.type) ? evaluator.returned(inside) : evaluator.value(node);
    const place = owner === null ? "module" : "member";
    const named = { name, owner, place, isFixed: isFixed(node) } as const;
    const member = value === null ? null : templateOfName(document, javascript, { ...named, value });
    if (member !== null) found.set(member.name, member);
  };
  const isOutside = (scope: Scope) => outsideBlocks(scope).kind !== "function";
  for (const { name, owner, scope, value } of names.assignments)
    if (isOutside(scope)) add(name, owner, value);
  for (const { name, owner, scope, node } of names.functions) if (isOutside(scope)) add(name, owner, node);
  for (const exported of names.exports) {
    if (exported.kind === "value") add(exported.name, null, exported.value);
    else if (exported.kind === "local") rename(found, exported.local, exported.name);
    else {
      const passed = reexported(document, exported);
      if (passed !== null) found.set(exported.name, passed);
    }
  }
  return { byName: found, passedOn: names.exportedModules.flatMap((module) => modulePath(module) ?? []) };
}

/** A member of an enum or of an object `as const`, the value of a `const`. */
function isFixed(value: Node): boolean {
  const inner = unwrapped(value);
  for (let at: Node | null = inner.parent, isOwn = true; at !== null; at = at.parent) {
    if (at.type === "enum_declaration") return true;
    if (at.type === "as_expression") {
      if (/\bas\s+const$/.test(at.text)) return true;
    } else if (at.type === "lexical_declaration") {
      return isOwn && at.childForFieldName("kind")?.text === "const";
    } else if (at.type === "object") isOwn = false;
    else if (at.type === "statement_block" || at.type === "program") return false;
  }
  return false;
}

/** `export { system } from "./prompts"`. */
function reexported({ path }: SourceDocument, { name, from, node }: ExportOfOther): Template | null {
  const module = modulePath(from.module);
  if (module === null || from.name === null) return null;
  const range = rangeOf(node);
  const scope = inferred("constant", `\`${name}\` is imported: fixed at deployment`);
  const hole = { kind: "hole", range, form: "variable", name, expression: name, scope } as const;
  const member = { module, name: from.name, otherwise: hole };
  const segments = [{ kind: "include", range, target: name, resolved: null, member }] as const;
  const id = `${path}:${name}`;
  return { id, path, format: javascript.id, name, range, usage: "partial", segments, samples: new Map() };
}

/** `export { system as prompt }`, with the members that it has. */
function rename(found: Map<string, Template>, local: string, name: string): void {
  for (const [key, template] of [...found]) {
    if (key !== local && !key.startsWith(`${local}.`)) continue;
    const own = name + key.slice(local.length);
    found.set(own, { ...template, name: own, id: `${template.path}:${own}` });
  }
}

export const javascript: TemplateFormat = {
  id: "javascript",
  name: "JavaScript and TypeScript",
  declaring: inComment("//"),
  matches,
  mayHold,
  refuses,
  languageOf,
  filesOf: moduleFiles,
  parse,
  members,
};
