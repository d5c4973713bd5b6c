/** Go: the worked example of CONTRIBUTING's "A new programming language". */
import type { Node } from "web-tree-sitter";
import { EmbeddedTextBuilder } from "../../embedded.ts";
import { baseName, folders } from "../../names.ts";
import type { TextRange } from "../../text.ts";
import { lookUp, type MoreBinding, type NameReader } from "../bindings.ts";
import { codeFormat } from "../code-format.ts";
import type {
  CallExpression,
  ConditionalBranch,
  Expression,
  FunctionParts,
  Loop,
  RecordEntry,
  Statement,
} from "../expression.ts";
import type { Language, Member } from "../language.ts";
import { children, shortened } from "../nodes.ts";
import { formatted, joinedItems, type Operation, replaced, same, trimmed } from "../operations.ts";
import { goFormatEngine } from "../percent.ts";
import { literal } from "../pieces.ts";
import { isPromptModule } from "../prompt-names.ts";
import type { KnownCall } from "../volatile.ts";

const foreignFolders = new Set(["vendor", "third_party", "testdata", "node_modules"]);

function matches(path: string): boolean {
  const name = baseName(path);
  if (!name.endsWith(".go") || /\.pb\.go$|_gen\.go$|_generated\.go$/.test(name)) return false;
  return !folders(path).some((folder) => foreignFolders.has(folder));
}

const speaksOfPrompts =
  /prompt|instructions?\b|\bRole:|"role"|MessageRole|(?:System|User|Human)(?:Chat)?Message|GenerateContent|ChatCompletion/i;

function mayHold(text: string, path: string): boolean {
  return isPromptModule(path) || speaksOfPrompts.test(text);
}

// Expressions

function field(node: Node, name: string): Node | null {
  return node.childForFieldName(name);
}

function unknown(node: Node): Expression {
  return { kind: "unknown", parts: children(node).filter(({ type }) => !silent.has(type)) };
}

/** Nodes that are no values. */
const silent: ReadonlySet<string> = new Set(
  "type_identifier qualified_type field_identifier package_identifier parameter_list pointer_type slice_type map_type".split(
    " ",
  ),
);

