import { describe, expect, test } from "vitest";
import { TimeHeap } from "../../../../src/core/cache/artifact/time-heap.ts";

/**
 * Orders that Python's heapq gives: the first `initial` items are heapified; after every third pop the next item is
 * pushed, as long as there is one. Items are numbered from 0 and compared by their times only.
 */
const pythonOrders = [
  {
    initial: 9,
    times: [0, 2, 0, 1, 0, 1, 1, 1, 2, 1, 0, 0, 1],
    popped: [2, 0, 4, 6, 5, 9, 10, 7, 3, 11, 8, 1, 12],
  },
  {
    initial: 16,
    times: [0, 0, 0, 2, 1, 2, 2, 1, 0, 1, 3, 3, 2, 3, 2, 0, 0, 2, 3, 2, 3],
    popped: [2, 0, 8, 15, 16, 1, 7, 9, 4, 14, 12, 5, 17, 3, 6, 19, 11, 20, 10, 13, 18],
  },
  {
    initial: 25,
    times: [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 0],
    popped: [
      14, 13, 0, 5, 22, 4, 1, 20, 9, 19, 18, 8, 17, 15, 6, 29, 11, 10, 7, 2, 23, 24, 28, 25, 27, 12, 16, 26,
      21, 3,
    ],
  },
];

describe("a heap of times orders equals as Python's heapq does", () => {
  test.each(pythonOrders)("$initial items, more pushed between pops", ({ initial, times, popped }) => {
    const heap = new TimeHeap(
      Array.from({ length: initial }, (_, i) => i),
      Float64Array.from(times),
    );
    const order: number[] = [];
    let next = initial;
    while (heap.size > 0) {
      order.push(heap.pop());
      if (order.length % 3 === 0 && next < times.length) heap.push(next++);
    }
    expect(order).toEqual(popped);
  });

  test("one item", () => {
    expect(new TimeHeap([7], new Float64Array(8)).pop()).toBe(7);
  });
});
