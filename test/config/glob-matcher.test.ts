import fc from "fast-check";
import picomatch from "picomatch";
import { expect, test } from "vitest";
import { globMatcher, isGlob } from "../../src/config/glob-matcher.ts";
import { parseConfig } from "../../src/config/parse-config.ts";

const segment = fc.constantFrom(
  "**",
  "*",
  "a",
  "b*",
  "*a",
  "?",
  "*.j2",
  "*a*b*",
  "*.{j2,md}",
  "{a,{b,c*}}d",
  "a?b",
  "a+b",
);
const name = fc.constantFrom("a", "b", "ab", "aab", "x.j2", "x.md", "bd", "c1d", "acb", "aXbYb", "a+b");

test("globs match what picomatch says, seed 20250310", () => {
  let matched = 0;
  fc.assert(
    fc.property(
      fc.array(segment, { minLength: 1, maxLength: 4 }),
      fc.array(name, { minLength: 1, maxLength: 4 }),
      (globs, names) => {
        const [glob, path] = [globs.join("/"), names.join("/")];
        const is = globMatcher(glob)(path);
        if (is) matched++;
        expect(is, `${glob} on ${path}`).toBe(picomatch(glob, { dot: true })(path));
      },
    ),
    { seed: 20250310, numRuns: 20_000 },
  );
  expect(matched).toBeGreaterThan(200);
});

test.each([
  ["**/*.[jt]s", "src/a.ts", true],
  ["src/@(a|b)/*.md", "src/b/x.md", true],
  ["{a..c}.txt", "b.txt", true],
  ["!a/*", "b/x", true],
  ["**/*a*a*a*a*a*a*a*a*a*ab", "a".repeat(200), false],
  ["**/*a*a*a*a*a*a*a*a*a*ab", `x/${"a".repeat(200)}b`, true],
  [`${"**/a/".repeat(20)}b`, "a/".repeat(500), false],
])("%s on %s", (glob, path, expected) => {
  expect(isGlob(glob)).toBe(true);
  expect(globMatcher(glob)(path)).toBe(expected);
});

test.each(["+(a|aa)b", "!(a)*", "[a]*a*a*a*a", "*(a)", "{a,b}".repeat(10)])(
  "%s is refused, with its place",
  (glob) => {
    const text = JSON.stringify({ formats: { [glob]: "jinja" }, exclude: [glob] });
    const { value, problems } = parseConfig({ path: "promptcache.json", text });
    expect(value).toEqual({ formats: [], exclude: [] });
    expect(problems).toHaveLength(2);
    for (const { range, message } of problems) {
      expect(text.slice(range.start, range.end)).toBe(JSON.stringify(glob));
      expect(message).toContain("must be a glob");
    }
    expect(globMatcher(glob)("a".repeat(200))).toBe(false);
  },
);

test("a configuration that is nested too deep is none, and says where", () => {
  const text = '{"a":'.repeat(20_000);
  expect(parseConfig({ path: "promptcache.json", text })).toMatchObject({
    value: {},
    problems: [{ range: { start: 1000, end: 1001 } }],
  });
});
