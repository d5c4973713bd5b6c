/** How often the values of Python's expressions change: known functions first, then names. */
import type { Node } from "web-tree-sitter";
import { asDay } from "../../day.ts";
import { inferCall, inferred, inferScope } from "../../scope-inference.ts";
import type { ScopeClaim } from "../../template.ts";
import { ofConstantFile } from "../files.ts";
import { children } from "../nodes.ts";
import { lastPart } from "../values.ts";
import { isOfOrder, knownCall, mostOf, sortedListing, throughName } from "../volatile.ts";
import { dottedName, nameOf } from "./expressions.ts";
import { Files } from "./files.ts";
import { pythonCalls } from "./known-calls.ts";
import { functionNamed, lookUp, type ModuleNames, returnsOf } from "./module.ts";

/** Deeper expressions tell nothing more. */
const maxDepth = 64;

export class Claims {
  readonly #names: ModuleNames;
  readonly #done = new Map<number, ScopeClaim>();
  readonly #files: Files;
  /** Definitions that are being followed. */
  readonly #open = new Set<number>();

  constructor(names: ModuleNames) {
    this.#names = names;
    this.#files = new Files(names);
  }

  of(node: Node, depth = 0): ScopeClaim {
    const known = this.#done.get(node.id);
    if (known !== undefined) return known;
    if (depth > maxDepth) return inferScope(nameOf(node));
    const claim = this.#files.isRead(node)
      ? ofConstantFile(nameOf(node))
      : asDay(this.#claim(node, depth), node.text);
    this.#done.set(node.id, claim);
    return claim;
  }

  #claim(node: Node, depth: number): ScopeClaim {
    const unknown = () => inferScope(nameOf(node));
    const inner = (nodes: readonly Node[]) => nodes.map((part) => this.of(part, depth + 1));
    switch (node.type) {
      case "identifier":
        return this.#claimOfName(node, depth);
      case "attribute":
        return this.known(node, false) ?? this.#claimOfAttribute(node, depth);
      case "call":
        return this.#claimOfCall(node, depth);
      case "set":
      case "set_comprehension":
        return inferred("request", "a set has no order of its own: each process may write it in another");
      case "subscript": {
        const owner = node.childForFieldName("value");
        const isMade = owner?.type === "call";
        return (
          (owner === null ? null : isMade ? this.of(owner, depth + 1) : this.known(owner, false)) ?? unknown()
        );
      }
      case "string": {
        // What an f-string writes of a value changes as the value does.
        const written = children(node).filter(({ type }) => type === "interpolation");
        const claims = written.flatMap((part) => {
          const value = part.childForFieldName("expression");
          return value === null ? [] : [asDay(this.of(value, depth + 1), part.text)];
        });
        return mostOf(claims, inferred("constant", "it is written in the code"));
      }
      case "integer":
      case "float":
      case "true":
      case "false":
      case "none":
        return inferred("constant", "it is written in the code");
      default: {
        const parts = children(node);
        return mostOf(inner(parts), unknown());
      }
    }
  }

  #claimOfName(node: Node, depth: number): ScopeClaim {
    const name = node.text;
    const byName = inferScope(name);
    const [binding, ...others] = lookUp(name, this.#names.scopeAt(node.startIndex))?.bindings ?? [];
    if (binding?.kind !== "value" || others.length > 0 || this.#open.has(binding.node.id)) return byName;
    this.#open.add(binding.node.id);
    const claim = this.of(binding.node, depth + 1);
    this.#open.delete(binding.node.id);
    return isTold(claim) && binding.node.type !== "identifier" ? throughName(name, claim) : byName;
  }

  #claimOfAttribute(node: Node, depth: number): ScopeClaim {
    const object = node.childForFieldName("object");
    // `datetime.now().year` changes with the call in it.
    return object?.type === "call" ? this.of(object, depth + 1) : inferScope(nameOf(node));
  }

