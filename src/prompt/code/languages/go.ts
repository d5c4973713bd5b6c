/** Go: the worked example of CONTRIBUTING's "A new programming language". */
import type { Node } from "web-tree-sitter";
import { baseName, folders, lowerFirst, words } from "../../names.ts";
import {
  type Binding,
  entriesOf,
  lookUp,
  type MoreBinding,
  moreOfEntry,
  type NameReader,
} from "../bindings.ts";
import { codeFormat } from "../code-format.ts";
import type {
  Asked,
  CallExpression,
  ConditionalBranch,
  Expression,
  FunctionParts,
  Loop,
  RecordEntry,
  Statement,
} from "../expression.ts";
import type { Language } from "../language.ts";
import { children, elseIfs, field, lowering, operandsOf, shortened, withFallThrough } from "../nodes.ts";
import type { Member } from "../values.ts";
import { engineOfConstant, functionNamed, knownCalls, methods } from "./go-calls.ts";
import { insideOf, textOf } from "./go-literals.ts";

const foreignFolders = new Set(["vendor", "third_party", "testdata", "node_modules"]);

/** Tests belong to no program: `go help packages`. */
function matches(path: string): boolean {
  const name = baseName(path);
  if (!name.endsWith(".go") || /_test\.go$|\.pb\.go$|[._]gen\.go$|_generated\.go$/.test(name)) return false;
  return !folders(path).some((folder) => foreignFolders.has(folder));
}

const promptWords =
  /prompt|instructions?\b|\bRole:|"role"|MessageRole|(?:System|User|Human)\w{0,12}Message|TextParts|GenerateContent|ChatCompletion/i;

/** https://go.dev/s/generatedcode */
const isGenerated = /^\/\/ Code generated [^\n]* DO NOT EDIT\.\r?$/m;

/** Units in which a file says that it is generated. */
const headUnits = 2000;

// Expressions

/** Nodes that are no values. */
const silent: ReadonlySet<string> = new Set(
  "type_identifier qualified_type field_identifier package_identifier parameter_list pointer_type slice_type map_type".split(
    " ",
  ),
);

const { unknown } = lowering({ silent });

function asked(node: Node): Asked {
  return { node, expression: shortened(node.text) };
}

/** Whether a node puts texts behind each other. */
function isSum(node: Node): boolean {
  return node.type === "binary_expression" && field(node, "operator")?.text === "+";
}

function lower(node: Node, source: string): Expression {
  switch (node.type) {
    case "interpreted_string_literal":
      return textOf(source, node, insideOf(node), true);
    case "raw_string_literal":
      return textOf(source, node, insideOf(node), false);
    case "rune_literal":
      return textOf(source, node, insideOf(node), true);
    case "parenthesized_expression":
    case "literal_element":
    case "expression_list": {
      const [value] = children(node);
      return value === undefined ? unknown(node) : { kind: "same", value };
    }
    case "variadic_argument": {
      const [value] = children(node);
      return value === undefined ? unknown(node) : { kind: "spread", value };
    }
    case "type_conversion_expression":
    case "type_assertion_expression": {
      const value = field(node, "operand");
      return value === null ? unknown(node) : { kind: "same", value };
    }
    case "unary_expression": {
      const operand = field(node, "operand");
      return field(node, "operator")?.text === "&" && operand !== null
        ? { kind: "same", value: operand }
        : unknown(node);
    }
    case "identifier":
    case "package_identifier":
      return { kind: "name", name: node.text };
    case "selector_expression": {
      const object = field(node, "operand");
      return object === null
        ? unknown(node)
        : { kind: "member", object, name: field(node, "field")?.text ?? "" };
    }
    case "index_expression": {
      const object = field(node, "operand");
      return object === null ? unknown(node) : { kind: "element", object, index: field(node, "index") };
    }
    case "slice_expression": {
      const object = field(node, "operand");
      return object === null ? unknown(node) : { kind: "element", object, index: null };
    }
    case "binary_expression":
      return field(node, "operator")?.text === "+"
        ? { kind: "sum", operands: operandsOf(node, isSum) }
        : unknown(node);
    case "call_expression":
      return lowerCall(node);
    case "composite_literal":
      return lowerComposite(node, field(node, "body"), field(node, "type"));
    case "literal_value":
      return lowerComposite(node, node, null);
    case "func_literal":
      return { kind: "function" };
    case "var_spec":
      return embedded(node) ?? zeroOf(field(node, "type")) ?? unknown(node);
    case "int_literal":
    case "float_literal":
      return { kind: "literal", value: Number(node.text.replaceAll("_", "")) || 0 };
    case "true":
    case "false":
      return { kind: "literal", value: node.type === "true" };
    case "nil":
      return { kind: "literal", value: null };
    default:
      return unknown(node);
  }
}

