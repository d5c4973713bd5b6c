/** Expressions of a JavaScript or TypeScript module as values: what can be known without running it. */
import type { Node } from "web-tree-sitter";
import { embeddedSlice } from "../../embedded.ts";
import { inferred } from "../../scope-inference.ts";
import type { HoleSegment } from "../../template.ts";
import type { Problem, TextRange } from "../../text.ts";
import { assignedPieces, type Branch, decidedAt } from "../branches.ts";
import { Budget, mayBeNamed, tooMuchToFollow } from "../budget.ts";
import { concatenated, flatItems, insert, listSequence, listSteps, spreadOf } from "../lists.ts";
import { isMessageCall } from "../messages.ts";
import { children, rangeOf, shortened } from "../nodes.ts";
import { type ChoicePiece, fillHoles, hole, knownText, literal, type Piece, trimPieces } from "../pieces.ts";
import { classAround, outsideBlocks } from "../scopes.ts";
import {
  type CallValue,
  type CodeValue,
  entry,
  isFilled,
  type ListValue,
  lastPart,
  piecesOf,
  type RecordValue,
  type TextValue,
} from "../values.ts";
import { Claims } from "./claims.ts";
import { insideOf, type LiteralForm, staticText } from "./literals.ts";
import {
  additionsTo,
  type Binding,
  functionTypes,
  type ImportBinding,
  keyOf,
  lookUp,
  type ModuleNames,
  type MoreBinding,
  parametersOf,
  type Scope,
  stringText,
  unwrapped,
  wrappers,
} from "./module.ts";
import { modulePath } from "./module-paths.ts";
import { dottedName, nameOf } from "./names.ts";
import { literalPattern, replaceText, taggedText } from "./text-functions.ts";

/** Deeper expressions are no prompts that anybody wrote. */
const maxDepth = 64;

/** For an assignment that is taken apart. */
const stepsPerAssignment = 32;

/** Conditions that decide, one in or behind the other, what a function gives back. */
const maxChoices = 100;

export class Evaluator {
  /** What is left out because the file asks for too much. */
  readonly limits: Problem[] = [];
  readonly #source: string;
  readonly #names: ModuleNames;
  readonly #claims: Claims;
  readonly #values = new Map<number, CodeValue>();
  /** Definitions that are being followed. */
  readonly #open = new Set<number>();
  /** Lists whose empty items are left out (`.filter(Boolean)`). */
  readonly #compact = new WeakSet<CodeValue>();
  readonly #budget: Budget;
  #depth = 0;
  #choices = 0;

  constructor(source: string, names: ModuleNames) {
    this.#budget = new Budget(source);
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
    if (wrappers.has(node.type)) return this.#child(node, 0);
    switch (node.type) {
      case "string":
        return this.#text(node, staticText(this.#source, insideOf(node), "string"), false);
      case "template_string":
        return this.#template(node, "template");
      case "await_expression":
        return this.#child(node, 0);
      case "type_assertion":
        return this.#child(node, 1);
      case "identifier":
      case "shorthand_property_identifier":
        return this.#identifier(node);
      case "member_expression":
        return this.#member(node);
      case "subscript_expression":
        return this.#subscript(node);
      case "binary_expression":
        return this.#operator(node);
      case "ternary_expression":
        return this.#ternary(node);
      case "call_expression":
        return this.#call(node);
      case "new_expression":
        return this.#made(node);
      case "array":
        return this.#array(node);
      case "spread_element":
        return this.#spread(node);
      case "object":
        return this.#object(node);
      case "enum_declaration":
        return this.#enum(node);
      case "number":
        return this.#literal(node, Number(node.text.replaceAll("_", "")) || 0);
      case "true":
      case "false":
        return this.#literal(node, node.type === "true");
      case "null":
      case "undefined":
        return this.#literal(node, null);
      default:
        return this.#opaque(node);
    }
  }

