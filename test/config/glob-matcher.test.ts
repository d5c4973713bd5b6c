import picomatch from "picomatch";
import { describe, expect, test } from "vitest";
import { globMatcher } from "../../src/config/glob-matcher.ts";
import { createRandom, pick, wholeNumber } from "../../src/workload/random.ts";

/** The same pattern with more wildcards than a regular expression is trusted with, which match nothing of their own. */
const slowly = (pattern: string) => globMatcher(pattern + "{,}".repeat(4));

describe("a glob with many wildcards", () => {
  test("agrees with picomatch on random patterns and paths", () => {
    const random = createRandom(7);
    const parts = [
      "a",
      "b",
      "ab",
      ".x",
      "*",
      "a*",
      "*b",
      "?",
      "[ab]",
      "[!a]",
      "[^a]",
      "[a-c]x",
      "{a,bc}",
      "a{,x}*",
      "**",
    ];
    const names = ["a", "b", "c", "ab", "abc", "bc", ".x", "ax", "aab", "cx"];
    let matched = 0;
    for (let i = 0; i < 20_000; i++) {
      const pattern = Array.from({ length: wholeNumber(random, 1, 4) }, () => pick(random, parts)).join("/");
      const path = Array.from({ length: wholeNumber(random, 1, 4) }, () => pick(random, names)).join("/");
      const expected = picomatch(pattern, { dot: true })(path);
      if (expected) matched++;
      expect([pattern, path, slowly(pattern)(path)]).toEqual([pattern, path, expected]);
    }
    expect(matched).toBeGreaterThan(900);
  });

  test.each([
    ["packages/*/src/**/*.prompt.*", "packages/x/src/a/b/c.prompt.md", true],
    ["packages/*/src/**/*.prompt.*", "packages/x/src/c.prompt.md", true],
    ["packages/*/src/**/*.prompt.*", "packages/x/lib/c.prompt.md", false],
    ["!**/a*b*c*/**", "x/aXbXcX/y", false],
    ["!**/a*b*c*/**", "x/y", true],
  ])("%s and %s", (pattern, path, expected) => {
    expect(globMatcher(pattern)(path)).toBe(expected);
  });

  test.each([
    "**/*a*a*a*a*a*a*a*a*a*ab",
    "**/**/**/**/**/**/**/**/a/**/b",
    `${"{a,aa}".repeat(40)}b`,
    `${"@(a|aa)".repeat(40)}b`,
    "+(a|aa)b",
    "*(a|aa)b",
    `${"{".repeat(200)}a,b${"}".repeat(200)}`,
  ])("%s comes to its end on a long name", (pattern) => {
    const matches = globMatcher(pattern);
    expect(matches("a".repeat(200))).toBe(false);
    expect(matches(Array(100).fill("a").join("/"))).toBe(false);
  });
});
