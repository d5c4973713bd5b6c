/** Python. */
import type { Node } from "web-tree-sitter";
import { dollarNamesEngine } from "../../dollar-names.ts";
import { EmbeddedTextBuilder } from "../../embedded.ts";
import { baseName, folders, words } from "../../names.ts";
import { tooDeep, tooDeepByIndentation } from "../../nesting.ts";
import { strFormatEngine } from "../../str-format.ts";
import type { Problem } from "../../text.ts";
import {
  entriesOf,
  lookUp,
  type MoreBinding,
  moreOfEntry,
  type NameReader,
  type Scope,
} from "../bindings.ts";
import { codeFormat } from "../code-format.ts";
import type {
  Argument,
  Asked,
  ConditionalBranch,
  Expression,
  FunctionParts,
  Loop,
  Parameter,
  RecordEntry,
  Statement,
  TextPart,
} from "../expression.ts";
import type { Language } from "../language.ts";
import { children, field, integerOf, lowering, operandsOf, rangeOf, shortened } from "../nodes.ts";
import {
  cleaned,
  dedented,
  formatted,
  joinedItems,
  madeBy,
  type Operation,
  ordered,
  record,
  renderedFile,
  renderedJinja,
  repeatedText,
  replaced,
  same,
  trimmed,
  valuesOf,
  valuesOfRecord,
} from "../operations.ts";
import { percentEngine } from "../percent.ts";
import { literal, type Piece } from "../pieces.ts";
import { classAround } from "../scopes.ts";
import { endlessCode } from "../syntax.ts";
import { lastPart, type Member } from "../values.ts";
import { pythonCalls } from "./python-calls.ts";
import { addStaticText, literalParts, staticText } from "./python-literals.ts";

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

