/** Patches: what git makes of them is the text that was meant. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { unifiedDiff } from "../../src/show/unified-diff.ts";

const folder = mkdtempSync(join(tmpdir(), "prompt-cache-lens-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What `git apply` makes of the file; it needs no repository. */
function applied(path: string, before: string, patch: string): string {
  writeFileSync(join(folder, path), before);
  const { status, stderr } = spawnSync("git", ["apply", "--whitespace=nowarn", "-"], {
    cwd: folder,
    input: patch,
    encoding: "utf8",
    env: { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return readFileSync(join(folder, path), "utf8");
}

const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}\n`).join("");

describe("what git makes of it", () => {
  test.each([
    ["in the first line", "a.txt", lines(9), "lineX 0"],
    ["in a file of one line", "a.txt", "line 0", "lineX 0"],
    ["behind the last line", "a.txt", lines(9), `${lines(9)}X`],
    ["in a last line without its end", "a.txt", `${lines(9)}line 9`, "lineX 9"],
    ["in lines that end as those of Windows", "a.txt", lines(9).replaceAll("\n", "\r\n"), "lineX 4"],
    ["in a name with blanks", "a b.txt", lines(9), "lineX 4"],
    ["in a name with quotes", 'a "b".txt', lines(9), "lineX 4"],
    ["in a name of other letters", "ä\u0085\t.txt", lines(9), "lineX 4"],
  ])("%s", (_, path, before, changed) => {
    const line = changed.replace("X", "");
    const after = changed.startsWith(before) ? changed : before.replace(line, changed);
    expect(after).not.toBe(before);
    expect(applied(path, before, unifiedDiff({ path, before, after }))).toBe(after);
  });

  test("changes in many places", () => {
    const text = fc.array(fc.constantFrom("a\n", "b\n", "\n", "c\r\n"), { minLength: 1, maxLength: 40 });
    const end = fc.constantFrom("", "d");
    fc.assert(
      fc.property(text, end, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (parts, last, places) => {
        const before = parts.join("") + last;
        const after = places
          .map((place) => place % (before.length + 1))
          .sort((a, b) => b - a)
          .reduce((whole, at) => `${whole.slice(0, at)}<m>${whole.slice(at)}`, before);
        expect(applied("a.txt", before, unifiedDiff({ path: "a.txt", before, after }))).toBe(after);
      }),
      { numRuns: 25 },
    );
  });
});

test("nothing is nothing", () => {
  expect(unifiedDiff({ path: "a.txt", before: "a\n", after: "a\n" })).toBe("");
});
