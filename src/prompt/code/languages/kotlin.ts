/** Kotlin, up to version 2.1, in programs and scripts: https://kotlinlang.org/spec/introduction.html */
import type { Node } from "web-tree-sitter";
import { EmbeddedTextBuilder } from "../../embedded.ts";
import { splitWords, words } from "../../names.ts";
import type { NameReader } from "../bindings.ts";
import { codeFormat } from "../code-format.ts";
import type {
  Argument,
  ConditionalBranch,
  Expression,
  FunctionParts,
  Loop,
  Parameter,
  Statement,
  TextPart,
} from "../expression.ts";
import type { Language } from "../language.ts";
import { integerOf, lowering, rangeOf, shortened } from "../nodes.ts";
import { joinedItems, type Operation, trimmed } from "../operations.ts";
import { filterUnits, knownText, literal, type Piece } from "../pieces.ts";
import { piecesOf } from "../values.ts";
import {
  type Added,
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
  functionNamed as functionOfJvm,
  insideOf,
  isOptionalBy,
  isOwnSource,
  knownCalls,
  memberOf,
  methods as methodsOfJvm,
  ownClass,
  parts,
  promptWords,
  resourceOf,
  sorting,
  type Target,
  unboundMember as unboundOfClass,
  unwritten,
  wrapping,
  writeUnescaped,
  writing,
} from "./jvm.ts";

// Expressions

/** Nodes that are no values. */
const silent = words(
  "user_type type_identifier type_arguments modifiers function_value_parameters lambda_parameters label",
);

const { unknown, sameAs } = lowering({ silent, parts });

function lower(node: Node, source: string): Expression {
  switch (node.type) {
    case "string_literal":
      return textOf(source, node);
    case "character_literal":
      return characterOf(source, node);
    case "parenthesized_expression":
    case "interpolated_expression":
    case "as_expression":
    case "annotated_lambda":
    case "value_argument":
      return sameAs(node, node.type === "value_argument" ? parts(node).at(-1) : parts(node)[0]);
    case "postfix_expression":
      return node.text.endsWith("!!") ? sameAs(node, parts(node)[0]) : unknown(node);
    case "prefix_expression": {
      const [first, second] = parts(node);
      // `+"text"` of a builder, and a label.
      if (first?.type === "label") return sameAs(node, second);
      return node.text.startsWith("+") ? addedLine(node, first, source) : unknown(node);
    }
    case "simple_identifier":
    case "interpolated_identifier":
      return { kind: "name", name: node.text };
    case "this_expression":
    case "super_expression":
      return { kind: "self", name: "this" };
    case "navigation_expression": {
      const [object, suffix] = parts(node);
      const name = parts(suffix ?? null).at(-1)?.text ?? "";
      return object === undefined ? unknown(node) : { kind: "member", object, name };
    }
    case "indexing_expression": {
      const [object, suffix] = parts(node);
      const [index] = parts(suffix ?? null);
      return object === undefined ? unknown(node) : { kind: "element", object, index: index ?? null };
    }
    case "additive_expression":
      if (!isSum(node)) return unknown(node);
      if (isCallAndLine(node)) return callAndLine(node, source);
      return isLines(node) ? linesOf(operands(node), source) : { kind: "sum", operands: operands(node) };
    case "elvis_expression": {
      const [yes, no] = parts(node);
      if (yes === undefined || no === undefined) return unknown(node);
      const asked = { node: yes, expression: shortened(yes.text) };
      return { kind: "choice", asked, yes, no: isJump(no) ? null : no, isDefault: true };
    }
    case "if_expression":
      return choiceOf(node);
    case "when_expression":
      return sameAs(
        node,
        parts(node)
          .filter(({ type }) => type === "when_entry")
          .find(givesAnything),
      );
    case "when_entry":
      return entryOf(node);
    case "control_structure_body":
    case "statements":
      return blockOf(node);
    case "for_statement": {
      const body = childOf(node, "control_structure_body");
      if (isGathering(node)) return sameAs(node, body);
      return isBuilding(node) ? joinedLoop(node, body) : unknown(node);
    }
    case ")":
      return lineEnd(node, source);
    case "call_expression":
      return callOf(node, source);
    case "lambda_literal":
      return loopOfBuilder(node) ?? { kind: "function" };
    case "anonymous_function":
      return { kind: "function" };
    case "integer_literal":
    case "real_literal":
    case "long_literal":
      return { kind: "literal", value: Number.parseFloat(node.text.replaceAll("_", "")) || 0 };
    case "boolean_literal":
      return { kind: "literal", value: node.text === "true" };
    case "modifiers":
      return { kind: "list", items: messagesOf(node), isUnordered: false };
    case "annotation":
      return annotationOf(node);
    case "constructor_invocation":
      return call(null, annotatedTemplate, annotatedTexts(node.parent ?? node));
    case "parameter":
      return call(null, "UserMessage", parts(node).slice(0, 1));
    default:
      return node.text === "null" ? { kind: "literal", value: null } : unknown(node);
  }
}

function call(object: Node | null, name: string, given: readonly Node[]): Expression {
  return {
    kind: "call",
    object,
    name,
    arguments: given.map((value) => ({ name: null, value })),
    isMade: false,
  };
}

function isSum(node: Node): boolean {
  return node.type === "additive_expression" && node.children.some((child) => child?.type === "+");
}

/** Of a sum, in the order in which they are written; its left spine is walked, not descended. */
function operands(sum: Node): readonly Node[] {
  const found: Node[] = [];
  let left: Node | undefined = sum;
  while (left !== undefined && isSum(left)) {
    const [first, second]: readonly Node[] = parts(left);
    if (second !== undefined) found.push(second);
    left = first;
  }
  if (left !== undefined) found.push(left);
  return found.reverse();
}

function isJump(node: Node): boolean {
  return node.type === "jump_expression";
}

/** `if (x) "a" else "b"` as a value; without `else`, in a builder, it adds something or nothing. */
function choiceOf(node: Node): Expression {
  const [condition, yes = null, no = null] = parts(node);
  if (condition === undefined) return unknown(node);
  const asked = { node: condition, expression: shortened(condition.text) };
  return { kind: "choice", asked, yes: given(yes), no: given(no), isDefault: false };
}

