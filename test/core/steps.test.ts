import { expect, it } from "vitest";
import { drain, every, forward } from "../../src/core/steps.ts";

function* countTo(limit: number): Generator<number, string, void> {
  for (let count = 1; count <= limit; count++) yield count;
  return "done";
}

it("drains steps to their result", () => {
  expect(drain(countTo(3))).toBe("done");
});

it("passes steps on in other words, and the result as it is", () => {
  const steps = forward(countTo(3), (count) => `${count} of 3`);
  expect([...steps]).toEqual(["1 of 3", "2 of 3", "3 of 3"]);
  expect(drain(forward(countTo(3), () => null))).toBe("done");
});

it.each([
  { limit: 3, work: [1, 1, 1, 1, 1, 1, 1], due: [3, 6] },
  { limit: 10, work: [4, 20, 4, 4, 4], due: [2, 5] },
  { limit: Number.POSITIVE_INFINITY, work: [1e9, 1e9], due: [] },
])("says after each $limit of work that it is due", ({ limit, work, due }) => {
  const isDue = every(limit);
  expect(work.flatMap((amount, index) => (isDue(amount) ? [index + 1] : []))).toEqual(due);
});
