/** Names of a JavaScript or TypeScript module: what they are bound to, and under which names others import them. */
import type { Node, Tree } from "web-tree-sitter";
import type { Addition } from "../lists.ts";
import { children } from "../nodes.ts";
import { addBinding, classAround, innermostScope, type NameScope, outsideBlocks } from "../scopes.ts";

export type Binding =
  | { readonly kind: "value"; readonly node: Node }
  /** The member `key` of what `node` is: `const { system } = prompts`. */
  | { readonly kind: "member"; readonly node: Node; readonly key: string }
  | { readonly kind: "class"; readonly scope: Scope }
  | { readonly kind: "enum"; readonly node: Node }
  | { readonly kind: "function"; readonly node: Node }
  | ImportBinding
  /** `name += …`, `name.push(…)`, `name.unshift(…)`: more of the value that is bound before. */
  | MoreBinding
  /** Parameters, loop variables and all that a run decides; `fallback` is what a parameter is where nobody gives it. */
  | { readonly kind: "other"; readonly fallback?: Node };

export interface MoreBinding extends Addition {
  readonly kind: "more";
  readonly node: Node;
  /** Set for what functions add to a variable of the module, and methods to a field of the class: who knows when. */
  readonly isElsewhere?: true;
}

export interface ImportBinding {
  readonly kind: "import";
  /** As written, such as `./prompts.js`. */
  readonly module: string;
  /** Name in that module; `null` for the module itself. */
  readonly name: string | null;
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

/** A name that others import, where it is not the one that the value has in its module. */
export type Export =
  | { readonly kind: "local"; readonly name: string; readonly local: string }
  | { readonly kind: "value"; readonly name: string; readonly value: Node }
  | { readonly kind: "other"; readonly name: string; readonly from: ImportBinding; readonly node: Node };

export interface ModuleNames {
  readonly module: Scope;
  /** In source order, those of functions as well. */
  readonly assignments: readonly Assignment[];
  /** Functions that have a name, with the scope of the name. */
  readonly functions: readonly {
    readonly name: string;
    readonly owner: string | null;
    readonly scope: Scope;
    readonly node: Node;
  }[];
  readonly exports: readonly Export[];
  /** Modules that it exports everything of, as written. */
  readonly exportedModules: readonly string[];
  /** Everything else that was asked for, in source order. */
  readonly others: readonly Node[];
  scopeAt(offset: number): Scope;
}

export const functionTypes: ReadonlySet<string> = new Set([
  "function_declaration",
  "generator_function_declaration",
  "function_expression",
  "generator_function",
  "arrow_function",
  "method_definition",
]);

const classTypes: ReadonlySet<string> = new Set(["class_declaration", "abstract_class_declaration", "class"]);

const bindingTypes = [
  ...functionTypes,
  ...classTypes,
  "statement_block",
  "switch_body",
  "variable_declarator",
  "public_field_definition",
  "field_definition",
  "enum_declaration",
  "import_statement",
  "export_statement",
  "assignment_expression",
  "augmented_assignment_expression",
  "call_expression",
  "for_statement",
  "for_in_statement",
  "catch_clause",
] as const;

const binding: ReadonlySet<string> = new Set(bindingTypes);

/** Reads the names of a module, and finds the nodes of `types` on the way. */
export function readNames(tree: Tree, types: readonly string[]): ModuleNames {
  const reader = new Reader(tree.rootNode, new Set(types));
  for (const node of tree.rootNode.descendantsOfType([...new Set([...bindingTypes, ...types])])) {
    // Keywords have types too: `class` is one.
    if (node?.isNamed === true) reader.read(node);
  }
  return reader.names();
}

/** Functions, classes and blocks in each other; what stands deeper counts as part of the last one. */
const maxScopes = 100;

class Reader {
  readonly #module: Scope;
  readonly #scopes: Scope[];
  readonly #assignments: Assignment[] = [];
  readonly #functions: ModuleNames["functions"][number][] = [];
  readonly #exports: Export[] = [];
  readonly #exportedModules: string[] = [];
  readonly #others: Node[] = [];
  readonly #wanted: ReadonlySet<string>;
  /** What changes a variable, once it is known where that is declared. */
  readonly #later: (() => void)[] = [];
  #open: Scope;
  #depth = 0;

  constructor(root: Node, wanted: ReadonlySet<string>) {
    this.#module = newScope("module", "", root, null);
    this.#scopes = [this.#module];
    this.#open = this.#module;
    this.#wanted = wanted;
  }

