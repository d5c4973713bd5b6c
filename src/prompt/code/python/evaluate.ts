/** Expressions of a Python module as values: what can be known without running it. */
import type { Node } from "web-tree-sitter";
import { asDay } from "../../day.ts";
import { dollarNamesEngine } from "../../dollar-names.ts";
import { EmbeddedTextBuilder, type Engine, embeddedSlice } from "../../embedded.ts";
import { inferred } from "../../scope-inference.ts";
import { strFormatEngine } from "../../str-format.ts";
import type { HoleSegment } from "../../template.ts";
import type { Problem, TextRange } from "../../text.ts";
import { assignedPieces, decidedAt } from "../branches.ts";
import { Budget, mayBeNamed, tooMuchToFollow } from "../budget.ts";
import { concatenated, flatItems, insert, listSequence, listSteps, spreadOf } from "../lists.ts";
import { isMessageCall } from "../messages.ts";
import { children, rangeOf, shortened } from "../nodes.ts";
import {
  applyEngine,
  type ChoicePiece,
  dedentPieces,
  hole,
  knownText,
  literal,
  type Piece,
  trimPieces,
} from "../pieces.ts";
import { classAround } from "../scopes.ts";
import type { CallValue, CodeValue, RecordValue, TextValue } from "../values.ts";
import { lastPart, piecesOf } from "../values.ts";
import { Claims } from "./claims.ts";
import { branchOf, controlAround, runsBefore } from "./control.ts";
import { dottedName, nameOf } from "./expressions.ts";
import { addStaticText, literalParts, staticText } from "./literals.ts";
import {
  additionsTo,
  type Binding,
  functionNamed,
  lookUp,
  type ModuleNames,
  type MoreBinding,
  methodNamed,
  operands,
  returnsOf,
  type Scope,
} from "./module.ts";
import { percentEngine } from "./percent.ts";

/** Deeper expressions are no prompts that anybody wrote. */
const maxDepth = 64;

/** For an assignment that is taken apart. */
const stepsPerAssignment = 32;

export class Evaluator {
  readonly problems: Problem[] = [];
  /** What is left out because the file asks for too much. */
  readonly limits: Problem[] = [];
  readonly #path: string;
  readonly #source: string;
  readonly #names: ModuleNames;
  readonly #values = new Map<number, CodeValue>();
  readonly #claims: Claims;
  /** Definitions that are being followed. */
  readonly #open = new Set<number>();
  readonly #budget: Budget;
  #depth = 0;

  constructor(path: string, source: string, names: ModuleNames) {
    this.#budget = new Budget(source);
    this.#path = path;
    this.#source = source;
    this.#names = names;
    this.#claims = new Claims(names);
  }