  #child(node: Node, index: number): CodeValue {
    const inner = children(node)[index];
    return inner === undefined ? this.#opaque(node) : this.value(inner);
  }

  #field(node: Node, name: string): CodeValue {
    const field = node.childForFieldName(name);
    return field === null ? this.#opaque(node) : this.value(field);
  }

  #literal(node: Node, value: number | boolean | null): CodeValue {
    const isAsWritten = typeof value !== "number" || String(value) === node.text;
    const pieces = isAsWritten ? literal(embeddedSlice(this.#source, rangeOf(node))) : null;
    return { ...this.#written(node), kind: "literal", value, pieces };
  }

  // Text

  /** `isFilled` as in `TextValue`. */
  #text(node: Node, pieces: readonly Piece[], isFilled: boolean): TextValue {
    return { ...this.#written(node), kind: "text", pieces, isFilled };
  }

  #template(node: Node, form: LiteralForm): TextValue {
    const inside = insideOf(node);
    const pieces: Piece[] = [];
    let at = inside.start;
    const flush = (end: number) => {
      if (end > at) pieces.push(...staticText(this.#source, { start: at, end }, form));
    };
    const substitutions = children(node).filter(({ type }) => type === "template_substitution");
    for (const substitution of substitutions) {
      flush(substitution.startIndex);
      pieces.push(...this.#substitution(substitution));
      at = substitution.endIndex;
    }
    flush(inside.end);
    return this.#text(node, pieces, substitutions.length > 0);
  }

  #substitution(node: Node): readonly Piece[] {
    const [expression] = children(node);
    if (expression === undefined) return [];
    const pieces = piecesOf(this.value(expression));
    const [only] = pieces;
    return pieces.length === 1 && only !== undefined ? [widened(only, rangeOf(node))] : pieces;
  }

  #operator(node: Node): CodeValue {
    const [left, right] = [node.childForFieldName("left"), node.childForFieldName("right")];
    if (left === null || right === null) return this.#opaque(node);
    switch (node.childForFieldName("operator")?.text) {
      case "+":
        return this.#sum(node);
      case "&&":
        return this.#oneOf(node, rangeOf(node), conditionOf(left), this.value(right), null);
      case "||":
      case "??": {
        const first = this.value(left);
        const isSure = first.kind === "text" && knownText(first.pieces) !== "" && !isImport(first.pieces);
        return isSure ? first : this.#oneOf(node, rangeOf(node), conditionOf(left), first, this.value(right));
      }
      default:
        return this.#opaque(node);
    }
  }

  /** The left spine of a long sum is walked, not descended. */
  #sum(node: Node): CodeValue {
    const operands: Node[] = [];
    let left: Node | null = node;
    while (left?.type === "binary_expression" && left.childForFieldName("operator")?.text === "+") {
      const right = left.childForFieldName("right");
      if (right !== null) operands.push(right);
      left = left.childForFieldName("left");
    }
    if (left !== null) operands.push(left);
    const values = operands.reverse().map((operand) => this.value(operand));
    return values.some(({ kind }) => kind === "text")
      ? this.#text(node, values.flatMap(piecesOf), values.some(isFilled))
      : this.#opaque(node);
  }

  #ternary(node: Node): CodeValue {
    const condition = node.childForFieldName("condition");
    if (condition === null) return this.#opaque(node);
    const [yes, no] = [this.#field(node, "consequence"), this.#field(node, "alternative")];
    return this.#oneOf(node, rangeOf(node), conditionOf(condition), yes, no);
  }

  /** One of two values, of which at least one is text; `null` for nothing. */
  #oneOf(
    node: Node,
    range: TextRange,
    { asked, expression }: Condition,
    yes: CodeValue | null,
    no: CodeValue | null,
  ): CodeValue {
    const values = [yes, no].filter((value) => value !== null);
    const fits = values.every(({ kind }) => ["text", "opaque", "call", "literal"].includes(kind));
    if (!fits || !values.some(({ kind }) => kind === "text")) return this.#opaque(node);
    const [body, otherwise] = [branch(yes), branch(no)];
    const scope = this.#claims.of(asked);
    const choice: Piece = { kind: "choice", range, name: nameOf(asked), expression, scope, body, otherwise };
    const pieces = body.length + otherwise.length === 0 ? [] : [choice];
    return { ...this.#text(node, pieces, values.some(isFilled)), range };
  }

  // Names

  #identifier(node: Node): CodeValue {
    if (node.text === "undefined") return this.#literal(node, null);
    const scope = this.#names.scopeAt(node.startIndex);
    const found = lookUp(node.text, scope);
    if (found === null) return this.#opaque(node);
    const isInPlace = outsideBlocks(scope) === outsideBlocks(found.scope);
    const value =
      this.#bound(node, node.text, found.bindings, found.scope) ??
      (isInPlace ? this.#inSequence(node, node.text, found.bindings, found.scope) : null);
    return value ?? this.#opaque(node);
  }

  /** `this.name`, `Class.name`, `object.name` and `module.name`. */
  #member(node: Node): CodeValue {
    const object = node.childForFieldName("object");
    const name = node.childForFieldName("property")?.text;
    if (object === null || name === undefined) return this.#opaque(node);
    return this.#memberOf(node, unwrapped(object), name) ?? this.#opaque(node);
  }

  #subscript(node: Node): CodeValue {
    const [object, index] = [node.childForFieldName("object"), node.childForFieldName("index")];
    const key = index === null ? null : stringText(index);
    if (object === null || key === null) return this.#opaque(node);
    return this.#memberOf(node, unwrapped(object), key) ?? this.#opaque(node);
  }

  #memberOf(node: Node, object: Node, name: string): CodeValue | null {
    const scope = this.#names.scopeAt(node.startIndex);
    if (object.type === "this") {
      const ownClass = classAround(scope);
      return ownClass === null ? null : this.#inClass(node, ownClass, name, 0);
    }
    const found = object.type === "identifier" ? lookUp(object.text, scope) : null;
    const [binding, ...others] = found?.bindings ?? [];
    if (others.length === 0 && binding?.kind === "class") return this.#inClass(node, binding.scope, name, 0);
    if (others.length === 0 && binding?.kind === "import") return this.#imported(node, binding, name);
    const path = object.type === "member_expression" ? this.#importedObject(object) : null;
    if (path !== null) return this.#imported(node, path, name);
    const record = this.value(object);
    const value = record.kind === "record" ? entry(record, name) : undefined;
    return value === undefined ? null : this.#reference(node, node.text, value);
  }

  /** `prompts.chat` of `prompts.chat.system`, where `prompts` is imported. */
  #importedObject(object: Node): ImportBinding | null {
    const path: string[] = [];
    let at: Node | null = object;
    while (at?.type === "member_expression" && path.length < maxDepth) {
      path.unshift(at.childForFieldName("property")?.text ?? "");
      at = at.childForFieldName("object");
    }
    if (at?.type !== "identifier") return null;
    const [binding, ...others] = lookUp(at.text, this.#names.scopeAt(object.startIndex))?.bindings ?? [];
    if (binding?.kind !== "import" || others.length > 0) return null;
    return { ...binding, name: [...(binding.name === null ? [] : [binding.name]), ...path].join(".") };
  }

  #inClass(node: Node, scope: Scope, name: string, depth: number): CodeValue | null {
    const bindings = scope.bindings.get(name);
    if (bindings !== undefined) return this.#bound(node, node.text, bindings, scope);
    const [base = ""] = scope.bases;
    const [binding] = lookUp(base, scope.parent ?? scope)?.bindings ?? [];
    if (binding?.kind === "import") return this.#imported(node, binding, name);
    return binding?.kind === "class" && depth < maxDepth
      ? this.#inClass(node, binding.scope, name, depth + 1)
      : null;
  }

  /** The value that a name of `scope` stands for at `node`; `null` when it cannot be told. */
  #bound(node: Node, name: string, bindings: readonly Binding[], scope: Scope): CodeValue | null {
    this.#budget.spendOnBindings(bindings);
    const [first, ...more] = bindings.filter(
      (binding) =>
        binding.kind !== "more" || binding.isElsewhere === true || binding.node.startIndex < node.startIndex,
    );
    if (first === undefined) return null;
    if (more.length > 0 && bindings.every(({ kind }) => kind === "value")) {
      return this.#assigned(node, name, bindings, scope);
    }
    if (more.some(({ kind }) => kind !== "more")) return null;
    const isAlone = more.length === 0;
    if (first.kind === "import") return isAlone ? this.#imported(node, first, "") : null;
    if (first.kind === "enum") return isAlone ? this.value(first.node) : null;
    if (first.kind === "function") return isAlone ? this.#getter(node, name, first.node) : null;
    if (first.kind === "member") return isAlone ? this.#destructured(node, name, first) : null;
    if (first.kind !== "value" || isAround(first.node, node)) return null;
    return this.#following(first.node, () => {
      const start = this.value(first.node);
      const value = more.length === 0 ? start : this.#lengthened(node, start, more, scope);
      return value === null ? null : this.#reference(node, name, value);
    });
  }

  /**
   * The list that a name stands for at `node`, where it is given others on the way, or is a parameter that is lengthened:
   * `messages = messages.concat(a)`, `messages = [a, ...messages]`, `history.push(a)`.
   */
  #inSequence(node: Node, name: string, bindings: readonly Binding[], scope: Scope): CodeValue | null {
    const found = listSteps(node, bindings, (value) => additionsTo(name, value));
    this.#budget.spend(found.steps.length * stepsPerAssignment);
    const sequence = listSequence(node, found, runsBefore);
    if (sequence === null) return null;
    const { start, more, parts } = sequence;
    if (start === null) return this.#addedTo(node, name, this.#opaque(node), more, scope, parts);
    return this.#following(start, () => this.#addedTo(node, name, this.value(start), more, scope, parts));
  }

  #addedTo(
    node: Node,
    name: string,
    start: CodeValue,
    more: readonly Binding[],
    scope: Scope,
    parts: readonly TextRange[],
  ): CodeValue | null {
    const list = more.length === 0 ? start : this.#lengthened(node, start, more, scope);
    return list?.kind === "list" ? this.#reference(node, name, { ...list, parts }) : null;
  }

  /** `let x = "";` in front of `if (c) x = "…";`, and one text in each branch. */
  #assigned(node: Node, name: string, bindings: readonly Binding[], scope: Scope): CodeValue | null {
    const values = bindings.flatMap((each) => (each.kind === "value" ? [each.node] : []));
    const branches = values.map((value) => branchOf(value, scope));
    const decided = decidedAt(node, branches);
    const given =
      decided === null ? [] : values.map((value) => this.#following(value, () => this.value(value)));
    const texts = given.filter((value) => value?.kind === "text");
    if (decided === null || texts.length < values.length) return null;
    const pieces = assignedPieces(
      branches,
      texts.map(branch),
      ({ condition, statement }, body, otherwise) => {
        const { asked, expression } = conditionOf(condition);
        const [range, scoped] = [rangeOf(statement ?? decided), this.#claims.of(asked)];
        return { kind: "choice", range, name: nameOf(asked), expression, scope: scoped, body, otherwise };
      },
    );
    if (pieces === null) return null;
    const text = this.#text(
      node,
      pieces,
      texts.some((value) => value !== null && isFilled(value)),
    );
    return this.#reference(node, name, { ...text, range: rangeOf(decided) });
  }

  /** What following a definition gives; `null` in a circle. */
  #following(definition: Node, follow: () => CodeValue | null): CodeValue | null {
    if (this.#open.has(definition.id)) return null;
    this.#open.add(definition.id);
    const value = follow();
    this.#open.delete(definition.id);
    return value;
  }

  #getter(node: Node, name: string, definition: Node): CodeValue | null {
    const isGetter =
      definition.type === "method_definition" && /^(?:[\w\s]*\s)?get\s/.test(definition.text.slice(0, 80));
    if (!isGetter) return null;
    return this.#following(definition, () => {
      const value = this.returned(definition);
      return value === null ? null : this.#reference(node, name, value);
    });
  }

  #destructured(
    node: Node,
    name: string,
    { node: object, key }: Extract<Binding, { readonly kind: "member" }>,
  ): CodeValue | null {
    return this.#following(object, () => {
      const record = this.value(object);
      const value = record.kind === "record" ? entry(record, key) : undefined;
      return value === undefined ? null : this.#reference(node, name, value);
    });
  }

  /** A list or a text with what is added to it afterwards; `null` when that cannot be told. */
  #lengthened(node: Node, start: CodeValue, more: readonly Binding[], scope: Scope): CodeValue | null {
    if (start.kind === "list" || (isUnknown(start) && more.some((binding) => this.#addsItems(binding)))) {
      const isWritten = start.kind === "list" && start.reference === null;
      const items = isWritten ? [...start.items] : [spreadOf(start)];
      this.#budget.spend(items.length);
      for (const binding of more) {
        if (binding.kind !== "more") return null;
        if (binding.isElsewhere === true) continue;
        if (!this.#mayGoOn(binding.node)) break;
        insert(items, this.#addedItem(binding, scope), binding);
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
      for (const piece of this.#addedPieces(binding.node, scope)) pieces.push(piece);
    }
    return { ...start, pieces };
  }

  #addsItems(binding: Binding): boolean {
    if (binding.kind !== "more" || binding.isElsewhere === true) return false;
    return ["record", "call", "list", "spread"].includes(this.value(binding.node).kind);
  }

  #addedItem({ node, form }: MoreBinding, scope: Scope): CodeValue {
    const added = this.value(node);
    if (controlAround(node, scope) !== null) {
      const inner = node.type === "spread_element" ? (children(node)[0] ?? node) : node;
      return { kind: "spread", range: added.range, hole: added.hole, value: this.#opaque(inner) };
    }
    // `concat` takes lists apart, and adds what is no list as it is.
    return form === "concat" && !isMessage(added) ? spreadOf(added) : added;
  }

  #addedPieces(node: Node, scope: Scope): readonly Piece[] {
    const around = controlAround(node, scope);
    const added = this.value(node);
    const pieces = piecesOf(added);
    if (around === null) return pieces;
    if (around.loop !== null && added.kind === "text") {
      const [left, right] = [around.loop.childForFieldName("left"), around.loop.childForFieldName("right")];
      const loop = this.#loop(rangeOf(around.loop), left, right, pieces);
      if (loop !== null) return loop;
    }
    if (around.condition === null || added.kind !== "text") return [hole(added.hole())];
    return piecesOf(this.#oneOf(node, rangeOf(node), conditionOf(around.condition), added, null));
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
      const list: ListValue = {
        ...value,
        range,
        reference: value.reference ?? { name, range, definition: value.range },
      };
      if (this.#compact.has(value)) this.#compact.add(list);
      return list;
    }
    if (value.kind === "call") return isMessageCall(value) ? value : null;
    return value.kind === "record" || value.kind === "literal" ? value : null;
  }

  /** A text of another module: filled in when all modules are known. `null` for packages that are installed. */
  #imported(node: Node, binding: ImportBinding, attribute: string): CodeValue | null {
    const module = modulePath(binding.module);
    const name = [binding.name ?? "", attribute].filter((part) => part !== "").join(".");
    if (module === null || name === "" || !mayNameText(name)) return null;
    const own = this.#hole(node);
    const isFixed = attribute === "" && node.type !== "call_expression";
    const scope = isFixed
      ? inferred("constant", `\`${node.text}\` is imported: fixed at deployment`)
      : own.scope;
    const otherwise: HoleSegment = { ...own, scope };
    const member = { module, name, otherwise };
    const range = rangeOf(node);
    return this.#text(
      node,
      [{ kind: "segment", segment: { kind: "include", range, target: name, resolved: null, member } }],
      true,
    );
  }

  // Functions

  /** What a function gives back, where that is one value, or one of several texts; `null` when it cannot be told. */
  returned(definition: Node): CodeValue | null {
    const body = definition.childForFieldName("body");
    if (body === null) return null;
    if (body.type !== "statement_block") return this.value(body);
    const value = this.#returnedFrom(children(body), 0);
    return value === "throws" ? null : value;
  }

  /** `null` where the statements give nothing back. */
  #returnedFrom(statements: readonly Node[], from: number): Returned {
    if (this.#choices >= maxChoices) return null;
    for (let index = from; index < statements.length; index++) {
      const statement = statements[index]!;
      if (!this.#mayGoOn(statement)) return null;
      this.#budget.spend(1);
      const rest = () => this.#nested(() => this.#returnedFrom(statements, index + 1));
      switch (statement.type) {
        case "return_statement":
          return children(statement).length === 0
            ? this.#literal(statement, null)
            : this.#child(statement, 0);
        case "throw_statement":
          return "throws";
        case "if_statement": {
          const found = this.#returnedIf(statement, statements, rest);
          if (found !== null) return found;
          break;
        }
        case "switch_statement": {
          const found = this.#returnedSwitch(statement, statements, rest);
          if (found !== null) return found;
          break;
        }
        case "try_statement": {
          const tried = this.#inner(statement.childForFieldName("body"));
          if (tried !== null) return tried;
          break;
        }
        default:
          if (loops.has(statement.type) && this.#givesBack(statement)) return this.#opaque(statement);
      }
    }
    return null;
  }

  #givesBack(statement: Node): boolean {
    this.#budget.spend(statement.endIndex - statement.startIndex);
    return statement.descendantsOfType("return_statement").length > 0;
  }

  #inner(statement: Node | null): Returned {
    if (statement === null) return null;
    const inner = statement.type === "else_clause" ? children(statement)[0] : statement;
    const statements =
      inner === undefined ? [] : inner.type === "statement_block" ? children(inner) : [inner];
    return this.#nested(() => this.#returnedFrom(statements, 0));
  }

  #nested(read: () => Returned): Returned {
    this.#choices++;
    const value = read();
    this.#choices--;
    return value;
  }

  /** `null` for an `if` that gives nothing back. */
  #returnedIf(statement: Node, statements: readonly Node[], rest: () => Returned): Returned {
    const condition = statement.childForFieldName("condition");
    const yes = this.#inner(statement.childForFieldName("consequence"));
    const no = this.#inner(statement.childForFieldName("alternative"));
    if (condition === null || (yes === null && no === null)) return null;
    const end = yes === null || no === null ? statements.at(-1)!.endIndex : statement.endIndex;
    const range = { start: statement.startIndex, end };
    return this.#either(statement, range, conditionOf(condition), yes ?? rest(), no ?? rest());
  }

  #either(
    statement: Node,
    range: TextRange,
    condition: Condition,
    yes: Returned,
    no: Returned,
  ): CodeValue | "throws" {
    if (yes === "throws") return no ?? this.#opaque(statement);
    if (no === "throws") return yes ?? this.#opaque(statement);
    // A guard that gives nothing back is passed: who calls it wants the text.
    if (isNothing(yes)) return no ?? yes ?? this.#opaque(statement);
    if (isNothing(no)) return yes ?? this.#opaque(statement);
    return this.#oneOf(statement, range, condition, yes, no);
  }

  /** Each case is asked in turn. */
  #returnedSwitch(statement: Node, statements: readonly Node[], rest: () => Returned): Returned {
    const body = statement.childForFieldName("body");
    const cases = body === null ? [] : children(body);
    if (!this.#givesBack(statement)) return null;
    if (cases.length > maxChoices) return this.#opaque(statement);
    const range = { start: statement.startIndex, end: statements.at(-1)!.endIndex };
    const values = cases.map((one, index) => {
      // A case without statements goes on with the next one.
      const own = cases.slice(index).find((next) => next.childForFieldName("body") !== null);
      const inside = own?.childrenForFieldName("body").filter((node) => node !== null) ?? [];
      const said = inside.flatMap((node) => (node.type === "statement_block" ? children(node) : [node]));
      const value = this.#nested(() => this.#returnedFrom(said, 0));
      return { one, value };
    });
    const last = values.find(({ one }) => one.type === "switch_default");
    let found: Returned = last === undefined ? rest() : last.value;
    const asked = statement.childForFieldName("value") ?? statement;
    for (const { one, value } of values.toReversed()) {
      const same = one.childForFieldName("value");
      if (same === null) continue;
      const expression = shortened(`${unwrapped(asked).text} === ${same.text}`);
      found = this.#either(statement, range, { asked, expression }, value, found);
    }
    return found;
  }

  /** What a call of a function of this module gives back, with the arguments in it. */
  #calledFunction(node: Node, called: Node, call: CallValue): CodeValue | null {
    const found = this.#functionOf(called);
    if (found === null) return null;
    return this.#following(found, () => {
      const value = this.returned(found);
      if (value === null) return null;
      const name = `${shortened(called.text)}()`;
      if (value.kind !== "text") return this.#reference(node, name, value);
      this.#budget.spendOnPieces(value.pieces);
      const pieces = fillHoles(value.pieces, argumentsByName(found, call));
      return this.#reference(node, name, { ...value, pieces });
    });
  }

  #functionOf(called: Node): Node | null {
    const scope = this.#names.scopeAt(called.startIndex);
    const object = called.type === "member_expression" ? called.childForFieldName("object") : null;
    const method = called.childForFieldName("property")?.text ?? "";
    const bindings =
      object?.type === "this"
        ? classAround(scope)?.bindings.get(method)
        : called.type === "identifier"
          ? lookUp(called.text, scope)?.bindings
          : this.#staticMethod(object, method, scope);
    const [binding, ...others] = bindings ?? [];
    if (others.length > 0 || (binding?.kind !== "function" && binding?.kind !== "value")) return null;
    const definition = unwrapped(binding.node);
    return functionTypes.has(definition.type) ? definition : null;
  }

  #staticMethod(object: Node | null, method: string, scope: Scope): readonly Binding[] | undefined {
    const [binding] = object?.type === "identifier" ? (lookUp(object.text, scope)?.bindings ?? []) : [];
    return binding?.kind === "class" ? binding.scope.bindings.get(method) : undefined;
  }

  // Calls

  #call(node: Node): CodeValue {
    const called = node.childForFieldName("function");
    const given = node.childForFieldName("arguments");
    if (called === null || given === null) return this.#opaque(node);
    const callee = dottedName(called);
    if (given.type === "template_string") return this.#tagged(node, callee, given);
    const call = this.#callValue(node, callee);
    const made =
      this.#method(node, called, call) ??
      this.#textFunction(node, call) ??
      this.#calledFunction(node, unwrapped(called), call) ??
      this.#importedCall(node, called);
    return made ?? call;
  }

  #given(node: Node): readonly CodeValue[] {
    const given = node.childForFieldName("arguments");
    return given === null ? [] : children(given).map((argument) => this.value(argument));
  }

  #made(node: Node): CodeValue {
    const made = node.childForFieldName("constructor");
    return this.#callValue(node, made === null ? "" : dottedName(made));
  }

  #callValue(node: Node, callee: string): CallValue {
    const values = this.#given(node);
    const last = values.at(-1);
    const options = last?.kind === "record" ? last : null;
    const named = new Map(options?.entries.map(({ key, value }) => [key, value]));
    const positional = options === null ? values : values.slice(0, -1);
    const hasMore = options?.isWhole === false;
    const called = node.childForFieldName("function");
    const object = called?.type === "member_expression" ? called.childForFieldName("object") : null;
    const receiver = () => (object == null ? null : this.#receiver(unwrapped(object)));
    return { ...this.#written(node), kind: "call", callee, positional, named, hasMore, receiver };
  }

  /** What a method is called on, also by a name that is given a value once. */
  #receiver(object: Node): CodeValue {
    const found =
      object.type === "identifier" ? lookUp(object.text, this.#names.scopeAt(object.startIndex)) : null;
    const [binding, ...others] = found?.bindings ?? [];
    const made = binding?.kind === "value" && others.length === 0 ? unwrapped(binding.node) : object;
    return this.value(made.type === "new_expression" ? made : object);
  }

  #tagged(node: Node, tag: string, given: Node): CodeValue {
    const template = this.#template(given, tag === "String.raw" ? "raw" : "template");
    const pieces = tag === "String.raw" ? template.pieces : taggedText(tag, template.pieces);
    return pieces === null ? this.#opaque(node) : this.#text(node, pieces, isFilled(template));
  }

  /** Methods of text and of lists. */
  #method(node: Node, called: Node, call: CallValue): CodeValue | null {
    const method = lastPart(call.callee);
    const object = called.type === "member_expression" ? called.childForFieldName("object") : null;
    if (object === null || !textMethods.has(method)) return null;
    if (method === "join") {
      const loop = this.#joinedLoop(node, unwrapped(object), call.positional[0]);
      if (loop !== null) return loop;
    }
    const owner = this.value(object);
    if (owner.kind === "list") return this.#listMethod(node, owner, method, call);
    const isOfLists =
      method === "concat" && this.#given(node).some(({ kind }) => kind === "list" || kind === "record");
    if (isUnknown(owner) && isOfLists) return this.#concatenated(node, owner);
    if (owner.kind !== "text" || isImport(owner.pieces)) return null;
    this.#budget.spendOnPieces(owner.pieces);
    switch (method) {
      case "trim":
        return this.#text(node, trimPieces(owner.pieces, "both"), isFilled(owner));
      case "trimStart":
        return this.#text(node, trimPieces(owner.pieces, "start"), isFilled(owner));
      case "trimEnd":
        return this.#text(node, trimPieces(owner.pieces, "end"), isFilled(owner));
      case "toString":
        return this.#text(node, owner.pieces, isFilled(owner));
      case "concat":
        return this.#text(
          node,
          [...owner.pieces, ...call.positional.flatMap(piecesOf)],
          [owner, ...call.positional].some(isFilled),
        );
      case "replace":
      case "replaceAll":
        return this.#replaced(node, owner, call);
      default:
        return null;
    }
  }

  #replaced(node: Node, owner: TextValue, call: CallValue): CodeValue | null {
    const [pattern, value] = call.positional;
    if (pattern === undefined || value === undefined) return null;
    const known =
      pattern.kind === "text"
        ? { text: knownText(pattern.pieces), isGlobal: lastPart(call.callee) === "replaceAll" }
        : literalPattern(this.#source.slice(pattern.range.start, pattern.range.end));
    if (known === null) return null;
    return this.#text(node, replaceText(owner.pieces, { ...known, value }), true);
  }

  #listMethod(node: Node, list: ListValue, method: string, call: CallValue): CodeValue | null {
    const [first] = call.positional;
    if (method === "join") return this.#join(node, list, first);
    if (method === "concat") return this.#concatenated(node, list);
    const written = first === undefined ? "" : this.#source.slice(first.range.start, first.range.end);
    if (method !== "filter" || !/^(?:Boolean|\(?(\w+)\)? => (?:!!)?\1)$/.test(written)) return null;
    const compact: ListValue = { ...list, ...this.#written(node) };
    this.#compact.add(compact);
    return compact;
  }

  #join(node: Node, list: ListValue, separator: CodeValue | undefined): CodeValue | null {
    const all = flatItems(list);
    if (separator?.kind !== "text" || all.some(({ kind }) => kind === "spread")) return null;
    const items = this.#compact.has(list) ? all.filter((item) => branch(item).length > 0) : all;
    const pieces = joined(items, separator, this.#compact.has(list));
    const isAnyFilled = items.some(isFilled);
    if (list.reference === null) return this.#text(node, pieces, isAnyFilled);
    return this.#text(node, [{ kind: "reference", ...list.reference, pieces, isJoined: true }], isAnyFilled);
  }

  /**
   * `items.map((item) => `- ${item}`).join("\n")`: the text and the separator for every item. One separator too many
   * stands at the end: what a request really sends is shorter by it.
   */
  #joinedLoop(node: Node, mapped: Node, separator: CodeValue | undefined): CodeValue | null {
    const called = mapped.type === "call_expression" ? mapped.childForFieldName("function") : null;
    const given = mapped.childForFieldName("arguments");
    const list = called?.type === "member_expression" ? called.childForFieldName("object") : null;
    if (list === null || given === null || called?.childForFieldName("property")?.text !== "map") return null;
    const [made, ...others] = children(given);
    if (made === undefined || others.length > 0 || !functionTypes.has(made.type)) return null;
    const text = this.returned(made);
    if (text?.kind !== "text" || separator?.kind !== "text") return null;
    const body = [...text.pieces, ...elsewhere(separator, text.range.end)];
    const loop = this.#loop(rangeOf(node), parametersOf(made)[0] ?? null, list, body);
    return loop === null ? null : this.#text(node, loop, isFilled(text));
  }

  #loop(
    range: TextRange,
    left: Node | null,
    right: Node | null,
    body: readonly Piece[],
  ): readonly Piece[] | null {
    if (right === null || body.length === 0) return null;
    const item = left?.type === "identifier" ? left.text : null;
    const [name, expression] = [nameOf(right), shortened(right.text)];
    return [{ kind: "loop", range, name, expression, scope: this.#claims.of(right), item, body }];
  }

  /** Functions that give back the text that they are given, changed or not. */
  #textFunction(node: Node, call: CallValue): CodeValue | null {
    const [first, ...others] = call.positional;
    if (first?.kind !== "text" || others.length > 0) return null;
    this.#budget.spendOnPieces(first.pieces);
    if (call.callee === "String") return this.#text(node, first.pieces, isFilled(first));
    const isOwn = lookUp(call.callee, this.#names.scopeAt(node.startIndex))?.bindings[0]?.kind;
    const pieces = isOwn === "function" || isOwn === "value" ? null : taggedText(call.callee, first.pieces);
    return pieces === null ? null : this.#text(node, pieces, isFilled(first));
  }

  #importedCall(node: Node, called: Node): CodeValue | null {
    const inner = unwrapped(called);
    const object = inner.type === "member_expression" ? inner.childForFieldName("object") : null;
    const name = object === null ? inner : object;
    if (name.type !== "identifier") return null;
    const [binding, ...others] = lookUp(name.text, this.#names.scopeAt(node.startIndex))?.bindings ?? [];
    if (binding?.kind !== "import" || others.length > 0) return null;
    return this.#imported(
      node,
      binding,
      object === null ? "" : (inner.childForFieldName("property")?.text ?? ""),
    );
  }

  // Containers

  #array(node: Node): ListValue {
    const items = children(node).map((item) => this.value(item));
    return { ...this.#written(node), kind: "list", items, reference: null };
  }

  /** `first.concat(more)`. */
  #concatenated(node: Node, first: CodeValue): ListValue {
    const added = this.#given(node).flatMap((value) => (isMessage(value) ? [value] : concatenated([value])));
    const items = [...concatenated([first]), ...added];
    this.#budget.spend(items.length);
    return { ...this.#written(node), kind: "list", items, reference: null };
  }

  #spread(node: Node): CodeValue {
    const inner = children(node)[0];
    if (inner === undefined) return this.#opaque(node);
    const value = this.value(inner);
    // `...(isLong ? [a] : [])` holds what only a run knows; so does what another module may hold.
    return {
      ...this.#written(node),
      kind: "spread",
      value: value.kind === "text" ? this.#opaque(inner) : value,
    };
  }

  #object(node: Node): RecordValue {
    const entries: { key: string; value: CodeValue }[] = [];
    let isWhole = true;
    for (const child of children(node)) {
      const key = keyOf(child);
      const written =
        child.type === "shorthand_property_identifier" ? child : child.childForFieldName("value");
      if (key !== null && written !== null) entries.push({ key, value: this.value(written) });
      else if (child.type === "spread_element") {
        const inner = this.#child(child, 0);
        if (inner.kind === "record") entries.push(...inner.entries);
        isWhole &&= inner.kind === "record" && inner.isWhole;
      } else isWhole = false;
    }
    return { ...this.#written(node), kind: "record", entries, isWhole };
  }

  #enum(node: Node): RecordValue {
    const body = node.childForFieldName("body");
    const entries = (body === null ? [] : children(body)).flatMap((member) => {
      const [key, value] = [keyOf(member), member.childForFieldName("value")];
      return key === null || value === null ? [] : [{ key, value: this.value(value) }];
    });
    return { ...this.#written(node), kind: "record", entries, isWhole: true };
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
    return {
      kind: "hole",
      range: rangeOf(node),
      form: unwrapped(node).type === "call_expression" ? "call" : "variable",
      name: nameOf(node),
      expression: shortened(node.text),
      scope: this.#claims.of(node),
    };
  }
}

