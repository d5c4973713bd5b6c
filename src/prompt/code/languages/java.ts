/** Java, up to version 25: https://docs.oracle.com/javase/specs/jls/se25/html/index.html */
import type { Node } from "web-tree-sitter";
import { EmbeddedTextBuilder } from "../../embedded.ts";
import { words } from "../../names.ts";
import type { NameReader } from "../bindings.ts";
import { codeFormat } from "../code-format.ts";
import type {
  Asked,
  ConditionalBranch,
  Expression,
  FunctionParts,
  Loop,
  Parameter,
  Statement,
} from "../expression.ts";
import { elseIfs, field, lowering, operandsOf, shortened, withFallThrough } from "../nodes.ts";
import { literal } from "../pieces.ts";
import {
  additionOf,
  additionsTo,
  annotatedTemplate,
  assign,
  bindAdded,
  bindChange,
  childOf,
  computing,
  declare,
  describesParameter,
  describingKey,
  files,
  functionNamed,
  insideOf,
  isOptionalBy,
  isOwnSource,
  knownCalls,
  memberOf,
  methods,
  ownClass,
  pairs,
  parts,
  promptWords,
  resourceOf,
  sorting,
  type Target,
  unboundMember,
  wrapping,
  writeUnescaped,
  writing,
} from "./jvm.ts";

// Expressions

/** Nodes that are no values. */
const silent = words(
  "type_identifier generic_type array_type scoped_type_identifier integral_type floating_point_type boolean_type void_type " +
    "type_arguments modifiers class_body formal_parameters dimensions",
);

const { unknown, sameAs } = lowering({ silent, parts });

function lower(node: Node, source: string): Expression {
  switch (node.type) {
    case "string_literal":
      return textOf(source, node);
    case "character_literal":
      return said(source, node, (builder) => writeUnescaped(builder, source, insideOf(node, "'"), true));
    case "parenthesized_expression":
      return sameAs(node, parts(node)[0]);
    case "cast_expression":
      return sameAs(node, field(node, "value"));
    case "identifier":
      return { kind: "name", name: node.text };
    case "this":
    case "super":
      return { kind: "self", name: node.text };
    case "field_access": {
      const [object, name] = [field(node, "object"), field(node, "field")];
      // `Outer.this`
      if (name?.type === "this") return { kind: "self", name: "this" };
      return object === null ? unknown(node) : { kind: "member", object, name: name?.text ?? "" };
    }
    case "array_access": {
      const object = field(node, "array");
      return object === null ? unknown(node) : { kind: "element", object, index: field(node, "index") };
    }
    case "binary_expression":
      return isSum(node) ? { kind: "sum", operands: operandsOf(node, isSum) } : unknown(node);
    case "ternary_expression":
      return choiceOf(node);
    case "switch_expression":
      return sameAs(node, parts(field(node, "body"))[0]);
    case "switch_rule":
      return caseOf(node);
    case "method_invocation":
      return callOf(node);
    case "object_creation_expression":
      return madeOf(node);
    case "array_creation_expression":
      return sameAs(node, field(node, "value"));
    case "array_initializer":
    case "element_value_array_initializer":
      return { kind: "list", items: parts(node), isUnordered: false };
    case "lambda_expression":
      return { kind: "function" };
    case "decimal_integer_literal":
    case "decimal_floating_point_literal":
      return { kind: "literal", value: Number.parseFloat(node.text.replaceAll("_", "")) || 0 };
    case "true":
    case "false":
      return { kind: "literal", value: node.type === "true" };
    case "null_literal":
      return { kind: "literal", value: null };
    case "modifiers":
      return { kind: "list", items: messagesOf(node), isUnordered: false };
    case "annotation":
      return annotationOf(node);
    case "annotation_argument_list":
      return call(null, annotatedTemplate, annotatedTexts(node));
    case "formal_parameter":
      return call(null, "UserMessage", parts(field(node, "name") === null ? null : node).slice(-1));
    default:
      return unknown(node);
  }
}

function call(object: Node | null, name: string, given: readonly Node[], isMade = false): Expression {
  return {
    kind: "call",
    object,
    name,
    arguments: given.map((value) => ({ name: null, value })),
    isMade,
  };
}

