/** How often the values of expressions change, as far as the code tells: known functions first, then names. */
import type { Node } from "web-tree-sitter";
import { asDay } from "../day.ts";
import { inferCall, inferred, inferScope, mostVolatile } from "../scope-inference.ts";
import type { ScopeClaim } from "../template.ts";
import type { CallExpression, Expression } from "./expression.ts";
import { type DataPlace, Files, ofConstantFile } from "./files.ts";
import type { Program } from "./program.ts";
import { isOfOrder, knownCall, mostOf, sortedListing, throughName } from "./volatile.ts";

/** Deeper expressions are not looked into. */
const maxDepth = 48;

const written = inferred("constant", "it is written in the code");

export class Claims {
  readonly #program: Program;
  readonly #known = new Map<number, ScopeClaim>();
  readonly #files: Files;
  /** Definitions that are being followed. */
  readonly #open = new Set<number>();
  #depth = 0;

  constructor(program: Program) {
    this.#program = program;
    this.#files = new Files(program);
  }

  of(node: Node): ScopeClaim {
    const known = this.#known.get(node.id);
    if (known !== undefined) return known;
    if (this.#depth >= maxDepth) return this.#byName(node);
    this.#depth++;
    const claim = this.#files.isRead(node)
      ? ofConstantFile(this.#program.nameOf(node))
      : asDay(this.#claim(node, this.#program.lower(node)), node.text);
    this.#depth--;
    this.#known.set(node.id, claim);
    return claim;
  }

  #byName(node: Node): ScopeClaim {
    return inferScope(this.#program.nameOf(node));
  }

  #claim(node: Node, lowered: Expression): ScopeClaim {
    switch (lowered.kind) {
      case "same":
        return this.of(lowered.value);
      case "name":
        return this.ofName(node, lowered.name);
      case "member":
        return this.#ofMember(node, lowered.object);
      case "element": {
        const isMade = this.#program.lowerBare(lowered.object).kind === "call";
        const claim = isMade ? this.of(lowered.object) : this.ofLibrary(lowered.object, false);
        return claim ?? this.#byName(node);
      }
      case "call":
        return this.#ofCall(node, lowered);
      case "list":
        return lowered.isUnordered
          ? inferred("request", "a set has no order of its own: each process may write it in another")
          : this.#ofParts(node, lowered.items);
      case "text": {
        // What is written into a text changes as the value does.
        const claims = lowered.parts.flatMap((part) =>
          part.kind === "value" ? [asDay(this.of(part.node), part.format ?? "")] : [],
        );
        return mostOf(claims, written);
      }
      case "file":
        return ofConstantFile(lowered.name);
      case "literal":
        return written;
      case "record":
        return this.#ofParts(
          node,
          lowered.entries.map(({ value }) => value),
        );
      case "function": {
        const body = this.#program.functionOf(node)?.body ?? [];
        return this.#ofParts(node, body);
      }
      case "sum":
        return this.#ofParts(node, lowered.operands);
      case "operator":
        return this.#ofParts(node, [lowered.left, lowered.right]);
      case "choice": {
        const parts = [lowered.asked.node, lowered.yes, lowered.no].filter((part) => part !== null);
        return this.#ofParts(node, [...new Map(parts.map((part) => [part.id, part])).values()]);
      }
      case "spread":
        return this.#ofParts(node, [lowered.value]);
      case "loop":
        return this.#ofParts(node, [lowered.body, lowered.loop.of]);
      case "self":
        return this.#byName(node);
      case "unknown":
        return this.#ofParts(node, lowered.parts);
    }
  }

  #ofParts(node: Node, parts: readonly Node[]): ScopeClaim {
    const told = parts.map((part) => this.of(part));
    return told.length === 0 ? written : mostOf(told, this.#byName(node));
  }

  ofName(node: Node, name: string): ScopeClaim {
    const byName = this.#byName(node);
    const found = this.#program.lookUp(name, this.#program.scopeAt(node));
    const [binding, ...others] = found?.bindings ?? [];
    if (binding?.kind === "other" && binding.fallback !== undefined && others.length === 0) {
      return ofParameter(name, binding.fallback) ?? byName;
    }
    if (binding?.kind !== "value" || binding.isOpened === true || others.length > 0) return byName;
    const claim = this.#through(binding.node, () => this.of(binding.node));
    const inner = this.#program.bare(binding.node);
    const lowered = this.#program.lower(inner);
    if (claim !== null && isTold(claim) && lowered.kind !== "name") return throughName(name, claim);
    const isOnce = found?.scope.kind === "module" && lowered.kind === "call" && isMadeOnce(inner);
    return isOnce ? inferred("constant", `\`${name}\` is made once, when its file is loaded`) : byName;
  }

  /** `null` in a circle. */
  #through<T>(definition: Node, follow: () => T): T | null {
    if (this.#open.has(definition.id)) return null;
    this.#open.add(definition.id);
    const result = follow();
    this.#open.delete(definition.id);
    return result;
  }

  #ofMember(node: Node, object: Node): ScopeClaim {
    const known = this.ofLibrary(node, false);
    if (known !== null) return known;
    // `datetime.now().year` changes with the call in it.
    const isMade = this.#program.lowerBare(object).kind === "call";
    return isMade ? this.of(object) : this.#byName(node);
  }

