/** Names of a Python module: which of them stand for one value that can be followed. */
import type { Node, Tree } from "web-tree-sitter";
import type { Addition } from "../lists.ts";
import { children } from "../nodes.ts";
import { addBinding, classAround, innermostScope, type NameScope } from "../scopes.ts";

export type Binding =
  | { readonly kind: "value"; readonly node: Node }
  | { readonly kind: "class"; readonly scope: Scope }
  | { readonly kind: "function"; readonly node: Node }
  /** `name` is `null` for the module itself. Relative modules begin with their dots. */
  | { readonly kind: "import"; readonly module: string; readonly name: string | null }
  /** `name += …`, `name.append(…)`, `.extend(…)`, `.insert(0, …)`: more of the value that is bound before. */
  | MoreBinding
  /** Parameters, loop variables and all that a run decides. */
  | { readonly kind: "other" };

export interface MoreBinding extends Addition {
  readonly kind: "more";
  readonly node: Node;
  /** Set for what functions add to a name of the module, and methods to one of the class: who knows when. */
  readonly isElsewhere?: true;
}

export type Scope = NameScope<Binding>;

/** An assignment of one value to one name. */
export interface Assignment {
  readonly name: string;
  readonly scope: Scope;
  readonly value: Node;
}

export interface ModuleNames {
  readonly module: Scope;
  readonly assignments: readonly Assignment[];
  /** Everything else that was asked for, in source order. */
  readonly others: readonly Node[];
  scopeAt(offset: number): Scope;
}

const bindingTypes = [
  "assignment",
  "augmented_assignment",
  "named_expression",
  "class_definition",
  "function_definition",
  "lambda",
  "parameters",
  "lambda_parameters",
  "call",
  "for_statement",
  "for_in_clause",
  "as_pattern_target",
  "import_statement",
  "import_from_statement",
  "delete_statement",
  "global_statement",
  "nonlocal_statement",
  "case_pattern",
] as const;

const binding: ReadonlySet<string> = new Set(bindingTypes);

/** Functions and classes in each other; what stands deeper counts as part of the last one. */
const maxScopes = 100;