/** `null` for a branch that leaves. */
function given(body: Node | null): Node | null {
  const last = statementsOf(body).at(-1);
  return last === undefined || isJump(last) ? null : body;
}

function givesAnything(entry: Node): boolean {
  return given(childOf(entry, "control_structure_body")) !== null;
}

/** One entry of a `when`, or else what the next ones give. */
function entryOf(entry: Node): Expression {
  const body = childOf(entry, "control_structure_body");
  const asked = askedBy(entry);
  let next = entry.nextNamedSibling;
  while (next !== null && (next.type !== "when_entry" || !givesAnything(next))) next = next.nextNamedSibling;
  if (asked === null || (next === null && !isBuilding(entry.parent ?? entry))) return sameAs(entry, body);
  const range = { start: entry.startIndex, end: entry.parent!.endIndex };
  return { kind: "choice", asked, yes: body, no: next, isDefault: false, range };
}

function askedBy(entry: Node): ConditionalBranch["asked"] {
  const conditions = parts(entry).filter(({ type }) => type === "when_condition");
  const [first] = conditions;
  if (first === undefined) return null;
  const [subject] = parts(childOf(entry.parent, "when_subject")).slice(-1);
  const written = conditions.map(({ text }) => text).join(", ");
  const isTest = /^(?:!?in|!?is)\b/.test(written);
  const expression = subject === undefined ? written : `${subject.text} ${isTest ? "" : "== "}${written}`;
  return { node: subject ?? parts(first)[0] ?? first, expression: shortened(expression) };
}

/** What a block gives: its last statement; in a builder all that is added. */
function blockOf(node: Node): Expression {
  const statements = statementsOf(node);
  if (node.type === "control_structure_body" && node.parent?.type === "for_statement") {
    const loop = loopOf(node.parent);
    const body = childOf(node, "statements") ?? statements[0];
    if (loop !== null && body !== undefined) return { kind: "loop", loop, body, condition: null };
  }
  if (isMessages(node))
    return { kind: "list", items: statements.filter(isSaid).flatMap(plusOf), isUnordered: false };
  const [only] = statements;
  const isText = node.type === "statements" && isTextBuilder(node);
  if (isText || (statements.length > 0 && isBuilding(only!)))
    return { kind: "sum", operands: statements.filter(adds) };
  return sameAs(node, statements.at(-1));
}

function statementsOf(body: Node | null): readonly Node[] {
  if (body === null) return [];
  if (body.type === "statements") return parts(body);
  const statements = childOf(body, "statements");
  return statements === null ? parts(body) : parts(statements);
}

// Literals

/** `$name` and `${value}` are written into texts of both forms; only in the short one there are escapes. */
function textOf(source: string, node: Node): Expression {
  const quotes = node.text.startsWith('"""') ? '"""' : '"';
  const inside = insideOf(node, quotes);
  const isRaw = quotes.length > 1;
  const range = { start: node.startIndex, end: node.endIndex };
  const found: TextPart[] = [];
  let at = inside.start;
  const say = (until: number) => {
    const builder = new EmbeddedTextBuilder(source);
    if (isRaw) builder.slice(at, until);
    else writeUnescaped(builder, source, { start: at, end: until }, false);
    found.push({ kind: "said", pieces: literal(builder.build(range)) });
  };
  for (const child of parts(node)) {
    const isExpression = child.type === "interpolated_expression";
    if (!isExpression && child.type !== "interpolated_identifier") continue;
    const start = child.startIndex - (isExpression ? 2 : 1);
    const end = child.endIndex + (isExpression ? 1 : 0);
    say(start);
    found.push({ kind: "value", node: child, range: { start, end }, format: null });
    at = end;
  }
  say(inside.end);
  return { kind: "text", parts: found, isFilled: found.length > 1 };
}

function characterOf(source: string, node: Node): Expression {
  const builder = new EmbeddedTextBuilder(source);
  writeUnescaped(builder, source, insideOf(node, "'"), false);
  const range = { start: node.startIndex, end: node.endIndex };
  return { kind: "text", parts: [{ kind: "said", pieces: literal(builder.build(range)) }], isFilled: false };
}

// Calls

interface Called {
  readonly object: Node | null;
  readonly name: string;
  readonly given: readonly Argument[];
  readonly lambda: Node | null;
}

/** `f(a) { … }` is two calls in the tree, and one in the language. */
function calledBy(node: Node): Called {
  let callee = parts(node)[0] ?? null;
  const suffixes = parts(node).filter(({ type }) => type === "call_suffix");
  if (callee?.type === "call_expression" && childOf(suffixes[0] ?? null, "value_arguments") === null) {
    suffixes.unshift(...parts(callee).filter(({ type }) => type === "call_suffix"));
    callee = parts(callee)[0] ?? null;
  }
  const given = suffixes.flatMap((suffix) => parts(childOf(suffix, "value_arguments"))).flatMap(argumentOf);
  const lambda = childOf(childOf(suffixes.at(-1) ?? null, "annotated_lambda"), "lambda_literal");
  if (callee?.type === "navigation_expression") {
    const [object = null, suffix = null] = parts(callee);
    return { object, name: parts(suffix).at(-1)?.text ?? "", given, lambda };
  }
  const isName = callee?.type === "simple_identifier";
  return { object: isName ? null : callee, name: isName ? callee!.text : "", given, lambda };
}

function argumentOf(node: Node): readonly Argument[] {
  const all = parts(node);
  const value = all.at(-1);
  if (node.type !== "value_argument" || value === undefined) return [];
  const isNamed = all.length > 1 && node.children.some((child) => child?.type === "=");
  return [{ name: isNamed ? all[0]!.text : null, value }];
}

const lists = words(
  "listOf mutableListOf arrayListOf arrayOf setOf mutableSetOf linkedSetOf listOfNotNull sequenceOf",
);
const unorderedLists = words("hashSetOf");
const maps = words("mapOf mutableMapOf linkedMapOf");

