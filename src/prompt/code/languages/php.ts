/** PHP. */
import type { Node } from "web-tree-sitter";
import { EmbeddedTextBuilder } from "../../embedded.ts";
import { baseName, folders, words } from "../../names.ts";
import { strFormatEngine } from "../../str-format.ts";
import type { MoreBinding, NameReader, Scope } from "../bindings.ts";
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
} from "../expression.ts";
import type { Language } from "../language.ts";
import { children, field, lowering, operandsOf, rangeOf, shortened, withFallThrough } from "../nodes.ts";
import {
  compacted,
  formatted,
  joinedItems,
  mapped,
  type Operation,
  replaced,
  replaceText,
  same,
  trimmed,
} from "../operations.ts";
import { phpFormatEngine } from "../percent.ts";
import { knownText, literal, type Piece } from "../pieces.ts";
import { classAround, outsideBlocks } from "../scopes.ts";
import { isFilled, type Member } from "../values.ts";
import { phpCalls } from "./php-calls.ts";
import { lowerHeredoc, lowerQuoted } from "./php-literals.ts";

/** Code of others, and what tools write. Tests are told from programs where folders are read. */
const foreignFolders = new Set(["vendor", "node_modules", "third_party", "migrations", "cache", "lang"]);

function matches(path: string): boolean {
  const name = baseName(path);
  if (!name.endsWith(".php") || name.endsWith(".blade.php") || name.startsWith("_ide_helper")) return false;
  return !folders(path).some((folder) => foreignFolders.has(folder));
}

