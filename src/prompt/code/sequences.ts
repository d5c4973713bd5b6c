/** Names whose value grows or is decided on the way: lists that are given items, texts that are lengthened, branches. */
import type { Node } from "web-tree-sitter";
import { inferred } from "../scope-inference.ts";
import type { TextRange } from "../text.ts";
import type { Binding, MoreBinding, Scope } from "./bindings.ts";
import { assignedPieces, type Branch, decidedAt } from "./branches.ts";
import { branchOf, type Control, controlAround, type Extent, loopAround, runsBefore } from "./control.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Loop } from "./expression.ts";
import { begunBy, settingOf, toldBy } from "./fluent.ts";
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

/** What a list is given, in which scope, and where else it is written. */
interface Growth {
  readonly more: readonly Binding[];
  readonly scope: Scope;
  readonly parts: readonly TextRange[];
  readonly isTold: boolean;
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
    const told = program.tellings.withoutDoubt(name, scope);
    const all = withTold(bindings, told);
    const found = listSteps(node, all, (value) => program.language.additionsTo(name, value));
    budget.spend(found.steps.length * stepsPerAssignment);
    const sequence = listSequence(node, found, (earlier, later) => runsBefore(program, earlier, later));
    if (sequence === null) return null;
    const { start, more, parts } = sequence;
    const of = (value: CodeValue) =>
      this.#addedTo(node, name, value, { more, scope, parts, isTold: told.length > 0 });
    if (start === null) return of(this.#evaluation.opaque(node));
    return this.#evaluation.following(start, () => of(this.#evaluation.value(start)));
  }