function callOf(node: Node, source: string): Expression {
  const called = calledBy(node);
  const { object, name, given: all, lambda } = called;
  const values = all.map(({ value }) => value);
  const body = childOf(lambda, "statements");
  if (object === null && lambda === null) {
    if (lists.has(name)) return { kind: "list", items: values, isUnordered: false };
    if (unorderedLists.has(name)) return { kind: "list", items: values, isUnordered: true };
    if (maps.has(name)) return { kind: "record", entries: values.flatMap(pairOf) };
    if (/^(?:StringBuilder|StringBuffer)$/.test(name)) {
      const [first] = values;
      return first === undefined || first.type === "integer_literal"
        ? { kind: "text", parts: [], isFilled: true }
        : { kind: "same", value: first };
    }
    if (/^(?:Array|Linked)List$/.test(name) && values.length === 0)
      return { kind: "list", items: [], isUnordered: false };
  }
  if (object === null && body !== null && /^(?:buildString|buildList|markdown)$/.test(name))
    return { kind: "same", value: body };
  if (object === null && lambda !== null && name === "lazy") return sameAs(node, body);
  if (
    object === null &&
    lambda === null &&
    values[0] !== undefined &&
    /^add(?:All)?$/.test(name) &&
    isGathering(node)
  )
    return { kind: name === "add" ? "same" : "spread", value: values[0] };
  if (name === "forEach" && object !== null && lambda !== null && isGathering(node))
    return sameAs(node, lambda);
  const added = mayAdd(called) && isBuilding(node) ? addedBy(node, called, source) : null;
  if (added !== null) return added;
  const role = object === null && isMessageCall(node) ? messageNames.get(name) : undefined;
  const made: Argument[] = [...all];
  if (lambda !== null) {
    const said = isMessagesOf(node) ? "messages" : taskBuilders.has(name) ? "task" : null;
    const isRead = said !== null || role !== undefined;
    made.push({ name: said, value: isRead ? (body ?? lambda) : lambda });
  }
  return { kind: "call", object, name: role ?? name, arguments: made, isMade: false };
}

/** `"key" to value`, `Pair("key", value)` */
function pairOf(node: Node) {
  const [key, to, value] = parts(node);
  const isPair = node.type === "infix_expression" && to?.text === "to";
  return isPair && key !== undefined && value !== undefined ? [{ key, value }] : [];
}

// Builders

/** Calls in each other between a builder and what adds to it. */
const deepest = 24;

/** The call that a lambda is the last argument of. */
function callWith(lambda: Node): Node | null {
  const suffix = lambda.parent?.type === "annotated_lambda" ? lambda.parent.parent : null;
  return suffix?.type === "call_suffix" ? suffix.parent : null;
}

/** The call whose lambda a statement stands in, through `if`, `when`, `for` and `forEach`. */
function builderAround(statement: Node): Node | null {
  let at: Node | null = statement.parent;
  for (let depth = 0; at !== null && depth < deepest; depth++) {
    if (at.type === "lambda_literal") {
      const made = callWith(at);
      if (made === null) return null;
      if (calledBy(made).name !== "forEach") return made;
      at = made;
    } else if (!passed.has(at.type)) return null;
    at = at.parent;
  }
  return null;
}

const passed = words(
  "additive_expression prefix_expression statements control_structure_body if_expression when_entry when_expression for_statement",
);

/** Builders of texts: the standard library's, and messages and texts of Koog (0.5, `ai.koog.prompt.dsl`). */
const textBuilders = words(
  "buildString system user assistant text markdown textContent bulleted numbered item",
);

/** Whether a statement adds to a text. */
function isBuilding(node: Node): boolean {
  const made = builderAround(node);
  return made !== null && textBuilders.has(calledBy(made).name);
}

function isTextBuilder(statements: Node): boolean {
  const made = statements.parent?.type === "lambda_literal" ? callWith(statements.parent) : null;
  return made !== null && textBuilders.has(calledBy(made).name);
}

const adding = words("append appendLine text textln appendln line");

/** Whether a statement of a builder adds anything. */
function adds(node: Node): boolean {
  if (node.type === "call_expression") return mayAdd(calledBy(node));
  if (node.type === "prefix_expression") return node.text.startsWith("+");
  if (node.type === "additive_expression") return isCallAndLine(node);
  return node.type === "if_expression" || node.type === "when_expression" || node.type === "for_statement";
}

/** Whether a call adds to the text that is built around it, by its name. */
function mayAdd({ object, name }: Called): boolean {
  if (object !== null) return name === "forEach";
  return adding.has(name) || textBuilders.has(name) || markdownNames.has(name);
}

/** `append("…")`, `appendLine("…")`, `items.forEach { append(it) }`. */
function addedBy(node: Node, { object, name, given, lambda }: Called, source: string): Expression | null {
  if (name === "forEach" && object !== null && lambda !== null) return joinedLoop(node, lambda);
  if (object === null && name === "item") return itemOf(node, given, lambda, source);
  if (object === null && lambda !== null && textBuilders.has(name))
    return sameAs(node, childOf(lambda, "statements"));
  if (object === null && markdownNames.has(name)) return markdownOf(node, name, given, source);
  if (object !== null || !adding.has(name)) return null;
  const value = given[0]?.value;
  return addingLine.test(name) ? { kind: "sum", operands: lineOf(value, node) } : sameAs(node, value);
}

/** `+"…"` in a builder of Koog begins a line, but at its beginning (0.5, `TextContentBuilder.textWithNewLine`). */
function addedLine(node: Node, value: Node | undefined, source: string): Expression {
  if (value === undefined || !isBuilding(node) || !isBehindText(node)) return sameAs(node, value);
  return around(node, value, "\n", "", source);
}

/** Whether something stands before a statement in the line that its builder has come to. */
function isBehindText(node: Node): boolean {
  const before = node.previousNamedSibling;
  if (before !== null) return adds(before) && !endsLine(before);
  const list = node.parent?.type === "statements" ? builderAround(node) : null;
  if (list === null || !/^(?:bulleted|numbered)$/.test(calledBy(list).name)) return false;
  // In a loop or a condition of the list others stand before.
  const lambda = node.parent?.parent ?? null;
  const isFirst = lambda?.type === "lambda_literal" && callWith(lambda)?.id === list.id;
  return !isFirst || isBehindText(list);
}