function choiceOf(node: Node): Expression {
  const condition = field(node, "condition");
  if (condition === null) return unknown(node);
  const asked = { node: condition, expression: shortened(condition.text) };
  const [yes, no] = [field(node, "consequence"), field(node, "alternative")];
  return { kind: "choice", asked, yes, no, isDefault: false };
}

/** One rule of a `switch`, or else what the next ones give. */
function caseOf(rule: Node): Expression {
  const value = valueOfRule(rule);
  const next = nextRule(rule);
  const label = childOf(rule, "switch_label");
  if (value === null) return sameAs(rule, next);
  if (label === null || label.text === "default") return sameAs(rule, value);
  const subject = field(rule.parent?.parent ?? null, "condition");
  if (next === null || subject === null) return sameAs(rule, value);
  const range = { start: rule.startIndex, end: rule.parent!.endIndex };
  const asked = { node: subject, expression: askedOf(subject, label) };
  return { kind: "choice", asked, yes: value, no: next, isDefault: false, range };
}

/** The next rule that gives anything. */
function nextRule(rule: Node): Node | null {
  let next = rule.nextNamedSibling;
  while (next !== null && (next.type !== "switch_rule" || valueOfRule(next) === null))
    next = next.nextNamedSibling;
  return next;
}

function askedOf(subject: Node, label: Node): string {
  const subjectText = subject.text.replace(/^\(|\)$/g, "");
  return shortened(`${subjectText} == ${label.text.replace(/^case\s+/, "")}`);
}

/** `null` where it throws. */
function valueOfRule(rule: Node): Node | null {
  const [body] = parts(rule).filter(({ type }) => type !== "switch_label");
  if (body?.type === "expression_statement") return parts(body)[0] ?? null;
  if (body?.type !== "block") return null;
  const last = parts(body).at(-1);
  return last?.type === "yield_statement" ? (parts(last)[0] ?? null) : null;
}

function isSum(node: Node): boolean {
  return node.type === "binary_expression" && field(node, "operator")?.text === "+";
}

// Literals

function said(source: string, node: Node, write: (builder: EmbeddedTextBuilder) => void): Expression {
  const builder = new EmbeddedTextBuilder(source);
  write(builder);
  const range = { start: node.startIndex, end: node.endIndex };
  return { kind: "text", parts: [{ kind: "said", pieces: literal(builder.build(range)) }], isFilled: false };
}

function textOf(source: string, node: Node): Expression {
  const isBlock = node.text.startsWith('"""');
  if (isBlock) return said(source, node, (builder) => textBlock(builder, source, node));
  return said(source, node, (builder) => writeUnescaped(builder, source, insideOf(node, '"'), true));
}

/**
 * The blanks that all lines begin with go, the last line with the quotes among them, and so do those that lines end with;
 * escapes are read then. https://docs.oracle.com/javase/specs/jls/se21/html/jls-3.html#jls-3.10.6
 */
function textBlock(builder: EmbeddedTextBuilder, source: string, node: Node): void {
  const inside = insideOf(node, '"""');
  const written = source.slice(inside.start, inside.end);
  const opening = /^[ \t\f]*(?:\r\n|\r|\n|$)/.exec(written)?.[0].length ?? 0;
  const lines = [...written.slice(opening).matchAll(/([^\r\n]*)(\r\n|\r|\n|$)/g)];
  // Behind the last line end there is one more match, of nothing.
  if (lines.length > 1 && lines.at(-1)![0] === "" && lines.at(-2)![2] === "") lines.pop();
  const indents = lines.flatMap(([, line = ""], index) => {
    const indent = line.length - line.trimStart().length;
    return indent < line.length || index === lines.length - 1 ? [indent] : [];
  });
  const margin = indents.reduce((least, each) => Math.min(least, each), written.length);
  for (const { index, 1: line = "", 2: end = "" } of lines) {
    const start = inside.start + opening + index;
    const kept = line.trimEnd().length;
    const isBlank = kept === 0;
    const from = isBlank ? start : start + margin;
    const isContinued = /(?:^|[^\\])(?:\\\\)*\\$/.test(line.slice(0, kept).slice(-64)) && end !== "";
    writeUnescaped(builder, source, { start: from, end: start + kept - (isContinued ? 1 : 0) }, true);
    if (end !== "" && !isContinued) builder.unit("\n", start + line.length, start + line.length + end.length);
  }
}

