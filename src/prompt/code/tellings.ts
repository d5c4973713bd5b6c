/**
 * Objects that are told the parts of a request one by one, in statements of their own: `builder.addSystemMessage("…");` of the SDKs
 * for Java, `history.AddUserMessage(question);` of Semantic Kernel, `chat.with_instructions("…")` of RubyLLM.
 */
import type { Node } from "web-tree-sitter";
import type { ModuleNames, MoreBinding, Scope } from "./bindings.ts";
import type { Expression } from "./expression.ts";
import { beginsAnother, tellsMore, tellsRequest, tellsWithoutDoubt } from "./fluent.ts";
import type { Language } from "./language.ts";
import { mentions, rangeOf } from "./nodes.ts";
import { classAround, outsideBlocks } from "./scopes.ts";

/** Methods without one of which nothing is told. */
const tellingWords =
  /(?:system|user|developer|assistant|preamble|instructions?|messages?|prompt|tools?|context|human|bot|ai)\w{0,20}!?\s{0,4}\(?/gi;

/** Longer chains begin no request. */
const longestChain = 64;

/** What is asked of the program that they stand in; see `Program`. */
interface Asked {
  readonly language: Language;
  readonly source: string;
  readonly names: ModuleNames;
  lower(node: Node): Expression;
  bare(node: Node): Node;
  lowerBare(node: Node): Expression;
  scopeAt(node: Node): Scope;
  functionAround(node: Node): Node | null;
  lookUp(name: string, scope: Scope): { readonly scope: Scope } | null;
}

/** Of each scope, by name, in source order: each call of a chain is one more item. */
type ByName = Map<string, MoreBinding[]>;

export class Tellings {
  readonly #program: Asked;
  #found: ReadonlyMap<Scope, ByName> | null = null;
  /** Calls that tell something to a name. */
  readonly #calls = new Set<number>();
  /** By the function around. */
  readonly #unnamed = new Map<number, MoreBinding[]>();

  constructor(program: Asked) {
    this.#program = program;
  }

  /** What the object is told that a name of a scope stands for. */
  of(name: string, scope: Scope): readonly MoreBinding[] {
    return this.#all().get(scope)?.get(name) ?? [];
  }

  /** Without what may say something else to an object of which nothing is known. */
  withoutDoubt(name: string, scope: Scope): readonly MoreBinding[] {
    const all = this.of(name, scope);
    return all.some(({ node }) => tellsWithoutDoubt(this.#nameOf(node))) ? all : [];
  }

  /** What the chain is called on that ends in a call, where it tells that something; `null` for any other node. */
  nameTold(call: Node): string | null {
    return this.isTelling(call) ? (this.#chainOf(call).root?.name ?? null) : null;
  }

  /** Whether an expression is the name, or own member, of an object that is told something. */
  isOfTold(object: Node): boolean {
    const root = this.#rootOf(object);
    const scope = root === null ? null : this.#scopeOf(root);
    return root !== null && scope !== null && this.of(root.name, scope).length > 0;
  }

  /** What calls of a function tell the object that it is run in, as functions that `apply` of Kotlin is given have one. */
  inside(definition: Node): readonly MoreBinding[] {
    this.#all();
    return this.#unnamed.get(definition.id) ?? [];
  }

  /** Whether a call is a statement that tells an object something. */
  isTelling(call: Node): boolean {
    this.#all();
    return this.#calls.has(call.id);
  }

  #all(): ReadonlyMap<Scope, ByName> {
    this.#found ??= this.#read();
    return this.#found;
  }

  #read(): ReadonlyMap<Scope, ByName> {
    const { names, language } = this.#program;
    const found = new Map<Scope, ByName>();
    const isLink = new Set<number>();
    const mayTell = mentions(this.#program.source, tellingWords);
    for (const node of names.others) {
      if (isLink.has(node.id) || !language.callTypes.includes(node.type) || !mayTell(rangeOf(node))) continue;
      const { links, root } = this.#chainOf(node);
      for (const { id } of links) isLink.add(id);
      const scope = root === null ? null : this.#scopeOf(root);
      if (links.length > 0 && root === null) this.#readUnnamed(node, links);
      if (root === null || scope === null || !this.#tells(links)) continue;
      const here = outsideBlocks(this.#program.scopeAt(node));
      const isElsewhere = outsideBlocks(scope).kind !== "function" && here !== outsideBlocks(scope);
      const byName = found.get(scope) ?? new Map<string, MoreBinding[]>();
      const told = byName.get(root.name) ?? [];
      for (const link of links) {
        this.#calls.add(link.id);
        told.push({
          kind: "more",
          form: "append",
          node: link,
          chain: node,
          isTold: true,
          ...(isElsewhere && { isElsewhere }),
        });
      }
      found.set(scope, byName.set(root.name, told));
    }
    // Tools alone are given to other objects too.
    for (const [scope, byName] of found)
      for (const [name, told] of byName) {
        const links = told.map(({ node }) => node);
        const isRequest = [...links, ...this.#begunWith(name, scope)].some((link) =>
          tellsRequest(this.#nameOf(link)),
        );
        if (isRequest) continue;
        byName.delete(name);
        for (const { id } of links) this.#calls.delete(id);
      }
    return found;
  }

  /** The calls of the chains that a name is given as values. */
  #begunWith(name: string, scope: Scope): readonly Node[] {
    return (scope.bindings.get(name) ?? []).flatMap((binding) =>
      binding.kind === "value" ? this.#linksOf(this.#program.bare(binding.node)) : [],
    );
  }

  #linksOf(outermost: Node): readonly Node[] {
    const links: Node[] = [];
    let at: Node | null = outermost;
    while (at !== null && links.length < longestChain) {
      const lowered = this.#program.lower(at);
      if (lowered.kind !== "call") break;
      links.push(at);
      at = lowered.object === null ? null : this.#program.bare(lowered.object);
    }
    return links;
  }

  #readUnnamed(chain: Node, links: readonly Node[]): void {
    const around = this.#tells(links) ? this.#program.functionAround(chain) : null;
    if (around === null) return;
    const told = this.#unnamed.get(around.id) ?? [];
    for (const node of links) told.push({ kind: "more", form: "append", node, chain, isTold: true });
    this.#unnamed.set(around.id, told);
  }

  /**
   * The calls of a chain from the first one on, and the name, or own member, that the first one is called on; none of a chain that
   * begins with anything else.
   */
  #chainOf(outermost: Node): { readonly links: readonly Node[]; readonly root: Root | null } {
    const links: Node[] = [];
    let at = outermost;
    for (;;) {
      const lowered = this.#program.lower(at);
      if (lowered.kind !== "call" || lowered.isMade) return { links: [], root: null };
      links.push(at);
      if (lowered.object === null) return { links: links.reverse(), root: null };
      const object = this.#program.bare(lowered.object);
      const inner = this.#program.lower(object);
      if (inner.kind === "call") {
        at = object;
        continue;
      }
      const root = this.#rootOf(object);
      return { links: root === null ? [] : links.reverse(), root };
    }
  }

  #rootOf(node: Node): Root | null {
    const lowered = this.#program.lower(node);
    if (lowered.kind === "name") return { name: lowered.name, node, isOwn: false };
    const isOwn = lowered.kind === "member" && this.#program.lowerBare(lowered.object).kind === "self";
    return isOwn ? { name: lowered.name, node, isOwn } : null;
  }

  /** Setters may stand before: `builder.model("…").addUserMessage("…")`. What takes nothing gives another object. */
  #tells(links: readonly Node[]): boolean {
    for (const link of links) {
      const lowered = this.#program.lower(link);
      if (lowered.kind !== "call" || lowered.arguments.length === 0 || beginsAnother(lowered.name))
        return false;
      if (tellsRequest(lowered.name) || tellsMore(lowered.name)) return true;
    }
    return false;
  }

  #nameOf(call: Node): string {
    const lowered = this.#program.lower(call);
    return lowered.kind === "call" ? lowered.name : "";
  }

  #scopeOf({ name, node, isOwn }: Root): Scope | null {
    const scope = this.#program.scopeAt(node);
    if (isOwn) return classAround(scope);
    return this.#program.lookUp(name, scope)?.scope ?? null;
  }
}

interface Root {
  readonly name: string;
  readonly node: Node;
  readonly isOwn: boolean;
}