function endsLine(statement: Node): boolean {
  return statement.type === "call_expression" && /^(?:br|newline)$/.test(calledBy(statement).name);
}

/** A value with what a builder writes before and behind it. */
function around(node: Node, value: Node, before: string, behind: string, source: string): Expression {
  const { startIndex: start, endIndex: end } = value;
  const say = (text: string, at: number): readonly TextPart[] =>
    text === "" ? [] : [{ kind: "said", pieces: literal(unwritten(source, text, at)) }];
  const line: TextPart = { kind: "value", node: value, range: { start, end }, format: null };
  return {
    kind: "text",
    parts: [...say(before, node.startIndex), line, ...say(behind, node.endIndex)],
    isFilled: true,
  };
}

/** What a builder writes that nobody does. */
function writtenAt(node: Node, text: string, source: string): Expression {
  const pieces = literal(unwritten(source, text, node.startIndex));
  return { kind: "text", parts: [{ kind: "said", pieces }], isFilled: true };
}

/** `br()` and `+"…"` below it: the grammar takes them for one sum. */
function isCallAndLine(sum: Node): boolean {
  if (!isSum(sum) || !/\n\s*\+$/.test(between(sum)) || !isBuilding(sum)) return false;
  let first: Node | undefined = sum;
  while (first !== undefined && isSum(first)) [first] = parts(first);
  return first?.type === "call_expression" && mayAdd(calledBy(first));
}

function callAndLine(sum: Node, source: string): Expression {
  const [left, right] = parts(sum);
  if (left === undefined || right === undefined) return unknown(sum);
  const part = (node: Node): TextPart => ({ kind: "value", node, range: rangeOf(node), format: null });
  const lineEnd: readonly TextPart[] = endsLine(left)
    ? []
    : [{ kind: "said", pieces: literal(unwritten(source, "\n", right.startIndex)) }];
  return { kind: "text", parts: [part(left), ...lineEnd, part(right)], isFilled: true };
}

/**
 * What Koog's builder of Markdown writes (0.5, `ai.koog.prompt.markdown.MarkdownContentBuilder`), with what stands before and behind
 * the text. Code blocks, tables, links, images and `line { … }` are not followed.
 */
const markdownSigns: ReadonlyMap<string, readonly [before: string, behind: string]> = new Map<
  string,
  readonly [string, string]
>([
  ["h1", ["# ", ""]],
  ["h2", ["## ", ""]],
  ["h3", ["### ", ""]],
  ["h4", ["#### ", ""]],
  ["h5", ["##### ", ""]],
  ["h6", ["###### ", ""]],
  ["bold", ["**", "**"]],
  ["italic", ["*", "*"]],
  ["strikethrough", ["~~", "~~"]],
  ["code", ["`", "`"]],
  ["blockquote", ["> ", ""]],
]);

const markdownNames = words(
  `${[...markdownSigns.keys()].join(" ")} header horizontalRule br newline codeblock link image table`,
);

function markdownOf(node: Node, name: string, given: readonly Argument[], source: string): Expression {
  if (name === "br" || name === "newline") return writtenAt(node, name === "br" ? "\n\n" : "\n", source);
  const start = isBehindText(node) ? "\n" : "";
  if (name === "horizontalRule") return writtenAt(node, `${start}---`, source);
  const level = name === "header" ? integerOf(given[0]?.value) : null;
  const [before, behind] = markdownSigns.get(level === null ? name : `h${level}`) ?? [];
  const value = given.at(-1)?.value;
  if (before === undefined || behind === undefined || value === undefined) return unknown(node);
  if (name === "blockquote" && hasLines(value)) return unknown(node);
  return around(node, value, start + before, behind, source);
}

/** `item("…")` and `item { … }` of a list; lines behind the first one would be indented, and are not followed. */
function itemOf(node: Node, given: readonly Argument[], lambda: Node | null, source: string): Expression {
  const list = builderAround(node);
  const kind = list === null ? "" : calledBy(list).name;
  const bullet = kind === "bulleted" ? "- " : kind === "numbered" ? numberOf(node) : null;
  const statements = childOf(lambda, "statements");
  const value = lambda === null ? given[0]?.value : given.length === 0 ? statements : null;
  const isOne = lambda === null || parts(statements).length === 1;
  if (bullet === null || value == null || !isOne || hasLines(value)) return unknown(node);
  return around(node, value, (isBehindText(node) ? "\n" : "") + bullet, "", source);
}

/** `null` where only a run knows how many items stand before. */
function numberOf(item: Node): string | null {
  const { parent } = item;
  if (parent?.type !== "statements" || parent.parent?.type !== "lambda_literal") return null;
  const before = parts(parent).filter(({ endIndex }) => endIndex <= item.startIndex);
  const areItems = before.every((each) => each.type === "call_expression" && calledBy(each).name === "item");
  return areItems ? `${before.length + 1}. ` : null;
}

function hasLines({ text }: Node): boolean {
  return /\n|\\n/.test(text);
}

/** `+"a"` and `+"b"` below each other: the grammar takes them for one sum. */
function isLines(sum: Node): boolean {
  if (sum.parent?.type !== "prefix_expression" || !sum.parent.text.startsWith("+")) return false;
  return /\n\s*\+$/.test(between(sum)) && isBuilding(sum.parent);
}

/** What stands between the last two parts of a sum. */
function between(sum: Node): string {
  const [left, right] = parts(sum);
  if (left === undefined || right === undefined) return "";
  const written = sum.text.slice(left.endIndex - sum.startIndex, right.startIndex - sum.startIndex);
  return written.slice(-200).trimEnd();
}

function linesOf(values: readonly Node[], source: string): Expression {
  const lines = values.flatMap((value, index): readonly TextPart[] => {
    const { startIndex: start, endIndex: end } = value;
    const line: TextPart = { kind: "value", node: value, range: { start, end }, format: null };
    return index === 0
      ? [line]
      : [{ kind: "said", pieces: literal(unwritten(source, "\n", values[index - 1]!.endIndex)) }, line];
  });
  return { kind: "text", parts: lines, isFilled: true };
}