// Calls

function typeName(node: Node | null): string {
  const type = node?.type === "generic_type" ? (parts(node)[0] ?? null) : node;
  return type?.text.split(".").at(-1) ?? "";
}

function callOf(node: Node): Expression {
  const [object, name] = [field(node, "object"), field(node, "name")?.text ?? ""];
  const given = parts(field(node, "arguments"));
  const collection = object?.type === "identifier" ? `${object.text}.${name}` : "";
  if (lists.has(collection) || (object === null && name === "asList"))
    return { kind: "list", items: given, isUnordered: false };
  if (collection === "Set.of") return { kind: "list", items: given, isUnordered: true };
  if (collection === "Map.of") return { kind: "record", entries: pairs(given) };
  if (collection === "Map.ofEntries")
    return { kind: "record", entries: given.flatMap((each) => pairs(parts(field(each, "arguments")))) };
  return call(object, name, given);
}

const lists = words(
  "List.of Arrays.asList Stream.of Lists.newArrayList Collections.singletonList ImmutableList.of",
);

function madeOf(node: Node): Expression {
  const name = typeName(field(node, "type"));
  const given = parts(field(node, "arguments"));
  const [first] = given;
  const isNumber = first?.type.endsWith("_literal") === true && !/string|character/.test(first.type);
  if (name === "StringBuilder" || name === "StringBuffer")
    return first === undefined || isNumber
      ? { kind: "text", parts: [], isFilled: true }
      : { kind: "same", value: first };
  if (/^(?:Array|Linked)List$/.test(name))
    return first === undefined || isNumber
      ? { kind: "list", items: [], isUnordered: false }
      : { kind: "same", value: first };
  return call(null, name, given, true);
}

// Annotations

const messageAnnotations = words("SystemMessage UserMessage");

function nameOfAnnotation(node: Node): string {
  return field(node, "name")?.text.split(".").at(-1) ?? "";
}

function isMessage(node: Node): boolean {
  return node.type === "annotation" && messageAnnotations.has(nameOfAnnotation(node));
}

/**
 * `@SystemMessage("…") @UserMessage("…{{x}}") String chat(String x)`: what LangChain4j (1.0, `dev.langchain4j.service`) sends when
 * the method is called. Without a text of its own the message is the parameter that is annotated, or the only one.
 */
function messagesOf(modifiers: Node): readonly Node[] {
  const all = parts(modifiers).filter(isMessage);
  const [first, ...others] = all;
  if (first === undefined) return [];
  const ordered = [...all].sort((a, b) => nameOfAnnotation(a).localeCompare(nameOfAnnotation(b)));
  if (others.length > 0 || nameOfAnnotation(first) === "UserMessage") return ordered;
  const parameters = parts(field(modifiers.parent, "parameters")).filter(
    ({ type }) => type === "formal_parameter",
  );
  const asked = parameters.filter((each) => /@UserMessage\b/.test(each.text));
  const plain = parameters.length === 1 ? parameters.filter((each) => !each.text.startsWith("@")) : [];
  return [...ordered, ...[...asked, ...plain].slice(0, 1)];
}

function annotationOf(node: Node): Expression {
  const given = field(node, "arguments");
  const name = nameOfAnnotation(node);
  if (given === null) return unknown(node);
  const resource = name === "Value" ? resourceOf(node, nameAnnotated(node)) : null;
  if (resource !== null) return resource;
  return call(null, name, messageAnnotations.has(name) ? [given] : annotatedTexts(node));
}

/** Of the field or the parameter that an annotation stands at. */
function nameAnnotated(annotation: Node): string {
  const declared = annotation.parent?.parent ?? null;
  return (declared === null ? null : nameOfParameter(declared))?.text ?? "resource";
}

/** The values of an annotation that have no name, or the name `value`. */
function annotatedTexts(node: Node): readonly Node[] {
  const list = node.type === "annotation" ? field(node, "arguments") : node;
  return parts(list).flatMap((each) => {
    const isNamed = each.type === "element_value_pair";
    if (isNamed && field(each, "key")?.text !== "value") return [];
    const value = isNamed ? field(each, "value") : each;
    return value?.type === "element_value_array_initializer" ? parts(value) : value === null ? [] : [value];
  });
}

