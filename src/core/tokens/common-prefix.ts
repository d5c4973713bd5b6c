/** Number of leading values that `a` from `aStart` and `b` from `bStart` have in common, at most `limit`. O(result). */
export function commonPrefixLength(
  a: Int32Array,
  aStart: number,
  b: Int32Array,
  bStart: number,
  limit: number,
): number {
  let length = 0;
  while (length < limit && a[aStart + length] === b[bStart + length]) length++;
  return length;
}

/** `prompt` followed by `output`, in one new array. */
export function concatTokens(prompt: Int32Array, output: Int32Array): Int32Array {
  const all = new Int32Array(prompt.length + output.length);
  all.set(prompt);
  all.set(output, prompt.length);
  return all;
}
