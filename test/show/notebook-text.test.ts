import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { notebookText, unescaped } from "../../src/show/notebook-text.ts";

const cell = fc.record({ isCode: fc.boolean(), text: fc.string({ unit: "binary", maxLength: 60 }) });

describe("a notebook as the text of its file", () => {
  it("says what its cells say", () => {
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 6 }), (cells) => {
        const { text } = notebookText(cells, "python");
        const read = JSON.parse(text) as { cells: { cell_type: string; source: string }[] };
        expect(read.cells.map(({ source }) => source)).toEqual(cells.map((each) => each.text));
        expect(read.cells.map(({ cell_type }) => cell_type === "code")).toEqual(
          cells.map(({ isCode }) => isCode),
        );
      }),
    );
  });

  it("has each place of a cell, and back", () => {
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 4 }), (cells) => {
        const { text, cells: places } = notebookText(cells, "python");
        for (const [index, place] of places.entries()) {
          const own = cells[index]!.text;
          expect(unescaped(text.slice(place.start, place.end))).toBe(own);
          for (let offset = 0; offset <= own.length; offset++) {
            expect(place.inCell(place.inFile(offset))).toBe(offset);
          }
          expect([place.inFile(0), place.inFile(own.length)]).toEqual([place.start, place.end]);
        }
      }),
    );
  });

  it("within an escape a place is its beginning; what is no string of JSON stays", () => {
    const { cells } = notebookText([{ isCode: true, text: 'a"\nb' }], "python");
    const [{ start, inCell }] = cells as [(typeof cells)[number]];
    expect([0, 1, 2, 3, 4, 5, 6].map((offset) => inCell(start + offset))).toEqual([0, 1, 1, 2, 2, 3, 4]);
    expect(unescaped('a "quote')).toBe('a "quote');
  });
});
