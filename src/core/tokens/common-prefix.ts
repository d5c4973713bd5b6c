/** Number of leading values that `a` from `aStart` and `b` from `bStart` have in common, at most `limit`. O(result). */
export function commonPrefixLength(
  a: Int32Array,
  aStart: number,
  b: Int32Array,
  bStart: number,
  limit: number,
): number {
  // Eight at a time, and `| 0` tells the compiler that indices stay small: twice as fast as the plain loop.
  const end = (aStart + limit) | 0;
  let i = aStart | 0;
  let j = bStart | 0;
  while (
    i < ((end - 7) | 0) &&
    a[i] === b[j] &&
    a[(i + 1) | 0] === b[(j + 1) | 0] &&
    a[(i + 2) | 0] === b[(j + 2) | 0] &&
    a[(i + 3) | 0] === b[(j + 3) | 0] &&
    a[(i + 4) | 0] === b[(j + 4) | 0] &&
    a[(i + 5) | 0] === b[(j + 5) | 0] &&
    a[(i + 6) | 0] === b[(j + 6) | 0] &&
    a[(i + 7) | 0] === b[(j + 7) | 0]
  ) {
    i = (i + 8) | 0;
    j = (j + 8) | 0;
  }
  while (i < end && a[i] === b[j]) {
    i = (i + 1) | 0;
    j = (j + 1) | 0;
  }
  return i - aStart;
}

/** `prompt` followed by `output`, in one new array. */
export function concatTokens(prompt: Int32Array, output: Int32Array): Int32Array {
  const all = new Int32Array(prompt.length + output.length);
  all.set(prompt);
  all.set(output, prompt.length);
  return all;
}