// Statements

const functionTypes = words("method_declaration constructor_declaration lambda_expression");

function functionOf(node: Node): FunctionParts | null {
  if (!functionTypes.has(node.type)) return null;
  const body = field(node, "body");
  const given = field(node, "parameters");
  const all = given?.type === "identifier" ? [given] : parts(given);
  const parameters = all.map((each) => {
    const name = each.type === "identifier" ? each : nameOfParameter(each);
    const type = field(each, "type")?.text ?? "";
    return { name: name?.text ?? null, keys: [], fallback: null, type, ...describedBy(each) };
  });
  const isExpression = node.type === "lambda_expression" && body?.type !== "block";
  const statements = isExpression && body !== null ? [body] : parts(body);
  const annotations = parts(childOf(node, "modifiers")).filter(({ type }) => type.endsWith("annotation"));
  const tool = annotations.find((each) => nameOfAnnotation(each) === "Tool");
  const documentation = tool === undefined ? null : descriptionIn(tool);
  const decorators = annotations.map(nameOfAnnotation);
  return { parameters, body: statements, isExpression, isGetter: false, documentation, decorators };
}

/** `@P("…")` of LangChain4j, `@ToolParam(description = "…", required = false)` of Spring AI. */
function describedBy(parameter: Node): Pick<Parameter, "documentation" | "isOptional"> {
  const annotations = parts(childOf(parameter, "modifiers"));
  const said = annotations.find(
    (each) => each.type === "annotation" && describesParameter.has(nameOfAnnotation(each)),
  );
  return said === undefined ? {} : { documentation: descriptionIn(said), isOptional: isOptionalBy(said) };
}

/** What `@Tool(description = "…")` of Spring AI and `@Tool("…")` of LangChain4j say of the method. */
function descriptionIn(annotation: Node): Node | null {
  const given = parts(field(annotation, "arguments"));
  const named = given.find(
    (each) => each.type === "element_value_pair" && describingKey.test(field(each, "key")?.text ?? ""),
  );
  const [first] = given;
  return named === undefined
    ? first?.type === "element_value_pair"
      ? null
      : (first ?? null)
    : field(named, "value");
}

function nameOfParameter(parameter: Node): Node | null {
  return field(parameter, "name") ?? field(childOf(parameter, "variable_declarator"), "name");
}

function statement(node: Node): Statement {
  switch (node.type) {
    case "return_statement":
      return { kind: "return", value: parts(node)[0] ?? null };
    case "throw_statement":
      return { kind: "throw" };
    case "if_statement":
      return { kind: "if", branches: elseIfs(node, ifForm) };
    case "switch_expression":
      return { kind: "if", branches: casesOf(node) };
    case "block":
      return { kind: "block", body: parts(node) };
    case "try_statement":
    case "try_with_resources_statement":
    case "synchronized_statement":
      return { kind: "block", body: parts(field(node, "body") ?? childOf(node, "block")) };
    default:
      return { kind: loopTypes.has(node.type) ? "loop" : "other" };
  }
}

const loopTypes = words("for_statement enhanced_for_statement while_statement do_statement");

/** Of what stands in the parentheses of `if`. */
function asked(condition: Node): Asked {
  const [node = condition] = parts(condition);
  return { node, expression: shortened(node.text) };
}

const ifForm = { ifType: "if_statement", asked };

function casesOf(node: Node): readonly ConditionalBranch[] {
  const subject = field(node, "condition");
  const all = parts(field(node, "body")).flatMap((each): readonly ConditionalBranch[] => {
    const labels = parts(each).filter(({ type }) => type === "switch_label");
    const isRule = each.type === "switch_rule" || each.type === "switch_block_statement_group";
    if (!isRule || subject === null || labels.length === 0) return [];
    const body = parts(each).filter(({ type }) => type !== "switch_label");
    const isDefault = labels.some(({ text }) => text === "default");
    const expression = shortened(labels.map((label) => askedOf(subject, label)).join(" || "));
    return [{ asked: isDefault ? null : { node: subject, expression }, body, holder: each }];
  });
  // A rule, `case 1 -> …`, never goes on.
  return all.some(({ holder }) => holder.type === "switch_rule") ? all : withFallThrough(all);
}

