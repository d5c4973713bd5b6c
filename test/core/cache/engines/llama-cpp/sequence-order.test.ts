import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type OrderedSequence,
  SequenceOrder,
} from "../../../../../src/core/cache/engines/llama-cpp/sequence-order.ts";

function sequence(...tokens: readonly number[]): OrderedSequence {
  return { tokens: Int32Array.from(tokens), shared: -1 };
}

function common(a: Int32Array, b: Int32Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

const tokensOf = (found: readonly OrderedSequence[]) =>
  found.map(({ tokens }) => [...tokens].join("")).sort();

describe("sequences in order", () => {
  it("say what each shares with a prompt", () => {
    const order = new SequenceOrder();
    const all = [sequence(1, 2, 3), sequence(1, 2, 4, 4), sequence(5), sequence(1), sequence(1, 2, 3, 9)];
    for (const each of all) order.add(each);
    order.measure(Int32Array.of(1, 2, 3, 4));
    expect(all.map(({ shared }) => shared)).toEqual([3, 2, 0, 1, 3]);
  });

  it("find those that begin with one, and those that it begins with", () => {
    const order = new SequenceOrder();
    const middle = sequence(1, 2);
    const all = [sequence(1), sequence(1, 2, 3), sequence(1, 2, 7), sequence(1, 1), sequence(2), middle];
    for (const each of all) order.add(each);
    const copy = { ...middle };
    order.addCopy(copy, middle);
    expect(tokensOf(order.beginningWith(middle))).toEqual(["12", "123", "127"]);
    expect(tokensOf(order.beginningsOf(copy)).filter((tokens) => tokens !== "12")).toEqual(["1"]);
    order.delete(copy);
    expect(tokensOf(order.beginningWith(middle))).toEqual(["123", "127"]);
  });

  it("share what token by token they share, whatever comes and goes", () => {
    const tokens = fc.array(fc.integer({ min: -1, max: 1 }), { maxLength: 7 });
    const step = fc.oneof(
      fc.record({ add: tokens }),
      fc.record({ remove: fc.nat(20) }),
      fc.record({ copy: fc.nat(20) }),
    );
    const check = (steps: readonly object[], prompt: readonly number[]) => {
      const order = new SequenceOrder();
      const present: OrderedSequence[] = [];
      for (const each of steps) {
        if ("add" in each) {
          const added = sequence(...(each.add as number[]));
          order.add(added);
          present.push(added);
        } else if (present.length > 0 && "copy" in each) {
          const of = present[(each.copy as number) % present.length]!;
          const copy = { ...of };
          order.addCopy(copy, of);
          present.push(copy);
        } else if (present.length > 0 && "remove" in each) {
          order.delete(present.splice((each.remove as number) % present.length, 1)[0]!);
        }
      }
      const asked = Int32Array.from(prompt);
      order.measure(asked);
      expect(present.map(({ shared }) => shared)).toEqual(present.map(({ tokens: t }) => common(t, asked)));
      for (const one of present) {
        const others = present.filter((other) => other !== one);
        const length = one.tokens.length;
        expect(new Set(order.beginningWith(one))).toEqual(
          new Set(others.filter((other) => common(one.tokens, other.tokens) === length)),
        );
        const shorter = others.filter(
          ({ tokens: t }) => t.length > 0 && t.length < length && common(t, one.tokens) === t.length,
        );
        expect(new Set(order.beginningsOf(one).filter(({ tokens: t }) => t.length < length))).toEqual(
          new Set(shorter),
        );
      }
    };
    fc.assert(fc.property(fc.array(step, { maxLength: 25 }), tokens, check), { seed: 21741, numRuns: 500 });
  });
});
