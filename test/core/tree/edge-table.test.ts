import { describe, expect, test } from "vitest";
import { EdgeTable } from "../../../src/core/tree/edge-table.ts";
import { randomEdgeOperations } from "../../support/random-trees.ts";

describe("edge table", () => {
  test.each([1, 2, 3, 4, 5])("random operations equal those of a Map, seed %i", (seed) => {
    randomEdgeOperations(seed, 20_000);
  });

  test("a full cluster stays whole whichever entry goes", () => {
    // 47 entries in 64 slots: one more than three quarters would grow the table.
    for (let gone = 0; gone < 47; gone++) {
      const table = new EdgeTable();
      for (let symbol = 0; symbol < 47; symbol++) table.set(3, symbol, symbol + 100);
      table.delete(3, gone);
      for (let symbol = 0; symbol < 47; symbol++) {
        expect(table.get(3, symbol)).toBe(symbol === gone ? -1 : symbol + 100);
      }
    }
  });

  test("an entry is replaced, not doubled", () => {
    const table = new EdgeTable();
    table.set(1, 2, 3);
    table.set(1, 2, 4);
    table.delete(1, 2);
    expect(table.get(1, 2)).toBe(-1);
  });

  test("deleting what is not there is a broken invariant", () => {
    expect(() => new EdgeTable().delete(1, 2)).toThrow("Broken invariant");
  });

  test("a copy goes its own way", () => {
    const table = new EdgeTable();
    table.set(1, 1, 10);
    const copy = table.copy();
    table.delete(1, 1);
    for (let symbol = 2; symbol < 200; symbol++) copy.set(1, symbol, symbol);
    expect([table.get(1, 1), copy.get(1, 1), table.get(1, 50), copy.get(1, 50)]).toEqual([-1, 10, -1, 50]);
  });
});
