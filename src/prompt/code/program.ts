/** A module of code that is read: its nodes as expressions, and what they are called. */
import type { Node } from "web-tree-sitter";
import { type Binding, type Decoration, lookUp, type ModuleNames, type Scope } from "./bindings.ts";
import type { CallExpression, Expression, FunctionParts } from "./expression.ts";
import type { Language } from "./language.ts";
import { shortened } from "./nodes.ts";
import { classAround, outsideBlocks } from "./scopes.ts";
import { Tellings } from "./tellings.ts";

/** Names in a chain; what stands before so many is left out of its name. */
const maxChain = 64;

/** UTF-16 units of an expression that is called as it is written. */
const longestName = 500;

/** Calls in each other that only change how a value is written. */
const maxWrappers = 16;

export class Program {
  readonly language: Language;
  readonly source: string;
  readonly names: ModuleNames;
  readonly #parents = new Map<number, Node | null>();
  /** The function around a node: the links of a chain of calls are in the same one. */
  readonly #around = new Map<number, Node | null>();
  readonly #lowered = new Map<number, Expression>();
  #decorations: ReadonlyMap<number, readonly Decoration[]> | null = null;
  #functionNames: ReadonlyMap<number, string> | null = null;
  readonly #functions = new Map<number, FunctionParts | null>();
  readonly tellings: Tellings;

  constructor(language: Language, source: string, names: ModuleNames) {
    this.language = language;
    this.source = source;
    this.names = names;
    this.tellings = new Tellings(this);
  }

  lower(node: Node): Expression {
    const known = this.#lowered.get(node.id);
    if (known !== undefined) return known;
    const lowered = this.language.lower(node, this.source);
    this.#lowered.set(node.id, lowered);
    return lowered;
  }

  functionOf(node: Node): FunctionParts | null {
    const known = this.#functions.get(node.id);
    if (known !== undefined) return known;
    const found = this.language.functionOf(node);
    this.#functions.set(node.id, found);
    return found;
  }

  /** The values that a function gives back, without those of functions in it. */
  returnedBy(definition: Node): readonly Node[] {
    const found = this.functionOf(definition);
    if (found === null) return [];
    if (found.isExpression) return found.body;
    const { returnTypes } = this.language;
    return definition.descendantsOfType([...returnTypes]).flatMap((statement) => {
      if (statement === null || this.functionAround(statement)?.id !== definition.id) return [];
      const lowered = this.language.statement(statement);
      return lowered.kind === "return" && lowered.value !== null ? [lowered.value] : [];
    });
  }

  /** The innermost function that a node stands in; `null` for none. */
  functionAround(node: Node): Node | null {
    const passed: number[] = [node.id];
    let at = this.parentOf(node);
    while (at !== null && this.functionOf(at) === null) {
      const known = this.#around.get(at.id);
      if (known !== undefined) {
        at = known;
        break;
      }
      passed.push(at.id);
      at = this.parentOf(at);
    }
    for (const id of passed) this.#around.set(id, at);
    return at;
  }

  /** What a function is called; empty where it has no name. */
  functionName(definition: Node): string {
    return this.functionOf(definition)?.name ?? definition.childForFieldName("name")?.text ?? "";
  }

  /** What a function is called by, or the variable or field that holds it; empty where there is none. */
  calledBy(definition: Node): string {
    this.#functionNames ??= new Map(this.names.functions.map(({ node, name }) => [node.id, name]));
    return this.#functionNames.get(definition.id) ?? this.functionName(definition);
  }

  /** What is decorated with what the node makes, by the name that it is given. */
  decorationsOf(node: Node): readonly Decoration[] {
    this.#decorations ??= this.#readDecorations();
    return this.#decorations.get(node.id) ?? [];
  }