/** The values of `+a` and `+b` below each other. */
function plusOf(statement: Node): readonly Node[] {
  const [sum] = statement.type === "prefix_expression" ? parts(statement) : [];
  return sum !== undefined && isSum(sum) ? operands(sum) : [statement];
}

/** What is written behind a line, which nobody writes. */
function lineEnd({ startIndex }: Node, source: string): Expression {
  const end = literal(unwritten(source, "\n", startIndex));
  return { kind: "text", parts: [{ kind: "said", pieces: end }], isFilled: true };
}

/** The rounds of a loop, one behind the other: `body` is lowered to the loop. */
function joinedLoop(node: Node, body: Node | null): Expression {
  return body === null ? unknown(node) : call(body, concatenatedRounds, []);
}

const concatenatedRounds = "@rounds";

/** `items.forEach { append(it) }` in a builder. */
function loopOfBuilder(lambda: Node): Expression | null {
  const made = callWith(lambda);
  const loop = loopOf(lambda);
  const body = childOf(lambda, "statements");
  const isRead = made !== null && (isBuilding(made) || isGathering(made));
  if (!isRead || loop === null || body === null) return null;
  return { kind: "loop", loop, body, condition: null };
}

const addingLine = /^(?:appendLine|appendln|textln|line)$/;

/** What is added where a line is: a value, and the `)` behind it for the end of the line. */
function lineOf(value: Node | undefined, call: Node): readonly Node[] {
  const given = childOf(
    parts(call).findLast(({ type }) => type === "call_suffix") ?? null,
    "value_arguments",
  );
  return [value, given?.lastChild].filter((node) => node != null);
}

/**
 * Builders of requests: `prompt("id") { system("…") }` of Koog, `messages { … }` of openai-kotlin (4, `ChatMessagesBuilder`),
 * `Prompt(model) { +system("…") }` of xef.
 */
const requestBuilders = words("prompt Prompt messages chatMessages");

/** What Koog (0.5, `ai.koog.agents.ext.agent`) is given a task for, which a lambda writes. */
const taskBuilders = words("subgraphWithTask subgraphWithVerification");

const messageNames: ReadonlyMap<string, string> = new Map([
  ["system", "systemMessage"],
  ["user", "userMessage"],
  ["assistant", "assistantMessage"],
]);

function isMessagesOf(made: Node): boolean {
  return requestBuilders.has(calledBy(made).name);
}

/** Whether a block gives several values: of a builder of messages or of a list, and in `if`, `when`, `for` and `forEach` there. */
function isMessages(block: Node): boolean {
  if (block.type === "statements" && block.parent?.type === "lambda_literal") {
    const made = callWith(block.parent);
    return made !== null && (gathers(made) || (calledBy(made).name === "forEach" && isGathering(made)));
  }
  return block.type === "statements" || block.type === "control_structure_body" ? isGathering(block) : false;
}

/** Whether a statement stands in a builder of messages or of a list. */
function isGathering(node: Node): boolean {
  const made = builderAround(node);
  return made !== null && gathers(made);
}

function gathers(made: Node): boolean {
  return isMessagesOf(made) || calledBy(made).name === "buildList";
}

/** False for what only names a value. */
function isSaid({ type }: Node): boolean {
  return type !== "property_declaration" && type !== "assignment";
}

function isMessageCall(node: Node): boolean {
  const made = messageNames.has(calledBy(node).name) ? builderAround(node) : null;
  return made !== null && isMessagesOf(made);
}

// Annotations

const messageAnnotations = words("SystemMessage UserMessage");

function nameOfAnnotation(node: Node): string {
  const made = childOf(node, "constructor_invocation") ?? node;
  return childOf(made, "user_type")?.text.split(".").at(-1) ?? "";
}

/** As in Java: what LangChain4j sends when the method is called. */
function messagesOf(modifiers: Node): readonly Node[] {
  const all = parts(modifiers).filter((each) => messageAnnotations.has(nameOfAnnotation(each)));
  const [first, ...others] = all;
  if (first === undefined) return [];
  const ordered = [...all].sort((a, b) => nameOfAnnotation(a).localeCompare(nameOfAnnotation(b)));
  if (others.length > 0 || nameOfAnnotation(first) === "UserMessage") return ordered;
  const given = childOf(modifiers.parent, "function_value_parameters");
  const parameters = parts(given).filter(({ type }) => type === "parameter");
  return parameters.length === 1 ? [...ordered, parameters[0]!] : ordered;
}

function annotationOf(node: Node): Expression {
  const made = childOf(node, "constructor_invocation");
  const name = nameOfAnnotation(node);
  if (made === null) return unknown(node);
  const resource = name === "Value" ? resourceOf(node, nameAnnotated(node)) : null;
  if (resource !== null) return resource;
  return call(null, name, messageAnnotations.has(name) ? [made] : annotatedTexts(node));
}

/** Of the property or the parameter that an annotation stands at. */
function nameAnnotated({ parent }: Node): string {
  const declared = parent?.parent ?? null;
  const name = childOf(childOf(declared, "variable_declaration") ?? declared, "simple_identifier");
  return name?.text ?? "resource";
}

function annotatedTexts(annotation: Node): readonly Node[] {
  const given = childOf(childOf(annotation, "constructor_invocation"), "value_arguments");
  return parts(given)
    .flatMap(argumentOf)
    .flatMap(({ name, value }) => {
      if (name !== null && name !== "value") return [];
      return value.type === "collection_literal" ? parts(value) : [value];
    });
}

// Statements

const functionTypes = words("function_declaration anonymous_function lambda_literal getter");

