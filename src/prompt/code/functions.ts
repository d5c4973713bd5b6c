/** What the functions of a module give back. */
import type { Node } from "web-tree-sitter";
import type { TextRange } from "../text.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Asked, ConditionalBranch } from "./expression.ts";
import { absent, decidedBy, fillHoles, type Piece, present } from "./pieces.ts";
import { type CallValue, type CodeValue, piecesOf } from "./values.ts";

/** Conditions that decide, one in or behind the other, what a function gives back. */
const maxChoices = 100;

/** A parameter that JavaScript leaves undefined; where all languages have to give it, nothing is left out. */
function isLeftOut({ positional, named, hasMore }: CallValue, index: number, mayLeaveOut: boolean): boolean {
  const isOptions = named.size > 0 && index === positional.length;
  return mayLeaveOut && hasMore !== true && index >= positional.length && !isOptions;
}

/** What is given is filled in no deeper than a request is. */
const deepestGiven = 8;

/** What the parameters of a function stand for in a call. */
interface Given {
  readonly values: ReadonlyMap<string, CodeValue>;
  readonly pieces: ReadonlyMap<string, readonly Piece[]>;
}

/** What the statements of a function give back; `null` where they give nothing back and what follows them counts. */
type Returned = CodeValue | "throws" | null;