/** What the statements of a function give back; `null` where they give nothing back and what follows them counts. */
type Returned = CodeValue | "throws" | null;

/** What decides between two values. */
interface Condition {
  readonly asked: Node;
  readonly expression: string;
}

function conditionOf(asked: Node): Condition {
  return { asked, expression: shortened(unwrapped(asked).text) };
}

const textMethods: ReadonlySet<string> = new Set(
  "trim trimStart trimEnd toString concat replace replaceAll join filter".split(" "),
);

const loops: ReadonlySet<string> = new Set([
  "for_statement",
  "for_in_statement",
  "while_statement",
  "do_statement",
]);

/** Names of constants, functions and members, not of classes and components. */
function mayNameText(name: string): boolean {
  return name.includes(".") || /^(?:[a-z_$][\w$]*|[A-Z][A-Z0-9_]*)$/.test(name);
}

/** Nothing for what is written as nothing where a text may stand. */
function branch(value: CodeValue | null): readonly Piece[] {
  const isNothing =
    value === null || (value.kind === "literal" && (value.value === null || value.value === false));
  return isNothing ? [] : piecesOf(value);
}

/** A single reference, choice or hole takes the place of the whole substitution. */
function widened(piece: Piece, range: TextRange): Piece {
  if (piece.kind === "literal") return piece;
  return piece.kind === "segment"
    ? { kind: "segment", segment: { ...piece.segment, range } }
    : { ...piece, range };
}