function lower(node: Node, source: string): Expression {
  switch (node.type) {
    case "interpreted_string_literal":
      return textOf(source, node, insideOf(node), true);
    case "raw_string_literal":
      return textOf(source, node, insideOf(node), false);
    case "parenthesized_expression":
    case "literal_element":
    case "variadic_argument":
    case "type_conversion_expression":
    case "expression_list": {
      const [value] = children(node);
      return value === undefined ? unknown(node) : { kind: "same", value };
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
        ? { kind: "sum", operands: operands(node) }
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
      // `var b strings.Builder` begins empty.
      return { kind: "text", parts: [], isFilled: true };
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

function insideOf({ startIndex, endIndex, text }: Node): TextRange {
  const isClosed = text.length > 1 && text.at(-1) === text[0];
  return { start: startIndex + 1, end: Math.max(startIndex + 1, isClosed ? endIndex - 1 : endIndex) };
}

/** https://go.dev/ref/spec#String_literals */
const anyEscape =
  /\\(?:([abfnrtv\\'"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))|\r/g;

const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Carriage returns are left out of raw texts. */
function textOf(source: string, node: Node, inside: TextRange, hasEscapes: boolean): Expression {
  const builder = new EmbeddedTextBuilder(source);
  let at = inside.start;
  for (const match of source.slice(inside.start, inside.end).matchAll(anyEscape)) {
    const [written, simple, ...codes] = match;
    if (written !== "\r" && !hasEscapes) continue;
    const start = inside.start + match.index;
    builder.slice(at, start);
    at = start + written.length;
    if (written !== "\r") builder.unit(escaped(simple, codes), start, at);
  }
  builder.slice(at, inside.end);
  const range = { start: node.startIndex, end: node.endIndex };
  return { kind: "text", parts: [{ kind: "said", pieces: literal(builder.build(range)) }], isFilled: false };
}

function escaped(
  simple: string | undefined,
  [byte, short, long, octal]: readonly (string | undefined)[],
): string {
  if (simple !== undefined) return simpleEscapes[simple] ?? simple;
  const code = Number.parseInt((byte ?? short ?? long ?? octal)!, octal === undefined ? 16 : 8);
  return code > 0x10_ff_ff ? "\uFFFD" : String.fromCodePoint(code);
}

/** Of a sum, in the order in which they are written; its left spine is walked, not descended. */
function operands(sum: Node): readonly Node[] {
  const found: Node[] = [];
  let left: Node | null = sum;
  while (left?.type === "binary_expression" && field(left, "operator")?.text === "+") {
    const right = field(left, "right");
    if (right !== null) found.push(right);
    left = field(left, "left");
  }
  if (left !== null) found.push(left);
  return found.reverse();
}

function lowerCall(node: Node): Expression {
  const called = field(node, "function");
  const given = field(node, "arguments");
  const values = given === null ? [] : children(given).filter(({ type }) => !/_type$|^type_/.test(type));
  const [first, ...more] = values;
  // `append(messages, a, b...)` makes a list of what it is given.
  if (called?.text === "append" && first !== undefined) return { kind: "sum", operands: [first, ...more] };
  return {
    ...calleeOf(called),
    kind: "call",
    arguments: values.map((value) => ({ name: null, value })),
    isMade: false,
  };
}

function calleeOf(called: Node | null): Pick<CallExpression, "object" | "name"> {
  if (called?.type === "identifier") return { object: null, name: called.text };
  if (called?.type === "selector_expression")
    return { object: field(called, "operand"), name: field(called, "field")?.text ?? "" };
  return { object: called, name: "" };
}

/** A struct or a map is a record, anything else a list. */
function lowerComposite(node: Node, body: Node | null, type: Node | null): Expression {
  const items = body === null ? [] : children(body);
  const isList =
    type?.type === "slice_type" || type?.type === "array_type" || type?.type === "implicit_length_array_type";
  if (!isList && (items.some((item) => item.type === "keyed_element") || type?.type === "map_type"))
    return { kind: "record", entries: items.flatMap(entryOf) };
  if (isList || type === null) return { kind: "list", items, isUnordered: false };
  return items.length === 0 ? { kind: "record", entries: [] } : unknown(node);
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

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
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
      return { kind: "if", branches: allBranches(node) };
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
  return children(node).flatMap((each): readonly ConditionalBranch[] => {
    const body = children(each)
      .filter(({ type }) => type === "statement_list")
      .flatMap(children);
    if (each.type === "default_case") return [{ asked: null, body, holder: each }];
    const value = field(each, "value");
    if (each.type !== "expression_case" || value === null) return [];
    const expression = shortened(subject === null ? value.text : `${subject.text} == ${value.text}`);
    return [{ asked: { node: subject ?? value, expression }, body, holder: each }];
  });
}

function branchesOf(node: Node): readonly ConditionalBranch[] | null {
  return node.type !== "if_statement" || node.parent?.type === "if_statement" ? null : allBranches(node);
}

const maxElseIfs = 1000;

function allBranches(node: Node): readonly ConditionalBranch[] {
  const branches: ConditionalBranch[] = [];
  let at: Node | null = node;
  for (let count = 0; at !== null && count < maxElseIfs; count++) {
    const condition: Node | null = field(at, "condition");
    const body: Node | null = field(at, "consequence");
    const otherwise: Node | null = field(at, "alternative");
    const asked = condition === null ? null : { node: condition, expression: shortened(condition.text) };
    if (body !== null) branches.push({ asked, body: [body], holder: at });
    at = otherwise?.type === "if_statement" ? otherwise : null;
    if (otherwise !== null && at === null)
      branches.push({ asked: null, body: [otherwise], holder: otherwise });
  }
  return branches;
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

// Names

function bind(node: Node, names: NameReader): void {
  const { scope } = names;
  switch (node.type) {
    case "function_declaration":
    case "method_declaration": {
      const name = field(node, "name")?.text ?? "";
      const owner = node.type === "method_declaration" ? receiverType(node) : null;
      if (owner === null) names.bind(name, { kind: "function", node });
      names.noteFunction({ name, owner, scope, node });
      names.enter("function", name, node);
      return;
    }
    case "func_literal":
      names.enter("function", "", node);
      return;
    case "parameter_declaration":
    case "variadic_parameter_declaration":
      for (const name of node.childrenForFieldName("name"))
        if (name !== null) names.bind(name.text, { kind: "other" });
      return;
    case "block":
    case "for_statement":
    case "if_statement":
    case "expression_case":
    case "default_case":
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

function namesIn(left: Node | null): readonly string[] {
  const found = left === null ? [] : left.type === "expression_list" ? children(left) : [left];
  return found.flatMap((name) => (name.type === "identifier" && name.text !== "_" ? [name.text] : []));
}

function bindSpec(node: Node, names: NameReader): void {
  const type = field(node, "type")?.text ?? "";
  const value = field(node, "value");
  const own = node.childrenForFieldName("name").filter((name) => name !== null && name.type === "identifier");
  if (value === null) {
    const isBuilder = /^(?:strings\.Builder|bytes\.Buffer)$/.test(type);
    for (const name of own) names.bind(name!.text, isBuilder ? { kind: "value", node } : { kind: "other" });
    return;
  }
  const values = children(value);
  own.forEach((name, index) => {
    const given = values.length === own.length ? values[index] : index === 0 ? values[0] : undefined;
    if (given === undefined) names.bind(name!.text, { kind: "other" });
    else names.assign({ name: name!.text, owner: null, scope: names.scope, value: given });
  });
}

/** Of several results of one call the first is followed: the others are errors and flags. */
function bindAll(left: Node | null, right: Node | null, names: NameReader): void {
  const [targets, values] = [left === null ? [] : children(left), right === null ? [] : children(right)];
  targets.forEach((target, index) => {
    if (target.type !== "identifier" || target.text === "_") return;
    const value = values.length === targets.length ? values[index] : index === 0 ? values[0] : undefined;
    if (value === undefined) names.bind(target.text, { kind: "other" });
    else names.assign({ name: target.text, owner: null, scope: names.scope, value });
  });
}

/** `name = …`, `name += …`, `name = append(name, …)`. */
function bindAssignment(node: Node, names: NameReader): void {
  const { scope } = names;
  const [left, right] = [field(node, "left"), field(node, "right")];
  const operator = field(node, "operator")?.text;
  const [target, ...others] = left === null ? [] : children(left);
  const [value] = right === null ? [] : children(right);
  if (target?.type === "selector_expression" && value !== undefined && operator === "=") {
    const owner = field(target, "operand")?.text ?? "";
    names.note({ name: field(target, "field")?.text ?? "", owner, scope, value });
    return;
  }
  if (target?.type !== "identifier" || value === undefined || others.length > 0) return;
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

/** What `append(name, a, b)` adds to a list, `rest...` as a list. */
function appended(name: string, value: Node): readonly MoreBinding[] | null {
  const called = value.type === "call_expression" ? field(value, "function") : null;
  const given = field(value, "arguments");
  if (called?.text !== "append" || given === null) return null;
  const [list, ...items] = children(given);
  if (list?.type !== "identifier" || list.text !== name) return null;
  const isSpread = given.text.trimEnd().endsWith("...)");
  return items.map((node, index) => ({
    kind: "more",
    form: isSpread && index === items.length - 1 ? "concat" : "append",
    node,
  }));
}

/** `b.WriteString("…")` and `fmt.Fprintf(&b, "…")` lengthen the text of a builder. */
function bindWritten(node: Node, names: NameReader): void {
  const { object, name } = calleeOf(field(node, "function"));
  const given = field(node, "arguments");
  const [first] = given === null ? [] : children(given);
  if (first === undefined || object?.type !== "identifier") return;
  const isPrint = object.text === "fmt" && /^Fprint(?:f|ln)?$/.test(name);
  const target = isPrint
    ? (children(first)[0] ?? first)
    : /^Write(?:String|Rune|Byte)?$/.test(name)
      ? object
      : null;
  if (target?.type !== "identifier") return;
  const declared = lookUp(target.text, names.scope, "nowhere")?.scope;
  if (declared === undefined) return;
  names.bind(target.text, { kind: "more", form: "concat", node: isPrint ? node : first }, declared);
}

const additionsTo: Language["additionsTo"] = (name, value) => appended(name, value);

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

// Functions of the library

const functions: ReadonlyMap<string, Operation> = new Map([
  ["fmt.Sprintf", formatted(goFormatEngine, 0, 1)],
  ["fmt.Fprintf", formatted(goFormatEngine, 1, 2)],
  ["fmt.Fprint", same(1)],
  ["fmt.Fprintln", same(1)],
  ["fmt.Sprint", same(0)],
  ["string", same(0)],
  ["strings.Join", joinedItems(0, 1)],
  ["strings.TrimSpace", trimmed("both", 0)],
  ["strings.Trim", trimmed("both", 0, 1)],
  ["strings.TrimLeft", trimmed("start", 0, 1)],
  ["strings.TrimRight", trimmed("end", 0, 1)],
  ["strings.ReplaceAll", replaced(true, { place: 0, first: 1 })],
  ["strings.Replace", replaced(true, { place: 0, first: 1 })],
  ["dedent.Dedent", same(0)],
  ["heredoc.Doc", same(0)],
  ["template.Must", same(0)],
]);

const methods: ReadonlyMap<string, Operation> = new Map([["String", same("owner")]]);

const knownCalls: readonly KnownCall[] = [
  { pattern: /^time\.Now$/, scope: "volatile", says: "gives another text in every call" },
  {
    pattern: /^(?:math\/)?rand\.\w+$|^crypto\/rand\.\w+$/,
    scope: "volatile",
    says: "gives another text in every call",
  },
  {
    pattern: /(?:^|\/)uuid\.(?:New|NewString|NewV[1-7]|Must)$/,
    scope: "volatile",
    says: "gives another text in every call",
  },
  {
    pattern: /^os\.(?:Getenv|LookupEnv)$/,
    scope: "constant",
    says: "reads an environment variable: fixed at deployment",
  },
  {
    pattern: /^os\.Hostname$|^runtime\.\w+$/,
    scope: "constant",
    says: "speaks of the machine: fixed at deployment",
  },
  { pattern: /^os\.Getwd$/, scope: "session", says: "speaks of where the program runs" },
  {
    pattern: /^os\.ReadDir$|^(?:path\/)?filepath\.(?:Walk|Glob)$/,
    scope: "constant",
    says: "gives its items by name: the same until what it lists changes",
  },
  {
    pattern: /^maps\.(?:Keys|Values)$/,
    scope: "request",
    says: "gives its items in no fixed order: the text may differ although they are the same",
  },
];

const words = (list: string): ReadonlySet<string> => new Set(list.split(" "));

export const go = codeFormat({
  id: "go",
  name: "Go",
  comment: "//",
  matches,
  mayHold,
  grammarOf: () => "go",
  bindingTypes: [
    ...functionTypes,
    ..."parameter_declaration variadic_parameter_declaration block for_statement if_statement expression_case default_case".split(
      " ",
    ),
    ..."range_clause import_spec const_spec var_spec short_var_declaration assignment_statement call_expression".split(
      " ",
    ),
  ],
  callTypes: ["call_expression"],
  listTypes: ["composite_literal"],
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
  isFixed: (value) => value.parent?.parent?.type === "const_spec",
  memberOf,
  unboundMember,
  moduleName: (module) => module,
  methods,
  functionNamed: (name) => functions.get(name) ?? null,
  operators: new Map(),
  takesRecords: true,
  knownCalls,
  wrapping: words("string len fmt.Sprint strconv.Itoa strconv.Quote json.Marshal json.MarshalIndent"),
  writing: words("String Format Error Unix UnixNano Date Year Month Day"),
  computing: /^(?:len|cap|min|max|math\.\w+)$/,
  sorting: { functions: words("slices.Sorted"), methods: words("") },
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
