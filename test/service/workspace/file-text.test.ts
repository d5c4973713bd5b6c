import { describe, expect, it } from "vitest";
import { globTest, passes, switchedOn } from "../../../src/config/globs.ts";
import { decode, tooLarge } from "../../../src/service/workspace/file-text.ts";

describe("decode", () => {
  it("drops a byte order mark, as the editor does", () => {
    expect(decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))).toEqual({ text: "a", reason: null });
    expect(decode(new Uint8Array())).toEqual({ text: "", reason: null });
  });

  it.each([
    ["binary", [0x61, 0, 0x62], /binary/],
    ["UTF-16", [0xff, 0xfe, 0x61, 0], /UTF-16/],
    ["Latin-1", [0x61, 0xe9, 0x62], /not valid UTF-8/],
  ])("says why %s is left out", (_, bytes, reason) => {
    const { text, reason: given } = decode(new Uint8Array(bytes));
    expect(text).toBeNull();
    expect(given).toMatch(reason);
  });

  it("leaves out large files with both sizes", () => {
    expect(tooLarge(1000, 1000)).toBeNull();
    expect(tooLarge(6 * 2 ** 20, 5 * 2 ** 20)).toMatch(/6\.00 MiB.*5\.00 MiB/);
  });
});

describe("globs", () => {
  it("cover what is below a folder, dotted names too", () => {
    const test = globTest(["**/node_modules", "/vendor/", "*.min.md"]);
    expect(["a/node_modules", "a/node_modules/b.md", "vendor/.x/a.md", "a.min.md"].every(test)).toBe(true);
    expect(["a/vendor/b.md", "node_modules.md", "b/a.min.md"].some(test)).toBe(false);
    expect(globTest([])("a")).toBe(false);
  });

  it("take from a setting what is switched on without condition", () => {
    expect(switchedOn({ a: true, b: false, c: { when: "x" } })).toEqual(["a"]);
    expect(switchedOn(undefined)).toEqual([]);
  });

  it("let a path pass that all filters let pass", () => {
    const test = passes([
      { include: [], exclude: ["old"] },
      { include: ["prompts"], exclude: [] },
    ]);
    expect(test("prompts/a.md")).toBe(true);
    expect(test("a.md")).toBe(false);
    expect(test("old/a.md")).toBe(false);
  });
});
