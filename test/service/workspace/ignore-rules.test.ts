import { describe, expect, it } from "vitest";
import { IgnoreRules } from "../../../src/service/workspace/ignore-rules.ts";

function rules(files: Readonly<Record<string, string>>): IgnoreRules {
  const result = new IgnoreRules();
  for (const [folder, text] of Object.entries(files)) result.add(folder, text);
  return result;
}

describe("IgnoreRules", () => {
  it("ignores files, and what is below ignored folders", () => {
    const ignored = rules({ "": "*.log\nbuild/\n/secret.md\n" });
    expect(ignored.ignoresFile("a/b.log")).toBe(true);
    expect(ignored.ignoresFile("a/build/prompt.md")).toBe(true);
    expect(ignored.ignoresFile("secret.md")).toBe(true);
    expect(ignored.ignoresFile("docs/secret.md")).toBe(false);
    // A pattern with a slash at its end means folders.
    expect(ignored.ignoresFile("build")).toBe(false);
  });

  it("lets the deepest file decide", () => {
    const nested = rules({ "": "*.txt\n", prompts: "!keep.txt\n", "prompts/old": "*\n" });
    expect(nested.ignoresFile("keep.txt")).toBe(true);
    expect(nested.ignoresFile("prompts/keep.txt")).toBe(false);
    expect(nested.ignoresFile("prompts/other.txt")).toBe(true);
    expect(nested.ignoresFile("prompts/old/keep.txt")).toBe(true);
  });

  it("takes nothing back below an ignored folder", () => {
    const ignored = rules({ "": "/vendor\n", "vendor/prompts": "!*\n" });
    expect(ignored.ignoresFile("vendor/prompts/a.md")).toBe(true);
  });

  it("ignores nothing without files", () => {
    expect(rules({}).ignoresFile("a/b/c")).toBe(false);
  });
});

it("case counts, as it does for Git on most disks", () => {
  const rules = new IgnoreRules();
  rules.add("", "Build/\nfoo.j2\n");
  expect(rules.ignoresEntry("Build", true)).toBe(true);
  expect(rules.ignoresEntry("build", true)).toBe(false);
  expect(rules.ignoresEntry("foo.j2", false)).toBe(true);
  expect(rules.ignoresEntry("FOO.j2", false)).toBe(false);
});