  #claimOfCall(node: Node, depth: number): ScopeClaim {
    const called = node.childForFieldName("function");
    if (called === null) return inferScope(nameOf(node));
    const known = this.#files.readsGiven(node) ? null : this.known(called, true);
    if (known !== null) return known;
    const constant = constantWithMethods.exec(node.text)?.[1];
    if (constant !== undefined) {
      return inferred("constant", `\`${constant}\` is written in capitals: a constant of the program`);
    }
    const callee = dottedName(called);
    const object = called.type === "attribute" ? called.childForFieldName("object") : null;
    // What a method makes of a value changes as the value does.
    if (object !== null && (object.type === "call" || sameValueMethods.has(lastPart(callee)))) {
      const claim = this.of(object, depth + 1);
      if (isTold(claim)) return claim;
    }
    const args = node.childForFieldName("arguments");
    const given = (args === null ? [] : children(args)).map(
      (argument) => argument.childForFieldName("value") ?? argument,
    );
    const claims = given.map((part) => this.of(part, depth + 1)).filter(isTold);
    // A list that is put in order has one.
    if (callee === "sorted")
      return given[0] === undefined ? inferScope("") : this.#sorted(given[0], depth + 1);
    if (countingCalls.has(callee) && given.length > 0 && given.every((part) => this.#isFixed(part, depth))) {
      return inferred("constant", `\`${callee}()\` is given nothing but constants`);
    }
    const own = this.#claimOfFunction(called, depth);
    const claim = own ?? inferCall(callee === "" ? "call" : callee, claims);
    const isUnsorted = /(?:^|\.)json\.dumps$|^dumps$/.test(callee) && !/sort_keys\s*=\s*True/.test(node.text);
    return isUnsorted
      ? {
          ...claim,
          reason: `${claim.reason}; \`${callee}\` without \`sort_keys\` keeps the key order that it is given`,
        }
      : claim;
  }

  /** A literal, or a name in capitals. */
  #isFixed(node: Node, depth: number): boolean {
    if (node.type === "identifier") return /^_*[A-Z][A-Z0-9_]+$/.test(node.text);
    if (node.type === "string") return node.descendantsOfType("interpolation").length === 0;
    const { scope, basis } = this.of(node, depth + 1);
    return scope === "constant" && basis !== "unknown";
  }

  /** What is put in order changes as what it is made of does. */
  #sorted(node: Node, depth: number): ScopeClaim {
    const claim = this.of(node, depth);
    const unknown = inferScope(nameOf(node));
    if (!isOfOrder(claim)) return isTold(claim) ? claim : unknown;
    if (node.type === "set")
      return mostOf(
        children(node).map((part) => this.of(part, depth + 1)),
        unknown,
      );
    const called = node.type === "call" ? node.childForFieldName("function") : null;
    const args = node.childForFieldName("arguments");
    if (called === null || args === null) return unknown;
    const callee = dottedName(called);
    const parts = [...children(args)];
    if (/^(?:set|frozenset)$/.test(callee)) {
      return mostOf(
        parts.map((part) => this.of(part, depth + 1)),
        unknown,
      );
    }
    // `Path(folder).iterdir()` lists the folder.
    const owner = called.childForFieldName("object");
    const ofOwner = owner?.type === "call" ? owner.childForFieldName("arguments") : null;
    if (ofOwner !== null) parts.push(...children(ofOwner));
    return sortedListing(callee, parts.map((part) => this.of(part, depth + 1)).filter(isTold));
  }

  /** What a function of this module gives back. */
  #claimOfFunction(called: Node, depth: number): ScopeClaim | null {
    const definition = functionNamed(this.#names, called);
    if (definition === null || this.#open.has(definition.id)) return null;
    this.#open.add(definition.id);
    const claims = returnsOf(this.#names, definition).map((value) => this.of(value, depth + 1));
    this.#open.delete(definition.id);
    const volatile = claims.find(({ scope }) => scope === "volatile");
    return volatile === undefined ? null : throughName(`${called.text}()`, volatile);
  }

  /** What the library's names tell; names that are imported are completed. */
  known(node: Node, isCall: boolean): ScopeClaim | null {
    const name = dottedName(node);
    if (name === "") return null;
    const [root = "", ...rest] = name.split(".");
    const [binding] = lookUp(root, this.#names.scopeAt(node.startIndex))?.bindings ?? [];
    if (binding?.kind !== "import") return knownCall(pythonCalls, name, isCall);
    const full = [binding.module, binding.name, ...rest].filter((part) => part !== null).join(".");
    const claim = knownCall(pythonCalls, full, isCall);
    return claim === null ? null : { ...claim, reason: claim.reason.replace(`\`${full}`, `\`${name}`) };
  }
}

/** False for claims that only say that there is nothing to say. */
function isTold({ basis, reason }: ScopeClaim): boolean {
  return basis !== "unknown" && !reason.startsWith("it is written");
}

/** Functions whose value follows from what they are given. */
const countingCalls: ReadonlySet<string> = new Set("len sum min max abs round".split(" "));

/** What methods without arguments make of a constant: `TEMPLATE_PATH.resolve().absolute()`. */
const constantWithMethods = /^(_*[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:\.\w+\(\))+$/;

/** Methods that write the value that they are called on, or a part of it. */
const sameValueMethods: ReadonlySet<string> = new Set(
  "strftime isoformat format strip lstrip rstrip upper lower title capitalize replace split join get items keys values hex".split(
    " ",
  ),
);