function isImport(pieces: readonly Piece[]): boolean {
  const [only] = pieces;
  return pieces.length === 1 && only?.kind === "segment" && only.segment.kind === "include";
}

/** The separator is written once, and sent at `offset`, between two items. */
function elsewhere({ range, pieces }: TextValue, offset: number): readonly Piece[] {
  const place = { start: offset, end: offset };
  return pieces.length === 0
    ? []
    : [{ kind: "reference", range: place, name: "separator", definition: range, pieces }];
}

/** Items with the separator between them; where empty ones are left out, it goes with those that may be. */
function joined(items: readonly CodeValue[], separator: TextValue, isCompact: boolean): readonly Piece[] {
  const optional = items.map((item) => (isCompact ? optionalText(item) : null));
  const firstSure = optional.indexOf(null);
  return items.flatMap((item, index): readonly Piece[] => {
    const choice = optional[index];
    const { start, end } = item.range;
    if (choice == null) {
      return [...(index <= firstSure ? [] : elsewhere(separator, start)), ...branch(item)];
    }
    const set = (pieces: readonly Piece[]) => {
      if (pieces.length === 0) return pieces;
      return index < firstSure
        ? [...pieces, ...elsewhere(separator, end)]
        : [...elsewhere(separator, start), ...pieces];
    };
    return [{ ...choice, body: set(choice.body), otherwise: set(choice.otherwise) }];
  });
}