function branchesOf(node: Node): readonly ConditionalBranch[] | null {
  if (node.type === "switch_expression") return casesOf(node);
  if (node.type !== "if_statement") return null;
  const { parent } = node;
  const isElseIf = parent?.type === "if_statement" && field(parent, "alternative")?.id === node.id;
  return isElseIf ? null : elseIfs(node, ifForm);
}

/** `for (X x : list)`, and `list.forEach(x -> …)`. */
function loopOf(node: Node): Loop | null {
  if (node.type === "enhanced_for_statement") {
    const of = field(node, "value");
    return of === null ? null : { item: field(node, "name")?.text ?? null, of };
  }
  const called = node.type === "lambda_expression" ? node.parent?.parent : null;
  const of = called?.type === "method_invocation" ? field(called, "object") : null;
  if (of === null || field(called!, "name")?.text !== "forEach") return null;
  return { item: functionOf(node)?.parameters[0]?.name ?? null, of };
}

// Names

function bind(node: Node, names: NameReader): void {
  switch (node.type) {
    case "class_declaration":
    case "interface_declaration":
    case "enum_declaration":
    case "record_declaration": {
      const name = field(node, "name")?.text ?? "";
      noteMessages(node, name, names);
      const outer = names.scope;
      const base = typeName(parts(field(node, "superclass"))[0] ?? null);
      const scope = names.enter("class", name, node, base === "" ? [] : [base]);
      names.bind(name, { kind: "class", scope }, outer);
      return;
    }
    case "method_declaration":
    case "constructor_declaration": {
      const name = field(node, "name")?.text ?? "";
      noteMessages(node, name, names);
      const { scope } = names;
      if (node.type === "method_declaration") {
        names.bind(name, { kind: "function", node });
        names.noteFunction({ name, owner: scope.kind === "class" ? scope.name : null, scope, node });
      }
      names.enter("function", name, node);
      return;
    }
    case "lambda_expression": {
      names.enter("function", "", node);
      for (const { name } of functionOf(node)?.parameters ?? [])
        if (name !== null) names.bind(name, { kind: "other" });
      return;
    }
    case "formal_parameter":
    case "spread_parameter":
    case "catch_formal_parameter": {
      const name = nameOfParameter(node);
      if (name !== null) bindValue(name.text, valueAnnotation(node), names);
      return;
    }
    case "block":
    case "for_statement":
    case "switch_rule":
    case "switch_block_statement_group":
    case "try_with_resources_statement":
      names.enter("block", "", node);
      return;
    case "enhanced_for_statement":
      names.enter("block", "", node);
      names.bind(field(node, "name")?.text ?? "", { kind: "other" });
      return;
    case "import_declaration":
      bindImport(node, names);
      return;
    case "enum_constant":
      bindConstant(node, names);
      return;
    case "resource":
    case "variable_declarator":
      bindDeclarator(node, names);
      return;
    case "assignment_expression":
      bindAssignment(node, names);
      return;
    case "method_invocation":
      bindCall(node, names);
      return;
    default:
      return;
  }
}

/** The messages that annotations hold are called as the method is. */
function noteMessages(node: Node, name: string, names: NameReader): void {
  const modifiers = childOf(node, "modifiers");
  if (modifiers === null || messagesOf(modifiers).length === 0) return;
  const { scope } = names;
  const owner = scope.kind === "class" ? scope.name : null;
  names.note({ name: owner === null ? name : `${owner}.${name}`, owner: null, scope, value: modifiers });
}

/** `@Value("classpath:/prompts/system.st")` of Spring. */
function valueAnnotation(node: Node): Node | null {
  const all = parts(childOf(node, "modifiers"));
  return all.find((each) => each.type === "annotation" && nameOfAnnotation(each) === "Value") ?? null;
}

function bindValue(name: string, value: Node | null, names: NameReader): void {
  names.bind(name, value === null ? { kind: "other" } : { kind: "value", node: value });
}