  #addedTo(
    node: Node,
    name: string,
    start: CodeValue,
    { more, scope, parts, isTold }: Growth,
  ): CodeValue | null {
    const list = more.length === 0 ? start : this.lengthened(node, start, more, scope, { isTold });
    return list?.kind === "list"
      ? this.#evaluation.reference(node, name, { ...list, parts: [...parts, ...(list.parts ?? [])] })
      : null;
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

  /**
   * A list or a text with what is added to it afterwards; `null` when that cannot be told. `later` is what is added behind the
   * node, which is there in the next round of a loop around both; `isTold` is set for an object that is told messages at all.
   */
  lengthened(
    node: Node,
    start: CodeValue,
    more: readonly Binding[],
    scope: Scope,
    {
      later = [],
      isTold = false,
    }: { readonly later?: readonly MoreBinding[]; readonly isTold?: boolean } = {},
  ): CodeValue | null {
    const isUnknown = isUnknownStart(start);
    const adds = [...more, ...later].some((binding) => this.#addsItems(binding));
    if (start.kind === "list" || (isUnknown && (adds || isTold)))
      return this.#lengthenedList(node, start, [...more, ...later], scope, isTold);
    if (more.length === 0) return start;
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

  /**
   * What other functions, and earlier rounds of a loop around, have added by then stands before what the function, or the round,
   * that uses the list adds itself.
   */
  #lengthenedList(
    node: Node,
    start: CodeValue,
    more: readonly Binding[],
    scope: Extent,
    isTold = false,
  ): CodeValue | null {
    const { program, budget } = this.#evaluation;
    const begun = start.kind === "call" ? begunBy(start) : null;
    const isWritten = start.kind === "list" && start.reference === null;
    const items = isWritten ? [...start.items] : [...(begun?.items ?? [spreadOf(start)])];
    budget.spend(items.length);
    const told = new Map(begun?.told ?? (start.kind === "list" ? start.told : undefined));
    const tellings: TextRange[] = [];
    const here = outsideBlocks(program.scopeAt(node));
    const newest: { readonly binding: MoreBinding; readonly within: Extent }[] = [];
    const add = (binding: MoreBinding, within: Extent) => {
      if (binding.isTold === true) tellings.push(rangeOf(binding.chain ?? binding.node));
      if (binding.isTold === true) this.#tell(items, told, binding, within);
      else insert(items, this.#addedItem(binding, within), binding);
    };
    let isBegunBefore = false;
    for (const binding of more) {
      if (binding.kind !== "more") return null;
      const around = outsideBlocks(program.scopeAt(binding.node));
      const isElsewhere = binding.isElsewhere === true && !isConstructor(around);
      const loop = isElsewhere ? null : loopAround(program, binding.node, node, scope);
      if (isElsewhere || loop !== null) {
        isBegunBefore = true;
        const isOfRound = loop !== null || around === here;
        if (isOfRound && binding.node.endIndex <= node.startIndex)
          newest.push({ binding, within: loop ?? around });
        continue;
      }
      if (!this.#evaluation.mayGoOn(binding.node)) break;
      add(binding, binding.isElsewhere === true ? around : scope);
    }
    if (isBegunBefore && start.kind !== "opaque") items.push(spreadOf(this.#earlier(node)));
    for (const { binding, within } of newest) {
      if (!this.#evaluation.mayGoOn(binding.node)) break;
      add(binding, within);
    }
    return { ...listOf(start, items), ...(isTold && { told, parts: tellings }) };
  }

  /** What a list was given before, which grows with the conversation whatever the list was made of. */
  #earlier(node: Node): CodeValue {
    const list = this.#evaluation.opaque(node);
    const hole = () => {
      const own = list.hole();
      return { ...own, scope: inferred("session", `\`${own.name}\` holds what was added to it before`) };
    };
    return { kind: "opaque", range: list.range, hole };
  }

  /** An object with what calls of a function tell it that is run in it. */
  toldIn(node: Node, object: CodeValue, definition: Node): CodeValue | null {
    const told = this.#evaluation.program.tellings.inside(definition);
    const extent = rangeOf(definition);
    return told.length === 0 ? null : this.#lengthenedList(node, object, told, extent, true);
  }

  /** What a call tells an object: messages, or anything else by its name. */
  #tell(items: CodeValue[], told: Map<string, CodeValue>, { node, chain }: MoreBinding, scope: Extent): void {
    const call = this.#evaluation.value(node);
    if (call.kind !== "call") return;
    const decided = (value: CodeValue) => this.#decided(value, node, chain ?? node, scope);
    const said = toldBy(call);
    if (said !== null) {
      for (const message of said.messages) items.push(decided(message));
      return;
    }
    const [name, value] = settingOf(call) ?? [];
    if (name === undefined || value === undefined) return;
    const before = told.get(name);
    const isTools = name === "tools" && value.kind === "list";
    const earlier = before?.kind === "list" ? before.items : [];
    told.set(name, isTools ? listOf(value, [...earlier, ...value.items.map(decided)]) : value);
  }

  /** A record with the entries that it gets afterwards, up to `node`. */
  withEntries(node: Node, record: RecordValue, added: readonly Binding[], scope: Scope): RecordValue {
    const { program } = this.#evaluation;
    const functionOf = (each: Node) => outsideBlocks(program.scopeAt(each));
    const isHere = functionOf(node) === outsideBlocks(scope);
    const entries = [...record.entries];
    const grown = new Map<string, MoreBinding[]>();
    for (const binding of added) {
      if (binding.kind === "entry" && binding.more !== undefined) {
        grown.set(binding.key, [...(grown.get(binding.key) ?? []), binding.more]);
        continue;
      }
      if (binding.kind !== "entry" || functionOf(binding.node) !== outsideBlocks(scope)) continue;
      if (isHere && binding.node.startIndex >= node.startIndex) break;
      const { key } = binding;
      const before = entries.findLast((each) => each.key === key)?.value ?? null;
      entries.push({ key, value: this.#entryGiven(binding.node, before, scope) });
    }
    for (const [key, all] of grown) {
      const before = entries.findLast((each) => each.key === key)?.value ?? this.#evaluation.opaque(node);
      const more = all.filter(
        (each) => functionOf(each.node) === outsideBlocks(scope) && this.#isThere(node, each, scope),
      );
      const value = more.length === 0 ? null : this.#lengthenedList(node, before, more, scope);
      if (value !== null) entries.push({ key, value });
    }
    return { ...record, entries };
  }

  /** Whether a list has at a node what is added to it: before, or in an earlier round of a loop around both. */
  #isThere(node: Node, { node: added }: MoreBinding, scope: Scope): boolean {
    return (
      added.endIndex <= node.startIndex || loopAround(this.#evaluation.program, node, added, scope) !== null
    );
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
    if (binding.kind !== "more") return false;
    if (binding.isTold === true) return true;
    return ["record", "call", "list", "spread"].includes(this.#evaluation.value(binding.node).kind);
  }

  #addedItem({ node, form, chain }: MoreBinding, scope: Extent): CodeValue {
    const added = this.#evaluation.value(node);
    // `concat` takes lists apart, and adds what is no list as it is.
    const item = form === "concat" && !isMessage(added) ? spreadOf(added) : added;
    return this.#decided(item, node, chain ?? node, scope);
  }

  /** What is added where conditions and a loop decide about it. */
  #decided(item: CodeValue, node: Node, statement: Node, scope: Extent): CodeValue {
    const control = controlAround(this.#evaluation.program, statement, scope);
    if (control === null) return item;
    const isKnown = ["text", "record", "call"].includes(item.kind);
    if (control === "other" || (control.loop !== null && !isKnown)) {
      const lowered = this.#evaluation.program.lower(node);
      const inner = lowered.kind === "spread" ? lowered.value : node;
      return { ...spreadOf(this.#evaluation.opaque(inner)), range: item.range };
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

/** The bindings with what calls tell, in source order; what begins a value stays where it is. */
export function withTold(bindings: readonly Binding[], told: readonly MoreBinding[]): readonly Binding[] {
  if (told.length === 0) return bindings;
  const isMore = (binding: Binding): binding is MoreBinding => binding.kind === "more";
  const more = [...bindings.filter(isMore), ...told];
  return [
    ...bindings.filter((binding) => !isMore(binding)),
    ...more.toSorted((a, b) => a.node.startIndex - b.node.startIndex || a.node.endIndex - b.node.endIndex),
  ];
}

/** What a constructor adds is there before anything else is. */
function isConstructor({ kind, name, parent }: Scope): boolean {
  const owner = parent?.kind === "class" ? parent.name : null;
  return kind === "function" && owner !== null && (name === owner || constructors.has(name));
}

const constructors: ReadonlySet<string> = new Set(["constructor", "__init__", "__construct", "initialize"]);

function isUnknownStart({ kind }: CodeValue): boolean {
  return kind === "opaque" || kind === "call";
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
