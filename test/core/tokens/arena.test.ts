import { expect, test } from "vitest";
import { TokenArena } from "../../../src/core/tokens/arena.ts";
import { commonPrefixLength, concatTokens } from "../../../src/core/tokens/common-prefix.ts";

test("runs stand one behind the other, and stay when the arena grows", () => {
  const arena = new TokenArena();
  const tokens = Int32Array.from({ length: 1000 }, (_, i) => i);
  expect(arena.append(tokens, 10, 1000)).toBe(0);
  expect(arena.append(tokens, 0, 500)).toBe(990);
  expect(arena.length).toBe(1490);
  expect([arena.data[0], arena.data[989], arena.data[990], arena.data[1489]]).toEqual([10, 999, 0, 499]);
});

test("a run of the arena itself can be appended while the arena grows", () => {
  const arena = new TokenArena();
  arena.append(
    Int32Array.from({ length: 1024 }, (_, i) => i),
    0,
    1024,
  );
  expect(arena.append(arena.data, 1000, 1024)).toBe(1024);
  expect([arena.data[1024], arena.data[1047]]).toEqual([1000, 1023]);
});

test("a cleared arena begins anew", () => {
  const arena = new TokenArena();
  arena.append(Int32Array.of(1, 2, 3), 0, 3);
  arena.clear();
  expect(arena.length).toBe(0);
  expect(arena.append(Int32Array.of(7), 0, 1)).toBe(0);
  expect(arena.data[0]).toBe(7);
});

test("a copy goes its own way", () => {
  const arena = new TokenArena();
  arena.append(Int32Array.of(1, 2), 0, 2);
  const copy = arena.copy();
  copy.append(Int32Array.of(3), 0, 1);
  arena.append(Int32Array.of(4), 0, 1);
  expect([copy.data[2], arena.data[2], copy.length]).toEqual([3, 4, 3]);
});

test.each([
  { a: [1, 2, 3], aStart: 0, b: [1, 2, 4], bStart: 0, limit: 3, expected: 2 },
  { a: [1, 2, 3], aStart: 0, b: [1, 2, 4], bStart: 0, limit: 1, expected: 1 },
  { a: [9, 1, 2], aStart: 1, b: [1, 2], bStart: 0, limit: 2, expected: 2 },
  { a: [1], aStart: 0, b: [2], bStart: 0, limit: 1, expected: 0 },
  { a: [], aStart: 0, b: [], bStart: 0, limit: 0, expected: 0 },
])("common prefix of $a from $aStart and $b from $bStart, at most $limit: $expected", (row) => {
  const length = commonPrefixLength(
    Int32Array.from(row.a),
    row.aStart,
    Int32Array.from(row.b),
    row.bStart,
    row.limit,
  );
  expect(length).toBe(row.expected);
});

test("prompt and output in one array", () => {
  expect([...concatTokens(Int32Array.of(1, 2), Int32Array.of(3))]).toEqual([1, 2, 3]);
  expect([...concatTokens(new Int32Array(0), new Int32Array(0))]).toEqual([]);
});
