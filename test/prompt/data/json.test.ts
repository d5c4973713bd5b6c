import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonString, readJsonData } from "../../../src/prompt/data/json.ts";

test("every string is read as JSON.parse reads it, unit by unit", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.boolean(), fc.nat(3), (value, isAscii, lead) => {
      const plain = JSON.stringify(value);
      const written = isAscii
        ? plain.replace(/[^\0-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
        : plain;
      const source = `${" ".repeat(lead)}${written} `;
      const { text, starts, ends } = jsonString(source, { start: lead, end: lead + written.length });
      expect(text).toBe(value);
      for (let unit = 0; unit < text.length; unit++) {
        expect(JSON.parse(`"${source.slice(starts[unit], ends[unit])}"`)).toBe(text[unit]);
        expect(starts[unit]).toBe(ends[unit - 1] ?? lead + 1);
      }
    }),
    { numRuns: 1000, seed: 33_201 },
  );
});

test.each([
  ['"abc', "abc"],
  ['"a\\', "a"],
  ['"a\\q"', "a"],
  ['"', ""],
])("%s, which is no JSON, is read as far as it goes", (source, text) => {
  expect(jsonString(source, { start: 0, end: source.length }).text).toBe(text);
});

test("comments and trailing commas are no mistakes; the first mistake is shown where it is", () => {
  expect(readJsonData('// a\n{"b": [1, 2,], /* c */}').problems).toEqual([]);
  const source = '{"a": 1 "b": 2 "c"}';
  const { problems } = readJsonData(source);
  expect(problems.map(({ range, message }) => [source.slice(range.start, range.end), message])).toEqual([
    ['"b"', "This is not valid JSON: comma expected."],
  ]);
});

test("a byte order mark keeps the offsets", () => {
  const { value } = readJsonData('\uFEFF{"a": "b"}');
  expect(value).toMatchObject({ kind: "map", range: { start: 1, end: 11 } });
});

test("ten thousand levels are no harm", () => {
  const { value, problems } = readJsonData("[".repeat(10_000) + "]".repeat(10_000));
  expect(value === null || problems.length === 0).toBe(true);
});