export class Functions {
  readonly #evaluation: Evaluation;
  #choices = 0;

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
  }

  /** One value, or one of several texts; `null` when it cannot be told. */
  returned(definition: Node): CodeValue | null {
    const parts = this.#evaluation.program.functionOf(definition);
    if (parts === null) return null;
    if (parts.isExpression) return parts.body[0] === undefined ? null : this.#evaluation.value(parts.body[0]);
    const value = this.#from(parts.body, 0, true);
    return value === "throws" ? null : value;
  }

  /** What the parameters of a function stand for in a call of it. */
  argumentsByName(definition: Node, call: CallValue): ReadonlyMap<string, readonly Piece[]> {
    const values = new Map<string, readonly Piece[]>();
    const parameters = this.#evaluation.program.functionOf(definition)?.parameters ?? [];
    parameters.forEach(({ name, keys, fallback }, index) => {
      for (const key of keys) {
        const value = call.named.get(key);
        if (value !== undefined) values.set(key, piecesOf(value));
      }
      if (name === null) return;
      const given = call.positional[index] ?? call.named.get(name);
      if (given?.kind === "literal" && typeof given.value !== "number") {
        values.set(name, given.value === true ? present : absent);
      } else if (given !== undefined) {
        values.set(name, piecesOf(given));
        if (given.kind === "record") {
          for (const { key, value } of given.entries) values.set(`${name}.${key}`, piecesOf(value));
        }
      } else if (fallback !== null && call.hasMore !== true) {
        const value = this.#evaluation.value(fallback);
        if (value.kind === "text") values.set(name, piecesOf(value));
        if (value.kind === "literal" && typeof value.value !== "number")
          values.set(name, value.value === true ? present : absent);
      } else if (isLeftOut(call, index, this.#evaluation.program.language.takesRecords === true)) {
        values.set(name, absent);
      }
    });
    // An object of options that is the last argument: `porter({ house })`.
    const last = parameters[call.positional.length]?.name ?? null;
    if (this.#evaluation.program.language.takesRecords === true && last !== null)
      for (const [name, value] of call.named) values.set(`${last}.${name}`, piecesOf(value));
    // What else is named goes into `**kwargs`, which hands it on by its name.
    if (this.#evaluation.program.language.takesRecords !== true)
      for (const [name, value] of call.named) if (!values.has(name)) values.set(name, piecesOf(value));
    return values;
  }

  /** A value that a function gives back, with what a call gives the function in the places of its parameters. */
  withArguments<T extends CodeValue>(made: T, definition: Node, call: CallValue): T {
    const parameters = this.#evaluation.program.functionOf(definition)?.parameters ?? [];
    const values = new Map(
      parameters.flatMap(({ name }, index) => {
        const value = name === null ? undefined : (call.positional[index] ?? call.named.get(name));
        return name === null || value === undefined ? [] : [[name, value] as const];
      }),
    );
    const given: Given = { values, pieces: this.argumentsByName(definition, call) };
    if (given.pieces.size === 0) return made;
    return this.#filled(made, given, 0) as T;
  }

  #filled(value: CodeValue, given: Given, depth: number): CodeValue {
    if (depth > deepestGiven) return value;
    const fill = (inner: CodeValue) => this.#filled(inner, given, depth + 1);
    this.#evaluation.budget.spend(1);
    switch (value.kind) {
      case "text":
        this.#evaluation.budget.spendOnPieces(value.pieces);
        return { ...value, pieces: fillHoles(value.pieces, given.pieces) };
      case "opaque":
        return given.values.get(value.hole().expression) ?? value;
      case "list":
        return { ...value, items: value.items.flatMap((item) => this.#item(item, given, depth)) };
      case "record":
        return { ...value, entries: value.entries.map((each) => ({ ...each, value: fill(each.value) })) };
      case "maybe":
      case "spread":
        return { ...value, value: fill(value.value) };
      case "call": {
        const named = new Map([...value.named].map(([name, each]) => [name, fill(each)] as const));
        return { ...value, positional: value.positional.map(fill), named };
      }
      default:
        return value;
    }
  }

  /** An item that is there where a condition holds which the call decides, is there or not. */
  #item(item: CodeValue, given: Given, depth: number): readonly CodeValue[] {
    const decided = item.kind === "maybe" ? decidedBy(item.choice.expression, given.pieces) : null;
    if (item.kind !== "maybe" || decided === null) return [this.#filled(item, given, depth + 1)];
    return decided === item.isOtherwise ? [] : [this.#filled(item.value, given, depth + 1)];
  }

  /** `null` where the statements give nothing back; `isTail` where nothing comes behind them. */
  #from(statements: readonly Node[], from: number, isTail: boolean): Returned {
    const { program } = this.#evaluation;
    if (this.#choices >= maxChoices) return null;
    for (let index = from; index < statements.length; index++) {
      const node = statements[index]!;
      if (!this.#evaluation.mayGoOn(node)) return null;
      this.#evaluation.budget.spend(1);
      const isLast = isTail && index === statements.length - 1;
      const statement = program.language.statement(node);
      const rest = () => this.#nested(() => this.#from(statements, index + 1, isTail));
      switch (statement.kind) {
        case "return":
          return statement.value === null
            ? this.#evaluation.literal(node, null)
            : this.#evaluation.value(statement.value);
        case "throw":
          return "throws";
        case "if": {
          const end = statements.at(-1)!.endIndex;
          const found = this.#branches(node, statement.branches, end, isLast, rest);
          if (found !== null) return found;
          break;
        }
        case "block": {
          const inner = this.#nested(() => this.#from(statement.body, 0, isLast));
          if (inner !== null) return inner;
          break;
        }
        case "loop":
          if (this.#givesBackAnything(node)) return this.#evaluation.opaque(node);
          break;
        case "other":
          if (isLast && program.language.returnsLast === true) return this.#evaluation.value(node);
      }
    }
    return null;
  }

  /** False where it gives back nothing in every case: a guard that is passed. */
  #givesBackAnything(loop: Node): boolean {
    this.#evaluation.budget.spend(loop.endIndex - loop.startIndex);
    const { language } = this.#evaluation.program;
    return loop.descendantsOfType([...language.returnTypes]).some((found) => {
      const statement = found === null ? null : language.statement(found);
      if (statement?.kind !== "return" || statement.value === null) return false;
      return !isNothing(this.#evaluation.value(statement.value));
    });
  }

  #nested(read: () => Returned): Returned {
    this.#choices++;
    const value = read();
    this.#choices--;
    return value;
  }

  /** `null` for an `if` that gives nothing back. Each branch is asked in turn. */
  #branches(
    node: Node,
    branches: readonly ConditionalBranch[],
    end: number,
    isLast: boolean,
    rest: () => Returned,
  ): Returned {
    if (branches.length > maxChoices) return this.#evaluation.opaque(node);
    const values = branches.map(({ body }) => this.#nested(() => this.#from(body, 0, isLast)));
    if (values.every((value) => value === null)) return null;
    const last = branches.at(-1);
    const hasOtherwise = last?.asked === null;
    let found: Returned = hasOtherwise ? (values.at(-1) ?? rest()) : rest();
    for (let at = branches.length - (hasOtherwise ? 2 : 1); at >= 0; at--) {
      const { asked, holder } = branches[at]!;
      const value = values[at] ?? rest();
      if (asked === null) continue;
      const isAll =
        values[at] !== null && (hasOtherwise || at < branches.length - 1) && values[at + 1] != null;
      const range = { start: holder.startIndex, end: isAll ? node.endIndex : end };
      found = this.#either(node, range, asked, value, found);
    }
    return found;
  }

  #either(node: Node, range: TextRange, asked: Asked, yes: Returned, no: Returned): CodeValue | "throws" {
    if (yes === "throws") return no ?? this.#evaluation.opaque(node);
    if (no === "throws") return yes ?? this.#evaluation.opaque(node);
    // A guard that gives nothing back is passed: who calls it wants the text.
    if (isNothing(yes)) return no ?? yes ?? this.#evaluation.opaque(node);
    if (isNothing(no)) return yes ?? this.#evaluation.opaque(node);
    return this.#evaluation.oneOf(node, range, asked, yes, no);
  }
}

/** An empty text or collection, `null`, or no value at all. */
function isNothing(value: CodeValue | null): boolean {
  if (value === null) return true;
  switch (value.kind) {
    case "text":
      return value.pieces.length === 0;
    case "literal":
      return value.value === null;
    case "list":
      return value.items.length === 0;
    case "record":
      return value.entries.length === 0 && value.isWhole;
    default:
      return false;
  }
}
