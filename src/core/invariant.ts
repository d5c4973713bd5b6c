/** Throws when a fact that the code relies on does not hold; a broken invariant is a bug of ours, never the user's. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${message}`);
}

/** Closes an exhaustive `switch`: a case that was forgotten is a compile error here. */
export function assertNever(value: never): never {
  throw new Error(`Broken invariant: unexpected case ${JSON.stringify(value)}`);
}
