import { expect, test } from "vitest";
import { isNestedTooDeep, maxNesting } from "../../src/config/nesting.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { readTools } from "../../src/config/tool-definitions.ts";

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

test("brackets count where they open something", () => {
  expect(isNestedTooDeep(nested(maxNesting))).toBe(false);
  expect(isNestedTooDeep(nested(maxNesting + 1))).toBe(true);
  expect(isNestedTooDeep(JSON.stringify("[".repeat(1000)))).toBe(false);
  expect(isNestedTooDeep(`// ${"[".repeat(1000)}\n{}`)).toBe(false);
  expect(isNestedTooDeep(JSON.stringify(Array(1000).fill([])))).toBe(false);
});

test.each([100_000, 1_000_000])("%i brackets are a problem of the file, and no failure", (depth) => {
  const text = '{"a":['.repeat(depth / 2);
  const { value, problems } = parseConfig({ path: "promptcache.json", text });
  expect(value).toEqual({});
  expect(problems.map(({ message }) => message)).toEqual([
    "This is nested more than 200 deep: nothing of it counts.",
  ]);
  expect(readTools({ path: "tools.json", text }).problem).toBe("`tools.json` is nested more than 200 deep.");
});
