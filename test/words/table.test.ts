import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clipStart, displayWidth, padEnd, padStart, textTable } from "../../src/words/table.ts";

describe("width in a terminal", () => {
  it.each([
    ["", 0],
    ["plain.txt", 9],
    ["pl\u0061\u0308n", 4],
    ["plän", 4],
    ["提示", 4],
    ["ひらがな", 8],
    ["프롬프트", 8],
    ["ＡＢ", 4],
    ["ｱｲ", 2],
    ["👍", 2],
    ["👩‍👩‍👧‍👦", 2],
    ["🇩🇪", 2],
    ["❤", 1],
    ["❤️", 2],
    ["a\u200bb", 2],
    ["नि", 1],
    ["µs … – −", 8],
  ])("%j takes %i columns", (text, width) => expect(displayWidth(text)).toBe(width));
});

describe("tables", () => {
  it("line up, whatever the cells are written in, and end without blanks", () => {
    const rows = [
      ["name", "tokens", "of"],
      ["提示.txt", "1,240", "x"],
      ["a\u001b[2J\nb", "7", ""],
      ["👍", "12"],
    ];
    expect(textTable(rows, (column) => column === 1)).toEqual([
      "name         tokens  of",
      "提示.txt      1,240  x",
      "a\\x1b[2J\\nb       7",
      "👍               12",
    ]);
    expect(textTable([], () => false)).toEqual([]);
  });

  it("pad to a width and never cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), (text, width) => {
        const wanted = Math.max(width, displayWidth(text));
        expect(padEnd(text, width)).toBe(text + " ".repeat(wanted - displayWidth(text)));
        expect(padStart(text, width)).toBe(" ".repeat(wanted - displayWidth(text)) + text);
      }),
    );
  });

  it("keep the end of what is too wide", () => {
    expect(clipStart("prompts/support.j2", 11)).toBe("…support.j2");
    expect(clipStart("a/提示提示", 6)).toBe("…提示");
    expect(clipStart("short", 5)).toBe("short");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        expect(displayWidth(clipStart(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});