  #ofCall(node: Node, call: CallExpression): ScopeClaim {
    const given = call.arguments.map(({ value }) => value);
    return call.isMade ? this.#ofMade(node, call, given) : this.#ofCalled(node, call, given);
  }

  #ofMade(node: Node, call: CallExpression, given: readonly Node[]): ScopeClaim {
    const callee = this.#program.calleeOf(call);
    const claims = given.map((part) => this.of(part));
    const known = this.#library(callee, node, true);
    if (claims.length > 0 && claims.every(isFixed) && /^(?:Map|Set|Array)$/.test(callee)) {
      return inferred("constant", `\`new ${callee}()\` is given nothing but constants`);
    }
    if (known === null) return inferCall(callee === "" ? "object" : callee, claims.filter(isTold));
    // `new Date(time)` is as old as what it is given.
    const whole = { ...known, reason: known.reason.replace("the call `", "the call `new ") };
    return claims.length === 0 ? whole : mostOf(claims, whole);
  }

  #ofCalled(node: Node, call: CallExpression, given: readonly Node[]): ScopeClaim {
    const { language } = this.#program;
    const callee = this.#program.calleeOf(call);
    const known = this.#files.readsGiven(node) ? null : this.#knownCallee(node, call, callee);
    // `dayjs(order.date)` is as old as what it is given.
    const isOfGiven = given.length > 0 && known?.scope === "volatile" && call.object === null;
    if (known !== null && !(isOfGiven && language.takesRecords === true)) return known;
    const constant = constantWithMethods.exec(node.text)?.[1];
    if (constant !== undefined) {
      return inferred("constant", `\`${constant}\` is written in capitals: a constant of the program`);
    }
    const ofObject = call.object === null ? null : this.#ofWritten(call.object, call.name);
    const ofGiven = given.map((part) => this.of(part));
    if (
      language.computing.test(callee) &&
      given.length > 0 &&
      given.every((part, index) => this.#isGivenFixed(part, ofGiven[index]!))
    ) {
      return inferred("constant", `\`${callee}()\` is given nothing but constants`);
    }
    const claims = ofGiven.filter(isTold);
    if (ofObject !== null) return mostOf([ofObject, ...claims], ofObject);
    // A list that is put in order has one.
    if (language.sorting.functions.has(callee))
      return given[0] === undefined ? inferScope("") : this.#sorted(given[0]);
    const claim = this.#ofFunction(call, node) ?? inferCall(callee === "" ? "call" : callee, claims);
    const keeping = language.keepsKeyOrder(callee, node.text);
    if (keeping === null) return claim;
    return { ...claim, reason: `${claim.reason}; ${keeping} keeps the key order that it is given` };
  }

  /** Of what a call makes only the method is known, with the one before it. */
  #knownCallee(node: Node, call: CallExpression, callee: string): ScopeClaim | null {
    if (!this.#isOnCall(call)) return this.#library(callee, node, true);
    const before = call.object === null ? null : this.#program.lowerBare(call.object);
    const pairs = before?.kind === "call" && before.object !== null ? [`${before.name}.${call.name}`] : [];
    for (const method of [call.name, ...pairs]) {
      const claim = knownCall(this.#program.language.knownCalls, `${ownObject}.${method}`, true);
      if (claim !== null) return named(claim, callee);
    }
    return null;
  }

  /** A literal, or a name in capitals. */
  #isGivenFixed(node: Node, claim: ScopeClaim): boolean {
    const lowered = this.#program.lowerBare(node);
    if (lowered.kind === "name" && /^_*[A-Z][A-Z0-9_]+$/.test(lowered.name)) return true;
    return isFixed(claim);
  }

  /** What a method makes of a value changes as the value does; a list that is put in order has one. */
  #ofWritten(object: Node, method: string): ScopeClaim | null {
    const { sorting, writing } = this.#program.language;
    const isMade = this.#program.lowerBare(object).kind === "call";
    if (!isMade && !writing.has(method)) return null;
    const claim = this.of(object);
    if (sorting.methods.has(method) && isOfOrder(claim)) return this.#sorted(object);
    return isTold(claim) ? claim : null;
  }

  /** What is put in order changes as what it is made of does. */
  #sorted(node: Node): ScopeClaim {
    const claim = this.of(node);
    const unknown = this.#byName(node);
    if (!isOfOrder(claim)) return isTold(claim) ? claim : unknown;
    const lowered = this.#program.lowerBare(node);
    if (lowered.kind === "list")
      return mostOf(
        lowered.items.map((part) => this.of(part)),
        unknown,
      );
    if (lowered.kind !== "call") return unknown;
    const callee = this.#program.calleeOf(lowered);
    const parts = lowered.arguments.map(({ value }) => value);
    if (/^(?:set|frozenset)$/.test(callee))
      return mostOf(
        parts.map((part) => this.of(part)),
        unknown,
      );
    if (/(?:^|\.)(?:shuffle|sample|sampleSize)$/.test(callee)) {
      return mostVolatile(parts.map((part) => this.of(part))) ?? unknown;
    }
    // `Path(folder).iterdir()` lists the folder.
    const owner = lowered.object === null ? null : this.#program.lowerBare(lowered.object);
    if (owner?.kind === "call") parts.push(...owner.arguments.map(({ value }) => value));
    return sortedListing(callee, parts.map((part) => this.of(part)).filter(isTold));
  }

  /** What a function of this module gives back, where that never repeats. */
  #ofFunction(call: CallExpression, node: Node): ScopeClaim | null {
    const binding = call.object === null ? this.#program.onlyBinding(call.name, node) : null;
    const definition =
      binding?.kind === "function" || binding?.kind === "value" ? this.#program.bare(binding.node) : null;
    if (definition === null || this.#program.functionOf(definition) === null) return null;
    const returned = this.#through(definition, () =>
      this.#program.returnedBy(definition).map((value) => this.of(value)),
    );
    const volatile = returned?.find(({ scope }) => scope === "volatile");
    return volatile === undefined ? null : throughName(`${call.name}()`, volatile);
  }

  /** `now().toISOString`: the call in it speaks for itself. */
  #isOnCall({ object }: CallExpression): boolean {
    let at = object === null ? null : this.#program.lowerBare(object);
    while (at?.kind === "member") at = this.#program.lowerBare(at.object);
    return at?.kind === "call";
  }

  /** The path of the file whose text a call gives; `null` for any other call. */
  fileOf(node: Node): string | null {
    return this.#files.pathOf(node) ?? this.#files.openPathOf(node);
  }

  /** The file of data, and the keys in it, that a value stands at; `null` for any other value. */
  dataOf(node: Node): DataPlace | null {
    return this.#files.dataAt(node);
  }

  /** Whether a library is known to give what a call calls. */
  isOfLibrary(node: Node, call: CallExpression): boolean {
    return !this.#isOnCall(call) && this.#library(this.#program.calleeOf(call), node, true) !== null;
  }

  /** What the names of libraries tell of a name or a member. */
  ofLibrary(node: Node, isCall: boolean): ScopeClaim | null {
    let at = this.#program.lowerBare(node);
    while (at.kind === "member") at = this.#program.lowerBare(at.object);
    return at.kind === "call" ? null : this.#library(this.#program.dottedName(node), node, isCall);
  }

  /** Names that are imported are completed; of what the program has itself only the method speaks. */
  #library(name: string, node: Node, isCall: boolean): ScopeClaim | null {
    if (name === "") return null;
    const { knownCalls, moduleName } = this.#program.language;
    const [root = "", ...rest] = name.split(".");
    const [binding] = this.#program.lookUp(root, this.#program.scopeAt(node))?.bindings ?? [];
    if (binding === undefined) return knownCall(knownCalls, name, isCall);
    if (binding.kind !== "import") {
      const claim = rest.length === 0 ? null : knownCall(knownCalls, [ownObject, ...rest].join("."), isCall);
      return claim === null ? null : named(claim, name);
    }
    const from = moduleName?.(binding.module) ?? binding.module;
    const isWhole = binding.name === null || binding.name === "default";
    const inner = isWhole ? rest : [binding.name, ...rest];
    const claim =
      knownCall(knownCalls, [from, ...inner].join("."), isCall) ??
      (moduleName === undefined ? null : knownCall(knownCalls, isWhole ? name : inner.join("."), isCall));
    return claim === null ? null : named(claim, name);
  }
}