/** Reads the names of a module, and finds the nodes of `types` on the way. */
export function readNames(tree: Tree, types: readonly string[]): ModuleNames {
  const root = tree.rootNode;
  const module = newScope("module", "", root, null, []);
  const scopes = [module];
  const assignments: Assignment[] = [];
  const others: Node[] = [];
  const wanted = new Set(types);
  const chained = new Map<number, Node | null>();
  let open = module;
  let depth = 0;
  for (const node of root.descendantsOfType([...bindingTypes, ...types])) {
    // Keywords have types too: `lambda` is one.
    if (node?.isNamed !== true) continue;
    if (wanted.has(node.type)) others.push(node);
    while (node.startIndex >= open.end && open.parent !== null) {
      open = open.parent;
      depth--;
    }
    const opened = depth < maxScopes ? openScope(node, open) : null;
    if (opened !== null) {
      scopes.push(opened);
      open = opened;
      depth++;
    } else if (node.type === "assignment") bindAssignment(node, open, { assignments, chained });
    else if (binding.has(node.type)) bind(node, open);
  }
  return { module, assignments, others, scopeAt: (offset) => innermostScope(scopes, offset) };
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

function openScope(node: Node, open: Scope): Scope | null {
  const name = node.childForFieldName("name")?.text ?? "";
  if (node.type === "class_definition") {
    const bases = node.childForFieldName("superclasses")?.namedChildren ?? [];
    const names = bases.flatMap((base) =>
      base?.type === "identifier" || base?.type === "attribute" ? [base.text] : [],
    );
    const scope = newScope("class", name, node, open, names);
    addBinding(open, name, { kind: "class", scope });
    return scope;
  }
  if (node.type === "function_definition") {
    addBinding(open, name, { kind: "function", node });
    return newScope("function", name, node, open, []);
  }
  return node.type === "lambda" ? newScope("function", "", node, open, []) : null;
}

function bind(node: Node, scope: Scope): void {
  switch (node.type) {
    case "named_expression": {
      const value = node.childForFieldName("value");
      const name = node.childForFieldName("name")?.text ?? "";
      addBinding(scope, name, value === null ? { kind: "other" } : { kind: "value", node: value });
      return;
    }
    case "import_statement":
    case "import_from_statement":
      bindImport(node, scope);
      return;
    case "augmented_assignment":
      bindAugmented(node, scope);
      return;
    case "call":
      bindAppended(node, scope);
      return;
    case "parameters":
    case "lambda_parameters":
      for (const parameter of node.namedChildren) bindParameter(parameter, scope);
      return;
    case "for_statement":
    case "for_in_clause":
      bindOthers(node.childForFieldName("left"), scope);
      return;
    default:
      bindOthers(node, scope);
  }
}

interface AssignmentsSoFar {
  readonly assignments: Assignment[];
  /** What is assigned in the end, by the assignments that stand in others: they come after those. */
  readonly chained: Map<number, Node | null>;
}

/** `a = b = "…"` is one assignment in another; `a, b = …` is not followed. */
function bindAssignment(node: Node, scope: Scope, { assignments, chained }: AssignmentsSoFar): void {
  const left = node.childForFieldName("left");
  const right = node.childForFieldName("right");
  let value = chained.get(node.id) ?? right;
  while (value?.type === "assignment") value = value.childForFieldName("right");
  if (right?.type === "assignment") chained.set(right.id, value);
  if (left === null) return;
  const member = memberOf(left, scope);
  const target = member ?? (left.type === "identifier" ? { name: left.text, scope } : null);
  if (target === null || value === null) {
    // A declaration without a value (`prompt: str`) says nothing about it.
    if (value !== null) bindOthers(left, scope);
    return;
  }
  addBinding(target.scope, target.name, { kind: "value", node: value });
  assignments.push({ ...target, value });
}

function bindAugmented(node: Node, scope: Scope): void {
  const left = node.childForFieldName("left");
  const right = node.childForFieldName("right");
  const isAdded = node.childForFieldName("operator")?.text === "+=";
  const member = left === null ? null : memberOf(left, scope);
  if (member !== null && right !== null) {
    if (isAdded) addElsewhere(member, right);
    return;
  }
  if (left?.type !== "identifier" || right === null || !isAdded) bindOthers(left, scope);
  else addBinding(scope, left.text, { kind: "more", form: "concat", node: right });
}

/** Calls bind nothing; those that lengthen a list of this scope belong to its value. */
function bindAppended(node: Node, scope: Scope): void {
  const called = node.childForFieldName("function");
  const method = called?.childForFieldName("attribute")?.text ?? "";
  const object = called?.childForFieldName("object");
  if (object == null || !lengthening.has(method)) return;
  const given = node.childForFieldName("arguments");
  const [first, second] = given === null ? [] : children(given);
  const item = method === "insert" ? second : first;
  if (item === undefined) return;
  const member = memberOf(object, scope);
  if (member !== null) addElsewhere(member, item);
  else if (object.type !== "identifier") return;
  else if (scope.bindings.has(object.text)) {
    const form = method === "extend" ? "concat" : "append";
    const at = method === "insert" ? { at: integer(first) } : {};
    addBinding(scope, object.text, { kind: "more", form, node: item, ...at });
  } else if (scope.kind === "function") {
    const declared = lookUp(object.text, scope)?.scope;
    if (declared?.kind === "module") addElsewhere({ name: object.text, scope: declared }, item);
  }
}

const lengthening: ReadonlySet<string> = new Set(["append", "extend", "insert"]);

function addElsewhere({ name, scope }: { readonly name: string; readonly scope: Scope }, node: Node): void {
  addBinding(scope, name, { kind: "more", form: "concat", node, isElsewhere: true });
}

/** `null` for a number that only a run knows. */
function integer(node: Node | undefined): number | null {
  return node !== undefined && /^-?\d{1,6}$/.test(node.text) ? Number(node.text) : null;
}

function bindParameter(parameter: Node | null, scope: Scope): void {
  const name = parameter?.childForFieldName("name") ?? parameter;
  const own = name?.type === "identifier" ? name : name?.namedChildren[0];
  if (own?.type === "identifier") addBinding(scope, own.text, { kind: "other" });
}

/** `self.name` belongs to the class. */
function memberOf(left: Node, scope: Scope): { name: string; scope: Scope } | null {
  if (left.type !== "attribute") return null;
  const owner = left.childForFieldName("object")?.text;
  const name = left.childForFieldName("attribute")?.text;
  const ownClass = classAround(scope);
  if (name === undefined || ownClass === null || (owner !== "self" && owner !== "cls")) return null;
  return { name, scope: ownClass };
}

function bindOthers(node: Node | null, scope: Scope): void {
  if (node === null) return;
  const names = node.type === "identifier" ? [node] : node.descendantsOfType("identifier");
  for (const name of names) if (name !== null) addBinding(scope, name.text, { kind: "other" });
}

function bindImport(node: Node, scope: Scope): void {
  const from = node.childForFieldName("module_name")?.text.replace(/\s+/g, "") ?? null;
  for (const child of node.childrenForFieldName("name")) {
    if (child === null) continue;
    const isAliased = child.type === "aliased_import";
    const name = (isAliased ? child.childForFieldName("name")?.text : child.text) ?? "";
    const alias = isAliased ? child.childForFieldName("alias")?.text : undefined;
    // `import a.b` binds `a`.
    const own = alias ?? (from === null ? name.split(".")[0]! : name);
    const module = from ?? (alias === undefined ? own : name);
    addBinding(scope, own, { kind: "import", module, name: from === null ? null : name });
  }
}

/** What a name is bound to where it is used, and in which scope; `null` for names of other places. */
export function lookUp(name: string, from: Scope): { bindings: readonly Binding[]; scope: Scope } | null {
  for (let scope: Scope | null = from; scope !== null; scope = scope.parent) {
    // The names of a class are seen in its own statements only.
    if (scope.kind === "class" && scope !== from) continue;
    const bindings = scope.bindings.get(name);
    if (bindings !== undefined) return { bindings, scope };
  }
  return null;
}

/** The function of this module that a name stands for; `null` for anything else. */
export function functionNamed(names: ModuleNames, called: Node): Node | null {
  if (called.type !== "identifier") return null;
  return onlyFunction(lookUp(called.text, names.scopeAt(called.startIndex))?.bindings);
}

/** The method of the class around it that `self.name` stands for; `null` for anything else. */
export function methodNamed(names: ModuleNames, called: Node): Node | null {
  const member = memberOf(called, names.scopeAt(called.startIndex));
  return member === null ? null : onlyFunction(member.scope.bindings.get(member.name));
}

function onlyFunction([binding, ...others]: readonly Binding[] = []): Node | null {
  return binding?.kind === "function" && others.length === 0 ? binding.node : null;
}

/** What is added to `name` where it is made of itself: `a + [b]`, `[*a, b]`; `null` for any other value. */
export function additionsTo(name: string, value: Node): readonly MoreBinding[] | null {
  const isSelf = (node: Node | undefined) => node?.type === "identifier" && node.text === name;
  const parts = value.type === "list" ? children(value) : operands(value);
  const [first, ...rest] = parts;
  if (value.type !== "list") {
    return isSelf(first) ? rest.map((node) => ({ kind: "more", form: "concat", node })) : null;
  }
  if (first?.type !== "list_splat" || !isSelf(children(first)[0])) return null;
  return rest.map((part): MoreBinding => {
    const inner = part.type === "list_splat" ? children(part)[0] : undefined;
    return inner === undefined
      ? { kind: "more", form: "append", node: part }
      : { kind: "more", form: "concat", node: inner };
  });
}

/** Of a sum, in the order in which they are written; its left spine is walked, not descended. */
export function operands(sum: Node): readonly Node[] {
  const found: Node[] = [];
  let left: Node | null = sum;
  while (left?.type === "binary_operator" && left.childForFieldName("operator")?.text === "+") {
    const right = left.childForFieldName("right");
    if (right !== null) found.push(right);
    left = left.childForFieldName("left");
  }
  if (left !== null) found.push(left);
  return found.reverse();
}

/** Values of a function's own `return` statements, without those of functions in it. */
export function returnsOf(names: ModuleNames, definition: Node): readonly Node[] {
  return definition.descendantsOfType("return_statement").flatMap((statement) => {
    const isOwn = statement !== null && names.scopeAt(statement.startIndex).start === definition.startIndex;
    return isOwn ? children(statement).slice(0, 1) : [];
  });
}
