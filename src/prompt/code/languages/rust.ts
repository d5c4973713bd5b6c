/** Rust, edition 2024. */
import type { Node } from "web-tree-sitter";
import { EmbeddedTextBuilder } from "../../embedded.ts";
import { baseName, folders, words } from "../../names.ts";
import { strFormatEngine } from "../../str-format.ts";
import type { TextRange } from "../../text.ts";
import { lookUp, type MoreBinding, type NameReader, type Scope } from "../bindings.ts";
import { codeFormat } from "../code-format.ts";
import type {
  Argument,
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
import { children, elseIfs, field, lowering, operandsOf, rangeOf, shortened } from "../nodes.ts";
import {
  dedented,
  formattedHere,
  joinedItems,
  mapped,
  type Operation,
  replaced,
  same,
  trimmed,
  withLineEnd,
} from "../operations.ts";
import { literal } from "../pieces.ts";
import { classAround, outsideBlocks } from "../scopes.ts";
import type { Member } from "../values.ts";
import type { KnownCall } from "../volatile.ts";
import { withoutMacros } from "./rust-macros.ts";

const foreignFolders = new Set(["target", "vendor", "third_party", "node_modules"]);

function matches(path: string): boolean {
  const name = baseName(path);
  if (!name.endsWith(".rs") || /\.(?:pb|generated|g)\.rs$|^bindings\.rs$/.test(name)) return false;
  return !folders(path).some((folder) => foreignFolders.has(folder));
}

const promptWords =
  /prompt|preamble|instructions?\b|\brole\b|Role::|(?:system|user|human)_?(?:chat)?_?message|ChatMessage|"system"|\.system\(/i;

// Expressions

/** The named children without comments and attributes. */
function parts(node: Node): readonly Node[] {
  return children(node).filter(({ type }) => !type.endsWith("_comment") && type !== "attribute_item");
}

/** Nodes that are no values. */
const silent: ReadonlySet<string> = new Set(
  "type_identifier primitive_type generic_type reference_type type_arguments lifetime mutable_specifier token_tree field_identifier".split(
    " ",
  ),
);

const { unknown, sameAs } = lowering({ silent, parts });

/** Whether a node puts texts behind each other. */
function isSum(node: Node): boolean {
  return node.type === "binary_expression" && field(node, "operator")?.text === "+";
}

function lower(node: Node, source: string): Expression {
  switch (node.type) {
    case "string_literal":
    case "char_literal":
      return literalText(source, node, insideOf(node), true);
    case "raw_string_literal":
      return literalText(source, node, insideOf(node), false);
    case "parenthesized_expression":
    case "await_expression":
    case "try_expression":
    case "unsafe_block":
    case "async_block":
    case "else_clause":
      return sameAs(node, parts(node)[0]);
    case "reference_expression":
    case "type_cast_expression":
    case "let_condition":
      return sameAs(node, field(node, "value"));
    case "return_expression":
      return sameAs(node, parts(node)[0]);
    case "unary_expression":
      return node.text.startsWith("*") ? sameAs(node, parts(node)[0]) : unknown(node);
    case "block":
      return sameAs(node, tailOf(node));
    case "expression_statement":
      return sameAs(node, parts(node)[0]);
    case "identifier":
      return node.text === "None" ? { kind: "literal", value: null } : nameOf(node);
    case "self":
      return { kind: "self", name: "self" };
    case "crate":
    case "super":
    case "type_identifier":
    case "shorthand_field_identifier":
      return nameOf(node);
    case "generic_type":
    case "generic_type_with_turbofish":
      return sameAs(node, field(node, "type"));
    case "shorthand_field_initializer":
      return sameAs(node, parts(node)[0]);
    case "scoped_identifier":
    case "scoped_type_identifier": {
      const [path, name] = [field(node, "path"), field(node, "name")?.text ?? ""];
      return path === null ? { kind: "name", name } : { kind: "member", object: path, name };
    }
    case "field_expression": {
      const object = field(node, "value");
      return object === null
        ? unknown(node)
        : { kind: "member", object, name: field(node, "field")?.text ?? "" };
    }
    case "index_expression": {
      const [object, index] = parts(node);
      const isPart = index?.type === "range_expression";
      return object === undefined
        ? unknown(node)
        : { kind: "element", object, index: isPart ? null : (index ?? null) };
    }
    case "binary_expression":
      return field(node, "operator")?.text === "+"
        ? { kind: "sum", operands: operandsOf(node, isSum) }
        : unknown(node);
    case "if_expression": {
      const condition = field(node, "condition");
      if (condition === null) return unknown(node);
      const [yes, no] = [field(node, "consequence"), field(node, "alternative")];
      return { kind: "choice", asked: askedBy(condition), yes, no, isDefault: false };
    }
    case "match_expression":
      return lowerArm(node, firstThatGives(field(node, "body")?.firstNamedChild ?? null));
    case "match_arm":
      return lowerArm(node, node);
    case "call_expression":
      return lowerCall(node);
    case "struct_expression": {
      const body = field(node, "body");
      const given = body === null ? [] : parts(body).flatMap(argumentOfField);
      return { ...calleeOf(field(node, "name")), kind: "call", arguments: given, isMade: true };
    }
    case "array_expression":
      return lowerArray(node);
    case "tuple_expression":
      return { kind: "list", items: parts(node), isUnordered: false };
    case "integer_literal":
    case "float_literal":
      return { kind: "literal", value: Number(node.text.replace(/_|[iuf](?:\d+|size)$/g, "")) || 0 };
    case "boolean_literal":
      return { kind: "literal", value: node.text === "true" };
    case "closure_expression":
      return { kind: "function" };
    default:
      return unknown(node);
  }
}

function nameOf({ text }: Node): Expression {
  return text === "Self" ? { kind: "self", name: "Self" } : { kind: "name", name: text };
}

function askedBy(node: Node) {
  return { node, expression: shortened(node.text) };
}

/** What stands between the quotes and the `#` around them. */
function insideOf({ startIndex, endIndex, text, type }: Node): TextRange {
  const opening = type === "raw_string_literal" ? /^[bc]?r(#*)"/.exec(text) : /^[bc]?["']()/.exec(text);
  const width = opening?.[0].length ?? 0;
  const closing = (type === "char_literal" ? "'" : '"') + (opening?.[1] ?? "");
  const isClosed = text.length >= width + closing.length && text.endsWith(closing);
  const start = startIndex + width;
  return { start, end: Math.max(start, isClosed ? endIndex - closing.length : endIndex) };
}

/** https://doc.rust-lang.org/reference/tokens.html#string-literals: a carriage return before a line feed does not count. */
const anyEscape = /\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F_]{1,8})\}|([nrt0\\'"])|(\r?\n\s*))|\r\n/g;

const simpleEscapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "0": "\0" };

function literalText(source: string, node: Node, inside: TextRange, hasEscapes: boolean): Expression {
  const builder = new EmbeddedTextBuilder(source);
  let at = inside.start;
  for (const match of source.slice(inside.start, inside.end).matchAll(anyEscape)) {
    const [written, byte, point, simple, continued] = match;
    if (written !== "\r\n" && !hasEscapes) continue;
    const start = inside.start + match.index;
    builder.slice(at, start);
    at = start + written.length;
    if (written === "\r\n") builder.unit("\n", start, at);
    else if (continued === undefined) builder.unit(escaped(byte ?? point, simple), start, at);
  }
  builder.slice(at, inside.end);
  const pieces = literal(builder.build(rangeOf(node)));
  return { kind: "text", parts: [{ kind: "said", pieces }], isFilled: false };
}

function escaped(code: string | undefined, simple: string | undefined): string {
  if (code === undefined) return simpleEscapes[simple!] ?? simple!;
  const point = Number.parseInt(code.replaceAll("_", ""), 16);
  return point > 0x10_ff_ff || Number.isNaN(point) ? "\uFFFD" : String.fromCodePoint(point);
}

/** The value of a block is its last expression, where no semicolon follows. */
function tailOf(block: Node): Node | null {
  const last = parts(block).at(-1);
  if (last === undefined || /_item$|^let_declaration$/.test(last.type)) return null;
  if (last.type !== "expression_statement") return last;
  const [inner] = parts(last);
  const isValue = inner !== undefined && (!last.text.endsWith(";") || inner.type === "return_expression");
  return isValue ? inner : null;
}

function armsOf(node: Node): readonly Node[] {
  const body = field(node, "body");
  return body === null ? [] : parts(body).filter(({ type }) => type === "match_arm");
}

/** Arms that end the program, or give an error back. */
const leaving = /^(?:panic|unreachable|todo|unimplemented|bail)!|^return\s+Err\b|^Err\(/;

/** The arm, or the first one behind it that gives a value. */
function firstThatGives(arm: Node | null): Node | null {
  let at = arm;
  while (
    at !== null &&
    (at.type !== "match_arm" || leaving.test(field(at, "value")?.text.slice(0, 40) ?? ""))
  )
    at = at.nextNamedSibling;
  return at;
}

/** Each arm is asked in turn; the last one counts where no other does. */
function lowerArm(node: Node, arm: Node | null): Expression {
  const [pattern, value] = arm === null ? [] : [field(arm, "pattern"), field(arm, "value")];
  if (arm === null || pattern == null || value == null) return unknown(node);
  const next = pattern.text === "_" ? null : firstThatGives(arm.nextNamedSibling);
  if (next === null) return { kind: "same", value };
  const subject = subjectOf(arm);
  return {
    kind: "choice",
    asked: { node: subject ?? pattern, expression: askedByArm(subject, pattern) },
    yes: value,
    no: next,
    isDefault: false,
    range: { start: arm.startIndex, end: arm.parent?.endIndex ?? arm.endIndex },
  };
}

function subjectOf(arm: Node): Node | null {
  const match = arm.parent?.parent;
  return match == null ? null : field(match, "value");
}

/** As Rust itself writes the question. */
function askedByArm(subject: Node | null, pattern: Node): string {
  return shortened(`matches!(${subject?.text ?? ""}, ${pattern.text})`);
}

/** `vec![value; 3]` repeats one; a list of assignments to texts is an object of JSON. */
function lowerArray(node: Node): Expression {
  if (field(node, "length") !== null) return unknown(node);
  const items = parts(node);
  if (!items.some(isEntry)) return { kind: "list", items, isUnordered: false };
  const entries = items.flatMap((item): readonly RecordEntry[] => {
    const [key, value] = [field(item, "left"), field(item, "right")];
    return isEntry(item) && key !== null && value !== null ? [{ key, value }] : [];
  });
  return { kind: "record", entries };
}

function isEntry(node: Node): boolean {
  return node.type === "assignment_expression" && field(node, "left")?.type === "string_literal";
}

// Calls

/** Methods that give the same value in another type, or fail. */
const samekeeping: ReadonlySet<string> = new Set(
  (
    "into to_string to_owned clone cloned copied as_str as_ref as_mut as_deref as_slice unwrap expect unwrap_or_default iter into_iter " +
    "iter_mut collect to_vec borrow into_owned into_string into_boxed_str leak try_into ok context with_context trim_matches"
  ).split(" "),
);

/** What stands around a value that stays the same, and what makes a static value when it is first used. */
const wrapping =
  /^(?:(?:\w+::){0,4}(?:Box|Rc|Arc|Mutex|RwLock|Lazy|LazyLock|LazyCell)::new|(?:Option::)?Some|(?:Result::)?Ok|(?:std::borrow::)?Cow::(?:Borrowed|Owned|from)|(?:std::string::)?String::from|fmt_message|fmt_template|Value::String)$/;

function lowerCall(node: Node): Expression {
  const called = field(node, "function");
  const given = field(node, "arguments");
  const values = given === null ? [] : parts(given);
  const callee = calleeOf(called);
  const [first, second] = values;
  if (called?.type !== "scoped_identifier" && callee.object !== null) {
    if (samekeeping.has(callee.name) && !(callee.name === "context" && isOfAgent(callee.object)))
      return { kind: "same", value: callee.object };
    if (callee.name === "unwrap_or" && first !== undefined)
      return {
        kind: "choice",
        asked: askedBy(callee.object),
        yes: callee.object,
        no: first,
        isDefault: true,
      };
  }
  if (first !== undefined && called !== null && wrapping.test(called.text.slice(0, 80)))
    return sameAs(node, insideOfLazy(first));
  if (callee.object === null && callee.name === "concat") return { kind: "sum", operands: values };
  if (callee.object === null && callee.name === "include_str" && first !== undefined)
    return included(node, first, second);
  if (callee.object === null && callee.name === "fmt_placeholder")
    return {
      kind: "call",
      object: null,
      name: "MessagesPlaceholder",
      arguments: argumentsOf(values),
      isMade: true,
    };
  if (first === undefined && /(?:^|::)(?:String|Vec)::(?:new|default)$/.test(called?.text.slice(-40) ?? ""))
    return called!.text.includes("String")
      ? { kind: "text", parts: [], isFilled: true }
      : { kind: "list", items: [], isUnordered: false };
  if (/^(?:String|Vec)::with_capacity$/.test(called?.text.slice(0, 40) ?? ""))
    return called!.text.startsWith("String")
      ? { kind: "text", parts: [], isFilled: true }
      : { kind: "list", items: [], isUnordered: false };
  return { ...callee, kind: "call", arguments: argumentsOf(values), isMade: false };
}

/** Builders of agents in Rig 0.20 have a method of the name that errors have in `anyhow`. */
function isOfAgent(object: Node): boolean {
  if (object.type === "identifier") return /agent|builder/i.test(object.text);
  const called = object.type === "call_expression" ? calleeOf(field(object, "function")).name : "";
  return /^(?:agent|preamble|append_preamble|context|dynamic_context|tool|temperature|max_tokens)$/.test(
    called,
  );
}

/** What a closure without parameters gives when it is called. */
function insideOfLazy(value: Node): Node {
  const body =
    value.type === "closure_expression" && value.text.startsWith("||") ? field(value, "body") : null;
  return body ?? value;
}

/** `include_str!("prompt.txt")`: the text of a file beside this one, or under the root of the crate. */
function included(node: Node, path: Node, more: Node | undefined): Expression {
  // `include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/prompt.txt"))` is not followed.
  if (more !== undefined || path.type !== "string_literal") return unknown(node);
  const target = path.text.slice(1, -1);
  const range = { start: node.startIndex, end: node.endIndex };
  return { kind: "file", path: target, name: target, range };
}

function calleeOf(called: Node | null): Pick<CallExpression, "object" | "name"> {
  switch (called?.type) {
    case undefined:
      return { object: null, name: "" };
    case "identifier":
    case "type_identifier":
      return { object: null, name: called!.text };
    case "scoped_identifier":
    case "scoped_type_identifier":
      return { object: field(called!, "path"), name: field(called!, "name")?.text ?? "" };
    case "field_expression":
      return { object: field(called!, "value"), name: field(called!, "field")?.text ?? "" };
    case "generic_function":
      return calleeOf(field(called!, "function"));
    case "generic_type":
    case "generic_type_with_turbofish":
      return calleeOf(field(called!, "type"));
    default:
      return { object: called!, name: "" };
  }
}

/** `format!("{name}", name = value)` names what it is given. */
function argumentsOf(values: readonly Node[]): readonly Argument[] {
  return values.map((value): Argument => {
    const left = value.type === "assignment_expression" ? field(value, "left") : null;
    const right = left?.type === "identifier" ? field(value, "right") : null;
    return right === null ? { name: null, value } : { name: left!.text, value: right };
  });
}

/** `field: value`, `field`, and `..Default::default()`, which only fills up. */
function argumentOfField(item: Node): readonly Argument[] {
  if (item.type === "shorthand_field_initializer") {
    const [name] = parts(item);
    return name === undefined ? [] : [{ name: name.text, value: name }];
  }
  const [name, value] = [field(item, "field"), field(item, "value")];
  return name === null || value === null ? [] : [{ name: name.text, value }];
}

// Statements

const functionTypes: ReadonlySet<string> = new Set(["function_item", "closure_expression"]);

function functionOf(node: Node): FunctionParts | null {
  if (!functionTypes.has(node.type)) return null;
  const body = field(node, "body");
  const isExpression = body !== null && body.type !== "block";
  return {
    parameters: parametersOf(node),
    body: body === null ? [] : isExpression ? [body] : parts(body),
    isExpression,
    isGetter: false,
  };
}

function parametersOf(node: Node): readonly Parameter[] {
  const given = field(node, "parameters");
  return (given === null ? [] : parts(given)).flatMap((each): readonly Parameter[] => {
    if (each.type === "self_parameter") return [];
    const pattern = each.type === "parameter" ? field(each, "pattern") : each;
    const name = namesIn(pattern);
    return [
      {
        name: name.length === 1 && pattern?.type !== "tuple_pattern" ? name[0]! : null,
        keys: [],
        fallback: null,
      },
    ];
  });
}

function statement(node: Node): Statement {
  switch (node.type) {
    case "expression_statement": {
      const [inner] = parts(node);
      if (inner === undefined) return { kind: "other" };
      const found = statement(inner);
      return found;
    }
    case "return_expression": {
      const [value] = parts(node);
      return value !== undefined && leaving.test(value.text.slice(0, 40))
        ? { kind: "throw" }
        : { kind: "return", value: value ?? null };
    }
    case "if_expression":
      return {
        kind: "if",
        branches: elseIfs(node, {
          ifType: "if_expression",
          asked: askedBy,
          inside: (otherwise) => parts(otherwise)[0],
        }),
      };
    case "match_expression":
      return { kind: "if", branches: armBranches(node) };
    case "block":
      return { kind: "block", body: parts(node) };
    case "unsafe_block":
    case "async_block":
    case "else_clause":
      return { kind: "block", body: parts(node) };
    case "for_expression":
    case "while_expression":
    case "loop_expression":
      return { kind: "loop" };
    default:
      return leaving.test(node.text.slice(0, 40)) ? { kind: "throw" } : { kind: "other" };
  }
}

function armBranches(node: Node): readonly ConditionalBranch[] {
  const subject = field(node, "value");
  return armsOf(node).flatMap((arm, index, all): readonly ConditionalBranch[] => {
    const [pattern, value] = [field(arm, "pattern"), field(arm, "value")];
    if (pattern === null || value === null) return [];
    const isElse = index === all.length - 1;
    const asked = isElse ? null : { node: subject ?? pattern, expression: askedByArm(subject, pattern) };
    return [{ asked, body: [value], holder: arm }];
  });
}

function branchesOf(node: Node): readonly ConditionalBranch[] | null {
  if (node.type === "match_expression") return armBranches(node);
  return node.type !== "if_expression" || node.parent?.type === "else_clause"
    ? null
    : elseIfs(node, { ifType: "if_expression", asked: askedBy, inside: (otherwise) => parts(otherwise)[0] });
}

function loopOf(node: Node): Loop | null {
  if (node.type !== "for_expression") return null;
  const [pattern, of] = [field(node, "pattern"), field(node, "value")];
  return of === null ? null : { item: pattern?.type === "identifier" ? pattern.text : null, of };
}

// Names

/** Names that a pattern binds; names of variants and constants begin with a capital. */
function namesIn(pattern: Node | null): readonly string[] {
  if (pattern === null) return [];
  const all =
    pattern.type === "identifier"
      ? [pattern]
      : pattern.descendantsOfType(["identifier", "shorthand_field_identifier"]);
  return all.flatMap((name) =>
    name !== null && /^[a-z_]/.test(name.text) && name.text !== "_" ? [name.text] : [],
  );
}

/** Of `let` that hides a name which the function has already: it holds from its end on. */
interface Hiding {
  readonly name: string;
  readonly value: Node;
  readonly start: number;
  readonly end: number;
}

const hidings = new WeakMap<NameReader, Hiding[]>();

function bind(node: Node, names: NameReader): void {
  openHidden(names, node.startIndex);
  switch (node.type) {
    case "function_item":
    case "closure_expression":
      bindFunction(node, names);
      return;
    case "impl_item":
    case "trait_item":
      bindMembers(node, names);
      return;
    case "block":
    case "if_expression":
    case "while_expression":
      names.enter("block", "", node);
      return;
    case "for_expression":
    case "match_arm":
      names.enter("block", "", node);
      for (const name of namesIn(field(node, "pattern"))) names.bind(name, { kind: "other" });
      return;
    case "let_condition":
      for (const name of namesIn(field(node, "pattern"))) names.bind(name, { kind: "other" });
      return;
    case "const_item":
    case "static_item": {
      const [name, value] = [field(node, "name"), field(node, "value")];
      const { scope } = names;
      const owner = scope.kind === "class" ? scope.name : null;
      if (name !== null && value !== null) names.assign({ name: name.text, owner, scope, value });
      return;
    }
    case "use_declaration": {
      const argument = field(node, "argument");
      if (argument !== null) bindUse(argument, "", names, 0);
      return;
    }
    case "mod_item":
      if (field(node, "body") === null) {
        const module = field(node, "name")?.text ?? "";
        names.bind(module, { kind: "import", module, name: null, isWhole: true });
      }
      return;
    case "let_declaration":
      bindLet(node, names);
      return;
    case "field_initializer": {
      const [name, value] = [field(node, "field"), field(node, "value")];
      if (name !== null && value !== null)
        names.note({ name: name.text, owner: null, scope: names.scope, value });
      return;
    }
    case "assignment_expression":
    case "compound_assignment_expr":
      bindAssignment(node, names);
      return;
    case "call_expression":
      bindAdded(node, names);
      return;
    default:
      return;
  }
}

/** From the end of a `let` on, what was called so before is out of sight. */
function openHidden(names: NameReader, offset: number): void {
  const waiting = hidings.get(names) ?? [];
  while (waiting[0] !== undefined && waiting[0].start <= offset) {
    const { name, value, start, end } = waiting.shift()!;
    if (offset >= end) continue;
    names.enter("block", "", { startIndex: start, endIndex: end } as Node);
    names.bind(name, { kind: "value", node: value });
  }
}

function bindFunction(node: Node, names: NameReader): void {
  const { scope } = names;
  const name = field(node, "name")?.text ?? "";
  if (name !== "") {
    names.bind(name, { kind: "function", node });
    names.noteFunction({ name, owner: scope.kind === "class" ? scope.name : null, scope, node });
  }
  const inner = names.enter("function", name, node);
  const given = field(node, "parameters");
  for (const each of given === null ? [] : parts(given)) {
    const pattern = each.type === "parameter" ? field(each, "pattern") : each;
    for (const own of each.type === "self_parameter" ? [] : namesIn(pattern))
      names.bind(own, { kind: "other" }, inner);
  }
}

/** What belongs to a type; the first block of a type that is no trait's is looked up by its name. */
function bindMembers(node: Node, names: NameReader): void {
  const { scope } = names;
  const type = field(node, node.type === "trait_item" ? "name" : "type");
  const name =
    /^[\w:]{1,200}/
      .exec(type?.text ?? "")?.[0]
      .split("::")
      .at(-1) ?? "";
  const inner = names.enter("class", name, node);
  const isOwn = field(node, "trait") === null && node.type === "impl_item";
  if (isOwn && name !== "" && !scope.bindings.has(name))
    names.bind(name, { kind: "class", scope: inner }, scope);
}

const maxUses = 16;

function bindUse(node: Node, path: string, names: NameReader, depth: number): void {
  if (depth > maxUses) return;
  const within = (more: string) => (path === "" ? more : `${path}::${more}`);
  switch (node.type) {
    case "identifier":
    case "scoped_identifier": {
      const whole = within(node.text);
      const cut = whole.lastIndexOf("::");
      const own = whole.slice(cut < 0 ? 0 : cut + 2);
      names.bind(own, {
        kind: "import",
        module: cut < 0 ? "" : whole.slice(0, cut),
        name: own,
        isWhole: true,
      });
      return;
    }
    case "use_as_clause": {
      const whole = within(field(node, "path")?.text ?? "");
      const cut = whole.lastIndexOf("::");
      const name = whole.slice(cut < 0 ? 0 : cut + 2);
      const own = field(node, "alias")?.text ?? "";
      names.bind(own, { kind: "import", module: cut < 0 ? "" : whole.slice(0, cut), name, isWhole: true });
      return;
    }
    case "scoped_use_list": {
      const inner = within(field(node, "path")?.text ?? "");
      const list = field(node, "list");
      for (const each of list === null ? [] : parts(list)) bindUse(each, inner, names, depth + 1);
      return;
    }
    case "use_list":
      for (const each of parts(node)) bindUse(each, path, names, depth + 1);
      return;
    default:
      return;
  }
}

function bindLet(node: Node, names: NameReader): void {
  const { scope } = names;
  const [pattern, value] = [field(node, "pattern"), field(node, "value")];
  if (pattern?.type !== "identifier") {
    for (const name of namesIn(pattern)) names.bind(name, { kind: "other" });
    return;
  }
  const name = pattern.text;
  // `let text;` is given its value below.
  if (value === null) return;
  const before = lookUp(name, scope, "nowhere")?.scope;
  const isHiding =
    before !== undefined &&
    outsideBlocks(before).kind === "function" &&
    outsideBlocks(scope) === outsideBlocks(before);
  const end = node.parent?.endIndex;
  if (!isHiding || end === undefined) {
    names.assign({ name, owner: null, scope, value });
    return;
  }
  names.note({ name, owner: null, scope, value });
  const waiting = hidings.get(names) ?? [];
  waiting.push({ name, value, start: node.endIndex, end });
  waiting.sort((a, b) => a.start - b.start);
  if (waiting.length === 1) hidings.set(names, waiting);
  // What nothing is read behind of is opened at the end.
  names.later(() => openHidden(names, node.endIndex));
}

function bindAssignment(node: Node, names: NameReader): void {
  const { scope } = names;
  const [left, value] = [field(node, "left"), field(node, "right")];
  if (left === null || value === null) return;
  if (left.type === "string_literal") {
    names.note({ name: left.text.slice(1, -1), owner: null, scope, value });
    return;
  }
  if (left.type === "field_expression") {
    const name = field(left, "field")?.text ?? "";
    if (node.type === "assignment_expression")
      names.note({ name, owner: field(left, "value")?.text ?? "", scope, value });
    return;
  }
  // `format!("{name}", name = value)` is no assignment.
  if (left.type !== "identifier" || node.parent?.type === "arguments") return;
  const name = left.text;
  const declared = lookUp(name, scope, "nowhere")?.scope ?? outsideBlocks(scope);
  if (node.type === "assignment_expression") {
    names.bind(name, { kind: "value", node: value }, declared);
    names.note({ name, owner: null, scope, value });
  } else if (field(node, "operator")?.text === "+=")
    names.bind(name, { kind: "more", form: "concat", node: value }, declared);
  else names.bind(name, { kind: "other" }, declared);
}

/** `text.push_str("…")`, `list.push(a)`, `write!(text, "…")`. */
function bindAdded(node: Node, names: NameReader): void {
  const { object, name } = calleeOf(field(node, "function"));
  const given = field(node, "arguments");
  const values = given === null ? [] : parts(given);
  const [first, second] = values;
  if (first === undefined) return;
  if (object === null) {
    if (name !== "write" && name !== "writeln") return;
    const target = first.type === "reference_expression" ? field(first, "value") : first;
    bindMore(target, { kind: "more", form: "concat", node }, names);
    return;
  }
  const more = addedItem(name, first, second);
  if (more !== null) bindMore(object, more, names);
}

function addedItem(method: string, first: Node, second: Node | undefined): MoreBinding | null {
  switch (method) {
    case "push_str":
    case "extend":
    case "extend_from_slice":
    case "append":
      return { kind: "more", form: "concat", node: first };
    case "push":
      return { kind: "more", form: first.type === "char_literal" ? "concat" : "append", node: first };
    case "insert": {
      if (second === undefined || !/^\d{1,6}$/.test(first.text)) return null;
      return { kind: "more", form: "append", node: second, at: Number(first.text) };
    }
    default:
      return null;
  }
}

function bindMore(object: Node | null, more: MoreBinding, names: NameReader): void {
  const { scope } = names;
  const isOwn = object?.type === "field_expression" && field(object, "value")?.type === "self";
  if (isOwn) {
    const own: Scope | null = classAround(scope);
    if (own !== null) names.bind(field(object!, "field")?.text ?? "", { ...more, isElsewhere: true }, own);
    return;
  }
  if (object?.type !== "identifier") return;
  const declared = lookUp(object.text, scope, "nowhere")?.scope;
  if (declared !== undefined) names.bind(object.text, more, declared);
}

const additionsTo: Language["additionsTo"] = () => null;

// Other files

const inCapitals = /^_*[A-Z][A-Z0-9_]*$/;

/** A constant or a function of a module of this package; names of types are none. */
const memberOf: Language["memberOf"] = ({ module, name }, path, isCalled) => {
  const isForeign = foreignModules.test(module);
  const names = [...(name === null ? [] : [name]), ...path];
  return isForeign ? null : memberNamed(names, isCalled);
};

/** Packages that everybody uses. */
const foreignModules =
  /^(?:std|core|alloc|tokio|serde|serde_json|anyhow|chrono|reqwest|async_openai|rig|ollama_rs|genai|futures|uuid|rand|axum|tracing|clap|regex|once_cell)(?:::|$)/;

function memberNamed(names: readonly string[], isCalled: boolean): Member | null {
  const [name = "", owner = ""] = names.toReversed();
  const speaks = /prompt|instruction|system|message|template|preamble/i;
  if (isCalled)
    return /prompt|instruction/i.test(name) && !/^[A-Z]/.test(owner) ? { module: null, name } : null;
  if (!inCapitals.test(name) || !(speaks.test(name) || /prompt/i.test(owner))) return null;
  return /^[A-Z][a-z]/.test(owner) ? { module: null, name: `${owner}.${name}` } : { module: null, name };
}

function unboundMember(path: readonly string[]): Member | null {
  return memberNamed(path, false);
}

// Functions of the library

const functions: ReadonlyMap<string, Operation> = new Map([
  ["format", formattedHere(strFormatEngine, 0)],
  ["format_args", formattedHere(strFormatEngine, 0)],
  ["write", formattedHere(strFormatEngine, 1)],
  ["writeln", withLineEnd(formattedHere(strFormatEngine, 1))],
  ["indoc", dedented(0)],
  ["dedent", dedented(0)],
  ["textwrap.dedent", dedented(0)],
  ["formatdoc", (operands, bench) => formattedMargin(operands, bench)],
  ["template_fstring", same(0)],
  ["template_jinja2", same(0)],
]);

/** https://docs.rs/indoc: without the margin, and then as `format!`. */
const formattedMargin: Operation = (operands, bench) => {
  const text = dedented(0)(operands, bench);
  const given = text === null ? operands.given : [text, ...operands.given.slice(1)];
  return formattedHere(strFormatEngine, 0)({ ...operands, given }, bench);
};

const methods: ReadonlyMap<string, Operation> = new Map([
  ["trim", trimmed("both")],
  ["trim_start", trimmed("start")],
  ["trim_end", trimmed("end")],
  ["replace", replaced(true)],
  ["join", joinedItems("owner", 0)],
  ["concat", joinedItems("owner", null)],
  ["map", mapped("owner", 0)],
]);

const otherInEveryCall = "gives another text in every call";

const knownCalls: readonly KnownCall[] = [
  {
    pattern: /(?:^|\W)(?:Utc|Local|SystemTime|Instant|OffsetDateTime|Zoned|Timestamp)\.now(?:_utc|_local)?$/,
    scope: "volatile",
    says: otherInEveryCall,
  },
  {
    pattern:
      /(?:^|\W)Uuid\.(?:new_v\d|now_v\d)$|^(?:rand::)?(?:rand\.)?(?:random|thread_rng|rng)$|^(?:rand|fastrand)(?:\.|::)\w+$/,
    scope: "volatile",
    says: otherInEveryCall,
  },
  {
    pattern: /(?:^|::|\.)env(?:\.|::)(?:var|var_os)$|^(?:env|option_env)$/,
    scope: "constant",
    says: "reads an environment variable: fixed at deployment",
  },
  {
    pattern: /(?:^|::|\.)env(?:\.|::)consts(?:\.|::)\w+$|^hostname\.get$/,
    scope: "constant",
    says: "speaks of the machine: fixed at deployment",
  },
  {
    pattern: /(?:^|::|\.)env(?:\.|::)current_dir$/,
    scope: "session",
    says: "speaks of where the program runs",
  },
  {
    pattern: /(?:^|::|\.)fs(?:\.|::)read_dir$/,
    scope: "request",
    says: "gives its items in no fixed order: the text may differ although they are the same",
  },
  {
    pattern: /(?:^|\W)Hash(?:Map|Set)\.(?:new|from|with_capacity)$/,
    scope: "request",
    says: "gives its items in no fixed order: the text may differ although they are the same",
  },
];

export const rust = codeFormat({
  id: "rust",
  name: "Rust",
  comment: "//",
  matches,
  promptWords,
  prepared: withoutMacros,
  grammarOf: () => "rust",
  bindingTypes: (
    "function_item closure_expression impl_item trait_item block if_expression while_expression for_expression match_arm let_condition " +
    "const_item static_item use_declaration mod_item let_declaration field_initializer assignment_expression compound_assignment_expr call_expression"
  ).split(" "),
  callTypes: ["call_expression", "struct_expression"],
  listTypes: ["array_expression"],
  recordTypes: [],
  commentTypes: ["line_comment", "block_comment"],
  nameTypes: ["identifier"],
  returnTypes: ["return_expression"],
  returnsLast: true,
  blockTypes: words("block source_file declaration_list"),
  decidingTypes: words("for_expression while_expression loop_expression match_expression"),
  classNames: "nowhere",
  lower,
  functionOf,
  statement,
  branchesOf,
  loopOf,
  bind,
  additionsTo,
  isFixed: (value) => /^(?:const|static)_item$/.test(value.parent?.type ?? ""),
  memberOf,
  unboundMember,
  moduleName: (module) => module.replace(/^(?:std|tokio|core)::/, ""),
  methods,
  functionNamed: (name) => functions.get(name) ?? null,
  operators: new Map(),
  knownCalls,
  wrapping: words("serde_json.to_string serde_json.to_string_pretty to_string to_string_pretty String.from"),
  writing: words(
    "to_string to_rfc3339 to_rfc2822 format date_naive naive_local timestamp year month day trim to_lowercase to_uppercase replace join map filter collect display",
  ),
  computing: /^(?:std\.cmp\.)?(?:min|max)$/,
  sorting: { functions: words(""), methods: words("sorted sort sort_by sort_by_key") },
  keepsKeyOrder: () => null,
  files: {
    parsers: /^(?:serde_json|serde_yaml|toml)\.from_(?:str|reader|slice)$/,
    parseOpened: true,
    openers: /(?:^|\.)File\.open$/,
    readers: /(?:^|[.:])read_to_string$/,
    readingMethods: words("read_to_string"),
    parts: words("trim get as_str"),
    pathMakers: /(?:^|\.)Path(?:Buf)?\.(?:new|from)$/,
    pathMethods: words("join with_extension with_file_name"),
    places: /^env\s*!?\s*\("CARGO_MANIFEST_DIR"\)/,
  },
});
