import fc from "fast-check";
import { expect, test } from "vitest";
import type { DataNode } from "../../../src/prompt/data/nodes.ts";
import { readYamlData } from "../../../src/prompt/data/yaml.ts";

/** Every text of a document in the order of the source. */
function textsOf(node: DataNode): readonly (DataNode & { kind: "text" })[] {
  if (node.kind === "text") return [node];
  if (node.kind === "list") return node.items.flatMap(textsOf);
  return node.kind === "map" ? node.entries.flatMap(({ value }) => textsOf(value)) : [];
}

function check(source: string): void {
  const { value, problems } = readYamlData(source);
  for (const document of value) {
    for (const node of textsOf(document)) {
      const { text, starts, ends, range } = node.embedded();
      // Of a text without its second quote the package drops the last unit; we keep what is being typed.
      if (problems.length === 0) expect(text, JSON.stringify(source)).toBe(node.value);
      expect(starts.length).toBe(text.length);
      for (let unit = 0; unit < text.length; unit++) {
        expect(starts[unit]).toBeGreaterThanOrEqual(Math.max(range.start, starts[unit - 1] ?? 0));
        expect(ends[unit]).toBeGreaterThanOrEqual(starts[unit]!);
        expect(ends[unit]).toBeLessThanOrEqual(range.end);
        const said = source.slice(starts[unit], ends[unit]);
        if (said === text[unit]) continue;
        // Only breaks, escapes and doubled quotes say something else than what they are.
        expect(said, JSON.stringify(source)).toMatch(
          /^(?:\r?\n[ \t\r\n]*|\\(?:[^xuU]|x..|u....|U.{8})|''|)$/s,
        );
      }
    }
  }
}

const word = fc.constantFrom(...'a|bc|é|😀|x: y|# c|{{a}}|it\'s|"q"|-|\t'.split("|"));
const gap = fc.constantFrom(
  " ",
  "  ",
  "\n",
  "\n\n",
  "\n  ",
  "\n   ",
  "\n\n\n  ",
  " \n",
  "\r\n  ",
  "\r\n\r\n",
  "\t\n\t",
);
const pieces = fc.array(fc.oneof(word, gap), { maxLength: 12 }).map((parts) => parts.join(""));

test.each(["|", ">", "|-", ">-", "|+", ">+", "|2", ">1-", "|1+"])("block scalars with %s", (header) => {
  fc.assert(
    fc.property(
      pieces,
      fc.constantFrom("\n", "\r\n"),
      fc.constantFrom("", "\nb: c\n"),
      (text, newline, rest) => {
        const body = text.replace(/\n/g, `${newline}  `);
        check(`a: ${header}${newline}  ${body}${rest}`);
        check(`- k:\n    ${header}\n    ${body}`);
        check(`${header}\n${body}`);
      },
    ),
    { numRuns: 400, seed: 5_150 },
  );
});

const escaped = fc.constantFrom(
  ..."\\n|\\t|\\\\|\\\"|\\x41|\\u00e9|\\U0001F600|\\\n|\\\r\n  |\\ |\\/|\\q|\\x4|''|'".split("|"),
);

test.each(['"', "'", ""])("flow scalars between %s", (quote) => {
  const text = fc.array(fc.oneof(word, gap, escaped), { maxLength: 12 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.constantFrom("", "\nb: c\n", " # note\n"), (inside, rest) => {
      const folded = inside.replace(/\n/g, "\n ");
      check(`a: ${quote}${folded}${quote}${rest}`);
      check(`[${quote}${folded}${quote}, d]`);
      check(`${quote}${inside}`);
    }),
    { numRuns: 800, seed: 41_112 },
  );
});

test("anything at all is read as the package reads it", () => {
  const token = fc.oneof(
    word,
    gap,
    escaped,
    fc.constantFrom(
      "a: ",
      "- ",
      "[",
      "]",
      "{",
      "}",
      ",",
      "|\n  ",
      "&x ",
      "*x",
      "!T ",
      "---\n",
      "? ",
      "'",
      '"',
      "%",
    ),
  );
  fc.assert(
    fc.property(
      fc.array(token, { maxLength: 16 }).map((parts) => parts.join("")),
      check,
    ),
    { numRuns: 1500, seed: 9_090 },
  );
});
