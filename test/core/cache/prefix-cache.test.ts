import { describe, expect, test } from "vitest";
import { check } from "../../support/cache-text.ts";
import type { NaiveOptions } from "../../support/naive-cache.ts";
import { tinyCost, tinyCosts } from "../../support/tiny-costs.ts";

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

describe("Marconi, worked by hand", () => {
  test("a prefix of inputs is reusable from its third occurrence on, one of input and output at once", () => {
    expect(
      check(
        hybrid,
        `
        S×4 a | b
        S×4 c | d
        S×4 e | f
        S×4 a b g | h
        `,
      ),
    ).toMatchInlineSnapshot(`
      "S×4 a | b      matched 0, reused 0, inserted 6, checkpoints 6, holds 10 B
      S×4 c | d      matched 4, reused 0, inserted 6, checkpoints 4 6, holds 20 B
      S×4 e | f      matched 4, reused 4, inserted 6, checkpoints 6, holds 26 B
      S×4 a b g | h  matched 6, reused 6, inserted 8, checkpoints 8, holds 32 B
      S×4      ends at 4: checkpoint, 8 B
        a b    ends at 6: checkpoint, 6 B
          g h  ends at 8: checkpoint, 6 B
        c d    ends at 6: checkpoint, 6 B
        e f    ends at 6: checkpoint, 6 B"
    `);
  });

  test("a branch in the output gets no checkpoint: prefill could not have made it", () => {
    expect(check(hybrid, "p q | r s\n p q | r t")).toMatchInlineSnapshot(`
      "p q | r s  matched 0, reused 0, inserted 4, checkpoints 4, holds 8 B
      p q | r t  matched 2, reused 0, inserted 4, checkpoints 1 4, holds 17 B
      p      ends at 1: checkpoint, 5 B
        q r  ends at 3, 2 B
          s  ends at 4: checkpoint, 5 B
          t  ends at 4: checkpoint, 5 B"
    `);
  });

  test("equal prompts resume one token before their end", () => {
    expect(check(hybrid, "a b c |\n a b c |\n a b c |")).toMatchInlineSnapshot(`
      "a b c |  matched 0, reused 0, inserted 3, checkpoints 3, holds 7 B
      a b c |  matched 3, reused 0, inserted 3, checkpoints 2, holds 11 B
      a b c |  matched 3, reused 2, inserted 3, no checkpoint, holds 11 B
      a b  ends at 2: checkpoint, 6 B
        c  ends at 3: checkpoint, 5 B"
    `);
  });

  test("without computed tokens they resume at their end", () => {
    expect(
      check({ ...hybrid, computedTokensAtLeast: 0 }, "a b c |\n a b c |\n a b c | d"),
    ).toMatchInlineSnapshot(`
      "a b c |    matched 0, reused 0, inserted 3, checkpoints 3, holds 7 B
      a b c |    matched 3, reused 3, inserted 3, no checkpoint, holds 7 B
      a b c | d  matched 3, reused 3, inserted 4, checkpoints 4, holds 12 B
      a b c  ends at 3: checkpoint, 7 B
        d    ends at 4: checkpoint, 5 B"
    `);
  });

  test("memory below one state keeps nothing and reuses nothing", () => {
    expect(check({ ...hybrid, capacityBytes: 4 }, "a | b\n a | b\n a b c | d")).toMatchInlineSnapshot(`
      "a | b      matched 0, reused 0, inserted 0, no checkpoint, holds 0 B
      a | b      matched 0, reused 0, inserted 0, no checkpoint, holds 0 B
      a b c | d  matched 0, reused 0, inserted 0, no checkpoint, holds 0 B
      nothing"
    `);
  });

  test("a sequence that does not fit is cut at the deepest checkpoint that does", () => {
    // 1 + 4 bytes hold `a`; `a b c d e f` would need 6 + 4. The branch point at 1 is what fits.
    expect(check({ ...hybrid, capacityBytes: 9 }, "a z |\n a b c d e f |")).toMatchInlineSnapshot(`
      "a z |          matched 0, reused 0, inserted 2, checkpoints 2, holds 6 B
      a b c d e f |  matched 1, reused 0, inserted 1, checkpoints 1, evicted 1 of 5 B, holds 5 B
      a  ends at 1: checkpoint, 5 B"
    `);
  });

  test("with KV only it is cut where memory ends", () => {
    expect(
      check({ ...attentionOnly, capacityBytes: 10 }, "a b c d e f |\n a b c d e f |"),
    ).toMatchInlineSnapshot(`
      "a b c d e f |  matched 0, reused 0, inserted 3, checkpoints 3, holds 9 B
      a b c d e f |  matched 3, reused 3, inserted 3, no checkpoint, holds 9 B
      a b c  ends at 3: checkpoint, 9 B"
    `);
  });

  test("empty prompts and outputs", () => {
    expect(check(hybrid, "|\n | a\n a |\n a | b")).toMatchInlineSnapshot(`
      "|      matched 0, reused 0, inserted 0, no checkpoint, holds 0 B
      | a    matched 0, reused 0, inserted 1, checkpoints 1, holds 5 B
      a |    matched 1, reused 0, inserted 1, no checkpoint, holds 5 B
      a | b  matched 1, reused 0, inserted 2, checkpoints 2, holds 10 B
      a    ends at 1: checkpoint, 5 B
        b  ends at 2: checkpoint, 5 B"
    `);
  });

  test("a conversation whose own path fills the memory goes on: its new end supersedes the one before", () => {
    expect(
      check({ ...hybrid, cost: tinyCosts.recurrent, capacityBytes: 10 }, "a |\n a b |\n a b c |\n a b c d |"),
    ).toMatchInlineSnapshot(`
      "a |        matched 0, reused 0, inserted 1, checkpoints 1, holds 5 B
      a b |      matched 1, reused 1, inserted 2, checkpoints 2, holds 10 B
      a b c |    matched 2, reused 2, inserted 3, checkpoints 3, evicted 1 of 5 B, holds 10 B
      a b c d |  matched 3, reused 3, inserted 4, checkpoints 4, evicted 1 of 5 B, holds 10 B
      a        ends at 1: checkpoint, 5 B
        b c d  ends at 4: checkpoint, 5 B"
    `);
  });
});

