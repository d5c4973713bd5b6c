/** Names whose value grows or is decided on the way: lists that are given items, texts that are lengthened, branches. */
import type { Node } from "web-tree-sitter";
import type { TextRange } from "../text.ts";
import type { Binding, MoreBinding, Scope } from "./bindings.ts";
import { assignedPieces, type Branch, decidedAt } from "./branches.ts";
import { branchOf, type Control, controlAround, runsBefore } from "./control.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Loop } from "./expression.ts";
import { concatenated, insert, listOf, listSequence, listSteps, spreadOf } from "./lists.ts";
import { rangeOf } from "./nodes.ts";
import { isMessage, textOf } from "./operations.ts";
import { hole, type Piece } from "./pieces.ts";
import { outsideBlocks } from "./scopes.ts";
import { type CodeValue, isFilled, type ListValue, piecesOf, type RecordValue } from "./values.ts";

/** For an assignment that is taken apart. */
const stepsPerAssignment = 32;

/** What one loop adds to a text. */
interface Rounds {
  readonly statement: Node;
  readonly loop: Loop;
  readonly body: Piece[];
  hasText: boolean;
}

export class Sequences {
  readonly #evaluation: Evaluation;

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
  }

  /**
   * The list that a name stands for at `node`, where it is given others on the way, or is a parameter that is lengthened:
   * `messages = messages + [a]`, `messages = [a, ...messages]`, `history.push(a)`.
   */
  listAt(node: Node, name: string, bindings: readonly Binding[], scope: Scope): CodeValue | null {
    const { program, budget } = this.#evaluation;
    const found = listSteps(node, bindings, (value) => program.language.additionsTo(name, value));
    budget.spend(found.steps.length * stepsPerAssignment);
    const sequence = listSequence(node, found, (earlier, later) => runsBefore(program, earlier, later));
    if (sequence === null) return null;
    const { start, more, parts } = sequence;
    if (start === null) return this.#addedTo(node, name, this.#evaluation.opaque(node), more, scope, parts);
    return this.#evaluation.following(start, () =>
      this.#addedTo(node, name, this.#evaluation.value(start), more, scope, parts),
    );
  }

  #addedTo(
    node: Node,
    name: string,
    start: CodeValue,
    more: readonly Binding[],
    scope: Scope,
    parts: readonly TextRange[],
  ): CodeValue | null {
    const list = more.length === 0 ? start : this.lengthened(node, start, more, scope);
    return list?.kind === "list" ? this.#evaluation.reference(node, name, { ...list, parts }) : null;
  }

  /** `x = ""` in front of `if c: x = "…"`, and one text in each branch. */
  assigned(node: Node, name: string, bindings: readonly Binding[], scope: Scope): CodeValue | null {
    const { program } = this.#evaluation;
    const values = bindings.flatMap((each) => (each.kind === "value" ? [each.node] : []));
    const branches = values.map((value) => branchOf(program, value, scope));
    const decided = decidedAt(node, branches);
    if (decided === null) return null;
    const given = values.map((value) =>
      this.#evaluation.following(value, () => this.#evaluation.value(value)),
    );
    const lists = this.#assignedLists(node, branches, given);
    if (lists !== null) return this.#evaluation.reference(node, name, { ...lists, range: rangeOf(decided) });
    const texts = given.filter((value) => value?.kind === "text" || isNull(value));
    if (texts.length < values.length) return null;
    const pieces = assignedPieces(
      branches,
      texts.map((value) => (value === null ? [] : textOf(value))),
      ({ asked, statement }, body, otherwise) =>
        this.#evaluation.choicePiece(asked, rangeOf(statement ?? decided), body, otherwise),
    );
    if (pieces === null) return null;
    const areFilled = texts.some((value) => value !== null && isFilled(value));
    const text = this.#evaluation.text(node, pieces, areFilled);
    return this.#evaluation.reference(node, name, { ...text, range: rangeOf(decided) });
  }

  /** Of lists in the branches of one `if` those items that are there; `null` where they are no lists. */
  #assignedLists(
    node: Node,
    branches: readonly Branch[],
    given: readonly (CodeValue | null)[],
  ): ListValue | null {
    const areLists = given.some((value) => value?.kind === "list") && given.every(isListOrNull);
    const chain = branches.at(-1)?.chain;
    if (!areLists || chain == null) return null;
    // What stands in front of the `if` counts where no branch gives another.
    const from = branches.findIndex((branch) => branch.chain?.id === chain.id);
    const itemsFrom = (index: number): readonly CodeValue[] => {
      const branch = branches[index];
      if (branch === undefined) return from > 0 ? itemsOf(given[from - 1] ?? null) : [];
      const items = itemsOf(given[index] ?? null);
      if (branch.asked === null) return items;
      const { asked, statement } = branch;
      const range = rangeOf(statement ?? chain);
      return [
        ...items.map((item) => this.#evaluation.maybe(item, asked, range, false)),
        ...itemsFrom(index + 1).map((item) => this.#evaluation.maybe(item, asked, range, true)),
      ];
    };
    const parts = given.flatMap((value) => (value?.kind === "list" ? [value.range] : []));
    return { ...this.#evaluation.list(node, itemsFrom(from)), parts };
  }

  /** A list or a text with what is added to it afterwards; `null` when that cannot be told. */
  lengthened(node: Node, start: CodeValue, more: readonly Binding[], scope: Scope): CodeValue | null {
    const isUnknown = start.kind === "opaque" || start.kind === "call";
    if (start.kind === "list" || (isUnknown && more.some((binding) => this.#addsItems(binding)))) {
      const isWritten = start.kind === "list" && start.reference === null;
      const items = isWritten ? [...start.items] : [spreadOf(start)];
      this.#evaluation.budget.spend(items.length);
      for (const binding of more) {
        if (binding.kind !== "more") return null;
        if (binding.isElsewhere === true) continue;
        if (!this.#evaluation.mayGoOn(binding.node)) break;
        insert(items, this.#addedItem(binding, scope), binding);
      }
      if (more.some((binding) => binding.kind === "more" && binding.isElsewhere === true))
        items.push(spreadOf(this.#evaluation.opaque(node)));
      return listOf(start, items);
    }
    // What is written behind a text that only a run knows is known all the same.
    const isText = start.kind === "text" || (isUnknown && more.some((binding) => this.#addsText(binding)));
    if (!isText) return null;
    const pieces = [...piecesOf(start)];
    let rounds: Rounds | null = null;
    const close = () => {
      if (rounds === null) return;
      const { statement, loop, body, hasText } = rounds;
      if (hasText) pieces.push(this.#evaluation.loopPiece(rangeOf(statement), loop, body));
      else for (const piece of body) pieces.push(piece);
      rounds = null;
    };
    for (const binding of more) {
      if (binding.kind !== "more" || binding.form === "append" || binding.isElsewhere === true) return null;
      if (!this.#evaluation.mayGoOn(binding.node)) break;
      const control = controlAround(this.#evaluation.program, binding.chain ?? binding.node, scope);
      const around = control === null || control === "other" ? null : control.loop;
      if (around === null) close();
      // What one loop adds, call by call, is added together in each of its rounds.
      else if ((rounds as Rounds | null)?.statement.id !== around.statement.id) close();
      const added = this.#addedPieces(binding.node, control);
      if (around === null) {
        for (const piece of added) pieces.push(piece);
        continue;
      }
      rounds ??= { ...around, body: [], hasText: false };
      const value = this.#evaluation.value(binding.node);
      rounds.hasText ||= value.kind === "text" && value.pieces.length > 0;
      for (const piece of added) rounds.body.push(piece);
    }
    close();
    return { ...this.#evaluation.text(node, pieces, isUnknown || isFilled(start)), range: start.range };
  }

  /** A record with the entries that it gets afterwards, up to `node`. */
  withEntries(node: Node, record: RecordValue, added: readonly Binding[], scope: Scope): RecordValue {
    const { program } = this.#evaluation;
    const functionOf = (each: Node) => outsideBlocks(program.scopeAt(each));
    const isHere = functionOf(node) === outsideBlocks(scope);
    const entries = [...record.entries];
    for (const binding of added) {
      if (binding.kind !== "entry" || functionOf(binding.node) !== outsideBlocks(scope)) continue;
      if (isHere && binding.node.startIndex >= node.startIndex) break;
      const { key } = binding;
      const before = entries.findLast((each) => each.key === key)?.value ?? null;
      entries.push({ key, value: this.#entryGiven(binding.node, before, scope) });
    }
    return { ...record, entries };
  }

  /** The value of an entry; what it was before where a condition does not hold. */
  #entryGiven(node: Node, before: CodeValue | null, scope: Scope): CodeValue {
    const value = this.#evaluation.value(node);
    const control = controlAround(this.#evaluation.program, node, scope);
    if (control === null) return value;
    if (control === "other" || control.loop !== null) return this.#evaluation.opaque(node);
    return control.conditions.reduce<CodeValue>((inner, { asked, holder, isOtherwise }) => {
      const range = rangeOf(holder);
      if (before === null && ["call", "function", "record"].includes(inner.kind))
        return this.#evaluation.maybe(inner, asked, range, isOtherwise);
      const [yes, no] = isOtherwise ? [before, inner] : [inner, before];
      return this.#evaluation.oneOf(node, range, asked, yes, no);
    }, value);
  }

  #addsText(binding: Binding): boolean {
    if (binding.kind !== "more" || binding.form !== "concat" || binding.isElsewhere === true) return false;
    return this.#evaluation.value(binding.node).kind === "text";
  }

  #addsItems(binding: Binding): boolean {
    if (binding.kind !== "more" || binding.isElsewhere === true) return false;
    return ["record", "call", "list", "spread"].includes(this.#evaluation.value(binding.node).kind);
  }

  #addedItem({ node, form, chain }: MoreBinding, scope: Scope): CodeValue {
    const added = this.#evaluation.value(node);
    // `concat` takes lists apart, and adds what is no list as it is.
    const item = form === "concat" && !isMessage(added) ? spreadOf(added) : added;
    const control = controlAround(this.#evaluation.program, chain ?? node, scope);
    if (control === null) return item;
    const isKnown = ["text", "record", "call"].includes(item.kind);
    if (control === "other" || (control.loop !== null && !isKnown)) {
      const lowered = this.#evaluation.program.lower(node);
      const inner = lowered.kind === "spread" ? lowered.value : node;
      return {
        kind: "spread",
        range: added.range,
        hole: added.hole,
        value: this.#evaluation.opaque(inner),
      };
    }
    const chosen = control.conditions.reduce<CodeValue>(
      (value, { asked, holder, isOtherwise }) =>
        this.#evaluation.maybe(value, asked, rangeOf(holder), isOtherwise),
      item,
    );
    if (control.loop === null) return chosen;
    return this.#evaluation.repeat(node, rangeOf(control.loop.statement), control.loop.loop, chosen);
  }

  #addedPieces(node: Node, control: Control | "other" | null): readonly Piece[] {
    const added = this.#evaluation.value(node);
    const pieces = piecesOf(added);
    if (control === null) return pieces;
    if (control === "other") return [hole(added.hole())];
    if (added.kind !== "text" && control.loop === null) return [hole(added.hole())];
    return control.conditions.reduce<readonly Piece[]>((inner, { asked, isOtherwise }) => {
      const [body, otherwise] = isOtherwise ? [[], inner] : [inner, []];
      return [this.#evaluation.choicePiece(asked, rangeOf(node), body, otherwise)];
    }, pieces);
  }
}

function isListOrNull(value: CodeValue | null): boolean {
  return value?.kind === "list" || isNull(value);
}

function itemsOf(value: CodeValue | null): readonly CodeValue[] {
  return value?.kind === "list" ? concatenated([value]) : [];
}

function isNull(value: CodeValue | null): boolean {
  return value?.kind === "literal" && value.value === null;
}
