/** C#, with top-level programs, raw texts and collection expressions (C# 13). */
import type { Node } from "web-tree-sitter";
import { baseName, folders, lowerFirst, words } from "../../names.ts";
import { strFormatEngine } from "../../str-format.ts";
import { isOfModule, lookUp, type MoreBinding, type NameReader, type Scope } from "../bindings.ts";
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
import { concatenated } from "../lists.ts";
import {
  children,
  elseIfs,
  field,
  lowering,
  operandsOf,
  rangeOf,
  shortened,
  withFallThrough,
} from "../nodes.ts";
import {
  compacted,
  concatenation,
  formatted,
  isMessage,
  joinedItems,
  mapped,
  type Operation,
  replaced,
  same,
  trimmed,
} from "../operations.ts";
import { classAround } from "../scopes.ts";
import type { Member } from "../values.ts";
import type { KnownCall } from "../volatile.ts";
import { insideOf, lineEnd, marginOf, saidText, type TextForm } from "./c-sharp-literals.ts";

const foreignFolders = new Set([
  "obj",
  "bin",
  "packages",
  "node_modules",
  "third_party",
  "vendor",
  "Migrations",
]);

function matches(path: string): boolean {
  const name = baseName(path);
  if (!name.endsWith(".cs") || /\.(?:g|g\.i|designer|generated)\.cs$|AssemblyInfo\.cs$/i.test(name))
    return false;
  return !folders(path).some((folder) => foreignFolders.has(folder));
}

const promptWords =
  /prompt|instructions?\b|\brole\b|ChatRole|AuthorRole|RoleType|(?:System|User|Developer)(?:Chat)?Message|ChatHistory|ChatMessage|SystemMessage/i;

// Expressions

/** Nodes that are no values. */
const silent: ReadonlySet<string> = new Set(
  "predefined_type type_argument_list modifier attribute_list parameter_list implicit_type array_type nullable_type".split(
    " ",
  ),
);

const { unknown, sameAs } = lowering({ silent });

function asked(node: Node): Asked {
  return { node, expression: shortened(node.text) };
}

/** Whether a node puts texts behind each other. */
function isSum(node: Node): boolean {
  return node.type === "binary_expression" && field(node, "operator")?.text === "+";
}

function lower(node: Node, source: string): Expression {
  switch (node.type) {
    case "string_literal":
      return literalText(source, node, "regular");
    case "verbatim_string_literal":
      return literalText(source, node, "verbatim");
    case "raw_string_literal":
      return literalText(source, node, "raw");
    case "character_literal":
      return literalText(source, node, "regular");
    case "interpolated_string_expression":
      return interpolated(source, node);
    case "parenthesized_expression":
    case "await_expression":
    case "checked_expression":
    case "global_statement":
    case "arrow_expression_clause":
      return sameAs(node, children(node)[0]);
    case "postfix_unary_expression":
      // `value!` says that it is not null.
      return node.text.endsWith("!") ? sameAs(node, children(node)[0]) : unknown(node);
    case "cast_expression":
      return sameAs(node, field(node, "value"));
    case "as_expression":
      return sameAs(node, field(node, "left"));
    case "argument":
      return lowerArgument(node);
    case "argument_list":
      return lowerArguments(node, source);
    case "identifier":
    case "predefined_type":
      return { kind: "name", name: node.text };
    case "generic_name":
    case "qualified_name":
      return { kind: "name", name: lastName(node) };
    case "this":
    case "base":
      return { kind: "self", name: node.type };
    case "member_access_expression":
      return lowerMember(node, source);
    case "conditional_access_expression": {
      const [condition, member] = [field(node, "condition"), children(node)[1]];
      return condition === null || member?.type !== "member_binding_expression"
        ? unknown(node)
        : { kind: "member", object: condition, name: field(member, "name")?.text ?? "" };
    }
    case "element_access_expression": {
      const object = field(node, "expression");
      const [index] = children(field(node, "subscript") ?? node).filter(({ type }) => type === "argument");
      const isPart = index !== undefined && valueOfArgument(index)?.type === "range_expression";
      return object === null
        ? unknown(node)
        : { kind: "element", object, index: isPart ? null : (index ?? null) };
    }
    case "prefix_unary_expression": {
      const digits = /^\^(\d{1,6})$/.exec(node.text)?.[1];
      return digits === undefined ? unknown(node) : { kind: "literal", value: -Number(digits) };
    }
    case "binary_expression":
      return lowerOperator(node);
    case "conditional_expression": {
      const condition = field(node, "condition");
      if (condition === null) return unknown(node);
      const [yes, no] = [field(node, "consequence"), field(node, "alternative")];
      return { kind: "choice", asked: asked(condition), yes, no, isDefault: false };
    }
    case "switch_expression": {
      const first = children(node).find(({ type }) => type === "switch_expression_arm");
      return lowerArm(node, firstThatGives(first ?? null));
    }
    case "switch_expression_arm":
      return lowerArm(node, node);
    case "invocation_expression":
      return lowerCall(node);
    case "object_creation_expression":
    case "implicit_object_creation_expression":
      return lowerCreation(node);
    case "array_creation_expression":
    case "implicit_array_creation_expression":
    case "stackalloc_expression": {
      const body = initializerOf(node);
      return body === null ? unknown(node) : listOf(body);
    }
    case "element_binding_expression":
    case "initializer_expression":
      return listOf(node);
    case "tuple_expression":
      return { kind: "list", items: children(node), isUnordered: false };
    case "anonymous_object_creation_expression":
      return { kind: "record", entries: anonymousEntries(node) };
    case "integer_literal":
    case "real_literal":
      return { kind: "literal", value: Number(node.text.replace(/_|[a-z]+$/gi, "")) || 0 };
    case "boolean_literal":
      return { kind: "literal", value: node.text === "true" };
    case "null_literal":
    case "default_expression":
      return { kind: "literal", value: null };
    default:
      return functionTypes.has(node.type) ? { kind: "function" } : unknown(node);
  }
}