/** What a variable is that is given nothing; `null` for types whose values say nothing. https://go.dev/ref/spec#The_zero_value */
function zeroOf(type: Node | null): Expression | null {
  if (type?.type === "slice_type") return { kind: "list", items: [], isUnordered: false };
  const isText =
    type !== null && /^(?:string|\*?(?:strings\.Builder|bytes\.Buffer))$/.test(type.text.slice(0, 40));
  return isText ? { kind: "text", parts: [], isFilled: type.text !== "string" } : null;
}

/** `//go:embed prompt.txt` before a variable. https://pkg.go.dev/embed */
function embedded(spec: Node): Expression | null {
  const name = field(spec, "name")?.text ?? "";
  const declared = spec.parent?.type === "var_declaration" ? spec.parent : spec;
  const said = declared.previousNamedSibling;
  const isSaid = said?.type === "comment" && said.endPosition.row === declared.startPosition.row - 1;
  const path = isSaid ? /^\/\/go:embed[ \t]+"?([\w./-]+)"?[ \t]*$/.exec(said.text.trimEnd())?.[1] : undefined;
  const type = field(spec, "type")?.text ?? "";
  if (path === undefined || !/^(?:string|\[\]byte)$/.test(type)) return null;
  return { kind: "file", path: `./${path}`, name, range: { start: spec.startIndex, end: spec.endIndex } };
}

function lowerCall(node: Node): Expression {
  const called = field(node, "function");
  const given = field(node, "arguments");
  const values = given === null ? [] : children(given).filter(({ type }) => !/_type$|^type_/.test(type));
  const [first, ...more] = values;
  // `append(messages, a, b...)` makes a list of what it is given.
  if (called?.text === "append" && first !== undefined) return { kind: "sum", operands: [first, ...more] };
  if (called?.text === "make" || called?.text === "new") {
    const [type] = given === null ? [] : children(given);
    const zero = zeroOf(type ?? null);
    if (zero !== null) return zero;
  }
  const callee = calleeOf(called);
  if (first !== undefined && more.length === 0 && isPointerTo(callee)) return { kind: "same", value: first };
  return {
    ...callee,
    kind: "call",
    arguments: values.map((value) => {
      const [spread] = value.type === "variadic_argument" ? children(value) : [];
      return { name: null, value: spread ?? value, ...(spread && { isSpread: true as const }) };
    }),
    isMade: false,
  };
}

/**
 * Functions of SDKs that make a pointer or an option of a value: `openai.String("…")`, `param.NewOpt(x)`, `anthropic.F(x)`,
 * `genai.Ptr(x)`, `aws.String("…")`, `to.Ptr(x)`.
 */
function isPointerTo({ object, name }: Pick<CallExpression, "object" | "name">): boolean {
  return object?.type === "identifier" && /^(?:F|String|Ptr|ToPtr|StringPtr|NewOpt|Opt|Of)$/.test(name);
}

function calleeOf(called: Node | null): Pick<CallExpression, "object" | "name"> {
  if (called?.type === "identifier") return { object: null, name: called.text };
  if (called?.type === "selector_expression")
    return { object: field(called, "operand"), name: field(called, "field")?.text ?? "" };
  // `Map[string](…)`: a function with its types.
  const generic = called?.type === "index_expression" ? field(called, "operand") : null;
  if (generic !== null) return calleeOf(generic);
  return { object: called, name: "" };
}