  #readDecorations(): ReadonlyMap<number, readonly Decoration[]> {
    const found = new Map<number, Decoration[]>();
    for (const decoration of this.names.decorations) {
      const binding =
        decoration.object === null ? null : this.onlyBinding(decoration.object, decoration.node);
      if (binding?.kind !== "value") continue;
      const { id } = this.bare(binding.node);
      found.set(id, [...(found.get(id) ?? []), decoration]);
    }
    return found;
  }

  /** Remembered: tree-sitter looks for a parent from the root down, which is long in a chain of calls. */
  parentOf(node: Node): Node | null {
    const known = this.#parents.get(node.id);
    if (known !== undefined) return known;
    const { parent } = node;
    this.#parents.set(node.id, parent);
    return parent;
  }

  /** Without what is written around it. */
  bare(node: Node): Node {
    let at = node;
    for (let depth = 0; depth < maxChain; depth++) {
      const lowered = this.lower(at);
      if (lowered.kind !== "same") return at;
      at = lowered.value;
    }
    return at;
  }

  /** The expression without what is written around it. */
  lowerBare(node: Node): Expression {
    return this.lower(this.bare(node));
  }

  scopeAt(node: Node): Scope {
    return this.names.scopeAt(node.startIndex);
  }

  lookUp(
    name: string,
    scope: Scope,
  ): { readonly bindings: readonly Binding[]; readonly scope: Scope } | null {
    return lookUp(name, scope, this.language.classNames);
  }

  /** What a name is bound to at a node, where that is one thing. */
  onlyBinding(name: string, node: Node): Binding | null {
    const [binding, ...others] = this.lookUp(name, this.scopeAt(node))?.bindings ?? [];
    return others.length > 0 ? null : (binding ?? null);
  }

  /** The last value that a name is given before a node; `null` for what is given none. */
  lastValue(name: string, node: Node): Node | null {
    const scope = this.scopeAt(node);
    const found = this.lookUp(name, scope);
    if (found === null) return null;
    // What a function takes from around it, it takes when all of that has run.
    const isHere = outsideBlocks(scope) === outsideBlocks(found.scope);
    return lastOf(found.bindings, (value) =>
      isHere ? value.endIndex <= node.startIndex : !isInside(node, value),
    );
  }

  /** The last value that a field of the class around is given; `null` for any other member. */
  valueOfField(node: Node): Node | null {
    const lowered = this.lowerBare(node);
    if (lowered.kind !== "member" || this.lowerBare(lowered.object).kind !== "self") return null;
    const bindings = classAround(this.scopeAt(node))?.bindings.get(lowered.name) ?? [];
    return lastOf(bindings, (value) => !isInside(node, value));
  }

  /** What a call of a function of this module, or of a method of the class around, gives back; none for any other. */
  returnedByCall(node: Node, { object, name }: CallExpression): readonly Node[] {
    const scope = this.scopeAt(node);
    const isOwn = object !== null && this.lowerBare(object).kind === "self";
    const bindings = isOwn ? classAround(scope)?.bindings.get(name) : this.lookUp(name, scope)?.bindings;
    const [binding, ...others] = (object === null || isOwn ? bindings : undefined) ?? [];
    if (others.length > 0 || (binding?.kind !== "function" && binding?.kind !== "value")) return [];
    const definition = this.bare(binding.node);
    return isInside(node, definition) ? [] : this.returnedBy(definition);
  }

  /** The names of a member, from the first one on: `prompts.chat.system`; `null` where it is a member of anything else. */
  pathOf(node: Node): { readonly root: string; readonly path: readonly string[] } | null {
    const path: string[] = [];
    let at = this.lowerBare(node);
    while (at.kind === "member" && path.length < maxChain) {
      path.unshift(at.name);
      at = this.lowerBare(at.object);
    }
    return at.kind === "name" ? { root: at.name, path } : null;
  }

  /**
   * `a.b.c` as written, without `?.`; empty for what is no chain of names. Calls within a chain are left out:
   * `client().chat.completions` is `client.chat.completions`.
   */
  dottedName(node: Node): string {
    return this.#dotted(this.lowerBare(node));
  }

  /** What a call calls, in the same way. */
  calleeOf(call: CallExpression): string {
    return this.#dotted(call);
  }

  #dotted(first: Expression): string {
    const parts: string[] = [];
    let at: Expression | null = first;
    for (let steps = 0; at !== null && steps < maxChain; steps++) {
      switch (at.kind) {
        case "member":
        case "call":
          if (at.name !== "") parts.push(at.name);
          at = at.object === null ? null : this.lowerBare(at.object);
          break;
        case "element":
          at = this.lowerBare(at.object);
          break;
        case "name":
        case "self":
          parts.push(at.name);
          at = null;
          break;
        default:
          at = null;
      }
    }
    return parts.reverse().join(".");
  }

  /** With the first name as its module calls it: `Agent` behind `from agno.agent import Agent as Porter`. */
  originalName(name: string, node: Node): string {
    const [root = "", ...rest] = name.split(".");
    const binding = this.onlyBinding(root, node);
    if (binding?.kind !== "import" || binding.name === null || binding.name === "default") return name;
    return [binding.name, ...rest].join(".");
  }

  /** With the module that the first name was imported from, as its documentation calls it. */
  fullName(name: string, node: Node): string {
    const [root = "", ...rest] = name.split(".");
    const [binding] = this.lookUp(root, this.scopeAt(node))?.bindings ?? [];
    if (binding?.kind !== "import") return name;
    const { module, name: own } = binding;
    const from = this.language.moduleName?.(module) ?? module;
    const inner = own === null || own === "default" ? rest : [own, ...rest];
    return [from, ...inner].join(".");
  }

  /** What a hole is called: the name that stands in the expression first. */
  nameOf(node: Node, depth = 0): string {
    const inner = this.bare(node);
    const lowered = this.lower(inner);
    switch (lowered.kind) {
      case "name":
      case "self":
        return this.#shown(lowered.name);
      case "member":
      case "element": {
        if (inner.endIndex - inner.startIndex > longestName) return this.#nameOfFirst(inner);
        const text = inner.text.replaceAll(/[?&]\.|\??->|::/g, ".").replace(/^\./, "");
        return /^[\p{L}_$@][\p{L}\p{N}_$.[\]'"-]*$/u.test(text)
          ? this.#shown(text)
          : this.#nameOfFirst(inner);
      }
      case "call":
        return depth < maxWrappers ? this.#nameOfCall(inner, lowered, depth) : this.#nameOfFirst(inner);
      default:
        return this.#nameOfFirst(inner);
    }
  }

  #nameOfCall(node: Node, call: CallExpression, depth: number): string {
    const name = this.calleeOf(call);
    const first = call.arguments.find(({ name: own }) => own === null)?.value;
    const { wrapping, writing } = this.language;
    const object = call.object === null ? null : this.lowerBare(call.object);
    const isOnText = object?.kind === "text";
    const isOfFirst = wrapping.has(name) || (isOnText && first !== undefined && this.#mayGiveName(first));
    if (first !== undefined && isOfFirst) return this.nameOf(first, depth + 1);
    if (call.isMade) return name === "" ? this.#nameOfFirst(node) : name;
    // `items.map(…).join("\n")` writes the items, and `(given or {}).get("name")` what is given.
    const isWritten =
      call.object !== null &&
      (writing.has(call.name) ||
        (object !== null && object.kind !== "call" && name === call.name) ||
        (object?.kind === "call" && wrapping.has(this.calleeOf(object))));
    if (isWritten && call.object !== null && !isOnText) return this.nameOf(call.object, depth + 1);
    return name === "" ? this.#nameOfFirst(node) : name;
  }

  /** A number says nothing by itself: `"…".repeat(200)`. */
  #mayGiveName(node: Node): boolean {
    return this.lowerBare(node).kind !== "literal";
  }

  #nameOfFirst(node: Node): string {
    const { nameTypes } = this.language;
    const first = nameTypes.includes(node.type) ? node : node.descendantsOfType([...nameTypes])[0];
    return first === undefined || first === null ? shortened(node.text) : this.#shown(first.text);
  }

  /** Without the signs that make a name a variable. */
  #shown(name: string): string {
    const { sigil } = this.language;
    return sigil === undefined ? name : name.replaceAll(sigil, "");
  }
}

function lastOf(bindings: readonly Binding[], isMeant: (value: Node) => boolean): Node | null {
  const values = bindings.flatMap((binding) =>
    binding.kind === "value" && binding.isOpened !== true ? [binding.node] : [],
  );
  return values.findLast(isMeant) ?? null;
}

function isInside(node: Node, outer: Node): boolean {
  return outer.startIndex <= node.startIndex && node.endIndex <= outer.endIndex;
}