function functionOf(node: Node): FunctionParts | null {
  if (node.type === "lambda_literal") {
    const body = parts(childOf(node, "statements")).slice(-1);
    return { parameters: lambdaParameters(node), body, isExpression: true, isGetter: false };
  }
  if (!functionTypes.has(node.type)) return null;
  const holder = childOf(node, "function_body");
  const isExpression = holder !== null && !holder.text.startsWith("{");
  const body = isExpression ? parts(holder) : statementsOf(holder);
  const annotations = parts(childOf(node, "modifiers")).filter(({ type }) => type === "annotation");
  const name = childOf(node, "simple_identifier")?.text;
  return {
    ...(name !== undefined && { name }),
    parameters: parametersOf(node),
    body,
    isExpression,
    isGetter: node.type === "getter",
    documentation: annotations.map(descriptionIn).find((said) => said !== null) ?? null,
    decorators: annotations.map(nameOfAnnotation),
  };
}

/** What `@Tool("…")` of LangChain4j, `@Tool(description = "…")` of Spring AI and `@LLMDescription("…")` of Koog say. */
function descriptionIn(annotation: Node): Node | null {
  const name = nameOfAnnotation(annotation);
  if (name !== "Tool" && !describesParameter.has(name)) return null;
  const given = parts(childOf(childOf(annotation, "constructor_invocation"), "value_arguments")).flatMap(
    argumentOf,
  );
  return given.find((each) => each.name === null || describingKey.test(each.name))?.value ?? null;
}

/** What stands between the name and the `=` of a parameter is in its node; a value behind it is not. */
function parametersOf(node: Node): readonly Parameter[] {
  const all = parts(childOf(node, "function_value_parameters"));
  return all.flatMap((each, index): readonly Parameter[] => {
    if (each.type !== "parameter") return [];
    const next = all[index + 1];
    const isValue = next !== undefined && next.type !== "parameter" && next.type !== "parameter_modifiers";
    const [name, type] = parts(each);
    return [
      {
        name: name?.text ?? null,
        keys: [],
        fallback: isValue ? next : null,
        type: type?.text ?? "",
        ...describedBy(all[index - 1]),
      },
    ];
  });
}

/** What annotations say that stand before a parameter. */
function describedBy(before: Node | undefined): Pick<Parameter, "documentation" | "isOptional"> {
  const annotations = before?.type === "parameter_modifiers" ? parts(before) : [];
  const said = annotations.find((each) => describesParameter.has(nameOfAnnotation(each)));
  return said === undefined ? {} : { documentation: descriptionIn(said), isOptional: isOptionalBy(said) };
}

function lambdaParameters(lambda: Node): readonly Parameter[] {
  const given = childOf(lambda, "lambda_parameters");
  if (given === null) return [{ name: "it", keys: [], fallback: null }];
  return parts(given).map((each) => ({
    name: each.type === "variable_declaration" ? (parts(each)[0]?.text ?? null) : null,
    keys: [],
    fallback: null,
  }));
}

function statement(node: Node): Statement {
  switch (node.type) {
    case "jump_expression":
      if (node.text.startsWith("throw")) return { kind: "throw" };
      if (!node.text.startsWith("return")) return { kind: "other" };
      return { kind: "return", value: parts(node).find(({ type }) => type !== "label") ?? null };
    case "if_expression":
    case "when_expression":
      return { kind: "if", branches: allBranches(node) };
    case "control_structure_body":
    case "statements":
      return { kind: "block", body: statementsOf(node) };
    case "try_expression":
      return { kind: "block", body: parts(childOf(node, "statements")) };
    default:
      return { kind: loopTypes.has(node.type) ? "loop" : "other" };
  }
}

const loopTypes = words("for_statement while_statement do_while_statement");

const maxElseIfs = 1000;

function allBranches(node: Node): readonly ConditionalBranch[] {
  if (node.type === "when_expression") {
    return parts(node)
      .filter(({ type }) => type === "when_entry")
      .map((entry) => ({
        asked: askedBy(entry),
        body: [childOf(entry, "control_structure_body") ?? entry],
        holder: entry,
      }));
  }
  const branches: ConditionalBranch[] = [];
  let at: Node | null = node;
  for (let count = 0; at !== null && count < maxElseIfs; count++) {
    const [condition, body, otherwise]: readonly Node[] = parts(at);
    const asked = condition === undefined ? null : { node: condition, expression: shortened(condition.text) };
    if (body !== undefined) branches.push({ asked, body: [body], holder: at });
    at = elseIf(otherwise);
    if (otherwise !== undefined && at === null)
      branches.push({ asked: null, body: [otherwise], holder: otherwise });
  }
  return branches;
}

function elseIf(body: Node | undefined): Node | null {
  const [only] = parts(body ?? null);
  return body?.text.startsWith("{") === false && only?.type === "if_expression" ? only : null;
}

function branchesOf(node: Node): readonly ConditionalBranch[] | null {
  if (node.type === "when_expression") return allBranches(node);
  if (node.type !== "if_expression") return null;
  const body = node.parent?.type === "control_structure_body" ? node.parent : null;
  const isElseIf =
    body?.parent?.type === "if_expression" && parts(body.parent)[2]?.id === body.id && elseIf(body) !== null;
  return isElseIf ? null : allBranches(node);
}

/** `for (x in list)`, and `list.forEach { x -> … }`. */
function loopOf(node: Node): Loop | null {
  if (node.type === "for_statement") {
    const [variable, of] = parts(node).filter(({ type }) => type !== "annotation");
    if (variable === undefined || of === undefined) return null;
    const item = variable.type === "variable_declaration" ? (parts(variable)[0]?.text ?? null) : null;
    return { item, of };
  }
  const made = node.type === "lambda_literal" ? callWith(node) : null;
  const called = made === null ? null : calledBy(made);
  if (called?.name !== "forEach" || called.object === null) return null;
  return { item: lambdaParameters(node)[0]?.name ?? null, of: called.object };
}

// Names