/** A text that is there or not; `null` for any other. */
function optionalText(item: CodeValue): ChoicePiece | null {
  const [only, ...others] = branch(item);
  if (only?.kind !== "choice" || others.length > 0) return null;
  return only.body.length === 0 || only.otherwise.length === 0 ? only : null;
}

/** What the parameters of a function stand for in a call of it. */
function argumentsByName(definition: Node, call: CallValue): ReadonlyMap<string, readonly Piece[]> {
  const values = new Map<string, readonly Piece[]>();
  parametersOf(definition).forEach((parameter, index) => {
    if (parameter.type === "object_pattern") {
      for (const part of children(parameter)) {
        const value =
          part.type === "shorthand_property_identifier_pattern" ? call.named.get(part.text) : undefined;
        if (value !== undefined) values.set(part.text, piecesOf(value));
      }
    } else if (parameter.type === "identifier") {
      const value = call.positional[index];
      if (value !== undefined) values.set(parameter.text, piecesOf(value));
    }
  });
  return values;
}

function isAround(outer: Node, inner: Node): boolean {
  return outer.startIndex <= inner.startIndex && inner.startIndex < outer.endIndex;
}

interface Control {
  /** `null` where it is not a condition that decides. */
  readonly condition: Node | null;
  /** `null` where it is not a loop over a list. */
  readonly loop: Node | null;
}