describe("blocks", () => {
  test("whole blocks of prompt and output are kept, and reused one by one", () => {
    expect(
      check(
        { ...hybrid, blockTokens: 2, admission: "every-block", eviction: "lru" },
        `
        a b c d e | f g
        a b c d e f g h |
        a b x y |
        `,
      ),
    ).toMatchInlineSnapshot(`
      "a b c d e | f g    matched 0, reused 0, inserted 6, checkpoints 2 4 6, holds 18 B
      a b c d e f g h |  matched 6, reused 6, inserted 8, checkpoints 8, holds 24 B
      a b x y |          matched 2, reused 2, inserted 4, checkpoints 4, holds 30 B
      block 0        ends at 1: checkpoint, 6 B
        block 1      ends at 2: checkpoint, 6 B
          block 2    ends at 3: checkpoint, 6 B
            block 3  ends at 4: checkpoint, 6 B
        block 4      ends at 2: checkpoint, 6 B"
    `);
  });

  test("tails go first", () => {
    expect(
      check(
        { ...attentionOnly, blockTokens: 2, admission: "every-block", eviction: "lru", capacityBytes: 18 },
        "a b c d e f |\n u v |",
      ),
    ).toMatchInlineSnapshot(`
      "a b c d e f |  matched 0, reused 0, inserted 6, checkpoints 2 4 6, holds 18 B
      u v |          matched 0, reused 0, inserted 2, checkpoints 2, evicted 1 of 6 B, holds 18 B
      block 0    ends at 1: checkpoint, 6 B
        block 1  ends at 2: checkpoint, 6 B
      block 3    ends at 1: checkpoint, 6 B"
    `);
  });
});

describe("what a cache cannot be made of", () => {
  test("a model without any state", () => {
    expect(() => check({ ...hybrid, cost: tinyCost(0, 0) }, "a |")).toThrow(
      "no layer whose state could be cached",
    );
  });

  test.each([-1, Number.NaN])("a capacity of %d bytes", (capacityBytes) => {
    expect(() => check({ ...hybrid, capacityBytes }, "a |")).toThrow(
      `The capacity is ${capacityBytes} bytes`,
    );
  });
});