/** A struct or a map is a record, anything else a list. */
function lowerComposite(node: Node, body: Node | null, type: Node | null): Expression {
  const items = body === null ? [] : children(body);
  const isList = type !== null && listTypes.has(type.type);
  const [first] = items;
  if (!isList && (first?.type === "keyed_element" || type?.type === "map_type"))
    return unionOf(items) ?? { kind: "record", entries: items.flatMap(entryOf), ...typeNamed(type) };
  if (isList || type === null) return { kind: "list", items, isUnordered: false };
  if (items.length > 0) return unknown(node);
  return zeroOf(type) ?? { kind: "record", entries: [], ...typeNamed(type) };
}

const listTypes: ReadonlySet<string> = new Set("slice_type array_type implicit_length_array_type".split(" "));

function typeNamed(type: Node | null): { readonly type?: string } {
  if (type === null) return {};
  if (type.type === "map_type") return { type: "map" };
  const name = type.type === "generic_type" ? field(type, "type") : type;
  return name?.type === "type_identifier" || name?.type === "qualified_type" ? { type: name.text } : {};
}

/**
 * Unions of openai-go, anthropic-sdk-go and others that Stainless writes: `{OfString: openai.String("…")}` is what its one field
 * is, `{OfSystem: &…{Content: …}}` a message whose role the field names.
 */
function unionOf(items: readonly Node[]): Expression | null {
  const [only, ...others] = items;
  if (only === undefined || others.length > 0) return null;
  const [key, value] = [field(only, "key"), field(only, "value")];
  const name = key === null ? undefined : children(key)[0];
  if (name === undefined || value === null || !/^Of[A-Z]\w*$/.test(name.text)) return null;
  if (!/^Of(?:System|Developer|User|Assistant|Tool)$/.test(name.text)) return { kind: "same", value };
  return {
    kind: "record",
    entries: [
      { key: "role", value: name },
      { key: null, value, isSpread: true },
    ],
  };
}

/** Fields are called as JSON and other languages call them: `Content` is `content`. */
function entryOf(node: Node): readonly RecordEntry[] {
  const [key, value] = [field(node, "key"), field(node, "value")];
  if (value === null) return [];
  const [name] = key === null ? [] : children(key);
  if (name === undefined) return [{ key: null, value }];
  const isField = name.type === "identifier" || name.type === "field_identifier";
  return [{ key: isField ? lowerFirst(name.text) : name, value }];
}

// Statements

const functionTypes: ReadonlySet<string> = new Set([
  "function_declaration",
  "method_declaration",
  "func_literal",
]);

function functionOf(node: Node): FunctionParts | null {
  if (!functionTypes.has(node.type)) return null;
  const [given, body] = [field(node, "parameters"), field(node, "body")];
  const parameters = (given === null ? [] : children(given)).flatMap((each) =>
    each.childrenForFieldName("name").map((name) => ({ name: name?.text ?? null, keys: [], fallback: null })),
  );
  return { parameters, body: statementsOf(body), isExpression: false, isGetter: false };
}

function statementsOf(block: Node | null): readonly Node[] {
  const [list] = block === null ? [] : children(block).filter(({ type }) => type === "statement_list");
  return list === undefined ? [] : children(list);
}