function isUnknown({ kind }: CodeValue): boolean {
  return kind === "opaque" || kind === "call";
}

/** Values that are items, where `concat` is given them: what only a run knows is most often a list. */
function isMessage(value: CodeValue): boolean {
  if (value.kind === "call") return /Message$/.test(lastPart(value.callee));
  return value.kind !== "list" && value.kind !== "opaque";
}

/** An empty text or list, `null`, `undefined`, or no value at all. */
function isNothing(value: CodeValue | null): boolean {
  if (value === null) return true;
  if (value.kind === "text") return value.pieces.length === 0;
  return value.kind === "literal" ? value.value === null : value.kind === "list" && value.items.length === 0;
}

/** Whether what stands at `earlier` has run, in every case, when what stands at `later` in the same function does. */
function runsBefore(earlier: Node, later: Node): boolean {
  if (earlier.endIndex > later.startIndex) return false;
  let at: Node = earlier;
  while (at.parent !== null && !blocks.has(at.type)) {
    at = at.parent;
    if (deciding.has(at.type) || functionTypes.has(at.type)) return false;
  }
  return at.startIndex <= later.startIndex && later.endIndex <= at.endIndex;
}

const blocks: ReadonlySet<string> = new Set(["statement_block", "switch_case", "switch_default", "program"]);

