/** Expressions of a module as values: what can be known of them without running it. */
import type { Node } from "web-tree-sitter";
import { asDay } from "../day.ts";
import { type Engine, embeddedSlice } from "../embedded.ts";
import { lowerFirst } from "../names.ts";
import { inferred, mostVolatile } from "../scope-inference.ts";
import type { HistoryWindow, HoleSegment, ReadFile } from "../template.ts";
import type { Problem, TextRange } from "../text.ts";
import { type Binding, entriesOf, type ImportBinding, type MoreBinding, type Scope } from "./bindings.ts";
import { maxBranches } from "./branches.ts";
import { Budget, mayBeNamed, tooMuchToFollow } from "./budget.ts";
import { Claims } from "./claims.ts";
import { loopAround } from "./control.ts";
import { leavesOutMiddle, longestCut } from "./cuts.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Asked, CallExpression, Expression, Loop, Parameter, TextPart } from "./expression.ts";
import { importedData, importedText, ofConstantFile } from "./files.ts";
import { givesWhole } from "./fluent.ts";
import { Functions } from "./functions.ts";

import { concatenated, listOf } from "./lists.ts";
import { isMessageCall } from "./messages.ts";
import { rangeOf, shortened } from "./nodes.ts";
import { type Operands, textOf } from "./operations.ts";
import {
  applyEngine,
  fillHoles,
  hole,
  knownText,
  literal,
  memberPiece,
  type Piece,
  withCalled,
} from "./pieces.ts";
import type { Program } from "./program.ts";
import { isProse } from "./prompt-names.ts";
import { haveOneSender, Records } from "./records.ts";
import { classAround, outsideBlocks } from "./scopes.ts";
import { Sequences, withTold } from "./sequences.ts";
import { isToolCall, isToolClass } from "./tools.ts";
import {
  type CallValue,
  type CodeValue,
  type Decorated,
  entry,
  type FunctionValue,
  isFilled,
  type ListValue,
  lastPart,
  type MaybeValue,
  type Member,
  type OpaqueValue,
  piecesOf,
  type RecordValue,
  type RepeatValue,
  type TextValue,
} from "./values.ts";

/** Deeper expressions are no prompts that anybody wrote. */
const maxDepth = 64;

/** Names, fields and functions that lead to one call. */
const mostMakers = 16;

/** Items of a list that are written out one by one where a loop runs over them. */
const mostUnrolled = 100;

export class Evaluator implements Evaluation {
  /** What is left out because the file asks for too much. */
  readonly limits: Problem[] = [];
  readonly program: Program;
  readonly claims: Claims;
  readonly budget: Budget;
  readonly path: string;
  readonly #values = new Map<number, CodeValue>();
  /** Calls whose value is known, or may be followed in other modules, as they are written. */
  readonly #writtenCalls = new Map<number, CallValue>();
  /** Definitions that are being followed. */
  readonly #open = new Set<number>();
  readonly #functions: Functions;
  readonly #records: Records;
  readonly #sequences: Sequences;
  readonly #cutLists = new Map<number, boolean>();
  #depth = 0;

  constructor(path: string, program: Program) {
    this.path = path;
    this.program = program;
    this.budget = new Budget(program.source);
    this.claims = new Claims(program);
    this.#functions = new Functions(this);
    this.#records = new Records(this);
    this.#sequences = new Sequences(this);
  }

  get source(): string {
    return this.program.source;
  }

  value(node: Node): CodeValue {
    const known = this.#values.get(node.id);
    if (known !== undefined) return known;
    if (this.#depth >= maxDepth || !this.mayGoOn(node)) return this.opaque(node);
    this.#depth++;
    const value = this.#evaluate(node, this.program.lower(node));
    this.#depth--;
    // Also what was cut off in a circle: anything else could be followed for ever.
    this.#values.set(node.id, value);
    return value;
  }

  /** The call at the node as it is written; `null` where what it gives is known. */
  call(node: Node): CallValue | null {
    const value = this.value(node);
    if (value.kind === "record") return this.#made(node, value);
    return value.kind === "call" ? value : (this.#writtenCalls.get(node.id) ?? null);
  }

  /** A record of a type, as the call that would make it. */
  #made(node: Node, { entries, isWhole, range, hole: make }: RecordValue): CallValue | null {
    const lowered = this.program.lower(node);
    if (lowered.kind !== "record" || lowered.type === undefined) return null;
    const named = new Map(entries.map(({ key, value }) => [key, value]));
    return {
      kind: "call",
      range,
      hole: make,
      callee: lowered.type,
      module: null,
      positional: [],
      named,
      hasMore: !isWhole,
      isRecord: true,
    };
  }

  /** What a function gives back; `null` when it cannot be told. */
  returned(definition: Node): CodeValue | null {
    return this.following(definition, () => this.#functions.returned(definition));
  }

  mayGoOn(node: Node): boolean {
    if (this.budget.isSpent && this.limits.length === 0) this.limits.push(tooMuchToFollow(rangeOf(node)));
    return !this.budget.isSpent;
  }

  following(definition: Node, follow: () => CodeValue | null): CodeValue | null {
    if (this.#open.has(definition.id)) return null;
    this.#open.add(definition.id);
    const value = follow();
    this.#open.delete(definition.id);
    return value;
  }

  #evaluate(node: Node, lowered: Expression): CodeValue {
    switch (lowered.kind) {
      case "same":
        return this.value(lowered.value);
      case "text":
        return this.text(
          node,
          lowered.parts.flatMap((part) => this.#part(part)),
          lowered.isFilled,
        );
      case "sum":
        return this.#sum(node, lowered.operands);
      case "operator":
        return this.#operator(node, lowered);
      case "choice": {
        const value = this.#choice(node, lowered);
        return value.kind === "opaque" ? this.#opaqueMade(node) : value;
      }
      case "name":
        return this.#name(node, lowered.name) ?? this.#opaqueMade(node);
      case "member":
        return (
          this.#memberOf(node, lowered.object, lowered.name) ?? this.#ofData(node) ?? this.#opaqueMade(node)
        );
      case "element":
        return this.#element(node, lowered.object, lowered.index) ?? this.#ofData(node) ?? this.opaque(node);
      case "call":
        return this.#call(node, lowered);
      case "list": {
        const list = this.list(
          node,
          lowered.items.map((item) => this.value(item)),
        );
        return lowered.isUnordered ? { ...list, order: "open" } : list;
      }
      case "spread":
        return this.#spread(node, lowered.value);
      case "record":
        return this.#records.record(node, lowered);
      case "loop":
        return this.#loop(node, lowered);
      case "file":
        return this.#file(node, lowered);
      case "literal":
        return this.literal(node, lowered.value);
      case "function":
        return this.#function(node, node);
      case "self":
      case "unknown":
        return this.opaque(node);
    }
  }

  literal(node: Node, value: number | boolean | null): CodeValue {
    const isAsWritten = typeof value !== "number" || String(value) === node.text;
    const pieces = isAsWritten ? literal(embeddedSlice(this.source, rangeOf(node))) : null;
    return { ...this.written(node), kind: "literal", value, pieces };
  }

  // Text

  text(node: Node, pieces: readonly Piece[], isFilled: boolean): TextValue {
    return { ...this.written(node), kind: "text", pieces, isFilled };
  }

  list(node: Node, items: readonly CodeValue[]): ListValue {
    return listOf(this.written(node), items);
  }

  #part(part: TextPart): readonly Piece[] {
    if (part.kind === "said") return part.pieces;
    const { node, range, format } = part;
    const value = this.value(node);
    if (format === null) {
      const pieces = piecesOf(value);
      const [only] = pieces;
      return pieces.length === 1 && only !== undefined ? [widened(only, range)] : pieces;
    }
    const written = value.hole();
    // `{now:%d.%m.%Y}` writes the day of the clock.
    return [hole({ ...written, scope: asDay(written.scope, format), range })];
  }

  #sum(node: Node, operands: readonly Node[]): CodeValue {
    const values = operands.map((operand) => this.value(operand));
    // What stands behind a text is written as one.
    const [first] = values;
    const isText = first?.kind === "text" && knownText(first.pieces) !== "" && !isImport(first.pieces);
    if (!isText && values.some(({ kind }) => kind === "list")) return this.list(node, concatenated(values));
    return values.some(({ kind }) => kind === "text")
      ? this.text(node, values.flatMap(piecesOf), values.some(isFilled))
      : this.opaque(node);
  }

  #operator(
    node: Node,
    { operator, left, right }: Extract<Expression, { readonly kind: "operator" }>,
  ): CodeValue {
    const operation = this.program.language.operators.get(operator);
    if (operation === undefined) return this.opaque(node);
    const given = [this.value(right)];
    const call: CallValue = {
      ...this.written(node),
      kind: "call",
      callee: operator,
      module: null,
      positional: given,
      named: new Map(),
    };
    return operation({ node, call, owner: this.value(left), given }, this) ?? this.opaque(node);
  }