  read(node: Node): void {
    const { type, startIndex } = node;
    if (this.#wanted.has(type)) this.#others.push(node);
    if (!binding.has(type)) return;
    while (startIndex >= this.#open.end && this.#open.parent !== null) {
      this.#open = this.#open.parent;
      this.#depth--;
    }
    const scope = this.#open;
    if (functionTypes.has(type)) this.#function(node, scope);
    else if (classTypes.has(type)) this.#class(node, scope);
    else if (type === "statement_block" || type === "switch_body" || type === "for_statement")
      this.#enter("block", "", node);
    else this.#bind(node, scope);
  }

  names(): ModuleNames {
    for (const bind of this.#later) bind();
    return {
      module: this.#module,
      assignments: this.#assignments,
      functions: this.#functions,
      exports: this.#exports,
      exportedModules: this.#exportedModules,
      others: this.#others,
      scopeAt: (offset) => innermostScope(this.#scopes, offset),
    };
  }

  #enter(kind: Scope["kind"], name: string, node: Node, bases: readonly string[] = []): Scope {
    if (this.#depth >= maxScopes) return this.#open;
    this.#depth++;
    const scope = newScope(kind, name, node, this.#open, bases);
    this.#scopes.push(scope);
    this.#open = scope;
    return scope;
  }

  #function(node: Node, scope: Scope): void {
    const name = node.childForFieldName("name")?.text ?? "";
    const isMember = node.type === "method_definition" && scope.kind === "class";
    if (name !== "" && (isMember || node.type.endsWith("_declaration"))) {
      addBinding(scope, name, { kind: "function", node });
      this.#functions.push({ name, owner: isMember ? scope.name : null, scope, node });
    }
    const inner = this.#enter("function", name, node);
    const parameter = node.childForFieldName("parameter");
    if (parameter !== null) bindPattern(parameter, inner);
    for (const given of parametersOf(node)) bindParameter(given, inner);
  }

  #class(node: Node, scope: Scope): void {
    const name = node.childForFieldName("name")?.text ?? "";
    const heritage = children(node).find(({ type }) => type === "class_heritage");
    const base = /^(?:extends\s+)?([\w$.]+)/.exec(heritage?.text ?? "")?.[1];
    const inner = this.#enter("class", name, node, base === undefined ? [] : [base]);
    if (name !== "") addBinding(scope, name, { kind: "class", scope: inner });
  }

  #bind(node: Node, scope: Scope): void {
    switch (node.type) {
      case "variable_declarator":
        this.#variable(node, scope);
        return;
      case "public_field_definition":
      case "field_definition": {
        const name = (node.childForFieldName("name") ?? node.childForFieldName("property"))?.text;
        const value = node.childForFieldName("value");
        if (name !== undefined && value !== null && scope.kind === "class") this.#assign(name, value, scope);
        return;
      }
      case "enum_declaration": {
        const name = node.childForFieldName("name")?.text ?? "";
        addBinding(scope, name, { kind: "enum", node });
        this.#assignments.push(...enumMembers(name, node, scope));
        return;
      }
      case "import_statement":
        bindImport(node, scope);
        return;
      case "export_statement":
        this.#export(node);
        return;
      case "assignment_expression":
      case "augmented_assignment_expression":
        this.#assignment(node, scope);
        return;
      case "call_expression":
        this.#pushed(node, scope);
        return;
      case "for_in_statement": {
        const left = node.childForFieldName("left");
        const inner = this.#enter("block", "", node);
        if (left !== null) bindPattern(left, inner);
        return;
      }
      default: {
        const parameter = node.childForFieldName("parameter");
        if (parameter !== null) bindPattern(parameter, scope);
      }
    }
  }

  #variable(node: Node, scope: Scope): void {
    const name = node.childForFieldName("name");
    const value = node.childForFieldName("value");
    if (name === null) return;
    const target = node.parent?.type === "variable_declaration" ? outsideBlocks(scope) : scope;
    const module = value === null ? null : requiredModule(value);
    if (name.type !== "identifier") {
      if (value === null) bindPattern(name, target);
      else bindMembers(name, value, module, target);
    } else if (module !== null) {
      addBinding(target, name.text, { kind: "import", module, name: null });
    } else if (value !== null) {
      this.#assign(name.text, value, target);
    }
  }

