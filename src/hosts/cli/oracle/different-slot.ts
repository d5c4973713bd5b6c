/** The first request that another slot served than ours; at most one line. */
export function differentSlot(
  name: string,
  expected: readonly number[],
  actual: readonly number[],
): readonly string[] {
  const index = expected.findIndex((slot, request) => slot !== actual[request]);
  return index < 0 ? [] : [`${name}, request ${index}: slot ${actual[index]} instead of ${expected[index]}`];
}