function bind(node: Node, names: NameReader): void {
  switch (node.type) {
    case "class_declaration":
    case "object_declaration": {
      const name = childOf(node, "type_identifier", "simple_identifier")?.text ?? "";
      noteMessages(node, name, names);
      const outer = names.scope;
      const scope = names.enter("class", name, node, basesOf(node));
      names.bind(name, { kind: "class", scope }, outer);
      return;
    }
    case "function_declaration": {
      const name = childOf(node, "simple_identifier")?.text ?? "";
      noteMessages(node, name, names);
      const { scope } = names;
      names.bind(name, { kind: "function", node });
      names.noteFunction({ name, owner: scope.kind === "class" ? scope.name : null, scope, node });
      names.enter("function", name, node);
      bindParameters(functionOf(node)?.parameters ?? [], names);
      return;
    }
    case "anonymous_function":
    case "lambda_literal":
      names.enter("function", "", node);
      bindParameters(functionOf(node)?.parameters ?? [], names);
      return;
    case "getter":
    case "control_structure_body":
    case "when_entry":
      names.enter(node.type === "getter" ? "function" : "block", "", node);
      return;
    case "for_statement": {
      names.enter("block", "", node);
      const item = loopOf(node)?.item;
      if (item != null) names.bind(item, { kind: "other" });
      return;
    }
    case "class_parameter":
      bindClassParameter(node, names);
      return;
    case "import_header":
      bindImport(node, names);
      return;
    case "enum_entry":
      bindEntry(node, names);
      return;
    case "property_declaration":
      bindProperty(node, names);
      return;
    case "assignment":
      bindAssignment(node, names);
      return;
    case "call_expression":
      bindCall(node, names);
      return;
    default:
      return;
  }
}

function basesOf(node: Node): readonly string[] {
  return parts(node)
    .filter(({ type }) => type === "delegation_specifier")
    .flatMap((each) => /^[\w.]+/.exec(each.text)?.[0] ?? []);
}

/** The messages that annotations hold are called as the method is. */
function noteMessages(node: Node, name: string, names: NameReader): void {
  const modifiers = childOf(node, "modifiers");
  if (modifiers === null || messagesOf(modifiers).length === 0) return;
  const { scope } = names;
  const whole = scope.kind === "class" ? `${scope.name}.${name}` : name;
  names.note({ name: whole, owner: null, scope, value: modifiers });
}

function bindParameters(parameters: readonly Parameter[], names: NameReader): void {
  for (const { name, fallback } of parameters) {
    if (name === null) continue;
    names.bind(name, { kind: "other", ...(fallback !== null && { fallback }) });
    if (fallback !== null) names.note({ name, owner: null, scope: names.scope, value: fallback });
  }
}

function annotationOfValue(node: Node): Node | null {
  const all = parts(childOf(node, "modifiers"));
  return all.find((each) => nameOfAnnotation(each) === "Value") ?? null;
}

/** `class Agent(private val system: String = "…")` */
function bindClassParameter(node: Node, names: NameReader): void {
  const name = childOf(node, "simple_identifier")?.text;
  if (name === undefined) return;
  const last = parts(node).at(-1);
  const isValue = node.children.some((child) => child?.type === "=") && last !== undefined;
  const told = annotationOfValue(node);
  if (told !== null) names.bind(name, { kind: "value", node: told });
  else names.bind(name, { kind: "other", ...(isValue && { fallback: last }) });
  if (!isValue) return;
  const { scope } = names;
  names.note({ name, owner: scope.kind === "class" ? scope.name : null, scope, value: last });
}

/** `import com.acme.Prompts`, `import com.acme.SYSTEM as S`; all names of a package say nothing. */
function bindImport(node: Node, names: NameReader): void {
  const path = parts(childOf(node, "identifier")).map(({ text }) => text);
  const name = path.pop();
  if (name === undefined || childOf(node, "wildcard_import") !== null) return;
  const own = parts(childOf(node, "import_alias"))[0]?.text ?? name;
  names.bind(own, { kind: "import", module: path.join("."), name });
}

/** `SYSTEM("You are …")`: what an entry of an enum is made of is what it stands for. */
function bindEntry(node: Node, names: NameReader): void {
  const name = childOf(node, "simple_identifier")?.text ?? "";
  const given = parts(childOf(node, "value_arguments")).flatMap(argumentOf);
  const first = given.find(({ value }) => value.type === "string_literal");
  if (first === undefined) names.bind(name, { kind: "other" });
  else assign(names, name, first.value);
}

function bindProperty(node: Node, names: NameReader): void {
  const variable = childOf(node, "variable_declaration");
  const name = childOf(variable, "simple_identifier")?.text;
  if (name === undefined) return;
  const next = node.nextNamedSibling;
  const getter = childOf(node, "getter") ?? (next?.type === "getter" ? next : null);
  const value = valueOfProperty(node);
  const told = annotationOfValue(node);
  if (value !== null) assign(names, name, value);
  else if (getter !== null) {
    const { scope } = names;
    names.bind(name, { kind: "function", node: getter });
    names.noteFunction({ name, owner: scope.kind === "class" ? scope.name : null, scope, node: getter });
  } else if (told !== null) names.bind(name, { kind: "value", node: told });
  else declare(names, name);
}

function valueOfProperty(node: Node): Node | null {
  const delegate = childOf(node, "property_delegate");
  if (delegate !== null) return parts(delegate)[0] ?? null;
  const equals = node.children.findIndex((child) => child?.type === "=");
  const value =
    equals < 0 ? undefined : node.children.slice(equals + 1).find((child) => child?.isNamed === true);
  return value ?? null;
}

function targetOf(left: Node | null, names: NameReader): Target | null {
  if (left?.type === "simple_identifier") return { name: left.text, own: null };
  const [object, suffix, ...others] = parts(left);
  if (object?.type === "simple_identifier" && suffix === undefined) return { name: object.text, own: null };
  const own = object?.type === "this_expression" && others.length === 0 ? ownClass(names) : null;
  return own === null ? null : { name: parts(suffix ?? null).at(-1)?.text ?? "", own };
}

function bindAssignment(node: Node, names: NameReader): void {
  const [left, right] = parts(node);
  const target = targetOf(left ?? null, names);
  const operator = node.children.find((child) => child?.isNamed === false)?.text ?? "";
  if (target === null || right === undefined) return;
  bindChange(names, target.name, right, operator, target.own);
}

/** `text.append("a").appendLine(b)` lengthens a text, `messages.add(x)` a list. */
function bindCall(node: Node, names: NameReader): void {
  const calls = names.chain(node, calledOn);
  const target = calls.length === 0 ? null : targetOf(calledBy(calls.at(-1)!).object, names);
  if (target === null) return;
  bindAdded(names, target, calls.toReversed().flatMap(addedByCall), node);
}

