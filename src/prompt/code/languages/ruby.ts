/** Ruby. */
import type { Node } from "web-tree-sitter";
import { baseName, folders, words } from "../../names.ts";
import { lookUp, type MoreBinding, type NameReader, type Scope } from "../bindings.ts";
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
} from "../expression.ts";
import { children, field, lowering, operandsOf, shortened } from "../nodes.ts";
import {
  changed,
  compacted,
  concatenation,
  dedented,
  formatted,
  joinedItems,
  mapped,
  type Operation,
  repeatedText,
  replaced,
  same,
  squished,
  trimmed,
} from "../operations.ts";
import { rubyFormatEngine } from "../percent.ts";
import { filterUnits } from "../pieces.ts";
import { isPromptName } from "../prompt-names.ts";
import { classAround } from "../scopes.ts";
import type { Member } from "../values.ts";
import { rubyCalls } from "./ruby-calls.ts";
import {
  heredocBody,
  heredocOpening,
  lowerBare,
  lowerHeredoc,
  lowerStrings,
  lowerSymbol,
} from "./ruby-literals.ts";

/** Code of others, and what tools write. Tests are told from programs where folders are read. */
const foreignFolders = new Set(["vendor", "node_modules", "third_party", "migrate", "sorbet", "rbi"]);

function matches(path: string): boolean {
  const name = baseName(path);
  if (!name.endsWith(".rb") || name.endsWith("_pb.rb") || name === "schema.rb") return false;
  return !folders(path).some((folder) => foreignFolders.has(folder));
}

