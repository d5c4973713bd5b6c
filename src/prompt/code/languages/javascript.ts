/** JavaScript and TypeScript. */
import type { Node } from "web-tree-sitter";
import { baseName, folders, words } from "../../names.ts";
import { speaksOfPrompts } from "../../speaks-of-prompts.ts";
import {
  entriesOf,
  type ImportBinding,
  isOfModule,
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
  CallExpression,
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
import {
  children,
  elseIfs,
  field,
  integerOf,
  lowering,
  operandsOf,
  rangeOf,
  shortened,
  withFallThrough,
} from "../nodes.ts";
import {
  awaited,
  changed,
  compacted,
  concatenation,
  joinedItems,
  mapped,
  type Operation,
  ordered,
  replaced,
  same,
  trimmed,
  valuesOfRecord,
  withoutMargin,
} from "../operations.ts";
import { type Piece, trimPieces } from "../pieces.ts";
import { classAround, outsideBlocks } from "../scopes.ts";
import { codeLanguageOf } from "../syntax.ts";
import type { Member } from "../values.ts";
import { javascriptCalls, keepsKeyOrder } from "./javascript-calls.ts";
import { insideOf, type LiteralForm, staticText } from "./javascript-literals.ts";
import { hasPromptElements, lowerElement } from "./jsx.ts";

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

const promptWords =
  /prompt|instructions?\s*(?:[:=`(]|\+=)|\bsystem\s*[:=]|system_?(?:message|text|template|content)|["']?role["']?\s*:|\bmessages\s*:|\b(?:System|Human)Message\b|fromMessages|generateContent|sendMessage|parts\.(?:push|unshift)\(\s*\{|\bPart\[\]|\[\s*["'](?:system|human)["']\s*,/i;

/** Bundles are written on few lines. */
const bundleSize = 100_000;
const bundleLine = 500;

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

// Expressions

/** Nodes that only say how something is written, or of which type it is. */
const silent: ReadonlySet<string> = new Set([
  "property_identifier",
  "string_fragment",
  "escape_sequence",
  "type_annotation",
  "type_arguments",
  "formal_parameters",
  "comment",
  "this",
]);

const { unknown, sameAs } = lowering({ silent });

/** The parentheses around a condition are no part of it. */
function asked(node: Node): Asked {
  return { node, expression: shortened(unwrapped(node).text) };
}

/** What types and parentheses are written around. */
const wrappers: ReadonlySet<string> = new Set([
  "parenthesized_expression",
  "as_expression",
  "satisfies_expression",
  "non_null_expression",
]);

function unwrapped(node: Node): Node {
  let at = node;
  for (let depth = 0; depth < 16; depth++) {
    const inner = wrappers.has(at.type) ? children(at)[0] : frozen(at);
    if (inner === undefined) return at;
    at = inner;
  }
  return at;
}

function frozen(node: Node): Node | undefined {
  if (node.type !== "call_expression" || field(node, "function")?.text !== "Object.freeze") return;
  const given = field(node, "arguments");
  return given === null ? undefined : children(given)[0];
}

/** Whether a node puts texts behind each other. */
function isSum(node: Node): boolean {
  return node.type === "binary_expression" && field(node, "operator")?.text === "+";
}

function lower(node: Node, source: string): Expression {
  if (wrappers.has(node.type)) return sameAs(node, children(node)[0]);
  switch (node.type) {
    case "string":
      return {
        kind: "text",
        parts: [{ kind: "said", pieces: staticText(source, insideOf(node), "string") }],
        isFilled: false,
      };
    case "jsx_element":
    case "jsx_self_closing_element":
    case "jsx_opening_element":
    case "jsx_expression":
      return (hasPromptElements(source) ? lowerElement(node, source) : null) ?? unknown(node);
    case "template_string":
      return lowerTemplate(node, source);
    case "await_expression":
      return sameAs(node, children(node)[0]);
    case "sequence_expression":
      // `(0, sdk.generateText)(…)`, as compilers write it.
      return sameAs(node, children(node).at(-1));
    case "type_assertion":
      return sameAs(node, children(node)[1]);
    case "pair":
      return sameAs(node, field(node, "value"));
    case "identifier":
    case "shorthand_property_identifier":
      return node.text === "undefined" ? { kind: "literal", value: null } : { kind: "name", name: node.text };
    case "this":
    case "super":
      return { kind: "self", name: node.type };
    case "meta_property":
    case "import":
      return { kind: "name", name: node.text };
    case "member_expression": {
      const object = field(node, "object");
      return object === null
        ? unknown(node)
        : { kind: "member", object, name: field(node, "property")?.text ?? "" };
    }
    case "subscript_expression": {
      const object = field(node, "object");
      return object === null ? unknown(node) : { kind: "element", object, index: field(node, "index") };
    }
    case "binary_expression":
      return lowerOperator(node);
    case "ternary_expression": {
      const condition = field(node, "condition");
      if (condition === null) return unknown(node);
      const [yes, no] = [field(node, "consequence"), field(node, "alternative")];
      return { kind: "choice", asked: asked(condition), yes, no, isDefault: false };
    }
    case "call_expression":
      return lowerCall(node);
    case "new_expression": {
      const made = field(node, "constructor");
      return { ...calleeOf(made), kind: "call", arguments: argumentsOf(node), isMade: true };
    }
    case "array":
      return { kind: "list", items: children(node), isUnordered: false };
    case "spread_element": {
      const [value] = children(node);
      return value === undefined ? unknown(node) : { kind: "spread", value };
    }
    case "object":
      return { kind: "record", entries: children(node).flatMap(entryOf) };
    case "enum_declaration": {
      const body = field(node, "body");
      return { kind: "record", entries: body === null ? [] : children(body).flatMap(entryOf) };
    }
    case "number":
      return { kind: "literal", value: Number(node.text.replaceAll("_", "")) || 0 };
    case "true":
    case "false":
      return { kind: "literal", value: node.type === "true" };
    case "null":
    case "undefined":
      return { kind: "literal", value: null };
    default:
      return functionTypes.has(node.type) ? { kind: "function" } : unknown(node);
  }
}

/** Under the tag `String.raw` it keeps its backslashes. */
function lowerTemplate(node: Node, source: string): Expression {
  const called = node.parent?.type === "call_expression" ? field(node.parent, "function") : null;
  const form: LiteralForm = called?.text === "String.raw" ? "raw" : "template";
  const inside = insideOf(node);
  const parts: TextPart[] = [];
  let at = inside.start;
  const flush = (end: number) => {
    if (end > at) parts.push({ kind: "said", pieces: staticText(source, { start: at, end }, form) });
  };
  const substitutions = children(node).filter(({ type }) => type === "template_substitution");
  for (const substitution of substitutions) {
    flush(substitution.startIndex);
    const [expression] = children(substitution);
    if (expression !== undefined)
      parts.push({ kind: "value", node: expression, range: rangeOf(substitution), format: null });
    at = substitution.endIndex;
  }
  flush(inside.end);
  return { kind: "text", parts, isFilled: substitutions.length > 0 };
}

function lowerOperator(node: Node): Expression {
  const [left, right] = [field(node, "left"), field(node, "right")];
  if (left === null || right === null) return unknown(node);
  switch (field(node, "operator")?.text) {
    case "+":
      return { kind: "sum", operands: operandsOf(node, isSum) };
    case "&&":
      return { kind: "choice", asked: asked(left), yes: right, no: null, isDefault: false };
    case "||":
    case "??":
      return { kind: "choice", asked: asked(left), yes: left, no: right, isDefault: true };
    default:
      return unknown(node);
  }
}

function lowerCall(node: Node): Expression {
  const inside = frozen(node);
  if (inside !== undefined) return { kind: "same", value: inside };
  return { ...calleeOf(field(node, "function")), kind: "call", arguments: argumentsOf(node), isMade: false };
}

function calleeOf(node: Node | null): Pick<CallExpression, "object" | "name"> {
  const called = node === null ? null : unwrapped(node);
  switch (called?.type) {
    case undefined:
      return { object: null, name: "" };
    case "identifier":
    case "import":
      return { object: null, name: called!.text };
    case "member_expression":
      return { object: field(called!, "object"), name: field(called!, "property")?.text ?? "" };
    case "sequence_expression":
      return calleeOf(children(called!).at(-1) ?? null);
    default:
      return { object: called!, name: "" };
  }
}

/** A template under a tag is what the tag is given. */
function argumentsOf(node: Node): readonly Argument[] {
  const given = field(node, "arguments");
  if (given === null) return [];
  if (given.type === "template_string") return [{ name: null, value: given }];
  return children(given).map((value): Argument => {
    const [spread] = value.type === "spread_element" ? children(value) : [];
    return spread === undefined ? { name: null, value } : { name: null, value: spread, isSpread: true };
  });
}

function entryOf(node: Node): readonly RecordEntry[] {
  if (node.type === "spread_element") {
    const [value] = children(node);
    return value === undefined ? [] : [{ key: null, value, isSpread: true }];
  }
  const value =
    node.type === "shorthand_property_identifier" || node.type === "method_definition"
      ? node
      : field(node, "value");
  return value === null ? [] : [{ key: keyOf(node), value }];
}

/** The name of an entry of an object; `null` for keys that a run decides. */
function keyOf(entry: Node): string | null {
  if (entry.type === "shorthand_property_identifier") return entry.text;
  const key = field(entry, entry.type === "pair" ? "key" : "name");
  if (key === null) return null;
  const inner = key.type === "computed_property_name" ? children(key)[0] : key;
  if (inner === undefined) return null;
  return stringText(inner) ?? (inner === key ? inner.text : null);
}

/** A string that is one word or path; `null` for any other node. */
function stringText(node: Node): string | null {
  return node.type === "string" ? node.text.slice(1, -1) : null;
}

// Statements

const functionTypes: ReadonlySet<string> = new Set([
  "function_declaration",
  "generator_function_declaration",
  "function_expression",
  "generator_function",
  "arrow_function",
  "method_definition",
]);

function functionOf(node: Node): FunctionParts | null {
  if (!functionTypes.has(node.type)) return null;
  const body = field(node, "body");
  const isExpression = body !== null && body.type !== "statement_block";
  return {
    parameters: patternsOf(node).map(parameterOf),
    body: body === null ? [] : isExpression ? [body] : children(body),
    isExpression,
    isGetter: node.type === "method_definition" && /^(?:[\w\s]*\s)?get\s/.test(node.text.slice(0, 80)),
  };
}

/** The patterns of a function's parameters, in order. */
function patternsOf(node: Node): readonly Node[] {
  const parameter = field(node, "parameter");
  if (parameter !== null) return [parameter];
  const parameters = field(node, "parameters");
  return parameters === null ? [] : children(parameters).map((given) => field(given, "pattern") ?? given);
}

function parameterOf(pattern: Node): Parameter {
  const isDefault = pattern.type === "assignment_pattern";
  const name = isDefault ? field(pattern, "left") : pattern;
  const fallback = isDefault ? field(pattern, "right") : fallbackBeside(pattern);
  const keys =
    name?.type === "object_pattern"
      ? children(name).flatMap((part) =>
          part.type === "shorthand_property_identifier_pattern" ? [part.text] : [],
        )
      : [];
  return { name: name?.type === "identifier" ? name.text : null, keys, fallback };
}

/** TypeScript writes it beside the pattern, in a node of both. */
function fallbackBeside({ parent }: Node): Node | null {
  return parent === null || !/_parameter$/.test(parent.type) ? null : field(parent, "value");
}

function statement(node: Node): Statement {
  switch (node.type) {
    case "return_statement":
      return { kind: "return", value: children(node)[0] ?? null };
    case "throw_statement":
      return { kind: "throw" };
    case "if_statement":
      return {
        kind: "if",
        branches: elseIfs(node, {
          ifType: "if_statement",
          asked,
          inside: (otherwise) => children(otherwise)[0],
        }),
      };
    case "switch_statement":
      return { kind: "if", branches: casesOf(node) };
    case "statement_block":
      return { kind: "block", body: children(node) };
    case "try_statement": {
      const body = field(node, "body");
      return body === null ? { kind: "other" } : { kind: "block", body: children(body) };
    }
    default:
      return { kind: loops.has(node.type) ? "loop" : "other" };
  }
}

/** Each case is asked in turn; one without statements goes on with the next one. */
function casesOf(node: Node): readonly ConditionalBranch[] {
  const body = field(node, "body");
  const cases = body === null ? [] : children(body);
  const subject = field(node, "value") ?? node;
  const written = cases.map((one): ConditionalBranch => {
    const inside = one.childrenForFieldName("body").filter((each) => each !== null);
    const same = field(one, "value");
    const expression = same === null ? "" : shortened(`${unwrapped(subject).text} === ${same.text}`);
    return { asked: same === null ? null : { node: subject, expression }, body: inside, holder: one };
  });
  const all = withFallThrough(written);
  return [...all.filter((branch) => branch.asked !== null), ...all.filter((branch) => branch.asked === null)];
}

function branchesOf(node: Node): readonly ConditionalBranch[] | null {
  if (node.type === "switch_statement") return casesOf(node);
  const isElseIf = node.parent?.type === "else_clause";
  return node.type !== "if_statement" || isElseIf
    ? null
    : elseIfs(node, { ifType: "if_statement", asked, inside: (otherwise) => children(otherwise)[0] });
}

const loops: ReadonlySet<string> = new Set([
  "for_statement",
  "for_in_statement",
  "while_statement",
  "do_statement",
]);

function loopOf(node: Node): Loop | null {
  if (functionTypes.has(node.type)) return forEachOf(node);
  if (node.type !== "for_in_statement") return null;
  const [left, of] = [field(node, "left"), field(node, "right")];
  return of === null ? null : { item: left?.type === "identifier" ? left.text : null, of };
}

/** `items.forEach((item) => { … })`; `null` for any other function. */
function forEachOf(node: Node): Loop | null {
  const call = node.parent?.type === "arguments" ? node.parent.parent : null;
  const called = call === null ? null : field(call, "function");
  if (called?.type !== "member_expression" || field(called, "property")?.text !== "forEach") return null;
  const [of, [first]] = [field(called, "object"), patternsOf(node)];
  return of === null ? null : { item: first?.type === "identifier" ? first.text : null, of };
}

// Names

const classTypes: ReadonlySet<string> = new Set(["class_declaration", "abstract_class_declaration", "class"]);

function bind(node: Node, names: NameReader): void {
  const { type } = node;
  if (functionTypes.has(type)) bindFunction(node, names);
  else if (classTypes.has(type)) bindClass(node, names);
  else if (type === "statement_block" || type === "switch_body" || type === "for_statement")
    names.enter("block", "", node);
  else bindStatement(node, names);
}

function bindFunction(node: Node, names: NameReader): void {
  const { scope } = names;
  const name = field(node, "name")?.text ?? "";
  const isMember = node.type === "method_definition" && scope.kind === "class";
  if (name !== "" && (isMember || node.type.endsWith("_declaration"))) {
    names.bind(name, { kind: "function", node });
    names.noteFunction({ name, owner: isMember ? scope.name : null, scope, node });
  }
  const inner = names.enter("function", name, node);
  const body = field(node, "body");
  // `(context) => ({ systemPrompt: "…" })`
  if (body !== null && body.type !== "statement_block") noteMembers(name, unwrapped(body), inner, names, 0);
  const parameter = field(node, "parameter");
  if (parameter !== null) bindPattern(parameter, names, inner);
  for (const given of patternsOf(node)) bindParameter(given, names, inner);
  if (isMember && name === "constructor") bindParameterFields(node, names, scope);
}

/** `constructor(private system = "…")`: the parameter is a field as well. */
function bindParameterFields(definition: Node, names: NameReader, scope: Scope): void {
  const parameters = field(definition, "parameters");
  for (const parameter of parameters === null ? [] : children(parameters)) {
    const isField = parameter.children.some((part) =>
      /^(?:accessibility_modifier|readonly)$/.test(part?.type ?? ""),
    );
    const pattern = field(parameter, "pattern");
    if (isField && pattern?.type === "identifier")
      names.bind(pattern.text, { kind: "value", node: pattern }, scope);
  }
}

function bindClass(node: Node, names: NameReader): void {
  const { scope } = names;
  const name = field(node, "name")?.text ?? "";
  const heritage = children(node).find(({ type }) => type === "class_heritage");
  const base = /^(?:extends\s+)?([\w$.]+)/.exec(heritage?.text ?? "")?.[1];
  const inner = names.enter("class", name, node, base === undefined ? [] : [base]);
  if (name !== "") names.bind(name, { kind: "class", scope: inner }, scope);
}

function bindStatement(node: Node, names: NameReader): void {
  const { scope } = names;
  switch (node.type) {
    case "variable_declarator":
      bindVariable(node, names);
      return;
    case "public_field_definition":
    case "field_definition": {
      const name = (field(node, "name") ?? field(node, "property"))?.text;
      const value = field(node, "value");
      if (name !== undefined && value !== null && scope.kind === "class") assign(name, value, scope, names);
      return;
    }
    case "enum_declaration": {
      const name = field(node, "name")?.text ?? "";
      names.bind(name, { kind: "value", node });
      noteEnumMembers(name, node, names);
      return;
    }
    case "return_statement": {
      const [value] = children(node);
      if (value !== undefined) noteMembers(outsideBlocks(scope).name, unwrapped(value), scope, names, 0);
      return;
    }
    case "import_statement":
      bindImport(node, names);
      return;
    case "export_statement":
      noteExport(node, names);
      return;
    case "assignment_expression":
    case "augmented_assignment_expression":
      bindAssignment(node, names);
      return;
    case "call_expression":
      bindPushed(node, names);
      return;
    case "for_in_statement": {
      const left = field(node, "left");
      const inner = names.enter("block", "", node);
      if (left !== null) bindPattern(left, names, inner);
      return;
    }
    default: {
      const parameter = field(node, "parameter");
      if (parameter !== null) bindPattern(parameter, names, scope);
    }
  }
}

function bindVariable(node: Node, names: NameReader): void {
  const { scope } = names;
  const name = field(node, "name");
  const value = field(node, "value");
  if (name === null) return;
  const target = node.parent?.type === "variable_declaration" ? outsideBlocks(scope) : scope;
  const module = value === null ? null : requiredModule(value);
  if (name.type !== "identifier") {
    if (value === null) bindPattern(name, names, target);
    else bindMembers(name, value, module, names, target);
  } else if (module !== null) names.bind(name.text, { kind: "import", module, name: null }, target);
  else if (value !== null) assign(name.text, value, target, names);
}

function assign(name: string, value: Node, scope: Scope, names: NameReader): void {
  const owner = scope.kind === "class" ? scope.name : null;
  const inside = unwrapped(value);
  if (functionTypes.has(inside.type)) {
    names.bind(name, { kind: "value", node: value }, scope);
    names.noteFunction({ name, owner, scope, node: inside });
  } else names.assign({ name, owner, scope, value });
  noteMembers(owner === null ? name : `${owner}.${name}`, inside, scope, names, 0);
}

/** `name = …`, `name += …`, `this.name = …`, `exports.name = …`, `object.name = …`. */
function bindAssignment(node: Node, names: NameReader): void {
  const { scope } = names;
  const [left, right] = [field(node, "left"), field(node, "right")];
  if (left === null || right === null) return;
  const isChange = node.type === "augmented_assignment_expression";
  if (left.type === "identifier") {
    const name = left.text;
    const isAdded = isChange && field(node, "operator")?.text === "+=";
    if (!isChange) names.note({ name, owner: null, scope, value: right });
    names.later(() => {
      const declared = lookUp(name, scope, "nowhere")?.scope ?? names.module;
      if (!isChange) names.bind(name, { kind: "value", node: right }, declared);
      else if (isAdded) names.bind(name, { kind: "more", form: "concat", node: right }, declared);
      else names.bind(name, { kind: "other" }, declared);
    });
    return;
  }
  const object = left.type === "member_expression" ? field(left, "object") : null;
  const name = field(left, "property")?.text;
  if (object === null || name === undefined) return;
  if (isChange) {
    // More of a text that others hold: `config.systemInstruction += "…"`.
    if (field(node, "operator")?.text === "+=") names.note({ name, owner: object.text, scope, value: right });
    return;
  }
  const own = object.type === "this" ? classAround(scope) : null;
  if (own !== null) assign(name, right, own, names);
  else if (left.text === "module.exports") noteExportedObject(right, names);
  else if (/^(?:module\.)?exports$/.test(object.text)) {
    names.exports.push({ kind: "value", name, value: right });
    assign(name, right, names.module, names);
  } else {
    names.note({ name, owner: object.text, scope, value: right });
    if (object.type !== "identifier") return;
    names.later(() => {
      const declared = lookUp(object.text, scope, "nowhere")?.scope;
      if (declared === undefined) return;
      names.bind(entriesOf(object.text), { kind: "entry", key: name, node: right }, declared);
    });
  }
}

/** Calls bind nothing; those that lengthen a list belong to its value. */
function bindPushed(node: Node, names: NameReader): void {
  const { scope } = names;
  const [called, given] = [field(node, "function"), field(node, "arguments")];
  const object = called?.type === "member_expression" ? field(called, "object") : null;
  if (object === null || given === null) return;
  const items = addedItems(field(called!, "property")?.text ?? "", children(given));
  if (items.length === 0) return;
  const member = object.type === "member_expression" ? field(object, "property")?.text : undefined;
  const isOwn = member !== undefined && field(object, "object")?.type === "this";
  const own = isOwn ? classAround(scope) : null;
  if (own !== null && member !== undefined) {
    for (const item of items) names.bind(member, { ...item, isElsewhere: true }, own);
  }
  const record = member === undefined ? null : field(object, "object");
  if (record?.type === "identifier" && member !== undefined) {
    names.later(() => {
      const declared = lookUp(record.text, scope, "nowhere")?.scope;
      if (declared === undefined) return;
      for (const item of items) names.bind(entriesOf(record.text), moreOfEntry(member, item), declared);
    });
  }
  if (object.type !== "identifier") return;
  const name = object.text;
  names.later(() => {
    const declared = lookUp(name, scope, "nowhere")?.scope;
    if (declared === undefined) return;
    const isElsewhere = isOfModule(declared) && !isOfModule(scope);
    for (const item of items) names.bind(name, isElsewhere ? { ...item, isElsewhere } : item, declared);
  });
}

/** What `push(a, b)`, `unshift(a, b)` and `splice(1, 0, a)` add to an array. */
function addedItems(method: string, given: readonly Node[]): readonly MoreBinding[] {
  const [start, removed, ...spliced] = given;
  const at = method === "unshift" ? 0 : integerOf(start);
  switch (method) {
    case "push":
      return given.map((node) => ({ kind: "more", form: "append", node }));
    case "unshift":
      return given.map((node, index) => ({ kind: "more", form: "append", node, at: index }));
    case "splice":
      if (removed?.text !== "0") return [];
      return spliced.map((node, index) => {
        const place = at === null ? null : at < 0 ? at : at + index;
        return { kind: "more", form: "append", node, at: place };
      });
    default:
      return [];
  }
}

function additionsTo(name: string, value: Node): readonly MoreBinding[] | null {
  const isSelf = (node: Node | null | undefined) => node?.type === "identifier" && node.text === name;
  const inside = unwrapped(value);
  if (inside.type === "array") {
    const [first, ...rest] = children(inside);
    if (first?.type !== "spread_element" || !isSelf(children(first)[0])) return null;
    return rest.map((node) => ({ kind: "more", form: "append", node }));
  }
  const called = inside.type === "call_expression" ? field(inside, "function") : null;
  const given = field(inside, "arguments");
  if (called === null || field(called, "property")?.text !== "concat" || given === null) return null;
  if (!isSelf(field(called, "object"))) return null;
  return children(given).map((node) => ({ kind: "more", form: "concat", node }));
}

function noteExport(node: Node, names: NameReader): void {
  const [source, value] = [field(node, "source"), field(node, "value")];
  const module = source === null ? null : stringText(source);
  const clause = children(node).find(
    ({ type }) => type === "export_clause" || type === "namespace_export" || type === "string",
  );
  if (value !== null) {
    if (value.type === "identifier")
      names.exports.push({ kind: "local", name: "default", local: value.text });
    else names.exports.push({ kind: "value", name: "default", value });
  } else if (clause?.type === "export_clause") {
    for (const specifier of children(clause)) {
      const local = field(specifier, "name")?.text ?? "";
      const name = field(specifier, "alias")?.text ?? local;
      if (module === null) noteLocalExport(name, local, specifier, names);
      else {
        const from = { kind: "import", module, name: local } as const;
        names.exports.push({ kind: "other", name, from, node: specifier });
      }
    }
  } else if (module !== null && clause?.type !== "namespace_export") names.exportedModules.push(module);
}

/** `import { a } from "./b"; export { a };` passes it on. */
function noteLocalExport(name: string, local: string, node: Node, names: NameReader): void {
  names.later(() => {
    const [binding, ...others] = names.module.bindings.get(local) ?? [];
    if (binding?.kind === "import" && others.length === 0)
      names.exports.push({ kind: "other", name, from: binding, node });
    else names.exports.push({ kind: "local", name, local });
  });
}

/** `module.exports = { a, b: "…" }`, or one value. */
function noteExportedObject(value: Node, names: NameReader): void {
  if (value.type !== "object") {
    names.exports.push({ kind: "value", name: "default", value });
    return;
  }
  for (const entry of children(value)) {
    const name = keyOf(entry);
    if (name === null) continue;
    const inner = field(entry, "value");
    if (entry.type === "shorthand_property_identifier") noteLocalExport(name, name, entry, names);
    else if (inner?.type === "identifier") noteLocalExport(name, inner.text, entry, names);
    else if (inner !== null) names.exports.push({ kind: "value", name, value: inner });
  }
}

function bindParameter(pattern: Node, names: NameReader, scope: Scope): void {
  const { name, fallback } = parameterOf(pattern);
  if (name === null || fallback === null) bindPattern(pattern, names, scope);
  else names.bind(name, { kind: "other", fallback }, scope);
}

/** Names of a pattern whose values only a run knows. */
function bindPattern(pattern: Node, names: NameReader, scope: Scope): void {
  for (const name of patternNames(pattern)) names.bind(name, { kind: "other" }, scope);
}

function patternNames(pattern: Node): readonly string[] {
  const own = pattern.type === "identifier" || pattern.type === "shorthand_property_identifier_pattern";
  if (own) return [pattern.text];
  return pattern
    .descendantsOfType(["identifier", "shorthand_property_identifier_pattern"])
    .flatMap((node) => node?.text ?? []);
}

/** `const { a, b: c } = value`, also of a module. */
function bindMembers(
  pattern: Node,
  value: Node,
  module: string | null,
  names: NameReader,
  scope: Scope,
): void {
  for (const part of pattern.type === "object_pattern" ? children(pattern) : [pattern]) {
    const target = part.type === "pair_pattern" ? field(part, "value") : part;
    const key = part.type === "pair_pattern" ? field(part, "key")?.text : part.text;
    const isPlain = target?.type === "identifier" || target?.type === "shorthand_property_identifier_pattern";
    if (target === null || key === undefined || !isPlain) bindPattern(part, names, scope);
    else if (module !== null) names.bind(target.text, { kind: "import", module, name: key }, scope);
    else names.bind(target.text, { kind: "member", node: value, key }, scope);
  }
}

/** The module of `require("./prompts")` and `await import("./prompts")`; `null` for anything else. */
function requiredModule(value: Node): string | null {
  const call = value.type === "await_expression" ? children(value)[0] : value;
  const called = call?.type === "call_expression" ? field(call, "function") : null;
  if (called?.text !== "require" && called?.type !== "import") return null;
  const [module] = children(field(call!, "arguments")!);
  return module === undefined ? null : stringText(module);
}

function bindImport(node: Node, names: NameReader): void {
  const source = field(node, "source");
  const module = source === null ? null : stringText(source);
  const clause = children(node).find(({ type }) => type === "import_clause");
  if (module === null || clause === undefined) return;
  for (const part of children(clause)) {
    if (part.type === "identifier") names.bind(part.text, { kind: "import", module, name: "default" });
    else if (part.type === "namespace_import") {
      const own = children(part)[0]?.text ?? "";
      names.bind(own, { kind: "import", module, name: null });
    } else {
      for (const specifier of children(part)) {
        const name = field(specifier, "name")?.text ?? "";
        const own = field(specifier, "alias")?.text ?? name;
        names.bind(own, { kind: "import", module, name });
      }
    }
  }
}

/** Objects in objects deeper than anybody keeps prompts in. */
const maxObjectDepth = 4;

function noteMembers(owner: string, object: Node, scope: Scope, names: NameReader, depth: number): void {
  if (depth > maxObjectDepth) return;
  if (object.type === "array") {
    // `[{ name: "fix", prompt: "…" }]`
    for (const item of children(object)) noteMembers(owner, unwrapped(item), scope, names, depth + 1);
  }
  if (object.type !== "object") return;
  for (const entry of children(object)) {
    const name = keyOf(entry);
    const value = entry.type === "method_definition" ? entry : field(entry, "value");
    if (name === null || value === null) continue;
    names.note({ name, owner, scope, value });
    noteMembers(`${owner}.${name}`, unwrapped(value), scope, names, depth + 1);
  }
}

function noteEnumMembers(owner: string, node: Node, names: NameReader): void {
  const body = field(node, "body");
  for (const entry of body === null ? [] : children(body)) {
    const [name, value] = [keyOf(entry), field(entry, "value")];
    if (name !== null && value !== null) names.note({ name, owner, scope: names.scope, value });
  }
}

/** A member of an enum or of an object `as const`, the value of a `const`. */
function isFixed(value: Node): boolean {
  const inner = unwrapped(value);
  for (let at: Node | null = inner.parent, isOwn = true; at !== null; at = at.parent) {
    if (at.type === "enum_declaration") return true;
    if (at.type === "as_expression") {
      if (/\bas\s+const$/.test(at.text)) return true;
    } else if (at.type === "lexical_declaration") {
      return isOwn && field(at, "kind")?.text === "const";
    } else if (at.type === "object") isOwn = false;
    else if (at.type === "statement_block" || at.type === "program") return false;
  }
  return false;
}

// Modules

const endings = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"] as const;

/**
 * The path without its ending, relative (`./prompts`) or, for the usual names of the source folder (`@/`, `~/`, `#/`),
 * to be looked up in the folders above. `null` for packages, and for files that are no code.
 */
export function modulePath(module: string): string | null {
  const path = /^\.\.?(?:\/|$)/.test(module) ? module : /^[@~#]\/(.+)$/.exec(module)?.[1];
  if (path === undefined) return null;
  const ending = /\.(\w+)$/.exec(path)?.[1] ?? "";
  if (isEnding(ending)) return path.slice(0, -ending.length - 1);
  return /^(?:json|css|scss|svg|png|md|mdx|txt|html|vue|svelte|graphql|wasm)$/.test(ending) ? null : path;
}

function isEnding(text: string): boolean {
  return (endings as readonly string[]).includes(text);
}

/** Files that a module may be, by its path without ending. */
function moduleFiles(path: string): readonly string[] {
  const folder = path.replace(/\/$/, "");
  const index = endings.map((ending) => `${folder}/index.${ending}`);
  return /(?:^|\/)\.{0,2}$/.test(path) ? index : [...endings.map((ending) => `${path}.${ending}`), ...index];
}

/** Names of constants, functions and members, not of classes and components. */
function mayNameText(name: string): boolean {
  return name.includes(".") || /^(?:[a-z_$][\w$]*|[A-Z][A-Z0-9_]*)$/.test(name);
}

const memberOf: Language["memberOf"] = (binding, path) => {
  const found = classOf(binding, path);
  return found !== null && mayNameText(found.name) ? found : null;
};

function classOf(binding: ImportBinding, path: readonly string[]): Member | null {
  const module = modulePath(binding.module);
  const name = [...(binding.name === null ? [] : [binding.name]), ...path].join(".");
  return module === null || name === "" ? null : { module, name };
}

// Functions of the library

/** The blanks that every indented line begins with go, and the blanks around the text: `dedent`, `outdent` and the like. */
const marginTags =
  /^(?:(?:ts)?[dD]edent|outdent|endent|undent|stripIndent|codeBlock|heredoc|trimIndent)(?:\.\w+)?$/;

/** All blanks that lines begin with go. */
const lineTags = /^(?:stripIndents|trimLines)$/;

/** Tags that leave the text as it is, and only say what it is. */
const plainTags = /^(?:String|String\.raw|prompt|systemPrompt|md|markdown|text|txt|plain|xml)$/;

const withoutOwnMargin = (pieces: readonly Piece[]) => trimPieces(withoutMargin(pieces, false), "both");
const withoutMargins = (pieces: readonly Piece[]) => trimPieces(withoutMargin(pieces, true), "both");

const operationOfTag: readonly (readonly [RegExp, Operation])[] = [
  [marginTags, changed(0, withoutOwnMargin)],
  [lineTags, changed(0, withoutMargins)],
  [plainTags, same(0)],
];

function functionNamed(name: string): Operation | null {
  if (name === "Object.values") return valuesOfRecord(0);
  if (/^(?:_|lodash)\.(?:shuffle|sampleSize)$/.test(name)) return ordered(0, "drawn");
  const last = name.slice(name.lastIndexOf(".") + 1);
  const found = operationOfTag.find(([pattern]) => pattern.test(name) || pattern.test(last))?.[1];
  if (found === undefined) return null;
  return (operands, bench) => (operands.given.length === 1 ? found(operands, bench) : null);
}

/** A regular expression that only matches itself, as the text that it matches; `null` for any other. */
export function literalPattern(
  expression: string,
): { readonly text: string; readonly isGlobal: boolean } | null {
  const match = /^\/((?:\\[^A-Za-z0-9\n]|[^\\/.*+?()[\]|^$\n])+)\/([a-z]*)$/.exec(expression);
  if (match === null || /[^\\]\{\d/.test(match[1]!) || match[2]!.includes("i")) return null;
  return { text: match[1]!.replace(/\\(.)/g, "$1"), isGlobal: match[2]!.includes("g") };
}

const methods: ReadonlyMap<string, Operation> = new Map([
  ["then", awaited],
  ["trim", trimmed("both")],
  ["trimStart", trimmed("start")],
  ["trimEnd", trimmed("end")],
  ["toString", same("owner")],
  ["concat", concatenation],
  ["replace", replaced(false, { patternOf: literalPattern })],
  ["replaceAll", replaced(true, { patternOf: literalPattern })],
  ["join", joinedItems("owner", 0)],
  ["map", mapped("owner", 0)],
  ["sort", ordered("owner", "fixed")],
  ["toSorted", ordered("owner", "fixed")],
  ["filter", compacted("owner", (written) => /^(?:Boolean|\(?(\w+)\)? => (?:!!)?\1)$/.test(written))],
]);

export const javascript = codeFormat({
  id: "javascript",
  name: "JavaScript and TypeScript",
  comment: "//",
  matches,
  promptWords,
  isLeftOut: isBundle,
  refuses,
  filesOf: moduleFiles,
  // TypeScript is read where the name does not tell: nearly all JavaScript is TypeScript too.
  grammarOf: (path) => {
    const told = codeLanguageOf(path);
    return told === "javascript" || told === "tsx" ? told : "typescript";
  },
  bindingTypes: [
    ...functionTypes,
    ...classTypes,
    "statement_block",
    "switch_body",
    "variable_declarator",
    "public_field_definition",
    "field_definition",
    "enum_declaration",
    "import_statement",
    "export_statement",
    "assignment_expression",
    "augmented_assignment_expression",
    "call_expression",
    "for_statement",
    "for_in_statement",
    "catch_clause",
    "return_statement",
  ],
  callTypes: ["call_expression", "new_expression"],
  listTypes: ["array", "jsx_element"],
  recordTypes: ["object"],
  commentTypes: ["comment"],
  nameTypes: ["identifier", "shorthand_property_identifier"],
  returnTypes: ["return_statement"],
  blockTypes: words("statement_block switch_case switch_default program"),
  decidingTypes: new Set([
    ...loops,
    "switch_statement",
    "try_statement",
    "catch_clause",
    "ternary_expression",
    "binary_expression",
  ]),
  classNames: "nowhere",
  lower,
  functionOf,
  statement,
  branchesOf,
  loopOf,
  bind,
  additionsTo,
  isFixed,
  memberOf,
  classOf,
  passedOn: modulePath,
  moduleName: (module) => module.replace(/^node:/, "").replace(/\/promises$/, ""),
  methods,
  functionNamed,
  operators: new Map(),
  takesRecords: true,
  knownCalls: javascriptCalls,
  wrapping: words(
    "String Number JSON.stringify Object.keys Object.values Object.entries Array.from encodeURIComponent escape",
  ),
  writing: words(
    "toString toISOString toLocaleString toLocaleDateString toLocaleTimeString toDateString toTimeString toUTCString toJSON " +
      "toFixed trim trimStart trimEnd toLowerCase toUpperCase replace replaceAll split slice substring substr join map filter " +
      "flat flatMap sort toSorted reverse toReversed concat padStart padEnd normalize format toFormat at get values keys entries",
  ),
  computing: /^Math\.\w+$/,
  sorting: { functions: words(""), methods: words("sort toSorted") },
  keepsKeyOrder: (callee) => (keepsKeyOrder.test(callee) ? `\`${callee}\`` : null),
  files: {
    parsers:
      /^(?:JSON5?|YAML|yaml|jsyaml|toml|TOML|Bun\.(?:TOML|YAML))\.(?:parse|load|safeLoad)$|^(?:parseYaml|parseToml|structuredClone)$/,
    parseOpened: false,
    openers: /^Bun\.file$/,
    readers:
      /(?:^|\.)(?:readFile|readFileSync|readTextFile|readTextFileSync|readJson|readJsonSync)$|^Bun\.file$/,
    readingMethods: words("text"),
    parts: words("toString trim trimEnd trimStart json text"),
    pathMakers: /^(?:(?:path\.)?(?:join|resolve|dirname|normalize)|(?:url\.)?fileURLToPath|URL|String)$/,
    pathMethods: words(""),
    places: /^(?:__(?:dirname|filename)|import\.meta\.(?:url|dirname|filename|dir|path)|process\.env\.\w+)$/,
  },
});