const promptWords =
  /prompt|instructions?\s*(?:[:=]|\b_)|_instructions?\b|INSTRUCTIONS?\b|\binstruction\b|_INSTR|Signature\b|\bdspy\b|\binvoke_model|\bstart_chat\b|\bcrewai\b|\bRunner\.run|system_?(?:message|msg|text|template|content)|_system\b|\bsystem\s*=|["']role["']|\brole\s*=|\bmessages\s*=|\b(?:System|Human)Message\b|from_messages|generate_content|[a-z]Agent\(|\bagno\b|\(\s*["'](?:system|human)["']\s*,/i;

/** The grammar takes time that grows with the square of blank lines that are continued; nobody writes many of them. */
const endlessContinuation = /(?:\\\r?\n[ \t]*){500}/;

function refusesToParse(text: string): Problem | null {
  const deepAt = tooDeepByIndentation(text);
  if (deepAt !== null) return tooDeep(deepAt);
  return endlessContinuation.test(text) ? endlessCode : null;
}

// Expressions

function asked(node: Node): Asked {
  return { node, expression: shortened(node.text) };
}

/** Whether a node puts texts behind each other. */
function isSum(node: Node): boolean {
  return node.type === "binary_operator" && field(node, "operator")?.text === "+";
}

const { unknown, sameAs } = lowering();

function lower(node: Node, source: string): Expression {
  switch (node.type) {
    case "string":
      return lowerText([node], source);
    case "concatenated_string":
      return lowerText(
        children(node).filter(({ type }) => type === "string"),
        source,
      );
    case "parenthesized_expression":
    case "await":
      return sameAs(node, children(node)[0]);
    case "named_expression":
      return sameAs(node, field(node, "value"));
    case "identifier":
      return node.text === "self" || node.text === "cls"
        ? { kind: "self", name: node.text }
        : { kind: "name", name: node.text };
    case "attribute": {
      const object = field(node, "object");
      return object === null
        ? unknown(node)
        : { kind: "member", object, name: field(node, "attribute")?.text ?? "" };
    }
    case "subscript": {
      const object = field(node, "value");
      const index = field(node, "subscript");
      return object === null
        ? unknown(node)
        : { kind: "element", object, index: index?.type === "slice" ? null : index };
    }
    case "binary_operator":
      return lowerOperator(node);
    case "conditional_expression": {
      const [yes, condition, no] = children(node);
      if (yes === undefined || condition === undefined || no === undefined) return unknown(node);
      return { kind: "choice", asked: asked(condition), yes, no, isDefault: false };
    }
    case "boolean_operator": {
      const [left, right] = [field(node, "left"), field(node, "right")];
      if (left === null || right === null) return unknown(node);
      const isOr = field(node, "operator")?.text === "or";
      return {
        kind: "choice",
        asked: asked(left),
        yes: isOr ? left : right,
        no: isOr ? right : null,
        isDefault: isOr,
      };
    }
    case "call":
      return lowerCall(node);
    case "list":
    case "tuple":
    case "expression_list":
      return { kind: "list", items: children(node), isUnordered: false };
    case "set":
      return { kind: "list", items: children(node), isUnordered: true };
    case "list_splat": {
      const [value] = children(node);
      return value === undefined ? unknown(node) : { kind: "spread", value };
    }
    case "dictionary":
      return { kind: "record", entries: children(node).flatMap(entryOf) };
    case "list_comprehension":
    case "generator_expression":
      return lowerComprehension(node);
    case "set_comprehension":
      return { kind: "list", items: [], isUnordered: true };
    case "integer":
    case "float":
      return { kind: "literal", value: Number(node.text.replaceAll("_", "")) || 0 };
    case "true":
    case "false":
      return { kind: "literal", value: node.type === "true" };
    case "none":
      return { kind: "literal", value: null };
    case "lambda":
      return { kind: "function" };
    case "keyword_argument":
      return sameAs(node, field(node, "value"));
    default:
      return unknown(node);
  }
}

/** Literals side by side are one text, also for the engine that reads it. */
function lowerText(strings: readonly Node[], source: string): Expression {
  const all = strings.map(literalParts);
  const [first] = all;
  const last = all.at(-1);
  if (first === undefined || last === undefined || all.some(({ isBytes }) => isBytes)) {
    return { kind: "unknown", parts: [] };
  }
  if (all.every(({ isFormatted }) => !isFormatted)) {
    const builder = new EmbeddedTextBuilder(source);
    for (const part of all) addStaticText(builder, source, part.inside, part);
    const range =
      all.length === 1 ? first.inside : { start: strings[0]!.startIndex, end: strings.at(-1)!.endIndex };
    return {
      kind: "text",
      parts: [{ kind: "said", pieces: literal(builder.build(range)) }],
      isFilled: false,
    };
  }
  const parts = all.flatMap((part): readonly TextPart[] => {
    const found: TextPart[] = [];
    let at = part.inside.start;
    const flush = (end: number) => {
      if (end > at) found.push({ kind: "said", pieces: staticText(source, { start: at, end }, part) });
    };
    for (const interpolation of part.isFormatted ? part.interpolations : []) {
      flush(interpolation.startIndex);
      found.push(...lowerInterpolation(interpolation, source));
      at = interpolation.endIndex;
    }
    flush(part.inside.end);
    return found;
  });
  return { kind: "text", parts, isFilled: true };
}

function lowerInterpolation(node: Node, source: string): readonly TextPart[] {
  const expression = field(node, "expression");
  if (expression === null) return [];
  const shown = /^\{[\s\S]*?=\s*(?:![a-z])?(?::[^{}]*)?\}$/.test(node.text)
    ? shownExpression(node, expression, source)
    : [];
  const isPlain = children(node).length === 1 && shown.length === 0;
  const start = shown.length === 0 ? node.startIndex : expression.endIndex;
  const range = { start, end: node.endIndex };
  const value: TextPart = { kind: "value", node: expression, range, format: isPlain ? null : node.text };
  return shown.length === 0 ? [value] : [{ kind: "said", pieces: shown }, value];
}

/** `{value=}` writes the expression too. */
function shownExpression(node: Node, expression: Node, source: string): readonly Piece[] {
  const between = source.slice(expression.endIndex, node.endIndex);
  if (!/^\s*=/.test(between)) return [];
  const builder = new EmbeddedTextBuilder(source);
  builder.slice(expression.startIndex, expression.endIndex);
  builder.unit("=", Math.max(expression.startIndex, expression.endIndex - 1), expression.endIndex);
  return literal(builder.build(rangeOf(expression)));
}

function lowerOperator(node: Node): Expression {
  const operator = field(node, "operator")?.text;
  if (operator === "+") return { kind: "sum", operands: operandsOf(node, isSum) };
  const [left, right] = [field(node, "left"), field(node, "right")];
  if (operator === undefined || left === null || right === null) return unknown(node);
  return { kind: "operator", operator, left, right };
}

function lowerCall(node: Node): Expression {
  const called = field(node, "function");
  const given = field(node, "arguments");
  if (called === null) return unknown(node);
  const isMethod = called.type === "attribute";
  return {
    kind: "call",
    object: isMethod ? field(called, "object") : called.type === "identifier" ? null : called,
    name: isMethod
      ? (field(called, "attribute")?.text ?? "")
      : called.type === "identifier"
        ? called.text
        : "",
    // A comprehension that is the only argument stands in its place.
    arguments:
      given?.type === "argument_list"
        ? children(given).flatMap(argumentOf)
        : given === null
          ? []
          : [{ name: null, value: given }],
    isMade: false,
  };
}

function argumentOf(node: Node): readonly Argument[] {
  if (node.type === "keyword_argument") {
    const value = field(node, "value");
    return value === null ? [] : [{ name: field(node, "name")?.text ?? "", value }];
  }
  if (node.type === "dictionary_splat") {
    const [value] = children(node);
    return value === undefined ? [] : [{ name: null, value, isSpread: true }];
  }
  return [{ name: null, value: node }];
}

function entryOf(node: Node): readonly RecordEntry[] {
  if (node.type === "dictionary_splat") {
    const [value] = children(node);
    return value === undefined ? [] : [{ key: null, value, isSpread: true }];
  }
  const value = field(node, "value");
  const key = node.type === "pair" ? field(node, "key") : null;
  return value === null ? [] : [{ key, value }];
}

function lowerComprehension(node: Node): Expression {
  const body = field(node, "body");
  const clauses = children(node).filter(({ type }) => type === "for_in_clause");
  const condition = children(node).find(({ type }) => type === "if_clause") ?? null;
  const [only, ...others] = clauses;
  const loop = only === undefined || others.length > 0 ? null : loopOfClause(only);
  return body === null || loop === null ? unknown(node) : { kind: "loop", loop, body, condition };
}

/** `clause` is a `for` statement or the clause of a comprehension. */
function loopOfClause(clause: Node): Loop | null {
  const [left, of] = [field(clause, "left"), field(clause, "right")];
  if (left === null || of === null) return null;
  return { item: left.type === "identifier" ? left.text : null, of };
}

// Statements

function functionOf(node: Node): FunctionParts | null {
  if (node.type !== "function_definition" && node.type !== "lambda") return null;
  const body = field(node, "body");
  const isExpression = node.type === "lambda";
  const given = field(node, "parameters");
  const parameters = (given === null ? [] : children(given)).flatMap(parameterOf);
  const [first] = parameters;
  const decorators = decoratorsOf(node);
  const isMethod = first !== undefined && (first.name === "self" || first.name === "cls");
  return {
    parameters: isMethod ? parameters.slice(1) : parameters,
    body: body === null ? [] : isExpression ? [body] : children(body),
    isExpression,
    documentation: isExpression || body === null ? null : docstringOf(body),
    decorators,
    isGetter: decorators.some((name) => /^(?:\w+\.)?(?:cached_)?property$/.test(name)),
  };
}

/** The text that a body begins with. */
function docstringOf(body: Node): Node | null {
  const [first] = children(body);
  const said = first?.type === "expression_statement" ? children(first)[0] : first;
  const inner = said?.type === "parenthesized_expression" ? children(said)[0] : said;
  return inner?.type === "string" || inner?.type === "concatenated_string" ? inner : null;
}

/** As they are called, without their arguments. */
function decoratorsOf(node: Node): readonly string[] {
  const { parent } = node;
  if (parent?.type !== "decorated_definition") return [];
  return children(parent).flatMap((each) =>
    each.type === "decorator" ? [/^@\s*([\w.]*)/.exec(each.text)?.[1] ?? ""] : [],
  );
}

function parameterOf(node: Node): readonly Parameter[] {
  const name = node.type === "identifier" ? node : (field(node, "name") ?? children(node)[0] ?? null);
  if (
    ["list_splat_pattern", "dictionary_splat_pattern", "keyword_separator", "positional_separator"].includes(
      node.type,
    )
  )
    return [];
  const type = field(node, "type")?.text;
  return [
    {
      name: name?.type === "identifier" ? name.text : null,
      keys: [],
      fallback: field(node, "value"),
      ...(type !== undefined && { type }),
      documentation: annotatedText(field(node, "type")),
    },
  ];
}

/** `Annotated[str, "…"]` and `Annotated[str, Field(description="…")]`, which say what a parameter of a tool is. */
function annotatedText(type: Node | null): Node | null {
  if (type === null || !/^(?:\w+\.)?Annotated\[/.test(type.text)) return null;
  const [said] = type.descendantsOfType(["string", "concatenated_string"]);
  return said ?? null;
}

function statement(node: Node): Statement {
  switch (node.type) {
    case "return_statement":
      return { kind: "return", value: children(node)[0] ?? null };
    case "raise_statement":
      return { kind: "throw" };
    case "if_statement":
      return { kind: "if", branches: branchesOf(node) ?? [] };
    case "block":
      return { kind: "block", body: children(node) };
    case "match_statement": {
      const body = field(node, "body");
      return { kind: "if", branches: body === null ? [] : casesOf(node, body) };
    }
    case "try_statement":
    case "with_statement": {
      const body = field(node, "body");
      return body === null ? { kind: "other" } : { kind: "block", body: children(body) };
    }
    case "for_statement":
    case "while_statement":
      return { kind: "loop" };
    default:
      return { kind: "other" };
  }
}

function casesOf(node: Node, body: Node): readonly ConditionalBranch[] {
  const subject = field(node, "subject");
  return children(body).flatMap((each): readonly ConditionalBranch[] => {
    const inside = field(each, "consequence");
    if (each.type !== "case_clause" || inside === null || subject === null) return [];
    const pattern = children(each).find(({ type }) => type === "case_pattern")?.text ?? "_";
    const expression = shortened(`${subject.text} == ${pattern}`);
    const condition = pattern === "_" ? null : { node: subject, expression };
    return [{ asked: condition, body: children(inside), holder: each }];
  });
}

function branchesOf(node: Node): readonly ConditionalBranch[] | null {
  if (node.type !== "if_statement") return null;
  const branches: ConditionalBranch[] = [];
  const add = (holder: Node, condition: Node | null, body: Node | null) => {
    if (body !== null)
      branches.push({ asked: condition === null ? null : asked(condition), body: [body], holder });
  };
  add(node, field(node, "condition"), field(node, "consequence"));
  for (const each of children(node)) {
    if (each.type === "elif_clause") add(each, field(each, "condition"), field(each, "consequence"));
    else if (each.type === "else_clause") add(each, null, field(each, "body"));
  }
  return branches;
}

// Names

function bind(node: Node, names: NameReader): void {
  const { scope } = names;
  switch (node.type) {
    case "class_definition": {
      const name = field(node, "name")?.text ?? "";
      const bases = (field(node, "superclasses")?.namedChildren ?? []).flatMap((base) =>
        base?.type === "identifier" || base?.type === "attribute" ? [base.text] : [],
      );
      const inner = names.enter("class", name, node, bases);
      names.bind(name, { kind: "class", scope: inner }, scope);
      // DSPy sends the docstring of a signature as its instructions.
      const body = field(node, "body");
      const said =
        bases.some((base) => lastPart(base) === "Signature") && body !== null ? docstringOf(body) : null;
      if (said !== null) names.note({ name: "instructions", owner: name, scope: inner, value: said });
      return;
    }
    case "function_definition": {
      const name = field(node, "name")?.text ?? "";
      names.bind(name, { kind: "function", node });
      names.noteFunction({ name, owner: scope.kind === "class" ? scope.name : null, scope, node });
      for (const decorator of decoratorsOf(node)) {
        const parts = decorator.split(".");
        const object = parts.length > 1 ? parts.slice(0, -1).join(".") : null;
        names.decorations.push({ object, name: parts.at(-1) ?? "", node });
      }
      names.enter("function", name, node);
      return;
    }
    case "lambda":
      names.enter("function", "", node);
      return;
    case "assignment":
      bindAssignment(node, names);
      return;
    case "named_expression": {
      const value = field(node, "value");
      const name = field(node, "name")?.text ?? "";
      names.bind(name, value === null ? { kind: "other" } : { kind: "value", node: value });
      return;
    }
    case "import_statement":
    case "import_from_statement":
      bindImport(node, names);
      return;
    case "augmented_assignment":
      bindAugmented(node, names);
      return;
    case "call":
      bindAppended(node, names);
      return;
    case "parameters":
    case "lambda_parameters":
      for (const parameter of node.namedChildren) bindParameter(parameter, names);
      return;
    case "for_statement":
    case "for_in_clause":
      bindOthers(field(node, "left"), names);
      return;
    case "as_pattern":
      bindOpened(node, names);
      return;
    case "as_pattern_target":
      if (node.parent?.parent?.type !== "with_item") bindOthers(node, names);
      return;
    default:
      bindOthers(node, names);
  }
}

/** `with open(…) as file`. */
function bindOpened(node: Node, names: NameReader): void {
  if (node.parent?.type !== "with_item") return;
  const [value, target] = children(node);
  const name = target === undefined ? undefined : children(target)[0];
  if (value !== undefined && name?.type === "identifier")
    names.bind(name.text, { kind: "value", node: value, isOpened: true });
  else bindOthers(target ?? null, names);
}

/** `a = b = "…"` is one assignment in another; `a, b = …` is not followed. */
function bindAssignment(node: Node, names: NameReader): void {
  const { scope } = names;
  const left = field(node, "left");
  let value = field(node, "right");
  for (let depth = 0; value?.type === "assignment" && depth < maxChained; depth++)
    value = field(value, "right");
  if (left === null) return;
  const target =
    memberOfClass(left, scope) ?? (left.type === "identifier" ? { name: left.text, scope } : null);
  if (target === null && value !== null && bindEntry(left, value, names)) return;
  if (target === null || value === null) {
    // A declaration without a value (`prompt: str`) says nothing about it.
    if (value !== null) bindOthers(left, names);
    return;
  }
  names.assign({ ...target, owner: target.scope.kind === "class" ? target.scope.name : null, value });
}

/** `params["tools"] = …`, where the record has its name in the same scope; false for anything else. */
function bindEntry(left: Node, value: Node, names: NameReader): boolean {
  const entry = entryIn(left, names);
  if (entry === null) return false;
  names.bind(entriesOf(entry.record), { kind: "entry", key: entry.key, node: value });
  return true;
}

function entryIn(
  node: Node,
  { scope }: NameReader,
): { readonly record: string; readonly key: string } | null {
  const [object, index] = [field(node, "value"), field(node, "subscript")];
  if (node.type !== "subscript" || object?.type !== "identifier" || index?.type !== "string") return null;
  const key = /^["']([\w-]+)["']$/.exec(index.text)?.[1];
  return key === undefined || !scope.bindings.has(object.text) ? null : { record: object.text, key };
}

/** `a = b = c = …`; longer ones are not followed. */
const maxChained = 100;

function bindAugmented(node: Node, names: NameReader): void {
  const { scope } = names;
  const [left, right] = [field(node, "left"), field(node, "right")];
  const isAdded = field(node, "operator")?.text === "+=";
  const member = left === null ? null : memberOfClass(left, scope);
  if (member !== null && right !== null) {
    if (isAdded) addElsewhere(names, member, { form: "concat", node: right });
    return;
  }
  if (left?.type !== "identifier" || right === null || !isAdded) bindOthers(left, names);
  else names.bind(left.text, { kind: "more", form: "concat", node: right });
}

/** Calls bind nothing; those that lengthen a list of this scope belong to its value. */
function bindAppended(node: Node, names: NameReader): void {
  const { scope } = names;
  const called = field(node, "function");
  const method = called === null ? "" : (field(called, "attribute")?.text ?? "");
  const object = called === null ? null : field(called, "object");
  if (object === null || !lengthening.has(method)) return;
  const given = field(node, "arguments");
  const [first, second] = given === null ? [] : children(given);
  const item = method === "insert" ? second : first;
  if (item === undefined) return;
  const member = memberOfClass(object, scope);
  const form = method === "extend" ? "concat" : "append";
  const added = { form, node: item, ...(method === "insert" && { at: integerOf(first) }) } as const;
  if (member !== null) addElsewhere(names, member, added);
  else if (object.type === "subscript") {
    const entry = entryIn(object, names);
    if (entry !== null)
      names.bind(entriesOf(entry.record), moreOfEntry(entry.key, { kind: "more", ...added }));
  } else if (object.type !== "identifier") return;
  else if (scope.bindings.has(object.text)) {
    names.bind(object.text, { kind: "more", ...added });
  } else if (scope.kind === "function") {
    const declared = lookUp(object.text, scope, "statements")?.scope;
    if (declared?.kind === "module") addElsewhere(names, { name: object.text, scope: declared }, added);
  }
}

const lengthening: ReadonlySet<string> = new Set(["append", "extend", "insert"]);

interface Target {
  readonly name: string;
  readonly scope: Scope;
}

function addElsewhere(
  names: NameReader,
  { name, scope }: Target,
  added: Pick<MoreBinding, "form" | "node" | "at">,
): void {
  names.bind(name, { kind: "more", ...added, isElsewhere: true }, scope);
}

function bindParameter(parameter: Node | null, names: NameReader): void {
  if (parameter === null) return;
  const name = field(parameter, "name") ?? parameter;
  const own = name.type === "identifier" ? name : name.namedChildren[0];
  const fallback = field(parameter, "value");
  if (own?.type === "identifier")
    names.bind(own.text, fallback === null ? { kind: "other" } : { kind: "other", fallback });
}

/** `self.name` belongs to the class. */
function memberOfClass(left: Node, scope: Scope): Target | null {
  if (left.type !== "attribute") return null;
  const owner = field(left, "object")?.text;
  const name = field(left, "attribute")?.text;
  const ownClass = classAround(scope);
  if (name === undefined || ownClass === null || (owner !== "self" && owner !== "cls")) return null;
  return { name, scope: ownClass };
}

function bindOthers(node: Node | null, names: NameReader): void {
  if (node === null) return;
  const found = node.type === "identifier" ? [node] : node.descendantsOfType("identifier");
  for (const name of found) if (name !== null) names.bind(name.text, { kind: "other" });
}

function bindImport(node: Node, names: NameReader): void {
  const from = field(node, "module_name")?.text.replace(/\s+/g, "") ?? null;
  for (const child of node.childrenForFieldName("name")) {
    if (child === null) continue;
    const isAliased = child.type === "aliased_import";
    const name = (isAliased ? field(child, "name")?.text : child.text) ?? "";
    const alias = isAliased ? field(child, "alias")?.text : undefined;
    // `import a.b` binds `a`.
    const own = alias ?? (from === null ? name.split(".")[0]! : name);
    const module = from ?? (alias === undefined ? own : name);
    names.bind(
      own,
      from === null
        ? { kind: "import", module, name: null, isWhole: true }
        : { kind: "import", module, name },
    );
    // A package passes on what it imports from its own modules: `from .prompts import SYSTEM`.
    if (from !== null && names.scope.kind === "module" && from.startsWith(".")) {
      names.exports.push({ kind: "other", name: own, from: { kind: "import", module, name }, node: child });
    }
  }
  if (from !== null && children(node).some(({ type }) => type === "wildcard_import") && from.startsWith("."))
    names.exportedModules.push(from);
}

function additionsTo(name: string, value: Node): readonly MoreBinding[] | null {
  const isSelf = (node: Node | undefined) => node?.type === "identifier" && node.text === name;
  const parts = value.type === "list" ? children(value) : operandsOf(value, isSum);
  const [first, ...rest] = parts;
  if (value.type !== "list") {
    return isSelf(first) ? rest.map((node) => ({ kind: "more", form: "concat", node })) : null;
  }
  if (first?.type !== "list_splat" || !isSelf(children(first)[0])) return null;
  return rest.map((part): MoreBinding => {
    const inner = part.type === "list_splat" ? children(part)[0] : undefined;
    return inner === undefined
      ? { kind: "more", form: "append", node: part }
      : { kind: "more", form: "concat", node: inner };
  });
}

/** Names of constants and modules, not of classes. */
function mayNameText(name: string): boolean {
  const last = lastPart(name);
  return /^_*[A-Z][A-Z0-9_]*$/.test(last) || /^[a-z_][a-z0-9_]*$/.test(last);
}

/** What a module exports under a small name, and has members itself, is a module in it. */
const memberOf: Language["memberOf"] = ({ module, name: own }, path, isCalled) => {
  const names = [...(own === null ? [] : [own]), ...path];
  // What a class makes is an object.
  if (isCalled && names.some((name) => /^_*[A-Z]/.test(name))) return null;
  const found = memberNamed(module, names);
  return mayNameText(found.name) ? found : null;
};

const classOf: Language["classOf"] = ({ module, name }, path) => {
  const found = memberNamed(module, [...(name === null ? [] : [name]), ...path]);
  return found.name === "" ? null : found;
};

function memberNamed(module: string, names: readonly string[]): Member {
  let modules = 0;
  while (modules < names.length - 1 && /^[a-z_]/.test(names[modules]!)) modules++;
  return { module: modulePath(module, names.slice(0, modules)), name: names.slice(modules).join(".") };
}

/** `.prompts` as `./prompts`, `..a.b` as `../a/b`, `a.b` as `a/b`. */
function modulePath(module: string, inner: readonly string[]): string {
  const dots = /^\.*/.exec(module)![0].length;
  const own = module.slice(dots).replaceAll(".", "/");
  const path = [own, ...inner].filter((part) => part !== "").join("/");
  if (dots === 0) return path;
  return `${dots === 1 ? "./" : "../".repeat(dots - 1)}${path}`;
}

// Functions of the library

const methods: ReadonlyMap<string, Operation> = new Map([
  ["strip", trimmed("both", "owner", 0)],
  ["lstrip", trimmed("start", "owner", 0)],
  ["rstrip", trimmed("end", "owner", 0)],
  ["format", formatted(strFormatEngine, "owner")],
  ["format_map", formatted(strFormatEngine, "owner")],
  ["join", joinedItems(0, "owner")],
  ["replace", replaced(true)],
  ["values", valuesOfRecord("owner")],
  ["decode", same("owner")],
  ["render", renderedJinja],
  ["render_async", renderedJinja],
  ["async_render", renderedJinja],
  ["render_template", renderedFile],
  ["substitute", substituted],
  ["safe_substitute", substituted],
]);

/** Of `string.Template`. */
function substituted({ owner, node, call }: Parameters<Operation>[0], bench: Parameters<Operation>[1]) {
  const made = madeBy(owner, call);
  if (made === null || lastPart(made.callee) !== "Template") return null;
  const [text] = made.positional;
  if (text?.kind !== "text") return null;
  bench.spend(text.pieces);
  return bench.text(node, bench.read(text.pieces, dollarNamesEngine, valuesOf(call, call.positional)), true);
}

const operators: ReadonlyMap<string, Operation> = new Map([
  ["%", formatted(percentEngine, "owner")],
  ["*", repeatedText],
]);

const text: Operation = (operands, bench) =>
  operands.given.length === 0 ? bench.text(operands.node, [], false) : same(0)(operands, bench);

const copiedList: Operation = ({ node, given: [first] }, bench) => {
  if (first === undefined) return bench.list(node, []);
  return first.kind === "list" ? first : null;
};

const functions: ReadonlyMap<string, Operation> = new Map([
  ["dedent", dedented(0)],
  ["cleandoc", cleaned(0)],
]);

function functionNamed(name: string): Operation | null {
  if (name === "dict") return record;
  if (/^render_template$|\.render_(?:template|prompt)$|^render_prompt$/.test(name)) return renderedFile;
  if (name === "str") return text;
  if (name === "sorted") return ordered(0, "fixed");
  if (/^(?:frozen)?set$/.test(name)) return ordered(0, "open");
  if (/^random\.(?:sample|choices)$/.test(name)) return ordered(0, "drawn");
  if (/^(?:list|tuple|copy\.(?:copy|deepcopy)|deepcopy)$/.test(name)) return copiedList;
  return functions.get(lastPart(name)) ?? null;
}

export const python = codeFormat({
  id: "python",
  name: "Python",
  comment: "#",
  matches,
  promptWords,
  doublesBraces: true,
  filesOf: (module) =>
    module.endsWith("/") ? [`${module}__init__.py`] : [`${module}.py`, `${module}/__init__.py`],
  grammarOf: () => "python",
  refusesToParse,
  bindingTypes: [
    "assignment",
    "augmented_assignment",
    "named_expression",
    "class_definition",
    "function_definition",
    "lambda",
    "parameters",
    "lambda_parameters",
    "call",
    "for_statement",
    "for_in_clause",
    "as_pattern",
    "as_pattern_target",
    "import_statement",
    "import_from_statement",
    "delete_statement",
    "global_statement",
    "nonlocal_statement",
    "case_pattern",
  ],
  callTypes: ["call"],
  listTypes: ["list"],
  recordTypes: ["dictionary"],
  commentTypes: ["comment"],
  nameTypes: ["identifier"],
  returnTypes: ["return_statement"],
  blockTypes: words("block module"),
  decidingTypes: words(
    "for_statement while_statement try_statement except_clause match_statement case_clause",
  ),
  classNames: "statements",
  lower,
  functionOf,
  statement,
  branchesOf,
  loopOf: (node) => (node.type === "for_statement" ? loopOfClause(node) : null),
  bind,
  additionsTo,
  memberOf,
  classOf,
  passedOn: (module) => modulePath(module, []),
  methods,
  functionNamed,
  operators,
  knownCalls: pythonCalls,
  wrapping: words("str repr len sorted list tuple json.dumps dumps int float enumerate reversed zip"),
  writing: words(
    "strftime isoformat format strip lstrip rstrip upper lower title capitalize replace split join get items keys values hex",
  ),
  computing: /^(?:len|sum|min|max|abs|round)$/,
  sorting: { functions: words("sorted"), methods: words("") },
  keepsKeyOrder: (callee, written) =>
    /(?:^|\.)json\.dumps$|^dumps$/.test(callee) && !/sort_keys\s*=\s*True/.test(written)
      ? `\`${callee}\` without \`sort_keys\``
      : null,
  files: {
    parsers:
      /^(?:(?:json|orjson|ujson|json5|simplejson|toml|tomllib|tomli|pytoml|rtoml)\.loads?|(?:yaml|ruamel\.yaml)\.(?:(?:safe_|full_|unsafe_)?load)|omegaconf\.OmegaConf\.load|OmegaConf\.load)$/,
    parseOpened: true,
    openers: /^(?:open|io\.open|codecs\.open|gzip\.open|aiofiles\.open|anyio\.open_file)$/,
    readers:
      /^(?:importlib\.resources\.read_(?:text|binary)|pkgutil\.get_data|pkg_resources\.resource_string)$/,
    readingMethods: words("read read_text read_bytes"),
    parts: words("get strip lstrip rstrip decode splitlines items values keys copy"),
    pathMakers:
      /^(?:str|pathlib\.(?:Pure)?Path|Path|os\.(?:fspath|getenv|environ\.get)|os\.path\.\w+|importlib\.resources\.(?:files|path)|importlib_resources\.files|pkg_resources\.resource_filename)$/,
    pathMethods: words("joinpath resolve absolute expanduser with_name with_suffix with_stem as_posix"),
    places: /^(?:__(?:file|package|name)__$|(?:os\.)?environ\[)/,
  },
});
