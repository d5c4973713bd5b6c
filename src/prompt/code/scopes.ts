/** Names of a module by the part of it in which they hold; what a name is bound to differs between languages. */

export interface NameScope<Binding> {
  readonly kind: "module" | "class" | "function" | "block";
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly parent: NameScope<Binding> | null;
  /** All bindings of a name, in source order. */
  readonly bindings: Map<string, Binding[]>;
  /** Base classes as written. */
  readonly bases: readonly string[];
}

export function addBinding<Binding>(scope: NameScope<Binding>, name: string, binding: Binding): void {
  const known = scope.bindings.get(name);
  if (known === undefined) scope.bindings.set(name, [binding]);
  else known.push(binding);
}

/** The innermost of `scopes`, which are in source order, nest, and begin with the module. */
export function innermostScope<Binding>(
  scopes: readonly NameScope<Binding>[],
  offset: number,
): NameScope<Binding> {
  let low = 0;
  let high = scopes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scopes[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  let scope = scopes[Math.max(0, low - 1)]!;
  while (scope.end <= offset && scope.parent !== null) scope = scope.parent;
  return scope;
}

/** The class that a scope is in; `null` for none. */
export function classAround<Binding>(scope: NameScope<Binding>): NameScope<Binding> | null {
  let at: NameScope<Binding> | null = scope;
  while (at !== null && at.kind !== "class") at = at.parent;
  return at;
}

/** The scope that a scope is part of, blocks left out. */
export function outsideBlocks<Binding>(scope: NameScope<Binding>): NameScope<Binding> {
  let at = scope;
  while (at.kind === "block" && at.parent !== null) at = at.parent;
  return at;
}
