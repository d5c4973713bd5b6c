import { expect, test } from "vitest";
import { secondsSince1970 } from "../../../src/prompt/data/capture-time.ts";

const nine = Date.UTC(2026, 5, 16, 9, 0, 11) / 1000;

test.each<[string | number | boolean | null, number | null]>([
  ["2026-06-16T09:00:11Z", nine],
  ["2026-06-16 09:00:11", nine],
  ["2026-06-16T11:00:11.250+02:00", nine + 0.25],
  ["2026-06-16T04:30:11-0430", nine],
  [nine, nine],
  [nine * 1e3, nine],
  [nine * 1e6, nine],
  [nine * 1e9, nine],
  [String(nine), nine],
  [12.5, 12.5],
  ["yesterday", null],
  ["2026-06-16", null],
  [-1, null],
  [Number.NaN, null],
  [true, null],
  [null, null],
])("%j is %j", (written, expected) => {
  expect(secondsSince1970(written)).toBe(expected);
});