/** In place of an object of the program, of which tables know nothing. */
const ownObject = "?";

function named(claim: ScopeClaim, name: string): ScopeClaim {
  return { ...claim, reason: claim.reason.replace(/`[^`]*?(\(\))?`/, `\`${name}$1\``) };
}

/** What nobody has to give, as the program has a constant for it; a question that has one is asked all the same. */
function ofParameter(name: string, fallback: Node): ScopeClaim | null {
  const byName = inferScope(name);
  const isOfCall = byName.basis !== "unknown" && !["session", "tenant"].includes(byName.scope);
  if (isOfCall || !/^_*[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(fallback.text)) return null;
  return inferred("constant", `\`${fallback.text}\`, its default, is a constant of the program`);
}

function isFixed({ scope, basis }: ScopeClaim): boolean {
  return scope === "constant" && basis !== "unknown";
}

/** A value that calls make, of nothing that is waited for or given to the program. */
function isMadeOnce(value: Node): boolean {
  return !/\bawait\b|\bprocess\b|\bprompt\b|\bquestion\b|\binput\b|\bargv?\b/.test(value.text);
}

/** What methods without arguments make of a constant: `TEMPLATE_PATH.resolve().absolute()`. */
const constantWithMethods = /^(_*[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:\.\w+\(\))+$/;

/** False for claims that only say that there is nothing to say. */
export function isTold({ basis, reason }: ScopeClaim): boolean {
  return (
    (basis !== "unknown" && !reason.startsWith("it is written")) || reason.includes("keeps the key order")
  );
}