  #assign(name: string, value: Node, scope: Scope): void {
    addBinding(scope, name, { kind: "value", node: value });
    const owner = scope.kind === "class" ? scope.name : null;
    const inside = unwrapped(value);
    if (functionTypes.has(inside.type)) this.#functions.push({ name, owner, scope, node: inside });
    else this.#assignments.push({ name, owner, scope, value });
    this.#assignments.push(...objectMembers(owner === null ? name : `${owner}.${name}`, inside, scope, 0));
  }

  /** `name = …`, `name += …`, `this.name = …`, `exports.name = …`, `object.name = …`. */
  #assignment(node: Node, scope: Scope): void {
    const left = node.childForFieldName("left");
    const right = node.childForFieldName("right");
    if (left === null || right === null) return;
    const isChange = node.type === "augmented_assignment_expression";
    if (left.type === "identifier") {
      const name = left.text;
      const isAdded = isChange && node.childForFieldName("operator")?.text === "+=";
      if (!isChange) this.#assignments.push({ name, owner: null, scope, value: right });
      this.#later.push(() => {
        const declared = lookUp(name, scope)?.scope ?? this.#module;
        if (!isChange) addBinding(declared, name, { kind: "value", node: right });
        else if (isAdded) addBinding(declared, name, { kind: "more", form: "concat", node: right });
        else addBinding(declared, name, { kind: "other" });
      });
      return;
    }
    const object = left.type === "member_expression" ? left.childForFieldName("object") : null;
    const name = left.childForFieldName("property")?.text;
    if (object === null || name === undefined || isChange) return;
    const own = object.type === "this" ? classAround(scope) : null;
    if (own !== null) this.#assign(name, right, own);
    else if (left.text === "module.exports") this.#exportObject(right);
    else if (/^(?:module\.)?exports$/.test(object.text)) {
      this.#exports.push({ kind: "value", name, value: right });
      this.#assign(name, right, this.#module);
    } else this.#assignments.push({ name, owner: object.text, scope, value: right });
  }

  /** Calls bind nothing; those that lengthen a list belong to its value. */
  #pushed(node: Node, scope: Scope): void {
    const called = node.childForFieldName("function");
    const given = node.childForFieldName("arguments");
    const object = called?.type === "member_expression" ? called.childForFieldName("object") : null;
    if (object == null || given === null) return;
    const items = addedItems(called!.childForFieldName("property")?.text ?? "", children(given));
    if (items.length === 0) return;
    const member =
      object.type === "member_expression" ? object.childForFieldName("property")?.text : undefined;
    const own =
      member !== undefined && object.childForFieldName("object")?.type === "this" ? classAround(scope) : null;
    if (own !== null && member !== undefined) {
      for (const { node: item } of items) addBinding(own, member, addedElsewhere(item));
    }
    if (object.type !== "identifier") return;
    const name = object.text;
    this.#later.push(() => {
      const declared = lookUp(name, scope)?.scope;
      if (declared === undefined) return;
      const isElsewhere = isOfModule(declared) && !isOfModule(scope);
      for (const item of items) addBinding(declared, name, isElsewhere ? addedElsewhere(item.node) : item);
    });
  }

  #export(node: Node): void {
    const source = node.childForFieldName("source");
    const value = node.childForFieldName("value");
    const module = source === null ? null : stringText(source);
    const clause = children(node).find(
      ({ type }) => type === "export_clause" || type === "namespace_export" || type === "string",
    );
    if (value !== null) {
      if (value.type === "identifier")
        this.#exports.push({ kind: "local", name: "default", local: value.text });
      else this.#exports.push({ kind: "value", name: "default", value });
    } else if (clause?.type === "export_clause") {
      for (const specifier of children(clause)) {
        const local = specifier.childForFieldName("name")?.text ?? "";
        const name = specifier.childForFieldName("alias")?.text ?? local;
        if (module === null) this.#exports.push({ kind: "local", name, local });
        else {
          const from = { kind: "import", module, name: local } as const;
          this.#exports.push({ kind: "other", name, from, node: specifier });
        }
      }
    } else if (module !== null && clause?.type !== "namespace_export") {
      this.#exportedModules.push(module);
    }
  }

  /** `module.exports = { a, b: "…" }`, or one value. */
  #exportObject(value: Node): void {
    if (value.type !== "object") {
      this.#exports.push({ kind: "value", name: "default", value });
      return;
    }
    for (const entry of children(value)) {
      const name = keyOf(entry);
      if (name === null) continue;
      const inner = entry.childForFieldName("value");
      if (entry.type === "shorthand_property_identifier") continue;
      if (inner?.type === "identifier") this.#exports.push({ kind: "local", name, local: inner.text });
      else if (inner !== null) this.#exports.push({ kind: "value", name, value: inner });
    }
  }
}

