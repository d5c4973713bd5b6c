/**
 * Whether two plain values say the same: primitives, arrays, typed arrays, maps, sets and objects of such. Objects that are
 * the same are not entered, so that what is shared costs nothing. Depth is that of the values.
 */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Map) return b instanceof Map && isSameMap(a, b);
  if (a instanceof Set) return b instanceof Set && a.size === b.size && [...a].every((value) => b.has(value));
  if (Array.isArray(a) || ArrayBuffer.isView(a))
    return isSameList(a as ArrayLike<unknown>, b as ArrayLike<unknown>);
  return isSameRecord(a as Record<string, unknown>, b as Record<string, unknown>);
}

function isSameList(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (!isSameValue(a[index], b[index])) return false;
  return true;
}

/** In the same order, which is part of what a map of ours says. */
function isSameMap(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  return a.size === b.size && isSameList([...a].flat(), [...b].flat());
}

function isSameRecord(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isSameValue(a[key], b[key]));
}

/** `after`, or `before` where it says the same: whoever remembers by identity then sees that nothing changed. */
export function unchanged<T>(before: T | undefined, after: T): T {
  return before !== undefined && isSameValue(before, after) ? before : after;
}
