/** How often the values of expressions change, as far as the code tells. */
import type { Node } from "web-tree-sitter";
import { asDay } from "../../day.ts";
import { inferCall, inferred, inferScope, mostVolatile } from "../../scope-inference.ts";
import type { ScopeClaim } from "../../template.ts";
import { ofConstantFile } from "../files.ts";
import { children } from "../nodes.ts";
import { isOfOrder, knownCall, mostOf, sortedListing, throughName } from "../volatile.ts";
import { Files } from "./files.ts";
import { javascriptCalls, keepsKeyOrder } from "./known-calls.ts";
import { functionTypes, lookUp, type ModuleNames, unwrapped } from "./module.ts";
import { dottedName, nameOf, writing } from "./names.ts";

/** Deeper expressions are not looked into. */
const maxDepth = 48;

const written = inferred("constant", "it is written in the code");

export class Claims {
  readonly #names: ModuleNames;
  readonly #known = new Map<number, ScopeClaim>();
  readonly #files: Files;
  /** Definitions that are being followed. */
  readonly #open = new Set<number>();
  #depth = 0;

  constructor(names: ModuleNames) {
    this.#names = names;
    this.#files = new Files(names);
  }

  of(node: Node): ScopeClaim {
    const known = this.#known.get(node.id);
    if (known !== undefined) return known;
    if (this.#depth >= maxDepth) return inferScope(nameOf(node));
    this.#depth++;
    const claim = this.#files.isRead(node)
      ? ofConstantFile(nameOf(node))
      : asDay(this.#claim(node), node.text);
    this.#depth--;
    this.#known.set(node.id, claim);
    return claim;
  }

  #claim(node: Node): ScopeClaim {
    switch (node.type) {
      case "identifier":
      case "shorthand_property_identifier":
        return this.#ofName(node);
      case "member_expression":
        return this.#ofMember(node);
      case "call_expression":
        return this.#ofCall(node);
      case "new_expression":
        return this.#ofNew(node);
      case "subscript_expression": {
        const object = node.childForFieldName("object");
        const isMade = object !== null && unwrapped(object).type === "call_expression";
        const ofObject = object === null ? null : isMade ? this.of(object) : this.#ofLibrary(object, false);
        return ofObject ?? inferScope(nameOf(node));
      }
      case "pair":
        return this.of(node.childForFieldName("value") ?? node);
      default:
        return this.#ofParts(node);
    }
  }

  #ofParts(node: Node): ScopeClaim {
    const inner = functionTypes.has(node.type) ? node.childForFieldName("body") : node;
    const parts = inner === null ? [] : inner === node ? children(node) : [inner];
    const told = parts.filter(({ type }) => !silent.has(type)).map((part) => this.of(part));
    return told.length === 0 ? written : mostOf(told, inferScope(nameOf(node)));
  }

  #ofName(node: Node): ScopeClaim {
    const name = node.text;
    if (name === "undefined") return written;
    const byName = inferScope(name);
    const found = lookUp(name, this.#names.scopeAt(node.startIndex));
    const [binding, ...others] = found?.bindings ?? [];
    if (binding?.kind === "other" && binding.fallback !== undefined && others.length === 0) {
      return ofParameter(name, binding.fallback) ?? byName;
    }
    if (binding?.kind !== "value" || others.length > 0) return byName;
    const claim = this.#through(binding.node, () => this.of(binding.node));
    const inner = unwrapped(binding.node);
    if (claim !== null && isTold(claim) && inner.type !== "identifier") return throughName(name, claim);
    const isOnce = found?.scope.kind === "module" && isMadeOnce(inner);
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

  #ofMember(node: Node): ScopeClaim {
    const known = this.#ofLibrary(node, false);
    if (known !== null) return known;
    const object = node.childForFieldName("object");
    const isMade = object !== null && ["call_expression", "new_expression"].includes(unwrapped(object).type);
    return isMade ? this.of(object) : inferScope(nameOf(node));
  }