/** Of `List<ChatMessage>` and `Azure.AI.OpenAI.ChatMessage` the last name without types in it. */
function lastName(type: Node | null): string {
  if (type === null) return "";
  const name = /([\p{L}_][\p{L}\p{N}_]*)\s*(?:<|\[|\?|$)/u.exec(type.text.slice(0, 200))?.[1];
  return name ?? type.text;
}

function literalText(source: string, node: Node, form: TextForm): Expression {
  const inside = insideOf(node, form);
  const pieces = saidText(source, inside, form, marginOf(source, inside, form), rangeOf(node));
  return { kind: "text", parts: [{ kind: "said", pieces }], isFilled: false };
}

/** https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/expressions#1283-interpolated-string-expressions */
function interpolated(source: string, node: Node): Expression {
  const start = /^(?:[$@]{1,8})("{3,64})?/.exec(node.text);
  const form: TextForm =
    start?.[1] !== undefined
      ? "interpolated raw"
      : start?.[0].includes("@")
        ? "interpolated verbatim"
        : "interpolated";
  const inside = insideOf(node, form);
  const margin = marginOf(source, inside, form);
  const places = children(node).filter(({ type }) => type === "interpolation");
  const parts: TextPart[] = [];
  let at = inside.start;
  const say = (end: number) => {
    if (end > at) parts.push({ kind: "said", pieces: saidText(source, { start: at, end }, form, margin) });
  };
  for (const place of places) {
    say(place.startIndex);
    const value = children(place).find(({ type }) => !type.startsWith("interpolation_"));
    const format = children(place).find(({ type }) => type === "interpolation_format_clause");
    if (value !== undefined)
      parts.push({
        kind: "value",
        node: value,
        range: rangeOf(place),
        format: format === undefined ? null : `"${format.text.slice(1)}"`,
      });
    at = place.endIndex;
  }
  say(inside.end);
  return { kind: "text", parts, isFilled: places.length > 0 };
}

function lowerMember(node: Node, source: string): Expression {
  const [object, name] = [field(node, "expression"), field(node, "name")?.text ?? ""];
  const owner = object?.text;
  if (owner === "Environment" && name === "NewLine")
    return {
      kind: "text",
      parts: [{ kind: "said", pieces: lineEnd(source, rangeOf(node)) }],
      isFilled: true,
    };
  if ((owner === "string" || owner === "String") && name === "Empty")
    return { kind: "text", parts: [], isFilled: true };
  return object === null ? unknown(node) : { kind: "member", object, name: name.replace(/<.*$/s, "") };
}

function lowerOperator(node: Node): Expression {
  const [left, right] = [field(node, "left"), field(node, "right")];
  if (left === null || right === null) return unknown(node);
  const operator = field(node, "operator")?.text;
  if (operator === "+") return { kind: "sum", operands: operandsOf(node, isSum) };
  if (operator !== "??") return unknown(node);
  return right.type === "throw_expression"
    ? { kind: "same", value: left }
    : { kind: "choice", asked: asked(left), yes: left, no: right, isDefault: true };
}

/** The arm, or the first one behind it that does not throw. */
function firstThatGives(arm: Node | null): Node | null {
  let at = arm;
  while (
    at !== null &&
    (at.type !== "switch_expression_arm" || children(at).at(-1)?.type === "throw_expression")
  )
    at = at.nextNamedSibling;
  return at;
}

/** Each arm is asked in turn; the last one counts where no other does. */
function lowerArm(node: Node, arm: Node | null): Expression {
  const [pattern, ...others] = arm === null ? [] : children(arm);
  const value = others.at(-1);
  if (arm === null || pattern === undefined || value === undefined) return unknown(node);
  const next = pattern.type === "discard" ? null : firstThatGives(arm.nextNamedSibling);
  if (next === null) return { kind: "same", value };
  const holder = arm.parent;
  const subject = holder?.firstNamedChild;
  const when = others.find(({ type }) => type === "when_clause");
  const guard = when === undefined ? "" : ` ${when.text}`;
  const expression = shortened(`${subject?.text ?? ""} is ${pattern.text}${guard}`);
  return {
    kind: "choice",
    asked: { node: subject ?? pattern, expression },
    yes: value,
    no: next,
    isDefault: false,
    range: { start: arm.startIndex, end: holder?.endIndex ?? arm.endIndex },
  };
}

// Calls and what is made

function lowerCall(node: Node): Expression {
  const called = field(node, "function");
  const given = field(node, "arguments");
  return { ...calleeOf(called), kind: "call", arguments: argumentsOf(given), isMade: false };
}

function calleeOf(called: Node | null): Pick<CallExpression, "object" | "name"> {
  switch (called?.type) {
    case undefined:
      return { object: null, name: "" };
    case "identifier":
    case "generic_name":
      return { object: null, name: lastName(called!) };
    case "member_access_expression":
      return { object: field(called!, "expression"), name: lastName(field(called!, "name")) };
    case "conditional_access_expression": {
      const member = children(called!)[1];
      return {
        object: field(called!, "condition"),
        name: member === undefined ? "" : lastName(field(member, "name")),
      };
    }
    default:
      return { object: called!, name: "" };
  }
}

function argumentsOf(given: Node | null): readonly Argument[] {
  if (given === null) return [];
  return children(given).flatMap((argument): readonly Argument[] => {
    const value = valueOfArgument(argument);
    return value === null ? [] : [{ name: field(argument, "name")?.text ?? null, value: argument }];
  });
}

/** `name: value`, `out value`; `null` for one that is missing. */
function valueOfArgument(argument: Node): Node | null {
  if (argument.type !== "argument") return argument;
  const own = field(argument, "name")?.id;
  const value = children(argument).findLast(({ id }) => id !== own);
  return value === undefined || value.endIndex === value.startIndex ? null : value;
}

/** An item of a list, or an argument; `..items` is all items of another list. */
function lowerArgument(node: Node): Expression {
  const value = valueOfArgument(node);
  if (value === null) return unknown(node);
  const [inner, ...others] = value.type === "range_expression" ? children(value) : [];
  if (inner !== undefined && others.length === 0 && value.text.startsWith(".."))
    return { kind: "spread", value: inner };
  return { kind: "same", value };
}

/** Whether what a history is made of is what the system says, and not its messages. */
function isInstructions(value: Node): boolean {
  const text = value.text.slice(0, 200);
  const isName = /^(?:identifier|member_access_expression|invocation_expression)$/.test(value.type);
  return isName ? /prompt|instruction|system/i.test(text) : /^\$?@?"|^\$*"""/.test(text);
}

/**
 * What arguments are given to, by tree and node: tree-sitter looks for the call around them from the root down, which is long in a
 * chain of calls.
 */
const callees = new WeakMap<Node["tree"], Map<number, string>>();

function noteCallee(given: Node, name: string): void {
  const known = callees.get(given.tree) ?? new Map<number, string>();
  callees.set(given.tree, known.set(given.id, name));
}

/** What `Append`, `AppendLine`, `AppendFormat` and `AppendJoin` add to the text of a builder, and what a history begins with. */
function lowerArguments(node: Node, source: string): Expression {
  const name = callees.get(node.tree)?.get(node.id) ?? "";
  const given = argumentsOf(node);
  const [first] = given;
  const made = madeOfArguments.get(name);
  if (made !== undefined)
    return { kind: "call", object: null, name: made, arguments: given, isMade: made === "SystemMessage" };
  const parts: TextPart[] =
    first === undefined
      ? []
      : [{ kind: "value", node: first.value, range: rangeOf(first.value), format: null }];
  if (name === "AppendLine") {
    const end = Math.max(node.startIndex, node.endIndex - 1);
    parts.push({ kind: "said", pieces: lineEnd(source, { start: end, end: node.endIndex }) });
  }
  return { kind: "text", parts, isFilled: true };
}

const madeOfArguments: ReadonlyMap<string, string> = new Map([
  ["AppendFormat", "string.Format"],
  ["AppendJoin", "string.Join"],
  // `new ChatHistory("…")` begins with a message of the system.
  ["ChatHistory", "SystemMessage"],
]);

function initializerOf(node: Node): Node | null {
  return children(node).find(({ type }) => type === "initializer_expression") ?? null;
}

/** What is made: by its own words, or as what it is assigned to is declared. */
function typeOf(node: Node): string {
  if (node.type === "object_creation_expression") return lastName(field(node, "type"));
  return node.type === "implicit_object_creation_expression" ? lastName(declaredType(node)) : "";
}

function declaredType({ parent }: Node): Node | null {
  if (parent?.type === "property_declaration") return field(parent, "type");
  const declaration = parent?.type === "variable_declarator" ? parent.parent : null;
  const type = declaration?.type === "variable_declaration" ? field(declaration, "type") : null;
  return type?.type === "implicit_type" ? null : type;
}

const listNames =
  /^(?:I?(?:ReadOnly)?(?:List|Collection)|I?Enumerable|ObservableCollection|LinkedList|Queue|Stack|I?(?:Hash|Sorted)?Set|Immutable(?:List|Array)|ChatHistory|ChatMessageContentItemCollection)$/;
const recordNames =
  /^(?:I?(?:ReadOnly|Sorted|Concurrent|Immutable|Ordered)?Dictionary|KernelArguments|JsonObject|JObject|Hashtable)$/;
const unorderedNames = /^I?HashSet$/;

function lowerCreation(node: Node): Expression {
  const name = typeOf(node);
  const given =
    field(node, "arguments") ?? children(node).find(({ type }) => type === "argument_list") ?? null;
  const body = initializerOf(node);
  const [first] = argumentsOf(given);
  if (name === "StringBuilder") {
    // Its text, or only how much room it has.
    const isText = first !== undefined && !/^(?:capacity:\s*)?\d/.test(first.value.text);
    return isText ? { kind: "same", value: first.value } : { kind: "text", parts: [], isFilled: true };
  }
  if (recordNames.test(name)) return { kind: "record", entries: body === null ? [] : entriesOf(body) };
  if (listNames.test(name)) {
    const isCapacity = first !== undefined && /^\d+$/.test(first.value.text);
    const copied = first === undefined || isCapacity ? [] : [first.value];
    if (body === null && name !== "ChatHistory" && copied[0] !== undefined)
      return { kind: "same", value: copied[0] };
    const isBegun =
      name === "ChatHistory" &&
      given !== null &&
      copied.some((each) => isInstructions(valueOfArgument(each) ?? each));
    if (isBegun) noteCallee(given, name);
    const items = [...(isBegun ? [given] : copied), ...(body === null ? [] : children(body))];
    return { kind: "list", items, isUnordered: unorderedNames.test(name) };
  }
  const isList =
    body !== null && given === null && children(body).length > 0 && !children(body).some(isAssignment);
  if (isList) return listOf(body);
  const named = (body === null ? [] : entriesOf(body)).flatMap(({ key, value }): readonly Argument[] =>
    typeof key === "string" ? [{ name: key, value }] : [],
  );
  return { kind: "call", object: null, name, arguments: [...argumentsOf(given), ...named], isMade: true };
}

function isAssignment({ type }: Node): boolean {
  return type === "assignment_expression";
}

/** Also `Messages = { new UserChatMessage("…") }`, which adds to what is there. */
function listOf(body: Node): Expression {
  const items = children(body).filter(({ startIndex, endIndex }) => endIndex > startIndex);
  const areEntries = items.some(isAssignment);
  if (areEntries) return { kind: "record", entries: entriesOf(body) };
  const given = items.filter((item) => item.type !== "argument" || valueOfArgument(item) !== null);
  return { kind: "list", items: given, isUnordered: false };
}

/** `Name = value`, `["key"] = value`, `{ "key", value }`. Fields are called as JSON and other languages call them. */
function entriesOf(body: Node): readonly RecordEntry[] {
  return children(body).flatMap((item): readonly RecordEntry[] => {
    if (isAssignment(item)) {
      const [left, value] = [field(item, "left"), field(item, "right")];
      if (left === null || value === null) return [];
      const [key] = left.type === "identifier" ? [left] : children(left);
      if (left.type === "identifier") return [{ key: lowerFirst(left.text), value }];
      return key === undefined ? [] : [{ key, value }];
    }
    const [key, value, ...others] = item.type === "initializer_expression" ? children(item) : [];
    return key === undefined || value === undefined || others.length > 0 ? [] : [{ key, value }];
  });
}

/** `new { role = "user", x.Content }`: the grammar has names and values in one row. */
function anonymousEntries(node: Node): readonly RecordEntry[] {
  const entries: RecordEntry[] = [];
  let name: Node | null = null;
  for (const child of node.children) {
    if (child === null || child.type === "comment") continue;
    if (child.type === "=" && !child.isNamed) {
      name = child.previousNamedSibling;
      entries.pop();
      continue;
    }
    if (!child.isNamed) {
      name = null;
      continue;
    }
    const own = name ?? (child.type === "member_access_expression" ? field(child, "name") : child);
    entries.push({ key: lowerFirst(own?.text ?? ""), value: child });
  }
  return entries;
}

// Statements

const functionTypes: ReadonlySet<string> = new Set([
  "method_declaration",
  "local_function_statement",
  "constructor_declaration",
  "lambda_expression",
  "anonymous_method_expression",
]);

function functionOf(node: Node): FunctionParts | null {
  if (node.type === "property_declaration") return getterOf(node);
  if (!functionTypes.has(node.type)) return null;
  const body = field(node, "body");
  const inner = body?.type === "arrow_expression_clause" ? children(body)[0] : body;
  const isExpression = inner != null && inner.type !== "block";
  return {
    parameters: parametersOf(node),
    body: inner == null ? [] : isExpression ? [inner] : children(inner),
    isExpression,
    isGetter: false,
    documentation: descriptionOf(node),
    decorators: attributesOf(node).map(nameOfAttribute),
  };
}

function attributesOf(node: Node): readonly Node[] {
  return children(node)
    .filter(({ type }) => type === "attribute_list")
    .flatMap(children)
    .filter(({ type }) => type === "attribute");
}

function nameOfAttribute(attribute: Node): string {
  return lastName(field(attribute, "name") ?? children(attribute)[0] ?? null).replace(/Attribute$/, "");
}

/** `[Description("…")]`, which all libraries of tools send: System.ComponentModel.DescriptionAttribute. */
function descriptionOf(node: Node): Node | null {
  const said = attributesOf(node).find((each) => nameOfAttribute(each) === "Description");
  const given = children(said ?? node).find(({ type }) => type === "attribute_argument_list");
  const [first] = said === undefined || given === undefined ? [] : children(given);
  return first === undefined ? null : (children(first).at(-1) ?? null);
}

/** `Name => value;` and `Name { get { … } }`. */
function getterOf(node: Node): FunctionParts | null {
  const value = field(node, "value");
  const accessors = field(node, "accessors");
  const get =
    accessors === null
      ? undefined
      : children(accessors).find(({ text }) => /^(?:\w+\s+)?get\b/.test(text.slice(0, 40)));
  const body =
    value?.type === "arrow_expression_clause" ? value : get === undefined ? null : field(get, "body");
  if (body === null) return null;
  const inner = body.type === "arrow_expression_clause" ? children(body)[0] : body;
  if (inner === undefined) return null;
  const isExpression = inner.type !== "block";
  return { parameters: [], body: isExpression ? [inner] : children(inner), isExpression, isGetter: true };
}

function parametersOf(node: Node): readonly Parameter[] {
  const given = field(node, "parameters");
  if (given?.type === "implicit_parameter") return [{ name: given.text, keys: [], fallback: null }];
  return (given === null ? [] : children(given)).flatMap((each): readonly Parameter[] => {
    if (each.type !== "parameter") return [];
    const name = field(each, "name");
    const last = children(each).at(-1);
    const hasFallback = name !== null && last !== undefined && last.startIndex > name.startIndex;
    return [
      {
        name: name?.text ?? null,
        keys: [],
        fallback: hasFallback ? last : null,
        type: field(each, "type")?.text ?? "",
        documentation: descriptionOf(each),
      },
    ];
  });
}

function statement(node: Node): Statement {
  switch (node.type) {
    case "return_statement":
      return { kind: "return", value: children(node)[0] ?? null };
    case "throw_statement":
      return { kind: "throw" };
    case "if_statement":
      return { kind: "if", branches: elseIfs(node, { ifType: "if_statement", asked }) };
    case "switch_statement":
      return { kind: "if", branches: casesOf(node) };
    case "block":
      return { kind: "block", body: children(node) };
    case "try_statement":
    case "using_statement":
    case "lock_statement":
    case "checked_statement":
    case "fixed_statement": {
      const body = field(node, "body") ?? children(node).at(-1);
      return body == null ? { kind: "other" } : { kind: "block", body: [body] };
    }
    case "global_statement": {
      const [inner] = children(node);
      return inner === undefined ? { kind: "other" } : statement(inner);
    }
    default:
      return { kind: loops.has(node.type) ? "loop" : "other" };
  }
}

const loops: ReadonlySet<string> = new Set([
  "foreach_statement",
  "for_statement",
  "while_statement",
  "do_statement",
]);

/** Labels without statements go on with the next ones. */
function casesOf(node: Node): readonly ConditionalBranch[] {
  const subject = field(node, "value") ?? node;
  const sections = children(field(node, "body") ?? node).filter(({ type }) => type === "switch_section");
  const bodyOf = (section: Node) =>
    children(section).filter(
      ({ type }) => (type === "block" || type.endsWith("_statement")) && type !== "break_statement",
    );
  const written = sections.map((section): ConditionalBranch => {
    const [pattern] = children(section);
    const isDefault = /^default\b/.test(section.text.slice(0, 12));
    const expression =
      isDefault || pattern === undefined ? "" : shortened(`${subject.text} is ${pattern.text}`);
    return {
      asked: isDefault ? null : { node: subject, expression },
      body: bodyOf(section),
      holder: section,
    };
  });
  // A case with statements has to leave.
  const all = withFallThrough(written, () => false);
  return [...all.filter((branch) => branch.asked !== null), ...all.filter((branch) => branch.asked === null)];
}

function branchesOf(node: Node): readonly ConditionalBranch[] | null {
  if (node.type !== "if_statement") return null;
  const isElseIf = node.parent?.type === "if_statement" && field(node.parent, "alternative")?.id === node.id;
  return isElseIf ? null : elseIfs(node, { ifType: "if_statement", asked });
}

function loopOf(node: Node): Loop | null {
  if (node.type !== "foreach_statement") return null;
  const [left, of] = [field(node, "left"), field(node, "right")];
  return of === null ? null : { item: left?.type === "identifier" ? left.text : null, of };
}

// Names

const classTypes: ReadonlySet<string> = new Set([
  "class_declaration",
  "record_declaration",
  "struct_declaration",
  "record_struct_declaration",
  "interface_declaration",
]);

function bind(node: Node, names: NameReader): void {
  const { type } = node;
  if (functionTypes.has(type)) bindFunction(node, names);
  else if (classTypes.has(type)) bindClass(node, names);
  else bindStatement(node, names);
}

function bindFunction(node: Node, names: NameReader): void {
  const { scope } = names;
  const name = field(node, "name")?.text ?? "";
  const isNamed = node.type === "method_declaration" || node.type === "local_function_statement";
  if (isNamed && name !== "") {
    names.bind(name, { kind: "function", node });
    names.noteFunction({ name, owner: scope.kind === "class" ? scope.name : null, scope, node });
  }
  const inner = names.enter("function", name, node);
  for (const { name: own, fallback } of parametersOf(node))
    if (own !== null)
      names.bind(own, fallback === null ? { kind: "other" } : { kind: "other", fallback }, inner);
}

function bindClass(node: Node, names: NameReader): void {
  const { scope } = names;
  const name = field(node, "name")?.text ?? "";
  const list = children(node).find(({ type }) => type === "base_list");
  const bases = list === undefined ? [] : children(list).map((base) => lastName(base));
  const inner = names.enter("class", name, node, bases);
  if (name !== "") names.bind(name, { kind: "class", scope: inner }, scope);
  const own = children(node).find(({ type }) => type === "parameter_list");
  for (const each of own === undefined ? [] : children(own)) {
    const parameter = field(each, "name")?.text;
    if (parameter !== undefined) names.bind(parameter, { kind: "other" }, inner);
  }
}

function bindStatement(node: Node, names: NameReader): void {
  const { scope } = names;
  switch (node.type) {
    case "block":
    case "for_statement":
    case "switch_section":
    case "using_statement":
      names.enter("block", "", node);
      return;
    case "foreach_statement": {
      const inner = names.enter("block", "", node);
      const left = field(node, "left");
      if (left?.type === "identifier") names.bind(left.text, { kind: "other" }, inner);
      return;
    }
    case "property_declaration":
      bindProperty(node, names);
      return;
    case "variable_declarator": {
      const name = field(node, "name");
      const value = children(node).findLast(
        ({ id, type }) => id !== name?.id && type !== "bracketed_argument_list",
      );
      if (name?.type !== "identifier") return;
      if (value !== undefined) assign(name.text, value, scope, names);
      // A name that is only declared is given its value below, a field in a constructor.
      else if (scope.kind === "class" && !scope.bindings.has(name.text)) scope.bindings.set(name.text, []);
      return;
    }
    case "using_directive": {
      const target = children(node).at(-1);
      const alias = field(node, "name");
      if (alias !== null && target !== undefined && alias.id !== target.id)
        names.bind(alias.text, { kind: "import", module: target.text, name: null, isWhole: true });
      return;
    }
    case "declaration_pattern":
    case "declaration_expression":
    case "catch_declaration": {
      const name = field(node, "name");
      if (name?.type === "identifier") names.bind(name.text, { kind: "other" });
      return;
    }
    case "assignment_expression":
      bindAssignment(node, names);
      return;
    case "invocation_expression":
      bindAdded(node, names);
      return;
    default:
      return;
  }
}

function bindProperty(node: Node, names: NameReader): void {
  const { scope } = names;
  const name = field(node, "name")?.text ?? "";
  const value = field(node, "value");
  if (functionOf(node) !== null) {
    names.bind(name, { kind: "function", node });
    names.noteFunction({ name, owner: scope.kind === "class" ? scope.name : null, scope, node });
  } else if (value !== null) assign(name, value, scope, names);
}

function assign(name: string, value: Node, scope: Scope, names: NameReader): void {
  const owner = scope.kind === "class" ? scope.name : null;
  if (functionTypes.has(value.type)) {
    names.bind(name, { kind: "value", node: value }, scope);
    names.noteFunction({ name, owner, scope, node: value });
  } else names.assign({ name, owner, scope, value });
}

/** Entries of what is being made stand in an initializer, and bind nothing. */
function isEntry({ parent }: Node): boolean {
  return parent?.type === "initializer_expression";
}

function bindAssignment(node: Node, names: NameReader): void {
  const { scope } = names;
  const [left, value] = [field(node, "left"), field(node, "right")];
  if (left === null || value === null) return;
  const operator = field(node, "operator")?.text ?? "=";
  if (isEntry(node)) {
    if (left.type === "identifier") names.note({ name: left.text, owner: null, scope, value });
    return;
  }
  if (left.type === "member_access_expression") {
    const object = field(left, "expression");
    const name = field(left, "name")?.text ?? "";
    const own = object?.type === "this" ? classAround(scope) : null;
    if (operator === "=" && own !== null) assign(name, value, own, names);
    else if (operator === "=") names.note({ name, owner: object?.text ?? "", scope, value });
    return;
  }
  if (left.type !== "identifier") return;
  const name = left.text;
  if (operator === "=") names.note({ name, owner: null, scope, value });
  names.later(() => {
    const declared = lookUp(name, scope, "inside")?.scope ?? scopeOfName(scope);
    if (operator === "=") names.bind(name, { kind: "value", node: value }, declared);
    else if (operator === "+=") names.bind(name, { kind: "more", form: "concat", node: value }, declared);
    else names.bind(name, { kind: "other" }, declared);
  });
}

/** Of a name that no file shows: a local one that is only declared, or a field. */
function scopeOfName(scope: Scope): Scope {
  let at = scope;
  while (at.kind === "block" && at.parent !== null) at = at.parent;
  return at;
}

const builderMethods = /^(?:Append|AppendLine|AppendFormat|AppendJoin)$/;

/** `list.Add(a)`, `builder.Append("…").AppendLine("…")`. */
function bindAdded(node: Node, names: NameReader): void {
  const { object, name } = calleeOf(field(node, "function"));
  if (object === null) return;
  if (builderMethods.test(name)) {
    bindAppended(node, names);
    return;
  }
  const given = argumentsOf(field(node, "arguments"));
  const items = addedItems(name, given);
  if (items.length === 0) return;
  bindMore(object, items, names);
}

function addedItems(name: string, given: readonly Argument[]): readonly MoreBinding[] {
  const [first, second] = given;
  switch (name) {
    case "Add":
      return first === undefined || second !== undefined
        ? []
        : [{ kind: "more", form: "append", node: first.value }];
    case "AddRange":
      return first === undefined ? [] : [{ kind: "more", form: "concat", node: first.value }];
    case "Insert": {
      if (first === undefined || second === undefined) return [];
      const at = /^\d{1,6}$/.test(first.value.text) ? Number(first.value.text) : null;
      return [{ kind: "more", form: "append", node: second.value, at }];
    }
    default:
      return [];
  }
}

/** A chain is read from its first call on. */
function bindAppended(node: Node, names: NameReader): void {
  const calls = names.chain(node, (call) => {
    const { object } = calleeOf(field(call, "function"));
    return object !== null && appends(object) ? object : null;
  });
  const first = calls.at(-1);
  const { object } = calleeOf(first === undefined ? null : field(first, "function"));
  if (object === null) return;
  const added = calls.flatMap((call): readonly MoreBinding[] => {
    const given = field(call, "arguments");
    if (given === null) return [];
    noteCallee(given, calleeOf(field(call, "function")).name);
    return [{ kind: "more", form: "concat", node: given, chain: node }];
  });
  bindMore(object, added.reverse(), names);
}

function appends(node: Node): boolean {
  return node.type === "invocation_expression" && builderMethods.test(calleeOf(field(node, "function")).name);
}

function bindMore(object: Node, items: readonly MoreBinding[], names: NameReader): void {
  const { scope } = names;
  const isOwn = object.type === "member_access_expression" && field(object, "expression")?.type === "this";
  const name = isOwn ? field(object, "name")?.text : object.type === "identifier" ? object.text : undefined;
  if (name === undefined) return;
  names.later(() => {
    const declared = isOwn ? classAround(scope) : lookUp(name, scope, "inside")?.scope;
    if (declared == null) return;
    const isShared = declared.kind === "class" || (isOfModule(declared) && !isOfModule(scope));
    for (const item of items) names.bind(name, isShared ? { ...item, isElsewhere: true } : item, declared);
  });
}

const additionsTo: Language["additionsTo"] = (name, value) => {
  if (value.type !== "element_binding_expression") return null;
  const [first, ...rest] = children(value);
  const spread = first === undefined ? null : lowerArgument(first);
  if (spread?.kind !== "spread" || spread.value.text !== name) return null;
  return rest.map((node) => ({ kind: "more", form: "append", node }));
};

/** `const` and `static readonly`. */
function isFixed(value: Node): boolean {
  const declaration = value.parent?.parent?.parent ?? null;
  const modifiers =
    declaration === null ? [] : children(declaration).filter(({ type }) => type === "modifier");
  return modifiers.some(({ text }) => text === "const" || text === "readonly");
}

// Other files

const memberOf: Language["memberOf"] = ({ module }, path) => unboundMember([...module.split("."), ...path]);

/** `Prompts.System` is a member of a class of another file, `SystemPrompt` one of a base class or of `using static`. */
function unboundMember(path: readonly string[]): Member | null {
  const [name = "", owner] = path.toReversed();
  if (!/^_?[A-Z]/.test(name) || predeclared.has(owner ?? "")) return null;
  const speaks = /prompt|instruction|system|message|template/i;
  if (owner === undefined) return /prompt|instruction/i.test(name) ? { module: null, name } : null;
  return /^[A-Z]/.test(owner) && (speaks.test(name) || /prompt|instruction/i.test(owner))
    ? { module: null, name: `${owner}.${name}` }
    : null;
}

/** Classes of libraries whose members are no prompts. */
const predeclared: ReadonlySet<string> = new Set(
  "string String ChatRole AuthorRole Role ChatMessageRole MessageRole RoleType Console Environment Math File Path Encoding JsonSerializer ChatMessage Convert Assert".split(
    " ",
  ),
);

// Functions of the library

const format = formatted(strFormatEngine, 0, 1);

const functions: ReadonlyMap<string, Operation> = new Map([
  ["string.Format", format],
  ["String.Format", format],
  ["string.Join", joinedItems("rest", 0)],
  ["String.Join", joinedItems("rest", 0)],
  ["string.Concat", concatenatedTexts],
  ["String.Concat", concatenatedTexts],
]);

/** `string.Concat(a, b)` */
function concatenatedTexts(operands: Parameters<Operation>[0], bench: Parameters<Operation>[1]) {
  const [owner, ...given] = operands.given;
  return owner === undefined ? null : concatenation({ ...operands, owner, given }, bench);
}

const methods: ReadonlyMap<string, Operation> = new Map([
  ["ToString", same("owner")],
  ["Trim", trimmed("both", "owner", 0)],
  ["TrimStart", trimmed("start", "owner", 0)],
  ["TrimEnd", trimmed("end", "owner", 0)],
  ["Replace", replaced(true)],
  ["ReplaceLineEndings", same("owner")],
  ["Concat", concatenation],
  ["Append", withItem("end")],
  ["Prepend", withItem("start")],
  ["Select", mapped("owner", 0)],
  ["Where", compacted("owner", (written) => /IsNullOr(?:Empty|WhiteSpace)/.test(written))],
  ["ToList", itself],
  ["ToArray", itself],
  ["AsEnumerable", itself],
  ["AsReadOnly", itself],
]);

/** The same list. */
function itself({ owner }: Parameters<Operation>[0]) {
  return owner?.kind === "list" ? owner : null;
}

/** `history.Prepend(a).Append(b)`; what only a run knows is a list where it is given a message. */
function withItem(end: "start" | "end"): Operation {
  return ({ node, owner, given }, bench) => {
    const [item, ...others] = given;
    if (owner === null || item === undefined || others.length > 0) return null;
    const isUnknown =
      (owner.kind === "opaque" || owner.kind === "call") && isMessage(item) && item.kind !== "text";
    if (owner.kind !== "list" && !isUnknown) return null;
    const items = concatenated([owner]);
    return bench.list(node, end === "end" ? [...items, item] : [item, ...items]);
  };
}

const otherInEveryCall = "gives another text in every call";

const knownCalls: readonly KnownCall[] = [
  {
    pattern: /^(?:System\.)?DateTime(?:Offset)?\.(?:Now|UtcNow)(?:\.\w+)*$/,
    scope: "volatile",
    says: otherInEveryCall,
  },
  {
    pattern: /^(?:System\.)?DateTime\.Today(?:\.\w+)*$|^DateOnly\.FromDateTime$/,
    scope: "day",
    says: "changes once a day",
  },
  { pattern: /(?:^|\.)(?:GetUtcNow|GetLocalNow)$/, scope: "volatile", says: otherInEveryCall },
  { pattern: /^(?:System\.)?Guid\.(?:NewGuid|CreateVersion7)$/, scope: "volatile", says: otherInEveryCall },
  {
    pattern: /^(?:Random\.Shared\.\w+|\?\.Next(?:Double|Int64)?|RandomNumberGenerator\.\w+)$/,
    scope: "volatile",
    says: otherInEveryCall,
  },
  {
    pattern: /^(?:Environment\.TickCount(?:64)?|Stopwatch\.GetTimestamp)$/,
    scope: "volatile",
    says: otherInEveryCall,
  },
  {
    pattern: /^(?:System\.)?Environment\.GetEnvironmentVariable$/,
    scope: "constant",
    says: "reads an environment variable: fixed at deployment",
  },
  {
    pattern:
      /^(?:System\.)?(?:Environment\.(?:MachineName|OSVersion|ProcessorCount|UserName)|RuntimeInformation\.\w+)(?:\.\w+)*$/,
    scope: "constant",
    says: "speaks of the machine: fixed at deployment",
  },
  {
    pattern: /^(?:Environment\.CurrentDirectory|Directory\.GetCurrentDirectory)$/,
    scope: "session",
    says: "speaks of where the program runs",
  },
  {
    pattern:
      /^Directory\.(?:GetFiles|GetDirectories|EnumerateFiles|EnumerateDirectories|GetFileSystemEntries)$/,
    scope: "request",
    says: "gives its items in no fixed order: the text may differ although they are the same",
  },
];

export const cSharp = codeFormat({
  id: "c-sharp",
  name: "C#",
  comment: "//",
  matches,
  promptWords,
  grammarOf: () => "c-sharp",
  bindingTypes: [
    ...functionTypes,
    ...classTypes,
    ..."block for_statement foreach_statement switch_section using_statement property_declaration variable_declarator using_directive".split(
      " ",
    ),
    ..."declaration_pattern declaration_expression catch_declaration assignment_expression invocation_expression".split(
      " ",
    ),
  ],
  callTypes: ["invocation_expression", "object_creation_expression", "implicit_object_creation_expression"],
  listTypes: [
    "initializer_expression",
    "element_binding_expression",
    "object_creation_expression",
    "implicit_object_creation_expression",
  ],
  recordTypes: [],
  commentTypes: ["comment"],
  nameTypes: ["identifier"],
  returnTypes: ["return_statement"],
  blockTypes: words("block switch_section compilation_unit"),
  decidingTypes: new Set([
    ...loops,
    "switch_statement",
    "try_statement",
    "catch_clause",
    "conditional_expression",
    "switch_expression",
  ]),
  classNames: "inside",
  lower,
  functionOf,
  statement,
  branchesOf,
  loopOf,
  bind,
  additionsTo,
  isFixed,
  memberOf,
  unboundMember,
  moduleName: (module) => module,
  methods,
  functionNamed: (name) => functions.get(name) ?? null,
  operators: new Map(),
  knownCalls,
  wrapping: words("JsonSerializer.Serialize string.Join String.Join Convert.ToString"),
  writing: words(
    "ToString ToShortDateString ToLongDateString ToLower ToUpper ToLowerInvariant ToUpperInvariant Trim Substring Replace Select Where Take Skip ToList ToArray OrderBy Distinct GetRawText",
  ),
  computing: /^Math\.\w+$/,
  sorting: { functions: words(""), methods: words("OrderBy OrderByDescending Order Sort") },
  // Members are written in the order in which their class declares them.
  keepsKeyOrder: () => null,
  files: {
    parsers: /^(?:JsonSerializer\.Deserialize|JsonDocument\.Parse|JObject\.Parse|JsonNode\.Parse)$/,
    parseOpened: false,
    openers: /^(?:File\.(?:OpenRead|OpenText|Open)|StreamReader)$/,
    readers: /^(?:System\.IO\.)?File\.(?:ReadAllText|ReadAllTextAsync|ReadAllLines|ReadAllLinesAsync)$/,
    readingMethods: words("ReadToEnd ReadToEndAsync"),
    parts: words("ToString Trim GetProperty GetString"),
    pathMakers:
      /^(?:System\.IO\.)?(?:Path\.(?:Combine|Join|GetFullPath|GetDirectoryName)|Directory\.GetCurrentDirectory)$/,
    pathMethods: words(""),
    places:
      /^(?:AppContext\.BaseDirectory|AppDomain\.CurrentDomain\.BaseDirectory|Assembly\.GetExecutingAssembly\(\)\.Location|Environment\.GetEnvironmentVariable\(|Directory\.GetCurrentDirectory\(\))/,
  },
});
