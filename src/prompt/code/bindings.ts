/** Names of a module of code: what they are bound to, and under which names others import them. */
import type { Node, Tree } from "web-tree-sitter";
import type { Addition } from "./lists.ts";
import { addBinding, innermostScope, type NameScope, outsideBlocks } from "./scopes.ts";

export type Binding =
  | {
      readonly kind: "value";
      readonly node: Node;
      /** Set for what a block has while it runs: `with open(…) as file`. */
      readonly isOpened?: true;
    }
  /** The member `key` of what `node` is: `const { system } = prompts`. */
  | { readonly kind: "member"; readonly node: Node; readonly key: string }
  | { readonly kind: "class"; readonly scope: Scope }
  | { readonly kind: "function"; readonly node: Node }
  | ImportBinding
  /** `name += …`, `name.push(…)`, `name.insert(0, …)`: more of the value that is bound before. */
  | MoreBinding
  | EntryBinding
  /** Parameters, loop variables and all that a run decides; `fallback` is what a parameter is where nobody gives it. */
  | { readonly kind: "other"; readonly fallback?: Node };

export interface MoreBinding extends Addition {
  readonly kind: "more";
  readonly node: Node;
  /** The chain of calls that adds it, where one does: what decides about all of it decides about each. */
  readonly chain?: Node;
  /** Set for what functions add to a variable of the module, and methods to a field of the class: who knows when. */
  readonly isElsewhere?: true;
  /** Set for a call that tells an object a part of a request: see `Tellings`. */
  readonly isTold?: true;
}

/** `name["key"] = …`, `name.key.push(…)`: an entry that a record gets afterwards, or more of one. Bound under the name of `entriesOf`, as the name itself stays what it is. */
export interface EntryBinding {
  readonly kind: "entry";
  readonly key: string;
  readonly node: Node;
  /** Set for what is added to the list that the entry is. */
  readonly more?: MoreBinding;
}

export interface ImportBinding {
  readonly kind: "import";
  /** As written, such as `./prompts.js` or `..prompts`. */
  readonly module: string;
  /** Name in that module; `null` for the module itself. */
  readonly name: string | null;
  /** Set for a module that is imported whole: its members are its own names. */
  readonly isWhole?: true;
}

export type Scope = NameScope<Binding>;

/** One value that is given a name. */
export interface Assignment {
  readonly name: string;
  /** The object or class that it is a member of, with dots; `null` for a variable. */
  readonly owner: string | null;
  readonly scope: Scope;
  readonly value: Node;
}

export interface NamedFunction {
  readonly name: string;
  readonly owner: string | null;
  /** Of the name. */
  readonly scope: Scope;
  readonly node: Node;
}

/** A function that is given to something under `@`: `@agent.instructions`, `@tool`. */
export interface Decoration {
  /** The name of the object; `null` for a function alone. */
  readonly object: string | null;
  readonly name: string;
  /** The function. */
  readonly node: Node;
}

/** A name that others import, where it is not the one that the value has in its module. */
export type Export =
  | { readonly kind: "local"; readonly name: string; readonly local: string }
  | { readonly kind: "value"; readonly name: string; readonly value: Node }
  | { readonly kind: "other"; readonly name: string; readonly from: ImportBinding; readonly node: Node };

export interface ModuleNames {
  readonly module: Scope;
  /** In source order, those of functions as well. */
  readonly assignments: readonly Assignment[];
  readonly functions: readonly NamedFunction[];
  readonly decorations: readonly Decoration[];
  readonly exports: readonly Export[];
  /** Modules that it exports everything of, as written. */
  readonly exportedModules: readonly string[];
  /** Nodes of the types that were asked for, in source order. */
  readonly others: readonly Node[];
  scopeAt(offset: number): Scope;
}

/** Functions, classes and blocks in each other; what stands deeper counts as part of the last one. */
const maxScopes = 100;

/** What a language tells of the names of its modules. */
export interface BindingLanguage {
  /** Types of nodes that bind names, open scopes, or lengthen lists. */
  readonly bindingTypes: readonly string[];
  /** Calls of `NameReader` for a node of these types. */
  bind(node: Node, names: NameReader): void;
}

/** What the entries are bound to that a record of this name gets; no name of any language. */
export function entriesOf(name: string): string {
  return `${name}[]`;
}

/** More of the list that an entry of a record is. */
export function moreOfEntry(key: string, more: MoreBinding): EntryBinding {
  return { kind: "entry", key, node: more.node, more };
}

/** Reads the names of a module, and finds the nodes of `types` on the way. */
export function readNames(language: BindingLanguage, tree: Tree, types: readonly string[]): ModuleNames {
  const names = new NameReader(tree.rootNode);
  const wanted = new Set(types);
  const binding = new Set(language.bindingTypes);
  for (const node of tree.rootNode.descendantsOfType([...new Set([...binding, ...wanted])])) {
    // Keywords have types too: `class` is one.
    if (node?.isNamed !== true) continue;
    if (wanted.has(node.type)) names.others.push(node);
    if (!binding.has(node.type)) continue;
    names.goTo(node.startIndex);
    language.bind(node, names);
  }
  return names.done();
}