  read(
    pieces: readonly Piece[],
    engine: Engine,
    values: ReadonlyMap<string, readonly Piece[]>,
  ): readonly Piece[] {
    // What is wrong in the text of a format is said where a template is made of it.
    return applyEngine(this.path, pieces, { engine, values }, []);
  }

  spend(pieces: readonly Piece[]): void {
    this.budget.spendOnPieces(pieces);
  }

  #choice(node: Node, choice: Extract<Expression, { readonly kind: "choice" }>): CodeValue {
    const yes = choice.yes === null ? null : this.value(choice.yes);
    if (choice.isDefault && yes?.kind === "text" && knownText(yes.pieces) !== "" && !isImport(yes.pieces))
      return yes;
    const no = choice.no === null ? null : this.value(choice.no);
    return this.oneOf(node, choice.range ?? rangeOf(node), choice.asked, yes, no);
  }

  oneOf(node: Node, range: TextRange, asked: Asked, yes: CodeValue | null, no: CodeValue | null): CodeValue {
    const values = [yes, no].filter((value) => value !== null);
    if (values.some(({ kind }) => kind === "list") && values.every(isListOrNothing)) {
      const choice = this.#choiceOf(asked, range);
      const items = [
        ...itemsOf(yes).map((item) => maybe(item, choice, false)),
        ...itemsOf(no).map((item) => maybe(item, choice, true)),
      ];
      return { ...this.list(node, items), range };
    }
    if (yes?.kind === "record" && no?.kind === "record" && haveOneSender(yes, no))
      return this.#records.oneOf(node, range, asked, yes, no);
    if (yes?.kind === "call" && isMessageCall(yes) && no === null)
      return this.maybe(yes, asked, range, false);
    const fits = values.every(({ kind }) => ["text", "opaque", "call", "literal"].includes(kind));
    if (!fits || !values.some(({ kind }) => kind === "text")) return this.opaque(node);
    const [body, otherwise] = [yes === null ? [] : textOf(yes), no === null ? [] : textOf(no)];
    const choice: Piece = { kind: "choice", ...this.#choiceOf(asked, range), body, otherwise };
    const pieces = body.length + otherwise.length === 0 ? [] : [choice];
    return { ...this.text(node, pieces, values.some(isFilled)), range };
  }

  maybe(value: CodeValue, asked: Asked, range: TextRange, isOtherwise: boolean): MaybeValue {
    return maybe(value, this.#choiceOf(asked, range), isOtherwise);
  }

  #choiceOf({ node, expression }: Asked, range: TextRange): MaybeValue["choice"] {
    return { range, name: this.program.nameOf(node), expression, scope: this.claims.of(node) };
  }

  choicePiece(asked: Asked, range: TextRange, body: readonly Piece[], otherwise: readonly Piece[]): Piece {
    return { kind: "choice", ...this.#choiceOf(asked, range), body, otherwise };
  }

  // Names

  named(node: Node, name: string): CodeValue {
    const range = rangeOf(node);
    const make = (): HoleSegment => ({
      kind: "hole",
      range,
      form: "variable",
      name,
      expression: name,
      scope: this.claims.ofName(node, name),
    });
    const value = this.#name(node, name);
    // The place that it fills in refers to it already.
    const [only] = value?.kind === "text" ? value.pieces : [];
    if (value?.kind === "text" && only?.kind === "reference") return { ...value, pieces: only.pieces };
    return value ?? { kind: "opaque", range, hole: make };
  }

  #name(node: Node, name: string): CodeValue | null {
    const scope = this.program.scopeAt(node);
    const found = this.program.lookUp(name, scope);
    if (found === null) return this.#unbound(node, [name]);
    const isInPlace = outsideBlocks(scope) === outsideBlocks(found.scope);
    return (
      this.bound(node, name, found.bindings, found.scope) ??
      (isInPlace
        ? this.#sequences.listAt(node, name, this.#withoutItself(name, found.bindings), found.scope)
        : null)
    );
  }

  #opaqueMade(node: Node): OpaqueValue {
    return { ...this.written(node), kind: "opaque", made: () => this.#maker(node, 0) };
  }

  /** The call that made what stands at the node, through names, fields and functions of the module. */
  #maker(node: Node, depth: number): CallValue | null {
    if (depth > mostMakers) return null;
    const inner = this.program.bare(node);
    const lowered = this.program.lower(inner);
    const of = (definition: Node | null) => (definition === null ? null : this.#maker(definition, depth + 1));
    switch (lowered.kind) {
      case "name":
        return of(this.program.lastValue(lowered.name, inner));
      case "member":
        return of(this.program.valueOfField(inner) ?? this.#fieldOfClass(lowered.object, lowered.name));
      case "choice":
        return lowered.isDefault ? (of(lowered.yes) ?? of(lowered.no)) : null;
      case "call": {
        const definition = this.#functionOf(inner, lowered);
        const [returned, ...others] =
          definition === null || isAround(definition, inner) ? [] : this.program.returnedBy(definition);
        const made = returned === undefined || others.length > 0 ? null : this.#maker(returned, depth + 1);
        if (definition === null || made === null) break;
        return this.#functions.withArguments(made, definition, this.#callValue(inner, lowered));
      }
    }
    return this.call(inner);
  }

  /** `Porter.config`, and `porter.config` where the name holds an object of the class. */
  #fieldOfClass(objectNode: Node, name: string): Node | null {
    const lowered = this.program.lowerBare(objectNode);
    const binding = lowered.kind === "name" ? this.program.onlyBinding(lowered.name, objectNode) : null;
    const scope = binding?.kind === "class" ? binding.scope : this.classMadeBy(binding);
    const [field, ...others] = scope?.bindings.get(name) ?? [];
    return field?.kind === "value" && others.length === 0 ? field.node : null;
  }

  /** `this.name`, `Class.name`, `object.name` and `module.name`. */
  #memberOf(node: Node, objectNode: Node, name: string): CodeValue | null {
    const object = this.program.bare(objectNode);
    const lowered = this.program.lower(object);
    const ownClass = lowered.kind === "self" ? classAround(this.program.scopeAt(node)) : null;
    if (ownClass !== null) return this.#inClass(node, ownClass, name, 0);
    if (lowered.kind === "name") {
      const binding = this.program.onlyBinding(lowered.name, object);
      if (binding?.kind === "class") return this.#inClass(node, binding.scope, name, 0);
      if (binding?.kind === "import") {
        return this.claims.ofLibrary(node, false) === null ? this.#imported(node, binding, [name]) : null;
      }
      const made = this.classMadeBy(binding);
      if (made !== null) return this.#inClass(node, made, name, 0);
    }
    const path = this.program.pathOf(object);
    const root = path === null ? null : this.program.onlyBinding(path.root, object);
    if (path !== null && root?.kind === "import") return this.#imported(node, root, [...path.path, name]);
    if (path !== null && this.program.lookUp(path.root, this.program.scopeAt(object)) === null) {
      const unbound = this.#unbound(node, [path.root, ...path.path, name]);
      if (unbound !== null) return unbound;
    }
    const record = this.value(object);
    // Fields of Go begin with a capital where others see them.
    const value =
      record.kind === "record" ? (entry(record, name) ?? entry(record, lowerFirst(name))) : undefined;
    return value === undefined ? null : this.reference(node, shortened(node.text), value);
  }

  #element(node: Node, object: Node, index: Node | null): CodeValue | null {
    const key = index === null ? null : this.program.lowerBare(index);
    if (index === null || key === null) return null;
    if (key.kind === "text" && key.parts.every(({ kind }) => kind === "said")) {
      const said = this.value(index);
      return said.kind === "text" ? this.#memberOf(node, object, knownText(said.pieces)) : null;
    }
    if (key.kind !== "literal") return this.#oneOfEntries(node, object, index);
    if (typeof key.value !== "number") return null;
    const list = this.value(object);
    const isWritten = list.kind === "list" && list.items.every(({ kind }) => kind === "text");
    const item = isWritten ? list.items.at(key.value) : undefined;
    return item === undefined ? null : this.reference(node, shortened(node.text), item);
  }

  /** `prompts[mode]`: one of the texts of a record, which one a run decides. */
  #oneOfEntries(node: Node, object: Node, index: Node): CodeValue | null {
    const record = this.value(object);
    if (record.kind !== "record" || !record.isWhole || record.entries.length > maxBranches) return null;
    if (!record.entries.every(({ value }) => value.kind === "text" && isSaid(value))) return null;
    return record.entries.reduceRight<CodeValue | null>((otherwise, { key, value }) => {
      if (otherwise === null) return value;
      const asked = { node: index, expression: shortened(`${index.text} === "${key}"`) };
      return this.oneOf(node, rangeOf(node), asked, value, otherwise);
    }, null);
  }

  /** The class of this module whose object a name holds; `null` for any other. */
  classMadeBy(binding: Binding | null): Scope | null {
    if (binding?.kind !== "value") return null;
    const made = this.program.lowerBare(binding.node);
    const name =
      made.kind === "record"
        ? made.type
        : made.kind === "call" && made.object === null
          ? made.name
          : undefined;
    const found = name === undefined ? null : this.program.onlyBinding(name, binding.node);
    return found?.kind === "class" ? found.scope : null;
  }

  #inClass(node: Node, scope: Scope, name: string, depth: number): CodeValue | null {
    const bindings = scope.bindings.get(name);
    if (bindings !== undefined) return this.bound(node, shortened(node.text), bindings, scope);
    for (const base of scope.bases) {
      const [root = "", ...rest] = base.split(".");
      const [binding] = this.program.lookUp(root, scope.parent ?? scope)?.bindings ?? [];
      if (binding?.kind === "class" && rest.length === 0 && depth < maxDepth) {
        const found = this.#inClass(node, binding.scope, name, depth + 1);
        if (found !== null) return found;
      }
      if (binding?.kind === "import") return this.#imported(node, binding, [...rest, name]);
    }
    return null;
  }

  /** The value that a name of `scope` stands for at `node`; `null` when it cannot be told. */
  bound(node: Node, name: string, bindings: readonly Binding[], scope: Scope): CodeValue | null {
    const value = this.#boundAlone(node, name, this.#withoutItself(name, bindings), scope);
    const entries = scope.bindings.get(entriesOf(name)) ?? [];
    if (value?.kind !== "record" || entries.length === 0) return value;
    this.budget.spendOnBindings(entries);
    return this.#sequences.withEntries(node, value, entries, scope);
  }

  #boundAlone(node: Node, name: string, bindings: readonly Binding[], scope: Scope): CodeValue | null {
    this.budget.spendOnBindings(bindings);
    const [first, ...more] = bindings.filter(
      (binding) =>
        binding.kind !== "more" || binding.isElsewhere === true || binding.node.startIndex < node.startIndex,
    );
    if (first === undefined) return null;
    const told = this.#toldBefore(node, name, scope);
    if (more.length > 0 && bindings.every(({ kind }) => kind === "value")) {
      return this.#sequences.assigned(node, name, bindings, scope);
    }
    if (more.some(({ kind }) => kind !== "more")) return null;
    const isAlone = more.length === 0;
    if (first.kind === "import") return isAlone ? this.#imported(node, first, []) : null;
    if (first.kind === "function") return isAlone ? this.#ofFunction(node, name, first.node) : null;
    if (first.kind === "member") return isAlone ? this.#destructured(node, name, first) : null;
    // A field that is declared without a value.
    if (first.kind === "more" && first.isElsewhere === true) {
      const value = this.#sequences.lengthened(
        node,
        this.opaque(node),
        withTold([first, ...more], told),
        scope,
        { isTold: told.length > 0 },
      );
      return value?.kind === "list" ? this.reference(node, name, value) : null;
    }
    if (first.kind !== "value" || first.isOpened === true || isAround(first.node, node)) return null;
    return this.following(first.node, () => {
      const start = (scope.kind === "class" ? this.#usual(first.node) : null) ?? this.value(first.node);
      const window = isAlone ? this.#windowOf(node, first.node, start) : null;
      if (window !== null) return window;
      const isTold = this.#mayBeTold(start, name, scope);
      const added = withTold(more, isTold ? told : []);
      const later = this.#addedLater(node, name, bindings, scope);
      const isPlain = added.length + later.length === 0 && !isTold;
      const value = isPlain
        ? start
        : this.#sequences.lengthened(node, start, added, scope, { later, isTold });
      return value === null ? null : this.reference(node, name, value);
    });
  }

  /** What calls have told an object by then. */
  #toldBefore(node: Node, name: string, scope: Scope): readonly MoreBinding[] {
    return this.program.tellings
      .of(name, scope)
      .filter(({ node: call, isElsewhere }) => isElsewhere === true || call.endIndex <= node.startIndex);
  }

  /** What is added behind a node, in a loop around it. */
  #addedLater(node: Node, name: string, bindings: readonly Binding[], scope: Scope): readonly MoreBinding[] {
    const all = [...bindings, ...this.program.tellings.of(name, scope)];
    return all.filter(
      (binding): binding is MoreBinding =>
        binding.kind === "more" &&
        binding.isElsewhere !== true &&
        binding.node.startIndex >= node.startIndex &&
        loopAround(this.program, node, binding.node, scope) !== null,
    );
  }

  #mayBeTold({ kind }: CodeValue, name: string, scope: Scope): boolean {
    const { tellings } = this.program;
    if (kind === "call" || kind === "list") return tellings.of(name, scope).length > 0;
    return kind === "opaque" && tellings.withoutDoubt(name, scope).length > 0;
  }

  /** `builder = builder.addUserMessage("…")` and `messages = [messages[0], *messages[-10:]]` make nothing else of what it is. */
  #withoutItself(name: string, bindings: readonly Binding[]): readonly Binding[] {
    const [first, ...others] = bindings;
    if (first === undefined || others.length === 0) return bindings;
    const { tellings } = this.program;
    const isItself = (binding: Binding) =>
      binding.kind === "value" &&
      (tellings.nameTold(this.program.bare(binding.node)) === name ||
        this.#leavesOutMiddle(name, binding.node));
    return [first, ...others.filter((binding) => !isItself(binding))];
  }

  /** Remembered: all bindings of a name are asked wherever it stands. */
  #leavesOutMiddle(name: string, node: Node): boolean {
    const known = this.#cutLists.get(node.id);
    if (known !== undefined) return known;
    const isCut = node.endIndex - node.startIndex <= longestCut && leavesOutMiddle(name, node);
    this.#cutLists.set(node.id, isCut);
    return isCut;
  }

  /** What a field is where nobody gives the constructor anything else: the text that its parameter is then. */
  #usual(node: Node): CodeValue | null {
    const lowered = this.program.lowerBare(node);
    const binding = lowered.kind === "name" ? this.program.onlyBinding(lowered.name, node) : null;
    if (binding?.kind !== "other" || binding.fallback === undefined) return null;
    const value = this.value(binding.fallback);
    return value.kind === "text" && isProse(knownText(value.pieces), fewestWords) ? value : null;
  }

  /** A part of a list by another name keeps what it is written as: which part that is stands there. */
  #windowOf(node: Node, definition: Node, value: CodeValue): CodeValue | null {
    const lowered = this.#uncopied(definition);
    const isTrimmed = this.#trimmed(definition, lowered) !== null;
    const isWindow =
      (lowered.kind === "element" && lowered.index === null) ||
      (lowered.kind === "call" && (lowered.object === null ? cuttingFunctions : cutting).has(lowered.name));
    // What a library gives is followed no further than its name.
    const isPlain = value.kind === "opaque" || value.kind === "call";
    if (!isTrimmed && !(isWindow && isPlain)) return null;
    const { range } = this.written(node);
    const hole = () => {
      const { range: _, ...told } = isTrimmed ? this.#hole(definition) : value.hole();
      const { form, range } = this.#hole(node);
      return { ...told, form, range, expression: this.#withNumbers(told.expression, definition) };
    };
    return { kind: "opaque", range, hole };
  }

  /** `history.Skip(4).ToList()` is a list as well. */
  #uncopied(node: Node): Expression {
    const lowered = this.program.lowerBare(node);
    const isCopy = lowered.kind === "call" && lowered.arguments.length === 0 && copying.test(lowered.name);
    return isCopy && lowered.object !== null ? this.program.lowerBare(lowered.object) : lowered;
  }

  /** `messages[-LIMIT:]` with what the name stands for. */
  #withNumbers(expression: string, node: Node): string {
    return expression.replace(/-\s*([A-Za-z_]\w*)/g, (written, name: string) => {
      const number = this.#numberNamed(name, node);
      return number === null ? written : `-${number}`;
    });
  }

  #ofFunction(node: Node, name: string, definition: Node): CodeValue | null {
    const isGetter = this.program.functionOf(definition)?.isGetter === true;
    const returned = (called: string) => {
      const value = this.returned(definition);
      return value === null ? null : this.reference(node, called, value);
    };
    // Agents take functions for their instructions, and call them.
    return isGetter
      ? returned(name)
      : { ...this.#function(node, definition), returned: () => returned(`${name}()`) };
  }

  #function(node: Node, definition: Node): FunctionValue {
    const {
      parameters = [],
      documentation = null,
      decorators = [],
    } = this.program.functionOf(definition) ?? {};
    const returned = () => this.returned(definition);
    const name = this.program.functionName(definition);
    const said = documentation === null ? null : this.value(documentation);
    const tool =
      name === ""
        ? null
        : {
            name,
            documentation: said?.kind === "text" ? said : null,
            described: this.#described(parameters),
            definition: rangeOf(definition),
          };
    const claims = () => this.program.returnedBy(definition).map((value) => this.claims.of(value));
    return { ...this.written(node), kind: "function", parameters, decorators, returned, claims, tool };
  }

  #described(parameters: readonly Parameter[]): ReadonlyMap<string, TextValue> {
    const texts = parameters.flatMap(({ name, documentation }) => {
      const said = documentation == null ? null : this.value(documentation);
      return name !== null && said?.kind === "text" ? [[name, said] as const] : [];
    });
    return new Map(texts);
  }

  #destructured(
    node: Node,
    name: string,
    { node: object, key }: Extract<Binding, { readonly kind: "member" }>,
  ): CodeValue | null {
    return this.following(object, () => {
      const record = this.value(object);
      const value = record.kind === "record" ? entry(record, key) : undefined;
      return value === undefined ? null : this.reference(node, name, value);
    });
  }

  reference(node: Node, name: string, value: CodeValue): CodeValue | null {
    const range = rangeOf(node);
    switch (value.kind) {
      case "text": {
        if (!mayBeNamed(value.pieces)) return null;
        const [only] = value.pieces;
        if (value.pieces.length === 1 && only?.kind === "segment" && only.segment.kind === "hole")
          return null;
        const pieces: Piece[] =
          value.pieces.length === 0
            ? []
            : [{ kind: "reference", range, name, definition: value.range, pieces: value.pieces }];
        const { call } = value;
        return { ...this.text(node, pieces, isFilled(value)), ...(call && { call }) };
      }
      case "list":
        // In a text it is called as it is where it stands, not `[]`.
        return {
          ...value,
          ...this.written(node),
          reference: value.reference ?? { name, range, definition: value.range },
        };
      case "call":
        return isMessageCall(value) || isToolCall(value) ? value : null;
      case "literal":
        return { ...value, ...this.written(node) };
      case "record":
      case "function":
        return value;
      default:
        return null;
    }
  }

  /** A text of another module: filled in when all modules are known. `null` for packages that are installed. */
  #imported(node: Node, binding: ImportBinding, path: readonly string[]): TextValue | null {
    const isCalled = this.program.lower(node).kind === "call";
    const data = importedData(binding);
    if (data !== null)
      return isCalled ? null : this.#ofData(node, { path: data.path, keys: [...data.keys, ...path] });
    const text = path.length === 0 && !isCalled ? importedText(binding) : null;
    if (text !== null) return this.#otherModule(node, { module: null, name: text, file: asItIs }, true);
    const found = this.program.language.memberOf(binding, path, isCalled);
    // An object of another module may hold anything; a name that is imported itself is most often a constant.
    const isFixed = (path.length === 0 || binding.isWhole === true) && !isCalled;
    return found === null ? null : this.#otherModule(node, found, isFixed);
  }

  /** A name that nothing binds here. */
  #unbound(node: Node, path: readonly string[]): TextValue | null {
    const found = this.program.language.unboundMember?.(path) ?? null;
    return found === null ? null : this.#otherModule(node, found, false);
  }

  #otherModule(node: Node, found: Member, isFixed: boolean): TextValue {
    const own = this.#hole(node);
    const scope = isFixed
      ? inferred("constant", `\`${node.text}\` is imported: fixed at deployment`)
      : own.scope;
    return this.text(node, [memberPiece({ ...found, otherwise: { ...own, scope } })], true);
  }

  /** The text of a file, filled in when all files are known. */
  #file(node: Node, { path, name, range }: Extract<Expression, { readonly kind: "file" }>): TextValue {
    const scope = ofConstantFile(name);
    const file: HoleSegment = { kind: "hole", range, form: "variable", name, expression: name, scope };
    const found = { module: null, name: path, file: asItIs };
    return this.text(node, [memberPiece({ ...found, otherwise: file })], true);
  }

  /** A value of a file of data, filled in when all files are known; `null` for the whole of it. */
  #ofData(node: Node, place = this.claims.dataOf(node)): TextValue | null {
    if (place === null || place.keys.length === 0) return null;
    const file = { ...asItIs, keys: place.keys };
    return this.#otherModule(node, { module: null, name: place.path, file }, false);
  }

  // Calls

  #call(node: Node, lowered: CallExpression): CodeValue {
    const call = this.#callValue(node, lowered);
    if (lowered.isMade) return call;
    const whole = this.#wholeOf(node, lowered, call);
    if (whole !== null) return whole;
    const known = this.#operation(node, lowered, call) ?? this.#calledFunction(node, lowered, call);
    if (known !== null) return known;
    const path = this.claims.fileOf(node);
    if (path !== null) return this.#otherModule(node, { module: null, name: path, file: asItIs }, false);
    const data = this.#ofData(node);
    if (data !== null) return data;
    const imported = this.#importedCall(node, lowered);
    if (imported === null) return call;
    this.#writtenCalls.set(node.id, call);
    const called = {
      positional: call.positional.map(piecesOf),
      named: new Map([...call.named].map(([name, value]) => [name, piecesOf(value)] as const)),
    };
    return { ...imported, pieces: withCalled(imported.pieces, called), call };
  }

  #given(lowered: CallExpression): readonly CodeValue[] {
    return lowered.arguments.flatMap(({ name, value, isSpread }) =>
      name === null && isSpread !== true ? [this.value(value)] : [],
    );
  }

  #callValue(node: Node, lowered: CallExpression): CallValue {
    const { takesRecords } = this.program.language;
    const given = this.#given(lowered);
    const named = new Map<string, CodeValue>();
    let hasMore = false;
    const records: TextRange[] = [];
    const take = (record: RecordValue) => {
      records.push(record.range);
      for (const { key, value } of record.entries) named.set(key, value);
      hasMore ||= !record.isWhole;
    };
    for (const { name, value, isSpread } of lowered.arguments) {
      if (isSpread === true) {
        const spread = this.value(value);
        if (spread.kind === "record") take(spread);
        else hasMore = true;
      } else if (name !== null) named.set(name, this.value(value));
    }
    const last = takesRecords === true ? given.at(-1) : undefined;
    const options = last?.kind === "record" ? last : null;
    if (options !== null) take(options);
    const positional = options === null ? given : given.slice(0, -1);
    const { object } = lowered;
    const receiver = () => (object === null ? null : this.#receiver(this.program.bare(object)));
    const called = this.program.calleeOf(lowered);
    const callee = this.program.originalName(called, node);
    const [root = "", ...path] = called.split(".");
    const binding = this.program.onlyBinding(root, node);
    const module = binding?.kind === "import" ? binding.module : null;
    const isOfSelf = object !== null && this.program.lowerBare(object).kind === "self";
    const isOwn = (object === null && binding?.kind === "function") || isOfSelf;
    const decorated = this.#decorated(node);
    const toolClass = binding?.kind === "class" && root === called && isToolClass(binding.scope);
    const fields = toolClass ? { fields: () => this.fieldsOf(node, binding.scope) } : {};
    const methods =
      binding?.kind === "class" && root === called
        ? { toolMethods: () => this.#toolMethods(binding.scope) }
        : {};
    const madeOf =
      binding?.kind === "import" && isToolCall({ callee })
        ? (this.program.language.classOf?.(binding, path) ?? null)
        : null;
    const alias = called === callee ? {} : { alias: called };
    const more = {
      ...alias,
      ...(decorated && { decorated }),
      ...fields,
      ...methods,
      ...(madeOf && { madeOf }),
      ...(this.program.tellings.isTelling(node) && { isTelling: true as const }),
    };
    const call = { callee, module, positional, named, hasMore, receiver, ...more };
    const writtenIn = records.length === 0 ? {} : { writtenIn: records };
    const made = () => this.#maker(node, 0);
    return { ...this.written(node), kind: "call", ...call, ...writtenIn, ...(isOwn && { made }) };
  }

  /** Functions that are decorated with what the call makes. */
  #decorated(node: Node): Decorated | null {
    const all = this.program.decorationsOf(node);
    if (all.length === 0) return null;
    const named = (pattern: RegExp) =>
      all
        .filter(({ name }) => pattern.test(name))
        .map((each) => this.#ofFunction(each.node, "", each.node) ?? this.opaque(each.node));
    return { system: named(addsInstructions), tools: named(addsTools) };
  }

  /** Methods under `@Tool`, as libraries of Java have it, or under `[KernelFunction]` of Semantic Kernel. */
  #toolMethods({ bindings }: Scope): readonly FunctionValue[] {
    return [...bindings.values()].flat().flatMap((binding) => {
      if (binding.kind !== "function") return [];
      const isTool = this.program.functionOf(binding.node)?.decorators?.some(isToolAnnotation) === true;
      return isTool ? [this.passed(binding.node)] : [];
    });
  }

  /** What a class assigns to its fields, once each. */
  fieldsOf(node: Node, { bindings }: Scope): RecordValue {
    const entries = [...bindings].flatMap(([key, [first, ...others]]) =>
      first?.kind === "value" && others.length === 0 ? [{ key, value: this.value(first.node) }] : [],
    );
    return { ...this.written(node), kind: "record", entries, isWhole: true };
  }

  /** A function as it is passed on. */
  passed(definition: Node): FunctionValue {
    return this.#function(definition, definition);
  }

  /** What a method is called on, also by a name that is given a value once. */
  #receiver(object: Node): CodeValue {
    if (this.program.tellings.isOfTold(object)) return this.value(object);
    const lowered = this.program.lower(object);
    const binding = lowered.kind === "name" ? this.program.onlyBinding(lowered.name, object) : null;
    const made = binding?.kind === "value" ? this.program.bare(binding.node) : object;
    return this.value(this.program.lower(made).kind === "call" ? made : object);
  }

  /** `builder.build()` is a request, and the list of its messages where it is sent. */
  #wholeOf(node: Node, lowered: CallExpression, call: CallValue): CodeValue | null {
    const { object } = lowered;
    if (object === null) return null;
    const [given] = lowered.arguments;
    if (lowered.name === "apply" && given !== undefined && this.program.functionOf(given.value) !== null)
      return this.#sequences.toldIn(node, this.value(object), given.value);
    if (!givesWhole(lowered)) return null;
    const list = this.value(this.program.bare(object));
    if (list.kind !== "list") return null;
    this.#writtenCalls.set(node.id, call);
    return list;
  }

  #operation(node: Node, lowered: CallExpression, call: CallValue): CodeValue | null {
    const { language } = this.program;
    const { object, name } = lowered;
    const method = object === null ? undefined : language.methods.get(name);
    const operands = (owner: CodeValue | null): Operands => ({
      node,
      call,
      owner,
      given: this.#given(lowered),
    });
    if (object !== null && method !== undefined) {
      const value = method(operands(this.value(object)), this);
      if (value !== null) return value;
    }
    const own = object === null ? this.program.onlyBinding(name, node)?.kind : undefined;
    if (own === "function" || own === "value") return null;
    const operation = language.functionNamed(this.program.fullName(call.callee, node));
    return operation?.(operands(null), this) ?? null;
  }

  /** What a call of a function of this module gives back, with the arguments in it. */
  #calledFunction(node: Node, lowered: CallExpression, call: CallValue): CodeValue | null {
    const found = this.#functionOf(node, lowered);
    if (found === null) return null;
    return this.following(found, () => {
      const value = this.#functions.returned(found);
      if (value === null) return null;
      const name = `${shortened(writtenCallee(node, lowered))}()`;
      return this.reference(node, name, this.#functions.withArguments(value, found, call));
    });
  }

  /** The function of the module that a call calls, and what its parameters stand for there; `null` for any other. */
  givenTo(
    node: Node,
    lowered: CallExpression,
  ): { readonly definition: Node; readonly values: ReadonlyMap<string, readonly Piece[]> } | null {
    const definition = this.#functionOf(node, lowered);
    if (definition === null) return null;
    const values = this.#functions.argumentsByName(definition, this.#callValue(node, lowered));
    return { definition, values };
  }

  #functionOf(node: Node, { object, name }: CallExpression): Node | null {
    const scope = this.program.scopeAt(node);
    const bindings =
      object === null ? this.program.lookUp(name, scope)?.bindings : this.#methodsOf(object, scope, name);
    const [binding, ...others] = bindings ?? [];
    if (others.length > 0 || (binding?.kind !== "function" && binding?.kind !== "value")) return null;
    const definition = this.program.bare(binding.node);
    return this.program.functionOf(definition) === null ? null : definition;
  }

  #methodsOf(objectNode: Node, scope: Scope, name: string): readonly Binding[] | undefined {
    const object = this.program.bare(objectNode);
    const lowered = this.program.lower(object);
    const binding = lowered.kind === "name" ? this.program.onlyBinding(lowered.name, object) : null;
    let at =
      lowered.kind === "self"
        ? classAround(scope)
        : binding?.kind === "class"
          ? binding.scope
          : this.classMadeBy(binding);
    for (let depth = 0; at !== null && depth < maxDepth; depth++) {
      const bindings = at.bindings.get(name);
      if (bindings !== undefined) return bindings;
      const [base]: readonly Binding[] = at.bases.flatMap(
        (each) => this.program.lookUp(each, at!.parent ?? at!)?.bindings[0] ?? [],
      );
      at = base?.kind === "class" ? base.scope : null;
    }
    return undefined;
  }

  #importedCall(node: Node, call: CallExpression): TextValue | null {
    if (this.claims.isOfLibrary(node, call)) return null;
    const { object, name } = call;
    const path = object === null ? { root: name, path: [] } : this.program.pathOf(object);
    const binding = path === null ? null : this.program.onlyBinding(path.root, node);
    if (object === null && this.program.lookUp(name, this.program.scopeAt(node)) === null) {
      return this.#unbound(node, [name]);
    }
    if (path === null || binding?.kind !== "import") return null;
    return this.#imported(node, binding, object === null ? [] : [...path.path, name]);
  }

  // Containers

  #spread(node: Node, inner: Node): CodeValue {
    const value = this.value(inner);
    // What another module gives may hold anything.
    const isText = value.kind === "text";
    return { ...this.written(node), kind: "spread", value: isText ? this.opaque(inner) : value };
  }

  /** A comprehension. */
  #loop(node: Node, { loop, body, condition }: Extract<Expression, { readonly kind: "loop" }>): CodeValue {
    const list = condition === null ? this.value(loop.of) : this.opaque(loop.of);
    const chosen = this.#chosen(node, list, loop, body);
    if (chosen !== null) return chosen;
    const value = this.value(body);
    return this.forEach(node, list, loop.item, value);
  }

  /** `[SPECS[name] for name in names]`: the entries of a record by known names, in their order. */
  #chosen(node: Node, list: CodeValue, { item }: Loop, body: Node): ListValue | null {
    const lowered = this.program.lowerBare(body);
    if (list.kind !== "list" || lowered.kind !== "element" || lowered.index === null) return null;
    const index = this.program.lowerBare(lowered.index);
    const record = index.kind === "name" && index.name === item ? this.value(lowered.object) : null;
    if (record?.kind !== "record") return null;
    const values = list.items.map((key) =>
      key.kind === "text" ? entry(record, knownText(key.pieces)) : undefined,
    );
    if (values.some((value) => value === undefined)) return null;
    const made = this.list(
      node,
      values.filter((value) => value !== undefined),
    );
    return list.order === undefined ? made : { ...made, order: list.order };
  }

  forEach(node: Node, list: CodeValue, item: string | null, value: CodeValue): ListValue {
    const unrolled = unrolledItems(list, item, value);
    if (unrolled !== null) return this.list(node, unrolled);
    const { name, expression, scope } = list.hole();
    const loop = { name, expression, scope, item };
    return this.list(node, [{ ...this.written(node), kind: "repeat", value, loop }]);
  }

  repeat(node: Node, range: TextRange, loop: Loop, value: CodeValue): RepeatValue {
    const over = this.#loopOver(loop, this.program.functionAround(node));
    return { ...this.written(node), range, kind: "repeat", value, loop: over };
  }

  loopPiece(range: TextRange, loop: Loop, body: readonly Piece[]): Piece {
    return { kind: "loop", range, ...this.#loopOver(loop), body };
  }

  /**
   * A loop that draws its order puts out another text in every call, whatever it is over: unless `sorting`, a function, puts
   * the list that it fills in order afterwards.
   */
  #loopOver(given: Loop, sorting: Node | null = null): RepeatValue["loop"] {
    const loop = this.#loopAsWritten(given);
    if (!this.#isUnordered(given.of)) return loop;
    const text = sorting?.text ?? "";
    for (const name of this.program.language.sorting.functions) if (text.includes(`${name}(`)) return loop;
    const reason = `\`${loop.expression}\` is a map, which has no fixed order: every loop over it draws another`;
    return { ...loop, scope: mostVolatile([inferred("request", reason), loop.scope]) ?? loop.scope };
  }

  #isUnordered(node: Node): boolean {
    const { language, source } = this.program;
    if (language.isUnordered === undefined) return false;
    const of = this.program.bare(node);
    const lowered = this.program.lower(of);
    if (lowered.kind === "member") return language.isUnordered(of, this.program.valueOfField(of), source);
    if (lowered.kind !== "name") return language.isUnordered(of, null, "");
    const binding = this.program.onlyBinding(lowered.name, of);
    if (binding?.kind === "value") return language.isUnordered(of, this.program.bare(binding.node), "");
    return language.isUnordered(of, null, this.program.functionAround(of)?.text ?? source);
  }

  #loopAsWritten({ item, of }: Loop): RepeatValue["loop"] {
    const { name, expression, scope } = this.#hole(of);
    return { name, expression, scope, item };
  }

  // What only a run knows

  opaque(node: Node): CodeValue {
    return { ...this.written(node), kind: "opaque" };
  }

  /** The hole is made when somebody asks for it: most values never stand in a text. */
  written(node: Node): { readonly range: TextRange; readonly hole: () => HoleSegment } {
    let made: HoleSegment | null = null;
    const make = () => {
      made ??= this.#hole(node);
      return made;
    };
    return { range: rangeOf(node), hole: make };
  }

  #hole(node: Node): HoleSegment {
    const lowered = this.program.lowerBare(node);
    const window = this.#trimmed(node, lowered);
    return {
      kind: "hole",
      range: rangeOf(node),
      form: lowered.kind === "call" && !lowered.isMade ? "call" : "variable",
      name: this.program.nameOf(node),
      expression: shortened(node.text),
      scope: this.claims.of(node),
      ...(window !== null && { window }),
    };
  }

  /** What a call leaves that cuts a conversation to so many tokens; `null` for any other. */
  #trimmed(node: Node, lowered: Expression): HistoryWindow | null {
    if (lowered.kind !== "call") return null;
    if (trimming.has(lowered.name)) return this.#windowWritten(node);
    // `trimmer = trim_messages(max_tokens=4000)` is a step that is run later.
    if (lowered.name !== "invoke" || lowered.object === null) return null;
    const binding = this.program.onlyBinding(lowered.object.text, node);
    if (binding?.kind !== "value" || isAround(binding.node, node)) return null;
    const made = this.program.lowerBare(binding.node);
    return made.kind === "call" && trimming.has(made.name) ? this.#windowWritten(binding.node) : null;
  }

  #windowWritten(node: Node): HistoryWindow | null {
    const text = node.text.slice(0, longestTrimming);
    // What keeps the first messages only grows.
    if (/\bstrategy["']?\s{0,9}[=:]\s{0,9}["']first/.test(text)) return null;
    const [, limit] = maximum.exec(text) ?? [];
    if (limit === undefined) return null;
    const last = /^[0-9]/.test(limit) ? Number(limit.replaceAll("_", "")) : this.#numberNamed(limit, node);
    return last === null ? null : { keep: "tokens", last };
  }

  /** What the name stands for, where that is one number. */
  #numberNamed(name: string, node: Node): number | null {
    const binding = this.program.onlyBinding(name, node);
    const lowered = binding?.kind === "value" ? this.program.lowerBare(binding.node) : null;
    return lowered?.kind === "literal" && typeof lowered.value === "number" ? lowered.value : null;
  }
}

