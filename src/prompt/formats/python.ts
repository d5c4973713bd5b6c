/** Prompts in Python: constants, message lists, and calls that send or build a prompt. */

import type { Node, Tree } from "web-tree-sitter";
import { mayBePromptCall, readCall } from "../code/calls.ts";
import { codeTemplates, isCandidateName, type NamedValue, templateOfName } from "../code/code-templates.ts";
import { readCodeDirectives } from "../code/directives.ts";
import { isPromptModule } from "../code/prompt-names.ts";
import { Evaluator } from "../code/python/evaluate.ts";
import { type ModuleNames, readNames, type Scope } from "../code/python/module.ts";
import { endlessCode } from "../code/syntax.ts";
import { withUnfollowed } from "../code/unfollowed.ts";
import type { CallValue } from "../code/values.ts";
import { inComment } from "../directives.ts";
import type { ModuleMembers, ParseTools, SourceDocument, TemplateFormat } from "../format.ts";
import { baseName, folders } from "../names.ts";
import { tooDeep, tooDeepByIndentation } from "../nesting.ts";
import type { Template } from "../template.ts";
import type { Parsed, Problem } from "../text.ts";

/** Code of others. Tests are told from programs where folders are read. */
const foreignFolders = new Set([
  "site-packages",
  "dist-packages",
  "vendor",
  "third_party",
  "_vendor",
  "migrations",
]);

function matches(path: string): boolean {
  const name = baseName(path);
  if (!name.endsWith(".py") || name === "setup.py") return false;
  return !folders(path).some((folder) => foreignFolders.has(folder));
}

const speaksOfPrompts =
  /prompt|instructions?\s*(?:[:=]|\b_)|_instructions?\b|INSTRUCTIONS?\b|system_?(?:message|msg|text|template|content)|_system\b|\bsystem\s*=|["']role["']|\brole\s*=|\bmessages\s*=|\b(?:System|Human)Message\b|from_messages|generate_content/i;

/** Without any word of prompts there is none; most files of code are done with here. */
function mayHold(text: string, path: string): boolean {
  return isPromptModule(path) || speaksOfPrompts.test(text);
}

/** The grammar takes time that grows with the square of blank lines that are continued; nobody writes many of them. */
const endlessContinuation = /(?:\\\r?\n[ \t]*){500}/;

/** The tree of a module, or why it is not read; `null` without the grammar. */
function parseCode({ text }: SourceDocument, { syntax }: ParseTools): Tree | Problem | null {
  const deepAt = tooDeepByIndentation(text);
  if (deepAt !== null) return tooDeep(deepAt);
  if (endlessContinuation.test(text)) return endlessCode;
  const tree = syntax?.parse("python", text) ?? null;
  return tree === "endless" ? endlessCode : tree;
}

const wanted = ["call", "list", "return_statement", "comment"] as const;

function parse(document: SourceDocument, tools: ParseTools): Parsed<readonly Template[]> {
  const { path, text } = document;
  const tree = parseCode(document, tools);
  if (tree === null) return { value: [], problems: [] };
  if ("message" in tree) return { value: [], problems: [tree] };
  try {
    const names = readNames(tree, wanted);
    const evaluator = new Evaluator(path, text, names);
    const ofType = (type: (typeof wanted)[number]) => names.others.filter((node) => node.type === type);
    const directives = readCodeDirectives(text, ofType("comment"));
    const calls = ofType("call").flatMap((node) => promptCall(node, evaluator) ?? []);
    const named = [
      ...assigned(path, names, evaluator),
      ...returned(ofType("return_statement"), names, evaluator),
    ];
    const lists = ofType("list")
      .filter(holdsRecords)
      .map((node) => ({ name: nameOfList(node), value: evaluator.value(node) }));
    const parsed = codeTemplates(document, python, {
      named,
      calls: calls.flatMap((call) => readCall(path, call) ?? []),
      lists,
      declarations: directives.value,
      problems: [...directives.problems, ...evaluator.limits],
    });
    return withUnfollowed(parsed, calls);
  } finally {
    tree.delete();
  }
}

function promptCall(node: Node, evaluator: Evaluator): CallValue | null {
  const called = node.childForFieldName("function")?.text ?? "";
  const keywords = (node.childForFieldName("arguments")?.namedChildren ?? []).flatMap(
    (argument) =>
      (argument?.type === "keyword_argument" ? argument.childForFieldName("name")?.text : null) ?? [],
  );
  return mayBePromptCall(called, keywords) ? evaluator.call(node) : null;
}

function nameOfList({ parent, startIndex }: Node): string {
  const left = parent?.type === "assignment" ? parent.childForFieldName("left") : null;
  return left?.type === "identifier" && left.startIndex < startIndex ? left.text : "messages";
}

/** Lists of dictionaries, or of calls that make them, may be messages. */
function holdsRecords(list: Node): boolean {
  return list.namedChildren.some((item) => item?.type === "dictionary" || item?.type === "call");
}

function assigned(path: string, names: ModuleNames, evaluator: Evaluator): readonly NamedValue[] {
  return names.assignments.flatMap(({ name, scope, value }): readonly NamedValue[] => {
    const place = placeOf(scope);
    const owner = scope.kind === "class" ? scope.name : null;
    if (!isCandidateName(path, { name, owner, place })) return [];
    return [{ name, owner, place, value: evaluator.value(value) }];
  });
}

function placeOf({ kind }: Scope): NamedValue["place"] {
  if (kind === "function") return "local";
  return kind === "class" ? "member" : "module";
}

/** What functions return that are called like prompts: `def review_prompt(code): return f"…"`. */
function returned(
  statements: readonly Node[],
  names: ModuleNames,
  evaluator: Evaluator,
): readonly NamedValue[] {
  return statements.flatMap((statement): readonly NamedValue[] => {
    const [value] = statement.namedChildren;
    const scope = names.scopeAt(statement.startIndex);
    if (value == null || scope.kind !== "function") return [];
    const owner = scope.parent?.kind === "class" ? scope.parent.name : null;
    const named = { name: scope.name, owner, place: "function" } as const;
    return isCandidateName("", named) ? [{ ...named, value: evaluator.value(value) }] : [];
  });
}

/** The values of a module that others may import, by name. */
function members(document: SourceDocument, tools: ParseTools): ModuleMembers {
  const found = new Map<string, Template>();
  const { path, text } = document;
  const tree = parseCode(document, tools);
  const members = { byName: found, passedOn: [] };
  if (tree === null || "message" in tree) return members;
  try {
    const names = readNames(tree, []);
    const evaluator = new Evaluator(path, text, names);
    for (const { name, scope, value } of names.assignments) {
      if (scope.kind === "function") continue;
      const owner = scope.kind === "class" ? scope.name : null;
      const member = templateOfName(document, python, {
        name,
        owner,
        place: placeOf(scope),
        value: evaluator.value(value),
      });
      if (member !== null) found.set(member.name, member);
    }
  } finally {
    tree.delete();
  }
  return members;
}

export const python: TemplateFormat = {
  id: "python",
  name: "Python",
  declaring: inComment("#"),
  matches,
  mayHold,
  languageOf: () => "python",
  doublesBraces: true,
  filesOf: (module) =>
    module.endsWith("/") ? [`${module}__init__.py`] : [`${module}.py`, `${module}/__init__.py`],
  parse,
  members,
};
