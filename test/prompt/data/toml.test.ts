import fc from "fast-check";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import type { DataNode } from "../../../src/prompt/data/nodes.ts";
import { readTomlData } from "../../../src/prompt/data/toml.ts";

/** What a document says, without places: all but numbers and times, of which nothing is asked. */
function said(node: DataNode): unknown {
  if (node.kind === "text") return node.value;
  if (node.kind === "list") return node.items.map(said);
  if (node.kind === "map")
    return Object.fromEntries(node.entries.map(({ key, value }) => [key, said(value)]));
  return node.kind === "other" ? node.value : null;
}

const read = (text: string) => said(readTomlData(text).value);

const plain = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[^\n\t\P{Cc}]/gu, ""));
const basic = plain.map((text) => JSON.stringify(text));
const literal = plain.map((text) => `'${text.replace(/['\n]/g, "")}'`);
const long = plain.map(
  (text) => `"""\n${text.replace(/\\/g, "\\\\").replace(/"""/g, '""\\"').replace(/"+$/, "")}"""`,
);
const folded = fc
  .array(plain, { maxLength: 4 })
  .map((parts) => `"""${parts.map((part) => part.replace(/[\\"]/g, "").trimStart()).join(" \\\n   ")}"""`);
const longLiteral = plain.map((text) => `'''${text.replace(/'/g, "")}'''`);
const text = fc.oneof(basic, literal, long, folded, longLiteral);
const value = fc.oneof(
  text,
  fc.constantFrom("true", "false", "12", "-3.5"),
  fc.array(text, { maxLength: 3 }).map((items) => `[ ${items.join(", # note\n ")} ]`),
  fc.tuple(text, text).map(([a, b]) => `{ a = ${a}, "b c" = { d = ${b} } }`),
);
const document = fc
  .array(fc.tuple(fc.constantFrom("", "[one]", "[two.three]", "[[many]]", "[many.inner]"), value), {
    maxLength: 6,
  })
  .map((parts) =>
    parts.map(([head, written], index) => `${head} # ${index}\nkey${index} = ${written}`).join("\n"),
  );

test("every document is read as smol-toml reads it", () => {
  fc.assert(
    fc.property(document, (written) => {
      let expected: unknown;
      try {
        expected = parse(written);
      } catch {
        return; // A table twice, or a list of none: more is read than TOML allows.
      }
      expect(read(written)).toEqual(JSON.parse(JSON.stringify(expected)));
      expect(readTomlData(written).problems).toEqual([]);
    }),
    { numRuns: 1500, seed: 48_213 },
  );
});

test("every unit of a text is written where its offset says", () => {
  const source = 'a = """\nOne \\\n   two\\tthree \\u00e9 ""quoted"" \\U0001F600"""\n';
  const { value } = readTomlData(source);
  const [entry] = value.entries;
  const node = entry!.value;
  if (node.kind !== "text") throw new Error("no text");
  const { text: units, starts, ends } = node.embedded();
  expect(units).toBe('One two\tthree é ""quoted"" 😀');
  const at = (unit: string) => source.slice(starts[units.indexOf(unit)], ends[units.indexOf(unit)]);
  expect(["O", "t", "\t", "é", '"', "q"].map(at)).toEqual(["O", "t", "\\t", "\\u00e9", '"', "q"]);
  expect(source.slice(node.range.start, node.range.end)).toMatch(/^"""[\s\S]*"""$/);
});

test.each([
  ["a = ", " ", "a value is expected"],
  ['a = "b\nc = "d"', '"', "this text is not closed"],
  ["a b = 1", "b", "`=` is expected"],
  ["a = 1 2 3]", "]", "the end of the line is expected"],
  ["[a\nb = 1", "a", "`]` is expected"],
])("%j says where it is wrong, and is read on", (wrong, where, message) => {
  const source = `${wrong}\nz = "last"\n`;
  const { value, problems } = readTomlData(source);
  expect(problems).toHaveLength(1);
  const [{ range, message: told } = { range: { start: 0, end: 0 }, message: "" }] = problems;
  expect([source.slice(range.start, range.end), told]).toEqual([
    where,
    `This is not valid TOML: ${message}.`,
  ]);
  expect(JSON.stringify(said(value))).toContain("last");
});

test("ten thousand levels have a problem that says where", () => {
  for (const deep of [
    `a = ${"[".repeat(10_000)}`,
    `a = ${"{b=".repeat(10_000)}`,
    `${"a.".repeat(10_000)}b = 1`,
  ]) {
    expect(readTomlData(deep).problems.map(({ message }) => message)).toEqual([
      expect.stringContaining("nested more than 200 deep"),
    ]);
  }
});