const promptWords =
  /prompt|instructions?\b|["']role["']|["']messages["']|\bmessages:|\bsystem:|Message::|(?:System|User)Message|->chat\(|generateText/i;

// Expressions

/** Nodes that are no values. */
const silent: ReadonlySet<string> = new Set(
  "primitive_type named_type optional_type union_type cast_type visibility_modifier attribute_list".split(
    " ",
  ),
);

const { unknown, sameAs } = lowering({ silent });

function asked(node: Node): Asked {
  const [inner] = node.type === "parenthesized_expression" ? children(node) : [node];
  return { node: inner ?? node, expression: shortened((inner ?? node).text) };
}

/** Whether a node puts texts behind each other. */
function isSum(node: Node): boolean {
  return node.type === "binary_expression" && operatorOf(node) === ".";
}

function lower(node: Node, source: string): Expression {
  switch (node.type) {
    case "string":
    case "encapsed_string":
      return lowerQuoted(node, source);
    case "heredoc":
    case "nowdoc":
      return lowerHeredoc(node, source);
    case "variable_name":
      return node.text === "$this" ? { kind: "self", name: "this" } : { kind: "name", name: node.text };
    case "dynamic_variable_name": {
      const [inner] = children(node);
      return inner?.type === "name" ? { kind: "name", name: `$${inner.text}` } : unknown(node);
    }
    case "name":
    case "qualified_name":
      return lastName(node) === "PHP_EOL" ? lineEnd(node, source) : { kind: "name", name: lastName(node) };
    case "relative_scope":
      return { kind: "self", name: node.text };
    case "argument":
    case "parenthesized_expression":
    case "expression_statement":
    case "return_statement":
      return sameAs(node, children(node).at(-1));
    case "cast_expression":
      return /string/i.test(field(node, "type")?.text ?? "")
        ? sameAs(node, field(node, "value"))
        : unknown(node);
    case "assignment_expression":
      return sameAs(node, field(node, "right"));
    case "member_access_expression":
    case "nullsafe_member_access_expression":
      return lowerMember(node);
    case "class_constant_access_expression":
    case "scoped_property_access_expression": {
      const [object, name] = children(node);
      return object === undefined || name === undefined
        ? unknown(node)
        : { kind: "member", object, name: name.text };
    }
    case "subscript_expression": {
      const [object, index] = children(node);
      return object === undefined ? unknown(node) : { kind: "element", object, index: index ?? null };
    }
    case "binary_expression":
      return lowerBinary(node);
    case "conditional_expression":
      return lowerConditional(node);
    case "match_expression":
      return sameAs(node, field(node, "body"));
    case "match_block":
      return sameAs(node, children(node)[0]);
    case "match_conditional_expression":
      return lowerMatched(node);
    case "match_default_expression":
      return sameAs(node, field(node, "return_expression"));
    case "array_creation_expression":
      return lowerArray(node);
    case "variadic_unpacking": {
      const [value] = children(node);
      return value === undefined ? unknown(node) : { kind: "spread", value };
    }
    case "function_call_expression":
    case "member_call_expression":
    case "nullsafe_member_call_expression":
    case "scoped_call_expression":
    case "object_creation_expression":
      return lowerCall(node);
    case "arrow_function":
    case "anonymous_function":
      return { kind: "function" };
    case "integer":
    case "float":
      return { kind: "literal", value: Number(node.text.replaceAll("_", "")) || 0 };
    case "boolean":
      return { kind: "literal", value: /^true$/i.test(node.text) };
    case "null":
      return { kind: "literal", value: null };
    default:
      return unknown(node);
  }
}

function lineEnd(node: Node, source: string): Expression {
  const builder = new EmbeddedTextBuilder(source);
  builder.unit("\n", node.startIndex, node.endIndex);
  return {
    kind: "text",
    parts: [{ kind: "said", pieces: literal(builder.build(rangeOf(node))) }],
    isFilled: false,
  };
}

/** Without the namespace. */
function lastName({ text }: Node): string {
  return text.slice(text.lastIndexOf("\\") + 1);
}

/** Variables of objects are called `$name`, as they are apart from methods of that name. */
function lowerMember(node: Node): Expression {
  const [object, name] = [field(node, "object"), field(node, "name")];
  if (object === null) return unknown(node);
  // A case of an enum stands for what it is written with.
  if (name?.text === "value" && object.type === "class_constant_access_expression")
    return { kind: "same", value: object };
  return { kind: "member", object, name: `$${name?.text ?? ""}` };
}

function operatorOf(node: Node): string {
  return field(node, "operator")?.text ?? "";
}

function lowerBinary(node: Node): Expression {
  const [left, right, operator] = [field(node, "left"), field(node, "right"), operatorOf(node)];
  if (left === null || right === null) return unknown(node);
  if (operator === ".") return { kind: "sum", operands: operandsOf(node, isSum) };
  // Records that are added keep the entries of the first one.
  if (operator === "+" && right.type === "array_creation_expression")
    return { kind: "sum", operands: [left, right] };
  if (operator === "??" || operator === "or" || operator === "||")
    return { kind: "choice", asked: asked(left), yes: left, no: right, isDefault: true };
  return unknown(node);
}

/** `a ?: b` gives what it asks. */
function lowerConditional(node: Node): Expression {
  const [condition, body, no] = [field(node, "condition"), field(node, "body"), field(node, "alternative")];
  if (condition === null || no === null) return unknown(node);
  return { kind: "choice", asked: asked(condition), yes: body ?? condition, no, isDefault: body === null };
}

/** A branch of a `match`, with those behind it. */
function lowerMatched(node: Node): Expression {
  const value = field(node, "return_expression");
  const conditions = field(node, "conditional_expressions");
  const match = node.parent?.parent;
  const subject = match == null ? null : field(match, "condition");
  if (value === null || conditions === null || subject === null) return unknown(node);
  const isOfConditions = /^\(\s*true\s*\)$/i.test(subject.text);
  const expression = shortened(
    isOfConditions ? conditions.text : `${asked(subject).expression} === ${conditions.text}`,
  );
  const about = isOfConditions ? (children(conditions)[0] ?? conditions) : asked(subject).node;
  return {
    kind: "choice",
    asked: { node: about, expression },
    yes: value,
    no: node.nextNamedSibling?.type === "comment" ? null : node.nextNamedSibling,
    isDefault: false,
  };
}

/** An array with keys is a record. */
function lowerArray(node: Node): Expression {
  const items = children(node).filter(({ type }) => type === "array_element_initializer");
  const inner = items.map((item) => children(item));
  if (inner.some((parts) => parts.length > 1)) return { kind: "record", entries: inner.flatMap(entryOf) };
  return { kind: "list", items: inner.flatMap(([value]) => value ?? []), isUnordered: false };
}

function entryOf([key, value]: readonly Node[]): readonly RecordEntry[] {
  if (key === undefined) return [];
  if (value !== undefined) return [{ key, value }];
  const [spread] = key.type === "variadic_unpacking" ? children(key) : [];
  return spread === undefined ? [] : [{ key: null, value: spread, isSpread: true }];
}

/** Classes that are lists of what they are given: Symfony AI's `new MessageBag(…)`. */
const listClasses: ReadonlySet<string> = new Set(["MessageBag", "Collection"]);

function lowerCall(node: Node): Expression {
  const given = argumentsOf(node);
  const callee = calleeOf(node);
  const values = given.map(({ value }) => value);
  const isOfLists = callee.object === null && !callee.isMade && callee.name === "array_merge";
  if (isOfLists && values.length > 0) return { kind: "sum", operands: values };
  if (callee.isMade && listClasses.has(callee.name))
    return { kind: "list", items: values, isUnordered: false };
  // What it makes is read as a text.
  const isMade = callee.isMade && !functions.has(callee.name);
  return { ...callee, kind: "call", arguments: given, isMade };
}

function calleeOf(node: Node): Pick<CallExpression, "object" | "name" | "isMade"> {
  switch (node.type) {
    case "function_call_expression": {
      const called = field(node, "function");
      const isName = called?.type === "name" || called?.type === "qualified_name";
      return isName
        ? { object: null, name: lastName(called), isMade: false }
        : { object: called, name: "", isMade: false };
    }
    case "scoped_call_expression":
      return { object: field(node, "scope"), name: field(node, "name")?.text ?? "", isMade: false };
    case "object_creation_expression": {
      const made = children(node).find(({ type }) => type === "name" || type === "qualified_name");
      return { object: null, name: made === undefined ? "" : lastName(made), isMade: true };
    }
    default:
      return { object: field(node, "object"), name: field(node, "name")?.text ?? "", isMade: false };
  }
}

function argumentsOf(node: Node): readonly Argument[] {
  const given = field(node, "arguments") ?? children(node).find(({ type }) => type === "arguments");
  return (given == null ? [] : children(given)).flatMap((each): readonly Argument[] => {
    const value = children(each).at(-1);
    if (each.type !== "argument" || value === undefined) return [];
    if (value.type === "variadic_unpacking") {
      const [spread] = children(value);
      return spread === undefined ? [] : [{ name: null, value: spread, isSpread: true }];
    }
    return [{ name: field(each, "name")?.text ?? null, value }];
  });
}

// Statements

const functionTypes: ReadonlySet<string> = new Set([
  "function_definition",
  "method_declaration",
  "anonymous_function",
  "arrow_function",
]);

function functionOf(node: Node): FunctionParts | null {
  if (!functionTypes.has(node.type)) return null;
  const [given, body] = [field(node, "parameters"), field(node, "body")];
  const isExpression = node.type === "arrow_function";
  return {
    parameters: (given === null ? [] : children(given)).flatMap(parameterOf),
    body: body === null ? [] : isExpression ? [body] : children(body),
    isExpression,
    isGetter: false,
  };
}

function parameterOf(node: Node): readonly Parameter[] {
  const name = field(node, "name");
  if (name === null || node.type === "variadic_parameter") return [];
  return [{ name: name.text.replace(/^\$/, ""), keys: [], fallback: field(node, "default_value") }];
}

function statement(node: Node): Statement {
  switch (node.type) {
    case "return_statement":
      return { kind: "return", value: children(node)[0] ?? null };
    case "if_statement":
      return { kind: "if", branches: allBranches(node) };
    case "switch_statement":
      return { kind: "if", branches: casesOf(node) };
    case "compound_statement":
    case "colon_block":
    case "else_clause":
      return { kind: "block", body: children(node) };
    case "try_statement": {
      const body = field(node, "body");
      return body === null ? { kind: "other" } : { kind: "block", body: children(body) };
    }
    case "foreach_statement":
    case "for_statement":
    case "while_statement":
    case "do_statement":
      return { kind: "loop" };
    case "expression_statement":
      return /^(?:throw|exit|die|abort)\b/.test(node.text.slice(0, 10))
        ? { kind: "throw" }
        : { kind: "other" };
    default:
      return { kind: "other" };
  }
}

function branchesOf(node: Node): readonly ConditionalBranch[] | null {
  if (node.type === "switch_statement") return casesOf(node);
  const isElseIf = node.type === "if_statement" && node.parent?.type === "else_clause";
  return node.type !== "if_statement" || isElseIf ? null : allBranches(node);
}

const maxElseIfs = 1000;

/** `elseif` stands beside the others, `else if` in the last one. */
function allBranches(node: Node): readonly ConditionalBranch[] {
  const branches: ConditionalBranch[] = [];
  let at: Node | null = node;
  for (let count = 0; at !== null && count < maxElseIfs; count++) {
    const holder: Node = at;
    at = null;
    for (const part of [holder, ...holder.childrenForFieldName("alternative")]) {
      if (part === null) continue;
      const [condition, body] = [field(part, "condition"), field(part, "body")];
      if (part.type === "else_clause" && body?.type === "if_statement") at = body;
      else if (body !== null)
        branches.push({ asked: condition === null ? null : asked(condition), body: [body], holder: part });
    }
  }
  return branches;
}

function casesOf(node: Node): readonly ConditionalBranch[] {
  const [subject, block] = [field(node, "condition"), field(node, "body")];
  if (subject === null || block === null) return [];
  let shared: string[] = [];
  const cases = children(block).flatMap((each): readonly ConditionalBranch[] => {
    const value = field(each, "value");
    const body = children(each).filter(({ id }) => id !== value?.id);
    if (each.type === "default_statement") return [{ asked: null, body, holder: each }];
    if (value === null) return [];
    shared.push(value.text);
    // `case 'a': case 'b':` have one body.
    if (body.length === 0) return [];
    const { node: about, expression } = asked(subject);
    const said = shortened(`${expression} == ${shared.join(", ")}`);
    shared = [];
    return [{ asked: { node: about, expression: said }, body, holder: each }];
  });
  return withFallThrough(cases);
}

function loopOf(node: Node): Loop | null {
  if (node.type !== "foreach_statement") return null;
  const [of, item] = children(node);
  const value = item?.type === "pair" ? children(item)[1] : item;
  if (of === undefined) return null;
  return { item: value?.type === "variable_name" ? value.text.slice(1) : null, of };
}

// Names

const classTypes: ReadonlySet<string> = new Set([
  "class_declaration",
  "interface_declaration",
  "trait_declaration",
  "enum_declaration",
]);

function bind(node: Node, names: NameReader): void {
  if (classTypes.has(node.type)) bindClass(node, names);
  else if (functionTypes.has(node.type)) bindFunction(node, names);
  else bindOther(node, names);
}

function bindClass(node: Node, names: NameReader): void {
  const { scope } = names;
  const name = field(node, "name")?.text ?? "";
  const base = children(node).find(({ type }) => type === "base_clause");
  const bases = base === undefined ? [] : children(base).map(lastName);
  const inner = names.enter("class", name, node, bases);
  names.bind(name, { kind: "class", scope: inner }, scope);
}

function bindFunction(node: Node, names: NameReader): void {
  const { scope } = names;
  const name = field(node, "name")?.text ?? "";
  if (name !== "") {
    names.bind(name, { kind: "function", node });
    names.noteFunction({ name, owner: scope.kind === "class" ? scope.name : null, scope, node });
  }
  names.enter("function", name, node);
}

function bindOther(node: Node, names: NameReader): void {
  const { scope } = names;
  switch (node.type) {
    case "simple_parameter":
    case "variadic_parameter":
    case "property_promotion_parameter": {
      const fallback = field(node, "default_value");
      const name = field(node, "name")?.text ?? "";
      names.bind(name, fallback === null ? { kind: "other" } : { kind: "other", fallback });
      const owner = node.type === "property_promotion_parameter" ? classAround(scope) : null;
      if (owner !== null) names.bind(name, { kind: "other" }, owner);
      return;
    }
    case "const_element":
    case "enum_case": {
      const [name, value] = children(node);
      const owner = scope.kind === "class" ? scope.name : null;
      if (name !== undefined && value !== undefined) names.assign({ name: name.text, owner, scope, value });
      return;
    }
    case "property_element": {
      const [name, value] = [field(node, "name")?.text ?? "", field(node, "default_value")];
      if (value !== null) bindValue(name, value, scope, names);
      return;
    }
    case "static_variable_declaration": {
      const [name, value] = [field(node, "name")?.text ?? "", field(node, "value")];
      if (value !== null) bindValue(name, value, scope, names);
      return;
    }
    case "namespace_use_clause":
      bindUse(node, names);
      return;
    case "assignment_expression":
    case "augmented_assignment_expression":
      bindAssignment(node, names);
      return;
    case "function_call_expression":
    case "member_call_expression":
      bindPushed(node, names);
      return;
    case "foreach_statement":
      bindVariables(children(node)[1] ?? null, names);
      return;
    case "catch_clause":
      bindVariables(field(node, "name"), names);
      return;
    default:
      return;
  }
}

/** `$name` in its scope, and `name` to people. */
function bindValue(name: string, value: Node, scope: Scope, names: NameReader): void {
  names.bind(name, { kind: "value", node: value }, scope);
  names.note({
    name: name.replace(/^\$/, ""),
    owner: scope.kind === "class" ? scope.name : null,
    scope: names.scope,
    value,
  });
}

function bindVariables(node: Node | null, names: NameReader): void {
  if (node === null) return;
  const found = node.type === "variable_name" ? [node] : node.descendantsOfType("variable_name");
  for (const name of found) if (name !== null) names.bind(name.text, { kind: "other" });
}

/** `use App\Prompts;`, also with `as`, and members of a group. */
function bindUse(node: Node, names: NameReader): void {
  const [imported] = children(node);
  const own = field(node, "alias")?.text ?? (imported === undefined ? "" : lastName(imported));
  if (imported !== undefined && own !== "")
    names.bind(own, { kind: "import", module: imported.text, name: null, isWhole: true }, names.module);
}

interface Target {
  readonly name: string;
  readonly scope: Scope;
}

/** `$name`, `$this->name` or `self::$name`. */
function targetOf(node: Node, from: Scope): Target | null {
  if (node.type === "variable_name") return { name: node.text, scope: outsideBlocks(from) };
  const [object, name] = children(node);
  const isOwn = object !== undefined && /^(?:\$this|self|static)$/.test(object.text);
  const owner = isOwn ? classAround(from) : null;
  if (owner === null || name === undefined || !/_access_expression$/.test(node.type)) return null;
  return { name: `$${name.text.replace(/^\$/, "")}`, scope: owner };
}

function bindAssignment(node: Node, names: NameReader): void {
  const [left, right] = [field(node, "left"), field(node, "right")];
  if (left === null || right === null) return;
  const operator = node.type === "assignment_expression" ? "=" : operatorOf(node);
  const [list, ...index] = left.type === "subscript_expression" ? children(left) : [];
  if (list !== undefined) {
    if (index.length === 0 && operator === "=") add(list, { form: "append", node: right }, names);
    return;
  }
  if (left.type === "list_literal" || left.type === "array_creation_expression") {
    bindVariables(left, names);
    return;
  }
  if (operator === ".=") {
    add(left, { form: "concat", node: right }, names);
    return;
  }
  const target = targetOf(left, names.scope);
  if (target === null) {
    const name = field(left, "name")?.text;
    if (name !== undefined && operator === "=")
      names.note({ name, owner: field(left, "object")?.text ?? null, scope: names.scope, value: right });
    return;
  }
  const isFirst = operator === "??=" && !target.scope.bindings.has(target.name);
  if (operator === "=" || isFirst) bindValue(target.name, right, target.scope, names);
  else names.bind(target.name, { kind: "other" }, target.scope);
}

function add(left: Node, more: Pick<MoreBinding, "form" | "node" | "at">, names: NameReader): void {
  const target = targetOf(left, names.scope);
  if (target === null) return;
  const isElsewhere = target.scope !== outsideBlocks(names.scope);
  names.bind(target.name, { kind: "more", ...more, ...(isElsewhere && { isElsewhere }) }, target.scope);
}

/** `array_push($list, …)` and `array_unshift($list, …)`. */
function bindPushed(node: Node, names: NameReader): void {
  const { object, name } = calleeOf(node);
  const [list, ...items] = argumentsOf(node);
  // `$messages->add($message)`, of a bag of Symfony AI 0.1 or of a collection.
  if (
    object !== null &&
    /^(?:add|push|append|prepend)$/.test(name) &&
    list !== undefined &&
    items.length === 0
  )
    add(object, { form: "append", node: list.value, ...(name === "prepend" && { at: 0 }) }, names);
  if (name !== "array_push" && name !== "array_unshift") return;
  if (list === undefined) return;
  const at = name === "array_unshift" ? { at: 0 } : {};
  for (const { value, isSpread } of items)
    add(list.value, { form: isSpread === true ? "concat" : "append", node: value, ...at }, names);
}

/** `$messages = array_merge($messages, $more)`, `$messages = [...$messages, $message]` and `$text = $text . "…"`. */
function additionsTo(name: string, value: Node): readonly MoreBinding[] | null {
  const isSelf = (node: Node | undefined) => node?.type === "variable_name" && node.text === name;
  if (value.type === "array_creation_expression") {
    const [first, ...rest] = children(value).flatMap((item) => children(item)[0] ?? []);
    if (first?.type !== "variadic_unpacking" || !isSelf(children(first)[0])) return null;
    return rest.map((node) => ({ kind: "more", form: "append", node }));
  }
  const isMerge = value.type === "function_call_expression" && calleeOf(value).name === "array_merge";
  const all = isMerge ? argumentsOf(value).map((each) => each.value) : operandsOf(value, isSum);
  const [first, ...rest] = all;
  return isSelf(first) && rest.length > 0
    ? rest.map((node) => ({ kind: "more", form: "concat", node }))
    : null;
}

// Modules

/** Classes are loaded by their names: a constant, or what a function gives, by that of its class. */
const memberOf: Language["memberOf"] = ({ module }, path, isCalled) => {
  const owner = module.slice(module.lastIndexOf("\\") + 1);
  return memberNamed(owner, path, isCalled);
};

function memberNamed(
  owner: string,
  [name = "", ...others]: readonly string[],
  isCalled: boolean,
): Member | null {
  if (others.length > 0 || name.startsWith("$") || !/^[A-Z]/.test(owner)) return null;
  const isPrompts = /prompts?$|instructions?$/i.test(owner);
  if (isCalled) return isPrompts ? { module: null, name: `${owner}.${name}` } : null;
  if (!/^[A-Z][A-Z0-9_]*$/.test(name) && !isPrompts) return null;
  const speaks = /prompt|instruction|system|message|template/i.test(`${owner} ${name}`);
  return speaks ? { module: null, name: `${owner}.${name}` } : null;
}

function unboundMember([owner = "", ...path]: readonly string[]): Member | null {
  return path.length === 0 ? null : memberNamed(owner, path, false);
}

// Functions of the library

/** `str_replace(['{a}', '{b}'], [$a, $b], $text)`. */
const replacedByLists: Operation = (operands_, bench) => {
  const [searched, values, text] = operands_.given;
  if (searched?.kind !== "list") return replaced(true, { place: 2, first: 0 })(operands_, bench);
  if (text?.kind !== "text") return null;
  bench.spend(text.pieces);
  let { pieces } = text;
  for (const [index, search] of searched.items.entries()) {
    const value = values?.kind === "list" ? values.items[index] : values;
    if (search.kind !== "text" || value === undefined) return null;
    pieces = replaceText(pieces, { text: knownText(search.pieces), isGlobal: true, value });
  }
  return bench.text(operands_.node, pieces, true);
};

/** `strtr($text, ['{name}' => $name])`. */
const translated: Operation = ({ node, given: [text, by] }, bench) => {
  if (text?.kind !== "text" || by?.kind !== "record") return null;
  bench.spend(text.pieces);
  const pieces = by.entries.reduce<readonly Piece[]>(
    (all, { key, value }) => replaceText(all, { text: key, isGlobal: true, value }),
    text.pieces,
  );
  return bench.text(node, pieces, true);
};

/** The sections of Neuron AI's `SystemPrompt`, in its order: src/Agent/SystemPrompt.php of neuron-core/neuron-ai 2. */
const sections: readonly (readonly [name: string, head: string, bullet: string])[] = [
  ["background", "# IDENTITY AND PURPOSE\n", ""],
  ["steps", "\n\n# INTERNAL ASSISTANT STEPS\n", ""],
  ["output", "\n\n# OUTPUT INSTRUCTIONS\n", " - "],
  ["toolsUsage", "\n\n# TOOLS USAGE RULES\n", " - "],
];

const sectioned: Operation = ({ node, call }, bench) => {
  const pieces: Piece[] = [];
  const said = (text: string, offset: number) => {
    const builder = new EmbeddedTextBuilder(bench.source);
    builder.unit(text, offset, offset);
    return literal(builder.build({ start: offset, end: offset }));
  };
  let isAnyFilled = false;
  for (const [index, [name, head, bullet]] of sections.entries()) {
    const list = call.named.get(name) ?? call.positional[index];
    if (list === undefined || (list.kind === "list" && list.items.length === 0 && list.reference === null))
      continue;
    const { start } = list.range;
    const range = { start, end: start };
    const place = (offset: number, text: string) => ({
      ...bench.text(node, said(text, offset), false),
      range,
    });
    const items = joinedItems(0, 1)(
      { node, call, owner: null, given: [list, place(start, `\n${bullet}`)] },
      bench,
    );
    pieces.push(
      ...said(head + bullet, start),
      ...(items?.kind === "text" ? items.pieces : [{ kind: "segment", segment: list.hole() } as const]),
    );
    isAnyFilled ||= items === null || isFilled(items);
  }
  return pieces.length === 0 ? null : bench.text(node, pieces, isAnyFilled);
};

const firstList: Operation = ({ given: [first] }) => (first?.kind === "list" ? first : null);

const functions: ReadonlyMap<string, Operation> = new Map([
  ["sprintf", formatted(phpFormatEngine, 0, 1)],
  ["vsprintf", formatted(phpFormatEngine, 0, 1)],
  ["implode", joinedItems(1, 0)],
  ["join", joinedItems(1, 0)],
  ["trim", trimmed("both", 0, 1)],
  ["ltrim", trimmed("start", 0, 1)],
  ["rtrim", trimmed("end", 0, 1)],
  ["chop", trimmed("end", 0, 1)],
  ["strval", same(0)],
  ["str_replace", replacedByLists],
  ["strtr", translated],
  ["array_map", mapped(1, 0)],
  ["array_filter", compacted(0, (written) => written === "")],
  ["array_values", firstList],
  ["collect", firstList],
  ["SystemPrompt", sectioned],
  // Symfony AI 0.1, whose templates have `{name}` places.
  ["Template.string", formatted(strFormatEngine, 0, 1)],
]);

const methods: ReadonlyMap<string, Operation> = new Map([
  ["implode", joinedItems("owner", 0)],
  ["join", joinedItems("owner", 0)],
  ["map", mapped("owner", 0)],
  ["filter", compacted("owner", (written) => written === "")],
]);

export const php = codeFormat({
  id: "php",
  name: "PHP",
  comment: "//",
  matches,
  promptWords,
  grammarOf: () => "php",
  bindingTypes: [
    ...classTypes,
    ...functionTypes,
    ..."simple_parameter variadic_parameter property_promotion_parameter const_element enum_case".split(" "),
    ..."property_element static_variable_declaration namespace_use_clause assignment_expression".split(" "),
    ..."augmented_assignment_expression function_call_expression foreach_statement catch_clause".split(" "),
    "member_call_expression",
  ],
  callTypes: [
    "function_call_expression",
    "member_call_expression",
    "nullsafe_member_call_expression",
    "scoped_call_expression",
    "object_creation_expression",
  ],
  listTypes: ["array_creation_expression", "object_creation_expression"],
  recordTypes: [],
  commentTypes: ["comment"],
  nameTypes: ["variable_name"],
  sigil: "$",
  returnTypes: ["return_statement"],
  blockTypes: words("compound_statement program colon_block"),
  decidingTypes: words(
    "foreach_statement for_statement while_statement do_statement try_statement catch_clause switch_statement",
  ),
  classNames: "nowhere",
  lower,
  functionOf,
  statement,
  branchesOf,
  loopOf,
  bind,
  additionsTo,
  isFixed: ({ parent }) => parent?.type === "const_element" || parent?.type === "enum_case",
  memberOf,
  unboundMember,
  moduleName: (module) => module.slice(module.lastIndexOf("\\") + 1),
  methods,
  functionNamed: (name) => functions.get(name) ?? null,
  operators: new Map(),
  takesRecords: true,
  knownCalls: phpCalls,
  wrapping: words("strval json_encode count intval htmlspecialchars ucfirst strtoupper strtolower trim"),
  writing: words(
    "toJson toArray format toDateString toDateTimeString toIso8601String implode join map filter pluck values all first",
  ),
  computing: /^(?:count|strlen|mb_strlen|max|min|abs|round|intval)$/,
  sorting: { functions: words("sort ksort asort"), methods: words("sort sortBy sortKeys") },
  keepsKeyOrder: (callee) => (/^json_encode$|\.toJson$/.test(callee) ? `\`${callee}\`` : null),
  files: {
    parsers: /^(?:json_decode|Yaml\.parse(?:File)?|yaml_parse(?:_file)?|parse_ini_file)$/,
    parseOpened: true,
    openers: /^fopen$/,
    readers: /^(?:file_get_contents|file|(?:File|Storage)\.get)$/,
    readingMethods: words(""),
    parts: words("trim"),
    pathMakers: /^(?:base_path|resource_path|storage_path|app_path|config_path|dirname|realpath)$/,
    pathMethods: words(""),
    places: /^(?:__DIR__$|__FILE__$|getenv\(|env\()/,
  },
});