/** What a language tells of its names, node by node in source order. */
export class NameReader {
  readonly module: Scope;
  readonly others: Node[] = [];
  readonly exports: Export[] = [];
  readonly decorations: Decoration[] = [];
  readonly exportedModules: string[] = [];
  readonly #scopes: Scope[];
  readonly #assignments: Assignment[] = [];
  readonly #functions: NamedFunction[] = [];
  readonly #later: (() => void)[] = [];
  readonly #links = new Set<number>();
  readonly #classes = new Map<string, { readonly scope: Scope; readonly bases: string[] }>();
  #open: Scope;
  #depth = 0;

  constructor(root: Node) {
    this.module = newScope("module", "", root, null, []);
    this.#scopes = [this.module];
    this.#open = this.module;
  }

  /** The innermost scope that is open at the node that is read. */
  get scope(): Scope {
    return this.#open;
  }

  goTo(offset: number): void {
    while (offset >= this.#open.end && this.#open.parent !== null) {
      this.#open = this.#open.parent;
      this.#depth--;
    }
  }

  /** Opens a scope from the node on, to its end. */
  enter(kind: Scope["kind"], name: string, node: Node, bases: readonly string[] = []): Scope {
    if (this.#depth >= maxScopes) return this.#open;
    this.#depth++;
    const scope = newScope(kind, name, node, this.#open, bases);
    this.#scopes.push(scope);
    this.#open = scope;
    return scope;
  }

  /** The class of this name, for members that stand outside of it, as methods do in Go; what it inherits is told where it is. */
  classNamed(name: string, bases: readonly string[] = []): Scope {
    let known = this.#classes.get(name);
    if (known === undefined) {
      const own: string[] = [];
      const scope: Scope = {
        kind: "class",
        name,
        start: 0,
        end: 0,
        parent: this.module,
        bindings: new Map(),
        bases: own,
      };
      known = { scope, bases: own };
      this.#classes.set(name, known);
    }
    known.bases.push(...bases);
    return known.scope;
  }

  /**
   * The calls of a chain from its outermost one in, where `inner` gives the call that one is called on; none for a call that is
   * a link of another's chain. tree-sitter finds the parents of all of them in a time that grows with its square.
   */
  chain(outermost: Node, inner: (call: Node) => Node | null): readonly Node[] {
    const calls: Node[] = [];
    let at: Node | null = this.#links.has(outermost.id) ? null : outermost;
    while (at !== null) {
      calls.push(at);
      this.#links.add(at.id);
      at = inner(at);
    }
    return calls;
  }

  bind(name: string, binding: Binding, scope: Scope = this.#open): void {
    addBinding(scope, name, binding);
  }

  /** A value that gets a name, which is bound to it. */
  assign(assignment: Assignment): void {
    addBinding(assignment.scope, assignment.name, { kind: "value", node: assignment.value });
    this.note(assignment);
  }

  /** A value that is called so, though no name is bound to it: an entry of an object. */
  note(assignment: Assignment): void {
    this.#assignments.push(assignment);
  }

  noteFunction(found: NamedFunction): void {
    this.#functions.push(found);
  }

  /** Once it is known where every name is declared. */
  later(bind: () => void): void {
    this.#later.push(bind);
  }

  done(): ModuleNames {
    for (const bind of this.#later) bind();
    return {
      module: this.module,
      assignments: this.#assignments,
      functions: this.#functions,
      decorations: this.decorations,
      exports: this.exports,
      exportedModules: this.exportedModules,
      others: this.others,
      scopeAt: (offset) => innermostScope(this.#scopes, offset),
    };
  }
}

function newScope(
  kind: Scope["kind"],
  name: string,
  { startIndex: start, endIndex: end }: Node,
  parent: Scope | null,
  bases: readonly string[],
): Scope {
  return { kind, name, start, end, parent, bindings: new Map(), bases };
}

export function isOfModule(scope: Scope): boolean {
  return outsideBlocks(scope).kind === "module";
}

/** Where the names of a class are seen without it: in its own statements, in all of it, or nowhere. */
export type ClassNames = "statements" | "inside" | "nowhere";

/** What a name is bound to where it is used, and in which scope; `null` for names of other places. */
export function lookUp(
  name: string,
  from: Scope,
  classNames: ClassNames,
): { readonly bindings: readonly Binding[]; readonly scope: Scope } | null {
  for (let scope: Scope | null = from; scope !== null; scope = scope.parent) {
    const isSeen =
      scope.kind !== "class" || classNames === "inside" || (classNames === "statements" && scope === from);
    const bindings = isSeen ? scope.bindings.get(name) : undefined;
    if (bindings !== undefined) return { bindings, scope };
  }
  return null;
}
