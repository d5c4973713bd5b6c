import { describe, expect, test } from "vitest";
import { PageSymbols } from "../../../src/core/tokens/page-symbols.ts";
import { createRandom, wholeNumber } from "../../../src/workload/random.ts";

describe("page symbols", () => {
  test("equal pages get equal symbols, in order of first appearance; a partial page gets none", () => {
    const pages = new PageSymbols(2);
    expect([...pages.symbols(Int32Array.of(5, 6, 7, 8, 5, 6, 9))]).toEqual([0, 1, 0]);
    expect([...pages.symbols(Int32Array.of(6, 5, 7, 8))]).toEqual([2, 1]);
    expect([...pages.symbols(Int32Array.of(1))]).toEqual([]);
  });

  test("pages of one token are the tokens", () => {
    expect([...new PageSymbols(1).symbols(Int32Array.of(7, 7, 0))]).toEqual([7, 7, 0]);
  });

  test("a page of zeros is as new as any other", () => {
    expect([...new PageSymbols(2).symbols(Int32Array.of(0, 0, 5, 6, 0, 0))]).toEqual([0, 1, 0]);
  });

  test("pages with equal hashes stay apart", () => {
    // FNV-1a over two tokens: the second token is chosen so that the hashes agree.
    const mixed = (token: number) => Math.imul(0x811c9dc5 ^ token, 0x01000193);
    const other = mixed(1) ^ 2 ^ mixed(3);
    const pages = new PageSymbols(2);
    expect([...pages.symbols(Int32Array.of(1, 2, 3, other, 1, 2, 3, other))]).toEqual([0, 1, 0, 1]);
  });

  test("equal to interning by text, seed 7", () => {
    const random = createRandom(7);
    const pages = new PageSymbols(3);
    const byText = new Map<string, number>();
    for (let round = 0; round < 200; round++) {
      const tokens = Int32Array.from({ length: wholeNumber(random, 0, 20) }, () =>
        wholeNumber(random, -1, 2),
      );
      const expected: number[] = [];
      for (let start = 0; start + 3 <= tokens.length; start += 3) {
        const text = tokens.slice(start, start + 3).join(" ");
        if (!byText.has(text)) byText.set(text, byText.size);
        expected.push(byText.get(text)!);
      }
      expect([...pages.symbols(tokens)]).toEqual(expected);
    }
  });
});