  value(node: Node): CodeValue {
    const known = this.#values.get(node.id);
    if (known !== undefined) return known;
    if (this.#depth >= maxDepth || !this.#mayGoOn(node)) return this.#opaque(node);
    this.#depth++;
    const value = this.#evaluate(node);
    this.#depth--;
    // Also what was cut off in a circle: anything else could be followed for ever.
    this.#values.set(node.id, value);
    return value;
  }

  /** Says so once where the file asks for too much. */
  #mayGoOn(node: Node): boolean {
    if (this.#budget.isSpent && this.limits.length === 0) this.limits.push(tooMuchToFollow(rangeOf(node)));
    return !this.#budget.isSpent;
  }

  call(node: Node): CallValue | null {
    const value = this.value(node);
    return value.kind === "call" ? value : null;
  }

  #evaluate(node: Node): CodeValue {
    switch (node.type) {
      case "string":
        return this.#string(node);
      case "concatenated_string":
        return this.#joined(node);
      case "parenthesized_expression":
      case "await":
        return this.#inner(node);
      case "named_expression":
        return this.#field(node, "value");
      case "identifier":
        return this.#identifier(node);
      case "attribute":
        return this.#attribute(node);
      case "binary_operator":
        return this.#operator(node);
      case "conditional_expression":
        return this.#conditional(node);
      case "boolean_operator":
        return this.#boolean(node);
      case "call":
        return this.#call(node);
      case "list":
      case "tuple":
      case "expression_list":
        return this.#list(node, children(node));
      case "list_splat": {
        const inner = children(node)[0];
        return inner === undefined
          ? this.#opaque(node)
          : { ...this.#written(node), kind: "spread", value: this.value(inner) };
      }
      case "dictionary":
        return this.#dictionary(node);
      case "integer":
      case "float":
        return this.#literal(node, Number(node.text.replaceAll("_", "")) || 0);
      case "true":
      case "false":
        return this.#literal(node, node.type === "true");
      case "none":
        return this.#literal(node, null);
      default:
        return this.#opaque(node);
    }
  }

  #literal(node: Node, value: number | boolean | null): CodeValue {
    const isAsWritten = typeof value !== "number" || String(value) === node.text;
    const pieces = isAsWritten ? literal(embeddedSlice(this.#source, rangeOf(node))) : null;
    return { ...this.#written(node), kind: "literal", value, pieces };
  }

  #inner(node: Node): CodeValue {
    const [inner] = children(node);
    return inner === undefined ? this.#opaque(node) : this.value(inner);
  }

  #field(node: Node, name: string): CodeValue {
    const field = node.childForFieldName(name);
    return field === null ? this.#opaque(node) : this.value(field);
  }

  // Text

  /** `isFilled` as in `TextValue`. */
  #text(node: Node, pieces: readonly Piece[], isFilled: boolean): TextValue {
    return { ...this.#written(node), kind: "text", pieces, isFilled };
  }

  #string(node: Node): CodeValue {
    const parts = literalParts(node);
    if (parts.isBytes) return this.#opaque(node);
    const pieces: Piece[] = [];
    let at = parts.inside.start;
    const flush = (end: number) => {
      if (end > at) pieces.push(...staticText(this.#source, { start: at, end }, parts));
    };
    for (const interpolation of parts.isFormatted ? parts.interpolations : []) {
      flush(interpolation.startIndex);
      pieces.push(...this.#interpolation(interpolation));
      at = interpolation.endIndex;
    }
    flush(parts.inside.end);
    return this.#text(node, pieces, parts.isFormatted);
  }

  #interpolation(node: Node): readonly Piece[] {
    const expression = node.childForFieldName("expression");
    if (expression === null) return [];
    const range = rangeOf(node);
    const shown = /^\{[\s\S]*?=\s*(?:![a-z])?(?::[^{}]*)?\}$/.test(node.text)
      ? this.#shownExpression(node, expression)
      : [];
    const value = this.value(expression);
    const isPlain = children(node).length === 1 && shown.length === 0;
    if (value.kind === "text" && isPlain)
      return value.pieces.length === 1 ? widened(value.pieces[0]!, range) : value.pieces;
    const start = shown.length === 0 ? range.start : expression.endIndex;
    const written = value.hole();
    // `{now:%d.%m.%Y}` writes the day of the clock.
    const scope = asDay(written.scope, node.text);
    return [...shown, hole({ ...written, scope, range: { start, end: range.end } })];
  }

  /** `{value=}` writes the expression too. */
  #shownExpression(node: Node, expression: Node): readonly Piece[] {
    const between = this.#source.slice(expression.endIndex, node.endIndex);
    if (!/^\s*=/.test(between)) return [];
    const builder = new EmbeddedTextBuilder(this.#source);
    builder.slice(expression.startIndex, expression.endIndex);
    builder.unit("=", Math.max(expression.startIndex, expression.endIndex - 1), expression.endIndex);
    return literal(builder.build(rangeOf(expression)));
  }

  /** Literals side by side are one text, also for the engine that reads it. */
  #joined(node: Node): CodeValue {
    const strings = children(node).filter(({ type }) => type === "string");
    const parts = strings.map(literalParts);
    if (parts.some(({ isBytes }) => isBytes)) return this.#opaque(node);
    if (parts.every(({ isFormatted }) => !isFormatted)) {
      const builder = new EmbeddedTextBuilder(this.#source);
      for (const part of parts) addStaticText(builder, this.#source, part.inside, part);
      return this.#text(node, literal(builder.build(rangeOf(node))), false);
    }
    return this.#text(
      node,
      strings.flatMap((string) => piecesOf(this.value(string))),
      true,
    );
  }

  /** `+` and `%`; the left spine of a long sum is walked, not descended. */
  #operator(node: Node): CodeValue {
    const operator = node.childForFieldName("operator")?.text;
    if (operator === "%") return this.#percent(node);
    if (operator === "*") return this.#repeated(node);
    if (operator !== "+") return this.#opaque(node);
    const values = operands(node).map((operand) => this.value(operand));
    if (values.some(({ kind }) => kind === "list"))
      return { ...this.#written(node), kind: "list", items: concatenated(values), reference: null };
    return values.some(({ kind }) => kind === "text")
      ? this.#text(node, values.flatMap(piecesOf), values.some(isFilled))
      : this.#opaque(node);
  }

  /** `"-" * 40`. */
  #repeated(node: Node): CodeValue {
    const [left, right] = [this.#field(node, "left"), this.#field(node, "right")];
    const [text, count] = left.kind === "text" ? [left, right] : [right, left];
    const times = count.kind === "literal" && typeof count.value === "number" ? count.value : -1;
    if (text.kind !== "text" || times < 0 || times > 200 || text.pieces.length > 1) return this.#opaque(node);
    const [only] = text.pieces;
    if (only?.kind !== "literal") return this.#opaque(node);
    const builder = new EmbeddedTextBuilder(this.#source);
    builder.unit(only.text.text.repeat(times), node.startIndex, node.endIndex);
    return this.#text(node, literal(builder.build(rangeOf(node))), isFilled(text));
  }

  #percent(node: Node): CodeValue {
    const text = this.#field(node, "left");
    const right = node.childForFieldName("right");
    if (text.kind !== "text" || right === null) return this.#opaque(node);
    const values = new Map<string, readonly Piece[]>();
    const given = this.value(right);
    if (given.kind === "record") {
      for (const { key, value } of given.entries) values.set(key, piecesOf(value));
    } else if (given.kind === "list") {
      given.items.forEach((item, index) => {
        values.set(String(index), piecesOf(item));
      });
    } else values.set("0", piecesOf(given));
    return this.#text(node, this.#read(text.pieces, percentEngine, values), true);
  }

  #read(
    pieces: readonly Piece[],
    engine: Engine,
    values: ReadonlyMap<string, readonly Piece[]>,
  ): readonly Piece[] {
    this.#budget.spendOnPieces(pieces);
    return applyEngine(this.#path, pieces, { engine, values }, this.problems);
  }

  #conditional(node: Node): CodeValue {
    const [body, condition, otherwise] = children(node);
    if (body === undefined || condition === undefined || otherwise === undefined) return this.#opaque(node);
    return this.#oneOf(node, condition, this.value(body), this.value(otherwise));
  }

  /** `given or "…"`: what is given, or the text. */
  #boolean(node: Node): CodeValue {
    const [left, right] = [node.childForFieldName("left"), node.childForFieldName("right")];
    const isOr = node.childForFieldName("operator")?.text === "or";
    if (!isOr || left === null || right === null) return this.#opaque(node);
    return this.#oneOf(node, left, this.value(left), this.value(right));
  }