function isOfModule(scope: Scope): boolean {
  return outsideBlocks(scope).kind === "module";
}

function addedElsewhere(node: Node): MoreBinding {
  return { kind: "more", form: "append", node, isElsewhere: true };
}

/** What `push(a, b)`, `unshift(a, b)` and `splice(1, 0, a)` add to an array. */
function addedItems(method: string, given: readonly Node[]): readonly MoreBinding[] {
  const [start, removed, ...spliced] = given;
  const at = method === "unshift" ? 0 : integer(start);
  switch (method) {
    case "push":
      return given.map((node) => ({ kind: "more", form: "append", node }));
    case "unshift":
      return given.map((node, index) => ({ kind: "more", form: "append", node, at: index }));
    case "splice":
      if (removed?.text !== "0") return [];
      return spliced.map((node, index) => {
        const place = at === null ? null : at < 0 ? at : at + index;
        return { kind: "more", form: "append", node, at: place };
      });
    default:
      return [];
  }
}

/** `null` for a number that only a run knows. */
function integer(node: Node | undefined): number | null {
  return node !== undefined && /^-?\d{1,6}$/.test(node.text) ? Number(node.text) : null;
}

/** What is added to `name` where it is made of itself: `[...a, b]`, `a.concat(b)`; `null` for any other value. */
export function additionsTo(name: string, value: Node): readonly MoreBinding[] | null {
  const isSelf = (node: Node | null | undefined) => node?.type === "identifier" && node.text === name;
  const inside = unwrapped(value);
  if (inside.type === "array") {
    const [first, ...rest] = children(inside);
    if (first?.type !== "spread_element" || !isSelf(children(first)[0])) return null;
    return rest.map((node) => ({ kind: "more", form: "append", node }));
  }
  const called = inside.type === "call_expression" ? inside.childForFieldName("function") : null;
  const given = inside.childForFieldName("arguments");
  if (called?.childForFieldName("property")?.text !== "concat" || given === null) return null;
  if (!isSelf(called.childForFieldName("object"))) return null;
  return children(given).map((node) => ({ kind: "more", form: "concat", node }));
}

function newScope(
  kind: Scope["kind"],
  name: string,
  { startIndex: start, endIndex: end }: Node,
  parent: Scope | null,
  bases: readonly string[] = [],
): Scope {
  return { kind, name, start, end, parent, bindings: new Map(), bases };
}

/** The patterns of a function's parameters, in order. */
export function parametersOf(node: Node): readonly Node[] {
  const parameter = node.childForFieldName("parameter");
  if (parameter !== null) return [parameter];
  const parameters = node.childForFieldName("parameters");
  return parameters === null
    ? []
    : children(parameters).map((given) => given.childForFieldName("pattern") ?? given);
}

function bindParameter(pattern: Node, scope: Scope): void {
  const isPattern = pattern.type === "assignment_pattern";
  const name = isPattern ? pattern.childForFieldName("left") : pattern;
  const fallback = isPattern
    ? pattern.childForFieldName("right")
    : (pattern.parent?.childForFieldName("value") ?? null);
  if (name?.type !== "identifier" || fallback === null) bindPattern(pattern, scope);
  else addBinding(scope, name.text, { kind: "other", fallback });
}

/** Names of a pattern whose values only a run knows. */
function bindPattern(pattern: Node, scope: Scope): void {
  for (const name of patternNames(pattern)) addBinding(scope, name, { kind: "other" });
}

function patternNames(pattern: Node): readonly string[] {
  const own = pattern.type === "identifier" || pattern.type === "shorthand_property_identifier_pattern";
  if (own) return [pattern.text];
  return pattern
    .descendantsOfType(["identifier", "shorthand_property_identifier_pattern"])
    .flatMap((node) => node?.text ?? []);
}

/** `const { a, b: c } = value`, also of a module. */
function bindMembers(pattern: Node, value: Node, module: string | null, scope: Scope): void {
  for (const part of pattern.type === "object_pattern" ? children(pattern) : [pattern]) {
    const target = part.type === "pair_pattern" ? part.childForFieldName("value") : part;
    const key = part.type === "pair_pattern" ? part.childForFieldName("key")?.text : part.text;
    const isPlain = target?.type === "identifier" || target?.type === "shorthand_property_identifier_pattern";
    if (target === null || key === undefined || !isPlain) bindPattern(part, scope);
    else if (module !== null) addBinding(scope, target.text, { kind: "import", module, name: key });
    else addBinding(scope, target.text, { kind: "member", node: value, key });
  }
}