/** A file whose text is sent as it is, or rendered as a template of its own format. */
const asItIs: ReadFile = { engine: null, given: new Map() };

/** Fewer words are a name or a key. */
const fewestWords = 3;

/** Functions of LangChain that give the last messages of a list that have so many tokens. */
const trimming: ReadonlySet<string> = new Set(["trim_messages", "trimMessages"]);
const maximum = /\b(?:max_tokens|maxTokens)["']?\s{0,9}[=:]\s{0,9}([A-Za-z_]\w*|[0-9][0-9_]*)/;
/** Characters of such a call that are read. */
const longestTrimming = 2000;
/** Methods that give a part of a list. */
const cutting: ReadonlySet<string> = new Set(
  "slice takeLast TakeLast last first drop subList Skip GetRange suffix".split(" "),
);
/** Methods that give a list again. */
const copying = /^(?:to_?(?:list|array|mutable_?list|a)|copy|clone)$/i;
const cuttingFunctions: ReadonlySet<string> = new Set(["array_slice"]);

/** Decorators of agents: of Pydantic AI, and of others that took them over. */
const addsInstructions = /^(?:instructions?|system_prompt|dynamic_prompt)$/;
const addsTools = /^(?:tool|tool_plain|register_tool)$/;

function isToolAnnotation(name: string): boolean {
  return /^(?:Tool|McpTool|McpServerTool|KernelFunction|DefineKernelFunction)$/.test(lastPart(name));
}

/** What a call calls, as it is written. */
function writtenCallee(node: Node, { object, name }: CallExpression): string {
  return object === null ? name : `${object.text}.${name}`.replace(/^\(|\)$/g, "") || node.text;
}

function isListOrNothing(value: CodeValue): boolean {
  return value.kind === "list" || (value.kind === "literal" && value.value === null);
}

/** Whether a text holds words: a model, a path or a key is none that is said. */
function isSaid({ pieces }: TextValue): boolean {
  return /\p{L}\s+\p{L}/u.test(knownText(pieces)) || isImport(pieces);
}

function itemsOf(value: CodeValue | null): readonly CodeValue[] {
  if (value?.kind !== "list") return [];
  return concatenated([value]);
}

function maybe(value: CodeValue, choice: MaybeValue["choice"], isOtherwise: boolean): MaybeValue {
  const { range, hole: make } = value;
  return { kind: "maybe", range, hole: make, value, choice, isOtherwise };
}

/** What a loop over a list that is written out gives for each of its texts; `null` for other lists. */
function unrolledItems(list: CodeValue, item: string | null, value: CodeValue): readonly CodeValue[] | null {
  if (list.kind !== "list" || item === null || value.kind !== "text") return null;
  if (list.items.length > mostUnrolled || !list.items.every(({ kind }) => kind === "text")) return null;
  return list.items.map((each) => ({
    ...value,
    pieces: fillHoles(value.pieces, new Map([[item, piecesOf(each)]])),
  }));
}

/** A single reference, choice or hole takes the place of all that is written around it. */
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

function isAround(outer: Node, inner: Node): boolean {
  return outer.startIndex <= inner.startIndex && inner.startIndex < outer.endIndex;
}