  #ofNew(node: Node): ScopeClaim {
    const made = node.childForFieldName("constructor");
    const claims = this.#given(node).map((part) => this.of(part));
    const known = made === null ? null : this.#ofLibrary(made, true);
    const isOfConstants = claims.length > 0 && claims.every(isFixed);
    if (isOfConstants && made !== null && /^(?:Map|Set|Array)$/.test(made.text)) {
      return inferred("constant", `\`new ${made.text}()\` is given nothing but constants`);
    }
    if (known === null) return inferCall(made === null ? "object" : dottedName(made), claims.filter(isTold));
    // `new Date(time)` is as old as what it is given.
    const whole = { ...known, reason: known.reason.replace("the call `", "the call `new ") };
    return claims.length === 0 ? whole : mostOf(claims, whole);
  }

  #given(call: Node): readonly Node[] {
    const given = call.childForFieldName("arguments");
    return given?.type === "arguments" ? children(given) : [];
  }

  #ofCall(node: Node): ScopeClaim {
    const called = node.childForFieldName("function");
    if (called === null) return inferScope(nameOf(node));
    const given = this.#given(node);
    const known = this.#files.readsGiven(node) ? null : this.#ofLibrary(called, true);
    // `dayjs(order.date)` is as old as what it is given.
    const isOfGiven = given.length > 0 && known?.scope === "volatile" && called.type === "identifier";
    if (known !== null && !isOfGiven) return known;
    const callee = dottedName(called);
    const object = called.type === "member_expression" ? called.childForFieldName("object") : null;
    const ofObject = object === null ? null : this.#ofWritten(object, callee);
    const ofGiven = given.map((part) => this.of(part));
    if (/^Math\.\w+$/.test(callee) && ofGiven.length > 0 && ofGiven.every(isFixed)) {
      return inferred("constant", `\`${callee}()\` is given nothing but constants`);
    }
    const claims = ofGiven.filter(isTold);
    if (ofObject !== null) return mostOf([ofObject, ...claims], ofObject);
    const claim = this.#ofFunction(called) ?? inferCall(callee === "" ? "call" : callee, claims);
    if (!keepsKeyOrder.test(callee)) return claim;
    return { ...claim, reason: `${claim.reason}; \`${callee}\` keeps the key order that it is given` };
  }

  /** What a method makes of a value changes as the value does; a list that is put in order has one. */
  #ofWritten(object: Node, callee: string): ScopeClaim | null {
    const method = callee.slice(callee.lastIndexOf(".") + 1);
    const isMade = ["call_expression", "new_expression"].includes(unwrapped(object).type);
    if (!isMade && !writing.has(method)) return null;
    const claim = this.of(object);
    if (/^(?:sort|toSorted)$/.test(method) && isOfOrder(claim)) return this.#sorted(object);
    return isTold(claim) ? claim : null;
  }

  /** What is put in order changes as what it is made of does. */
  #sorted(object: Node): ScopeClaim | null {
    const call = unwrapped(object);
    const called = call.type === "call_expression" ? call.childForFieldName("function") : null;
    if (called === null) return null;
    const given = this.#given(call).map((part) => this.of(part));
    const callee = dottedName(called);
    return /(?:^|\.)(?:shuffle|sample|sampleSize)$/.test(callee)
      ? mostVolatile(given)
      : sortedListing(callee, given.filter(isTold));
  }

  /** What a function of this module gives back, where that never repeats. */
  #ofFunction(called: Node): ScopeClaim | null {
    if (called.type !== "identifier") return null;
    const name = called.text;
    const [binding, ...others] = lookUp(name, this.#names.scopeAt(called.startIndex))?.bindings ?? [];
    const definition =
      binding?.kind === "function" || binding?.kind === "value" ? unwrapped(binding.node) : null;
    if (definition === null || others.length > 0 || !functionTypes.has(definition.type)) return null;
    const returned = this.#through(definition, () => {
      const body = definition.childForFieldName("body");
      if (body === null) return [];
      const values = body.type === "statement_block" ? returnedValues(body) : [body];
      return values.map((value) => this.of(value));
    });
    const volatile = returned?.find(({ scope }) => scope === "volatile");
    return volatile === undefined ? null : throughName(`${name}()`, volatile);
  }

  /** What the names of libraries tell; names that are imported are completed. */
  #ofLibrary(node: Node, isCall: boolean): ScopeClaim | null {
    const name = dottedName(node);
    if (name === "" || isOnCall(node)) return null;
    const [root = "", ...rest] = name.split(".");
    const [binding] = lookUp(root, this.#names.scopeAt(node.startIndex))?.bindings ?? [];
    if (binding === undefined) return knownCall(javascriptCalls, name, isCall);
    if (binding.kind !== "import") return null;
    const own = binding.module.replace(/^node:/, "").replace(/\/promises$/, "");
    const isWhole = binding.name === null || binding.name === "default";
    const full = [own, ...(isWhole ? rest : [binding.name, ...rest])].join(".");
    const claim =
      knownCall(javascriptCalls, full, isCall) ??
      knownCall(javascriptCalls, isWhole ? name : [binding.name, ...rest].join("."), isCall);
    return claim === null
      ? null
      : { ...claim, reason: claim.reason.replace(/`[^`]*?(\(\))?`/, `\`${name}$1\``) };
  }
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
  return (
    value.type === "call_expression" && !/\bawait\b|\bprocess\b|\bprompt\b|\bquestion\b/.test(value.text)
  );
}

/** Nodes that only say how something is written, or of which type it is. */
const silent: ReadonlySet<string> = new Set([
  "property_identifier",
  "string_fragment",
  "escape_sequence",
  "type_annotation",
  "type_arguments",
  "formal_parameters",
  "comment",
  "this",
]);

/** `now().toISOString`: the call in it speaks for itself. */
function isOnCall(node: Node): boolean {
  let at: Node | null = node;
  while (at?.type === "member_expression") at = at.childForFieldName("object");
  return at !== null && (at.type === "call_expression" || at.type === "new_expression");
}

/** What a function returns, without the functions in it. */
export function returnedValues(body: Node): readonly Node[] {
  return body.descendantsOfType("return_statement").flatMap((statement) => {
    const value = statement === null ? undefined : children(statement)[0];
    return value === undefined || functionAround(statement!) !== body.parent?.id ? [] : [value];
  });
}

function functionAround(node: Node): number | null {
  let at = node.parent;
  while (at !== null && !functionTypes.has(at.type)) at = at.parent;
  return at?.id ?? null;
}

/** False for claims that only say that there is nothing to say. */
export function isTold({ basis, reason }: ScopeClaim): boolean {
  return (
    (basis !== "unknown" && !reason.startsWith("it is written")) || reason.includes("keeps the key order")
  );
}