/** `null` for a call that is on no other. */
function calledOn(call: Node): Node | null {
  const { object } = calledBy(call);
  return object?.type === "call_expression" ? object : null;
}

function addedByCall(call: Node): readonly (Added | null)[] {
  const { name, given } = calledBy(call);
  const values = given.map(({ value }) => value);
  if (!addingLine.test(name)) return [additionOf(name, values)];
  const [first] = values;
  return lineOf(first, call).map((node) => ({ form: "concat", node }));
}

/** Names of the same package need no import; those of a file may stand alone. */
const unboundMember: Language["unboundMember"] = (path) => {
  const [name = ""] = path;
  if (path.length > 1) return unboundOfClass(path);
  const isTold = /prompt|instruction/i.test(name) && splitWords(name).length > 1;
  return isTold ? { module: null, name } : null;
};

// Functions of the library

/** The lines of a text that is known but for its holes, and which of its units stay. */
function lineByLine(keep: (lines: readonly Line[], kept: Uint8Array) => void): Operation {
  return ({ node, owner }, bench) => {
    if (owner?.kind !== "text") return null;
    bench.spend(owner.pieces);
    const pieces = filterUnits(owner.pieces, (text) => {
      const kept = new Uint8Array(text.length).fill(1);
      const lines: Line[] = [...text.matchAll(/^.*$/gm)].map(({ 0: line, index }) => ({
        line,
        start: index,
        end: index + line.length,
      }));
      const [first] = lines;
      const last = lines.at(-1);
      // The first line and the last one go where they are blank.
      if (first !== undefined && lines.length > 1 && first.line.trim() === "") kept.fill(0, 0, first.end + 1);
      if (last !== undefined && lines.length > 1 && last.line.trim() === "") kept.fill(0, last.start - 1);
      keep(lines, kept);
      return kept;
    });
    return bench.text(node, pieces, owner.isFilled === true);
  };
}

interface Line {
  readonly line: string;
  readonly start: number;
  readonly end: number;
}

/** https://kotlinlang.org/api/core/kotlin-stdlib/kotlin.text/trim-indent.html */
const trimIndent = lineByLine((lines, kept) => {
  const margin = lines
    .filter(({ line }) => line.trim() !== "")
    .reduce((least, { line }) => Math.min(least, line.length - line.trimStart().length), kept.length);
  for (const { start, end } of lines) kept.fill(0, start, Math.min(end, start + margin));
});

/** https://kotlinlang.org/api/core/kotlin-stdlib/kotlin.text/trim-margin.html */
const trimMargin: Operation = (operands, bench) => {
  const [given] = operands.given;
  const prefix = given?.kind === "text" ? knownText(given.pieces) : "|";
  return lineByLine((lines, kept) => {
    for (const { line, start } of lines) {
      const blanks = line.length - line.trimStart().length;
      if (line.startsWith(prefix, blanks)) kept.fill(0, start, start + blanks + prefix.length);
    }
  })(operands, bench);
};

/** `items.joinToString("\n") { "- $it" }`: the separator is `, ` where none is given. */
const joinToString: Operation = (operands, bench) => {
  const { node, call: made, owner, given: all } = operands;
  if (owner?.kind !== "list" || ["prefix", "postfix", "limit"].some((name) => made.named.has(name)))
    return null;
  const separator = made.named.get("separator") ?? all.find(({ kind }) => kind === "text");
  const transform = made.named.get("transform") ?? all.find(({ kind }) => kind === "function");
  const value = transform?.kind === "function" ? transform.returned() : null;
  if (transform?.kind === "function" && value?.kind !== "text") return null;
  const item = transform?.kind === "function" ? (transform.parameters[0]?.name ?? null) : null;
  const list = value === null ? owner : bench.forEach(node, owner, item, value);
  return joinedItems(
    "owner",
    0,
    ", ",
  )({ ...operands, owner: list, given: separator === undefined ? [] : [separator] }, bench);
};

/** What every round of a loop adds to a text. */
const rounds: Operation = ({ node, owner }, bench) => {
  if (owner?.kind !== "list") return null;
  const pieces = owner.items.flatMap((item): readonly Piece[] => {
    if (item.kind !== "repeat") return piecesOf(item);
    return [{ kind: "loop", range: item.range, ...item.loop, body: piecesOf(item.value) }];
  });
  return bench.text(node, pieces, true);
};

const methods: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ...methodsOfJvm,
  ["trimIndent", trimIndent],
  ["trimMargin", trimMargin],
  ["trimStart", trimmed("start")],
  ["trimEnd", trimmed("end")],
  ["joinToString", joinToString],
  ["format", methodsOfJvm.get("formatted")!],
  ["asList", methodsOfJvm.get("toList")!],
  ["plus", methodsOfJvm.get("concat")!],
  [concatenatedRounds, rounds],
]);

export const kotlin = codeFormat({
  id: "kotlin",
  name: "Kotlin",
  comment: "//",
  matches: (path) => isOwnSource(path, /\.kts?$/),
  promptWords,
  grammarOf: () => "kotlin",
  bindingTypes: [
    ...functionTypes,
    ...words("class_declaration object_declaration control_structure_body when_entry for_statement"),
    ...words("class_parameter import_header enum_entry property_declaration assignment call_expression"),
  ],
  callTypes: ["call_expression"],
  listTypes: ["call_expression", "modifiers"],
  recordTypes: [],
  commentTypes: ["line_comment", "multiline_comment"],
  nameTypes: ["simple_identifier", "interpolated_identifier"],
  returnTypes: ["jump_expression"],
  blockTypes: words("statements source_file class_body"),
  decidingTypes: new Set([...loopTypes, "catch_block"]),
  classNames: "inside",
  lower,
  functionOf,
  statement,
  branchesOf,
  loopOf,
  bind,
  additionsTo,
  isFixed: (value) => /\bval\b/.test(childOf(value.parent, "binding_pattern_kind")?.text ?? ""),
  memberOf,
  unboundMember,
  moduleName: (module) => module,
  methods,
  functionNamed: functionOfJvm,
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