  /** One of two values, of which at least one is text. */
  #oneOf(node: Node, condition: Node, yes: CodeValue, no: CodeValue): CodeValue {
    const values = [yes, no];
    const fits = values.every(({ kind }) => ["text", "opaque", "call", "literal"].includes(kind));
    if (!fits || !values.some(({ kind }) => kind === "text")) return this.#opaque(node);
    const pieces = (value: CodeValue) => (isEmpty(value) ? [] : piecesOf(value));
    const choice = this.#choice(condition, rangeOf(node), pieces(yes), pieces(no));
    return this.#text(node, [choice], values.some(isFilled));
  }

  // Names

  #identifier(node: Node): CodeValue {
    const scope = this.#names.scopeAt(node.startIndex);
    const found = lookUp(node.text, scope);
    if (found === null) return this.#opaque(node);
    // Agents take functions for their instructions, and call them.
    const value =
      this.#bound(node, node.text, found.bindings) ??
      (scope === found.scope ? this.#inSequence(node, node.text, found.bindings) : null) ??
      this.#returned(node, node);
    return value ?? this.#opaque(node);
  }

  /** `self.name`, `Class.name` and `module.name`. */
  #attribute(node: Node): CodeValue {
    const object = node.childForFieldName("object");
    const name = node.childForFieldName("attribute")?.text;
    if (object?.type !== "identifier" || name === undefined) return this.#opaque(node);
    const scope = this.#names.scopeAt(node.startIndex);
    const ownClass = object.text === "self" || object.text === "cls" ? classAround(scope) : null;
    if (ownClass !== null) return this.#member(node, ownClass, name, 0) ?? this.#opaque(node);
    const [binding, ...others] = lookUp(object.text, scope)?.bindings ?? [];
    if (binding === undefined || others.length > 0) return this.#opaque(node);
    if (binding.kind === "class") return this.#member(node, binding.scope, name, 0) ?? this.#opaque(node);
    if (binding.kind !== "import" || this.#claims.known(node, false) !== null) return this.#opaque(node);
    return mayNameText(name) ? this.#imported(node, binding, name) : this.#opaque(node);
  }

  #member(node: Node, scope: Scope, name: string, depth: number): CodeValue | null {
    const bindings = scope.bindings.get(name);
    if (bindings !== undefined) return this.#bound(node, node.text, bindings);
    for (const base of scope.bases) {
      const [root = "", ...rest] = base.split(".");
      const [binding] = lookUp(root, scope.parent ?? scope)?.bindings ?? [];
      if (depth < maxDepth && binding?.kind === "class" && rest.length === 0) {
        const found = this.#member(node, binding.scope, name, depth + 1);
        if (found !== null) return found;
      }
      if (binding?.kind === "import" && mayNameText(name)) {
        return this.#imported(node, binding, [...rest, name].join("."));
      }
    }
    return null;
  }

  /** The value that a name stands for at `node`; `null` when it cannot be told. */
  #bound(node: Node, name: string, bindings: readonly Binding[]): CodeValue | null {
    this.#budget.spendOnBindings(bindings);
    const [first, ...more] = bindings.filter(
      (binding) =>
        binding.kind !== "more" || binding.isElsewhere === true || binding.node.startIndex < node.startIndex,
    );
    if (first?.kind === "import" && more.length === 0) {
      return mayNameText(name) ? this.#imported(node, first, "") : null;
    }
    if (first?.kind !== "value" || this.#open.has(first.node.id)) return null;
    if (more.length > 0 && more.every(({ kind }) => kind === "value")) {
      const values = [first, ...more].flatMap((each) => (each.kind === "value" ? [each.node] : []));
      return this.#assigned(node, name, values);
    }
    if (first.node.startIndex <= node.startIndex && node.startIndex < first.node.endIndex) return null;
    this.#open.add(first.node.id);
    const start = this.value(first.node);
    const value = more.length === 0 ? start : this.#lengthened(node, start, more);
    this.#open.delete(first.node.id);
    return value === null ? null : this.#reference(node, name, value);
  }

  /**
   * The list that a name stands for at `node`, where it is given others on the way, or is a parameter that is lengthened:
   * `messages = messages + [a]`, `messages = [a] + messages`, `history.append(a)`.
   */
  #inSequence(node: Node, name: string, bindings: readonly Binding[]): CodeValue | null {
    const found = listSteps(node, bindings, (value) => additionsTo(name, value));
    this.#budget.spend(found.steps.length * stepsPerAssignment);
    const sequence = listSequence(node, found, runsBefore);
    if (sequence === null) return null;
    const { start, more, parts } = sequence;
    if (start === null) return this.#addedTo(node, name, this.#opaque(node), more, parts);
    if (this.#open.has(start.id)) return null;
    this.#open.add(start.id);
    const value = this.#addedTo(node, name, this.value(start), more, parts);
    this.#open.delete(start.id);
    return value;
  }

  #addedTo(
    node: Node,
    name: string,
    start: CodeValue,
    more: readonly Binding[],
    parts: readonly TextRange[],
  ): CodeValue | null {
    const list = more.length === 0 ? start : this.#lengthened(node, start, more);
    return list?.kind === "list" ? this.#reference(node, name, { ...list, parts }) : null;
  }

  /** `if c: x = "…"` and `else: x = "…"` give one of two texts, and so does `x = ""` in front of `if c: x = "…"`. */
  #assigned(node: Node, name: string, values: readonly Node[]): CodeValue | null {
    const branches = values.map(branchOf);
    const decided = decidedAt(node, branches);
    const given = decided === null ? [] : values.map((value) => this.#followed(value));
    const texts = given.filter((value) => value !== null);
    if (decided === null || texts.length < values.length) return null;
    const pieces = assignedPieces(branches, texts.map(piecesOfBranch), (branch, body, otherwise) =>
      this.#choice(branch.condition, rangeOf(branch.statement ?? decided), body, otherwise),
    );
    if (pieces === null) return null;
    const text = this.#text(node, pieces, texts.some(isFilled));
    return this.#reference(node, name, { ...text, range: rangeOf(decided) });
  }

  /** A text, or nothing; `null` for what is neither. */
  #followed(value: Node): CodeValue | null {
    if (this.#open.has(value.id)) return null;
    this.#open.add(value.id);
    const found = this.value(value);
    this.#open.delete(value.id);
    return found.kind === "text" || isEmpty(found) ? found : null;
  }

  #choice(
    condition: Node,
    range: TextRange,
    body: readonly Piece[],
    otherwise: readonly Piece[],
  ): ChoicePiece {
    const scope = this.#claims.of(condition);
    const [name, expression] = [nameOf(condition), shortened(condition.text)];
    return { kind: "choice", range, name, expression, scope, body, otherwise };
  }

  /** A list or a text with what is added to it afterwards; `null` when that cannot be told. */
  #lengthened(node: Node, start: CodeValue, more: readonly Binding[]): CodeValue | null {
    if (start.kind === "list" || (isUnknown(start) && more.some((binding) => this.#addsItems(binding)))) {
      const isWritten = start.kind === "list";
      const items = isWritten
        ? [...(start.reference === null ? start.items : [spreadOf(start)])]
        : [spreadOf(start)];
      this.#budget.spend(items.length);
      for (const binding of more) {
        if (binding.kind !== "more") return null;
        if (binding.isElsewhere === true) continue;
        if (!this.#mayGoOn(binding.node)) break;
        insert(items, this.#addedItem(binding), binding);
      }
      if (more.some((binding) => binding.kind === "more" && binding.isElsewhere === true))
        items.push(spreadOf(this.#opaque(node)));
      const { range, hole } = start;
      return { kind: "list", range, hole, items, reference: null };
    }
    if (start.kind !== "text") return null;
    const pieces = [...start.pieces];
    for (const binding of more) {
      if (binding.kind !== "more" || binding.form === "append" || binding.isElsewhere === true) return null;
      if (!this.#mayGoOn(binding.node)) break;
      for (const piece of this.#addedPieces(binding)) pieces.push(piece);
    }
    return { ...start, pieces };
  }

  #addsItems(binding: Binding): boolean {
    if (binding.kind !== "more" || binding.isElsewhere === true) return false;
    const added = this.value(binding.node).kind;
    return binding.form === "append" ? added === "record" || added === "call" : added === "list";
  }

  #addedItem({ node, form }: MoreBinding): CodeValue {
    const added = this.value(node);
    if (controlAround(node) !== null || (form === "concat" && added.kind !== "list")) {
      return { kind: "spread", range: added.range, hole: added.hole, value: this.#opaque(node) };
    }
    return form === "append" ? added : spreadOf(added);
  }

  #addedPieces({ node }: MoreBinding): readonly Piece[] {
    const around = controlAround(node);
    const added = this.value(node);
    const pieces = piecesOf(added);
    if (around === null) return pieces;
    if (around.statement.type === "for_statement" && added.kind === "text") {
      return this.#loop(around.statement, rangeOf(around.statement), pieces);
    }
    if (around.condition === null || added.kind !== "text") return [hole(added.hole())];
    return [this.#choice(around.condition, rangeOf(node), pieces, [])];
  }

  /** A name stands where the value is used; the value keeps the place where it is written. */
  #reference(node: Node, name: string, value: CodeValue): CodeValue | null {
    const range = rangeOf(node);
    if (value.kind === "text") {
      if (!mayBeNamed(value.pieces)) return null;
      const [only] = value.pieces;
      if (value.pieces.length === 1 && only?.kind === "segment" && only.segment.kind === "hole") return null;
      const pieces: Piece[] =
        value.pieces.length === 0
          ? []
          : [{ kind: "reference", range, name, definition: value.range, pieces: value.pieces }];
      return this.#text(node, pieces, isFilled(value));
    }
    if (value.kind === "list") {
      // In a text it is called as it is where it stands, not `[]`.
      return {
        ...value,
        ...this.#written(node),
        reference: value.reference ?? { name, range, definition: value.range },
      };
    }
    if (value.kind === "call") return isMessageCall(value) ? value : null;
    return value.kind === "record" || value.kind === "literal" ? value : null;
  }

  /** A text of another module: filled in when all modules are known. */
  #imported(
    node: Node,
    binding: Extract<Binding, { readonly kind: "import" }>,
    attribute: string,
  ): CodeValue {
    const range = rangeOf(node);
    // What a module exports under a small name, and has members itself, is a module in it.
    const inner = attribute !== "" && /^[a-z_]/.test(binding.name ?? "") ? binding.name : null;
    const module = modulePath(binding.module, inner);
    const name = [inner === null ? binding.name : null, attribute].filter((part) => part).join(".");
    if (name === "") return this.#opaque(node);
    const own = this.#hole(node);
    // An object of another module may hold anything; a name that is imported itself is most often a constant.
    const isFixed = attribute === "" || binding.name === null;
    const scope = isFixed
      ? inferred("constant", `\`${node.text}\` is imported: fixed at deployment`)
      : own.scope;
    const otherwise: HoleSegment = { ...own, scope };
    const piece: Piece = {
      kind: "segment",
      segment: {
        kind: "include",
        range,
        target: name,
        resolved: null,
        member: { module, name, otherwise },
      },
    };
    return this.#text(node, [piece], true);
  }

  // Calls

  #call(node: Node): CodeValue {
    const called = node.childForFieldName("function");
    const given = node.childForFieldName("arguments");
    if (called === null) return this.#opaque(node);
    const positional: CodeValue[] = [];
    const named = new Map<string, CodeValue>();
    for (const argument of given?.type === "argument_list" ? children(given) : []) {
      if (argument.type === "keyword_argument") {
        const name = argument.childForFieldName("name")?.text ?? "";
        named.set(name, this.#field(argument, "value"));
      } else if (argument.type !== "dictionary_splat") positional.push(this.value(argument));
    }
    const callee = dottedName(called);
    const hasMore = given !== null && children(given).some(({ type }) => type === "dictionary_splat");
    const object = called.type === "attribute" ? called.childForFieldName("object") : null;
    const receiver = () => (object === null ? null : this.#receiver(object));
    const own = { callee, positional, named, hasMore, receiver };
    const value: CallValue = { ...this.#written(node), kind: "call", ...own };
    return (
      this.#method(node, called, value) ??
      this.#function(node, value) ??
      this.#returned(node, called) ??
      value
    );
  }

  /** What a method is called on, also by a name that is given a value once. */
  #receiver(object: Node): CodeValue {
    const found =
      object.type === "identifier" ? lookUp(object.text, this.#names.scopeAt(object.startIndex)) : null;
    const [binding, ...others] = found?.bindings ?? [];
    const made = binding?.kind === "value" && others.length === 0 ? binding.node : object;
    return this.value(made.type === "call" ? made : object);
  }

  /** Methods of text, and of `string.Template`. */
  #method(node: Node, called: Node, call: CallValue): CodeValue | null {
    const object = called.type === "attribute" ? called.childForFieldName("object") : null;
    const method = called.childForFieldName("attribute")?.text ?? "";
    if (object === null || !textMethods.has(method)) return null;
    const owner = this.value(object);
    if (owner.kind === "call" && lastPart(owner.callee) === "Template") {
      const [text] = owner.positional;
      if (text?.kind !== "text" || !method.endsWith("substitute")) return null;
      return this.#text(node, this.#read(text.pieces, dollarNamesEngine, namedPieces(call)), true);
    }
    if (owner.kind !== "text") return null;
    const [first] = call.positional;
    const characters = first?.kind === "text" ? knownText(first.pieces) : null;
    this.#budget.spendOnPieces(owner.pieces);
    switch (method) {
      case "strip":
        return this.#text(node, trimPieces(owner.pieces, "both", characters), isFilled(owner));
      case "lstrip":
        return this.#text(node, trimPieces(owner.pieces, "start", characters), isFilled(owner));
      case "rstrip":
        return this.#text(node, trimPieces(owner.pieces, "end", characters), isFilled(owner));
      case "format":
        return this.#text(node, this.#read(owner.pieces, strFormatEngine, formatValues(call)), true);
      case "join":
        return (first === undefined ? null : this.#join(node, owner, first)) ?? this.#joinedLoop(node, owner);
      default:
        return null;
    }
  }

  #join(node: Node, separator: TextValue, list: CodeValue): CodeValue | null {
    if (list.kind !== "list") return null;
    const items = flatItems(list);
    if (items.some(({ kind }) => kind === "spread")) return null;
    const between = this.#elsewhere(separator);
    const pieces = items.flatMap((item, index) => [...(index === 0 ? [] : between), ...piecesOf(item)]);
    const isAnyFilled = isFilled(separator) || items.some(isFilled);
    if (list.reference === null) return this.#text(node, pieces, isAnyFilled);
    return this.#text(node, [{ kind: "reference", ...list.reference, pieces }], isAnyFilled);
  }

  /**
   * `"\n".join(f"- {x}" for x in xs)`: the text and the separator for every item. One separator too many stands at the
   * end: what a request really sends is shorter by it.
   */
  #joinedLoop(node: Node, separator: TextValue): CodeValue | null {
    const given = node.childForFieldName("arguments");
    const comprehension =
      given === null || !comprehensions.has(given.type) ? children(given ?? node)[0] : given;
    const body = comprehension?.childForFieldName("body") ?? null;
    if (comprehension === undefined || body === null || !comprehensions.has(comprehension.type)) return null;
    const clauses = children(comprehension).filter(({ type }) => type === "for_in_clause");
    const text = this.value(body);
    const [only] = clauses;
    if (only === undefined || clauses.length > 1) return null;
    const pieces = [...piecesOf(text), ...this.#elsewhere(separator)];
    return this.#text(node, this.#loop(only, rangeOf(comprehension), pieces), isFilled(text));
  }

  /** `clause` is a `for` statement or the clause of a comprehension. */
  #loop(clause: Node, range: TextRange, body: readonly Piece[]): readonly Piece[] {
    const [left, right] = [clause.childForFieldName("left"), clause.childForFieldName("right")];
    if (left === null || right === null || body.length === 0) return [];
    const item = left.type === "identifier" ? left.text : null;
    const [name, expression] = [nameOf(right), shortened(right.text)];
    return [{ kind: "loop", range, name, expression, scope: this.#claims.of(right), item, body }];
  }

  /** The separator is written once and sent between all items. */
  #elsewhere(separator: TextValue): readonly Piece[] {
    if (separator.pieces.length === 0) return [];
    const { range, pieces } = separator;
    return [{ kind: "reference", range, name: "separator", definition: range, pieces }];
  }

  /** Functions that give back the text that they are given, changed or not. */
  #function(node: Node, call: CallValue): CodeValue | null {
    const name = lastPart(call.callee);
    const [first] = call.positional;
    if (name === "dict" && call.callee === "dict") return this.#dict(node, call);
    if (first?.kind !== "text") return null;
    this.#budget.spendOnPieces(first.pieces);
    if (name === "dedent") return this.#text(node, dedentPieces(first.pieces), isFilled(first));
    if (name === "cleandoc")
      return this.#text(node, trimPieces(dedentPieces(first.pieces), "both"), isFilled(first));
    return call.callee === "str" ? this.#text(node, first.pieces, isFilled(first)) : null;
  }

  /**
   * The text or the list that a function of this module returns, where it has one `return` only, beside guards that return
   * `None`; its parameters stay holes. Of a method it is a list.
   */
  #returned(node: Node, called: Node): CodeValue | null {
    const method = methodNamed(this.#names, called);
    const definition = method ?? functionNamed(this.#names, called);
    if (definition === null || this.#open.has(definition.id)) return null;
    // A guard that gives nothing back is passed: who calls it wants the text.
    const [only, ...others] = returnsOf(this.#names, definition).filter((value) => !isNothing(value));
    if (only === undefined || others.length > 0) return null;
    this.#open.add(definition.id);
    const value = this.value(only);
    this.#open.delete(definition.id);
    const isFollowed = value.kind === "list" || (value.kind === "text" && method === null);
    return isFollowed ? this.#reference(node, `${called.text}()`, value) : null;
  }

  // Containers

  #list(node: Node, items: readonly Node[]): CodeValue {
    return {
      ...this.#written(node),
      kind: "list",
      items: items.map((item) => this.value(item)),
      reference: null,
    };
  }

  #dictionary(node: Node): RecordValue {
    const entries: { key: string; value: CodeValue }[] = [];
    let isWhole = true;
    for (const child of children(node)) {
      const key = child.type === "pair" ? child.childForFieldName("key") : null;
      const name = key?.type === "string" ? this.value(key) : null;
      if (name?.kind === "text")
        entries.push({ key: knownText(name.pieces), value: this.#field(child, "value") });
      else isWhole = false;
    }
    return { ...this.#written(node), kind: "record", entries, isWhole };
  }

  #dict(node: Node, { named, positional }: CallValue): RecordValue {
    const entries = [...named].map(([key, value]) => ({ key, value }));
    return { ...this.#written(node), kind: "record", entries, isWhole: positional.length === 0 };
  }

  // What only a run knows

  #opaque(node: Node): CodeValue {
    return { ...this.#written(node), kind: "opaque" };
  }

  /** The hole is made when somebody asks for it: most values never stand in a text. */
  #written(node: Node): { readonly range: TextRange; readonly hole: () => HoleSegment } {
    let made: HoleSegment | null = null;
    const make = () => {
      made ??= this.#hole(node);
      return made;
    };
    return { range: rangeOf(node), hole: make };
  }

  #hole(node: Node): HoleSegment {
    const name = nameOf(node);
    const form = node.type === "call" ? "call" : "variable";
    return {
      kind: "hole",
      range: rangeOf(node),
      form,
      name,
      expression: shortened(node.text),
      scope: this.#claims.of(node),
    };
  }
}

const textMethods = new Set(["strip", "lstrip", "rstrip", "format", "join", "substitute", "safe_substitute"]);

/** Names of constants and modules, not of classes. */
function mayNameText(name: string): boolean {
  const last = lastPart(name);
  return /^_*[A-Z][A-Z0-9_]*$/.test(last) || /^[a-z_][a-z0-9_]*$/.test(last);
}

/** `.prompts` as `./prompts`, `..a.b` as `../a/b`, `a.b` as `a/b`. */
function modulePath(module: string, inner: string | null): string {
  const dots = /^\.*/.exec(module)![0].length;
  const own = module.slice(dots).replaceAll(".", "/");
  const path = [own, inner ?? ""].filter((part) => part !== "").join("/");
  if (dots === 0) return path;
  return `${dots === 1 ? "./" : "../".repeat(dots - 1)}${path}`;
}

function namedPieces(call: CallValue): ReadonlyMap<string, readonly Piece[]> {
  return new Map([...call.named].map(([name, value]) => [name, piecesOf(value)]));
}

function formatValues(call: CallValue): ReadonlyMap<string, readonly Piece[]> {
  const positional = call.positional.map((value, index) => [String(index), piecesOf(value)] as const);
  return new Map([...positional, ...namedPieces(call)]);
}

function isFilled(value: CodeValue): boolean {
  return value.kind === "text" && value.isFilled === true;
}

function piecesOfBranch(value: CodeValue): readonly Piece[] {
  return isEmpty(value) ? [] : piecesOf(value);
}

function isUnknown({ kind }: CodeValue): boolean {
  return kind === "opaque" || kind === "call";
}

function isEmpty(value: CodeValue): boolean {
  return value.kind === "literal" && value.value === null;
}

/** `None`, an empty text or an empty collection, as they are written. */
function isNothing({ type, text }: Node): boolean {
  return (
    type === "none" ||
    /^(?:[rRuUbBfF]*("""|'''|"|')\1|\[\s*\]|\{\s*\}|\(\s*\)|(?:str|list|dict|tuple)\(\s*\))$/.test(text)
  );
}

/** A single reference or hole takes the place of the whole interpolation. */
function widened(piece: Piece, range: TextRange): readonly Piece[] {
  if (piece.kind === "reference") return [{ ...piece, range }];
  if (piece.kind === "segment") return [{ kind: "segment", segment: { ...piece.segment, range } }];
  return [piece];
}

const comprehensions: ReadonlySet<string> = new Set(["list_comprehension", "generator_expression"]);
