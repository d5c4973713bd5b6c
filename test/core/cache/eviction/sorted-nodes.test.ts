import { expect, it } from "vitest";
import { NO_PLACE, SortedNodes } from "../../../../src/core/cache/eviction/sorted-nodes.ts";
import { createRandom, wholeNumber } from "../../../../src/workload/random.ts";

function forwards(sorted: SortedNodes): number[] {
  const nodes: number[] = [];
  for (let place = sorted.first; place !== NO_PLACE; place = sorted.next(place))
    nodes.push(sorted.nodeAt(place));
  return nodes;
}

function backwards(sorted: SortedNodes): number[] {
  const nodes: number[] = [];
  for (let place = sorted.last; place !== NO_PLACE; place = sorted.previous(place))
    nodes.push(sorted.nodeAt(place));
  return nodes;
}

function forwardsTo(sorted: SortedNodes, index: number): number {
  let place = sorted.first;
  for (let at = 0; at < index; at++) place = sorted.next(place);
  return place;
}

it("keeps thousands of nodes as sorting them would, while they come, move and go", () => {
  const random = createRandom(11);
  const plain = new Map<number, readonly [number, number]>();
  let sorted = new SortedNodes();
  for (let step = 1; step <= 30_000; step++) {
    const node = wholeNumber(random, 0, 2999);
    // The last third only removes, until nothing is left of most blocks.
    if (step > 20_000 || random() < 0.2) {
      plain.delete(node);
      sorted.delete(node);
    } else {
      const numbers = [wholeNumber(random, 0, 40), wholeNumber(random, 0, 9)] as const;
      plain.set(node, numbers);
      sorted.set(node, ...numbers);
    }
    if (step % 2500 !== 0) continue;
    sorted = sorted.copy();
    const expected = [...plain]
      .sort(([a, [keyA, tieA]], [b, [keyB, tieB]]) => keyA - keyB || tieA - tieB || a - b)
      .map(([entry]) => entry);
    expect(forwards(sorted)).toEqual(expected);
    expect(backwards(sorted)).toEqual(expected.toReversed());
    for (let most = -1; most <= 10; most++) {
      const start = wholeNumber(random, 0, Math.max(0, expected.length - 1));
      const found: number[] = [];
      let place = forwardsTo(sorted, start);
      while (place !== NO_PLACE) {
        place = sorted.nextWithTieAtMost(place, most);
        if (place !== NO_PLACE) found.push(sorted.nodeAt(place));
      }
      expect(found).toEqual(expected.slice(start + 1).filter((entry) => plain.get(entry)![1] <= most));
    }
  }
});
