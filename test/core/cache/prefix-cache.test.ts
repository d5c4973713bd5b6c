import { describe, expect, test } from "vitest";
import { check } from "../../support/cache-text.ts";
import type { NaiveOptions } from "../../support/naive-cache.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

/** 1 byte per token of KV, 4 bytes per checkpoint. */
const hybrid: NaiveOptions = {
  cost: tinyCosts.hybrid,
  capacityBytes: 1000,
  blockTokens: 1,
  computedTokensAtLeast: 1,
  admission: "branch-and-end",
  eviction: 0,
};
/** 3 bytes per token of KV. */
const attentionOnly: NaiveOptions = { ...hybrid, cost: tinyCosts["attention-only"], eviction: "lru" };

describe("what a use refreshes", () => {
  test("the rest of an edge that a request left was of no use to it", () => {
    // `a b c d` goes, the oldest that nobody came back to; the request `a b` came back for its own two tokens only.
    expect(
      check(
        { ...attentionOnly, capacityBytes: 27 },
        `
        a b c d |
        x y z   |
        a b     |
        q r s   |
        `,
      ),
    ).toMatchInlineSnapshot(`
      "a b c d |  matched 0, reused 0, inserted 4, checkpoints 4, holds 12 B
      x y z   |  matched 0, reused 0, inserted 3, checkpoints 3, holds 21 B
      a b     |  matched 2, reused 1, inserted 2, checkpoints 2, holds 21 B
      q r s   |  matched 0, reused 0, inserted 3, checkpoints 3, evicted 1 of 6 B, holds 24 B
      a b    ends at 2: checkpoint, 6 B
      x y z  ends at 3: checkpoint, 9 B
      q r s  ends at 3: checkpoint, 9 B"
    `);
  });
});

describe("age of a branch point", () => {
  test("it is that of the request that made it; of two entries of one age the deeper one goes", () => {
    // The branch point `a` is not as old as the edge `a b` that it was cut from; beside it `a c` is the deeper one.
    expect(
      check({ ...hybrid, cost: tinyCosts.recurrent, capacityBytes: 15 }, "a b |\n a c |\n x |\n y |"),
    ).toMatchInlineSnapshot(`
      "a b |  matched 0, reused 0, inserted 2, checkpoints 2, holds 5 B
      a c |  matched 1, reused 0, inserted 2, checkpoints 1 2, holds 15 B
      x |    matched 0, reused 0, inserted 1, checkpoints 1, evicted 1 of 5 B, holds 15 B
      y |    matched 0, reused 0, inserted 1, checkpoints 1, evicted 1 of 5 B, holds 15 B
      a  ends at 1: checkpoint, 5 B
      x  ends at 1: checkpoint, 5 B
      y  ends at 1: checkpoint, 5 B"
    `);
  });
});

describe("what a request says of itself", () => {
  test("inserted tokens are those whose KV is held afterwards", () => {
    // Room for the checkpoint at 1 is made by evicting `c`; then nothing can resume from the KV of `b`.
    expect(check({ ...hybrid, capacityBytes: 7, eviction: "lru" }, "a b c |\n a b |")).toMatchInlineSnapshot(`
      "a b c |  matched 0, reused 0, inserted 3, checkpoints 3, holds 7 B
      a b |    matched 2, reused 0, inserted 1, checkpoints 1, evicted 1 of 5 B, holds 5 B
      a  ends at 1: checkpoint, 5 B"
    `);
  });
});