const promptWords =
  /prompt|instructions?\b|\brole:|["']role["']|:role\b|\bsystem_?:|messages:|\b(?:chat|llm)\.ask\b|RubyLLM|chat_completion/i;

// Expressions

/** The bodies of heredocs stand among statements and arguments, and are no part of them. */
function parts(node: Node): readonly Node[] {
  return children(node).filter(({ type }) => type !== "heredoc_body" && type !== "heredoc_end");
}

function asked(node: Node, isNegated = false): Asked {
  return { node, expression: shortened(isNegated ? `not ${node.text}` : node.text) };
}

/** Whether a node puts texts behind each other. */
function isSum(node: Node): boolean {
  return node.type === "binary" && operatorOf(node) === "+";
}

const { unknown, sameAs } = lowering({ parts });

function lower(node: Node, source: string): Expression {
  switch (node.type) {
    case "string":
      return lowerStrings([node], source);
    case "chained_string":
      return lowerStrings(
        children(node).filter(({ type }) => type === "string"),
        source,
      );
    case "simple_symbol":
    case "delimited_symbol":
      return lowerSymbol(node, source);
    case "bare_string":
    case "bare_symbol":
      return lowerBare(node, source);
    case "heredoc_beginning":
      return sameAs(node, heredocBody(node));
    case "heredoc_body":
      return lowerHeredoc(node, heredocOpening(node), source);
    case "identifier":
    case "constant":
    case "instance_variable":
    case "class_variable":
    case "global_variable":
    // `{ content: }` stands for `{ content: content }`.
    case "hash_key_symbol":
      return { kind: "name", name: node.text };
    case "self":
    case "super":
      return { kind: "self", name: node.type };
    case "scope_resolution": {
      const [object, name] = [field(node, "scope"), field(node, "name")?.text ?? ""];
      return object === null ? { kind: "name", name } : { kind: "member", object, name };
    }
    case "element_reference": {
      const object = field(node, "object");
      const index = parts(node).find(({ id }) => id !== object?.id) ?? null;
      return object === null
        ? unknown(node)
        : { kind: "element", object, index: index?.type === "range" ? null : index };
    }
    case "call":
      return lowerCall(node);
    case "binary":
      return lowerBinary(node);
    case "array":
    case "string_array":
    case "symbol_array":
      return { kind: "list", items: parts(node), isUnordered: false };
    case "splat_argument": {
      const [value] = children(node);
      return value === undefined ? unknown(node) : { kind: "spread", value };
    }
    case "hash":
      return { kind: "record", entries: parts(node).flatMap(entryOf) };
    case "lambda":
    case "block":
    case "do_block":
      return { kind: "function" };
    case "integer":
    case "float":
      return { kind: "literal", value: Number(node.text.replaceAll("_", "")) || 0 };
    case "true":
    case "false":
      return { kind: "literal", value: node.type === "true" };
    case "nil":
      return { kind: "literal", value: null };
    default:
      return lowerStatement(node);
  }
}

/** Statements are values: that of their last one, or of a branch. */
function lowerStatement(node: Node): Expression {
  switch (node.type) {
    case "parenthesized_statements":
    case "then":
    case "else":
    case "begin":
    case "body_statement":
      return sameAs(node, statementsOf(node).at(-1));
    case "assignment":
      return sameAs(node, field(node, "right"));
    case "operator_assignment": {
      const [left, right] = [field(node, "left"), field(node, "right")];
      if (left === null || right === null) return unknown(node);
      return operatorOf(node) === "+=" ? { kind: "sum", operands: [left, right] } : sameAs(node, right);
    }
    case "rescue_modifier":
      return sameAs(node, field(node, "body"));
    case "unary":
      return /^[+-]["'<]/.test(node.text.slice(0, 2)) ? sameAs(node, field(node, "operand")) : unknown(node);
    case "conditional":
    case "if":
    case "elsif":
      return choice(node, field(node, "consequence"), field(node, "alternative"), false);
    case "unless":
      return choice(node, field(node, "consequence"), field(node, "alternative"), true);
    case "if_modifier":
      return choice(node, field(node, "body"), null, false);
    case "unless_modifier":
      return choice(node, field(node, "body"), null, true);
    case "case":
    case "case_match":
      return sameAs(node, children(node).find(isWhen));
    case "when":
    case "in_clause":
      return lowerWhen(node);
    default:
      return unknown(node);
  }
}

function choice(node: Node, yes: Node | null, no: Node | null, isNegated: boolean): Expression {
  const condition = field(node, "condition");
  if (condition === null || yes === null) return unknown(node);
  return { kind: "choice", asked: asked(condition, isNegated), yes, no, isDefault: false };
}

function isWhen({ type }: Node): boolean {
  return type === "when" || type === "in_clause";
}

/** A branch of a `case`, with those behind it. */
function lowerWhen(node: Node): Expression {
  const yes = field(node, "body");
  const next = node.nextNamedSibling;
  const no = next !== null && (isWhen(next) || next.type === "else") ? next : null;
  const condition = askedByWhen(node);
  return yes === null || condition === null
    ? unknown(node)
    : { kind: "choice", asked: condition, yes, no, isDefault: false };
}

function askedByWhen(node: Node): Asked | null {
  const subject = node.parent === null ? null : field(node.parent, "value");
  const patterns = node.childrenForFieldName("pattern").flatMap((pattern) => pattern?.text ?? []);
  const [first] = node.childrenForFieldName("pattern");
  const value = subject ?? (first == null ? undefined : (children(first)[0] ?? first));
  if (value === undefined || first == null) return null;
  const said = patterns.join(", ");
  return { node: value, expression: shortened(subject === null ? said : `${subject.text} == ${said}`) };
}

function operatorOf(node: Node): string {
  return field(node, "operator")?.text ?? "";
}

function lowerBinary(node: Node): Expression {
  const [left, right, operator] = [field(node, "left"), field(node, "right"), operatorOf(node)];
  if (left === null || right === null) return unknown(node);
  switch (operator) {
    case "+":
      return { kind: "sum", operands: operandsOf(node, isSum) };
    case "<<":
      return { kind: "sum", operands: [left, right] };
    case "||":
    case "or":
      return { kind: "choice", asked: asked(left), yes: left, no: right, isDefault: true };
    case "&&":
    case "and":
      return { kind: "choice", asked: asked(left), yes: right, no: null, isDefault: false };
    case "%":
    case "*":
      return { kind: "operator", operator, left, right };
    default:
      return unknown(node);
  }
}

/** Methods that call their block with each item, and give what it gives. */
const mapping: ReadonlySet<string> = new Set(["map", "collect", "flat_map", "filter_map"]);

function lowerCall(node: Node): Expression {
  const object = field(node, "receiver");
  const name = field(node, "method")?.text ?? "";
  const given = field(node, "arguments");
  const block = field(node, "block");
  if (object?.type === "self" && name === "class") return { kind: "self", name: "self" };
  const isMember = object !== null && given === null && block === null && !methods.has(name);
  // What is read of an object, and what a method of it gives, are written the same.
  if (isMember && name !== "new") return { kind: "member", object, name };
  const all = given === null ? [] : parts(given).flatMap(argumentOf);
  if (block !== null && mapping.has(name)) all.push({ name: null, value: block });
  if (name === "new" && object !== null)
    return { ...maker(object), kind: "call", arguments: all, isMade: true };
  return { kind: "call", object, name, arguments: all, isMade: false };
}

/** `Langchain::Assistant.new` makes an `Assistant` of `Langchain`. */
function maker(object: Node): { readonly object: Node | null; readonly name: string } {
  if (object.type === "constant") return { object: null, name: object.text };
  if (object.type === "scope_resolution")
    return { object: field(object, "scope"), name: field(object, "name")?.text ?? "" };
  return { object, name: "new" };
}

function argumentOf(node: Node): Argument[] {
  switch (node.type) {
    case "pair": {
      const [key, value] = [field(node, "key"), field(node, "value")];
      const name = key === null ? null : keyName(key);
      if (name === null) return value === null ? [] : [{ name: null, value, isSpread: true }];
      return [{ name, value: value ?? key! }];
    }
    case "hash_splat_argument":
    case "splat_argument": {
      const [value] = children(node);
      return value === undefined ? [] : [{ name: null, value, isSpread: true }];
    }
    case "block_argument":
      return [];
    default:
      return [{ name: null, value: node }];
  }
}

/** Keys that are written out: `role:`, `:role =>`, `"role" =>`. */
function keyName(key: Node): string | null {
  if (key.type === "hash_key_symbol") return key.text;
  if (key.type === "simple_symbol") return key.text.slice(1);
  const [only, ...others] = key.type === "string" ? children(key) : [];
  return only?.type === "string_content" && others.length === 0 ? only.text : null;
}

function entryOf(node: Node): readonly RecordEntry[] {
  if (node.type === "hash_splat_argument") {
    const [value] = children(node);
    return value === undefined ? [] : [{ key: null, value, isSpread: true }];
  }
  const key = node.type === "pair" ? field(node, "key") : null;
  if (key === null) return [];
  const value = field(node, "value") ?? (key.type === "hash_key_symbol" ? key : null);
  return value === null ? [] : [{ key: keyName(key) ?? key, value }];
}

// Statements

const methodTypes: ReadonlySet<string> = new Set(["method", "singleton_method"]);
const blockTypes: ReadonlySet<string> = new Set(["block", "do_block"]);

function functionOf(node: Node): FunctionParts | null {
  const isMethod = methodTypes.has(node.type);
  if (!isMethod && !blockTypes.has(node.type) && node.type !== "lambda") return null;
  const given = field(node, "parameters");
  const own = field(node, "body");
  const body =
    own === null ? [] : node.type === "lambda" && blockTypes.has(own.type) ? bodyOf(own) : bodyOfBody(own);
  return {
    parameters: (given === null ? [] : children(given)).flatMap(parameterOf),
    body,
    isExpression: false,
    // A method without arguments is read like a value.
    isGetter: isMethod,
  };
}

function bodyOf(block: Node): readonly Node[] {
  const body = field(block, "body");
  return body === null ? [] : bodyOfBody(body);
}

/** `def name = "…"` has one expression. */
function bodyOfBody(body: Node): readonly Node[] {
  return body.type === "body_statement" || body.type === "block_body" ? statementsOf(body) : [body];
}

/** Without what happens to errors. */
function statementsOf(node: Node): readonly Node[] {
  return parts(node).filter(({ type }) => type !== "rescue" && type !== "ensure");
}

function parameterOf(node: Node): readonly Parameter[] {
  if (/^(?:splat|hash_splat|block)_parameter$|_nil$/.test(node.type)) return [];
  const name = node.type === "identifier" ? node : field(node, "name");
  return [{ name: name?.text ?? null, keys: [], fallback: field(node, "value") }];
}

function statement(node: Node): Statement {
  switch (node.type) {
    case "return": {
      const [given] = children(node);
      return { kind: "return", value: given === undefined ? null : (children(given)[0] ?? given) };
    }
    case "if":
    case "unless":
    case "if_modifier":
    case "unless_modifier":
    case "case":
    case "case_match":
      return { kind: "if", branches: allBranches(node) };
    case "begin":
    case "then":
    case "else":
    case "body_statement":
    case "parenthesized_statements":
      return { kind: "block", body: statementsOf(node) };
    case "while":
    case "until":
    case "for":
      return { kind: "loop" };
    case "call":
    case "identifier":
      return /^(?:raise|fail|abort)\b/.test(node.text.slice(0, 8)) ? { kind: "throw" } : { kind: "other" };
    default:
      return { kind: "other" };
  }
}

const branchTypes: ReadonlySet<string> = new Set(
  "if unless if_modifier unless_modifier case case_match".split(" "),
);

function branchesOf(node: Node): readonly ConditionalBranch[] | null {
  return branchTypes.has(node.type) ? allBranches(node) : null;
}

const maxElseIfs = 1000;

function allBranches(node: Node): readonly ConditionalBranch[] {
  if (node.type.startsWith("case")) return casesOf(node);
  const isNegated = node.type.startsWith("unless");
  if (node.type.endsWith("_modifier")) {
    const [condition, body] = [field(node, "condition"), field(node, "body")];
    if (condition === null || body === null) return [];
    return [{ asked: asked(condition, isNegated), body: [body], holder: node }];
  }
  const branches: ConditionalBranch[] = [];
  let at: Node | null = node;
  for (let count = 0; at !== null && count < maxElseIfs; count++) {
    const condition: Node | null = field(at, "condition");
    const body: Node | null = field(at, "consequence");
    const otherwise: Node | null = field(at, "alternative");
    if (condition !== null)
      branches.push({ asked: asked(condition, isNegated), body: body === null ? [] : [body], holder: at });
    at = otherwise?.type === "elsif" ? otherwise : null;
    if (otherwise?.type === "else") branches.push({ asked: null, body: [otherwise], holder: otherwise });
  }
  return branches;
}

function casesOf(node: Node): readonly ConditionalBranch[] {
  return children(node).flatMap((each): readonly ConditionalBranch[] => {
    if (each.type === "else") return [{ asked: null, body: [each], holder: each }];
    const condition = isWhen(each) ? askedByWhen(each) : null;
    const body = field(each, "body");
    return condition === null ? [] : [{ asked: condition, body: body === null ? [] : [body], holder: each }];
  });
}

const looping = /^(?:each|each_with_index|each_with_object|each_pair|each_value|reverse_each|find_each)$/;

/** `items.each do |item| … end`, and `for item in items`. */
function loopOf(node: Node): Loop | null {
  if (node.type === "for") {
    const [pattern, value] = [field(node, "pattern"), field(node, "value")];
    const [of] = value === null ? [] : children(value);
    return of === undefined ? null : { item: pattern?.type === "identifier" ? pattern.text : null, of };
  }
  const call = blockTypes.has(node.type) ? node.parent : null;
  const of = call?.type === "call" ? field(call, "receiver") : null;
  if (call === null || of === null || !looping.test(field(call, "method")?.text ?? "")) return null;
  const given = field(node, "parameters");
  const [first] = given === null ? [] : children(given);
  return { item: first?.type === "identifier" ? first.text : null, of };
}

// Names

function bind(node: Node, names: NameReader): void {
  const { scope } = names;
  switch (node.type) {
    case "module":
    case "class": {
      const written = field(node, "name")?.text ?? "";
      const name = written.split("::").at(-1)!;
      const base = field(node, "superclass");
      const bases = base === null ? [] : children(base).map(({ text }) => text.replaceAll("::", "."));
      const inner = names.enter("class", name, node, bases);
      names.bind(name, { kind: "class", scope: inner }, scope);
      return;
    }
    case "method":
    case "singleton_method": {
      const name = field(node, "name")?.text ?? "";
      names.bind(name, { kind: "function", node });
      names.noteFunction({ name, owner: scope.kind === "class" ? scope.name : null, scope, node });
      names.enter("function", name, node);
      return;
    }
    case "lambda":
    case "block":
    case "do_block":
      names.enter("block", "", node);
      return;
    case "method_parameters":
    case "lambda_parameters":
    case "block_parameters":
      for (const parameter of children(node)) bindParameter(parameter, names);
      return;
    case "assignment":
      bindAssignment(node, names);
      return;
    case "operator_assignment":
      bindOperator(node, names);
      return;
    case "binary":
      if (operatorOf(node) === "<<") bindAdded(field(node, "left"), field(node, "right"), "append", names);
      return;
    case "call":
      bindCall(node, names);
      return;
    case "for":
      bindOthers(field(node, "pattern"), names);
      return;
    case "exception_variable":
      bindOthers(node, names);
      return;
    default:
      return;
  }
}

function bindParameter(parameter: Node, names: NameReader): void {
  const name = parameter.type === "identifier" ? parameter : field(parameter, "name");
  const fallback = field(parameter, "value");
  if (name !== null)
    names.bind(name.text, fallback === null ? { kind: "other" } : { kind: "other", fallback });
  else bindOthers(parameter, names);
}

function bindOthers(node: Node | null, names: NameReader): void {
  if (node === null) return;
  const found = node.type === "identifier" ? [node] : node.descendantsOfType("identifier");
  for (const name of found) if (name !== null) names.bind(name.text, { kind: "other" });
}

const variableTypes: ReadonlySet<string> = new Set([
  "identifier",
  "constant",
  "instance_variable",
  "class_variable",
  "global_variable",
]);

/** Where a variable belongs: variables of objects to their class, and blocks share those around them. */
function scopeOf(variable: Node, from: Scope): Scope {
  if (variable.type.startsWith("instance_") || variable.type.startsWith("class_"))
    return classAround(from) ?? from;
  for (let at = from; at.kind === "block" && at.parent !== null; at = at.parent) {
    if (at.bindings.has(variable.text)) return at;
    const { parent } = at;
    if (parent.kind !== "class" && parent.bindings.has(variable.text)) return parent;
  }
  return from;
}

function ownerOf(variable: Node, scope: Scope): string | null {
  if (variable.type === "identifier") return null;
  const owner = scope.kind === "class" ? scope : classAround(scope);
  return owner?.name ?? null;
}

function bindAssignment(node: Node, names: NameReader): void {
  const [left, right] = [field(node, "left"), field(node, "right")];
  if (left === null || right === null) return;
  // `self.name = …` and `config.system_prompt = "…"`
  if (left.type === "call") {
    const owner = field(left, "receiver")?.text ?? "";
    names.note({ name: field(left, "method")?.text ?? "", owner, scope: names.scope, value: right });
    return;
  }
  if (!variableTypes.has(left.type)) {
    if (left.type === "left_assignment_list") bindOthers(left, names);
    return;
  }
  assign(left, right, names);
}

function assign(left: Node, value: Node, names: NameReader): void {
  const scope = scopeOf(left, names.scope);
  const owner = ownerOf(left, scope);
  names.bind(left.text, { kind: "value", node: value }, scope);
  names.note({ name: left.text.replace(/^[@$]+/, ""), owner, scope: names.scope, value });
}

function bindOperator(node: Node, names: NameReader): void {
  const [left, right, operator] = [field(node, "left"), field(node, "right"), operatorOf(node)];
  if (left === null || right === null) return;
  if (operator === "+=") bindAdded(left, right, "concat", names);
  else if (!variableTypes.has(left.type)) return;
  else if (operator === "||=" && lookUp(left.text, names.scope, "inside") === null)
    assign(left, right, names);
  else names.bind(left.text, { kind: "other" }, scopeOf(left, names.scope));
}

/** `text << "…"`, `messages << { … }` and `+=`; a text is lengthened by both. */
function bindAdded(
  left: Node | null,
  right: Node | null,
  form: MoreBinding["form"],
  names: NameReader,
): void {
  if (left === null || right === null || !variableTypes.has(left.type)) return;
  const scope = scopeOf(left, names.scope);
  const isElsewhere = left.type !== "identifier" && scope !== names.scope;
  const isItem = form === "append" && !isText(right);
  const more = { kind: "more", form: isItem ? "append" : "concat", node: right } as const;
  names.bind(left.text, isElsewhere ? { ...more, isElsewhere } : more, scope);
}

function isText({ type }: Node): boolean {
  return /^(?:string|chained_string|heredoc_beginning|identifier|call|binary|conditional)$/.test(type);
}

const lengthening: ReadonlySet<string> = new Set([
  "push",
  "append",
  "concat",
  "unshift",
  "prepend",
  "insert",
]);

function bindCall(node: Node, names: NameReader): void {
  const object = field(node, "receiver");
  const method = field(node, "method")?.text ?? "";
  const given = field(node, "arguments");
  const values = given === null ? [] : parts(given);
  const [first, ...others] = values;
  if (first === undefined) return;
  if (object === null) {
    if (/^attr_(?:reader|accessor)$/.test(method)) bindReaders(values, names);
    // `instructions "…"` in the body of a class, as gems let agents say what they are.
    else if (
      others.length === 0 &&
      names.scope.kind === "class" &&
      isPromptName(method) &&
      first.type !== "simple_symbol"
    )
      names.note({ name: method, owner: names.scope.name, scope: names.scope, value: first });
    return;
  }
  if (!lengthening.has(method) || !variableTypes.has(object.type)) return;
  const scope = scopeOf(object, names.scope);
  const isElsewhere = object.type !== "identifier" && scope !== names.scope;
  const at =
    method === "unshift" || method === "prepend" ? { at: 0 } : method === "insert" ? { at: null } : {};
  for (const value of method === "insert" ? others : values) {
    const more = {
      kind: "more",
      form: method === "concat" ? "concat" : "append",
      node: value,
      ...at,
    } as const;
    names.bind(object.text, isElsewhere ? { ...more, isElsewhere } : more, scope);
  }
}

/** `attr_reader :prompt` gives `@prompt` to who asks for `prompt`. */
function bindReaders(symbols: readonly Node[], names: NameReader): void {
  const { scope } = names;
  names.later(() => {
    for (const symbol of symbols) {
      const name = symbol.text.replace(/^:/, "");
      for (const binding of scope.bindings.get(`@${name}`) ?? []) names.bind(name, binding, scope);
    }
  });
}

function additionsTo(name: string, value: Node): readonly MoreBinding[] | null {
  const isSelf = (node: Node | undefined) => node?.type === "identifier" && node.text === name;
  if (value.type === "array") {
    const [first, ...rest] = parts(value);
    if (first?.type !== "splat_argument" || !isSelf(children(first)[0])) return null;
    return rest.map((node) => ({ kind: "more", form: "append", node }));
  }
  const [first, ...rest] = value.type === "binary" ? operandsOf(value, isSum) : [];
  return isSelf(first) ? rest.map((node) => ({ kind: "more", form: "concat", node })) : null;
}

// Modules

/** Files are loaded by their names: a constant is known to all of them, by its class or module. */
function unboundMember(path: readonly string[]): Member | null {
  const [first = ""] = path;
  const name = path.at(-1) ?? "";
  if (!/^[A-Z]/.test(first) || ofLanguage.has(first)) return null;
  const isConstant = /^[A-Z][A-Z0-9_]*$/.test(name);
  if (!isConstant && (path.length < 2 || !/^[a-z_]/.test(name))) return null;
  return /prompt|instruction|system|message|template/i.test(path.slice(-2).join(" "))
    ? { module: null, name: path.slice(-2).join(".") }
    : null;
}

const ofLanguage: ReadonlySet<string> = new Set(
  "Rails File Dir Time Date DateTime JSON YAML ENV Kernel Struct Set Hash Array String ActiveRecord ActiveSupport I18n ERB RubyLLM OpenAI Anthropic Langchain".split(
    " ",
  ),
);

// Functions of the library

/** Without the line's end at its end. */
const chomped: Operation = changed("owner", (pieces, { given }) =>
  given.length > 0
    ? null
    : filterUnits(pieces, (text) => {
        const kept = new Uint8Array(text.length).fill(1);
        const end = /\r?\n$|\r$/.exec(text);
        if (end !== null) kept.fill(0, end.index);
        return kept;
      }),
);

/** The value itself, whatever it is. */
const itself: Operation = (operands_, bench) => {
  const { owner } = operands_;
  if (owner?.kind === "text") return same("owner")(operands_, bench);
  return owner?.kind === "list" || owner?.kind === "record" ? owner : null;
};

/** `text.gsub(/\s+/, " ")` is what Rails calls `squish`, but for the ends. */
const substituted: Operation = (operands_, bench) => {
  const [pattern, value] = operands_.given;
  const written = pattern === undefined ? "" : bench.source.slice(pattern.range.start, pattern.range.end);
  const isBlank =
    value?.kind === "text" && bench.source.slice(value.range.start, value.range.end).slice(1, -1) === " ";
  return /^\/\\s\+\/[mx]*$/.test(written) && isBlank
    ? squished("owner", false)(operands_, bench)
    : replaced(true)(operands_, bench);
};

const methods: ReadonlyMap<string, Operation> = new Map([
  ["strip", trimmed("both")],
  ["lstrip", trimmed("start")],
  ["rstrip", trimmed("end")],
  ["chomp", chomped],
  ["squish", squished("owner", true)],
  ["strip_heredoc", dedented("owner")],
  ["freeze", itself],
  ["dup", itself],
  ["to_s", same("owner")],
  ["to_str", same("owner")],
  ["html_safe", same("owner")],
  ["presence", itself],
  ["compact", compacted("owner", () => true)],
  ["compact_blank", compacted("owner", () => true)],
  ["to_a", itself],
  ["join", joinedItems("owner", 0)],
  ["map", mapped("owner", 0)],
  ["collect", mapped("owner", 0)],
  ["filter_map", mapped("owner", 0)],
  ["gsub", substituted],
  ["sub", replaced(false)],
  ["concat", concatenation],
]);

const functions: ReadonlyMap<string, Operation> = new Map([
  ["format", formatted(rubyFormatEngine, 0, 1)],
  ["sprintf", formatted(rubyFormatEngine, 0, 1)],
  ["String", same(0)],
]);

export const ruby = codeFormat({
  id: "ruby",
  name: "Ruby",
  comment: "#",
  matches,
  promptWords,
  grammarOf: () => "ruby",
  bindingTypes: [
    ..."module class method singleton_method lambda block do_block method_parameters lambda_parameters".split(
      " ",
    ),
    ..."block_parameters assignment operator_assignment binary call for exception_variable".split(" "),
  ],
  callTypes: ["call"],
  listTypes: ["array"],
  recordTypes: ["hash"],
  commentTypes: ["comment"],
  nameTypes: ["identifier", "instance_variable", "constant"],
  returnTypes: ["return"],
  returnsLast: true,
  blockTypes: words("body_statement program then else block_body"),
  decidingTypes: words("while until for rescue ensure while_modifier until_modifier rescue_modifier"),
  classNames: "inside",
  lower,
  functionOf,
  statement,
  branchesOf,
  loopOf,
  bind,
  additionsTo,
  isFixed: (value) => value.parent !== null && field(value.parent, "left")?.type === "constant",
  memberOf: () => null,
  unboundMember,
  methods,
  functionNamed: (name) => functions.get(name) ?? null,
  operators: new Map([
    ["%", formatted(rubyFormatEngine, "owner")],
    ["*", repeatedText],
  ]),
  takesRecords: true,
  knownCalls: rubyCalls,
  wrapping: words("String JSON.generate JSON.pretty_generate JSON.dump Array Integer Float"),
  writing: words(
    "to_s to_json to_yaml inspect strftime iso8601 strip upcase downcase capitalize titleize humanize join map collect each_with_index select reject first last sort sort_by uniq compact presence fetch dig truncate to_sentence keys values",
  ),
  computing: /^(?:Integer|Float|Rational)$/,
  sorting: { functions: words(""), methods: words("sort sort_by") },
  keepsKeyOrder: (callee) =>
    /^JSON\.(?:generate|pretty_generate|dump)$|\.to_json$/.test(callee) ? `\`${callee}\`` : null,
  files: {
    parsers: /^(?:JSON\.(?:parse|load|load_file)|YAML\.(?:safe_load|load|load_file|safe_load_file))$/,
    parseOpened: true,
    openers: /^(?:File|IO)\.(?:open|new)$/,
    readers: /^(?:File|IO)\.(?:read|binread)$/,
    readingMethods: words("read"),
    parts: words("fetch dig strip chomp freeze squish"),
    pathMakers:
      /^(?:File\.(?:join|expand_path|dirname|absolute_path)|Pathname|Rails\.root\.join|.*\.root\.join)$/,
    pathMethods: words("join expand_path to_s"),
    places: /^(?:__FILE__$|__dir__$|Rails\.root$|ENV\[|ENV\.fetch)/,
  },
});