function statement(node: Node): Statement {
  switch (node.type) {
    case "return_statement":
      return { kind: "return", value: children(node)[0] ?? null };
    case "if_statement":
      return { kind: "if", branches: elseIfs(node, { ifType: "if_statement", asked }) };
    case "expression_switch_statement":
      return { kind: "if", branches: casesOf(node) };
    case "block":
      return { kind: "block", body: statementsOf(node) };
    case "for_statement":
      return { kind: "loop" };
    default:
      return /^panic\(|^log\.Fatal/.test(node.text.slice(0, 20)) ? { kind: "throw" } : { kind: "other" };
  }
}

function casesOf(node: Node): readonly ConditionalBranch[] {
  const subject = field(node, "value");
  const cases = children(node).flatMap((each): readonly ConditionalBranch[] => {
    const body = children(each)
      .filter(({ type }) => type === "statement_list")
      .flatMap(children);
    if (each.type === "default_case") return [{ asked: null, body, holder: each }];
    const value = field(each, "value");
    if (each.type !== "expression_case" || value === null) return [];
    const expression = shortened(subject === null ? value.text : `${subject.text} == ${value.text}`);
    return [{ asked: { node: subject ?? value, expression }, body, holder: each }];
  });
  return withFallThrough(cases, ({ type }) => type === "fallthrough_statement");
}

function branchesOf(node: Node): readonly ConditionalBranch[] | null {
  if (node.type === "expression_switch_statement") return casesOf(node);
  return node.type !== "if_statement" || node.parent?.type === "if_statement"
    ? null
    : elseIfs(node, { ifType: "if_statement", asked });
}

function loopOf(node: Node): Loop | null {
  const clause =
    node.type === "for_statement" ? children(node).find(({ type }) => type === "range_clause") : undefined;
  const of = clause === undefined ? null : field(clause, "right");
  if (clause === undefined || of === null) return null;
  const left = field(clause, "left");
  const item = left === null ? undefined : children(left)[1];
  return { item: item?.type === "identifier" ? item.text : null, of };
}

/** https://go.dev/ref/spec#For_range: the order of a map is not specified. */
function isUnordered(of: Node, value: Node | null, declared: string): boolean {
  const made = value ?? of;
  if (made.type === "composite_literal") return field(made, "type")?.type === "map_type";
  if (made.type === "call_expression") {
    const called = field(made, "function")?.text ?? "";
    if (/^maps\.(?:All|Keys|Values)$/.test(called)) return true;
    return called === "make" && /^\(\s*map\s*\[/.test(field(made, "arguments")?.text ?? "");
  }
  const name = /(?:^|\.)([A-Za-z_]\w*)$/.exec(made.text)?.[1];
  return name !== undefined && new RegExp(`\\b${name}[ \\t]+\\*?map\\[`).test(declared);
}

// Names

function bind(node: Node, names: NameReader): void {
  const { scope } = names;
  switch (node.type) {
    case "function_declaration":
    case "method_declaration": {
      const name = field(node, "name")?.text ?? "";
      const owner = node.type === "method_declaration" ? receiverType(node) : null;
      const type = owner === null ? scope : names.classNamed(owner);
      names.bind(name, { kind: "function", node }, type);
      names.noteFunction({ name, owner, scope, node });
      names.enter("function", name, node);
      return;
    }
    case "type_spec":
      bindType(node, names);
      return;
    case "composite_literal":
      bindFields(node, names);
      return;
    case "func_literal":
      names.enter("function", "", node);
      return;
    case "parameter_declaration":
    case "variadic_parameter_declaration":
      for (const name of node.childrenForFieldName("name"))
        if (name !== null) names.bind(name.text, ofType(field(node, "type"), names));
      return;
    case "block":
    case "for_statement":
    case "if_statement":
    case "expression_switch_statement":
    case "type_switch_statement":
    case "expression_case":
    case "default_case":
    case "type_case":
      names.enter("block", "", node);
      return;
    case "range_clause":
      for (const name of namesIn(field(node, "left"))) names.bind(name, { kind: "other" });
      return;
    case "import_spec": {
      const module = field(node, "path")?.text.slice(1, -1) ?? "";
      const own = field(node, "name")?.text ?? lastName(module);
      names.bind(own, { kind: "import", module, name: null, isWhole: true });
      return;
    }
    case "const_spec":
    case "var_spec":
      bindSpec(node, names);
      return;
    case "short_var_declaration":
      bindAll(field(node, "left"), field(node, "right"), names);
      return;
    case "assignment_statement":
      bindAssignment(node, names);
      return;
    case "call_expression":
      bindWritten(node, names);
      return;
    default:
      return;
  }
}

/** The last part of a path that says something: `github.com/x/go-openai/v2` is called `openai` by most. */
function lastName(module: string): string {
  const last =
    module
      .split("/")
      .filter((part) => !/^v\d+$/.test(part))
      .at(-1) ?? "";
  return last.replace(/^go-|\.go$|-go$/g, "").replaceAll("-", "_");
}

function receiverType(node: Node): string | null {
  const type = field(node, "receiver")?.descendantsOfType("type_identifier")[0];
  return type?.text ?? "";
}

/** A parameter or receiver of a type of this package has its methods and fields. */
function ofType(type: Node | null, names: NameReader): Binding {
  const inner = type?.type === "pointer_type" ? children(type)[0] : type;
  const isOwn = inner?.type === "type_identifier" && !basicTypes.has(inner.text);
  return isOwn ? { kind: "class", scope: names.classNamed(inner.text) } : { kind: "other" };
}

/** https://go.dev/ref/spec#Predeclared_identifiers */
const basicTypes: ReadonlySet<string> = new Set(
  "any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr".split(
    " ",
  ),
);

/** What is embedded in a struct gives it its methods. https://go.dev/ref/spec#Struct_types */
function bindType(node: Node, names: NameReader): void {
  const [name, type] = [field(node, "name")?.text ?? "", field(node, "type")];
  const fields = type?.type === "struct_type" ? children(type).flatMap(children) : [];
  const bases = fields.flatMap((each) => {
    const own = field(each, "name") === null ? field(each, "type") : null;
    return own?.type === "type_identifier" ? [own.text] : [];
  });
  names.bind(name, { kind: "class", scope: names.classNamed(name, bases) });
}

/** What a literal gives the fields of a struct: `&Agent{prompt: "…"}`. */
function bindFields(node: Node, names: NameReader): void {
  const [type, body] = [field(node, "type"), field(node, "body")];
  const named = type === null ? {} : typeNamed(type);
  if (body === null || named.type === undefined || type?.type === "map_type") return;
  const own = type?.type === "type_identifier" ? names.classNamed(named.type) : null;
  for (const entry of children(body)) {
    const [key, value] = [field(entry, "key"), field(entry, "value")];
    const name = key === null ? undefined : children(key)[0];
    if (name?.type !== "identifier" || value === null) continue;
    if (own !== null) names.bind(name.text, { kind: "value", node: value }, own);
    // What is asked of models of images is sent to no cache.
    if (!/image|video/i.test(named.type))
      names.note({ name: name.text, owner: named.type, scope: names.scope, value });
  }
}

/** The entries of a map are called as it is: `prompts["review"]`. */
function noteEntries(owner: string, value: Node, names: NameReader): void {
  const map = value.type === "composite_literal" && field(value, "type")?.type === "map_type" ? value : null;
  const body = map === null ? null : field(map, "body");
  for (const entry of body === null ? [] : children(body)) {
    const [key, said] = [field(entry, "key"), field(entry, "value")];
    const name = key === null ? undefined : children(key)[0];
    if (name?.type !== "interpreted_string_literal" || said === null) continue;
    names.note({ name: name.text.slice(1, -1), owner, scope: names.scope, value: said });
  }
}

function namesIn(left: Node | null): readonly string[] {
  const found = left === null ? [] : left.type === "expression_list" ? children(left) : [left];
  return found.flatMap((name) => (name.type === "identifier" && name.text !== "_" ? [name.text] : []));
}

function bindSpec(node: Node, names: NameReader): void {
  const value = field(node, "value");
  const own = node.childrenForFieldName("name").filter((name) => name !== null && name.type === "identifier");
  if (value === null) {
    const type = field(node, "type");
    const isKnown = embedded(node) !== null || zeroOf(type) !== null;
    for (const name of own) {
      if (isKnown) names.assign({ name: name!.text, owner: null, scope: names.scope, value: node });
      else names.bind(name!.text, ofType(type, names));
    }
    return;
  }
  const values = children(value);
  own.forEach((name, index) => {
    const given = values.length === own.length ? values[index] : index === 0 ? values[0] : undefined;
    if (given === undefined) names.bind(name!.text, { kind: "other" });
    else assign(name!.text, given, names);
  });
}

function assign(name: string, value: Node, names: NameReader): void {
  names.assign({ name, owner: null, scope: names.scope, value });
  noteEntries(name, value, names);
}

/** Of several results of one call the first is followed: the others are errors and flags. */
function bindAll(left: Node | null, right: Node | null, names: NameReader): void {
  const [targets, values] = [left === null ? [] : children(left), right === null ? [] : children(right)];
  targets.forEach((target, index) => {
    if (target.type !== "identifier" || target.text === "_") return;
    const value = values.length === targets.length ? values[index] : index === 0 ? values[0] : undefined;
    if (value === undefined) names.bind(target.text, { kind: "other" });
    // A name that the block has already is only given another value: `prompt, err := …`.
    else if (names.scope.bindings.has(target.text) && targets.length > 1)
      names.bind(target.text, { kind: "value", node: value });
    else assign(target.text, value, names);
  });
}

/** `name = …`, `name += …`, `name = append(name, …)`. */
function bindAssignment(node: Node, names: NameReader): void {
  const { scope } = names;
  const [left, right] = [field(node, "left"), field(node, "right")];
  const operator = field(node, "operator")?.text;
  const [target, ...others] = left === null ? [] : children(left);
  const [value] = right === null ? [] : children(right);
  if (target?.type === "selector_expression" && value !== undefined) {
    if (others.length === 0) bindMember(target, operator ?? "", value, names);
    return;
  }
  if (target?.type !== "identifier" || value === undefined) return;
  const name = target.text;
  const items = operator === "=" ? appended(name, value) : null;
  const declared = lookUp(name, scope, "nowhere")?.scope ?? names.module;
  if (items !== null) for (const item of items) names.bind(name, item, declared);
  else if (operator === "=") {
    names.bind(name, { kind: "value", node: value }, declared);
    names.note({ name, owner: null, scope, value });
  } else if (operator === "+=") names.bind(name, { kind: "more", form: "concat", node: value }, declared);
  else names.bind(name, { kind: "other" }, declared);
}

/** `a.prompt = …`, `a.messages = append(a.messages, …)`. */
function bindMember(target: Node, operator: string, value: Node, names: NameReader): void {
  const { scope } = names;
  const [owner, name] = [field(target, "operand")?.text ?? "", field(target, "field")?.text ?? ""];
  const found = lookUp(owner, scope, "nowhere");
  const [bound] = found?.bindings ?? [];
  const own = bound?.kind === "class" ? bound.scope : null;
  const items = operator === "=" ? appended(target.text, value) : null;
  if (items !== null) {
    if (own !== null) for (const item of items) names.bind(name, { ...item, isElsewhere: true }, own);
    else if (found !== null)
      for (const item of items)
        names.bind(entriesOf(owner), moreOfEntry(lowerFirst(name), item), found.scope);
    return;
  }
  if (operator === "=") {
    if (own !== null) names.bind(name, { kind: "value", node: value }, own);
    else if (found !== null)
      names.bind(entriesOf(owner), { kind: "entry", key: lowerFirst(name), node: value }, found.scope);
    names.note({ name, owner, scope, value });
  } else if (own !== null) names.bind(name, { kind: "other" }, own);
}

/** What `append(name, a, b)` adds to a list, `rest...` as a list. */
function appended(name: string, value: Node): readonly MoreBinding[] | null {
  const called = value.type === "call_expression" ? field(value, "function") : null;
  const given = field(value, "arguments");
  if (called?.text !== "append" || given === null) return null;
  const [list, ...items] = children(given);
  if (list?.text !== name) return null;
  return items.map((node) => ({
    kind: "more",
    form: node.type === "variadic_argument" ? "concat" : "append",
    node,
  }));
}

/**
 * `b.WriteString("…")`, `fmt.Fprintf(&b, "…")`, `io.WriteString(&b, "…")` and `template.Execute(&b, data)` lengthen the text of a
 * builder.
 */
function bindWritten(node: Node, names: NameReader): void {
  const { object, name } = calleeOf(field(node, "function"));
  const given = field(node, "arguments");
  const [first, second] = given === null ? [] : children(given);
  if (first === undefined || object === null) return;
  const isPrint = object.text === "fmt" && /^Fprint(?:f|ln)?$/.test(name);
  const isOther = (object.text === "io" && name === "WriteString") || /^Execute(?:Template)?$/.test(name);
  const isWritten = !isPrint && !isOther && /^Write(?:String|Rune|Byte)?$/.test(name);
  const target = isPrint || isOther ? (field(first, "operand") ?? first) : isWritten ? object : null;
  if (target?.type !== "identifier") return;
  const found = lookUp(target.text, names.scope, "nowhere");
  if (found === null || found.bindings.some(({ kind }) => kind === "import" || kind === "class")) return;
  const added = isWritten ? first : object.text === "io" ? second : node;
  if (added !== undefined)
    names.bind(target.text, { kind: "more", form: "concat", node: added }, found.scope);
}

const additionsTo: Language["additionsTo"] = appended;

// Modules

/** The names of a package are shared by the files of its folder. */
const memberOf: Language["memberOf"] = ({ module }, path, isCalled) => {
  const [name = "", ...others] = path;
  const folder = module.split("/").at(-1) ?? "";
  const isForeign = !module.includes("/") || (isCalled && !/prompt/i.test(module));
  if (isForeign || others.length > 0 || !/^[A-Z]/.test(name)) return null;
  return { module: null, name, folder };
};

function unboundMember([name = "", ...others]: readonly string[]): Member | null {
  if (others.length > 0 || predeclared.has(name)) return null;
  return /prompt|instruction|system|message|template/i.test(name) ? { module: null, name } : null;
}

const predeclared: ReadonlySet<string> = new Set(
  "append cap len make new panic print println copy string error any".split(" "),
);

export const go = codeFormat({
  id: "go",
  name: "Go",
  comment: "//",
  matches,
  promptWords,
  isLeftOut: (text) => isGenerated.test(text.slice(0, headUnits)),
  grammarOf: () => "go",
  bindingTypes: [
    ...functionTypes,
    ..."parameter_declaration variadic_parameter_declaration block for_statement if_statement expression_case default_case type_case".split(
      " ",
    ),
    ..."expression_switch_statement type_switch_statement type_spec composite_literal".split(" "),
    ..."range_clause import_spec const_spec var_spec short_var_declaration assignment_statement call_expression".split(
      " ",
    ),
  ],
  callTypes: ["call_expression", "composite_literal"],
  listTypes: ["composite_literal"],
  recordTypes: [],
  commentTypes: ["comment"],
  nameTypes: ["identifier"],
  returnTypes: ["return_statement"],
  blockTypes: words("statement_list source_file"),
  decidingTypes: words("for_statement expression_switch_statement type_switch_statement select_statement"),
  classNames: "nowhere",
  lower,
  functionOf,
  statement,
  branchesOf,
  loopOf,
  bind,
  additionsTo,
  isUnordered,
  isFixed: (value) => value.parent?.parent?.type === "const_spec",
  memberOf,
  unboundMember,
  moduleName: (module) => module,
  methods,
  functionNamed,
  engineOfConstant,
  operators: new Map(),
  takesRecords: true,
  knownCalls,
  wrapping: words("string len fmt.Sprint strconv.Itoa strconv.Quote json.Marshal json.MarshalIndent"),
  writing: words("String Format Error Unix UnixNano Date Year Month Day"),
  computing: /^(?:len|cap|min|max|math\.\w+)$/,
  sorting: {
    functions: words(
      "slices.Sorted slices.Sort slices.SortFunc slices.SortStableFunc sort.Strings sort.Slice sort.SliceStable sort.Sort",
    ),
    methods: words(""),
  },
  // Go writes the keys of a map in their order.
  keepsKeyOrder: () => null,
  files: {
    parsers: /^(?:json|yaml|toml)\.Unmarshal$/,
    parseOpened: false,
    openers: /^os\.Open$/,
    readers: /^(?:os\.ReadFile|ioutil\.ReadFile|embed\.FS\.ReadFile)$/,
    readingMethods: words("ReadFile"),
    parts: words("String"),
    pathMakers: /^(?:path\/filepath|filepath|path)\.(?:Join|Abs|Clean|Dir)$/,
    pathMethods: words(""),
    places: /^os\.Getenv\(/,
  },
});