/** The module of `require("./prompts")` and `await import("./prompts")`; `null` for anything else. */
function requiredModule(value: Node): string | null {
  const call = value.type === "await_expression" ? children(value)[0] : value;
  const called = call?.type === "call_expression" ? call.childForFieldName("function") : null;
  if (called?.text !== "require" && called?.type !== "import") return null;
  const [module] = children(call!.childForFieldName("arguments")!);
  return module === undefined ? null : stringText(module);
}

function bindImport(node: Node, scope: Scope): void {
  const source = node.childForFieldName("source");
  const module = source === null ? null : stringText(source);
  const clause = children(node).find(({ type }) => type === "import_clause");
  if (module === null || clause === undefined) return;
  const add = (own: string, name: string | null) => addBinding(scope, own, { kind: "import", module, name });
  for (const part of children(clause)) {
    if (part.type === "identifier") add(part.text, "default");
    else if (part.type === "namespace_import") add(children(part)[0]?.text ?? "", null);
    else {
      for (const specifier of children(part)) {
        const name = specifier.childForFieldName("name")?.text ?? "";
        add(specifier.childForFieldName("alias")?.text ?? name, name);
      }
    }
  }
}

/** A string that is one word or path; `null` for any other node. */
export function stringText(node: Node): string | null {
  return node.type === "string" ? node.text.slice(1, -1) : null;
}

/** What types and `Object.freeze` are written around. */
export function unwrapped(node: Node): Node {
  let at = node;
  for (let depth = 0; depth < 16; depth++) {
    const inner = wrappers.has(at.type) ? children(at)[0] : frozen(at);
    if (inner === undefined) return at;
    at = inner;
  }
  return at;
}

export const wrappers: ReadonlySet<string> = new Set([
  "parenthesized_expression",
  "as_expression",
  "satisfies_expression",
  "non_null_expression",
]);

function frozen(node: Node): Node | undefined {
  if (node.type !== "call_expression" || node.childForFieldName("function")?.text !== "Object.freeze") return;
  const given = node.childForFieldName("arguments");
  return given === null ? undefined : children(given)[0];
}

/** The name of an entry of an object; `null` for spreads and for keys that a run decides. */
export function keyOf(entry: Node): string | null {
  if (entry.type === "shorthand_property_identifier") return entry.text;
  const key = entry.childForFieldName(entry.type === "pair" ? "key" : "name");
  if (key === null) return null;
  const inner = key.type === "computed_property_name" ? children(key)[0] : key;
  if (inner === undefined) return null;
  return stringText(inner) ?? (inner === key ? inner.text : null);
}

/** Objects in objects deeper than anybody keeps prompts in. */
const maxObjectDepth = 4;

function objectMembers(owner: string, object: Node, scope: Scope, depth: number): readonly Assignment[] {
  if (object.type !== "object" || depth > maxObjectDepth) return [];
  return children(object).flatMap((entry): readonly Assignment[] => {
    const name = keyOf(entry);
    const value = entry.type === "method_definition" ? entry : entry.childForFieldName("value");
    if (name === null || value === null) return [];
    const inner = objectMembers(`${owner}.${name}`, unwrapped(value), scope, depth + 1);
    return [{ name, owner, scope, value }, ...inner];
  });
}

function enumMembers(owner: string, node: Node, scope: Scope): readonly Assignment[] {
  const body = node.childForFieldName("body");
  return (body === null ? [] : children(body)).flatMap((entry): readonly Assignment[] => {
    const name = keyOf(entry);
    const value = entry.childForFieldName("value");
    return name === null || value === null ? [] : [{ name, owner, scope, value }];
  });
}

/** What a name is bound to where it is used, and in which scope; `null` for names of other places. */
export function lookUp(name: string, from: Scope): { bindings: readonly Binding[]; scope: Scope } | null {
  for (let scope: Scope | null = from; scope !== null; scope = scope.parent) {
    // Members of a class are not seen without it.
    const bindings = scope.kind === "class" ? undefined : scope.bindings.get(name);
    if (bindings !== undefined) return { bindings, scope };
  }
  return null;
}