/** What decides within `scope` whether, or how often, the code at `node` runs; `null` when it runs once. */
function controlAround(node: Node, scope: Scope): Control | null {
  const found: Node[] = [];
  for (let at = node.parent; at !== null; at = at.parent) {
    if (at.startIndex <= scope.start && at.endIndex >= scope.end) break;
    if (deciding.has(at.type) || functionTypes.has(at.type)) found.push(at);
  }
  const [only, ...others] = found;
  if (only === undefined) return null;
  const isIf = only.type === "if_statement" && others.length === 0;
  const isLoop = only.type === "for_in_statement" && others.length === 0;
  return { condition: isIf ? only.childForFieldName("condition") : null, loop: isLoop ? only : null };
}

function branchOf(value: Node, scope: Scope): Branch {
  const statement = decidingAround(value, scope);
  const isElse = statement?.type === "else_clause";
  const own = isElse ? statement.parent : statement;
  if (statement === null || own?.type !== "if_statement") {
    return { value, chain: null, statement: null, condition: null, around: statement };
  }
  let chain = own;
  while (chain.parent?.type === "else_clause" && chain.parent.parent !== null) chain = chain.parent.parent;
  const condition = isElse ? null : own.childForFieldName("condition");
  return { value, chain, statement, condition, around: decidingAround(chain, scope) };
}

/** The innermost statement within `scope` that decides whether, or how often, what stands at `node` runs. */
function decidingAround(node: Node, scope: Scope): Node | null {
  for (let at = node.parent; at !== null; at = at.parent) {
    if (at.startIndex <= scope.start && at.endIndex >= scope.end) return null;
    if (deciding.has(at.type) || functionTypes.has(at.type)) return at;
  }
  return null;
}

const deciding: ReadonlySet<string> = new Set([
  ...loops,
  "if_statement",
  "else_clause",
  "switch_statement",
  "try_statement",
  "catch_clause",
  "ternary_expression",
  "binary_expression",
]);
