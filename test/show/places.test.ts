import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineIndex } from "../../src/show/line-index.ts";
import { shiftBetween } from "../../src/show/text-shift.ts";

describe("LineIndex", () => {
  it("knows all line ends of the editor", () => {
    const index = new LineIndex("a\nb\r\nc\rd");
    const places = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((offset) => {
      const { line, character } = index.placeAt(offset);
      return `${line}:${character}`;
    });
    // Offset 4 lies between \r and \n, where no cursor can stand.
    expect(places).toEqual(["0:0", "0:1", "1:0", "1:1", "1:1", "2:0", "2:1", "3:0", "3:1"]);
  });

  it("keeps to the text", () => {
    const index = new LineIndex("ab");
    expect(index.placeAt(-3)).toEqual({ line: 0, character: 0 });
    expect(index.placeAt(9)).toEqual({ line: 0, character: 2 });
    expect(new LineIndex("").placeAt(0)).toEqual({ line: 0, character: 0 });
  });

  it("agrees with counting", () => {
    const texts = fc.string({ unit: fc.constantFrom("a", "é", "\n", "\r", "\u2028"), maxLength: 30 });
    fc.assert(
      fc.property(texts, fc.nat(30), (text, wanted) => {
        const offset = Math.min(wanted, text.length);
        if (text[offset - 1] === "\r" && text[offset] === "\n") return;
        const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
        expect(new LineIndex(text).placeAt(offset)).toEqual({
          line: lines.length - 1,
          character: lines.at(-1)!.length,
        });
      }),
    );
  });
});

describe("shiftBetween", () => {
  const before = "one two three";
  const two = { start: 4, end: 7 };

  it.each([
    ["an unchanged text", before, two],
    ["an edit before it", "one, and two three", { start: 9, end: 12 }],
    ["an edit behind it", "one two four three", two],
    ["an edit inside of it", "one t--o three", { start: 4, end: 8 }],
    ["an edit across its end", "one twree", null],
    ["its removal", "one  three", null],
    ["another text", "", null],
  ])("after %s", (_, after, expected) => {
    expect(shiftBetween(before, after)(two)).toEqual(expected);
  });

  it("widens a range around the edit", () => {
    expect(shiftBetween(before, "one two2 three")({ start: 0, end: 13 })).toEqual({ start: 0, end: 14 });
  });

  it("never finds other text", () => {
    const texts = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 12 });
    fc.assert(
      fc.property(texts, texts, fc.nat(12), fc.nat(12), (old, now, a, b) => {
        const start = Math.min(a, b, old.length);
        const end = Math.min(Math.max(a, b), old.length);
        const found = shiftBetween(old, now)({ start, end });
        if (found === null) return;
        const isSame = now.slice(found.start, found.end) === old.slice(start, end);
        const isAround =
          now.slice(0, found.start) === old.slice(0, start) && now.slice(found.end) === old.slice(end);
        expect(isSame || isAround).toBe(true);
      }),
    );
  });
});