/** `import com.acme.Prompts`, `import static com.acme.Prompts.SYSTEM`; a whole package says nothing. */
function bindImport(node: Node, names: NameReader): void {
  const path = childOf(node, "scoped_identifier", "identifier")?.text ?? "";
  if (path === "" || childOf(node, "asterisk") !== null) return;
  const dot = path.lastIndexOf(".");
  const [module, name] = [path.slice(0, Math.max(0, dot)), path.slice(dot + 1)];
  names.bind(name, { kind: "import", module, name });
}

/** `SYSTEM("You are …")`: what a constant of an enum is made of is what it stands for. */
function bindConstant(node: Node, names: NameReader): void {
  const name = field(node, "name")?.text ?? "";
  const [first] = parts(field(node, "arguments")).filter(({ type }) => type === "string_literal");
  if (first === undefined) names.bind(name, { kind: "other" });
  else assign(names, name, first);
}

function bindDeclarator(node: Node, names: NameReader): void {
  const name = field(node, "name");
  if (name === null || node.parent?.type === "spread_parameter") return;
  const value = field(node, "value");
  if (value !== null) assign(names, name.text, value);
  else if (names.scope.kind !== "class") declare(names, name.text);
  else {
    const told = node.parent === null ? null : valueAnnotation(node.parent);
    if (told === null) declare(names, name.text);
    else names.bind(name.text, { kind: "value", node: told });
  }
}

function targetOf(left: Node | null, names: NameReader): Target | null {
  if (left?.type === "identifier") return { name: left.text, own: null };
  const isOwn = left?.type === "field_access" && field(left, "object")?.type === "this";
  const own = isOwn ? ownClass(names) : null;
  return own === null ? null : { name: field(left, "field")?.text ?? "", own };
}

function bindAssignment(node: Node, names: NameReader): void {
  const [left, right] = [field(node, "left"), field(node, "right")];
  const target = targetOf(left, names);
  if (target === null || right === null) return;
  bindChange(names, target.name, right, field(node, "operator")?.text ?? "", target.own);
}

/** `text.append("a").append(b)` lengthens a text, `messages.add(x)` a list. */
function bindCall(node: Node, names: NameReader): void {
  const calls = names.chain(node, calledOn);
  const added = calls.map((call) =>
    additionOf(field(call, "name")?.text ?? "", parts(field(call, "arguments"))),
  );
  const target = calls.length === 0 ? null : targetOf(field(calls.at(-1)!, "object"), names);
  if (target !== null) bindAdded(names, target, added.reverse(), node);
}

/** `null` for a call that is on no other. */
function calledOn(call: Node): Node | null {
  const object = field(call, "object");
  return object?.type === "method_invocation" ? object : null;
}

/** Whether a field is `final`. */
function isFixed(value: Node): boolean {
  const declared = value.parent?.parent;
  return /\bfinal\b/.test(childOf(declared ?? null, "modifiers")?.text ?? "");
}

export const java = codeFormat({
  id: "java",
  name: "Java",
  comment: "//",
  matches: (path) => isOwnSource(path, /\.java$/),
  promptWords,
  grammarOf: () => "java",
  bindingTypes: [
    ...functionTypes,
    ...words("class_declaration interface_declaration enum_declaration record_declaration"),
    ...words("formal_parameter spread_parameter catch_formal_parameter block for_statement switch_rule"),
    ...words("switch_block_statement_group try_with_resources_statement enhanced_for_statement"),
    ...words("import_declaration enum_constant resource variable_declarator assignment_expression"),
    "method_invocation",
  ],
  callTypes: ["method_invocation", "object_creation_expression"],
  listTypes: ["method_invocation", "array_initializer", "modifiers"],
  recordTypes: [],
  commentTypes: ["line_comment", "block_comment"],
  nameTypes: ["identifier"],
  returnTypes: ["return_statement"],
  blockTypes: words("block program class_body constructor_body switch_block_statement_group"),
  decidingTypes: new Set([...loopTypes, "catch_clause"]),
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
  functionNamed,
  operators: new Map(),
  takesRecords: true,
  knownCalls,
  wrapping,
  writing,
  computing,
  sorting,
  keepsKeyOrder: () => null,
  files,
});
